// Faults, as a client's and a service's sockets see them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { plumbline, responses, waitForExchanges } from './lib/index.mjs';
import { bodyOf, countingService, get, look, part, post, startFaulty } from './lib/faulty.mjs';

const rule = (effect, when = {}, name = 'broken') => [{ name, when: { operation: ['getPart', 'makePart'], ...when }, ...effect }];

test('a delay comes to its time within 2 ms, before the service is asked and before its answer is delivered', async () => {
    for (const side of ['request', 'response']) {
        const service = await countingService();
        const gateway = await startFaulty(service.url, rule({ delay: '80ms' }, { side }));
        const bare = [], slow = [];
        for (let i = 0; i < 15; i++) {
            bare.push((await look(gateway.port, get('/parts'), { until: /\]|\}$/ })).time);
            const seen = await look(gateway.port, get(), { until: /\}$/ });
            slow.push(seen.time);
            assert.match(seen.text, /^HTTP\/1.1 200 .*\r\nPlumbline-Fault: broken\r\n/s);
        }
        const late = Math.min(...slow) - Math.min(...bare) - 80; // the machine has other things to do, too
        assert.ok(Math.min(...slow) >= 79.9 && late > -1 && late < 2, `${side}: ${late} ms beside the 80 (${slow.map(Math.round)} against ${bare.map(Math.round)})`);
        const [, entry] = await waitForExchanges(gateway.recording, 2);
        assert.deepEqual([entry._plumbline.faults, entry._plumbline.fault_notes, entry._plumbline.outcome], [['broken'], [`${side} delay: 80ms`], 'delivered']);
    }
});

test('a status is answered instead of asking, in the shape that the contract has for it, and the connection lives on', async () => {
    const service = await countingService();
    const gateway = await startFaulty(service.url, rule({ status: 503 }, { first: 1, per: 'path:id' }));
    const { text } = await look(gateway.port, get() + get() + get('/parts/b2'), { until: /503 [^]*size[^]*503 [^]*\}$/ });
    const all = responses(text);

    assert.deepEqual(all.map(({ status }) => status), [503, 200, 503]);
    assert.deepEqual(all.map(({ header }) => header('Plumbline-Fault')), ['broken', undefined, 'broken']);
    assert.equal(JSON.parse(all[0].body).errors[0].keyword, 'fault');
    assert.equal(service.requests.length, 1);
    const [entry] = await waitForExchanges(gateway.recording, 3);
    assert.deepEqual([entry._plumbline.outcome, entry._plumbline.refusal.reason, entry._plumbline.refusal.side, entry._plumbline.times.connected],
        ['refused', 'fault', 'request', undefined]);
});

test('on the response\'s side a status, a reset and an end come once the service has done its work, and its answer is on record', async () => {
    for (const effect of [{ status: 500 }, { reset: true }, { empty: true }]) {
        const service = await countingService();
        const gateway = await startFaulty(service.url, rule(effect, { side: 'response' }));
        const seen = await look(gateway.port, post(), { until: effect.status && /\}$/ });

        if (effect.status)
            assert.match(seen.text, /^HTTP\/1.1 500 /);
        else
            assert.deepEqual([seen.text, seen.error, seen.ended], ['', effect.reset ? 'ECONNRESET' : undefined, !effect.reset]);
        assert.equal(service.requests.length, 1);
        const [entry] = await waitForExchanges(gateway.recording, 1);
        assert.equal(entry.response.status, 201);
        assert.equal(entry.response.content.text, part);
        assert.deepEqual([entry._plumbline.outcome, entry._plumbline.refusal.side, entry._plumbline.refusal.reason], ['refused', 'response', 'fault']);
        assert.equal(entry._plumbline.response.violations, undefined);
    }
});

test('a reset is a reset, and an empty answer an orderly end without a byte; the service is not asked', async () => {
    for (const [effect, error] of [[{ reset: true }, 'ECONNRESET'], [{ empty: true }, undefined]]) {
        const service = await countingService();
        const gateway = await startFaulty(service.url, rule(effect));

        for (const request of [get(), post(), post(part, 'Expect: 100-continue\r\n'), post().slice(0, -5)]) {
            const seen = await look(gateway.port, request);
            assert.deepEqual([seen.text, seen.error, seen.ended], ['', error, error === undefined], request);
        }
        assert.equal(service.requests.length, 0);
    }
});

test('answers before a reset arrive', async () => {
    const service = await countingService((request) => ({ body: JSON.stringify({ name: 'x'.repeat(200_000), size: 1, url: request.url }) }));
    const gateway = await startFaulty(service.url, rule({ reset: true }));
    const seen = await look(gateway.port, get('/parts') + get());

    assert.equal(seen.error, 'ECONNRESET');
    assert.equal(responses(seen.text).length, 1);
    assert.equal(JSON.parse(bodyOf(seen.text)).name.length, 200_000);
});

