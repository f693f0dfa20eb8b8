// The gateway as a process: starting, stopping, several workers, unix sockets, what it says.
import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { connect, onCleanup, plumbline, rawClient, rawUpstream, readRecording, startNginx, startPlumbline, temporaryFolder,
         waitForExchanges } from './lib/index.mjs';
import { contract, responses, startGateway } from './lib/gateway.mjs';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';

function contractFile() {
    const file = path.join(temporaryFolder(), 'parts.openapi.json');
    writeFileSync(file, JSON.stringify(contract));
    return file;
}

test('SIGTERM: what is inside is finished, its connection closed, nothing new accepted, exit 0', async () => {
    let answer;
    const upstream = await rawUpstream(async (connection) => { await connection.head(); await new Promise((resolve) => { answer = resolve; }); connection.send(ok); });
    const gateway = await startGateway(upstream.url);
    const busy = await connect(gateway.port);
    const idle = await connect(gateway.port);
    busy.send(get);
    await (await upstream.waitForConnection()).head();
    gateway.signal('SIGTERM');
    await idle.closed();
    await assert.rejects(connect(gateway.port));
    assert.equal(gateway.ended, null);
    answer();
    const [response] = responses(await busy.closed());

    assert.equal(response.status, 200);
    assert.equal(response.header('connection'), 'close');
    assert.deepEqual(await gateway.exit, { status: 0, signal: null });
});

test('SIGTERM: what does not end in time is cut off', async () => {
    const upstream = await rawUpstream(() => {});
    const gateway = await startGateway(upstream.url, {}, { clients: { drain_timeout: '100ms' } });
    const stuck = await connect(gateway.port);
    stuck.send(get);
    await (await upstream.waitForConnection()).head();
    gateway.signal('SIGINT');
    await stuck.closed();
    assert.deepEqual(await gateway.exit, { status: 0, signal: null });
});

test('a port in use: one clear line, exit 3', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url);
    const { status, stderr } = await plumbline(['serve', '-c', gateway.config, '--listen', `127.0.0.1:${gateway.port}`]);

    assert.equal(status, 3);
    assert.match(stderr, new RegExp(`^plumbline serve: 127\\.0\\.0\\.1:${gateway.port}: cannot listen: Address already in use; end what listens there, or choose another address\n$`));
});

test('an address that is none: one clear line, exit 2', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url);
    const { status, stderr } = await plumbline(['serve', '-c', gateway.config, '--listen', 'nowhere']);

    assert.equal(status, 2);
    assert.equal(stderr.trim().split('\n').length, 1);
    assert.match(stderr, /nowhere/);
});

test('plumbline proxy needs no configuration', async () => {
    const upstream = await rawUpstream('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]');
    const folder = path.join(temporaryFolder(), 'recording');
    const gateway = await startPlumbline({ args: ['proxy', contractFile(), '--to', upstream.url, '--record', folder] });

    assert.equal((await fetch(`${gateway.url}/parts`)).headers.get('plumbline-violations'), '0');
    assert.equal((await fetch(`${gateway.url}/parts?limit=1000`)).headers.get('plumbline-violations'), '1');
    assert.equal((await fetch(`${gateway.url}/elsewhere`)).status, 200, 'what is outside of the contract passes');
    await gateway.stop();
    assert.deepEqual(readRecording(folder).map(({ request }) => new URL(request.url).pathname), ['/parts', '/parts', '/elsewhere']);

    const strict = await startPlumbline({ args: ['proxy', contractFile(), '--to', upstream.url, '--enforce'] });
    assert.equal((await fetch(`${strict.url}/parts?limit=1000`)).status, 400);
});

test('unix sockets on both sides', async () => {
    const folder = temporaryFolder();
    const behind = path.join(folder, 'behind.sock');
    const front = path.join(folder, 'front.sock');
    const server = http.createServer((request, response) => response.end(`${request.url} ${request.headers['x-forwarded-for']}`));
    await new Promise((resolve) => server.listen(behind, resolve));
    onCleanup(() => new Promise((resolve) => server.close(resolve)));
    const gateway = await startGateway(`unix:${behind}`, {}, { listen: ['127.0.0.1:0', `unix:${front}`], workers: 2 });
    const ask = () => new Promise((resolve, reject) => {
        http.get({ socketPath: front, path: '/over', agent: false }, (response) => {
            let text = '';
            response.on('data', (data) => { text += data; });
            response.on('end', () => resolve(text));
        }).on('error', reject);
    });

    assert.equal(await ask(), '/over undefined');
    assert.equal(await ask(), '/over undefined');
    await gateway.stop();
    assert.ok(!existsSync(front), 'its socket file is removed');
});

