// Who is compared: nginx and haproxy as plain proxies, and plumbline in the ways it can be set up. Each starter gives the program of
// start() with its url; whatever it started is stopped by cleanup().
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { binary, freePort, accepts, root, run, start, startNginx, temporaryFolder } from '../../system/lib/index.mjs';
import { LOAD_CORE, pin } from './measure.mjs';

const here = path.join(root, 'tests/bench');

// ---- upstreams, on the core of the load ----

// nginx with a fixed answer. A large one is a file, because `return` takes no more than 4 KB; 405 is what nginx says to a POST of a file.
export async function nginxUpstream(body) {
    const short = `location / { return 200 '${body}'; }`;
    const long = `location / { rewrite ^ /answer.json break; error_page 405 =200 /answer.json; }
        location = /answer.json { }`;
    const program = await startNginx(body.length < 4000 ? short : long,
        { http: '    open_file_cache max=10 inactive=1h; client_body_buffer_size 256k; types { application/json json; }', connections: 16_384 });
    writeFileSync(path.join(program.folder, 'html/answer.json'), body);
    pin(program.pid, LOAD_CORE);
    return program;
}

export async function lateUpstream(body, delay) {
    const file = path.join(temporaryFolder(), 'answer.json');
    writeFileSync(file, body);
    const program = start('sh', ['-c', `exec node ${path.join(here, 'lib/late.mjs')} ${delay} < ${file}`], { name: 'late upstream' });
    const [, port] = await program.waitFor(/listening on (\d+)/);
    pin(program.pid, LOAD_CORE);
    return Object.assign(program, { port: Number(port), url: `http://127.0.0.1:${port}` });
}

// ---- the others ----

const proxying = `location / {
    proxy_pass http://upstream;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
}`;

// Buffers large enough that no body goes to a file: it is compared at its best.
export function nginx(upstream, { workers = 1, tls } = {}) {
    const listen = tls ? `    ssl_certificate ${tls.cert};\n    ssl_certificate_key ${tls.key};\n` : '';
    const http = `    client_body_buffer_size 256k; proxy_buffer_size 16k; proxy_buffers 16 16k; proxy_busy_buffers_size 64k;
    proxy_max_temp_file_size 0;
    upstream upstream { server 127.0.0.1:${upstream.port}; keepalive 6000; keepalive_requests 1000000000; }
${listen}`;
    return startNginx(proxying, { http, workers, connections: 16_384, ssl: Boolean(tls) });
}

export async function haproxy(upstream) {
    const folder = temporaryFolder();
    const port = await freePort();
    const file = path.join(folder, 'haproxy.cfg');
    writeFileSync(file, `global
    nbthread 1
    maxconn 8000
defaults
    mode http
    timeout connect 5s
    timeout client 75s
    timeout server 75s
    http-reuse always
frontend in
    bind 127.0.0.1:${port}
    default_backend up
backend up
    server up 127.0.0.1:${upstream.port} maxconn 8000 pool-max-conn 8000
`);
    const program = start('haproxy', ['-f', file, '-db', '-q'], { name: 'haproxy' });
    await accepts(port, program);
    return Object.assign(program, { port, url: `http://127.0.0.1:${port}` });
}

// ---- plumbline ----

// mode: of both sides. more: keys of the settings beside its one service. build: another binary.
export async function plumbline(upstream, mode, { more = {}, services = {}, workers = 1, tls, build = binary } = {}) {
    const file = path.join(temporaryFolder(), 'gateway.json');
    const measured = { contract: path.join(here, 'bench.openapi.json'), upstream: upstream.url, request: mode, response: mode };
    const listen = tls ? [{ address: '127.0.0.1:0', tls }] : '127.0.0.1:0';
    writeFileSync(file, JSON.stringify({ listen, workers, log: { access: 'off' }, ...more, services: { ...services, bench: measured } }));
    const program = start(build, ['serve', '-c', file, '--admin', '127.0.0.1:0'], { name: 'plumbline' });
    const [, url] = await program.waitFor(/listening on (https?:\/\/\S+:\d+)/);
    return Object.assign(program, { url, port: Number(url.match(/\d+$/)[0]) });
}

// The contracts of the repository, each a service with paths of its own.
export function otherServices() {
    const folder = path.join(root, 'contracts');
    return Object.fromEntries(readdirSync(folder).filter((file) => file.endsWith('.openapi.json')).map((file) => [
        file.replace('.openapi.json', ''),
        { contract: path.join(folder, file), upstream: 'sandbox', request: 'enforce', response: 'enforce' },
    ]));
}

export const recordingHere = () => ({ record: { to: path.join(temporaryFolder(), 'recording') } });

// Rules over the exchanges of an operation: a lifecycle, an equation over one message, one over two that have the customer in common.
export function rules(operation, which) {
    const on = { service: 'bench', operation };
    const key = operation === 'getOrder' ? 'path:id' : 'request:/customer';
    const all = {
        lifecycle: { lifecycles: { order: { service: 'bench', start: 'open', moves: { open: ['paid', 'cancelled'], paid: ['sent'] },
            on: { [operation]: { key, state: 'response:/status' } } } } },
        invariant: { invariants: [{ name: 'three lines', on, hold: 'near(sum(body.items, function(i) return i.price * i.quantity end), 83, 0.005)' }] },
        join: { invariants: [{ name: 'as before', parts: { one: { on, key }, other: { on, key } }, hold: 'one.body.status == other.body.status' }] },
    };
    const [lifecycle, invariant, join] = Object.values(all);
    all.all = { ...lifecycle, invariants: [...invariant.invariants, ...join.invariants] };
    return { more: all[which] };
}

// A key and a certificate of their own, for localhost.
export async function certificate() {
    const folder = temporaryFolder();
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
    mkdirSync(folder, { recursive: true });
    const { status, stderr } = await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
        '-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']);
    if (status !== 0 || !existsSync(cert))
        throw new Error(`openssl made no certificate: ${stderr}`);
    return { cert, key };
}
