// The real program. PLUMBLINE_BIN names another build of it (make check SAN=1 does).
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, start } from './process.mjs';
import { temporaryFolder } from './cleanup.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const binary = process.env.PLUMBLINE_BIN ?? path.join(root, 'build/plumbline');

// Starts it and waits until it listens. Either `config` (an object or YAML text; written to a folder of its own and served by
// `serve -c`), or `args` (the whole command line; `--listen 127.0.0.1:0` is added to serve, proxy and sandbox that name no
// --listen, unless the `config` object has `listen`), or both (args are then added behind `serve -c FILE`).
// `under` is a command line that runs it (strace ...).
// The program of start(), with { host, port, url, folder, config }.
export async function startPlumbline({ args = [], config, env = {}, cwd = root, folder = temporaryFolder(), under = [] } = {}) {
    let line = [...args];
    let file;
    if (config !== undefined) {
        file = path.join(folder, 'gateway.yaml');
        writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
        line = ['serve', '-c', file, ...args];
    }
    if (!line.includes('--listen') && !config?.listen)
        line.push('--listen', '127.0.0.1:0');
    const [command, ...rest] = [...under, binary, ...line];
    const program = start(command, rest, { env, cwd, name: 'plumbline' });
    const [, host, port] = await program.waitFor(/listening on https?:\/\/([^\s:]+|\[[^\]]+\]):(\d+)/);
    return Object.assign(program, { host, port: Number(port), url: `http://${host}:${port}`, folder, config: file });
}

// Runs one command to its end: { status, stdout, stderr }.
export function plumbline(args, options = {}) {
    return run(binary, args, { cwd: root, ...options });
}
