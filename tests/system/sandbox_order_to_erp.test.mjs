// Document 000 as six working services: one order on its way from the cart to the ERP and back to the storefront.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { freePort, readRecording } from './lib/index.mjs';
import {
    addItem, checkout, createCart, getB2b, getCart, getErp, getOrder, jane, keyboard, listB2b, mouse, patchB2b, placedOrder, poll, sendToErp,
    setStatus, show, TRIES,
} from './lib/order_to_erp.mjs';
import { expect, simulatedFolder, startSimulated } from './lib/simulated.mjs';

const etag = (answer) => answer.headers.get('etag');
const ifMatch = (answer) => ({ headers: { 'If-Match': etag(answer) } });
const key = (name) => ({ headers: { 'Idempotency-Key': name } });

// The whole document: everything that was answered on the way.
async function run(gateway, items) {
    const placed = await placedOrder(gateway, items);
    await expect(200, setStatus(gateway, placed.id, 'Awaiting Fulfillment'));
    const polled = await poll(gateway, placed.id);
    assert.ok(polled.order, `order ${placed.id} did not arrive`);
    const { body: erp } = await expect(201, sendToErp(gateway, polled.order));
    const { body: b2b } = await expect(200, patchB2b(gateway, placed.id, erp));
    const { body: shown } = await expect(200, show(gateway, placed.id));
    return { ...placed, ...polled, erp, b2b, shown };
}

function consistent({ id, cart, checkout: placed, order, erp, b2b, shown }) {
    for (const each of [placed, order, erp, b2b, shown])
        assert.equal(each.order_id, id);
    for (const each of [placed, order, erp, b2b, shown])
        assert.equal(each.total, cart.total);
    for (const each of [order, b2b, shown])
        assert.deepEqual(each.items, cart.items);
    for (const each of [b2b, shown]) {
        assert.deepEqual(each.fulfillment, erp.fulfillment);
        assert.deepEqual(each.confirmation, erp.confirmation);
    }
    assert.equal(b2b.status, 'confirmed');
    assert.equal(shown.status, 'Awaiting Shipment');
}

test('an order goes from the cart to the ERP and back to the storefront', async () => {
    const gateway = await startSimulated();
    const done = await run(gateway);
    consistent(done);

    assert.equal(done.cart.total, 114.5);
    assert.deepEqual(done.cart.items.map(({ line_total }) => line_total), [50, 64.5]);
    assert.equal(done.retries, 2, 'two polls in vain unless something else is set');
    assert.equal(done.erp.status, 'accepted');
    assert.deepEqual(done.erp.fulfillment.lines, [{ product_id: 'WM-201', quantity: 2 }, { product_id: 'KB-310', quantity: 1 }]);
    assert.equal((await getOrder(gateway, done.id)).body.status, 'Awaiting Shipment');
    assert.equal((await getCart(gateway, done.cart.cart_id)).body.status, 'checked_out');
    assert.deepEqual((await getErp(gateway, done.id)).body, done.erp);
    assert.deepEqual((await gateway.ask('GET', `/checkout/checkouts/${done.checkout.checkout_id}`)).body, done.checkout);

    assert.deepEqual((await gateway.notes('events', 'order')).map(({ event, order_id }) => [event, order_id]), [['OrderPlaced', done.id]]);
    assert.deepEqual((await gateway.notes('events', 'b2b-orders')).map(({ event }) => event), ['OrderForwarded', 'OrderConfirmed']);
    assert.deepEqual((await gateway.notes('audit', 'order')).map(({ from, to }) => `${from} -> ${to}`),
        ['Pending -> Awaiting Fulfillment', 'Awaiting Fulfillment -> Awaiting Shipment']);
    assert.deepEqual((await gateway.notes('outbox', 'order')).map(({ to }) => to), ['jane.doe@example.com', 'jane.doe@example.com']);
    await gateway.check();
});

test('the calls of one service to another go through the gateway and are recorded', async () => {
    const gateway = await startSimulated();
    await run(gateway);
    await gateway.check();
    const seen = readRecording(`${gateway.folder}/logs/sandbox`).map(({ _plumbline: { service, operation } }) => `${service} ${operation}`);
    for (const [call, times] of [['shopping-cart getCart', 1], ['order createOrder', 1], ['b2b-orders createB2bOrder', 1],
        ['order updateOrderStatus', 2], ['order getOrder', 1], ['b2b-orders getB2bOrder', 4]])
        assert.equal(seen.filter((each) => each === call).length, times, `${call} in ${seen.join(', ')}`);
});

