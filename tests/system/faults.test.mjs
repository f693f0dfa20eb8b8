// Fault rules as a user meets them: listed, explained, switched while the gateway runs, and told with their line where they are wrong.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { plumbline, rawClient, rawUpstream, root, startGateway, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { judge } from './lib/judge.mjs';

const ok = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]';
const json = { 'Content-Type': 'application/json' };

function written(text) {
    const file = path.join(temporaryFolder(), 'faults.yaml');
    writeFileSync(file, text);
    return file;
}

const adminOf = async (gateway) => (await gateway.waitFor(/admin on (http:\S+)/))[1];
const call = async (url, method = 'GET', body = undefined) => {
    const answer = await fetch(url, { method, headers: body === undefined ? {} : json, body: body === undefined ? undefined : JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
};

test('the rules that are shipped are all switched off, and keep to their schema', async () => {
    const { status, stdout } = await plumbline(['fault', 'list', '--report', 'json']);
    const { faults, presets } = JSON.parse(stdout);

    assert.equal(status, 0);
    assert.ok(faults.length >= 5);
    assert.deepEqual(faults.filter(({ enabled }) => enabled), []);
    for (const name of ['connection-reset', 'empty-response', 'malformed-chunk', 'slow', 'flaky-10', 'erp-outage'])
        assert.ok(presets.some((each) => each.name === name), name);
    const check = judge('faults.schema.json');
    check({ faults: [{ name: 'a', when: { service: 'x', first: 2, per: 'body:/id', from: '08:00', burst: { first: 1, every: '1m' } }, delay: { uniform: ['1ms', '2s'] } }] });
    assert.throws(() => check({ faults: [{ name: 'a', when: { first: 0 }, status: 503 }] }));
});

test('docs/faults.md explains every key of the schema, and every preset', async () => {
    const page = readFileSync(path.join(root, 'docs/faults.md'), 'utf8');
    const found = new Set();
    const walk = (value) => {
        if (value === null || typeof value !== 'object')
            return;
        if (!Array.isArray(value) && value.properties && typeof value.properties === 'object')
            Object.keys(value.properties).forEach((key) => found.add(key));
        Object.values(value).forEach(walk);
    };
    walk(JSON.parse(readFileSync(path.join(root, 'docs/schema/faults.schema.json'), 'utf8')));
    for (const key of found)
        assert.ok(new RegExp(`\`${key}\`|\\b${key}:\\s`).test(page), `docs/faults.md says nothing of '${key}'`);
    for (const { name } of JSON.parse((await plumbline(['fault', 'list', '--report', 'json'])).stdout).presets)
        assert.ok(page.includes(`\`${name}\``), `docs/faults.md says nothing of the preset '${name}'`);
});

test('no C file of the data path knows the services of rules/faults.yaml', () => {
    const presets = readFileSync(path.join(root, 'gateway/rules/fault_presets.c'), 'utf8');
    assert.doesNotMatch(presets, /erp|order|cart/);
});

test('fault list says what each rule does and when, with the faults of a file', async () => {
    const faults = written('faults:\n  - { name: away, when: { service: erp, operation: createErpOrder, first: 2, per: "body:/order_id" }, status: 503 }\n');
    const { status, stdout } = await plumbline(['fault', 'list', '--faults', faults]);

    assert.equal(status, 0);
    assert.match(stdout, /^rules, in the order in which they are looked at\n {2}on {3}away {2}status: 503 {2}erp createErpOrder; the first 2 per body:\/order_id\npresets\n/);
});

test('what is wrong with a file of faults is told with its line, and nothing starts', async () => {
    for (const [text, what] of [['faults:\n  - { name: a, mutate: drop-requird }\n', ":2:24: there is no mutation 'drop-requird'; did you mean 'drop-required'?"],
        ['listen: 127.0.0.1:80\n', ":1:9: /listen: expected no property 'listen'"], ['include: [gone.yaml]\n', 'gone.yaml']]) {
        const file = written(text);
        const { status, stderr } = await plumbline(['serve', '--check', '--faults', file]);
        assert.ok(status === 2 || status === 3, `${status}: ${stderr}`);
        assert.ok(stderr.includes(what), stderr);
    }
});

test('fault explain says of a recorded exchange which rules were considered, with the ordinal that it had', async () => {
    const folder = path.join(temporaryFolder(), 'recorded');
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url, {}, { record: { to: folder, sync: '20ms' }, admin: '127.0.0.1:0' });
    const faults = written(`faults:
  - { name: third, when: { service: parts, operation: listParts, skip: 2, first: 1, per: "query:limit" }, delay: 1s }
  - { name: others, when: { operation: makePart }, status: 500 }
  - { name: long, when: { side: response, where: "#body > 3" }, delay: 1s }
  - { name: off, enabled: false, reset: true }
`);
    for (const limit of [1, 2, 1, 1, 2])
        await rawClient(gateway.port, `GET /parts?limit=${limit} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const exchanges = await waitForExchanges(folder, 5);
    const explain = (x) => plumbline(['fault', 'explain', x._plumbline.id, '-c', gateway.config, '--faults', faults]);
    const fourth = await explain(exchanges[3]), last = await explain(exchanges[4]);

    assert.equal(fourth.status, 0, fourth.stderr);
    assert.match(fourth.stdout, /recorded as injected: nothing\nbefore the service is asked\n {2}acts {3}third \(delay: 1s\): all of `when` holds; it is number 3 of query:limit 1\n/);
    assert.match(fourth.stdout, / {2}no {5}others \(status: 500\): it is about another operation\n {2}no {5}off \(reset\): it is switched off \(enabled: false\)\nonce it has answered\n {2}no {5}long \(delay: 1s\): where is false: #body > 3\n/);
    assert.match(last.stdout, / {2}no {5}third \(delay: 1s\): it is number 2 of query:limit 2, and the first 2 are skipped\n/);
    const live = await plumbline(['fault', 'explain', exchanges[3]._plumbline.id, '-c', gateway.config, '--faults', faults, '--admin', await adminOf(gateway)]);
    assert.equal(live.status, 0, live.stderr);
    assert.match(live.stdout, / {2}no {5}third \(delay: 1s\): its number among those of its entity is not known\n {2}no {5}others/);
    const guarded = await startGateway(upstream.url, {}, { admin: { listen: '127.0.0.1:0', token: 's3cret-token' } });
    const { headers } = await fetch(`${guarded.url}/parts?limit=3`);
    const ask = (config) => adminOf(guarded).then((admin) => plumbline(['fault', 'explain', headers.get('plumbline-exchange'), '-c', config, '--faults', faults, '--admin', admin]));
    const [let_in, refused] = [await ask(guarded.config), await ask(gateway.config)];
    assert.equal(let_in.status, 0, let_in.stderr);
    assert.match(let_in.stdout, /others \(status: 500\)/);
    assert.equal(refused.status, 3);
    assert.match(refused.stderr, /cannot be fetched: the answer is 401, not 200/);
    const none = await explain({ _plumbline: { id: 'zzzzzzzz' } });
    assert.equal(none.status, 2);
    assert.match(none.stderr, /there is no exchange whose id begins with 'zzzzzzzz'/);
});

test('what was carried out is counted, and explained as it is on record; switched off, it is over', async () => {
    const folder = path.join(temporaryFolder(), 'recorded');
    const gateway = await startGateway((await rawUpstream(ok)).url, {}, { record: { to: folder, sync: '20ms' }, admin: '127.0.0.1:0', workers: 2,
        faults: [{ name: 'away', when: { operation: 'listParts', first: 2, per: 'query:limit' }, status: 503 }] });
    const url = `${await adminOf(gateway)}/api/v1/faults`;
    const get = async (limit) => (await rawClient(gateway.port, `GET /parts?limit=${limit} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).slice(9, 12);

    assert.deepEqual([await get(1), await get(2), await get(1), await get(1)], ['503', '503', '503', '200']);
    assert.equal((await call(url)).body.faults[0].fired, 3);
    assert.match(await (await fetch(`${await adminOf(gateway)}/metrics`)).text(), /^plumbline_faults_total\{rule="away",effect="status"\} 3$/m);
    const exchanges = await waitForExchanges(folder, 4);
    const explain = async (x) => (await plumbline(['fault', 'explain', x._plumbline.id, '-c', gateway.config])).stdout;
    assert.match(await explain(exchanges[2]), /recorded as injected: away\nbefore the service is asked\n {2}acts {3}away \(status: 503\): all of `when` holds; it is number 2 of query:limit 1\n/);
    assert.match(await explain(exchanges[3]), /recorded as injected: nothing\nbefore the service is asked\n {2}no {5}away \(status: 503\): it is number 3 of query:limit 1, behind the first 2\n/);

    await call(`${url}/away`, 'PUT', { enabled: false });
    assert.equal(await get(3), '200');
    await call(`${url}/away`, 'PUT', { enabled: true });
    assert.deepEqual([await get(1), await get(3)], ['200', '503']);
});

test('rules are put, switched and taken back while the gateway runs; wrong ones change nothing', async () => {
    const gateway = await startGateway((await rawUpstream(ok)).url, {}, { admin: '127.0.0.1:0', faults: [{ name: 'own', status: 503, enabled: false }] });
    const url = `${await adminOf(gateway)}/api/v1/faults`;
    const names = ({ body }) => body.faults.map(({ name, enabled }) => `${name}:${enabled}`);

    assert.deepEqual(names(await call(url)), ['own:false']);
    assert.deepEqual(names(await call(`${url}/own`, 'PUT', { enabled: true })), ['own:true']);
    const put = await call(url, 'PUT', { faults: [{ name: 'a', preset: 'flaky-10' }, { name: 'b', delay: '1s' }] });
    assert.deepEqual([put.status, put.body.source, names(put)], [200, 'admin', ['a:true', 'b:true']]);
    assert.deepEqual(names(await call(`${url}/b`, 'PUT', { enabled: false })), ['a:true', 'b:false']);
    const reloaded = await fetch(`${await adminOf(gateway)}/api/v1/reload`, { method: 'POST' });
    assert.equal(reloaded.status, 200);
    assert.deepEqual(names(await call(url)), ['a:true', 'b:false']);

    const wrong = await call(url, 'PUT', { faults: [{ name: 'a', when: { service: 'prats' }, delay: '1s' }] });
    assert.equal(wrong.status, 400);
    assert.deepEqual(wrong.body.errors, [{ place: 'admin:1:42', detail: "there is no service 'prats'; did you mean 'parts'?" }]);
    assert.equal((await call(url, 'PUT', { include: ['/etc/passwd'] })).status, 400);
    assert.equal((await call(`${url}/own`, 'PUT', { enabled: true })).status, 404);
    assert.deepEqual(names(await call(url)), ['a:true', 'b:false']);
    const back = await call(url, 'DELETE');
    assert.deepEqual([back.body.source, names(back)], ['settings', ['own:false']]);
});
