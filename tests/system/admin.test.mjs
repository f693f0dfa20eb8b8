// The admin listener: what it tells, whom it refuses, and that it keeps its own contract (a second gateway checks it).
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { binary, plumbline, rawClient, rawUpstream, root, run, startPlumbline, temporaryFolder } from './lib/index.mjs';
import { readExposition } from './lib/exposition.mjs';
import { contract as parts, startGateway } from './lib/gateway.mjs';

const ok = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]';
const document = path.join(root, 'docs/schema/admin.openapi.json');

// Every admin port is asked for by name, so that Host and Origin can be chosen (fetch does not allow that).
const ask = (port, target, { method = 'GET', headers = {}, host = '127.0.0.1' } = {}) => new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: target, headers, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (piece) => { body += piece; });
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
        response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
});

const adminPort = async (gateway) => Number((await gateway.waitFor(/admin on http:\/\/[^\n]*:(\d+)/))[1]);

async function startBoth(service = {}, settings = {}) {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url, { request: 'observe', response: 'observe', ...service }, { admin: '127.0.0.1:0', ...settings });
    return Object.assign(gateway, { admin: await adminPort(gateway), upstream });
}

// The gateway's contract, changed, as a file.
function contractWith(change) {
    const document = structuredClone(parts);
    change(document);
    const file = path.join(temporaryFolder(), 'changed.openapi.json');
    writeFileSync(file, JSON.stringify(document));
    return file;
}

