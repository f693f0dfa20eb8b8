// plumbline check: recorded traffic against contracts.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { binary, plumbline, rawUpstream, readRecording, root, run, start, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { contract, startGateway } from './lib/gateway.mjs';
import { judge } from './lib/judge.mjs';

const json = (body, status = '200 OK') =>
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const post = (url, body, headers = {}) =>
    fetch(`${url}/parts`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });

const good = { name: 'bob', size: 3 };

// A recording of what `talk` does through a gateway in front of an upstream that always answers the same.
async function record(answer, talk, count, service = { request: 'observe', response: 'observe' }, settings = {}) {
    const upstream = await rawUpstream(answer);
    const recording = path.join(temporaryFolder(), 'recording');
    const gateway = await startGateway(upstream.url, service, { record: { to: recording, sync: '10ms' }, ...settings });
    await talk(gateway.url);
    await waitForExchanges(recording, count);
    await gateway.stop();
    return { recording, gateway, config: gateway.config, file: path.join(gateway.folder, 'parts.openapi.json') };
}

const reportOf = (result) => JSON.parse(result.stdout);

// A HAR file with these entries, and the contract of lib/gateway.mjs.
function harFile(entries) {
    const folder = temporaryFolder();
    const [har, file] = [path.join(folder, 'traffic.har'), path.join(folder, 'parts.openapi.json')];
    writeFileSync(har, JSON.stringify({ log: { version: '1.2', creator: { name: 'test', version: '1' }, entries } }, null, 1));
    writeFileSync(file, JSON.stringify(contract));
    return { har, file, folder };
}

const entry = (method, url, status, body, type = 'application/json') => ({
    startedDateTime: '2026-11-21T05:12:03.123Z', time: 1, cache: {}, timings: { send: 0, wait: 1, receive: 0 },
    request: { method, url, httpVersion: 'HTTP/1.1', cookies: [], headers: [], queryString: [], headersSize: -1, bodySize: 0 },
    response: {
        status, statusText: '', httpVersion: 'HTTP/1.1', cookies: [], headers: [{ name: 'Content-Type', value: type }],
        content: { size: body.length, mimeType: type, text: body }, redirectURL: '', headersSize: -1, bodySize: body.length,
    },
});

test('what was found live is found again in the recording, with the same ids and places', async () => {
    const { recording, config } = await record(json('{"name":"bob"}', '201 Created'), async (url) => {
        await post(url, { name: '', size: 0 });
        await post(url, { name: '', size: 0 });
    }, 2);
    const live = readRecording(recording)[0]._plumbline;
    const result = await plumbline(['check', recording, '-c', config, '--report', 'json']);
    const report = reportOf(result);

    assert.equal(result.status, 1, result.stderr);
    judge('report.schema.json')(report);
    const found = report.findings.map(({ side, rule, instance }) => `${side} ${rule} ${instance}`).sort();
    assert.deepEqual(found, ['request body-schema /name', 'request body-schema /size', 'response body-schema /size']);
    assert.equal(live.request.violations.length + live.response.violations.length, 3);
    for (const finding of report.findings) {
        assert.equal(finding.count, 2);
        assert.equal(finding.service, 'parts');
        assert.equal(finding.operation, 'makePart');
        assert.equal(finding.seen_at, `${recording}/000001.jsonl:1`);
        assert.equal(finding.examples[0], live.id);
        assert.ok(finding.contract.line > 0);
    }
    assert.deepEqual([report.summary.exchanges, report.summary.error, report.summary.operations_seen], [2, 3, 1]);
});

test('clean traffic is fine; coverage gates only when it is asked to', async () => {
    const { recording, config, file } = await record(json(JSON.stringify(good), '201 Created'), (url) => post(url, good), 1);
    const fine = await plumbline(['check', recording, '-c', config]);

    assert.equal(fine.status, 0, fine.stdout + fine.stderr);
    assert.match(fine.stdout, /^1 exchanges, 0 errors, 0 warnings, 0 info\ncoverage: 1 of 4 operations\n$/);
    assert.equal((await plumbline(['check', recording, '--contract', file, '--min-coverage', '25'])).status, 0);
    const little = await plumbline(['check', recording, '--contract', file, '--min-coverage', '26']);
    assert.equal(little.status, 1);
    assert.match(little.stderr, /1 of 4 operations were seen, which is less than 26 percent/);
});

