// Another ruleset while the gateway runs: by SIGHUP, by a changed file; and what is said when it is broken.
import assert from 'node:assert/strict';
import { lookup } from 'node:dns/promises';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { connect, freePort, plumbline, rawUpstream, temporaryFolder } from './lib/index.mjs';
import { contract, responses, startGateway } from './lib/gateway.mjs';

const list = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]';
const get = (target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;

// The contract with another bound for `limit`.
function bounded(maximum) {
    const changed = structuredClone(contract);
    changed.paths['/parts'].get.parameters[0].schema.maximum = maximum;
    return JSON.stringify(changed);
}

const contractFile = (gateway) => path.join(gateway.folder, 'parts.openapi.json');
const status = async (gateway) => (await fetch(`${gateway.url}/parts?limit=50`)).status;
// What the connection has received, once it looks like this.
const until = (connection, pattern) =>
    connection.until(() => (pattern.test(connection.text()) ? connection.text() : undefined), String(pattern));
const enforce = { request: 'enforce' };
const unwatched = { reload: { watch: false } };

// Changes the settings file of a gateway.
function change(gateway, edit) {
    const settings = JSON.parse(readFileSync(gateway.config, 'utf8'));
    edit(settings);
    writeFileSync(gateway.config, JSON.stringify(settings));
}

test('SIGHUP: the contract is read anew, a kept connection lives on', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, enforce, unwatched);
    const client = await connect(gateway.port);
    client.send(get('/parts?limit=50'));
    assert.equal(responses(await until(client, /\[\]$/))[0].status, 200);
    writeFileSync(contractFile(gateway), bounded(10));
    gateway.signal('SIGHUP');
    await gateway.waitFor(/reloaded \(generation 2\)/);
    client.send(get('/parts?limit=50'));
    const second = await until(client, /HTTP\/1.1 400 [^]*}$/);

    assert.match(second, /violations|parameter-schema/i);
    assert.equal(gateway.ended, null);
});

test('a changed contract reloads, and so does one that another file is renamed over', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, enforce, { admin: '127.0.0.1:0' });
    const admin = (await gateway.waitFor(/admin on (\S+)/))[1];
    writeFileSync(contractFile(gateway), bounded(10));
    await gateway.waitFor(/reloaded \(generation 2\)/);
    assert.equal((await (await fetch(`${admin}/api/v1/status`)).json()).reload.watching, true);
    assert.equal(await status(gateway), 400);
    writeFileSync(`${contractFile(gateway)}.new`, bounded(100));
    renameSync(`${contractFile(gateway)}.new`, contractFile(gateway));
    await gateway.waitFor(/reloaded \(generation 3\)/);
    assert.equal(await status(gateway), 200);
});

test('a folder that a link leads to is swapped, as Kubernetes does with its volumes', async () => {
    const upstream = await rawUpstream(list);
    const folder = temporaryFolder();
    for (const [version, maximum] of [['1', 100], ['2', 10]]) {
        mkdirSync(path.join(folder, version));
        writeFileSync(path.join(folder, version, 'contract.json'), bounded(maximum));
    }
    symlinkSync('1', path.join(folder, '..data'));
    symlinkSync('..data/contract.json', path.join(folder, 'contract.json'));
    const gateway = await startGateway(upstream.url, { ...enforce, contract: path.join(folder, 'contract.json') });
    assert.equal(await status(gateway), 200);
    symlinkSync('2', path.join(folder, '..next'));
    renameSync(path.join(folder, '..next'), path.join(folder, '..data'));
    await gateway.waitFor(/reloaded \(generation 2\)/);
    assert.equal(await status(gateway), 400);
});

test('a broken file is said once with its place, the previous rules stay, and the repaired file takes effect', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, enforce, { admin: '127.0.0.1:0' });
    const admin = (await gateway.waitFor(/admin on (\S+)/))[1];
    const state = async () => (await (await fetch(`${admin}/api/v1/status`)).json()).reload;
    writeFileSync(contractFile(gateway), '{"openapi": "3.1.0",');
    const [line] = await gateway.waitFor(/reload failed, the previous rules stay: .*/);

    assert.match(line, /parts\.openapi\.json:1:\d+: /);
    assert.equal(await status(gateway), 200);
    assert.equal((await state()).successful, false);
    assert.match((await state()).last_error, /parts\.openapi\.json:1:\d+: /);
    assert.match(await (await fetch(`${admin}/metrics`)).text(), /plumbline_config_last_reload_successful 0/);
    writeFileSync(contractFile(gateway), bounded(10));
    await gateway.waitFor(/reloaded \(generation 2\)/);
    assert.equal(await status(gateway), 400);
    assert.deepEqual([(await state()).successful, (await state()).last_error], [true, null]);
    assert.equal(gateway.stderr.match(/reload failed/g).length, 1);
});

