#!/usr/bin/env node
// ajv_differential.mjs: many random schemas and instances, ajv's verdicts against those of `plumbline schema suite`.
//
//   SEED=7 COUNT=3000 tests/conformance/ajv_differential.mjs
//
// Schemas combine all keywords of 2020-12 over a small vocabulary of names and values, so that instances often match by chance. Where both differ
// on purpose the reason is in `differences`; anything else is a failure, printed so that it can be run again.
import { execFileSync } from 'node:child_process';
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
const groupCount = Number(process.env.COUNT ?? 800);
const perGroup = 20;

// What ajv 8.20 does differently, and the keywords that must meet in a schema for it to show.
const differences = [
    {
        reason: 'ajv decides when compiling which items a subschema evaluates, and counts those of a branch that failed; '
            + 'a failed branch gives no annotations (Core 7.7.1.1)',
        one: ['unevaluatedItems'],
        with: ['oneOf', 'anyOf', 'if', 'not'],
    },
];

// ---- random choices, the same for the same seed (mulberry32) ----

let state = seed >>> 0;
function random() {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const one = (list) => list[below(list.length)];
const chance = (p) => random() < p;
const some = (list, most) => [...new Set(Array.from({ length: 1 + below(most) }, () => one(list)))];

// ---- values ----

const names = ['a', 'b', 'c', 'ab', 'long name', 'x-1', 'é', ''];
const filled = names.filter((name) => name !== ''); // ajv does not see "required": [""]
const strings = ['', 'a', 'b', 'ab', 'abc', 'é', '\u{1F600}', 'a b', '1', 'x-1'];
const numbers = [0, 1, -1, 2, 3, 5, 1.5, -2.5, 10, 100, 1e3, 0.5, 7];
const patterns = ['^a', 'b$', '^[a-c]*$', '\\d', '^.$', 'a|b', '^\\S+$', '(ab)+', '^x-'];
const types = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];

function value(depth) {
    const kind = below(depth > 0 ? 9 : 6);
    if (kind === 0) return null;
    if (kind === 1) return chance(0.5);
    if (kind <= 3) return one(numbers);
    if (kind <= 5) return one(strings);
    if (kind === 6) return Array.from({ length: below(5) }, () => value(depth - 1));
    const object = {};
    for (let i = below(5); i > 0; i--) object[one(names)] = value(depth - 1);
    return object;
}

// ---- schemas ----

const map = (keys, depth) => Object.fromEntries(keys.map((key) => [key, schema(depth)]));
const list = (depth) => Array.from({ length: 1 + below(3) }, () => schema(depth));
const count = () => below(4);

const keywords = {
    type: () => (chance(0.7) ? one(types) : some(types, 3)),
    const: () => value(2),
    enum: () => Array.from({ length: 1 + below(4) }, () => value(1)).filter((v, i, all) =>
        all.findIndex((w) => JSON.stringify(w) === JSON.stringify(v)) === i),
    minimum: () => one(numbers),
    maximum: () => one(numbers),
    exclusiveMinimum: () => one(numbers),
    exclusiveMaximum: () => one(numbers),
    multipleOf: () => one([1, 2, 0.5, 5, 3]),
    minLength: count,
    maxLength: count,
    pattern: () => one(patterns),
    minItems: count,
    maxItems: count,
    uniqueItems: () => chance(0.8),
    minProperties: count,
    maxProperties: count,
    required: () => some(filled, 3),
    dependentRequired: () => Object.fromEntries(some(filled, 2).map((name) => [name, some(filled, 2)])),
    properties: (d) => map(some(names, 4), d),
    patternProperties: (d) => map(some(patterns, 2), d),
    additionalProperties: (d) => schema(d),
    propertyNames: (d) => (chance(0.5) ? { maxLength: below(4) } : schema(d)),
    dependentSchemas: (d) => map(some(names, 2), d),
    prefixItems: (d) => list(d),
    items: (d) => schema(d),
    contains: (d) => schema(d),
    minContains: count,
    maxContains: count,
    allOf: (d) => list(d),
    anyOf: (d) => list(d),
    oneOf: (d) => list(d),
    not: (d) => schema(d),
    if: (d) => schema(d),
    then: (d) => schema(d),
    else: (d) => schema(d),
    unevaluatedItems: (d) => schema(d),
    unevaluatedProperties: (d) => schema(d),
    $ref: () => one(['#/$defs/one', '#/$defs/two', '#three', '#']),
};
const common = ['type', 'properties', 'required', 'items', 'additionalProperties', 'enum', 'anyOf', 'allOf', 'oneOf', '$ref'];

