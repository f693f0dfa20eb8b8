// Upstreams and clients that fail, in every way they can: what the client gets, what is done with the connections.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { connect, freePort, rawClient, rawUpstream } from './lib/index.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const post = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';
const answered = (text) => responses(text).at(-1);
const client = async (gateway, bytes = get) => answered(await rawClient(gateway.port, bytes, { until: /\r\n\r\n[^]*(\}|ok)$/ }));

// The upstream does `what` with each connection once it has a request head.
const failing = async (what) => startGateway((await rawUpstream(async (connection) => { await connection.head(); await what(connection); })).url);

const expectProblem = (response, status, reason) => {
    assert.equal(response.status, status);
    assert.equal(response.header('content-type'), 'application/problem+json');
    const problem = JSON.parse(response.body);
    assert.equal(problem.status, status);
    assert.equal(problem.exchange, response.header('plumbline-exchange'));
    assert.equal(problem.errors[0].keyword, reason, response.body);
};

test('nobody listens: 502', async () => {
    const gateway = await startGateway(`http://127.0.0.1:${await freePort()}`);
    expectProblem(await client(gateway), 502, 'upstream-connect');
    expectProblem(await client(gateway, post), 502, 'upstream-connect');
});

test('a name with several addresses: the one that answers is found', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(`http://localhost:${upstream.port}`); // ::1 first on most machines, and nobody is there
    assert.equal((await client(gateway, post)).body, 'ok');
});

test('an answer that is no HTTP: 502', async () => {
    const gateway = await failing((connection) => connection.send('SSH-2.0-OpenSSH_9.2\r\n'));
    const response = await client(gateway);
    assert.equal(response.status, 502);
    assert.equal(JSON.parse(response.body).status, 502);
});

