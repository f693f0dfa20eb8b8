// What a replayed request costs: a large recording against nginx, without pauses, on one core, in 400 MB of address space.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { binary, start, temporaryFolder } from '../../system/lib/index.mjs';
import { small } from './bodies.mjs';
import { nginxUpstream } from './candidates.mjs';
import { PROXY_CORE } from './measure.mjs';

const MEGABYTES = Number(process.env.REPLAY_MB) || 1024;
const SEGMENT = 64; // MB
const EPOCH = Date.parse('2026-11-21T00:00:00Z');
const headers = (fields) => Object.entries(fields).map(([name, value]) => ({ name, value }));

// Order `number` is made and looked at.
function line(number) {
    const post = number % 2 === 0;
    const start = new Date(EPOCH + number).toISOString();
    const target = post ? '/bench/orders' : '/bench/orders/ord_0123456789ab';
    return `${JSON.stringify({
        startedDateTime: start, time: 1,
        request: {
            method: post ? 'POST' : 'GET', url: `http://bench${target}`, httpVersion: 'HTTP/1.1', cookies: [], queryString: [], headersSize: -1, bodySize: -1,
            headers: headers({ Host: 'bench', Accept: 'application/json', ...(post && { 'Content-Type': 'application/json' }) }),
            ...(post && { postData: { mimeType: 'application/json', text: small.request } }),
        },
        response: {
            status: 200, statusText: 'OK', httpVersion: 'HTTP/1.1', cookies: [], redirectURL: '', headersSize: -1, bodySize: -1,
            headers: headers({ Date: 'Sat, 21 Nov 2026 00:00:00 GMT', Server: 'nginx', 'Content-Type': 'application/json' }),
            // another value and another order of members, so that bodies are really compared
            content: { size: small.response.length, mimeType: 'application/json', text: JSON.stringify({ created: start, ...JSON.parse(small.response), created: start }) },
        },
        cache: {}, timings: { send: 0, wait: 1, receive: 0 },
        _plumbline: {
            version: 1, id: `bench${String(number).padStart(15, '0')}`, sequence: number + 1, start, end: start, service: 'bench', operation: post ? 'createOrder' : 'getOrder',
            responder: 'upstream', outcome: 'delivered', target, times: { finished: 500_000 }, request: { checked: true }, response: { checked: true },
        },
    })}\n`;
}

function makeRecording() {
    const folder = path.join(temporaryFolder(), 'recording');
    let number = 0;
    mkdirSync(folder, { mode: 0o700 });
    for (let segment = 1, written = 0; written < MEGABYTES; segment++, written += SEGMENT) {
        const file = openSync(path.join(folder, `${String(segment).padStart(6, '0')}.jsonl`), 'w', 0o600);
        for (let bytes = 0; bytes < SEGMENT * 1e6;) {
            const lines = Array.from({ length: 500 }, () => line(number++)).join('');
            bytes += writeSync(file, lines);
        }
        closeSync(file);
    }
    return { folder, count: number };
}

async function run(folder, to, args) {
    const command = ['taskset', '-c', String(PROXY_CORE), binary, 'replay', folder, '--to', to, '--allow-method', 'POST', '--speed', 'max', ...args];
    const program = start('bash', ['-c', 'ulimit -v 400000; TIMEFORMAT="took %U %S %R"; time "$@"; true', 'bash', ...command], { name: 'plumbline replay' });
    await program.exit;
    const took = program.stderr.match(/took ([\d.]+) ([\d.]+) ([\d.]+)/);
    if (!took || !/ 0 errors/.test(program.stdout))
        throw new Error(program.stdout.slice(0, 500) + program.stderr.slice(0, 500));
    const [, user, system, wall] = took.map(Number);
    return { cpu: user + system, wall };
}

export async function replay(say) {
    const upstream = await nginxUpstream(small.response);
    const { folder, count } = makeRecording();
    const rows = [];
    for (const concurrency of [1, 16]) {
        const { cpu, wall } = await run(folder, upstream.url, ['--concurrency', String(concurrency)]);
        say(`${count} requests, ${concurrency} at a time: ${Math.round(count / wall)} in a second`);
        rows.push({ row: `replay-${concurrency}`, what: `${MEGABYTES} MB of recording, ${concurrency} at a time: CPU per request`, value: cpu / count * 1e6,
            unit: 'us', digits: 1, target: 100 });
    }
    await upstream.stop();
    return rows;
}
