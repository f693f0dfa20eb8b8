// What passes is what came, byte for byte where HTTP allows it. Both ends are raw sockets. tests/system/proxy_forward.test.mjs has the
// everyday cases, proxy_streams.test.mjs the large bodies, tests/conformance/http_differential.test.mjs the thousands that nobody thought of.
import assert from 'node:assert/strict';
import test from 'node:test';
import zlib from 'node:zlib';
import { connect, rawClient, rawUpstream, readRecording, responses, startGateway, temporaryFolder, waitForExchanges } from './lib/index.mjs';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const both = (mode) => ({ request: mode, response: mode });
const part = '{"name":"bolt","size":3}';

// Sends one request and gives what the upstream got of it and what came back.
async function pass(bytes, { answer = OK, service = {}, ...options } = {}) {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { forwarded: 'off', ...service });
    const back = await rawClient(gateway.port, bytes, { halfClose: true, ...options });
    return { sent: upstream.received(), back };
}

const withoutOurs = (text) => text.replace(/Plumbline-[^\r]*\r\n/g, '').replace(/Connection: close\r\n/g, '');

const oddFields = ['x-lower: 1', 'X-UPPER: 2', 'X-Mixed: 3', 'x-mIXED: 3', 'X-Empty:', 'X-Obs: \xe4\xf6\xff\x80', "!#$%&'*+-.^_`|~0a: token", 'X-Inner: a \t b', 'X-Quoted: "a\\"b", c', 'X-Comma: a,,b,', 'Cookie: a=b; c="d"', 'cookie: e', `X-Long: ${'l'.repeat(30_000)}`, 'X-Trimmed:   both ends \t'];
const trimmed = oddFields.map((line) => line.replace(/:[ \t]*/, ': ').replace(/(?<=:.*\S)[ \t]+$/, '').replace(/: $/, ': '));

test('fields keep order, case, duplicates and odd bytes; only the white space around a value goes (RFC 9110 5.5)', async () => {
    const { sent, back } = await pass(`GET / HTTP/1.1\r\nHost: a\r\n${oddFields.join('\r\n')}\r\n\r\n`,
        { answer: `HTTP/1.1 200 W\xe4s  it\r\n${oddFields.join('\r\n')}\r\nContent-Length: 2\r\n\r\nok` });

    assert.equal(sent, `GET / HTTP/1.1\r\nHost: a\r\n${trimmed.join('\r\n')}\r\n\r\n`);
    assert.equal(withoutOurs(back), `HTTP/1.1 200 W\xe4s  it\r\n${trimmed.join('\r\n')}\r\nContent-Length: 2\r\n\r\nok`);
});

const targets = ['/', '//', '//a//b/', '/a%2Fb', '/a%2fb', '/%41%7e%7E', '/a;x=1;y', '/a?', '/a??', '/a?x', '/a?x=&x=&x', '/a?%', '/%', '/%zz', '/a/../b/./c', '/a\\b', '/"<>^`{|}', "/-._~!$&'()*+,;=:@", '/a?b=/c/../?', `/${'l'.repeat(8000)}`];

for (const mode of ['off', 'observe'])
    test(`targets go on as they came (${mode})`, async () => {
        const upstream = await rawUpstream(OK);
        const gateway = await startGateway(upstream.url, { forwarded: 'off', ...both(mode) });
        await rawClient(gateway.port, targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''), { halfClose: true });

        assert.equal(upstream.received(), targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
    });

