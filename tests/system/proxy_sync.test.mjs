// `sync: always`: no answer before its line is on the disk, many lines per sync, and what happens when the disk says no.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { connect, plumbline, rawClient, rawUpstream, readRecording, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { controlledDisk } from './lib/disk.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const body = JSON.stringify([{ name: 'bob', size: 3 }]);
const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const whole = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const get = 'GET /parts HTTP/1.1\r\nHost: a\r\n\r\n';
const last = get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

async function start(answer = whole, service = {}, record = {}) {
    const disk = await controlledDisk();
    const upstream = await rawUpstream(answer);
    const folder = path.join(temporaryFolder(), 'recording');
    const gateway = await startGateway(upstream.url, service,
        { admin: '127.0.0.1:0', log: { access: 'off' }, record: { to: folder, sync: 'always', ...record } }, { env: disk.env });
    [, gateway.admin] = await gateway.waitFor(/admin on (http:\/\/\S+)/);
    return { ...disk, gateway, folder, port: gateway.port };
}

const own = (exchange) => exchange._plumbline;

async function until(test, what) {
    for (const end = Date.now() + 20_000; ;) {
        const found = await test();
        if (found)
            return found;
        assert.ok(Date.now() < end, `waited for ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}

const status = async ({ gateway }) => (await (await fetch(`${gateway.admin}/api/v1/status`)).json()).recording;

test('a whole answer is not begun before its line is on the disk', async () => {
    const g = await start(whole, { response: 'enforce' });
    g.hold();
    const client = await connect(g.port);
    client.send(get);
    const [line] = await waitForExchanges(g.folder, 1);
    await until(g.syncs, 'a sync');
    assert.equal(client.text(), '');
    g.go();
    const [answer] = responses(await client.until(() => client.text().endsWith(body) ? client.text() : undefined));
    assert.equal(answer.body, body);
    assert.equal(own(line).id, answer.header('plumbline-exchange'));
    assert.equal(own(line).outcome, 'delivered');
    client.send(last);
    await client.closed();
    assert.equal((await g.gateway.stop()).status, 0);
    assert.equal(readRecording(g.folder).length, 2);
});

test('a refusal waits, too', async () => {
    const g = await start(whole, { request: 'enforce', match: { paths: ['/parts'] } });
    g.hold();
    const client = await connect(g.port);
    client.send(last.replace('/parts', '/parts?limit=1000'));
    await waitForExchanges(g.folder, 1);
    assert.equal(client.text(), '');
    g.go();
    assert.equal(responses(await client.closed())[0].status, 400);
    assert.equal(own(readRecording(g.folder)[0]).outcome, 'refused');
});

test('of a body that streams its last byte waits', async () => {
    const g = await start(whole);
    g.hold();
    const client = await connect(g.port);
    client.send(last);
    await waitForExchanges(g.folder, 1);
    await client.until(() => client.text().endsWith(body.slice(0, -1)) || undefined, 'all but the last byte');
    g.go();
    assert.equal(responses(await client.closed())[0].body, body);
    assert.equal(readRecording(g.folder)[0].response.content.text, body);
});

test('of a chunked body its last chunk waits', async () => {
    const g = await start(chunked);
    g.hold();
    const client = await connect(g.port);
    client.send(last);
    await waitForExchanges(g.folder, 1);
    await client.until(() => client.text().endsWith(`${body}\r\n`) || undefined, 'all but the last chunk');
    g.go();
    assert.equal(responses(await client.closed())[0].body, body);
});

test('pipelined requests are answered one after the other', async () => {
    const g = await start(whole, { request: 'enforce', response: 'enforce', undocumented: 'enforce' });
    const answers = responses(await rawClient(g.port, get + get.replace('/parts', '/nothing') + get + last));
    assert.deepEqual(answers.map(({ status }) => status), [200, 404, 200, 200]);
    assert.deepEqual(answers.map((answer) => answer.header('plumbline-exchange')), readRecording(g.folder).map((x) => own(x).id));
});

test('a rest of a refused body is read once the answer is out, and the connection lives', async () => {
    const g = await start(whole, { request: 'enforce', undocumented: 'enforce' });
    const client = await connect(g.port);
    client.send('POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234');
    await client.until(() => client.text().includes('404') || undefined, 'the refusal');
    client.send(`56789${last}`);
    assert.deepEqual(responses(await client.closed()).map((answer) => answer.status), [404, 200]);
});

test('what comes while the disk is busy shares one sync', async () => {
    const count = 40;
    const g = await start();
    g.hold();
    const first = rawClient(g.port, last);
    await until(g.syncs, 'the first sync');
    const others = Array.from({ length: count }, () => rawClient(g.port, last));
    await until(async () => (await (await fetch(`${g.gateway.admin}/metrics`)).text())
        .includes(`plumbline_record_waiting ${count + 1}\n`), 'all to wait for the disk');
    g.go();
    for (const answer of await Promise.all([first, ...others]))
        assert.equal(responses(answer)[0].status, 200);
    assert.ok(g.syncs() < count / 2, `${g.syncs()} syncs`);
    assert.equal(readRecording(g.folder).length, count + 1);
});

test('a client that leaves while its answer waits: a second line says so', async () => {
    const g = await start(whole, { response: 'enforce' });
    g.hold();
    const client = await connect(g.port);
    client.send(get);
    await waitForExchanges(g.folder, 1);
    client.reset();
    await until(async () => (await (await fetch(`${g.gateway.admin}/metrics`)).text()).includes('plumbline_connections 0\n'), 'the client to be gone');
    g.go();
    const [line, amendment] = (await waitForExchanges(g.folder, 2)).map(own);
    assert.equal(line.outcome, 'delivered');
    assert.equal(amendment.outcome, 'client-gone');
    assert.deepEqual([amendment.amends, amendment.id, amendment.sequence], [1, line.id, 2]);
    assert.equal((await g.gateway.stop()).status, 0);
    const verified = await plumbline(['log', 'verify', g.folder]);
    assert.match(verified.stdout, /1 exchange in 1 segment, numbers 1 to 2: fine/);
    const shown = await plumbline(['log', 'show', g.folder]);
    assert.equal(shown.stdout.trim().split('\n').length, 1);
    assert.match(shown.stdout, /client gone/);
    const checked = await plumbline(['check', g.folder, '--contract', path.join(g.gateway.folder, 'parts.openapi.json'), '--report', 'json']);
    assert.deepEqual([JSON.parse(checked.stdout).summary.exchanges, JSON.parse(checked.stdout).summary.amended], [1, 1]);
    assert.deepEqual(JSON.parse((await plumbline(['log', 'verify', g.folder, '--report', 'json'])).stdout).recordings[0].amended, 1);
});

test('who waits is answered although the gateway stops', async () => {
    const g = await start(whole, { response: 'enforce' });
    g.hold();
    const client = await connect(g.port);
    client.send(get);
    await until(g.syncs, 'a sync');
    g.gateway.signal('SIGTERM');
    await until(async () => await connect(g.port).then(() => false, () => true), 'the end of listening');
    g.go();
    assert.equal(responses(await client.closed())[0].body, body);
    assert.equal((await g.gateway.exit).status, 0);
    assert.equal(readRecording(g.folder).length, 1);
});

test('a sync that fails with on_error: pass: answered unrecorded, counted, and the next line tells how many', async () => {
    const g = await start();
    await rawClient(g.port, last);
    g.fail();
    for (let i = 0; i < 3; i++)
        assert.equal(responses(await rawClient(g.port, last))[0].status, 200);
    const failing = await status(g);
    assert.deepEqual([failing.lines, failing.failed, failing.failing], [1, 3, true]);
    assert.equal(readRecording(g.folder).length, 1);
    g.mend();
    await rawClient(g.port, last);
    assert.equal((await status(g)).failing, false);
    assert.deepEqual(readRecording(g.folder).map((x) => [own(x).sequence, own(x).lost]), [[1, undefined], [2, 3]]);
    assert.equal((await g.gateway.stop()).status, 0);
    assert.match(g.gateway.stderr, /recording fails: .*cannot sync segment 000001.*passes unrecorded/);
    assert.match(g.gateway.stderr, /recording works again/);
});

test('what was lost at the end is told by a last line; where the disk takes none, on stderr', async () => {
    const g = await start();
    await rawClient(g.port, last);
    g.fail();
    for (let i = 0; i < 2; i++)
        await rawClient(g.port, last);
    g.mend();
    assert.equal((await g.gateway.stop()).status, 0);
    const [line, closing] = readRecording(g.folder).map(own);
    assert.deepEqual([closing.sequence, closing.amends, closing.lost, closing.id, closing.outcome], [2, 1, 2, line.id, line.outcome]);
    const verified = await plumbline(['log', 'verify', g.folder]);
    assert.equal(verified.status, 1);
    assert.match(verified.stdout, /000001\.jsonl:2: 2 exchanges were not recorded after the one before/);
    const [report] = JSON.parse((await plumbline(['log', 'verify', g.folder, '--report', 'json'])).stdout).recordings;
    assert.deepEqual([report.exchanges, report.segments, report.lost, report.amended, report.first, report.last, report.problem_count], [1, 1, 2, 0, 1, 2, 1]);
    assert.deepEqual([path.basename(report.problems[0].file), report.problems[0].line], ['000001.jsonl', 2]);
    assert.match(report.problems[0].what, /^2 exchanges were not recorded/);
    const checked = await plumbline(['check', g.folder, '--contract', path.join(g.gateway.folder, 'parts.openapi.json')]);
    assert.match(checked.stdout, /^not recorded, and so not checked: 2$/m);
    const shown = await plumbline(['log', 'show', g.folder]);
    assert.deepEqual([shown.status, shown.stdout.trim().split('\n').length], [0, 1]);

    const broken = await start();
    await rawClient(broken.port, last);
    broken.fail();
    await rawClient(broken.port, last);
    assert.equal((await broken.gateway.stop()).status, 0);
    assert.match(broken.gateway.stderr, /the last exchanges are not in the recording, and no line of it says so: 1$/m);
    assert.equal(readRecording(broken.folder).length, 1);
});

test('a sync that fails with on_error: refuse: 503, and a stream does not end', async () => {
    const g = await start(whole, { response: 'enforce' }, { on_error: 'refuse' });
    g.fail();
    const [refused] = responses(await rawClient(g.port, last));
    assert.equal(refused.status, 503);
    assert.match(refused.body, /the recording cannot be written/);
    assert.equal(readRecording(g.folder).length, 0);
    assert.equal(responses(await rawClient(g.port, last))[0].status, 503);
    g.mend();
    await until(async () => responses(await rawClient(g.port, last))[0].status === 200, 'an answer');

    const streaming = await start(chunked, {}, { on_error: 'refuse' });
    streaming.fail();
    const cut = await rawClient(streaming.port, last);
    assert.match(cut, /^HTTP\/1.1 200 /);
    assert.ok(cut.endsWith(`${body}\r\n`));
});
