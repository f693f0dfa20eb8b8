// What passes through: byte for byte, but for what HTTP says ends at a proxy.
import assert from 'node:assert/strict';
import test from 'node:test';
import { connect, rawClient, rawUpstream, startNginx } from './lib/index.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

// Answers when the chunked request is complete: an early answer would end it.
const afterChunks = (answer) => async (connection) => {
    await connection.until(() => /\r\n0\r\n[^]*\r\n\r\n$/.test(connection.text()) || undefined, 'the last chunk');
    await connection.send(answer);
};

// One request to a gateway in front of an upstream that answers `answer`; what the upstream got and what the client got.
async function exchange(request, { answer = ok, service = {}, ...options } = {}) {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, service);
    const received = await rawClient(gateway.port, request, { until: /ok$/, ...options });
    const [response] = responses(received);

    await gateway.stop();
    return { received, response, sent: upstream.received(), upstream, gateway };
}

test('a request goes on as it came: order, case, duplicates and the raw target', async () => {
    const { sent } = await exchange('GET /Parts/%41%20?b=2&a=%2F&&b HTTP/1.1\r\nX-B: 1\r\nhOST: shop.test:81\r\nx-a:  two  words \r\nX-B: 2\r\n\r\n',
        { service: { forwarded: 'off' } });

    assert.equal(sent, 'GET /Parts/%41%20?b=2&a=%2F&&b HTTP/1.1\r\nX-B: 1\r\nhOST: shop.test:81\r\nx-a: two  words\r\nX-B: 2\r\n\r\n');
});

test('a response goes back as it came, with the id of its exchange', async () => {
    const { response } = await exchange('GET / HTTP/1.1\r\nHost: a\r\n\r\n',
        { answer: 'HTTP/1.1 299 All Right\r\nSET-Cookie: a=1\r\nset-cookie: b=2\r\nX-Odd:\r\nContent-Length: 2\r\n\r\nok' });

    assert.equal(response.start, 'HTTP/1.1 299 All Right');
    assert.deepEqual(response.headers.slice(0, 4), [['SET-Cookie', 'a=1'], ['set-cookie', 'b=2'], ['X-Odd', ''], ['Content-Length', '2']]);
    assert.match(response.header('plumbline-exchange'), /^[0-9a-z]{20}$/);
    assert.equal(response.headers.length, 5);
});

test('hop-by-hop fields end here, in both directions', async () => {
    const { sent, response } = await exchange(
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: deflate\r\n'
        + 'Proxy-Authorization: Basic eDp5\r\nPlumbline-Inject: x\r\nX-Stays: 1\r\n\r\n',
        { service: { forwarded: 'off' },
          answer: 'HTTP/1.1 200 OK\r\nConnection: X-Back\r\nX-Back: 1\r\nKeep-Alive: timeout=5\r\nX-Stays: 2\r\nContent-Length: 2\r\n\r\nok' });

    assert.equal(sent, 'GET / HTTP/1.1\r\nHost: a\r\nX-Stays: 1\r\n\r\n');
    assert.deepEqual(response.headers.map(([name]) => name), ['X-Stays', 'Content-Length', 'Plumbline-Exchange']);
});

test('X-Forwarded fields of a client are replaced by the truth', async () => {
    const { sent } = await exchange('GET / HTTP/1.1\r\nHost: shop.test\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n\r\n');

    assert.equal(sent, 'GET / HTTP/1.1\r\nHost: shop.test\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: shop.test\r\n\r\n');
});

test('a service may be given its own Host, other fields and a base path', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(`${upstream.url}/base`, { forwarded: 'off', host: 'upstream', set_headers: { 'X-Env': 'staging' } });
    await rawClient(gateway.port, 'GET /a/b?c HTTP/1.1\r\nhost: shop.test\r\nx-env: mine\r\n\r\n', { until: /ok$/ });

    assert.equal(upstream.received(), `GET /base/a/b?c HTTP/1.1\r\nhost: 127.0.0.1:${upstream.port}\r\nX-Env: staging\r\n\r\n`);
});

