// Document 001 as a working service: cart, invoice, payment, shipment, and a mail about each.
import assert from 'node:assert/strict';
import test from 'node:test';
import { billOf, cart, invoice, items, mail, pay, person, ship } from './lib/orderflow.mjs';
import { expect as expectAnswer, startSimulated } from './lib/simulated.mjs';

const SERVICE = 'orderflow';
const expect = async (status, asked) => (await expectAnswer(status, asked)).body;

// From the cart to the parcel, with a mail after each step.
async function run(gateway, lines, who = person, customerId = '8080') {
    const order = await expect(200, cart(gateway, lines, customerId));
    const bill = await expect(200, invoice(gateway, billOf(order, customerId, who)));
    await expect(200, mail(gateway, 'InvoiceCreated', who.name));
    const payment = await expect(200, pay(gateway, bill));
    await expect(200, mail(gateway, 'PaymentProcessed', who.name));
    const parcel = await expect(200, ship(gateway, order.orderId, who));
    assert.deepEqual(await expect(200, mail(gateway, 'OrderShipped', who.name)), { status: 'OK' });
    return { order, bill, payment, parcel };
}

test('the examples of the document come true, one after the other', async () => {
    const gateway = await startSimulated();
    const { order, bill, payment, parcel } = await run(gateway);
    assert.deepEqual(order, { orderId: '456', tax: 36, subTotalAmount: 164, totalAmount: 200, items, status: 'pending' });
    assert.deepEqual(bill, { invoiceId: '789', orderId: '456', customerId: '8080', totalAmount: 200 });
    assert.equal(payment.transactionId, 1071573807);
    assert.deepEqual(payment.credit_card, { first_name: 'Bob', last_name: 'Norman', first_digits: '424242', last_digits: '4242',
        brand: 'visa', expiry_month: 9, expiry_year: 2024, customer_id: 8080 });
    const { amount, currency, customer_id: customer } = payment.payment;
    assert.deepEqual({ amount, currency, customer }, { amount: '200.0', currency: 'USD', customer: 8080 });
    assert.deepEqual(parcel, { tracking_number: 12345678 });

    const events = await gateway.notes('events', SERVICE);
    assert.deepEqual(events.map(({ event, orderId }) => [event, orderId]),
        ['CartUpdated', 'InvoiceCreated', 'PaymentProcessed', 'OrderShipped'].map((event) => [event, '456']));
    const outbox = await gateway.notes('outbox', SERVICE);
    assert.deepEqual(outbox.map(({ to, event, orderId }) => [to, event, orderId]),
        ['InvoiceCreated', 'PaymentProcessed', 'OrderShipped'].map((event) => ['jane.doe@shop.example', event, '456']));
    await gateway.check();
});

test('the invoice of the document is taken, though it names other products than its cart', async () => {
    const gateway = await startSimulated();
    const order = await expect(200, cart(gateway));
    const other = items.map((line, index) => ({ ...line, productId: String(index + 1) }));
    await expect(200, invoice(gateway, { ...billOf(order), items: other }));
    await gateway.check();
});

test('tax is 18 % of what is paid, to the cent', async () => {
    const gateway = await startSimulated();
    for (const [lines, expected] of [
        [[{ productId: 'a', quantity: 3, price: 19.99 }], { totalAmount: 59.97, tax: 10.79, subTotalAmount: 49.18 }],
        [[{ productId: 'a', quantity: 1, price: 0.25 }], { totalAmount: 0.25, tax: 0.05, subTotalAmount: 0.2 }],
        [[{ productId: 'a', quantity: 7, price: 0.1 }, { productId: 'b', quantity: 9999, price: 1.01 }],
            { totalAmount: 10099.69, tax: 1817.94, subTotalAmount: 8281.75 }],
        [[{ productId: 'free', quantity: 1, price: 0 }], { totalAmount: 0, tax: 0, subTotalAmount: 0 }],
    ]) {
        const { totalAmount, tax, subTotalAmount } = await expect(200, cart(gateway, lines));
        assert.deepEqual({ totalAmount, tax, subTotalAmount }, expected);
    }
    await expect(400, cart(gateway, [{ productId: 'a', quantity: 9999, price: 999999999.99 }]));
    await gateway.check();
});

test('an invoice agrees with its order, and is issued once', async () => {
    const gateway = await startSimulated();
    const order = await expect(200, cart(gateway));
    const bill = billOf(order);
    const wrong = async (change, pointer) => {
        const { errors } = await expect(422, invoice(gateway, { ...bill, ...change }));
        assert.equal(errors[0].pointer, pointer);
    };
    await wrong({ totalAmount: 210 }, '/totalAmount');
    await wrong({ tax: 30, subTotalAmount: 170 }, '/tax');
    await wrong({ tax: 46, totalAmount: 210 }, '/totalAmount');
    await wrong({ orderId: '1' }, '/orderId');
    await wrong({ customerId: '9090' }, '/customerId');
    await wrong({ items: items.slice(1) }, '/items');
    await wrong({ items: [{ ...items[0], quantity: 1 }, items[1]] }, '/items');
    await expect(200, invoice(gateway, bill));
    assert.match((await expect(409, invoice(gateway, bill))).detail, /invoice 789/);
});