test('a HAR file of another tool is checked against a contract', async () => {
    const { har, file } = harFile([
        entry('GET', 'http://shop.example/parts?limit=1000', 200, JSON.stringify([good])),
        entry('GET', 'http://shop.example/parts/UPPER', 200, JSON.stringify(good)),
        entry('GET', 'http://shop.example/nothing', 200, '{}'),
        entry('DELETE', 'http://shop.example/parts', 200, '{}'),
        entry('GET', 'http://shop.example/parts/a1', 418, '{}'),
    ]);
    const result = await plumbline(['check', har, '--contract', file, '--report', 'json']);
    const report = reportOf(result);

    assert.equal(result.status, 1, result.stderr);
    assert.deepEqual(report.findings.map(({ side, rule, operation }) => `${operation} ${side} ${rule}`).sort(), [
        ' request method-unknown', ' request path-unknown', 'getPart request parameter-schema', 'getPart response status-unknown',
        'listParts request parameter-schema',
    ]);
    assert.equal(report.findings.every(({ service }) => service === 'parts'), true);
    const line = Number(report.findings.find(({ rule }) => rule === 'path-unknown').seen_at.split(':').pop());
    const text = readFileSync(har, 'utf8').split('\n');
    assert.ok(line < text.findIndex((each) => each.includes('/nothing')) + 1);
});

test('--fail-on says from which level on', async () => {
    const { har, file } = harFile([entry('GET', 'http://shop.example/parts?unknown=1', 200, '[]')]);
    const run = (...more) => plumbline(['check', har, '--contract', file, ...more]);

    const result = await run();
    assert.match(result.stdout, /^warn  request parameter-unknown  parts listParts  query unknown$/m);
    assert.equal(result.status, 0);
    assert.equal((await run('--fail-on', 'warn')).status, 1);
    assert.equal((await run('--fail-on', 'info')).status, 1);
});

test('the policy of the settings counts: off, ignore', async () => {
    const talk = (url) => post(url, { name: '', size: 0 });
    const { recording, config } = await record(json('{}', '201 Created'), talk, 1, { request: 'off', response: 'observe', ignore: ['body-schema'] });
    const result = await plumbline(['check', recording, '-c', config]);

    assert.equal(result.status, 0, result.stdout);
    assert.match(result.stdout, /0 errors/);
});

test('secrets are not on record, and what they hide is unchecked, not fine', async () => {
    const redaction = { rules: [{ field: 'name', action: 'mask' }] };
    const { recording, config } = await record(json('[]'), async (url) => {
        await fetch(`${url}/secrets?token=qwertz`, { headers: { Authorization: 'Bearer qwertz' } });
        await post(url, { name: 'qwertz', size: 1 });
    }, 2, { request: 'observe', response: 'observe' }, { redaction });
    const text = readFileSync(path.join(recording, '000001.jsonl'), 'utf8');
    const result = await plumbline(['check', recording, '-c', config, '--report', 'json']);
    const report = reportOf(result);

    assert.doesNotMatch(text, /qwertz/);
    assert.match(text, /Bearer \*\*\*/);
    assert.equal(report.findings.some(({ rule }) => rule === 'security-missing'), false);
    assert.equal(report.summary.unchecked_reasons.redacted, 2);
});