function schema(depth) {
    if (depth <= 0 || chance(0.08)) return chance(0.75) ? { type: one(types) } : chance(0.7);
    const result = {};
    for (let i = 1 + below(4); i > 0; i--) {
        const name = chance(0.5) ? one(common) : one(Object.keys(keywords));
        result[name] = keywords[name](depth - 1);
    }
    return result;
}

function rootSchema() {
    const result = schema(4);
    const base = typeof result === 'object' ? result : { not: !result };
    return { ...base, $defs: { one: schema(2), two: schema(2), three: { $anchor: 'three', ...inner() } } };
}

function inner() {
    const result = schema(2);
    return typeof result === 'object' ? result : { not: !result };
}

// ---- the comparison ----

function explained(schemaText) {
    const uses = (word) => schemaText.includes(`"${word}":`);
    return differences.find((d) => d.one.some(uses) && d.with.some(uses));
}

async function main() {
    if (!existsSync(path.join(modules, 'ajv'))) {
        console.log("FAILED ajv is missing: run 'make deps'\n0 passed, 1 failed, 0 skipped");
        return 1;
    }
    const Ajv = createRequire(path.join(modules, 'x.js'))('ajv/dist/2020.js').default;
    const groups = [];
    let refused = 0;

    while (groups.length < groupCount) {
        const candidate = rootSchema();
        const data = Array.from({ length: perGroup }, () => value(3));
        let validate;
        try {
            // One ajv per schema: identifiers must not clash.
            validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: true, logger: false }).compile(candidate);
            const tests = data.map((d, i) => ({ description: String(i), data: d, valid: validate(d) }));
            groups.push({ description: String(groups.length), schema: candidate, tests });
        } catch (error) {
            // A schema that applies itself without end, or code of ajv's that does not run (unevaluatedProperties through $ref).
            if (![RangeError, TypeError, ReferenceError].some((kind) => error instanceof kind)) throw error;
            refused++;
        }
    }
    const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-ajv-'));
    const file = path.join(folder, 'random.json');
    let passed = 0, failed = 0, skipped = 0;
    try {
        writeFileSync(file, JSON.stringify(groups));
        const output = execFileSync(binary, ['schema', 'suite', '--draft', '2020-12', file], { maxBuffer: 1 << 28 });
        const verdicts = output.toString().trimEnd().split('\n').map((line) => line.split('\t')[3]);
        const counts = { valid: 0, invalid: 0, error: 0 };

        for (const group of groups) {
            let told = false;
            for (const test of group.tests) {
                const ours = verdicts.shift();
                counts[ours]++;
                if (ours === (test.valid ? 'valid' : 'invalid')) {
                    passed++;
                } else if (explained(JSON.stringify(group.schema))) {
                    skipped++;
                } else if (++failed <= 20 && !told) {
                    told = true;
                    console.log(`FAILED ajv says ${test.valid ? 'valid' : 'invalid'}, plumbline ${ours}\n  schema   `
                        + `${JSON.stringify(group.schema)}\n  instance ${JSON.stringify(test.data)}`);
                }
            }
        }
        console.log(`seed ${seed}: ${groups.length} schemas (${refused} more that ajv cannot run), `
            + `${counts.valid} valid and ${counts.invalid} invalid instances`);
    } finally {
        rmSync(folder, { recursive: true });
    }
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    return failed > 0 ? 1 : 0;
}

process.exitCode = await main();
