// The shipped rules over many exchanges, proved: a run of every document in which nothing is wrong breaks none of them; made wrong in
// one place, it breaks the rule that is meant, and no other. The cases are tests/cases/rules/mutations/, whose README has their words.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import test, { before } from 'node:test';
import { plumbline, readRecording, root, startPlumbline } from './lib/index.mjs';
import { cleanRuns } from './lib/clean_runs.mjs';
import { Run } from './lib/mutations.mjs';
import { replayingUpstream } from './lib/replayed.mjs';
import { clausesOf, shippedRules } from './lib/shipped_rules.mjs';
import { startSimulated, until } from './lib/simulated.mjs';

const CASES = path.join(root, 'tests/cases/rules/mutations');
const documents = readdirSync(CASES).filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, ...JSON.parse(readFileSync(path.join(CASES, name), 'utf8')) }));
const mutations = documents.flatMap(({ services, mutations: list }) => list.map((each) => ({ ...each, services })));

let folder;
let recording;
let told; // by the gateway, to its end

before(async () => {
    const gateway = await startSimulated();
    await cleanRuns(gateway);
    await gateway.stop();
    told = gateway.stderr;
    folder = gateway.folder;
    recording = readRecording(path.join(folder, 'logs/sandbox'));
    mkdirSync(path.join(folder, 'wrong'));
});

// What `plumbline check` finds with the shipped rules.
async function findings(file) {
    const { status, stdout, stderr } = await plumbline(['check', file, '-c', 'rules/gateway.yaml', '--report', 'json'], { cwd: folder });
    assert.ok(status === 0 || status === 1, `${file}: ${stderr}`);
    return JSON.parse(stdout).findings;
}

// The run of a case, made wrong.
function wrongRun({ services, wrong }) {
    const run = new Run(recording, services);
    for (const step of wrong)
        run.step(step);
    return run;
}

function findingsOf(run, name) {
    const file = path.join(folder, 'wrong', `${name}.jsonl`);
    writeFileSync(file, run.lines());
    return findings(file);
}

// Why a case did not come true; undefined when it did.
async function failure(mutation, number) {
    const { rule, clause, finds, in: exchanges, also = [] } = mutation;
    const run = wrongRun(mutation);
    const found = (await findingsOf(run, number))
        .map((each) => ({ rule: each.keyword, finds: each.rule, in: each.examples.map((id) => run.nameOf(id)) }));
    const meant = found.filter((each) => each.rule === rule);
    const others = found.filter((each) => each.rule !== rule).map((each) => each.rule).sort();
    try {
        assert.deepEqual(meant, [{ rule, finds, in: exchanges }]);
        assert.deepEqual(others, [...also].sort());
    } catch {
        return `${rule}${clause ? `: ${clause}` : ''}\n    meant ${JSON.stringify({ rule, finds, in: exchanges })} ${also}`
            + `\n    found ${found.map((each) => JSON.stringify(each)).join('\n          ') || 'nothing'}`;
    }
}

test('runs in which all goes as it should break no rule, live and in the recording', async () => {
    assert.doesNotMatch(told, /lifecycle-|invariant-/);
    assert.deepEqual(await findings('logs/sandbox'), []);
});

for (const { name, services, mutations: list } of documents)
    test(`${name}: each of ${list.length} wrong runs breaks the rule that is meant, and no other`, async () => {
        const failures = [];
        let next = 0;
        await Promise.all(Array.from({ length: availableParallelism() + 1 }, async () => {
            while (next < list.length) {
                const number = next++;
                failures.push(await failure({ ...list[number], services }, `${path.parse(name).name}-${number}`));
            }
        }));
        assert.equal(failures.filter(Boolean).join('\n'), '');
    });

test('every invariant, and every clause of every lifecycle, has a wrong run; and no wrong run is of a rule that there is not', () => {
    const { lifecycles, invariants } = shippedRules();
    const there = [
        ...Object.keys(invariants),
        ...Object.entries(lifecycles).flatMap(([name, rule]) => clausesOf(rule).map((clause) => `${name}: ${clause}`)),
    ];
    const proved = mutations.map(({ rule, clause }) => (clause ? `${rule}: ${clause}` : rule));
    assert.deepEqual(there.filter((each) => !proved.includes(each)), [], 'has no wrong run');
    assert.deepEqual(proved.filter((each) => !there.includes(each)), [], 'is no rule');
});

test('every rule has a wrong run that breaks it alone', () => {
    const alone = new Set(mutations.filter(({ also }) => !also).map(({ rule }) => rule));
    assert.deepEqual(mutations.map(({ rule }) => rule).filter((rule) => !alone.has(rule)), []);
    for (const { also, why, rule } of mutations)
        assert.equal(Boolean(also), Boolean(why), `${rule}: where others speak, too, the case says why`);
});

test('services that go wrong live are told as the same findings', async () => {
    const wrong = [['erp-order', 'createErpOrder creates'], ['placed-order', 'getOrder state'], ['an invoice bills what the order costs'],
        ['what is paid is the invoice']];
    const upstream = await replayingUpstream();
    writeFileSync(path.join(folder, 'rules/live.yaml'), readFileSync(path.join(folder, 'rules/gateway.yaml'), 'utf8')
        .replaceAll('upstream: sandbox', `upstream: ${upstream.url}`).replace('to: ../logs/sandbox', 'to: ../logs/live'));
    const gateway = await startPlumbline({ args: ['serve', '-c', 'rules/live.yaml', '--admin', '127.0.0.1:0'], cwd: folder });
    const [, admin] = await gateway.waitFor(/admin on (http:\S+)/);

    const meant = [];
    for (const [rule, clause] of wrong) {
        const run = wrongRun(mutations.find((each) => each.rule === rule && each.clause === clause));
        meant.push(...await findingsOf(run, `live-${meant.length}`));
        await upstream.play(gateway, run.inOrder());
    }
    const live = await until(async () => {
        const { findings: all } = await (await fetch(`${admin}/api/v1/findings`)).json();
        return all.length >= wrong.length && all;
    });
    await gateway.stop();
    const prints = (list) => list.map(({ keyword, fingerprint }) => `${keyword} ${fingerprint}`).sort();
    assert.equal(meant.length, wrong.length);
    assert.deepEqual(prints(live), prints(meant));
    assert.deepEqual(prints(await findings('logs/live')), prints(meant));
});
