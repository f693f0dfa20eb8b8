// Services that are answered from a recording: what was recorded comes back, in its order, and what was not is told apart.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { flows, runFlow } from './lib/flows.mjs';
import { contract, onCleanup, plumbline, readRecording, startGateway, startPlumbline, temporaryFolder } from './lib/index.mjs';
import { simulatedFolder, startSimulated } from './lib/simulated.mjs';

// The flow against the simulated services; its recording, redacted as it is shipped.
async function recorded(name, { args = [], times = 1 } = {}) {
    const folder = simulatedFolder();
    const gateway = await startSimulated({ folder });
    for (let i = 0; i < times; i++) {
        const { status, stderr } = await runFlow(name, gateway.url, { args });
        assert.equal(status, 0, stderr);
    }
    await gateway.stop();
    return { folder: gateway.folder, recording: path.join(gateway.folder, 'logs/sandbox') };
}

const answering = ({ folder, recording }, args = []) =>
    startSimulated({ folder, args: ['--replay', recording, '--record', path.join(folder, 'logs/again'), ...args] });

for (const name of flows)
    test(`${name} goes through again with its recording as the only server`, async () => {
        const before = await recorded(name);
        const gateway = await answering(before);
        const { status, report, stderr } = await runFlow(name, gateway.url);
        assert.equal(status, 0, `${stderr}\n${JSON.stringify(report?.runs?.map(({ failure }) => failure))}`);
        assert.equal(report.summary.verdict, 'passed');
    });

test('all flows, recorded one after the other, go through again in another order, twice, and several at a time', async () => {
    const folder = simulatedFolder();
    const first = await startSimulated({ folder });
    for (const name of flows)
        assert.equal((await runFlow(name, first.url)).status, 0, name);
    await first.stop();
    const gateway = await answering({ folder, recording: path.join(folder, 'logs/sandbox') });
    for (const name of [...flows].reverse()) {
        const { status, stderr } = await runFlow(name, gateway.url);
        assert.equal(status, 0, stderr);
    }
    const again = await runFlow('order-to-erp', gateway.url, { args: ['--repeat', '3', '--concurrency', '3'] });
    assert.equal(again.status, 0, again.stderr);
});

test('a flow with other ids of its own than those that were recorded goes through, and gets its own back', async () => {
    const before = await recorded('order-management');
    const gateway = await answering(before);
    const { status, report, stderr } = await runFlow('order-management', gateway.url,
        { args: ['--input', 'cart_id=CART-77711', '--input', 'user_id=user-9d3f'] });
    assert.equal(status, 0, stderr);
    const bodies = report.runs.flatMap(({ steps }) => steps).flatMap(({ tries }) => tries).map((each) => each.response?.body ?? '');
    assert.ok(bodies.some((body) => body.includes('user-9d3f')), bodies.join('\n'));
});

// ---- answers of a small service, recorded and given again ----

const ANY = { undocumented: 'off' };

