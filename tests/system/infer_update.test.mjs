// The smallest change of a contract that makes traffic fit: a shipped contract is narrowed in one place after the other, as if the service had
// moved on since, and the traffic of the simulated service says what must change.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { random } from './lib/chaos_plan.mjs';
import { cleanRuns } from './lib/clean_runs.mjs';
import { root, temporaryFolder } from './lib/index.mjs';
import { binary, plumbline } from './lib/plumbline.mjs';
import { run } from './lib/process.mjs';
import { startSimulated } from './lib/simulated.mjs';

const SERVICE = 'order-management';
const source = readFileSync(path.join(root, `contracts/${SERVICE}.openapi.json`), 'utf8');

let kept;
const lines = () => kept ??= (async () => {
    const gateway = await startSimulated();
    await cleanRuns(gateway);
    await gateway.stop();
    const folder = path.join(gateway.folder, 'logs/sandbox');
    return readdirSync(folder).filter((name) => name.endsWith('.jsonl')).sort()
        .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n').filter(Boolean));
})();

function recordingOf(entries) {
    const folder = path.join(temporaryFolder(), 'recording');
    mkdirSync(folder);
    writeFileSync(path.join(folder, '000001.jsonl'), `${entries.join('\n')}\n`);
    return folder;
}

function contractOf(change) {
    const document = JSON.parse(source);
    change(document);
    const file = path.join(temporaryFolder(), `${SERVICE}.openapi.json`);
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
    return file;
}

// RFC 6902, those operations that there are.
function apply(document, patch) {
    for (const { op, path: pointer, value } of patch) {
        const keys = pointer.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
        const last = keys.pop();
        const parent = keys.reduce((at, key) => at[key], document);
        assert.ok(parent !== null && typeof parent === 'object', pointer);
        if (Array.isArray(parent) && op === 'add')
            parent.splice(last === '-' ? parent.length : Number(last), 0, value);
        else if (Array.isArray(parent) && op === 'remove')
            parent.splice(Number(last), 1);
        else if (op === 'remove')
            assert.ok(delete parent[last], pointer);
        else
            parent[last] = value;
    }
    return document;
}

// What check finds in the exchanges of the service.
async function errors(folder, file) {
    const own = readFileSync(path.join(folder, '000001.jsonl'), 'utf8').split('\n').filter((line) => line && JSON.parse(line)._plumbline.service === SERVICE);
    assert.ok(own.length > 0);
    const { stdout } = await plumbline(['check', recordingOf(own), '--contract', file, '--report', 'json']);
    return JSON.parse(stdout).findings.filter(({ level }) => level !== 'info');
}

async function patchOf(folder, file) {
    const { status, stdout, stderr } = await plumbline(['contract', 'infer', folder, '--update', file]);
    assert.equal(status, 0, stderr);
    return { patch: JSON.parse(stdout), stderr };
}

const schemas = (d) => d.components.schemas;

