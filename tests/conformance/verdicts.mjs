#!/usr/bin/env node
// verdicts.mjs: the cases of tests/cases/contract once more, the whole way: the contract as a file, each exchange as a HAR file, the verdict
// of `plumbline check` from its JSON report.
//
//   CASE='a part of its name' tests/conformance/verdicts.mjs
//
// The unit test (tests/unit/contract/cases_test.c) compares places, too; here it is which violations are told on which side. A report names
// what is found by its fingerprint, so that what is broken the same way twice is told once. Cases that need another policy, or a message in
// a state that HAR cannot tell, are left to the unit test.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const binary = process.env.PLUMBLINE_BIN ?? path.join(root, 'build/plumbline');
const modules = path.join(root, 'build/npm/node_modules');
const folder = path.join(root, 'tests/cases/contract');

if (!existsSync(path.join(modules, '@stoplight/yaml'))) {
    console.log(`verdicts: no ${modules}/@stoplight/yaml: run 'make deps'`);
    console.log('0 passed, 1 failed, 0 skipped');
    process.exit(1);
}
const { parse } = createRequire(path.join(modules, 'index.js'))('@stoplight/yaml'); // comes with spectral
const scratch = mkdtempSync(path.join(tmpdir(), 'plumbline-verdicts-'));

// What is different on this way, and why.
const different = new Map([
    ['paths.yaml: without a base', '`check --contract` also takes a path without the base of the servers, as `proxy` does'],
    ['upgrades.yaml: one that nobody named is no finding, and default is not about it',
        'a 101 of a recording was a tunnel, whose bytes are told as unchecked'],
    ['dialect31.yaml: exact numbers', 'JavaScript cannot write the bound of the contract'],
]);

let passed = 0;
let failed = 0;
let skipped = 0;

const headersOf = (message) => (message.headers ?? []).map((line) => {
    const colon = line.indexOf(':');
    return { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
});

function contentOf(message, headers) {
    if (message.body === undefined) return undefined;
    if (typeof message.body === 'string') return message.body;
    if (!headers.some((h) => h.name.toLowerCase() === 'content-type')) headers.push({ name: 'Content-Type', value: 'application/json' });
    return JSON.stringify(message.body);
}

function entryOf({ request, response }) {
    const sent = headersOf(request);
    const body = contentOf(request, sent);
    const entry = { request: { method: request.method ?? 'GET', url: `http://a.example${request.target ?? '/'}`, headers: sent } };

    if (body !== undefined) entry.request.postData = { text: body };
    if (response !== undefined) {
        const headers = headersOf(response);
        const text = contentOf(response, headers);
        entry.response = { status: response.status ?? 200, headers, content: text === undefined ? { size: 0 } : { size: Buffer.byteLength(text), text } };
    }
    return entry;
}

// A message that HAR can tell, under the policy that `check --contract` has.
function canBeTold(c) {
    const messages = [c.request, c.response].filter(Boolean);

    return c.request !== undefined && c.policy === undefined && messages.every((m) => m.state === undefined && !m.chunked
        && !(m.headers ?? []).some((h) => /^content-encoding:/i.test(h)) && !(m.body === '' && m === c.response));
}

// "request body-schema /a" and "request body-schema /b" are both "request body-schema".
const kinds = (list) => [...new Set(list)].sort().join(', ');

function check(contract, c) {
    const har = path.join(scratch, 'case.har');

    writeFileSync(har, JSON.stringify({ log: { version: '1.2', entries: [entryOf(c)] } }));
    const run = spawnSync(binary, ['check', har, '--contract', contract, '--report', 'json']);
    if (run.status !== 0 && run.status !== 1) return `plumbline check ended with ${run.status ?? run.signal}: ${run.stderr}`;
    const report = JSON.parse(run.stdout);
    // What a schema does not rule out is no violation, whether it names it or not.
    const found = kinds(report.findings.filter(({ rule }) => !rule.endsWith('-undocumented')).map((f) => `${f.side} ${f.rule}`));
    const expected = kinds((c.expect ?? []).map((line) => line.split(' ').slice(0, 2).join(' ')));
    const reasons = kinds(Object.keys(report.summary.unchecked_reasons ?? {}));
    const unchecked = kinds((c.unchecked ?? []).map((line) => line.split(' ')[1]));

    if (found !== expected) return `expected "${expected}", found "${found}"`;
    if (unchecked !== '' && reasons !== unchecked) return `expected unchecked "${unchecked}", found "${reasons}"`;
    return null;
}

for (const file of readdirSync(folder).filter((f) => f.endsWith('.yaml')).sort()) {
    const suite = parse(readFileSync(path.join(folder, file), 'utf8'));
    const contract = path.join(scratch, 'contract.json');

    writeFileSync(contract, JSON.stringify({ openapi: suite.openapi ?? '3.1.0', info: { title: 'api', version: '1' }, ...suite.contract }));
    for (const c of suite.cases ?? []) {
        if (process.env.CASE && !String(c.name).includes(process.env.CASE)) continue;
        const wrong = canBeTold(c) && !different.has(`${file}: ${c.name}`) ? check(contract, c) : undefined;
        if (wrong === undefined) {
            skipped++;
        } else if (wrong === null) {
            passed++;
        } else {
            failed++;
            console.log(`FAILED ${file}: '${c.name}': ${wrong}\n  again: CASE='${c.name}' make conformance T=verdicts`);
        }
    }
}
rmSync(scratch, { recursive: true });
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