async function upstream(handler) {
    const server = http.createServer(async (request, response) => {
        const pieces = await request.toArray();
        await handler(request, response, Buffer.concat(pieces).toString());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => { server.closeAllConnections(); server.close(); });
    return `http://127.0.0.1:${server.address().port}`;
}

// What was answered, read: { status, replay, headers, body, bytes }.
async function ask(gateway, method, target, { body, headers = {} } = {}) {
    const response = await fetch(`${gateway.url}${target}`, {
        method,
        headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers },
        body: typeof body === 'object' ? JSON.stringify(body) : body,
        redirect: 'manual',
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
        status: response.status, headers: response.headers, replay: response.headers.get('plumbline-replay'), bytes,
        body: isJson && bytes.length > 0 ? JSON.parse(bytes) : bytes.toString(),
    };
}

// The requests, each [method, target, options], one after the other through a gateway that records; the folder of the recording.
async function record(handler, requests, settings = {}, service = {}) {
    const folder = path.join(temporaryFolder(), 'rec');
    const gateway = await startGateway(await upstream(handler), { ...ANY, ...service },
        { ...settings, record: { ...settings.record, to: folder } });
    for (const request of requests)
        await ask(gateway, ...request);
    await gateway.stop();
    return folder;
}

const play = (folder, replay, { settings, service, ...options } = {}) =>
    startGateway(`recording:${folder}`, { ...ANY, ...(replay && { replay }), ...service }, settings, options);

const counting = () => {
    let count = 0;
    return (request, response) => response.end(`answer ${++count}`);
};
const bodies = async (gateway, times, ...request) => {
    const all = [];
    for (let i = 0; i < times; i++)
        all.push((await ask(gateway, ...request)).body);
    return all;
};

test('equal requests walk through what was recorded for them, and then get the last answer again', async () => {
    const folder = await record(counting(), [['GET', '/parts?limit=1&x=2'], ['GET', '/parts'], ['GET', '/parts?x=2&limit=1']]);
    const [{ _plumbline: { id: first } }] = readRecording(folder);
    const gateway = await play(folder);
    const one = await ask(gateway, 'GET', '/parts?x=2&limit=1');
    assert.equal(one.body, 'answer 1');
    assert.equal(one.replay, `${first}; step 1 of 2`);
    const two = await ask(gateway, 'GET', '/parts?limit=1&x=2');
    assert.equal(two.body, 'answer 3');
    assert.match(two.replay, /; step 2 of 2$/);
    assert.deepEqual(await bodies(gateway, 2, 'GET', '/parts?limit=1&x=2'), ['answer 3', 'answer 3']);
    assert.deepEqual(await bodies(gateway, 1, 'GET', '/parts'), ['answer 2']);
});

test('at the end of a sequence it begins anew, or there is a miss, where that is wanted', async () => {
    const folder = await record(counting(), [['GET', '/parts'], ['GET', '/parts']]);
    const wrapping = await play(folder, { at_end: 'wrap' });
    assert.deepEqual(await bodies(wrapping, 5, 'GET', '/parts'), ['answer 1', 'answer 2', 'answer 1', 'answer 2', 'answer 1']);
    const ending = await play(folder, { at_end: 'miss' });
    assert.deepEqual(await bodies(ending, 2, 'GET', '/parts'), ['answer 1', 'answer 2']);
    const { status, replay, body } = await ask(ending, 'GET', '/parts');
    assert.deepEqual([status, replay], [404, 'miss']);
    assert.match(body.detail, /every answer that was recorded for this request was given already/);
});

test('a read is not answered from before a change that was made since', async () => {
    let state = 'new';
    const handler = (request, response, body) => {
        if (request.method === 'POST')
            state = JSON.parse(body).name;
        response.end(state);
    };
    const read = ['GET', '/parts/part0001'];
    const folder = await record(handler, [read, read, ['POST', '/parts/part0001', { body: { name: 'made' } }], read]);
    const gateway = await play(folder);
    assert.equal((await ask(gateway, ...read)).body, 'new');
    await ask(gateway, 'POST', '/parts/part0001', { body: { name: 'made' } });
    const { body, replay } = await ask(gateway, ...read);
    assert.equal(body, 'made');
    assert.match(replay, /; step 3 of 3$/);
});

test('a sequence begins anew, and bound ids are forgotten, by the admin listener and by a reload', async () => {
    const folder = await record(counting(), [['GET', '/parts'], ['GET', '/parts']]);
    const gateway = await play(folder, undefined, { settings: { admin: '127.0.0.1:0' } });
    const [, admin] = await gateway.waitFor(/admin on (http:\S+)/);
    assert.deepEqual(await bodies(gateway, 2, 'GET', '/parts'), ['answer 1', 'answer 2']);
    assert.equal((await fetch(`${admin}/api/v1/replay/reset`, { method: 'POST' })).status, 204);
    assert.deepEqual(await bodies(gateway, 2, 'GET', '/parts'), ['answer 1', 'answer 2']);
    await ask(gateway, 'GET', '/nowhere');
    assert.deepEqual(await (await fetch(`${admin}/api/v1/replay`)).json(), { exchanges: 2, hits: 4, misses: 1, forwarded: 0 });
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    assert.deepEqual(metrics.match(/^plumbline_playback_\w+.*$/mg), ['plumbline_playback_total{result="hit"} 4', 'plumbline_playback_total{result="miss"} 1',
        'plumbline_playback_total{result="forwarded"} 0', 'plumbline_playback_exchanges 2']);
    assert.equal((await fetch(`${admin}/api/v1/reload`, { method: 'POST' })).status, 200);
    assert.deepEqual(await bodies(gateway, 1, 'GET', '/parts'), ['answer 1']);
});

test('a miss names the closest recorded request and every place that differs, with both values', async () => {
    const folder = await record(counting(), [
        ['POST', '/parts', { body: { name: 'bolt', size: 3 } }],
        ['POST', '/parts?mode=fast', { body: { name: 'nut', size: 7, note: 'x' } }],
    ]);
    const [, { _plumbline: { id } }] = readRecording(folder);
    const gateway = await play(folder);
    const { status, replay, headers, body } = await ask(gateway, 'POST', '/parts', { body: { name: 'nut', size: 8, note: 'x' } });
    assert.deepEqual([status, replay, headers.get('content-type')], [404, 'miss', 'application/problem+json']);
    assert.deepEqual(body.closest, { exchange: id, method: 'POST', target: '/parts?mode=fast' });
    assert.deepEqual(body.differences, [
        { place: 'query:mode', recorded: 'fast', live: null },
        { place: 'body:/size', recorded: '7', live: '8' },
    ]);
    assert.match(body.detail, new RegExp(`the closest is ${id}, which differs in 2 places: query:mode`));
    const other = await ask(gateway, 'GET', '/secrets');
    assert.match(other.body.detail, /has no request of this operation; of this service it has makePart/);
});

test('ignored places, chosen headers and numbers by their value decide what is equal', async () => {
    const handler = (request, response, body) => response.end(`${request.headers['x-tenant']} ${body}`);
    const sent = (tenant, at, size) => ['POST', `/parts?ts=${at}`,
        { body: `{"size":${size},"meta":{"sent":"${at}"},"name":"a"}`, headers: { 'X-Tenant': tenant, 'X-Any': String(at) } }];
    const folder = await record(handler, [sent('one', 1, '1.0'), sent('two', 2, '1.0')]);
    const gateway = await play(folder, { headers: ['x-tenant'], ignore: ['body:/meta/sent', 'query:ts'] });
    assert.match((await ask(gateway, ...sent('two', 7, '1'))).body, /^two /);
    assert.match((await ask(gateway, ...sent('one', 8, '10e-1'))).body, /^one /);
    const { body: { differences } } = await ask(gateway, ...sent('three', 8, 1));
    assert.deepEqual(differences, [{ place: 'header:x-tenant', recorded: 'one', live: 'three' }]);
});

test('ids that the client made up are bound to the recorded ones, in answers, too, each client to its own', async () => {
    const seen = [];
    const handler = (request, response, body) => {
        response.setHeader('Content-Type', 'application/json');
        if (request.method === 'POST')
            seen.push(JSON.parse(body).name);
        const name = request.method === 'POST' ? seen.at(-1) : request.url.split('/')[2];
        response.setHeader('Location', `/parts/${name}`);
        response.end(JSON.stringify({ name, size: 1, note: `see /parts/${name}/more`, state: request.method === 'POST' ? 'new' : 'done' }));
    };
    const make = (name) => ['POST', '/parts', { body: { name, size: 1 } }];
    const folder = await record(handler, [make('rec00001'), ['GET', '/parts/rec00001']]);
    const gateway = await play(folder);
    for (const name of ['live0001', 'live0002', 'rec00001']) {
        const made = await ask(gateway, ...make(name));
        assert.deepEqual(made.body, { name, size: 1, note: `see /parts/${name}/more`, state: 'new' }, made.replay);
        assert.equal(made.headers.get('location'), `/parts/${name}`);
    }
    for (const name of ['live0002', 'live0001', 'rec00001']) {
        const { body, replay } = await ask(gateway, 'GET', `/parts/${name}`);
        assert.deepEqual([body.name, body.state], [name, 'done'], replay);
    }
    // an id that nobody made is a miss, however alike it looks; so is a write that differs elsewhere
    assert.equal((await ask(gateway, 'GET', '/parts/never001')).replay, 'miss');
    assert.equal((await ask(gateway, 'POST', '/parts', { body: { name: 'live0003', size: 2 } })).replay, 'miss');
    const strict = await play(folder, { bind: 'off' });
    assert.equal((await ask(strict, ...make('live0001'))).replay, 'miss');
});

test('what is not in the recording is forwarded where that is wanted, and recorded', async () => {
    const folder = await record(counting(), [['GET', '/parts']]);
    const to = await upstream((request, response, body) => {
        response.writeHead(201, { 'X-Real': 'yes' });
        response.end(`${request.method} ${request.url} ${request.headers.host} ${body}`);
    });
    const again = path.join(temporaryFolder(), 'again');
    const gateway = await play(folder, { miss: 'forward', to: `${to}/base` }, { settings: { record: { to: again } } });
    assert.equal((await ask(gateway, 'GET', '/parts')).body, 'answer 1');
    const { status, replay, headers, body } = await ask(gateway, 'PUT', '/parts/a1?x=%20', { body: { n: 1 } });
    assert.deepEqual([status, replay, headers.get('x-real')], [201, 'forwarded', 'yes']);
    assert.match(body, /^PUT \/base\/parts\/a1\?x=%20 127\.0\.0\.1:\d+ \{"n":1\}$/);
    await gateway.stop();
    const captured = readRecording(again).at(-1);
    assert.equal(captured._plumbline.responder, 'recording');
    assert.equal(captured.response.content.text, body);
    // and what was captured answers from then on
    const later = await play(again);
    assert.equal((await ask(later, 'PUT', '/parts/a1?x=%20', { body: { n: 1 } })).body, body);
});

test('an upstream that does not answer a forwarded request is told as 502', async () => {
    const folder = await record(counting(), [['GET', '/parts']]);
    const gateway = await play(folder, { miss: 'forward', to: 'http://127.0.0.1:1' });
    const { status, replay, body } = await ask(gateway, 'GET', '/parts/x1');
    assert.deepEqual([status, replay], [502, 'forwarded']);
    assert.match(body.detail, /not in the recording, and the upstream did not answer: /);
});

test('status, fields and bytes come as they were recorded: binary, coded, empty, without a body, 10 MB', async () => {
    const large = JSON.stringify({ text: 'x'.repeat(10_000_000) });
    const binary = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256));
    const answers = {
        '/binary': [200, { 'Content-Type': 'application/octet-stream' }, binary],
        '/coded': [200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }, gzipSync('{"a":1}')],
        '/none': [204, { ETag: '"1"' }],
        '/same': [304, { ETag: '"2"' }],
        '/two': [418, { 'Set-Cookie': ['a=1', 'b=2'], 'X-Empty-Not': 'x' }, ''],
        '/away': [302, { Location: 'http://elsewhere.example/?a=b' }, 'gone'],
        '/large': [200, { 'Content-Type': 'application/json' }, large],
    };
    const handler = (request, response) => {
        const [status, headers, body] = answers[request.url];
        response.writeHead(status, headers);
        response.end(body);
    };
    const targets = Object.keys(answers);
    const folder = await record(handler, [...targets.map((target) => ['GET', target]), ['HEAD', '/binary']],
        { record: { max_body: '32MiB' }, redaction: { defaults: false } });
    const gateway = await play(folder);
    for (const target of targets) {
        const [status, headers, body = ''] = answers[target];
        const response = await ask(gateway, 'GET', target);
        assert.equal(response.status, status, target);
        for (const [name, value] of Object.entries(headers))
            assert.deepEqual(name === 'Set-Cookie' ? response.headers.getSetCookie() : response.headers.get(name), value, target);
        assert.ok(response.bytes.equals(target === '/coded' ? Buffer.from('{"a":1}') : Buffer.from(body)), target);
    }
    const head = await ask(gateway, 'HEAD', '/binary');
    assert.deepEqual([head.status, head.bytes.length, head.headers.get('content-type')], [200, 0, 'application/octet-stream']);
});

