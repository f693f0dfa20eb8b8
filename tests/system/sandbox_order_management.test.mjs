// Document 003 as a working service: the life of an order, who may move it, and who is told of it.
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { onCleanup } from './lib/index.mjs';
import { address, cancel, create, invoice, list, move, read, wish } from './lib/order_management.mjs';
import { startSimulated } from './lib/simulated.mjs';

const SERVICE = 'order-management';
const ids = ({ orders }) => orders.map(({ order_id }) => order_id);

async function created(gateway, ...args) {
    const answer = await create(gateway, ...args);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.order_id;
}

function refused(answer, status, detail) {
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.equal(answer.body.status, status);
    assert.match(answer.body.detail, detail);
}

const statuses = ({ status, payment_status, shipping_status }) => [status, payment_status, shipping_status];

// A subscriber: { url, events, refuse } on loopback; with refuse it answers 503 so often first.
async function subscriber(refuse = 0) {
    const hook = { events: [], refuse };
    const server = http.createServer((request, response) => {
        let text = '';
        request.on('data', (piece) => { text += piece; });
        request.on('end', () => {
            hook.events.push(JSON.parse(text));
            response.statusCode = hook.events.length > refuse ? 204 : 503;
            response.end();
        });
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    onCleanup(() => server.close());
    return Object.assign(hook, { url: `http://127.0.0.1:${server.address().port}/hook` });
}

test('the orders of the document are there', async () => {
    const gateway = await startSimulated();
    const order = await read(gateway, 'ORD12345');
    assert.deepEqual(order, { order_id: 'ORD12345', status: 'confirmed', total: 75, payment_status: 'paid', shipping_status: 'processing',
        items: [{ product_id: 'p001', name: 'USB Cable', quantity: 2, price: 10 }] });
    const found = await list(gateway, 'user_id=user789&status=confirmed');
    assert.deepEqual(found.orders.map(({ total }) => total), [89.99]);
    assert.equal((await move(gateway, 'ORD12345', 'shipped')).status, 200);
    await gateway.check();
});

test('an order lives from its cart to the door', async () => {
    const gateway = await startSimulated();
    await gateway.set(SERVICE, { fulfilment_ms: 3_600_000 });
    const receipt = await create(gateway);
    const id = receipt.body.order_id;
    assert.deepEqual(receipt.body, { order_id: id, status: 'pending', message: 'Order received and pending payment.' });
    assert.equal(receipt.headers.get('location'), `/api/orders/${id}`);

    const pending = await read(gateway, id);
    assert.deepEqual(statuses(pending), ['pending', 'unpaid', 'pending']);
    assert.equal(pending.total, 89.99);
    assert.deepEqual(pending.shipping_address, address);
    refused(await invoice(gateway, id), 409, /not confirmed/);

    const lives = [['confirmed', 'paid', 'processing'], ['shipped', 'paid', 'shipped'], ['delivered', 'paid', 'delivered']];
    for (const life of lives) {
        const answer = await move(gateway, id, life[0]);
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        assert.deepEqual(statuses(answer.body), life);
        const again = await move(gateway, id, life[0]);
        assert.equal(again.headers.get('etag'), answer.headers.get('etag'), 'the same status again changes nothing');
        assert.deepEqual(await read(gateway, id), answer.body);
        assert.equal(answer.body.total, 89.99);
    }
    const bill = await invoice(gateway, id);
    assert.equal(bill.status, 200);
    assert.equal(bill.body.total, 89.99);
    assert.equal(bill.body.payment_status, 'paid');

    const audit = (await gateway.notes('audit', SERVICE)).filter(({ order_id }) => order_id === id);
    assert.deepEqual(audit.map(({ from, to }) => [from, to]),
        [[undefined, 'pending'], ['pending', 'confirmed'], ['confirmed', 'shipped'], ['shipped', 'delivered']]);
    const mails = (await gateway.notes('outbox', SERVICE)).filter(({ order_id }) => order_id === id);
    assert.deepEqual(mails.map(({ event }) => event), ['order.created', 'order.confirmed', 'order.shipped', 'order.delivered']);
    assert.equal(mails[0].to, 'jane.doe@example.com');
    await gateway.check();
});

test('every move that the lifecycle does not have is 409', async () => {
    const gateway = await startSimulated();
    await gateway.set(SERVICE, { unknown_carts: 'made' });
    const [shipped, delivered] = [['confirmed', 'shipped'], ['confirmed', 'shipped', 'delivered']];
    const ways = { pending: [], confirmed: ['confirmed'], shipped, delivered, cancelled: ['cancelled'] };
    const allowed = { pending: ['confirmed', 'cancelled'], confirmed: ['shipped', 'cancelled'], shipped: ['delivered'] };
    const token = 'admin';
    for (const [from, way] of Object.entries(ways))
        for (const to of Object.keys(ways)) {
            const id = await created(gateway, wish(`from-${from}-to-${to}`), { token });
            for (const status of way)
                assert.equal((await move(gateway, id, status, { token })).status, 200);
            const answer = await move(gateway, id, to, { token });
            if (from === to || allowed[from]?.includes(to))
                assert.equal(answer.body.status, to, `${from} to ${to}: ${JSON.stringify(answer.body)}`);
            else
                refused(answer, 409, new RegExp(from));
        }
    const done = await created(gateway, wish('to-be-delivered'));
    for (const status of ways.delivered)
        await move(gateway, done, status);
    refused(await cancel(gateway, done), 409, /is delivered/);
    refused(await cancel(gateway, 'ORD1'), 404, /No order ORD1/);
    await gateway.check();
});

test('a customer cancels what is pending, only an admin what is confirmed, and then the payment goes back', async () => {
    const gateway = await startSimulated();
    const pending = await created(gateway, wish('abc123'));
    assert.deepEqual((await cancel(gateway, pending)).body, { message: `Order ${pending} cancelled successfully.` });
    assert.deepEqual(statuses(await read(gateway, pending)), ['cancelled', 'unpaid', 'cancelled']);
    refused(await cancel(gateway, pending), 409, /is cancelled/);
    refused(await invoice(gateway, pending), 409, /not confirmed/);

    const paid = await created(gateway, wish('abc124'));
    await move(gateway, paid, 'confirmed');
    refused(await cancel(gateway, paid), 403, /administrator/);
    refused(await move(gateway, paid, 'cancelled'), 403, /administrator/);
    assert.equal((await read(gateway, paid)).status, 'confirmed');
    assert.equal((await cancel(gateway, paid, { token: 'admin' })).status, 200);
    assert.deepEqual(statuses(await read(gateway, paid)), ['cancelled', 'refunded', 'cancelled']);
    assert.equal((await invoice(gateway, paid)).body.payment_status, 'refunded');
    await gateway.check();
});

test('orders belong to the token that made them', async () => {
    const gateway = await startSimulated();
    const id = await created(gateway, wish('abc124', { user_id: 'user1' }), { token: 'one' });
    refused(await gateway.ask('GET', `/api/orders/${id}`, { token: 'two' }), 403, /another user/);
    refused(await move(gateway, id, 'confirmed', { token: 'two' }), 403, /another user/);
    assert.equal((await read(gateway, id, { token: 'admin' })).order_id, id);
    assert.ok(!ids(await list(gateway, '', { token: 'two' })).includes(id));
    assert.ok(ids(await list(gateway, '', { token: 'one' })).includes(id));
    refused(await create(gateway, wish('abc123', { user_id: 'user1' }), { token: 'jane' }), 403, /user789/);
    refused(await gateway.ask('GET', '/api/orders?user_id=user1', { token: 'jane' }), 403, /user789/);
    assert.equal((await gateway.ask('GET', `/api/orders/${id}`, { token: null })).status, 401);
    await gateway.check({ mistakes: ['security-missing'] });
});

test('a cart becomes an order once, and a cart that is none is 422', async () => {
    const gateway = await startSimulated();
    const id = await created(gateway);
    refused(await create(gateway), 409, new RegExp(`became order ${id}`));
    const unknown = await create(gateway, wish('nowhere'));
    refused(unknown, 422, /No cart nowhere/);
    assert.equal(unknown.body.errors[0].pointer, '/cart_id');

    const second = await created(gateway, wish('abc124'));
    assert.equal((await read(gateway, second)).total, 75, 'two cables, shipping and tax');
    await gateway.set(SERVICE, { unknown_carts: 'made' });
    await created(gateway, wish('nowhere'));
    await gateway.check();
});

test('twenty equal requests with one key make one order', async () => {
    const gateway = await startSimulated();
    const headers = { 'Idempotency-Key': 'one-order-only' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(gateway, wish(), { headers })));
    for (const answer of answers) {
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
        assert.deepEqual(answer.body, answers[0].body);
        assert.equal(answer.headers.get('location'), answers[0].headers.get('location'));
    }
    assert.equal((await list(gateway, 'status=pending')).total_count, 1);
    assert.equal((await gateway.notes('outbox', SERVICE)).length, 1);
    refused(await create(gateway, wish('abc124'), { headers }), 422, /Idempotency-Key/);
    assert.equal((await create(gateway, wish('abc124'), { headers, token: 'another' })).status, 201);
    await gateway.check();
});

test('a list has filters, pages and a count', async () => {
    const gateway = await startSimulated();
    await gateway.set(SERVICE, { unknown_carts: 'made' });
    const made = [];
    for (let i = 0; i < 5; i++)
        made.unshift(await created(gateway, wish(`cart-${i}`, { user_id: 'user5' })));
    await move(gateway, made[0], 'confirmed');
    assert.deepEqual(ids(await list(gateway, 'user_id=user5')), made, 'the newest first');
    assert.deepEqual(ids(await list(gateway, 'user_id=user5&status=confirmed')), [made[0]]);
    const page = await list(gateway, 'user_id=user5&page=2&limit=2');
    assert.deepEqual({ ...page, orders: ids(page) }, { orders: [made[2], made[3]], page: 2, limit: 2, total_count: 5 });
    assert.deepEqual(await list(gateway, 'user_id=user5&page=9'), { orders: [], page: 9, limit: 20, total_count: 5 });
    assert.deepEqual((await list(gateway, 'user_id=nobody')).orders, []);
    await gateway.check();
});

test('a change that was meant for another version is 412 and changes nothing', async () => {
    const gateway = await startSimulated();
    const receipt = await create(gateway);
    const id = receipt.body.order_id;
    const old = { headers: { 'If-Match': receipt.headers.get('etag') } };
    assert.equal((await move(gateway, id, 'confirmed', old)).status, 200);
    assert.equal((await move(gateway, id, 'shipped', old)).status, 412);
    assert.equal((await cancel(gateway, id, { ...old, token: 'admin' })).status, 412);
    assert.equal((await read(gateway, id)).status, 'confirmed');
    const mails = await gateway.notes('outbox', SERVICE);
    assert.deepEqual(mails.map(({ event }) => event), ['order.created', 'order.confirmed']);
    await gateway.check();
});

test('what is kept of a card is masked everywhere', async () => {
    const gateway = await startSimulated();
    const id = await created(gateway);
    const { payment } = await read(gateway, id);
    assert.equal(payment.method, 'credit_card');
    assert.match(payment.account, /^\*{4} \*{4} \*{4} \d{4}$/);
    assert.ok(JSON.stringify(await gateway.notes('outbox', SERVICE)).includes(payment.account));
    const other = await created(gateway, wish('abc124', { payment_method: 'bank_transfer' }));
    assert.deepEqual((await read(gateway, other)).payment, { method: 'bank_transfer' });
    assert.equal((await create(gateway, wish('abc125', { payment_method: '4111111111111111' }))).status, 400);
    await gateway.check({ mistakes: ['body-schema'] });
});

test('the goods of a confirmed order leave later, by themselves', async () => {
    const gateway = await startSimulated();
    await gateway.set(SERVICE, { fulfilment_ms: 1 });
    const id = await created(gateway);
    await move(gateway, id, 'confirmed');
    const order = await gateway.until(async () => {
        const seen = await read(gateway, id);
        return seen.shipping_status === 'shipped' && seen;
    });
    assert.deepEqual(statuses(order), ['confirmed', 'paid', 'shipped']);
    assert.ok((await gateway.notes('audit', SERVICE)).some(({ action, role }) => action === 'goods left' && role === 'warehouse'));
    await gateway.check();
});

test('a subscriber is told every change, again until it has it', async () => {
    const gateway = await startSimulated();
    const hook = await subscriber(1);
    await gateway.set(SERVICE, { webhook_url: hook.url, webhook_retry_ms: 50 });
    const id = await created(gateway);
    await move(gateway, id, 'confirmed');
    await cancel(gateway, id, { token: 'admin' });
    const [missed] = await gateway.until(() => hook.events.length > 0 && hook.events);
    const again = ({ event_id }) => event_id === missed.event_id;
    const eachOnce = () => new Map(hook.events.map((event) => [event.event_id, event])); // a slow answer may cost one more try
    await gateway.until(() => eachOnce().size === 4 && hook.events.filter(again).length > 1);
    const each = eachOnce();
    assert.deepEqual([...each.values()].map(({ event }) => event).sort(),
        ['order.cancelled', 'order.confirmed', 'order.created', 'order.refunded']);
    for (const [event_id, { order_id }] of each) {
        assert.equal(order_id, id);
        assert.match(event_id, /^[0-9a-f]{8}-[0-9a-f]{4}-/);
    }
    const sent = await gateway.until(async () => {
        const all = await gateway.notes('webhooks', SERVICE);
        return all.length >= 5 && all.every(({ status }) => status) && all;
    });
    assert.deepEqual(sent.filter(({ body }) => again(body)).map(({ status }) => status).slice(0, 2), [503, 204]);
    assert.deepEqual((await gateway.notes('events', SERVICE)).map(({ event }) => event),
        ['order.created', 'order.confirmed', 'order.cancelled', 'order.refunded']);
    await gateway.check();
});

test('a payment that fails leaves the order as it was, and an alert', async () => {
    const gateway = await startSimulated();
    const id = await created(gateway);
    await gateway.set(SERVICE, { payment: 'failing' });
    refused(await move(gateway, id, 'confirmed'), 500, /payment could not be processed/);
    assert.deepEqual(statuses(await read(gateway, id)), ['pending', 'unpaid', 'pending']);
    assert.match(JSON.stringify(await gateway.notes('alerts', SERVICE)), /payment could not be processed/);
    await gateway.set(SERVICE, { payment: null });
    assert.equal((await move(gateway, id, 'confirmed')).status, 200);
    await gateway.check();
});

test('who asks too often is told how long to wait', async () => {
    const gateway = await startSimulated();
    await gateway.set(SERVICE, { rate_limit: { requests: 3, per_seconds: 3600 } });
    for (let i = 0; i < 3; i++)
        assert.equal((await read(gateway, 'ORD12345')).order_id, 'ORD12345');
    const late = await gateway.ask('GET', '/api/orders/ORD12345');
    refused(late, 429, /3 requests in 3600 seconds/);
    assert.ok(Number(late.headers.get('retry-after')) > 0);
    assert.equal((await read(gateway, 'ORD12345', { token: 'another' })).order_id, 'ORD12345');
    await gateway.check();
});

test('many customers at once break no rule', async () => {
    const gateway = await startSimulated();
    await gateway.set(SERVICE, { unknown_carts: 'made', fulfilment_ms: 1 });
    const customer = async (i) => {
        const token = `customer-${i}`;
        const id = await created(gateway, wish(`cart-of-${i}`, { user_id: token }), { token });
        await Promise.all([
            move(gateway, id, 'confirmed', { token }), cancel(gateway, id, { token }), cancel(gateway, id, { token: 'admin' }),
            read(gateway, id, { token }), invoice(gateway, id, { token }), list(gateway, `user_id=${token}`, { token }),
        ]);
        for (const status of ['shipped', 'delivered'])
            await move(gateway, id, status, { token });
        return (await read(gateway, id, { token })).status;
    };
    const ends = await Promise.all(Array.from({ length: 25 }, (_, i) => customer(i)));
    for (const status of ends)
        assert.ok(['delivered', 'cancelled'].includes(status), status);
    await gateway.check();
});
