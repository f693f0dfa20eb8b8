// plumbline replay: recorded requests once more, what is compared, what is left out and why, and what is never done unasked.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import { certificates, freePort, plumbline, readRecording, root, temporaryFolder } from './lib/index.mjs';
import { judge } from './lib/judge.mjs';
import { flows, runFlow } from './lib/flows.mjs';
import { exchange, recording, replay, service, short } from './lib/replay.mjs';
import { simulatedFolder, startSimulated } from './lib/simulated.mjs';

const { parse: parseYaml } = createRequire(path.join(root, 'build/npm/node_modules/x'))('@stoplight/yaml');
const judgeReport = judge('report.schema.json');

test('what is answered as recorded is fine, and the report says how much that was', async () => {
    const there = await service(() => ({ body: { b: [1, 2], a: 1 } }));
    const { status, report, stdout } = await replay(recording(exchange({ answer: { a: 1.0, b: [1, 2] } }), exchange({ answer: { a: 1, b: [1, 2] } })), there.url);
    assert.equal(status, 0, stdout);
    judgeReport(report);
    assert.deepEqual(report.findings, []);
    assert.deepEqual([report.summary.replay.sent, report.summary.replay.equal, report.summary.replay.different], [2, 2, 0]);
    assert.equal(there.asked.length, 2);
});

test('differences are findings: each once, with its count, its place and where it was seen first', async () => {
    const there = await service(({ url }) => (url === '/gone' ? { status: 404 } : { headers: { ETag: '"1"' }, body: { items: [{ n: 2, s: 'x' }], more: 1 } }));
    const lines = ['/a', '/a', '/gone'].map((target, at) => exchange({ target, at, answer: { items: [{ n: 1, s: 'x' }], less: null } }));
    const { status, report } = await replay(recording(...lines), there.url);
    assert.equal(status, 1);
    judgeReport(report);
    assert.deepEqual(short(report).sort(), [
        ['replay-body', 'extra', '/more', 2],
        ['replay-body', 'missing', '/less', 2],
        ['replay-body', 'value', '/items/*/n', 2],
        ['replay-header', 'extra', 'header ETag', 2],
        ['replay-status', 'value', '', 1],
    ]);
    const value = report.findings.find(({ instance }) => instance === '/items/*/n');
    assert.deepEqual([value.expected, value.found, value.operation, value.examples.length], ['1', '2', 'GET /a', 2]);
    assert.match(value.seen_at, /000001\.jsonl:1$/);
});

test('a person is told what explains the rest first', async () => {
    const there = await service(({ url }) => (url === '/gone' ? { status: 409, body: { title: 'Sold', detail: 'it is sold' } } : { body: { a: 2 } }));
    const { stdout } = await plumbline(['replay', recording(exchange({ answer: { a: 1 } }), exchange({ target: '/gone' })), '--to', there.url, '--speed', 'max']);
    assert.match(stdout, /replay-status[^]*expected +200[^]*found +409 "it is sold"[^]*replay-body[^]*2 requests sent in [^]*: 2 answered differently/);
});

test('a baseline accepts differences by their fingerprints', async () => {
    const there = await service(() => ({ body: { a: 2 } }));
    const baseline = path.join(temporaryFolder(), 'baseline.json');
    const folder = recording(exchange({ answer: { a: 1 } }));
    assert.equal((await replay(folder, there.url, '--baseline', baseline, '--update-baseline')).status, 0);
    const { status, report } = await replay(folder, there.url, '--baseline', baseline);
    assert.equal(status, 0);
    assert.equal(report.summary.accepted, 1);
});

// ---- safe by default ----