test('a recorded answer that is not whole is refused, with the reason; one with redacted parts is given and says so', async () => {
    const handler = (request, response) => {
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(request.url === '/long' ? { text: 'x'.repeat(5000) } : { password: 'secret', name: 'a' }));
    };
    const folder = await record(handler, [['GET', '/long'], ['GET', '/secret']], { record: { max_body: '1KiB' } });
    const [{ _plumbline: { id } }] = readRecording(folder);
    const gateway = await play(folder);
    const cut = await ask(gateway, 'GET', '/long');
    assert.deepEqual([cut.status, cut.replay], [502, `${id}; unusable`]);
    assert.match(cut.body.detail, /cannot be given: its body is larger than what was recorded of it/);
    const redacted = await ask(gateway, 'GET', '/secret');
    assert.match(redacted.replay, /; redacted$/);
    assert.equal(redacted.body.name, 'a');
    assert.notEqual(redacted.body.password, 'secret');
});

test('answers wait as long as the recorded ones took, or so many times as long', async () => {
    const delay = 150;
    const folder = await record((request, response) => { setTimeout(() => response.end('late'), delay); }, [['GET', '/parts']]);
    const took = async (latency, ask20) => {
        const gateway = await play(folder, latency && { latency });
        await ask(gateway, 'GET', '/nowhere'); // connections and pages are there
        const begin = performance.now();
        await ask20(() => ask(gateway, 'GET', '/parts'));
        return performance.now() - begin;
    };
    const inARow = async (one) => { for (let i = 0; i < 20; i++) await one(); };
    const sideBySide = (one) => Promise.all(Array.from({ length: 20 }, one));
    assert.ok(await took(undefined, inARow) < 20 * delay);
    for (const [latency, factor] of [['recorded', 1], ['2x', 2]]) {
        const each = await took(latency, sideBySide);
        assert.ok(each >= factor * delay && each < 20 * factor * delay, `${latency}: ${each} ms`);
    }
});

