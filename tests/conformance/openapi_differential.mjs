#!/usr/bin/env node
// openapi_differential.mjs: random OpenAPI 3.0 schemas, ajv's verdicts against those of `plumbline check`.
//
//   SEED=7 COUNT=3000 tests/conformance/openapi_differential.mjs
//
// Half of the exchanges carry a random value as their JSON bodies, both ways. The other half carries it as a parameter, written by the
// style table of the specification (OAS 3.1.1, Style Examples), so that reading it must give back the value that ajv was asked about. For ajv,
// which knows no OpenAPI 3.0, `nullable` and the boolean bounds are rewritten. All goes the whole way: document, HAR file, report.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const binary = process.env.PLUMBLINE_BIN ?? path.join(root, 'build/plumbline');
const modules = path.join(root, 'build/npm/node_modules');
const seed = Number(process.env.SEED ?? 20240517);
const count = Number(process.env.COUNT ?? 1000);

if (!existsSync(path.join(modules, 'ajv'))) {
    console.log(`openapi_differential: no ${modules}/ajv: run 'make deps'`);
    console.log('0 passed, 1 failed, 0 skipped');
    process.exit(1);
}
const require = createRequire(path.join(modules, 'index.js'));
const Ajv = require('ajv').default;
const ajv = new Ajv({ strict: false, allErrors: false });
require('ajv-formats').default(ajv);

// ---- random choices, the same for the same seed (mulberry32) ----

