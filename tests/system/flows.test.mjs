// The shipped flows through the gateway, in front of the simulated services: what they come to when all is well, and what a person is told
// when it is not.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { freePort, rawUpstream, root } from './lib/index.mjs';
import { flowFile, flows, lastTry, meddler, runFlow, triesOf } from './lib/flows.mjs';
import { plumbline } from './lib/plumbline.mjs';
import { startSimulated } from './lib/simulated.mjs';

const RULES = ['--rules', path.join(root, 'rules/gateway.yaml')];

// Where it failed, and why: [workflow, step, failure].
const failuresOf = ({ runs }) => runs.filter(({ verdict }) => verdict === 'failed').map(({ workflow, failed_at, failure }) => [workflow, failed_at, failure]);

const expected = {
    'order-to-erp': { tries: 14, workflows: ['orderToErp'] },
    orderflow: { tries: 7, workflows: ['orderflow'] },
    'order-processing': { tries: 15, workflows: ['orderLife', 'outOfStock', 'notFound'] },
    'order-management': { tries: 18, workflows: ['orderLifecycle', 'orderCancelled'] },
    'order-workflow': { tries: 12, workflows: ['orderWorkflow'] },
};

for (const name of flows)
    test(`${name} goes through, and neither the run nor its recording breaks a rule`, async () => {
        const gateway = await startSimulated();
        const { status, report, stderr } = await runFlow(name, gateway.url, { args: RULES });
        assert.equal(status, 0, stderr);
        assert.equal(report.summary.verdict, 'passed');
        assert.deepEqual([report.summary.error, report.summary.warn, report.summary.info], [0, 0, 0], JSON.stringify(report.findings));
        assert.deepEqual(report.runs.map(({ workflow, verdict }) => [workflow, verdict]),
            expected[name].workflows.map((workflow) => [workflow, 'passed']));
        assert.equal(triesOf(report).length, expected[name].tries, JSON.stringify(triesOf(report)));
        await gateway.check();
    });

test('the order has the same total in all six systems, and a confirmation', async () => {
    const gateway = await startSimulated();
    await gateway.set('b2b-orders', { appears_after: { polls: 0 } });
    const { report, stderr } = await runFlow('order-to-erp', gateway.url);
    const { outputs } = report.runs[0];
    assert.equal(outputs.total, 114.5, stderr);
    assert.equal(outputs.status, 'Awaiting Shipment');
    for (const step of ['showInStorefront', 'lookAtCart', 'lookAtCheckout', 'lookAtOrder', 'lookAtB2bOrder', 'lookAtErp'])
        assert.equal(JSON.parse(lastTry(report, step).response.body).total, 114.5);
    assert.equal((await gateway.record('erp', 'orders', outputs.order_id)).confirmation.number, outputs.confirmation_number);
});

test('each product of the cart is looked at, and what came of it is a list in the order of the cart', async () => {
    const gateway = await startSimulated();
    const { report, stderr } = await runFlow('order-workflow', gateway.url);
    assert.deepEqual(report.runs[0].outputs.products, ['Wireless Mouse', 'Keyboard'], stderr);
    assert.deepEqual(report.runs[0].outputs.unitAmounts, [30, 40]);
    assert.equal(report.runs[0].outputs.totalAmount, 97.2);
});

test('three mails leave while an order is invoiced, paid and shipped', async () => {
    const gateway = await startSimulated();
    const { report } = await runFlow('orderflow', gateway.url);
    const mails = await gateway.notes('outbox', 'orderflow');
    assert.deepEqual(mails.map(({ event, orderId }) => [event, orderId]),
        ['InvoiceCreated', 'PaymentProcessed', 'OrderShipped'].map((event) => [event, report.runs[0].outputs.orderId]));
});

// ---- 000: what may go wrong ----

test('the layer never has the order: retries are exhausted, and how often it was asked is told', async () => {
    const gateway = await startSimulated();
    await gateway.set('b2b-orders', { appears_after: { polls: 99 } });
    const { status, report, stderr } = await runFlow('order-to-erp', gateway.url);
    assert.equal(status, 1);
    assert.deepEqual(failuresOf(report), [['orderToErp', 'retrieveB2bOrder', 'exhausted']]);
    const last = lastTry(report, 'retrieveB2bOrder');
    assert.deepEqual([last.attempt, last.of, last.response.status], [5, 5, 404]);
    assert.match(last.criterion.condition, /\$statusCode == 200/);
    assert.match(last.criterion.found, /404/);
    assert.match(stderr, /retrieveB2bOrder .* 404 .* attempt 2 of 5, next in 1\.0 s/);
    assert.match(stderr, /retrieveB2bOrder .*FAILED \(exhausted\), attempt 5 of 5/);
    assert.ok(!triesOf(report).some(([step]) => step === 'sendToErp'), 'nothing is sent to the ERP');
});

