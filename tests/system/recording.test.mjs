// Finished segments: their indexes, compressing, removing, and what a crash between leaves.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { plumbline, rawClient, readRecording, run, startNginx, temporaryFolder } from './lib/index.mjs';
import { startGateway } from './lib/gateway.mjs';

const nginx = await startNginx("location / { return 200 'some text'; }");
const get = 'GET /parts HTTP/1.1\r\nHost: a\r\n\r\n';
const last = get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

async function until(test, what) {
    for (const end = Date.now() + 20_000; ;) {
        const found = await test();
        if (found)
            return found;
        assert.ok(Date.now() < end, `waited for ${what()}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

const record = (folder, more) => startGateway(nginx.url, {}, { record: { to: folder, segment: '64KiB', ...more }, log: { access: 'off' } });
const ask = (gateway, count) => rawClient(gateway.port, get.repeat(count - 1) + last);
const files = (folder, pattern) => readdirSync(folder).filter((name) => pattern.test(name)).sort();
const sequences = (folder) => readRecording(folder).map(({ _plumbline }) => _plumbline.sequence);
const upTo = (count) => Array.from({ length: count }, (_, i) => i + 1);

const verify = async (folder) => {
    const { status, stdout } = await plumbline(['log', 'verify', folder]);
    return [status, stdout.trim()];
};

test('every finished segment gets an index; verify tells one that does not fit', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const gateway = await record(folder);
    await ask(gateway, 300);
    const plain = () => files(folder, /\.jsonl$/);
    await until(() => files(folder, /\.index$/).length >= 3 && files(folder, /\.index$/).length === plain().length - 1, () => readdirSync(folder));
    await gateway.stop();
    assert.deepEqual(sequences(folder), upTo(300));
    assert.equal((await verify(folder))[0], 0);

    const index = path.join(folder, '000002.index');
    const bytes = readFileSync(index);
    bytes[bytes.length - 20] ^= 1;
    writeFileSync(index, bytes);
    assert.match((await verify(folder))[1], /000002\.index: the index is damaged/);
    renameSync(path.join(folder, '000003.index'), index);
    assert.match((await verify(folder))[1], /its index is of another state|does not say what is there/);
    assert.equal((await verify(folder))[0], 1);
});

test('finished segments are compressed, and read as before', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const gateway = await record(folder, { compress: 'zstd' });
    await ask(gateway, 300);
    await until(() => files(folder, /\.jsonl$/).length === 1 && files(folder, /\.zst$/).length >= 3, () => readdirSync(folder));
    await gateway.stop();
    assert.deepEqual(files(folder, /\.part$/), []);
    assert.deepEqual(sequences(folder), upTo(300));
    const [status, said] = await verify(folder);
    assert.equal(status, 0, said);
    assert.match(said, /300 exchanges in \d+ segments, numbers 1 to 300: fine/);
    const shown = await plumbline(['log', 'show', folder]);
    assert.equal(shown.stdout.trim().split('\n').length, 300);
    assert.equal((await run('zstd', ['-tq', ...files(folder, /\.zst$/).map((name) => path.join(folder, name))])).status, 0);

    const cut = path.join(folder, '000001.jsonl.zst');
    truncateSync(cut, statSync(cut).size - 10);
    const [broken, why] = await verify(folder);
    assert.notEqual(broken, 0, why);
});

test('what a crash left half done is done at the next start', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const first = await record(folder);
    await ask(first, 200);
    await first.stop();
    const count = files(folder, /\.jsonl$/).length;
    for (const name of files(folder, /\.index$/))
        rmSync(path.join(folder, name));
    writeFileSync(path.join(folder, '000001.jsonl.zst'), 'half');
    writeFileSync(path.join(folder, '000002.part'), 'half');
    assert.deepEqual((await verify(folder))[0], 0); // the plain one counts
    const second = await record(folder, { compress: 'zstd' });
    await until(() => files(folder, /\.zst$/).length === count - 1 && files(folder, /\.jsonl$/).length === 1, () => readdirSync(folder));
    await ask(second, 1);
    await second.stop();
    assert.deepEqual(files(folder, /\.part$/), []);
    assert.deepEqual(sequences(folder), upTo(201));
    assert.equal((await verify(folder))[0], 0);
});

test('keep: the oldest finished segments are removed, never the open one, and it is said', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const gateway = await record(folder, { keep: '200KiB' });
    await ask(gateway, 1000);
    const size = () => readdirSync(folder).reduce((sum, name) => sum + (existsSync(path.join(folder, name)) ? statSync(path.join(folder, name)).size : 0), 0);
    await gateway.waitFor(/segment 000001: removed, the recording is larger than record.keep/);
    await until(() => size() <= 200 * 1024 + 100 * 1024, () => `${size()} bytes`);
    await gateway.stop();
    const left = sequences(folder);
    assert.equal(left.at(-1), 1000);
    assert.ok(left[0] > 1 && left.length > 50);
    assert.equal((await verify(folder))[0], 0);

    const small = await record(folder, { keep: '1KiB' });
    await small.waitFor(/removed/);
    await ask(small, 1);
    await small.stop();
    assert.ok(files(folder, /\.jsonl$/).length >= 1);
    assert.equal(sequences(folder).at(-1), 1001);
});

test('keep_for: what is older is removed', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const first = await record(folder);
    await ask(first, 200);
    await first.stop();
    await run('touch', ['-d', '40 days ago', path.join(folder, '000001.jsonl')]);
    const second = await record(folder, { keep_for: '30d' });
    await second.waitFor(/segment 000001: removed, it is older than record.keep_for/);
    await second.stop();
    assert.ok(!existsSync(path.join(folder, '000001.jsonl')));
    assert.ok(existsSync(path.join(folder, '000002.jsonl')));
});
