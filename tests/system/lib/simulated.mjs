// The simulated services behind a gateway, as `make run` has them: rules/gateway.yaml in a copy of its own, on free ports.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './cleanup.mjs';
import { plumbline, root, startPlumbline } from './plumbline.mjs';

const CONFIG = 'rules/gateway.yaml';

export function simulatedFolder() {
    const folder = temporaryFolder();
    for (const part of ['contracts', 'rules'])
        cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
    mkdirSync(path.join(folder, 'logs'));
    return folder;
}

// The program of startPlumbline, with:
//   ask(method, path, { token, body, headers })   what was answered: { status, headers, body }; a body of JSON is read
//   set(service, settings)                        lay these over the service's settings
//   notes(list, service)                          what it noted so far, oldest first
//   record(service, collection, id)               what it stores
//   until(look)                                   what look() gave, once it gave something that is true
//   check({ mistakes })                           stop, and hold the recording against all contracts and rules: nothing may be
//                                                 found, live or now, but the violations that the test made on purpose
export async function startSimulated({ folder = simulatedFolder(), args = [] } = {}) {
    const gateway = await startPlumbline({ args: ['serve', '-c', CONFIG, '--admin', '127.0.0.1:0', ...args], cwd: folder });
    const [, admin] = await gateway.waitFor(/admin on (http:\S+)/);
    const send = async (url, method, { token, body, headers = {} } = {}) => {
        const response = await fetch(url, {
            method,
            headers: {
                ...(token && { Authorization: `Bearer ${token}` }),
                ...(body && { 'Content-Type': 'application/json' }),
                ...headers,
            },
            body: body && JSON.stringify(body),
        });
        const text = await response.text();
        const isJson = /json/.test(response.headers.get('content-type') ?? '');
        return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    };

    const ask = (method, target, options) => send(`${gateway.url}${target}`, method, { token: 'demo', ...options });
    const set = async (service, settings) => {
        const { status, body } = await send(`${admin}/api/v1/sandbox/settings/${service}`, 'PUT', { body: settings });
        assert.ok(status >= 200 && status < 300, `${status} ${JSON.stringify(body)}`);
    };
    const page = async (target) => {
        const { status, body } = await send(`${admin}/api/v1/sandbox/${target}`, 'GET');
        assert.equal(status, 200, JSON.stringify(body));
        return body;
    };
    const notes = async (list, service) => {
        const all = [];
        for (let after = 0; after !== null;) {
            const part = await page(`${list}?service=${service}&limit=1000&after=${after}`);
            all.push(...part.notes);
            after = part.next;
        }
        return all;
    };
    const record = async (service, collection, id) =>
        (await page(`records?service=${service}&collection=${collection}&id=${id}`)).records[0]?.record;
    const check = async ({ mistakes = [] } = {}) => {
        const { body: live } = await send(`${admin}/api/v1/findings`, 'GET');
        assert.deepEqual(live.findings.map(({ rule }) => rule).filter((rule) => !mistakes.includes(rule)), [], JSON.stringify(live));
        await gateway.stop();
        const { stdout, stderr } = await plumbline(['check', 'logs/sandbox', '-c', CONFIG, '--report', 'json'], { cwd: folder });
        assert.equal(stderr, '');
        const { findings } = JSON.parse(stdout);
        assert.deepEqual(findings.map(({ rule }) => rule), mistakes, stdout);
    };
    return Object.assign(gateway, { admin, ask, set, notes, record, until, check, folder });
}

// The answer, once its status was the expected one.
export async function expect(status, asked) {
    const answer = await asked;
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    return answer;
}

// Bounded: 500 looks, 20 ms apart.
export async function until(look) {
    for (let i = 0; i < 500; i++) {
        const seen = await look();
        if (seen)
            return seen;
        await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    throw new Error(`never came true: ${look}`);
}
