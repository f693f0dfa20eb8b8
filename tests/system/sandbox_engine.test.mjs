// The engine of the sandbox: what scripts can do, what they cannot, and that nothing of what went wrong stays.
// The scripts are tests/cases/sandbox/engine/engine.lua.
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { onCleanup, plumbline, readRecording, root, startPlumbline, temporaryFolder } from './lib/index.mjs';
import { until } from './lib/simulated.mjs';

const cases = path.join(root, 'tests/cases/sandbox/engine');

// The program of startPlumbline with act(what, body, options) and notes(list); a copy of the case's folder is its own.
async function startEngine({ settings = {}, sandbox = {}, args = [], folder = temporaryFolder() } = {}) {
    if (!existsSync(path.join(folder, 'engine.lua')))
        cpSync(cases, folder, { recursive: true });
    const config = {
        listen: '127.0.0.1:0', admin: '127.0.0.1:0', seed: 7, log: { access: 'off' },
        services: { engine: { contract: 'engine.openapi.yaml', upstream: 'sandbox', request: 'enforce', response: 'enforce' } },
        sandbox: { rules: '.', clock: 'fixed', settings: { engine: { greeting: 'hello' } }, ...sandbox },
        ...settings,
    };
    const gateway = await startPlumbline({ config, folder, args });
    const [, admin] = await gateway.waitFor(/admin on (http:\S+)/);
    const act = async (what, body = {}, { headers = {}, query = '' } = {}) => {
        const response = await fetch(`${gateway.url}/engine/do/${what}${query}`, {
            method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
        const text = await response.text();
        return { status: response.status, headers: response.headers, text, body: text && JSON.parse(text) };
    };
    const notes = async (list) => (await (await fetch(`${admin}/api/v1/sandbox/${list}?limit=1000`)).json()).notes;
    return Object.assign(gateway, { admin, act, notes, folder });
}

const ok = async (promise) => {
    const answer = await promise;
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
};

test('values keep what JSON tells apart, and amounts stay as they are', async () => {
    const { act } = await startEngine();
    const { text } = await act('values');

    for (const part of ['"null_value":null', '"empty_array":[]', '"empty_object":{}', '"list":[1,2]', '"whole":75', '"price":19.99', '"sum":0.3', '"large":9007199254740993'])
        assert.ok(text.includes(part), `${part} in ${text}`);
    const body = '{"a":null,"b":[],"c":{},"d":[[],{}],"e":19.99,"f":1e400,"g":123456789012345678901234567890,"h":0.1234567890123456789,"i":"\\ud83d\\ude00"}';
    assert.deepEqual((await act('echo', body)).text.replace('😀', '\\ud83d\\ude00'), body);
});

test('a version guards a record: If-Match decides, and 412 changes nothing', async () => {
    const { act } = await startEngine();

    assert.equal((await ok(act('put', { n: 1 }))).version, 1);
    assert.equal((await ok(act('put', { n: 2 }, { headers: { 'If-Match': '"1"' } }))).version, 2);
    const refused = await act('put', { n: 3 }, { headers: { 'If-Match': '"1"' } });
    assert.equal(refused.status, 412);
    assert.match(refused.headers.get('content-type'), /problem\+json/);
    assert.equal((await act('put', { n: 3 }, { headers: { 'If-Match': 'W/"2"' } })).status, 412);
    const { body, headers } = await act('get');
    assert.deepEqual(body, { n: 2 });
    assert.equal(headers.get('etag'), '"2"');
    assert.equal((await act('put', { n: 4 }, { headers: { 'If-Match': '"9", "2"' } })).status, 200);
    assert.equal((await act('put', { n: 5 }, { headers: { 'If-Match': '*' } })).status, 200);
});

test('what is refused or fails leaves nothing behind', async () => {
    const { act, waitFor } = await startEngine();
    const refused = await act('refused');

    assert.deepEqual(refused.body, { type: 'about:blank', title: 'Conflict', status: 409, detail: 'it may not' });
    const failed = await act('failed');
    assert.equal(failed.status, 500);
    assert.match(failed.body.detail, /engine\.lua:\d+: /);
    await waitFor(/warn {2}sandbox: engine act: \S*engine\.lua:\d+: attempt to index a nil value/);
    assert.deepEqual(await ok(act('left')), { refused: 0 });
});

test('a refusal has the shape that the contract documents', async () => {
    const { act } = await startEngine();
    const { status, body } = await act('documented');

    assert.equal(status, 422);
    assert.deepEqual(body, { error: 'this and that', help: 'https://help.example/' });
});

test('a script that never ends, takes all memory or recurses for ever is stopped; others are served', { timeout: 120_000 }, async () => {
    const { act } = await startEngine();

    for (const what of ['endless', 'swallowed', 'huge', 'deep']) {
        const { status, body } = await act(what);
        assert.equal(status, 500, what);
        assert.match(body.detail, /engine\.lua:\d+: /, what);
        assert.deepEqual(await ok(act('echo', { still: 'here' })), { still: 'here' });
    }
});

test('what cannot be an answer is said to be none', async () => {
    const { act } = await startEngine();

    for (const [what, why] of [['no_status', /status from 200 to 599/], ['no_json', /cannot be written as JSON/], ['circle', /cannot be written as JSON/],
        ['bad_header', /X-Bad/], ['global', /globals cannot be assigned/], ['wrong_call', /there is no service 'nobody'/], ['nothing_of_that_name', /attempt to call a nil value/]]) {
        const { status, body } = await act(what);
        assert.equal(status, 500, what);
        assert.match(body.detail, why, what);
    }
    assert.deepEqual(await ok(act('escape')), ['nil', 'nil', 'nil', 'nil', 'nil']);
});

test('a request that breaks the contract never reaches the script, also without a gateway that checks', async () => {
    const { act } = await startEngine({ settings: { services: { engine: { contract: 'engine.openapi.yaml', upstream: 'sandbox', request: 'off' } } } });
    const { status, headers } = await act('echo', '{ no json');

    assert.equal(status, 400);
    assert.equal(headers.get('plumbline-sandbox'), 'script');
});

test('what has no function, and what Prefer asks for, is answered from the contract', async () => {
    const { act, url } = await startEngine();
    const plain = await fetch(`${url}/engine/plain`);

    assert.equal(plain.headers.get('plumbline-sandbox'), 'contract');
    assert.equal(await plain.json(), 'from the contract');
    const preferred = await act('echo', {}, { headers: { Prefer: 'code=409' } });
    assert.equal(preferred.status, 409);
    assert.equal(preferred.headers.get('plumbline-sandbox'), 'contract');
});

test('a service calls another through the gateway, which records the call; others are served meanwhile', async () => {
    const to = temporaryFolder();
    const gateway = await startEngine({ settings: { record: { to, sync: '10ms' } } });
    const answer = await ok(gateway.act('ask', { what: 'asked' }, { query: '?n=5' }));

    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { by: '5' });
    const many = await Promise.all(Array.from({ length: 40 }, (_, n) => ok(gateway.act('ask', { what: 'echo', body: { n } }))));
    many.forEach((each, n) => assert.deepEqual(each.body, { n }));
    const nested = await ok(gateway.act('ask', { what: 'ask', body: { what: 'ask', body: { what: 'echo', body: 'deep' } } }));
    assert.equal(nested.body.body.body, 'deep');
    await gateway.stop();
    const recorded = readRecording(to).find((each) => each._plumbline.id === answer.exchange);
    assert.match(recorded.request.url, /\/engine\/do\/asked/);
});

test('between a call and its answer others may write: the version tells', async () => {
    const { act } = await startEngine();
    const results = await Promise.all(Array.from({ length: 10 }, () => act('count_badly')));
    const won = results.filter(({ status }) => status === 200).length;

    assert.ok(won >= 1, `${won} of 10`);
    assert.ok(results.every(({ status }) => status === 200 || status === 412));
    assert.equal((await ok(act('count'))).n, won + 1);
});

test('a call that is not answered in time is told as such', async () => {
    const { act } = await startEngine();

    assert.deepEqual(await ok(act('ask', { what: 'endless', timeout: 20 })), { why: 'timeout' });
});

test('concurrent requests are one after the other for the store', async () => {
    const { act } = await startEngine();
    const seen = (await Promise.all(Array.from({ length: 100 }, () => ok(act('count'))))).map(({ n }) => n);

    assert.deepEqual(seen.sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i + 1));
});

