// The upstreams of chaos.test.mjs: they read strictly, hold what came against what its client meant, and then do what the plan says.
import net from 'node:net';
import { answerBody } from './chaos_plan.mjs';
import { Malformed, Reader, requestLine } from './chaos_wire.mjs';
import { reset } from './raw.mjs';

const HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'proxy-connection', 'x-hop', 'expect']);
const goesOn = (fields) => fields.filter(([name]) => !HOP.has(name.toLowerCase())).map(([name, value]) => `${name}: ${value}`);
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// plans: marker -> plan. complain(plan or undefined, what): something arrived that must not have.
export async function chaosUpstream(plans, complain, rng) {
    const sockets = new Set();
    const planOf = (target) => plans.get(/^\/\w+\/(m\w+)/.exec(target)?.[1]);

    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('error', () => {});
        let busy = Promise.resolve();
        const reader = new Reader(requestLine, (message) => {
            const plan = planOf(message.target);
            if (!plan)
                return;
            judgeWhole(plan, message, complain);
            if (!plan.upstream.startsWith('early'))
                busy = busy.then(() => answer(socket, plan, rng)).catch(() => socket.destroy());
        }, (message) => {
            const plan = planOf(message.target);
            if (!plan) {
                complain(undefined, `a request that nobody sent: ${message.method} ${message.target}`);
                return;
            }
            judgeHead(plan, message, complain);
            const expects = message.all('expect').length > 0;
            if (plan.upstream.startsWith('early'))
                busy = busy.then(() => answer(socket, plan, rng)).catch(() => socket.destroy());
            else if (expects && rng.chance(0.7))
                socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        });
        socket.on('data', (data) => {
            try {
                reader.feed(data);
            } catch (error) {
                if (!(error instanceof Malformed))
                    throw error;
                complain(undefined, `the upstream got what is no HTTP: ${error.message}`);
                socket.destroy();
            }
        });
        socket.on('end', () => { socket.end(); });
    });
    await new Promise((resolve, reject) => { server.on('error', reject); server.listen(0, '127.0.0.1', resolve); });
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        drop: () => { for (const socket of sockets) socket.destroy(); },
        close: () => { for (const socket of sockets) socket.destroy(); return new Promise((resolve) => { server.close(resolve); }); },
    };
}

function judgeHead(plan, message, complain) {
    if (plan.reach === 'none')
        complain(plan, 'a refused request reached the upstream');
    if (message.method !== plan.method || message.target !== plan.target)
        complain(plan, `${plan.method} ${plan.target} went on as ${message.method} ${message.target}`);
    const meant = goesOn(plan.headers), got = goesOn(message.fields);
    if (meant.join('\n') !== got.join('\n'))
        complain(plan, `fields went on as ${JSON.stringify(got)}, meant was ${JSON.stringify(meant)}`);
}

function judgeWhole(plan, message, complain) {
    plan.arrived++;
    if (plan.arrived > 1 && !['GET', 'HEAD', 'PUT', 'DELETE'].includes(plan.method))
        complain(plan, 'arrived twice');
    if (plan.reach === 'partial' || !plan.sentAll)
        complain(plan, 'arrived as a whole, but was never sent as a whole');
    if (!message.body.equals(plan.body))
        complain(plan, `${plan.body.length} bytes of body went on as ${message.body.length} others`);
    if (JSON.stringify(message.trailers) !== JSON.stringify(plan.trailers))
        complain(plan, `trailers went on as ${JSON.stringify(message.trailers)}`);
}

const head = (plan, fields, status = '200 OK', marker = plan.marker) =>
    `HTTP/1.1 ${status}\r\nX-Marker: ${marker}\r\nContent-Type: application/json\r\n${fields}\r\n`;

function chunks(body, rng) {
    const parts = [];
    for (let at = 0; at < body.length;) {
        const piece = body.subarray(at, at + 1 + rng.below(body.length));
        parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
        at += piece.length;
    }
    return Buffer.concat(parts);
}

