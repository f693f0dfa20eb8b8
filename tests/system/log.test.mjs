// plumbline log: recordings for people, and the format of recordings.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { before } from 'node:test';
import { gzipSync } from 'node:zlib';
import { binary, plumbline, rawClient, rawUpstream, readRecording, root, run, start, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { startGateway } from './lib/gateway.mjs';
import { judge, judgeHarEntry } from './lib/judge.mjs';

const json = (body, head = '', status = '200 OK') =>
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

let recording;
let segment;
let exchanges;

// One of everything that is easy to lose.
before(async () => {
    const upstream = await rawUpstream(json('{"name":"bob","size":3}', 'X-Odd: caf\u00e9\r\n'));
    recording = path.join(temporaryFolder(), 'recording');
    segment = path.join(recording, '000001.jsonl');
    const gateway = await startGateway(upstream.url, { request: 'observe', response: 'observe' }, { record: { to: recording, sync: '10ms' } });
    const post = (body, headers) => fetch(`${gateway.url}/parts`, { method: 'POST', body, headers });

    await fetch(`${gateway.url}/parts/a1?x=%41&x`);
    await post('{"name":"","size":0}', { 'Content-Type': 'application/json', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
    await post(Buffer.from([0, 255, 254, 10]), { 'Content-Type': 'application/octet-stream' });
    await post(gzipSync('{"name":"bob","size":1}'), { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' });
    await post('\u001b[31mred', { 'Content-Type': 'text/plain' });
    await fetch(`${gateway.url}/secrets`, { headers: { Authorization: 'Bearer abc', Cookie: 'a=b' } });
    await rawClient(gateway.port, 'GET http://parts.example/parts/a%2Fb//c HTTP/1.0\r\nHost: parts.example\r\n\r\n');
    exchanges = await waitForExchanges(recording, 7);
    await gateway.stop();
});

test('every line is an entry of HAR 1.2 and keeps to our own schema', () => {
    const [har, own] = [judgeHarEntry(), judge('recording.schema.json')];

    assert.ok(exchanges.length === 7);
    for (const exchange of exchanges) {
        har(exchange);
        own(exchange);
    }
    assert.deepEqual(exchanges.map(({ _plumbline }) => _plumbline.sequence), exchanges.map((_, index) => index + 1));
    assert.ok(exchanges.some(({ _plumbline }) => _plumbline.request_base64));
    assert.ok(exchanges.some(({ _plumbline }) => _plumbline.traceparent));
});

test('show has one line per exchange, in columns', async () => {
    const result = await plumbline(['log', 'show', recording]);
    const lines = result.stdout.trimEnd().split('\n');

    assert.equal(result.status, 0, result.stderr);
    assert.equal(lines.length, exchanges.length);
    assert.match(lines[0], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \w{20} GET \/parts\/a1\?x=%41&x +200 +\d+\.\dms parts\/getPart +\S/);
    assert.match(lines[1], /parts\/makePart +\d violations: request body-schema, request body-schema/);
    assert.equal(lines[0].indexOf(' 200 '), lines[1].indexOf(' 200 '));
});

test('conditions are joined by "and"', async () => {
    const count = async (...where) =>
        (await plumbline(['log', 'show', recording, ...where.flatMap((each) => ['--where', each])])).stdout.split('\n').length - 1;

    assert.equal(await count('method=post'), 4);
    assert.equal(await count('operation=getPart'), 1);
    assert.equal(await count('service=parts', 'method=POST', 'operation=makePart'), 4);
    assert.equal(await count('status=5xx'), 0);
    assert.equal(await count('status=2xx'), await count('status=200'));
    assert.ok(await count('verdict=violations') >= 1);
    const wrong = await plumbline(['log', 'show', recording, '--where', 'staus=5xx']);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /'staus=5xx' is none of/);
    assert.equal((await plumbline(['log', 'show', recording, '--where', 'status=9xx'])).status, 2);
});

test('one exchange is shown whole, and what was sent cannot command the terminal', async () => {
    const { id } = exchanges[1]._plumbline;
    const { stdout, status } = await plumbline(['log', 'show', recording, '--id', id]);

    assert.equal(status, 0);
    assert.match(stdout, /^> POST \/parts HTTP\/1\.1$/m);
    assert.match(stdout, /^\{"name":"","size":0\}$/m);
    assert.match(stdout, /^< HTTP\/1\.1 200 OK$/m);
    assert.match(stdout, /^request body-schema \/size\n {2}expected {2}\S.*\n {2}found {5}0 .*\n {2}contract {2}\S+parts\.openapi\.json:\d+:\d+ \/\S+$/m);
    const other = await plumbline(['log', 'show', recording, '--id', exchanges[4]._plumbline.id]);
    assert.match(other.stdout, /^\\x1b\[31mred$/m);
    assert.doesNotMatch(other.stdout, /\x1b/);
    const none = await plumbline(['log', 'show', recording, '--id', 'nobody']);
    assert.equal(none.status, 1);
    assert.match(none.stderr, /no exchange whose id begins with 'nobody'/);
});

test('bodies are shown decoded; binary ones by their size', async () => {
    const { stdout } = await plumbline(['log', 'show', recording, '--body', '--where', 'method=POST']);

    assert.match(stdout, /request body:\n\(4 bytes, binary\)/);
    assert.match(stdout, /request body:\n\{"name":"bob","size":1\}/);
});

test('tail shows the last ones and follows', async () => {
    const folder = path.join(temporaryFolder(), 'followed');
    const lines = readFileSync(segment, 'utf8').split('\n');
    const upstream = await rawUpstream(json('[]'));
    const gateway = await startGateway(upstream.url, {}, { record: { to: folder, sync: '10ms', segment: 3000 } });
    const last = await plumbline(['log', 'tail', recording, '-n', '2']);

    assert.equal(lines.length, exchanges.length + 1);
    assert.equal(last.stdout.split('\n').length, 3);
    assert.match(last.stdout.split('\n')[1], new RegExp(exchanges.at(-1)._plumbline.id));

    await fetch(`${gateway.url}/parts?n=0`);
    await waitForExchanges(folder, 1);
    const tail = start(binary, ['log', 'tail', folder, '-f'], { name: 'log tail' });
    await tail.waitFor(/parts\?n=0/, { stream: 'stdout' });
    for (let n = 1; n <= 12; n++) // over several segments
        await fetch(`${gateway.url}/parts?n=${n}`);
    await tail.waitFor(/parts\?n=12 /, { stream: 'stdout' });
    assert.deepEqual([...tail.stdout.matchAll(/n=(\d+) /g)].map(([, n]) => Number(n)), [...Array(13).keys()]);
    assert.deepEqual(await tail.stop({ signal: 'SIGINT' }), { status: 0, signal: null });
    const five = await plumbline(['log', 'tail', folder, '-n', '5']); // from several segments as well
    assert.deepEqual([...five.stdout.matchAll(/n=(\d+) /g)].map(([, n]) => Number(n)), [8, 9, 10, 11, 12]);
});

test('tail gives the lines themselves as JSON', async () => {
    const recording = path.join(root, 'docs/examples/recording');
    const { stdout, status } = await plumbline(['log', 'tail', recording, '-n', '1', '--report', 'json']);
    assert.equal(status, 0);
    const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(lines, [JSON.parse(readFileSync(path.join(recording, '000001.jsonl'), 'utf8').trimEnd().split('\n').at(-1))]);
});

test('verify finds what is missing, twice, torn, or not ours', async () => {
    const folder = temporaryFolder();
    const copy = path.join(folder, '000001.jsonl');
    const lines = readFileSync(segment, 'utf8').trimEnd().split('\n');
    const verify = async (content) => {
        writeFileSync(copy, content);
        return plumbline(['log', 'verify', folder]);
    };
    const fine = await verify(`${lines.join('\n')}\n`);

    assert.equal(fine.status, 0, fine.stdout);
    assert.equal(fine.stdout, `${folder}: 7 exchanges in 1 segment, numbers 1 to 7: fine\n`);
    assert.equal((await verify(`${lines.slice(2).join('\n')}\n`)).status, 0); // older ones may be gone

    const wrong = [
        [[lines[0], lines[2]], /:2: 1 line is missing: the sequence number goes from 1 to 3/],
        [[lines[0], lines[1], lines[1]], /:3: the sequence number 2 comes after 2/],
        [[lines[0], '{"a":', lines[1]], /:2: column 6: /],
        [[lines[0], '{"request":{"method":"GET","url":"/"}}'], /:2: this line was not written by Plumbline/],
        [[lines[0].replace('"version":1', '"version":99')], /:1: \/_plumbline\/version: written by another version/],
        [[lines[0].replace(/"end":"[^"]*"/, '"end":"2001-01-01T00:00:00Z"')], /:1: the exchange ended before it began/],
        [[lines[0].replace(/"id":"[^"]*"/, '"id":""')], /:1: the exchange has no id/],
    ];
    for (const [content, message] of wrong) {
        const result = await verify(`${content.join('\n')}\n`);
        assert.equal(result.status, 1, content.join('\n'));
        assert.match(result.stdout, message);
        assert.match(result.stdout, /: 1 problem\n$/);
    }
    writeFileSync(copy, `${lines[0]}\n`);
    appendFileSync(copy, lines[1].slice(0, 50));
    const torn = await plumbline(['log', 'verify', folder]);
    assert.equal(torn.status, 1);
    assert.match(torn.stdout, /:2: the last line is torn \(50 bytes\): being written, or cut by a crash\n/);
});

test('after a crash every whole line survives and numbers go on', async () => {
    const folder = path.join(temporaryFolder(), 'crashed');
    const upstream = await rawUpstream(json('[]'));
    const settings = { record: { to: folder, sync: '10ms' } };
    const first = await startGateway(upstream.url, {}, settings);

    await fetch(`${first.url}/parts?n=1`);
    await fetch(`${first.url}/parts?n=2`);
    await waitForExchanges(folder, 2);
    first.signal('SIGKILL');
    await first.exit;
    appendFileSync(path.join(folder, '000001.jsonl'), '{"startedDateTime":"torn');
    const second = await startGateway(upstream.url, {}, settings);
    await fetch(`${second.url}/parts?n=3`);
    await waitForExchanges(folder, 3);
    await second.stop();
    assert.deepEqual(readRecording(folder).map(({ _plumbline }) => [_plumbline.sequence, _plumbline.target]),
        [[1, '/parts?n=1'], [2, '/parts?n=2'], [3, '/parts?n=3']]);
    assert.equal((await plumbline(['log', 'verify', folder])).status, 0);
});

test('mistakes on the command line', async () => {
    const cases = [
        [['log'], 2, /usage: plumbline log COMMAND/],
        [['log', 'shwo'], 2, /did you mean 'show'/],
        [['log', 'show', '/nowhere'], 3, /\/nowhere: there is no such file or folder/],
        [['log', 'tail', '/nowhere'], 3, /\/nowhere: there is no such file or folder/],
        [['log', 'tail', segment, '-f'], 2, /only a recording's folder can be followed/],
        [['log', 'tail', recording, '-n', 'x'], 2, /-n|--lines/],
        [['log', 'verify'], 2, /something is missing/],
        [['log', 'verify', '/nowhere'], 3, /\/nowhere/],
    ];

    for (const [args, status, message] of cases) {
        const result = await plumbline(args);
        assert.equal(result.status, status, `${args.join(' ')}: ${result.stderr}`);
        assert.match(result.stderr, message);
    }
});

test('an exchange is found by how its id begins, as a page, as JSON or as a command for curl', async () => {
    const { id } = exchanges[1]._plumbline;
    const begin = id.slice(0, 18);
    const same = exchanges.filter(({ _plumbline }) => _plumbline.id.startsWith(begin));
    const page = await plumbline(['log', 'show', recording, id]);
    assert.equal(page.status, 0, page.stderr);
    assert.equal(page.stdout, (await plumbline(['log', 'show', recording, '--id', id])).stdout);

    const lines = await plumbline(['log', 'show', recording, begin, '--report', 'json']);
    assert.deepEqual(lines.stdout.trimEnd().split('\n').map(JSON.parse), same);
    const all = await plumbline(['log', 'show', recording, '--report', 'json', '--where', 'method=POST']);
    assert.equal(all.stdout.trimEnd().split('\n').length, 4);
    const none = await plumbline(['log', 'show', recording, 'zzzzzzzz']);
    assert.equal(none.status, 1);
    assert.match(none.stderr, /no exchange whose id begins with 'zzzzzzzz'/);
    const nowhere = await plumbline(['log', 'show', id], { cwd: temporaryFolder() });
    assert.equal(nowhere.status, 2);
    assert.match(nowhere.stderr, /which recording\? there is no rules\/gateway\.yaml here/);
});

test('a command for curl sends the recorded request again', async () => {
    const upstream = await rawUpstream(json('[]'));
    for (const exchange of exchanges) {
        const { id } = exchange._plumbline;
        const { stdout } = await plumbline(['log', 'show', recording, '--curl', id]);
        const authority = new URL(exchange.request.url).host;
        const at = stdout.lastIndexOf(`'http://${authority}`); // the URL stands behind a target of its own
        const command = `${stdout.slice(0, at)}'${upstream.url}${stdout.slice(at + authority.length + 8)}`;
        const before = upstream.received().length;
        const { status, stderr } = await run('bash', ['-c', command]);

        assert.equal(status, 0, `${command}\n${stderr}`);
        const sent = upstream.received().slice(before);
        const end = sent.indexOf('\r\n\r\n');
        assert.equal(sent.split(' ')[0], exchange.request.method);
        assert.ok(sent.split(' ')[1].endsWith(exchange._plumbline.target.replace(/^http:\/\/[^/]*/, '')), sent);
        for (const { name, value } of exchange.request.headers)
            if (!/^(host|connection|content-length|transfer-encoding)$/i.test(name))
                assert.ok(sent.slice(0, end).toLowerCase().includes(`\r\n${name}: ${value}`.toLowerCase()), `${name}: ${value} in ${sent}`);
        const bytes = exchange._plumbline.request_base64;
        const body = bytes ? Buffer.from(bytes, 'base64').toString('latin1') : Buffer.from(exchange.request.postData?.text ?? '').toString('latin1');
        assert.equal(sent.slice(end + 4), body);
        for (const place of (exchange._plumbline.redacted ?? []).filter((each) => each.startsWith('request ')))
            assert.ok(stdout.includes(`# redacted, put it in: ${place}\n`));
    }
});

test('colours are for terminals only', async () => {
    const plain = await plumbline(['log', 'show', recording]);
    assert.doesNotMatch(plain.stdout, /\x1b/);
    const onTerminal = await run('script', ['-qec', `${binary} log show ${recording}`, '/dev/null'], { env: { TERM: 'xterm', NO_COLOR: '' } });
    assert.match(onTerminal.stdout, /\x1b\[31m[^\n]*violation[^\n]*\x1b\[0m/);
    const unwanted = await run('script', ['-qec', `${binary} log show ${recording}`, '/dev/null'], { env: { TERM: 'xterm', NO_COLOR: '1' } });
    assert.doesNotMatch(unwanted.stdout, /\x1b/);
});
