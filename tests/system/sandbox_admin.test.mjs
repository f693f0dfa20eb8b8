// What the simulated services remember, as the admin listener shows it: lists, records, settings, a new start.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { startPlumbline, temporaryFolder } from './lib/index.mjs';
import { contract, startGateway } from './lib/gateway.mjs';

const script = `
local handlers = {}

function handlers.makePart(request, store, services)
    local name = request.body.name
    store:put("parts", name, request.body)
    store:note("outbox", { to = "a@b.example", subject = "made " .. name, size = request.body.size, number = 99 })
    store:note("made", { name = name, size = request.body.size, urgent = request.body.size > 2 })
    return 201, request.body
end

function handlers.listParts(request, store)
    return 200, store:list("parts", { limit = settings.most or 10 })
end

return handlers
`;
const seed = { parts: { parts: { bolt: { name: 'bolt', size: 1 }, nut: { name: 'nut', size: 2, note: 'b/c' } } } };

async function startSandbox({ sandbox = {}, args = [], folder = temporaryFolder() } = {}) {
    const scripts = path.join(folder, 'scripts');
    mkdirSync(scripts, { recursive: true });
    writeFileSync(path.join(scripts, 'parts.lua'), script);
    writeFileSync(path.join(scripts, 'seed.json'), JSON.stringify(seed));
    writeFileSync(path.join(folder, 'parts.openapi.json'), JSON.stringify(contract));
    const service = { contract: path.join(folder, 'parts.openapi.json'), match: { paths: ['/'] }, upstream: 'sandbox' };
    const gateway = await startPlumbline({ folder, args, config: {
        workers: 1, admin: '127.0.0.1:0', seed: 7, services: { parts: service },
        sandbox: { rules: scripts, clock: 'fixed', settings: { parts: { most: 2, why: 'few' } }, ...sandbox },
    } });
    const [, admin] = await gateway.waitFor(/admin on (http:\S+)/);
    const ask = async (base, method, target, body) => {
        const response = await fetch(`${base}${target}`, { method, body: body && JSON.stringify(body), headers: body && { 'Content-Type': 'application/json' } });
        const text = await response.text();
        return { status: response.status, headers: response.headers, body: text && JSON.parse(text) };
    };
    const make = async (name, size) => assert.equal((await ask(gateway.url, 'POST', '/parts', { name, size })).status, 201);
    return Object.assign(gateway, {
        make, scripts,
        list: () => ask(gateway.url, 'GET', '/parts'),
        page: (target, method = 'GET', body = undefined) => ask(admin, method, `/api/v1/sandbox${target}`, body),
    });
}

test('the overview tells services, lists, collections, clock, seed and state', async () => {
    const gateway = await startSandbox();
    await gateway.make('pin', 3);
    const { status, headers, body } = await gateway.page('');
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/json');
    assert.deepEqual(body, {
        services: [{ name: 'parts', handlers: 2 }],
        clock: { kind: 'fixed', now: '2025-01-01T00:00:01.000Z' },
        seed: 7,
        state: null,
        lists: [{ service: 'parts', name: 'made', count: 1 }, { service: 'parts', name: 'outbox', count: 1 }],
        collections: [{ service: 'parts', name: 'parts', count: 3 }],
    });
});

test('notes are listed with number, service and time, and found by their members', async () => {
    const gateway = await startSandbox();
    for (const size of [1, 2, 3])
        await gateway.make(`pin${size}`, size);
    const outbox = (await gateway.page('/outbox')).body;
    assert.deepEqual(outbox.notes[0], { number: 1, service: 'parts', at: '2025-01-01T00:00:01Z', size: 1, subject: 'made pin1', to: 'a@b.example' });
    assert.deepEqual({ ...outbox, notes: outbox.notes.map(({ number }) => number) }, { list: 'outbox', notes: [1, 3, 5], next: null });

    const names = async (query) => (await gateway.page(`/made?${query}`)).body.notes.map(({ name }) => name);
    assert.deepEqual(await names('newest=true'), ['pin3', 'pin2', 'pin1']);
    assert.deepEqual(await names('newest=true&limit=1'), ['pin3']);
    assert.deepEqual(await names('size=2'), ['pin2']);
    assert.deepEqual(await names('size=2.0'), ['pin2']);
    assert.deepEqual(await names('size=1&size=3'), ['pin1', 'pin3']);
    assert.deepEqual(await names('size=3&name=pin1'), []);
    assert.deepEqual(await names('urgent=true'), ['pin3']);
    assert.deepEqual(await names('missing=null&%2Fname=pin1'), ['pin1']);
    assert.deepEqual(await names('service=parts&after=4'), ['pin3']);
    assert.deepEqual(await names('service=others'), []);

    const first = (await gateway.page('/made?limit=2')).body;
    assert.equal(first.next, 4);
    assert.deepEqual((await gateway.page(`/made?limit=2&after=${first.next}`)).body.notes.map(({ name }) => name), ['pin3']);
});

test('a list that nobody wrote to is empty, or unknown', async () => {
    const gateway = await startSandbox();
    await gateway.make('pin', 3);
    for (const list of ['events', 'audit', 'alerts', 'webhooks'])
        assert.deepEqual((await gateway.page(`/${list}`)).body, { list, notes: [], next: null });
    const { status, body } = await gateway.page('/outbux');
    assert.equal(status, 404);
    assert.equal(body.detail, 'there is no list of this name; there are outbox, events, audit, alerts, webhooks, made');
});