const get = (target) => `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;

// One sample of the metrics by name and labels, or undefined.
const metric = (text, name) => {
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return line && Number(line.slice(name.length + 1));
};

test('health and readiness are told to anyone', async () => {
    const { admin } = await startBoth({}, { admin: { listen: '127.0.0.1:0', token: 's3cret' } });
    for (const [target, status] of [['/healthz', 'alive'], ['/readyz', 'ready']]) {
        const answer = await ask(admin, target);
        assert.equal(answer.status, 200);
        assert.deepEqual(JSON.parse(answer.body), { status });
        assert.equal(answer.headers['content-type'], 'application/json');
        assert.equal(answer.headers['cache-control'], 'no-store');
        assert.equal(answer.headers['x-content-type-options'], 'nosniff');
        assert.ok(!Object.keys(answer.headers).some((name) => name.startsWith('access-control-')));
    }
});

test('metrics and status count what passed', async () => {
    const gateway = await startBoth();
    await rawClient(gateway.port, get('/parts'));
    await rawClient(gateway.port, get('/parts?limit=1000'));
    await rawClient(gateway.port, get('/parts?limit=1000'));
    const { body: metrics, headers } = await ask(gateway.admin, '/metrics');
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(metric(metrics, 'plumbline_requests_total{service="parts",operation="listParts",status="2xx"}'), 3);
    assert.equal(metric(metrics, 'plumbline_violations_total{service="parts",operation="listParts",side="request",rule="parameter-schema"}'), 2);
    assert.equal(metric(metrics, 'plumbline_request_duration_seconds_count{service="parts",operation="listParts"}'), 3);
    assert.equal(metric(metrics, 'plumbline_upstream_first_byte_seconds_count{service="parts"}'), 3);
    assert.equal(metric(metrics, 'plumbline_body_bytes_total{service="parts",side="response"}'), 6);
    assert.equal(metric(metrics, 'plumbline_build_info{version="0.1.0"}'), 1);
    const families = readExposition(metrics);
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_open_fds', 'process_start_time_seconds'])
        assert.ok(families.get(name).samples[0].value > 0, name);

    const status = JSON.parse((await ask(gateway.admin, '/api/v1/status')).body);
    assert.equal(status.counters.exchanges, 3);
    assert.equal(status.counters.violations, 2);
    assert.equal(status.counters.in_flight, 0);
    assert.equal(status.recording, null);
    assert.equal(status.workers, 1);
    assert.deepEqual(status.listen, [gateway.url]);
    assert.ok(Math.abs(Date.parse(status.started) - Date.now()) < 60_000, status.started);
    assert.deepEqual(status.services.map(({ name, title, operations, request, response, upstream }) => ({ name, title, operations, request, response, upstream })),
        [{ name: 'parts', title: 'Parts', operations: 4, request: 'observe', response: 'observe', upstream: gateway.upstream.url }]);
});

// The recording as the status tells it, once it is as wanted.
async function recordingOnce(admin, wanted) {
    for (const end = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
        const { recording } = JSON.parse((await ask(admin, '/api/v1/status')).body);
        if (wanted(recording))
            return recording;
        assert.ok(Date.now() < end, JSON.stringify(recording));
    }
}

test('labels are names of the contract, escaped, never what a client sent', async () => {
    const odd = 'li"st\\parts\nall';
    const gateway = await startBoth({ contract: contractWith((document) => { document.paths['/parts'].get.operationId = odd; }) });
    for (const target of ['/parts', '/parts/%22%7D%0A', '/nowhere/1', '/nowhere/2', '/parts/a%22b'])
        await rawClient(gateway.port, get(target));
    await rawClient(gateway.port, 'BREW /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const { body } = await ask(gateway.admin, '/metrics');
    const series = readExposition(body).get('plumbline_requests_total').samples;
    assert.deepEqual(new Set(series.map(({ labels }) => labels.operation)), new Set([odd, 'getPart', '']));
    assert.doesNotMatch(body, /nowhere|BREW|%22/);
});

test('the recording is told: where it is, and how much', async () => {
    const folder = path.join(temporaryFolder(), 'rec');
    const gateway = await startBoth({}, { record: { to: folder, sync: '20ms' } });
    await rawClient(gateway.port, get('/parts'));
    const recording = await recordingOnce(gateway.admin, ({ lines }) => lines === 1);
    assert.equal(recording.folder, folder);
    assert.ok(recording.bytes > 100);
    assert.equal(recording.failing, false);
    assert.equal(recording.last_error, null);
});

// The next segment cannot be opened once something else has the folder's name.
for (const [on_error, status] of [['pass', 200], ['refuse', 503]])
    test(`a recording that cannot be written is told; with on_error: ${on_error} readiness is ${status}`, async () => {
        const folder = path.join(temporaryFolder(), 'rec');
        const gateway = await startBoth({}, { record: { to: folder, sync: '20ms', segment: '1KiB', on_error } });
        await rawClient(gateway.port, get('/parts'));
        await recordingOnce(gateway.admin, ({ lines }) => lines === 1);
        rmSync(folder, { recursive: true });
        writeFileSync(folder, '');
        for (let i = 0; i < 3; i++)
            await rawClient(gateway.port, get('/parts'));
        const recording = await recordingOnce(gateway.admin, ({ failing }) => failing);
        assert.match(recording.last_error, /rec/);
        const ready = await ask(gateway.admin, '/readyz');
        assert.equal(ready.status, status, ready.body);
        assert.equal(JSON.parse(ready.body).trouble, 'the recording cannot be written');
        assert.equal(metric((await ask(gateway.admin, '/metrics')).body, 'plumbline_record_failing'), 1);
    });

test('a token is asked for', async () => {
    const { admin } = await startBoth({}, { admin: { listen: '127.0.0.1:0', token: 's3cret' } });
    for (const headers of [{}, { Authorization: 'Bearer wrong' }, { Authorization: 'Basic s3cret' }]) {
        const refused = await ask(admin, '/metrics', { headers });
        assert.equal(refused.status, 401);
        assert.match(refused.headers['www-authenticate'], /^Bearer /);
        assert.equal(refused.headers['content-type'], 'application/problem+json');
        assert.equal((await ask(admin, '/nowhere', { headers })).status, 401);
    }
    assert.equal((await ask(admin, '/metrics', { headers: { Authorization: 'Bearer s3cret' } })).status, 200);
});

test('web pages of others, and names that were rebound, are refused', async () => {
    const { admin } = await startBoth();
    const statusFor = async (headers) => (await ask(admin, '/api/v1/status', { headers })).status;
    assert.equal(await statusFor({ Host: `evil.example:${admin}` }), 403);
    assert.equal(await statusFor({ Host: `127.0.0.1.evil.example:${admin}` }), 403);
    assert.equal(await statusFor({ Host: `localhost:${admin}` }), 200);
    assert.equal(await statusFor({ Origin: 'http://evil.example' }), 403);
    assert.equal(await statusFor({ Origin: 'null' }), 403);
    assert.equal(await statusFor({ Origin: `http://127.0.0.1:${admin}` }), 200);
});

