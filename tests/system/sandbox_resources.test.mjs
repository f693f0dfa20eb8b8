// A service without rules of its own, served from nothing but its contract: what is created is found, changed, listed and removed.
// The contracts are tests/cases/sandbox/resources/*, and those of @readme/oas-examples.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { root, startPlumbline } from './lib/index.mjs';

const FIXED = '2025-01-01T00:';

// The program, with ask(method, path, body, type): { status, headers, body, told }. Every answer that has a body keeps its contract.
async function startSandbox(file, args = [], credentials = 'Bearer abc') {
    const sandbox = await startPlumbline({ args: ['sandbox', file, '--workers', '1', '--clock', 'fixed', '--no-watch', ...args] });
    const ask = async (method, target, body, type = 'application/json') => {
        const response = await fetch(sandbox.url + target, { method, redirect: 'manual',
            headers: { Authorization: credentials, ...(body !== undefined && { 'Content-Type': type }) },
            body: typeof body === 'string' ? body : JSON.stringify(body) });
        const text = await response.text();
        const told = `${method} ${target}: ${response.status} ${text.slice(0, 400)}`;
        assert.ok(response.status < 500, told);
        if (response.status < 300 && text !== '')
            assert.equal(response.headers.get('plumbline-violations'), '0', told);
        return { status: response.status, headers: response.headers, told,
            body: text === '' ? undefined : /json/.test(response.headers.get('content-type')) ? JSON.parse(text) : text };
    };
    return { ask, url: sandbox.url, stop: sandbox.stop };
}

const start = (name, args) => startSandbox(`tests/cases/sandbox/resources/${name}.openapi.yaml`, args);

test('what is created is found, and is what was asked for', async () => {
    const { ask, url } = await start('pets');
    const created = await ask('POST', '/pets', { name: 'Rex', owner: { name: 'Bob' }, photos: ['x.jpg'] });
    assert.equal(created.status, 201);
    const { created_at: at, updatedAt, ...rest } = created.body;
    assert.deepEqual(rest, { id: 1, name: 'Rex', status: 'available', age: 3, owner: { name: 'Bob', city: 'London' }, photos: ['x.jpg'] });
    assert.ok(at.startsWith(FIXED) && updatedAt === at, at);
    assert.equal(new URL(created.headers.get('location'), `${url}/pets`).pathname, '/pets/1');
    assert.deepEqual((await ask('GET', '/pets/1')).body, created.body);
    assert.equal((await ask('POST', '/pets', { name: 'Tom' })).body.id, 2);
});

test('an id that the client chose is taken, unless it is in use', async () => {
    const { ask } = await start('pets');
    assert.equal((await ask('POST', '/pets', { name: 'Rex', id: 77 })).body.id, 77);
    assert.equal((await ask('GET', '/pets/77')).body.name, 'Rex');
    const again = await ask('POST', '/pets', { name: 'Tom', id: 77 });
    assert.equal(again.status, 409);
    assert.equal(again.headers.get('content-type'), 'application/problem+json');
    await ask('POST', '/pets', { name: 'One', id: 1 });
    assert.equal((await ask('POST', '/pets', { name: 'Two' })).body.id, 2);
});

test('PUT replaces all but what the server says and what no record may be without', async () => {
    const { ask } = await start('pets');
    const { body: before } = await ask('POST', '/pets', { name: 'Rex', age: 9, status: 'sold' });
    const { body: after } = await ask('PUT', '/pets/1', { name: 'Max' });
    assert.deepEqual(after, { id: 1, name: 'Max', status: 'sold', created_at: before.created_at, updatedAt: after.updatedAt });
    assert.ok(after.updatedAt > before.updatedAt);
    assert.deepEqual((await ask('GET', '/pets/1')).body, after);
    assert.equal((await ask('PUT', '/pets/2', { name: 'Nobody' })).status, 404);
});

