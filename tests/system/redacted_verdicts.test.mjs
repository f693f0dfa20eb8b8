// What was found live is what `plumbline check` finds in the recording, whatever of it was redacted.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { plumbline, rawClient, rawUpstream, readRecording, startPlumbline, temporaryFolder, waitForExchanges } from './lib/index.mjs';

const zip = { type: 'string', pattern: '^[0-9]{5}$' };
const person = {
    type: 'object',
    required: ['name', 'email'],
    properties: {
        name: { type: 'string', minLength: 5 },
        email: { type: 'string', format: 'email' },
        age: { type: 'integer', minimum: 18, maximum: 150 },
        level: { enum: ['gold', 'silver'] },
        active: { const: true },
        address: { type: 'object', required: ['zip'], properties: { zip, street: { type: 'string' } }, additionalProperties: false },
        payment: {
            oneOf: [
                { type: 'object', required: ['card'], properties: { card: { type: 'string', pattern: '^[0-9]{16}$' } } },
                { type: 'object', required: ['iban'], properties: { iban: { type: 'string', pattern: '^[A-Z]{2}[0-9]+$' } } },
            ],
        },
        codes: { type: 'array', items: { type: 'string', maxLength: 4 }, uniqueItems: true },
    },
};
const parameter = (name, where, schema, required = false) => ({ name, in: where, required, schema });
const contract = {
    openapi: '3.1.0',
    info: { title: 'People', version: '1' },
    paths: {
        '/people/{ref}': {
            post: {
                operationId: 'makePerson',
                parameters: [
                    parameter('ref', 'path', { type: 'string', pattern: '^[a-z0-9-]+$' }, true),
                    parameter('X-Tenant', 'header', { type: 'string', pattern: '^t-[0-9]+$' }, true),
                    parameter('X-Shard', 'header', { type: 'integer' }),
                    parameter('who', 'query', { type: 'string', enum: ['me', 'you'] }, true),
                    parameter('page', 'query', { type: 'integer', minimum: 1 }),
                    parameter('sid', 'cookie', { type: 'string', minLength: 8 }),
                ],
                requestBody: {
                    content: {
                        'application/json': { schema: person },
                        'application/x-www-form-urlencoded': {
                            schema: { type: 'object', properties: { email: { type: 'string', format: 'email' }, age: { type: 'integer', maximum: 150 } } },
                        },
                    },
                },
                responses: {
                    200: {
                        description: 'made',
                        headers: {
                            'X-Sig': { required: true, schema: { type: 'string', pattern: '^[0-9a-f]{8}$' } },
                            'X-Left': { schema: { type: 'integer', minimum: 0 } },
                        },
                        content: { 'application/json': { schema: person } },
                    },
                },
            },
        },
    },
};

const rules = (action) => [
    { field: 'email', action }, { field: 'level', action }, { field: 'active', action }, { field: 'card', action }, { field: 'iban', action },
    { pointer: '/address/zip', action }, { pointer: '/codes/*', action }, { pointer: '/age', action },
    { header: 'X-Tenant', action }, { header: 'X-Shard', action }, { header: 'X-Sig', action }, { header: 'X-Left', action },
    { query: 'who', action }, { header: 'Cookie', action }, { pattern: 'secret-[0-9]+', action },
];

const good = {
    name: 'Walther', email: 'w@example.org', age: 40, level: 'gold', active: true, address: { zip: '10115' },
    payment: { iban: 'DE02120300000000202051' }, codes: ['ab', 'cd'],
};
// Each broken inside and outside of what is redacted.
const bad = {
    name: 'Wal', email: 'no email', age: 4000, level: 'lead', active: false, address: { zip: 'x', stairs: 3 }, payment: { card: '1', iban: 2 },
    codes: ['toolong', 'toolong'],
};
const exchanges = [
    { target: '/people/a1?who=me&page=1', headers: { 'X-Tenant': 't-1', 'X-Shard': '7', Cookie: 'sid=longenough' }, body: good, answer: good, sig: '0123abcd', left: '1' },
    { target: '/people/a1?who=them&page=0', headers: { 'X-Tenant': 'acme', 'X-Shard': 'x', Cookie: 'sid=short' }, body: bad, answer: bad, sig: 'none', left: '-1' },
    { target: '/people/A1?page=1', headers: { Cookie: 'sid=longenough' }, body: { email: 'w@example.org', codes: [] }, answer: good, left: '1' },
    { target: '/people/secret-1?who=me&page=secret-2', headers: { 'X-Tenant': 't-1' }, form: 'email=no+email&age=900', answer: {}, sig: '0123abcd' },
    { target: '/people/a1?who=me', headers: { 'X-Tenant': 't-1' }, form: 'email=w%40example.org&age=9', answer: { ...good, payment: { card: '12' } }, sig: '0123abcd' },
    { target: '/people/a1?who=me', headers: { 'X-Tenant': 't-1' }, text: '{"email":"no email"', answer: good, sig: '0123abcd' },
];

