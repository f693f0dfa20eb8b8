// plumbline check --baseline: known findings are accepted by fingerprint, and only new ones fail.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { plumbline, temporaryFolder } from './lib/index.mjs';
import { judge } from './lib/judge.mjs';

const RECORDING = 'docs/examples/recording';
const CONTRACT = ['--contract', 'contracts/erp.openapi.json'];
const check = (args) => plumbline(['check', RECORDING, ...CONTRACT, ...args]);

// A baseline of what is found in the recording: { file, read, write }.
async function baselineOf() {
    const file = path.join(temporaryFolder(), 'plumbline-baseline.json');
    const { status, stderr } = await check(['--baseline', file, '--update-baseline']);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /plumbline-baseline\.json accepts 1 findings now\n/);
    return { file, read: () => JSON.parse(readFileSync(file, 'utf8')), write: (value) => writeFileSync(file, JSON.stringify(value, null, 1)) };
}

test('what the baseline names is left out and counted, and the gate is open', async () => {
    const { file, read } = await baselineOf();
    judge('baseline.schema.json')(read());
    const { status, stdout } = await check(['--baseline', file, '--report', 'json']);
    const report = JSON.parse(stdout);
    judge('report.schema.json')(report);
    assert.equal(status, 0);
    assert.deepEqual([report.findings, report.summary.error, report.summary.accepted], [[], 0, 1]);
});

test('the fingerprint is the one that the report tells', async () => {
    const { read } = await baselineOf();
    const { stdout } = await check(['--report', 'json']);
    assert.deepEqual(read().findings.map(({ fingerprint }) => fingerprint), JSON.parse(stdout).findings.map(({ fingerprint }) => fingerprint));
});

test('a finding that the baseline does not name fails, and is the only one told', async () => {
    const { file, write } = await baselineOf();
    write({ baseline: 1, findings: [] });
    const { status, stdout } = await check(['--baseline', file, '--report', 'json']);
    assert.equal(status, 1);
    assert.deepEqual(JSON.parse(stdout).findings.map(({ rule }) => rule), ['security-missing']);
});

test('an entry that expired accepts nothing; it and one that was not met are told with their lines', async () => {
    const { file, read, write } = await baselineOf();
    const [known] = read().findings;
    write({ baseline: 1, findings: [{ ...known, expires: '2020-02-29', reason: 'until the login is there' }, { fingerprint: '00000000000000aa' }] });
    const { status, stdout, stderr } = await check(['--baseline', file, '--report', 'json']);
    const { summary } = JSON.parse(stdout);
    assert.equal(status, 1);
    assert.deepEqual([summary.error, summary.accepted ?? 0, summary.expired, summary.vanished], [1, 0, 1, 1]);
    assert.match(stderr, /baseline\.json:4: expired on 2020-02-29: [0-9a-f]{16} erp getErpOrder security-missing .*\(until the login is there\)\n/);
    assert.match(stderr, /baseline\.json:\d+: not found any more; --update-baseline takes it out: 00000000000000aa\n/);
});

test('--update-baseline keeps what a person wrote, takes out what vanished, and writes the same bytes again', async () => {
    const { file, read, write } = await baselineOf();
    const [known] = read().findings;
    write({ baseline: 1, findings: [{ ...known, reason: 'known', owner: 'team', expires: '2999-12-31' }, { fingerprint: '00000000000000aa' }] });
    assert.equal((await check(['--baseline', file, '--update-baseline'])).status, 0);
    assert.deepEqual(read().findings, [{ ...known, reason: 'known', owner: 'team', expires: '2999-12-31' }]);
    const copy = `${file}.copy`;
    copyFileSync(file, copy);
    await check(['--baseline', file, '--update-baseline']);
    assert.equal(readFileSync(file, 'utf8'), readFileSync(copy, 'utf8'));
});

test('a baseline that is none is told with its place, exit 2, and stays as it is', async () => {
    const file = path.join(temporaryFolder(), 'b.json');
    for (const [text, told] of [
        ['{"baseline": 2, "findings": []}', /b\.json:1:\d+: \/baseline: expected 1, found 2/],
        ['{"baseline": 1}', /b\.json:1:1: .*findings/],
        ['{"baseline": 1, "findings": [{"fingerprint": "XYZ"}]}', /b\.json:1:\d+: \/findings\/0\/fingerprint/],
        ['{"baseline": 1, "findings": [{"fingerprint": "00000000000000aa"}, {"fingerprint": "00000000000000aa"}]}', /is in line 1, too/],
        ['{"baseline": 1, "findings": [{"fingerprint": "00000000000000aa", "expires": "2026-02-30"}]}', /2026-02-30/],
        ['no JSON', /b\.json:1:1/],
    ])
        for (const more of [[], ['--update-baseline']]) {
            writeFileSync(file, text);
            const { status, stderr } = await check(['--baseline', file, ...more]);
            assert.equal(status, 2, `${text}: ${stderr}`);
            assert.match(stderr, told);
            assert.equal(readFileSync(file, 'utf8'), text);
        }
});

test('a baseline that is not there is an error of the environment, --update-baseline without a file one of usage', async () => {
    const missing = path.join(temporaryFolder(), 'none.json');
    const { status, stderr } = await check(['--baseline', missing]);
    assert.equal(status, 3, stderr);
    assert.ok(!existsSync(missing));
    const without = await check(['--update-baseline']);
    assert.equal(without.status, 2);
    assert.match(without.stderr, /--baseline FILE/);
});