test('an absolute target becomes a path, and Host stays what it says', async () => {
    const { sent } = await exchange('GET http://shop.test/a?b HTTP/1.1\r\nHost: shop.test\r\n\r\n', { service: { forwarded: 'off' } });

    assert.equal(sent, 'GET /a?b HTTP/1.1\r\nHost: shop.test\r\n\r\n');
});

test('a body with a length keeps it, byte for byte', async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('latin1');
    const { sent, response } = await exchange(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 256\r\n\r\n${body}`,
        { service: { forwarded: 'off' }, answer: `HTTP/1.1 200 OK\r\nContent-Length: 258\r\n\r\n${body}ok` });

    assert.equal(sent, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 256\r\n\r\n${body}`);
    assert.equal(response.body, `${body}ok`);
});

test('chunked stays chunked, with its trailers, in both directions', async () => {
    const { sent, response } = await exchange(
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n',
        { service: { forwarded: 'off' }, until: /\r\n0\r\n[^]*\r\n\r\n$/,
          answer: afterChunks('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\nX-End: yes\r\nX-End: 2\r\n\r\n') });
    const [request] = responses(sent.replace(/^POST \/ HTTP\/1.1/, 'HTTP/1.1 200 OK'));

    assert.equal(request.body, 'abcde');
    assert.deepEqual(request.trailers, ['X-Sum: 5']);
    assert.equal(request.header('trailer'), 'X-Sum');
    assert.equal(response.body, 'hello!');
    assert.deepEqual(response.trailers, ['X-End: yes', 'X-End: 2']);
});

test('a response that ends with its connection becomes chunked for 1.1 and closes for 1.0', async () => {
    const answer = (connection) => connection.head().then(() => connection.send('HTTP/1.0 200 OK\r\n\r\nall of it ok')).then(() => connection.end());
    const modern = await exchange('GET / HTTP/1.1\r\nHost: a\r\n\r\n', { answer, until: /0\r\n\r\n$/ });
    const old = await exchange('GET / HTTP/1.0\r\n\r\n', { answer, until: undefined });

    assert.equal(modern.response.header('transfer-encoding'), 'chunked');
    assert.equal(modern.response.body, 'all of it ok');
    assert.equal(old.response.header('transfer-encoding'), undefined);
    assert.equal(old.response.header('connection'), 'close');
    assert.equal(old.response.body, 'all of it ok');
});

test('an HTTP/1.0 client gets a chunked answer without its chunks, and keeps its connection where it asks to', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
    const old = await exchange('GET / HTTP/1.0\r\n\r\n', { answer: chunked, until: undefined });
    assert.equal(old.response.body, 'ok');

    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url);
    const request = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    const all = responses(await rawClient(gateway.port, request + request, { until: /ok[^]*ok$/ }));
    assert.deepEqual(all.map((each) => each.header('connection')), ['keep-alive', 'keep-alive']);
    assert.match(upstream.received(), new RegExp(`Host: 127.0.0.1:${upstream.port}`), 'a missing Host is added');
});

test('HEAD, 204 and 304 have no body, and the connection goes on', async () => {
    const answers = ['HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n', 'HTTP/1.1 204 No Content\r\n\r\n',
        'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: "x"\r\n\r\n', ok];
    const upstream = await rawUpstream(async (connection) => {
        let seen = 0;
        for (const answer of answers) {
            seen = await connection.until(() => { const at = connection.text().indexOf('\r\n\r\n', seen); return at < 0 ? undefined : at + 4; });
            await connection.send(answer);
        }
    });
    const gateway = await startGateway(upstream.url);
    const methods = ['HEAD', 'GET', 'GET', 'GET'];
    const received = await rawClient(gateway.port, methods.map((method) => `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`).join(''), { until: /ok$/ });
    const all = responses(received, methods);

    assert.deepEqual(all.map(({ status, body }) => [status, body]), [[200, ''], [204, ''], [304, ''], [200, 'ok']]);
    assert.equal(all[0].header('content-length'), '1000');
    assert.equal(all[2].header('content-length'), '500');
    assert.equal(upstream.connections.length, 1, 'the upstream connection was kept');
});

