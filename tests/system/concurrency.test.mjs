// Two workers, the recorder and the admin listener, all at once. Above all for ThreadSanitizer (make tsan).
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { connect, readRecording, startNginx, temporaryFolder } from './lib/index.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const CLIENTS = 300;
const ROUNDS = 4;
const good = '{"name":"bolt","size":3}';
const post = (body) => `POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const get = (target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;

// Every kind of exchange, with the status that its client must see.
const requests = [
    [get('/parts/bolt'), 200],
    [get('/parts?limit=1000'), 400],
    [post(good), 201],
    [post('{"name":"","size":0}'), 400],
    [post('{"name":'), 400],
    [get('/parts/BOLT'), 400],
    [get('/nowhere'), 404],
    ['DELETE /parts HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    [get('/secrets'), 401],
    [get('/parts/broken'), 502],
];
const expected = requests.map(([, status]) => status);
const upstream = `default_type application/json;
    location = /parts { return 201 '${good}'; }
    location = /parts/broken { return 200 '{"name":1}'; }
    location / { return 200 '${good}'; }`;

// What one keep-alive client sent `rounds` times all requests for; its ids are put into `ids`.
async function client(port, rounds, ids) {
    const connection = await connect(port);
    let read = 0;
    for (let round = 0; round < rounds; round++) {
        connection.send(requests.map(([bytes]) => bytes).join(''));
        const answers = await connection.until(() => {
            const text = connection.text().slice(read);
            return text.split('HTTP/1.1 ').length > requests.length && text.endsWith('}') ? text : undefined;
        }, 'all answers', 60_000);
        read += answers.length;
        const parsed = responses(answers);
        assert.deepEqual(parsed.map(({ status }) => status), expected);
        for (const answer of parsed)
            ids.push(answer.header('plumbline-exchange'));
    }
    connection.socket.destroy();
}

// Asks for the page again and again until `over.yes`; how often.
async function poll(url, over) {
    let count = 0;
    for (; !over.yes; count++) {
        const answer = await fetch(url);
        assert.ok(answer.ok, `${url}: ${answer.status}`);
        await answer.text();
    }
    return count;
}

async function adminUrl(gateway) {
    const [, url] = await gateway.waitFor(/admin on (http:\/\/\S+)/);
    return url;
}

for (const [who, settings] of [['in one segment', {}], ['in small segments', { segment: '1MiB' }]])
    test(`hundreds of clients through two workers: every exchange is recorded once, in sequence (${who})`, async () => {
        const nginx = await startNginx(upstream);
        const folder = path.join(temporaryFolder(), 'recording');
        const gateway = await startGateway(nginx.url, { request: 'enforce', response: 'enforce', undocumented: 'enforce' },
            { workers: 2, admin: '127.0.0.1:0', record: { to: folder, ...settings }, log: { access: 'off' } });
        const admin = await adminUrl(gateway);
        const over = {};
        const pages = ['/metrics', '/readyz', '/api/v1/status', '/healthz'].map((page) => poll(admin + page, over));
        const ids = [];
        try {
            await Promise.all(Array.from({ length: CLIENTS }, () => client(gateway.port, ROUNDS, ids)));
        } finally {
            over.yes = true;
        }
        assert.ok((await Promise.all(pages)).every((count) => count > 0));
        assert.equal((await gateway.stop({ timeout: 30_000 })).status, 0);

        const recorded = readRecording(folder).map((exchange) => exchange._plumbline);
        const count = CLIENTS * ROUNDS * requests.length;
        assert.equal(ids.length, count);
        assert.equal(new Set(ids).size, count);
        assert.deepEqual(recorded.map(({ id }) => id).sort(), ids.sort());
        assert.deepEqual(recorded.map(({ sequence }) => sequence), Array.from({ length: count }, (_, i) => i + 1));
    });

test('clients that leave in the middle disturb no one, and are recorded too', async () => {
    const nginx = await startNginx(upstream);
    const folder = path.join(temporaryFolder(), 'recording');
    const gateway = await startGateway(nginx.url, { request: 'enforce', response: 'enforce', undocumented: 'enforce' },
        { workers: 2, record: { to: folder }, log: { access: 'off' } });
    const ids = [];
    const leave = async (i) => {
        const connection = await connect(gateway.port);
        connection.send(requests.map(([bytes]) => bytes).join('').slice(0, 40 + 7 * i));
        if (i % 2)
            await connection.bytes(1, 2000).catch(() => {});
        connection.reset();
    };
    await Promise.all(Array.from({ length: 120 }, (_, i) => (i % 3 ? leave(i) : client(gateway.port, 2, ids))));
    assert.equal((await gateway.stop({ timeout: 30_000 })).status, 0);

    const recorded = readRecording(folder).map((exchange) => exchange._plumbline);
    const seen = new Set(recorded.map(({ id }) => id));
    assert.equal(seen.size, recorded.length, 'no id twice');
    assert.ok(ids.every((id) => seen.has(id)), 'each answered exchange is there');
    assert.deepEqual(recorded.map(({ sequence }) => sequence), recorded.map((_, i) => i + 1));
});
