// Reports of findings as JUnit and as HTML: valid, complete, and inert whatever was sent. The page is looked at in a real browser.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { plumbline, root, temporaryFolder } from './lib/index.mjs';
import { assertFits, assertInert, background, openPage } from './lib/browser.mjs';
import { contract } from './lib/gateway.mjs';
import { run } from './lib/process.mjs';

const hostile = '</script></pre><img src=x onerror=alert(1)>"\'&amp;]]>\u0001\u001b[2J\ufffe\u202e\ud83c\udf70';

const entry = (method, target, status, sent, answer) => ({
    startedDateTime: '2026-11-21T05:12:03.123Z', time: 1, cache: {}, timings: { send: 0, wait: 1, receive: 0 },
    request: {
        method, url: `http://parts.example${target}`, httpVersion: 'HTTP/1.1', cookies: [], queryString: [], headersSize: -1, bodySize: -1,
        headers: [{ name: 'Content-Type', value: 'application/json' }], postData: { mimeType: 'application/json', text: sent },
    },
    response: {
        status, statusText: '', httpVersion: 'HTTP/1.1', cookies: [], headers: [{ name: 'Content-Type', value: 'application/json' }],
        content: { size: answer.length, mimeType: 'application/json', text: answer }, redirectURL: '', headersSize: -1, bodySize: answer.length,
    },
});

// What check says of traffic that nobody would want to see, in every format.
async function reports() {
    const folder = temporaryFolder();
    const file = (name) => path.join(folder, name);
    const entries = [
        entry('POST', '/parts', 201, JSON.stringify({ name: '', size: hostile }), JSON.stringify({ name: 'bob', size: 3 })),
        entry('POST', '/parts', 201, JSON.stringify({ [hostile]: 1, name: 'a', size: 1 }), JSON.stringify({ name: 'bob', size: 0 })),
        entry('POST', `/parts?${encodeURIComponent(hostile.slice(0, 40))}=1`, 201, JSON.stringify({ name: 'bob', size: 1 }),
            JSON.stringify({ name: 'bob', size: 3 })),
        entry('POST', `/${encodeURIComponent('<svg onload=alert(2)>')}`, 200, '{}', '{}'),
    ];
    writeFileSync(file('traffic.har'), JSON.stringify({ log: { version: '1.2', creator: { name: 'test', version: '1' }, entries } }));
    writeFileSync(file('parts.openapi.json'), JSON.stringify(contract));
    const result = await plumbline(['check', file('traffic.har'), '--contract', file('parts.openapi.json'),
        ...['json', 'junit', 'html', 'text'].flatMap((format) => ['--report', `${format}=${file(`report.${format}`)}`])]);
    assert.equal(result.status, 1, result.stderr);
    return { file, findings: JSON.parse(readFileSync(file('report.json'), 'utf8')).findings };
}

async function assertJunit(file) {
    const result = await run('xmllint', ['--noout', '--nonet', '--schema', path.join(root, 'tests/cases/report/junit.xsd'), file]);
    assert.equal(result.status, 0, result.stderr);
}

const attribute = async (file, xpath) => (await run('xmllint', ['--xpath', `string(${xpath})`, file])).stdout.trim();

test('JUnit satisfies the common schema, whatever was sent', async () => {
    const { file, findings } = await reports();
    const junit = file('report.junit');
    await assertJunit(junit);
    const failing = new Set(findings.filter(({ level, operation }) => level === 'error' && operation).map(({ operation }) => operation));
    const alone = findings.filter(({ level, operation }) => level === 'error' && !operation).length;
    assert.equal(Number(await attribute(junit, '/testsuites/@failures')), failing.size + alone);
    assert.equal(Number(await attribute(junit, 'count(//testcase/failure)')), failing.size + alone);
    assert.equal(await attribute(junit, '/testsuites/@tests'), await attribute(junit, 'count(//testcase)'));
    assert.match(await attribute(junit, '//testcase[@name="makePart"]/failure'), /<\/script><\/pre><img src=x onerror=alert\(1\)>/);
});