// What the plan's upstream does once the request is there (early ones: once its head is).
async function answer(socket, plan, rng) {
    const body = plan.method === 'HEAD' ? Buffer.alloc(0) : answerBody(plan);
    const length = `Content-Length: ${answerBody(plan).length}\r\n`;
    const say = (...parts) => { if (!socket.destroyed) socket.write(Buffer.concat(parts.map((part) => Buffer.from(part)))); };
    const whole = Buffer.concat([Buffer.from(head(plan, length)), body]);

    switch (plan.upstream) {
    case 'chunked':
    case 'trailers':
        if (plan.method === 'HEAD')
            return say(head(plan, 'Transfer-Encoding: chunked\r\n'));
        return say(head(plan, 'Transfer-Encoding: chunked\r\n'), chunks(body, rng), plan.upstream === 'trailers' ? '0\r\nX-Sum: 1\r\n\r\n' : '0\r\n\r\n');
    case 'pieces':
        for (let at = 0; at < whole.length;) {
            const next = at + 1 + rng.below(rng.chance(0.5) ? 7 : 900);
            say(whole.subarray(at, next));
            at = next;
            await (rng.chance(0.3) ? sleep(1) : new Promise(setImmediate));
        }
        return undefined;
    case 'late':
        await sleep(50 + rng.below(150));
        return say(whole);
    case 'interim':
        say('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n', rng.chance(0.5) ? 'HTTP/1.1 102 Processing\r\n\r\n' : '');
        await sleep(rng.below(20));
        return say('HTTP/1.1 100 Continue\r\n\r\n', whole);
    case 'empty':
        return say(`HTTP/1.1 204 No Content\r\nX-Marker: ${plan.marker}\r\n\r\n`);
    case 'closing':
        say(head(plan, `${length}Connection: close\r\n`), body);
        return socket.end();
    case 'stale':
        say(whole);
        await sleep(rng.below(4));
        return socket.destroy();
    case 'early-close':
        say(whole);
        await sleep(rng.below(3));
        return socket.destroy();
    case 'never':
        return undefined;
    case 'garbage':
        return say(rng.pick(['HTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 99 Low\r\n\r\n', '\0\0\0\0', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n',
            'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(80_000)}\r\n\r\n`, '\r\n'.repeat(2000)]));
    case 'short':
        say(whole.subarray(0, whole.length - 1 - rng.below(40)));
        return socket.end();
    case 'long':
        return say(whole, 'HTTP/1.1 200 OK\r\nX-Marker: poison\r\nContent-Length: 0\r\n\r\n');
    case 'twice':
        return say(whole, head(plan, 'Content-Length: 0\r\n', '200 OK', 'poison'));
    case 'cut':
        say(whole.subarray(0, rng.below(whole.length)));
        return socket.destroy();
    case 'cut-chunk':
        say(head(plan, 'Transfer-Encoding: chunked\r\n'), chunks(body, rng));
        await sleep(rng.below(20));
        return rng.chance(0.5) ? socket.end() : reset(socket);
    case 'bad-chunk':
        return say(head(plan, 'Transfer-Encoding: chunked\r\n'), chunks(body, rng), 'xyz\r\n');
    case 'reset':
        return reset(socket);
    case 'reset-head':
        say(head(plan, length));
        await sleep(rng.below(10));
        return reset(socket);
    case 'flood':
        for (let i = 0; i < 300 && !socket.destroyed; i++)
            say(`HTTP/1.1 103 Early Hints\r\nLink: <${'x'.repeat(500)}>\r\n\r\n`.repeat(5));
        return say(whole);
    case 'fields':
        return say(head(plan, `${'X-Many: 1\r\n'.repeat(190)}${length}`), body);
    case 'untyped':
        return say(`HTTP/1.1 200 OK\r\nX-Marker: ${plan.marker}\r\n\r\n`, body) || socket.end();
    default:
        return say(whole);
    }
}
