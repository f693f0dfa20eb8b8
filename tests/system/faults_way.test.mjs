// Faults beside everything else that happens to an exchange: checks, recordings, workers, retries, TLS, tunnels.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import zlib from 'node:zlib';
import { certificates, connect, plumbline, rawUpstream, readRecording, responses, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { bodyOf, countingService, get, look, part, post, startFaulty } from './lib/faulty.mjs';

const rule = (effect, when = {}, name = 'broken') => ({ name, when: { operation: ['getPart', 'makePart'], ...when }, ...effect });

test('the same requests get the same faults with one worker and with two, per key and ordinal', async () => {
    const runs = [];
    for (const workers of [1, 2]) {
        const service = await countingService();
        const gateway = await startFaulty(service.url, [rule({ status: 503 }, { percent: 40, per: 'path:id' }), rule({ mutate: 'any' }, { percent: 50, per: 'path:id' }, 'mutated'),
            rule({ status: 429 }, { first: 2, per: 'path:id' }, 'busy')], {}, { workers });
        const lines = await Promise.all(Array.from({ length: 40 }, async (unused, key) => {
            const all = [];
            for (let i = 0; i < 6; i++)
                all.push(responses((await look(gateway.port, get(`/parts/k${key}`), { until: /\}$|\]$|\r\n\r\n[^]+$/ })).text)[0]);
            return all.map(({ status, header, body }) => `${status} ${header('Plumbline-Fault')} ${status < 400 ? body : ''}`);
        }));
        runs.push(lines);
    }
    assert.deepEqual(runs[0], runs[1]);
    assert.ok(runs[0].flat().filter((line) => line.includes('mutated')).length > 20);
    for (const status of ['503 ', '429 '])
        assert.ok(runs[0].flat().filter((line) => line.startsWith(status)).length > 20, status);
});

test('what a client asks for by Plumbline-Inject happens where that is allowed, and is never passed on', async () => {
    const service = await countingService();
    const open = await startFaulty(service.url, [], { inject: { allow: true } });
    const closed = await startFaulty(service.url, []);
    const ask = async (gateway, what) => responses((await look(gateway.port, get('/parts/a1', `Plumbline-Inject: ${what}\r\n`), { until: /\}$/ })).text)[0];

    const [status, mutated, wrong] = [await ask(open, 'status=503'), await ask(open, 'mutate=drop-required'), await ask(open, 'statsu=503')];
    assert.deepEqual([status.status, status.header('Plumbline-Fault')], [503, 'asked-status']);
    assert.deepEqual([mutated.header('Plumbline-Fault'), Object.keys(JSON.parse(mutated.body)).length], ['asked-mutate', 1]);
    assert.equal(wrong.status, 200);
    assert.match(wrong.header('Plumbline-Inject'), /^ignored; there is no fault 'statsu'; did you mean/);
    assert.equal((await look(open.port, get('/parts/a1', 'Plumbline-Inject: reset\r\n'))).error, 'ECONNRESET');
    const dropped = await ask(closed, 'status=503');
    assert.deepEqual([dropped.status, dropped.header('Plumbline-Fault'), dropped.header('Plumbline-Inject')], [200, undefined, undefined]);
    assert.ok(service.requests.every(({ headers }) => headers['plumbline-inject'] === undefined));
});

test('what enforce refuses gets no fault, and faults do not open the contract', async () => {
    const service = await countingService((request) => request.url === '/parts/bad' ? { body: '{"name":1}' } : undefined);
    const gateway = await startFaulty(service.url, [rule({ delay: '1ms' }, { side: 'request' }), rule({ mutate: 'reordered' }, {}, 'changed')], { request: 'enforce', response: 'enforce' });
    const [bad] = responses((await look(gateway.port, post('{"size":"x"}'), { until: /\}$/ })).text);
    const [wrong] = responses((await look(gateway.port, get('/parts/bad'), { until: /\}$/ })).text);
    const [good] = responses((await look(gateway.port, get(), { until: /\}$/ })).text);

    assert.deepEqual([bad.status, bad.header('Plumbline-Fault')], [400, undefined]);
    assert.deepEqual([wrong.status, wrong.header('Plumbline-Fault')], [502, 'broken']);
    assert.equal(good.header('Plumbline-Fault'), 'broken, changed');
    assert.deepEqual(JSON.parse(good.body), JSON.parse(part));
    assert.notEqual(good.body, part);
});

