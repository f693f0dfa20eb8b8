// Is a message ever read differently by us and by the other side?
//
// Thousands of byte strings, ordinary and hostile (seeded: the same again), go through the running gateway, cut into pieces. What comes
// out on the other side is read by a strict second reader (lib/strict.mjs, from RFC 9112) and by Node's parser (llhttp), and must be what
// the strict reader reads in the bytes that were sent, message for message; or nothing of it came out, and it was refused, with a status,
// on record, and with the end of the connection.
//
//   CASES=20000 SEED=7 make conformance T=http_differential
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import test from 'node:test';
import { onCleanup, readRecording, startGateway, temporaryFolder } from '../system/lib/index.mjs';
import { random } from '../system/lib/chaos_plan.mjs';
import { startReader } from '../system/lib/reader.mjs';
import { all, goesOn, listed, readRequests, readResponses } from '../system/lib/strict.mjs';

const SEED = Number(process.env.SEED ?? 20261121);
const CASES = Number(process.env.CASES ?? 20000);
const AT_ONCE = 24;
const PATIENCE = 20_000;

// ---- bytes to send ----

const good = [
    (rng) => request('GET', rng, []),
    (rng) => request(rng.pick(['HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'get', 'PURGE', 'M-SEARCH']), rng, []),
    (rng) => request('POST', rng, [`Content-Length: ${rng.pick(['3', '3', '0', '03', '5'])}`], 'abc'),
    (rng) => request('PUT', rng, ['Transfer-Encoding: chunked'], chunks(rng)),
    (rng) => request('POST', rng, [rng.pick(['TE: trailers', 'Expect: 100-continue', 'Connection: keep-alive, X-A']), 'transfer-encoding: Chunked'], chunks(rng)),
    (rng) => request('GET', rng, [rng.pick(['Connection: close', 'Connection: Upgrade\r\nUpgrade: h2c', 'Keep-Alive: 3', 'Proxy-Authorization: x'])]),
];

function request(method, rng, fields, body = '') {
    const target = rng.pick(['/', '/a', '/a', '//a//b', '/a%2Fb', '/a;x=1', '/?', '/?a=&a=&b', '/%41~%7e', '/a/../b', 'http://a/x', 'HTTP://A/', '*', '/"<>\\^`{|}']);
    const version = rng.chance(0.08) ? '1.0' : '1.1';
    const more = [];
    while (rng.chance(0.4))
        more.push(rng.pick(['X-A: 1', 'x-a:2', 'X-Empty:', 'X-Wide: \t a  b \t', 'X-Obs: \xe4\xff', 'Cookie: a=b; c', 'Accept: */*', 'X_Y: z', "!#$%&'*+-.^_`|~: all", `X-Long: ${'x'.repeat(rng.below(3000))}`]));
    const lines = [rng.pick(['Host: a', 'Host: a', 'host: a:80', 'HOST:a']), ...more, ...fields];
    if (rng.chance(0.3))
        lines.reverse();
    return `${method} ${target} HTTP/${version}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

function chunks(rng) {
    let text = '';
    for (let i = rng.below(4); i > 0; i--) {
        const size = rng.pick([1, 2, 10, 16, 300]);
        const digits = rng.pick([size.toString(16), size.toString(16).toUpperCase(), size.toString(16).padStart(5, '0')]);
        text += `${digits}${rng.pick(['', '', '', ';a', ';a=b', ';a="b c;\\""'])}\r\n${'y'.repeat(size)}\r\n`;
    }
    return `${text}${rng.pick(['0', '0', '000', '0;x'])}\r\n${rng.pick(['', '', 'X-Sum: 1\r\n', 'x-sum:\r\nX-Two: 2\r\n'])}\r\n`;
}

// Places in a request, and what hostile clients put there.
const tricks = [
    [/ HTTP/, [' HTTP', '  HTTP', '\tHTTP', '\x0bHTTP', ' http', ' \r\nHTTP']],
    [/HTTP\/1\.[01]/, ['HTTP/1.10', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/1.', 'HTTP/01.1', 'HTTP/1.1 ', 'HTTP/1.1\t', 'HTTP/ 1.1', 'HTTP/1,1', '']],
    [/^\S+/, ['', ' GET', 'G\x00T', 'GET,', '"GET"', 'CONNECT', '\r\nGET', '\r\n\r\nGET', '\nGET', '\rGET', 'get', 'G\xcbT', `${'G'.repeat(20_000)}`]],
    [/ (\/|h|\*)\S*/i, [' ', ' a', ' //', ' /#x', ' /\x00', ' /\x7f', ' /\xe4', ' /a b', ' http://b/', ' http://a@b/', ' http:///', ' https://a/x', ' ftp://a/', ' a:80', ` /${'x'.repeat(17_000)}`, ' *', ' /%', ' /%zz']],
    [/Host: ?a(:80)?/i, ['Host: b\r\nHost: a', 'Host: a\r\nHost: a', 'X: y', 'Host: a, b', 'Host: a/b', 'Host: a@b', 'Host: ', 'Host: a:b', 'Host: [::1]:1', 'Host: [::1', 'Host: a\\b', 'Host: a b', 'Host : a', 'Host\t: a', ' Host: a']],
    [/\r\n/, ['\n', '\r', '\r\r\n', '\n\r\n', '\r\n ', '\r\n\t', '\r\n \r\n', '\r\n:', '\r\n: x\r\n', '\r\nA\x00: b\r\n', '\r\nA: \x00\r\n', '\r\nA: \x07\r\n', '\r\nA(: b\r\n', '\r\nno colon\r\n', '\r\n\x80: b\r\n', '\r\nA: b\r\n fold\r\n', '\r\nA:\x0bb\r\n', '\r\nA: \x7f\r\n']],
    [/(?<=\r\n)\r\n/, ['Content-Length: 3\r\n\r\n', 'Content-Length: 0\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n', '\n', '\r', ' \r\n\r\n', 'Transfer-Encoding : chunked\r\n\r\n', 'Content-Length : 3\r\n\r\n',
        'Transfer-Encoding:\r\n chunked\r\n\r\n', 'Content-Length: 3\r\nContent-Length: 4\r\n\r\n', 'Content-Length: 3, 3\r\n\r\n', 'Connection: Content-Length\r\n\r\n', 'Connection: host\r\n\r\n', 'Connection: close, Transfer-Encoding\r\n\r\n',
        'Expect: 100-continue\r\n\r\n', 'Expect: something\r\n\r\n', 'Upgrade: chat\r\nConnection: upgrade\r\n\r\n', 'Upgrade: h2c, websocket\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n\r\n', 'Transfer_Encoding: chunked\r\n\r\n', 'Plumbline-Exchange: x\r\n\r\n', `X: ${'x'.repeat(70_000)}\r\n\r\n`, `${'X: y\r\n'.repeat(260)}\r\n`]],
    [/(?<=ransfer-.ncoding: )chunked/i, ['chunked, chunked', 'gzip, chunked', 'chunked, gzip', 'xchunked', 'chunked;q=1', '"chunked"', 'chunked\x00', '\x0bchunked', 'identity', ', chunked', 'chunked,', 'chu\tnked', 'CHUNKED', 'chunked\r\nTransfer-Encoding: chunked', 'chunked\r\nTransfer-Encoding: identity', 'identity\r\nTransfer-Encoding: chunked']],
    [/(?<=Content-Length: )\d+/, ['+3', '-3', '3 ', '0x3', '3,3', '3;', '3.0', '', ' ', '3 3', '3_0', '\xb2', '18446744073709551619', '9223372036854775808', '99999999999999999999999999', '1e1', '"3"', '3\x00', '3\r\nContent-Length: 3', '3\r\nTransfer-Encoding: chunked']],
    [/(?<=\r\n)[0-9a-f]+(?=(;.*)?\r\n)/i, ['+1', '-1', '0x1', ' 1', '1 ', '1\t', '', 'g', '1_0', 'ffffffffffffffff', '8000000000000000', '10000000000000000', '00000000000000001', '7fffffffffffffff', '\xb2', '1;', '1 ;a', '1; a', '1;a=', '1;a="', '1;a\x00', '1;a\n', '1\n', '1\r', `1;${'a'.repeat(400)}`, '1;a="\\\x01"', '1,a', '1;a=b=c', '1;;a', '1;a b']],
    [/(?<=[xy])\r\n(?=[0-9a-f])/i, ['', '\n', '\r', 'z\r\n', '\r\n\r\n', '\n\r']],
    [/0\r\n\r\n$/, ['0\r\n', '0\n\n', '0\r\n\n', '0\r\nX\r\n\r\n', '0\r\nContent-Length: 3\r\n\r\n', '0\r\nHost: b\r\n\r\n', '0\r\nTransfer-Encoding: x\r\n\r\n', '0\r\n X: y\r\n\r\n', '0\r\nX: \x00\r\n\r\n', `0\r\nX: ${'t'.repeat(20_000)}\r\n\r\n`, '0\r\nX: y\n\r\n', '-0\r\n\r\n', '0 \r\n\r\n', '0\r\n\r\n\r\n', '0\r\n\r\n\r\n\r\n']],
];

function drawBytes(rng) {
    let text = '';
    for (let i = 1 + (rng.chance(0.4) ? rng.below(3) : 0); i > 0; i--)
        text += rng.pick(good)(rng);
    for (let i = rng.below(3); i > 0; i--) {
        const [place, what] = rng.pick(tricks);
        const at = [...text.matchAll(new RegExp(place.source, `${place.flags}g`))];
        if (at.length > 0) {
            const { index, 0: old } = rng.pick(at);
            text = text.slice(0, index) + rng.pick(what) + text.slice(index + old.length);
        }
    }
    if (rng.chance(0.15)) {
        const at = rng.below(text.length);
        text = text.slice(0, at) + rng.pick([String.fromCharCode(rng.below(256)), '', '\r\n', '\0', ' ', 'GET / HTTP/1.1\r\nHost: smuggled\r\n\r\n']) + text.slice(at + rng.below(3));
    }
    return text;
}

// ---- both ends ----

// Sends the bytes in pieces from an address of its own; resolves to what came back once the other side has closed.
function send(port, localAddress, text, rng, halfClose = true) {
    return new Promise((resolve, reject) => {
        const socket = net.connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true, noDelay: true });
        const pieces = [];
        const timer = setTimeout(() => { socket.destroy(); reject(new Error(`no end of ${JSON.stringify(text.slice(0, 3000))}: ${Buffer.concat(pieces).toString('latin1')}`)); }, PATIENCE);
        let reset = false;
        socket.on('data', (data) => pieces.push(data));
        socket.on('error', () => { reset = true; });
        socket.on('end', () => socket.end());
        socket.on('close', () => { clearTimeout(timer); resolve({ answer: Buffer.concat(pieces).toString('latin1'), reset }); });
        socket.on('connect', async () => {
            const whole = rng.chance(0.4);
            for (let at = 0; at < text.length && !socket.destroyed;) {
                const next = whole ? text.length : at + 1 + rng.below(rng.chance(0.5) ? 5 : 4000);
                await new Promise((done) => { socket.write(Buffer.from(text.slice(at, next), 'latin1'), done); });
                at = next;
            }
            if (halfClose && !socket.destroyed)
                socket.end();
        });
    });
}

// Keeps every byte; answers each request that the strict reader finds complete.
async function recordingUpstream(answerTo) {
    const connections = [];
    let sequence = 0;
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        const connection = { text: '', answered: 0, order: [] };
        connections.push(connection);
        socket.on('data', (data) => {
            connection.text += data.toString('latin1');
            const { messages } = readRequests(connection.text);
            for (const message of messages.slice(connection.answered)) {
                connection.order.push(sequence++);
                socket.write(Buffer.from(answerTo(message), 'latin1'));
            }
            connection.answered = messages.length;
            if (connection.answered > 50 && messages.at(-1).raw.length > 0 && connection.text.length > 100_000)
                socket.end(); // so that the text does not grow for ever
        });
        socket.on('error', () => {});
        socket.on('end', () => socket.end());
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    onCleanup(() => new Promise((resolve) => { server.close(resolve); }));
    return { connections, url: `http://127.0.0.1:${server.address().port}` };
}

async function inTurns(count, work) {
    let next = 0;
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        while (next < count)
            await work(next++);
    }));
}