let state = seed >>> 0;
function random() {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const chance = (p) => random() < p;
const pick = (list) => list[Math.floor(random() * list.length)];

// ---- schemas and values ----

const scalars = [
    { type: 'string', maxLength: 3 }, { type: 'string', pattern: '^[a-c]+$' }, { type: 'string', enum: ['a', 'b', '10'] },
    { type: 'string', format: 'date' }, { type: 'integer', minimum: 2 }, { type: 'integer', enum: [1, 2] },
    { type: 'number', maximum: 10, exclusiveMaximum: true }, { type: 'number', multipleOf: 0.5 }, { type: 'boolean' },
];

function object(names, inner) {
    const schema = { type: 'object', properties: {} };
    const required = names.filter(() => chance(0.3));
    for (const name of names) schema.properties[name] = inner();
    if (required.length > 0) schema.required = required;
    if (chance(0.2)) schema.minProperties = 2;
    return schema;
}

function array(inner) {
    const schema = { type: 'array', items: inner() };
    if (chance(0.3)) schema.minItems = 2;
    if (chance(0.3)) schema.maxItems = 2;
    if (chance(0.3)) schema.uniqueItems = true;
    return schema;
}

function anySchema(depth) {
    const inner = () => anySchema(depth - 1);
    const kind = random();
    let schema = { ...pick(scalars) };

    if (depth > 0 && kind < 0.25) schema = object(['a', 'b', 'c'].filter(() => chance(0.8)), inner);
    else if (depth > 0 && kind < 0.45) schema = array(inner);
    else if (depth > 0 && kind < 0.55) return { oneOf: [inner(), inner()] };
    else if (depth > 0 && kind < 0.65) return { anyOf: [inner(), inner()] };
    else if (depth > 0 && kind < 0.7) return { allOf: [inner(), inner()] };
    else if (depth > 0 && kind < 0.73) return { not: inner() };
    if (chance(0.2)) schema.nullable = true;
    if (schema.type === 'object' && chance(0.4)) schema.additionalProperties = chance(0.5) ? false : { ...pick(scalars) };
    return schema;
}

function scalarFor(schema) {
    if (schema.enum && chance(0.7)) return pick(schema.enum);
    switch (schema.type) {
    case 'string': return schema.format ? pick(['2024-02-29', '2023-02-29', 'a']) : pick(['a', 'abc', 'abcd', 'x y', 'ä,b', 'a.b=c&d']);
    case 'integer': return pick([0, 1, 2, 3, -5]);
    case 'number': return pick([0.5, 1, 9.5, 10, 11, 0.3]);
    default: return chance(0.5);
    }
}

function valueFor(schema, wild) {
    if (wild && chance(0.1)) return pick([null, 1, 0.5, 'a', '2024-02-29', true, [], {}, ['a'], { a: 1 }, [1, 1], 1e3]);
    for (const word of ['oneOf', 'anyOf', 'allOf'])
        if (schema[word]) return valueFor(pick(schema[word]), wild);
    if (schema.not) return valueFor(schema.not, wild);
    if (schema.type === 'array') return Array.from({ length: Math.floor(random() * 4) + (wild ? 0 : 1) }, () => valueFor(schema.items, wild));
    if (schema.type !== 'object') return scalarFor(schema);
    const value = {};
    for (const name in schema.properties)
        if (chance(0.75)) value[name] = valueFor(schema.properties[name], wild);
    if (wild && chance(0.2)) value.z = pick([1, 'a', null, true]);
    return value;
}

// OpenAPI 3.0 as ajv's drafts write it.
function rewritten(schema) {
    if (Array.isArray(schema)) return schema.map(rewritten);
    if (schema === null || typeof schema !== 'object') return schema;
    const result = {};
    for (const word in schema) result[word] = word === 'enum' ? schema[word] : rewritten(schema[word]);
    delete result.nullable;
    if (schema.nullable && schema.type) result.type = [schema.type, 'null'];
    if (schema.exclusiveMaximum === true) {
        result.exclusiveMaximum = schema.maximum;
        delete result.maximum;
    }
    return result;
}

// ---- parameters, as the style table writes them ----

const encode = (v) => encodeURIComponent(String(v)).replace(/[.!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const pairs = (v, between, joint) => Object.entries(v).map(([k, x]) => `${encode(k)}${between}${encode(x)}`).join(joint);

const forms = [
    { in: 'path', style: 'simple', array: (v) => v.map(encode).join(','), object: (v, e) => pairs(v, e ? '=' : ',', ','), scalar: encode },
    { in: 'path', style: 'label', array: (v, e) => `.${v.map(encode).join(e ? '.' : ',')}`,
        object: (v, e) => `.${pairs(v, e ? '=' : ',', e ? '.' : ',')}`, scalar: (v) => `.${encode(v)}` },
    { in: 'path', style: 'matrix', array: (v, e) => (e ? v.map((x) => `;p=${encode(x)}`).join('') : `;p=${v.map(encode).join(',')}`),
        object: (v, e) => (e ? `;${pairs(v, '=', ';')}` : `;p=${pairs(v, ',', ',')}`), scalar: (v) => `;p=${encode(v)}` },
    { in: 'query', style: 'form', array: (v, e) => (e ? v.map((x) => `p=${encode(x)}`).join('&') : `p=${v.map(encode).join(',')}`),
        object: (v, e) => (e ? pairs(v, '=', '&') : `p=${pairs(v, ',', ',')}`), scalar: (v) => `p=${encode(v)}` },
    { in: 'query', style: 'spaceDelimited', explode: false, array: (v) => `p=${v.map(encode).join('%20')}`, bare: / / },
    { in: 'query', style: 'pipeDelimited', explode: false, array: (v) => `p=${v.map(encode).join('%7C')}` },
    { in: 'query', style: 'deepObject', explode: true, object: (v) => Object.entries(v).map(([k, x]) => `p%5B${k}%5D=${encode(x)}`).join('&') },
    { in: 'header', style: 'simple', array: (v) => v.join(','), object: (v, e) => Object.entries(v).map(([k, x]) => `${k}${e ? '=' : ','}${x}`).join(','),
        scalar: String, bare: /[,=& ]/ },
    { in: 'cookie', style: 'form', explode: false, array: (v) => `p=${v.map(encode).join(',')}`, object: (v) => `p=${pairs(v, ',', ',')}`,
        scalar: (v) => `p=${encode(v)}` },
];

function parameterCase(i) {
    const shape = pick(['scalar', 'array', 'object']);
    const form = pick(forms.filter((f) => f[shape]));
    const explode = form.explode ?? chance(0.5);
    const scalar = () => ({ ...pick(scalars) });
    const schema = shape === 'scalar' ? scalar() : shape === 'array' ? array(scalar) : object(['a', 'b', 'c'], scalar);
    let value = valueFor(schema, false);
    while ((shape === 'object' && Object.keys(value).length === 0) || (form.bare && form.bare.test(JSON.stringify(value)) && shape !== 'scalar'))
        value = valueFor(schema, false);
    const text = form[shape](value, explode);
    const target = form.in === 'path' ? `/p${i}/${text}` : form.in === 'query' ? `/p${i}?${text}` : `/p${i}`;
    const headers = form.in === 'header' ? [{ name: 'p', value: text }] : form.in === 'cookie' ? [{ name: 'Cookie', value: text }] : [];
    const parameter = { name: 'p', in: form.in, style: form.style, explode, required: true, schema };

    return { path: form.in === 'path' ? `/p${i}/{p}` : `/p${i}`, schema, value, text,
        item: { get: { operationId: `c${i}`, parameters: [parameter], responses: { default: { description: 'any' } } } },
        entry: { request: { method: 'GET', url: `http://a.example${target}`, headers }, response: { status: 204, headers: [], content: { size: 0 } } } };
}

function bodyCase(i) {
    const schema = anySchema(3);
    const value = valueFor(schema, true);
    const text = JSON.stringify(value);
    const content = { 'application/json': { schema } };
    const headers = [{ name: 'Content-Type', value: 'application/json' }];

    return { path: `/b${i}`, schema, value, text, both: true,
        item: { post: { operationId: `c${i}`, requestBody: { required: true, content }, responses: { 200: { description: 'any', content } } } },
        entry: { request: { method: 'POST', url: `http://a.example/b${i}`, headers, postData: { text } },
            response: { status: 200, headers, content: { size: text.length, text } } } };
}

// ---- both are asked ----

function ours(cases) {
    const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-openapi-'));
    const paths = Object.fromEntries(cases.map((c) => [c.path, c.item]));

    writeFileSync(path.join(folder, 'c.json'), JSON.stringify({ openapi: '3.0.3', info: { title: 'c', version: '1' }, paths }));
    writeFileSync(path.join(folder, 'c.har'), JSON.stringify({ log: { version: '1.2', entries: cases.map((c) => c.entry) } }));
    const run = spawnSync(binary, ['check', path.join(folder, 'c.har'), '--contract', path.join(folder, 'c.json'), '--report', 'json'],
        { maxBuffer: 1 << 28 });
    rmSync(folder, { recursive: true });
    if (run.status !== 0 && run.status !== 1) throw new Error(`plumbline check ended with ${run.status}: ${run.stderr}`);
    return JSON.parse(run.stdout);
}

const cases = Array.from({ length: count }, (_, i) => (i % 2 ? parameterCase(i) : bodyCase(i)));
const report = ours(cases);
const broken = { request: new Set(), response: new Set() };
let failed = Number(report.summary.exchanges !== count);

report.findings = report.findings.filter(({ rule }) => !rule.endsWith('-undocumented')); // valid, though nobody named it
for (const finding of report.findings) broken[finding.side].add(finding.operation);
cases.forEach((c, i) => {
    const valid = ajv.compile(rewritten(c.schema))(c.value);

    for (const side of c.both ? ['request', 'response'] : ['request']) {
        if (!broken[side].has(`c${i}`) === valid) continue;
        failed++;
        console.log(`FAILED ${side}: ajv says ${valid ? 'valid' : 'invalid'}, we differ: ${JSON.stringify(c.item)}\n  ${c.text}`);
        console.log(`  ${report.findings.filter((f) => f.operation === `c${i}`).map((f) => `${f.rule} ${f.instance}`).join(', ')}`);
    }
});
if (failed > 0) console.log(`again: SEED=${seed} COUNT=${count} make conformance T=openapi_differential`);
console.log(`${count - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
