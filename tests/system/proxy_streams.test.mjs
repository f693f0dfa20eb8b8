// Large bodies pass with back-pressure and in bounded memory.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { connect, onCleanup, rawUpstream, startNginx } from './lib/index.mjs';
import { startGateway } from './lib/gateway.mjs';

const MIB = 1024 * 1024;
const SIZE = 100 * MIB;
const sanitized = /\/build\/(san|tsan)\//.test(process.env.PLUMBLINE_BIN ?? '');
const RSS = sanitized ? 600 * MIB : 40 * MIB;

const block = Buffer.from(Array.from({ length: MIB }, (_, i) => (i * 7 + (i >> 8)) & 255));
const whole = createHash('sha256');
for (let i = 0; i < SIZE / MIB; i++)
    whole.update(block);
const digest = whole.digest('hex');

const peak = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) * 1024;

// An upstream in Node: what came as { bytes, digest }, asked for at /…; GET /big sends the whole thing.
async function bodyServer() {
    const server = http.createServer((request, response) => {
        if (request.method === 'GET') {
            response.writeHead(200, request.url === '/chunked' ? {} : { 'Content-Length': SIZE });
            let sent = 0;
            const more = () => {
                while (sent < SIZE) {
                    sent += MIB;
                    if (!response.write(block))
                        return response.once('drain', more);
                }
                return response.end();
            };
            more();
            return;
        }
        const hash = createHash('sha256');
        let bytes = 0;
        request.on('data', (data) => { bytes += data.length; hash.update(data); });
        request.on('end', () => response.end(JSON.stringify({ bytes, digest: hash.digest('hex'), chunked: request.headers['transfer-encoding'] === 'chunked' })));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }));
    return `http://127.0.0.1:${server.address().port}`;
}

function send(port, headers) {
    return new Promise((resolve, reject) => {
        const request = http.request({ port, host: '127.0.0.1', method: 'PUT', path: '/up', headers }, (response) => {
            let text = '';
            response.on('data', (data) => { text += data; });
            response.on('end', () => resolve(JSON.parse(text)));
        });
        request.on('error', reject);
        let sent = 0;
        const more = () => {
            while (sent < SIZE) {
                sent += MIB;
                if (!request.write(block))
                    return request.once('drain', more);
            }
            return request.end();
        };
        more();
    });
}

async function receive(port, target) {
    return new Promise((resolve, reject) => {
        http.get({ port, host: '127.0.0.1', path: target }, (response) => {
            const hash = createHash('sha256');
            let bytes = 0;
            response.on('data', (data) => { bytes += data.length; hash.update(data); });
            response.on('end', () => resolve({ bytes, digest: hash.digest('hex') }));
            response.on('error', reject);
        }).on('error', reject);
    });
}

for (const modes of [{ request: 'off', response: 'off' }, { request: 'observe', response: 'observe' }])
    test(`100 MB go both ways unchanged and in bounded memory (${modes.request})`, async () => {
        const gateway = await startGateway(await bodyServer(), modes);

        assert.deepEqual(await send(gateway.port, { 'Content-Length': SIZE }), { bytes: SIZE, digest, chunked: false });
        assert.deepEqual(await send(gateway.port, { 'Transfer-Encoding': 'chunked' }), { bytes: SIZE, digest, chunked: true });
        assert.deepEqual(await receive(gateway.port, '/big'), { bytes: SIZE, digest });
        assert.deepEqual(await receive(gateway.port, '/chunked'), { bytes: SIZE, digest });
        assert.ok(peak(gateway.pid) < RSS, `peak memory ${peak(gateway.pid)}`);
    });

test('a client that does not read stops its upstream', async () => {
    const nginx = await startNginx('location / { }');
    writeFileSync(path.join(nginx.folder, 'html/big'), Buffer.concat(Array(60).fill(block)));
    const gateway = await startGateway(nginx.url);
    const client = await connect(gateway.port);
    client.socket.pause();
    client.send('GET /big HTTP/1.1\r\nHost: a\r\n\r\n');

    // Others are served meanwhile, and what is held for the slow one stays small.
    for (let i = 0; i < 20; i++)
        assert.equal((await fetch(`${gateway.url}/none`)).status, 404);
    assert.ok(peak(gateway.pid) < RSS, `peak memory ${peak(gateway.pid)}`);
    let bytes = 0;
    client.socket.prependListener('data', (data) => { bytes += data.length; client.chunks.length = 0; });
    client.socket.resume();
    await client.until(() => (bytes > 60 * MIB ? bytes : undefined), '60 MiB', 30_000);
});

test('an upstream that does not read stops the client', async () => {
    const upstream = await rawUpstream(async (connection) => { connection.socket.pause(); });
    const gateway = await startGateway(upstream.url, {}, { clients: { drain_timeout: '100ms' } });
    const client = await connect(gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${SIZE}\r\n\r\n`);
    let taken = 0;
    let full = false;
    for (let i = 0; i < 60 && !full; i++) {
        await Promise.race([client.send(block).then(() => { taken += MIB; }),
            new Promise((resolve) => setTimeout(() => { full = true; resolve(); }, 1000))]);
    }

    assert.ok(full, `the gateway took ${taken} bytes for an upstream that reads nothing`);
    assert.ok(peak(gateway.pid) < RSS, `peak memory ${peak(gateway.pid)}`);
});
