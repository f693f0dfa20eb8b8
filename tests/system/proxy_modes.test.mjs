// off, observe, enforce: what is checked when, what is refused, what is reported and recorded.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { connect, rawClient, rawUpstream, startNginx, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { contract, responses, startGateway } from './lib/gateway.mjs';

const good = { name: 'bob', size: 3 };
const bad = { name: '', size: 0 };
const answer = (body, status = '200 OK', type = 'application/json') =>
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const made = answer(JSON.stringify(good), '201 Created');

// Answers each request once its JSON body is complete: an early answer would end it.
const afterBody = (bytes) => async (connection) => {
    for (let seen = 0; !connection.ended; seen = connection.text().length) {
        await connection.until(() => (connection.ended || /\r\n\r\n\{[^]*\}$/.test(connection.text().slice(seen)) ? true : undefined), 'a body', 60_000);
        await connection.send(bytes);
    }
};

const post = (url, body, headers = { 'Content-Type': 'application/json' }) =>
    fetch(`${url}/parts`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });

async function gatewayFor(upstreamAnswer, service, settings) {
    const upstream = await rawUpstream(upstreamAnswer);
    return { upstream, gateway: await startGateway(upstream.url, service, settings) };
}

test('enforce: a good request passes, a bad one is refused with each reason and never forwarded', async () => {
    const { upstream, gateway } = await gatewayFor(made, { request: 'enforce' });
    assert.equal((await post(gateway.url, good)).status, 201);
    const before = upstream.received();

    const response = await post(gateway.url, bad);
    const problem = await response.json();
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    assert.deepEqual(problem.errors.map(({ pointer }) => pointer).sort(), ['/name', '/size']);
    assert.equal(problem.exchange, response.headers.get('plumbline-exchange'));
    assert.equal(upstream.received(), before);
});

test('observe: a bad request passes, and its violations are counted, told and recorded', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const { upstream, gateway } = await gatewayFor(afterBody(made), { request: 'observe', response: 'observe' }, { record: { to: folder } });
    const response = await post(gateway.url, bad);

    assert.equal(response.status, 201);
    assert.equal(response.headers.get('plumbline-violations'), '2');
    assert.match(upstream.received(), /\{"name":"","size":0\}$/);
    const [entry] = await waitForExchanges(folder, 1);
    assert.equal(entry._plumbline.id, response.headers.get('plumbline-exchange'));
    assert.equal(entry._plumbline.operation, 'makePart');
    assert.equal(entry.request.postData.text, '{"name":"","size":0}');
    await gateway.waitFor(/makePart 2 violations: request body-schema/);
});

test('off: nothing is looked at', async () => {
    const { gateway } = await gatewayFor(afterBody(made), {});
    const response = await post(gateway.url, bad);

    assert.equal(response.status, 201);
    assert.equal(response.headers.get('plumbline-violations'), null);
});

test('one operation may be treated otherwise than its service', async () => {
    const { gateway } = await gatewayFor(afterBody(made), { request: 'enforce', operations: { makePart: { request: 'observe' } } });

    assert.equal((await post(gateway.url, bad)).status, 201);
    assert.equal((await fetch(`${gateway.url}/parts?limit=1000`)).status, 400);
});