test('an order that arrives late needs as many retries as it was set to', async () => {
    const gateway = await startSimulated();
    for (const polls of [0, 1, 2, 3, 4]) {
        await gateway.set('b2b-orders', { appears_after: { polls } });
        const done = await run(gateway);
        assert.equal(done.retries, polls);
        consistent(done);
    }
    await gateway.check();
});

test('an order that never arrives ends the flow after the fourth retry, and the check says so', async () => {
    const gateway = await startSimulated();
    await gateway.set('b2b-orders', { appears_after: { polls: 99 } });
    const { id } = await placedOrder(gateway);
    await expect(200, setStatus(gateway, id, 'Awaiting Fulfillment'));
    const { order, retries } = await poll(gateway, id);
    assert.equal(order, undefined);
    assert.equal(retries, TRIES);
    await assert.rejects(gateway.check(), /lifecycle-timeout/);
});

test('an order arrives after a time where that is set', async () => {
    const gateway = await startSimulated();
    await gateway.set('b2b-orders', { appears_after: { seconds: 1 } });
    const { id } = await placedOrder(gateway);
    await expect(200, setStatus(gateway, id, 'Awaiting Fulfillment'));
    await expect(404, getB2b(gateway, id));
    const arrived = await gateway.until(async () => {
        const answer = await getB2b(gateway, id);
        return answer.status === 200 && answer;
    });
    assert.equal(arrived.body.order_id, id);
});

test('a cart becomes an order once', async () => {
    const gateway = await startSimulated();
    const { cart, id } = await placedOrder(gateway);
    assert.match((await expect(409, checkout(gateway, cart.cart_id))).body.detail, new RegExp(id));
    assert.match((await expect(409, addItem(gateway, cart.cart_id, mouse))).body.detail, /checked out/);

    const unknown = '6f1c2a52-0d0e-4d3c-9b60-2f0e5a1c7d44';
    assert.deepEqual((await expect(422, checkout(gateway, unknown))).body.errors, [{ pointer: '/cart_id', detail: 'no cart has this identifier' }]);
    const empty = await expect(201, createCart(gateway, []));
    await expect(422, checkout(gateway, empty.body.cart_id));
    await expect(200, addItem(gateway, empty.body.cart_id, mouse));
    assert.equal((await expect(201, checkout(gateway, empty.body.cart_id))).body.total, 50);
    await gateway.check();
});

test('of many checkouts of one cart exactly one becomes an order', async () => {
    const gateway = await startSimulated();
    const cart = await expect(201, createCart(gateway));
    const answers = await Promise.all(Array.from({ length: 12 }, () => checkout(gateway, cart.body.cart_id)));
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [201, ...Array(11).fill(409)]);
    assert.equal((await gateway.notes('events', 'order')).length, 1);
    await gateway.check();
});

test('what is added to a cart while it is checked out is in the order, or refused', async () => {
    const gateway = await startSimulated();
    for (let round = 0; round < 5; round++) {
        const { body: { cart_id: id } } = await expect(201, createCart(gateway));
        const [placed, ...added] = await Promise.all([checkout(gateway, id), ...Array.from({ length: 6 }, () => addItem(gateway, id, mouse))]);
        assert.equal(placed.status, 201, JSON.stringify(placed.body));
        const taken = added.filter(({ status }) => status === 200).length;
        assert.ok(added.every(({ status }) => [200, 409, 503].includes(status)));
        const { body: order } = await expect(200, getOrder(gateway, placed.body.order_id));
        const { body: cart } = await expect(200, getCart(gateway, id));
        assert.equal(order.total, 114.5 + taken * 50);
        assert.equal(cart.total, order.total);
        assert.deepEqual(cart.items, order.items);
    }
    await gateway.check();
});