test('many clients at once get every recorded answer exactly once', async () => {
    const folder = await record(counting(), Array.from({ length: 40 }, () => ['GET', '/parts']));
    const gateway = await play(folder, { at_end: 'miss' }, { settings: { workers: 2 } });
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(gateway, 'GET', '/parts')));
    const given = answers.filter(({ status }) => status === 200).map(({ body }) => body);
    assert.equal(new Set(given).size, 40);
    assert.equal(answers.filter(({ replay }) => replay === 'miss').length, 10);
});

test('a service that takes its path off is answered, with its paths as they were recorded', async () => {
    const strip = { match: { paths: ['/shop'], strip: true } };
    const folder = await record(counting(), [['GET', '/shop/parts/a1'], ['GET', '/shop/parts?limit=1&x=1']], {}, strip);
    const gateway = await play(folder, undefined, { service: strip });
    assert.equal((await ask(gateway, 'GET', '/shop/parts/a1')).body, 'answer 1');
    assert.equal((await ask(gateway, 'GET', '/shop/parts?x=1&limit=1')).body, 'answer 2');
});

test('a length that stands for no body, and more fields than most answers have, come as they were recorded', async () => {
    const fields = Array.from({ length: 100 }, (_, i) => [`X-Field-${i}`, String(i)]);
    const handler = (request, response) => {
        for (const [name, value] of fields)
            response.setHeader(name, value);
        response.writeHead(200, { 'Content-Length': 1234 });
        response.end(request.method === 'HEAD' ? undefined : 'x'.repeat(1234));
    };
    const folder = await record(handler, [['HEAD', '/parts'], ['GET', '/parts']]);
    const gateway = await play(folder);
    for (const method of ['HEAD', 'GET']) {
        const { headers, replay } = await ask(gateway, method, '/parts');
        assert.equal(headers.get('content-length'), '1234', method);
        assert.match(replay, /step 1 of 1/);
        assert.deepEqual(fields.filter(([name, value]) => headers.get(name) !== value), [], method);
    }
});