test('a broken line is told with its place, the rest is checked, and the exit says that something could not be read', async () => {
    const { recording, config } = await record(json(JSON.stringify(good), '201 Created'), async (url) => {
        await post(url, good);
        await post(url, good);
    }, 2);
    const segment = path.join(recording, '000001.jsonl');
    const [first, second] = readFileSync(segment, 'utf8').split('\n');

    writeFileSync(segment, `${first}\n{"request":}\n${second}\n{"request":{}}\n`);
    const result = await plumbline(['check', recording, '-c', config]);
    assert.equal(result.status, 2);
    assert.match(result.stderr, new RegExp(`${segment}:2: column 12: `));
    assert.match(result.stderr, new RegExp(`${segment}:4: /request: method or url is missing`));
    assert.match(result.stderr, /2 entries could not be read/);
    assert.match(result.stdout, /^2 exchanges, 0 errors/m);

    writeFileSync(segment, `${first}\n${second.slice(0, 100)}`); // being written, or cut by a crash
    const torn = await plumbline(['check', recording, '-c', config]);
    assert.equal(torn.status, 0);
    assert.match(torn.stderr, new RegExp(`${segment}:2: the last line is torn`));
    assert.match(torn.stdout, /^1 exchanges/m);
});

test('reports go where they are told to', async () => {
    const { har, file, folder } = harFile([entry('GET', 'http://shop.example/nothing', 200, '{}')]);
    const target = path.join(folder, 'report.json');
    const result = await plumbline(['check', har, '--contract', file, '--report', `json=${target}`, '--report', 'text']);

    assert.match(result.stdout, /^error request path-unknown  parts$/m);
    judge('report.schema.json')(JSON.parse(readFileSync(target, 'utf8')));
    const unwritable = await plumbline(['check', har, '--contract', file, '--report', `json=${folder}/none/report.json`]);
    assert.equal(unwritable.status, 3);
});

test('an empty recording says that nothing was checked', async () => {
    const { file, folder } = harFile([]);
    const recording = path.join(folder, 'recording');

    mkdirSync(recording);
    appendFileSync(path.join(recording, '000001.jsonl'), '');
    const result = await plumbline(['check', recording, '--contract', file]);
    assert.equal(result.status, 0);
    assert.match(result.stderr, /nothing was checked/);
});

test('mistakes on the command line end with 2, what is not there with 3', async () => {
    const { har, file } = harFile([]);
    const cases = [
        [['check'], 2, /something is missing/],
        [['check', har, '--contract', file, '-c', 'x.yaml'], 2, /not both/],
        [['check', har, '--contract', file, '--min-coverage', '101'], 2, /from 0 to 100, not '101'/],
        [['check', har, '--contract', file, '--report', 'jsn'], 2, /there is no format 'jsn'/],
        [['check', har, '--contract', file, '--report', 'text', '--report', 'json'], 2, /only one report goes to standard output/],
        [['check', har, '--contract', file, '--fail-on', 'never'], 2, /--fail-on is one of error\|warn\|info/],
        [['check', har, '--contrat', file], 2, /did you mean '--contract'/],
        [['check', har, '--contract', '/nowhere/c.yaml'], 3, /\/nowhere\/c.yaml: /],
        [['check', '/nowhere/rec', '--contract', file], 3, /\/nowhere\/rec: there is no such file or folder/],
        [['check', path.join(root, 'docs/schema/report.schema.json'), '--contract', file], 2, /\/log\/entries is missing/],
        [['check', file, '--contract', file], 2, /a recording or HAR file is missing/],
    ];

    for (const [args, status, message] of cases) {
        const result = await plumbline(args);
        assert.equal(result.status, status, `${args.join(' ')}: ${result.stderr}`);
        assert.match(result.stderr, message);
        assert.equal(result.stdout, '');
    }
});

const suite = process.env.PLUMBLINE_SUITES ? path.join(process.env.PLUMBLINE_SUITES, 'har') : '';

test('HAR files of browsers and tools are read or refused, never more', { skip: !existsSync(suite) && 'PLUMBLINE_SUITES/har is not there' }, async () => {
    const { file } = harFile([]);
    const files = readdirSync(suite, { recursive: true }).map((name) => path.join(suite, name))
        .filter((name) => statSync(name).isFile() && /\.(har|json)$/.test(name));

    assert.ok(files.length > 20);
    for (const each of files) {
        const result = await plumbline(['check', each, '--contract', file]);
        assert.equal(result.signal, null, each);
        assert.ok([0, 1, 2].includes(result.status), `${each}: ${result.status}`);
        if (result.status === 2)
            assert.match(result.stderr, /^plumbline check: \S.*: \S/m, each);
    }
});