test('PATCH merges, and null takes away what need not be there', async () => {
    const { ask } = await start('pets');
    await ask('POST', '/pets', { name: 'Rex', age: 9, owner: { name: 'Bob', city: 'York' } });
    const merge = 'application/merge-patch+json';
    const { body } = await ask('PATCH', '/pets/1', { id: 5, age: null, owner: { city: 'Rome' }, photos: [] }, merge);
    assert.deepEqual([body.id, body.name, body.age, body.owner, body.photos], [1, 'Rex', undefined, { name: 'Bob', city: 'Rome' }, []]);
    assert.deepEqual((await ask('GET', '/pets/1')).body, body);
    assert.equal((await ask('PATCH', '/pets/9', {}, merge)).status, 404);
});

test('what is removed is gone, and its id does not come back', async () => {
    const { ask } = await start('pets');
    await ask('POST', '/pets', { name: 'Rex' });
    assert.equal((await ask('DELETE', '/pets/1')).status, 204);
    for (const method of ['GET', 'DELETE'])
        assert.equal((await ask(method, '/pets/1')).status, 404);
    assert.deepEqual((await ask('GET', '/pets')).body, []);
    assert.equal((await ask('POST', '/pets', { name: 'Tom' })).body.id, 2);
});

test('a list is filtered by members of its records, and cut where the contract has parameters for it', async () => {
    const { ask } = await start('pets');
    for (const [name, status, age] of [['A', 'sold', 1], ['B', 'pending', 2], ['C', 'sold', 2], ['D', 'available', 2]])
        await ask('POST', '/pets', { name, status, age });
    for (const [query, names] of [['', 'ABCD'], ['?status=sold', 'AC'], ['?status=sold&status=pending', 'ABC'], ['?age=2', 'BCD'],
        ['?age=2&status=sold', 'C'], ['?limit=2', 'AB'], ['?limit=2&offset=1', 'BC'], ['?offset=3', 'D'], ['?age=2&offset=1&limit=1', 'C'],
        ['?age=7', '']])
        assert.equal((await ask('GET', `/pets${query}`)).body.map((pet) => pet.name).join(''), names, query);
});

test('what is no plain resource is answered by the contract, but not below what is not there', async () => {
    const { ask } = await start('pets');
    await ask('POST', '/pets', { name: 'Rex' });
    for (const [method, target, body] of [['GET', '/pets/findByTag', [{ id: 99, name: 'Tagged', status: 'sold' }]],
        ['POST', '/login', { token: 'abc' }], ['POST', '/pets/1/feed', { fed: true }]]) {
        const answer = await ask(method, target);
        assert.equal(answer.headers.get('plumbline-sandbox'), 'contract');
        assert.deepEqual(answer.body, body);
    }
    assert.equal((await ask('POST', '/pets/2/feed')).status, 404);
});

test('a wrapped record, a list in an object, and what is told beside it', async () => {
    const { ask } = await start('library');
    const empty = await ask('GET', '/v2/shelves');
    assert.deepEqual([empty.body.shelves, empty.body.total, empty.body.has_more, empty.body.next], [[], 0, false, null]);
    for (const [i, name] of ['Prose', 'Maps', 'Atlas'].entries()) {
        const { body } = await ask('POST', '/v2/shelves', { name });
        assert.equal(body.data.shelf_id, `SH00${7 + i}`);
        assert.equal(body.data.created, Date.parse('2025-01-01T00:00:00Z') / 1000 + i + 2);
    }
    const { body } = await ask('GET', '/v2/shelves?page=2&per_page=2');
    assert.deepEqual(body, { shelves: [{ shelf_id: 'SH009', name: 'Atlas' }], total: 3, has_more: false, next: null,
        meta: { page: 2, per_page: 2, total_pages: 2 } });
    assert.equal((await ask('GET', '/v2/shelves?per_page=2')).body.has_more, true);
    assert.deepEqual((await ask('GET', '/v2/shelves?name=Maps')).body.shelves, [{ shelf_id: 'SH008', name: 'Maps' }]);
    assert.deepEqual((await ask('GET', '/v2/shelves/SH009')).body, { data: { ...(await ask('GET', '/v2/shelves/SH009')).body.data, name: 'Atlas', room: 'East' } });
});

