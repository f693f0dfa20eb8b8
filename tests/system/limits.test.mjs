// Every size and deadline of docs/operations.md: what is answered where it is reached, and that one step before it nothing is.
import assert from 'node:assert/strict';
import test from 'node:test';
import { connect, rawClient, rawUpstream } from './lib/index.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const filler = (length) => 'x'.repeat(length);

// One request on a connection of its own; the answer, once the gateway closes.
async function ask(port, request) {
    return responses(await rawClient(port, request))[0];
}
const get = (target, fields = '') => `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`;
const keyword = ({ body }) => JSON.parse(body).errors[0].keyword;

test('a request line, a header block, its fields and the trailers have a size each', async () => {
    const upstream = await rawUpstream(answer);
    const { port } = await startGateway(upstream.url, {}, { clients: { max_line: '1KiB', max_header: '4KiB', max_fields: 10, max_trailer: '1KiB' } });
    const line = 'GET  HTTP/1.1\r\n'.length;
    const chunked = (trailers) => `POST /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n${trailers}\r\n`;
    const cases = [
        [get(`/${filler(1024 - line - 1)}`), 200],
        [get(`/${filler(1024 - line)}`), 414, 'line-long'],
        [get('/parts', `A: ${filler(3900)}\r\n`), 200],
        [get('/parts', `A: ${filler(4096)}\r\n`), 431, 'head-large'],
        [get('/parts', 'A: b\r\n'.repeat(8)), 200],
        [get('/parts', 'A: b\r\n'.repeat(9)), 431, 'fields-many'],
        [chunked(`A: ${filler(1000)}\r\n`), 200],
        [chunked(`A: ${filler(1024)}\r\n`), 431, 'trailer-large'],
    ];
    for (const [request, status, id] of cases) {
        const response = await ask(port, request);
        assert.equal(response.status, status, `${id ?? 'just below'}: ${response.body}`);
        if (id)
            assert.equal(keyword(response), id);
    }
});

