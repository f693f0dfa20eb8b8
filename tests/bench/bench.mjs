#!/usr/bin/env node
// make bench: what a request costs, side by side with nginx and haproxy. docs/performance.md says how to read it.
//
//   core 0   the proxy, one worker        core 1   wrk and the upstream
//
// Every candidate of a group runs all the time; rounds take turns (A B C A B C ...), so that a machine that drifts hits all alike, and
// the ratio is taken within a round. CPU time is user + system time of the proxy's processes, as the scheduler counts it.
//
//   T=small,latency         groups, or single rows with the first of their group: enforce, large.off (default: all but soak)
//   ROUNDS=5 DURATION=4     rounds (at most 50) and seconds of each (at most 60), for every group
//   CONNECTIONS=50          of the groups small, large and tls
//   BEFORE=/tmp/plumbline   another build of it: T=enforce,enforce@before has it as a row
//   BENCH_JSON=FILE         the results as JSON, too
//   MILLIONS=3              exchanges of T=soak
import http from 'node:http';
import https from 'node:https';
import { cpus, release } from 'node:os';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { binary, cleanup, root, temporaryFolder } from '../system/lib/index.mjs';
import { broken } from './lib/bodies.mjs';
import { costUnderLoad, load, LOAD_CORE, median, missing, pin } from './lib/measure.mjs';
import { OTHERS } from './lib/others.mjs';
import { printComparison, printOthers, printSummary } from './lib/print.mjs';
import { cores, GROUPS } from './lib/rows.mjs';

const target = '/bench/orders';
const bounded = (name, fallback, most) => Math.min(most, Math.max(1, Number(process.env[name]) || fallback));
const say = (line) => console.log(`  ${line}`);

// ---- which rows ----

// T as { group: [row, ...] }; an empty list is every row of the group.
function chosen(list) {
    if (!list)
        return Object.fromEntries([...Object.keys(GROUPS), ...Object.keys(OTHERS).filter((name) => !OTHERS[name].asked)].map((name) => [name, []]));
    const groups = {};
    for (const word of list.split(',')) {
        const [name, row] = word.includes('.') ? word.split('.') : GROUPS[word] || OTHERS[word] ? [word] : [groupOf(word), word];
        if (row && !candidateOf(name, row))
            throw new Error(`no row '${row}'`);
        groups[name] ??= [];
        if (row)
            groups[name].push(row);
    }
    return groups;
}

function groupOf(row) {
    const name = Object.keys(GROUPS).find((group) => candidateOf(group, row));
    if (!name)
        throw new Error(`no group and no row '${row}'; groups: ${[...Object.keys(GROUPS), ...Object.keys(OTHERS)].join(', ')}; `
            + `rows: ${Object.entries(GROUPS).map(([group, { candidates }]) => `${group}.{${Object.keys(candidates).join(',')}}`).join(' ')}`);
    return name;
}

// `NAME@before` is the same row of the build that BEFORE names. Undefined: there is none.
function candidateOf(group, name) {
    const [which, build] = name.split('@');
    const candidate = GROUPS[group]?.candidates[which];
    if (!candidate || (build && !(build === 'before' && process.env.BEFORE && candidate.mode)))
        return build ? undefined : candidate;
    return { ...candidate, what: `${candidate.what}${build ? ', before' : ''}`, build: build ? process.env.BEFORE : binary, target: build ? undefined : candidate.target };
}

// ---- a group of candidates ----

const scripts = new Map();

// What wrk is told to send. The digits of `counted` in the body become the request's number.
function scriptFor(body, counted) {
    if (!scripts.has(body)) {
        const file = path.join(temporaryFolder(), 'post.lua');
        const [before, after] = counted ? body.split(counted) : [];
        const counting = counted ? `local n = 0\nfunction request()\n  n = n + 1\n  return wrk.format(nil, nil, nil, '${before}' .. `
            + `string.format("%0${counted.length}d", n) .. '${after}')\nend\n` : '';
        writeFileSync(file, `wrk.method = "POST"\nwrk.body = '${body}'\nwrk.headers["Content-Type"] = "application/json"\n${counting}`);
        scripts.set(body, file);
    }
    return scripts.get(body);
}

function post(url, body) {
    const { request } = url.startsWith('https:') ? https : http;
    return new Promise((resolve, reject) => {
        const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
        const asked = request(url, { method: 'POST', headers, rejectUnauthorized: false, timeout: 20_000 }, (answer) => {
            const pieces = [];
            answer.on('data', (piece) => pieces.push(piece));
            answer.on('end', () => resolve({ status: answer.statusCode, text: Buffer.concat(pieces).toString() }));
        });
        asked.on('error', reject);
        asked.on('timeout', () => asked.destroy(new Error(`${url}: no answer within 20 s`)));
        asked.end(body);
    });
}

