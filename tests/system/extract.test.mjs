// plumbline contract extract: what it finds in documents of many styles, as facts that a person wrote down beside them, and what it does
// with what nobody could read.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facts, operations } from './lib/facts.mjs';
import { binary, plumbline, root, run, temporaryFolder } from './lib/index.mjs';

const documents = readdirSync(path.join(root, 'tests/cases/extract')).filter((name) => /\.(md|txt)$/.test(name));
const ours = readdirSync(path.join(root, 'docs/api')).filter((name) => name.endsWith('.md')).map((name) => `docs/api/${name}`);
const all = [...documents.map((name) => `tests/cases/extract/${name}`), ...ours];
const given = path.resolve(root, process.env.PLUMBLINE_API_DOCS ?? '../shared/api-docs');

async function extract(...args) {
    const done = await plumbline(['contract', 'extract', ...args]);
    assert.ok([0, 1].includes(done.status), done.stderr);
    return { ...done, draft: JSON.parse(done.stdout) };
}

async function extractText(text, name = 'document.md') {
    const file = path.join(temporaryFolder(), name);
    writeFileSync(file, text);
    return extract(file);
}

for (const name of documents)
    test(`${name}: the facts are those that are written beside it`, async () => {
        const expected = readFileSync(path.join(root, `tests/cases/extract/${name}.facts`), 'utf8').trimEnd().split('\n');
        const { draft } = await extract(`tests/cases/extract/${name}`);
        assert.deepEqual(facts(draft), expected);
    });

test('every document has its facts', () => {
    assert.ok(documents.length >= 8, `${documents.length}`);
    for (const name of documents)
        assert.ok(existsSync(path.join(root, `tests/cases/extract/${name}.facts`)), name);
});

test('lint finds nothing in any draft, of one document or of all', async () => {
    const folder = temporaryFolder();
    for (const files of [...all.map((file) => [file]), all]) {
        const out = path.join(folder, 'draft.openapi.json');
        assert.equal((await plumbline(['contract', 'extract', ...files, '-o', out])).status, 0, files.join(' '));
        const lint = await plumbline(['contract', 'lint', '--fail-on', 'info', out]);
        assert.equal(lint.status, 0, `${files}: ${lint.stdout}${lint.stderr}`);
        assert.match(lint.stdout, /nothing found/);
    }
});

test('every statement has its file, its line and a confidence, and the line is about it', async () => {
    for (const file of all) {
        const { draft } = await extract(file);
        const lines = readFileSync(path.join(root, file), 'utf8').split('\n');
        let count = 0;
        const check = (value, pointer) => {
            const source = value['x-source'];
            assert.ok(source, `${file} ${pointer} has no source`);
            assert.equal(source.file, file);
            assert.ok(source.line >= 1 && source.line <= lines.length, `${pointer}: line ${source.line}`);
            assert.match(value['x-confidence'], /^(high|medium|low)$/, pointer);
            count++;
        };
        const walk = (schema, pointer) => {
            check(schema, pointer);
            for (const [name, inner] of Object.entries(schema.properties ?? {})) {
                walk(inner, `${pointer}/${name}`);
                assert.ok(lines[inner['x-source'].line - 1].includes(name.replace(/[_.].*/, '')), `${file}:${inner['x-source'].line} does not say ${name}`);
            }
            if (schema.items?.['x-source'])
                walk(schema.items, `${pointer}/items`);
        };
        const body = (content, pointer) => {
            for (const { schema, examples } of Object.values(content ?? {})) {
                for (const one of schema.anyOf ?? [schema])
                    walk(one, pointer);
                for (const [name, example] of Object.entries(examples ?? {}))
                    check(example, `${pointer} example ${name}`);
            }
        };
        for (const { method, path: template, operation } of operations(draft)) {
            const name = `${method} ${template}`;
            check(operation, name);
            for (const parameter of operation.parameters ?? [])
                check(parameter, `${name} ${parameter.name}`);
            if (operation.requestBody)
                check(operation.requestBody, `${name} request`);
            body(operation.requestBody?.content, `${name} request`);
            for (const [status, answer] of Object.entries(operation.responses)) {
                check(answer, `${name} ${status}`);
                body(answer.content, `${name} ${status}`);
            }
        }
        assert.ok(count >= 10, `${file}: ${count}`);
    }
});