function bytes({ target, headers, body, form, text }) {
    const content = body !== undefined ? JSON.stringify(body) : form ?? text;
    const type = form !== undefined ? 'application/x-www-form-urlencoded' : 'application/json';
    const fields = Object.entries({ ...headers, 'Content-Type': type, 'Content-Length': Buffer.byteLength(content) });
    return `POST ${target} HTTP/1.1\r\nHost: people.example\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}Connection: close\r\n\r\n${content}`;
}

function answerOf({ answer, sig, left }) {
    const content = JSON.stringify(answer);
    return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(content)}\r\n`
        + `${sig ? `X-Sig: ${sig}\r\n` : ''}${left ? `X-Left: ${left}\r\n` : ''}Connection: close\r\n\r\n${content}`;
}

// The traffic through a gateway: { live, config, recording }.
async function traffic(redaction, record = {}) {
    const folder = temporaryFolder();
    const recording = path.join(folder, 'recording');
    let next = 0;
    const upstream = await rawUpstream(async (connection) => {
        const answer = answerOf(exchanges[next++]);
        await connection.head();
        await connection.send(answer);
        connection.end();
    });
    writeFileSync(path.join(folder, 'people.openapi.json'), JSON.stringify(contract, null, 1));
    const gateway = await startPlumbline({
        folder,
        config: {
            workers: 1,
            admin: '127.0.0.1:0',
            services: { people: { contract: path.join(folder, 'people.openapi.json'), match: { paths: ['/'] }, upstream: upstream.url, request: 'observe', response: 'observe' } },
            record: { to: recording, sync: '10ms', ...record },
            redaction,
        },
    });
    for (const exchange of exchanges)
        await rawClient(gateway.port, bytes(exchange));
    await waitForExchanges(recording, exchanges.length);
    await gateway.stop();
    return { recording, config: gateway.config };
}

async function findings({ recording, config }) {
    const { stdout, stderr } = await plumbline(['check', recording, '-c', config, '--report', 'json']);
    assert.equal(stderr, '');
    return JSON.parse(stdout).findings;
}

const brief = (list) => list.map(({ fingerprint, side, rule, instance, keyword, count }) =>
    `${fingerprint} ${side} ${rule} ${instance ?? ''} ${keyword ?? ''} x${count}`).sort();
const liveCount = (recording) => readRecording(recording).map(({ _plumbline: { request, response } }) =>
    [request?.violations?.length ?? 0, response?.violations?.length ?? 0]);

let plain;

for (const action of ['remove', 'mask', 'hash']) {
    test(`findings of redacted traffic are those of the traffic itself: ${action}`, async () => {
        plain ??= await traffic({ defaults: false });
        const redacted = await traffic({ defaults: false, hash_key: 'k', rules: rules(action) });

        const text = JSON.stringify(readRecording(redacted.recording));
        for (const secret of [/no email/, /w@example.org/, /longenough/, /acme/, /(?<![0-9a-z])10115(?![0-9a-z])/, /secret-/, /DE0212/]) // ids and hashes have digits, too
            assert.doesNotMatch(text, secret);
        assert.deepEqual(liveCount(redacted.recording), liveCount(plain.recording));
        assert.deepEqual(brief(await findings(redacted)), brief(await findings(plain)));
    });
}

test('what was judged live in a body stays, though less of it is on record', async () => {
    plain ??= await traffic({ defaults: false });
    const cut = await traffic({ defaults: false }, { max_body: 20 });

    assert.ok(readRecording(cut.recording).some(({ _plumbline }) => _plumbline.truncated.request === 'record'));
    assert.deepEqual(brief(await findings(cut)), brief(await findings(plain)));
});

test('a recording, its export and what is imported from it have the same findings', async () => {
    plain ??= await traffic({ defaults: false });
    const redacted = await traffic({ defaults: false, hash_key: 'k', rules: rules('mask') });
    for (const { recording, config } of [plain, redacted]) {
        const har = path.join(temporaryFolder(), 'export.har');
        const again = path.join(temporaryFolder(), 'again');
        const expected = brief(await findings({ recording, config }));

        assert.equal((await plumbline(['log', 'export', '--har', recording, '-o', har])).status, 0);
        assert.deepEqual(brief(await findings({ recording: har, config })), expected);
        assert.equal((await plumbline(['log', 'import', har, '-o', again])).status, 0);
        assert.deepEqual(brief(await findings({ recording: again, config })), expected);
    }
});
