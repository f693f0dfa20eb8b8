// Document 002 as a working service: orders against an inventory, from many clients at once, and through a kill -9.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { root } from './lib/index.mjs';
import { cancel, change, place, products, view } from './lib/order_processing.mjs';
import { simulatedFolder, startSimulated } from './lib/simulated.mjs';

const SERVICE = 'order-processing';
const seed = JSON.parse(readFileSync(path.join(root, 'rules/sandbox/seed.json'), 'utf8'))[SERVICE];
const initially = (product) => seed.inventory[product].product_count;

const countOf = (body) => Object.fromEntries(body.products.map((each) => [each.product_id, each.item_count ?? each.product_count]));
const error = (sentence) => ({ error: sentence, documentation: 'https://helpful.link/' });
const outOfStock = error('Product out of stock.');

const stock = async (gateway, product) => (await gateway.record(SERVICE, 'inventory', product)).product_count;

function placed(answer) {
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body.order_id;
}

function refused(answer, status, body) {
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.deepEqual(answer.body, body);
}

test('an order takes its products out of the inventory, a change and a cancellation put them back', async () => {
    const gateway = await startSimulated();
    const before = { p001: initially('p001'), p002: initially('p002') };

    const order = await place(gateway, { p001: 3, p002: 1 });
    const id = placed(order);
    assert.deepEqual(order.body, { message: 'Success! Order placed', order_id: id,
        products: [{ product_id: 'p001', product_count: 3 }, { product_id: 'p002', product_count: 1 }] });
    assert.equal(await stock(gateway, 'p001'), before.p001 - 3);

    const changed = await change(gateway, id, { p001: 1, p002: 0, p005: 2 });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.deepEqual(changed.body,
        { message: 'Order successfully updated', order_id: id, order_status: 'placed', ...products({ p001: 1, p002: 0, p005: 2 }) });
    assert.deepEqual((await view(gateway, id)).body, { order_id: id, order_status: 'placed', ...products({ p001: 1, p005: 2 }) });
    assert.equal(await stock(gateway, 'p001'), before.p001 - 1);
    assert.equal(await stock(gateway, 'p002'), before.p002);

    assert.deepEqual((await cancel(gateway, id)).body, { message: 'Order successfully cancelled' });
    assert.deepEqual((await view(gateway, id)).body, { order_id: id, order_status: 'cancelled', ...products({ p001: 1, p005: 2 }) });
    assert.equal(await stock(gateway, 'p001'), before.p001);
    assert.equal(await stock(gateway, 'p005'), initially('p005'));
    await gateway.check();
});

test('what is out of stock is named, or refuses the order: by the switch, and when nothing is left', async () => {
    const gateway = await startSimulated();
    refused(await place(gateway, { p004: 1 }), 404, outOfStock);
    refused(await place(gateway, { nowhere: 1 }), 404, outOfStock);

    const partial = await place(gateway, { p001: 2, p004: 1 });
    placed(partial);
    assert.deepEqual(partial.body.products, [{ product_id: 'p001', product_count: 2 }]);
    assert.deepEqual(partial.body.out_of_stock, [{ product_id: 'p004', item_count: 1 }]);

    await gateway.set(SERVICE, { partial_fulfilment: false });
    const left = await stock(gateway, 'p001');
    refused(await place(gateway, { p001: 2, p004: 1 }), 404, outOfStock);
    assert.equal(await stock(gateway, 'p001'), left);
    refused(await change(gateway, partial.body.order_id, { p002: initially('p002') + 1 }), 404, outOfStock);
    await gateway.check();
});

test('a product that is ordered twice in one order is counted once', async () => {
    const gateway = await startSimulated();
    const twice = [{ product_id: 'p001', item_count: 2 }, { product_id: 'p001', item_count: 3 }];
    const order = await gateway.ask('POST', '/orders', { body: { products: twice } });
    assert.deepEqual(countOf(order.body), { p001: 5 });
    assert.equal((await gateway.ask('PATCH', `/orders/${order.body.order_id}`, { body: { products: twice } })).status, 400);
    const most = [{ product_id: 'p005', item_count: 9999 }, { product_id: 'p005', item_count: 1 }];
    assert.equal((await gateway.ask('POST', '/orders', { body: { products: most } })).status, 400);
    await gateway.check();
});

test('orders of others, old versions, what is over and what never was are refused', async () => {
    const gateway = await startSimulated();
    const order = await place(gateway, { p001: 1 });
    const id = placed(order);
    const notFound = error('Order not found. Ensure supplied order_id is correct.');
    for (const ask of [view, cancel, (...args) => change(args[0], args[1], { p001: 1 }, args[2])]) {
        refused(await ask(gateway, 'ord-1'), 404, notFound);
        refused(await ask(gateway, id, { token: 'somebody-else' }), 403, error('This order belongs to another user.'));
    }
    assert.equal((await gateway.ask('GET', `/orders/${id}`, { token: null })).status, 401);

    const etag = order.headers.get('etag');
    const changed = await change(gateway, id, { p001: 2 }, { headers: { 'If-Match': etag } });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), etag);
    const left = await stock(gateway, 'p001');
    assert.equal((await change(gateway, id, { p001: 9 }, { headers: { 'If-Match': etag } })).status, 412);
    assert.equal((await cancel(gateway, id, { headers: { 'If-Match': etag } })).status, 412);
    assert.equal(await stock(gateway, 'p001'), left, 'what was refused moved stock');

    assert.equal((await cancel(gateway, id, { headers: { 'If-Match': changed.headers.get('etag') } })).status, 200);
    refused(await cancel(gateway, id), 409, error('The order is cancelled already.'));
    refused(await change(gateway, id, { p001: 1 }), 409, error('The order is cancelled and can no longer be changed.'));
    await gateway.check({ mistakes: ['security-missing'] });
});