test('the same documents give the same bytes, and YAML says the same as JSON', async () => {
    const once = await extract(...all);
    const twice = await extract(...all);
    assert.equal(once.stdout, twice.stdout);
    assert.equal(once.stderr, twice.stderr);
    const folder = temporaryFolder();
    const yaml = path.join(folder, 'draft.openapi.yaml');
    assert.equal((await plumbline(['contract', 'extract', ...all, '-o', yaml])).status, 0);
    assert.doesNotMatch(readFileSync(yaml, 'utf8'), /^\{/);
    const json = path.join(folder, 'draft.openapi.json');
    writeFileSync(json, once.stdout);
    const shown = async (file) => (await plumbline(['contract', 'show', file])).stdout.replaceAll(file, 'FILE');
    assert.equal(await shown(yaml), await shown(json));
    const printed = await plumbline(['contract', 'extract', '--format', 'yaml', ...all]);
    assert.equal(printed.stdout, readFileSync(yaml, 'utf8'));
});

test('a path that ends with a slash keeps it, whatever linters like', async () => {
    const { draft } = await extractText('# T\n\n`GET /things/`\n\n`GET /things/:id/`\n\n`POST /others`\n');
    assert.deepEqual(Object.keys(draft.paths), ['/things/', '/things/{id}/', '/others']);
});

test('the title is that of the first document, or the one that is given', async () => {
    assert.equal((await extract('docs/api/orderflow.md', 'docs/api/order-processing.md')).draft.info.title, 'OrderFlowAPI');
    assert.equal((await extract('docs/api/orderflow.md', '--title', 'Five services')).draft.info.title, 'Five services');
});

test('a document comes from standard input, too', async () => {
    const done = await run('bash', ['-c', `printf '# T\n\n\`GET /things/{id}\`\n' | '${binary}' contract extract -`]);
    assert.equal(done.status, 0, done.stderr);
    assert.deepEqual(Object.keys(JSON.parse(done.stdout).paths), ['/things/{id}']);
});

test('what was mended and what could not be read is told with its place, and in the draft', async () => {
    const { draft, stderr } = await extractText([
        '# T', '## POST /things', 'Request:', '```json', '{ "a": int, // how many', '  "b": [1, 2, ...],', '}', '```',
        '## Elsewhere', '```json', '{ "stray": true }', '```', ''].join('\n'));
    const file = draft.info['x-source'].file;
    for (const line of [`${file}:5: mended: int was read as a type`, `${file}:5: mended: a comment was left out`,
        `${file}:6: mended: '...' was left out: there may be more`, `${file}:7: mended: a comma was too many`,
        `${file}:11: unread: an example belongs to no endpoint; kept in x-unplaced`])
        assert.ok(stderr.split('\n').includes(line), `${line}\n---\n${stderr}`);
    assert.match(stderr, /1 document, 1 operation; 1 unread, 4 mended, 1 assumed\n$/);
    assert.deepEqual(draft['x-unread'], [{ file, line: 11, what: 'an example belongs to no endpoint; kept in x-unplaced' }]);
    const example = draft.paths['/things'].post.requestBody.content['application/json'].examples.documented;
    assert.deepEqual(example.value, { a: 0, b: [1, 2] });
    assert.equal(example['x-confidence'], 'medium');
    assert.match(example['x-source'].note, /line 5: int was read as a type; line 5: a comment was left out; line 6/);
});

test('a document without an endpoint is said to be one: exit 1, and a draft with no paths', async () => {
    const { status, draft, stderr } = await extractText('# Minutes\n\nWe met. Nothing was decided.\n');
    assert.equal(status, 1);
    assert.deepEqual(draft.paths, {});
    assert.match(stderr, /:1: unread: the document names no endpoint that is new/);
});

test('what is no text, and what is not there, is said in one line', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'image.md'), Buffer.from([0x89, 0x50, 0, 0, 1]));
    const broken = await plumbline(['contract', 'extract', path.join(folder, 'image.md')]);
    assert.equal(broken.status, 2);
    assert.match(broken.stderr, /^plumbline contract extract: \S*image\.md: is no text: .*\n$/);
    const missing = await plumbline(['contract', 'extract', path.join(folder, 'none.md')]);
    assert.equal(missing.status, 3);
    assert.match(missing.stderr, /^plumbline contract extract: \S*none\.md: .*\n$/);
    const none = await plumbline(['contract', 'extract']);
    assert.equal(none.status, 2);
});

