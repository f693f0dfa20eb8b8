// The contracts of contracts/ (and the old one of rules/demo/): two third-party linters find nothing, every example fits its
// schema, every operation says where it comes from, and all of them can be served by one gateway on one host.
// The tools are those of tests/npm; PLUMBLINE_NPM names another folder that has them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const npm = path.resolve(root, process.env.PLUMBLINE_NPM ?? 'build/npm/node_modules');
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const list = (folder) => readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.openapi.json'))
  .sort().map((name) => `${folder}/${name}`);
const current = list('contracts');
const files = [...current, ...list('rules/demo')];
const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const documents = new Map(files.map((file) => [file, read(file)]));
const cases = JSON.parse(readFileSync(path.join(here, 'cases.json'), 'utf8'));

const tool = (name) => {
  const file = path.join(npm, name);
  assert.ok(existsSync(file), `'${file}' is missing; run make deps`);
  return file;
};
const lint = (name, ...args) => {
  const env = { ...process.env, PATH: `${npm}/.bin:${process.env.PATH}`, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const done = spawnSync(tool(`.bin/${name}`), args, { cwd: root, env, encoding: 'utf8', maxBuffer: 64 << 20 });
  assert.ifError(done.error);
  return { ...done, said: done.stdout + done.stderr };
};

// ---- walking through a contract ----

const escape = (key) => key.replaceAll('~', '~0').replaceAll('/', '~1');
const at = (document, pointer) => pointer.slice(2).split('/').map((k) => k.replaceAll('~1', '/').replaceAll('~0', '~'))
  .reduce((value, key) => value?.[key], document);

// What is at the pointer, after its $ref: [value, pointer of the value].
const follow = (document, pointer) => {
  const value = at(document, pointer);
  return value?.$ref?.startsWith('#/') ? follow(document, value.$ref) : [value, pointer];
};

// Each operation, webhooks included: { id, method, path, pointer, operation }.
const operations = (document) => ['paths', 'webhooks'].flatMap((part) => Object.entries(document[part] ?? {}).flatMap(([name, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({ id: item[method].operationId, method, path: name, part,
    pointer: `#/${part}/${escape(name)}/${method}`, operation: item[method] }))));

// Each response of an operation: { status, response, pointer }, behind its $ref.
const responses = (document, { pointer, operation }) => Object.keys(operation.responses).map((status) => {
  const [response, where] = follow(document, `${pointer}/responses/${status}`);
  return { status, response, pointer: where, own: where.startsWith(pointer) };
});

// Everything below value that test accepts: [value, pointer].
function* everything(value, accepts, pointer = '#') {
  if (value === null || typeof value !== 'object') return;
  if (accepts(value, pointer)) yield [value, pointer];
  for (const [key, inner] of Object.entries(value)) yield* everything(inner, accepts, `${pointer}/${escape(key)}`);
}

// The one validator: check(file, pointer of a schema, value) returns what is wrong, or ''.
let shared;
const validators = () => shared ??= build();
const build = () => {
  const load = createRequire(path.join(tool('ajv'), 'package.json'));
  const Ajv = load('ajv/dist/2020').default;
  // Without a precision ajv divides in binary, where 64.99 is no multiple of 0.01.
  const ajv = new Ajv({ strict: false, allErrors: true, multipleOfPrecision: 6 });
  createRequire(path.join(tool('ajv-formats'), 'package.json'))('ajv-formats').default(ajv);
  for (const [file, document] of documents) ajv.addSchema(document, `file:///${file}`);
  const compiled = new Map();
  return (file, pointer, value) => {
    const uri = `file:///${file}#${encodeURI(pointer.slice(1))}`;
    if (!compiled.has(uri)) compiled.set(uri, ajv.compile({ $ref: uri }));
    const check = compiled.get(uri);
    return check(value) ? '' : ajv.errorsText(check.errors, { dataVar: '', separator: '; ' });
  };
};

// Every body of a contract: { name, media, pointer } with the operation and side it belongs to.
const bodies = (file) => {
  const document = documents.get(file);
  return operations(document).flatMap((operation) => {
    const request = operation.operation.requestBody
      ? [{ side: 'request', body: follow(document, `${operation.pointer}/requestBody`) }] : [];
    const answers = responses(document, operation).map(({ status, response, pointer }) => ({ side: status, body: [response, pointer] }));
    return [...request, ...answers].flatMap(({ side, body: [body, pointer] }) => Object.entries(body.content ?? {}).map(([type, media]) =>
      ({ id: operation.id, side, type, media, schema: `${pointer}/content/${escape(type)}/schema` })));
  });
};

// ---- tests ----

test('redocly finds nothing', () => {
  const { status, said } = lint('redocly', 'lint', '--config', 'tests/contracts/redocly.yaml', '--format=stylish', ...files);
  const problems = said.split('\n').filter((line) => /^\s+\d+:\d+\s+(error|warning)/.test(line));
  assert.deepEqual([status, problems], [0, []], said);
});

test('spectral finds nothing', () => {
  const { status, stdout, said } = lint('spectral', 'lint', '--ruleset', 'tests/contracts/spectral.yaml', '--format=json',
    '--fail-severity=hint', '--quiet', ...files);
  assert.equal(status, 0, said);
  assert.deepEqual(JSON.parse(stdout), [], said);
});

test('every service of the five documents has its contract', () => {
  const names = current.map((file) => path.basename(file, '.openapi.json')).sort();
  assert.deepEqual(names, [...new Set(cases.documented.map((row) => row.contract))].sort());
});

test('every documented endpoint and status is there', () => {
  for (const { contract, operation, method, path: template, statuses } of cases.documented) {
    const document = documents.get(`contracts/${contract}.openapi.json`);
    const found = document.paths[template]?.[method];
    assert.ok(found, `${contract} lacks ${method} ${template}`);
    assert.equal(found.operationId, operation);
    for (const status of statuses) assert.ok(found.responses[status], `${contract} ${operation} lacks ${status}`);
  }
});

test('no two contracts claim one path', () => {
  const owners = new Map();
  for (const file of current) {
    const document = documents.get(file);
    const base = document.servers[0].url.replace(/^https?:\/\/[^/]+/, '').replace(/\/$/, '');
    for (const template of Object.keys(document.paths)) {
      const shape = base + template.replace(/\{[^}]*\}/g, '{}');
      assert.equal(owners.get(shape), undefined, `${file} and ${owners.get(shape)} both have ${shape}`);
      owners.set(shape, file);
    }
  }
});

for (const file of files) {
  const document = documents.get(file);

  test(`${file}: operation ids are there, and unique`, () => {
    const ids = operations(document).map(({ id }) => id);
    assert.ok(ids.every((id) => /^[a-z][A-Za-z0-9]+$/.test(id)), ids.join(' '));
    assert.equal(new Set(ids).size, ids.length, ids.join(' '));
  });

  test(`${file}: operations, schemas, parameters and answers say where they come from`, () => {
    const silent = [
      ...operations(document).filter(({ operation }) => !operation['x-source']).map(({ pointer }) => pointer),
      ...['schemas', 'parameters', 'responses'].flatMap((part) => Object.entries(document.components[part] ?? {})
        .filter(([, value]) => !value['x-source']).map(([name]) => `#/components/${part}/${name}`)),
      ...(file.startsWith('contracts/') ? operations(document).flatMap((operation) => responses(document, operation)
        .filter(({ response }) => !response['x-source']).map(({ pointer }) => pointer)) : [])];
    assert.deepEqual(silent, []);
  });

  test(`${file}: every x-source is a document and section, or inferred with a reason`, () => {
    for (const [{ 'x-source': source }, pointer] of everything(document, (value) => value['x-source'])) {
      const keys = Object.keys(source).join(' ');
      assert.ok(['inferred', 'document section', 'document section note'].includes(keys), `${pointer}: ${keys}`);
      if (source.document) assert.ok(cases.documents.includes(source.document), `${pointer}: ${source.document}`);
      for (const text of Object.values(source)) assert.ok(typeof text === 'string' && text.length > 0, pointer);
    }
  });

  test(`${file}: everything a reader meets has a description`, () => {
    const named = /\/(properties|parameters|headers|schemas|responses)\/[^/]+$|\/requestBody$/;
    const inside = /\/(examples?|if|then)\//; // values and conditions are no descriptions of their own
    const silent = [...everything(document, (value, pointer) => !value.$ref && !value.description
      && named.test(pointer) && !inside.test(pointer))].map(([, pointer]) => pointer);
    assert.deepEqual(silent, []);
  });

  test(`${file}: objects are closed, but for errors that say they are open`, () => {
    const open = [...everything(document, (value) => value.type === 'object' && value.additionalProperties !== false)]
      .filter(([schema]) => !/More members may follow/.test(schema.description)).map(([, pointer]) => pointer);
    assert.deepEqual(open, []);
  });

  test(`${file}: no object is described twice`, () => {
    const notes = ['description', 'x-source', 'examples'];
    const plain = (value) => JSON.stringify(value, (key, inner) => notes.includes(key) ? undefined : inner);
    const seen = new Map();
    for (const [schema, pointer] of everything(document, (value) => value.type === 'object' && value.properties)) {
      const same = seen.get(plain(schema));
      assert.equal(same, undefined, `${pointer} is ${same} again`);
      seen.set(plain(schema), pointer);
    }
  });

  test(`${file}: every body has a named example, and every example fits`, () => {
    const check = validators();
    for (const { id, side, type, media, schema } of bodies(file)) {
      assert.ok(Object.keys(media.examples ?? {}).length > 0, `${id} ${side} has no example`);
      for (const [name, example] of Object.entries(media.examples)) {
        const { value } = follow(document, schema.replace(/schema$/, `examples/${name}`))[0];
        assert.ok(example.$ref || example.summary, `${id} ${side} ${name} has no summary`);
        assert.equal(check(file, schema, value), '', `${id} ${side} ${name}`);
        if (type === 'application/problem+json') assert.equal(String(value.status), side, `${id} ${side} ${name}`);
      }
    }
  });

  test(`${file}: examples of parameters, headers and schemas fit`, () => {
    const check = validators();
    for (const [value, pointer] of everything(document, (value) => value.schema && 'example' in value))
      assert.equal(check(file, `${pointer}/schema`, value.example), '', pointer);
    for (const [value, pointer] of everything(document, (value, where) => Array.isArray(value.examples) && !/\/examples\//.test(where)))
      for (const example of value.examples) assert.equal(check(file, pointer, example), '', pointer);
  });

  test(`${file}: an example without a required member is refused, as is one with a stranger in a closed object`, () => {
    const check = validators();
    let tried = 0;
    for (const { id, side, media, schema } of bodies(file)) {
      const [rules] = follow(document, schema);
      for (const [name, { value }] of Object.entries(media.examples)) {
        for (const key of rules.required ?? []) {
          const { [key]: _, ...rest } = value;
          assert.notEqual(check(file, schema, rest), '', `${id} ${side} ${name} without ${key}`);
          tried++;
        }
        if (rules.additionalProperties === false || rules.oneOf)
          assert.notEqual(check(file, schema, { ...value, stranger: 1 }), '', `${id} ${side} ${name} with a stranger`);
      }
    }
    assert.ok(tried > 0);
  });
}

for (const { contract, operation, side, value, valid, why } of cases.bodies)
  test(`${contract} ${operation} ${side}: ${why}`, () => {
    const file = `contracts/${contract}.openapi.json`;
    const check = validators();
    const body = bodies(file).find((one) => one.id === operation && one.side === side);
    assert.ok(body, 'no such body');
    const wrong = check(file, body.schema, value);
    assert.equal(wrong === '', valid, valid ? wrong : 'it was accepted');
  });

test('one order and one cart are told by all six services of the flow', () => {
  const flow = ['storefront', 'shopping-cart', 'checkout', 'order', 'b2b-orders', 'erp'];
  const values = (key) => new Set(flow.flatMap((name) => bodies(`contracts/${name}.openapi.json`)).flatMap(({ media }) =>
    [...everything(media.examples, (value) => typeof value[key] === 'string')].map(([value]) => value[key])));
  assert.equal(values('order_id').size, 1);
  assert.equal(values('cart_id').size, 1);
});

test('the demo drifts where it should, and only there', () => {
  const check = validators();
  const demo = 'rules/demo/order-management-v1.openapi.json';
  const now = 'contracts/order-management.openapi.json';
  for (const { operation, fits } of cases.demo) {
    const old = bodies(demo).find((one) => one.id === operation && /^2/.test(one.side));
    const today = bodies(now).find((one) => one.id === operation && one.side === old.side);
    for (const [name, { value }] of Object.entries(old.media.examples))
      assert.equal(check(now, today.schema, value) === '', fits, `${operation} ${name}`);
  }
});