test('four workers share the clients, and each exchange has an id of its own', async () => {
    const nginx = await startNginx("location / { return 200 'ok'; }");
    const folder = path.join(temporaryFolder(), 'recording');
    const gateway = await startGateway(nginx.url, {}, { workers: 4, record: { to: folder }, log: { access: 'off' } });
    const ids = new Set();
    await Promise.all(Array.from({ length: 16 }, async () => {
        const text = await rawClient(gateway.port, get.repeat(49) + get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
        for (const response of responses(text)) {
            assert.equal(response.status, 200);
            ids.add(response.header('plumbline-exchange'));
        }
    }));
    await gateway.stop();
    const recorded = readRecording(folder);

    assert.equal(ids.size, 800);
    assert.deepEqual(new Set(recorded.map(({ _plumbline }) => _plumbline.id)), ids);
    assert.deepEqual(recorded.map(({ _plumbline }) => _plumbline.sequence), Array.from({ length: 800 }, (_, i) => i + 1));
    assert.ok(new Set([...ids].map((id) => id.slice(14, 16))).size > 1, 'more than one worker was used');
});

test('a recording is private, and continued after a restart', async () => {
    const upstream = await rawUpstream(ok);
    const folder = path.join(temporaryFolder(), 'recording');
    for (let run = 1; run <= 2; run++) {
        const gateway = await startGateway(upstream.url, {}, { record: { to: folder } });
        await rawClient(gateway.port, get, { until: /ok$/ });
        await gateway.stop();
        assert.equal(readRecording(folder).length, run);
    }
    assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('a folder that cannot be recorded to: one clear line, exit 3', async () => {
    const upstream = await rawUpstream(ok);
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await assert.rejects(startGateway(upstream.url, {}, { record: { to: `${file}/recording` } }), /status 3/);
});

test('the access line says who, what, how long and the verdict', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url);
    const id = responses(await rawClient(gateway.port, 'GET /a"b?c HTTP/1.1\r\nHost: a\r\n\r\n', { until: /ok$/ }))[0].header('plumbline-exchange');
    await gateway.waitFor(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z ${id} 127\\.0\\.0\\.1:\\d+ "GET /a\\\\"b\\?c" 200 2B [\\d.]+ms parts/- -$`, 'm'));
});

test('a token in the query does not reach an access line', async () => {
    const upstream = await rawUpstream('HTTP/1.1 204 No Content\r\n\r\n');
    for (const access of ['text', 'json']) {
        const gateway = await startGateway(upstream.url, {}, { log: { access } });

        await fetch(`${gateway.url}/parts?access_token=s3cr3t-s3cr3t&limit=5`);
        await gateway.waitFor(/limit=5/);
        assert.match(gateway.stderr, /access_token=/);
        assert.doesNotMatch(gateway.stderr, /s3cr3t/);
    }
});

test('access lines as JSON', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url, { request: 'enforce' }, { log: { access: 'json' } });
    await fetch(`${gateway.url}/parts?limit=1000`);
    const [line] = await gateway.waitFor(/^\{.*"target".*\}$/m);
    const { status, service, operation, verdict, method, target } = JSON.parse(line);

    assert.deepEqual({ status, service, operation, verdict, method, target },
        { status: 400, service: 'parts', operation: 'listParts', verdict: 'refused: parameter-schema', method: 'GET', target: '/parts?limit=1000' });
});

test('metrics tell requests by operation, violations by rule, and what was recorded', async () => {
    const upstream = await rawUpstream('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
    const folder = path.join(temporaryFolder(), 'recording');
    const gateway = await startGateway(upstream.url, { request: 'enforce', response: 'observe' }, { record: { to: folder }, admin: '127.0.0.1:0' });
    const [, admin] = await gateway.waitFor(/admin on (http:\/\/\S+)/);
    await fetch(`${gateway.url}/parts?limit=1000`);
    await fetch(`${gateway.url}/parts`);
    await waitForExchanges(folder, 2);
    const text = await (await fetch(`${admin}/metrics`)).text();

    assert.match(text, /^plumbline_requests_total\{service="parts",operation="listParts",status="4xx"\} 1$/m);
    assert.match(text, /^plumbline_requests_total\{service="parts",operation="listParts",status="2xx"\} 1$/m);
    assert.match(text, /^plumbline_violations_total\{service="parts",operation="listParts",side="request",rule="parameter-schema"\} 1$/m);
    assert.match(text, /^plumbline_violations_total\{service="parts",operation="listParts",side="response",rule="body-schema"\} 1$/m);
    assert.match(text, /^plumbline_request_duration_seconds_count\{service="parts",operation="[^"]*"\} 2$/m);
    assert.match(text, /^plumbline_recorded_total 2$/m);
    assert.match(text, /^plumbline_in_flight 0$/m);
});

test('more clients than max_connections wait until one of those inside is done', async () => {
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    const upstream = await rawUpstream(async (connection) => { await connection.head(); await held; connection.send(ok.replace('\r\n', '\r\nConnection: close\r\n')); });
    const gateway = await startGateway(upstream.url, {}, { clients: { max_connections: 2 } });
    const first = await connect(gateway.port);
    const second = await connect(gateway.port);
    for (const client of [first, second]) {
        client.send(get);
        await upstream.waitForConnection();
    }
    const third = await connect(gateway.port);
    third.send(get);
    await assert.rejects(third.until(() => third.text().endsWith('ok') || undefined, 'an answer', 200));
    release();
    await third.until(() => third.text().endsWith('ok') || undefined);
});