test('a truncated body ends after exactly so many bytes, with a length and in the middle of a chunk', async () => {
    const service = await countingService((request) => request.method === 'GET'
        ? { body: JSON.stringify('y'.repeat(4998)) } : { pieces: ['a'.repeat(700), 'b'.repeat(700), 'c'.repeat(700)] });
    const gateway = await startFaulty(service.url, rule({ truncate: 1000 }));
    const whole = await look(gateway.port, get());
    const chunked = await look(gateway.port, post());

    assert.match(whole.text, /Content-Length: 5000\r\n/);
    assert.equal(bodyOf(whole.text), `"${'y'.repeat(999)}`);
    assert.deepEqual([whole.error, whole.ended], [undefined, true]);
    assert.match(chunked.text, /Transfer-Encoding: chunked\r\n/);
    const sent = bodyOf(chunked.text).replace(/(^|\r\n)[0-9a-f]+\r\n/g, '');
    assert.equal(sent, `${'a'.repeat(700)}${'b'.repeat(300)}`);
    assert.throws(() => responses(chunked.text));
    const [first] = await waitForExchanges(gateway.recording, 2);
    assert.equal(first.response.content.text.length, 5000);
    assert.deepEqual(first._plumbline.fault_notes, ['response truncate: 1000 bytes']);
});

test('a body is throttled to within 5 %, in either direction, with a length and in chunks', async () => {
    const size = 60_000, rate = 50_000;
    const service = await countingService((request, body) => request.method === 'GET' ? { body: 'y'.repeat(size) }
        : body.length > 1000 ? undefined : { pieces: ['a'.repeat(size / 2), 'b'.repeat(size / 2)] });
    const gateway = await startFaulty(service.url, rule({ throttle: rate }));
    const upwards = await startFaulty(service.url, rule({ throttle: rate }, { side: 'request' }));

    for (const [what, port, request, until] of [['length', gateway.port, get(), size + 200], ['chunks', gateway.port, post(), /0\r\n\r\n$/],
        ['request', upwards.port, post(JSON.stringify({ name: 'z'.repeat(size - 20), size: 1 })), /\}$/]]) {
        const seen = await look(port, request, { until });
        const reached = size / seen.time * 1000;
        assert.ok(Math.abs(reached / rate - 1) < 0.05, `${what}: ${reached} bytes/s instead of ${rate}`);
    }
    assert.equal(service.requests.at(-1).body.length, size);
});

test('a throttled body of many megabytes waits at its sender, not in the gateway', async () => {
    const service = await countingService(() => ({ pieces: Array.from({ length: 200 }, () => 'y'.repeat(500_000)) }));
    const gateway = await startFaulty(service.url, rule({ throttle: 100_000 }), { response: 'off' });
    const before = gateway.memory?.() ?? rss(gateway.pid);
    await look(gateway.port, get(), { until: 150_000 });

    assert.ok(rss(gateway.pid) - before < 16, `${rss(gateway.pid) - before} MB more`);
});

test('what is malformed is no HTTP: garbage instead of a head, a chunk without a size', async () => {
    const service = await countingService();
    const garbage = await startFaulty(service.url, rule({ malform: 'garbage' }));
    const chunk = await startFaulty(service.url, rule({ malform: 'chunk' }));

    const first = await look(garbage.port, get()), second = await look(chunk.port, get());
    assert.ok(first.text.length > 100 && !first.text.includes('HTTP/'), JSON.stringify(first.text));
    assert.match(second.text, /^HTTP\/1.1 200 [^]*Transfer-Encoding: chunked\r\n/);
    assert.doesNotMatch(second.text, /Content-Length/);
    assert.equal(bodyOf(second.text), `c\r\n${part.slice(0, 12)}\r\nno-size\r\n${part.slice(12)}`);
    await assert.rejects(fetch(`${garbage.url}/parts/a1`), /fetch failed/);
    await assert.rejects(fetch(`${chunk.url}/parts/a1`).then((answer) => answer.text()));
});

test('a hanging exchange is never answered: the client leaves, the total timeout ends it, or the end of the gateway', async () => {
    const service = await countingService();
    const gateway = await startFaulty(service.url, rule({ hang: true }), { timeouts: { total: '300ms' } });
    const forever = await startFaulty(service.url, rule({ hang: true }));

    const seen = await look(gateway.port, get(), { until: /\}$/ });
    assert.match(seen.text, /^HTTP\/1.1 504 /);
    assert.ok(seen.time >= 299 && seen.time < 2000, `${seen.time} ms`);
    const { default: net } = await import('node:net');
    const leaving = net.connect(forever.port, '127.0.0.1');
    leaving.write(get());
    await new Promise((resolve) => { setTimeout(resolve, 100); });
    leaving.resetAndDestroy();
    const [entry] = await waitForExchanges(forever.recording, 1);
    assert.equal(entry._plumbline.outcome, 'client-gone');
    assert.deepEqual(entry._plumbline.faults, ['broken']);
    const waiting = look(forever.port, get());
    await new Promise((resolve) => { setTimeout(resolve, 100); });
    const began = performance.now();
    forever.signal('SIGTERM');
    const last = await waiting;
    await forever.exit;
    assert.deepEqual([last.text, last.ended], ['', true]);
    assert.ok(performance.now() - began < 3000, 'it does not wait for who is never answered');
    assert.equal(service.requests.length, 0);
});