test('contracts behind the first one are contracts, wherever the recording stands', async () => {
    const { har, file, folder } = harFile([entry('GET', 'http://x.example/parts/a1', 200, '{"name":"bob"}')]);
    const other = path.join(folder, 'other.openapi.json');
    writeFileSync(other, JSON.stringify({ ...contract, paths: { '/other': contract.paths['/parts'] } }).replaceAll('listParts', 'listOther').replaceAll('makePart', 'makeOther'));
    for (const words of [[har, '--contract', file, other], ['--contract', file, other, har], ['--contract', file, har, other]]) {
        const result = await plumbline(['check', ...words, '--report', 'json']);
        const { summary, findings } = reportOf(result);

        assert.equal(result.status, 1, result.stderr);
        assert.equal(summary.operations, 6);
        assert.deepEqual(findings.map(({ operation, instance }) => `${operation} ${instance}`), ['getPart /size']);
    }
    assert.equal((await plumbline(['check', '--contract', file, other])).status, 2);
});

test('--follow tells what is new as it is written, over several segments, and reports at the signal', async () => {
    const upstream = await rawUpstream(json('{"name":"bob"}', '201 Created'));
    const recording = path.join(temporaryFolder(), 'recording');
    const gateway = await startGateway(upstream.url, { request: 'observe', response: 'observe' }, { record: { to: recording, sync: '10ms', segment: '4KiB' } });
    await post(gateway.url, good);
    await waitForExchanges(recording, 1);
    const check = start(binary, ['check', recording, '--contract', path.join(gateway.folder, 'parts.openapi.json'), '--follow', '--report', 'json']);
    await check.waitFor(/response body-schema .* \/size/);
    assert.doesNotMatch(check.stderr, /\/name/);
    for (let i = 0; i < 20; i++)
        await post(gateway.url, good);
    await post(gateway.url, { name: '', size: 3 });
    await check.waitFor(/request body-schema .* \/name/);
    check.signal('SIGINT');
    const { status } = await check.exit;
    const report = reportOf(check);
    assert.equal(status, 1);
    assert.equal(report.summary.exchanges, 22);
    assert.ok(readdirSync(recording).filter((name) => /\.jsonl(\.zst)?$/.test(name)).length > 2, 'there is one segment alone');
    assert.deepEqual(report.findings.map(({ instance, count }) => [instance, count]).sort(), [['/name', 1], ['/size', 22]]);
    assert.equal(check.stderr.match(/\/size/g).length, 1);
});

test('on a terminal it tells how far it is and what is left', async () => {
    const lines = readFileSync(path.join(root, 'docs/examples/recording/000001.jsonl'), 'utf8').split('\n').filter(Boolean);
    const file = path.join(temporaryFolder(), '000001.jsonl');
    writeFileSync(file, Array.from({ length: 25_000 }, (_, i) => `${lines[i % 2].replace(/"sequence":\d+/, `"sequence":${i + 1}`)}\n`).join(''));
    const command = `'${process.env.PLUMBLINE_BIN}' check ${file} --contract contracts/erp.openapi.json`;
    const { stdout } = await run('script', ['-qec', command, '/dev/null'], { cwd: root, env: { ...process.env, TERM: 'xterm' } });
    const told = [...stdout.matchAll(/\r\x1b\[K(\d+) exchanges  \d+\/s  1 findings  (\d+) %/g)].map(([, exchanges, percent]) => [Number(exchanges), Number(percent)]);
    assert.ok(told.length > 0, stdout.slice(0, 500));
    for (const [exchanges, percent] of told)
        assert.ok(Math.abs(percent - exchanges / 250) <= 1, `${exchanges} of 25000 are ${percent} %`);
    assert.match(stdout, /\r\x1b\[K.*error/); // taken away before the report
});
