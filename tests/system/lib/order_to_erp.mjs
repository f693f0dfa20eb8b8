// What the systems of document 000 are asked, from the cart to the ERP. Each takes what startSimulated gave.
import assert from 'node:assert/strict';
import { expect } from './simulated.mjs';

export const TRIES = 5; // the first and four more: as often as the document lets the flow ask

export const mouse = { product_id: 'WM-201', name: 'Wireless Mouse', quantity: 2, unit_price: 25 };
export const keyboard = { product_id: 'KB-310', name: 'Keyboard', quantity: 1, unit_price: 64.5 };
export const jane = {
    customer: { name: 'Jane Doe', email: 'jane.doe@example.com' },
    shipping_address: { name: 'Jane Doe', line1: '123 Main St', city: 'New York', region: 'NY', postal_code: '10001', country: 'US' },
};

export const createCart = (gateway, items = [mouse, keyboard], more) =>
    gateway.ask('POST', '/shopping-cart/carts', { body: { currency: 'USD', items }, ...more });
export const getCart = (gateway, id) => gateway.ask('GET', `/shopping-cart/carts/${id}`);
export const addItem = (gateway, id, item, more) => gateway.ask('POST', `/shopping-cart/carts/${id}/items`, { body: item, ...more });
export const checkout = (gateway, id, more) => gateway.ask('POST', '/checkout/checkouts', { body: { cart_id: id, ...jane }, ...more });
export const setStatus = (gateway, id, status, more) =>
    gateway.ask('PUT', `/order/orders/${id}/status`, { body: { status }, ...more });
export const getOrder = (gateway, id) => gateway.ask('GET', `/order/orders/${id}`);
export const getB2b = (gateway, id) => gateway.ask('GET', `/b2b/orders/${id}`);
export const listB2b = (gateway, query = '') => gateway.ask('GET', `/b2b/orders${query}`);
export const patchB2b = (gateway, id, { fulfillment, confirmation }, more) =>
    gateway.ask('PATCH', `/b2b/orders/${id}`, { body: { fulfillment, confirmation }, ...more });
export const sendToErp = (gateway, { order_id, customer, shipping_address, currency, items, total }, more) =>
    gateway.ask('POST', '/erp/orders', { body: { order_id, customer, shipping_address, currency, items, total }, ...more });
export const getErp = (gateway, id) => gateway.ask('GET', `/erp/orders/${id}`);
export const show = (gateway, id) => gateway.ask('GET', `/storefront/orders/${id}`);

// A cart that became an order: { cart, checkout, id }.
export async function placedOrder(gateway, items) {
    const cart = await expect(201, createCart(gateway, items));
    const { body } = await expect(201, checkout(gateway, cart.body.cart_id));
    return { cart: cart.body, checkout: body, id: body.order_id };
}

// Asks until the order has arrived: { order, retries }; no order after the last try.
export async function poll(gateway, id) {
    for (let tries = 1; tries <= TRIES; tries++) {
        const answer = await getB2b(gateway, id);
        if (answer.status === 200)
            return { order: answer.body, retries: tries - 1 };
        assert.equal(answer.status, 404, JSON.stringify(answer.body));
        assert.match(answer.headers.get('retry-after'), /^\d+$/);
    }
    return { retries: TRIES };
}
