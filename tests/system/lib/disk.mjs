// A disk that waits and fails when the test wants it: disk.c, built once per test file and preloaded into the program.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './cleanup.mjs';
import { run } from './process.mjs';

let built;

async function build() {
    const library = path.join(temporaryFolder(), 'disk.so');
    const source = path.join(path.dirname(fileURLToPath(import.meta.url)), 'disk.c');
    const { status, stderr } = await run(process.env.CC ?? 'cc', ['-D_GNU_SOURCE', '-O1', '-shared', '-fPIC', '-o', library, source]);
    if (status !== 0)
        throw new Error(`disk.c cannot be built: ${stderr}`);
    return library;
}

// { env, hold(), go(), fail(), mend(), syncs() }: `env` is for the program.
export async function controlledDisk() {
    built ??= build();
    const folder = temporaryFolder();
    const file = (name) => path.join(folder, name);
    const preload = [process.env.LD_PRELOAD, await built].filter(Boolean).join(':');
    return {
        env: {
            DISK: folder,
            LD_PRELOAD: preload,
            ASAN_OPTIONS: [process.env.ASAN_OPTIONS, 'verify_asan_link_order=0'].filter(Boolean).join(':'),
        },
        hold: () => writeFileSync(file('hold'), ''),
        go: () => rmSync(file('hold')),
        fail: () => writeFileSync(file('fail'), ''),
        mend: () => rmSync(file('fail')),
        syncs: () => (existsSync(file('syncs')) ? readFileSync(file('syncs')).length : 0),
    };
}