test('the recording has what the service said, so check finds the service\'s mistakes and not the faults\'', async () => {
    const service = await countingService((request) => request.url === '/parts/bad' ? { body: '{"name":1}' } : undefined);
    const effects = [{ delay: '1ms' }, { truncate: 5 }, { mutate: 'wrong-type' }, { malform: 'chunk' }, { malform: 'garbage' }, { status: 500 }, { reset: true }, { empty: true }];
    for (const effect of effects) {
        const gateway = await startFaulty(service.url, [rule(effect, { side: 'response' })]);
        await look(gateway.port, get('/parts/a1', 'Connection: close\r\n'));
        await look(gateway.port, get('/parts/bad', 'Connection: close\r\n'));
        await waitForExchanges(gateway.recording, 2);
        await gateway.stop();
        const { stdout } = await plumbline(['check', gateway.recording, '-c', gateway.config, '--report', 'json']);
        const report = JSON.parse(stdout);
        assert.deepEqual(report.findings.map(({ rule: id, side, count }) => `${side} ${id} ${count}`).sort(), ['response body-schema 1', 'response body-schema 1'].slice(0, report.findings.length), JSON.stringify(effect));
        assert.ok(report.findings.length > 0, JSON.stringify(effect));
        const [good] = readRecording(gateway.recording);
        assert.equal(good.response.content.text, part, JSON.stringify(effect));
        assert.deepEqual(good._plumbline.response, { checked: true }, JSON.stringify(effect));
    }
});

