// plumbline log export --har and log import: recordings as HAR 1.2, and anybody's HAR files as recordings.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { before } from 'node:test';
import { gzipSync } from 'node:zlib';
import { binary, freePort, plumbline, rawClient, rawUpstream, readRecording, root, run, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { contract, startGateway } from './lib/gateway.mjs';
import { judge, judgeHar } from './lib/judge.mjs';

const cases = path.join(root, 'tests/cases/traffic/har');
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const json = (body, head = '', status = '200 OK') =>
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const target = () => path.join(temporaryFolder(), 'recording');

// What `log import` makes of a file, and what it says.
async function imported(file, ...more) {
    const folder = target();
    const result = await plumbline(['log', 'import', file, '-o', folder, ...more]);
    return { ...result, folder, entries: existsSync(folder) ? readRecording(folder) : [] };
}

async function exported(...args) {
    const file = path.join(temporaryFolder(), 'export.har');
    const result = await plumbline(['log', 'export', '--har', ...args, '-o', file]);
    return { ...result, file, har: existsSync(file) ? read(file) : undefined };
}

let recordings;
const lines = () => recordings.flatMap((each) => readRecording(each));

// Exchanges of every kind, over three gateways.
before(async () => {
    recordings = [await recordObserved(), await recordEnforced(), await recordOdd()];
});

async function recordObserved() {
    const upstream = await rawUpstream(json('{"name":"bob","size":3}', 'X-Odd: caf\u00e9\r\nSet-Cookie: a=b; Path=/; HttpOnly\r\n'));
    const to = target();
    const gateway = await startGateway(upstream.url, { request: 'observe', response: 'observe' },
        { record: { to, sync: '10ms', max_body: 100 } });
    const post = (body, headers) => fetch(`${gateway.url}/parts`, { method: 'POST', body, headers });

    await fetch(`${gateway.url}/parts/a1?x=%41&x`, { headers: { Authorization: 'Bearer abc', Cookie: 'a=b; c=d' } });
    await post('{"name":"","size":0}', { 'Content-Type': 'application/json' });
    await post(Buffer.from([0, 255, 254, 10]), { 'Content-Type': 'application/octet-stream' });
    await post(gzipSync('{"name":"bob","size":1}'), { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' });
    await post('long '.repeat(100), { 'Content-Type': 'text/plain' }); // cut on record
    await post('{"password":"hunter2","card_number":4111111111111111}', { 'Content-Type': 'application/json' });
    await rawClient(gateway.port, 'GET http://parts.example/parts/a%2Fb//c HTTP/1.0\r\nHost: parts.example\r\nX-A: 1\r\nx-a: 2\r\n\r\n');
    await rawClient(gateway.port, 'GET /parts/"<>^`{|}%zz HTTP/1.1\r\nHost: parts.example\r\nConnection: close\r\n\r\n');
    await rawClient(gateway.port, 'OPTIONS * HTTP/1.1\r\nHost: parts.example\r\nConnection: close\r\n\r\n');
    await waitForExchanges(to, 9);
    await gateway.stop();
    return to;
}

async function recordEnforced() {
    const upstream = await rawUpstream(json('{"name":1}'));
    const to = target();
    const gateway = await startGateway(upstream.url, { request: 'enforce', response: 'enforce' }, { record: { to, sync: '10ms' } });

    await fetch(`${gateway.url}/nothing`);
    await fetch(`${gateway.url}/parts/a1`); // the response is refused
    await rawClient(gateway.port, 'NO\u0001NSENSE\r\n\r\n');
    await waitForExchanges(to, 3);
    await gateway.stop();
    return to;
}

// Nobody answers; an answer that is cut; a tunnel.
async function recordOdd() {
    const upstream = await rawUpstream(async (connection) => {
        const head = await connection.head();
        if (head.includes('Upgrade')) {
            await connection.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
            await connection.until(() => connection.text().endsWith('bye') || undefined, 'the end');
        } else {
            await connection.send('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf');
        }
        connection.end();
    });
    const to = target();
    const gone = await startGateway(`http://127.0.0.1:${await freePort()}`, {}, { record: { to, sync: '10ms' } });
    await fetch(`${gone.url}/parts`);
    await waitForExchanges(to, 1);
    await gone.stop();
    const gateway = await startGateway(upstream.url, {}, { record: { to, sync: '10ms' } });
    await rawClient(gateway.port, 'GET /parts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await rawClient(gateway.port, 'GET /parts HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nbye');
    await waitForExchanges(to, 3);
    await gateway.stop();
    return to;
}

// ---- export ----

test('an export of exchanges of every kind keeps to HAR 1.2', async () => {
    const { status, stderr, har } = await exported(...recordings);
    const known = new Set(['startedDateTime', 'time', 'request', 'response', 'cache', 'timings', 'serverIPAddress', 'connection', 'comment']);

    assert.equal(status, 0, stderr);
    assert.equal(stderr, '');
    judgeHar()(har);
    assert.equal(har.log.entries.length, lines().length);
    assert.equal(har.log.creator.name, 'Plumbline');
    assert.equal(har.log.pages, undefined);
    const outcomes = new Set(har.log.entries.map(({ _plumbline }) => _plumbline.outcome));
    assert.ok(outcomes.has('delivered') && outcomes.has('refused'));
    for (const each of ['request_base64', 'truncated', 'redacted', 'refusal'])
        assert.ok(har.log.entries.some(({ _plumbline }) => _plumbline[each]), each);
    assert.ok(har.log.entries.some(({ response }) => response.status === 0 || response.status === 502));
    for (const entry of har.log.entries)
        for (const name of Object.keys(entry))
            assert.ok(known.has(name) || name.startsWith('_'), name);
});

test('what an export adds: the server, cookies, valid URLs; what it keeps: everything else', async () => {
    const { har } = await exported(recordings[0]);
    const before = readRecording(recordings[0]);

    assert.deepEqual(har.log.entries.map(({ _plumbline }) => _plumbline), before.map(({ _plumbline }) => _plumbline));
    assert.ok(har.log.entries.every(({ serverIPAddress, _plumbline }) => serverIPAddress === (_plumbline.upstream && '127.0.0.1')));
    const [first] = har.log.entries;
    assert.deepEqual(first.request.cookies, [{ name: 'a', value: '***' }, { name: 'c', value: '***' }]);
    assert.deepEqual(first.response.cookies, [{ name: 'a', value: '***', path: '/', httpOnly: true }]);
    for (const [index, { request, response }] of har.log.entries.entries()) {
        assert.deepEqual(request.headers, before[index].request.headers);
        assert.deepEqual(request.postData, before[index].request.postData);
        assert.deepEqual(response.content, before[index].response.content);
        assert.equal(new URL(request.url).protocol, 'http:');
    }
    assert.ok(har.log.entries.some(({ request }) => request.url.endsWith('/parts/%22%3C%3E%5E%60%7B%7C%7D%25zz')));
});

test('an export of the messy files of other tools keeps to HAR 1.2, too', async () => {
    const valid = judgeHar();
    for (const name of readdirSync(cases).filter((each) => each.endsWith('.har'))) {
        const { status, stderr, har } = await exported(path.join(cases, name));
        if (har === undefined)
            assert.equal(status, 2, `${name}: ${stderr}`);
        else
            valid(har);
    }
});

test('an export is as narrow as it is asked to be', async () => {
    const count = async (...args) => (await exported(recordings[0], ...args)).har.log.entries.length;
    const all = readRecording(recordings[0]);
    const second = all[1].startedDateTime;

    assert.equal(await count('--where', 'method=POST'), all.filter(({ request }) => request.method === 'POST').length);
    assert.equal(await count('--operation', 'getPart'), all.filter(({ _plumbline }) => _plumbline.operation === 'getPart').length);
    assert.equal(await count('--service', 'parts', '--status', '2xx'), all.filter(({ response }) => response.status === 200).length);
    assert.equal(await count('--since', second), all.length - 1);
    assert.equal(await count('--until', second), 1);
    assert.equal(await count('--since', '1d', '--until', '2200-01-01'), all.length);
    assert.equal(await count('--until', '1d'), 0);
    const show = await plumbline(['log', 'show', recordings[0], '--since', second]);
    assert.equal(show.stdout.trimEnd().split('\n').length, all.length - 1);
});

test('what cannot be exported is said, with an exit code', async () => {
    const none = await exported(recordings[0], '--service', 'nobody');
    assert.equal(none.status, 1);
    assert.match(none.stderr, /there is no such exchange: the HAR file has no entries/);
    judgeHar()(none.har);

    const rows = [
        [[recordings[0], '-o', '/nowhere/x.har'], 3, /\/nowhere\/x\.har: cannot write the file: No such file/],
        [['/nowhere/recording'], 3, /\/nowhere\/recording: there is no such file or folder/],
        [[recordings[0], '--since', 'yesterday'], 2, /--since: 'yesterday' is no time/],
        [[recordings[0], '--where', 'status=9xx'], 2, /behind 'status=' stands/],
        [[], 2, /something is missing/],
    ];
    for (const [args, status, message] of rows) {
        const result = await plumbline(['log', 'export', '--har', ...args]);
        assert.equal(result.status, status, result.stderr);
        assert.match(result.stderr, message);
    }

    const folder = temporaryFolder();
    const kept = path.join(folder, 'kept.har');
    writeFileSync(kept, 'as it was');
    assert.equal((await plumbline(['log', 'export', '--har', '/nowhere/recording', '-o', kept])).status, 3);
    assert.equal(readFileSync(kept, 'utf8'), 'as it was');
    assert.deepEqual(readdirSync(folder), ['kept.har']);
});

test('a line that is broken is left out of the export and told', async () => {
    const folder = target();
    const [first] = readFileSync(path.join(recordings[0], '000001.jsonl'), 'utf8').split('\n');
    mkdirSync(folder);
    writeFileSync(path.join(folder, '000001.jsonl'), `${first}\n{"a":}\n${first}\n`);
    const { status, stderr, har } = await exported(folder);

    assert.equal(status, 2);
    assert.equal(har.log.entries.length, 2);
    assert.match(stderr, new RegExp(`${folder}/000001\\.jsonl:2:`));
    assert.match(stderr, /1 entry could not be read and was left out/);
});

test('an export may be piped', async () => {
    const { stdout, status } = await plumbline(['log', 'export', '--har', recordings[0]]);

    assert.equal(status, 0);
    judgeHar()(JSON.parse(stdout));
});

// ---- round trips ----

test('a recording that was exported and imported again is the same recording', async () => {
    for (const recording of recordings) {
        const { file } = await exported(recording);
        const again = await imported(file, '--no-redact');
        const redacted = await imported(file); // a second time: nothing is left, but for bodies that cannot be looked into
        const whole = ({ _plumbline }) => !_plumbline.truncated;

        assert.equal(again.status, 0, again.stderr);
        assert.deepEqual(again.entries, readRecording(recording));
        assert.deepEqual(redacted.entries.filter(whole), readRecording(recording).filter(whole));
    }
});

test('an import that is exported does not change any more', async () => {
    for (const name of readdirSync(cases).filter((each) => each.endsWith('.har'))) {
        const once = await imported(path.join(cases, name));
        if (once.entries.length === 0)
            continue;
        const first = await exported(once.folder);
        const twice = await imported(first.file);
        const second = await exported(twice.folder);

        assert.deepEqual(twice.entries, once.entries, name);
        assert.equal(readFileSync(second.file, 'utf8'), readFileSync(first.file, 'utf8'), name);
    }
});

// ---- import ----

test('each kind of tool writes it differently, and comes in', async () => {
    const own = judge('recording.schema.json');
    const expected = read(path.join(cases, 'expected.json'));
    const names = readdirSync(cases).filter((each) => each.endsWith('.har'));

    assert.deepEqual(Object.keys(expected).sort(), names.sort());
    for (const name of names) {
        const { status, says, errors, exchanges } = expected[name];
        const result = await imported(path.join(cases, name));

        assert.equal(result.status, status, `${name}: ${result.stderr}`);
        assert.equal(result.stdout.replace(`${cases}/`, '').trimEnd(), says ?? '', name);
        assert.deepEqual(result.stderr.replaceAll(`${cases}/`, '').split('\n').filter(Boolean), errors ?? [], name);
        result.entries.forEach((entry) => own(entry));
        assert.deepEqual(result.entries.map(summary), exchanges ?? [], name);
        if (result.entries.length > 0) {
            const verified = await plumbline(['log', 'verify', result.folder]);
            assert.equal(verified.status, 0, verified.stdout);
            assert.equal(statSync(result.folder).mode & 0o777, 0o700);
            assert.equal(statSync(path.join(result.folder, '000001.jsonl')).mode & 0o777, 0o600);
        }
    }
});

function summary({ startedDateTime, request, response, _plumbline }) {
    return {
        at: startedDateTime,
        request: `${request.method} ${request.url} ${request.httpVersion}`,
        headers: request.headers.map(({ name, value }) => `${name}: ${value}`),
        ...request.postData && { body: request.postData.text },
        response: `${response.status} ${response.httpVersion}`,
        answer: response.headers.map(({ name, value }) => `${name}: ${value}`),
        ...response.content.text !== undefined && { text: response.content.text },
        ..._plumbline.truncated && { truncated: _plumbline.truncated },
        ..._plumbline.redacted && { redacted: _plumbline.redacted },
    };
}

test('an import is redacted by default, by the settings, or not at all', async () => {
    const file = path.join(cases, 'secrets.har');
    const folder = temporaryFolder();
    const settings = path.join(folder, 'gateway.yaml');
    writeFileSync(path.join(folder, 'parts.openapi.json'), JSON.stringify(contract));
    writeFileSync(settings, JSON.stringify({
        services: { parts: { contract: 'parts.openapi.json', upstream: 'http://127.0.0.1:1' } },
        redaction: { rules: [{ field: 'name', action: 'mask' }] },
    }));
    const text = ({ entries }) => JSON.stringify(entries);
    const plain = text(await imported(file, '--no-redact'));
    const usual = text(await imported(file));
    const ruled = text(await imported(file, '-c', settings));

    assert.match(plain, /hunter2/);
    assert.match(plain, /Walther/);
    assert.doesNotMatch(usual, /hunter2|4111111111111111|qwertz/);
    assert.match(usual, /Walther/);
    assert.doesNotMatch(ruled, /hunter2|Walther/);
});

test('check finds the same in a HAR file and in what was imported from it', async () => {
    const file = path.join(temporaryFolder(), 'parts.openapi.json');
    writeFileSync(file, JSON.stringify(contract));
    const findings = async (what) => {
        const { stdout } = await plumbline(['check', what, '--contract', file, '--report', 'json']);
        return JSON.parse(stdout).findings.map(({ fingerprint, rule, count }) => `${fingerprint} ${rule} ${count}`);
    };
    for (const name of ['charles', 'chrome', 'firefox', 'k6', 'mitmproxy', 'postman', 'safari', 'secrets']) {
        const har = path.join(cases, `${name}.har`);
        const { folder } = await imported(har, '--no-redact');
        const expected = await findings(har);

        assert.ok(expected.length > 0, name);
        assert.deepEqual(await findings(folder), expected, name);
    }
});

test('an import continues the recording that is there', async () => {
    const file = path.join(cases, 'firefox.har');
    const folder = target();
    const once = await plumbline(['log', 'import', file, '-o', folder]);
    const twice = await plumbline(['log', 'import', file, file, '-o', folder]);
    const entries = readRecording(folder);

    assert.equal(once.status + twice.status, 0);
    assert.deepEqual(entries.map(({ _plumbline }) => _plumbline.sequence), entries.map((_, index) => index + 1));
    assert.equal(new Set(entries.map(({ _plumbline }) => _plumbline.id)).size, entries.length);
    assert.equal((await plumbline(['log', 'verify', folder])).status, 0);
});

test('mistakes on the command line of an import', async () => {
    const file = path.join(cases, 'firefox.har');
    const rows = [
        [[file], 2, /-o DIR is missing/],
        [[file, '-o', target(), '-c', 'x', '--no-redact'], 2, /either -c FILE or --no-redact, not both/],
        [[file, '-o', target(), '-c', '/nowhere.yaml'], 3, /\/nowhere\.yaml: /],
        [['/nowhere.har', '-o', target()], 3, /\/nowhere\.har: there is no such file/],
        [[file, '-o', '/proc/nowhere'], 3, /\/proc\/nowhere/],
    ];
    for (const [args, status, message] of rows) {
        const result = await plumbline(['log', 'import', ...args]);
        assert.equal(result.status, status, result.stderr);
        assert.match(result.stderr, message);
    }
});

test('one that is no HAR file does not keep the others out', async () => {
    const folder = target();
    const result = await plumbline(['log', 'import', path.join(root, 'Makefile'), path.join(cases, 'firefox.har'), '-o', folder]);

    assert.equal(result.status, 1);
    assert.match(result.stderr, /Makefile: this is neither a HAR file nor a recording/);
    assert.ok(readRecording(folder).length > 0);
});

// Sanitizers reserve more than any limit.
test('a large file needs no large memory', { skip: /\/build\/(san|tsan)\//.test(binary) && 'the program is built with a sanitizer' }, async () => {
    const file = path.join(temporaryFolder(), 'large.har');
    const [entry] = read(path.join(cases, 'firefox.har')).log.entries;
    const text = JSON.stringify({ ...entry, response: { ...entry.response, content: { mimeType: 'text/plain', text: 'x'.repeat(100_000) } } });

    writeFileSync(file, '{"log":{"version":"1.2","entries":[');
    for (let n = 0; n < 16; n++)
        appendFileSync(file, `${n > 0 ? ',' : ''}${Array(100).fill(text).join(',')}`);
    appendFileSync(file, ']}}');
    assert.ok(statSync(file).size > 150 * 1024 * 1024);
    const folder = target();
    for (const words of [`import ${file} -o ${folder}`, `export --har ${file} -o /dev/null`, `show ${file}`]) {
        const result = await run('bash', ['-c', `ulimit -v 150000 && exec ${binary} log ${words} >/dev/null`]);
        assert.equal(result.status, 0, `${words}: ${result.stderr}`);
    }
    assert.equal(readdirSync(folder).filter((name) => name.endsWith('.jsonl')).length, 3);
});

const suite = path.join(process.env.PLUMBLINE_SUITES ?? path.join(root, '../shared/suites'), 'har');

test('the HAR files of other projects come in whole, or are refused with a place', { skip: !existsSync(suite) && 'PLUMBLINE_SUITES/har is not there' }, async () => {
    const files = readdirSync(suite, { recursive: true }).filter((name) => name.endsWith('.har')).sort();
    const valid = judgeHar();

    assert.ok(files.length >= 25);
    for (const name of files) {
        const { status, stderr, entries, folder } = await imported(path.join(suite, name));
        if (/not-(json|valid)/.test(name)) {
            assert.equal(status, 2, name);
            assert.match(stderr, /not-json\.har:8:5: |not-valid\.har: .*\/log\/entries is missing/);
            continue;
        }
        const all = JSON.parse(readFileSync(path.join(suite, name), 'utf8').replace(/^\ufeff/, '')).log.entries;
        assert.equal(status, 0, `${name}: ${stderr}`);
        assert.equal(entries.length, all.filter(({ request }) => !request.url.startsWith('data:')).length, name);
        if (entries.length > 0)
            valid((await exported(folder)).har);
    }
});
