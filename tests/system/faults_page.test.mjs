// The page with the switches of faults, in a real browser: what it shows, what it changes, and what it says when something is wrong.
import assert from 'node:assert/strict';
import test from 'node:test';
import { rawUpstream, startGateway } from './lib/index.mjs';
import { assertFits, blankPage } from './lib/browser.mjs';

const ok = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]';
const token = 's3cret';

async function served(faults) {
    const gateway = await startGateway((await rawUpstream(ok)).url, {}, { admin: { listen: '127.0.0.1:0', token }, faults });
    const [, admin] = await gateway.waitFor(/admin on (http:\S+)/);
    const page = await blankPage([400, 401]);
    await page.goto(`${admin}/ui/faults.html`);
    const list = async () => (await (await fetch(`${admin}/api/v1/faults`, { headers: { Authorization: `Bearer ${token}` } })).json());
    return { page, list };
}

test('rules are switched, put and taken back on the page; a wrong one is told with its line', { timeout: 60_000 }, async () => {
    const { page, list } = await served([
        { name: 'away', enabled: false, when: { operation: 'listParts', where: 'request.query.limit == "<img src=x onerror=alert(1)>"' }, status: 503 },
        { name: 'late', delay: '1s' },
    ]);
    await page.fill('#token', 'wrong');
    await page.click('#login button');
    await page.waitForSelector('#trouble:not([hidden])');
    await page.fill('#token', token);
    await page.click('#login button');
    await page.waitForSelector('#rules:not([hidden])');
    assert.equal(await page.isHidden('#trouble'), true);
    assert.deepEqual(await page.$$eval('#rules tbody tr', (rows) => rows.map((row) => row.cells[1].firstChild.textContent)), ['away', 'late']);
    assert.match(await page.textContent('#rules tbody tr'), /<img src=x onerror=alert\(1\)>/);
    assert.ok((await page.$$('#presets tbody tr')).length > 10);

    const switched = page.waitForResponse((answer) => answer.request().method() === 'PUT');
    await page.check('input[aria-label="away"]');
    assert.equal((await switched).status(), 200);
    assert.deepEqual((await list()).faults.map(({ enabled }) => enabled), [true, true]);

    await page.click('summary >> nth=0');
    await page.fill('#text', '{ "faults": [\n  { "name": "a", "mutate": "drop-requird" } ] }');
    await page.click('#put button');
    await page.waitForSelector('#trouble:not([hidden])');
    assert.equal(await page.textContent('#trouble'), "admin:2:28: there is no mutation 'drop-requird'; did you mean 'drop-required'?");
    assert.equal((await list()).source, 'settings');
    await page.fill('#text', '{ "faults": [ { "name": "a", "mutate": "drop-required" } ] }');
    await page.click('#put button');
    await page.waitForSelector('input[aria-label="a"]');
    assert.equal(await page.isHidden('#trouble'), true);
    assert.match(await page.textContent('#source'), /put here/);
    await page.click('#back');
    await page.waitForSelector('input[aria-label="away"]');
    assert.deepEqual((await list()).faults.map(({ name, enabled }) => `${name} ${enabled}`), ['away false', 'late true']);
    await assertFits(page);
    assert.deepEqual(page.complaints, []);
});
