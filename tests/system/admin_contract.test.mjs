// The admin listener keeps its own contract: a second gateway stands in front of it, enforces the contract, and sees every
// operation with every status.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import test, { after } from 'node:test';
import { binary, rawClient, rawUpstream, root, run, startPlumbline, temporaryFolder } from './lib/index.mjs';
import { startGateway } from './lib/gateway.mjs';

const document = path.join(root, 'docs/schema/admin.openapi.json');
const contract = JSON.parse(readFileSync(document, 'utf8'));
const ok = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]';
const token = { Authorization: 'Bearer s3cret' };
const json = { 'Content-Type': 'application/json' };
const open = new Set();
after(() => open.forEach((each) => each.destroy()));

const adminPort = async (gateway) => Number((await gateway.waitFor(/admin on http:\/\/[^\n]*:(\d+)/))[1]);

const ask = (port, method, target, headers = {}, body = '') => new Promise((resolve, reject) => {
    const framed = body ? { ...headers, 'Content-Length': Buffer.byteLength(body) } : headers; // of DELETE Node says nothing
    const request = http.request({ host: '127.0.0.1', port, method, path: target, headers: framed, agent: false }, (response) => {
        const done = (text) => resolve({ status: response.statusCode, headers: response.headers, body: text, response });
        let all = '';
        open.add(response);
        if (response.headers['content-type'] === 'text/event-stream' && method === 'GET') {
            response.on('error', () => {}).resume();
            done('');
            return;
        }
        response.setEncoding('utf8').on('data', (piece) => { all += piece; }).on('end', () => done(all)).on('error', reject);
    });
    request.on('error', reject).end(body);
});

// A gateway whose admin listener is watched, and one in front of that.
async function watched(settings, upstream = undefined) {
    const gateway = await startGateway(upstream ?? (await rawUpstream(ok)).url, { request: 'observe', response: 'observe' },
        { admin: { listen: '127.0.0.1:0', token: 's3cret' }, reload: { watch: false }, ...settings });
    const admin = await adminPort(gateway);
    // Wrong requests must come through, to see what is answered; wrong answers must not.
    const checker = await startPlumbline({ config: { admin: '127.0.0.1:0', workers: 1, services: { admin: { contract: document, upstream: `http://127.0.0.1:${admin}`,
        request: 'observe', response: 'enforce', undocumented: 'enforce', unchecked: 'pass' } } } });
    return { gateway, admin, checker, port: checker.port, findings: await adminPort(checker) };
}

// One whose service is simulated and remembers something; and its seed file.
async function watchedSandbox() {
    const folder = temporaryFolder();
    const seed = path.join(folder, 'seed.json');
    writeFileSync(seed, '{ "parts": { "parts": { "bolt": { "size": 1 } } } }');
    writeFileSync(path.join(folder, 'parts.lua'), `
local handlers = {}
function handlers.makePart(request, store)
    store:note("outbox", { to = "a@b.example" })
    return 204
end
return handlers`);
    return { ...await watched({ sandbox: { rules: folder } }, 'sandbox'), seed };
}

const operations = Object.entries(contract.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ template, method: method.toUpperCase(), ...operation })));

// Statuses that no request through another gateway can bring about: driven without one below, or (503) when memory is gone.
const apart = (operation, status) => status === '405' || (status === '400' && !operation.parameters?.some((each) => each.in === 'query' || each.$ref))
    || (status === '400' && ['getContract', 'getExchange', 'getPage', 'getRecording'].includes(operation.operationId))
    || (status === '503' && !['streamExchanges', 'getReadiness'].includes(operation.operationId));