// Before anything is measured: the answer is the upstream's, and a body that breaks the contract is refused where that is asked.
async function prove(candidate, { url }, bodies) {
    const good = await post(`${url}${target}`, bodies.request);
    if (good.status !== 200 || good.text !== bodies.response)
        throw new Error(`${candidate.what}: a good request got ${good.status}: ${good.text.slice(0, 300)}`);
    const bad = await post(`${url}${target}`, broken(bodies.request));
    if ((bad.status === 400) !== (candidate.mode === 'enforce'))
        throw new Error(`${candidate.what}: a request that breaks the contract got ${bad.status}`);
}

async function beginAll(group, names, upstream) {
    const rows = [];
    for (const name of names) {
        const candidate = candidateOf(group, name);
        const lacking = missing(...(candidate.needs ?? []));
        if (lacking.length || (candidate.build && candidate.mode && !existsSync(candidate.build))) {
            rows.push({ row: name, ...candidate, skipped: `there is no ${lacking.join(', ') || path.relative(root, candidate.build)}` });
            continue;
        }
        try {
            const program = await candidate.begin(upstream, candidate.build);
            pin(program.pid, cores(GROUPS[group]).proxy);
            await prove(candidate, program, GROUPS[group].with.bodies);
            rows.push({ row: name, ...candidate, program, results: [] });
        } catch (error) {
            if (!candidate.optional?.test(error.message))
                throw error;
            rows.push({ row: name, ...candidate, skipped: 'this build cannot' });
        }
    }
    return rows;
}

async function compare(name, wanted) {
    const group = GROUPS[name];
    const { bodies, rounds, seconds, connections, counted, warm = 1, compare: what = 'cost' } = group.with;
    const [first] = Object.keys(group.candidates);
    const names = wanted.length ? [first, ...wanted.filter((row) => row !== first)] : Object.keys(group.candidates);
    const options = { seconds: bounded('DURATION', seconds, 60), core: cores(group).load,
        connections: ['small', 'large', 'tls'].includes(name) ? bounded('CONNECTIONS', connections, 5000) : connections };
    const upstream = await group.with.upstream(bodies.response);
    const rows = await beginAll(name, names, upstream);
    const running = rows.filter(({ program }) => program);
    const turns = bounded('ROUNDS', rounds, 50);
    const script = scriptFor(bodies.request, counted);

    console.log(`\n${name}: ${group.title}; ${turns} rounds of ${options.seconds} s each, in turn`);
    for (const { program } of running)
        await load(`${program.url}${target}`, script, { ...options, seconds: warm });
    for (let round = 0; round < turns; round++)
        for (const { program, results } of running)
            results.push(await costUnderLoad(program, `${program.url}${target}`, script, options));
    for (const { program } of [...running, { program: upstream }])
        await program.stop();
    return judged(rows, first, what, name);
}

// Each row's value: its ratio to the first one (or the one it names), or, for latencies, the difference. Round by round, then the median.
function judged(rows, first, what, group) {
    return rows.map(({ row, what: title, target: most, skipped, results, against = first }) => {
        const base = rows.find(({ row: other }) => other === against)?.results;
        if (skipped || !base)
            return { group, row, what: title, skipped: skipped ?? `there is no ${against}` };
        const each = results.map((result, i) => (what === 'cost' ? result.cost / base[i].cost : result.p50 - base[i].p50));
        const of = (field) => median(results.map((result) => result[field]));
        return { group, row, what: title, value: median(each), least: Math.min(...each), most: Math.max(...each), unit: what === 'cost' ? 'ratio' : 'us',
            target: most, reached: most === undefined ? undefined : median(each) <= most,
            cpu_us: of('cost'), per_second: of('perSecond'), p50_us: of('p50'), p99_us: of('p99') };
    });
}

// ---- all of it ----

async function measureOther(name) {
    console.log(`\n${name}: ${OTHERS[name].title}`);
    const rows = await OTHERS[name].rows(say, scriptFor);
    return rows.map((row) => ({ group: name, ...row, reached: row.target === undefined || row.skipped ? undefined : row.value <= row.target }));
}

async function main() {
    const lacking = missing('wrk', 'nginx', 'taskset');
    if (lacking.length)
        throw new Error(`there is no ${lacking.join(', no ')}; 'make deps' installs what is missing`);
    if (cpus().length < 2)
        throw new Error('two cores are needed: one for the proxy, one for load and upstream');
    pin(process.pid, LOAD_CORE);

    const results = [];
    for (const [name, wanted] of Object.entries(chosen(process.env.T))) {
        const rows = GROUPS[name] ? await compare(name, wanted) : await measureOther(name);
        (GROUPS[name] ? printComparison : printOthers)(rows);
        results.push(...rows);
    }
    printSummary(results);
    if (process.env.BENCH_JSON)
        writeFileSync(process.env.BENCH_JSON, `${JSON.stringify({ date: new Date().toISOString(), cores: cpus().length, cpu: cpus()[0].model, kernel: release(), rows: results }, null, 2)}\n`);
}

try {
    await main();
} catch (error) {
    console.error(`bench: ${error.message}`);
    process.exitCode = 1;
} finally {
    await cleanup();
}
