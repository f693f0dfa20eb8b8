// plumbline replay --faults: recorded requests once more, with something broken on the way on purpose.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { plumbline, root, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { startSimulated } from './lib/simulated.mjs';

const CONFIG = ['-c', path.join(root, 'rules/gateway.yaml')];

// A recording of four reads of an order, and services that would answer the same once more: { recording, url }.
async function recorded() {
    const first = await startSimulated();
    for (let i = 0; i < 4; i++)
        assert.equal((await first.ask('GET', '/api/orders/ORD12345')).status, 200);
    const recording = path.join(first.folder, 'logs/sandbox');
    await waitForExchanges(recording, 4);
    await first.stop();
    return { recording, url: (await startSimulated()).url };
}

async function replay(recording, url, faults, args = CONFIG) {
    const file = path.join(temporaryFolder(), 'faults.yaml');
    writeFileSync(file, JSON.stringify({ faults }));
    return plumbline(['replay', recording, '--to', url, '--speed', 'max', '--token', 'Authorization=Bearer demo', '--faults', file, '--report', 'json', ...args]);
}

test('what is broken on purpose is told and counted, and says nothing about the service', async () => {
    const { recording, url } = await recorded();
    const { status, stdout, stderr } = await replay(recording, url, [
        { name: 'away', when: { service: 'order-management', operation: 'getOrder', first: 2, per: 'path:order_id' }, status: 503 }]);
    const { summary, findings } = JSON.parse(stdout);
    assert.equal(status, 0, stderr);
    assert.deepEqual([summary.replay.sent, summary.replay.injected, summary.replay.different], [4, 2, 0], stdout);
    assert.equal(summary.replay.equal + summary.replay.partly, 2);
    assert.deepEqual(findings, []);
    assert.match(stderr, /injected: away 2 times\n/);
});

test('a reset on the way is a request without an answer', async () => {
    const { recording, url } = await recorded();
    const { status, stdout, stderr } = await replay(recording, url, [
        { name: 'cut', when: { service: 'order-management', operation: 'getOrder' }, reset: true }]);
    const { summary, findings } = JSON.parse(stdout);
    assert.equal(status, 1, stderr);
    assert.deepEqual([summary.replay.sent, summary.replay.unanswered], [4, 4]);
    assert.deepEqual(findings.map(({ rule }) => rule), ['replay-unanswered']);
    assert.match(stderr, /injected: cut \d+ times\n/);
});

test('without faults that fire it is a replay like any other', async () => {
    const { recording, url } = await recorded();
    const { status, stdout, stderr } = await replay(recording, url, [{ name: 'far', when: { service: 'erp' }, status: 503 }]);
    assert.equal(status, 0, stderr);
    assert.equal(JSON.parse(stdout).summary.replay.injected, 0);
    assert.doesNotMatch(stderr, /injected/);
});

test('it wants contracts, one target, and a file of faults that is right', async () => {
    const { recording, url } = await recorded();
    const fault = [{ name: 'away', when: { service: 'order-management' }, status: 503 }];
    const without = await replay(recording, url, fault, []);
    assert.equal(without.status, 2);
    assert.match(without.stderr, /--faults: .*-c FILE or --contract/);
    const two = await replay(recording, url, fault, [...CONFIG, '--to', `erp=${url}`]);
    assert.equal(two.status, 2);
    assert.match(two.stderr, /--faults: goes with one target/);
    const wrong = await replay(recording, url, [{ name: 'away', when: { service: 'nobody' }, status: 503 }]);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /faults\.yaml:1:\d+: /);
    const elsewhere = await replay(recording, 'http://shop.invalid', fault);
    assert.equal(elsewhere.status, 2);
    assert.match(elsewhere.stderr, /--allow-host/);
});
