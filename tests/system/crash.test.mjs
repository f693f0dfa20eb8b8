// What happens when the program is killed, or the reader of its log goes away. (Full disks: proxy_disk.test.mjs.)
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { binary, connect, onCleanup, plumbline, rawClient, readRecording, segments, startNginx, temporaryFolder,
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
    assert.equal((await plumbline(['log', 'verify', folder])).status, 0);
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
