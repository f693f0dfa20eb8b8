// WebSockets and other upgrades: a checked handshake, then bytes both ways.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import { connect, onCleanup, rawUpstream, readRecording, responses, root, startGateway, startNginx, startPlumbline, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { judge } from './lib/judge.mjs';

const WebSocket = createRequire(path.join(root, 'build/npm/'))('ws');
const MIB = 1024 * 1024;
const sanitized = /\/build\/(san|tsan)\//.test(process.env.PLUMBLINE_BIN ?? '');
const peak = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) * 1024;

// Tunnels that a test leaves open do not keep the gateway from stopping.
const quick = { clients: { drain_timeout: '200ms' } };
const gatewayFor = (upstream, service, settings = {}) => startGateway(upstream, service, { ...quick, ...settings });

// A WebSocket server that sends back whatever it gets; `more(socket, request)` sees each connection.
async function echoServer(more = () => {}) {
    const server = http.createServer((request, response) => response.writeHead(426, { Upgrade: 'websocket', Connection: 'upgrade' }).end());
    const sockets = new WebSocket.Server({ server, maxPayload: 64 * MIB });
    sockets.on('connection', (socket, request) => {
        socket.on('message', (data, binary) => socket.send(data, { binary }));
        socket.on('error', () => {});
        more(socket, request);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => new Promise((resolve) => { for (const each of sockets.clients) each.terminate(); server.closeAllConnections(); server.close(resolve); }));
    return `http://127.0.0.1:${server.address().port}`;
}

async function open(url, options = {}) {
    const socket = new WebSocket(url.replace('http', 'ws'), options);
    onCleanup(() => socket.terminate());
    await once(socket, 'open');
    return socket;
}

async function echoed(socket, data) {
    const came = once(socket, 'message');
    socket.send(data);
    return (await came)[0];
}

const handshake = (target = '/ws', fields = '') =>
    `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: chat/2\r\n${fields}\r\n`;
const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat/2\r\nConnection: Upgrade\r\nX-Twice: 1\r\n\r\n';

// An upstream that answers each handshake with `answer` and hands its connection over.
async function chatServer(answer = switching) {
    return rawUpstream(async (connection) => {
        await connection.head();
        await connection.send(answer);
    });
}

async function openChat(gateway, upstream, fields) {
    const client = await connect(gateway.port);
    const server = upstream.waitForConnection(upstream.connections.length);
    client.send(handshake('/ws', fields));
    const head = await client.head();
    assert.match(head, /^HTTP\/1\.1 101 /);
    return { client, head, server: await server };
}

const metric = async (gateway, name) => Number((await (await fetch(`${gateway.admin}/metrics`)).text()).match(new RegExp(`^plumbline_${name} (\\d+)`, 'm'))?.[1]);

test('a WebSocket works as if nobody stood between: texts, binaries, fragments, pings, compression', async () => {
    const gateway = await gatewayFor(await echoServer());
    const socket = await open(`${gateway.url}/ws`);

    assert.equal(String(await echoed(socket, 'hello')), 'hello');
    for (const size of [0, 125, 126, 65_535, 65_536, MIB]) {
        const data = randomBytes(size);
        assert.ok((await echoed(socket, data)).equals(data), `${size} bytes`);
    }
    const fragments = once(socket, 'message');
    for (const [index, part] of ['a', 'b', 'c'].entries())
        socket.send(part.repeat(1000), { fin: index === 2 });
    assert.equal(String((await fragments)[0]), 'a'.repeat(1000) + 'b'.repeat(1000) + 'c'.repeat(1000));
    const pong = once(socket, 'pong');
    socket.ping('are you there');
    assert.equal(String((await pong)[0]), 'are you there');

    const closed = once(socket, 'close');
    socket.close(4001, 'done');
    assert.equal((await closed)[0], 4001);
});

test('a server that closes first is heard, with its reason', async () => {
    const gateway = await gatewayFor(await echoServer((socket) => socket.on('message', () => socket.close(4002, 'enough'))));
    const socket = await open(`${gateway.url}/ws`);
    const closed = once(socket, 'close');

    socket.send('x');
    const [code, reason] = await closed;
    assert.equal(`${code} ${reason}`, '4002 enough');
});

test('many sockets at once, each with 1 MB both ways', async () => {
    const gateway = await gatewayFor(await echoServer());
    const data = randomBytes(MIB);
    await Promise.all(Array.from({ length: 20 }, async () => {
        const socket = await open(`${gateway.url}/ws`);
        assert.ok((await echoed(socket, data)).equals(data));
        socket.close();
        await once(socket, 'close');
    }));
});

test('through nginx as the upstream', async () => {
    const echo = await echoServer();
    const nginx = await startNginx(`location / { proxy_pass ${echo}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }`);
    const gateway = await gatewayFor(nginx.url);
    const socket = await open(`${gateway.url}/ws`);

    assert.equal(String(await echoed(socket, 'by nginx')), 'by nginx');
});

test('the handshake goes on as it came, with Connection and Upgrade, and so does its 101', async () => {
    const upstream = await chatServer();
    const gateway = await gatewayFor(upstream.url, { forwarded: 'off' });
    const { head, server } = await openChat(gateway, upstream, 'x-A: 1\r\nSec-Thing: ok\r\n');

    assert.equal(server.text(), 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat/2\r\nx-A: 1\r\nSec-Thing: ok\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: chat\/2\r\nConnection: Upgrade\r\nX-Twice: 1\r\nPlumbline-Exchange: \w{20}\r\n\r\n$/);
});

test('bytes that come right behind the handshake, and right behind the 101, are not lost', async () => {
    const upstream = await chatServer(`${switching}from the upstream`);
    const gateway = await gatewayFor(upstream.url);
    const client = await connect(gateway.port);
    client.send(`${handshake()}from the client`);

    await client.until(() => client.text().endsWith('\r\n\r\nfrom the upstream') || undefined);
    await upstream.connections[0].until(() => upstream.received().endsWith('\r\n\r\nfrom the client') || undefined);
});

test('a side that closes its half is closed on the other side, which may go on', async () => {
    const upstream = await chatServer();
    const folder = temporaryFolder();
    const gateway = await gatewayFor(upstream.url, {}, { record: folder });
    for (const first of ['client', 'server']) {
        const sides = await openChat(gateway, upstream);
        const other = first === 'client' ? sides.server : sides.client;
        await sides[first].send('last words');
        sides[first].end();
        await other.until(() => other.ended && other.text().endsWith('last words') ? true : undefined, 'the end');
        await other.send('and more');
        await sides[first].until(() => sides[first].text().endsWith('and more') || undefined);
        other.end();
        await sides[first].closed();
    }
    const [one, two] = await waitForExchanges(folder, 2);
    assert.deepEqual([one, two].map(({ _plumbline: { tunnel } }) => [tunnel.from_client, tunnel.from_upstream, tunnel.end]), [[10, 8, 'both'], [8, 10, 'both']]);
});

test('a connection that breaks, breaks the other one', async () => {
    const upstream = await chatServer();
    const folder = temporaryFolder();
    const gateway = await gatewayFor(upstream.url, {}, { record: folder });
    const one = await openChat(gateway, upstream);
    one.client.reset();
    await one.server.closed();
    const two = await openChat(gateway, upstream);
    two.server.reset();
    await two.client.until(() => two.client.error?.code === 'ECONNRESET' || undefined, 'a reset');

    const ends = (await waitForExchanges(folder, 2)).map(({ _plumbline }) => _plumbline.tunnel.end);
    assert.deepEqual(ends, ['client', 'upstream']);
});

for (const [reader, writer] of [['server', 'client'], ['client', 'server']])
    test(`a ${reader} that does not read stops the other side, and memory stays bounded`, async () => {
        const upstream = await chatServer();
        const gateway = await gatewayFor(upstream.url);
        const sides = await openChat(gateway, upstream);
        const hash = createHash('sha256');
        const whole = createHash('sha256');
        const block = randomBytes(MIB);
        sides[reader].socket.pause();
        // The socket's own buffer is full, and stays so: nothing is taken any more.
        const { socket } = sides[writer];
        let sent = 0;
        for (let stuck = 0; stuck < 20;) {
            if (socket.writableLength === 0) {
                stuck = 0;
                whole.update(block);
                socket.write(block);
                sent += MIB;
                assert.ok(sent < 200 * MIB, 'no end of it');
            } else {
                stuck++;
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        assert.ok(peak(gateway.pid) < (sanitized ? 600 : 40) * MIB, `peak memory ${peak(gateway.pid)}`);
        const before = sides[reader].text().length;
        let got = 0;
        sides[reader].socket.prependListener('data', (data) => { got += data.length; hash.update(data); sides[reader].chunks.length = 0; });
        sides[reader].socket.resume();
        socket.end();
        await sides[reader].until(() => sides[reader].ended || undefined, 'the rest', 30_000);
        assert.equal(got, sent, `behind ${before} bytes of the head`);
        assert.equal(hash.digest('hex'), whole.digest('hex'));
    });

test('an idle tunnel ends, and one that lives too long', async () => {
    const upstream = await chatServer();
    const folder = temporaryFolder();
    for (const [timeouts, end] of [[{ tunnel_idle: '200ms' }, 'idle'], [{ tunnel_total: '200ms' }, 'total']]) {
        const gateway = await gatewayFor(upstream.url, { timeouts }, { record: path.join(folder, end) });
        const { client, server } = await openChat(gateway, upstream);
        await Promise.all([client.closed(), server.closed()]);
        assert.equal((await waitForExchanges(path.join(folder, end), 1))[0]._plumbline.tunnel.end, end);
    }
});

test('the total timeout of an exchange ends with the handshake', async () => {
    const upstream = await chatServer();
    const gateway = await gatewayFor(upstream.url, { timeouts: { total: '1500ms' } });
    const { client, server } = await openChat(gateway, upstream);

    await new Promise((resolve) => setTimeout(resolve, 2000));
    await client.send('still here');
    await server.until(() => server.text().endsWith('still here') || undefined);
});

test('an upstream that does not switch gives an ordinary answer, and the connection lives on', async () => {
    const answers = [
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
        'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n',
        'HTTP/1.1 426 Upgrade Required\r\nUpgrade: chat/3\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n',
    ];
    const upstream = await rawUpstream(async (connection) => {
        for (const answer of answers) {
            const from = connection.text().length;
            await connection.until(() => connection.text().slice(from).includes('\r\n\r\n') || undefined);
            await connection.send(answer);
        }
    });
    const gateway = await gatewayFor(upstream.url);
    const client = await connect(gateway.port);
    for (let i = 0; i < 3; i++) {
        const before = client.text().length;
        client.send(handshake());
        await client.until(() => client.text().slice(before).match(/\r\n\r\n(ok)?$/) ? true : undefined);
    }
    const all = responses(client.text());
    assert.deepEqual(all.map(({ status }) => status), [200, 400, 426]);
    assert.deepEqual([all[2].header('upgrade'), all[2].header('connection')], ['chat/3', 'upgrade']);
    assert.equal(all[0].header('upgrade'), undefined);
});

test('a 101 that nobody asked for, or to another protocol, is refused', async () => {
    for (const [answer, request, reason] of [
        [switching, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'upstream-malformed'],
        [switching.replace('chat/2', 'chat/3'), handshake(), 'upstream-upgrade'],
        [switching.replace('Upgrade: chat/2\r\n', ''), handshake(), 'upstream-upgrade'],
    ]) {
        const upstream = await chatServer(answer);
        const gateway = await gatewayFor(upstream.url);
        const client = await connect(gateway.port);
        client.send(request);
        await client.until(() => client.text().includes(`"${reason}"`) || undefined, reason);
        assert.match(client.text(), /^HTTP\/1\.1 502 /);
        assert.ok(!client.text().includes('101'));
    }
});

test('what stays HTTP, has a body or is HTTP/1.0 is not asked of the upstream', async () => {
    const upstream = await rawUpstream('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    const gateway = await gatewayFor(upstream.url, { forwarded: 'off', operations: { listParts: { upgrades: 'ignore' } } });
    const ask = (method, version, fields, body = '', target = '/') => `${method} ${target} HTTP/1.${version}\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n${fields}\r\n${body}`;
    for (const request of [
        ask('GET', 1, 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'),
        ask('GET', 1, 'Upgrade: HTTP/2.0\r\n'),
        ask('GET', 1, 'Upgrade: TLS/1.2\r\n'),
        ask('GET', 1, 'Upgrade: bad protocol\r\n'),
        ask('POST', 1, 'Upgrade: chat/2\r\nContent-Length: 2\r\n', 'ok'),
        ask('POST', 1, 'Upgrade: chat/2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
        ask('GET', 0, 'Upgrade: chat/2\r\n'),
        ask('GET', 1, 'Upgrade: chat/2\r\n', '', '/parts'),
    ]) {
        const client = await connect(gateway.port);
        const before = upstream.received().length;
        client.send(request);
        assert.match(await client.head(), /^HTTP\/1\.1 200 /);
        assert.doesNotMatch(upstream.received().slice(before), /upgrade|http2/i, request);
    }

    const mixed = await connect(gateway.port);
    mixed.send(ask('GET', 1, 'upgrade: h2c, chat/2\r\nUpgrade: other\r\n'));
    await mixed.head();
    assert.match(upstream.received(), /\r\nConnection: Upgrade\r\nupgrade: chat\/2, other\r\n/);
});

const wsContract = (responsesOf) => ({
    openapi: '3.1.0',
    info: { title: 'Chat', version: '1' },
    paths: { '/ws': { get: { operationId: 'chat', parameters: [{ name: 'room', in: 'query', required: true, schema: { type: 'string', minLength: 2 } }], responses: responsesOf } } },
});

async function checkedGateway(upstream, responsesOf, service, folder = temporaryFolder()) {
    writeFileSync(path.join(folder, 'chat.openapi.json'), JSON.stringify(wsContract(responsesOf)));
    return startPlumbline({ folder, config: { workers: 1, ...quick, record: path.join(folder, 'rec'), services: { chat: { contract: path.join(folder, 'chat.openapi.json'), upstream, request: 'enforce', response: 'enforce', ...service } } } });
}

test('the handshake is held against its operation before the upstream hears of it', async () => {
    const upstream = await chatServer();
    const gateway = await checkedGateway(upstream.url, { 101: { description: 'a chat' } });
    const client = await connect(gateway.port);
    client.send(handshake('/ws?room=x'));
    assert.match(await client.head(), /^HTTP\/1\.1 400 /);
    assert.equal(upstream.connections.length, 0);

    const good = await connect(gateway.port);
    good.send(handshake('/ws?room=xy'));
    assert.match(await good.head(), /^HTTP\/1\.1 101 /);
    good.end();
    upstream.connections[0].end();
    const [refused, tunnel] = await waitForExchanges(path.join(gateway.folder, 'rec'), 2);
    assert.equal(refused._plumbline.outcome, 'refused');
    assert.equal(tunnel._plumbline.outcome, 'tunnel');
    assert.deepEqual(tunnel._plumbline.response, { checked: true, unchecked: [{ reason: 'stream' }] });
    judge('recording.schema.json')(tunnel);
});

test('a 101 is held against the contract where that names it, and is no finding where it does not', async () => {
    const strict = { 101: { description: 'a chat', headers: { 'X-Room': { required: true, schema: { type: 'string' } } } } };
    const silent = { 200: { description: 'fine' }, default: { description: 'else', headers: { 'X-Error': { required: true, schema: {} } } } };
    for (const [responsesOf, service, status, verdict] of [
        [strict, {}, 502, ['header-missing']],
        [strict, { response: 'observe' }, 101, ['header-missing']],
        [silent, {}, 101, []],
        [silent, { undocumented: 'enforce' }, 502, ['status-unknown']],
    ]) {
        const upstream = await chatServer();
        const gateway = await checkedGateway(upstream.url, responsesOf, service);
        const client = await connect(gateway.port);
        client.send(handshake('/ws?room=xy'));
        assert.equal(Number((await client.head()).slice(9, 12)), status);
        client.reset();
        const [exchange] = await waitForExchanges(path.join(gateway.folder, 'rec'), 1);
        assert.deepEqual((exchange._plumbline.response.violations ?? []).map(({ id }) => id), verdict);
    }
});

test('open tunnels are counted, ended ones are in the access log and on record', async () => {
    const upstream = await chatServer();
    const folder = temporaryFolder();
    const gateway = await gatewayFor(upstream.url, {}, { record: path.join(folder, 'rec'), admin: '127.0.0.1:0' });
    gateway.admin = (await gateway.waitFor(/admin on (http:\/\/\S+)/))[1];
    const { client, server } = await openChat(gateway, upstream);
    assert.equal(await metric(gateway, 'tunnels'), 1);
    await client.send('12345');
    await server.until(() => server.text().endsWith('12345') || undefined);
    await server.send('123');
    client.end();
    server.end();
    await gateway.waitFor(/tunnel: chat\/2 5B up 3B down, ended by both/);
    assert.equal(await metric(gateway, 'tunnels'), 0);
    assert.equal(await metric(gateway, 'tunnels_total'), 1);
    assert.equal(await metric(gateway, 'in_flight'), 0);
    const [{ response, _plumbline }] = await waitForExchanges(path.join(folder, 'rec'), 1);
    assert.equal(response.status, 101);
    const { duration, ...tunnel } = _plumbline.tunnel;
    assert.deepEqual(tunnel, { protocol: 'chat/2', from_client: 5, from_upstream: 3, end: 'both' });
    assert.ok(duration >= 0 && duration <= _plumbline.times.finished);
});

test('when the gateway stops, a tunnel may go on for drain_timeout, then it is closed and on record', async () => {
    const upstream = await chatServer();
    const folder = temporaryFolder();
    const gateway = await gatewayFor(upstream.url, {}, { record: folder, clients: { drain_timeout: '700ms' } });
    const { client, server } = await openChat(gateway, upstream);
    const exited = gateway.stop();
    for (let i = 0; i < 3; i++) {
        await client.send('ping');
        await server.until(() => server.text().endsWith('ping'.repeat(i + 1)) || undefined);
    }
    await Promise.all([exited, client.closed(), server.closed()]);
    assert.deepEqual(readRecording(folder).map(({ _plumbline: { tunnel } }) => [tunnel.end, tunnel.from_client]), [['drain', 12]]);
});
