// Replays: recordings as tests write them, the service that they are sent to, and what came of it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { onCleanup, temporaryFolder } from './cleanup.mjs';
import { plumbline } from './plumbline.mjs';

const EPOCH = Date.parse('2026-11-21T00:00:00Z');

// A line of a recording. `at` and `took` are milliseconds; `more` lies over _plumbline.
export function exchange({ method = 'GET', target = '/things', headers = {}, body, at = 0, took = 1, status = 200, answer = {}, answered = {},
    service = 'things', operation = '', more = {}, content } = {}) {
    const list = (fields) => Object.entries(fields).map(([name, value]) => ({ name, value }));
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    const moment = (ms) => new Date(EPOCH + ms).toISOString();
    exchange.count = (exchange.count ?? 0) + 1;
    return {
        startedDateTime: moment(at), time: took,
        request: {
            method, url: `http://recorded.example${target}`, httpVersion: 'HTTP/1.1', cookies: [], queryString: [], headersSize: -1, bodySize: -1,
            headers: list({ Host: 'recorded.example', ...headers }),
            ...(body !== undefined && { postData: { mimeType: headers['Content-Type'] ?? '', text: body } }),
        },
        response: {
            status, statusText: '', httpVersion: 'HTTP/1.1', cookies: [], redirectURL: '', headersSize: -1, bodySize: -1,
            headers: list({ 'Content-Type': 'application/json', ...answered }),
            content: content ?? { size: text.length, mimeType: 'application/json', text },
        },
        cache: {}, timings: { send: 0, wait: took, receive: 0 },
        _plumbline: {
            version: 1, id: `replay${String(exchange.count).padStart(14, '0')}`, sequence: exchange.count, start: moment(at), end: moment(at + took),
            service, operation, responder: 'upstream', outcome: 'delivered', target,
            times: { request_head: 0, request_end: 0, connected: 0, sent: 0, first_byte: took * 1e6, response_end: took * 1e6, finished: took * 1e6 },
            request: { checked: true }, response: { checked: true }, ...more,
        },
    };
}

// A folder with these lines: exchanges, or texts as they are.
export function recording(...lines) {
    const folder = path.join(temporaryFolder(), 'recording');
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(path.join(folder, '000001.jsonl'), lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join(''));
    return folder;
}

// A service: answer(request, { body, number }) gives { status, headers, body, wait }. { url, asked, most }: what it was asked, with the time
// (ms) at which it came; how many at a time.
export async function service(answer = () => ({}), { tls, sandbox = false, raw } = {}) {
    const asked = [];
    const state = { asked, most: 0 };
    let now = 0;
    const listener = async (request, response) => {
        const at = performance.now();
        state.most = Math.max(state.most, ++now);
        const chunks = [];
        for await (const chunk of request)
            chunks.push(chunk);
        const body = Buffer.concat(chunks);
        const entry = { method: request.method, url: request.url, headers: request.headers, body: body.toString(), bytes: body, at };
        asked.push(entry);
        const { status = 200, headers = {}, body: said = {}, wait, destroy } = await answer(entry, asked.length);
        if (wait)
            await wait;
        now--;
        if (destroy) {
            request.socket.destroy();
            return;
        }
        if (sandbox)
            response.setHeader('Plumbline-Sandbox', 'script');
        response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
        response.end(typeof said === 'string' || Buffer.isBuffer(said) ? said : JSON.stringify(said));
    };
    const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
    server.keepAliveTimeout = 60_000;
    if (raw)
        server.on('connection', raw);
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    onCleanup(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
    return Object.assign(state, { url: `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`, port: server.address().port });
}

// plumbline replay, without pauses unless `args` say a speed: { status, stdout, stderr, report }.
export async function replay(recordings, to, ...args) {
    const file = path.join(temporaryFolder(), 'report.json');
    const pace = args.includes('--speed') ? [] : ['--speed', 'max'];
    const done = await plumbline(['replay', ...[recordings].flat(), ...(to ? ['--to', to] : []), ...pace, '--report', `json=${file}`, ...args]);
    let report;
    try {
        report = JSON.parse(readFileSync(file, 'utf8'));
    } catch {
        report = null; // it did not come to one: the test looks at status and stderr
    }
    return { ...done, report };
}

// Findings, as short as they can be compared: [rule, keyword, place, count].
export const short = (report) => report.findings.map(({ rule, keyword, instance, count }) => [rule, keyword, instance, count]);