test('nothing is sent without a target, to another machine, or where it may change something, unless that is allowed', async () => {
    const there = await service();
    const folder = recording(exchange(), exchange({ method: 'POST', body: '{}' }));
    const told = async (to, ...args) => {
        const { status, stderr } = await replay(folder, to, ...args);
        return [status, stderr];
    };
    const [without, why] = await told(undefined);
    assert.deepEqual([without, /--to: .*say where to/.test(why)], [2, true], why);
    const [elsewhere, other] = await told('http://192.0.2.1');
    assert.deepEqual([elsewhere, /another machine: --allow-host 192\.0\.2\.1/.test(other)], [2, true], other);
    assert.equal(there.asked.length, 0);
    const [unsafe, method] = await told(there.url);
    assert.deepEqual([unsafe, /POST may change something.*--allow-method POST/.test(method)], [2, true], method);
    assert.deepEqual(there.asked.map((asked) => asked.method), ['GET', 'OPTIONS']);
    assert.equal((await told(there.url, '--allow-method', 'post,PUT'))[0], 0);
    assert.deepEqual(there.asked.slice(2).map((asked) => asked.method), ['GET', 'POST']);
});

test('a service that says it is a sandbox is asked once, and may be changed', async () => {
    const there = await service(() => ({}), { sandbox: true });
    const { status } = await replay(recording(...[1, 2, 3].map((at) => exchange({ method: 'POST', target: `/a/${at}`, body: '{}', at }))), there.url);
    assert.equal(status, 0);
    assert.deepEqual(there.asked.map(({ method }) => method), ['OPTIONS', 'POST', 'POST', 'POST']);
});

test('each service is asked: one sandbox behind a gateway does not speak for the others', async () => {
    const there = await service(({ url }) => ({ headers: url.startsWith('/a') ? { 'Plumbline-Sandbox': 'script' } : {} }));
    const lines = ['/a', '/b'].map((target, at) => exchange({ method: 'DELETE', target, at, service: target }));
    const { status, stderr } = await replay(recording(...lines), there.url);
    assert.equal(status, 2);
    assert.match(stderr, /DELETE may change something/);
    assert.deepEqual(there.asked.map(({ method, url }) => [method, url]), [['OPTIONS', '/a'], ['DELETE', '/a'], ['OPTIONS', '/b']]);
});

test('redirects are not followed', async () => {
    const elsewhere = await service();
    const there = await service(() => ({ status: 302, headers: { Location: `${elsewhere.url}/x` } }));
    const { status } = await replay(recording(exchange({ status: 302, answered: { Location: 'http://old.example/x' } })), there.url);
    assert.equal(status, 0);
    assert.equal(elsewhere.asked.length, 0);
});

test('a rehearsal tells what would be sent, and sends nothing', async () => {
    let connections = 0;
    const there = await service(() => ({}), { raw: () => { connections++; } });
    const folder = recording(exchange({ method: 'POST', body: '{"a":1}', headers: { 'Idempotency-Key': 'k1' } }), exchange({ at: 1500 }));
    const { status, stdout } = await plumbline(['replay', folder, '--to', `${there.url}/base`, '--dry-run']);
    assert.equal(status, 0);
    assert.equal(stdout, `#1  +0.000 s  POST ${there.url}/base/things  7 bytes\n    with another idempotency key\n#2  +1.500 s  GET ${there.url}/base/things\n`);
    assert.deepEqual([there.asked.length, connections], [0, 0]);
});

// ---- what is sent ----

test('requests go where their service is, below a base path, with the recorded fields and bytes', async () => {
    const [one, two] = [await service(() => ({}), { sandbox: true }), await service()];
    const bytes = Buffer.from([0, 255, 10, 13, 254]);
    const binary = exchange({ method: 'PUT', target: '/x?y=%41', service: 'one', headers: { 'Content-Type': 'application/octet-stream', 'X-A': 'b' }, body: '' });
    binary.request.postData = { mimeType: 'application/octet-stream', text: '', _encoding: 'base64' };
    binary._plumbline.request_base64 = bytes.toString('base64');
    const folder = recording(binary, exchange({ target: '/y', service: 'two' }), exchange({ target: '/z', service: 'three' }));
    const { report } = await replay(folder, `one=${one.url}/api`, '--to', `two=${two.url}`);
    const put = one.asked.find(({ method }) => method === 'PUT');
    assert.deepEqual([put.url, put.headers['x-a'], put.headers.host], ['/api/x?y=%41', 'b', one.url.slice(7)]);
    assert.deepEqual(put.bytes, bytes);
    assert.deepEqual(two.asked.map(({ url }) => url), ['/y']);
    assert.deepEqual(report.summary.replay.not_sent, { no_target: 1 });
});

