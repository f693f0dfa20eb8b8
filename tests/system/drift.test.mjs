// A service that drifts from its contract, or clients that do, in more than twenty ways, one at a time: exactly that is found, live and in the
// recording, with the same fingerprint, and again in another run.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { onCleanup, plumbline, startPlumbline, temporaryFolder, waitForExchanges } from './lib/index.mjs';

const json = (schema) => ({ 'application/json': { schema } });
const contract = {
    openapi: '3.1.0', info: { title: 'parcels', version: '1' }, security: [{ bearer: [] }],
    paths: {
        '/parcels/{id}': {
            parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 8 } }],
            get: {
                operationId: 'getParcel',
                parameters: [{ name: 'view', in: 'query', schema: { enum: ['short', 'long'] } }],
                responses: { 200: { description: 'x', headers: { 'X-Version': { required: true, schema: { type: 'integer' } } }, content: json({ $ref: '#/components/schemas/Parcel' }) }, 404: { description: 'none' } },
            },
            put: { operationId: 'putParcel', requestBody: { required: true, content: json({ $ref: '#/components/schemas/Parcel' }) }, responses: { 204: { description: 'x' } } },
        },
    },
    components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
        schemas: {
            Parcel: {
                type: 'object', required: ['id', 'weight', 'state'], additionalProperties: false,
                properties: {
                    id: { type: 'string' }, weight: { type: 'number', maximum: 30 }, state: { enum: ['waiting', 'sent'] }, sent_at: { type: 'string', format: 'date-time' },
                    lines: { type: 'array', maxItems: 2, items: { type: 'object', properties: { sku: { type: 'string', pattern: '^[A-Z]+$' } } } },
                    way: { allOf: [{ properties: { by: { type: 'string' } } }, { oneOf: [{ required: ['train'], properties: { train: { type: 'string' } } }, { required: ['ship'], properties: { ship: { type: 'string' } } }] }] },
                },
            },
        },
    },
};
const good = { id: 'p1', weight: 1.5, state: 'waiting', lines: [{ sku: 'A' }, { sku: 'B' }], way: { by: 'rail', train: '7' } };

// What the service answers, or what is asked, otherwise than the contract has it; and what is found: side, rule, place, keyword.
const drifts = {
    'a member is gone': [{ body: { ...good, weight: undefined } }, 'response body-schema /weight required'],
    'a number became a text': [{ body: { ...good, weight: '1.5' } }, 'response body-schema /weight type'],
    'a member became null': [{ body: { ...good, state: null } }, 'response body-schema /state enum'],
    'a state that nobody documented': [{ body: { ...good, state: 'lost' } }, 'response body-schema /state enum'],
    'a new member': [{ body: { ...good, colour: 'red' } }, 'response body-extra /colour additionalProperties'],
    'a number beyond its bound': [{ body: { ...good, weight: 31 } }, 'response body-schema /weight maximum'],
    'a time in another format': [{ body: { ...good, sent_at: '21.11.2026' } }, 'response body-schema /sent_at format'],
    'a list that is too long': [{ body: { ...good, lines: [{}, {}, {}] } }, 'response body-schema /lines maxItems'],
    'an item of another pattern': [{ body: { ...good, lines: [{ sku: 'A' }, { sku: 'b' }] } }, 'response body-schema /lines/*/sku pattern'],
    'an object became a list': [{ body: [good] }, 'response body-schema  type'],
    'a status that nobody documented': [{ status: 202, body: good }, 'response status-unknown  '],
    'another media type': [{ type: 'text/html', text: '<p>' }, 'response content-type-unknown header Content-Type '],
    'an answer that is no JSON': [{ text: '{"id": "p1",' }, 'response json-syntax  '],
    'a header is gone': [{ body: good, headers: {} }, 'response header-missing header X-Version '],
    'a header of another type': [{ body: good, headers: { 'X-Version': 'two' } }, 'response header-schema header X-Version type'],
    'a path that is gone from the contract': [{ ask: { path: '/boxes' }, body: {} }, 'request path-unknown  '],
    'a method that the contract does not have': [{ ask: { method: 'DELETE' }, status: 204 }, 'request method-unknown  '],
    'a query of last year': [{ ask: { query: '?view=brief' }, body: good }, 'request parameter-schema query view enum'],
    'a query that nobody documented': [{ ask: { query: '?full=1' }, body: good }, 'request parameter-unknown query full '],
    'a client without its token': [{ ask: { headers: {} }, body: good }, 'request security-missing security bearer '],
    'a member of an item that nobody documented': [{ body: { ...good, lines: [{ sku: 'A' }, { sku: 'B', size: 3 }] } }, 'response member-undocumented /lines/*/size '],
    'a member beside alternatives': [{ body: { ...good, way: { by: 'sea', ship: 'M', flag: 'x' } } }, 'response member-undocumented /way/flag '],
    'a member in what is wrong already': [{ body: { ...good, weight: 31, lines: [{ sku: 'A', size: 1 }] } },
        'response body-schema /weight maximum', 'response member-undocumented /lines/*/size '],
    'a header that nobody documented': [{ body: good, headers: { 'X-Version': '1', 'X-Region': 'north' } }, 'response header-undocumented header x-region '],
    'a client that says more than was asked': [{ ask: { method: 'PUT', body: { ...good, lines: [{ note: 'x' }] } }, status: 204, headers: {} },
        'request member-undocumented /lines/*/note '],
    'a client that sends an old body': [{ ask: { method: 'PUT', body: { ...good, weight: undefined, kilos: 2 } }, status: 204, headers: {} },
        'request body-extra /kilos additionalProperties', 'request body-schema /weight required'],
};

