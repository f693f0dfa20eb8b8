// Every size and deadline of docs/operations.md: what is answered where it is reached, and that one step before it nothing is.
import assert from 'node:assert/strict';
import test from 'node:test';
import { connect, rawClient, rawUpstream } from './lib/index.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const filler = (length) => 'x'.repeat(length);

// One request on a connection of its own; the answer, once the gateway closes.
async function ask(port, request) {
    return responses(await rawClient(port, request))[0];
}
const get = (target, fields = '') => `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`;
const keyword = ({ body }) => JSON.parse(body).errors[0].keyword;

test('a request line, a header block, its fields and the trailers have a size each', async () => {
    const upstream = await rawUpstream(answer);
    const { port } = await startGateway(upstream.url, {}, { clients: { max_line: '1KiB', max_header: '4KiB', max_fields: 10, max_trailer: '1KiB' } });
    const line = 'GET  HTTP/1.1\r\n'.length;
    const chunked = (trailers) => `POST /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n${trailers}\r\n`;
    const cases = [
        [get(`/${filler(1024 - line - 1)}`), 200],
        [get(`/${filler(1024 - line)}`), 414, 'line-long'],
        [get('/parts', `A: ${filler(3900)}\r\n`), 200],
        [get('/parts', `A: ${filler(4096)}\r\n`), 431, 'head-large'],
        [get('/parts', 'A: b\r\n'.repeat(8)), 200],
        [get('/parts', 'A: b\r\n'.repeat(9)), 431, 'fields-many'],
        [chunked(`A: ${filler(1000)}\r\n`), 200],
        [chunked(`A: ${filler(1024)}\r\n`), 431, 'trailer-large'],
    ];
    for (const [request, status, id] of cases) {
        const response = await ask(port, request);
        assert.equal(response.status, status, `${id ?? 'just below'}: ${response.body}`);
        if (id)
            assert.equal(keyword(response), id);
    }
});

test('in enforce a body has a size', async () => {
    const upstream = await rawUpstream(answer);
    const { port } = await startGateway(upstream.url, { request: 'enforce', max_body: '1KiB' });
    const body = (length) => { const rest = JSON.stringify({ name: 'a', size: 1, note: '' }).length; return JSON.stringify({ name: 'a', size: 1, note: filler(length - rest) }); };
    const post = (text) => `POST /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    assert.equal((await ask(port, post(body(1024)))).status, 200);
    const refused = await ask(port, post(body(1025)));
    assert.equal(refused.status, 413);
    assert.equal(keyword(refused), 'size');
});

test('a head that does not come in time is answered 408, a connection that says nothing is closed', async () => {
    const upstream = await rawUpstream(answer);
    const { port } = await startGateway(upstream.url, {}, { clients: { header_timeout: '300ms' } });
    const [silent, slow] = [await connect(port), await connect(port)];
    slow.send('GET /parts HTTP/1.1\r\nHo');
    assert.equal(await silent.closed(), '');
    const [response] = responses(await slow.closed());
    assert.equal(response.status, 408);
    assert.equal(keyword(response), 'header-timeout');
});

test('a head that is trickled ends at its deadline, however many bytes come', async () => {
    const upstream = await rawUpstream(answer);
    const { port } = await startGateway(upstream.url, {}, { clients: { header_timeout: '400ms' } });
    const client = await connect(port);
    const began = performance.now();
    client.send('GET /parts HTTP/1.1\r\nHost: a\r\nX: ');
    while (!client.ended && performance.now() - began < 10_000) {
        client.send('x');
        await sleep(20);
    }
    assert.equal(responses(client.text())[0].status, 408);
});

test('a kept connection is closed when nothing follows', async () => {
    const upstream = await rawUpstream(answer);
    const { port } = await startGateway(upstream.url, {}, { clients: { keep_alive_timeout: '200ms' } });
    const client = await connect(port);
    client.send('GET /parts HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.deepEqual(responses(await client.closed()).map(({ status }) => status), [200]);
});

test('a body that is trickled is given up, one that is steady is not', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        await connection.until(() => connection.text().endsWith('end') || connection.ended || undefined, 'the body', 20_000);
        connection.send(answer);
    });
    const { port } = await startGateway(upstream.url, {}, { clients: { body_timeout: '500ms', min_rate: 1000 } });
    const post = (length) => `POST /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n`;

    const steady = await connect(port);
    const pieces = 30;
    steady.send(post(1000 * pieces + 3));
    const trickling = await connect(port);
    trickling.send(post(1_000_000));
    for (let i = 0; i < pieces; i++) {
        steady.send(filler(1000));
        if (!trickling.ended)
            trickling.send('x');
        await sleep(40); // 25 kB/s and 25 B/s, for more than a second
    }
    steady.send('end');
    assert.equal(responses(await steady.closed())[0].status, 200);
    assert.match(await trickling.closed(), /^HTTP\/1\.1 408 |^$/);
});

test('a body that waits for a slow upstream is not the client\'s fault', async () => {
    const size = 8 << 20;
    const upstream = await rawUpstream(async (connection) => {
        connection.socket.pause();
        await sleep(1500); // three times the deadline
        connection.socket.resume();
        await connection.until(() => connection.chunks.reduce((sum, { length }) => sum + length, 0) > size || undefined, 'the body', 30_000);
        connection.send(answer);
    });
    const { port } = await startGateway(upstream.url, {}, { clients: { body_timeout: '500ms', min_rate: '10MB' } });
    const client = await connect(port);
    client.send(`POST /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${size}\r\n\r\n`);
    client.send(Buffer.alloc(size, 'x'));
    assert.equal(responses(await client.closed(30_000))[0].status, 200);
});

test('an upstream that does not answer, stops, or takes too long altogether is given up', async () => {
    const behaviours = {
        '/silent': () => {},
        '/half': (connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
        '/slow': async (connection) => {
            connection.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
            for (let i = 0; i < 200 && !connection.ended; i++) {
                connection.send('x');
                await sleep(50);
            }
        },
    };
    const upstream = await rawUpstream(async (connection) => {
        const head = await connection.head();
        await behaviours[head.split(' ')[1]](connection);
    });
    const { port } = await startGateway(upstream.url, { timeouts: { first_byte: '300ms', idle: '300ms', total: '800ms' } });
    const silent = await ask(port, get('/silent'));
    assert.equal(silent.status, 504);
    assert.equal(keyword(silent), 'upstream-timeout');
    for (const target of ['/half', '/slow']) {
        const text = await rawClient(port, get(target));
        assert.match(text, /^HTTP\/1\.1 200 /);
        assert.ok(text.split('\r\n\r\n')[1].length < 100, 'cut, and seen to be cut by its length');
    }
});
