// What our own formats promise, judged by ajv: docs/schema/NAME, and HAR 1.2 by the npm package har-schema.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './plumbline.mjs';

const require = createRequire(path.join(root, 'build/npm/'));
const Ajv2020 = require('ajv/dist/2020').default;
const AjvDraft06 = require('ajv').default;
const formats = require('ajv-formats').default;

const schema = (name) => JSON.parse(readFileSync(path.join(root, 'docs/schema', name), 'utf8'));

// A function that fails with every mistake of a value.
export function judge(name) {
    const ajv = new Ajv2020({ allErrors: true, strict: false });
    formats(ajv);
    if (name === 'gateway.schema.json') // refers to it
        ajv.addSchema(schema('faults.schema.json'));
    return failing(ajv.compile(schema(name)), name, ajv);
}

// The same for an entry of a HAR file, and for a whole one.
export const judgeHarEntry = () => judgeHarPart('entry.json');
export const judgeHar = () => judgeHarPart('har.json');

function judgeHarPart(name) {
    const har = require('har-schema');
    const ajv = new AjvDraft06({ allErrors: true, strict: false });
    formats(ajv);
    ajv.addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json'));
    for (const schema of Object.values(har))
        ajv.addSchema(schema);
    return failing(ajv.getSchema(`${name}#`) ?? ajv.getSchema(name), 'har-schema', ajv);
}

const failing = (validate, name, ajv) => (value) =>
    assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors, { separator: '\n' })}\n${JSON.stringify(value, null, 2)}`);