test('every operation answers with every status as its contract says', { timeout: 180_000 }, async () => {
    assert.equal((await run(binary, ['contract', 'lint', document])).status, 0);
    const rich = await watched({ listen: '127.0.0.1:0', record: { to: path.join(temporaryFolder(), 'rec'), sync: '20ms' } });
    const poor = await watched({ recent: { exchanges: 0 } });
    const simulated = await watchedSandbox();
    const replayed = await watched({}, `recording:${path.join(root, 'docs/examples/recording')}`);
    const driven = new Set();

    // Through the second gateway, whose own refusals do not say no-store.
    const drive = async ({ port }, id, status, { target, headers = token, body } = {}) => {
        const operation = operations.find((each) => each.operationId === id);
        const answer = await ask(port, operation.method, target ?? operation.template, headers, body);
        assert.equal(answer.status, status, `${id} ${target ?? ''}: ${answer.body}`);
        assert.equal(answer.headers['cache-control'], 'no-store', `not the admin listener's own answer: ${answer.body}`);
        
        driven.add(`${id} ${status}`);
        return answer;
    };

    for (const target of ['/parts?limit=1000', '/parts', '/nowhere'])
        await rawClient(rich.gateway.port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    let list;
    for (const end = Date.now() + 10_000; list?.exchanges.length !== 3; assert.ok(Date.now() < end))
        list = JSON.parse((await drive(rich, 'listExchanges', 200)).body);
    const id = list.exchanges.at(-1).id;
    const targets = { getExchange: `/api/v1/exchanges/${id}`, getContract: '/api/v1/contracts/parts', getRecording: '/api/v1/recordings/000001.jsonl',
        getSandboxSettings: '/api/v1/sandbox/settings/parts', changeSandboxSettings: '/api/v1/sandbox/settings/parts', listSandboxNotes: '/api/v1/sandbox/outbox', switchFault: '/api/v1/faults/late', getPage: '/ui/faults.html' };

    for (const [id, status] of [['getReplay', 200], ['resetReplay', 204]]) {
        await drive(replayed, id, status);
        await drive(rich, id, 404);
    }

    // What every page has in common.
    for (const operation of operations) {
        const target = targets[operation.operationId];
        await drive(rich, operation.operationId, 403, { target, headers: { ...token, Origin: 'http://evil.example' } });
        await drive(rich, operation.operationId, 403, { target, headers: { ...token, Host: 'evil.example' } });
        if (operation.responses[401])
            await drive(rich, operation.operationId, 401, { target, headers: {} });
        if (operation.responses[415])
            await drive(rich, operation.operationId, 415, { target, headers: { ...token, 'Content-Type': 'text/plain' }, body: '{}' });
        if (operation.responses[413])
            await drive(rich, operation.operationId, 413, { target, headers: { ...token, ...json }, body: JSON.stringify('x'.repeat(100_000)) });
    }
    for (const plain of ['getIndex', 'getHealth', 'getReadiness', 'getMetrics', 'getStatus', 'listFindings', 'listContracts', 'listRecordings'])
        await drive(rich, plain, 200);
    for (const query of ['limit=2', 'verdict=violations&status=2xx&method=GET', 'service=parts&operation=listParts', 'since=2020-01-01T00:00:00Z&until=2100-01-01T00:00:00Z', `before=${id}`])
        await drive(rich, 'listExchanges', 200, { target: `/api/v1/exchanges?${query}` });
    for (const each of list.exchanges)
        for (const format of ['', '?format=har', '?format=curl'])
            await drive(rich, 'getExchange', 200, { target: `/api/v1/exchanges/${each.id}${format}` });
    await drive(rich, 'getContract', 200, { target: targets.getContract });
    await drive(rich, 'getContract', 404, { target: '/api/v1/contracts/nobody' });
    await drive(rich, 'getContract', 404, { target: '/api/v1/contracts/parts?file=/etc/passwd' });
    for (const target of [targets.getRecording, `${targets.getRecording}?format=har`])
        await drive(rich, 'getRecording', 200, { target });
    await drive(rich, 'getRecording', 404, { target: '/api/v1/recordings/999999.jsonl' });
    await drive(rich, 'getExchange', 404, { target: '/api/v1/exchanges/0' });
    await drive(rich, 'resetFindings', 204);
    await drive(poor, 'listExchanges', 404);
    await drive(poor, 'streamExchanges', 404);
    await drive(poor, 'listRecordings', 404);

    for (const file of ['faults.html', 'faults.js', 'admin.css'])
        await drive(rich, 'getPage', 200, { target: `/ui/${file}`, headers: {} });
    for (const file of ['nothing.html', '..%2Fschema%2Fgateway.schema.json', '%2e%2e'])
        await drive(rich, 'getPage', 404, { target: `/ui/${file}` });

    // Faults: other rules, a switch, and those of the files again.
    const faults = { headers: { ...token, ...json }, body: '{"faults":[{"name":"late","delay":"1s"}]}' };
    const change = async (status, body = {}) => {
        await drive(rich, 'putFaults', status, { ...faults, ...body });
        await drive(rich, 'switchFault', status, { ...faults, target: targets.switchFault, body: body.body ?? '{"enabled":false}' });
    };
    await drive(rich, 'switchFault', 404, { ...faults, target: targets.switchFault, body: '{"enabled":false}' });
    await change(200);
    const put = JSON.parse((await drive(rich, 'listFaults', 200)).body);
    assert.deepEqual([put.source, put.faults], ['admin', [{ name: 'late', enabled: false, effect: 'delay', does: 'delay: 1s', side: 'request', when: 'always', where: 'admin:1:12', fired: 0 }]]);
    await change(400, { body: '{"faults":[\n{"name":"late"}]}' });
    const line = JSON.parse((await drive(rich, 'putFaults', 400, { ...faults, body: '{"faults":[\n{"name":"late","mutate":"drop"}]}' })).body);
    assert.deepEqual(line.errors, [{ place: 'admin:2:25', detail: "there is no mutation 'drop'" }]);
    assert.deepEqual(JSON.parse((await drive(rich, 'listFaults', 200)).body), put);

    // The sandbox: what it remembers, its settings, a new start; and where there is none.
    assert.equal((await ask(simulated.gateway.port, 'POST', '/parts', json, '{"name":"nut","size":2}')).status, 204);
    await drive(simulated, 'getSandbox', 200);
    for (const target of ['/api/v1/sandbox/outbox', '/api/v1/sandbox/audit', '/api/v1/sandbox/outbox?service=parts&to=a%40b.example&after=0&limit=1&newest=true'])
        await drive(simulated, 'listSandboxNotes', 200, { target });
    await drive(simulated, 'listSandboxNotes', 400, { target: '/api/v1/sandbox/outbox?limit=0' });
    for (const query of ['', '&id=bolt', '&size=1&order=-size&offset=0&limit=1'])
        await drive(simulated, 'listSandboxRecords', 200, { target: `/api/v1/sandbox/records?service=parts&collection=parts${query}` });
    await drive(simulated, 'listSandboxRecords', 400);
    const settingsChange = { target: targets.changeSandboxSettings, headers: { ...token, ...json } };
    await drive(simulated, 'changeSandboxSettings', 200, { ...settingsChange, body: '{"most":5}' });
    await drive(simulated, 'changeSandboxSettings', 400, { ...settingsChange, body: '{"most":' });
    assert.deepEqual(JSON.parse((await drive(simulated, 'getSandboxSettings', 200, { target: targets.getSandboxSettings })).body), { most: 5 });
    await drive(simulated, 'resetSandbox', 204);
    writeFileSync(simulated.seed, '{ "parts": 1 }');
    await drive(simulated, 'resetSandbox', 422);
    for (const id of ['getSandbox', 'listSandboxNotes', 'getSandboxSettings', 'resetSandbox'])
        await drive(poor, id, 404, { target: targets[id] });
    await drive(poor, 'listSandboxRecords', 404, { target: '/api/v1/sandbox/records?service=parts&collection=parts' });
    await drive(poor, 'changeSandboxSettings', 404, { ...settingsChange, body: '{}' });

    // Times that the contract's format has and the listener does not take: the year 9999 is beyond its clock.
    await drive(rich, 'listExchanges', 400, { target: '/api/v1/exchanges?since=9999-01-01T00:00:00Z' });
    await drive(rich, 'streamExchanges', 400, { target: '/api/v1/exchanges/stream?until=9999-01-01T00:00:00Z' });
    for (let i = 0; i < 32; i++)
        await drive(rich, 'streamExchanges', 200);
    await drive(rich, 'streamExchanges', 503);

    // Reload: fine, wrong, and an address that somebody else has.
    const file = rich.gateway.config;
    const settings = JSON.parse(readFileSync(file, 'utf8'));
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const reload = async (change, status) => {
        writeFileSync(file, JSON.stringify({ ...settings, ...change }));
        return drive(rich, 'reload', status, { headers: { ...token, ...json } });
    };
    await reload({}, 200);
    const wrong = JSON.parse((await reload({ workers: 'many' }, 422)).body);
    assert.match(wrong.errors[0].place, /gateway\.[a-z]+:\d+:\d+$/);
    await change(422);
    await drive(rich, 'resetFaults', 422, faults);
    await reload({ listen: [settings.listen, `127.0.0.1:${taken.address().port}`] }, 409);
    await change(409);
    await drive(rich, 'resetFaults', 409, { headers: token });
    await reload({}, 200);
    assert.equal(JSON.parse((await drive(rich, 'listFaults', 200)).body).faults[0].enabled, false);
    assert.deepEqual(JSON.parse((await drive(rich, 'resetFaults', 200, { headers: token })).body).faults, []);
    taken.close();

    // The end.
    const held = [...open];
    rich.gateway.signal('SIGTERM');
    held.forEach((each) => each.destroy());
    const stopping = await drive(poor, 'getReadiness', 200);
    assert.equal(JSON.parse(stopping.body).status, 'ready');

    const declared = operations.flatMap((operation) => Object.keys(operation.responses).filter((status) => !apart(operation, status)).map((status) => `${operation.operationId} ${status}`));
    assert.deepEqual(declared.filter((each) => !driven.has(each) && each !== 'getReadiness 503'), []);
    for (const { findings } of [rich, poor, simulated, replayed]) {
        const report = JSON.parse((await ask(findings, 'GET', '/api/v1/findings')).body);
        assert.deepEqual(report.findings.filter(({ side }) => side === 'response'), []);
    }
});

test('what cannot pass through another gateway is as the contract says, too', async () => {
    const { admin } = await watched({});
    for (const operation of operations) {
        const target = operation.template.replace(/\{.*\}/, 'x');
        const bare = await rawClient(admin, `${operation.method} ${target} HTTP/1.1\r\nConnection: close\r\n\r\n`);
        assert.match(bare, /^HTTP\/1\.1 400 /, target);
        const refused = await ask(admin, 'PATCH', target, token);
        assert.equal(refused.status, 405);
        const name = operation.responses[405].$ref.split('/').at(-1);
        assert.equal(refused.headers.allow, contract.components.responses[name].headers.Allow.schema.const, target);
    }
});
