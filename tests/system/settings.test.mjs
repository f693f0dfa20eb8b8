// Settings: mistakes are told with their place, precedence, and the page that explains every key.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { freePort, plumbline, root, startPlumbline, temporaryFolder } from './lib/index.mjs';
import { judge } from './lib/judge.mjs';

const erp = path.join(root, 'contracts/erp.openapi.json');
const service = (more = '') => `services:\n  erp:\n    contract: ${erp}\n    upstream: sandbox\n${more}`;

// What `serve` says of a file with this text.
async function refused(text, env = {}) {
    const file = path.join(temporaryFolder(), 'gateway.yaml');
    writeFileSync(file, text);
    const { status, stderr } = await plumbline(['serve', '-c', file, '--listen', '127.0.0.1:0'], { env });
    return { status, message: stderr.replaceAll(file, 'FILE').trim() };
}

test('a mistake is told with its place, what was expected and what was found, and ends with 2', async () => {
    const cases = [
        [service('    request: obsrve\n'), /^plumbline serve: FILE:5:14: \/services\/erp\/request: expected one of .*found "obsrve"/],
        [service('    retires: 1\n'), /^plumbline serve: FILE:5:\d+: .*retires/],
        [service('    timeouts: { idle: 5 }\n'), /^plumbline serve: FILE:5:23: \/services\/erp\/timeouts\/idle: /],
        [service('    operations: { getErpOrdr: { request: "off" } }\n'), /FILE:5:19: the contract has no operation 'getErpOrdr'; did you mean 'getErpOrder'\?/],
        [service('    set_headers: { X-Env: "${PLUMBLINE_NO_SUCH}" }\n'), /FILE:5:27: the environment has no PLUMBLINE_NO_SUCH/],
        [service('redaction: { rules: [{ pattern: "(", action: mask }] }\n'), /FILE:5:33: /],
        ['listen: 127.0.0.1:0\n', /FILE: there are no services/],
        ['services: [\n', /FILE:\d+:\d+: /],
    ];

    for (const [text, message] of cases) {
        const result = await refused(text);
        assert.equal(result.status, 2, `${text}${result.message}`);
        assert.match(result.message, message);
        assert.equal(result.message.split('\n').length, 1, result.message);
    }
});

test('what is not there ends with 3, and says what', async () => {
    const none = await plumbline(['serve', '-c', '/nowhere/gateway.yaml']);

    assert.equal(none.status, 3);
    assert.match(none.stderr, /^plumbline serve: \/nowhere\/gateway\.yaml: /);
});

test('a flag beats the environment, the environment beats the file', async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const text = `listen: 127.0.0.1:${ports[0]}\nlog: { access: "off" }\n${service()}`;
    const start = async (args, env) => {
        const gateway = await startPlumbline({ config: text, args, env });
        const { port } = gateway;
        await gateway.stop();
        return port;
    };

    assert.equal(await start(['--listen', `127.0.0.1:${ports[2]}`], { PLUMBLINE_LISTEN: `127.0.0.1:${ports[1]}` }), ports[2]);
    const file = path.join(temporaryFolder(), 'gateway.yaml');
    writeFileSync(file, text);
    // startPlumbline names --listen itself unless it finds one: ask the program alone, on a port that is taken
    const taken = await startPlumbline({ config: text, args: ['--listen', `127.0.0.1:${ports[1]}`] });
    const clash = await plumbline(['serve', '-c', file], { env: { PLUMBLINE_LISTEN: `127.0.0.1:${ports[1]}` } });
    assert.equal(clash.status, 3);
    assert.match(clash.stderr, new RegExp(`127\\.0\\.0\\.1:${ports[1]}`));
    await taken.stop();
    const wrong = await plumbline(['serve', '-c', file], { env: { PLUMBLINE_WORKERS: 'many' } });
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /PLUMBLINE_WORKERS: the number of workers is from 1 to 64, or auto/);
});

test('a secret of the environment is used and never told', async () => {
    const text = `admin: { listen: 127.0.0.1:0, token: "\${PLUMBLINE_TEST_SECRET}" }\n${service('    request: "\${PLUMBLINE_TEST_SECRET}"\n')}`;
    const { status, message } = await refused(text, { PLUMBLINE_TEST_SECRET: 'qwertz' });

    assert.equal(status, 2);
    assert.doesNotMatch(message, /qwertz/);
});

// Every key of a schema, wherever it is: { "listen", "clients", "clients.max_header", … }.
function keys(schema) {
    const found = new Set();
    const walk = (value) => {
        if (value === null || typeof value !== 'object')
            return;
        if (!Array.isArray(value) && value.properties && typeof value.properties === 'object')
            Object.keys(value.properties).forEach((key) => found.add(key));
        Object.values(value).forEach(walk);
    };
    walk(schema);
    return found;
}

test('docs/configuration.md explains every key of the schema, and no other; those of rules, faults, severity and the sandbox are on their pages', () => {
    const [page, ...others] = ['configuration', 'rules', 'sandbox', 'faults', 'drift'].map((name) => readFileSync(path.join(root, `docs/${name}.md`), 'utf8'));
    const elsewhere = (key) => new RegExp(`\`([a-z]+\\.)?${key}\`|\\b${key}:\\s`).test(others.join(''));
    const known = keys(JSON.parse(readFileSync(path.join(root, 'docs/schema/gateway.schema.json'), 'utf8')));
    const explained = new Set([...page.matchAll(/^\| `([a-z_.]+)` \|/gm)].flatMap(([, key]) => key.split('.')));

    for (const key of known)
        assert.ok(explained.has(key) || page.includes(`\`${key}\``) || elsewhere(key), `the pages say nothing of '${key}'`);
    for (const key of explained)
        assert.ok(known.has(key), `docs/configuration.md explains '${key}', which the schema does not know`);
});

test('the settings of this repository keep to the schema', () => {
    const check = judge('gateway.schema.json');

    check({ services: { a: { contract: 'a.yaml', upstream: 'sandbox', timeouts: { idle: '1s' }, operations: { x: { request: 'off' } } } } });
    assert.throws(() => check({ services: { a: { contract: 'a.yaml', upstream: 'sandbox', timeouts: { idle: 1 } } } }));
});