test('the same seed and requests give the same ids, chance and times; another seed gives others', async () => {
    const three = async ({ act }) => [await ok(act('identity')), await ok(act('identity')), await ok(act('identity'))];
    const first = await three(await startEngine());

    assert.deepEqual(first.map(({ id, at }) => [id, at]), [['T0001', '2025-01-01T00:00:01Z'], ['T0002', '2025-01-01T00:00:02Z'], ['T0003', '2025-01-01T00:00:03Z']]);
    assert.equal(new Set(first.map(({ uuid }) => uuid)).size, 3);
    assert.match(first[0].uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual(await three(await startEngine()), first);
    assert.notEqual((await three(await startEngine({ settings: { seed: 8 } })))[0].uuid, first[0].uuid);
});

test('webhooks go out after the transaction, to allowed hosts alone, and what became of them is noted', async () => {
    const got = [];
    const server = http.createServer((request, response) => {
        let body = '';
        request.on('data', (piece) => { body += piece; });
        request.on('end', () => { got.push({ event: request.headers['x-event'], body: JSON.parse(body) }); response.writeHead(202).end(); });
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    onCleanup(() => server.close());
    const gateway = await startEngine();
    const url = `http://127.0.0.1:${server.address().port}/hook`;

    assert.equal((await gateway.act('webhook', { url, refuse: true })).status, 409);
    assert.equal((await gateway.act('webhook', { url })).status, 204);
    assert.equal((await gateway.act('webhook', { url: 'http://127.0.0.1:1/' })).status, 204);
    const noted = await until(async () => { const all = await gateway.notes('webhooks'); return all.every(({ status, failure }) => status || failure) && all.length === 2 && all; });
    assert.deepEqual(noted.map(({ status, failure }) => status ?? failure), [202, 'refused']);
    assert.deepEqual(got, [{ event: '1', body: { event: 'happened' } }]);
    for (const bad of ['http://example.com/', 'ftp://127.0.0.1/', 'http://127.0.0.1@example.com/', 'nonsense'])
        assert.match((await gateway.act('webhook', { url: bad })).body.detail, /is not allowed|is no http/);
});

test('a job runs when its time has come: by the real clock, or when the fixed one has got there', async () => {
    const fixed = await startEngine();
    await fixed.act('later', { ms: 3000, text: 'fixed' });
    assert.deepEqual(await fixed.notes('events'), []);
    for (let i = 0; i < 4; i++)
        await fixed.act('echo');
    await until(async () => (await fixed.notes('events')).length === 1);

    const real = await startEngine({ sandbox: { clock: 'real' } });
    await real.act('later', { ms: 50, text: 'real' });
    assert.equal((await until(async () => (await real.notes('events'))[0])).event, 'real');
});

test('an alert stays although its request is refused', async () => {
    const gateway = await startEngine();

    assert.equal((await gateway.act('alert')).status, 409);
    const [alert] = await gateway.notes('alerts');
    assert.deepEqual([alert.text, alert.details], ['something is wrong', { code: 7 }]);
    assert.deepEqual(await gateway.notes('events'), []);
});

test('settings are those of the file, and change while it runs', async () => {
    const { act, admin } = await startEngine();

    assert.deepEqual(await ok(act('setting')), { greeting: 'hello' });
    const changed = await fetch(`${admin}/api/v1/sandbox/settings/engine`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{"greeting":null,"missing":1}' });
    assert.equal(changed.status, 200);
    assert.deepEqual(await ok(act('setting')), { missing: 1 });
});

test('a reload keeps the store; a script with a mistake leaves the old one in place', async () => {
    const gateway = await startEngine();
    await ok(gateway.act('count'));
    const script = path.join(gateway.folder, 'engine.lua');
    const text = readFileSync(script, 'utf8');

    writeFileSync(script, text.replace('return 200, counter\nend\n\n-- Read', 'return 200, { n = counter.n, new = true }\nend\n\n-- Read'));
    assert.deepEqual(await until(async () => { const body = await ok(gateway.act('count')); return body.new && { ...body, n: body.n > 1 }; }), { n: true, new: true });
    appendFileSync(script, '\nthis is no Lua');
    await gateway.waitFor(/engine\.lua:\d+: /);
    assert.equal((await ok(gateway.act('count'))).new, true);
});

test('with --state nothing that was answered is lost by a restart, and a second process is refused', async () => {
    const folder = temporaryFolder();
    const args = ['--state', path.join(folder, 'state.db')];
    const first = await startEngine({ folder, args });

    for (let i = 0; i < 5; i++)
        await ok(first.act('count'));
    const second = await plumbline(['serve', '-c', path.join(folder, 'gateway.yaml'), '--listen', '127.0.0.1:0', '--admin', 'off', ...args]);
    assert.equal(second.status, 3, second.stderr);
    assert.match(second.stderr, /state\.db/);
    first.signal('SIGKILL');
    await first.exit;
    const again = await startEngine({ folder, args });
    assert.equal((await ok(again.act('count'))).n, 6);
    assert.equal((await ok(again.act('identity'))).at, '2025-01-01T00:00:07Z');
    await again.stop();
    const reset = await startPlumbline({ args: ['sandbox', '-c', path.join(folder, 'gateway.yaml'), '--reset', ...args, '--listen', '127.0.0.1:0'] });
    const response = await fetch(`${reset.url}/engine/do/count`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });
    assert.equal((await response.json()).n, 1);
});

test('it stops while a script waits for a call, and answers what is inside', async () => {
    const gateway = await startEngine();
    const waiting = gateway.act('ask', { what: 'endless', timeout: 60000 }).catch((error) => error);

    await ok(gateway.act('echo'));
    assert.equal((await gateway.stop()).status, 0);
    await waiting;
});

test('a broken seed file, script or folder is told with its place before anything starts', async () => {
    const broken = async (name, text) => {
        const folder = temporaryFolder();
        cpSync(cases, folder, { recursive: true });
        writeFileSync(path.join(folder, name), text);
        writeFileSync(path.join(folder, 'gateway.yaml'), 'services: { engine: { contract: engine.openapi.yaml, upstream: sandbox } }\nsandbox: { rules: . }\n');
        return plumbline(['serve', '-c', path.join(folder, 'gateway.yaml'), '--listen', '127.0.0.1:0']);
    };
    for (const [name, text, why] of [
        ['engine.lua', 'return {', /engine\.lua:1: /],
        ['engine.lua', 'local x = nil\nreturn x.y', /engine\.lua:2: /],
        ['engine.lua', 'return 7', /engine\.lua/],
        ['engine.lua', 'local c = require "nowhere"\nreturn {}', /nowhere/],
        ['engine.lua', 'while true do end', /engine\.lua:1: /],
        ['seed.json', '{ "engine": { "counters": [] } }', /seed\.json:1:\d+: a collection is an object/],
        ['seed.json', '{ "engine": ', /seed\.json:1/],
    ]) {
        const { status, stderr } = await broken(name, text);
        assert.equal(status, 2, `${name} ${text}: ${stderr}`);
        assert.match(stderr, why);
    }
});