test('long and deep documents end in time, and with what they are', { timeout: 600_000 }, async () => {
    const many = 400_000;
    for (const [name, text] of Object.entries({
        brackets: `# T\n\n\`POST /a\`\n\n\`\`\`json\n${'['.repeat(many)}\n\`\`\`\n`,
        objects: `# T\n\n\`POST /a\`\n\n\`\`\`json\n${'{"a":'.repeat(many)}\n\`\`\`\n`,
        members: `# T\n\n\`POST /a\`\n\n\`\`\`json\n{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":${i}`).join(',')}}\n\`\`\`\n`,
        endpoints: Array.from({ length: 20_000 }, (_, i) => `GET /a${String.fromCharCode(97 + i % 26)}${i % 7}x${i}/b\n`).join('\n'),
        quotes: `curl '${'"\'`'.repeat(many)}`,
        braces: `GET /${'{a'.repeat(many)}\n`.repeat(3),
        pipes: `|a|b|\n|---|---|\n${'|'.repeat(many)}\n`,
        spans: `${'`a` '.repeat(many)}\n`,
        ellipses: `POST /a\n\n{"a":[${'{...},'.repeat(many)}]}\n`,
        fences: '```\n{\n```\n'.repeat(50_000),
        headings: '# a (GET) /b\n'.repeat(100_000),
    })) {
        const begun = Date.now();
        const { draft } = await extractText(text, `${name}.md`);
        assert.ok(draft.openapi, name);
        assert.ok(Date.now() - begun < 60_000, `${name} took ${Date.now() - begun} ms`);
    }
});

test('the five API documents as they were given: every endpoint, with its parameters and examples', async (t) => {
    if (!existsSync(given)) {
        t.skip(`${given} is not there (PLUMBLINE_API_DOCS names another folder)`);
        return;
    }
    const files = readdirSync(given).filter((name) => name.endsWith('.txt')).sort();
    assert.equal(files.length, 5);
    const found = [];
    for (const file of files) {
        const { draft } = await extract(path.join(given, file));
        found.push(operations(draft).map(({ method, path: template, operation }) => {
            const answers = Object.entries(operation.responses).filter(([, { content }]) => content).map(([status]) => status);
            return [`${method.toUpperCase()} ${template}`, operation.requestBody && 'request', ...answers].filter(Boolean).join(' ');
        }));
    }
    assert.deepEqual(found, [
        [],
        ['POST /api/order/cart.json request 200', 'POST /api/order/invoice.json request 200', 'POST /api/order/payment.json request 200',
            'POST /api/order/shipping.json request 200'],
        ['POST /orders request 200 400 404', 'GET /orders/{order_id} 200 400 404', 'DELETE /orders/{order_id} 200 400 404',
            'PATCH /orders/{order_id} 200 400 404'],
        ['GET /api/orders', 'POST /api/orders request 200', 'GET /api/orders/{order_id} 200', 'DELETE /api/orders/{order_id} 200',
            'PUT /api/orders/{order_id}/status request'],
        ['POST /carts', 'GET /products/{productId}', 'GET /prices/{priceId}', 'GET /promotions/cart', 'GET /customers/{customerId}', 'GET /taxes',
            'PATCH /carts/{cartId}', 'POST /events/receive'],
    ]);
});

test('the documents as they were given have the shapes of docs/api', async (t) => {
    if (!existsSync(given)) {
        t.skip(`${given} is not there (PLUMBLINE_API_DOCS names another folder)`);
        return;
    }
    const restated = { '001': 'orderflow', '002': 'order-processing', '004': 'order-workflow' };
    for (const [number, name] of Object.entries(restated)) {
        const file = readdirSync(given).find((one) => one.startsWith(number));
        const bodies = async (from) => {
            let endpoint;
            return facts((await extract(from)).draft).flatMap((line) => {
                endpoint = line.match(/^[A-Z]+ \S*(?=:)/)?.[0] ?? endpoint;
                return /^  (path|request|200)/.test(line) ? [endpoint + line.replace(/^  200 \S+/, '  200')] : [];
            });
        };
        const ours = await bodies(`docs/api/${name}.md`);
        for (const fact of await bodies(path.join(given, file)))
            assert.ok(ours.includes(fact), `${name}: ${fact}\n${ours.join('\n')}`);
    }
});
