// A contract from traffic: what is inferred from the clean runs of the simulated services, and whether it holds for traffic that it was not
// made from.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { cleanRuns } from './lib/clean_runs.mjs';
import { root, temporaryFolder } from './lib/index.mjs';
import { plumbline } from './lib/plumbline.mjs';
import { run } from './lib/process.mjs';
import { startSimulated } from './lib/simulated.mjs';

const npm = path.join(root, 'build/npm/node_modules');

// Every document's clean run, some times over, each with services that are new, so that ids are others: the lines of each.
async function record(times) {
    const runs = [];
    for (let i = 0; i < times; i++) {
        const gateway = await startSimulated();
        await cleanRuns(gateway);
        await gateway.stop();
        const folder = path.join(gateway.folder, 'logs/sandbox');
        runs.push(readdirSync(folder).filter((file) => file.endsWith('.jsonl')).sort()
            .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n').filter(Boolean)));
    }
    return runs;
}
let kept;
const runs = () => kept ??= record(6);
const first = async () => (await runs()).flat();

function recordingOf(lines) {
    const folder = path.join(temporaryFolder(), 'half');
    mkdirSync(folder);
    writeFileSync(path.join(folder, '000001.jsonl'), `${lines.join('\n')}\n`);
    return folder;
}

async function infer(args) {
    const file = path.join(temporaryFolder(), 'inferred.openapi.json');
    const { status, stderr } = await plumbline(['contract', 'infer', ...args, '-o', file]);
    assert.equal(status, 0, stderr);
    return { file, contract: JSON.parse(readFileSync(file, 'utf8')), stderr };
}

// What check finds, but for answers that no contract is needed for: [rule, instance or operation].
async function findings(folder, contract) {
    const { stdout, stderr } = await plumbline(['check', folder, '--contract', contract, '--report', 'json']);
    const report = JSON.parse(stdout || `{"findings":[{"rule":${JSON.stringify(stderr)}}]}`);
    return report.findings.filter(({ level }) => level === 'error');
}
const told = (list) => list.map((f) => `${f.count} × ${f.rule} ${f.operation ?? ''} ${f.side ?? ''} ${f.instance ?? ''} ${f.keyword ?? ''}: ${f.message}`).join('\n');

test('a recording holds against what was inferred from it', async () => {
    const folder = recordingOf(await first());
    const { file } = await infer([folder]);
    const found = await findings(folder, file);
    assert.deepEqual(found, [], told(found));
});

test('traffic holds against what was inferred from half of it, and other traffic does too', async () => {
    const all = await runs();
    const other = recordingOf((await record(2)).flat());
    const halves = { 'the first half': all.slice(0, 3).flat(), 'every other run': all.filter((_, i) => i % 2 === 0).flat() };
    for (const [name, half] of Object.entries(halves)) {
        const { file, contract } = await infer([recordingOf(half)]);
        let found = await findings(recordingOf(all.flat()), file);
        assert.deepEqual(found, [], `${name}\n${told(found)}`);
        found = await findings(other, file);
        assert.deepEqual(found, [], `${name}, another recording\n${told(found)}`);
        // and not because it says nothing
        const said = JSON.stringify(contract);
        for (const word of ['"required":["', '"enum":["', '"format":"uuid"', '"format":"date-time"', '"type":"integer"'])
            assert.ok(said.includes(word), `${name}: no ${word}`);
    }
});

// Six runs have few of what is rare: a half of them by chance may have none of it.
test('of a half that is torn out of its order, nearly nothing that is stated is wrong', async () => {
    const lines = await first();
    for (const bit of [0, 1, 2]) {
        const half = lines.filter((_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 8 & 1 << bit);
        const { file, contract } = await infer([recordingOf(half)]);
        const found = await findings(recordingOf(lines), file);
        const wrong = found.filter(({ rule }) => !['status-unknown', 'path-unknown', 'method-unknown', 'content-type-unknown'].includes(rule));
        const stated = JSON.stringify(contract).match(/"x-seen"/g).length;
        assert.ok(wrong.length * 100 <= stated, `of ${stated} statements\n${told(wrong)}`);
        assert.ok(found.length <= 20, told(found));
    }
});

test('what breaks the contract that was inferred is found', async () => {
    const lines = await first();
    const { file } = await infer([recordingOf(lines)]);
    const looks = lines.map((line) => JSON.parse(line)).filter(({ request, response }) =>
        request.method === 'GET' && /\/api\/orders\/ORD\d+$/.test(request.url) && response.status === 200);
    const drifts = {
        'required order_id': (body) => { delete body.order_id; },
        'enum status': (body) => { body.status = 'lost'; },
        'type total': (body) => { body.total = 'much'; },
        'format created_at': (body) => { body.created_at = 'yesterday'; },
    };
    for (const [name, drift] of Object.entries(drifts)) {
        const entry = structuredClone(looks[0]);
        const body = JSON.parse(entry.response.content.text);
        drift(body);
        entry.response.content.text = JSON.stringify(body);
        const found = await findings(recordingOf([JSON.stringify(entry)]), file);
        const [keyword, member] = name.split(' ');
        assert.deepEqual(found.map((f) => [f.rule, f.keyword ?? keyword]), [['body-schema', keyword]], told(found));
        assert.ok(JSON.stringify(found).includes(member), told(found));
    }
});

test('ids in paths become variables, words stay, and each statement says how often it was seen', async () => {
    const lines = await first();
    const { contract } = await infer([recordingOf(lines)]);
    const paths = Object.keys(contract.paths);
    for (const template of ['/api/orders/{orderId}/status', '/shopping-cart/carts/{cartId}/items', '/b2b/orders/{orderId}', '/prices/{priceId}',
        '/promotions/cart', '/api/order/cart.json', '/taxes'])
        assert.ok(paths.includes(template), `${template} is not in ${paths.join(' ')}`);
    assert.equal(paths.length, 29, paths.join(' '));
    const operation = contract.paths['/api/orders/{orderId}'].get;
    const looks = lines.map((line) => JSON.parse(line).request).filter(({ method, url }) => method === 'GET' && /\/api\/orders\/ORD\d+$/.test(url));
    assert.equal(operation['x-seen'], looks.length);
    assert.deepEqual(Object.keys(operation.responses), ['200', '404']);
    assert.deepEqual(operation.security, [{ bearerAuth: [] }]);
    const { schema } = operation.responses['200'].content['application/json'];
    assert.equal(schema['x-seen'], operation.responses['200']['x-seen']);
    assert.ok(schema.required.includes('order_id'));
    assert.deepEqual(schema.properties.payment_status.enum.toSorted(), ['paid', 'refunded', 'unpaid']);
    // six objects are too few to say what must be there
    assert.equal(operation.responses['404'].content['application/problem+json'].schema.required, undefined);
});

test('lint and two third-party linters accept it, but for what no recording knows', async () => {
    const { file } = await infer([recordingOf(await first())]);
    const own = await plumbline(['contract', 'lint', file, '--fail-on', 'warn']);
    assert.equal(own.status, 0, own.stdout);
    const env = { ...process.env, PATH: `${npm}/.bin:${process.env.PATH}`, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    // to a file: what these programs write to a pipe may be cut off when they end
    const said = async (program, ...args) => {
        const out = path.join(temporaryFolder(), 'said.json');
        const done = await run('sh', ['-c', '"$@" > "$0"', out, path.join(npm, '.bin', program), 'lint', '--format=json', ...args, file],
            { env, cwd: root, timeout: 120_000 });
        const text = readFileSync(out, 'utf8');
        assert.notEqual(text, '', done.stderr);
        return JSON.parse(text);
    };
    const { problems } = await said('redocly', '--config', path.join(root, 'tests/contracts/redocly.yaml'));
    assert.deepEqual([...new Set(problems.map(({ ruleId }) => ruleId))].sort(), ['info-license', 'operation-4xx-response'], JSON.stringify(problems));
    const found = await said('spectral', '--quiet', '--ruleset', path.join(root, 'tests/contracts/spectral.yaml'));
    assert.deepEqual(found.map(({ code }) => code), ['info-contact'], JSON.stringify(found));
});

test('what says nothing about an API says so', async () => {
    const empty = await plumbline(['contract', 'infer', recordingOf(['']), '-o', path.join(temporaryFolder(), 'x.json')]);
    assert.equal(empty.status, 2);
    assert.match(empty.stderr, /there is no exchange in it that says something about an API/);
    const service = await plumbline(['contract', 'infer', recordingOf(await first()), '--service', 'nobody']);
    assert.equal(service.status, 2);
    assert.match(service.stderr, /of that service/);
    const missing = await plumbline(['contract', 'infer', '/nowhere/at/all']);
    assert.notEqual(missing.status, 0);
    assert.match(missing.stderr, /\/nowhere\/at\/all/);
});

test('HAR files of other tools hold against what was inferred from them, or say why there is nothing', async (t) => {
    const suites = process.env.PLUMBLINE_SUITES;
    const files = suites ? readdirSync(path.join(suites, 'har'), { recursive: true }).filter((name) => name.endsWith('.har')).sort() : [];
    if (files.length === 0)
        t.diagnostic('PLUMBLINE_SUITES is not set: only our own HAR file is read');
    const all = [path.join(root, 'docs/examples/browser.har'), ...files.map((name) => path.join(suites, 'har', name))];
    let inferred = 0;
    for (const har of all) {
        const file = path.join(temporaryFolder(), 'inferred.openapi.json');
        const { status, stderr } = await plumbline(['contract', 'infer', har, '-o', file]);
        if (status !== 0) {
            assert.equal(status, 2, `${har}: ${stderr}`);
            assert.match(stderr, /no exchange|HAR file|could not be read/, har);
            continue;
        }
        inferred++;
        const lint = await plumbline(['contract', 'lint', file]);
        assert.match(lint.stdout, /nothing found/, har);
        const found = await findings(har, file);
        // what the answer itself lacks, no contract can give it
        assert.deepEqual(found.filter(({ rule }) => !['content-type-missing', 'json-syntax'].includes(rule)), [], `${har}\n${told(found)}`);
    }
    assert.ok(files.length === 0 || inferred * 2 > all.length); // our own one is broken in part: it has its sentence
});

test('of a browser\'s recording one host is looked at', async () => {
    const whole = JSON.parse(readFileSync(path.join(root, 'docs/examples/browser.har'), 'utf8').replace(/^\uFEFF/, ''));
    const [entry] = whole.log.entries.filter(({ request }) => request.url?.startsWith('http'));
    const moved = (url) => Object.assign(structuredClone(entry), { request: { ...entry.request, url, headers: [] } });
    whole.log.entries = [moved('https://api.example/orders/12'), moved('https://cdn.example/logo')];
    const har = path.join(temporaryFolder(), 'two.har');
    writeFileSync(har, JSON.stringify(whole));
    assert.deepEqual(Object.keys((await infer([har])).contract.paths), ['/orders/{orderId}', '/logo']);
    assert.deepEqual(Object.keys((await infer([har, '--host', 'api.example'])).contract.paths), ['/orders/{orderId}']);
    const nobody = await plumbline(['contract', 'infer', har, '--host', 'nobody.example']);
    assert.equal(nobody.status, 2);
    assert.match(nobody.stderr, /of that host/);
});