test('a request that is sent again under its key is done once', async () => {
    const gateway = await startSimulated();
    const cart = await expect(201, createCart(gateway, [mouse], key('cart-0001')));
    const again = await expect(201, createCart(gateway, [mouse], key('cart-0001')));
    assert.deepEqual(again.body, cart.body);
    assert.equal(etag(again), etag(cart));
    await expect(422, createCart(gateway, [keyboard], key('cart-0001')));

    const id = cart.body.cart_id;
    for (let i = 0; i < 2; i++)
        assert.equal((await expect(200, addItem(gateway, id, keyboard, key('item-0001')))).body.total, 114.5);
    const first = await expect(201, checkout(gateway, id, key('checkout-0001')));
    const second = await expect(201, checkout(gateway, id, key('checkout-0001')));
    assert.deepEqual(second.body, first.body);
    assert.equal(second.headers.get('location'), first.headers.get('location'));

    await gateway.set('b2b-orders', { appears_after: { polls: 0 } });
    await expect(200, setStatus(gateway, first.body.order_id, 'Awaiting Fulfillment'));
    const { order } = await poll(gateway, first.body.order_id);
    const sent = await expect(201, sendToErp(gateway, order, key('erp-send-1')));
    assert.deepEqual((await expect(201, sendToErp(gateway, order, key('erp-send-1')))).body, sent.body);
    await expect(409, sendToErp(gateway, order, key('erp-send-2')));
    await gateway.check();
});

test('the cart adds up to the cent, and takes only what the contract lets it', async () => {
    const gateway = await startSimulated();
    const cents = await expect(201, createCart(gateway, [
        { product_id: 'A', quantity: 3, unit_price: 19.99 }, { product_id: 'B', quantity: 7, unit_price: 0.07 },
        { product_id: 'A', quantity: 1, unit_price: 19.99 }, { product_id: 'A', quantity: 1, unit_price: 0.1 },
    ]));
    assert.equal(cents.body.total, 80.55);
    assert.deepEqual(cents.body.items.map(({ quantity, line_total }) => [quantity, line_total]), [[4, 79.96], [7, 0.49], [1, 0.1]]);

    const id = cents.body.cart_id;
    const added = await expect(200, addItem(gateway, id, mouse, ifMatch(cents)));
    assert.notEqual(etag(added), etag(cents));
    assert.equal(added.body.total, 130.55);
    await expect(412, addItem(gateway, id, mouse, ifMatch(cents)));
    await expect(200, addItem(gateway, id, mouse, ifMatch(added)));
    await expect(422, addItem(gateway, id, { ...mouse, quantity: 9999 }));
    await expect(422, createCart(gateway, [{ product_id: 'A', quantity: 9999, unit_price: 999999999.99 }]));
    const full = await expect(201, createCart(gateway, Array.from({ length: 100 }, (_, i) => ({ ...mouse, product_id: `P-${i}` }))));
    await expect(422, addItem(gateway, full.body.cart_id, keyboard));
    await expect(404, getCart(gateway, '6f1c2a52-0d0e-4d3c-9b60-2f0e5a1c7d44'));
    await gateway.check();
});

test('the order moves as its lifecycle allows, and only from the version that is named', async () => {
    const gateway = await startSimulated();
    const { id, cart } = await placedOrder(gateway);
    const order = await expect(200, getOrder(gateway, id));
    assert.match((await expect(409, setStatus(gateway, id, 'Shipped'))).body.detail, /Pending.*Shipped/);
    await expect(412, setStatus(gateway, id, 'Awaiting Fulfillment', { headers: { 'If-Match': '"17"' } }));
    const moved = await expect(200, setStatus(gateway, id, 'Awaiting Fulfillment', ifMatch(order)));
    const same = await expect(200, setStatus(gateway, id, 'Awaiting Fulfillment'));
    assert.equal(etag(same), etag(moved), 'a status that it has already changes nothing');
    await expect(200, setStatus(gateway, id, 'Cancelled'));
    await expect(409, setStatus(gateway, id, 'Awaiting Fulfillment'));
    await expect(404, setStatus(gateway, 'SO-0', 'Cancelled'));
    await expect(404, show(gateway, 'SO-0'));
    await expect(401, gateway.ask('GET', `/order/orders/${id}`, { token: null }));

    const { customer, shipping_address } = jane;
    const body = { cart_id: cart.cart_id, customer, shipping_address, currency: 'USD', items: cart.items, total: cart.total };
    await expect(409, gateway.ask('POST', '/order/orders', { body }));
    const other = { ...body, cart_id: '6f1c2a52-0d0e-4d3c-9b60-2f0e5a1c7d44' };
    assert.deepEqual((await expect(422, gateway.ask('POST', '/order/orders', { body: { ...other, total: 115 } }))).body.errors,
        [{ pointer: '/total', detail: 'expected 114.50' }]);
    const wrong = cart.items.map((line) => ({ ...line, line_total: line.line_total + 1 }));
    assert.equal((await expect(422, gateway.ask('POST', '/order/orders', { body: { ...other, items: wrong } }))).body.errors[0].pointer,
        '/items/0/line_total');
});

