// What the service of document 003 is asked. Each takes what startSimulated gave.
export const address = { name: 'Jane Doe', address: '123 Main St', city: 'New York', state: 'NY', zip: '10001', country: 'US' };
export const wish = (cart_id = 'abc123', more = {}) =>
    ({ cart_id, user_id: 'user789', shipping_address: address, payment_method: 'credit_card', ...more });

export const create = (gateway, body = wish(), options) => gateway.ask('POST', '/api/orders', { ...options, body });
export const view = (gateway, id, options) => gateway.ask('GET', `/api/orders/${id}`, options);
export const read = async (gateway, id, options) => (await view(gateway, id, options)).body;
export const move = (gateway, id, status, options) =>
    gateway.ask('PUT', `/api/orders/${id}/status`, { ...options, body: { status } });
export const cancel = (gateway, id, options) => gateway.ask('DELETE', `/api/orders/${id}`, options);
export const invoice = (gateway, id, options) => gateway.ask('GET', `/api/orders/${id}/invoice`, options);
export const list = async (gateway, query, options) => (await gateway.ask('GET', `/api/orders?${query}`, options)).body;