test('pipelined requests are answered in order over one connection', async () => {
    const nginx = await startNginx("location / { return 200 '$request_uri'; }");
    const gateway = await startGateway(nginx.url);
    const request = (i) => `GET /${i} HTTP/1.1\r\nHost: a\r\n${i === 49 ? 'Connection: close\r\n' : ''}\r\n`;
    const all = responses(await rawClient(gateway.port, Array.from({ length: 50 }, (_, i) => request(i)).join('')));

    assert.deepEqual(all.map(({ body }) => body), Array.from({ length: 50 }, (_, i) => `/${i}`));
    assert.equal(all[49].header('connection'), 'close');
});

test('bytes that trickle in one by one are the same request', async () => {
    const { sent, response } = await exchange('POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n',
        { chunk: 1, service: { forwarded: 'off' }, answer: afterChunks(ok) });

    assert.equal(responses(sent.replace(/^POST \/x HTTP\/1.1/, 'HTTP/1.1 200 OK'))[0].body, 'abc');
    assert.equal(response.body, 'ok');
});

test('Expect: 100-continue goes on to the upstream, and its 100 comes back before the body is sent', async () => {
    const upstream = await rawUpstream(async (connection) => {
        assert.match(await connection.head(), /\r\nExpect: 100-continue\r\n/);
        await connection.send('HTTP/1.1 100 Continue\r\n\r\n');
        await connection.until(() => connection.text().endsWith('hello') || undefined);
        await connection.send(ok);
    });
    const gateway = await startGateway(upstream.url);
    const client = await connect(gateway.port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    assert.equal(await client.head(), 'HTTP/1.1 100 Continue\r\n\r\n');
    client.send('hello');
    const text = await client.until(() => (client.text().endsWith('ok') ? client.text() : undefined));

    assert.deepEqual(responses(text).map(({ status }) => status), [100, 200]);
});

test('an upstream that refuses without 100 is believed, and the connection ends', async () => {
    const upstream = await rawUpstream('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno');
    const gateway = await startGateway(upstream.url);
    const client = await connect(gateway.port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    const [response] = responses(await client.closed());

    assert.equal(response.status, 417);
    assert.equal(response.header('connection'), 'close');
});

test('informational answers pass, but never to HTTP/1.0', async () => {
    const answer = `HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${ok}`;
    const modern = await exchange('GET / HTTP/1.1\r\nHost: a\r\n\r\n', { answer });
    const old = await exchange('GET / HTTP/1.0\r\n\r\n', { answer });

    assert.deepEqual(responses(modern.received).map(({ status }) => status), [103, 200]);
    assert.deepEqual(responses(old.received).map(({ status }) => status), [200]);
});

test('a client that closes its side after its request still gets the answer', async () => {
    const { response } = await exchange('GET / HTTP/1.1\r\nHost: a\r\n\r\n', { halfClose: true, until: undefined });

    assert.equal(response.body, 'ok');
});

test('a body of which only a part is kept is one body, also behind a head that came in two pieces', async () => {
    const upstream = await rawUpstream(ok);
    const gateway = await startGateway(upstream.url, { request: 'observe', max_body: '1KiB' }, { admin: '127.0.0.1:0' });
    const admin = (await gateway.waitFor(/admin on (\S+)/))[1];
    const inside = async () => /^plumbline_in_flight 1$/m.test(await (await fetch(`${admin}/metrics`)).text());
    const body = JSON.stringify({ name: 'x'.repeat(5000), size: 1 });
    const client = await connect(gateway.port);
    client.send('POST /parts HT');
    while (!await inside()); // the first piece was read

    client.send(`TP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await client.until(() => /ok$/.test(client.text()) || undefined);
    client.send('GET /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.deepEqual(responses(await client.closed()).map(({ status }) => status), [200, 200]);
    assert.equal(upstream.received().split(' HTTP/1.1\r\n').length - 1, 2);
});
