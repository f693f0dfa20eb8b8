// --help of every command, what a mistyped word gets, and that the man page and --help name the same commands and options.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test, { before } from 'node:test';
import { plumbline, root } from './lib/index.mjs';

const commands = []; // { words: ['log', 'show'], help, options: [{ names: ['-n', '--lines'], argument }] }
const groups = [];

// The tree of commands, as --help tells it.
async function explore(words) {
    const { status, stdout, stderr } = await plumbline([...words, '--help']);
    assert.equal(status, 0, words.join(' '));
    assert.equal(stderr, '', words.join(' '));
    if (!stdout.includes(' COMMAND ...\n')) {
        const options = [...stdout.matchAll(/^  ((?:-\w, )?--[\w-]+)(?: (\S+))?/gm)].map(([, names, argument]) => ({
            names: names.split(', '), argument: argument ?? '',
        }));
        commands.push({ words, help: stdout, options: options.filter(({ names }) => !names.includes('--help')) });
        return;
    }
    groups.push({ words, help: stdout });
    for (const [, name] of stdout.matchAll(/^  (\w+) {2,}\S/gm))
        await explore([...words, name]);
}

before(() => explore([]));

test('there are commands', () => {
    assert.deepEqual(groups.map(({ words }) => words.join(' ')), ['', 'flow', 'fault', 'log', 'contract', 'schema']);
    assert.ok(commands.length >= 12, `${commands.length}`);
});

test('--help is one sentence, the usage, one real example, and fits a screen', () => {
    for (const { words, help, options = [] } of [...commands, ...groups]) {
        const name = ['plumbline', ...words].join(' ');
        const lines = help.trimEnd().split('\n');
        assert.match(lines[0], /^[A-Z].*\.$/, name);
        assert.equal(lines[1], '', name);
        assert.ok(lines[2].startsWith(`usage: ${name}`), `${name}: ${lines[2]}`);
        assert.match(lines[4], /^  \$ plumbline /, name);
        assert.ok(lines.length <= Math.max(24, options.length + 11), `${name}: ${lines.length} lines`);
        for (const line of lines)
            assert.ok(line.length <= 120, `${name}: ${line}`);
        assert.equal(help, help.replace(/ +$/gm, ''), `${name}: spaces at the end of a line`);
    }
});

test('the example of --help is made of what the command knows', () => {
    for (const { words, help, options } of commands) {
        const known = [...options.flatMap(({ names }) => names), '--help'];
        const example = help.match(/^  \$ (.*)/m)[1].split(' ');
        assert.deepEqual(example.slice(1, 1 + words.length), words);
        for (const word of example.filter((one) => /^--?[a-z]/.test(one)))
            assert.ok(known.includes(word), `${words.join(' ')}: ${word}`);
    }
});

test('a mistyped option gets the nearest one, and exit code 2', async () => {
    for (const { words, options } of commands) {
        for (const long of ['--help', ...options.map(({ names }) => names.at(-1))]) {
            const typed = long.slice(0, -1) + (long.endsWith('x') ? 'y' : 'x');
            if (options.some(({ names }) => names.includes(typed)))
                continue;
            const { status, stdout, stderr } = await plumbline([...words, typed]);
            assert.equal(status, 2, `${words.join(' ')} ${typed}`);
            assert.equal(stdout, '');
            assert.match(stderr, new RegExp(`there is no option '${typed}'; did you mean '--[a-z-]+'\\?`));
            assert.equal(stderr.match(/did you mean '([^']*)'/)[1], long, `${words.join(' ')} ${typed}`);
        }
    }
});

test('a mistyped command gets the nearest one, and exit code 2', async () => {
    for (const [typed, meant] of [[['serv'], 'serve'], [['chekc'], 'check'], [['log', 'shwo'], 'show'], [['contract', 'lnt'], 'lint']]) {
        const { status, stderr } = await plumbline(typed);
        assert.equal(status, 2);
        assert.match(stderr, new RegExp(`there is no command '${typed.at(-1)}'; did you mean '${meant}'\\?`));
    }
});

test('the man page has every command with its options, and no others', () => {
    const page = readFileSync(path.join(root, 'docs/plumbline.1'), 'utf8');
    const told = new Map(page.split(/^\.Ss /m).slice(1).map((section) => {
        const items = [...section.split(/^\.S[hs] /m)[0].matchAll(/^\.It Fl (.*)$/gm)].map(([, item]) => {
            const words = item.split(' ');
            const names = [];
            while (words.length > 0) {
                const word = words.shift();
                if (word === 'Ar')
                    break;
                if (word !== ',' && word !== 'Fl')
                    names.push(`-${word}`);
            }
            const argument = words.filter((word) => !['Ns', 'Ar'].includes(word)).join('').replace(/^FORMATOp=FILE$/, 'FORMAT[=FILE]');
            return { names, argument };
        });
        return [section.slice(0, section.indexOf('\n')), items];
    }));
    assert.deepEqual([...told.keys()].sort(), commands.map(({ words }) => ['plumbline', ...words].join(' ')).sort());
    for (const { words, options } of commands)
        assert.deepEqual(told.get(['plumbline', ...words].join(' ')), options, words.join(' '));
});
