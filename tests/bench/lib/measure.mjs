// What a process costs: where it runs, its CPU time, its memory, and the load that wrk puts on it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { run } from '../../system/lib/index.mjs';

// One core for what is measured, the other for load and upstream. LOAD_CORE is also this program's.
export const PROXY_CORE = '0';
export const LOAD_CORE = '1';
export const BOTH = '0,1';

export const missing = (...commands) => commands.filter((command) => spawnSync('which', [command]).status !== 0);

// The process and its children (nginx has a master).
export function family(pid) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return [pid, ...children.flatMap(family)];
}

export function pin(pid, to) {
    for (const each of family(pid))
        if (spawnSync('taskset', ['-acp', to, String(each)]).status !== 0)
            throw new Error(`cannot pin process ${each} to core ${to}`);
}

const ticks = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);

// User and system time in seconds: by the scheduler's own count (ns), or in clock ticks where the kernel keeps none.
export function cpuSeconds(pid) {
    return family(pid).reduce((sum, each) => sum + (existsSync(`/proc/${each}/schedstat`) ? byScheduler(each) : byTicks(each)), 0);
}

function byScheduler(pid) {
    return readdirSync(`/proc/${pid}/task`)
        .reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e9;
}

function byTicks(pid) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticks;
}

// KiB that the process and its children hold for themselves (`field` of smaps_rollup or of status).
export function memory(pid, field = 'Pss') {
    const file = field.startsWith('Vm') ? 'status' : 'smaps_rollup';
    return family(pid).reduce((sum, each) => sum + Number(readFileSync(`/proc/${each}/${file}`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+)`, 'm'))[1]), 0);
}

const inMicroseconds = (text) => {
    const [, value, unit] = text?.match(/^([\d.]+)(us|ms|s)$/) ?? [];
    return Number(value) * { us: 1, ms: 1e3, s: 1e6 }[unit];
};

// One run of wrk: { requests, perSecond, p50, p99 } (microseconds). Any error of a socket or a status is the bench's end.
export async function load(url, script, { seconds, connections, core = LOAD_CORE }) {
    const { stdout } = await run('taskset', ['-c', core, 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', '--latency', '-s', script,
        url], { timeout: (seconds + 40) * 1000 });
    const broken = stdout.match(/Socket errors:.*|Non-2xx or 3xx responses:.*/)?.[0];
    if (broken)
        throw new Error(`${url}: ${broken}`);
    const number = (pattern) => Number(stdout.match(pattern)?.[1] ?? NaN);
    return { requests: number(/(\d+) requests in/), perSecond: number(/Requests\/sec:\s+([\d.]+)/),
        p50: inMicroseconds(stdout.match(/^\s+50%\s+(\S+)/m)?.[1]), p99: inMicroseconds(stdout.match(/^\s+99%\s+(\S+)/m)?.[1]) };
}

// The same, with what the program spent on each request, in microseconds of CPU.
export async function costUnderLoad(program, url, script, options) {
    const before = cpuSeconds(program.pid);
    const result = await load(url, script, options);
    return { ...result, cost: (cpuSeconds(program.pid) - before) / result.requests * 1e6 };
}

export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
