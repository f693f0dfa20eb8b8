// A real nginx, in a folder of its own, on a free loopback port.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './cleanup.mjs';
import { accepts, freePort } from './ports.mjs';
import { start } from './process.mjs';

// `body` goes into the server block, e.g. "location / { return 200 '{}'; }"; `http` into the http block before it. With `ssl` it
// speaks TLS; `http` then names its certificate. `connections` is how many each worker may have.
// The program of start(), with { port, url, folder }. The server block's root is folder/html.
export async function startNginx(body, { http = '', workers = 1, connections = 4096, ssl = false } = {}) {
    const folder = temporaryFolder();
    const port = await freePort();
    mkdirSync(path.join(folder, 'html'));
    mkdirSync(path.join(folder, 'temp'));
    writeFileSync(path.join(folder, 'nginx.conf'), nginxConfig({ port, body, http, workers, connections, ssl }));
    const program = start('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], { name: 'nginx' });
    await accepts(port, program);
    return Object.assign(program, { port, url: `http${ssl ? 's' : ''}://127.0.0.1:${port}`, folder });
}

export function nginxConfig({ port, body, http = '', workers = 1, connections = 4096, ssl = false }) {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `    ${kind}_temp_path temp/${kind};`);
    return `daemon off;
worker_processes ${workers};
pid nginx.pid;
error_log stderr warn;
${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections ${connections}; }
http {
    access_log off;
    default_type application/json;
    keepalive_requests 1000000000;
${temporary.join('\n')}
${http}
    server {
        listen 127.0.0.1:${port}${ssl ? ' ssl' : ''};
        root html;
${body}
    }
}
`;
}