test('enforce: a body that comes in pieces is held until it is complete', async () => {
    const { upstream, gateway } = await gatewayFor(made, { request: 'enforce' });
    const client = await connect(gateway.port);
    const body = JSON.stringify(good);
    client.send(`POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
    await client.until(() => client.text() === 'HTTP/1.1 100 Continue\r\n\r\n' || undefined, '100 Continue');
    client.send(body.slice(0, 10));
    assert.equal(upstream.connections.length, 0);
    client.send(body.slice(10));
    await client.until(() => client.text().endsWith(body) || undefined);

    assert.deepEqual(responses(client.text()).map(({ status }) => status), [100, 201]);
    assert.doesNotMatch(upstream.received(), /expect/i);
});

test('enforce: a chunked body is held, checked and goes on chunked, with its trailers', async () => {
    const { upstream, gateway } = await gatewayFor(made, { request: 'enforce' });
    const send = (body) => rawClient(gateway.port, 'POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
        + [...body].map((byte) => `1\r\n${byte}\r\n`).join('') + '0\r\nX-Sum: 1\r\n\r\n', { until: /\}$/ });

    assert.equal(responses(await send(JSON.stringify(bad)))[0].status, 400);
    assert.equal(upstream.connections.length, 0);
    assert.equal(responses(await send(JSON.stringify(good)))[0].status, 201);
    assert.match(upstream.received(), /\r\n\r\n17\r\n\{"name":"bob","size":3\}\r\n0\r\nX-Sum: 1\r\n\r\n$/);
});

test('enforce: what stays unchecked is refused: 413 for size, 415 for media type and coding', async () => {
    const { upstream, gateway } = await gatewayFor(made, { request: 'enforce', max_body: '1KiB' });
    const large = JSON.stringify({ ...good, note: 'x'.repeat(2000) });

    assert.equal((await post(gateway.url, large)).status, 413);
    assert.equal((await post(gateway.url, 'name=bob', { 'Content-Type': 'text/plain' })).status, 415);
    assert.equal((await post(gateway.url, JSON.stringify(good), { 'Content-Type': 'application/json', 'Content-Encoding': 'x-own' })).status, 415);
    const chunked = await rawClient(gateway.port, `POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n7f8\r\n${large.slice(0, 2040)}\r\n`);
    assert.equal(responses(chunked)[0].status, 413);
    assert.equal(upstream.connections.length, 0);
});

test('enforce: chunks without a media type are no way around the schema', async () => {
    const { upstream, gateway } = await gatewayFor(made, { request: 'enforce' });
    const send = (chunks) => rawClient(gateway.port, `POST /parts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`, { until: /\}$/ });

    assert.equal(responses(await send('4\r\n"no"\r\n'))[0].status, 415);
    assert.equal(responses(await send(''))[0].status, 400, 'no chunk at all: the body is missing');
    assert.equal(upstream.connections.length, 0);
});

test('observe: a chunked body where the contract has none is reported', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.until(() => connection.text().endsWith('0\r\n\r\n') || undefined, 'the last chunk');
        await connection.send(answer('[]'));
    });
    const gateway = await startGateway(upstream.url, { request: 'observe' });
    const [response] = responses(await rawClient(gateway.port, 'GET /parts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n', { until: /\]$/ }));
    assert.equal(response.header('plumbline-violations'), '1');
    await gateway.waitFor(/request body-unexpected/);
});

test('enforce with unchecked: pass lets them through', async () => {
    const { upstream, gateway } = await gatewayFor(async (connection) => {
        await connection.until(() => /"\}(\r\n0\r\n\r\n)?$/.test(connection.text()) || undefined, 'the whole body');
        await connection.send(made.replace('\r\n', '\r\nConnection: close\r\n'));
    }, { request: 'enforce', max_body: '1KiB', unchecked: 'pass' });
    const large = JSON.stringify({ ...good, note: 'x'.repeat(2000) });

    assert.equal((await post(gateway.url, large)).status, 201);
    assert.ok(upstream.received().endsWith(large));
    const chunks = `POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
        + `200\r\n${large.slice(0, 512)}\r\n400\r\n${large.slice(512, 1536)}\r\n${(large.length - 1536).toString(16)}\r\n${large.slice(1536)}\r\n0\r\n\r\n`;
    assert.equal(responses(await rawClient(gateway.port, chunks, { until: /\}$/, chunk: 600 }))[0].status, 201);
    await gateway.waitFor(/unchecked: size/);
});

test('enforce: paths that two programs could read differently are refused', async () => {
    const { upstream, gateway } = await gatewayFor(answer('[]'), { request: 'enforce' });
    for (const target of ['/parts/../parts', '/parts/%2e%2E/parts', '/parts%2fabc', '//parts', '/parts\\abc', '/parts/%5c', '/parts/%00', '/./parts'])
        assert.equal(responses(await rawClient(gateway.port, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, { until: /\}$/ }))[0].status, 400, target);
    assert.equal(upstream.connections.length, 0);

    const lenient = await startGateway(upstream.url, { request: 'enforce', paths: 'lenient' });
    assert.equal(responses(await rawClient(lenient.port, 'GET //parts HTTP/1.1\r\nHost: a\r\n\r\n', { until: /\]$/ }))[0].status, 200);
});

test('undocumented paths and methods: reported, or refused with 404 and 405', async () => {
    const { gateway: observing } = await gatewayFor(answer('[]'), { request: 'enforce' });
    assert.equal((await fetch(`${observing.url}/nowhere`)).status, 200);
    await observing.waitFor(/request path-unknown/);

    const { gateway } = await gatewayFor(answer('[]'), { request: 'enforce', undocumented: 'enforce' });
    assert.equal((await fetch(`${gateway.url}/nowhere`)).status, 404);
    const wrong = await fetch(`${gateway.url}/parts`, { method: 'DELETE' });
    assert.equal(wrong.status, 405);
    assert.match(wrong.headers.get('allow'), /GET.*POST/);
});

test('missing credentials: 401 with a challenge', async () => {
    const { gateway } = await gatewayFor(answer('1'), { request: 'enforce' });
    const response = await fetch(`${gateway.url}/secrets`);
    assert.equal(response.status, 401);
    assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="Parts"');
    assert.equal((await fetch(`${gateway.url}/secrets`, { headers: { Authorization: 'Bearer abc' } })).status, 200);
});

test('OPTIONS passes unless it is told not to', async () => {
    const { gateway } = await gatewayFor(answer('', '204 No Content'), { request: 'enforce', undocumented: 'enforce' });
    assert.equal((await fetch(`${gateway.url}/parts`, { method: 'OPTIONS' })).status, 204);
    const { gateway: strict } = await gatewayFor(answer(''), { request: 'enforce', undocumented: 'enforce', options: 'refuse' });
    assert.equal((await fetch(`${strict.url}/parts`, { method: 'OPTIONS' })).status, 405);
});

