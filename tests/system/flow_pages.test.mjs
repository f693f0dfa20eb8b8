// The reports of a flow, from a service that answers what nobody wants to see: valid in every format, inert in a browser, without secrets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { onCleanup, plumbline, root, run, temporaryFolder } from './lib/index.mjs';
import { assertFits, assertInert, background, openPage } from './lib/browser.mjs';
import { judge } from './lib/judge.mjs';

const hostile = '</script></pre><img src=x onerror=alert(1)><svg onload=alert(2)>"\'&]]>\u0001\u001b[2J\u202e';
const key = 'depot-key-2718';
const formats = ['json', 'junit', 'html', 'text'];

// The service of tests/cases/flow/cli: its parcel is never ready, and what it says of it is hostile and breaks the contract.
async function startDepot(status) {
    const server = createServer((request, response) => {
        const answer = request.method === 'GET' ? { id: 'p1', status, weight: hostile, note: `${key} ${hostile}` }
            : request.url.endsWith('/session') ? { access_token: 'token-of-a-login' } : { id: 'p1', status: 'waiting', weight: 1 };
        request.resume();
        response.writeHead(request.url.endsWith('/parcels') ? 201 : 200, { 'Content-Type': 'application/json', 'X-Told': key });
        response.end(JSON.stringify(answer));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => { server.closeAllConnections(); return new Promise((resolve) => server.close(resolve)); });
    return `http://127.0.0.1:${server.address().port}`;
}

async function reports(status, args = []) {
    const url = await startDepot(status);
    const folder = temporaryFolder();
    const file = (format) => path.join(folder, `report.${format}`);
    const result = await plumbline(['flow', 'run', 'tests/cases/flow/cli/depot.arazzo.yaml', '--workflow', 'deliver', '--server', url,
        '--token', `depotKey=${key}`, '--input', 'name=a box', ...args, ...formats.flatMap((format) => ['--report', `${format}=${file(format)}`])]);
    return { result, file, json: JSON.parse(readFileSync(file('json'), 'utf8')) };
}

const xpath = async (file, query) => (await run('xmllint', ['--xpath', `string(${query})`, file])).stdout.trim();

test('JSON keeps to its schema, by our validator and by another', async () => {
    const { result, file, json } = await reports('waiting');
    assert.equal(result.status, 1, result.stderr);
    judge('flow-report.schema.json')(json);
    const own = await plumbline(['schema', 'check', '--format', 'assert', 'docs/schema/flow-report.schema.json', file('json')]);
    assert.equal(own.status, 0, own.stdout);
    assert.equal(json.summary.verdict, 'failed');
    assert.equal(json.runs[0].failed_at, 'wait');
});

test('both schemas of reports mean the same by a finding', () => {
    const [flow, report] = ['flow-report', 'report'].map((name) => JSON.parse(readFileSync(path.join(root, `docs/schema/${name}.schema.json`), 'utf8')));
    report.$defs.finding.properties.level = report.$defs.level;
    assert.deepEqual(flow.$defs.finding, report.$defs.finding);
});

test('JUnit satisfies the common schema', async () => {
    const { file } = await reports('waiting');
    const valid = await run('xmllint', ['--noout', '--nonet', '--schema', path.join(root, 'tests/cases/report/junit.xsd'), file('junit')]);
    assert.equal(valid.status, 0, valid.stderr);
    assert.equal(await xpath(file('junit'), 'count(//testsuite[@name="deliver"]/testcase)'), '3');
    assert.equal(await xpath(file('junit'), '/testsuites/@failures'), await xpath(file('junit'), 'count(//failure)'));
    assert.match(await xpath(file('junit'), '//testcase[starts-with(@name, "wait")]/failure'), /try 1/);
});

test('a secret is in no report, whatever the service does with it', async () => {
    const { result, file } = await reports('waiting');
    for (const format of formats)
        assert.ok(!readFileSync(file(format), 'utf8').includes(key), format);
    assert.ok(!(result.stdout + result.stderr).includes(key));
});

test('the page runs nothing that was sent, and marks violations where they are', async () => {
    const { file } = await reports('waiting', ['--unchecked']);
    const unchecked = await openPage(file('html'));
    await assertInert(unchecked);
    await assertFits(unchecked);
    const checked = await openPage((await reports('waiting')).file('html'));
    await assertInert(checked);
    const mark = checked.locator('details.step[open] > div.try pre mark.bad').first();
    assert.match(await mark.innerText(), /<img src=x onerror=alert\(1\)>/);
    assert.ok(await mark.isVisible());
});

test('the page opens at what failed, with the criterion and all tries', async () => {
    const page = await openPage((await reports('waiting', ['--unchecked'])).file('html'));
    const step = page.locator('details.step[open]');
    assert.equal(await step.count(), 1);
    assert.equal(await step.locator('.name').innerText(), 'wait5 tries');
    assert.equal(await step.locator('.bar rect.warn').count(), 4);
    assert.equal(await step.locator('.bar rect.bad').count(), 1);
    assert.match(await step.locator('.checks').last().innerText(), /\$response\.body#\/status == 'ready'[^]*waiting/);
    await step.locator('details.try summary').first().click();
    assert.ok(await step.locator('details.try .message').first().isVisible());
    await page.locator('label[for=only-failures]').click();
    assert.equal(await page.locator('.steps > li').filter({ visible: true }).count(), 1);
});

test('of many runs the page tells the times, folds those that passed, and fits a phone and paper', async () => {
    const { file, result } = await reports('ready', ['--unchecked', '--repeat', '40', '--concurrency', '8']);
    assert.equal(result.status, 0, result.stderr);
    const page = await openPage(file('html'), { colorScheme: 'dark', width: 380 });
    await assertFits(page);
    assert.notEqual(await background(page), await background(await openPage(file('html'))));
    assert.equal(await page.locator('details.run').count(), 10);
    assert.equal(await page.locator('details.run[open]').count(), 0);
    assert.match(await page.locator('body').innerText(), /30 more runs: only counted/);
    await page.emulateMedia({ media: 'print' });
    assert.ok(await page.locator('details.run .message').first().isVisible());
});