test('the layer is forwarded to once, and keeps one answer of the ERP', async () => {
    const gateway = await startSimulated();
    const { id, order, erp, b2b } = await run(gateway);
    const { customer, shipping_address, currency, items, total } = order;
    await expect(409, gateway.ask('POST', '/b2b/orders', { body: { order_id: id, customer, shipping_address, currency, items, total } }));

    const before = await expect(200, getB2b(gateway, id));
    const again = await expect(200, patchB2b(gateway, id, erp));
    assert.deepEqual(again.body, b2b);
    assert.equal(etag(again), etag(before), 'the same answer changes nothing');
    await expect(412, patchB2b(gateway, id, erp, { headers: { 'If-Match': '"1"' } }));
    const other = { ...erp, confirmation: { ...erp.confirmation, number: 'ERP-1' } };
    assert.match((await expect(409, patchB2b(gateway, id, other))).body.detail, new RegExp(erp.confirmation.number));
    await expect(404, patchB2b(gateway, 'SO-0', erp));

    await gateway.set('b2b-orders', { appears_after: { polls: 0 } });
    const next = await placedOrder(gateway);
    await expect(200, setStatus(gateway, next.id, 'Awaiting Fulfillment'));
    const arrived = await poll(gateway, next.id);
    const foreign = { ...erp, fulfillment: { ...erp.fulfillment, lines: [{ product_id: 'XX-1', quantity: 1 }] } };
    assert.deepEqual((await expect(422, patchB2b(gateway, next.id, foreign))).body.errors,
        [{ pointer: '/fulfillment/lines/0/product_id', detail: 'not ordered' }]);
    const many = { ...erp, fulfillment: { ...erp.fulfillment, lines: [{ product_id: 'WM-201', quantity: 3 }] } };
    await expect(422, patchB2b(gateway, next.id, many));
    const answer = await expect(201, sendToErp(gateway, arrived.order));
    await expect(200, patchB2b(gateway, next.id, answer.body));
    await gateway.check();
});

test('the list of the layer has what has arrived, newest first, page by page', async () => {
    const gateway = await startSimulated();
    await gateway.set('b2b-orders', { appears_after: { polls: 1 } });
    const ids = [];
    for (let i = 0; i < 5; i++) {
        const { id } = await placedOrder(gateway, [mouse]);
        await expect(200, setStatus(gateway, id, 'Awaiting Fulfillment'));
        ids.unshift(id);
    }
    const list = async (query = '') => (await expect(200, listB2b(gateway, query))).body;
    assert.deepEqual(await list(), { orders: [] });
    assert.deepEqual((await list()).orders.map(({ order_id }) => order_id), ids);

    const seen = [];
    let page = await list('?limit=2');
    for (; page.next_cursor; page = await list(`?limit=2&cursor=${page.next_cursor}`))
        seen.push(...page.orders);
    seen.push(...page.orders);
    assert.deepEqual(seen.map(({ order_id }) => order_id), ids);
    assert.deepEqual((await list('?status=confirmed')).orders, []);
    assert.equal((await list('?status=received')).orders.length, 5);
    await expect(400, listB2b(gateway, '?cursor=nowhere'));
    await gateway.check();
});

