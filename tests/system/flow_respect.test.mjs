// The flow of document 000 is plain Arazzo: another runner, redocly respect, runs the same file and comes to the same verdicts.
import assert from 'node:assert/strict';
import test from 'node:test';
import { respect, runFlow, triesOf } from './lib/flows.mjs';
import { startSimulated } from './lib/simulated.mjs';

const both = async (gateway) => {
    const theirs = await respect('order-to-erp', gateway.url);
    const ours = await runFlow('order-to-erp', gateway.url);
    assert.ok(ours.report, ours.stderr);
    assert.deepEqual(triesOf(ours.report), theirs.steps, `${theirs.said}\n${ours.stderr}`);
    assert.equal(ours.status, theirs.status);
    return { ...ours, tries: triesOf(ours.report) };
};

test('an order that arrives after two retries goes through, under both', async () => {
    const gateway = await startSimulated();
    const { status, tries } = await both(gateway);
    assert.equal(status, 0);
    assert.equal(tries.length, 14);
    assert.equal(tries.filter(([, passed]) => !passed).length, 2);
    await gateway.check();
});

test('an order that never arrives fails at the poll, after four retries, under both', async () => {
    const gateway = await startSimulated();
    await gateway.set('b2b-orders', { appears_after: { polls: 99 } });
    const { status, tries } = await both(gateway);
    assert.equal(status, 1);
    assert.deepEqual(tries.slice(3), Array(5).fill(['retrieveB2bOrder', false]));
});
