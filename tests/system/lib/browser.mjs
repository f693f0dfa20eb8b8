// Debian's chromium, driven by playwright-core: one for a test file, closed when it ends.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { onCleanup } from './cleanup.mjs';
import { root } from './plumbline.mjs';

const { chromium } = createRequire(path.join(root, 'build/npm/'))('playwright-core');
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'];

let started;

async function browser() {
    started ??= chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags }).then((one) => {
        onCleanup(() => one.close());
        return one;
    });
    return started;
}

// An empty page; what it logs as an error, throws or pops up is in page.complaints, but answers with these statuses.
export async function blankPage(expected = []) {
    const page = await (await (await browser()).newContext()).newPage();
    const known = new RegExp(`status of (${expected.join('|')}) `);
    page.complaints = [];
    page.on('console', (message) => message.type() === 'error' && !(expected.length && known.test(message.text())) && page.complaints.push(message.text()));
    page.on('pageerror', (error) => page.complaints.push(String(error)));
    page.on('dialog', (dialog) => { page.complaints.push(`dialog: ${dialog.message()}`); return dialog.dismiss(); });
    return page;
}

// A page that shows the file. What it asked for beside the file, logged, threw or popped up is in page.complaints.
export async function openPage(file, { colorScheme = 'light', width = 1280 } = {}) {
    const context = await (await browser()).newContext({ colorScheme, viewport: { width, height: 900 } });
    const page = await context.newPage();
    const url = pathToFileURL(file).href;
    page.complaints = [];
    page.on('console', (message) => page.complaints.push(message.text()));
    page.on('pageerror', (error) => page.complaints.push(String(error)));
    page.on('dialog', (dialog) => { page.complaints.push(`dialog: ${dialog.message()}`); return dialog.dismiss(); });
    page.on('request', (request) => { if (request.url() !== url) page.complaints.push(request.url()); });
    await page.goto(url);
    return page;
}

export const background = (page) => page.evaluate('getComputedStyle(document.body).backgroundColor');

// Nothing that was sent became a part of the page.
export async function assertInert(page) {
    assert.equal(await page.locator('script, img, iframe, object, embed, link, form, svg [onload]').count(), 0);
    assert.deepEqual(page.complaints, []);
}

// Nothing is wider than the window.
export async function assertFits(page) {
    const [wanted, given] = await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.clientWidth]');
    assert.ok(wanted <= given, `${wanted} pixels in a window of ${given}`);
}
