// What a stranger does wrong, and what is done to the program: one clear line, the right exit code, never a crash or a hang.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import { binary, onCleanup, plumbline, root, run, temporaryFolder } from './lib/index.mjs';

const folder = temporaryFolder();
const contract = path.join(root, 'contracts/erp.openapi.json');
const file = (name, content) => {
    const it = path.join(folder, name);
    writeFileSync(it, content);
    return it;
};
const empty = file('empty.json', '');
const object = file('object.json', '{}');
const deep = file('deep.json', '['.repeat(100_000) + ']'.repeat(100_000));
const aliases = file('aliases.yaml', `a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) =>
    `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(',')}]\n`).join('')}`);
const noise = file('noise', Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919 + (i >> 8) * 104729) & 255)));
const torn = file('torn.yaml', 'listen: [');
const scalar = file('scalar.yaml', 'x');
const loop = file('loop.json', '{"$ref":"#"}');
const cents = file('cents.json', '{"multipleOf":0.01}');
const huge = file('huge.json', '1'.repeat(10_000_000));
const recording = path.join(folder, 'recording');
mkdirSync(recording);
writeFileSync(path.join(recording, '000001.jsonl'), '');
const noisy = path.join(folder, 'noisy');
mkdirSync(noisy);
writeFileSync(path.join(noisy, '000001.jsonl.zst'), 'this is no frame');

const serve = ['proxy', contract, '--to', 'http://127.0.0.1:9', '--listen'];
const to = (url) => ['proxy', contract, '--listen', '127.0.0.1:0', '--to', url];
const settings = (text) => ['serve', '--listen', '127.0.0.1:0', '-c', file(`settings-${text.length}.yaml`, text)];

