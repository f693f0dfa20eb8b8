// What happens when the program is killed, or the reader of its log goes away. (Full disks: proxy_disk.test.mjs.)
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { binary, connect, onCleanup, plumbline, rawClient, readRecording, run, segments, startNginx, temporaryFolder,
         waitForExchanges } from './lib/index.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const last = get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
const nginx = await startNginx("location / { return 200 'ok'; }");

// Asks until it is cut off; the ids of what was answered whole.
async function ask(port) {
    const ids = [];
    const connection = await connect(port);
    for (let read = 0; !connection.ended;) {
        connection.send(get);
        const answer = await connection.until(() => {
            const text = connection.text().slice(read);
            return text.endsWith('ok') ? text : connection.ended ? '' : undefined;
        }, 'an answer');
        read += answer.length;
        if (answer)
            ids.push(responses(answer)[0].header('plumbline-exchange'));
    }
    return ids;
}

test('killed again and again under load: what was written survives, whole and without gaps', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    let written = 0;
    for (let run = 0; run < 3; run++) {
        const gateway = await startGateway(nginx.url, {}, { workers: 2, record: { to: folder }, log: { access: 'off' } });
        const clients = Array.from({ length: 8 }, () => ask(gateway.port).catch(() => []));
        written = (await waitForExchanges(folder, written + 500)).length;
        gateway.signal('SIGKILL');
        await gateway.exit;
        assert.ok((await Promise.all(clients)).flat().length > 0);
    }
    const gateway = await startGateway(nginx.url, {}, { record: { to: folder } });
    await rawClient(gateway.port, last);
    assert.equal((await gateway.stop()).status, 0);

    const recorded = readRecording(folder).map((exchange) => exchange._plumbline);
    assert.ok(recorded.length > written);
    assert.equal(new Set(recorded.map(({ id }) => id)).size, recorded.length);
    assert.deepEqual(recorded.map(({ sequence }) => sequence), recorded.map((_, i) => i + 1));
    const verified = await plumbline(['log', 'verify', folder]);
    assert.equal(verified.status, 0, verified.stdout);
});

test('killed twenty times under load with sync: always: whatever was answered is on record', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const settings = { workers: 2, record: { to: folder, sync: 'always', segment: '64KiB' }, log: { access: 'off' } };
    const answered = [];
    let written = 0;
    for (let run = 0; run < 20; run++) {
        const gateway = await startGateway(nginx.url, { response: run % 2 ? 'enforce' : 'observe' }, settings);
        const clients = Array.from({ length: 8 }, () => ask(gateway.port));
        written = (await waitForExchanges(folder, written + 20 + 13 * run)).length;
        gateway.signal('SIGKILL');
        await gateway.exit;
        answered.push(...(await Promise.all(clients)).flat());
    }
    const gateway = await startGateway(nginx.url, {}, settings);
    await rawClient(gateway.port, last);
    assert.equal((await gateway.stop()).status, 0);

    const recorded = readRecording(folder).map((exchange) => exchange._plumbline);
    const ids = new Set(recorded.map(({ id }) => id));
    assert.ok(answered.length > 1000, `${answered.length} answers`);
    assert.deepEqual(answered.filter((id) => !ids.has(id)), []);
    assert.deepEqual(recorded.map(({ sequence }) => sequence), recorded.map((_, i) => i + 1));
    const verified = await plumbline(['log', 'verify', folder]);
    assert.equal(verified.status, 0, verified.stdout);
});

// The calls of a traced program, in the order in which they ended: { call, text }.
function tracedCalls(file) {
    const begun = new Map();
    return readFileSync(file, 'utf8').split('\n').flatMap((line) => {
        const [, pid, rest] = line.match(/^(\d+) +(.*)$/) ?? [];
        if (rest === undefined || rest.startsWith('---') || rest.startsWith('+++'))
            return [];
        if (rest.endsWith('<unfinished ...>')) {
            begun.set(pid, rest);
            return [];
        }
        const resumed = rest.startsWith('<... ');
        const text = (resumed ? begun.get(pid) : '') + rest;
        const call = text.match(/^\w+/)[0];
        return [{ call, text, resumed }];
    });
}

test('each line is written, then synced, then its answer is sent: the calls in their order', async (t) => {
    const { status, stderr } = await run('strace', ['-o', '/dev/null', 'true']).catch((error) => ({ stderr: error.message }));
    if (status !== 0) {
        t.skip(`calls cannot be traced here: ${stderr.trim()}`);
        return;
    }
    const folder = temporaryFolder();
    const trace = path.join(folder, 'trace');
    const json = await startNginx("location / { default_type application/json; return 200 '[]'; }"); // held whole, until checked
    const gateway = await startGateway(json.url, { response: 'enforce' },
        { record: { to: path.join(folder, 'recording'), sync: 'always' }, log: { access: 'off' } },
        { under: ['strace', '-D', '-f', '-s', '200000', '-e', 'trace=write,fdatasync,sendmsg,sendto,writev', '-o', trace], env: { ASAN_OPTIONS: 'detect_leaks=0' } });
    const answers = (await Promise.all(Array.from({ length: 6 }, () => rawClient(gateway.port, (get.repeat(9) + last).replaceAll('/x', '/parts'))))).flatMap((text) => responses(text));
    await gateway.stop();
    assert.equal(answers.length, 60);
    const calls = tracedCalls(trace);
    for (const answer of answers) {
        const id = answer.header('plumbline-exchange');
        const written = calls.findIndex(({ call, text }) => call === 'write' && text.includes(`\\"id\\":\\"${id}`));
        const synced = calls.findIndex(({ call, text }, i) => i > written && call === 'fdatasync' && text.endsWith('= 0'));
        const sent = calls.findIndex(({ call, text }) => call.startsWith('send') && text.includes('"HTTP/1.1 200') && text.includes(`Plumbline-Exchange: ${id}`));
        assert.ok(written >= 0 && written < synced && synced < sent, `${id}: written ${written}, synced ${synced}, sent ${sent}`);
    }
});

test('a torn last line is cut at the next start, and said', async () => {
    const folder = path.join(temporaryFolder(), 'recording');
    const first = await startGateway(nginx.url, {}, { record: { to: folder } });
    await rawClient(first.port, get + last);
    await first.stop();
    const [segment] = segments(folder);
    const whole = readFileSync(segment);
    writeFileSync(segment, whole.subarray(0, whole.length - 10));
    const second = await startGateway(nginx.url, {}, { record: { to: folder } });
    await rawClient(second.port, last);
    await second.stop();

    assert.match(second.stderr, /warn .*cut/);
    assert.deepEqual(readRecording(folder).map(({ _plumbline }) => _plumbline.sequence), [1, 2]);
});

test('when who reads the log goes away, the clients are still served', async () => {
    const gateway = await startGateway(nginx.url, {}, {}, { cwd: temporaryFolder() });
    const logged = spawn('bash', ['-c', '"$0" serve -c "$1" --listen 127.0.0.1:0 2>&1 >/dev/null | head -n 1', binary, gateway.config],
        { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    onCleanup(() => { process.kill(-logged.pid, 'SIGTERM'); });
    const line = await new Promise((resolve) => logged.stdout.on('data', resolve));
    const port = Number(String(line).match(/:(\d+)$/m)[1]);
    for (let i = 0; i < 3; i++)
        assert.equal(responses(await rawClient(port, last))[0].status, 200);
});
