// The sandbox keeps its own contracts: every operation with every documented status, through a gateway that enforces every response.
// PLUMBLINE_SUITES, where it is set, names a folder with contracts/ of real shops, which are driven as well.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { readRecording, root, startPlumbline, temporaryFolder } from './lib/index.mjs';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });

const ask = (port, method, target, headers = {}) => new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path: target, agent, headers }, (response) => {
        const pieces = [];
        response.on('data', (piece) => pieces.push(piece));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces).toString() }));
        response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
});

const at = (document, pointer) => pointer.slice(2).split('/').map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((value, key) => value?.[key], document);
const follow = (document, value) => (value?.$ref?.startsWith('#/') ? follow(document, at(document, value.$ref)) : value);

// A status for a key of `responses`: 404 for "404", 499 for "4XX", for "default" one that no other key means.
const statusOf = (key, keys) => (/^\d+$/.test(key) ? Number(key) : /^\dXX$/i.test(key) ? Number(key[0]) * 100 + 99
    : [500, 599, 418, 299].find((status) => !keys.includes(String(status)) && !keys.some((each) => each.toUpperCase() === `${String(status)[0]}XX`)));

// What can be asked of each operation: { name, method, path, status, example }.
function* questions(document, prefix) {
    for (const [template, item] of Object.entries(document.paths ?? {}))
        for (const method of METHODS.filter((each) => item[each])) {
            const responses = Object.entries(item[method].responses);
            for (const [key, written] of responses) {
                const response = follow(document, written);
                const content = follow(document, response.content) ?? {};
                const question = { name: `${method.toUpperCase()} ${template} ${key}`, method: method.toUpperCase(),
                    path: prefix + template.replaceAll(/\{[^}]+\}/g, '1'), status: statusOf(key, responses.map(([each]) => each)) };
                yield { ...question, prefer: `code=${question.status}` };
                yield { ...question, prefer: `code=${question.status}, dynamic=true` };
                for (const [type, media] of Object.entries(content))
                    for (const example of Object.keys(follow(document, media).examples ?? {}))
                        yield { ...question, example, type, prefer: `code=${question.status}, example=${example}` };
            }
        }
}

// Each contract is a service below its own name; requests are not checked, so that anything may be asked.
const gatewayFor = (files, more = {}, settings = {}) => startPlumbline({ config: {
    workers: 1,
    log: { access: 'off' },
    services: Object.fromEntries(files.map(([name, file]) => [name, { contract: file, match: { paths: [`/${name}`], strip: true },
        upstream: 'sandbox', request: 'off', response: 'enforce', undocumented: 'enforce', ...more }])),
    ...settings,
} });

async function drive(gateway, name, document) {
    let count = 0;
    for (const question of questions(document, `/${name}`)) {
        const { method, path: target, status, prefer, type } = question;
        const answer = await ask(gateway.port, method, target, { Prefer: prefer, ...(type && !type.includes('*') && { Accept: type }) });
        const told = `${question.name}, Prefer: ${prefer}: ${answer.status} ${answer.body.slice(0, 600)}`;
        assert.equal(answer.headers['plumbline-sandbox'], 'contract', `not the sandbox's own answer: ${told}`);
        assert.equal(answer.status, status, told);
        assert.equal(answer.headers['preference-applied'], `code=${status}`, told);
        count++;
    }
    return count;
}

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const ours = readdirSync(path.join(root, 'contracts')).filter((file) => file.endsWith('.json'))
    .map((file) => [file.split('.')[0], path.join(root, 'contracts', file)]);
const erp = ours.find(([name]) => name === 'erp');

test('every operation and status of our contracts is answered as its contract says', async (t) => {
    const gateway = await gatewayFor(ours);
    let count = 0;
    for (const [name, file] of ours)
        count += await drive(gateway, name, read(file));
    assert.ok(count > 300, `only ${count} questions`);
    t.diagnostic(`${count} answers`);
});

test('a named example is given word for word', async () => {
    const gateway = await gatewayFor(ours);
    let compared = 0;
    for (const [name, file] of ours) {
        const document = read(file);
        for (const question of questions(document, `/${name}`)) {
            if (question.example === undefined || !/json/.test(question.type) || compared > 60)
                continue;
            const [, template, key] = question.name.split(' ');
            const response = follow(document, document.paths[template][question.method.toLowerCase()].responses[key]);
            const expected = follow(document, response.content[question.type].examples[question.example]).value;
            const answer = await ask(gateway.port, question.method, question.path, { Prefer: question.prefer, Accept: question.type });
            assert.deepEqual(JSON.parse(answer.body), expected, question.name);
            compared++;
        }
    }
    assert.ok(compared > 10, `only ${compared} examples`);
});

