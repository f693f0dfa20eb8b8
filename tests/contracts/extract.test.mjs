// docs/api and contracts/ say the same: what `plumbline contract extract` finds in the documents is in the contracts, and no operation of the
// contracts is missing in the documents. And two third-party linters find nothing in the drafts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const npm = path.resolve(root, process.env.PLUMBLINE_NPM ?? 'build/npm/node_modules');
const binary = process.env.PLUMBLINE_BIN ?? path.join(root, 'build/plumbline');
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

// Which contracts a document is about.
const about = {
  'order-to-erp': ['shopping-cart', 'checkout', 'order', 'b2b-orders', 'erp', 'storefront'],
  orderflow: ['orderflow'],
  'order-processing': ['order-processing'],
  'order-management': ['order-management'],
  'order-workflow': ['order-workflow'],
};

const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-drafts-'));
after(() => rmSync(folder, { recursive: true }));

const draftOf = (file, ending = 'json', more = []) => {
  const out = path.join(folder, `${path.basename(file).replace(/\W/g, '_')}${more.length}.openapi.${ending}`);
  const done = spawnSync(binary, ['contract', 'extract', file, ...more, '-o', out], { cwd: root, encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return out;
};
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const contractOf = (name) => read(path.join(root, `contracts/${name}.openapi.json`));

// ---- looking into a contract ----

const at = (document, pointer) => pointer.slice(2).split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  .reduce((value, key) => value?.[key], document);
const follow = (document, value) => value?.$ref ? follow(document, at(document, value.$ref)) : value;

// Each operation by its method and path with the server's base: { contract, document, path, item, operation }.
const operationsOf = (names) => new Map(names.flatMap((name) => {
  const document = contractOf(name);
  const base = document.servers[0].url.replace(/^https?:\/\/[^/]+/, '').replace(/\/$/, '');
  return Object.entries(document.paths).flatMap(([template, item]) => METHODS.filter((method) => item[method]).map((method) =>
    [`${method.toUpperCase()} ${base}${template}`, { name, document, item, method, template, operation: item[method] }]));
}));

const parametersOf = ({ document, item, operation }) => [...(item.parameters ?? []), ...(operation.parameters ?? [])]
  .map((one) => follow(document, one));

// A schema as its alternatives, each { types, properties, required, items }.
const alternatives = (document, schema) => {
  const s = follow(document, schema);
  const inner = s.oneOf ?? s.anyOf;
  if (inner) return inner.flatMap((one) => alternatives(document, one));
  if (s.allOf) {
    const parts = s.allOf.map((one) => alternatives(document, one)[0]);
    return [{ types: parts.flatMap(({ types }) => types), properties: Object.assign({}, ...parts.map(({ properties }) => properties), s.properties),
      required: [...parts.flatMap(({ required }) => required), ...(s.required ?? [])], items: s.items }];
  }
  const values = 'const' in s ? [s.const] : s.enum ?? [];
  return [{ types: [s.type ?? [...new Set(values.map((value) => typeof value))]].flat(), properties: s.properties ?? {}, required: s.required ?? [], items: s.items }];
};

// Why what the document shows is not of that schema, or ''.
const differs = (document, shown, schema) => {
  const whys = alternatives(document, schema).map((one) => {
    const types = [shown.type ?? []].flat().filter((type) => type !== 'null');
    for (const type of types)
      if (one.types.length > 0 && !one.types.includes(type) && !(type === 'integer' && one.types.includes('number')))
        return `is ${type}, not ${one.types.join(' or ')}`;
    for (const [name, inner] of Object.entries(shown.properties ?? {})) {
      if (!one.properties[name]) return `has ${name}, which the contract does not know`;
      const why = differs(document, inner, one.properties[name]);
      if (why) return `${name} ${why}`;
    }
    const missing = shown.properties ? one.required.filter((name) => !shown.properties[name]) : [];
    if (missing.length > 0) return `lacks ${missing.join(', ')}`;
    return shown.items && one.items ? differs(document, shown.items, one.items) : '';
  });
  return whys.includes('') ? '' : whys.join('; or ');
};

// The bodies of an operation of a draft or contract: side (request or a status), schema, examples.
const bodiesOf = ({ document, operation }) => [['request', operation.requestBody], ...Object.entries(operation.responses)]
  .map(([side, body]) => [side, follow(document, body)])
  .flatMap(([side, body]) => Object.values(body?.content ?? {}).map(({ schema, examples }) => ({ side, schema, examples })));

// ---- the contracts and the documents ----

test('there is a document for every contract, and none for nothing', () => {
  assert.deepEqual(Object.values(about).flat().sort(), readdirSync(path.join(root, 'contracts')).filter((name) => name.endsWith('.openapi.json'))
    .map((name) => name.replace('.openapi.json', '')).sort());
  assert.deepEqual(Object.keys(about).sort(), readdirSync(path.join(root, 'docs/api')).map((name) => name.replace('.md', '')).sort());
});

for (const [name, contracts] of Object.entries(about)) {
  const draft = read(draftOf(`docs/api/${name}.md`));
  const known = operationsOf(contracts);
  const told = Object.entries(draft.paths).flatMap(([template, item]) => METHODS.filter((method) => item[method]).map((method) =>
    ({ id: `${method.toUpperCase()} ${template}`, document: draft, item, operation: item[method] })));

  test(`docs/api/${name}.md names the operations of its contracts, all of them and no other`, () => {
    assert.deepEqual(told.map(({ id }) => id).sort(), [...known.keys()].sort());
  });

  test(`docs/api/${name}.md: parameters are those of the contract`, () => {
    for (const one of told) {
      const theirs = parametersOf(known.get(one.id));
      for (const parameter of one.operation.parameters ?? []) {
        const same = theirs.find((other) => other.name.toLowerCase() === parameter.name.toLowerCase() && other.in === parameter.in);
        assert.ok(same, `${one.id} has no ${parameter.in} parameter ${parameter.name}`);
        assert.equal(differs(known.get(one.id).document, parameter.schema, same.schema), '', `${one.id} ${parameter.name}`);
      }
      for (const other of theirs.filter((parameter) => parameter.in === 'path'))
        assert.ok(one.operation.parameters?.some((parameter) => parameter.name === other.name), `${one.id} lacks ${other.name}`);
    }
  });

  test(`docs/api/${name}.md: statuses that it names are in the contract`, () => {
    for (const { id, operation } of told)
      for (const [status, answer] of Object.entries(operation.responses)) {
        if (['not in the document', 'no status is said: 200'].includes(answer['x-source'].note)) continue;
        assert.ok(known.get(id).operation.responses[status], `${id} has no ${status}`);
      }
  });

  test(`docs/api/${name}.md: bodies have the fields of the contract, and those that it requires`, () => {
    for (const one of told) {
      const theirs = bodiesOf(known.get(one.id));
      for (const { side, schema } of bodiesOf(one)) {
        const same = theirs.find((other) => other.side === side);
        assert.ok(same, `${one.id} has no body of ${side}`);
        for (const variant of schema.anyOf ?? [schema])
          assert.equal(differs(known.get(one.id).document, variant, same.schema), '', `${one.id} ${side}`);
      }
    }
  });

  test(`docs/api/${name}.md: examples that were not mended are valid by the contract`, () => {
    const load = createRequire(path.join(npm, 'ajv/package.json'));
    const ajv = new (load('ajv/dist/2020').default)({ strict: false, multipleOfPrecision: 6 });
    createRequire(path.join(npm, 'ajv-formats/package.json'))('ajv-formats').default(ajv);
    for (const contract of contracts) ajv.addSchema(contractOf(contract), `file:///${contract}`);
    for (const one of told) {
      const { name: contract, template, method, document, operation } = known.get(one.id);
      for (const { side, examples } of bodiesOf(one)) {
        const part = side === 'request' ? operation.requestBody : operation.responses[side];
        const place = part.$ref ?? `#/paths/${template.replaceAll('/', '~1')}/${method}/${side === 'request' ? 'requestBody' : `responses/${side}`}`;
        const [type] = Object.keys(follow(document, part).content);
        const check = ajv.compile({ $ref: `file:///${contract}${encodeURI(`${place}/content/${type.replaceAll('/', '~1')}/schema`)}` });
        for (const { value, 'x-confidence': sure } of Object.values(examples ?? {}))
          assert.ok(sure !== 'high' || check(value), `${one.id} ${side}: ${ajv.errorsText(check.errors)}`);
      }
    }
  });
}

// ---- the linters ----

const documents = [...readdirSync(path.join(root, 'docs/api')).map((name) => `docs/api/${name}`),
  ...readdirSync(path.join(root, 'tests/cases/extract')).filter((name) => /\.(md|txt)$/.test(name)).map((name) => `tests/cases/extract/${name}`)];
const lint = (name, ...args) => {
  const tool = path.join(npm, `.bin/${name}`);
  assert.ok(existsSync(tool), `'${tool}' is missing; run make deps`);
  const env = { ...process.env, PATH: `${npm}/.bin:${process.env.PATH}`, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const done = spawnSync(tool, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 64 << 20 });
  assert.ifError(done.error);
  return { ...done, said: done.stdout + done.stderr };
};

test('redocly finds nothing in the drafts', () => {
  const drafts = documents.flatMap((file) => [draftOf(file), draftOf(file, 'yaml')]);
  drafts.push(draftOf('docs/api/order-to-erp.md', 'json', documents));
  const { status, said } = lint('redocly', 'lint', '--config', 'tests/contracts/redocly.yaml', '--format=stylish', ...drafts);
  const problems = said.split('\n').filter((line) => /^\s+\d+:\d+\s+(error|warning)/.test(line));
  assert.deepEqual([status, problems], [0, []], said);
});

test('spectral finds nothing in the drafts', () => {
  const drafts = documents.map((file) => draftOf(file));
  const { status, stdout, said } = lint('spectral', 'lint', '--ruleset', 'tests/contracts/spectral.yaml', '--format=json', '--fail-severity=hint',
    '--quiet', ...drafts);
  assert.equal(status, 0, said);
  assert.deepEqual(JSON.parse(stdout), [], said);
});
