// What the service of document 004 is asked: a cart, and what its workflow looks at to price it. Each takes what startSimulated gave.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { expect } from './simulated.mjs';

const SIGNATURE = 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250304/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0a1b';

export const example = [
    { productId: 'prod-101', priceId: 'price-101', quantity: 2 }, { productId: 'prod-102', priceId: 'price-102', quantity: 1 },
];
export const cents = (amount) => Number(amount.toFixed(2));

export const send = (gateway, method, target, body, headers) =>
    gateway.ask(method, target, { token: null, body, headers: { Authorization: SIGNATURE, ...headers } });
export const get = async (gateway, target) => (await expect(200, send(gateway, 'GET', target))).body;
export const create = (gateway, items = example, customerId = 'cust-501', currency = 'USD', headers = {}) =>
    send(gateway, 'POST', '/carts', { customerId, currency, items }, headers);
export const patch = (gateway, id, totals, headers) => send(gateway, 'PATCH', `/carts/${id}`, totals, headers);
export const receive = (gateway, event) => send(gateway, 'POST', '/events/receive', event);
export const taxesFor = (cart, customer, amount) =>
    `/taxes?cartId=${cart.cartId}&amount=${amount}&currency=${cart.currency}&country=${customer.country}`
    + (customer.region ? `&region=${customer.region}` : '');
export const eventOf = (cart, more) => ({ eventId: randomUUID(), eventType: 'OrderCreatedEvent', occurredAt: '2025-03-04T09:15:03Z',
    cartId: cart.cartId, customerId: cart.customerId, currency: cart.currency, totalAmount: cart.totalAmount,
    taxAmount: cart.taxAmount, discountAmount: cart.discountAmount, ...more });

// The loop of the workflow: what it asks for each line at once. The price is the one that the cart line names.
async function look(gateway, cart) {
    const lines = await Promise.all(cart.items.map(async (item) => {
        const [product, price, promotions, customer] = await Promise.all([
            get(gateway, `/products/${item.productId}`), get(gateway, `/prices/${item.priceId}`),
            get(gateway, `/promotions/cart?cartId=${cart.cartId}&productId=${item.productId}`), get(gateway, `/customers/${cart.customerId}`)]);
        assert.equal(price.productId, product.productId);
        return { amount: price.unitAmount * item.quantity, promotions: promotions.promotions, customer };
    }));
    const promotions = new Map(lines.flatMap((line) => line.promotions).map((each) => [each.promotionId, each.discountAmount]));
    return {
        customer: lines[0].customer,
        items: cents(lines.reduce((sum, line) => sum + line.amount, 0)),
        discountAmount: cents([...promotions.values()].reduce((sum, amount) => sum + amount, 0)),
    };
}

export async function totalsOf(gateway, cart) {
    const { customer, items, discountAmount } = await look(gateway, cart);
    const taxes = await get(gateway, taxesFor(cart, customer, cents(items - discountAmount)));
    return { totalAmount: cents(taxes.taxableAmount + taxes.taxAmount), taxAmount: taxes.taxAmount, discountAmount };
}
