// Upstreams behind an HTTP proxy: a real one (tinyproxy), and one that says exactly what it is told.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { accepts, certificates, freePort, plumbline, rawUpstream, start, startGateway, startNginx, temporaryFolder, waitForExchanges } from './lib/index.mjs';

async function startTinyproxy(...lines) {
    const folder = temporaryFolder();
    const port = await freePort();
    const file = path.join(folder, 'tinyproxy.conf');
    writeFileSync(file, [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 60', 'MaxClients 50', 'LogLevel Connect', `LogFile "${folder}/log"`,
        'Allow 127.0.0.1', ...lines, ''].join('\n'));
    const program = start('tinyproxy', ['-d', '-c', file], { name: 'tinyproxy' });
    await accepts(port, program);
    return Object.assign(program, { port, address: `127.0.0.1:${port}` });
}

// nginx with and without TLS; it tells what it was asked.
async function startTarget() {
    const pki = await certificates();
    const pair = await pki.sign('local', 'DNS:localhost,IP:127.0.0.1');
    const secure = await freePort();
    const tell = 'location / { return 200 \'{"uri":"$request_uri","host":"$http_host","via":"$http_via","secret":"$http_proxy_authorization"}\'; }';
    const nginx = await startNginx(tell, {
        http: `server { listen 127.0.0.1:${secure} ssl; ssl_certificate ${pair.cert}; ssl_certificate_key ${pair.key}; ${tell} }`,
    });
    return Object.assign(nginx, { secure, ca: pki.ca });
}

const ask = async (gateway, target = '/parts?a=1') => {
    const answer = await fetch(gateway.url + target);
    return { status: answer.status, json: await answer.json() };
};

test('a proxy is asked for http by the whole URI and for https by a tunnel, with its user and password', async () => {
    const target = await startTarget();
    const proxy = await startTinyproxy('BasicAuth me s3cret');
    const record = temporaryFolder();
    const url = `http://me:s3cret@${proxy.address}`;
    const plain = await startGateway(`http://127.0.0.1:${target.port}/base`, { proxy: '${TEST_PROXY}' }, { record }, { env: { TEST_PROXY: url } });
    for (let i = 0; i < 3; i++) {
        const { status, json } = await ask(plain);
        assert.equal(status, 200);
        assert.deepEqual({ ...json, via: '' }, { uri: '/base/parts?a=1', host: `127.0.0.1:${target.port}`, via: '', secret: '' });
        assert.match(json.via, /tinyproxy/);
    }
    const exchanges = await waitForExchanges(record, 3);
    assert.doesNotMatch(JSON.stringify(exchanges), /s3cret|bWU6czNjcmV0/);
    await plain.stop();

    const secure = await startGateway(`https://localhost:${target.secure}`, { proxy: url, tls: { ca: target.ca } });
    for (let i = 0; i < 3; i++) {
        const { status, json } = await ask(secure);
        assert.equal(status, 200);
        assert.deepEqual(json, { uri: '/parts?a=1', host: `localhost:${target.secure}`, via: '', secret: '' });
    }
    assert.doesNotMatch(secure.stderr, /s3cret/);
    await secure.stop();
});

test('what the proxy refuses is the refusal upstream-proxy', async () => {
    const target = await startTarget();
    const proxy = await startTinyproxy('BasicAuth me s3cret', 'ConnectPort 1');
    const refused = async (upstream, url, why, more = {}) => {
        const gateway = await startGateway(upstream, { proxy: url, ...more });
        const { status, json } = await ask(gateway);
        assert.equal(status, 502);
        assert.equal(json.errors[0].keyword, 'upstream-proxy');
        assert.match(json.detail, why);
        await gateway.stop();
    };
    await refused(`http://127.0.0.1:${target.port}`, `http://${proxy.address}`, /other credentials \(407\)/);
    await refused(`https://localhost:${target.secure}`, `http://me:wrong@${proxy.address}`, /will not open a tunnel \(401\)/, { tls: { ca: target.ca } });
    await refused(`https://localhost:${target.secure}`, `http://me:s3cret@${proxy.address}`, /will not open a tunnel \(403\)/, { tls: { ca: target.ca } });
    await refused(`https://localhost:${target.secure}`, `http://127.0.0.1:${await freePort()}`, /does not lead/, { tls: { ca: target.ca } });
    for (const [answer, why] of [
        ['HTTP/1.1 407 No\r\n\r\n', /other credentials \(407\)/], ['SSH-2.0 nobody\r\n\r\n', /no HTTP/], ['HTTP/1.1 200 OK\r\n\r\nmore', /./],
    ]) {
        const wrong = await rawUpstream(answer);
        await refused('https://localhost:1', wrong.url, why);
    }
    const asked = await rawUpstream('HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n');
    await refused('http://localhost:1', asked.url, /other credentials \(407\)/);
});

test('a proxy that does not answer ends with the connect timeout', async () => {
    const silent = await rawUpstream(() => {});
    const gateway = await startGateway('https://localhost:1', { proxy: silent.url, timeouts: { connect: '300ms' } });
    const { status, json } = await ask(gateway);
    assert.equal(status, 504);
    assert.equal(json.errors[0].keyword, 'upstream-connect-timeout');
    assert.equal(silent.received(), 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n');
    await gateway.stop();
});

test('the environment is used only where a service says so, and not for hosts of no_proxy', async () => {
    const target = await startTarget();
    const proxy = await startTinyproxy();
    const env = { http_proxy: `http://${proxy.address}`, HTTP_PROXY: `http://${proxy.address}`, no_proxy: '', NO_PROXY: '' };
    const via = async (service, more = {}, settings = {}) => {
        const gateway = await startGateway(`http://127.0.0.1:${target.port}`, service, settings, { env: { ...env, ...more } });
        const { json } = await ask(gateway);
        await gateway.stop();
        return json.via !== '';
    };
    assert.equal(await via({}), false);
    assert.equal(await via({ proxy: 'env' }), true);
    assert.equal(await via({}, {}, { defaults: { proxy: 'env' } }), true);
    assert.equal(await via({ proxy: 'off' }, {}, { defaults: { proxy: 'env' } }), false);
    assert.equal(await via({ proxy: 'env' }, { no_proxy: 'example.org,127.0.0.0/8' }), false);
});

test('a mistake in the proxy is told with its place and without the password', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'gateway.yaml');
    writeFileSync(path.join(folder, 'c.json'), JSON.stringify({ openapi: '3.1.0', info: { title: 'a', version: '1' }, paths: {} }));
    writeFileSync(file, 'services:\n  a:\n    contract: c.json\n    upstream: http://a\n    proxy: socks5://me:s3cret@proxy\n');
    const { status, stderr } = await plumbline(['serve', '-c', file]);
    assert.equal(status, 2);
    assert.match(stderr, /gateway\.yaml:5:12: a proxy is spoken to by HTTP/);
    assert.doesNotMatch(stderr, /s3cret/);
});
