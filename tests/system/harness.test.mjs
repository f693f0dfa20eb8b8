// The harness itself: what every other system test stands on.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { cleanup, connect, rawClient, rawUpstream, readRecording, run, start, startNginx, startPlumbline,
         temporaryFolder } from './lib/index.mjs';

test('nginx really answers', async () => {
    const nginx = await startNginx(`location /hello { return 200 '{"said":"hello"}'; }`);
    const response = await fetch(`${nginx.url}/hello`);

    assert.equal(response.status, 200);
    assert.match(response.headers.get('server'), /nginx/);
    assert.deepEqual(await response.json(), { said: 'hello' });
});

test('nginx that cannot start says why', async () => {
    await assert.rejects(startNginx('no_such_directive;'), /no_such_directive/);
});

test('a raw upstream answers each request head with its bytes and records every byte', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
    const upstream = await rawUpstream(answer);
    const request = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n';
    const all = await rawClient(upstream.port, request, { until: /\{\}[^]*\{\}$/ });

    assert.equal(all, answer + answer);
    assert.equal(upstream.received(), request);
    assert.equal(upstream.connections.length, 1);
});

test('a raw upstream can be driven byte by byte, and bytes above 127 survive', async () => {
    const upstream = await rawUpstream(async (connection) => {
        assert.equal(await connection.head(), 'GET / HTTP/1.1\r\n\r\n');
        await connection.send('\xff\x00a');
        connection.end();
    });

    assert.equal(await rawClient(upstream.port, 'GET / HTTP/1.1\r\n\r\n', { chunk: 1 }), '\xff\x00a');
});

test('a raw client that closes its side still gets the answer', async () => {
    const upstream = await rawUpstream(async (connection) => {
        const request = await connection.closed();
        await connection.send(`got ${request.length}`);
        connection.end();
    });

    assert.equal(await rawClient(upstream.port, 'abc', { halfClose: true }), 'got 3');
});

test('an assertion in the handler of an upstream is not lost', async () => {
    const upstream = await rawUpstream(() => { throw new Error('the handler failed'); });

    assert.equal(await rawClient(upstream.port, ''), '');
    await assert.rejects(upstream.close(), /the handler failed/);
});

test('a program that ends early, or says nothing, fails with what it said', async () => {
    await assert.rejects(start('sh', ['-c', 'echo why >&2; exit 3']).waitFor(/listening/), /status 3[^]*why/);
    await assert.rejects(start('sleep', ['30']).waitFor(/listening/, { timeout: 50 }), /did not say/);
});

test('a program that does not stop is killed, and that is a failure', async () => {
    const stubborn = start('sh', ['-c', 'trap "" TERM; echo ready >&2; while :; do sleep 0.05; done']);

    await stubborn.waitFor(/ready/);
    await assert.rejects(stubborn.stop({ timeout: 200 }), /was killed/);
    assert.throws(() => process.kill(stubborn.pid, 0), { code: 'ESRCH' });
});

test('what a sanitizer says is a failure', async () => {
    await assert.rejects(run('sh', ['-c', 'echo "==1==ERROR: AddressSanitizer: heap-use-after-free" >&2']), /sanitizer/);
});

test('the port of the line "listening on" is found', async () => {
    const folder = temporaryFolder();
    const script = path.join(folder, 'fake.sh');
    writeFileSync(script, '#!/bin/sh\necho "listening on http://127.0.0.1:4711" >&2\nexec sleep 30\n', { mode: 0o755 });
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', `
        process.env.PLUMBLINE_BIN = ${JSON.stringify(script)};
        const { startPlumbline, cleanup } = await import(${JSON.stringify(new URL('./lib/index.mjs', import.meta.url).href)});
        const program = await startPlumbline({ config: 'listen: 127.0.0.1:0' });
        console.log(program.url, program.port);
        await program.stop();`]);

    assert.match(stdout, /^http:\/\/127\.0\.0\.1:4711 4711$/m);
    assert.equal(typeof startPlumbline, 'function');
});

test('a recording is read without its torn last line', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, '000001.jsonl'), '{"a":1}\n{"a":2}\n');
    writeFileSync(path.join(folder, '000002.jsonl'), '{"a":3}\n{"a"');

    assert.deepEqual(readRecording(folder), [{ a: 1 }, { a: 2 }, { a: 3 }]);
    assert.deepEqual(readRecording(path.join(folder, 'nothing')), []);
});

test('connections can be reset, and folders and programs are gone after the cleanup', async () => {
    const upstream = await rawUpstream(async (connection) => { await connection.head(); connection.reset(); });
    const client = await connect(upstream.port);
    await client.send('GET / HTTP/1.1\r\n\r\n');
    await client.closed();
    assert.equal(client.error?.code, 'ECONNRESET');

    const folder = temporaryFolder();
    const program = start('sleep', ['30']);
    await cleanup();
    assert.equal(existsSync(folder), false);
    assert.equal(program.ended.signal, 'SIGTERM');
});