const addressOf = (index) => `127.${1 + (index >> 14)}.${(index >> 7) & 127}.${1 + (index & 127)}`;

// ---- requests ----

// What may be refused though RFC 9112 allows it, by the id on record: each is a decision of docs/security.md.
const stricter = new Set(['connection-names', 'expect-unknown', 'head-large', 'fields-many', 'line-long', 'method-long', 'trailer-large', 'chunk-line', 'chunk-size']);

const isOurs = ([name]) => /^(x-forwarded-(for|proto|host)|forwarded|plumbline-.*)$/i.test(name);

// A request as it must come out: head, body, trailers.
function meant(message) {
    const target = message.target.replace(/^https?:\/\/[^/?]*(?=([/?]|$))/i, '').replace(/^(?!\/|\*)/, '/');
    const authority = /^https?:\/\/([^/?]*)/i.exec(message.target)?.[1]; // replaces Host (RFC 9112 3.2.2)
    const fields = goesOn(message.fields).filter((field) => !isOurs(field))
        .map(([name, value]) => [name, authority !== undefined && /^host$/i.test(name) ? authority : value]);
    return JSON.stringify([message.method, target, fields, message.body, goesOn(message.trailers)]);
}

function came(message, sent) {
    const hadHost = all(sent.fields, 'host').length > 0;
    const asksUpgrade = listed(message.fields, 'upgrade').length > 0;
    const fields = message.fields.filter((field) => !isOurs(field) && !/^transfer-encoding$/i.test(field[0]) && (hadHost || !/^host$/i.test(field[0])) && !(asksUpgrade && /^(connection|upgrade)$/i.test(field[0])) && !/^te$/i.test(field[0]) && !(/^connection$/i.test(field[0]) && /^te$/i.test(field[1])));
    return JSON.stringify([message.method, message.target, fields, message.body, message.trailers]);
}

