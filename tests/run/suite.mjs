#!/usr/bin/env node
// suite.mjs FOLDER [NAME]: runs the tests of tests/FOLDER (or the one called NAME), JOBS files at a time (3):
//
//   NAME.test.mjs   node:test; every test counts
//   NAME.sh, .mjs   a program that ends with a line "N passed, N failed, N skipped"
//                   (.mjs files without .test are only run in tests/conformance and tests/contracts)
//
// One line for a file that passes, what went wrong and the command to run it again for one that does not. The last line
// adds up. A file has a time limit, and must leave no process behind.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const [suite, only] = process.argv.slice(2);
const folder = path.join(root, 'tests', suite);
const limit = Number(process.env.LIMIT ?? (process.env.SAN || process.env.TSAN ? 600 : 300)) * 1000;
const scratch = mkdtempSync(path.join(tmpdir(), 'plumbline-suite-'));
const jobs = Number(process.env.JOBS ?? 3); // they wait more than they compute
const variant = process.env.SAN ? ' SAN=1' : process.env.TSAN ? ' TSAN=1' : '';

const nameOf = (file) => file.replace(/\.(test\.mjs|mjs|sh)$/, '');
const isTest = (file) => file.endsWith('.test.mjs') || (suite !== 'system' && /\.(sh|mjs)$/.test(file));

function environment() {
    const env = { ...process.env };
    env.ASAN_OPTIONS ??= 'handle_segv=2:handle_abort=2';
    env.UBSAN_OPTIONS ??= 'print_stacktrace=1';
    delete env.NODE_TEST_CONTEXT;
    return env;
}

function execute(file) {
    const events = path.join(scratch, `${file}.events`);
    const absolute = path.join(folder, file);
    const command = !file.endsWith('.mjs') ? [absolute]
        : !file.endsWith('.test.mjs') ? [process.execPath, absolute]
        : [process.execPath, `--test-reporter=${pathToFileURL(path.join(here, 'reporter.mjs'))}`,
           `--test-reporter-destination=${events}`, absolute];
    return new Promise((resolve) => {
        const started = Date.now();
        const child = spawn(command[0], command.slice(1),
            { cwd: root, env: environment(), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
        let output = '';
        let late = false;
        const timer = setTimeout(() => { late = true; killGroup(child.pid); }, limit);
        for (const stream of [child.stdout, child.stderr])
            stream.on('data', (data) => { output = (output + data).slice(-1_000_000); });
        child.on('error', (error) => { clearTimeout(timer); resolve({ output: String(error), status: 1, events, took: 0 }); });
        child.on('exit', async (status, signal) => {
            clearTimeout(timer);
            const took = Date.now() - started;
            const closed = new Promise((done) => { child.on('close', done); });
            const left = await remains(child.pid);
            killGroup(child.pid);
            await closed;
            resolve({ output, status, signal, late, left, events, took });
        });
    });
}

function killGroup(pid, signal = 'SIGKILL') {
    try {
        process.kill(-pid, signal);
        return true;
    } catch {
        return false;
    }
}

// The command lines of what is left of the group half a second after its first process ended.
async function remains(pid) {
    for (let i = 0; i < 50 && killGroup(pid, 0); i++)
        await new Promise((resolve) => setTimeout(resolve, 10));
    return killGroup(pid, 0) ? processes().filter(({ group, state }) => group === pid && state !== 'Z').map(({ line }) => line) : [];
}

function processes() {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
        try {
            const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
            const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
            const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
            return [{ state, group: Number(group), line }];
        } catch {
            return []; // it ended meanwhile
        }
    });
}

function judge(file, result) {
    const total = { passed: 0, failed: 0, skipped: 0, messages: [] };
    if (file.endsWith('.test.mjs')) {
        const lines = existsSync(result.events) ? readFileSync(result.events, 'utf8').split('\n').filter(Boolean) : [];
        for (const event of lines.map((line) => JSON.parse(line))) {
            total[event.outcome]++;
            if (event.outcome === 'failed')
                total.messages.push(`  ${event.name}\n${event.error.replace(/^/gm, '    ')}`);
            if (event.outcome === 'skipped' && event.reason)
                total.messages.push(`  skipped: ${event.name}: ${event.reason}`);
        }
    } else {
        const counts = [...result.output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
        if (counts)
            [total.passed, total.failed, total.skipped] = counts.slice(1).map(Number);
    }
    const wrong = (message) => { total.failed++; total.messages.push(`  ${message}`); };
    if (result.late)
        wrong(`stopped after ${limit / 1000} s`);
    else if (total.failed === 0 && result.status !== 0)
        wrong(result.signal ? `killed by ${result.signal}` : `ended with status ${result.status}`);
    else if (total.passed + total.failed + total.skipped === 0)
        wrong('no test ran');
    if (result.left?.length && !result.late)
        wrong(`left processes running (they were killed): ${result.left.join('; ')}`);
    return total;
}

function report(file, result, total) {
    const name = nameOf(file);
    if (total.failed > 0) {
        if (result.output.trim())
            console.log(result.output.trimEnd());
        if (total.messages.length)
            console.log(total.messages.join('\n'));
        console.log(`${suite} ${name}: ${total.failed} FAILED, ${total.passed} passed; again: make ${suite} T=${name}${variant}`);
        return;
    }
    const skipped = total.skipped ? `, ${total.skipped} skipped` : '';
    const took = result.took >= 1000 ? ` (${(result.took / 1000).toFixed(1)} s)` : '';
    console.log(`${suite} ${name}: ${total.passed} passed${skipped}${took}`);
    for (const message of total.messages)
        console.log(message);
}

const files = existsSync(folder)
    ? readdirSync(folder).filter((file) => isTest(file) && (!only || nameOf(file) === only)).sort() : [];
const sum = { passed: 0, failed: 0, skipped: 0 };
if (only && files.length === 0) {
    console.log(`no test '${only}' in tests/${suite}`);
    sum.failed++;
}
const queue = [...files];
await Promise.all(Array.from({ length: jobs }, async () => {
    for (let file = queue.shift(); file; file = queue.shift()) {
        const result = await execute(file);
        const total = judge(file, result);
        report(file, result, total);
        for (const key of Object.keys(sum))
            sum[key] += total[key];
    }
}));
rmSync(scratch, { recursive: true, force: true });
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed ? 1 : 0;