test('a file that was touched but says the same does not reload', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, enforce);
    writeFileSync(contractFile(gateway), readFileSync(contractFile(gateway)));
    writeFileSync(gateway.config, readFileSync(gateway.config));
    gateway.signal('SIGHUP'); /* comes behind the two */
    await gateway.waitFor(/reloaded \(generation 2\)/);
    writeFileSync(contractFile(gateway), bounded(10));
    await gateway.waitFor(/reloaded \(generation 3\)/);
    assert.equal(await status(gateway), 400);
});

test('an address is added and another one removed; who is connected to that one is still served', async () => {
    const upstream = await rawUpstream(list);
    const [first, second] = [await freePort(), await freePort()];
    const gateway = await startGateway(upstream.url, enforce, { ...unwatched, listen: [`127.0.0.1:${first}`] });
    const old = await connect(first);
    change(gateway, (s) => { s.listen = [`127.0.0.1:${second}`]; });
    gateway.signal('SIGHUP');
    await gateway.waitFor(/reloaded \(generation 2\)/);
    old.send(get('/parts'));
    await until(old, /\[\]$/);

    assert.equal((await fetch(`http://127.0.0.1:${second}/parts`)).status, 200);
    await assert.rejects(connect(first));
});

test('what cannot change while it runs is refused with its name', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, enforce, unwatched);
    const edits = [[/workers cannot change/, (s) => { s.workers = 2; }], [/admin .*cannot change/, (s) => { s.workers = 1; s.admin = '127.0.0.1:0'; }],
        [/record cannot change/, (s) => { delete s.admin; s.record = temporaryFolder(); }]];
    for (const [pattern, edit] of edits) {
        change(gateway, edit);
        gateway.signal('SIGHUP');
        await gateway.waitFor(pattern);
    }
    change(gateway, (s) => { delete s.record; });
    gateway.signal('SIGHUP');
    await gateway.waitFor(/reloaded \(generation 2\)/);
});

test('nothing of the recording can change, and that it needs a restart is a 409', async () => {
    const upstream = await rawUpstream(list);
    const to = temporaryFolder();
    const gateway = await startGateway(upstream.url, enforce, { ...unwatched, record: { to }, admin: '127.0.0.1:0' });
    const admin = (await gateway.waitFor(/admin on (\S+)/))[1];
    const others = [{ compress: 'zstd' }, { keep_for: '1d' }, { keep: '1GiB' }, { segment: '2MiB' }, { sync: 'always' }, { on_error: 'refuse' }, { full: 'drop' }, { max_body: '1KiB' }];
    for (const other of others) {
        change(gateway, (s) => { s.record = { to, ...other }; });
        const answer = await fetch(`${admin}/api/v1/reload`, { method: 'POST' });
        assert.deepEqual([answer.status, (await answer.json()).detail], [409, 'record cannot change while the gateway runs: restart it for that'], JSON.stringify(other));
    }
});

test('a new address that is in use fails the reload as a whole', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, enforce, { ...unwatched, listen: ['127.0.0.1:0'] });
    change(gateway, (s) => { s.listen = ['127.0.0.1:0', `127.0.0.1:${upstream.port}`]; });
    writeFileSync(contractFile(gateway), bounded(10));
    gateway.signal('SIGHUP');
    await gateway.waitFor(/reload failed.*(cannot listen: Address already in use)/);
    assert.equal(await status(gateway), 200);
});

test('the sandbox answers from the new contract', async () => {
    const gateway = await startGateway('sandbox', { ...enforce, response: 'enforce' }, unwatched);
    const changed = structuredClone(contract);
    changed.paths['/parts'].get.responses[200].content['application/json'].example = [{ name: 'example', size: 7 }];
    assert.equal((await fetch(`${gateway.url}/parts`)).status, 200);
    writeFileSync(contractFile(gateway), JSON.stringify(changed));
    gateway.signal('SIGHUP');
    await gateway.waitFor(/reloaded \(generation 2\)/);
    assert.deepEqual(await (await fetch(`${gateway.url}/parts`)).json(), [{ name: 'example', size: 7 }]);
});

test('counters go on over reloads', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, enforce, { ...unwatched, admin: '127.0.0.1:0' });
    const admin = (await gateway.waitFor(/admin on (\S+)/))[1];
    for (let round = 2; round <= 4; round++) {
        assert.equal(await status(gateway), 200);
        gateway.signal('SIGHUP');
        await gateway.waitFor(new RegExp(`reloaded \\(generation ${round}\\)`));
    }
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    const { reload } = await (await fetch(`${admin}/api/v1/status`)).json();

    assert.equal(reload.watching, false);
    assert.match(metrics, /plumbline_requests_total\{service="parts",operation="listParts",status="2xx"\} 3\n/);
    assert.match(metrics, /plumbline_reloads_total\{result="success"\} 3\n/);
});