test('the ERP answers nonsense: the place in the answer and the line of the contract are told', async () => {
    const gateway = await startSimulated();
    const erp = await meddler(gateway.url, (body, { method }) => method === 'POST' ? { ...body, total: '114.5' } : undefined);
    const { status, report, stderr } = await runFlow('order-to-erp', gateway.url, { args: ['--server', `erp=${erp}/erp`] });
    assert.equal(status, 1);
    assert.deepEqual(failuresOf(report), [['orderToErp', 'sendToErp', 'invalid']]);
    const { violations } = lastTry(report, 'sendToErp');
    assert.deepEqual(violations.map(({ rule, side, instance }) => [rule, side, instance]), [['body-schema', 'response', '/total']]);
    assert.match(violations[0].contract.file, /erp\.openapi\.json$/);
    assert.match(stderr, /"114\.5" \(string\)/);
    assert.match(stderr, /erp\.openapi\.json:\d+/);
});

test('the ERP answers something that is no JSON', async () => {
    const gateway = await startSimulated();
    const erp = await rawUpstream('HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n<oops');
    const { status, report } = await runFlow('order-to-erp', gateway.url, { args: ['--server', `erp=${erp.url}/erp`] });
    assert.equal(status, 1);
    assert.deepEqual(failuresOf(report), [['orderToErp', 'sendToErp', 'invalid']]);
});

test('the ERP cannot be reached: it is a network error, with the address', async () => {
    const gateway = await startSimulated();
    const nobody = `127.0.0.1:${await freePort()}`;
    const { status, report, stderr } = await runFlow('order-to-erp', gateway.url, { args: ['--server', `erp=http://${nobody}/erp`] });
    assert.equal(status, 1);
    assert.deepEqual(failuresOf(report), [['orderToErp', 'sendToErp', 'network']]);
    assert.ok(stderr.includes(nobody), stderr);
});

test('the ERP bills another total: the criterion is told with the values on both sides', async () => {
    const gateway = await startSimulated();
    const erp = await meddler(gateway.url, (body, { method }) => method === 'POST' ? { ...body, total: 114.6 } : undefined);
    const { status, report, stderr } = await runFlow('order-to-erp', gateway.url, { args: ['--server', `erp=${erp}/erp`] });
    assert.equal(status, 1);
    assert.deepEqual(failuresOf(report), [['orderToErp', 'sendToErp', 'criterion']]);
    const { criterion } = lastTry(report, 'sendToErp');
    assert.equal(criterion.condition, '$response.body#/total == $steps.createCart.outputs.total');
    assert.match(criterion.found, /114\.6.*114\.5/);
    assert.ok(stderr.includes(criterion.condition), stderr);
});

test('the storefront shows lines that do not add up: no criterion sees it, an invariant does', async () => {
    const gateway = await startSimulated();
    const shop = await meddler(gateway.url, (body) => {
        body.items[1].line_total = 60;
        return body;
    });
    const { status, report, stderr } = await runFlow('order-to-erp', gateway.url, { args: ['--server', `storefront=${shop}/storefront`, ...RULES] });
    assert.equal(status, 1);
    assert.deepEqual(report.findings.map(({ rule, keyword }) => `${rule}: ${keyword}`), ['invariant-broken: what the storefront shows adds up']);
    assert.match(report.findings[0].found, /114\.5.*110/);
    assert.deepEqual(failuresOf(report), [['orderToErp', 'showInStorefront', 'rule']]);
    assert.match(stderr, /showInStorefront .*FAILED \(rule\).*114\.5.*110/);
    assert.match(stderr, /invariants\.yaml:\d+/);
});

// ---- the others ----

test('a declined card ends the order flow at its payment', async () => {
    const gateway = await startSimulated();
    const { status, report } = await runFlow('orderflow', gateway.url, { args: ['--input', 'customerId=4002'] });
    assert.equal(status, 1);
    assert.deepEqual(failuresOf(report), [['orderflow', 'pay', 'criterion']]);
    assert.match(lastTry(report, 'pay').criterion.found, /402/);
    assert.match(lastTry(report, 'pay').response.body, /declined/);
});

test('an inventory that cannot be reached fails the workflows that need it, and no other', async () => {
    const gateway = await startSimulated();
    await gateway.set('order-processing', { inventory: 'unreachable' });
    const { status, report } = await runFlow('order-processing', gateway.url);
    assert.equal(status, 1);
    assert.deepEqual(failuresOf(report), [['orderLife', 'place', 'criterion'], ['outOfStock', 'placeNothing', 'criterion']]);
});