test('the page runs nothing, asks for nothing, and shows every finding', async () => {
    const { file, findings } = await reports();
    const page = await openPage(file('report.html'));
    await assertInert(page);
    await assertFits(page);
    assert.equal(await page.locator('.verdict').first().innerText(), 'errors found');
    assert.equal(await page.locator('.finding').count(), findings.length);
    for (const { expected, found } of findings.filter((one) => one.expected && !one.expected.includes('<')))
        assert.ok(await page.locator('.wanted code', { hasText: expected }).count() > 0, `${expected}, found ${found}`);
    assert.match(await page.locator('body').innerHTML(), /&lt;img src=x onerror=alert\(1\)&gt;/);
});

test('findings unfold, and what is fine can be hidden, without a script', async () => {
    const { file } = await reports();
    const page = await openPage(file('report.html'));
    const fine = page.locator('tr.is-fine, .finding.is-fine');
    const last = page.locator('.finding').last();
    assert.equal(await last.evaluate((one) => one.open), (await page.locator('.finding').count()) <= 5);
    await last.evaluate((one) => { one.open = false; });
    await last.locator('> summary').click();
    assert.ok(await last.locator('> .fields').isVisible());
    await page.locator('label[for=only-failures]').click();
    assert.equal(await fine.filter({ visible: true }).count(), 0);
    assert.ok(await page.locator('.finding').first().isVisible());
});

test('a finding shows the lines of the contract and the message that it was met in, each with the place marked', async () => {
    const { file, findings } = await reports();
    const page = await openPage(file('report.html'));
    const wrong = findings.find(({ side, instance, rule }) => side === 'response' && instance === '/size' && rule === 'body-schema');
    const finding = page.locator('.finding', { hasText: wrong.fingerprint });
    await finding.evaluate((one) => { one.open = true; });
    const lines = readFileSync(file('parts.openapi.json'), 'utf8').split('\n');
    const [number, marked] = [await finding.locator('.source .line').count(), await finding.locator('.source mark').innerText()];
    assert.ok(number >= 1 && number <= 5);
    assert.ok(lines[wrong.contract.line - 1].includes(marked), marked);
    assert.ok(marked.includes('minimum'));
    assert.equal(await finding.locator('.message').count(), 2);
    assert.equal(await finding.locator('.message').nth(0).locator('mark').count(), 0);
    assert.equal(await finding.locator('.message').nth(1).locator('mark').innerText(), '0');
    assert.equal(await finding.locator('.message').nth(1).locator('.remark').innerText(), `expected ${wrong.expected}`);
});

test('the page follows the colours that its reader prefers, fits a phone, and unfolds on paper', async () => {
    const { file } = await reports();
    const [light, dark] = [await openPage(file('report.html')), await openPage(file('report.html'), { colorScheme: 'dark', width: 380 })];
    assert.notEqual(await background(light), await background(dark));
    await assertFits(dark);
    await dark.emulateMedia({ media: 'print', colorScheme: 'dark' });
    assert.equal(await background(dark), 'rgb(255, 255, 255)');
    await light.locator('.finding').evaluateAll((all) => all.forEach((one) => { one.open = false; }));
    await light.emulateMedia({ media: 'print' });
    assert.ok(await light.locator('.finding .fields').last().isVisible());
    assert.ok(!await light.locator('.filter').isVisible());
});

test('contract lint and schema check write them, too', async () => {
    const folder = temporaryFolder();
    const file = (name) => path.join(folder, name);
    writeFileSync(file('broken.openapi.json'), JSON.stringify({ ...contract, paths: { '/a': { get: { responses: { 200: { $ref: '#/<b>' } } } } } }));
    writeFileSync(file('schema.json'), '{"properties":{"a":{"type":"string"}}}');
    writeFileSync(file('instance.json'), '{"a":1}');
    for (const args of [['contract', 'lint', file('broken.openapi.json')], ['schema', 'check', file('schema.json'), file('instance.json')]]) {
        const result = await plumbline([...args, '--report', `junit=${file('a.xml')}`, '--report', `html=${file('a.html')}`]);
        assert.ok(result.status === 1 || result.status === 2, result.stderr);
        await assertJunit(file('a.xml'));
        const page = await openPage(file('a.html'));
        await assertInert(page);
        assert.ok(await page.locator('.finding').count() > 0, args.join(' '));
    }
});