test('a second SIGTERM breaks off what is inside', async () => {
    const upstream = await rawUpstream(() => {});
    const gateway = await startGateway(upstream.url, {}, { clients: { drain_timeout: '1h' } });
    const stuck = await connect(gateway.port);
    stuck.send(get('/parts'));
    await (await upstream.waitForConnection()).head();
    gateway.signal('SIGTERM');
    await gateway.waitFor(/stopping: finishing what is inside/);
    const idle = connect(gateway.port).then((c) => c.closed(), () => {}); // refused, or closed with the others
    gateway.signal('SIGTERM');
    await stuck.closed();
    await idle;
    assert.deepEqual(await gateway.exit, { status: 0, signal: null });
});

test('drain_delay: /readyz says no while everything is still served; SIGHUP does nothing any more', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, enforce, { admin: '127.0.0.1:0', clients: { drain_delay: '1h' } });
    const admin = (await gateway.waitFor(/admin on (\S+)/))[1];
    assert.equal((await fetch(`${admin}/readyz`)).status, 200);
    gateway.signal('SIGTERM');
    await gateway.waitFor(/stopping: finishing what is inside/);
    assert.equal((await fetch(`${admin}/readyz`)).status, 503);
    gateway.signal('SIGHUP');
    const client = await connect(gateway.port); // a new one
    client.send(get('/parts'));
    await until(client, /\[\]$/);
    assert.doesNotMatch(client.text(), /connection: close/i);
    client.socket.destroy();
    gateway.signal('SIGTERM'); // ends the delay
    assert.deepEqual(await gateway.exit, { status: 0, signal: null });
    assert.doesNotMatch(gateway.stderr, /reloaded/);
});

test('a name with several addresses: the one that answers is found', async (t) => {
    const { address } = await lookup('localhost');
    const all = (await lookup('localhost', { all: true })).map((each) => each.address);
    if (!all.includes('127.0.0.1'))
        return t.skip(`localhost is ${all}`);
    const upstream = await rawUpstream(list); // on 127.0.0.1 alone
    const gateway = await startGateway(`http://localhost:${upstream.port}`, { timeouts: { connect: '20s' } });
    for (let n = 0; n < 3; n++)
        assert.equal((await fetch(`${gateway.url}/parts`)).status, 200, `localhost is ${all}, ${address} first`);
});

test('a name that nobody knows is an error with the place of the setting', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'parts.openapi.json'), JSON.stringify(contract));
    writeFileSync(path.join(folder, 'gateway.yaml'), 'listen: 127.0.0.1:0\nservices:\n  parts: { contract: parts.openapi.json, upstream: "http://nobody.invalid:80" }\n');
    const { status: code, stderr } = await plumbline(['serve', '-c', path.join(folder, 'gateway.yaml')]);

    assert.equal(code, 3);
    assert.match(stderr, /gateway\.yaml:3:\d+: nobody\.invalid: cannot resolve this name/);
});

test('a reload to a name that nobody knows keeps the previous rules', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, enforce, unwatched);
    change(gateway, (s) => { s.services.parts.upstream = 'http://nobody.invalid:80'; });
    gateway.signal('SIGHUP');
    await gateway.waitFor(/reload failed, the previous rules stay: .*nobody\.invalid: cannot resolve this name/);
    assert.equal(await status(gateway), 200);
});

test('rules that no exchange needs any more are let go, though the last exchanges can still be looked at', async () => {
    const upstream = await rawUpstream(list);
    const gateway = await startGateway(upstream.url, enforce, { admin: '127.0.0.1:0', ...unwatched });
    const [, admin] = await gateway.waitFor(/admin on (http:\/\/\S+)/);
    const ask = async (what) => (await fetch(`${admin}/api/v1/${what}`)).json();
    const shown = async () => (await ask('exchanges')).exchanges.map(({ target }) => target).sort();
    for (let generation = 1; generation <= 6; generation++) {
        await (await fetch(`${gateway.url}/parts?limit=${generation}`)).text();
        while (!(await shown()).includes(`/parts?limit=${generation}`));
        gateway.signal('SIGHUP');
        await gateway.waitFor(new RegExp(`reloaded \\(generation ${generation + 1}\\)`));
        assert.ok((await ask('status')).reload.rules_held >= 2);
    }
    while ((await ask('status')).reload.rules_held > 2); // an idle keep-alive connection holds none
    assert.deepEqual(await shown(), ['/parts?limit=6']);
    assert.equal((await fetch(`${admin}/api/v1/exchanges/${(await ask('exchanges')).exchanges[0].id}`)).status, 200);
});