function judgeRequests(one, arrived, entries) {
    const statuses = [...one.answer.matchAll(/(?<=^|\r\n\r\n(?:ok)?)HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)).filter((status) => status >= 200);
    const refusals = statuses.filter((status) => status !== 200);
    const { messages, end, why } = one.reading;
    arrived.forEach((message, i) => {
        assert.ok(i < messages.length, `${arrived.length} came out, but only ${messages.length} are meant (${end}: ${why}): ${JSON.stringify(message.raw)}`);
        assert.equal(came(message, messages[i]), meant(messages[i]));
    });
    const refused = entries.filter(({ _plumbline }) => _plumbline.outcome === 'refused');
    assert.ok(refusals.length <= 1, `refused twice: ${statuses}`);
    assert.deepEqual(refused.map(({ _plumbline: { refusal } }) => refusal.status), refusals, 'on record');
    if (refusals.length === 1) {
        assert.equal(statuses.at(-1), refusals[0]);
        assert.match(one.answer.slice(one.answer.lastIndexOf(`HTTP/1.1 ${statuses.at(-1)} `)), /\r\nConnection: close\r\n/i);
        assert.ok(refused[0]._plumbline.refusal.reason.length > 0);
    }
    if (!one.reset)
        assert.equal(statuses.length - refusals.length, arrived.length, `${arrived.length} came out, answered ${statuses}`);
    if (arrived.length < messages.length) {
        const reason = refused[0]?._plumbline.refusal.reason;
        assert.ok(stricter.has(reason), `${messages.length} are meant, ${arrived.length} came out, refused for ${reason}`);
    } else if (end === 'malformed') {
        assert.equal(refusals.length, 1, `not refused: ${why}`);
    }
}