test('idempotency keys are renewed, equal ones alike, unless they are to be kept', async () => {
    const there = await service(() => ({}), { sandbox: true });
    const folder = recording(...['k-1', 'k-1', 'k-2'].map((key, at) => exchange({ method: 'POST', body: '{}', at, headers: { 'Idempotency-Key': key } })));
    const keys = async (...args) => {
        there.asked.length = 0;
        await replay(folder, there.url, ...args);
        return there.asked.map(({ headers }) => headers['idempotency-key']).filter(Boolean);
    };
    const first = await keys();
    const second = await keys();
    assert.ok(first[0] === first[1] && first[0] !== first[2] && first[0] !== 'k-1', first);
    assert.notEqual(first[0], second[0]);
    assert.deepEqual(await keys('--keep-keys'), ['k-1', 'k-1', 'k-2']);
});

test('dates move to the time of the run, or by as much as is said, where that is wanted', async () => {
    const there = await service(() => ({}), { sandbox: true });
    const body = '{"due":"2026-11-28T00:00:00.000Z","made":"2026-11-21T00:00:00.000Z","on":"2026-11-21"}';
    const folder = recording(exchange({ method: 'POST', body, headers: { 'Content-Type': 'application/json' } }));
    const sent = async (...args) => {
        there.asked.length = 0;
        await replay(folder, there.url, ...args);
        return JSON.parse(there.asked.find(({ method }) => method === 'POST').body);
    };
    const before = Date.now();
    const { due, made, on } = await sent('--shift-time', 'body:/due');
    const moved = Date.parse(due) - 7 * 24 * 3600 * 1000;
    assert.ok(moved >= before - 1 && moved <= Date.now(), due);
    assert.deepEqual([made, on], ['2026-11-21T00:00:00.000Z', '2026-11-21']);
    assert.deepEqual(await sent('--shift-time', 'date-time=-2h', '--shift-time', 'date=30d'),
        { due: '2026-11-27T22:00:00.000Z', made: '2026-11-20T22:00:00.000Z', on: '2026-12-21' });
    const file = path.join(temporaryFolder(), 'bindings.yaml');
    writeFileSync(file, 'shift_time:\n  - { at: "POST /things body:/on", by: 1d }\n');
    assert.equal((await sent('--bindings', file)).on, '2026-11-22');
    const { status, stderr } = await plumbline(['replay', folder, '--to', there.url, '--shift-time', 'tomorrow']);
    assert.equal(status, 2);
    assert.match(stderr, /'tomorrow' is neither a format \(date-time/);
});

test('what a person decided stays when bindings are learned anew into the same file', async () => {
    const file = path.join(temporaryFolder(), 'bindings.yaml');
    const folder = recording(exchange({ method: 'POST', target: '/carts', answer: { cart_id: 'C-812345', version: 3 } }),
        exchange({ method: 'PATCH', target: '/carts/C-812345', at: 10, body: '{"version":3}', headers: { 'Content-Type': 'application/json' } }));
    assert.equal((await plumbline(['replay', folder, '--learn', file])).status, 0);
    const learned = readFileSync(file, 'utf8');
    assert.match(learned, /response:\/version"[^-]*use: ambiguous\n {4}why: "short number"/);
    judge('bindings.schema.json')(parseYaml(learned));
    writeFileSync(file, learned.replace('use: ambiguous', 'use: yes').replace(/ {4}why: .*\n/, '') + 'shift_time: [{ format: date-time }]\n');
    assert.equal((await plumbline(['replay', folder, '--learn', file])).status, 0);
    assert.doesNotMatch(readFileSync(file, 'utf8'), /use: ambiguous/);
    assert.match(readFileSync(file, 'utf8'), /shift_time: \[\{"format":"date-time"\}\]/);
    writeFileSync(file, 'bindings:\n  - { from: "POST /carts response:/version", to: "nowhere" }\n');
    const { status, stderr } = await plumbline(['replay', folder, '--learn', file]);
    assert.equal(status, 2);
    assert.match(stderr, /bindings\.yaml:2:\d+/);
});

test('a request whose secret was redacted is not sent, and what is lacking is named; --token gives it', async () => {
    const there = await service();
    const folder = recording(exchange({ headers: { Authorization: 'Bearer ***' }, more: { redacted: ['request header Authorization'] } }),
        exchange({ target: '/things?key=***', more: { redacted: ['request query key'] } }), exchange());
    const { status, stderr, report } = await replay(folder, there.url);
    assert.equal(status, 2);
    assert.match(stderr, /request header Authorization was redacted: --token Authorization=VALUE/);
    assert.match(stderr, /request query key was redacted: --token query:key=VALUE/);
    assert.deepEqual([there.asked.length, report.summary.replay.not_sent], [1, { redacted: 2 }]);
    const file = path.join(temporaryFolder(), 'token');
    writeFileSync(file, 'Bearer s3cret\n');
    const given = await replay(folder, there.url, '--token', `Authorization=file:${file}`, '--token', 'query:key=a b');
    assert.equal(given.status, 0, given.stderr);
    assert.deepEqual([there.asked[1].headers.authorization, there.asked[2].url], ['Bearer s3cret', '/things?key=a%20b']);
    assert.doesNotMatch(given.stdout + given.stderr + JSON.stringify(given.report), /s3cret/);
});

test('what cannot be sent again is left out and counted by its reason', async () => {
    const there = await service();
    const truncated = exchange({ method: 'POST', body: 'beginn', more: { truncated: { request: 'record' } } });
    const folder = recording('{"no json\n', exchange({ more: { outcome: 'tunnel' }, status: 101 }), truncated,
        exchange({ more: { version: 99 } }), exchange({ method: 'POST', more: { outcome: 'refused', times: {}, refusal: { status: 400, side: 'request', reason: 'body-schema' } } }),
        exchange(), '{"torn":');
    const { status, report, stderr } = await replay(folder, there.url);
    assert.equal(status, 2);
    assert.match(stderr, /000001\.jsonl:1: column 10: .*closing quote/);
    assert.match(stderr, /000001\.jsonl:4: .*version/);
    assert.deepEqual(report.summary.replay.not_sent, { broken: 2, tunnel: 1, truncated: 1, refused: 1, torn: 1 }, JSON.stringify(report.summary));
    assert.equal(there.asked.length, 1);
});

test('a body of 10 MB goes there and comes back whole', async () => {
    const large = JSON.stringify({ text: 'x'.repeat(10 << 20), n: 1 });
    const there = await service(({ body }) => ({ body: body.replace('"n":1', '"n":2') }), { sandbox: true });
    const { report } = await replay(recording(exchange({ method: 'POST', body: large, answer: large })), there.url);
    assert.deepEqual(short(report), [['replay-body', 'value', '/n', 1]]);
    assert.equal(there.asked.at(-1).body.length, large.length);
});

test('filters choose, the first N of those', async () => {
    const there = await service();
    const lines = [['a', 200], ['b', 404], ['a', 404], ['a', 404]].map(([name, status], at) => exchange({ target: `/${name}${at}`, service: name, status, at: at * 1000 }));
    await replay(recording(...lines), there.url, '--service', 'a', '--status', '4xx', '--first', '1');
    await replay(recording(...lines), there.url, '--since', '2026-11-21T00:00:03Z');
    assert.deepEqual(there.asked.map(({ url }) => url), ['/a2', '/a3']);
});

test('https is spoken to who proves who he is, unless told otherwise', async () => {
    const authority = await certificates();
    const pair = await authority.sign('there', 'IP:127.0.0.1');
    const there = await service(() => ({}), { tls: { cert: readFileSync(pair.cert), key: readFileSync(pair.key) } });
    const folder = recording(exchange());
    assert.deepEqual(short((await replay(folder, there.url)).report), [['replay-unanswered', 'upstream-tls', '', 1]]);
    assert.equal((await replay(folder, there.url, '--insecure')).status, 0);
    assert.equal((await replay(folder, there.url, '--ca', authority.ca)).status, 0);
});

// ---- what is found ----

test('no answer is a finding of its own, by what happened', async () => {
    const { promise, resolve } = Promise.withResolvers();
    const there = await service(({ url }) => (url === '/cut' ? { destroy: true } : url === '/late' ? { wait: promise } : {}));
    const lines = ['/', '/cut', '/late', '/'].map((target, at) => exchange({ target, at }));
    const { status, report } = await replay(recording(...lines), there.url, '--timeout', '200ms');
    resolve();
    assert.equal(status, 1);
    assert.deepEqual(short(report).sort(), [['replay-unanswered', 'upstream-closed', '', 1], ['replay-unanswered', 'upstream-timeout', '', 1]]);
    assert.deepEqual([report.summary.replay.sent, report.summary.replay.equal, report.summary.replay.unanswered], [4, 2, 2]);
});

test('where nobody listens, the run ends', async () => {
    const { status, stderr } = await replay(recording(...[...Array(50).keys()].map((at) => exchange({ at }))), `http://127.0.0.1:${await freePort()}`);
    assert.equal(status, 3);
    assert.match(stderr, /no connection/);
});

test('noise is left out: built in, said, learned from a second recording, or read from a file', async () => {
    const body = { at: '2027-01-01T00:00:00Z', n: 2, m: 5, same: 1 };
    const there = await service(() => ({ body }));
    const before = { ...body, at: '2026-01-01T00:00:00Z', n: 1, m: 4 };
    const folder = recording(exchange({ answer: before }));
    const places = async (...args) => short((await replay(folder, there.url, ...args)).report).map(([, , place]) => place).sort();
    assert.deepEqual(await places(), ['/m', '/n']);
    assert.deepEqual(await places('--strict'), ['/at', '/m', '/n']);
    assert.deepEqual(await places('--noise', 'response:/n', '--noise', 'name:m'), []);
    const again = recording(exchange({ answer: { ...before, n: 7, m: 9 } }));
    assert.deepEqual(await places('--learn-noise', again), []);
    const file = path.join(temporaryFolder(), 'bindings.yaml');
    const learned = await plumbline(['replay', folder, '--learn', file, '--learn-noise', again]);
    assert.equal(learned.status, 0, learned.stderr);
    assert.match(readFileSync(file, 'utf8'), /noise:\n {2}- \{ at: "GET \/things response:\/m", seen: 1 \}\n {2}- \{ at: "GET \/things response:\/n", seen: 1 \}/);
    assert.deepEqual(await places('--bindings', file), []);
});

test('new answers are held against their contract, too, and the new run can be recorded', async () => {
    const contract = path.join(temporaryFolder(), 'things.openapi.json');
    writeFileSync(contract, JSON.stringify({
        openapi: '3.1.0', info: { title: 'Things', version: '1' },
        paths: { '/things': { get: { operationId: 'listThings', responses: { 200: { description: 'd', content: {
            'application/json': { schema: { type: 'object', properties: { n: { type: 'integer' }, password: { type: 'string' } } } } } } } } } },
    }));
    const there = await service(() => ({ body: { n: 'seven', password: 'hunter2' } }));
    const to = path.join(temporaryFolder(), 'again');
    const { report, stdout } = await replay(recording(exchange({ answer: { n: 'six', password: '***' }, more: { redacted: ['response body /password'] } })), there.url,
        '--contract', contract, '--record', to);
    assert.deepEqual(short(report).sort(), [['body-schema', 'type', '/n', 1], ['replay-body', 'value', '/n', 1]]);
    assert.equal(report.findings[0].operation, 'listThings');
    const [made] = readRecording(to);
    assert.deepEqual([made.response.status, made._plumbline.operation], [200, 'listThings']);
    assert.doesNotMatch(JSON.stringify([made, report, stdout]), /hunter2/);
});

// ---- files of others ----

const suites = process.env.PLUMBLINE_SUITES && path.join(process.env.PLUMBLINE_SUITES, 'har');

test('HAR files of others are sent again, or refused with a reason', { skip: !suites && 'PLUMBLINE_SUITES is not set' }, async () => {
    const { readdirSync } = await import('node:fs');
    const there = await service(() => ({}), { sandbox: true });
    const files = readdirSync(suites, { recursive: true }).filter((file) => file.endsWith('.har')).map((file) => path.join(suites, file));
    assert.ok(files.length > 15, files);
    let sent = 0;
    for (const file of files) {
        const { status, report, stderr } = await replay(file, there.url, '--token', 'Authorization=');
        if (report === null) {
            assert.equal(status, 2, file);
            assert.match(stderr, /no HAR file|neither a HAR file nor a recording/, file);
            continue;
        }
        judgeReport(report);
        const { sent: requests, not_sent: left } = report.summary.replay;
        assert.ok(requests + Object.values(left).reduce((a, b) => a + b, 0) > 0, file);
        sent += requests;
    }
    assert.ok(sent > 20, `${sent} requests were sent`);
});

test('a recording comes from standard input as well', async () => {
    const there = await service();
    const folder = recording(exchange(), exchange());
    const { run } = await import('./lib/index.mjs');
    const { binary } = await import('./lib/index.mjs');
    const done = await run('bash', ['-c', 'cat "$1" | "$2" replay - --to "$3" --speed max', 'bash', path.join(folder, '000001.jsonl'), binary, there.url], { cwd: root });
    assert.equal(done.status, 0, done.stderr);
    assert.equal(there.asked.length, 2);
});

// ---- the shipped flows ----

test('a recorded run of all shipped flows replays clean against fresh services, whose ids are others', async () => {
    const seeded = (seed) => {
        const folder = simulatedFolder();
        const file = path.join(folder, 'rules/gateway.yaml');
        writeFileSync(file, `seed: ${seed}\n${readFileSync(file, 'utf8')}`);
        return startSimulated({ folder });
    };
    const first = await seeded(2);
    const folder = path.join(temporaryFolder(), 'flows');
    for (const name of flows)
        assert.equal((await runFlow(name, first.url, { args: ['--record', folder] })).status, 0, name);
    const ids = (entries) => new Set(JSON.stringify(entries.map(({ response }) => response.content.text)).match(/\bSO-\d+|\bord-\d+|\bERP-\d+|[0-9a-f-]{36}/g));
    const again = path.join(temporaryFolder(), 'again');
    const fresh = await seeded(9);
    for (const name of ['order-to-erp', 'order-processing']) // so that the next ids are others
        assert.equal((await runFlow(name, fresh.url)).status, 0, name);
    const { status, report, stdout } = await replay(folder, fresh.url, '--speed', '1', '--token', 'Authorization=Bearer demo', '-c',
        path.join(root, 'rules/gateway.yaml'), '--noise', 'name:account', '--record', again);
    assert.deepEqual(report.findings, [], stdout);
    assert.equal(status, 0);
    const { sent, equal, bound, unresolved, not_sent: left } = report.summary.replay;
    assert.deepEqual([sent, equal, unresolved, left], [readRecording(folder).length, sent, 0, {}]);
    assert.ok(bound > 30, `${bound} values were bound`);
    const [before, after] = [ids(readRecording(folder)), ids(readRecording(again))];
    assert.ok([...after].filter((id) => !before.has(id)).length >= 5, `${[...before]} and ${[...after]}`);
});

test('a value that the new run does not have is not sent blindly: the request is left out, and says where the value was to come from', async () => {
    const there = await service(({ method }) => (method === 'POST' ? { status: 201, body: { state: 'ok' } } : {}), { sandbox: true });
    const id = 'ord-77aa-4711-9k2';
    const folder = recording(exchange({ method: 'POST', target: '/orders', body: '{}', status: 201, answer: { id, state: 'ok' } }),
        exchange({ target: `/orders/${id}`, at: 10, answer: { id } }), exchange({ target: `/orders/${id}`, at: 20, answer: { id } }));
    const { report } = await replay(folder, there.url);
    assert.deepEqual(there.asked.map(({ method }) => method), ['OPTIONS', 'POST']);
    assert.deepEqual(report.summary.replay.not_sent, { unresolved: 2 });
    assert.deepEqual(report.findings.map(({ rule, instance, count }) => [rule, instance, count]).sort(),
        [['replay-body', '/id', 1], ['replay-unresolved', 'path:2', 2]], JSON.stringify(report.findings));
});
