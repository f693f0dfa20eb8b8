// Deadlines hold whoever of both sides stalls, and only then.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { connect, plumbline, rawClient, rawUpstream, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const large = Buffer.alloc(32 << 20, 'x');
const post = (length, more = '') => `POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n${more}\r\n`;

test('a client that sends its whole request but never reads the answer is given up', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${large.length}\r\n\r\n`);
        connection.send(large);
    });
    const gateway = await startGateway(upstream.url, {}, { clients: { body_timeout: '400ms' } });
    const client = await connect(gateway.port);
    client.socket.pause();
    client.send(post(10));
    await upstream.waitForConnection();
    await sleep(200); // the answer fills every buffer on its way
    client.send('0123456789');
    await upstream.connections[0].closed(8000);
});

test('a client and an upstream that both only send are given up', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        connection.socket.pause();
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${large.length}\r\n\r\n`);
        connection.send(large);
        await sleep(2500);
        connection.socket.resume();
    });
    const gateway = await startGateway(upstream.url, {}, { clients: { body_timeout: '400ms' } });
    const client = await connect(gateway.port);
    client.socket.pause();
    client.send(post(large.length));
    client.send(large);
    await upstream.waitForConnection();
    await upstream.connections[0].closed(8000);
});

test('after 100 Continue a body may take longer than the time between two bytes of an answer', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 100 Continue\r\n\r\n');
        await connection.until(() => connection.text().endsWith('0123456789') || undefined);
        connection.send('HTTP/1.1 204 No Content\r\n\r\n');
    });
    const gateway = await startGateway(upstream.url, { timeouts: { idle: '300ms' } });
    const client = await connect(gateway.port);
    client.send(post(10, 'Expect: 100-continue\r\n'));
    await client.until(() => client.text().includes('100 Continue') || undefined);
    for (const byte of '0123456789') {
        client.send(byte);
        await sleep(100);
    }
    await client.until(() => /HTTP\/1.1 [2-5]/.test(client.text()) || undefined);
    assert.deepEqual(responses(client.text()).map(({ status }) => status), [100, 204]);
});

test('endless informational responses end the exchange', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1001));
    });
    const gateway = await startGateway(upstream.url);
    const text = await rawClient(gateway.port, 'GET /parts HTTP/1.1\r\nHost: a\r\n\r\n', { until: /HTTP\/1.1 502/ });
    assert.equal(text.split('103 Early Hints').length, 1001);
});

test('a request that was no HTTP is recorded, and the recording is fine', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const upstream = await rawUpstream('HTTP/1.1 204 No Content\r\n\r\n');
    const gateway = await startGateway(upstream.url, {}, { record: { to: folder } });

    assert.match(await rawClient(gateway.port, 'GET / HTTP/1.1\nHost: a\n\n'), /^HTTP\/1.1 400 /);
    (await connect(gateway.port)).socket.end('POST /par');
    const exchanges = await waitForExchanges(folder, 2);
    assert.deepEqual(exchanges.map(({ request }) => request.method), ['', '']);
    const verify = await plumbline(['log', 'verify', folder]);
    assert.equal(verify.status, 0, verify.stdout);
    const check = await plumbline(['check', folder, '-c', gateway.config]);
    assert.equal(check.status, 0, check.stdout + check.stderr);
    assert.match(check.stdout, /^2 exchanges, 0 errors/m);
});