// ---- recordings as they come ----

test('a compressed recording of several segments answers as a plain one', async () => {
    const folder = await record(counting(), Array.from({ length: 30 }, (_, i) => ['GET', `/parts/p${i}`, { headers: { 'X-Pad': 'y'.repeat(4000) } }]),
        { record: { segment: '64KiB', compress: 'zstd' } });
    const gateway = await play(folder);
    for (const i of [29, 0, 13])
        assert.equal((await ask(gateway, 'GET', `/parts/p${i}`)).body, `answer ${i + 1}`);
});

test('what a recording holds that cannot be answered from is told at the start; an empty one misses everything', async () => {
    const folder = await record(counting(), [['GET', '/parts']]);
    appendFileSync(path.join(folder, '000001.jsonl'), 'no json\n{"request":{"method":"GET","url":"http://a/"},"_plumbline":{"version":99}}\n{"torn":');
    const gateway = await play(folder);
    await gateway.waitFor(/1 exchanges can be answered from; left out: 1 broken lines, 1 that are no exchanges of this version, 1 torn at the end \(first: .*000001\.jsonl:2: /);
    assert.equal((await ask(gateway, 'GET', '/parts')).body, 'answer 1');
    const empty = path.join(temporaryFolder(), 'empty');
    mkdirSync(empty);
    const other = await play(empty);
    await other.waitFor(/there is no exchange in it, every request is a miss/);
    assert.match((await ask(other, 'GET', '/parts')).body.detail, /it has none of this service at all/);
});

test('a HAR file of another tool answers, too', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'trace.har');
    const entry = (url, text, method = 'GET') => ({
        startedDateTime: '2026-01-01T00:00:00Z', time: 1, request: { method, url, headers: [], queryString: [], cookies: [] },
        response: { status: 200, statusText: 'OK', headers: [{ name: 'X-From', value: 'har' }], content: { size: text.length, mimeType: 'text/plain', text } },
    });
    writeFileSync(file, JSON.stringify({ log: { version: '1.2', entries: [entry('data:,x', ''), entry('https://shop.example/parts/a1', 'one'), entry('https://shop.example/parts?limit=2', 'two')] } }, null, 1));
    const gateway = await play(file);
    const one = await ask(gateway, 'GET', '/parts/a1');
    assert.deepEqual([one.body, one.headers.get('x-from'), one.replay], ['one', 'har', 'trace.har:2; step 1 of 1']);
    assert.equal((await ask(gateway, 'GET', '/parts?limit=2')).body, 'two');
});

