// make demo: all flows, from nothing to the reports, and what it leaves behind.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { binary, root, run } from './lib/index.mjs';
import { flows } from './lib/flows.mjs';
import { simulatedFolder } from './lib/simulated.mjs';

function demoFolder() {
    const folder = simulatedFolder();
    mkdirSync(path.join(folder, 'tests/run'), { recursive: true });
    cpSync(path.join(root, 'tests/run/demo.sh'), path.join(folder, 'tests/run/demo.sh'));
    return folder;
}

const demo = (folder) => run('bash', [path.join(folder, 'tests/run/demo.sh')], { env: { PLUMBLINE_BIN: binary }, timeout: 120_000 });

test('the demo runs every flow, leaves recording and reports, and says where', async () => {
    const folder = demoFolder();
    const { status, stdout, stderr } = await demo(folder);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /all five flows went through, and nothing was found/);
    assert.match(stdout, /\d+ exchanges, 0 errors, 0 warnings/);
    for (const name of flows) {
        assert.match(readFileSync(path.join(folder, `logs/demo/${name}.html`), 'utf8'), /<\/html>/);
        assert.equal(JSON.parse(readFileSync(path.join(folder, `logs/demo/${name}.json`), 'utf8')).summary.verdict, 'passed');
    }
    assert.ok(readdirSync(path.join(folder, 'logs/demo/recording')).includes('000001.jsonl'));
    assert.ok(!existsSync(path.join(folder, 'logs/sandbox.db')), 'what make run remembers is left alone');
});

test('the demo fails when a flow does, and runs the others', async () => {
    const folder = demoFolder();
    const seed = path.join(folder, 'rules/sandbox/seed.json');
    writeFileSync(seed, readFileSync(seed, 'utf8').replace('"unitAmount": 30 ', '"unitAmount": 31 '));
    const { status, stdout } = await demo(folder);
    assert.equal(status, 1, stdout);
    assert.match(stdout, /failed +order-workflow$/m);
});

test('the demo ends at once when its gateway cannot start', async () => {
    const folder = demoFolder();
    writeFileSync(path.join(folder, 'rules/lifecycles.yaml'), 'lifecycles: 1\n');
    const { status, stdout } = await demo(folder);
    assert.equal(status, 3);
    assert.match(stdout, /lifecycles\.yaml:1/);
});
