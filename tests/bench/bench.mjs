#!/usr/bin/env node
// make bench: CPU time per request of each candidate, as a gateway in front of the same upstream.
//
//   core 0   the candidate, one worker        core 1   wrk and the upstream (nginx, a fixed answer of 700 bytes)
//
// Every candidate runs all the time; rounds take turns (A B C A B C ...), so that a machine that drifts hits all alike, and the
// ratio is taken within a round. CPU time is user + system time of the candidate's processes from /proc.
//
//   ROUNDS=5 DURATION=4 CONNECTIONS=50   rounds (at most 50), seconds of each (at most 60), connections kept alive
//   CANDIDATES=nginx,enforce             which rows of the table below; the first is what the others are compared with
//   BEFORE=/tmp/plumbline                another build of it: CANDIDATES=nginx,enforce,enforce@before has it as a row
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { binary, cleanup, root, run, start, startNginx, temporaryFolder } from '../system/lib/index.mjs';

const bounded = (name, fallback, most) => Math.min(most, Math.max(1, Number(process.env[name]) || fallback));
const rounds = bounded('ROUNDS', 5, 50);
const seconds = bounded('DURATION', 4, 60);
const connections = bounded('CONNECTIONS', 50, 5000);
const [core, otherCore] = ['0', '1'];
const target = '/bench/orders';

const address = { street: '12 Plumb Lane', city: 'Ghent', postcode: '9000', country: 'BE' };
const item = (i) => ({ sku: `SKU-${1000 + i}`, name: `Brass plumb bob, ${i + 1}00 g`, quantity: i + 1, price: 12.5 + i, currency: 'EUR' });
const order = { customer: '8c6f2d1e-4b7a-4f0e-9a3d-5b1c2e3f4a5b', email: 'someone@example.com', address, items: [0, 1, 2].map(item) };
const padded = (value, size) => JSON.stringify({ ...value, note: 'x'.repeat(size - JSON.stringify({ ...value, note: '' }).length) });
const requestBody = padded(order, 600);
const responseBody = padded({ id: 'ord_0123456789ab', status: 'open', created: '2024-05-01T12:00:00Z', ...order }, 700);

const proxying = (upstream) => [`location / {
    proxy_pass http://upstream;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
}`, { http: `    upstream upstream { server 127.0.0.1:${upstream.port}; keepalive ${connections * 2}; keepalive_requests 1000000000; }` }];

// The settings of gateway.yaml, with `more` behind them; in a folder of their own.
function settingsWith(more) {
    const file = path.join(temporaryFolder(), 'gateway.yaml');
    const bench = readFileSync(path.join(root, 'tests/bench/gateway.yaml'), 'utf8');
    writeFileSync(file, bench.replace('bench.openapi.json', path.join(root, 'tests/bench/bench.openapi.json')).replace(/^(services:)$/m, `$1${more.services ?? ''}`) + (more.settings ?? ''));
    return file;
}

// The contracts of the repository beside the measured one, each a service with paths of its own.
function manyServices() {
    const folder = path.join(root, 'contracts');
    return readdirSync(folder).filter((file) => file.endsWith('.openapi.json')).map((file) => {
        const name = file.replace('.openapi.json', '');
        return `\n  ${name}: { contract: ${path.join(folder, file)}, upstream: sandbox, request: enforce, response: enforce }`;
    }).join('');
}

async function plumblineAs(mode, upstream, executable = binary, more = {}) {
    const program = start(executable, ['serve', '-c', settingsWith(more), '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'],
        { env: { BENCH_UPSTREAM: upstream.url, BENCH_MODE: mode }, name: 'plumbline' });
    const [, port] = await program.waitFor(/listening on http:\/\/[^\s:]+:(\d+)/);
    return Object.assign(program, { url: `http://127.0.0.1:${port}` });
}

const CANDIDATES = {
    nginx: { what: 'nginx, plain reverse proxy', begin: (upstream) => startNginx(...proxying(upstream)) },
    again: { what: 'the same nginx once more (the noise)', begin: (upstream) => startNginx(...proxying(upstream)) },
    off: { what: 'plumbline, nothing checked', mode: 'off' },
    observe: { what: 'plumbline, both sides observed', mode: 'observe' },
    enforce: { what: 'plumbline, both sides enforced', mode: 'enforce' },
    record: { what: 'enforced, and recorded on disk', mode: 'enforce',
        more: () => ({ settings: `record: { to: ${path.join(temporaryFolder(), 'recording')} }\n` }) },
    many: { what: 'enforced, ten other contracts loaded', mode: 'enforce', more: () => ({ services: manyServices() }) },
};

