// Every page does what it says: the commands of README.md and docs/*.md are run, and what they print is compared.
//
// A block fenced as ```console is a session: lines that begin with "$ " are commands (a "\" at the end, or a here-document, goes on in the next
// line), the lines behind them are what the command prints. In such output a line "..." stands for any lines; ids, times, ports and durations are
// compared by their shape alone. No output means that it is not compared. A command that ends in "&" runs until the page's end; the next one
// waits until it listens. Blocks with another fence are not run.
//
// A page runs in a copy of contracts/, rules/ and docs/ of its own. When it speaks to 127.0.0.1:8080, the gateway of rules/gateway.yaml is
// running, as `make run` starts it, on ports of its own.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { binary, freePort, onCleanup, root, run, start, startPlumbline, temporaryFolder } from './lib/index.mjs';

const pages = ['README.md', ...readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md')).sort().map((name) => `docs/${name}`)];

function sessions(text) {
    const steps = [];
    let step = null;
    let inside = false;
    let heredoc = null;

    text.split('\n').forEach((line, index) => {
        if (!inside) {
            inside = line.trim() === '```console';
            step = null;
        } else if (heredoc !== null) {
            step.command += `\n${line}`;
            if (line === heredoc)
                heredoc = null;
        } else if (line.trim() === '```') {
            inside = false;
        } else if (line.startsWith('$ ')) {
            step = { line: index + 1, command: line.slice(2), output: [] };
            steps.push(step);
            heredoc = line.match(/<<'?(\w+)'?/)?.[1] ?? null;
        } else if (step && step.output.length === 0 && step.command.endsWith('\\')) {
            step.command += `\n${line}`;
        } else if (step) {
            step.output.push(line);
        }
    });
    return steps;
}

// What differs from run to run, by its shape.
function shape(line) {
    return line
        .replace(/\r$/, '')
        .replace(/\b[0-9a-z]{20}\b/gi, 'ID')
        .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
        .replace(/\b\d\d:\d\d:\d\d(\.\d+)?\b/g, 'TIME')
        .replace(/\b\d+(\.\d+)? ?(ms|µs|us)\b/g, 'DURATION')
        .replace(/127\.0\.0\.1:\d+/g, 'ADDRESS')
        .replace(/^(Date:).*/i, '$1 DATE')
        .replace(/\s+/g, ' ')
        .trimEnd();
}

// Does the output match the page's lines, "..." standing for any number of lines?
function matches(expected, actual) {
    if (expected.length === 0)
        return actual.length === 0;
    if (expected[0].trim() === '...')
        return matches(expected.slice(1), actual) || (actual.length > 0 && matches(expected, actual.slice(1)));
    return actual.length > 0 && shape(expected[0]) === shape(actual[0]) && matches(expected.slice(1), actual.slice(1));
}

function lines(text) {
    const all = text.split('\n');
    while (all.length && all.at(-1).trim() === '')
        all.pop();
    return all;
}

async function workspace() {
    const folder = temporaryFolder();
    for (const part of ['contracts', 'rules', 'docs'])
        cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
    mkdirSync(path.join(folder, 'logs'));
    mkdirSync(path.join(folder, 'build'));
    await run('ln', ['-s', binary, path.join(folder, 'build/plumbline')]);
    return folder;
}

for (const page of pages) {
    const text = readFileSync(path.join(root, page), 'utf8');
    const steps = sessions(text);
    if (steps.length === 0)
        continue;
    test(`${page} does what it says`, { timeout: 120_000 }, async (t) => {
        const folder = await workspace();
        const env = { PATH: `${path.join(folder, 'build')}:${process.env.PATH}` };
        const ports = { '127.0.0.1:8080': null, '127.0.0.1:9901': null, '127.0.0.1:9000': null };
        for (const address of Object.keys(ports))
            ports[address] = `127.0.0.1:${await freePort()}`;
        const here = (command) => Object.entries(ports).reduce((all, [from, to]) => all.replaceAll(from, to), command);

        if (text.includes('127.0.0.1:8080') && !steps.some((step) => /plumbline (serve|proxy|sandbox).*&$/s.test(step.command)))
            await startPlumbline({ args: ['serve', '-c', 'rules/gateway.yaml', '--listen', ports['127.0.0.1:8080'], '--admin', ports['127.0.0.1:9901']], cwd: folder });
        for (const step of steps) {
            await t.test(`${page}:${step.line}: ${step.command.split('\n')[0]}`, async () => {
                const command = here(step.command);
                if (command.trimEnd().endsWith('&')) {
                    const program = start('bash', ['-c', `exec ${command.trimEnd().slice(0, -1)}`], { cwd: folder, env, name: command });
                    onCleanup(() => program.stop());
                    await program.waitFor(/listening on /);
                    return;
                }
                const done = await run('bash', ['-c', `exec 2>&1\n${command}`], { cwd: folder, env });
                const output = lines(done.stdout);
                assert.ok(done.signal === null && done.status !== 127 && done.status < 128, `${command}\nended with ${done.status ?? done.signal}:\n${done.stdout}`);
                if (step.output.length === 0)
                    assert.equal(done.status, 0, `${command}\nfailed:\n${done.stdout}`);
                else
                    assert.ok(matches(lines(step.output.join('\n')), output), `${command}\n--- the page says:\n${step.output.join('\n')}\n--- it prints:\n${output.join('\n')}`);
            });
        }
    });
}

test('the metrics that the pages name are those of /metrics', async () => {
    const config = { admin: '127.0.0.1:0', services: { erp: { contract: path.join(root, 'contracts/erp.openapi.json'), upstream: 'sandbox' } } };
    const gateway = await startPlumbline({ config });
    const [, admin] = await gateway.waitFor(/admin on (http:\S+)/);
    const text = await (await fetch(`${admin}/metrics`)).text();
    const real = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));

    assert.ok(real.size > 30, text);
    for (const name of real)
        assert.ok(name.startsWith('process_') || readFileSync(path.join(root, 'docs/admin.md'), 'utf8').includes(`\`${name}\``), `docs/admin.md has no row for ${name}`);
    for (const page of pages)
        for (const [name] of readFileSync(path.join(root, page), 'utf8').matchAll(/\b(plumbline|process)_[a-z0-9_]*[a-z0-9]\b/g))
            assert.ok(real.has(name) || real.has(name.replace(/_(bucket|sum|count)$/, '')), `${page} names ${name}, which /metrics does not have`);
});

test('the systemd unit waits longer than a drain takes, has descriptors enough, and reloads by SIGHUP', () => {
    const unit = readFileSync(path.join(root, 'docs/operations.md'), 'utf8').match(/```ini\n([^]*?)```/)[1];
    const value = (key) => unit.match(new RegExp(`^${key}=(.*)$`, 'm'))[1];
    const settings = readFileSync(path.join(root, 'docs/configuration.md'), 'utf8');
    const byDefault = (key) => Number(settings.match(new RegExp(`\\| \`clients\\.${key}\` \\| \`?(\\d+)`))[1]);

    assert.ok(Number(value('TimeoutStopSec')) > byDefault('drain_timeout') + byDefault('drain_delay'));
    assert.ok(Number(value('LimitNOFILE')) > 2 * byDefault('max_connections'));
    assert.equal(value('ExecReload'), '/bin/kill -HUP $MAINPID');
    assert.equal(value('KillSignal'), 'SIGTERM');
});

test('the README has a session to follow', () => {
    assert.ok(sessions(readFileSync(path.join(root, 'README.md'), 'utf8')).length >= 3);
});