test('a request that is sent again under its key is done once', async () => {
    const gateway = await startSimulated();
    const headers = { 'Idempotency-Key': 'first-order' };
    const all = await Promise.all(Array.from({ length: 20 }, () => place(gateway, { p002: 1 }, { headers })));
    const [first] = all;
    placed(first);
    for (const each of all) {
        assert.deepEqual(each.body, first.body);
        assert.equal(each.headers.get('etag'), first.headers.get('etag'));
    }
    assert.equal(await stock(gateway, 'p002'), initially('p002') - 1);
    assert.equal((await place(gateway, { p002: 2 }, { headers })).status, 409);
    assert.notEqual(placed(await place(gateway, { p002: 1 }, { headers, token: 'another' })), first.body.order_id);
    await gateway.check();
});

test('of fifty clients that want the last item exactly one gets it', async () => {
    const gateway = await startSimulated();
    assert.equal(initially('p003'), 1);
    const race = () => Promise.all(Array.from({ length: 50 }, (_, i) => place(gateway, { p003: 1 }, { token: `client-${i}` })));
    for (let round = 0; round < 3; round++) {
        const answers = await race();
        const winner = answers.findIndex(({ status }) => status === 200);
        for (const [i, answer] of answers.entries())
            if (i !== winner)
                refused(answer, 404, outOfStock);
        assert.equal(await stock(gateway, 'p003'), 0);
        assert.equal((await cancel(gateway, answers[winner].body.order_id, { token: `client-${winner}` })).status, 200);
        assert.equal(await stock(gateway, 'p003'), 1);
    }
    await gateway.check();
});

test('an inventory that does not answer is asked again, then the order is refused and an alert is seen', async () => {
    const gateway = await startSimulated();
    await gateway.set(SERVICE, { inventory: { fails: 2 } });
    const id = placed(await place(gateway, { p001: 1 }));
    assert.equal((await gateway.notes('inventory', SERVICE)).length, 2);
    assert.deepEqual(await gateway.notes('alerts', SERVICE), []);

    await gateway.set(SERVICE, { inventory: 'unreachable' });
    const left = await stock(gateway, 'p001');
    for (const answer of [await place(gateway, { p001: 1 }), await change(gateway, id, { p001: 3 }), await cancel(gateway, id)]) {
        refused(answer, 503, error('The inventory cannot be reached. Please try again later.'));
        assert.match(answer.headers.get('retry-after'), /^\d+$/);
    }
    assert.equal((await view(gateway, id)).body.order_status, 'placed');
    assert.equal(await stock(gateway, 'p001'), left);
    const alerts = await gateway.notes('alerts', SERVICE);
    assert.equal(alerts.length, 3);
    assert.match(JSON.stringify(alerts[0]), /inventory cannot be reached/);

    await gateway.set(SERVICE, { inventory: null });
    assert.equal((await cancel(gateway, id)).status, 200);
    await gateway.check();
});

test('who asks too often is told how long to wait', async () => {
    const gateway = await startSimulated();
    await gateway.set(SERVICE, { rate_limit: { requests: 2, per_seconds: 3600 } });
    const statuses = [];
    for (let i = 0; i < 3; i++)
        statuses.push((await view(gateway, 'ord-1001')).status);
    assert.deepEqual(statuses, [200, 200, 429]);
    const late = await view(gateway, 'ord-1001');
    refused(late, 429, error('Too many requests. Please slow down.'));
    assert.ok(Number(late.headers.get('retry-after')) > 0);
    assert.equal((await view(gateway, 'ord-1001', { token: 'another' })).status, 200);
    await gateway.check();
});

test('kill -9 while orders come in loses none that was answered, and no stock', async () => {
    const folder = simulatedFolder();
    const args = ['--state', path.join(folder, 'state.db')];
    const first = await startSimulated({ folder, args });
    const answered = [];
    const client = async () => {
        for (;;) {
            const answer = await place(first, { p005: 3 }).catch(() => null);
            if (answer?.status !== 200)
                return;
            answered.push(answer.body.order_id);
            if (answered.length === 60)
                first.signal('SIGKILL');
        }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    await first.exit;
    assert.ok(answered.length >= 60);

    const second = await startSimulated({ folder, args });
    for (const id of answered)
        assert.deepEqual(countOf((await view(second, id)).body), { p005: 3 }, id);
    const moves = (await second.notes('stock', SERVICE)).filter(({ product_id }) => product_id === 'p005');
    const orders = new Set(moves.map(({ order_id }) => order_id));
    assert.equal(orders.size, moves.length);
    for (const id of orders)
        assert.deepEqual(countOf((await view(second, id)).body), { p005: 3 }, id);
    assert.equal(await stock(second, 'p005'), initially('p005') - 3 * orders.size);
    placed(await place(second, { p005: 1 }));
    assert.equal(await stock(second, 'p005'), initially('p005') - 3 * orders.size - 1);
    await second.check();
});
