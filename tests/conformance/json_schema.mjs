#!/usr/bin/env node
// json_schema.mjs: the official JSON Schema suite and the OpenAPI 3.0 dialect suite against `plumbline schema suite`.
//
// From the Debian package libtest-json-schema-acceptance-perl always; the newer copies where $PLUMBLINE_SUITES is there. What we are known to
// miss is listed with its reason in json_schema_known.json; a listed test that passes is a failure, too, so that the list stays true.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const binary = process.env.PLUMBLINE_BIN ?? path.resolve(here, '../../build/plumbline');
const packaged = '/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance';
const newer = process.env.PLUMBLINE_SUITES || path.resolve(here, '../../../shared/suites');
const known = JSON.parse(readFileSync(path.join(here, 'json_schema_known.json'), 'utf8'));

// name, folder of files, folder of remotes, options
const suites = [
    ['package 2020-12', packaged, 'tests/draft2020-12', ['--draft', '2020-12']],
    ['package 2020-12 optional', packaged, 'tests/draft2020-12/optional', ['--draft', '2020-12']],
    ['package 2020-12 format', packaged, 'tests/draft2020-12/optional/format', ['--draft', '2020-12', '--format', 'assert']],
    ['package draft4', packaged, 'tests/draft4', ['--draft', 'draft4']],
    ['package draft4 optional', packaged, 'tests/draft4/optional', ['--draft', 'draft4']],
    ['package draft4 format', packaged, 'tests/draft4/optional/format', ['--draft', 'draft4', '--format', 'assert']],
    ['2020-12', path.join(newer, 'json-schema-test-suite'), 'tests/draft2020-12', ['--draft', '2020-12']],
    ['2020-12 optional', path.join(newer, 'json-schema-test-suite'), 'tests/draft2020-12/optional', ['--draft', '2020-12']],
    ['draft4', path.join(newer, 'json-schema-test-suite'), 'tests/draft4', ['--draft', 'draft4']],
    ['draft4 optional', path.join(newer, 'json-schema-test-suite'), 'tests/draft4/optional', ['--draft', 'draft4']],
    ['oas3.0', path.join(newer, 'oas30-schema-dialect'), '.', ['--draft', 'oas3.0']],
    ['oas3.0 optional', path.join(newer, 'oas30-schema-dialect'), 'optional', ['--draft', 'oas3.0']],
    ['oas3.0 integration', path.join(newer, 'oas30-schema-dialect'), 'integration', ['--draft', 'oas3.0']],
];

let passed = 0;
let failed = 0;
let skipped = 0;

function fail(message) {
    failed++;
    console.log(`FAILED ${message}`);
}

// The groups of a file, or null: a few files beside the suites are schemas that tests refer to.
function groupsOf(file) {
    const content = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(content) ? content : null;
}

function run(name, root, folder, options) {
    const directory = path.join(root, folder);
    const files = readdirSync(directory).filter((f) => f.endsWith('.json')).sort()
        .map((f) => path.join(directory, f)).filter((f) => groupsOf(f) !== null);
    const remotes = existsSync(path.join(root, 'remotes')) ? ['--remotes', path.join(root, 'remotes')] : [];
    const output = execFileSync(binary, ['schema', 'suite', ...options, ...remotes, ...files], { maxBuffer: 1 << 28 });
    const lines = output.toString().trimEnd().split('\n');
    const misses = known.filter((k) => k.suite === name);
    const used = new Set();
    const before = { passed, failed };

    for (const file of files) {
        for (const group of groupsOf(file)) {
            for (const test of group.tests) {
                const [where, , , verdict] = (lines.shift() ?? '').split('\t');
                const title = `${path.basename(file)} | ${group.description} | ${test.description}`;
                const miss = misses.find((k) => k.test === title);
                const right = where === file && verdict === (test.valid ? 'valid' : 'invalid');
                if (miss) used.add(miss);
                if (right && miss)
                    fail(`${name}: ${title}: is listed as missed, but passes: take it off the list`);
                else if (!right && !miss)
                    fail(`${name}: ${title}: expected ${test.valid ? 'valid' : 'invalid'}, found ${verdict}`);
                else if (right)
                    passed++;
                else
                    skipped++;
            }
        }
    }
    if (lines.length > 0)
        fail(`${name}: ${lines.length} lines more than tests`);
    for (const miss of misses.filter((k) => !used.has(k)))
        fail(`${name}: ${miss.test}: is listed as missed, but there is no such test`);
    console.log(`${name}: ${passed - before.passed} passed, ${failed - before.failed} failed, ${used.size} known misses`);
}

for (const [name, root, folder, options] of suites) {
    if (existsSync(path.join(root, folder)))
        run(name, root, folder, options);
    else if (root === packaged)
        fail(`${name}: ${root} is missing: run 'make deps'`);
    else
        console.log(`${name}: skipped: no ${root}`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
