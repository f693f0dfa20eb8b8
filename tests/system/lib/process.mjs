// Programs under test: started, awaited by what they say, stopped by their process id, and judged by how they ended.
import { spawn } from 'node:child_process';
import { onCleanup } from './cleanup.mjs';

const SANITIZER = /ERROR: (Address|Leak|Thread|Memory)Sanitizer|WARNING: ThreadSanitizer|runtime error:/;

// A started program: { pid, stdout, stderr, exit, waitFor, stop, kill }.
//   stdout, stderr   what it wrote so far
//   exit             a promise of { status, signal }
//   waitFor(pattern, { stream, timeout })   the match, once the stream has it; fails when the program ends first
//   stop({ timeout })   SIGTERM, then its { status, signal }; fails when it has to be killed, or a sanitizer complained
export function start(command, args = [], { env = {}, cwd, name = command } = {}) {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const program = { pid: child.pid, stdout: '', stderr: '', ended: null };
    let judged = false; // a failure to stop well is told once
    const watchers = new Set();
    const tell = () => { for (const watcher of [...watchers]) watcher(); };

    for (const stream of ['stdout', 'stderr'])
        child[stream].on('data', (data) => { program[stream] += data; tell(); });
    program.exit = new Promise((resolve) => {
        child.on('error', (error) => { program.stderr += String(error); program.ended = { status: null, signal: null, error }; });
        child.on('close', (status, signal) => {
            program.ended ??= { status, signal };
            tell();
            resolve(program.ended);
        });
    });

    const failure = (what) => new Error(`${name} ${what}\n--- its standard error:\n${program.stderr}--- its standard output:\n${program.stdout}`);

    program.waitFor = (pattern, { stream = 'stderr', timeout = 20_000 } = {}) => new Promise((resolve, reject) => {
        const done = (action, value) => { clearTimeout(timer); watchers.delete(look); action(value); };
        const look = () => {
            const match = program[stream].match(pattern);
            if (match)
                done(resolve, match);
            else if (program.ended)
                done(reject, failure(`ended (${describe(program.ended)}) before it said ${pattern}`));
        };
        const timer = setTimeout(() => done(reject, failure(`did not say ${pattern} within ${timeout} ms`)), timeout);
        watchers.add(look);
        look();
    });

    program.signal = (name) => child.kill(name);

    program.stop = async ({ timeout = 10_000, signal = 'SIGTERM' } = {}) => {
        let killed = false;
        if (!program.ended) {
            child.kill(signal);
            const timer = setTimeout(() => { killed = true; child.kill('SIGKILL'); }, timeout);
            await program.exit;
            clearTimeout(timer);
        }
        if (judged)
            return program.ended;
        judged = true;
        if (SANITIZER.test(program.stderr))
            throw failure('was stopped by a sanitizer');
        if (killed)
            throw failure(`did not stop within ${timeout} ms of ${signal} and was killed`);
        return program.ended;
    };

    onCleanup(() => program.stop());
    return program;
}

// Runs a program to its end: { status, signal, stdout, stderr }. Fails when it takes longer or a sanitizer complains.
export async function run(command, args = [], { timeout = 60_000, ...options } = {}) {
    const program = start(command, args, options);
    let late = false;
    const timer = setTimeout(() => { late = true; program.signal('SIGKILL'); }, timeout);
    await program.exit;
    clearTimeout(timer);
    if (late)
        throw new Error(`${command} ${args.join(' ')} did not end within ${timeout} ms\n${program.stderr}`);
    await program.stop();
    return { ...program.ended, stdout: program.stdout, stderr: program.stderr };
}

const describe = ({ status, signal, error }) => (error ? String(error) : signal ? `by ${signal}` : `status ${status}`);