test('an invoice is paid once, by its customer, in full; the billing partner may decline', async () => {
    const gateway = await startSimulated();
    const bill = await expect(200, invoice(gateway, billOf(await expect(200, cart(gateway)))));
    const key = { headers: { 'Idempotency-Key': 'payment-0001' } };
    assert.equal((await expect(422, pay(gateway, { ...bill, totalAmount: 199.99 }))).errors[0].pointer, '/totalAmount');
    assert.equal((await expect(422, pay(gateway, { ...bill, invoiceId: '1' }))).errors[0].pointer, '/invoiceId');
    assert.equal((await expect(422, pay(gateway, { ...bill, customerId: '9090' }))).errors[0].pointer, '/customerId');
    const paid = await expect(200, pay(gateway, bill, key));
    assert.deepEqual(await expect(200, pay(gateway, bill, key)), paid);
    assert.match((await expect(422, pay(gateway, { ...bill, totalAmount: 1 }, key))).detail, /Idempotency-Key/);
    assert.match((await expect(409, pay(gateway, bill))).detail, new RegExp(paid.transactionId));
    assert.equal((await gateway.notes('events', SERVICE)).filter(({ event }) => event === 'PaymentProcessed').length, 1);

    const declined = await expect(200, invoice(gateway, billOf(await expect(200, cart(gateway, items, '4002')), '4002')));
    assert.match((await expect(402, pay(gateway, declined))).detail, /declined/);
    const small = [{ productId: 'a', quantity: 1, price: 100 }];
    const within = await expect(200, invoice(gateway, billOf(await expect(200, cart(gateway, small, '4100')), '4100')));
    assert.equal((await expect(200, pay(gateway, within))).credit_card.brand, 'mastercard');
    await gateway.check();
});

test('a customer whose identifier is no number has one at the billing partner', async () => {
    const gateway = await startSimulated();
    const seen = [];
    for (const customer of ['jane', 'john', 'jane']) {
        const bill = await expect(200, invoice(gateway, billOf(await expect(200, cart(gateway, items, customer)), customer)));
        seen.push((await expect(200, pay(gateway, bill))).payment.customer_id);
    }
    assert.equal(seen[0], seen[2]);
    assert.notEqual(seen[0], seen[1]);
    await gateway.check();
});

test('goods leave once, and after they are paid', async () => {
    const gateway = await startSimulated();
    const order = await expect(200, cart(gateway));
    assert.equal((await expect(422, ship(gateway, '1'))).errors[0].pointer, '/orderId');
    assert.match((await expect(409, ship(gateway, order.orderId))).detail, /no invoice/);
    const bill = await expect(200, invoice(gateway, billOf(order)));
    assert.match((await expect(409, ship(gateway, order.orderId))).detail, /not paid/);
    await expect(200, pay(gateway, bill));
    const { tracking_number: parcel } = await expect(200, ship(gateway, order.orderId));
    assert.match((await expect(409, ship(gateway, order.orderId))).detail, new RegExp(parcel));
    await gateway.check();
});

test('many flows at once are each consistent', async () => {
    const gateway = await startSimulated();
    const done = await Promise.all(Array.from({ length: 20 }, (_, i) =>
        run(gateway, [{ productId: 'a', quantity: i + 1, price: 9.99 }], { ...person, name: `Jane ${i}` }, String(100 + i))));
    done.forEach(({ order, bill, payment }, i) => {
        const total = Number(((i + 1) * 9.99).toFixed(2));
        assert.equal(order.totalAmount, total);
        assert.equal(Number((order.tax + order.subTotalAmount).toFixed(2)), total);
        assert.equal(bill.totalAmount, total);
        assert.equal(Number(payment.payment.amount), total);
        assert.equal(payment.payment.customer_id, 100 + i);
    });
    for (const one of [({ order }) => order.orderId, ({ bill }) => bill.invoiceId, ({ payment }) => payment.transactionId,
        ({ parcel }) => parcel.tracking_number])
        assert.equal(new Set(done.map(one)).size, 20);
    const outbox = await gateway.notes('outbox', SERVICE);
    assert.equal(outbox.length, 60);
    for (const { name, orderId } of outbox)
        assert.equal(orderId, done[Number(name.slice(5))].order.orderId);
    await gateway.check();
});