test(`${CASES} requests, ordinary and hostile, are forwarded as they were meant or not at all (seed ${SEED})`, async () => {
    const upstream = await recordingUpstream(({ method }) => `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${method === 'HEAD' ? '' : 'ok'}`);
    const folder = temporaryFolder();
    const gateway = await startGateway(upstream.url, { timeouts: { idle: '5s' } }, { record: { to: folder, max_body: 0 } });
    const cases = [];
    await inTurns(CASES, async (index) => {
        const rng = random(SEED + index);
        const text = drawBytes(rng);
        cases[index] = { text, reading: readRequests(text), ...await send(gateway.port, addressOf(index), text, rng) };
    });
    await gateway.stop();

    const arrived = new Map();
    const streams = [];
    for (const { text, order } of upstream.connections) {
        const { messages, end, why } = readRequests(text);
        assert.ok(end === 'clean' || end === 'incomplete', `what went out is ${end} (${why}): ${JSON.stringify(text.slice(messages.at(-1)?.from))}`);
        for (const [i, message] of messages.entries()) {
            const [from] = all(message.fields, 'x-forwarded-for');
            arrived.set(from, [...arrived.get(from) ?? [], Object.assign(message, { order: order[i] })].sort((a, b) => a.order - b.order));
        }
        streams.push(messages);
    }
    const entries = Map.groupBy(readRecording(folder), ({ _plumbline }) => _plumbline.client.replace(/:\d+$/, ''));
    const failures = [];
    const tally = { forwarded: 0, refused: {} };
    cases.forEach((one, index) => {
        const address = addressOf(index);
        const its = entries.get(address) ?? [];
        try {
            judgeRequests(one, arrived.get(address) ?? [], its);
        } catch (error) {
            failures.push(`case ${index}: ${JSON.stringify(one.text.slice(0, 2000))}\n  ${error.message}\n  answer ${JSON.stringify(one.answer.slice(0, 600))}`);
        }
        tally.forwarded += arrived.get(address)?.length ?? 0;
        for (const { _plumbline: { refusal } } of its) {
            if (refusal)
                tally.refused[refusal.reason] = (tally.refused[refusal.reason] ?? 0) + 1;
        }
    });
    if (process.env.VERBOSE)
        console.log(tally);
    assert.equal(failures.length, 0, `${failures.length} failures, the first of them:\n${failures.slice(0, 8).join('\n')}`);
    await agreesWithNode(streams);
    for (const reason of ['bare-lf', 'obs-fold', 'te-and-cl', 'chunk-size', 'host-repeated', 'name-space', 'value-byte', 'method-connect', 'host-differs', 'length-syntax', 'trailer-forbidden', 'line-long', 'head-large', 'fields-many'])
        assert.ok(tally.refused[reason] > 0 || CASES < 6000, `no case was refused for ${reason}`);
    assert.ok(tally.forwarded > CASES / 4);
});

