// plumbline contract lint, show: what a user sees, and the exit codes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './lib/cleanup.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const binary = process.env.PLUMBLINE_BIN ?? path.join(root, 'build/plumbline');
const folder = temporaryFolder();

function run(...args) {
    const result = spawnSync(binary, ['contract', ...args], { encoding: 'utf8', cwd: folder });
    assert.equal(result.signal, null, result.stderr);
    return { code: result.status, out: result.stdout, err: result.stderr };
}

function write(name, text) {
    writeFileSync(path.join(folder, name), text);
    return name;
}

const fine = write('shop.openapi.yaml', `openapi: 3.1.0
info: {title: Shop, version: 2.1.0}
servers: [{url: 'https://shop.example/api'}]
paths:
  /things:
    get:
      operationId: listThings
      responses:
        '200': {description: all, content: {application/json: {schema: {type: array}, example: []}}}
    post:
      security: [{key: []}, {}]
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {'201': {description: made}, 4XX: {description: wrong}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
`);

const broken = write('broken.yaml', `openapi: 3.1.0
info: {title: Shop, version: 2.1.0}
paths:
  /things/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {$ref: '#/components/schemas/Idd'}}
      responses:
        '200':
          description: one
          content:
            application/json:
              schema: {type: object, requred: [a], properties: {a: {type: integer, default: none}}}
              example: {a: 1.5}
components: {schemas: {Id: {type: string}}}
`);

const doubtful = write('doubtful.yaml', `openapi: 3.1.0
info: {title: Shop, version: 2.1.0}
paths: {}
components: {schemas: {A: {type: string, maxLenght: 3}}}
`);

test('a contract without defects is said to have none', () => {
    const { code, out, err } = run('lint', fine);
    assert.deepEqual({ code, out, err },
        { code: 0, out: 'shop.openapi.yaml: OpenAPI 3.1.0, 2 operations, nothing found\n', err: '' });
});

test('each defect has file, line, column and what it means', () => {
    const { code, out } = run('lint', broken);
    assert.equal(code, 1);
    assert.deepEqual(out.split('\n').slice(0, -2), [
        "broken.yaml:7:63: error: $ref '#/components/schemas/Idd' leads nowhere; this document has '#/components/schemas/Id'",
        "broken.yaml:13:38: warning: a schema has no keyword 'requred'; did you mean 'required'?; nothing is checked by it",
        'broken.yaml:13:93: error: this default breaks its schema: expected integer, found "none" (string)',
        'broken.yaml:14:28: error: this example breaks its schema at /a: expected integer, found 1.5 (number)',
    ]);
    assert.match(out, /^broken\.yaml: OpenAPI 3\.1\.0, 1 operation, 3 errors, 1 warning$/m);
});

test('warnings fail only when that is asked for', () => {
    assert.equal(run('lint', doubtful).code, 0);
    assert.equal(run('lint', doubtful, '--fail-on', 'warn').code, 1);
});

test('the JSON report has the shape of all reports', () => {
    const { code, out } = run('lint', broken, '--report', 'json');
    const report = JSON.parse(out);
    assert.equal(code, 1);
    assert.equal(report.command, 'contract lint');
    assert.deepEqual(report.summary, { files: 1, error: 3, warn: 1, info: 0 });
    const example = report.findings.find((finding) => finding.message.startsWith('this example'));
    assert.equal(example.level, 'error');
    assert.equal(example.service, 'broken');
    assert.deepEqual(example.contract, {
        file: 'broken.yaml', line: 14, column: 28,
        pointer: '/paths/~1things~1{id}/get/responses/200/content/application~1json/example/a',
    });
    assert.match(example.fingerprint, /^[0-9a-f]{16}$/);
});

test('two reports at once', () => {
    const { out } = run('lint', broken, '--report', 'text', '--report', 'json=report.json');
    assert.match(out, /broken\.yaml:7:63: error/);
    assert.equal(JSON.parse(readFileSync(path.join(folder, 'report.json'), 'utf8')).findings.length, 4);
});

test('several files: each has its line, the worst decides', () => {
    const { code, out, err } = run('lint', fine, write('old.yaml', "swagger: '2.0'\ninfo: {}\n"), 'missing.yaml');
    assert.equal(code, 3);
    assert.match(out, /^shop\.openapi\.yaml: .*nothing found$/m);
    assert.match(err, /^plumbline contract lint: old\.yaml:1:10: this is Swagger 2\.0; convert it to OpenAPI 3 first/m);
    assert.match(err, /^plumbline contract lint: missing\.yaml: cannot open/m);
    assert.equal(run('lint', 'old.yaml').code, 2);
});

test('show lists the operations as a table', () => {
    const { code, out, err } = run('show', fine);
    assert.equal(err, '');
    assert.equal(code, 0);
    assert.equal(out, `Shop 2.1.0  (OpenAPI 3.1.0, shop.openapi.yaml)
below /api

METHOD  PATH     OPERATION   REQUEST           STATUSES  SECURITY
GET     /things  listThings  -                 200       -
POST    /things  -           application/json  201 4XX   key | -
`);
});

test('show says that there are defects', () => {
    const { code, err } = run('show', broken);
    assert.equal(code, 0);
    assert.match(err, /2 defects; 'plumbline contract lint broken\.yaml' lists them/);
});

test('a mistyped option gets the nearest right one', () => {
    const { code, err } = run('lint', fine, '--ref-rot', '.');
    assert.equal(code, 2);
    assert.match(err, /--ref-root/);
});

test('the page of violations is the one in docs', () => {
    for (const page of ['violations', 'refusals'])
        assert.equal(run(page).out, readFileSync(path.join(root, `docs/${page}.md`), 'utf8'), 'make docs writes it');
});
