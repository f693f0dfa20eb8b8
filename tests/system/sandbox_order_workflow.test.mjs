// Document 004 as a working service: a cart, priced by the services that its workflow asks side by side.
import assert from 'node:assert/strict';
import test from 'node:test';
import { cents, create, eventOf, example, get, patch, receive, send, taxesFor, totalsOf } from './lib/order_workflow.mjs';
import { expect, startSimulated } from './lib/simulated.mjs';

const SERVICE = 'order-workflow';

async function run(gateway, items, customerId, currency) {
    const { body: cart } = await expect(201, create(gateway, items, customerId, currency));
    assert.equal(cart.status, 'created');
    const { body: priced } = await expect(200, patch(gateway, cart.cartId, await totalsOf(gateway, cart)));
    const event = eventOf(priced);
    assert.deepEqual((await expect(202, receive(gateway, event))).body, { eventId: event.eventId, status: 'accepted' });
    return priced;
}

test('the workflow prices its cart: items, less discount, plus tax', async () => {
    const gateway = await startSimulated();
    const cart = await run(gateway);
    const { cartId, totalAmount, taxAmount, discountAmount, status } = cart;
    assert.deepEqual({ cartId, totalAmount, taxAmount, discountAmount, status },
        { cartId: 'cart-3001', totalAmount: 97.2, taxAmount: 7.2, discountAmount: 10, status: 'priced' });

    const [event, ...more] = await gateway.notes('events', SERVICE);
    assert.equal(more.length, 0);
    assert.deepEqual([event.event, event.cartId, event.totalAmount, event.handed_on], ['OrderCreatedEvent', 'cart-3001', 97.2, true]);
    assert.deepEqual((await gateway.notes('audit', SERVICE)).map(({ to }) => to), ['created', 'priced', 'submitted']);
    await gateway.check();
});

test('amounts follow from prices, promotions, tax classes and places', async () => {
    const gateway = await startSimulated();
    const line = (number, quantity, price = `price-${number}`) => ({ productId: `prod-${number}`, priceId: price, quantity });
    for (const [items, customer, currency, discountAmount, taxAmount, totalAmount] of [
        [[line(101, 1)], 'cust-501', 'USD', 0, 2.4, 32.4],               // too few for the promotion
        [[line(101, 7)], 'cust-501', 'USD', 20.5, 15.16, 204.66],        // ten off, and five per cent of 210
        [[line(102, 1), line(103, 1)], 'cust-501', 'USD', 0, 4, 63.99],  // 3.20 and, reduced, 0.80
        [[line(104, 2)], 'cust-501', 'USD', 0, 0, 50],                   // exempt
        [[line(102, 1), line(104, 1)], 'cust-501', 'USD', 0, 3.2, 68.2],
        [[line(102, 3)], 'cust-502', 'USD', 0, 0, 120],                  // a place without tax
        [[line(102, 2)], 'cust-505', 'USD', 0, 5.8, 85.8],               // two taxes: 4.80 and 1.00
        [[line(101, 2, 'price-101-eur'), line(103, 1, 'price-103-eur')], 'cust-503', 'EUR', 0, 11.9, 86.2],
    ]) {
        const cart = await run(gateway, items, customer, currency);
        assert.deepEqual([cart.discountAmount, cart.taxAmount, cart.totalAmount], [discountAmount, taxAmount, totalAmount], JSON.stringify(items));
    }
    await gateway.check();
});

test('what a cart names must exist and fit', async () => {
    const gateway = await startSimulated();
    const item = example[0];
    for (const [items, customer, currency] of [
        [example, 'cust-0', 'USD'], [[{ ...item, productId: 'prod-0' }], 'cust-501', 'USD'], [[{ ...item, priceId: 'price-0' }], 'cust-501', 'USD'],
        [[{ ...item, priceId: 'price-102' }], 'cust-501', 'USD'], [[item], 'cust-501', 'EUR'],
        [[{ productId: 'prod-199', priceId: 'price-199', quantity: 1 }], 'cust-501', 'USD'],
    ])
        assert.ok((await expect(422, create(gateway, items, customer, currency))).body.message);
    for (const target of ['/products/prod-0', '/prices/price-0', '/customers/cust-0', '/promotions/cart?cartId=cart-0'])
        assert.match((await expect(404, send(gateway, 'GET', target))).body.message, /^No /);
    assert.equal((await get(gateway, '/products/prod-199')).available, false);

    const { body: cart } = await expect(201, create(gateway));
    assert.match((await expect(422, send(gateway, 'GET', taxesFor(cart, { country: 'US', region: 'ZZ' }, 90)))).body.message, /region ZZ of US/);
    await expect(422, send(gateway, 'GET', taxesFor({ ...cart, cartId: 'cart-0' }, { country: 'US', region: 'NY' }, 90)));
    assert.deepEqual((await get(gateway, taxesFor(cart, { country: 'US', region: 'NY' }, 90))).taxes, [{ name: 'Sales tax', rate: 0.08, amount: 7.2 }]);
    assert.deepEqual((await get(gateway, `/promotions/cart?cartId=${cart.cartId}&productId=prod-102`)).promotions, []);
    await gateway.check();
});