// What went out over each connection, read by Node's parser.
async function agreesWithNode(streams) {
    const reader = await startReader();
    const known = (message) => http.METHODS.includes(message.method);
    const asks = ({ fields }) => all(fields, 'upgrade').length > 0; // Node reads nothing behind it
    const alone = streams.flatMap((stream) => stream.filter(known).filter(asks)).map((message) => [message]);
    for (const messages of [...streams.map((stream) => stream.filter((message) => known(message) && !asks(message))), ...alone]) {
        const { requests, refused } = await reader.read(Buffer.from(messages.map(({ raw }) => raw).join(''), 'latin1'));
        assert.equal(refused, false, "Node's parser refuses what went out");
        assert.deepEqual(requests.map(({ method, url, headers, body, trailers }) => [method, url, headers, body, trailers]),
            messages.map((m) => [m.method, m.target, m.fields.flat(), m.body, m.trailers.flat()]));
    }
    await reader.close();
}

// ---- answers ----

function goodAnswer(rng, marker, method) {
    const status = rng.pick(['200 OK', '200 OK', '201 Made', '404 No', '204 No Content', '304 Not Modified', '599', '200 \xe4', '200 ']);
    const body = rng.pick(['', 'abc', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'z'.repeat(3000)]);
    const none = method === 'HEAD' || /^(204|304)/.test(status);
    const framing = rng.pick(['length', 'length', 'chunked', 'close', 'none']);
    const fields = [`X-Marker: ${marker}`];
    while (rng.chance(0.4))
        fields.push(rng.pick(['Set-Cookie: a=b', 'set-cookie: c=d', 'X-Empty:', 'X-Obs: \xe4', 'X-Wide:  a\tb ', 'Connection: X-Hop', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'Date: now', 'Upgrade: h2c', 'Trailer: X-Sum']));
    let rest = '';
    if (framing === 'length') {
        fields.push(`Content-Length: ${status.startsWith('204') ? 0 : body.length}`);
        rest = none ? '' : body;
    } else if (framing === 'chunked' && !status.startsWith('204')) {
        fields.push('Transfer-Encoding: chunked');
        rest = none ? '' : chunks(rng);
    } else if (framing === 'close' && !none) {
        rest = body;
    }
    const interim = rng.chance(0.15) ? rng.pick(['HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(3), 'HTTP/1.1 100 Continue\r\n\r\n']) : '';
    return `${interim}HTTP/1.${rng.chance(0.1) ? 0 : 1} ${status}\r\n${fields.join('\r\n')}\r\n\r\n${rest}`;
}

const answerTricks = [
    [/HTTP\/1\.[01]/, ['HTTP/1.10', 'HTTP/2', 'http/1.1', 'ICY', ' HTTP/1.1', '\r\nHTTP/1.1', '', 'HTTP/1.1\t', 'HTTP/0.9']],
    [/ \d{3}/, [' 99', ' 1000', ' 20', ' 2x0', '', '  200', ' -20', ' 000', ' 600', ' 101', ' 200\x00', ' 100', ' 199']],
    [/\r\n/, ['\n', '\r', '\r\r\n', '\r\n ', '\r\n\t', '\r\n: x\r\n', '\r\nA : b\r\n', '\r\nA: \x00\r\n', '\r\nno colon\r\n', '\r\n\x80: b\r\n', '\r\n\r\nHTTP/1.1 200 OK\r\nX-Marker: poison\r\nContent-Length: 0\r\n\r\n']],
    [/(?<=\r\n)\r\n/, ['Content-Length: 3\r\n\r\n', 'Content-Length: 3\r\nContent-Length: 4\r\n\r\n', 'Content-Length: 3, 3\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n', 'Transfer-Encoding: gzip\r\n\r\n', 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n', 'Transfer-Encoding : chunked\r\n\r\n',
        'Connection: close\r\n\r\n', 'Connection: content-length\r\n\r\n', `X: ${'x'.repeat(70_000)}\r\n\r\n`, `${'X: y\r\n'.repeat(260)}\r\n`]],
    [/(?<=ransfer-.ncoding: )chunked/i, ['chunked, chunked', 'gzip, chunked', 'xchunked', 'chunked\x00', 'identity', 'chunked\r\nTransfer-Encoding: chunked']],
    [/(?<=Content-Length: )\d+/, ['+3', '-3', '0x3', '3,3', '', '3 3', '18446744073709551619', '9223372036854775808', '3\r\nContent-Length: 3', '99', '1']],
    [/(?<=\r\n)[0-9a-f]+(?=(;.*)?\r\n)/i, ['+1', '-1', '0x1', ' 1', '1 ', '', 'g', 'ffffffffffffffff', '10000000000000000', '1;a\n', '1\n', `1;${'a'.repeat(400)}`, '1;a=b=c']],
    [/0\r\n\r\n$/, ['0\r\n', '0\n\n', '0\r\nX\r\n\r\n', '0\r\nContent-Length: 3\r\n\r\n', '0\r\nX: \x00\r\n\r\n', '']],
    [/^/, ['HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1100), 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n', 'garbage\r\n', '\0', '\r\n']],
    [/$/, ['HTTP/1.1 200 OK\r\nX-Marker: poison\r\nContent-Length: 0\r\n\r\n', '\r\n', '\0']],
];

function drawAnswer(rng, marker, method) {
    let text = goodAnswer(rng, marker, method);
    for (let i = rng.below(3); i > 0; i--) {
        const [place, what] = rng.pick(answerTricks);
        const at = [...text.matchAll(new RegExp(place.source, `${place.flags}g`))];
        if (at.length > 0) {
            const { index, 0: old } = rng.pick(at);
            text = text.slice(0, index) + rng.pick(what) + text.slice(index + old.length);
        }
    }
    return text;
}

// A response as it must come out, but for how its body is framed.
const told = (message, own) => JSON.stringify([message.status, message.reason,
    goesOn(message.fields).filter(([name]) => !own || !/^plumbline-/i.test(name)), message.body, goesOn(message.trailers)]);

function judgeAnswer(one) {
    const meantOnes = readResponses(one.text, [one.method]);
    const final = meantOnes.messages.find(({ status }) => status >= 200);
    const { messages, end, why, rest } = readResponses(one.answer, [one.method]);
    assert.notEqual(end, 'malformed', `what came out is malformed: ${why}`);
    assert.ok(!rest, `behind the answer: ${JSON.stringify(rest)}`);
    const out = messages.find(({ status }) => status >= 200);
    const refused = out?.status === 502 && all(out.fields, 'content-type')[0] === 'application/problem+json' && all(out.fields, 'x-marker').length === 0;
    if (refused)
        return assert.ok(meantOnes.end === 'malformed' || meantOnes.end === 'incomplete' || final === undefined || meantOnes.messages.length > 1000 || /fields-many|head-large|connection-names|chunk-line/.test(out.body) || one.method === 'HEAD', `refused though it is well-formed: ${out.body}`);
    if (out === undefined)
        return assert.ok(final === undefined || one.text.length > 60_000 || /is too long/.test(one.reason), `broken off though it is whole (${one.reason})`);
    assert.ok(final !== undefined, `a whole answer came out of ${meantOnes.end} (${meantOnes.why})`);
    return assert.equal(told(out, true), told(final));
}

const ANSWERS = Math.ceil(CASES / 4);

test(`${ANSWERS} answers, ordinary and hostile, are delivered as they were meant, refused, or seen to be cut (seed ${SEED})`, async () => {
    const cases = Array.from({ length: ANSWERS }, (_, index) => {
        const rng = random(SEED + 1_000_000 + index);
        const method = rng.pick(['GET', 'GET', 'GET', 'HEAD', 'PUT']);
        return { rng, method, text: drawAnswer(rng, `m${index}`, method) };
    });
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        let text = '';
        socket.on('error', () => {});
        socket.on('end', () => socket.end());
        socket.on('data', async (data) => {
            text += data.toString('latin1');
            const end = text.indexOf('\r\n\r\n');
            const index = /^\S+ \/(\d+) /.exec(text)?.[1];
            if (end < 0 || index === undefined)
                return;
            text = text.slice(end + 4);
            const { rng, text: answer } = cases[Number(index)];
            for (let at = 0; at < answer.length && !socket.destroyed;) {
                const next = rng.chance(0.3) ? answer.length : at + 1 + rng.below(rng.chance(0.5) ? 7 : 2000);
                await new Promise((done) => { socket.write(Buffer.from(answer.slice(at, next), 'latin1'), done); });
                at = next;
            }
            const { end: how, messages } = readResponses(answer, [cases[Number(index)].method]);
            if (how !== 'closed' || messages.at(-1)?.untilClose || rng.chance(0.2))
                socket.end();
        });
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    onCleanup(() => new Promise((resolve) => { server.close(resolve); }));
    const folder = temporaryFolder();
    const gateway = await startGateway(`http://127.0.0.1:${server.address().port}`, { timeouts: { first_byte: '5s', idle: '5s' } }, { record: { to: folder, max_body: 0 } });
    await inTurns(ANSWERS, async (index) => {
        const one = cases[index];
        const request = `${one.method} /${index} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${one.method === 'PUT' ? 'Content-Length: 0\r\n' : ''}\r\n`;
        Object.assign(one, await send(gateway.port, addressOf(index), request, one.rng, false));
    });
    await gateway.stop();
    for (const { _plumbline: { target, refusal } } of readRecording(folder))
        cases[Number(target.slice(1))].reason = refusal?.detail;
    const failures = cases.flatMap((one, index) => {
        try {
            judgeAnswer(one);
            return [];
        } catch (error) {
            return [`answer ${index} to ${one.method}: ${JSON.stringify(one.text.slice(0, 1500))}\n  ${error.message}\n  came out as ${JSON.stringify(one.answer.slice(0, 700))}`];
        }
    });
    assert.equal(failures.length, 0, `${failures.length} failures, the first of them:\n${failures.slice(0, 8).join('\n')}`);
});
