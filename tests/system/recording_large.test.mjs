// Recordings that are larger than what may be in memory, and what their indexes save.
import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { binary, root, run, temporaryFolder } from './lib/index.mjs';
import { startGateway } from './lib/gateway.mjs';

const SEGMENTS = 2;
const LINES = 12_500; // of 8 KB each: 200 MB in two segments
const RARE = 5000;    // one of so many has status 404
const sanitized = process.env.SAN || process.env.TSAN;

const example = JSON.parse(readFileSync(path.join(root, 'docs/examples/recording/000001.jsonl'), 'utf8').split('\n')[0]);
const epoch = Date.parse('2026-11-21T00:00:00Z');

// Line `number` (from 1): one a second.
function line(number) {
    const start = new Date(epoch + number * 1000).toISOString();
    const entry = structuredClone(example);
    entry.startedDateTime = start;
    entry.response.status = number % RARE === 0 ? 404 : 200;
    entry.response.content.text = 'x'.repeat(7000);
    Object.assign(entry._plumbline, { id: `large${String(number).padStart(15, '0')}`, sequence: number, start, end: new Date(epoch + number * 1000 + 1).toISOString() });
    return `${JSON.stringify(entry)}\n`;
}

function makeRecording() {
    const folder = path.join(temporaryFolder(), 'recording');
    mkdirSync(folder, { mode: 0o700 });
    for (let segment = 1, number = 1; segment <= SEGMENTS; segment++) {
        const fd = openSync(path.join(folder, `00000${segment}.jsonl`), 'w', 0o600);
        for (let i = 0, lines = []; i < LINES; i++, number++) {
            lines.push(line(number));
            if (lines.length === 500 || i === LINES - 1)
                writeSync(fd, lines.splice(0).join(''));
        }
        closeSync(fd);
    }
    writeFileSync(path.join(folder, `00000${SEGMENTS + 1}.jsonl`), '', { mode: 0o600 });
    return folder;
}

// A gateway that starts finds segments without indexes.
async function lookAfter(folder, files, settings = {}) {
    const gateway = await startGateway('http://127.0.0.1:1', {}, { record: { to: folder, ...settings } });
    for (const end = Date.now() + 120_000; !files.every((name) => existsSync(path.join(folder, name)));) {
        assert.ok(Date.now() < end, `waited for ${files}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await gateway.stop();
}

// With little memory; the sanitizers' own would not fit.
const show = (folder, ...args) => run('bash', ['-c', `${sanitized ? '' : 'ulimit -v 120000; '}exec "$@"`, 'bash', binary, 'log', 'show', folder, ...args]);
const ids = ({ stdout }) => stdout.trim().split('\n').filter(Boolean).map((shown) => Number(shown.split(/\s+/)[1].slice(5)));
const rare = Array.from({ length: SEGMENTS * LINES / RARE }, (_, i) => (i + 1) * RARE);

const folder = makeRecording();
const first = path.join(folder, '000001.jsonl');

test('without an index a recording of any size is read in little memory', async () => {
    const shown = await show(folder, '--status', '404');
    assert.equal(shown.stderr, '');
    assert.deepEqual(ids(shown), rare);
});

test('an index says which lines are not to be read', async () => {
    await lookAfter(folder, ['000001.index', '000002.index']);
    const bytes = readFileSync(first);
    bytes.fill('?', 3_000_000, 20_000_000); // whoever reads these lines, says so
    bytes.fill('\n', 19_999_999, 20_000_000);
    writeFileSync(first, bytes);
    for (const [args, wanted] of [
        [['--status', '404'], rare],
        [['--since', new Date(epoch + 24_000_000).toISOString(), '--until', new Date(epoch + 24_003_000).toISOString()], [24_000, 24_001, 24_002]],
        [['--operation', 'createErpOrder', '--status', '4xx'], rare],
        [['--service', 'none'], []],
    ]) {
        const shown = await show(folder, ...args);
        assert.equal(shown.stderr, '', args.join(' '));
        assert.equal(shown.status, 0);
        assert.deepEqual(ids(shown), wanted, args.join(' '));
    }
    const one = await show(folder, `large${String(20_123).padStart(15, '0')}`);
    assert.match(one.stdout, /large000000000020123/);
    assert.equal(one.status, 0);
    assert.equal((await show(folder, '--operation', 'createErpOrder', '--until', new Date(epoch + 2_000_000).toISOString())).status, 2);
});

test('of a compressed segment only the frames that are wanted are decoded', async () => {
    rmSync(folder, { recursive: true });
    const again = makeRecording();
    await lookAfter(again, ['000001.jsonl.zst', '000002.jsonl.zst', '000001.index', '000002.index'], { compress: 'zstd' });
    const packed = path.join(again, '000001.jsonl.zst');
    const bytes = readFileSync(packed);
    bytes.fill(0, 100_000, 100_100); // a frame is broken, whichever it is
    writeFileSync(packed, bytes);
    const all = await show(again, '--status', '200');
    assert.equal(all.status, 2, all.stderr.slice(0, 300));
    assert.match(all.stderr, /the compressed segment is broken/);
    const found = await show(again, '--status', '404');
    assert.deepEqual([found.stderr, found.status], ['', 0]);
    assert.deepEqual(ids(found), rare);
    rmSync(again, { recursive: true });
});
