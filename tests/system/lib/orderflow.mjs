// What the service of document 001 is asked: cart, invoice, payment, shipment, mails. Each takes what startSimulated gave.
export const items = [{ productId: '1234', quantity: 2, price: 50 }, { productId: '2345', quantity: 1, price: 100 }];
export const person = { name: 'Jane Doe', phone: '0555550100', shipping_address: '123 Main St, apt 6, New York NY' };

const post = (gateway, step, body, more) => gateway.ask('POST', `/api/order/${step}.json`, { body, token: null, ...more });

export const cart = (gateway, lines = items, customerId = '8080') => post(gateway, 'cart', { customerId, items: lines });
export const billOf = (order, customerId = '8080', who = person) => ({ customerId, orderId: order.orderId, tax: order.tax,
    subTotalAmount: order.subTotalAmount, totalAmount: order.totalAmount, currency: 'USD', items: order.items, ...who });
export const invoice = (gateway, bill) => post(gateway, 'invoice', bill);
export const pay = (gateway, { invoiceId, customerId, totalAmount }, more) =>
    post(gateway, 'payment', { customerId, invoiceId, totalAmount }, more);
export const ship = (gateway, orderId, who = person) => post(gateway, 'shipping', { orderId, ...who });
export const mail = (gateway, event, name = person.name) =>
    post(gateway, 'shipping', { event, name, email: 'jane.doe@shop.example' });