test('in enforce a body has a size', async () => {
    const upstream = await rawUpstream(answer);
    const { port } = await startGateway(upstream.url, { request: 'enforce', max_body: '1KiB' });
    const body = (length) => { const rest = JSON.stringify({ name: 'a', size: 1, note: '' }).length; return JSON.stringify({ name: 'a', size: 1, note: filler(length - rest) }); };
    const post = (text) => `POST /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    assert.equal((await ask(port, post(body(1024)))).status, 200);
    const refused = await ask(port, post(body(1025)));
    assert.equal(refused.status, 413);
    assert.equal(keyword(refused), 'size');
});

test('a head that does not come in time is answered 408, a connection that says nothing is closed', async () => {
    const upstream = await rawUpstream(answer);
    const { port } = await startGateway(upstream.url, {}, { clients: { header_timeout: '300ms' } });
    const [silent, slow] = [await connect(port), await connect(port)];
    slow.send('GET /parts HTTP/1.1\r\nHo');
    assert.equal(await silent.closed(), '');
    const [response] = responses(await slow.closed());
    assert.equal(response.status, 408);
    assert.equal(keyword(response), 'header-timeout');
});

test('a head that is trickled ends at its deadline, however many bytes come', async () => {
    const upstream = await rawUpstream(answer);
    const { port } = await startGateway(upstream.url, {}, { clients: { header_timeout: '400ms' } });
    const client = await connect(port);
    const began = performance.now();
    client.send('GET /parts HTTP/1.1\r\nHost: a\r\nX: ');
    while (!client.ended && performance.now() - began < 10_000) {
        client.send('x');
        await sleep(20);
    }
    assert.equal(responses(client.text())[0].status, 408);
});

test('a kept connection is closed when nothing follows', async () => {
    const upstream = await rawUpstream(answer);
    const { port } = await startGateway(upstream.url, {}, { clients: { keep_alive_timeout: '200ms' } });
    const client = await connect(port);
    client.send('GET /parts HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.deepEqual(responses(await client.closed()).map(({ status }) => status), [200]);
});

test('a body that is trickled is given up, one that is steady is not', async () => {
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        await connection.until(() => connection.text().endsWith('end') || connection.ended || undefined, 'the body', 20_000);
        connection.send(answer);
    });
    const { port } = await startGateway(upstream.url, {}, { clients: { body_timeout: '500ms', min_rate: 1000 } });
    const post = (length) => `POST /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n`;

    const steady = await connect(port);
    const pieces = 30;
    steady.send(post(1000 * pieces + 3));
    const trickling = await connect(port);
    trickling.send(post(1_000_000));
    for (let i = 0; i < pieces; i++) {
        steady.send(filler(1000));
        if (!trickling.ended)
            trickling.send('x');
        await sleep(40); // 25 kB/s and 25 B/s, for more than a second
    }
    steady.send('end');
    assert.equal(responses(await steady.closed())[0].status, 200);
    assert.match(await trickling.closed(), /^HTTP\/1\.1 408 |^$/);
});

test('a body that waits for a slow upstream is not the client\'s fault', async () => {
    const size = 8 << 20;
    const upstream = await rawUpstream(async (connection) => {
        connection.socket.pause();
        await sleep(1500); // three times the deadline
        connection.socket.resume();
        await connection.until(() => connection.chunks.reduce((sum, { length }) => sum + length, 0) > size || undefined, 'the body', 30_000);
        connection.send(answer);
    });
    const { port } = await startGateway(upstream.url, {}, { clients: { body_timeout: '500ms', min_rate: '10MB' } });
    const client = await connect(port);
    client.send(`POST /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${size}\r\n\r\n`);
    client.send(Buffer.alloc(size, 'x'));
    assert.equal(responses(await client.closed(30_000))[0].status, 200);
});

test('an upstream that does not answer, stops, or takes too long altogether is given up', async () => {
    const behaviours = {
        '/silent': () => {},
        '/half': (connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
        '/slow': async (connection) => {
            connection.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
            for (let i = 0; i < 200 && !connection.ended; i++) {
                connection.send('x');
                await sleep(50);
            }
        },
    };
    const upstream = await rawUpstream(async (connection) => {
        const head = await connection.head();
        await behaviours[head.split(' ')[1]](connection);
    });
    const { port } = await startGateway(upstream.url, { timeouts: { first_byte: '300ms', idle: '300ms', total: '800ms' } });
    const silent = await ask(port, get('/silent'));
    assert.equal(silent.status, 504);
    assert.equal(keyword(silent), 'upstream-timeout');
    for (const target of ['/half', '/slow']) {
        const text = await rawClient(port, get(target));
        assert.match(text, /^HTTP\/1\.1 200 /);
        assert.ok(text.split('\r\n\r\n')[1].length < 100, 'cut, and seen to be cut by its length');
    }
});

// ---- connections ----

const get1 = 'GET /parts HTTP/1.1\r\nHost: a\r\n\r\n';

// A connection that has been served once, and stays.
async function inside(port) {
    const client = await connect(port);
    client.send(get1);
    await client.until(() => client.text().endsWith('ok') || undefined, 'an answer');
    return client;
}
const metric = async (gateway, name) => {
    const [, admin] = await gateway.waitFor(/admin on (http:\/\/\S+)/);
    const page = await (await fetch(`${admin}/metrics`)).text();
    return Number(page.split('\n').find((line) => line.startsWith(`${name} `))?.split(' ').at(-1));
};

// An upstream whose answers to /parts/held wait until they are let go.
async function holdingUpstream() {
    const held = [];
    const upstream = await rawUpstream(async (connection) => {
        for (let seen = 0; ;) {
            const head = await connection.until(() => {
                const end = connection.text().indexOf('\r\n\r\n', seen);
                return end >= 0 ? connection.text().slice(seen, end + 4) : connection.ended ? '' : undefined;
            }, 'a request head', 60_000).catch(() => '');
            if (head === '')
                return;
            seen += head.length;
            if (head.startsWith('GET /parts/held '))
                await new Promise((resolve) => { held.push(resolve); });
            connection.send(answer);
        }
    });
    return { upstream, held };
}
const until = async (holds) => { while (!await holds()) await sleep(5); };

for (const workers of [1, 3])
    test(`overload: wait, ${workers} worker(s): while all are busy the next clients wait; answers given meanwhile end their connection`, async () => {
        const { upstream, held } = await holdingUpstream();
        const gateway = await startGateway(upstream.url, {}, { workers, admin: '127.0.0.1:0', clients: { max_connections: 4 } });
        const guests = await Promise.all([1, 2, 3, 4].map(() => connect(gateway.port)));
        for (const guest of guests)
            guest.send('GET /parts/held HTTP/1.1\r\nHost: a\r\n\r\n');
        await until(() => held.length === 4);
        const late = await Promise.all([1, 2, 3].map(() => connect(gateway.port)));
        for (const each of late)
            each.send(get1);
        await until(async () => await metric(gateway, 'plumbline_accept_waits_total') >= 1);
        assert.deepEqual(late.map((each) => each.text()), ['', '', '']);
        assert.equal(await metric(gateway, 'plumbline_connections'), 4);
        guests[0].socket.destroy();
        for (const release of held)
            release();
        for (const each of late)
            await each.until(() => each.text().endsWith('ok') || undefined, 'an answer after all');
        for (const guest of guests.slice(1)) // those inside are served
            await guest.until(() => responses(guest.text())[0]?.status === 200 || undefined, 'its answer');
        assert.ok(guests.slice(1).some((guest) => responses(guest.text())[0].header('connection') === 'close'));
    });

for (const workers of [1, 3])
    test(`overload: wait, ${workers} worker(s): who is idle for longest makes room`, async () => {
        const upstream = await rawUpstream(answer);
        const gateway = await startGateway(upstream.url, {}, { workers, admin: '127.0.0.1:0', clients: { max_connections: 10 } });
        const guests = [];
        for (let i = 0; i < 10; i++)
            guests.push(await inside(gateway.port));
        guests[0].send(get1); // now the second one is idle for longest
        await guests[0].until(() => responses(guests[0].text()).length === 2 || undefined, 'a second answer');
        const eleventh = await inside(gateway.port);
        assert.equal(await guests[1].closed().then((text) => responses(text).length), 1);
        guests[0].send(get1);
        await guests[0].until(() => responses(guests[0].text()).length === 3 || undefined, 'a third answer');
        eleventh.send(get1);
        await eleventh.until(() => responses(eleventh.text()).length === 2 || undefined, 'a second answer');
        for (let i = 0; i < 30; i++) // many more, one after the other
            await inside(gateway.port);
        assert.ok(await metric(gateway, 'plumbline_connections') <= 10);
    });

test('overload: wait: connections that never sent a request keep their places for header_timeout only', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, {}, { clients: { max_connections: 3, header_timeout: '300ms' } });
    const silent = await Promise.all([1, 2, 3].map(() => connect(gateway.port)));
    await inside(gateway.port);
    await Promise.all(silent.map((each) => each.closed()));
});

test('overload: refuse: the next client is told 503, those inside finish', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, {}, { workers: 3, admin: '127.0.0.1:0', clients: { max_connections: 2, overload: 'refuse' } });
    const guests = [await inside(gateway.port), await inside(gateway.port)];
    const [refused] = responses(await rawClient(gateway.port, get1));
    assert.equal(refused.status, 503);
    assert.equal(refused.header('retry-after'), '1');
    assert.equal(refused.header('connection'), 'close');
    assert.equal(keyword(refused), 'overloaded');
    assert.equal(await metric(gateway, 'plumbline_connections_refused_total{limit="max_connections"}'), 1);
    guests[0].send(get1);
    await guests[0].until(() => responses(guests[0].text()).length === 2 || undefined, 'a second answer');
    guests[1].socket.destroy();
    for (let status = 503; status !== 200;) // as soon as the gateway has seen it
        [{ status }] = responses(await rawClient(gateway.port, get('/parts')));
});

test('one address has its number of connections, a trusted proxy any number', async () => {
    const upstream = await rawUpstream(answer);
    const clients = { max_connections_per_client: 2 };
    const gateway = await startGateway(upstream.url, {}, { workers: 2, clients });
    const guests = [await inside(gateway.port), await inside(gateway.port)];
    assert.equal(responses(await rawClient(gateway.port, get1))[0].status, 503);
    const other = await connect(gateway.port, '127.0.0.1', { localAddress: '127.0.0.2' });
    other.send(get1);
    await other.until(() => other.text().endsWith('ok') || undefined, 'an answer to another address');
    guests[0].socket.destroy();
    for (let status = 503; status !== 200;)
        [{ status }] = responses(await rawClient(gateway.port, get('/parts')));

    const behind = await startGateway(upstream.url, {}, { clients, trusted_proxies: ['127.0.0.1'] });
    for (let i = 0; i < 5; i++)
        await inside(behind.port);
});

test('a gateway out of descriptors says so once, serves those inside, and takes new clients when there are some again', async () => {
    const upstream = await rawUpstream(answer);
    for (const overload of ['wait', 'refuse']) {
        const gateway = await startGateway(upstream.url, {}, { clients: { overload } }, { under: ['prlimit', '--nofile=64:64', '--'] });
        await gateway.waitFor(/open files/); // 64 are less than max_connections needs
        const first = await inside(gateway.port);
        const flood = await Promise.all(Array.from({ length: 80 }, () => connect(gateway.port)));
        await gateway.waitFor(/cannot be accepted/);
        first.send(get1); // its upstream connection is kept
        await first.until(() => responses(first.text()).length === 2 || undefined, 'a second answer');
        if (overload === 'refuse')
            await Promise.any(flood.map((each) => each.until(() => each.text().startsWith('HTTP/1.1 503') || undefined, '503')));
        for (const each of flood)
            each.socket.destroy();
        for (let served = false; !served;)
            served = /^HTTP\/1.1 200/.test(await rawClient(gateway.port, get('/parts')).catch(() => ''));
        assert.equal(gateway.stderr.split('cannot be accepted').length, 2);
    }
});

test('max_in_flight: more requests than a service may have at the same time are answered 503', async () => {
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        await held;
        connection.send(answer.replace('\r\n', '\r\nConnection: close\r\n'));
        connection.end();
    });
    const gateway = await startGateway(upstream.url, { max_in_flight: 2 }, { workers: 2, admin: '127.0.0.1:0' });
    const clients = [await connect(gateway.port), await connect(gateway.port)];
    for (const client of clients)
        client.send(get('/parts'));
    await upstream.waitForConnection(1);
    const [refused] = responses(await rawClient(gateway.port, get('/parts')));
    assert.equal(refused.status, 503);
    assert.equal(keyword(refused), 'overloaded');
    assert.equal(refused.header('retry-after'), '1');
    release();
    for (const client of clients)
        assert.equal(responses(await client.closed())[0].status, 200);
    assert.equal((await ask(gateway.port, get('/parts'))).status, 200);
    assert.equal(await metric(gateway, 'plumbline_refusals_total{service="parts",reason="overloaded"}'), 1);
});