test('records are seen with id and version, in pages, sorted and by value', async () => {
    const gateway = await startSandbox();
    await gateway.make('bolt', 4);
    const all = (await gateway.page('/records?service=parts&collection=parts')).body;
    assert.deepEqual(all, {
        service: 'parts', collection: 'parts', total: 2, next: null,
        records: [{ id: 'bolt', version: 2, record: { name: 'bolt', size: 4 } }, { id: 'nut', version: 1, record: seed.parts.parts.nut }],
    });
    const ids = async (query) => {
        const { body } = await gateway.page(`/records?service=parts&collection=parts&${query}`);
        return [body.records.map(({ id }) => id), body.total, body.next];
    };
    assert.deepEqual(await ids('order=size'), [['nut', 'bolt'], 2, null]);
    assert.deepEqual(await ids('limit=1'), [['bolt'], 2, 1]);
    assert.deepEqual(await ids('limit=1&offset=1'), [['nut'], 2, null]);
    assert.deepEqual(await ids('note=b%2Fc'), [['nut'], 1, null]);
    assert.deepEqual(await ids('id=nut'), [['nut'], 1, null]);
    assert.deepEqual(await ids('id=nobody'), [[], 0, null]);

    const unnamed = await gateway.page('/records?service=parts');
    assert.equal(unnamed.status, 400);
    assert.deepEqual(unnamed.body.errors, [{ place: 'query collection', detail: 'name a service and a collection of it; there are parts/parts' }]);
});

test('settings are changed while it runs, and a reset takes the change back', async () => {
    const gateway = await startSandbox();
    for (const name of ['a1', 'b1', 'c1'])
        await gateway.make(name, 1);
    assert.equal((await gateway.list()).body.length, 2);
    assert.deepEqual((await gateway.page('/settings/parts')).body, { most: 2, why: 'few' });
    assert.deepEqual((await gateway.page('/settings/parts', 'PUT', { most: 4, why: null, more: { deep: [1] } })).body, { most: 4, more: { deep: [1] } });
    assert.equal((await gateway.list()).body.length, 4);
    assert.deepEqual((await gateway.page('/settings/parts', 'PUT', { more: { deep: null, other: 1.50 } })).body, { most: 4, more: { other: 1.5 } });

    const wrong = await gateway.page('/settings/parts', 'PUT', [1]);
    assert.equal(wrong.status, 400);
    assert.match(wrong.body.detail, /expected a JSON object/);
    const unknown = await gateway.page('/settings/partz', 'PUT', {});
    assert.equal(unknown.status, 404);
    assert.equal(unknown.body.detail, 'no simulated service has this name; there are parts');

    const reset = await gateway.page('/reset', 'POST');
    assert.deepEqual([reset.status, reset.body], [204, '']);
    assert.deepEqual((await gateway.page('/settings/parts')).body, { most: 2, why: 'few' });
    assert.deepEqual((await gateway.page('/outbox')).body.notes, []);
    assert.deepEqual((await gateway.list()).body, Object.values(seed.parts.parts));
    assert.equal((await gateway.page('')).body.clock.now, '2025-01-01T00:00:01.000Z');
});

test('a seed file that is wrong resets nothing, and the answer says where', async () => {
    const gateway = await startSandbox();
    await gateway.make('pin', 3);
    writeFileSync(path.join(gateway.scripts, 'seed.json'), '{\n  "parts": { "parts": [] }\n}\n');
    const { status, body } = await gateway.page('/reset', 'POST');
    assert.equal(status, 422);
    assert.match(body.errors[0].place, /seed\.json:2:\d+$/);
    assert.equal((await gateway.page('/outbox')).body.notes.length, 1);
    assert.equal((await gateway.page('/records?service=parts&collection=parts')).body.total, 3);
});

test('a state file is named, and what it has is there after a restart', async () => {
    const folder = temporaryFolder();
    const state = path.join(folder, 'state');
    const first = await startSandbox({ folder, sandbox: { state } });
    await first.make('pin', 3);
    assert.equal((await first.page('')).body.state, state);
    await first.page('/settings/parts', 'PUT', { most: 5 });
    await first.stop();
    const second = await startSandbox({ folder, sandbox: { state } });
    assert.equal((await second.page('/outbox')).body.notes.length, 1);
    assert.equal((await second.page('/settings/parts')).body.most, 5);
    assert.equal((await second.list()).body.length, 3);
});

test('mistakes of a query are named, and other methods are told', async () => {
    const gateway = await startSandbox();
    for (const [query, place] of [['limit=0', 'query limit'], ['limit=1001', 'query limit'], ['newest=yes', 'query newest'], ['after=x', 'query after'], ['a=%zz', 'query a']]) {
        const { status, body } = await gateway.page(`/outbox?${query}`);
        assert.equal(status, 400, query);
        assert.equal(body.errors[0].place, place);
    }
    const reset = await gateway.page('/reset');
    assert.deepEqual([reset.status, reset.headers.get('allow')], [405, 'POST']);
    const settings = await gateway.page('/settings/parts', 'DELETE');
    assert.deepEqual([settings.status, settings.headers.get('allow')], [405, 'GET, HEAD, PUT']);
});

test('without a script there is nothing to see', async () => {
    const gateway = await startGateway('sandbox', {}, { admin: '127.0.0.1:0' });
    const [, admin] = await gateway.waitFor(/admin on (http:\S+)/);
    for (const [method, target] of [['GET', ''], ['GET', '/outbox'], ['GET', '/records?service=parts&collection=parts'], ['GET', '/settings/parts'], ['POST', '/reset']]) {
        const response = await fetch(`${admin}/api/v1/sandbox${target}`, { method });
        assert.equal(response.status, 404, target);
        assert.match((await response.json()).detail, /no service is simulated by a script/);
    }
});
