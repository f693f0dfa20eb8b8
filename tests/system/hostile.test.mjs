// What clients (and upstreams) do to break a gateway: it answers or closes, in bounded memory, and goes on to serve the others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import zlib from 'node:zlib';
import { connect, rawClient, rawUpstream, startPlumbline, temporaryFolder } from './lib/index.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const MIB = 1 << 20;
const sanitized = /\/build\/(san|tsan)\//.test(process.env.PLUMBLINE_BIN ?? ''); // their memory and speed are not the gateway's
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const ok = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]';
const get = 'GET /parts HTTP/1.1\r\nHost: a\r\n\r\n';
const closing = 'GET /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

const resident = (gateway) => Number(readFileSync(`/proc/${gateway.pid}/smaps_rollup`, 'utf8').match(/^Rss: +(\d+) kB/m)[1]) * 1024;

function assertGrowth(gateway, before, most, what) {
    const grown = resident(gateway) - before;
    if (!sanitized)
        assert.ok(grown <= most, `${what}: ${(grown / MIB).toFixed(1)} MiB more, at most ${(most / MIB).toFixed(1)}`);
}

async function assertServes(port) {
    assert.match(await rawClient(port, closing), /^HTTP\/1\.1 200 /);
}

// Requests that a well-behaved client gets answered in this time, one after the other.
async function served(port, milliseconds) {
    const client = await connect(port);
    let count = 0;
    let length = 0;
    for (const until = performance.now() + milliseconds; performance.now() < until; count++) {
        client.send(get);
        const from = length;
        length = await client.until(() => (client.chunks.reduce((sum, chunk) => sum + chunk.length, 0) > from && client.chunks.at(-1).toString().endsWith('[]')
            ? client.chunks.reduce((sum, chunk) => sum + chunk.length, 0) : undefined), 'an answer');
    }
    client.socket.destroy();
    return count;
}

// A service whose contract has all that is hard to check.
async function startHard(upstream, settings = {}) {
    const folder = temporaryFolder();
    const file = path.join(folder, 'hard.openapi.json');
    const any = { 'application/json': { schema: { type: 'object', properties: {
        text: { type: 'string', pattern: '^(a+)+$' },
        back: { type: 'string', pattern: '^(.*)(.*)(.*)(.*)\\1x$' },
        number: { type: 'number', multipleOf: 0.01 },
        list: { type: 'array', uniqueItems: true },
    } } } };
    const responses = { 200: { description: 'any', content: any } };
    writeFileSync(file, JSON.stringify({ openapi: '3.1.0', info: { title: 'Hard', version: '1' },
        paths: { '/hard': { post: { operationId: 'hard', requestBody: { content: any }, responses }, get: { operationId: 'look', responses } },
            '/parts': { get: { operationId: 'parts', responses: { 200: { description: 'all', content: { 'application/json': { schema: {} } } } } } } } }));
    return startPlumbline({ folder, config: { workers: 1, ...settings,
        services: { hard: { contract: file, upstream, request: 'enforce', response: 'enforce', max_body: '16MiB' } } } });
}

const post = (body, fields = '') => Buffer.concat([Buffer.from(`POST /hard HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n${fields}Content-Length: ${body.length}\r\n\r\n`), body]);
const statusOf = async (port, request) => Number((await rawClient(port, request, { timeout: 30_000 })).slice(9, 12));

test('5,000 connections at once are served, and an idle one takes less than 4 KB', async (t) => {
    const hard = execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
    if (hard !== 'unlimited' && Number(hard) < 6000)
        return t.skip(`only ${hard} open files are allowed here (ulimit -Hn); 6000 are needed`);
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url, { request: 'observe', response: 'observe' }, { workers: 2, log: { access: 'off' } });
    const clients = [];
    const open = async (count) => {
        for (let i = 0; i < count; i += 100)
            await Promise.all(Array.from({ length: 100 }, async () => {
                const client = await connect(gateway.port);
                clients.push(client);
                client.send(get);
                await client.until(() => client.text().endsWith('[]') || undefined, 'an answer', 30_000);
            }));
    };
    await open(500); // what every worker needs once
    const before = resident(gateway);
    await open(4500);
    assertGrowth(gateway, before, 4500 * 4096, '4,500 idle connections');
    for (const client of clients) // and all of them ask again at the same time
        client.send(get);
    await Promise.all(clients.map((client) => client.until(() => responses(client.text()).length === 2 || undefined, 'a second answer', 30_000)));
    assertGrowth(gateway, before, 150 * MIB, '5,000 requests at the same time');
});

