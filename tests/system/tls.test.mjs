// TLS towards clients and towards upstreams, with real peers on the other side: curl, openssl, node, nginx.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import test, { before } from 'node:test';
import tls from 'node:tls';
import {
    certificates, connect, freePort, onCleanup, plumbline, rawClient, rawUpstream, responses, run, startGateway, startNginx,
    startPlumbline, temporaryFolder, waitForExchanges,
} from './lib/index.mjs';

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
let pki, local, one, wild, full, me, old;

before(async () => {
    pki = await certificates();
    local = await pki.sign('local', 'DNS:localhost,IP:127.0.0.1');
    one = await pki.sign('one', 'DNS:one.test');
    wild = await pki.sign('wild', 'DNS:*.two.test');
    full = await pki.sign('full', 'DNS:full.two.test');
    me = await pki.sign('me', 'DNS:me.test');
    old = await pki.sign('old', 'DNS:localhost,IP:127.0.0.1', { expired: true });
});

// The sandbox behind TLS, unless an upstream is given.
function secure(tlsSettings = {}, { upstream = 'sandbox', service = {}, settings = {}, more = [], ...options } = {}) {
    const listen = [{ address: '127.0.0.1:0', tls: { ...local, ...tlsSettings } }, ...more];
    return startGateway(upstream, service, { listen, ...settings }, options);
}

// The ports of both listeners.
async function both(gateway) {
    const [, first, second] = await gateway.waitFor(/listening on https:\/\/127\.0\.0\.1:(\d+)\n.*listening on https:\/\/127\.0\.0\.1:(\d+)\n/);
    return [Number(first), Number(second)];
}

const curl = (...args) => run('curl', ['-sS', '--max-time', '20', '--cacert', pki.ca, ...args]);

// What openssl sees of a server: { status, text }.
async function look(port, ...args) {
    const { stdout, stderr, status } = await run('bash', ['-c', 'openssl s_client "$@" </dev/null', '-', '-connect', `127.0.0.1:${port}`,
        '-CAfile', pki.ca, ...args]);
    return { status, text: stdout + stderr };
}

