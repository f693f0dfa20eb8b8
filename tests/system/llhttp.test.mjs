// The vectors of Node's HTTP parser through the real proxy. What llhttp refuses must not get through; what it reads must mean the same on
// the other side, read there by Node (requests) or by Node's client (responses). tests/cases/http/llhttp.txt names what we refuse and llhttp
// does not, with the reasons.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cleanup, rawClient, rawUpstream, root, startPlumbline, temporaryFolder } from './lib/index.mjs';
import { startReader } from './lib/reader.mjs';

const file = path.join(process.env.PLUMBLINE_SUITES ?? path.join(root, '../shared/suites'), 'http1-llhttp/cases.jsonl');
const skip = existsSync(file) ? false : `there is no ${file} (PLUMBLINE_SUITES names the folder of outside suites)`;

const reasons = new Map(readFileSync(path.join(root, 'tests/cases/http/llhttp.txt'), 'utf8').split('\n\n').slice(1)
    .map((entry) => entry.trim().split('\n')).map(([id, reason]) => [id, reason]));

const PAUSES = [21, 22]; // the caller's, and at an upgrade: no faults

function vectors(side) {
    if (skip)
        return [];
    return readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
        .filter((v) => [side, `${side}-finish`].includes(v.type) && Object.keys(v.meta).length === 0)
        .filter((v) => !reasons.get(v.id)?.startsWith('suite:'))
        .map((v) => ({ ...v, bytes: Buffer.from(v.bytes_b64, 'base64'), faulty: v.error !== null && !PAUSES.includes(v.error.code) }));
}

// Host where a request lacks it, behind its start line; request by request as far as lengths tell where the next one begins.
function withHosts(bytes) {
    const pieces = [];
    let rest = bytes.toString('latin1');
    for (;;) {
        const [, empty, line, target] = /^((?:\r?\n)*)([^\n]*? (\S+) [A-Z]+\/\d\.\d\r?\n)/.exec(rest) ?? [];
        if (line === undefined)
            break;
        const at = rest.indexOf('\r\n\r\n');
        const head = rest.slice(0, at < 0 ? rest.length : at + 4);
        const length = Number(/\r\ncontent-length:[ \t]*(\d+)/i.exec(head)?.[1] ?? 0);
        const host = /\nhost[ \t]*:/i.test(head) ? '' : `Host: ${/^https?:\/\/([^/?]*)/.exec(target)?.[1] ?? 'a'}\r\n`;
        const end = at < 0 || /\r\ntransfer-encoding/i.test(head) ? rest.length : Math.min(head.length + length, rest.length);
        const start = empty.length + line.length;
        pieces.push(rest.slice(0, start), host, rest.slice(start, end));
        rest = rest.slice(end);
    }
    return pieces.join('') + rest;
}

const OURS = /^(connection|keep-alive|te|transfer-encoding|upgrade|proxy-.*|content-length|x-forwarded-.*|forwarded|plumbline-.*|date)$/i;

// Fields that both sides must see alike, as "name: value": without those that end at a hop, frame the message or are put in by us.
function endToEnd(pairs, alsoNot = []) {
    return pairs.filter(([name]) => !OURS.test(name) && !alsoNot.includes(name.toLowerCase()))
        .map(([name, value]) => `${name}: ${(value ?? '').replace(/(\\t|[ \t])+$/, '')}`);
}

const inPairs = (raw) => raw.flatMap((name, i) => i % 2 === 0 ? [[name, raw[i + 1]]] : []);

const named = (pairs) => pairs.filter(([name]) => /^connection$/i.test(name)).flatMap(([, value]) => (value ?? '').toLowerCase().split(/[\s,]+/));

const pathOf = (url) => /^https?:\/\//.test(url) ? url.replace(/^https?:\/\/[^/?]*/, '').replace(/^(?!\/)/, '/') : url;

const contract = path.join(temporaryFolder(), 'any.openapi.json');
writeFileSync(contract, JSON.stringify({ openapi: '3.1.0', info: { title: 'Anything', version: '1' }, paths: {} }));

after(cleanup);

if (skip)
    test("llhttp's vectors", { skip }, () => {});

