// What `make check` believes: a runner that loses a failure would make every other test worthless.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { root, run, temporaryFolder } from './lib/index.mjs';

const fine = (count) => `#!/bin/sh\necho "[  PASSED  ] ${count} test(s)."\n`;

function runUnits(programs, env = {}) {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'unit'));
    const files = Object.entries(programs).map(([name, text]) => {
        const file = path.join(folder, 'unit', `${name}_test`);
        writeFileSync(file, text, { mode: 0o755 });
        return file;
    });
    return run(path.join(root, 'tests/run/unit.sh'), files, { env: { OUT: folder, SAN: '', TSAN: '', ...env } });
}

const lastLine = (text) => text.trimEnd().split('\n').at(-1);

test('every unit test program is counted, whatever runs beside it', async () => {
    const { status, stdout } = await runUnits({ a: fine(1), b: fine(2), c: fine(4), d: fine(8), e: fine(16) });

    assert.equal(lastLine(stdout), '31 passed, 0 failed, 0 skipped');
    assert.equal(status, 0);
});

test('a failed unit test is shown, with the command that runs it again', async () => {
    const { status, stdout } = await runUnits({
        a: fine(3),
        b: '#!/bin/sh\necho "why it failed"\necho "[  PASSED  ] 2 test(s)."\necho "[  SKIPPED ] 1 test(s), listed below:"\n'
            + 'echo "[  FAILED  ] 1 test(s), listed below:"\necho "[  FAILED  ] some_name"\nexit 1\n',
    });

    assert.equal(lastLine(stdout), '5 passed, 1 failed, 1 skipped');
    assert.match(stdout, /why it failed/);
    assert.match(stdout, /make unit T=b$/m);
    assert.equal(status, 1);
});

test('a crash, silence and a program that does not end are failures', async () => {
    const { status, stdout } = await runUnits({
        crash: '#!/bin/sh\necho "[       OK ] first"\nkill -SEGV $$\n',
        silent: '#!/bin/sh\n',
        endless: '#!/bin/sh\nexec sleep 30\n',
    }, { LIMIT: '1' });

    assert.equal(lastLine(stdout), '1 passed, 3 failed, 0 skipped');
    assert.match(stdout, /crash: FAILED: ended with status 139/);
    assert.match(stdout, /silent: FAILED: no test ran/);
    assert.match(stdout, /endless: FAILED: stopped after 1 s/);
    assert.equal(status, 1);
});

// suite.mjs on a tree of its own: the runner is found from its own place, so it is copied there.
async function runSuite(files, env = {}) {
    const tree = temporaryFolder();
    mkdirSync(path.join(tree, 'tests/run'), { recursive: true });
    mkdirSync(path.join(tree, 'tests/conformance'), { recursive: true });
    await run('cp', [path.join(root, 'tests/run/suite.mjs'), path.join(root, 'tests/run/reporter.mjs'), path.join(tree, 'tests/run')]);
    for (const [name, text] of Object.entries(files))
        writeFileSync(path.join(tree, 'tests/conformance', name), text, { mode: 0o755 });
    return run(process.execPath, [path.join(tree, 'tests/run/suite.mjs'), 'conformance'], { env: { SAN: '', TSAN: '', ...env } });
}

const head = `import test from 'node:test'; import assert from 'node:assert/strict';\n`;

test('suites add up node:test files and programs that count themselves', async () => {
    const { status, stdout } = await runSuite({
        'a.test.mjs': `${head}test('one', () => {}); test('outer', async (t) => { await t.test('inner', () => {}); }); test.skip('not now');`,
        'b.sh': '#!/bin/sh\necho "10 passed, 0 failed, 2 skipped"\n',
        'c.mjs': 'console.log("100 passed, 0 failed, 0 skipped");',
    });

    assert.equal(lastLine(stdout), '113 passed, 0 failed, 3 skipped');
    assert.equal(status, 0);
});

test('a failure inside a suite is named, counted once, and can be run again', async () => {
    const { status, stdout } = await runSuite({
        'a.test.mjs': `${head}test('outer', async (t) => { await t.test('inner', () => assert.equal(1, 2)); });`,
    });

    assert.match(stdout, /outer > inner/);
    assert.match(stdout, /make conformance T=a$/m);
    assert.equal(lastLine(stdout), '0 passed, 1 failed, 0 skipped');
    assert.equal(status, 1);
});

test('a suite file that breaks, says nothing, takes too long or leaves a process behind has failed', async () => {
    const { status, stdout } = await runSuite({
        'broken.test.mjs': 'this is no JavaScript',
        'empty.test.mjs': '',
        'late.test.mjs': `${head}test('late', () => new Promise((resolve) => setTimeout(resolve, 30000)));`,
        'lied.sh': '#!/bin/sh\necho "3 passed, 0 failed, 0 skipped"\nexit 1\n',
        'left.test.mjs': `${head}import { spawn } from 'node:child_process';
            test('leaves one', () => { spawn('sleep', ['30'], { stdio: 'ignore' }).unref(); });`,
    }, { LIMIT: '3' });

    assert.match(stdout, /conformance broken: 1 FAILED/);
    assert.match(stdout, /no test ran\nconformance empty: 1 FAILED/);
    assert.match(stdout, /stopped after 3 s\nconformance late: \d FAILED/);
    assert.match(stdout, /conformance lied: 1 FAILED, 3 passed/);
    assert.match(stdout, /left processes running[^\n]*sleep 30\nconformance left: 1 FAILED, 1 passed/);
    assert.equal(status, 1);
});