test('slow senders and slow readers by the hundred: the others are served, the slow ones are given up', async () => {
    const large = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${4 * MIB}\r\n\r\n${'x'.repeat(4 * MIB)}`);
    const upstream = await rawUpstream(async (connection) => {
        for (let from = 0; ;) {
            const at = await connection.until(() => { const found = connection.text().indexOf('\r\n\r\n', from); return found >= 0 ? found + 4 : connection.ended ? -1 : undefined; }, 'a head', 60_000);
            if (at < 0)
                return;
            connection.send(connection.text().slice(from, at).includes('/parts/large') ? large : ok);
            from = at;
        }
    });
    const gateway = await startGateway(upstream.url, {}, { log: { access: 'off' }, clients: { header_timeout: '4s', body_timeout: '2s', min_rate: '10KB' } });
    // The busiest of some short times: this process, which plays everybody else, has its own pauses.
    const best = async () => {
        const counts = [];
        for (let i = 0; i < 5; i++)
            counts.push(await served(gateway.port, 100));
        return Math.max(...counts);
    };
    const alone = await best();
    const before = resident(gateway);
    const slow = { heads: [], bodies: [], readers: [] };
    for (let i = 0; i < 200; i++) {
        slow.heads.push(await connect(gateway.port));
        slow.bodies.push(await connect(gateway.port));
        slow.heads.at(-1).send('GET /parts HTTP/1.1\r\nHost: a\r\nX: ');
        slow.bodies.at(-1).send('POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n');
    }
    for (let i = 0; i < 20; i++) {
        const reader = await connect(gateway.port);
        reader.socket.pause();
        reader.send('GET /parts/large HTTP/1.1\r\nHost: a\r\n\r\n');
        slow.readers.push(reader);
    }
    const trickle = setInterval(() => {
        for (const client of [...slow.heads, ...slow.bodies])
            if (!client.ended)
                client.send('x');
    }, 200);
    try {
        const among = await best();
        assert.ok(sanitized || among >= alone / 8, `${among} requests among slow clients, ${alone} alone`);
        assertGrowth(gateway, before, 100 * MIB, '420 slow clients');
        await Promise.all([...slow.heads, ...slow.bodies].map((client) => client.closed(20_000)));
        for (const client of slow.heads)
            assert.match(client.text(), /^HTTP\/1\.1 408 /);
        await assertServes(gateway.port);
    } finally {
        clearInterval(trickle);
    }
    // who does not read is given up: the rest of the answer never comes
    for (const reader of slow.readers) {
        reader.socket.resume();
        await reader.closed(20_000);
        assert.ok(reader.chunks.reduce((sum, { length }) => sum + length, 0) < 4 * MIB);
    }
});

test('connections that send nothing are closed at their deadline, and are in nobody\'s way', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url, {}, { clients: { header_timeout: '1s' } });
    const silent = await Promise.all(Array.from({ length: 500 }, () => connect(gateway.port)));
    await assertServes(gateway.port);
    await Promise.all(silent.map((client) => client.closed(20_000)));
});

// 64 MiB of zeros; as zstd by hand (RFC 8878 3.1.1: blocks of one byte, repeated), because not every Node has it.
const zeros = Buffer.alloc(64 * MIB);
const zstd = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]), ...Array.from({ length: 512 }, (_, i) => {
    const head = (131072 << 3 | 1 << 1 | (i === 511 ? 1 : 0)) >>> 0;
    return Buffer.from([head & 255, head >> 8 & 255, head >> 16 & 255, 0x20]);
})]);
const gzip = zlib.gzipSync(zeros, { level: 1 });
const bombs = {
    gzip,
    br: zlib.brotliCompressSync(zeros, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
    zstd,
    'gzip, gzip': zlib.gzipSync(gzip),
};

test('a compression bomb is stopped at max_body, in requests and in responses', async () => {
    let bomb;
    const upstream = await rawUpstream(async (connection) => {
        const head = await connection.head();
        await connection.send(head.startsWith('GET /parts') ? ok : Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: ${bomb}\r\nContent-Length: ${bombs[bomb].length}\r\n\r\n`), bombs[bomb]]));
        connection.end();
    });
    const gateway = await startHard(upstream.url);
    await assertServes(gateway.port);
    const before = resident(gateway);
    for (bomb of Object.keys(bombs)) {
        assert.equal(await statusOf(gateway.port, post(bombs[bomb], `Content-Encoding: ${bomb}\r\n`)), 413, bomb);
        assert.equal(await statusOf(gateway.port, 'GET /hard HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), 502, bomb);
        assertGrowth(gateway, before, 64 * MIB, bomb);
    }
    await assertServes(gateway.port);
});