test('totals that do not follow are refused, those that do are written once', async () => {
    const gateway = await startSimulated();
    const created = await expect(201, create(gateway));
    const id = created.body.cartId;
    const totals = await totalsOf(gateway, created.body);
    assert.match((await expect(422, patch(gateway, id, { ...totals, totalAmount: 100 }))).body.message, /97\.20.*100\.00/);
    await expect(422, patch(gateway, id, { ...totals, taxAmount: 7.3, totalAmount: 97.3 }));
    await expect(422, patch(gateway, id, { ...totals, discountAmount: 0 }));
    await expect(404, patch(gateway, 'cart-0', totals));
    await expect(412, patch(gateway, id, totals, { 'If-Match': '"9"' }));
    const priced = await expect(200, patch(gateway, id, totals, { 'If-Match': created.headers.get('etag') }));
    assert.notEqual(priced.headers.get('etag'), created.headers.get('etag'));
    const again = await expect(200, patch(gateway, id, totals));
    assert.equal(again.headers.get('etag'), priced.headers.get('etag'), 'the same totals change nothing');
    await expect(412, patch(gateway, id, totals, { 'If-Match': created.headers.get('etag') }));

    await expect(202, receive(gateway, eventOf(priced.body)));
    await expect(409, patch(gateway, id, { ...totals, totalAmount: 1 }));
    assert.equal((await expect(200, patch(gateway, id, totals))).body.status, 'submitted');
    await gateway.check();
});

test('an event is taken once; one that does not fit its cart is an alert', async () => {
    const gateway = await startSimulated();
    const cart = await run(gateway);
    const event = eventOf(cart);
    for (let i = 0; i < 3; i++)
        await expect(202, receive(gateway, event));
    assert.equal((await gateway.notes('events', SERVICE)).length, 2);
    assert.equal((await gateway.notes('alerts', SERVICE)).length, 1, 'the cart is submitted already');
    await expect(202, receive(gateway, eventOf(cart, { cartId: 'cart-0' })));
    assert.match((await gateway.notes('alerts', SERVICE))[1].text, /does not fit cart cart-0/);
});

test('a cart that is created again under its key is the same cart', async () => {
    const gateway = await startSimulated();
    const key = { 'Idempotency-Key': 'workflow-0001' };
    const first = await expect(201, create(gateway, example, 'cust-501', 'USD', key));
    assert.deepEqual((await expect(201, create(gateway, example, 'cust-501', 'USD', key))).body, first.body);
    await expect(409, create(gateway, example.slice(1), 'cust-501', 'USD', key));
    await gateway.check();
});

test('many workflows at once are each consistent', async () => {
    const gateway = await startSimulated();
    const carts = await Promise.all(Array.from({ length: 20 }, (_, i) =>
        run(gateway, [{ productId: 'prod-102', priceId: 'price-102', quantity: i + 1 }, { productId: 'prod-104', priceId: 'price-104', quantity: 1 }], 'cust-505')));
    carts.forEach((cart, i) => {
        const items = (i + 1) * 40 + 25;
        const discount = items >= 200 ? cents(items * 0.05) : 0;
        assert.equal(cart.discountAmount, discount);
        assert.equal(cart.totalAmount, cents(items - discount + cart.taxAmount));
        assert.equal(cart.items[0].quantity, i + 1);
    });
    assert.equal(new Set(carts.map(({ cartId }) => cartId)).size, 20);
    assert.equal((await gateway.notes('events', SERVICE)).filter(({ handed_on: done }) => done).length, 20);
    await gateway.check();
});
