// A disk that is full, limited or slow: the traffic goes on as the settings say, what is lost is counted, and it is told once.
import assert from 'node:assert/strict';
import { createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { binary, onCleanup, rawUpstream, readRecording, run, start, startNginx, temporaryFolder } from './lib/index.mjs';
import { contract, startGateway } from './lib/gateway.mjs';

const KIB = 1024;
const note = 'n'.repeat(4 * KIB);
const body = JSON.stringify([{ name: 'bob', size: 3, note }]);
const answer = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const status = async (admin) => {
    const { recording } = await (await fetch(`${admin}/api/v1/status`)).json();
    return { ...recording, lost: recording.failed + recording.dropped };
};
const metrics = async (admin) => (await fetch(`${admin}/metrics`)).text();

async function statusOnce(admin, wanted) {
    for (const end = Date.now() + 10_000; ;) {
        const recording = await status(admin);
        if (wanted(recording))
            return recording;
        assert.ok(Date.now() < end, JSON.stringify(recording));
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}

async function recordingTo(folder, record = {}, upstream = undefined) {
    upstream ??= await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, {}, { admin: '127.0.0.1:0', record: { to: folder, sync: '20ms', ...record } });
    [, gateway.admin] = await gateway.waitFor(/admin on (http:\/\/\S+)/);
    return gateway;
}

const ask = async (gateway) => {
    const response = await fetch(`${gateway.url}/parts`);
    assert.ok((await response.text()).length > 0);
    return response.status;
};

// Asks until the recording fails: how often.
async function askUntilFailing(gateway) {
    for (let asked = 1; asked < 1000; asked++) {
        assert.equal(await ask(gateway), 200);
        const { lines, lost } = await statusOnce(gateway.admin, (r) => r.lines + r.lost === asked);
        if (lost > 0)
            return { asked, lines };
    }
    return assert.fail('the disk never became full');
}

// A disk of 128 KiB, half of it taken by a file that can be removed; null where we may not mount one.
async function smallDisk(t) {
    const disk = temporaryFolder();
    const { status: mounted, stderr } = await run('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'plumbline-test', disk]).catch((error) => ({ stderr: error.message }));
    if (mounted !== 0) {
        t.skip(`no small disk can be mounted here (it takes root): ${stderr.trim()}`);
        return null;
    }
    onCleanup(() => run('umount', [disk]));
    writeFileSync(path.join(disk, 'filler'), Buffer.alloc(64 * KIB));
    return { folder: path.join(disk, 'recording'), makeRoom: () => rmSync(path.join(disk, 'filler')) };
}

test('a full disk: the traffic passes unrecorded and counted, it is said once, and goes on when there is room', async (t) => {
    const disk = await smallDisk(t);
    if (!disk)
        return;
    const gateway = await recordingTo(disk.folder);
    const { asked, lines } = await askUntilFailing(gateway);
    for (let i = 0; i < 3; i++)
        assert.equal(await ask(gateway), 200);
    const full = await statusOnce(gateway.admin, (r) => r.lines + r.lost === asked + 3);
    assert.equal(full.lines, lines);
    assert.equal(full.failing, true);
    assert.match(full.last_error, /No space left on device/);
    assert.match(await metrics(gateway.admin), new RegExp(`^plumbline_record_failed_total ${full.lost}$`, 'm'));
    assert.equal(readRecording(disk.folder).length, lines); // whole lines only

    disk.makeRoom();
    assert.equal(await ask(gateway), 200);
    await gateway.waitFor(/recording works again/);
    assert.equal((await statusOnce(gateway.admin, (r) => r.lines === lines + 1)).failing, false);
    assert.equal(readRecording(disk.folder).length, lines + 1);
    await gateway.stop();
    assert.equal(gateway.stderr.match(/recording fails/g).length, 1);
});

test('a full disk with on_error: refuse: 503 until there is room', async (t) => {
    const disk = await smallDisk(t);
    if (!disk)
        return;
    const gateway = await recordingTo(disk.folder, { on_error: 'refuse' });
    await askUntilFailing(gateway);
    const big = async () => { // large enough to fill what a failed line left over
        const response = await fetch(`${gateway.url}/parts`, { method: 'POST', body: note });
        return [response.status, (await response.text()).includes('the recording cannot be written')];
    };
    assert.deepEqual(await big(), [503, true]);
    disk.makeRoom();
    for (const end = Date.now() + 10_000; await ask(gateway) === 503;) // a refused exchange is recorded, and tries the disk
        assert.ok(Date.now() < end, 'it refuses although there is room');
});

test('a limit on the size of files is like a full disk, and does not end the program', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const file = path.join(path.dirname(folder), 'parts.openapi.json');
    const upstream = await rawUpstream(answer);
    writeFileSync(file, JSON.stringify(contract));
    const gateway = start('bash', ['-c', 'ulimit -f 32; exec "$0" "$@"', binary, 'proxy', file, '--to', upstream.url, '--record', folder, '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'],
        { name: 'plumbline' });
    [, gateway.url] = await gateway.waitFor(/listening on (http:\/\/[^\s:]+:\d+)/);
    [, gateway.admin] = await gateway.waitFor(/admin on (http:\/\/\S+)/);
    for (let asked = 1; asked <= 12; asked++) { // one line at a time: of two together a smaller one would still find room later
        assert.equal(await ask(gateway), 200);
        await statusOnce(gateway.admin, (r) => r.lines + r.lost === asked);
    }
    await gateway.waitFor(/recording fails: .*File too large/);
    assert.equal((await gateway.stop()).status, 0);
    assert.equal(gateway.stderr.match(/recording fails/g).length, 1);
    assert.ok(readRecording(folder).length > 0);
});

// The first segment is a pipe that nobody reads: a disk that takes 64 KiB and then waits.
async function slowDisk() {
    const folder = path.join(temporaryFolder(), 'recording');
    const pipe = path.join(folder, '000001.jsonl');
    mkdirSync(folder, { mode: 0o700 });
    assert.equal((await run('mkfifo', [pipe])).status, 0);
    return { folder, upstream: await startNginx("location / { return 200 'some text'; }"), goOn: () => { const reader = createReadStream(pipe).resume(); onCleanup(() => reader.destroy()); } };
}

const MANY = 5000; // more than the ring of a worker holds, and the pipe

// Resolves when all are answered.
async function flood(gateway, count) {
    const one = async () => { while (count-- > 0) assert.equal(await ask(gateway), 200); };
    await Promise.all(Array.from({ length: 16 }, one));
}

test('a slow disk with full: drop: nobody waits, and what is dropped is counted', async () => {
    const disk = await slowDisk();
    const gateway = await recordingTo(disk.folder, { full: 'drop', sync: '1h' }, disk.upstream);
    await flood(gateway, MANY);
    const text = await metrics(gateway.admin);
    const dropped = Number(text.match(/^plumbline_record_dropped_total (\d+)$/m)[1]);
    assert.ok(dropped > 0, text);
    disk.goOn();
    assert.equal((await statusOnce(gateway.admin, (r) => r.lines === MANY - dropped)).lost, dropped);
});

test('a slow disk with full: block: the traffic waits, and nothing is lost', async () => {
    const disk = await slowDisk();
    const gateway = await recordingTo(disk.folder, { full: 'block', sync: '1h' }, disk.upstream);
    const all = flood(gateway, MANY);
    for (let waits = 0; waits === 0;)
        waits = Number((await metrics(gateway.admin)).match(/^plumbline_record_waits_total (\d+)$/m)[1]);
    disk.goOn();
    await all;
    assert.equal((await statusOnce(gateway.admin, (r) => r.lines === MANY)).lost, 0);
});