test('the ERP sets aside what it has, and takes no product that it does not know', async () => {
    const gateway = await startSimulated();
    const line = (product_id, quantity) => ({ product_id, quantity, unit_price: 10, line_total: quantity * 10 });
    const order = (order_id, items) => ({ order_id, ...jane, currency: 'USD', items, total: items.reduce((sum, { line_total }) => sum + line_total, 0) });

    const some = await expect(201, sendToErp(gateway, order('SO-1', [line('KB-LAST', 2), line('WM-201', 1)])));
    assert.equal(some.body.status, 'accepted');
    const rest = await expect(201, sendToErp(gateway, order('SO-2', [line('KB-LAST', 2)])));
    assert.equal(rest.body.status, 'backordered');
    assert.deepEqual(rest.body.fulfillment.lines, [{ product_id: 'KB-LAST', quantity: 1 }]);
    assert.notEqual(rest.body.confirmation.number, some.body.confirmation.number);

    assert.deepEqual((await expect(422, sendToErp(gateway, order('SO-3', [line('WM-201', 1), line('WM-999', 1)])))).body.errors,
        [{ pointer: '/items/1/product_id', detail: 'unknown product' }]);
    await expect(422, sendToErp(gateway, { ...order('SO-4', [line('WM-201', 1)]), total: 11 }));
    await expect(409, sendToErp(gateway, order('SO-1', [line('WM-201', 1)])));
    await expect(404, getErp(gateway, 'SO-3'));
});

test('many flows at once are each consistent', async () => {
    const gateway = await startSimulated();
    const flows = Array.from({ length: 20 }, (_, i) => [{ ...mouse, quantity: i + 1 }, { ...keyboard, unit_price: 10 + i / 100 }]);
    const done = await Promise.all(flows.map((items) => run(gateway, items)));
    done.forEach((each, i) => {
        consistent(each);
        assert.equal(each.retries, 2);
        assert.equal(each.cart.total, Number(((i + 1) * 25 + 10 + i / 100).toFixed(2)));
    });
    assert.equal(new Set(done.map(({ id }) => id)).size, 20);
    assert.equal(new Set(done.map(({ erp }) => erp.confirmation.number)).size, 20);
    await gateway.check();
});

// One of the six is down: its upstream is a port where nobody listens.
async function without(service) {
    const folder = simulatedFolder();
    const file = path.join(folder, 'rules/gateway.yaml');
    const line = new RegExp(`^(  ${service}: .*)upstream: sandbox`, 'm');
    const settings = readFileSync(file, 'utf8');
    assert.match(settings, line);
    writeFileSync(file, settings.replace(line, `$1upstream: "http://127.0.0.1:${await freePort()}"`));
    return startSimulated({ folder });
}

test('when the order service is down the cart stays open', async () => {
    const gateway = await without('order');
    const { body: { cart_id: id } } = await expect(201, createCart(gateway));
    for (let i = 0; i < 2; i++)
        assert.match((await expect(503, checkout(gateway, id))).headers.get('retry-after'), /^\d+$/);
    assert.equal((await expect(200, addItem(gateway, id, mouse))).body.status, 'open');
    await expect(503, show(gateway, 'SO-1'));
});

test('when the layer is down the order is not changed', async () => {
    const gateway = await without('b2b-orders');
    const { id } = await placedOrder(gateway);
    await expect(503, setStatus(gateway, id, 'Awaiting Fulfillment'));
    assert.equal((await getOrder(gateway, id)).body.status, 'Pending');
    await expect(200, setStatus(gateway, id, 'Cancelled'));
});

test('when the cart service is down nothing is checked out', async () => {
    const gateway = await without('shopping-cart');
    await expect(503, checkout(gateway, '6f1c2a52-0d0e-4d3c-9b60-2f0e5a1c7d44'));
});

test('the layer keeps the answer of the ERP while the shop is down, and tells the shop again', async () => {
    const gateway = await without('order');
    await gateway.set('b2b-orders', { appears_after: { polls: 0 } });
    const items = [{ ...mouse, line_total: 50 }];
    const order = { order_id: 'SO-77', ...jane, currency: 'USD', items, total: 50 };
    await expect(201, gateway.ask('POST', '/b2b/orders', { body: order }));
    await expect(200, getB2b(gateway, 'SO-77'));
    const { body: erp } = await expect(201, sendToErp(gateway, order));
    assert.equal((await expect(200, patchB2b(gateway, 'SO-77', erp))).body.status, 'confirmed');
    const told = () => readRecording(`${gateway.folder}/logs/sandbox`).filter(({ _plumbline: { operation } }) => operation === 'updateOrderStatus');
    await gateway.until(() => told().length >= 2);
});