// A row by its name; `NAME@before` is the same of the build that BEFORE names. Undefined: there is none.
function candidateOf(name) {
    const [which, build] = name.split('@');
    const candidate = CANDIDATES[which];
    if (!candidate || candidate.begin || (build && !(build === 'before' && process.env.BEFORE)))
        return build ? undefined : candidate;
    const program = build ? process.env.BEFORE : binary;
    return { ...candidate, what: `${candidate.what}${build ? ', before' : ''}`, program,
        begin: (upstream) => plumblineAs(candidate.mode, upstream, program, candidate.more?.()) };
}

function family(pid) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return [pid, ...children.flatMap(family)];
}

function pin(pid, to) {
    for (const each of family(pid))
        if (spawnSync('taskset', ['-acp', to, String(each)]).status !== 0)
            throw new Error(`cannot pin process ${each} to core ${to}`);
}

const ticks = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);

function cpuSeconds(pid) {
    return family(pid).reduce((sum, each) => {
        const stat = readFileSync(`/proc/${each}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return sum + (Number(fields[11]) + Number(fields[12])) / ticks;
    }, 0);
}

async function load(url, script, duration) {
    const { stdout } = await run('taskset', ['-c', otherCore, 'wrk', '-t1', `-c${connections}`, `-d${duration}s`, '--latency', '-s', script,
        `${url}${target}`], { timeout: (duration + 30) * 1000 });
    const number = (pattern) => Number(stdout.match(pattern)?.[1] ?? NaN);
    const broken = stdout.match(/Socket errors:.*|Non-2xx or 3xx responses:.*/)?.[0];
    if (broken)
        throw new Error(`${url}: ${broken}`);
    return { requests: number(/(\d+) requests in/), perSecond: number(/Requests\/sec:\s+([\d.]+)/), p99: stdout.match(/99%\s+(\S+)/)?.[1] };
}

// Before anything is measured: the answer is the upstream's, and a body that breaks the contract is refused where that is asked.
async function prove(name, { url }) {
    const post = (body) => fetch(`${url}${target}`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
    const good = await post(requestBody);
    const text = await good.text();
    if (good.status !== 200 || text !== responseBody)
        throw new Error(`${name}: a good request got ${good.status}: ${text.slice(0, 300)}`);
    const bad = await post(requestBody.replace('"quantity":1', '"quantity":0'));
    await bad.text();
    if ((bad.status === 400) !== (candidateOf(name).mode === 'enforce'))
        throw new Error(`${name}: a request that breaks the contract got ${bad.status}`);
}

const median = (values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

function print(rows, first) {
    console.log(`\n${'candidate'.padEnd(38)}${'CPU us/request'.padStart(15)}${'ratio'.padStart(8)}${'range'.padStart(14)}${'requests/s'.padStart(12)}${'p99'.padStart(10)}`);
    for (const { what, results } of rows) {
        const ratios = results.map((result, i) => result.cost / first.results[i].cost);
        console.log(what.padEnd(38) + median(results.map((r) => r.cost)).toFixed(1).padStart(15) + median(ratios).toFixed(2).padStart(8)
            + `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`.padStart(14)
            + median(results.map((r) => r.perSecond)).toFixed(0).padStart(12) + String(results.at(-1).p99).padStart(10));
    }
}

async function main() {
    const names = (process.env.CANDIDATES || 'nginx,off,observe,enforce,many,record').split(',');
    const unknown = names.find((name) => !candidateOf(name));
    if (unknown)
        throw new Error(`no candidate '${unknown}'; there are ${Object.keys(CANDIDATES).join(', ')}`);
    const upstream = await startNginx(`location / { return 200 '${responseBody}'; }`);
    pin(upstream.pid, otherCore);

    const rows = [];
    for (const name of names) {
        const candidate = candidateOf(name);
        if (candidate.program && !existsSync(candidate.program)) {
            console.log(`${candidate.what}: skipped, there is no ${path.relative(root, candidate.program)}`);
            continue;
        }
        const program = await candidate.begin(upstream);
        pin(program.pid, core);
        await prove(name, program);
        rows.push({ what: candidate.what, program, results: [] });
    }

    const script = path.join(temporaryFolder(), 'post.lua');
    writeFileSync(script, `wrk.method = "POST"\nwrk.body = '${requestBody}'\nwrk.headers["Content-Type"] = "application/json"\n`);
    console.log(`POST ${target}, ${requestBody.length} B there, ${responseBody.length} B back, ${connections} connections kept alive; `
        + `${rounds} rounds of ${seconds} s each, candidates in turn`);
    for (const { program } of rows)
        await load(program.url, script, 1);
    for (let round = 0; round < rounds; round++) {
        for (const { program, results } of rows) {
            const before = cpuSeconds(program.pid);
            const result = await load(program.url, script, seconds);
            results.push({ ...result, cost: (cpuSeconds(program.pid) - before) / result.requests * 1e6 });
        }
    }
    print(rows, rows[0]);
    for (const { program } of rows)
        await program.stop();
}

try {
    await main();
} catch (error) {
    console.error(`bench: ${error.message}`);
    process.exitCode = 1;
} finally {
    await cleanup();
}