// [command line, exit code, what its one line says]
const mistakes = [
    [['nosuch'], 2, /there is no command 'nosuch'/],
    [['chekc'], 2, /did you mean 'check'/],
    [['help', 'nosuch'], 2, /help: /],
    [['version', 'x'], 2, /version/],
    [['check', '--nope'], 2, /there is no option '--nope'/],
    [['contract', 'nope'], 2, /there is no command 'nope'/],
    [['proxy', contract], 2, /--to/],
    [['proxy', '--to', 'http://127.0.0.1:9'], 2, /CONTRACT/],
    [[...serve, ''], 2, /--listen wants ADDRESS/],
    [[...serve, 'x'], 2, /x/],
    [[...serve, '127.0.0.1:70000'], 2, /127\.0\.0\.1:70000/],
    [[...serve, '[::1'], 2, /\[::1/],
    [[...serve, 'unix:/nonexistent/socket'], 3, /\/nonexistent\/socket/],
    [[...serve, `unix:/${'a'.repeat(200)}`], [2, 3], /107 bytes/],
    [[...serve, '203.0.113.1:8080'], 3, /203\.0\.113\.1/],
    [to('ftp://a'), 2, /ftp:\/\/a/],
    [[...to('http://a:1'), '--ca', empty], 2, /--ca: this is for an upstream that begins with https/],
    [to('http://'), 2, /http:\/\//],
    [to('http://a:99999'), 2, /99999/],
    [to('http://a:1?x'), 2, /\?x/],
    [to('http://u:p@a:1'), 2, /user/],
    [to('http://no.such.name.invalid:1'), 3, /no\.such\.name\.invalid/],
    [[...serve, '127.0.0.1:0', '--workers', '-1'], 2, /--workers: the number of workers is from 1 to 64, or auto, not '-1'/],
    [[...serve, '127.0.0.1:0', '--workers', '0'], 2, /--workers: the number of workers is from 1 to 64/],
    [[...serve, '127.0.0.1:0', '--record', empty], 3, /empty\.json/],
    [[...serve, '127.0.0.1:0', '--record', '/proc/recording'], 3, /\/proc\/recording/],
    [['serve', '-c', folder], 3, /folder/],
    [['serve', '-c', noise], 2, /noise/],
    [['serve', '-c', torn], 2, /torn\.yaml:\d+:\d+/],
    [['serve', '-c', scalar], 2, /scalar\.yaml:1:1: .*expected object/],
    [settings('services: { a: { contract: nope.json, upstream: sandbox } }\n'), 3, /settings-\d+\.yaml:1:13: .*nope\.json: cannot open the file/],
    [settings('include: [nope.yaml]\n'), 3, /settings-\d+\.yaml:1:11: .*nope\.yaml: cannot open the file/],
    [settings('resolve: 5\n'), 2, /:1:10: \/resolve: expected a duration: .*such as 200ms.*found 5/],
    [settings('services: { a: { contract: c, upstream: sandbox, reqest: "off" } }\n'), 2, /did you mean 'request'/],
    [settings('lsten: 1\n'), 2, /settings-9\.yaml:1:8: .*did you mean 'listen'/],
    [settings('services: { a: { contract: nosuch.json, upstream: "http://127.0.0.1:1" } }\n'), [2, 3], /nosuch\.json/],
    [['contract', 'lint', empty], 2, /empty\.json/],
    [['contract', 'lint', noise], 2, /noise/],
    [['contract', 'lint', deep], 2, /deep\.json:1:1025: .*nested too deeply/],
    [['contract', 'lint', aliases], 2, /aliases\.yaml:\d+:\d+: .*aliases/],
    [['contract', 'lint', folder], 3, /folder/],
    [['contract', 'show', '/nonexistent'], 3, /\/nonexistent/],
    [['schema', 'check', deep, object], 2, /deep\.json:1:1025/],
    [['check', '/nonexistent', '--contract', contract], 3, /\/nonexistent/],
    [['check', noisy, '--contract', contract], 2, /000001\.jsonl\.zst/],
    [['check', recording, '--contract', contract, '--report', 'nosuch'], 2, /nosuch/],
    [['check', recording, '--contract', contract, '--report', 'json='], 2, /json=/],
    [['check', recording, '--contract', contract, '--fail-on', 'x'], 2, /--fail-on/],
    [['check', recording, '--contract', contract, '--min-coverage', 'x'], 2, /--min-coverage/],
    [['log', 'show', '/nonexistent'], 3, /\/nonexistent/],
];
const short = (argv) => argv.map((word) => (word.startsWith(folder) ? path.basename(word) : word).slice(0, 40)).join(' ').replace(root, '');

for (const [argv, status, says] of mistakes)
    test(`plumbline ${short(argv)}: exit ${status}, and one line that says why`, async () => {
        const ended = await plumbline(argv, { timeout: 20_000 });
        const lines = ended.stderr.trimEnd().split('\n').filter((line) => !/^\S+Z (info|warn) /.test(line));
        assert.ok([status].flat().includes(ended.status), `exit ${ended.status}: ${ended.stderr}`);
        assert.equal(lines.length, 1, ended.stderr);
        assert.match(lines[0], says);
        assert.match(lines[0], /^plumbline/);
    });

test('values at the limits of what can be judged end in a verdict', async () => {
    assert.equal((await plumbline(['schema', 'check', loop, object])).status <= 2, true);
    assert.equal((await plumbline(['schema', 'check', object, deep])).status, 1);
    assert.equal((await plumbline(['schema', 'check', object, aliases])).status, 1);
    assert.ok([0, 1].includes((await plumbline(['schema', 'check', cents, huge])).status));
});

test('a report that cannot be written is an error, not a silence', async () => {
    const written = await plumbline(['check', recording, '--contract', contract, '--report', 'json=/nonexistent/report']);
    assert.equal(written.status, 3);
    assert.match(written.stderr, /\/nonexistent\/report/);
});

const full = statSync('/dev/full', { throwIfNoEntry: false })?.isCharacterDevice() ? ['>/dev/full'] : []; // not every container has it
const spoken = [['help'], ['version'], ['contract', 'lint', contract], ['contract', 'show', contract], ['contract', 'violations'],
                ['schema', 'check', object, object], ['check', recording, '--contract', contract], ['serve', '--help']];

for (const argv of spoken)
    test(`plumbline ${short(argv)}: standard output that is full or closed is exit 3, a reader that has enough is no matter`, () => {
        const shell = (redirection) => spawnSync('bash', ['-c', `"$0" "$@" ${redirection}`, binary, ...argv], { encoding: 'utf8', timeout: 20_000 });
        for (const redirection of [...full, '>&-', '<&- >&-']) {
            const ended = shell(redirection);
            assert.equal(ended.status, 3, `${redirection}: ${ended.stderr}`);
            assert.match(ended.stderr, /standard output/);
        }
        assert.ok([0, 141].includes(shell('| head -n 1; exit ${PIPESTATUS[0]}').status));
    });

test('a port that is taken: exit 3, and which one', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    onCleanup(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const ended = await plumbline([...serve, `127.0.0.1:${server.address().port}`]);
    assert.equal(ended.status, 3);
    assert.match(ended.stderr, new RegExp(`^plumbline proxy: .*:${server.address().port}: `, 'm'));
});

test('who may not read a file or open a port is told so', { skip: process.getuid() !== 0 && 'only root can become somebody else' }, async () => {
    const secret = path.join(temporaryFolder(), 'secret.json'); // its folder is root's alone
    writeFileSync(secret, '{}');
    const nobody = (argv) => run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', binary, ...argv]);
    const read = await nobody(['contract', 'lint', secret]);
    if (/setpriv: failed to execute/.test(read.stderr))
        return; // the checkout itself is private
    assert.equal(read.status, 3);
    assert.match(read.stderr, /secret\.json.*Permission denied/);
});