test('in enforce an ambiguous path is refused, unless paths are lenient: then it goes on as it came', async () => {
    const ambiguous = ['//a', '/a/../b', '/a%2Fb', '/%2e%2e/a', '/a\\b', '/a/./b'];
    const upstream = await rawUpstream(OK);
    const strict = await startGateway(upstream.url, { forwarded: 'off', ...both('enforce') });
    const lenient = await startGateway(upstream.url, { forwarded: 'off', ...both('enforce'), paths: 'lenient' });
    for (const target of ambiguous)
        assert.match(await rawClient(strict.port, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, { halfClose: true }), /^HTTP\/1\.1 400 [^]*path-ambiguous/, target);
    assert.equal(upstream.received(), '');
    for (const target of ambiguous)
        assert.match(await rawClient(lenient.port, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, { halfClose: true }), /^HTTP\/1\.1 200 /, target);
    assert.equal(upstream.received(), ambiguous.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
});

test('the other forms of a target: of a whole URI the rest, of OPTIONS the star', async () => {
    const { sent } = await pass(['GET http://other:81/x?y HTTP/1.1\r\nHost: other:81\r\n\r\n', 'GET http://other HTTP/1.1\r\nHost: other\r\n\r\n', 'GET http://other?q HTTP/1.1\r\nHost: other\r\n\r\n', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'].join(''));

    assert.equal(sent, ['GET /x?y HTTP/1.1\r\nHost: other:81\r\n\r\n', 'GET / HTTP/1.1\r\nHost: other\r\n\r\n', 'GET /?q HTTP/1.1\r\nHost: other\r\n\r\n', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'].join(''));
});

test('trailers go both ways, and whoever takes them is told of (TE: trailers); other transfer codings are not', async () => {
    const { sent, back } = await pass('POST / HTTP/1.1\r\nHost: a\r\nTE: deflate;q=0.5, trailers\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nx-empty:\r\nConnection-Like: 1\r\n\r\n',
        { answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n2\r\nok\r\n0\r\nx-sum: 2\r\n\r\n' });

    assert.equal(sent, 'POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nx-empty: \r\nConnection-Like: 1\r\n\r\n');
    assert.match(back, /\r\nTrailer: x-sum\r\n[^]*\r\n\r\n2\r\nok\r\n0\r\nx-sum: 2\r\n\r\n$/);
});

const codings = {
    gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync, zstd: zlib.zstdCompressSync,
    'gzip, br': (data) => zlib.brotliCompressSync(zlib.gzipSync(data)),
};

for (const [coding, code] of Object.entries(codings))
    test(`a body in ${coding} passes untouched, and is checked all the same, in both directions`, async () => {
        const answer = (body) => Buffer.concat([Buffer.from(`HTTP/1.1 201 Made\r\nContent-Type: application/json\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
        const ask = (body) => Buffer.concat([Buffer.from(`POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
        const right = code(Buffer.from(part));
        const wrong = code(Buffer.from('{"name":"bolt","size":0}'));

        const good = await pass(ask(right), { answer: answer(right), service: both('enforce') });
        assert.ok(Buffer.from(good.sent, 'latin1').subarray(-right.length).equals(right));
        assert.match(good.back, /^HTTP\/1\.1 201 /);
        assert.ok(Buffer.from(good.back, 'latin1').subarray(-right.length).equals(right));
        const refused = await pass(ask(wrong), { service: both('enforce') });
        assert.match(refused.back, /^HTTP\/1\.1 400 [^]*"\/size"/);
        assert.equal(refused.sent, '');
        const answered = await pass(ask(right), { answer: answer(wrong), service: both('enforce') });
        assert.match(answered.back, /^HTTP\/1\.1 502 [^]*"\/size"/);
    });

test('an unknown coding, or one that lies, is refused in enforce, passes untouched where unchecked passes, and in observe', async () => {
    for (const [coding, bytes] of [['lzma', '\x01\x02'], ['gzip', 'no gzip at all'], ['gzip, gzip, gzip', 'x']]) {
        const request = `POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: ${coding}\r\nContent-Length: ${bytes.length}\r\n\r\n${bytes}`;
        const enforced = await pass(request, { service: both('enforce') });
        assert.match(enforced.back, /^HTTP\/1\.1 4(15|00) /, coding);
        assert.equal(enforced.sent, '');
        for (const service of [{ request: 'observe', response: 'off' }, ...(coding === 'gzip' ? [] : [{ request: 'enforce', response: 'off', unchecked: 'pass' }])])
            assert.equal((await pass(request, { service })).sent, request);
    }
});

test('empty bodies keep what was said of them', async () => {
    for (const head of ['GET / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\r\n', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n', 'DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', 'POST / HTTP/1.1\r\nHost: a\r\n\r\n'])
        assert.equal((await pass(head)).sent, head);
    for (const answer of ['HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\nETag: "x"\r\n\r\n'])
        assert.equal(withoutOurs((await pass('GET / HTTP/1.1\r\nHost: a\r\n\r\n', { answer })).back), answer);
    assert.equal(withoutOurs((await pass('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', { answer: 'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n' })).back), 'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n');
});

test('several informational answers come before the answer, in order, with their fields', async () => {
    const interim = 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nlink: </b>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n';
    const { back } = await pass('GET / HTTP/1.1\r\nHost: a\r\n\r\n', { answer: interim + OK });

    assert.equal(withoutOurs(back), interim + OK);
});

test('Expect: 100-continue in enforce: a bad head is refused without asking for its body, a good one is asked for', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.until(() => connection.text().endsWith(part) || undefined);
        await connection.send('HTTP/1.1 204 None\r\n\r\n');
    });
    const gateway = await startGateway(upstream.url, { forwarded: 'off', ...both('enforce') });
    const ask = (type) => `POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${part.length}\r\nExpect: 100-continue\r\n\r\n`;

    const refused = await rawClient(gateway.port, ask('text/csv'));
    assert.match(refused, /^HTTP\/1\.1 415 [^]*\r\nConnection: close\r\n/);
    const client = await connect(gateway.port);
    client.send(ask('application/json'));
    await client.until(() => client.text() === 'HTTP/1.1 100 Continue\r\n\r\n' || undefined, '100');
    assert.equal(upstream.connections.length, 0);
    client.send(part);
    await client.until(() => /\r\n\r\nHTTP\/1\.1 204 None\r\n[^]*\r\n\r\n$/.test(client.text()) || undefined, '204');
    assert.doesNotMatch(upstream.received(), /expect/i); // the body was there already
});

test('Expect: 100-continue where nobody waits: the body comes with the head; HTTP/1.0 cannot ask', async () => {
    for (const [version, back] of [['1.1', /^(HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 200 /], ['1.0', /^HTTP\/1\.1 200 /]]) {
        const upstream = await rawUpstream(async (connection) => {
            await connection.until(() => connection.text().endsWith('\r\n\r\nhi') || undefined);
            await connection.send(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
        });
        const gateway = await startGateway(upstream.url);
        assert.match(await rawClient(gateway.port, `POST / HTTP/${version}\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi`, { halfClose: true }), back);
    }
});

for (const mode of ['off', 'observe', 'enforce'])
    test(`each event of a stream is there before the next one is made (${mode})`, async () => {
        const events = await rawUpstream(async (connection) => {
            await connection.head();
            await connection.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
        });
        const gateway = await startGateway(events.url, both(mode));
        const client = await connect(gateway.port);
        client.send('GET /events HTTP/1.1\r\nHost: a\r\n\r\n');
        await client.head();
        for (let i = 0; i < 20; i++) { // the next one is only sent once this one was seen
            const event = `data: ${i}\n\n`;
            await events.connections[0].send(`${event.length.toString(16)}\r\n${event}\r\n`);
            await client.until(() => client.text().includes(event) || undefined, event);
        }
        events.connections[0].send('0\r\n\r\n');
        await client.until(() => client.text().endsWith('\r\n0\r\n\r\n') || undefined);
    });

test('an upstream that answers before it has read the request is heard at once, and the client is told to stop', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        await connection.send('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno!');
    });
    const gateway = await startGateway(upstream.url);
    const client = await connect(gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${1 << 30}\r\n\r\nbeginning`);
    await client.until(() => client.text().endsWith('no!') || undefined, 'the early answer');

    assert.match(client.text(), /^HTTP\/1\.1 413 Too Large\r\n[^]*\r\nConnection: close\r\n/);
    await client.closed();
});

test('a client that has closed its side gets all of a slow answer', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        await connection.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nslo');
    });
    const gateway = await startGateway(upstream.url);
    const client = await connect(gateway.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    client.end();
    await client.until(() => client.text().endsWith('slo') || undefined);
    upstream.connections[0].send('wly');
    assert.match(await client.closed(), /\r\n\r\nslowly$/);
});

test('pipelined requests of every framing are answered in order', async () => {
    let n = 0;
    const upstream = await rawUpstream(async (connection) => {
        for (let from = 0; ; n++) {
            from = await connection.until(() => { const at = connection.text().indexOf('!', from); return at >= 0 ? at + 1 : connection.ended ? -1 : undefined; }, 'a request', 60_000);
            if (from < 0)
                return;
            await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${n.toString(36)}`);
        }
    });
    const gateway = await startGateway(upstream.url);
    const wire = ['POST /0 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n!', 'POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n-\r\n0\r\nX: !\r\n\r\n', 'GET /2! HTTP/1.1\r\nHost: a\r\n\r\n', 'PUT /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n-!'];
    for (const chunk of [0, 1, 7]) {
        const all = responses(await rawClient(gateway.port, wire.join(''), { halfClose: true, chunk }));
        assert.equal(all.length, 4);
        const first = parseInt(all[0].body, 36);
        assert.deepEqual(all.map(({ body }) => parseInt(body, 36) - first), [0, 1, 2, 3]);
    }
});

test('an upstream of HTTP/1.0: its answer ends with its connection, and says 1.1 here', async () => {
    for (const fields of ['', 'Content-Length: 2\r\n', 'Connection: keep-alive\r\nContent-Length: 2\r\n']) {
        const upstream = await rawUpstream(async (connection) => {
            await connection.head();
            await connection.send(`HTTP/1.0 200 OK\r\nX-Old: 1\r\n${fields}\r\nok`);
            connection.end();
        });
        const gateway = await startGateway(upstream.url);
        const [answer] = responses(await rawClient(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', { halfClose: true }));
        assert.deepEqual([answer.start, answer.body, answer.header('x-old')], ['HTTP/1.1 200 OK', 'ok', '1']);
    }
});

test('a chunked body that is held is whole on the other side, however large; its odd bytes are on record', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.until(() => (connection.chunks.at(-1)?.toString('latin1').endsWith('0\r\n\r\n') ? true : undefined), 'the end', 60_000);
        await connection.send('HTTP/1.1 204 None\r\n\r\n');
    });
    const folder = temporaryFolder();
    const gateway = await startGateway(upstream.url, { request: 'enforce', max_body: '64MiB' }, { record: { to: folder, max_body: '1KiB' } });
    const body = Buffer.from(`{"name":"${'n'.repeat(30 * 1024 * 1024)}","size":1}`);
    const client = await connect(gateway.port);
    client.send('POST /parts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Obs: \xe4\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let at = 0; at < body.length; at += 1 << 20) {
        const piece = body.subarray(at, at + (1 << 20));
        client.send(`${piece.length.toString(16)}\r\n`);
        client.send(piece);
        await client.send('\r\n');
    }
    client.send('0\r\n\r\n');
    await client.until(() => client.text().startsWith('HTTP/1.1 204') || undefined, '204', 60_000);
    const received = upstream.received();
    const [, size] = /\r\n\r\n([0-9a-f]+)\r\n/.exec(received);
    assert.equal(parseInt(size, 16), body.length);
    assert.ok(received.includes(body.toString('latin1')));
    const [{ request, _plumbline }] = await waitForExchanges(folder, 1);
    assert.equal(request.bodySize, body.length);
    assert.equal(Buffer.from(_plumbline.request_fields_base64.at(request.headers.findIndex(({ name }) => name === 'X-Obs')), 'base64').toString('latin1'), '\xe4');
    assert.equal(readRecording(folder).length, 1);
});
