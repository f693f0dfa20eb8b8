// plumbline check: what the contract documents and the traffic did not use, and what the traffic used and the contract does not name.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { plumbline, temporaryFolder } from './lib/index.mjs';
import { judge } from './lib/judge.mjs';

const contract = {
    openapi: '3.1.0', info: { title: 'parcels', version: '1' },
    paths: {
        '/parcels': {
            get: {
                operationId: 'list',
                parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }, { name: 'filter', in: 'query', style: 'deepObject', schema: { type: 'object' } },
                    { name: 'X-Trace', in: 'header', schema: { type: 'string' } }, { name: 'sid', in: 'cookie', schema: { type: 'string' } }],
                responses: {
                    200: {
                        description: 'x', headers: { 'X-Total': { schema: { type: 'string' } } },
                        content: { 'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Parcel' } } } },
                    },
                    '4XX': { description: 'x' }, default: { description: 'x' },
                },
            },
            post: { operationId: 'send', requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Parcel' } } } }, responses: { 201: { description: 'x' } } },
        },
        '/never': { get: { operationId: 'never', responses: { 200: { description: 'x' } } } },
    },
    components: {
        schemas: {
            Base: { type: 'object', required: ['id'], properties: { id: { type: 'string' }, note: { type: 'string' } } },
            Box: { type: 'object', required: ['kind'], properties: { kind: { const: 'box' }, sides: { type: 'integer' } } },
            Tube: { type: 'object', required: ['kind'], properties: { kind: { const: 'tube' }, radius: { type: 'integer' } } },
            Parcel: {
                allOf: [{ $ref: '#/components/schemas/Base' }],
                properties: {
                    state: { enum: ['new', 'sent', null] }, tags: { type: 'array', items: { enum: ['a', 'b'] } },
                    form: { oneOf: [{ $ref: '#/components/schemas/Box' }, { $ref: '#/components/schemas/Tube' }] },
                    open: { type: 'object', properties: { x: {} }, additionalProperties: true }, free: {},
                    parent: { $ref: '#/components/schemas/Parcel' },
                },
            },
        },
    },
};

const entry = (target, status, { method = 'GET', body, request, headers = [], sent = [] } = {}) => ({
    startedDateTime: '2026-11-21T05:12:03.123Z', time: 1, cache: {}, timings: { send: 0, wait: 1, receive: 0 },
    request: {
        method, url: `http://h${target}`, httpVersion: 'HTTP/1.1', cookies: [], queryString: [], headersSize: -1, bodySize: 0,
        headers: [...sent.map(([name, value]) => ({ name, value })), ...(request ? [{ name: 'Content-Type', value: 'application/json' }] : [])],
        ...(request ? { postData: { mimeType: 'application/json', text: JSON.stringify(request) } } : {}),
    },
    response: {
        status, statusText: '', httpVersion: 'HTTP/1.1', cookies: [], redirectURL: '', headersSize: -1, bodySize: 0,
        headers: [...headers.map(([name, value]) => ({ name, value })), ...(body ? [{ name: 'Content-Type', value: 'application/json' }] : [])],
        content: body ? { size: 1, mimeType: 'application/json', text: JSON.stringify(body) } : { size: 0, mimeType: '' },
    },
});

async function check(entries, args = [], document = contract) {
    const folder = temporaryFolder();
    const [har, file] = [path.join(folder, 'traffic.har'), path.join(folder, 'parcels.openapi.json')];
    writeFileSync(har, JSON.stringify({ log: { version: '1.2', creator: { name: 't', version: '1' }, entries } }));
    writeFileSync(file, JSON.stringify(document, null, 1));
    const { status, stdout, stderr } = await plumbline(['check', har, '--contract', file, '--report', 'json', '--coverage', ...args]);
    const report = JSON.parse(stdout);
    judge('report.schema.json')(report);
    const unseen = report.coverage.unseen.map(({ kind, operation, answer, instance, value, branch }) =>
        [kind, operation, answer, instance, value, branch].filter((part) => part !== undefined).join(' '));
    const found = report.findings.map(({ level, rule, side, instance }) => `${level} ${side} ${rule} ${instance}`);
    return { status, stderr, report, unseen, found };
}

const totals = ({ coverage: { unseen, ...kinds } }) => Object.fromEntries(Object.entries(kinds).map(([kind, { documented, seen }]) => [kind, `${seen}/${documented}`]));

test('what was never used is listed: operations, answers, parameters, members, enum values, branches', async () => {
    const { report, unseen, found, status } = await check([
        entry('/parcels?filter%5Bstate%5D=new', 200, { sent: [['Cookie', 'a=b; sid=1']], body: [
            { id: '1', state: 'new', tags: ['a'], form: { kind: 'box' } }, { id: '2', state: null, parent: { id: '0', note: 'old' } }] }),
        entry('/parcels', 404),
    ]);
    assert.equal(status, 0);
    assert.deepEqual(found, []);
    assert.deepEqual(unseen, [
        'parameter list query limit', 'parameter list header X-Trace',
        'enum-value list 200 /*/state "sent"', 'enum-value list 200 /*/tags/* "b"', 'member list 200 /*/form/sides',
        'branch list 200 /*/form Tube', 'member list 200 /*/open', 'member list 200 /*/free',
        'member list 200 /*/parent/state', 'member list 200 /*/parent/tags', 'member list 200 /*/parent/form', 'member list 200 /*/parent/open',
        'member list 200 /*/parent/free', 'member list 200 /*/parent/parent', 'member list 200 /*/note',
        'answer list default', 'operation send', 'answer send 201', 'operation never', 'answer never 200'].sort((a, b) => unseen.indexOf(a) - unseen.indexOf(b)));
    assert.deepEqual(totals(report), { operations: '1/3', answers: '2/5', parameters: '2/4', members: '8/18', enum_values: '3/5', branches: '1/2' });
    assert.ok(report.coverage.unseen.every(({ contract: place }) => place.line > 0));
});

