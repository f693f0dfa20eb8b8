// What docs/architecture.md promises about the code: bands that use only what is below them, one door per library, a domain
// without sockets, threads, locks and clock, and no C file that knows what a cart is.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { binary, root, run } from './lib/index.mjs';

const bands = [['base', 'json', 'http', 'net'], ['schema', 'contract', 'rules', 'traffic'], ['replay', 'sandbox', 'flow', 'drift', 'extract'], ['proxy', 'admin', 'report', 'cli']];
const ground = { base: [], json: ['base'], http: ['base', 'json'], net: ['base', 'http'] };

const doors = {
    'microhttpd.h': ['net/service.c', 'net/service_later.c', 'net/service_stream.c'],
    'curl/': ['net/fetch.c', 'net/fetcher.c', 'net/fetcher_handle.c'], 'libfyaml.h': 'json/yaml_parser.h', 'pcre2.h': 'schema/pattern.c',
    'zlib.h': 'base/compress.c', 'brotli/': 'base/compress.c', 'zstd.h': 'base/compress.c', 'idn2.h': 'schema/format_idn.c',
    'lua': 'rules/script_internal.h', 'lauxlib.h': 'rules/script_internal.h', 'sqlite3.h': 'sandbox/sql.c',
    'openssl/': ['base/hash.c', 'net/tls.c', 'net/tls_context.c', 'net/tls_internal.h'],
};

const files = readdirSync(path.join(root, 'gateway'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    .flatMap(({ name: folder }) => readdirSync(path.join(root, 'gateway', folder)).filter((name) => /\.[ch]$/.test(name)).map((name) => {
        const text = readFileSync(path.join(root, 'gateway', folder, name), 'utf8');
        return {
            folder, name: `${folder}/${name}`, text,
            own: [...text.matchAll(/^#include "(\w+)\//gm)].map((match) => match[1]),
            outside: [...text.matchAll(/^#include <([^>]+)>/gm)].map((match) => match[1]),
        };
    }));
const bandOf = (folder) => bands.findIndex((band) => band.includes(folder));

test('every folder belongs to a band', () => {
    assert.ok(files.length > 200, `${files.length} files`);
    for (const { folder } of files)
        assert.notEqual(bandOf(folder), -1, folder);
});

test('a folder uses its own band and those below it; on the ground the order is base, json, http, net', () => {
    for (const { folder, name, own } of files)
        for (const used of own.filter((one) => one !== folder)) {
            assert.ok(bandOf(used) <= bandOf(folder), `${name} uses ${used}/`);
            assert.ok(!(folder in ground) || ground[folder].includes(used), `${name} uses ${used}/`);
        }
});

test('no two folders use each other', () => {
    const uses = new Set(files.flatMap(({ folder, own }) => own.filter((one) => one !== folder).map((one) => `${folder} ${one}`)));
    for (const pair of uses)
        assert.ok(!uses.has(pair.split(' ').reverse().join(' ')), pair);
});

test('every library has one door', () => {
    for (const { name, outside } of files)
        for (const header of outside)
            for (const [library, door] of Object.entries(doors))
                if (header.startsWith(library))
                    assert.ok([door].flat().includes(name), `${name} includes <${header}>`);
});

test('the domain has no sockets, threads, locks or clock', () => {
    for (const { folder, name, outside, text } of files.filter((file) => bandOf(file.folder) === 1)) {
        for (const header of outside)
            assert.ok(!/^(pthread|threads|time|netdb|poll)\.h$|^sys\/(socket|epoll|time)\.h$|^arpa\/|^netinet\//.test(header), `${name}: <${header}>`);
        assert.ok(!text.includes('#include "base/clock.h"'), `${name} asks the clock`);
        assert.ok(!text.includes('#include "net/'), `${name} uses ${folder}`);
    }
});

test('no C file knows a business', () => {
    for (const { name, text } of files)
        assert.doesNotMatch(text.replace(/\/\*.*?\*\/|"(?:\\.|[^"\\])*"/gs, ''), /\b(cart|invoice|customer|shipment|erp)\w*\b/i, name);
});

// The library is an archive: of two functions of one name the linker would take either, and say nothing.
test('no name is defined in two files', async () => {
    const { status, stdout, stderr } = await run('nm', ['-g', '--defined-only', path.join(path.dirname(binary), 'libplumbline.a')]);
    assert.equal(status, 0, stderr);
    const names = [...stdout.matchAll(/^[0-9a-f]+ [TDBR] (\S+)$/gm)].map(([, name]) => name);
    assert.ok(names.length > 1000);
    assert.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
});
