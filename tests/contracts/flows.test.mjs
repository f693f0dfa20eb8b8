// The flows of rules/flows/: two third-party linters find nothing, the published schema of Arazzo among what they hold them against, and each
// uses every operation of its document.
// The tools are those of tests/npm; PLUMBLINE_NPM names another folder that has them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const npm = path.resolve(root, process.env.PLUMBLINE_NPM ?? 'build/npm/node_modules');
const { parse } = createRequire(path.join(npm, 'x'))('@stoplight/yaml');

const files = readdirSync(path.join(root, 'rules/flows')).filter((name) => name.endsWith('.arazzo.yaml')).sort();
const flows = new Map(files.map((file) => [file, parse(readFileSync(path.join(root, 'rules/flows', file), 'utf8'))]));

function lint(name, ...args) {
    const env = { ...process.env, PATH: `${npm}/.bin:${process.env.PATH}`, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const paths = files.map((file) => `rules/flows/${file}`);
    const done = spawnSync(path.join(npm, '.bin', name), [...args, ...paths], { cwd: root, env, encoding: 'utf8', maxBuffer: 64 << 20 });
    assert.ifError(done.error);
    return done;
}

const steps = (flow) => flow.workflows.flatMap((workflow) => workflow.steps);
const extensions = (flow) => steps(flow).some((step) => Object.keys(step).some((key) => key.startsWith('x-')));

test('redocly finds nothing', () => {
    const { status, stdout, stderr } = lint('redocly', 'lint', '--format=stylish');
    const problems = (stdout + stderr).split('\n').filter((line) => /^\s+\d+:\d+\s+(error|warning)/.test(line));
    assert.deepEqual([status, problems], [0, []], stdout + stderr);
});

// The element of x-for-each is an input that no other tool can know of.
test('spectral finds nothing', () => {
    const { stdout, stderr } = lint('spectral', 'lint', '--ruleset', 'tests/contracts/spectral-flows.yaml', '--format=json',
        '--fail-severity=hint', '--quiet');
    const found = JSON.parse(stdout || '[]').map(({ source, code, message }) => ({ file: path.basename(source), code, message }));
    const known = ({ file, message }) => extensions(flows.get(file)) && /^Invalid runtime expression: "\$inputs\.item/.test(message);
    assert.ok(found.some(known), stdout + stderr);
    assert.deepEqual(found.filter((each) => !known(each)), [], stderr);
});

test('only the workflow with a loop needs an extension', () => {
    assert.deepEqual(files.filter((file) => extensions(flows.get(file))), ['order-workflow.arazzo.yaml']);
});

test('every step of every flow says what it does and what it expects', () => {
    for (const [file, flow] of flows)
        for (const step of steps(flow)) {
            assert.ok(step.description, `${file} ${step.stepId}`);
            assert.ok(step.workflowId || step.successCriteria?.length, `${file} ${step.stepId}`);
        }
});

test('criteria of the flow that other runners run too select nothing by JSONPath: they read it differently', () => {
    const types = steps(flows.get('order-to-erp.arazzo.yaml')).flatMap((step) => step.successCriteria).map((each) => each.type ?? 'simple');
    assert.deepEqual([...new Set(types)], ['simple']);
});

test('the flows together use every operation that a client may call', () => {
    const used = new Set();
    for (const flow of flows.values())
        for (const { operationId } of steps(flow))
            if (operationId) {
                const [, source, id] = operationId.match(/^\$sourceDescriptions\.([^.]+)\.(.+)$/) ?? [null, flow.sourceDescriptions[0].name, operationId];
                used.add(`${source} ${id}`);
            }
    // What services ask each other, and what the documents name without a step for it.
    const others = ['order createOrder', 'b2b-orders createB2bOrder', 'b2b-orders listB2bOrders', 'shopping-cart addCartItem'];
    const all = readdirSync(path.join(root, 'contracts')).flatMap((name) => {
        const contract = JSON.parse(readFileSync(path.join(root, 'contracts', name), 'utf8'));
        return Object.values(contract.paths).flatMap((item) => Object.values(item)).map(({ operationId }) => operationId).filter(Boolean)
            .map((id) => `${name.replace('.openapi.json', '')} ${id}`);
    });
    assert.deepEqual(all.filter((each) => !used.has(each)).sort(), others.sort());
});