describe('requests', { skip }, () => {
    let upstream;
    let proxy;
    let reader;
    let marks;

    before(async () => {
        upstream = await rawUpstream('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        proxy = await startPlumbline({ args: ['proxy', contract, '--to', upstream.url, '--workers', '1'] });
        reader = await startReader();
    });
    after(() => reader?.close());

    // What came to the upstream by this case, connection by connection. A request of our own goes last: when it has come, all before it has.
    async function arrived() {
        const sentinel = `/sentinel-${Math.random()}`;
        await rawClient(proxy.port, `GET ${sentinel} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        const texts = upstream.connections.map((connection, i) => connection.text().slice(marks[i] ?? 0));
        assert.ok(texts.some((text) => text.includes(sentinel)), 'the last request has come');
        return texts.map((text) => text.split(`GET ${sentinel} `)[0]).filter((text) => text !== '');
    }

    async function readAll(texts) {
        const readings = await Promise.all(texts.map((text) => reader.read(Buffer.from(text, 'latin1'))));
        return readings.flatMap(({ requests }) => requests);
    }

    for (const vector of vectors('request')) {
        test(`${vector.id} ${vector.title}`, async () => {
            marks = upstream.connections.map((connection) => connection.text().length);
            await rawClient(proxy.port, withHosts(vector.bytes), { halfClose: true });
            const texts = await arrived();
            const got = await readAll(texts);

            if (vector.faulty || reasons.has(vector.id)) {
                const complete = vector.faulty ? vector.messages_complete : 0;
                if (complete === 0 && vector.headers_complete === 0)
                    assert.deepEqual(texts, [], 'not one byte is sent');
                assert.ok(got.length <= complete, `only what was complete before the fault: ${JSON.stringify(got)}`);
                return;
            }
            assert.equal(got.length, vector.messages_complete, `complete requests, of ${JSON.stringify(texts)}`);
            assert.deepEqual(got.map(({ method }) => method), vector.method.slice(0, got.length));
            assert.deepEqual(got.map(({ url }) => pathOf(url)), vector.url.slice(0, got.length).map(pathOf));
            assert.deepEqual(got.map(({ body }) => body), vector.body.slice(0, got.length));
            // the vectors tell the fields of all messages, complete or not, in one row
            const hosts = vector.headers.some(([name]) => /^host$/i.test(name)) ? [] : ['host'];
            const fields = got.flatMap(({ headers, trailers }) => endToEnd(inPairs([...headers, ...trailers]), hosts));
            const wanted = endToEnd(vector.headers, named(vector.headers));
            assert.deepEqual(fields, vector.headers_complete === vector.messages_complete ? wanted : wanted.slice(0, fields.length));
        });
    }
});

describe('responses', { skip }, () => {
    let upstream;
    let proxy;
    let answer;

    before(async () => {
        upstream = await rawUpstream(async (connection) => {
            await connection.head();
            await connection.send(answer);
            connection.end();
        });
        proxy = await startPlumbline({ args: ['proxy', contract, '--to', upstream.url, '--workers', '1'] });
    });

    // What Node's client makes of the answer to a GET: { status, headers, body, whole }.
    function get() {
        return new Promise((resolve) => {
            const request = http.get({ port: proxy.port, path: '/', agent: false, headers: { Host: 'a' } }, (response) => {
                const pieces = [];
                const done = () => resolve({ status: response.statusCode, headers: inPairs(response.rawHeaders), trailers: inPairs(response.rawTrailers),
                    body: Buffer.concat(pieces).toString('latin1'), whole: response.complete });
                response.on('data', (piece) => pieces.push(piece));
                response.on('error', () => {});
                response.on('close', done);
            });
            request.on('upgrade', (response, socket) => { socket.destroy(); resolve({ status: 101, headers: inPairs(response.rawHeaders), trailers: [], body: '', whole: true }); });
            request.on('error', () => resolve({ status: 0, whole: false })); // the connection ended without an answer
        });
    }

    const parts = (vector) => vector.bytes.toString('latin1').split(/(?=^HTTP\/)/m).filter((part) => part.startsWith('HTTP/'));
    const isFinal = (part) => !/^HTTP\/1\.1 1(?!01)/.test(part);

    // The first final response of the vector as llhttp tells it, its body from the bytes where the vector does not tell it.
    function wantedOf(vector) {
        const all = parts(vector);
        const index = all.findIndex(isFinal);
        const [head] = all[index].split('\r\n\r\n');
        const framed = /\r\n(content-length|transfer-encoding):/i.test(head);
        return {
            status: Number(/^HTTP\/\d\.\d (\d+)/.exec(head)[1]),
            headers: head.split('\r\n').slice(1).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
            body: vector.body[index] ?? all.slice(index).join('').slice(head.length + 4),
            whole: !framed || vector.messages_complete > index,
        };
    }

    for (const vector of vectors('response')) {
        test(`${vector.id} ${vector.title}`, async () => {
            answer = vector.bytes;
            const got = await get();

            // what we refuse may stand behind a whole answer, which then is the client's
            const refused = vector.faulty ? vector.messages_complete === 0 : reasons.has(vector.id) && parts(vector).filter(isFinal).length < 2;
            if (refused) {
                assert.ok(got.status === 502 || !got.whole, `refused, or cut before it is whole: ${JSON.stringify(got)}`);
                return;
            }
            const wanted = wantedOf(vector);
            assert.equal(got.status, wanted.status);
            assert.deepEqual(endToEnd(got.headers), endToEnd(wanted.headers, named(wanted.headers)));
            assert.equal(got.whole, wanted.whole);
            if (wanted.whole)
                assert.equal(got.body, wanted.body);
        });
    }
});
