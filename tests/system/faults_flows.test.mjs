// The shipped flows through a gateway that breaks something on purpose: their own retries carry them through what is meant to be carried,
// the report says what was injected, and the recording has nothing against the services.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { readRecording, root } from './lib/index.mjs';
import { lastTry, runFlow } from './lib/flows.mjs';
import { simulatedFolder, startSimulated } from './lib/simulated.mjs';

const RULES = ['--rules', path.join(root, 'rules/gateway.yaml')];

async function startBroken(faults) {
    const folder = simulatedFolder();
    const file = path.join(folder, 'broken.yaml');
    writeFileSync(file, JSON.stringify({ faults }));
    return startSimulated({ folder, args: ['--faults', file] });
}

const triesOf = (report, step) => report.runs.flatMap(({ steps }) => steps).filter((each) => each.step === step).flatMap(({ tries }) => tries);
const injected = ({ response }) => response.headers.filter(({ name }) => name.toLowerCase() === 'plumbline-fault').map(({ value }) => value);

test('404 to the first two polls of each order: the flow asks again, goes through, and its report names the fault', async () => {
    const gateway = await startBroken([{ name: 'slow-layer', when: { service: 'b2b-orders', operation: 'getB2bOrder', first: 2, per: 'path:order_id' }, status: 404 }]);
    await gateway.set('b2b-orders', { appears_after: { polls: 0 } });
    for (const ordinal of [1, 2]) { // each order has its own first two
        const { status, report, stderr } = await runFlow('order-to-erp', gateway.url, { args: RULES });
        assert.equal(status, 0, `run ${ordinal}: ${stderr}`);
        const tries = triesOf(report, 'retrieveB2bOrder');
        assert.deepEqual(tries.map(({ response }) => response.status), [404, 404, 200], stderr);
        assert.deepEqual(tries.map(injected), [['slow-layer'], ['slow-layer'], []]);
    }
    const faults = readRecording(path.join(gateway.folder, 'logs/sandbox'))
        .map(({ _plumbline }) => _plumbline.faults ?? []).filter((names) => names.length > 0);
    assert.deepEqual(faults, [['slow-layer'], ['slow-layer'], ['slow-layer'], ['slow-layer']]);
    await gateway.check();
});

test('more of them than the flow retries: it fails as exhausted, and the last try says by which fault', async () => {
    const gateway = await startBroken([{ name: 'layer-gone', when: { service: 'b2b-orders', operation: 'getB2bOrder' }, status: 404 }]);
    const { status, report } = await runFlow('order-to-erp', gateway.url, { args: RULES });
    assert.equal(status, 1);
    assert.equal(report.runs[0].failure, 'exhausted');
    assert.deepEqual(injected(lastTry(report, 'retrieveB2bOrder')), ['layer-gone']);
    await gateway.check();
});

test('an answer that is broken by a mutation fails the flow that checks it, and counts against nobody in the recording', async () => {
    const gateway = await startBroken([{ name: 'lost-field', when: { service: 'erp', operation: 'createErpOrder', side: 'response' }, mutate: 'drop-required' }]);
    await gateway.set('b2b-orders', { appears_after: { polls: 0 } });
    const { status, report } = await runFlow('order-to-erp', gateway.url, { args: RULES });
    assert.equal(status, 1);
    assert.deepEqual([report.runs[0].failed_at, report.runs[0].failure], ['sendToErp', 'invalid']);
    assert.deepEqual(injected(lastTry(report, 'sendToErp')), ['lost-field']);
    await gateway.check();
});