test('bodies that are hard to check end in a clear answer', async () => {
    const upstream = await rawUpstream(async (connection) => {
        const head = await connection.head();
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        await connection.until(() => connection.chunks.reduce((sum, chunk) => sum + chunk.length, 0) >= head.length + length || connection.ended || undefined, 'the body', 30_000);
        await connection.send(head.startsWith('GET') ? ok : 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
        connection.end();
    });
    const gateway = await startHard(upstream.url);
    const hard = {
        'nested 100,000 deep': ['['.repeat(100_000) + ']'.repeat(100_000), 413],
        'objects nested 100,000 deep, never closed': ['{"a":'.repeat(100_000), 413],
        'a number of 10 MB': [`{"number":${'1'.repeat(10 * MIB)}}`, 400],
        'a number with a huge exponent': ['{"number":1e999999999}', 200],
        '100,000 keys': [JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key${i}`, i]))), 200],
        '100,000 keys that differ in their last byte only': [`{${Array.from({ length: 100_000 }, (_, i) => `"${'k'.repeat(32)}${i.toString(36)}":0`).join(',')}}`, 200],
        '200,000 unique items': [JSON.stringify({ list: Array.from({ length: 200_000 }, (_, i) => i) }), 200],
        '50,000 unique items that look alike': [`{"list":[${Array.from({ length: 50_000 }, (_, i) => `{"a":${i},"b":[]}`).join(',')}]}`, 200],
        'a string that makes (a+)+$ backtrack': [JSON.stringify({ text: `${'a'.repeat(50_000)}!` }), 400],
        'a string that makes back references backtrack': [JSON.stringify({ back: 'ab'.repeat(5_000) }), 400],
    };
    await assertServes(gateway.port);
    const before = resident(gateway);
    for (const [what, [body, expected]] of Object.entries(hard)) {
        const began = performance.now();
        const status = await statusOf(gateway.port, post(Buffer.from(body)));
        assert.equal(status, expected, what);
        assert.ok(performance.now() - began < 15_000, `${what}: ${performance.now() - began} ms`);
    }
    assertGrowth(gateway, before, 150 * MIB, 'after all of them');
    await assertServes(gateway.port);
});

test('a gigabyte that is declared and trickled takes no memory, and ends at its deadline', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startHard(upstream.url, { clients: { body_timeout: '1s', min_rate: 1000 } });
    await assertServes(gateway.port);
    const before = resident(gateway);
    const head = 'POST /hard HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
    const declared = await Promise.all(Array.from({ length: 50 }, () => connect(gateway.port)));
    const chunked = await Promise.all(Array.from({ length: 50 }, () => connect(gateway.port)));
    for (const client of declared)
        client.send(`${head}Content-Length: ${1 << 30}\r\n\r\n[`);
    for (const client of chunked)
        client.send(`${head}Transfer-Encoding: chunked\r\n\r\n40000000\r\n[`);
    await assertServes(gateway.port);
    assertGrowth(gateway, before, 16 * MIB, '100 declared gigabytes');
    const trickle = setInterval(() => {
        for (const client of [...declared, ...chunked])
            if (!client.ended)
                client.send(' ');
    }, 100);
    try {
        for (const client of [...declared, ...chunked])
            assert.match(await client.closed(20_000), /^HTTP\/1\.1 4(08|13) /);
    } finally {
        clearInterval(trickle);
    }
    assertGrowth(gateway, before, 16 * MIB, 'afterwards');
});

test('heads and chunks without end', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        await connection.until(() => connection.chunks.at(-1).toString('latin1').endsWith('\r\n') && !connection.chunks.at(-1).toString('latin1').includes('POST') || /^GET/.test(connection.text()) || undefined, 'the end', 30_000);
        await connection.send(ok);
        connection.end();
    });
    const gateway = await startGateway(upstream.url, {}, { log: { access: 'off' } });
    await assertServes(gateway.port);
    const before = resident(gateway);
    const start = 'GET /parts HTTP/1.1\r\nHost: a\r\n';
    const status = async (request) => {
        const client = await connect(gateway.port);
        for (let at = 0; at < request.length && client.text() === ''; at += 16_384) { // what follows the answer would reset it
            await client.send(request.slice(at, at + 16_384));
            await sleep(0);
        }
        await client.until(() => /^HTTP\/1\.1 \d{3} /.test(client.text()) || undefined, 'an answer', 20_000);
        client.socket.destroy();
        return Number(client.text().slice(9, 12));
    };
    assert.equal(await status(`${start}${'A: b\r\n'.repeat(100_000)}\r\n`), 431);
    assert.equal(await status(`${start}A: ${'x'.repeat(10 * MIB)}\r\n\r\n`), 431);
    assert.equal(await status(`${start}${'x'.repeat(10 * MIB)}`), 431);
    assert.equal(await status(`GET /${'x'.repeat(10 * MIB)} HTTP/1.1\r\nHost: a\r\n\r\n`), 414);
    assert.equal(await status(`POST /parts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(MIB)}`), 400);
    assertGrowth(gateway, before, 16 * MIB, 'heads without end');
    const tiny = `POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(200_000)}0\r\n\r\n`;
    assert.equal(await statusOf(gateway.port, tiny), 200);
    assertGrowth(gateway, before, 48 * MIB, '200,000 chunks');
    await assertServes(gateway.port);
});
