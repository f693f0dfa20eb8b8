// A contract named by URL on the command line, fetched from a real nginx: what is accepted, and what is refused.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { before } from 'node:test';
import { freePort, plumbline, startNginx, startPlumbline, temporaryFolder } from './lib/index.mjs';

const contract = JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Things', version: '1' },
    paths: { '/things': { get: { operationId: 'listThings', responses: { 200: { description: 'all' } } } } },
});

let web;
let secure; // https://127.0.0.1:PORT, with a certificate that nobody signed but itself
let certificate;

const show = (url, options) => plumbline(['contract', 'show', url], options);

before(async () => {
    const folder = temporaryFolder();
    const port = await freePort();
    certificate = path.join(folder, 'certificate.pem');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
        '-subj', '/CN=plumbline-test', '-addext', 'subjectAltName=IP:127.0.0.1',
        '-keyout', path.join(folder, 'key.pem'), '-out', certificate], { stdio: 'ignore' });
    secure = `https://127.0.0.1:${port}`;
    const places = `
        location = /moved { return 302 /things.openapi.json; }
        location = /round { return 302 /round; }
        location = /downgrade { return 302 http://127.0.0.1:1/things.openapi.json; }
        location = /elsewhere { return 302 ftp://127.0.0.1/things.openapi.json; }
        location = /empty { return 204; }
        location = /upgrade { return 301 ${secure}/things.openapi.json; }`;
    web = await startNginx(places, {
        http: `server { listen 127.0.0.1:${port} ssl; ssl_certificate ${certificate};
               ssl_certificate_key ${path.join(folder, 'key.pem')}; root html; ${places} }`,
    });
    const html = path.join(web.folder, 'html');
    mkdirSync(path.join(html, 'parts'));
    writeFileSync(path.join(html, 'things.openapi.json'), contract);
    writeFileSync(path.join(html, 'broken.yaml'), 'openapi: 3.1.0\ninfo: {title: Things, version: 1}\npaths: [\n');
    writeFileSync(path.join(html, 'refers.json'), contract.replace('"description":"all"', '"$ref":"parts/all.json"'));
    writeFileSync(path.join(html, 'parts/all.json'), '{"description":"all"}');
    writeFileSync(path.join(html, 'huge.json'), '');
    truncateSync(path.join(html, 'huge.json'), 513 * 1024 * 1024); // a hole: takes no room on disk
});

async function refused(url, why, status = 3, options = {}) {
    const { stderr, stdout, status: code } = await show(url, options);
    assert.match(stderr, why);
    assert.equal(stdout, '');
    assert.equal(code, status, stderr);
}

test('contract show and lint take a URL, and name it', async () => {
    const url = `${web.url}/things.openapi.json`;
    const shown = await show(url);
    assert.equal(shown.status, 0, shown.stderr);
    assert.match(shown.stdout, /listThings/);
    assert.ok(shown.stdout.includes(url), shown.stdout);
    const linted = await plumbline(['contract', 'lint', `${web.url}/broken.yaml`]);
    assert.equal(linted.status, 2);
    assert.match(linted.stderr, new RegExp(`${web.url}/broken\\.yaml:\\d+:\\d+: `));
});

test('a redirect is followed, also to https', async () => {
    assert.equal((await show(`${web.url}/moved`)).status, 0);
    assert.equal((await show(`${web.url}/upgrade`, { env: { SSL_CERT_FILE: certificate } })).status, 0);
});

test('a redirect back to http, to another scheme, or without end is refused', async () => {
    await refused(`${secure}/downgrade`, /a redirect to 'http:\/\/127\.0\.0\.1:1\/.*not followed/, 3, { env: { SSL_CERT_FILE: certificate } });
    await refused(`${web.url}/elsewhere`, /a redirect to 'ftp:.*not followed/);
    await refused(`${web.url}/round`, /more than 5 redirects/);
});

test('what is not 200 is refused', async () => {
    await refused(`${web.url}/missing.json`, /missing\.json: cannot be fetched: the answer is 404, not 200/);
    await refused(`${web.url}/empty`, /the answer is 204, not 200/);
});

test('a connection that is refused and a name that is none are told', async () => {
    await refused(`http://127.0.0.1:${await freePort()}/c.json`, /cannot be fetched: .*connect/i);
    await refused('http://no-such-name.invalid/c.json', /cannot be fetched: .*resolve/i, 3, { env: { http_proxy: '' } });
});

test('a file above the ceiling is refused', async () => {
    await refused(`${web.url}/huge.json`, /is larger than the 512 MiB that are read/);
});

test('a certificate that nobody vouches for is refused; SSL_CERT_FILE vouches', async () => {
    await refused(`${secure}/things.openapi.json`, /cannot be fetched: .*certificate/i);
    const trusted = await show(`${secure}/things.openapi.json`, { env: { SSL_CERT_FILE: certificate } });
    assert.equal(trusted.status, 0, trusted.stderr);
});

test('a password in the URL is refused and not repeated', async () => {
    const { status, stderr } = await show('http://me:secret-word@127.0.0.1:1/c.json');
    assert.equal(status, 2);
    assert.doesNotMatch(stderr, /secret-word/);
});

test('a $ref in what was fetched does not reach over the network', async () => {
    const { stdout, stderr } = await plumbline(['contract', 'lint', `${web.url}/refers.json`]);
    assert.match(stdout + stderr, /parts\/all\.json' leads over the network/);
});

test('proxy checks against a contract that it fetched, under the name of its file', async () => {
    const folder = temporaryFolder();
    const gateway = await startPlumbline({
        args: ['proxy', `${web.url}/things.openapi.json?branch=main`, '--to', web.url, '--record', folder],
    });
    assert.equal((await fetch(`${gateway.url}/things`)).status, 404);
    await gateway.stop();
    assert.ok(readdirSync(folder).length > 0);
    const checked = await plumbline(['check', folder, '--contract', `${web.url}/things.openapi.json`, '--report', 'json']);
    assert.equal(checked.status, 1, checked.stderr);
    const [finding] = JSON.parse(checked.stdout).findings;
    assert.equal(finding.rule, 'status-unknown');
    assert.equal(finding.service, 'things');
});
