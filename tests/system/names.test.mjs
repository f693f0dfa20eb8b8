// Names of upstreams while nobody answers who knows them.
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { rawUpstream, run, temporaryFolder } from './lib/index.mjs';
import { startGateway } from './lib/gateway.mjs';

// resolver.c, preloaded.
async function controlledResolver() {
    const folder = temporaryFolder();
    const library = path.join(folder, 'resolver.so');
    const source = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib/resolver.c');
    const { status, stderr } = await run(process.env.CC ?? 'cc', ['-D_GNU_SOURCE', '-O1', '-shared', '-fPIC', '-o', library, source]);
    assert.equal(status, 0, stderr);
    return {
        env: {
            RESOLVER: folder,
            LD_PRELOAD: [process.env.LD_PRELOAD, library].filter(Boolean).join(':'),
            ASAN_OPTIONS: [process.env.ASAN_OPTIONS, 'verify_asan_link_order=0'].filter(Boolean).join(':'),
        },
        async hang() {
            writeFileSync(path.join(folder, 'hang'), '');
            for (const end = Date.now() + 20_000; !existsSync(path.join(folder, 'hanging'));) {
                assert.ok(Date.now() < end, 'no name was looked up');
                await new Promise((resolve) => { setTimeout(resolve, 5); });
            }
        },
        answer: () => rmSync(path.join(folder, 'hang')),
    };
}

test('a look-up that hangs keeps neither the traffic nor the end waiting', async () => {
    const upstream = await rawUpstream('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]');
    const resolver = await controlledResolver();
    const gateway = await startGateway(`http://localhost:${upstream.port}`, {}, { resolve: '1s' }, { env: resolver.env });
    await resolver.hang();
    assert.equal((await fetch(`${gateway.url}/parts`)).status, 200);
    assert.equal((await gateway.stop()).status, 0); // the name still hangs
    assert.doesNotMatch(gateway.stderr, /Sanitizer/);
});

test('one that answers just when the gateway ends is no trouble', async () => {
    const upstream = await rawUpstream('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]');
    const resolver = await controlledResolver();
    const gateway = await startGateway(`http://localhost:${upstream.port}`, {}, { resolve: '1s' }, { env: resolver.env });
    await resolver.hang();
    gateway.signal('SIGTERM');
    await gateway.waitFor(/stopping/);
    resolver.answer();
    assert.equal((await gateway.exit).status, 0);
});
