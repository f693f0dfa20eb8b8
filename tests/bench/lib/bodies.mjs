// What is sent and answered: orders of the sizes that are measured. Both obey bench.openapi.json.
const address = { street: '12 Plumb Lane', city: 'Ghent', postcode: '9000', country: 'BE' };
const item = (i) => ({ sku: `SKU-${1000 + i}`, name: `Brass plumb bob, ${i + 1}00 g`, quantity: i + 1, price: 12.5 + i, currency: 'EUR' });
const customer = '8c6f2d1e-4b7a-4f0e-9a3d-5b1c2e3f4a5b';
const order = (count) => ({ customer, email: 'someone@example.com', address, items: Array.from({ length: count }, (_, i) => item(i)) });
const answer = (count) => ({ id: 'ord_0123456789ab', status: 'open', created: '2024-05-01T12:00:00Z', ...order(count) });

// As long as asked: the last bytes are in a member that the contract bounds to 1000 characters.
function padded(value, size) {
    const bare = JSON.stringify({ ...value, note: '' }).length;
    return JSON.stringify({ ...value, note: 'x'.repeat(size - bare) });
}

export const small = { request: padded(order(3), 600), response: padded(answer(3), 700) };
// A page of a catalogue: texts of some sentences, as the large bodies of real services have them.
const sentences = 'Turned from one bar of brass and balanced by hand. The point is hardened steel and can be replaced. Comes with three metres of '
    + 'braided line on a walnut reel, which fits the groove of the cap. ';
const described = (value) => ({ ...value, items: value.items.map((each, i) => ({ ...each, name: `${each.name}. ${sentences.repeat(2).slice(0, 190 + i % 60)}` })) });

export const large = { request: padded(described(order(204)), 65_536), response: padded(described(answer(204)), 65_636) };
// The same size of nothing but short values, nine bytes each.
export const dense = { request: padded(order(655), 65_536), response: padded(answer(655), 65_636) };

// The same request, but against the contract.
export const broken = (request) => request.replace('"quantity":1,', '"quantity":0,');
