// Streams of items: every item goes on at once and is judged on its own; in enforce a broken one ends the stream.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { connect, rawClient, rawUpstream, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const reading = { type: 'object', required: ['level'], properties: { level: { type: 'integer', maximum: 9 } } };
const event = {
    type: 'object',
    required: ['data'],
    properties: { data: { type: 'string', contentMediaType: 'application/json', maxLength: 12 } },
};
const stream = (operationId, type, itemSchema) =>
    ({ get: { operationId, responses: { 200: { description: 'readings', content: { [type]: { itemSchema } } } } } });
const contract = {
    openapi: '3.2.0',
    info: { title: 'Readings', version: '1' },
    paths: {
        '/events': stream('readEvents', 'text/event-stream', event),
        '/lines': stream('readLines', 'application/jsonl', reading),
        '/records': stream('readRecords', 'application/json-seq', reading),
    },
};

// Formats: how good items and a broken one are written, and the place that the broken one is reported at when it is the third.
const formats = {
    '/events': { type: 'text/event-stream', good: (n) => `data: {"a":${n}}\n\n`, bad: `data: ${'x'.repeat(13)}\n\n`, place: '/2/data' },
    '/lines': { type: 'application/jsonl', good: (n) => `{"level":${n}}\n`, bad: '{"level":10}\n', place: '/2/level' },
    '/records': { type: 'application/json-seq', good: (n) => `\x1e{"level":${n}}\n`, bad: '\x1e{"level":10}\n\x1e', place: '/2/level' },
};

async function gatewayFor(handler, response, service = {}) {
    const folder = path.join(temporaryFolder(), 'recording');
    const file = path.join(temporaryFolder(), 'readings.openapi.json');
    writeFileSync(file, JSON.stringify(contract));
    const upstream = await rawUpstream(handler);
    const gateway = await startGateway(upstream.url, { contract: file, response, ...service }, { record: { to: folder, sync: '20ms' } });
    return { upstream, gateway, folder };
}

const head = (type, more = '') => `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n${more}\r\n`;
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

// The upstream is driven by the test: it says its head, then what the test gives it.
async function opened(target, response, service) {
    const { gateway, upstream, folder } = await gatewayFor((connection) => connection.head(), response, service);
    const client = await connect(gateway.port);
    client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const server = await upstream.waitForConnection();
    await server.head();
    server.send(head(formats[target].type));
    await client.head();
    return { client, server, folder, gateway };
}

const seen = (client, text) => client.until(() => client.text().includes(text) || undefined, JSON.stringify(text));

for (const response of ['observe', 'enforce'])
    for (const [target, { good }] of Object.entries(formats))
        test(`${response}: each item of ${target} is there before the next is sent`, async () => {
            const { client, server, folder } = await opened(target, response);
            for (let n = 0; n < 5; n++) {
                server.send(chunk(good(n)));
                await seen(client, good(n));
            }
            server.send('0\r\n\r\n');
            const [answer] = responses(await client.closed());
            assert.equal(answer.body, [0, 1, 2, 3, 4].map(good).join(''));
            const [entry] = await waitForExchanges(folder, 1);
            assert.deepEqual([entry._plumbline.outcome, entry._plumbline.response], ['delivered', { checked: true }]);
        });

for (const [target, { good, bad, place }] of Object.entries(formats)) {
    test(`observe: a broken item of ${target} is reported with its place, and passes`, async () => {
        const { client, server, folder } = await opened(target, 'observe');
        server.send(chunk(good(1)) + chunk(good(2)));
        server.send(chunk(bad));
        await seen(client, bad);
        server.send(`${chunk(good(3))}0\r\n\r\n`);
        await client.closed();
        const [{ _plumbline: found }] = await waitForExchanges(folder, 1);
        assert.deepEqual(found.response.violations.map(({ id, instance }) => [id, instance]), [['item-schema', place]]);
    });

    test(`enforce: a broken item of ${target} ends the stream before it is delivered`, async () => {
        const { client, server, folder } = await opened(target, 'enforce');
        server.send(chunk(good(1)));
        server.send(chunk(good(2)));
        await seen(client, good(2));
        server.send(chunk(bad));
        const text = await client.closed();
        assert.ok(text.endsWith(chunk(good(2))), JSON.stringify(text)); // neither the item nor a last chunk
        await server.closed();
        const [{ _plumbline: found }] = await waitForExchanges(folder, 1);
        assert.equal(found.refusal.reason, 'item-schema');
        assert.equal(found.response.violations[0].instance, place);
    });
}

test('enforce: an item is judged where it ends, however it was cut', async () => {
    const { client, server } = await opened('/lines', 'enforce');
    for (const piece of ['{"lev', 'el":1', '0}']) {
        server.send(chunk(piece));
        await seen(client, chunk(piece));
    }
    server.send(chunk('\n'));
    assert.ok((await client.closed()).endsWith(chunk('0}')));
});

test('enforce: a last line without its end is judged at the end of the stream', async () => {
    const { client, server, folder } = await opened('/lines', 'enforce');
    server.send(`${chunk('{"level":10}')}0\r\n\r\n`);
    assert.doesNotMatch(await client.closed(), /\r\n0\r\n\r\n$/);
    const [{ _plumbline: found }] = await waitForExchanges(folder, 1);
    assert.equal(found.refusal.reason, 'item-schema');
});

test('a stream that its upstream breaks off is unchecked: truncated', async () => {
    const { client, server, folder } = await opened('/lines', 'observe');
    server.send(chunk('{"level":1}\n'));
    await seen(client, '{"level":1}');
    server.reset();
    await client.closed();
    const [{ _plumbline: found }] = await waitForExchanges(folder, 1);
    assert.deepEqual(found.response.unchecked.map(({ reason }) => reason), ['truncated']);
});

const coded = head('application/jsonl', 'Content-Encoding: gzip\r\n') + chunk('not even gzip\n') + chunk('{"level":10}\n');

test('enforce: a stream with a content coding cannot be looked into, and is refused', async () => {
    const { gateway } = await gatewayFor(`${coded}0\r\n\r\n`, 'enforce');
    const [answer] = responses(await rawClient(gateway.port, 'GET /lines HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
    assert.equal(answer.status, 502);
    assert.equal(JSON.parse(answer.body).errors[0].keyword, 'coding');
});

for (const [response, service] of [['observe', {}], ['enforce', { unchecked: 'pass' }]])
    test(`${response}: a stream with a content coding passes as unchecked ${JSON.stringify(service)}`, async () => {
        const { gateway, folder } = await gatewayFor(`${coded}0\r\n\r\n`, response, service);
        const [answer] = responses(await rawClient(gateway.port, 'GET /lines HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
        assert.equal(answer.body, 'not even gzip\n{"level":10}\n');
        const [{ _plumbline: found }] = await waitForExchanges(folder, 1);
        assert.deepEqual(found.response.unchecked.map(({ reason }) => reason), ['coding']);
    });
