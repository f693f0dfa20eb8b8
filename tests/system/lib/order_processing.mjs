// What the service of document 002 is asked. Each takes what startSimulated gave.
export const products = (counts) =>
    ({ products: Object.entries(counts).map(([product_id, item_count]) => ({ product_id, item_count })) });

export const place = (gateway, counts, options) => gateway.ask('POST', '/orders', { ...options, body: products(counts) });
export const view = (gateway, id, options) => gateway.ask('GET', `/orders/${id}`, options);
export const change = (gateway, id, counts, options) => gateway.ask('PATCH', `/orders/${id}`, { ...options, body: products(counts) });
export const cancel = (gateway, id, options) => gateway.ask('DELETE', `/orders/${id}`, options);