test('a cart that became an order before is told as the conflict that it is', async () => {
    const gateway = await startSimulated();
    const args = ['--workflow', 'orderCancelled'];
    assert.equal((await runFlow('order-management', gateway.url, { args })).status, 0);
    const { status, report } = await runFlow('order-management', gateway.url, { args });
    assert.equal(status, 1);
    assert.deepEqual(failuresOf(report), [['orderCancelled', 'createOther', 'criterion']]);
    assert.match(lastTry(report, 'createOther').response.body, /abc124 became order/);
    assert.equal((await runFlow('order-management', gateway.url, { args: [...args, '--input', 'cart_to_cancel=abc125'] })).status, 0);
});

test('a total that does not follow from the prices is refused by the service, and ends the workflow', async () => {
    const gateway = await startSimulated();
    const { status, report } = await runFlow('order-workflow', gateway.url, { args: ['--input', 'totalAmount=97.3'] });
    assert.equal(status, 1);
    assert.deepEqual(failuresOf(report), [['orderWorkflow', 'updateCart', 'criterion']]);
    assert.match(lastTry(report, 'updateCart').response.body, /97\.20/);
    assert.ok(!triesOf(report).some(([step]) => step === 'sendEvent'), 'no event is sent');
});

test('a product that is gone fails its element of the loop', async () => {
    const gateway = await startSimulated();
    const shop = await meddler(gateway.url, (body, { path: where }) => where === '/products/prod-102' ? { ...body, available: false } : undefined);
    const { status, report, stderr } = await runFlow('order-workflow', gateway.url, { args: ['--server', `order-workflow=${shop}`] });
    assert.equal(status, 1);
    assert.deepEqual(failuresOf(report), [['orderWorkflow', 'eachProduct', 'criterion']]);
    const elements = report.runs[0].steps.filter(({ step }) => step === 'eachProduct');
    assert.deepEqual(elements.map(({ element, verdict }) => [element, verdict]), [[0, 'passed'], [1, 'failed']]);
    assert.match(report.runs[0].why, /step 'product' of 'lookAtProduct'/);
    assert.match(stderr, /product +GET \/products\/prod-102 .*FAILED \(criterion\)/);
    assert.ok(!triesOf(report).some(([step]) => step === 'taxes'));
});

// ---- before anything is sent ----

test('an input that breaks its schema is told before anything is sent', async () => {
    const { status, stderr } = await plumbline(['flow', 'run', flowFile('order-to-erp'), '--server', 'http://127.0.0.1:1', '--input', 'currency=dollars']);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /currency/);
    assert.match(stderr, /dollars/);
});

test('a server alone is enough: the services are where their contracts have them below it', async () => {
    const gateway = await startSimulated();
    await gateway.set('b2b-orders', { appears_after: { polls: 0 } });
    for (const name of flows) {
        const done = await plumbline(['flow', 'run', flowFile(name), '--server', gateway.url]);
        assert.equal(done.status, 0, done.stderr + done.stdout);
    }
});

test('the sample configuration has an environment that works, and a token that is told nowhere', async () => {
    const gateway = await startSimulated();
    await gateway.set('b2b-orders', { appears_after: { polls: 0 } });
    const config = path.join(root, 'rules/flows/staging.config.yaml');
    const { status, stderr } = await plumbline(['flow', 'run', flowFile('order-to-erp'), '--config', config, '--server', gateway.url]);
    assert.equal(status, 0, stderr);

    const servers = ['shopping-cart', 'checkout', 'order', 'b2b-orders', 'erp', 'storefront']
        .flatMap((name) => ['--server', `${name}=${gateway.url}/${name === 'b2b-orders' ? 'b2b' : name}`]);
    const folder = gateway.folder;
    const staging = await plumbline(['flow', 'run', flowFile('order-to-erp'), '--config', config, '--env', 'staging', ...servers, '-v',
        '--record', path.join(folder, 'record'), '--log-file', path.join(folder, 'flow.log'), '--report', 'json'],
    { env: { STAGING_TOKEN: 'very-secret-token' } });
    assert.equal(staging.status, 0, staging.stderr);
    assert.equal(JSON.parse(staging.stdout).runs[0].outputs.total, 61.47);
    const { stdout } = await plumbline(['log', 'show', path.join(folder, 'record')]);
    assert.match(stdout, /sendToErp|createErpOrder/);
    for (const told of [staging.stdout, staging.stderr, stdout])
        assert.ok(!told.includes('very-secret-token'));
});

test('three hundred runs at a time: each goes through, and no rule is broken between them', async () => {
    const gateway = await startSimulated();
    const args = [...RULES, '--repeat', '300', '--concurrency', '300'];
    const { status, report, stderr } = await runFlow('order-to-erp', gateway.url, { args, timeout: 120_000 });
    assert.equal(status, 0, stderr.slice(0, 4000));
    assert.deepEqual([report.summary.passed, report.summary.failed, report.summary.error], [300, 0, 0], JSON.stringify(report.summary));
    await gateway.check();
});
