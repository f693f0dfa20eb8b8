// docs/examples/flow/ is what `plumbline flow run` really writes: these tests make it again and compare the shape: everything but times,
// identifiers and ports. UPDATE=1 node --test tests/system/flow_examples.test.mjs writes it anew.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { freePort, plumbline, root, temporaryFolder } from './lib/index.mjs';
import { startSimulated } from './lib/simulated.mjs';

const EXAMPLES = path.join(root, 'docs/examples/flow');

// What differs from run to run.
function shape(text) {
    return text
        .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UUID')
        .replace(/\b[0-9a-z]{20}\b/g, 'ID')
        .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/g, 'TIME')
        .replace(/(\w{3}, )?\d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, 'DATE')
        .replace(/\b\d{4}-\d\d-\d\d\b/g, 'DAY')
        .replace(/127\.0\.0\.1:\d+/g, 'ADDRESS')
        .replace(/-?\d+(\.\d+)?(%| ?(ms|µs|s|min)\b)/g, 'DURATION')
        .replace(/("(?:took|next_in|p\d\d|longest)_ms": )[\d.]+/g, '$1DURATION')
        .replace(/(\btime=")[\d.]+"/g, '$1DURATION"')
        .replace(/(\b(?:x|y|width|height|left|style)=")[^"]*"/g, '$1"')
        .replace(/ +/g, ' ');
}

async function told(name, options, { server, args = [] }) {
    const folder = temporaryFolder();
    const files = { json: 'report.json', junit: 'report.xml', html: 'report.html' };
    const reports = Object.entries(files).flatMap(([format, file]) => ['--report', `${format}=${path.join(folder, file)}`]);
    const done = await plumbline(['flow', 'run', `rules/flows/${name}.arazzo.yaml`, '--server', server, ...args, ...reports,
        '--log-file', path.join(folder, 'flow.log')], { env: { TERM: 'dumb' }, ...options });
    const command = `$ plumbline flow run rules/flows/${name}.arazzo.yaml --server http://127.0.0.1:8080${args.map((each) => ` ${each}`).join('')}\n`;
    const console = command + done.stderr.replace(/^(report|log) written: .*\n/gm, '') + done.stdout;
    const read = (file) => readFileSync(path.join(folder, file), 'utf8');
    const made = { 'console.txt': console, 'flow.log': read('flow.log'), ...Object.fromEntries(Object.values(files).map((file) => [file, read(file)])) };
    for (const [file, text] of Object.entries(made)) // the gateway's port, and that of nobody
        made[file] = text.replaceAll(new URL(server).host, '127.0.0.1:8080').replace(/127\.0\.0\.1:(?!8080\b)\d+/g, '127.0.0.1:9000');
    return { ...made, status: done.status };
}

function compare(folder, made, names) {
    for (const name of names) {
        const file = path.join(EXAMPLES, folder, name);
        const text = made[name];
        if (process.env.UPDATE) {
            mkdirSync(path.dirname(file), { recursive: true });
            writeFileSync(file, text);
        }
        assert.equal(shape(text), shape(readFileSync(file, 'utf8')), `${file}: UPDATE=1 node --test tests/system/flow_examples.test.mjs writes it anew`);
    }
}

test('a flow that goes through', async () => {
    const gateway = await startSimulated();
    const made = await told('order-to-erp', {}, { server: gateway.url });
    assert.equal(made.status, 0, made['console.txt']);
    compare('passed', made, ['console.txt', 'flow.log', 'report.json', 'report.xml', 'report.html']);
});

test('a flow whose last system is gone', async () => {
    const gateway = await startSimulated();
    const made = await told('order-to-erp', {}, { server: gateway.url, args: ['--server', `erp=http://127.0.0.1:${await freePort()}/erp`] });
    assert.equal(made.status, 1, made['console.txt']);
    compare('network', made, ['console.txt']);
});

test('a flow whose order never arrives', async () => {
    const gateway = await startSimulated();
    await gateway.set('b2b-orders', { appears_after: { polls: 99 } });
    const made = await told('order-to-erp', {}, { server: gateway.url });
    assert.equal(made.status, 1, made['console.txt']);
    compare('exhausted', made, ['console.txt', 'report.xml']);
});
