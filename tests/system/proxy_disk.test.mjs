// A disk that is full, limited or slow: the traffic goes on as the settings say, what is lost is counted, and it is told once.
import assert from 'node:assert/strict';
import { createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { binary, onCleanup, rawUpstream, readRecording, run, start, startNginx, temporaryFolder } from './lib/index.mjs';
import { controlledDisk } from './lib/disk.mjs';
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

async function recordingTo(folder, record = {}, upstream = undefined, options = {}) {
    upstream ??= await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, {}, { admin: '127.0.0.1:0', record: { to: folder, sync: '20ms', ...record } }, options);
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

const ready = async (gateway) => {
    const response = await fetch(`${gateway.admin}/readyz`);
    return [response.status, await response.text()];
};

async function readyOnce(gateway, wanted) {
    for (const end = Date.now() + 20_000; ;) {
        const [code, text] = await ready(gateway);
        if (code === wanted)
            return text;
        assert.ok(Date.now() < end, `${code} ${text}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

test('a full disk with on_error: refuse and no traffic: not ready, and ready again by itself when there is room', async (t) => {
    const disk = await smallDisk(t);
    if (!disk)
        return;
    const gateway = await recordingTo(disk.folder, { on_error: 'refuse' });
    await askUntilFailing(gateway);
    assert.match(await readyOnce(gateway, 503), /recording/);
    disk.makeRoom();
    await readyOnce(gateway, 200); // a load balancer sends nothing until then
    assert.equal(await ask(gateway), 200);
    await gateway.stop();
    assert.match(gateway.stderr, /recording works again/);
    assert.deepEqual(readRecording(disk.folder).map(({ _plumbline }) => _plumbline.sequence),
        readRecording(disk.folder).map((_, i) => i + 1));
});

test('a full disk with sync: always: what fits stays, who does not is answered unrecorded, and the next line tells how many', async (t) => {
    const disk = await smallDisk(t);
    if (!disk)
        return;
    const gateway = await recordingTo(disk.folder, { sync: 'always' });
    const count = 60;
    const answers = await Promise.all(Array.from({ length: count }, () => ask(gateway)));
    assert.deepEqual(answers, answers.map(() => 200));
    const full = await statusOnce(gateway.admin, (r) => r.lines + r.lost === count);
    assert.equal(readRecording(disk.folder).length, full.lines);
    assert.ok(full.lines > 3, `${full.lines} lines`);
    disk.makeRoom();
    await gateway.waitFor(/recording works again/);
    assert.equal(await ask(gateway), 200);
    const recorded = readRecording(disk.folder).map(({ _plumbline }) => _plumbline);
    assert.deepEqual(recorded.map(({ sequence }) => sequence), recorded.map((_, i) => i + 1));
    assert.equal(recorded.reduce((sum, { lost }) => sum + (lost ?? 0), 0), full.lost);
});

test('a folder that disappears: told, made again, and gone on with', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    for (const record of [{}, { sync: 'always' }]) {
        const gateway = await recordingTo(folder, record);
        assert.equal(await ask(gateway), 200);
        await statusOnce(gateway.admin, (r) => r.lines === 1);
        rmSync(folder, { recursive: true });
        for (const end = Date.now() + 20_000; !gateway.stderr.includes('has removed segment');) {
            assert.equal(await ask(gateway), 200);
            assert.ok(Date.now() < end, gateway.stderr);
        }
        await gateway.waitFor(/recording works again/);
        assert.equal(await ask(gateway), 200);
        await gateway.stop();
        assert.ok(readRecording(folder).length > 0);
        rmSync(folder, { recursive: true });
    }
});

test('a read-only folder: it does not start, and says why', async (t) => {
    const disk = temporaryFolder();
    const { status: mounted, stderr } = await run('mount', ['-t', 'tmpfs', '-o', 'ro', 'plumbline-test', disk]).catch((error) => ({ stderr: error.message }));
    if (mounted !== 0) {
        t.skip(`no read-only disk can be mounted here (it takes root): ${stderr.trim()}`);
        return;
    }
    onCleanup(() => run('umount', [disk]));
    const file = path.join(temporaryFolder(), 'parts.openapi.json');
    writeFileSync(file, JSON.stringify(contract));
    const program = await run(binary, ['proxy', file, '--to', 'http://127.0.0.1:9', '--record', path.join(disk, 'recording'), '--listen', '127.0.0.1:0']);
    assert.equal(program.status, 3);
    assert.match(program.stderr, /Read-only file system/);
});

// Requests with bodies so large that not all of them may wait for the recorder at once.
async function heavy(gateway, count) {
    const large = 'x'.repeat(1024 * KIB);
    return Promise.all(Array.from({ length: count }, async () => {
        const response = await fetch(`${gateway.url}/parts`, { method: 'POST', body: large });
        return (await response.text()).length > 0 && response.status;
    }));
}

test('a slow sync with sync: always: dropped are those for whom there is no room, answered and counted', async () => {
    const disk = await controlledDisk();
    const folder = path.join(temporaryFolder(), 'recording');
    const gateway = await recordingTo(folder, { sync: 'always', full: 'drop' }, undefined, { env: disk.env });
    disk.hold();
    const all = heavy(gateway, 80);
    for (const end = Date.now() + 20_000; (await status(gateway.admin)).dropped === 0;)
        assert.ok(Date.now() < end, 'nothing was dropped');
    disk.go();
    assert.deepEqual(new Set(await all), new Set([200]));
    const { lines, dropped } = await statusOnce(gateway.admin, (r) => r.lines + r.dropped === 80);
    assert.equal(readRecording(folder).length, lines);
    assert.ok(dropped > 0 && lines > 40, `${lines} lines, ${dropped} dropped`);
});

test('a slow sync with sync: always and full: block: all wait, and all are recorded', async () => {
    const disk = await controlledDisk();
    const folder = path.join(temporaryFolder(), 'recording');
    const gateway = await recordingTo(folder, { sync: 'always', full: 'block' }, undefined, { env: disk.env });
    disk.hold();
    const all = heavy(gateway, 80);
    for (const end = Date.now() + 20_000; !/^plumbline_record_waits_total [1-9]/m.test(await metrics(gateway.admin));)
        assert.ok(Date.now() < end, 'nobody waits');
    disk.go();
    assert.deepEqual(new Set(await all), new Set([200]));
    assert.equal((await statusOnce(gateway.admin, (r) => r.lines === 80)).lost, 0);
});