// What is narrowed, and what the patch must say: [op, end of the path, value]; null: any.
const drifts = {
    'a type': [(d) => { schemas(d).LineItem.properties.name.type = 'integer'; delete schemas(d).LineItem.properties.name.minLength; },
        [['replace', '/LineItem/properties/name/type', ['string', 'integer']]]],
    'an integer that is a number': [(d) => { delete schemas(d).LineItem.properties.price['x-source']; schemas(d).LineItem.properties.price.type = 'integer'; },
        [['replace', '/LineItem/properties/price/type', 'number']]],
    'an enum value': [(d) => { schemas(d).PaymentStatus.enum = ['paid', 'unpaid']; }, [['add', '/PaymentStatus/enum/-', 'refunded']]],
    'a const': [(d) => { delete schemas(d).PaymentStatus.enum; schemas(d).PaymentStatus.const = 'paid'; },
        [['remove', '/PaymentStatus/const'], ['add', '/PaymentStatus/enum', ['paid', 'unpaid', 'refunded']]]],
    'a required member': [(d) => { schemas(d).OrderReceipt.required.splice(1, 0, 'receipt_url'); schemas(d).OrderReceipt.properties.receipt_url = {}; },
        [['remove', '/OrderReceipt/required/1']]],
    'all required members': [(d) => { schemas(d).Message.required = ['x']; schemas(d).Message.properties.x = {}; }, [['remove', '/Message/required']]],
    'a maximum': [(d) => { schemas(d).LineItem.properties.price.maximum = 30; }, [['replace', '/price/maximum', 64.99]]],
    'an exclusive maximum': [(d) => { delete schemas(d).LineItem.properties.price.maximum; schemas(d).LineItem.properties.price.exclusiveMaximum = 30; },
        [['remove', '/price/exclusiveMaximum'], ['add', '/price/maximum', 64.99]]],
    'a minimum': [(d) => { schemas(d).LineItem.properties.quantity.minimum = 5; }, [['replace', '/quantity/minimum', 1]]],
    'a length': [(d) => { schemas(d).LineItem.properties.name.maxLength = 4; }, [['replace', '/name/maxLength', 14]]],
    'a pattern': [(d) => { schemas(d).Identifier.pattern = '^[a-z]+$'; }, [['remove', '/Identifier/pattern']]],
    'a member': [(d) => { delete schemas(d).LineItem.properties.price; schemas(d).LineItem.required.pop(); },
        [['add', '/LineItem/properties/price', null]]],
    'a member of an object without': [(d) => { schemas(d).Message.properties = undefined; delete schemas(d).Message.required; },
        [['add', '/Message/properties', {}], ['add', '/Message/properties/message', null]]],
    'a status': [(d) => { delete d.paths['/api/orders/{order_id}/invoice'].get.responses['409']; },
        [['add', '/get/responses/409', null]]],
    'a media type': [(d) => { const { content } = d.components.responses.NotFound; content['application/json'] = content['application/problem+json']; delete content['application/problem+json']; },
        [['add', '/NotFound/content/application~1problem+json', null]]],
    'a query parameter': [(d) => { d.paths['/api/orders'].get.parameters.splice(0, 1); }, [['add', '/get/parameters/-', null]]],
    'all query parameters': [(d) => { delete d.paths['/api/orders'].get.parameters; },
        [['add', '/get/parameters', []], ['add', '/get/parameters/-', null], ['add', '/get/parameters/-', null], ['add', '/get/parameters/-', null],
            ['add', '/get/parameters/-', null]]],
    'a parameter that is required': [(d) => { d.components.parameters.UserQuery.required = true; }, [['add', '/UserQuery/required', false]]],
    'a method': [(d) => { delete d.paths['/api/orders/{order_id}'].delete; }, [['add', '/paths/~1api~1orders~1{order_id}/delete', null]]],
    'a path': [(d) => { delete d.paths['/api/orders/{order_id}/invoice']; },
        [['add', '/paths/~1api~1orders~1{orderId}~1invoice', {}], ['add', '/paths/~1api~1orders~1{orderId}~1invoice/get', null]]],
    'null': [(d) => { schemas(d).LineItem.properties.name = { type: 'null' }; }, [['replace', '/name/type', ['string', 'null']]]],
};

for (const [name, [change, expected]] of Object.entries(drifts))
    test(`${name}: the patch says so, and with it the traffic fits`, async () => {
        const folder = recordingOf(await lines());
        const file = contractOf(change);
        assert.ok((await errors(folder, file)).length > 0, 'the contract was narrowed');
        const { patch } = await patchOf(folder, file);
        assert.deepEqual(patch.map(({ op }) => op), expected.map(([op]) => op), JSON.stringify(patch, null, 1));
        patch.forEach((one, i) => {
            assert.ok(one.path.endsWith(expected[i][1]), one.path);
            if (expected[i][2] !== null)
                assert.deepEqual(one.value, expected[i][2]);
            assert.ok(one['x-seen'] > 0 && one['x-reason'].length > 0);
        });
        const document = apply(JSON.parse(readFileSync(file, 'utf8')), patch);
        writeFileSync(file, JSON.stringify(document));
        assert.deepEqual(await errors(folder, file), []);
        assert.deepEqual((await patchOf(folder, file)).patch, []);
        const { stdout } = await plumbline(['contract', 'lint', file]);
        assert.doesNotMatch(stdout, /: error: /);
    });