test('curl, node and openssl are served, and the upstream is told that it was https', async () => {
    const upstream = await rawUpstream('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
    const record = temporaryFolder();
    const gateway = await secure({}, { upstream: upstream.url, settings: { record } });
    const { stdout, stderr } = await curl(`https://localhost:${gateway.port}/a`, `https://localhost:${gateway.port}/b`);
    assert.equal(stdout, 'hihi', stderr);
    const agent = new https.Agent({ ca: readFileSync(pki.ca), keepAlive: true, maxSockets: 1 });
    onCleanup(() => agent.destroy());
    for (let i = 0; i < 3; i++) {
        const [answer] = await once(https.get({ port: gateway.port, host: '127.0.0.1', agent }), 'response');
        assert.equal(answer.statusCode, 200);
        answer.resume();
        await once(answer, 'end');
    }
    assert.match(upstream.received(), /X-Forwarded-Proto: https\r\n/);
    assert.equal(upstream.received().match(/X-Forwarded-Proto/g).length, 5);
    const [exchange] = await waitForExchanges(record, 5);
    assert.match(exchange.request.url, /^https:\/\/localhost:\d+\/a$/);
    await gateway.stop();
});

test('the certificate is chosen by the name that the client asks for; a full name beats a wildcard', async () => {
    const gateway = await secure({ certificates: [one, wild, full] });
    const subject = async (...args) => (await look(gateway.port, ...args)).text.match(/subject=.*?CN = (\w+)/)?.[1];

    assert.equal(await subject('-servername', 'one.test'), 'one');
    assert.equal(await subject('-servername', 'any.two.test'), 'wild');
    assert.equal(await subject('-servername', 'full.two.test'), 'full');
    assert.equal(await subject('-servername', 'a.b.two.test'), 'local');
    assert.equal(await subject('-servername', 'unknown.test'), 'local');
    assert.equal(await subject('-noservername'), 'local');
    await gateway.stop();
});

test('versions, protocols, sessions and renegotiation are as they should be', async () => {
    const gateway = await secure({}, { more: [{ address: '127.0.0.1:0', tls: { ...local, min_version: '1.3' } }] });
    const [, strict] = await both(gateway);
    const old11 = await look(gateway.port, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
    assert.notEqual(old11.status, 0);
    assert.match((await look(gateway.port, '-tls1_2')).text, /Verify return code: 0 \(ok\)/);
    assert.notEqual((await look(gateway.port, '-tls1_2', '-cipher', 'AES128-SHA')).status, 0, 'no forward secrecy');
    assert.notEqual((await look(strict, '-tls1_2')).status, 0);
    assert.match((await look(strict)).text, /TLSv1\.3/);
    assert.match((await look(gateway.port, '-alpn', 'h2,http/1.1')).text, /ALPN protocol: http\/1\.1/);
    assert.notEqual((await look(gateway.port, '-alpn', 'h2')).status, 0);
    const session = path.join(temporaryFolder(), 'session');
    await look(gateway.port, '-tls1_2', '-sess_out', session);
    assert.match((await look(gateway.port, '-tls1_2', '-sess_in', session)).text, /Reused, TLSv1\.2/);
    const again = await run('bash', ['-c', `(echo R; sleep 1) | openssl s_client -tls1_2 -connect 127.0.0.1:${gateway.port} 2>&1`]);
    assert.match(again.stdout, /no renegotiation|handshake failure/);
    await gateway.stop();
});

test('a client certificate is required, or only asked for, and never a bad one taken', async () => {
    const stranger = await (await certificates()).sign('me', 'DNS:me.test');
    const gateway = await secure({ client_ca: pki.ca }, {
        service: { request: 'observe' },
        settings: { log: { level: 'debug' } },
        more: [{ address: '127.0.0.1:0', tls: { ...local, client_ca: pki.ca, client_auth: 'request' } }],
    });
    const [required, asked] = await both(gateway);
    const get = async (port, pair) => (await curl('-o', '/dev/null', '-w', '%{http_code}', `https://localhost:${port}/parts`,
        ...(pair ? ['--cert', pair.cert, '--key', pair.key] : []))).stdout;

    assert.equal(await get(required, me), '200');
    assert.equal(await get(required), '000');
    assert.equal(await get(required, stranger), '000');
    assert.equal(await get(asked, me), '200');
    assert.equal(await get(asked), '200');
    assert.equal(await get(asked, stranger), '000');
    await gateway.waitFor(/debug 127\.0\.0\.1:\d+: no TLS: peer did not return a certificate/);
    await gateway.stop();
});

test('a reload takes new certificates, all or none, and connections that are there go on', async () => {
    const pair = { cert: path.join(temporaryFolder(), 'c.pem'), key: path.join(temporaryFolder(), 'c.key') };
    const use = (other) => { copyFileSync(other.cert, pair.cert); copyFileSync(other.key, pair.key); };
    use(local);
    const gateway = await secure(pair, { settings: { reload: { watch: false } } });
    const subject = async () => (await look(gateway.port, '-servername', 'one.test')).text.match(/subject=.*?CN = (\w+)/)?.[1];
    const agent = new https.Agent({ ca: readFileSync(pki.ca), keepAlive: true, maxSockets: 1 });
    onCleanup(() => agent.destroy());
    const ask = async () => {
        const [answer] = await once(https.get({ port: gateway.port, host: '127.0.0.1', path: '/parts', agent }), 'response');
        answer.resume();
        await once(answer, 'end');
        return answer.statusCode;
    };
    assert.equal(await ask(), 200);
    assert.equal(await subject(), 'local');
    use(one);
    gateway.signal('SIGHUP');
    await gateway.waitFor(/reloaded \(generation 2\)/);
    assert.equal(await subject(), 'one');
    assert.equal(await ask(), 200, 'by the connection with the certificate before');
    copyFileSync(me.key, pair.key);
    gateway.signal('SIGHUP');
    await gateway.waitFor(/c\.key' does not belong to the certificate/);
    assert.equal(await subject(), 'one');
    assert.equal(await ask(), 200);
    await gateway.stop();
});

test('changed certificates are noticed', async () => {
    const folder = temporaryFolder();
    const pair = { cert: path.join(folder, 'c.pem'), key: path.join(folder, 'c.key') };
    copyFileSync(local.cert, pair.cert);
    copyFileSync(local.key, pair.key);
    const gateway = await secure(pair);
    copyFileSync(one.cert, pair.cert);
    copyFileSync(one.key, pair.key);
    await gateway.waitFor(/reloaded \(generation 2\)/);
    assert.match((await look(gateway.port, '-noservername')).text, /subject=.*?CN = one/);
    await gateway.stop();
});

test('plain HTTP on a port of TLS is told so, and what is no HTTP is closed', async () => {
    const gateway = await secure();
    for (const method of ['GET', 'DELETE', 'PATCH']) {
        const answer = await rawClient(gateway.port, `${method} /parts HTTP/1.1\r\nHost: a\r\n\r\n`);
        const [response] = responses(answer);
        assert.equal(response.status, 400);
        assert.match(response.body, /speaks TLS/);
    }
    assert.match(await rawClient(gateway.port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n${'x'.repeat(500000)}`), /speaks TLS/);
    assert.equal((await rawClient(gateway.port, '\x00\x01\x02\x03garbage')).includes('HTTP'), false);
    await rawClient(gateway.port, '\x16\x03\x01\x40\x00' + 'x'.repeat(20000));
    const admin = await secure({}, { settings: { admin: '127.0.0.1:0' } });
    const [, url] = await admin.waitFor(/admin on (\S+)/);
    await rawClient(admin.port, 'GET / HTTP/1.0\r\n\r\n');
    assert.match(await (await fetch(`${url}/metrics`)).text(), /plumbline_tls_handshakes_failed_total 1\n/);
    assert.match((await curl(`https://localhost:${gateway.port}/parts`)).stdout, /^\[/);
    await gateway.stop();
    await admin.stop();
});

test('a handshake that trickles or never begins is closed by the deadline of the head', async () => {
    const gateway = await secure({}, { settings: { clients: { header_timeout: '700ms' } } });
    const silent = await connect(gateway.port);
    const slow = await connect(gateway.port);
    const hello = await new Promise((resolve) => { // a real ClientHello, caught on its way
        const server = net.createServer((peer) => peer.once('data', (data) => { resolve(data); peer.destroy(); server.close(); }));
        server.listen(0, '127.0.0.1', () => tls.connect({ port: server.address().port, host: '127.0.0.1' }).on('error', () => {}));
    });
    const started = Date.now();
    const trickle = (async () => {
        for (const byte of hello) {
            if (slow.ended)
                return;
            await slow.send(Buffer.from([byte]));
            await sleep(50);
        }
    })();
    await silent.closed();
    await slow.closed();
    await trickle;
    assert.ok(Date.now() - started < 9000, 'long before the last byte');
    assert.ok(hello.length * 50 > 9000, `${hello.length} bytes`);
    assert.match((await curl(`https://localhost:${gateway.port}/parts`)).stdout, /^\[/);
    await gateway.stop();
});

test('two hundred clients side by side each get their own answer', async () => {
    const upstream = http.createServer((request, response) => { response.end(request.url); });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    onCleanup(() => upstream.close());
    const gateway = await secure({}, { upstream: `http://127.0.0.1:${upstream.address().port}`, settings: { workers: 2 } });
    const ca = readFileSync(pki.ca);
    const agents = [];
    const ask = async (i) => {
        const agent = new https.Agent({ ca, keepAlive: true, maxSockets: 1 });
        agents.push(agent);
        for (let round = 0; round < 3; round++) {
            const [answer] = await once(https.get({ port: gateway.port, host: '127.0.0.1', path: `/${i}/${round}`, agent }), 'response');
            const chunks = [];
            for await (const chunk of answer) chunks.push(chunk);
            assert.equal(Buffer.concat(chunks).toString(), `/${i}/${round}`);
        }
    };
    await Promise.all(Array.from({ length: 200 }, (_, i) => ask(i)));
    agents.forEach((agent) => agent.destroy());
    await gateway.stop();
});

test('large bodies arrive whole in both directions, through TLS on both sides', async () => {
    const body = Buffer.alloc(9_000_001, 'Plumbline ');
    const server = https.createServer({ cert: readFileSync(local.cert), key: readFileSync(local.key) }, (request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
        request.pipe(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => server.close());
    const gateway = await secure({}, { upstream: `https://localhost:${server.address().port}`, service: { tls: { ca: pki.ca } } });
    for (const slow of [false, true]) {
        const request = https.request({ port: gateway.port, host: '127.0.0.1', method: 'POST', path: '/parts', ca: readFileSync(pki.ca),
            headers: slow ? {} : { 'Content-Length': body.length } });
        request.end(body);
        const [answer] = await once(request, 'response');
        const hash = createHash('sha256');
        let length = 0;
        for await (const chunk of answer) {
            hash.update(chunk);
            length += chunk.length;
            if (slow && length < 1_000_000)
                await sleep(2);
        }
        assert.equal(length, body.length);
        assert.equal(hash.digest('hex'), createHash('sha256').update(body).digest('hex'));
    }
    server.closeAllConnections();
    await gateway.stop();
});

test('an upgraded connection is a tunnel through TLS on both sides, closed side by side', async () => {
    const server = https.createServer({ cert: readFileSync(local.cert), key: readFileSync(local.key) });
    let closed;
    const ended = new Promise((resolve) => { closed = resolve; });
    server.on('upgrade', (request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
        socket.on('data', (data) => socket.write(data));
        socket.on('end', () => { closed(); socket.end('goodbye'); });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => server.close());
    const gateway = await secure({}, { upstream: `https://localhost:${server.address().port}`, service: { tls: { ca: pki.ca } } });
    const client = tls.connect({ port: gateway.port, host: '127.0.0.1', ca: readFileSync(pki.ca), allowHalfOpen: true });
    onCleanup(() => client.destroy());
    await once(client, 'secureConnect');
    client.write('GET /parts HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    let text = '';
    const body = 'abcdefghij'.repeat(50_000);
    client.on('data', (data) => {
        if (text === '')
            client.end(body);
        text += data;
    });
    await ended;
    await once(client, 'end');
    assert.match(text, /^HTTP\/1\.1 101 /);
    assert.equal(text.slice(text.indexOf('\r\n\r\n') + 4), `${body}goodbye`);
    await gateway.stop();
});

// ---- upstreams ----

const nginxTls = (pair, more = '') => async () => {
    const port = await freePort();
    const nginx = await startNginx('location / { return 200 \'{}\'; }', {
        http: `server {
            listen 127.0.0.1:${port} ssl; ssl_certificate ${pair().cert}; ssl_certificate_key ${pair().key}; ${more}
            location / { return 200 '{"sni":"$ssl_server_name","reused":"$ssl_session_reused","who":"$ssl_client_s_dn","host":"$http_host"}'; }
        }`,
    });
    return Object.assign(nginx, { secure: port });
};

async function through(upstream, tlsSettings, more = {}) {
    const gateway = await startGateway(upstream, { ...(tlsSettings && { tls: tlsSettings }), ...more });
    const answer = await fetch(`${gateway.url}/parts`);
    const text = await answer.text();
    return { gateway, status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
}

test('an upstream is verified: its authority, its name, its time', async () => {
    const nginx = await nginxTls(() => local)();
    const expired = await nginxTls(() => old)();
    const stranger = (await certificates()).ca;
    const to = `https://localhost:${nginx.secure}`;

    const good = await through(to, { ca: pki.ca });
    assert.equal(good.status, 200);
    assert.deepEqual(good.json, { sni: 'localhost', reused: '.', who: '', host: `localhost:${nginx.secure}` });
    await good.gateway.stop();
    for (const [upstream, settings, why] of [
        [to, { ca: stranger }, /unable to get local issuer certificate|self-signed certificate/],
        [to, undefined, /unable to get local issuer certificate|self-signed certificate/],
        [to, { ca: pki.ca, server_name: 'other.test' }, /hostname mismatch/],
        [`https://localhost:${expired.secure}`, { ca: pki.ca }, /certificate has expired/],
        [`https://127.0.0.1:${nginx.port}`, { ca: pki.ca }, /wrong version number/],
    ]) {
        const { gateway, status, json } = await through(upstream, settings);
        assert.equal(status, 502);
        assert.equal(json.errors[0].keyword, 'upstream-tls');
        assert.match(json.detail, why);
        await gateway.stop();
    }
    const named = await through(`https://127.0.0.1:${nginx.secure}`, { ca: pki.ca, server_name: 'localhost' });
    assert.equal(named.json.sni, 'localhost');
    await named.gateway.stop();
    const blind = await through(to, { verify: false });
    assert.equal(blind.status, 200);
    assert.match(blind.gateway.stderr, /warn .*gateway\.yaml:\d+:\d+: whoever answers as 'https:\/\/localhost:\d+' is believed \(verify: false\)/);
    await blind.gateway.stop();
});

test('an upstream that wants a certificate gets ours', async () => {
    const nginx = await nginxTls(() => local, `ssl_client_certificate ${pki.ca}; ssl_verify_client on;`)();
    const to = `https://localhost:${nginx.secure}`;
    const with_ = await through(to, { ca: pki.ca, ...me });
    assert.equal(with_.status, 200);
    assert.equal(with_.json.who, 'CN=me');
    await with_.gateway.stop();
    const without = await through(to, { ca: pki.ca });
    assert.equal(without.status, 400); // nginx says so by HTTP
    await without.gateway.stop();
    const inside = await startGateway(to, { tls: { ca: pki.ca, cert: '${ME_CERT}', key: '${ME_KEY}' } }, {},
        { env: { ME_CERT: readFileSync(me.cert, 'utf8'), ME_KEY: readFileSync(me.key, 'utf8') } });
    assert.equal((await (await fetch(`${inside.url}/parts`)).json()).who, 'CN=me');
    await inside.stop();

    const server = tls.createServer({ cert: readFileSync(local.cert), key: readFileSync(local.key), ca: readFileSync(pki.ca), requestCert: true,
        rejectUnauthorized: true }, () => {}).on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const refused = await through(`https://localhost:${server.address().port}`, { ca: pki.ca });
    assert.equal(refused.json.errors[0].keyword, 'upstream-tls');
    assert.match(refused.json.detail, /certificate required/);
    await refused.gateway.stop();
    server.close();
});

test('an upstream that never finishes its handshake ends with the connect timeout', async () => {
    const silent = await rawUpstream(() => {});
    const { gateway, status, json } = await through(silent.url.replace('http', 'https'), { ca: pki.ca }, { timeouts: { connect: '300ms' } });
    assert.equal(status, 504);
    assert.equal(json.errors[0].keyword, 'upstream-connect-timeout');
    await gateway.stop();
});

test('connections to an upstream are kept, and new ones resume the session', async () => {
    const nginx = await nginxTls(() => local, 'keepalive_requests 2; ssl_session_cache shared:a:1m;')();
    const { gateway } = await through(`https://localhost:${nginx.secure}`, { ca: pki.ca });
    const reused = [];
    for (let i = 0; i < 6; i++)
        reused.push((await (await fetch(`${gateway.url}/parts`)).json()).reused);
    assert.ok(reused.includes('r'), reused.join(''));
    await gateway.stop();
});

// A server of node behind a wire that is cut (no close_notify) once the server's answer was passed on.
async function cutBehind(answer) {
    const server = tls.createServer({ cert: readFileSync(local.cert), key: readFileSync(local.key) }, (socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.write(answer));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wire = net.createServer((socket) => {
        const behind = net.connect(server.address().port, '127.0.0.1');
        let asked = false;
        socket.on('data', (data) => { asked = asked || data[0] === 23; behind.write(data); }).on('error', () => {});
        behind.on('data', (data) => {
            socket.write(data);
            if (data.includes(Buffer.from([23, 3, 3])) && data.length > answer.length)
                setTimeout(() => socket.end(), 300);
        }).on('error', () => {});
        socket.on('close', () => behind.destroy());
    });
    wire.listen(0, '127.0.0.1');
    await once(wire, 'listening');
    onCleanup(() => { wire.close(); server.close(); });
    return wire.address().port;
}

test('an answer that only the end of the connection delimits is broken off where TLS does not end in order', async () => {
    const whole = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n${'x'.repeat(5000)}`;
    const cut = await startGateway(`https://localhost:${await cutBehind(whole)}`, { tls: { ca: pki.ca } });
    await assert.rejects(fetch(`${cut.url}/parts`).then((answer) => answer.text()));
    await cut.waitFor(/upstream-closed/);
    await cut.stop();
    const server = tls.createServer({ cert: readFileSync(local.cert), key: readFileSync(local.key) }, (socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end(whole));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { gateway, text } = await through(`https://localhost:${server.address().port}`, { ca: pki.ca });
    assert.equal(text.length, 5000);
    await gateway.stop();
    server.close();
});

// ---- the command line, and mistakes ----

test('plumbline proxy --to https verifies unless it is told not to', async () => {
    const nginx = await nginxTls(() => local)();
    const contract = path.join(temporaryFolder(), 'c.json');
    writeFileSync(contract, JSON.stringify({ openapi: '3.1.0', info: { title: 'a', version: '1' }, paths: {} }));
    for (const [args, status] of [[[], 502], [['--ca', pki.ca], 200], [['--insecure'], 200]]) {
        const proxy = await startPlumbline({ args: ['proxy', contract, '--to', `https://localhost:${nginx.secure}`, ...args] });
        assert.equal((await fetch(`${proxy.url}/x`)).status, status, args.join(' '));
        await proxy.stop();
    }
});

test('a certificate or key that cannot be used is told with its place', async () => {
    const folder = temporaryFolder();
    const refused = async (tlsSettings, service = {}) => {
        const file = path.join(folder, 'gateway.yaml');
        const contract = path.join(folder, 'c.json');
        writeFileSync(contract, JSON.stringify({ openapi: '3.1.0', info: { title: 'a', version: '1' }, paths: {} }));
        writeFileSync(file, JSON.stringify({ listen: { address: '127.0.0.1:0', ...(tlsSettings && { tls: tlsSettings }) },
            services: { a: { contract, upstream: 'sandbox', ...service } } }, null, 2));
        const { status, stderr } = await plumbline(['serve', '-c', file]);
        return `${status} ${stderr.replaceAll(folder, '').replaceAll(pki.folder, '')}`;
    };
    assert.match(await refused({ cert: local.cert, key: me.key }), /^2 .*gateway\.yaml:4:12: the key '\/me\.key' does not belong to the certificate beside it/);
    assert.match(await refused({ cert: '/none.pem', key: me.key }), /^3 .*gateway\.yaml:4:12: cannot read the certificate '\/none\.pem': No such file/);
    assert.match(await refused({ ...local, client_auth: 'require' }), /^2 .*client_auth wants client_ca beside it/);
    assert.match(await refused({ cert: local.cert }), /^2 .*gateway\.yaml:4:12: \/listen\/tls/);
    assert.match(await refused(undefined, { upstream: 'http://a', tls: { verify: false } }), /^2 .*tls is for an upstream that begins with https/);
    assert.match(await refused(undefined, { upstream: 'https://localhost:1', tls: { ca: me.key } }), /^2 .*the authority '\/me\.key' has no certificate in PEM/);
});

test('an expired certificate of our own is used with a warning', async () => {
    const gateway = await secure(old);
    assert.match(gateway.stderr, /warn .*gateway\.yaml:\d+:\d+: the certificate '.*old\.pem' has expired; it is used all the same/);
    await gateway.stop();
});