test('PUT makes what is not there where the contract says so', async () => {
    const { ask } = await start('library');
    assert.equal((await ask('PUT', '/v2/shelves/SH500', { name: 'New' })).status, 201);
    assert.equal((await ask('PUT', '/v2/shelves/SH500', { name: 'Newer' })).status, 200);
    const { data } = (await ask('GET', '/v2/shelves/SH500')).body;
    assert.deepEqual([data.shelf_id, data.name, data.room], ['SH500', 'Newer', 'East']);
});

test('children belong to their parent, and go with it', async () => {
    const { ask } = await start('library');
    await ask('POST', '/v2/shelves', { name: 'One' });
    await ask('POST', '/v2/shelves', { name: 'Two' });
    const { status, body: book } = await ask('POST', '/v2/shelves/SH007/books', { title: 'Odes' });
    assert.equal(status, 201);
    assert.match(book.book_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual([book.shelf_id, book.title], ['SH007', 'Odes']);
    assert.deepEqual((await ask('GET', `/v2/shelves/SH007/books/${book.book_id}`)).body, book);
    assert.equal((await ask('GET', `/v2/shelves/SH008/books/${book.book_id}`)).status, 404);
    assert.deepEqual((await ask('GET', '/v2/shelves/SH007/books')).body, [book]);
    assert.deepEqual((await ask('GET', '/v2/shelves/SH008/books')).body, []);
    for (const [method, target, body] of [['GET', '/v2/shelves/SH999/books'], ['POST', '/v2/shelves/SH999/books', { title: 'x' }],
        ['GET', '/v2/shelves/SH999/history']])
        assert.equal((await ask(method, target, body)).status, 404, target);
    assert.deepEqual((await ask('DELETE', '/v2/shelves/SH007')).body, { message: 'removed' });
    assert.equal((await ask('GET', '/v2/shelves/SH007/books')).status, 404);
    await ask('PUT', '/v2/shelves/SH007', { name: 'Again' });
    assert.deepEqual((await ask('GET', '/v2/shelves/SH007/books')).body, []);
});

test('an id that only fits as the contract has it looks like its example', async () => {
    const { ask } = await start('library');
    const { body: tag } = await ask('POST', '/v2/tags', { label: 'x' });
    assert.match(tag.key, /^[a-z]{3}$/);
    assert.deepEqual((await ask('GET', `/v2/tags/${tag.key}`)).body, { key: tag.key, label: 'x' });
    assert.equal((await ask('GET', '/v2/tags/new')).status, 404);
});

test('the same requests are answered the same, whenever they are asked', async () => {
    const tell = async () => {
        const { ask } = await start('library', ['--seed', '7']);
        await ask('POST', '/v2/shelves', { name: 'One' });
        return JSON.stringify([(await ask('POST', '/v2/shelves/SH007/books', { title: 'Odes' })).body, (await ask('GET', '/v2/shelves')).body]);
    };
    assert.equal(await tell(), await tell());
});

// ---- contracts of others ----

const examples = path.join(root, 'build/npm/node_modules/@readme/oas-examples');
const follow = (document, value) => (value?.$ref?.startsWith('#/')
    ? follow(document, value.$ref.slice(2).split('/').reduce((at, key) => at?.[key.replaceAll('~1', '/')], document)) : value);

// Some value that the schema allows, more or less: who asks with one that it does not is told 400.
function sample(document, written, depth = 0) {
    const schema = follow(document, written) ?? {};
    const type = [schema.type].flat()[0];
    if (schema.example !== undefined || schema.const !== undefined || schema.default !== undefined)
        return schema.example ?? schema.const ?? schema.default;
    if (schema.enum)
        return schema.enum[0];
    if (schema.allOf)
        return Object.assign({}, ...schema.allOf.map((each) => sample(document, each, depth + 1)));
    if (schema.properties || type === 'object')
        return Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name, each]) => depth < 4
            && (schema.required?.includes(name) || depth < 2) && !follow(document, each).readOnly)
            .map(([name, each]) => [name, sample(document, each, depth + 1)]));
    if (type === 'array')
        return [sample(document, schema.items, depth + 1)];
    if (type === 'string')
        return { 'date-time': '2025-01-01T00:00:00Z', date: '2025-01-01', uuid: 'b8b8c8f0-3c3f-4c1e-9e0f-1a2b3c4d5e6f', email: 'a@example.com',
            uri: 'http://example.com/' }[schema.format] ?? 'abc';
    return { integer: schema.minimum ?? 1, number: schema.minimum ?? 1, boolean: true }[type];
}

