// A run of each document through the simulated services in which all goes as it should, one request after the other. Refusals are
// part of it: what a service refuses here, it takes in a run that was made wrong (mutations.mjs). Each run takes what startSimulated gave.
import * as erp from './order_to_erp.mjs';
import * as flow from './orderflow.mjs';
import * as management from './order_management.mjs';
import * as processing from './order_processing.mjs';
import * as workflow from './order_workflow.mjs';
import { expect } from './simulated.mjs';

const NO_CART = '6f1c2a52-0d0e-4d3c-9b60-2f0e5a1c7d44';
const NO_ORDER = 'SO-0';

// 000. One order goes all the way, a second one is cancelled.
async function orderToErp(gateway) {
    const cart = (await expect(201, erp.createCart(gateway, [erp.mouse]))).body.cart_id;
    await expect(200, erp.addItem(gateway, cart, erp.keyboard));
    await expect(200, erp.getCart(gateway, cart));
    await expect(404, erp.getCart(gateway, NO_CART));
    await expect(404, erp.addItem(gateway, NO_CART, erp.mouse));
    const { order_id: id } = (await expect(201, erp.checkout(gateway, cart))).body;
    await expect(409, erp.checkout(gateway, cart));
    await expect(409, erp.addItem(gateway, cart, erp.mouse));
    await expect(200, erp.getCart(gateway, cart));

    await expect(200, erp.getOrder(gateway, id));
    await expect(404, erp.getOrder(gateway, NO_ORDER));
    await expect(409, erp.setStatus(gateway, id, 'Shipped'));
    await expect(404, erp.setStatus(gateway, NO_ORDER, 'Cancelled'));
    await expect(200, erp.setStatus(gateway, id, 'Awaiting Fulfillment'));
    const { order } = await erp.poll(gateway, id);
    await expect(200, erp.listB2b(gateway));
    const { body: sent } = await expect(201, erp.sendToErp(gateway, order));
    await expect(409, erp.sendToErp(gateway, order));
    await expect(200, erp.getErp(gateway, id));
    await expect(404, erp.getErp(gateway, NO_ORDER));
    await expect(200, erp.patchB2b(gateway, id, sent));
    await expect(200, erp.getB2b(gateway, id));
    await expect(200, erp.listB2b(gateway));
    await expect(200, erp.patchB2b(gateway, id, sent));
    await expect(200, erp.show(gateway, id));
    await expect(404, erp.show(gateway, NO_ORDER));
    await expect(200, erp.setStatus(gateway, id, 'Shipped'));
    await expect(200, erp.getOrder(gateway, id));
    await expect(200, erp.show(gateway, id));

    const other = await erp.placedOrder(gateway);
    await expect(200, erp.setStatus(gateway, other.id, 'Cancelled'));
    await expect(200, erp.getOrder(gateway, other.id));
    await expect(200, erp.show(gateway, other.id));
}

// 001. What comes too early or twice is refused.
async function orderflow(gateway) {
    const { body: order } = await expect(200, flow.cart(gateway));
    await expect(409, flow.ship(gateway, order.orderId));
    const { body: bill } = await expect(200, flow.invoice(gateway, flow.billOf(order)));
    await expect(409, flow.invoice(gateway, flow.billOf(order)));
    await expect(200, flow.mail(gateway, 'InvoiceCreated'));
    await expect(200, flow.pay(gateway, bill));
    await expect(409, flow.pay(gateway, bill));
    await expect(200, flow.mail(gateway, 'PaymentProcessed'));
    await expect(200, flow.ship(gateway, order.orderId));
    await expect(409, flow.ship(gateway, order.orderId));
    await expect(200, flow.mail(gateway, 'OrderShipped'));
}

// 002. An order is changed and cancelled, another one is placed in part.
async function orderProcessing(gateway) {
    const { order_id: id } = (await expect(200, processing.place(gateway, { p001: 3, p002: 1 }))).body;
    await expect(200, processing.view(gateway, id));
    await expect(200, processing.change(gateway, id, { p001: 1, p002: 0, p005: 2 }));
    await expect(200, processing.view(gateway, id));
    await expect(200, processing.cancel(gateway, id));
    await expect(200, processing.view(gateway, id));
    await expect(409, processing.cancel(gateway, id));
    await expect(409, processing.change(gateway, id, { p001: 1 }));
    await expect(200, processing.view(gateway, id));
    await expect(404, processing.view(gateway, NO_ORDER));
    await expect(404, processing.cancel(gateway, NO_ORDER));
    await expect(200, processing.place(gateway, { p001: 2, p004: 1 }));
}

// 003. One order is delivered, a second one confirmed and cancelled, a third one cancelled before. The warehouse is slow.
async function orderManagement(gateway) {
    const as = { token: 'admin' };
    await gateway.set('order-management', { fulfilment_ms: 3_600_000, unknown_carts: 'made' });
    const made = async (cart) => (await expect(201, management.create(gateway, management.wish(cart), as))).body.order_id;
    const look = async (id) => {
        await expect(200, management.view(gateway, id, as));
        await management.list(gateway, 'user_id=user789&page=1&limit=20', as);
    };
    const first = await made('abc123');
    await look(first);
    await expect(409, management.create(gateway, management.wish('abc123'), as));
    await expect(404, management.view(gateway, 'ORD0', as));
    await expect(404, management.move(gateway, 'ORD0', 'confirmed', as));
    await expect(404, management.cancel(gateway, 'ORD0', as));
    await expect(404, management.invoice(gateway, 'ORD0', as));
    await expect(409, management.invoice(gateway, first, as));
    for (const status of ['confirmed', 'shipped', 'delivered']) {
        await expect(200, management.move(gateway, first, status, as));
        await look(first);
        await expect(200, management.invoice(gateway, first, as));
    }
    await expect(409, management.cancel(gateway, first, as));
    await expect(409, management.move(gateway, first, 'shipped', as));

    for (const [cart, way] of [['abc124', ['confirmed']], ['abc125', []]]) {
        const id = await made(cart);
        for (const status of way)
            await expect(200, management.move(gateway, id, status, as));
        await expect(200, management.cancel(gateway, id, as));
        await look(id);
        await expect(way.length ? 200 : 409, management.invoice(gateway, id, as));
        await expect(200, management.move(gateway, id, 'cancelled', as));
    }
    await management.list(gateway, 'status=cancelled&limit=5', as);
}

// 004. The totals are written, the event is received, both are repeated.
async function orderWorkflow(gateway) {
    const { body: cart } = await expect(201, workflow.create(gateway));
    for (const target of ['/prices/price-101', '/prices/price-102', `/promotions/cart?cartId=${cart.cartId}`])
        await workflow.get(gateway, target);
    await expect(404, workflow.send(gateway, 'GET', '/promotions/cart?cartId=cart-0'));
    const taxes = await workflow.get(gateway, workflow.taxesFor(cart, { country: 'US', region: 'NY' }, 90));
    const totals = { totalAmount: 97.2, taxAmount: taxes.taxAmount, discountAmount: 10 };
    const { body: priced } = await expect(200, workflow.patch(gateway, cart.cartId, totals));
    await expect(404, workflow.patch(gateway, 'cart-0', totals));
    const event = workflow.eventOf(priced);
    await expect(202, workflow.receive(gateway, event));
    await expect(202, workflow.receive(gateway, event));
    await expect(200, workflow.patch(gateway, cart.cartId, totals));
}

// They share no service, so they need not wait for each other.
export const cleanRuns = (gateway) =>
    Promise.all([orderToErp, orderflow, orderProcessing, orderManagement, orderWorkflow].map((run) => run(gateway)));