test('coded bodies are mutated without their coding', async () => {
    const coded = zlib.gzipSync(part);
    const upstream = await rawUpstream(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nETag: "a"\r\nTransfer-Encoding: chunked\r\n\r\n${coded.length.toString(16)}\r\n`), coded, Buffer.from('\r\n0\r\n\r\n')]));
    const gateway = await startFaulty(upstream.url, [rule({ mutate: 'drop-required' })]);
    const [answer] = responses((await look(gateway.port, get('/parts/a1', 'Accept-Encoding: gzip\r\n'), { until: /\}$/ })).text);

    assert.equal(Object.keys(JSON.parse(answer.body)).length, 1);
    assert.deepEqual([answer.header('Content-Encoding'), answer.header('Transfer-Encoding'), answer.header('ETag')], [undefined, undefined, '"a"']);
});

test('HEAD, 204 and 304 have no body that could be cut, broken or slowed down; they go through', async () => {
    const service = await countingService((request) => request.url === '/parts/none' ? { status: 204 } : undefined);
    const gateway = await startFaulty(service.url, [rule({ truncate: 0 }), rule({ throttle: 10 }, {}, 'slow'), rule({ malform: 'chunk' }, {}, 'chunk'), rule({ delay: '20ms' }, { side: 'response' }, 'late')]);
    const { text } = await look(gateway.port, `${get().replace('GET', 'HEAD')}${get('/parts/none')}`, { until: /204[^]*\r\n\r\n$/ });
    const [head, none] = responses(text, ['HEAD']);

    assert.deepEqual([head.status, head.header('Content-Length'), head.header('Plumbline-Fault')], [200, String(part.length), 'late']);
    assert.deepEqual([none.status, none.header('Plumbline-Fault')], [204, 'late']);
});

test('a status without a body has none, and HEAD gets the head alone', async () => {
    const service = await countingService();
    const gateway = await startFaulty(service.url, [rule({ status: 204 }, { method: 'POST' }, 'none'), rule({ status: 503 }, { method: 'HEAD' }, 'down')]);
    const { text } = await look(gateway.port, `${post()}${get().replace('GET', 'HEAD')}${get()}`, { until: /\}$/ });
    const [none, head, good] = responses(text, ['POST', 'HEAD', 'GET']);

    assert.deepEqual([none.status, none.header('Content-Length'), none.header('Content-Type')], [204, undefined, undefined]);
    assert.deepEqual([head.status, head.header('Plumbline-Fault')], [503, 'down']);
    assert.deepEqual([good.status, good.body], [200, part]);
});

test('over TLS a reset is a reset, and a cut body ends without TLS saying so', async () => {
    const pki = await certificates();
    const own = await pki.sign('local', 'DNS:localhost,IP:127.0.0.1');
    const service = await countingService();
    const gateway = await startFaulty(service.url, [rule({ reset: true }, { method: 'POST' }), rule({ truncate: 3 }, {}, 'cut')], {}, { listen: [{ address: '127.0.0.1:0', tls: own }] });
    const open = () => tls.connect({ port: gateway.port, host: '127.0.0.1', ca: readFileSync(pki.ca), servername: 'localhost' });

    assert.equal((await look(gateway.port, post(), { socket: open() })).error, 'ECONNRESET');
    assert.equal(bodyOf((await look(gateway.port, get(), { socket: open() })).text), part.slice(0, 3));
    assert.equal(service.requests.length, 1);
});

test('with sync: always a delayed, throttled or mutated answer waits for its line, and arrives whole', async () => {
    const service = await countingService((request) => request.method === 'POST' ? { pieces: [part.slice(0, 9), part.slice(9)] } : undefined);
    for (const effect of [{ delay: '10ms' }, { throttle: 1000 }, { mutate: 'reordered' }, { status: 503 }]) {
        const recording = path.join(temporaryFolder(), 'recording');
        const gateway = await startFaulty(service.url, [rule(effect, { side: 'response' })], {}, { record: { to: recording, sync: 'always' } });
        for (const [request, end] of [[get(), /\}$/], [post(), effect.status || effect.mutate ? /\}$/ : /0\r\n\r\n$/]]) {
            const [answer] = responses((await look(gateway.port, request, { until: end })).text);
            const lines = readRecording(recording);
            assert.equal(lines.at(-1)._plumbline.id, answer.header('Plumbline-Exchange'), JSON.stringify(effect));
            assert.deepEqual(lines.at(-1)._plumbline.faults, ['broken']);
            if (!effect.status)
                assert.deepEqual(JSON.parse(answer.body), JSON.parse(part));
        }
    }
});

test('a tunnel has no faults: its 101 and its bytes go through', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: parts\r\n\r\nhello');
        await connection.until(() => connection.text().endsWith('ping') || undefined);
        connection.send('pong');
    });
    const gateway = await startFaulty(upstream.url, [rule({ throttle: 1 }), rule({ truncate: 0 }, {}, 'cut'), rule({ reset: true }, { side: 'response' }, 'reset')]);
    const client = await connect(gateway.port);
    client.send(get('/parts/a1', 'Connection: Upgrade\r\nUpgrade: parts\r\n'));
    await client.until(() => client.text().endsWith('hello') || undefined);
    client.send('ping');
    const text = await client.until(() => client.text().endsWith('pong') ? client.text() : undefined);

    assert.match(text, /^HTTP\/1.1 101 [^]*\r\n\r\nhellopong$/);
    assert.doesNotMatch(text, /Plumbline-Fault/);
    client.reset();
});

test('a client that leaves during a delay or a slow body takes its exchange with it', async () => {
    const service = await countingService(() => ({ pieces: ['"', 'y'.repeat(100_000), '"'] }));
    for (const [effect, asked] of [[{ delay: '30s' }, 0], [{ throttle: 1000 }, 1]]) {
        const gateway = await startFaulty(service.url, [rule(effect)]);
        const before = service.requests.length;
        const client = await connect(gateway.port);
        await client.send(get());
        await (effect.delay ? new Promise((resolve) => { setTimeout(resolve, 50); }) : client.bytes(300));
        client.reset();
        const [entry] = await waitForExchanges(gateway.recording, 1);
        assert.equal(entry._plumbline.outcome, 'client-gone', JSON.stringify(effect));
        assert.equal(service.requests.length - before, asked);
        assert.equal((await gateway.stop()).status, 0);
    }
});

test('streams that are delayed, cut or broken begin when they come, and what was sent before stays', async () => {
    let go;
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"aaaa\r\n');
        await new Promise((resolve) => { go = resolve; });
        connection.send('5\r\nbbbb"\r\n0\r\n\r\n');
    });
    const gateway = await startFaulty(upstream.url, [rule({ truncate: 7 }), rule({ delay: '30ms' }, { side: 'response' }, 'late')]);
    const client = await connect(gateway.port);
    client.send(get());
    await client.until(() => client.text().includes('5\r\n"aaaa\r\n') || undefined);
    go();
    const text = await client.closed();

    assert.equal(bodyOf(text), '5\r\n"aaaa\r\n5\r\nbb');
    const [entry] = await waitForExchanges(gateway.recording, 1);
    assert.equal(entry.response.content.text, '"aaaabbbb"');
});

test('requests with bodies in pieces are delayed, slowed down and cut on their way to the service', async () => {
    const big = JSON.stringify({ name: 'q'.repeat(300_000), size: 1 });
    const chunked = `POST /parts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${[0, 100_000, 200_000, 300_000].map((at) => {
        const piece = big.slice(at, at + 100_000);
        return `${piece.length.toString(16)}\r\n${piece}\r\n`;
    }).join('')}0\r\n\r\n`;
    const service = await countingService();
    const cut = () => service.requests.filter(({ body, complete }) => body !== undefined && !complete);
    for (const effect of [{ delay: '20ms' }, { throttle: '2MB' }]) {
        const gateway = await startFaulty(service.url, [rule(effect, { side: 'request' })]);
        for (const request of [post(big), chunked]) {
            assert.match((await look(gateway.port, request, { until: /\}$/ })).text, /^HTTP\/1.1 201 [^]*Plumbline-Fault: broken/);
            assert.equal(service.requests.at(-1).body, big);
        }
    }
    const gateway = await startFaulty(service.url, [rule({ truncate: 150_000 }, { side: 'request' })]);
    for (const request of [post(big), chunked]) {
        const count = cut().length;
        assert.match((await look(gateway.port, request, { until: /\}$/ })).text, /^HTTP\/1.1 502 /);
        for (const end = Date.now() + 5000; cut().length === count && Date.now() < end;)
            await new Promise((resolve) => { setTimeout(resolve, 5); });
        assert.equal(cut().at(-1).body, big.slice(0, 150_000));
    }
});

test('retries happen behind the faults of the request: one delay, however often it is sent', async () => {
    let connections = 0;
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        if (++connections < 3)
            connection.reset();
        else
            connection.send(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${part.length}\r\n\r\n${part}`);
    });
    const gateway = await startFaulty(upstream.url, [rule({ delay: '30ms' })], { retries: 2 });
    const seen = await look(gateway.port, get(), { until: /\}$/ });

    assert.match(seen.text, /^HTTP\/1.1 200 /);
    assert.equal(connections, 3);
    const [entry] = await waitForExchanges(gateway.recording, 1);
    assert.deepEqual(entry._plumbline.faults, ['broken']);
});