test('all of it at once is found in one go, and written in place it leaves every other line as it was', async () => {
    const folder = recordingOf(await lines());
    const together = ['an enum value', 'a required member', 'a maximum', 'a length', 'a pattern', 'a status', 'a query parameter', 'a method'];
    const file = contractOf((d) => together.forEach((name) => drifts[name][0](d)));
    const before = readFileSync(file, 'utf8');
    const { patch } = await patchOf(folder, file);
    const { status, stdout, stderr } = await plumbline(['contract', 'infer', folder, '--update', file, '--write']);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, '');
    const after = readFileSync(file, 'utf8');
    assert.deepEqual(JSON.parse(after), apply(JSON.parse(before), patch));
    assert.deepEqual(await errors(folder, file), []);
    // each line that is gone is one that had to change: a comma at most, or what a patch names
    const lost = before.split('\n').filter((line) => !after.split('\n').includes(line) && !after.split('\n').includes(`${line},`));
    assert.ok(lost.length <= together.length, lost.join('\n'));
    // laid out as the rest is (JavaScript puts statuses into their order)
    const layout = (text) => text.split('\n').map((line) => line.replace(/,$/, '')).sort();
    assert.deepEqual(layout(after), layout(`${JSON.stringify(JSON.parse(after), null, 2)}\n`));
});

test('a contract that fits stays byte for byte', async () => {
    const folder = recordingOf(await lines());
    const file = path.join(temporaryFolder(), `${SERVICE}.openapi.json`);
    writeFileSync(file, source);
    const { patch, stderr } = await patchOf(folder, file);
    assert.deepEqual(patch, []);
    assert.match(stderr, /: 0 changes/);
    assert.equal((await plumbline(['contract', 'infer', folder, '--update', file, '--write'])).status, 0);
    assert.equal(readFileSync(file, 'utf8'), source);
});

