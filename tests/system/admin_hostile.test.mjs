// Who must not get anything out of the admin listener, or keep others from it: web pages, slow clients, crowds.
import assert from 'node:assert/strict';
import net from 'node:net';
import test, { after } from 'node:test';
import { rawClient, rawUpstream } from './lib/index.mjs';
import { startGateway } from './lib/gateway.mjs';

const ok = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]';
const open = new Set();
after(() => open.forEach((socket) => socket.destroy()));

async function start(settings = {}) {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url, { request: 'observe', response: 'observe' }, { admin: '127.0.0.1:0', ...settings });
    return Object.assign(gateway, { admin: Number((await gateway.waitFor(/admin on http:\/\/[^\n]*:(\d+)/))[1]) });
}

// A connection that says this much and then nothing more.
const connect = (port, bytes = '') => new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => { socket.write(bytes); resolve(socket); });
    open.add(socket);
    socket.on('error', reject).on('close', () => open.delete(socket)).resume();
});

const head = (method, target, fields, body = '') => `${method} ${target} HTTP/1.1\r\nConnection: close\r\n${fields.join('\r\n')}\r\n`
    + `${body ? `Content-Length: ${body.length}\r\n` : ''}\r\n${body}`;
const statusOf = (bytes) => Number(/^HTTP\/1\.1 (\d+)/.exec(bytes)?.[1]);
const findings = async (port) => JSON.parse((await rawClient(port, head('GET', '/api/v1/findings', ['Host: localhost']))).split('\r\n\r\n')[1]).findings.length;

test('a page that had its name rebound to this machine reads nothing, wherever it asks', async () => {
    const { admin } = await start();
    const pages = JSON.parse((await rawClient(admin, head('GET', '/', ['Host: localhost']))).split('\r\n\r\n')[1]).pages;
    for (const { method, path } of pages)
        for (const fields of [[`Host: rebound.example:${admin}`], ['Host: localhost', 'Origin: http://rebound.example'], ['Host: localhost', 'Sec-Fetch-Site: cross-site']]) {
            const answer = await rawClient(admin, head(method, path, fields));
            assert.equal(statusOf(answer), 403, `${method} ${path} ${fields}`);
            assert.doesNotMatch(answer, /access-control/i);
            assert.match(answer, /Content-Security-Policy: default-src 'none'/);
            assert.match(answer, /Cache-Control: no-store/);
        }
});

test('a form on another page changes nothing', async () => {
    const { admin, port } = await start();
    await rawClient(port, head('GET', '/parts?limit=1000', ['Host: a']));
    assert.equal(await findings(admin), 1);
    const type = 'Content-Type: application/x-www-form-urlencoded';
    for (const [fields, status] of [[['Host: localhost', 'Origin: http://evil.example', type], 403], [['Host: localhost', 'Origin: null', type], 403],
        [['Host: localhost', type], 415], [['Host: localhost', 'Content-Type: text/plain'], 415], [['Host: localhost', 'Content-Type: multipart/form-data; boundary=b'], 415]])
        for (const target of ['/api/v1/findings', '/api/v1/reload'])
            for (const method of ['POST', 'DELETE'])
                assert.equal(statusOf(await rawClient(admin, head(method, target, fields, '{"a":"="}'))), status, `${method} ${target} ${fields}`);
    assert.equal(await findings(admin), 1);
    assert.equal(statusOf(await rawClient(admin, head('DELETE', '/api/v1/findings', ['Host: localhost']))), 204);
    assert.equal(await findings(admin), 0);
});

test('a body without end, or a head without end, is not kept', async () => {
    const { admin } = await start();
    assert.equal(statusOf(await rawClient(admin, head('DELETE', '/api/v1/findings', ['Host: localhost', 'Content-Type: application/json'], `"${'x'.repeat(200_000)}"`))), 413);
    const endless = await rawClient(admin, `GET / HTTP/1.1\r\nHost: localhost\r\n${'X-A: b\r\n'.repeat(20_000)}\r\n`);
    assert.ok([413, 431].includes(statusOf(endless)), endless.slice(0, 100));
});

// More than the listener takes: silent ones, ones in the middle of a head, ones in the middle of a body.
test('a thousand slow clients do not keep anyone else from asking', { timeout: 120_000 }, async () => {
    const { admin } = await start();
    const starts = ['', 'GET /metrics HTTP/1.1\r\nHost: local', 'POST /api/v1/findings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{'];
    for (let i = 0; i < 1100; i++)
        await connect(admin, starts[i % 3]).catch(() => {});
    assert.ok(open.size > 500, `${open.size} are there`);
    for (let i = 0; i < 5; i++)
        assert.equal(statusOf(await rawClient(admin, head('GET', '/healthz', ['Host: localhost']))), 200);
});

test('one who never reads what he asked for keeps nobody waiting', async () => {
    const { admin } = await start();
    const greedy = await connect(admin);
    greedy.pause();
    for (let i = 0; i < 200; i++)
        greedy.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
    for (let i = 0; i < 5; i++)
        assert.equal(statusOf(await rawClient(admin, head('GET', '/api/v1/status', ['Host: localhost']))), 200);
});