test('an upstream that fails while an answer is delayed or swallowed ends in a refusal or in the fault', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        connection.send('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"na');
        await new Promise((resolve) => { setTimeout(resolve, 60); });
        connection.reset();
    });
    for (const [effect, expected] of [[{ status: 500 }, /^HTTP\/1.1 500 /], [{ delay: '200ms' }, /^HTTP\/1.1 502 /]]) {
        const gateway = await startFaulty(upstream.url, [rule(effect, { side: 'response' })]);
        const seen = await look(gateway.port, get('/parts/a1', 'Connection: close\r\n'));
        assert.match(seen.text, effect.delay ? /^HTTP\/1.1 (502|200) / : expected);
        assert.equal((await gateway.stop()).status, 0);
    }
});

test('faults act on what the sandbox answers and on what a recording does', async () => {
    const service = await countingService();
    const live = await startFaulty(service.url, []);
    await look(live.port, get('/parts/a1', 'Connection: close\r\n'));
    await waitForExchanges(live.recording, 1);
    await live.stop();
    for (const upstream of ['sandbox', `recording:${live.recording}`]) {
        const gateway = await startFaulty(upstream, [rule({ mutate: 'drop-required' }, { first: 1 }), rule({ reset: true }, { skip: 1, side: 'response' }, 'reset')], { response: 'enforce' });
        const [answer] = responses((await look(gateway.port, get(), { until: /\}$/ })).text);
        assert.deepEqual([answer.status, answer.header('Plumbline-Fault'), Object.keys(JSON.parse(answer.body)).length < 3], [200, 'broken', true], upstream);
        assert.equal((await look(gateway.port, get())).error, 'ECONNRESET', upstream);
    }
});