test('what is not the contract\'s to change is told', async () => {
    const entries = (await lines()).map((line) => JSON.parse(line));
    const one = entries.find(({ request, response }) => request.method === 'GET' && /api\/orders\/ORD\d+$/.test(request.url) && response.status === 200);
    one.response.content.text = '{"order_id": ';
    const folder = recordingOf([JSON.stringify(one)]);
    const { patch, stderr } = await patchOf(folder, contractOf(() => {}));
    assert.deepEqual(patch, []);
    assert.match(stderr, /not the contract's to change:\n {2}1 x response json-syntax/);
});

test('3.0 gets what 3.0 has', async () => {
    const folder = recordingOf(await lines());
    const file = contractOf((d) => {
        d.openapi = '3.0.3';
        delete d.webhooks;
        delete d.jsonSchemaDialect;
        schemas(d).LineItem.properties.name = { type: 'integer' };
        delete schemas(d).Order.properties.created_at;
    });
    const { patch } = await patchOf(folder, file);
    assert.deepEqual(patch.filter(({ path: p }) => p.endsWith('/LineItem/properties/name/type')).map(({ op, value }) => [op, value]), [['remove', undefined]],
        JSON.stringify(patch)); // there are no lists of types
});

// ---- YAML ----

const { parse } = createRequire(path.join(root, 'build/npm/node_modules/'))('@stoplight/yaml'); // another reader than ours

// Every value with a comment of its own behind it or above it; lists of words in brackets or line by line, quotes of three kinds.
function yamlOf(value, { step = 2, dash = 2, seed = 1 } = {}) {
    const { below: one } = random(seed);
    let comments = 0;
    const comment = () => one(3) === 0 ? ` # c${comments++};` : '';
    const words = (text) => /^[a-z][A-Za-z_/]*$/.test(text) && !['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n'].includes(text);
    const scalar = (v) => typeof v !== 'string' || !words(v) ? (typeof v === 'string' && one(2) && !/['\n\\]/.test(v) ? `'${v}'` : JSON.stringify(v)) : [v, v, `'${v}'`, `"${v}"`][one(4)];
    const flat = (v) => v === null || typeof v !== 'object' || Object.keys(v).length === 0 || (Array.isArray(v) && v.every((item) => typeof item !== 'object') && one(2) === 0);
    const flow = (v) => Array.isArray(v) ? `[${v.map(scalar).join(', ')}]` : v && typeof v === 'object' ? '{}' : scalar(v);
    const block = (v, column) => Array.isArray(v)
        ? v.map((item) => flat(item) ? `${' '.repeat(column)}- ${flow(item)}${comment()}\n`
            : `${' '.repeat(column)}- ${block(item, column + 2).slice(column + 2)}`).join('')
        : Object.entries(v).map(([key, item]) => {
            const name = words(key) || /^\/[\w{}/.]*$/.test(key) ? key : `'${key}'`;
            const above = one(8) === 0 ? `${' '.repeat(column)}#${comment()}\n`.replace(/^ *#\n$/, '') : '';
            return `${above}${' '.repeat(column)}${name}:${flat(item) ? ` ${flow(item)}${comment()}\n`
                : `${comment()}\n${block(item, column + (Array.isArray(item) ? dash : step))}`}`;
        }).join('');
    // what was above the first key of an item would stand behind its dash
    return `# the contract\n\n${block(value, 0)}`.replace(/- +#.*\n\s*/g, '- ');
}

function yamlFile(change, options) {
    const document = JSON.parse(source);
    change(document);
    const file = path.join(temporaryFolder(), `${SERVICE}.openapi.yaml`);
    const plain = JSON.parse(JSON.stringify(document));
    const text = yamlOf(plain, options);
    assert.deepEqual(parse(text), plain, 'the test writes YAML');
    writeFileSync(file, text);
    return { file, text, plain };
}
const commentsOf = (text) => [...text.matchAll(/# c\d+;/g)].map(String);

for (const [name, [change]] of Object.entries(drifts))
    test(`${name}: YAML is changed in place, comments stay`, async () => {
        const folder = recordingOf(await lines());
        for (const [seed, options] of [{}, { dash: 0 }, { step: 4, dash: 4 }].entries()) {
            const { file, text, plain } = yamlFile(change, { ...options, seed: seed + 7 });
            const { patch } = await patchOf(folder, file);
            assert.ok(patch.length > 0);
            const { status, stdout, stderr } = await plumbline(['contract', 'infer', folder, '--update', file, '--write']);
            assert.equal(status, 0, stderr);
            assert.equal(stdout, '');
            const after = readFileSync(file, 'utf8');
            const found = parse(after);
            assert.deepEqual(found, apply(plain, patch));
            assert.deepEqual(await errors(folder, file), []);
            // but for comments beside what went, and in an order that is the same
            const gone = patch.filter(({ op }) => op !== 'add').length;
            const left = commentsOf(after);
            const before = commentsOf(text);
            assert.ok(before.length > 100);
            assert.deepEqual(left, before.filter((one) => left.includes(one)));
            assert.ok(left.length + 4 * gone >= before.length, `${before.length - left.length} comments are gone`);
            // lines: those that are new, and no more of the old ones are gone than a patch names
            const lost = text.split('\n').filter((line) => !after.split('\n').includes(line));
            assert.ok(gone > 0 || lost.length <= patch.length, lost.join('\n'));
        }
    });

test('YAML that fits stays byte for byte; rights stay when it is written', async () => {
    const folder = recordingOf(await lines());
    const fits = yamlFile(() => {});
    assert.equal((await plumbline(['contract', 'infer', folder, '--update', fits.file, '--write'])).status, 0);
    assert.equal(readFileSync(fits.file, 'utf8'), fits.text);
    const { file } = yamlFile(drifts['an enum value'][0]);
    chmodSync(file, 0o640);
    assert.equal((await plumbline(['contract', 'infer', folder, '--update', file, '--write'])).status, 0);
    assert.equal(statSync(file).mode & 0o777, 0o640);
});

test('what an alias means is not changed: the line is named, the patch printed, the file left alone', async () => {
    const folder = recordingOf(await lines());
    const { file, text } = yamlFile(drifts['an enum value'][0]);
    const lineOf = (where) => where.split('\n').findIndex((line) => /^ +'PaymentStatus':/.test(line)) + 1;
    const anchored = `${text.replace(/^( +'PaymentStatus':)/m, '$1 &status')}x-again: *status\n`;
    writeFileSync(file, anchored);
    const { status, stdout, stderr } = await plumbline(['contract', 'infer', folder, '--update', file, '--write']);
    assert.equal(status, 2, stderr);
    assert.ok(stderr.includes(`${file}:${lineOf(anchored)}: is not changed: this has an anchor that an alias means`), stderr);
    assert.deepEqual(JSON.parse(stdout).map(({ path: p, value }) => [p, value]), [['/components/schemas/PaymentStatus/enum/-', 'refunded']]);
    assert.equal(readFileSync(file, 'utf8'), anchored);
    // an anchor that nobody means is no reason
    writeFileSync(file, anchored.replace('x-again: *status\n', ''));
    assert.equal((await plumbline(['contract', 'infer', folder, '--update', file, '--write'])).status, 0);
    assert.match(readFileSync(file, 'utf8'), /'PaymentStatus': &status/);
});

// ---- standard input ----

test('a recording from standard input is as good as its file, as lines and as HAR', async () => {
    const folder = recordingOf(await lines());
    const segment = path.join(folder, '000001.jsonl');
    const har = path.join(temporaryFolder(), 'all.har');
    assert.equal((await plumbline(['log', 'export', '--har', folder, '-o', har])).status, 0);
    const file = contractOf((d) => ['an enum value', 'a required member', 'a status'].forEach((name) => drifts[name][0](d)));
    const { patch } = await patchOf(folder, file);
    assert.ok(patch.length >= 3);
    const piped = (from, ...args) => run('sh', ['-c', 'from=$1; shift; cat "$from" | "$0" contract infer - "$@"', binary, from, ...args]);
    for (const from of [segment, har]) {
        const { status, stdout, stderr } = await piped(from, '--update', file, '--service', SERVICE);
        assert.equal(status, 0, stderr);
        assert.deepEqual(JSON.parse(stdout), patch);
        const made = await piped(from);
        assert.equal(made.status, 0, made.stderr);
        const named = await plumbline(['contract', 'infer', from]);
        assert.equal(made.stdout.replace('standard input', from), named.stdout);
    }
    // a broken line is told once, by its number
    writeFileSync(segment, `${readFileSync(segment, 'utf8')}{"request":\n`);
    const broken = await piped(segment, '--update', file);
    assert.equal(broken.status, 2);
    assert.deepEqual(broken.stderr.match(/standard input:\d+: column 12/g)?.length, 1, broken.stderr);
    const nothing = await run('sh', ['-c', 'echo no recording | "$0" contract infer -', binary]);
    assert.equal(nothing.status, 2);
    assert.match(nothing.stderr, /standard input: this is neither a HAR file nor a recording/);
    const twice = await run('sh', ['-c', '"$0" contract infer - - < "$1"', binary, segment]);
    assert.equal(twice.status, 2);
    assert.match(twice.stderr, /is named twice/);
});

test('other services and misuse have a sentence', async () => {
    const folder = recordingOf(await lines());
    const said = async (...args) => {
        const { status, stderr } = await plumbline(['contract', 'infer', ...args]);
        assert.equal(status, 2, stderr);
        return stderr;
    };
    assert.match(await said(folder, '--write'), /needs --update/);
    const other = path.join(temporaryFolder(), 'other.openapi.json');
    writeFileSync(other, source);
    assert.match(await said(folder, '--update', other), /no exchange of service 'other', but of '.*'; --service NAME/);
    const named = await plumbline(['contract', 'infer', folder, '--update', other, '--service', SERVICE]);
    assert.equal(named.stdout.trim(), '[]', named.stderr);
});

test('every shipped contract fits the traffic of its service as it stands', async () => {
    const folder = recordingOf(await lines());
    for (const name of readdirSync(path.join(root, 'contracts')).filter((file) => file.endsWith('.openapi.json'))) {
        const { patch, stderr } = await patchOf(folder, path.join(root, 'contracts', name));
        assert.deepEqual(patch, [], name);
        assert.doesNotMatch(stderr, /is left/, stderr);
    }
});