test('pages are only read, and a mistyped one lists those that there are', async () => {
    const { admin } = await startBoth();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const refused = await ask(admin, '/api/v1/status', { method });
        assert.equal(refused.status, 405, method);
        assert.equal(refused.headers.allow, 'GET, HEAD');
    }
    const head = await ask(admin, '/api/v1/status', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.body, '');
    const lost = await ask(admin, '/api/v1/statsu');
    assert.equal(lost.status, 404);
    const { pages } = JSON.parse((await ask(admin, '/')).body);
    assert.deepEqual(JSON.parse(lost.body).errors.map(({ place }) => place), pages.map((page) => `${page.method} ${page.path}`));
    assert.ok(pages.length > 4);
});

test('an address that others can reach needs a token', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'gateway.yaml');
    const contract = path.join(root, 'contracts/erp.openapi.json');
    writeFileSync(file, JSON.stringify({ listen: '127.0.0.1:0', admin: '0.0.0.0:0', services: { erp: { contract, upstream: 'sandbox' } } }));
    const refused = await plumbline(['serve', '-c', file]);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /plumbline serve: .*:\d+:\d+: 0\.0\.0\.0:0: .*token/);
    const gateway = await startPlumbline({ config: { admin: { listen: '0.0.0.0:0', token: 't' }, services: { erp: { contract, upstream: 'sandbox' } } } });
    assert.equal((await ask(await adminPort(gateway), '/healthz')).status, 200);
});

test('a port that is taken is told, exit 3', async () => {
    const { admin } = await startBoth();
    const folder = temporaryFolder();
    const file = path.join(folder, 'gateway.yaml');
    writeFileSync(file, JSON.stringify({ listen: '127.0.0.1:0', services: { erp: { contract: path.join(root, 'contracts/erp.openapi.json'), upstream: 'sandbox' } } }));
    const refused = await plumbline(['serve', '-c', file, '--admin', `127.0.0.1:${admin}`]);
    assert.equal(refused.status, 3);
    assert.match(refused.stderr, new RegExp(`plumbline serve: 127\\.0\\.0\\.1:${admin}: cannot listen`));
});

test('while it stops it is not ready, and finishes what is inside', async () => {
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    const upstream = await rawUpstream(async (connection) => { await connection.head(); await held; await connection.send(ok); });
    const gateway = await startGateway(upstream.url, {}, { admin: '127.0.0.1:0' });
    const admin = await adminPort(gateway);
    const inside = rawClient(gateway.port, get('/parts'));
    for (const end = Date.now() + 10_000; JSON.parse((await ask(admin, '/api/v1/status')).body).counters.in_flight !== 1;)
        assert.ok(Date.now() < end, 'the request never came in');
    gateway.signal('SIGTERM');
    await gateway.waitFor(/stopping/);
    const answer = await ask(admin, '/readyz');
    assert.equal(answer.status, 503);
    assert.equal(JSON.parse(answer.body).status, 'not ready');
    assert.equal(JSON.parse((await ask(admin, '/api/v1/status')).body).draining, true);
    assert.equal((await ask(admin, '/healthz')).status, 200);
    release();
    assert.match(await inside, /^HTTP\/1\.1 200 /);
    assert.equal((await gateway.exit).status, 0);
});

test('other linters have nothing against its contract', async () => {
    const env = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    for (const [command, ...args] of [['redocly', 'lint', '--config', 'tests/contracts/redocly.yaml'], ['spectral', 'lint', '--fail-severity', 'hint', '-r', 'tests/contracts/spectral.yaml']]) {
        const done = await run(command, [...args, document], { cwd: root, env });
        assert.equal(done.status, 0, `${command}:\n${done.stdout}${done.stderr}`);
    }
});

test('without an admin address there is no admin listener', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url, {}, { admin: '127.0.0.1:0' }, { args: ['--admin', 'off'] });
    await rawClient(gateway.port, get('/parts'));
    await gateway.stop();
    assert.doesNotMatch(gateway.stderr, /admin on/);
});