test('faults are counted, and rules over entities see what the service did, not what the client got', async () => {
    const service = await countingService();
    const gateway = await startFaulty(service.url, [rule({ status: 503 }, { first: 2 }), rule({ delay: '1ms' }, { side: 'response' }, 'late')], {}, { admin: '127.0.0.1:0' });
    const [, admin] = await gateway.waitFor(/admin on (http:\/\/\S+)/);
    for (let i = 0; i < 4; i++)
        await look(gateway.port, get('/parts/a1', 'Connection: close\r\n'));
    const metrics = await (await fetch(`${admin}/metrics`)).text();

    assert.match(metrics, /plumbline_faults_total\{[^}]*rule="broken"[^}]*\} 2\n/);
    assert.match(metrics, /plumbline_faults_total\{[^}]*rule="late"[^}]*\} 2\n/);
    assert.match(metrics, /plumbline_refusals_total\{[^}]*reason="fault"[^}]*\} 2\n/);
});

test('lifecycles are fed what the service saw and said: nothing is found where only faults got in between', async () => {
    const { parcelGateway, parcelService } = await import('./lib/parcels.mjs');
    const service = await parcelService();
    const on = (operation, effect, name, when = {}) => ({ name, when: { operation, ...when }, ...effect });
    const gateway = await parcelGateway(service, { settings: {
        faults: [on('moveParcel', { status: 503 }, 'away', { first: 1 }), on('moveParcel', { reset: true }, 'lost', { first: 1, side: 'response' }),
            on('getParcel', { mutate: 'any' }, 'damaged'), on('moveParcel', { duplicate: true }, 'twice', { skip: 1, first: 1 })],
    } });
    const { parcel_id: id } = (await gateway.make()).body;

    assert.equal((await gateway.move(id, 'sent')).status, 503);
    await assert.rejects(gateway.move(id, 'sent'));
    await gateway.get(id);
    assert.equal((await gateway.move(id, 'delivered')).status, 409, 'the second one is too late');
    await gateway.get(id);
    await waitForExchanges(gateway.recording, 6);
    await gateway.stop();
    assert.doesNotMatch(gateway.stderr, /lifecycle-|invariant-/);
    const { stdout } = await plumbline(['check', gateway.recording, '-c', gateway.config, '--report', 'json']);
    assert.deepEqual(JSON.parse(stdout).findings, []);
});

test('what enforce refused is not answered later as stale, and with sync: always answers are kept before they are redacted', async () => {
    const service = await countingService((request) => ({ body: request.url === '/parts/bad' ? '{"name":1}' : '{"name":"bolt","size":8,"note":"secret"}' }));
    const recording = path.join(temporaryFolder(), 'recording');
    const gateway = await startFaulty(service.url, [rule({ stale: true }, { every: 2, per: 'path:id' })], { response: 'enforce' },
        { record: { to: recording, sync: 'always' }, redaction: { rules: [{ field: 'note', action: 'mask' }] } });
    const ask = async (target) => responses((await look(gateway.port, get(target), { until: /\}$/ })).text)[0];

    assert.deepEqual([(await ask('/parts/bad')).status, (await ask('/parts/bad')).header('Plumbline-Fault')], [502, undefined]);
    assert.equal((await ask('/parts/good')).header('Plumbline-Fault'), undefined);
    const again = await ask('/parts/good');
    assert.deepEqual([again.header('Plumbline-Fault'), JSON.parse(again.body).note], ['broken', 'secret']);
    assert.doesNotMatch(JSON.stringify(readRecording(recording)), /secret/);
});