test('without a preference the first success is answered, the same each time', async () => {
    const gateway = await gatewayFor(ours);
    for (const [name, file] of ours) {
        const document = read(file);
        for (const { method, path: target, prefer } of questions(document, `/${name}`)) {
            if (/dynamic|example/.test(prefer))
                continue;
            const first = await ask(gateway.port, method, target);
            const second = await ask(gateway.port, method, target);
            assert.ok(first.status >= 200 && first.status < 300, `${method} ${target}: ${first.status} ${first.body}`);
            assert.equal(first.body, second.body, `${method} ${target}`);
        }
    }
});

test('what the contract does not know is refused, HEAD has no body', async () => {
    const gateway = await gatewayFor(ours, { undocumented: 'observe' });
    assert.equal((await ask(gateway.port, 'GET', '/erp/nowhere')).status, 404);
    const [template, item] = Object.entries(read(path.join(root, 'contracts/order-management.openapi.json')).paths)
        .find(([, each]) => each.get !== undefined && each.patch === undefined);
    const target = `/order-management${template.replaceAll(/\{[^}]+\}/g, '1')}`;
    const refused = await ask(gateway.port, 'PATCH', target);
    assert.equal(refused.status, 405, refused.body);
    assert.match(refused.headers.allow, /GET/);
    const head = await ask(gateway.port, 'HEAD', target);
    assert.equal(head.status, 200);
    assert.equal(head.body, '');
    assert.ok(item.get);
});

test('the seed of the settings decides what is made up', async () => {
    const bodies = [];
    for (const seed of [1, 1, 2]) {
        const gateway = await gatewayFor([erp], {}, { seed });
        const { method, path: target, prefer } = [...questions(read(erp[1]), '/erp')].find((each) => /dynamic/.test(each.prefer));
        const answer = await ask(gateway.port, method, target, { Prefer: prefer });
        assert.equal(answer.headers['plumbline-sandbox'], 'contract', answer.body);
        bodies.push(answer.body);
        await gateway.stop();
    }
    assert.equal(bodies[0], bodies[1]);
    assert.notEqual(bodies[0], bodies[2]);
});

test('the answers are recorded without a violation', async () => {
    const folder = temporaryFolder();
    const gateway = await gatewayFor([erp], { response: 'observe' }, { record: { to: folder, sync: '100ms' } });
    const asked = await drive(gateway, 'erp', read(erp[1]));
    await gateway.stop();
    const exchanges = readRecording(folder);
    assert.equal(exchanges.length, asked);
    for (const exchange of exchanges)
        assert.deepEqual(exchange._plumbline.response, { checked: true }, exchange.request.url);
});

const suites = process.env.PLUMBLINE_SUITES && path.join(process.env.PLUMBLINE_SUITES, 'contracts');
const real = suites && existsSync(suites)
    ? ['adyen/CheckoutService-v71.json', 'adyen/PaymentService-v68.json', 'paypal/checkout_orders_v2.json', 'paypal/catalogs_products_v1.json',
        'paypal/shipping_shipment_tracking_v1.json', 'square/api.json'].map((file) => [path.basename(file, '.json').toLowerCase(), path.join(suites, file)])
    : [];

test('so are those of real contracts', { skip: real.length === 0 && 'PLUMBLINE_SUITES is not set' }, async (t) => {
    const gateway = await gatewayFor(real, { unchecked: 'pass' });
    let count = 0;
    for (const [name, file] of real) {
        const document = read(file);
        for (const { name: asked, method, path: target, status, prefer, example } of questions(document, `/${name}`)) {
            if (example !== undefined) // theirs are not always valid, and are given as they are when asked for by name
                continue;
            const answer = await ask(gateway.port, method, target, { Prefer: prefer });
            const told = `${name} ${asked}, Prefer: ${prefer}: ${answer.status} ${answer.body.slice(0, 600)}`;
            assert.equal(answer.headers['plumbline-sandbox'], 'contract', told);
            assert.equal(answer.status, status, told);
            count++;
        }
    }
    assert.ok(count > 500, `only ${count} questions`);
    t.diagnostic(`${count} answers`);
});