const bodyFor = (document, operation) => {
    const media = follow(document, operation.requestBody)?.content?.['application/json'];
    return media && (media.example ?? follow(document, Object.values(media.examples ?? {})[0])?.value ?? sample(document, media.schema));
};

// The path of a server, its variables filled in.
const basePath = (server) => (server?.url ?? '/').replace(/\{(\w+)\}/g, (_, name) => server.variables?.[name]?.default ?? '')
    .replace(/^\w+:\/\/[^/]*/, '').replace(/\/$/, '');

// The resources that can be created and read: their path, its operations, and those of the path with an id.
const resourcesOf = (document) => Object.entries(document.paths ?? {}).flatMap(([template, item]) => {
    const below = Object.entries(document.paths).find(([each]) => new RegExp(`^${template}/\\{[^/]+\\}$`).test(each))?.[1];
    const succeeds = Object.keys(item.post?.responses ?? {}).some((status) => status.startsWith('2'));
    return succeeds && below?.get && !template.includes('{') ? [{ template, item, below }] : [];
});

// Create, read, list, change and remove one; false: it was not even created.
async function live(ask, document, base, { template, item, below }) {
    const created = await ask('POST', base + template, bodyFor(document, item.post));
    const id = created.headers.get('location')?.split('/').at(-1) ?? created.body?.id;
    const place = `${base}${template}/${id}`;
    if (created.status >= 300 || id === undefined)
        return false;
    const read = await ask('GET', place);
    if (read.status === 400) // its answers have no id, and the one it was given is none that its paths allow
        return false;
    assert.equal(read.status, 200, `${read.told} after ${created.told}`);
    if (item.get)
        assert.equal((await ask('GET', base + template)).status, 200);
    if (below.put)
        assert.ok([200, 400, 415].includes((await ask('PUT', place, bodyFor(document, below.put))).status));
    if (below.delete && (await ask('DELETE', place)).status < 300)
        assert.equal((await ask('GET', place)).status, 404);
    return true;
}

test('resources of other people live, too', async (t) => {
    const lived = [];
    for (const version of ['3.0', '3.1'])
        for (const name of readdirSync(path.join(examples, version, 'json')).filter((each) => each.endsWith('.json'))) {
            const file = path.join(examples, version, 'json', name);
            const document = JSON.parse(readFileSync(file, 'utf8'));
            const resources = resourcesOf(document);
            if (resources.length === 0)
                continue;
            const isBasic = JSON.stringify(document.components?.securitySchemes ?? {}).includes('"basic"');
            const { ask, stop } = await startSandbox(file, [], isBasic ? 'Basic YTpi' : 'Bearer abc');
            for (const resource of resources)
                if (await live(ask, document, basePath(document.servers?.[0]), resource))
                    lived.push(`${version}/${name} ${resource.template}`);
            await stop();
        }
    t.diagnostic(lived.join(', '));
    assert.ok(lived.length >= 6, lived.join(', '));
});