test('a mutated answer breaks its contract in one place, and is framed anew; check finds nothing in the recording', async () => {
    const service = await countingService();
    const gateway = await startFaulty(service.url, rule({ mutate: 'drop-required' }), { response: 'enforce' });
    const seen = await look(gateway.port, get(), { until: /\}$/ });
    const [answer] = responses(seen.text);
    const body = JSON.parse(answer.body);

    assert.equal(Object.keys(body).length, 1);
    assert.equal(Number(answer.header('Content-Length')), answer.body.length);
    const [entry] = await waitForExchanges(gateway.recording, 1);
    assert.equal(entry.response.content.text, part);
    assert.match(entry._plumbline.fault_notes[0], /^response mutate: drop-required.*\(body-schema required\)$/);
    const checked = await plumbline(['check', gateway.recording, '-c', gateway.config]);
    assert.equal(checked.status, 0, checked.stdout);
});

test('a mutated request is what the service gets, and what it answers is not judged', async () => {
    const service = await countingService(() => ({ status: 418, body: '{"no":1}' }));
    const gateway = await startFaulty(service.url, rule({ mutate: 'drop-required' }, { side: 'request' }), { request: 'enforce', response: 'enforce', undocumented: 'enforce' });
    const seen = await look(gateway.port, post(), { until: /\}$/ });

    assert.match(seen.text, /^HTTP\/1.1 418 /);
    assert.equal(Object.keys(JSON.parse(service.requests[0].body)).length, 1);
    assert.equal(Number(service.requests[0].headers['content-length']), service.requests[0].body.length);
    const [entry] = await waitForExchanges(gateway.recording, 1);
    assert.equal(entry.request.postData.text, part);
    assert.deepEqual(entry._plumbline.response.unchecked, [{ reason: 'injected' }]);
    const checked = await plumbline(['check', gateway.recording, '-c', gateway.config]);
    assert.equal(checked.status, 0, checked.stdout);
});

test('a request is cut, made garbage, broken in its chunks', async () => {
    const service = await countingService();
    const cut = await startFaulty(service.url, rule({ truncate: 10 }, { side: 'request' }));
    const garbage = await startFaulty(service.url, rule({ malform: 'garbage' }, { side: 'request' }));
    const chunk = await startFaulty(service.url, rule({ malform: 'chunk' }, { side: 'request' }));

    const first = await look(cut.port, post(), { until: /\}$/ });
    assert.match(first.text, /^HTTP\/1.1 502 [^]*Plumbline-Fault: broken\r\n/);
    assert.match((await look(garbage.port, post(), { until: /400[^]*\r\n\r\n/ })).text, /^HTTP\/1.1 400 /);
    assert.match((await look(chunk.port, post(), { until: /400[^]*\r\n\r\n/ })).text, /^HTTP\/1.1 400 /);
    assert.equal(service.requests.filter(({ broken }) => broken).length >= 2, true, JSON.stringify(service.requests));
    assert.ok(service.requests.every(({ complete }) => !complete));
});

test('a duplicated request reaches the service twice; the second answer is delivered, both are noted', async () => {
    const service = await countingService((request, body, count) => ({ status: count === 1 ? 201 : 409, body: part }));
    const gateway = await startFaulty(service.url, rule({ duplicate: true }));
    const seen = await look(gateway.port, post(), { until: /\}$/ });

    assert.match(seen.text, /^HTTP\/1.1 409 /);
    assert.deepEqual(service.requests.map(({ body }) => body), [part, part]);
    const [entry] = await waitForExchanges(gateway.recording, 1);
    assert.deepEqual(entry._plumbline.fault_notes, ['request duplicate: the first one was answered 201; the answer is that to the second']);
});

test('a stale answer is an earlier one to an equal request, of the same caller', async () => {
    const service = await countingService((request, body, count) => ({ body: JSON.stringify({ name: `n${count}`, size: count }), headers: { 'Content-Type': 'application/json', ETag: `"${count}"` } }));
    const gateway = await startFaulty(service.url, rule({ stale: true }, { every: 2 }));
    const ask = async (...request) => responses((await look(gateway.port, get(...request), { until: /\}$/ })).text)[0];
    const names = [];
    for (let i = 0; i < 6; i++) {
        const answer = await ask();
        names.push(`${JSON.parse(answer.body).name} ${answer.header('ETag')} ${answer.header('Plumbline-Fault') ?? ''}`);
    }

    assert.deepEqual(names, ['n1 "1" ', 'n1 "1" broken', 'n2 "2" ', 'n2 "2" broken', 'n3 "3" ', 'n3 "3" broken']);
    await ask('/parts/a1', 'Authorization: Bearer a\r\n');
    assert.equal((await ask('/parts/a1', 'Authorization: Bearer b\r\n')).header('Plumbline-Fault'), undefined, 'nobody gets what was somebody else\'s');
});

function rss(pid) {
    return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;
}