test('members and response headers that the contract does not name are told, but not where it is open', async () => {
    const { found, status, report } = await check([entry('/parcels', 200, {
        headers: [['X-Total', '1'], ['X-New', '1'], ['Date', 'x'], ['Server', 'x'], ['x-new', '2']],
        body: [{ id: '1', colour: 'red', open: { y: 1 }, free: { z: 1 }, form: { kind: 'box', lid: true, sides: 6 }, parent: { id: '2', odd: 1 } }, { id: '3', colour: 1 }],
    })]);
    assert.deepEqual(found.sort(), ['info response header-undocumented header x-new', 'info response member-undocumented /*/colour',
        'info response member-undocumented /*/form/lid', 'info response member-undocumented /*/parent/odd']);
    assert.equal(status, 0);
    const colour = report.findings.find(({ instance }) => instance === '/*/colour');
    assert.equal(colour.count, 2);
    assert.ok(colour.contract.line > 1 && colour.contract.pointer.startsWith('/components/schemas/'), JSON.stringify(colour.contract));
});

test('a branch that leads back to its own schema is counted once, and ends', async () => {
    const document = structuredClone(contract);
    document.components.schemas.Parcel = { properties: { id: {} }, anyOf: [{ $ref: '#/components/schemas/Parcel' }, { $ref: '#/components/schemas/Box' }] };
    const { status, found, report } = await check([entry('/parcels', 201, { method: 'POST', request: { id: '1', kind: 'box', colour: 'red' } })], [], document);
    assert.equal(status, 0);
    assert.deepEqual(found, ['info request member-undocumented /colour']);
    assert.equal(totals(report).branches, '3/3');
});

test('undocumented members are findings like others: --fail-on info, and the same fingerprint each time', async () => {
    const odd = [entry('/parcels', 201, { method: 'POST', request: { id: '1', colour: 'red' } })];
    const first = await check(odd, ['--fail-on', 'info']);
    const second = await check([...odd, ...odd], ['--fail-on', 'info']);
    assert.equal(first.status, 1);
    assert.deepEqual(first.found, ['info request member-undocumented /colour']);
    assert.equal(first.report.findings[0].fingerprint, second.report.findings[0].fingerprint);
});

test('--min-coverage: a percentage of the operations, or of any kind', async () => {
    const some = [entry('/parcels', 404)];
    assert.equal((await check(some, ['--min-coverage', '33'])).status, 0);
    assert.equal((await check(some, ['--min-coverage', '33%'])).status, 0);
    const less = await check(some, ['--min-coverage', '34%,answers=21%,parameters=0']);
    assert.equal(less.status, 1);
    assert.match(less.stderr, /1 of 3 operations were seen, which is less than 34 percent\n.*1 of 5 answers were seen, which is less than 21 percent\n$/);
    for (const [value, told] of [['101', /0 to 100/], ['many', /0 to 100/], ['fields=3', /'fields' is not counted; there are operations/]]) {
        const { status, stderr } = await plumbline(['check', 'docs/examples/recording', '--contract', 'contracts/erp.openapi.json', '--min-coverage', value]);
        assert.equal(status, 2, value);
        assert.match(stderr, told);
    }
});

test('severity of the settings: a rule and a place make of a finding an error, another level, or nothing', async () => {
    const folder = temporaryFolder();
    const [har, config] = [path.join(folder, 'traffic.har'), path.join(folder, 'gateway.yaml')];
    const entries = [entry('/parcels', 200, { body: [{ id: '1', colour: 'red', smell: 'x' }], headers: [['X-New', '1']] })];
    writeFileSync(har, JSON.stringify({ log: { version: '1.2', creator: { name: 't', version: '1' }, entries } }));
    writeFileSync(path.join(folder, 'parcels.openapi.json'), JSON.stringify(contract));
    writeFileSync(config, `
services: { parcels: { contract: parcels.openapi.json, upstream: "http://127.0.0.1:9" } }
severity:
  - { rule: member-undocumented, at: /*/colour, level: error }
  - { rule: header-undocumented, level: off }
`);
    const { status, stdout, stderr } = await plumbline(['check', har, '-c', config, '--report', 'json']);
    assert.equal(status, 1, stderr);
    assert.deepEqual(JSON.parse(stdout).findings.map(({ level, instance }) => [level, instance]), [['error', '/*/colour'], ['info', '/*/smell']]);
    writeFileSync(config, 'services: { parcels: { contract: parcels.openapi.json, upstream: "http://127.0.0.1:9" } }\nseverity: [{ level: grave, rule: x }]\n');
    const bad = await plumbline(['check', har, '-c', config]);
    assert.equal(bad.status, 2);
    assert.match(bad.stderr, /gateway\.yaml:2:\d+: \/severity\/0\/level: expected one of "error", "warn", "info", "off", found "grave"/);
});
