// Reloads and the drain while dozens of clients are served by a real nginx: nothing is lost, nothing is half old and half new.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { connect, readRecording, startNginx, temporaryFolder } from './lib/index.mjs';
import { contract, startGateway } from './lib/gateway.mjs';

const CLIENTS = 24;
const RELOADS = 50;
const upstream = `default_type application/json;
    location = /parts { return 200 '[{"name":"bolt","size":3}]'; }
    location = /large { root html; }
    location = /chunked { alias html/large; ssi on; ssi_types *; }`; // without a length

// Two contracts. Of `GET /parts?limit=50` and its answer the one finds its request wrong, the other one its response: an exchange that
// was judged by a single one of them has exactly one violation.
function contracts() {
    const request = structuredClone(contract);
    request.paths['/parts'].get.parameters[0].schema.maximum = 10;
    const response = structuredClone(contract);
    response.paths['/parts'].get.responses[200].content['application/json'].schema.items.properties = { name: { type: 'string' } };
    return [request, response].map((each) => JSON.stringify(each));
}

// One request over the agent: { status, violations, close }.
function ask(agent, url) {
    return new Promise((resolve, reject) => {
        const request = http.get(url, { agent }, (response) => {
            let length = 0;
            response.on('data', (data) => { length += data.length; });
            response.on('end', () => resolve({ status: response.statusCode, length, complete: response.complete,
                                               close: response.headers.connection === 'close' }));
            response.on('error', reject);
        });
        request.on('error', reject);
    });
}

test(`${RELOADS} reloads under load: no request fails, no connection is lost, every exchange has the rules of one contract`, async () => {
    const nginx = await startNginx(upstream);
    const record = path.join(temporaryFolder(), 'recording');
    const gateway = await startGateway(nginx.url, { request: 'observe', response: 'observe' },
                                       { workers: 2, record, reload: { watch: false }, log: { access: 'off' }, admin: '127.0.0.1:0' });
    const file = path.join(gateway.folder, 'parts.openapi.json');
    const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
    const both = contracts();
    let over = false;
    let answered = 0;
    const sockets = new Set();
    agent.on('free', (socket) => sockets.add(socket));
    writeFileSync(file, both[0]);
    gateway.signal('SIGHUP');
    await gateway.waitFor(/reloaded \(generation 2\)/);
    const clients = Array.from({ length: CLIENTS }, async () => {
        while (!over) {
            const { status, complete } = await ask(agent, `${gateway.url}/parts?limit=50`);
            assert.deepEqual([status, complete], [200, true]);
            answered++;
        }
    });
    for (let n = 1; n <= RELOADS; n++) {
        writeFileSync(file, both[n % 2]);
        gateway.signal('SIGHUP');
        await gateway.waitFor(new RegExp(`reloaded \\(generation ${n + 2}\\)`));
    }
    over = true;
    await Promise.all(clients);
    const admin = (await gateway.waitFor(/admin on (\S+)/))[1];
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    agent.destroy();
    assert.equal(await gateway.stop().then(({ status }) => status), 0);

    assert.ok(sockets.size <= CLIENTS, `${sockets.size} connections for ${CLIENTS} clients`);
    const exchanges = readRecording(record);
    assert.equal(exchanges.length, answered);
    const counts = [0, 0];
    for (const { _plumbline: { request, response } } of exchanges) {
        const found = [request, response].map((side) => side.violations?.length ?? 0);
        assert.equal(found[0] + found[1], 1, JSON.stringify({ request, response }));
        counts[found[0] === 1 ? 0 : 1]++;
    }
    assert.ok(counts[0] > 0 && counts[1] > 0, `both contracts judged: ${counts}`);
    assert.match(metrics, new RegExp(`plumbline_requests_total\\{service="parts",operation="listParts",status="2xx"\\} ${answered}\n`));
});

test('SIGTERM under load: every request that was sent is answered, the downloads are whole, exit 0', async () => {
    const nginx = await startNginx(upstream);
    const size = 3_000_000;
    writeFileSync(path.join(nginx.folder, 'html', 'large'), 'x'.repeat(size));
    const gateway = await startGateway(nginx.url, {}, { workers: 2, log: { access: 'off' }, clients: { drain_timeout: '60s', drain_idle: '30s' } });
    const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
    let answered = 0;
    let ready;
    const warm = new Promise((resolve) => { ready = resolve; });
    const clients = Array.from({ length: CLIENTS }, async (_, index) => {
        const target = ['/parts', '/large', '/chunked'][index % 3];
        for (;;) {
            const { status, complete, length, close } = await ask(agent, `${gateway.url}${target}`);
            assert.deepEqual([status, complete], [200, true]);
            if (target !== '/parts')
                assert.equal(length, size);
            if (++answered === 5 * CLIENTS)
                ready();
            if (close)
                return; // what it sent was answered, and it knows that no more will be
        }
    });
    await warm;
    gateway.signal('SIGTERM');
    await Promise.all(clients);
    agent.destroy();
    assert.deepEqual(await gateway.exit, { status: 0, signal: null });
});

test('SIGTERM while clients connect: whoever was connected is answered, the others are refused', async () => {
    const nginx = await startNginx(upstream);
    const gateway = await startGateway(nginx.url, {}, { workers: 2, log: { access: 'off' }, clients: { drain_timeout: '60s', drain_idle: '30s' } });
    let answered = 0;
    let ready;
    const warm = new Promise((resolve) => { ready = resolve; });
    // One connection after the other, one request on each; until the first one that is refused.
    const clients = Array.from({ length: CLIENTS }, async () => {
        for (;;) {
            const client = await connect(gateway.port).catch((error) => assert.match(String(error), /ECONNREFUSED|did not|timeout/i));
            if (client === undefined)
                return;
            client.send('GET /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
            assert.match(await client.closed(), /^HTTP\/1\.1 200 [^]*bolt/);
            if (++answered === 5 * CLIENTS)
                ready();
        }
    });
    await warm;
    gateway.signal('SIGTERM');
    await Promise.all(clients);
    assert.deepEqual(await gateway.exit, { status: 0, signal: null });
});