test('HEAD is checked like GET, without a body', async () => {
    const { gateway } = await gatewayFor('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n', { request: 'enforce', response: 'enforce' });
    const response = await fetch(`${gateway.url}/parts`, { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-length'), '100');
    assert.equal((await fetch(`${gateway.url}/parts?limit=1000`, { method: 'HEAD' })).status, 400);
});

test('response enforce: an answer that breaks the contract becomes 502 with the reasons; none of its bytes passes', async () => {
    const { gateway } = await gatewayFor(answer(JSON.stringify([{ name: 'secret', size: 'x' }])), { response: 'enforce' });
    const response = await fetch(`${gateway.url}/parts`);
    const text = await response.text();
    assert.equal(response.status, 502);
    assert.equal(JSON.parse(text).errors[0].pointer, '/0/size');
    assert.doesNotMatch(text, /secret/);
});

test('response enforce: a chunked answer is held, checked and goes on chunked', async () => {
    const body = JSON.stringify([good]);
    const chunks = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\nX-T: 1\r\n\r\n`;
    const { gateway } = await gatewayFor(chunks, { response: 'enforce' });
    const [response] = responses(await rawClient(gateway.port, 'GET /parts HTTP/1.1\r\nHost: a\r\n\r\n', { until: /\r\n0\r\n[^]*\r\n\r\n$/ }));
    assert.equal(response.body, body);
    assert.deepEqual(response.trailers, ['X-T: 1']);
});

test('response enforce: an answer too large to be checked is 502, or passes where it may', async () => {
    const body = JSON.stringify([{ ...good, note: 'x'.repeat(3000) }]);
    const { gateway } = await gatewayFor(answer(body), { response: 'enforce', max_body: '1KiB' });
    assert.equal((await fetch(`${gateway.url}/parts`)).status, 502);
    const { gateway: passing } = await gatewayFor(answer(body), { response: 'enforce', max_body: '1KiB', unchecked: 'pass' });
    assert.equal(await (await fetch(`${passing.url}/parts`)).text(), body);
    const open = (connection) => connection.head().then(() => connection.send(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${body}`)).then(() => connection.end());
    const { gateway: unknown } = await gatewayFor(open, { response: 'enforce', max_body: '1KiB', unchecked: 'pass' });
    assert.equal(await (await fetch(`${unknown.url}/parts`)).text(), body);
});

test('response observe: the answer streams on before it is complete', async () => {
    const { gateway } = await gatewayFor(async (connection) => {
        await connection.head();
        await connection.send('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n[1');
        await connection.closed(60_000).catch(() => {});
    }, { response: 'observe' });
    const client = await connect(gateway.port);
    client.send('GET /parts HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until(() => client.text().endsWith('[1') || undefined, 'the first half');
});

test('the recording has every exchange: refused, failed, malformed', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const { gateway } = await gatewayFor(answer('{}'), { request: 'enforce', response: 'enforce' }, { record: { to: folder } });
    await post(gateway.url, bad);
    await fetch(`${gateway.url}/parts`);
    await rawClient(gateway.port, 'GET / HTTP/1.1\r\n\r\n');
    await gateway.stop();
    const entries = await waitForExchanges(folder, 3);

    assert.deepEqual(entries.map(({ response }) => response.status), [400, 200, 400]);
    assert.equal(entries[1].response.content.text, '{}', 'what the upstream said is kept');
    assert.equal(new Set(entries.map(({ _plumbline }) => _plumbline.id)).size, 3);
});

test('a nginx upstream behind enforce on both sides, a thousand requests over ten connections', async () => {
    const nginx = await startNginx(`location = /parts { return 201 '${JSON.stringify(good)}'; }`);
    const gateway = await startGateway(nginx.url, { request: 'enforce', response: 'enforce' }, { log: { access: 'off' } });
    await Promise.all(Array.from({ length: 10 }, async () => {
        for (let i = 0; i < 100; i++) {
            const response = await post(gateway.url, i % 10 === 9 ? bad : good);
            assert.equal(response.status, i % 10 === 9 ? 400 : 201);
            await response.text();
        }
    }));
});

test('enforce: an answer without a body, said by Content-Length: 0, is none where the contract has none', async () => {
    const empty = await rawUpstream('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    const described = { ...contract, paths: { '/parts': { post: { responses: { 200: { description: 'taken' } } } } } };
    const file = path.join(temporaryFolder(), 'empty.json');
    writeFileSync(file, JSON.stringify(described));
    const gateway = await startGateway(empty.url, { contract: file, request: 'enforce', response: 'enforce' });
    const got = responses(await rawClient(gateway.port, 'POST /parts HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'))[0];
    assert.equal(got.status, 200, got.body);
});
