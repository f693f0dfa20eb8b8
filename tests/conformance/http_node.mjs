// A second opinion on requests: Node's HTTP server (llhttp, strict) reads what our parser reads.
//
// The inputs are the cases of tests/cases/http/request and some thousand changed ones (seeded: always the same). For each request
// that our parser accepts:
//   - written anew, as a proxy sends it on, Node must accept it and read the same method, target, fields, trailers and body;
//   - from the bytes as they came, Node may refuse it, but must not read anything else.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { startReader } from '../system/lib/reader.mjs';

const CHANGED = Number(process.env.CHANGED ?? 20000);
const AT_ONCE = 64;
const out = process.env.OUT ?? 'build';
const folder = 'tests/cases/http/request';

execFileSync('make', ['-s', '--no-print-directory', `${out}/conformance/http_node`], { stdio: ['ignore', 2, 2] });

// ---- inputs ----

function bytesOf(line) {
    const escapes = { r: '\r', n: '\n', t: '\t' };
    return Buffer.from(line.replace(/\\(?:x([0-9a-f]{2})|(.))/g,
        (_, hex, letter) => hex ? String.fromCharCode(parseInt(hex, 16)) : escapes[letter] ?? letter), 'latin1');
}

function cases() {
    return readdirSync(folder).filter((name) => name.endsWith('.txt')).sort().flatMap((name) =>
        readFileSync(path.join(folder, name), 'latin1').split(/^-- /m).slice(1).map((text) =>
            Buffer.concat(text.split('\n').filter((line) => line.startsWith('> ')).map((line) => bytesOf(line.slice(2))))));
}

// xorshift32: the same numbers on every machine.
function random(state) {
    return (below) => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) % below;
    };
}

const TOKENS = ['\r\n', '\n', '\r', '\0', ' ', '\t', ':', ',', ';', '"', '0', '+', '-', '\x80', '\x0b', '\r\n ', '\r\n\r\n',
    'Content-Length: 3\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: gzip\r\n', 'Host: b\r\n',
    'Connection: close\r\n', 'Connection: keep-alive\r\n', 'X-Y: z\r\n', '0\r\n\r\n', '3\r\nabc\r\n', ';a=b', 'chunked', 'HTTP/1.0', 'HTTP/1.1', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n']
    .map((token) => Buffer.from(token, 'latin1'));

// Most changes anywhere break a message; fields put in where a line begins often do not.
function lineStart(bytes, below) {
    const starts = [...bytes.keys()].filter((i) => i > 0 && bytes[i - 1] === 10);
    return starts.length > 0 ? starts[below(starts.length)] : 0;
}

function changed(seeds, below) {
    let bytes = seeds[below(seeds.length)];
    for (let times = 1 + below(2); times > 0; times--) {
        const at = below(2) ? below(bytes.length + 1) : lineStart(bytes, below);
        const what = below(5);
        const put = what === 0 ? Buffer.from([below(256)]) : TOKENS[below(TOKENS.length)];
        const skip = what === 1 ? 1 : what === 2 ? 1 + below(8) : 0;
        if (what === 3) { // one head, another's rest
            const other = seeds[below(seeds.length)];
            bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(below(other.length + 1))]);
        } else {
            bytes = Buffer.concat([bytes.subarray(0, at), what === 2 ? Buffer.alloc(0) : put, bytes.subarray(at + skip)]);
        }
    }
    return bytes;
}

// ---- our reading ----

function ours(inputs) {
    const framed = inputs.flatMap((bytes) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(bytes.length);
        return [length, bytes];
    });
    const result = spawnSync(`${out}/conformance/http_node`, { input: Buffer.concat(framed), maxBuffer: 1 << 30 });
    if (result.status !== 0)
        throw new Error(`http_node ended with ${result.status ?? result.signal}: ${result.stderr}`);
    const text = (base64) => Buffer.from(base64, 'base64').toString('latin1');
    const pairs = (list) => list.flatMap(([name, value]) => [text(name), text(value)]);
    return result.stdout.toString().trim().split('\n').map((line) => {
        const { fault, requests } = JSON.parse(line);
        return { fault, requests: requests.map((r) => ({ method: text(r.method), url: text(r.target), headers: pairs(r.headers),
            trailers: pairs(r.trailers), body: text(r.body), sent: pairs(r.sent), wire: Buffer.from(r.wire, 'base64') })) };
    });
}

// ---- comparing ----

async function inTurns(list, work) {
    let next = 0;
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        while (next < list.length)
            await work(list[next++]);
    }));
}

const reader = await startReader();
const tally = { passed: 0, failed: 0, skipped: 0 };

function fail(bytes, why, expected, found) {
    if (++tally.failed <= 20)
        console.log(`FAILED ${JSON.stringify(bytes.toString('latin1'))}\n  ${why}\n  ours   ${JSON.stringify(expected)}\n  Node's ${JSON.stringify(found)}`);
}

const shown = ({ method, url, headers, trailers, body }) => JSON.stringify([method, url, headers, trailers, body]);

async function compareSent(bytes, request) {
    if (!http.METHODS.includes(request.method)) {
        tally.skipped++; // Node has a fixed list of methods
        return;
    }
    const expected = { ...request, headers: request.sent };
    const found = await reader.read(request.wire);
    if (found.refused || found.requests.length !== 1)
        fail(bytes, 'written anew, Node does not read one request', expected, found);
    else if (shown(found.requests[0]) !== shown(expected))
        fail(bytes, 'written anew, Node reads something else', expected, found.requests[0]);
    else
        tally.passed++;
}

async function compareRaw(bytes, { requests }) {
    const found = await reader.read(bytes);
    const both = Math.min(requests.length, found.requests.length);
    for (let i = 0; i < both; i++) {
        if (shown(found.requests[i]) !== shown(requests[i]))
            return fail(bytes, 'as it came, Node reads something else', requests[i], found.requests[i]);
    }
    tally.passed++;
}

const seeds = cases();
const toldSeeds = ours(seeds);
const below = random(20260101);
const good = seeds.filter((_, i) => toldSeeds[i].fault === null);
const inputs = [...seeds, ...Array.from({ length: CHANGED }, () => changed(below(4) ? good : seeds, below))];
const told = ours(inputs);

const accepted = inputs.map((bytes, i) => ({ bytes, reading: told[i] })).filter(({ reading }) => reading.requests.length > 0);
await inTurns(accepted, async ({ bytes, reading }) => {
    await compareRaw(bytes, reading);
    for (const request of reading.requests)
        await compareSent(bytes, request);
});
await reader.close();
console.log(`${inputs.length} inputs, ${accepted.length} with a request that we accept`);
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exitCode = tally.failed > 0 ? 1 : 0;