test('proxy answers from a recording without a configuration', async () => {
    const folder = await record(counting(), [['GET', '/parts/a1']]);
    const file = path.join(temporaryFolder(), 'parts.openapi.json');
    writeFileSync(file, JSON.stringify(contract));
    const gateway = await startPlumbline({ args: ['proxy', file, '--replay', folder] });
    assert.equal((await ask(gateway, 'GET', '/parts/a1')).body, 'answer 1');
    const both = await plumbline(['proxy', file, '--to', 'http://127.0.0.1:1', '--replay', folder]);
    assert.equal(both.status, 2);
    assert.match(both.stderr, /--to and --replay/);
});

test('a mistake in the settings is told with its place', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'parts.openapi.json'), JSON.stringify(contract));
    const check = async (service) => {
        const file = path.join(folder, 'gateway.yaml');
        writeFileSync(file, JSON.stringify({ services: { parts: { contract: 'parts.openapi.json', ...service } } }, null, 2));
        const { status, stderr } = await plumbline(['serve', '-c', file, '--check']);
        return `${status} ${stderr.replaceAll(folder, '')}`;
    };
    assert.match(await check({ upstream: 'recording:nothing' }), /^3 .*\/gateway\.yaml:3:5: .*\/nothing.*: there is no such recording/);
    assert.match(await check({ upstream: 'recording:', replay: {} }), /^2 .*gateway\.yaml:5:\d+: upstream 'recording:' is none of .*recording:PATH/);
    assert.match(await check({ upstream: 'recording:x', replay: { at_end: 'again' } }), /^2 .*gateway\.yaml:7:\d+: .*last/);
    assert.match(await check({ upstream: 'recording:x', replay: { miss: 'forward' } }), /^2 .*gateway\.yaml:7:\d+: miss: forward wants a real upstream; write to: /);
    assert.match(await check({ upstream: 'recording:x', replay: { to: 'http://a' } }), /^2 .*gateway\.yaml:7:\d+: .*it wants miss: forward beside it/);
    assert.match(await check({ upstream: 'recording:x', replay: { latency: 'slow' } }), /^2 .*gateway\.yaml:7:\d+: /);
    assert.match(await check({ upstream: 'recording:x', replay: { ignore: ['header:Date'] } }), /^2 .*gateway\.yaml:\d+:\d+: /);
});