async function startService(answer) {
    const server = http.createServer((request, response) => {
        const { status = 200, type = 'application/json', body, text = body && JSON.stringify(body), headers = { 'X-Version': '1' } } = answer;
        request.resume().on('end', () => response.writeHead(status, { ...(text === undefined ? {} : { 'Content-Type': type }), ...headers }).end(text));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => { server.closeAllConnections(); return new Promise((resolve) => server.close(resolve)); });
    return `http://127.0.0.1:${server.address().port}`;
}

const told = ({ findings }) => findings.map(({ side, rule, instance, keyword = '' }) => `${side} ${rule} ${instance} ${keyword}`).sort();
const fingerprints = ({ findings }) => findings.map(({ fingerprint }) => fingerprint).sort();

// One request through a gateway in front of that service: what is found live, and in the recording.
async function look(answer) {
    const folder = temporaryFolder();
    const [file, recording] = [path.join(folder, 'parcels.openapi.json'), path.join(folder, 'recording')];
    writeFileSync(file, JSON.stringify(contract));
    const gateway = await startPlumbline({ args: ['proxy', file, '--to', await startService(answer), '--admin', '127.0.0.1:0', '--record', recording] });
    const [, admin] = await gateway.waitFor(/admin on (http:\S+)/);
    const { method = 'GET', path: target = '/parcels/p1', query = '', headers = { Authorization: 'Bearer t' }, body } = answer.ask ?? {};
    await fetch(`${gateway.url}${target}${query}`, {
        method, headers: { ...headers, ...(body ? { 'Content-Type': 'application/json' } : {}) }, body: body && JSON.stringify(body),
    }).then((response) => response.arrayBuffer());
    await waitForExchanges(recording, 1);
    const live = await (await fetch(`${admin}/api/v1/findings`)).json();
    await gateway.stop();
    const { stdout, stderr } = await plumbline(['check', recording, '--contract', file, '--report', 'json']);
    assert.notEqual(stdout, '', stderr);
    return { live, offline: JSON.parse(stdout) };
}

test('a service that keeps to its contract: nothing is found', async () => {
    const { live, offline } = await look({ body: good });
    assert.deepEqual([told(live), told(offline)], [[], []]);
});

for (const [name, [answer, ...expected]] of Object.entries(drifts))
    test(`${name}: that is found, and nothing else`, async () => {
        const { live, offline } = await look(answer);
        const again = await look(answer);
        assert.deepEqual(told(live), expected);
        assert.deepEqual(told(offline), expected);
        assert.deepEqual(fingerprints(live), fingerprints(offline));
        assert.deepEqual(fingerprints(again.offline), fingerprints(offline));
    });
