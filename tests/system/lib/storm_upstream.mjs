// The upstreams of storm.test.mjs: they hold what comes against what its client sent, answer with its marker, echo tunnels, die and come back.
import { readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { answerOf } from './storm_plan.mjs';
import { random } from './chaos_plan.mjs';
import { Malformed, Reader, requestLine } from './chaos_wire.mjs';

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// By a reset, where the socket has one.
export function cutOff(socket) {
    try {
        socket.resetAndDestroy();
    } catch {
        socket.destroy();
    }
}

// kind: tcp, tls or unix. where: the path of the unix socket. pair: { cert, key } of tls.
export async function stormUpstream(world, kind, where, pair) {
    const sockets = new Set();
    const upstream = { kind, deaths: 0, dead: false };
    let server, port = 0;

    const serve = (socket) => {
        socket.on('error', () => {});
        let busy = Promise.resolve();
        let tunnel = null;
        const reader = new Reader(requestLine, (message) => {
            const plan = judge(world, message);
            if (plan?.tunnel) {
                tunnel = plan;
                socket.write(`HTTP/1.1 101 Switching Protocols\r\nX-Marker: ${plan.marker}\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n`);
                if (plan.ends === 'upstream-cut')
                    setTimeout(() => cutOff(socket), 5);
            } else if (plan) {
                busy = busy.then(() => answer(socket, plan)).catch(() => socket.destroy());
            }
        });
        socket.on('data', (data) => {
            if (tunnel) {
                socket.write(data);
                if (tunnel.ends === 'upstream-first')
                    socket.end();
                return;
            }
            try {
                reader.feed(data);
            } catch (error) {
                if (!(error instanceof Malformed))
                    throw error;
                world.complain(undefined, `an upstream got what is no HTTP: ${error.message}`);
                socket.destroy();
            }
            if (tunnel && reader.bytes.length > 0)
                world.complain(tunnel, 'bytes came through a tunnel before it was open');
        });
        socket.on('end', () => socket.end());
    };

    upstream.rise = () => new Promise((resolve, reject) => {
        server = kind === 'tls' ? tls.createServer({ cert: readFileSync(pair.cert), key: readFileSync(pair.key), allowHalfOpen: true }, serve)
            : net.createServer({ allowHalfOpen: true, noDelay: true }, serve);
        server.on('tlsClientError', () => {});
        server.on('connection', (socket) => { // also of one whose handshake is not over
            sockets.add(socket);
            socket.on('close', () => sockets.delete(socket));
            socket.on('error', () => {});
        });
        server.on('error', reject);
        const done = () => { upstream.dead = false; port = server.address().port; resolve(); };
        if (kind === 'unix')
            server.listen(where, done);
        else
            server.listen(port, '127.0.0.1', done);
    });
    upstream.drop = () => { for (const socket of sockets) socket.destroy(); };
    upstream.die = () => {
        upstream.deaths++;
        upstream.dead = true;
        const closed = new Promise((resolve) => { server.close(resolve); });
        upstream.drop();
        return closed;
    };
    upstream.close = async () => {
        if (!upstream.dead)
            await upstream.die();
        if (kind === 'unix')
            rmSync(where, { force: true });
    };
    await upstream.rise();
    upstream.url = kind === 'unix' ? `unix:${where}` : `${kind === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}`;
    return upstream;
}

// The plan of a request that came, held against it.
function judge(world, message) {
    const plan = world.plans.get(/^\/\w+\/(m\w+)/.exec(message.target)?.[1]);
    if (!plan) {
        world.complain(undefined, `a request that nobody sent: ${message.method} ${message.target}`);
        return undefined;
    }
    plan.arrived++;
    if (plan.arrived > 1 && plan.method === 'POST')
        world.complain(plan, 'arrived twice');
    if (message.method !== plan.method || message.target !== plan.target || message.all('x-marker')[0] !== plan.marker)
        world.complain(plan, `went on as ${message.method} ${message.target} of ${message.all('x-marker')}`);
    if (!plan.sentAll)
        world.complain(plan, 'arrived as a whole, but was never sent as a whole');
    if (!message.body.equals(plan.body))
        world.complain(plan, `${plan.body.length} bytes of body went on as ${message.body.length} others`);
    if (plan.bad && plan.service === 'strict')
        world.complain(plan, 'breaks the contract that is enforced and reached the upstream');
    return plan;
}

async function answer(socket, plan) {
    const rng = random(plan.seed);
    const body = answerOf(plan);
    const head = (fields) => `HTTP/1.1 200 OK\r\nX-Marker: ${plan.marker}\r\nContent-Type: application/json\r\n${fields}\r\n`;
    const whole = Buffer.concat([Buffer.from(head(`Content-Length: ${body.length}\r\n`)), body]);
    const say = (bytes) => { if (!socket.destroyed) socket.write(bytes); };

    switch (plan.upstream) {
    case 'chunked':
        say(Buffer.concat([Buffer.from(`${head('Transfer-Encoding: chunked\r\n')}${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]));
        return;
    case 'pieces':
        for (let at = 0; at < whole.length;) {
            const next = at + 1 + rng.below(400);
            say(whole.subarray(at, next));
            at = next;
            await (rng.chance(0.2) ? sleep(1) : new Promise(setImmediate));
        }
        return;
    case 'late':
        await sleep(20 + rng.below(150));
        say(whole);
        return;
    case 'closing':
        say(Buffer.concat([Buffer.from(head(`Content-Length: ${body.length}\r\nConnection: close\r\n`)), body]));
        socket.end();
        return;
    case 'cut':
        say(whole.subarray(0, rng.below(whole.length)));
        socket.destroy();
        return;
    case 'reset':
        socket.destroy();
        return;
    case 'never':
        return;
    case 'stale':
        say(whole);
        await sleep(rng.below(4));
        socket.destroy();
        return;
    default:
        say(whole);
    }
}