test('an answer with two different lengths: 502, and no byte of it passes', async () => {
    const gateway = await failing((connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'));
    assert.equal((await client(gateway)).status, 502);
});

test('an upstream that closes before its answer, or in the middle of its head: 502', async () => {
    expectProblem(await client(await failing((connection) => connection.end())), 502, 'upstream-closed');
    expectProblem(await client(await failing(async (connection) => { await connection.send('HTTP/1.1 200 OK\r\nContent-'); connection.end(); })),
        502, 'upstream-closed');
    expectProblem(await client(await failing((connection) => connection.reset())), 502, 'upstream-closed');
});

test('an upstream that closes in the middle of a body: the client sees that it is not whole', async () => {
    const short = await failing(async (connection) => { await connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'); connection.end(); });
    const length = await rawClient(short.port, get);
    assert.match(length, /Content-Length: 100\r\n[^]*only this$/);

    const open = await failing(async (connection) => { await connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'); connection.end(); });
    const chunked = await rawClient(open.port, get);
    assert.match(chunked, /5\r\nhello\r\n$/);
    await open.stop();
    assert.match(open.stderr, /broken off: upstream-closed/);
});

test('a bad chunk in the middle of a body breaks it off', async () => {
    const gateway = await failing((connection) => connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n'));
    assert.match(await rawClient(gateway.port, get), /5\r\nhello\r\n$/);
});

const slow = (what, timeouts, extra = {}) => rawUpstream(what).then((upstream) => startGateway(upstream.url, { timeouts, ...extra }));

test('an upstream that does not answer in time: 504', async () => {
    const gateway = await slow(() => {}, { first_byte: '100ms' });
    expectProblem(await client(gateway), 504, 'upstream-timeout');
});

test('an upstream that stops in the middle of its head: 504', async () => {
    const gateway = await slow(async (connection) => { await connection.head(); connection.send('HTTP/1.1 200 OK\r\n'); }, { first_byte: '5s', idle: '100ms' });
    expectProblem(await client(gateway), 504, 'upstream-idle');
});

test('an exchange that takes longer than its total timeout: 504', async () => {
    const gateway = await slow(() => {}, { total: '100ms' });
    expectProblem(await client(gateway), 504, 'total-timeout');
});

test('an upstream that stops in the middle of its body: the connection is broken off', async () => {
    const gateway = await slow(async (connection) => { await connection.head(); connection.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'); },
        { idle: '100ms' });
    assert.match(await rawClient(gateway.port, get), /half$/);
});

test('a client that goes away cancels its upstream call', async () => {
    const upstream = await rawUpstream(() => {});
    const gateway = await startGateway(upstream.url);
    const gone = await connect(gateway.port);
    gone.send(get);
    const call = await upstream.waitForConnection();
    await call.head();
    gone.reset();
    await call.closed(3000);
    await gateway.waitFor(/client gone/);

    const left = await connect(gateway.port);
    left.send(get);
    const second = await upstream.waitForConnection(1);
    await second.head();
    left.socket.destroy(); // an orderly close: taken for gone after a second
    await second.closed(5000);
});

test('a client that leaves in the middle of its body cancels its upstream call', async () => {
    const upstream = await rawUpstream(() => {});
    const gateway = await startGateway(upstream.url);
    const gone = await connect(gateway.port);
    gone.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf');
    const call = await upstream.waitForConnection();
    await call.until(() => call.text().endsWith('half') || undefined);
    gone.socket.destroy();
    await call.closed(3000);
});

// Answers the first request of each connection; the second finds it closed in the moment it arrives.
const closingUpstream = () => rawUpstream(async (connection) => {
    await connection.head();
    await connection.send(ok);
    await connection.until(() => connection.text().split('\r\n\r\n').length > 2 || connection.ended || undefined);
    connection.reset();
});

test('a kept connection that dies is replaced for a request that may be repeated', async () => {
    const upstream = await closingUpstream();
    const gateway = await startGateway(upstream.url);
    assert.equal((await client(gateway)).body, 'ok');
    assert.equal((await client(gateway)).body, 'ok');
    assert.equal(upstream.connections.length, 2);
});

test('a kept connection that dies is not replaced for one that may not', async () => {
    const upstream = await closingUpstream();
    const gateway = await startGateway(upstream.url);
    assert.equal((await client(gateway)).body, 'ok');
    expectProblem(await client(gateway, post), 502, 'upstream-closed');
    assert.equal(upstream.received().split('POST').length, 2, 'sent once');
});

test('retries: a request that may be repeated is sent again, no more often than said', async () => {
    let fail = 2;
    const upstream = await rawUpstream(async (connection) => { await connection.head(); if (fail-- > 0) connection.reset(); else await connection.send(ok); });
    const gateway = await startGateway(upstream.url, { retries: 2 });
    assert.equal((await client(gateway)).body, 'ok');
    assert.equal(upstream.connections.length, 3);

    fail = 1;
    await upstream.connections[2].socket.destroy();
    assert.equal((await client(gateway, post)).status, 502, 'a POST is never sent again');
    fail = 100;
    const before = upstream.connections.length;
    assert.equal((await client(gateway)).status, 502);
    assert.equal(upstream.connections.length - before, 3);
});

test('a client that stops reading is given up, and its upstream call with it', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n`);
        for (let i = 0; i < 100 && !connection.gone; i++)
            await connection.send(Buffer.alloc(1000000));
    });
    const gateway = await startGateway(upstream.url, {}, { clients: { body_timeout: '200ms' } });
    const stalled = await connect(gateway.port);
    stalled.socket.pause();
    stalled.send(get);
    await (await upstream.waitForConnection()).closed();
    await gateway.waitFor(/client gone/);
});

test('a kept connection that the upstream closes while it is idle is not used', async () => {
    const upstream = await rawUpstream(async (connection) => { await connection.head(); await connection.send(ok); connection.end(); });
    const gateway = await startGateway(upstream.url);
    for (let i = 0; i < 5; i++) {
        assert.equal((await client(gateway, post)).body, 'ok');
        await upstream.connections[i].closed();
    }
});

test('an upstream that says more than it was asked loses its connection, and nobody else gets those bytes', async () => {
    const upstream = await rawUpstream(async (connection) => { await connection.head(); await connection.send(`${ok}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray`); });
    const gateway = await startGateway(upstream.url);
    for (let i = 0; i < 3; i++)
        assert.equal((await client(gateway)).body, 'ok');
    assert.equal(upstream.connections.length, 3);
});

const MALFORMED = [
    ['white space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n', 400],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: a\n\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a length beside chunks', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    ['an unknown transfer coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 501],
    ['a NUL', 'GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n', 400],
    ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n', 501],
    ['an endless target', `GET /${'a'.repeat(70000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ['endless fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X-Y: 12345678901234567890\r\n'.repeat(4000)}\r\n`, 431],
];

for (const [what, bytes, status] of MALFORMED)
    test(`${what}: ${status}, closed, nothing forwarded`, async () => {
        const upstream = await rawUpstream(ok);
        const gateway = await startGateway(upstream.url);
        const [response] = responses(await rawClient(gateway.port, `${bytes}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`));

        assert.equal(response.status, status);
        assert.equal(response.header('connection'), 'close');
        assert.equal(JSON.parse(response.body).status, status);
        assert.equal(upstream.connections.length, 0);
        await gateway.stop();
        assert.match(gateway.stderr, /refused: [a-z0-9-]+\n/);
    });

test('a bad chunk: 400 when nothing was answered yet, and the upstream call is cancelled', async () => {
    const upstream = await rawUpstream(() => {});
    const gateway = await startGateway(upstream.url);
    const [response] = responses(await rawClient(gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n'));

    assert.equal(response.status, 400);
    await (await upstream.waitForConnection()).closed();
});

test('a head that does not come to its end: 408; a body likewise', async () => {
    const upstream = await rawUpstream(() => {});
    const gateway = await startGateway(upstream.url, {}, { clients: { header_timeout: '100ms', body_timeout: '100ms' } });

    assert.equal(answered(await rawClient(gateway.port, 'GET / HTTP/1.1\r\nHo')).status, 408);
    assert.equal(answered(await rawClient(gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf')).status, 408);
    await (await upstream.waitForConnection()).closed();
});

test('a connection on which nothing comes is closed without a word', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url, {}, { clients: { header_timeout: '100ms', keep_alive_timeout: '100ms' } });

    assert.equal(await rawClient(gateway.port, ''), '');
    assert.match(await rawClient(gateway.port, get), /ok$/);
});

test('a request for a host or path that no service has: 404', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url, { match: { paths: ['/parts'] } });
    const response = await client(gateway);

    expectProblem(response, 404, 'service-unknown');
    assert.equal(upstream.connections.length, 0);
});

test('an early answer to a long body: it is passed on, and the connection ends after it', async () => {
    const upstream = await rawUpstream('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
    const gateway = await startGateway(upstream.url);
    const early = await connect(gateway.port);
    early.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n${'x'.repeat(1000)}`);
    const response = answered(await early.closed());

    assert.equal(response.status, 413);
    assert.equal(response.header('connection'), 'close');
});

test('two thousand connections at once are all answered', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url);
    const one = () => new Promise((resolve, reject) => {
        const socket = net.connect({ port: gateway.port, host: '127.0.0.1' });
        let text = '';
        socket.on('connect', () => socket.write(get));
        socket.on('data', (data) => { text += data; if (text.endsWith('ok')) { socket.destroy(); resolve(); } });
        socket.on('error', reject);
    });
    await Promise.all(Array.from({ length: 2000 }, one));
});
