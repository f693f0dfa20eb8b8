// What the admin listener tells of the traffic: the last exchanges, live and afterwards, and what was found in them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';
import { plumbline, rawClient, rawUpstream, temporaryFolder } from './lib/index.mjs';
import { startGateway } from './lib/gateway.mjs';

const part = '{"name":"bolt","size":3}';
const respond = (body, head = '') => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
const streams = new Set();
after(() => streams.forEach((stream) => stream.destroy()));

async function start(answer = respond(`[${part}]`), settings = {}, service = {}) {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { request: 'observe', response: 'observe', ...service }, { admin: '127.0.0.1:0', ...settings });
    gateway.admin = Number((await gateway.waitFor(/admin on http:\/\/[^\n]*:(\d+)/))[1]);
    gateway.pass = (target, { method = 'GET', fields = [], body = '' } = {}) => rawClient(gateway.port, [`${method} ${target} HTTP/1.1`, 'Host: shop.test',
        'Connection: close', ...fields, ...(body ? [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`] : []), '', body].join('\r\n'));
    gateway.ask = async (target, options = {}) => {
        const answered = await fetch(`http://127.0.0.1:${gateway.admin}${target}`, options);
        const text = await answered.text();
        return { status: answered.status, headers: answered.headers, text, get json() { return JSON.parse(text); } };
    };
    gateway.list = async (query = '') => (await gateway.ask(`/api/v1/exchanges${query}`)).json;
    // Keeping happens behind the answer (on the recorder's thread, where one records): asked until it is there.
    gateway.listOnce = async (count, query = '') => {
        for (const end = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 10))) {
            const list = await gateway.list(query);
            if (list.exchanges.length >= count)
                return list;
            assert.ok(Date.now() < end, JSON.stringify(list));
        }
    };
    return gateway;
}

// The events of a stream as they come; `next` waits for one, `comments` counts the rest.
function listen(admin, query = '', headers = {}) {
    return new Promise((resolve, reject) => {
        const request = http.get({ host: '127.0.0.1', port: admin, path: `/api/v1/exchanges/stream${query}`, headers, agent: false }, (response) => {
            const events = [], waiting = [];
            let rest = '';
            response.setEncoding('utf8').on('error', () => {}).on('data', (piece) => {
                rest += piece;
                for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) {
                    const event = Object.fromEntries(rest.slice(0, end).split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
                    if (event.event)
                        (waiting.shift() ?? ((each) => events.push(each)))({ ...event, data: JSON.parse(event.data) });
                }
            });
            const ended = new Promise((done) => response.on('close', done));
            resolve({ status: response.statusCode, headers: response.headers, ended, response, close: () => request.destroy(),
                next: () => new Promise((take) => (events.length ? take(events.shift()) : waiting.push(take))), left: events });
        });
        streams.add(request);
        request.on('error', reject);
    });
}

test('exchanges are listed newest first, each with how it went', async () => {
    const gateway = await start();
    await gateway.pass('/parts');
    await gateway.pass('/parts?limit=1000');
    await gateway.pass('/nowhere');
    const { seen, kept, held, sampled, exchanges, next } = await gateway.listOnce(3);
    assert.deepEqual({ seen, kept, held, sampled, next }, { seen: 3, kept: 3, held: 3, sampled: false, next: null });
    assert.deepEqual(exchanges.map(({ method, target, operation, verdict, status, violations }) => [method, target, operation, verdict, status, violations]), [
        ['GET', '/nowhere', null, 'violations', 200, 1], ['GET', '/parts?limit=1000', 'listParts', 'violations', 200, 1], ['GET', '/parts', 'listParts', 'ok', 200, 0]]);
    assert.deepEqual(exchanges.map(({ id }) => id), exchanges.map(({ id }) => id).sort().reverse());
    assert.equal(exchanges[2].response_bytes, part.length + 2);
    assert.ok(Math.abs(Date.parse(exchanges[0].started) - Date.now()) < 60_000);
});

test('a list is narrowed by its query, and read on where it ended', async () => {
    const gateway = await start();
    for (let i = 0; i < 5; i++)
        await gateway.pass(`/parts?limit=${i}`);
    await gateway.pass('/parts', { method: 'POST', fields: ['Content-Type: application/json'], body: '{"name":""}' });
    await gateway.listOnce(6);
    const targets = async (query) => (await gateway.list(query)).exchanges.map(({ method, target }) => `${method} ${target}`);
    assert.deepEqual(await targets('?method=POST'), ['POST /parts']);
    assert.deepEqual(await targets('?verdict=violations'), ['POST /parts']);
    assert.equal((await targets('?verdict=ok')).length, 5);
    assert.equal((await targets('?operation=listParts&service=parts&status=2xx')).length, 5);
    assert.equal((await targets('?status=404')).length, 0);
    assert.equal((await targets('?service=other')).length, 0);
    assert.equal((await targets('?since=2199-01-01T00:00:00Z')).length, 0);
    assert.equal((await targets('?until=2199-01-01T00:00:00%2B01:00')).length, 6);
    const all = await targets('');
    const paged = [];
    let next = '';
    do {
        const page = await gateway.list(`?limit=4${next && `&before=${next}`}`);
        paged.push(...page.exchanges.map(({ method, target }) => `${method} ${target}`));
        next = page.next;
    } while (next);
    assert.deepEqual(paged, all);
    for (const [query, place] of [['limit=0', 'limit'], ['limit=x', 'limit'], ['status=6xx', 'status'], ['verdict=bad', 'verdict'], ['since=today', 'since'], ['colour=red', 'colour'], ['method=%ff', 'method']]) {
        const refused = await gateway.ask(`/api/v1/exchanges?${query}`);
        assert.equal(refused.status, 400, query);
        assert.equal(refused.json.errors[0].place, `query ${place}`);
    }
});

test('one is told whole, with the lines of the contract that it breaks', async () => {
    const gateway = await start(respond('{"name":"bolt","size":"3"}', 'X-A: 1\r\n'));
    await gateway.pass('/parts/a1', { fields: ['X-One: 1', 'x-one: 2'] });
    const [{ id }] = (await gateway.listOnce(1)).exchanges;
    const { json: whole } = await gateway.ask(`/api/v1/exchanges/${id}`);
    assert.equal(whole.id, id);
    assert.deepEqual(whole.request.headers.filter(({ name }) => /one/i.test(name)), [{ name: 'X-One', value: '1' }, { name: 'x-one', value: '2' }]);
    assert.equal(whole.response.status, 200);
    assert.deepEqual(whole.response.body, { state: 'whole', bytes: 26, decoded: false, text: '{"name":"bolt","size":"3"}' });
    assert.deepEqual(whole.checked, { request: true, response: true });
    const [violation] = whole.violation_list;
    assert.equal(violation.rule, 'body-schema');
    assert.equal(violation.instance, '/size');
    assert.equal(violation.contract.file, path.join(gateway.folder, 'parts.openapi.json'));
    const line = violation.contract.lines.find((each) => each.line === violation.contract.line);
    assert.match(line.text, /"openapi":"3\.1\.0"/);
    assert.ok(whole.times_ms.finished >= whole.times_ms.first_byte && whole.times_ms.first_byte >= 0);
    assert.equal((await gateway.ask('/api/v1/exchanges/00000000000000000000')).status, 404);
    assert.equal((await gateway.ask(`/api/v1/exchanges/${id}?format=xml`)).status, 400);
});

test('a body that is no text is base64, a coded one is told decoded', async () => {
    const zipped = Buffer.from('1f8b08000000000000034b4c4a0600c241243503000000', 'hex');
    const gateway = await start(async (connection) => {
        await connection.head();
        await connection.send(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n`), zipped]));
    });
    await gateway.pass('/parts', { method: 'POST', fields: ['Content-Type: image/png'], body: '\u00ff' });
    const [{ id }] = (await gateway.listOnce(1)).exchanges;
    const whole = (await gateway.ask(`/api/v1/exchanges/${id}`)).json;
    assert.deepEqual(whole.response.body, { state: 'whole', bytes: zipped.length, decoded: true, text: 'abc' });
    assert.equal(whole.request.body.base64, '/w==');
});

test('an exchange is told as HAR and as a command that asks again', async () => {
    const gateway = await start();
    await gateway.pass("/parts?limit=5&note=it's", { fields: ['X-Quote: a "b" $c'] });
    const [{ id }] = (await gateway.listOnce(1)).exchanges;
    const har = await gateway.ask(`/api/v1/exchanges/${id}`, { headers: { Accept: 'application/har+json' } });
    assert.equal(har.headers.get('content-type'), 'application/har+json');
    assert.equal(har.json.log.version, '1.2');
    assert.equal(har.json.log.entries[0].request.queryString[0].value, '5');
    assert.equal(har.json.log.entries[0].response.content.text, `[${part}]`);
    assert.equal((await gateway.ask(`/api/v1/exchanges/${id}?format=har`)).text, har.text);
    const curl = await gateway.ask(`/api/v1/exchanges/${id}?format=curl`);
    assert.match(curl.headers.get('content-type'), /^text\/plain/);
    await promisify(execFile)('sh', ['-c', curl.text]);
    const { exchanges } = await gateway.listOnce(2);
    assert.equal(exchanges[0].target, exchanges[1].target);
    const again = (await gateway.ask(`/api/v1/exchanges/${exchanges[0].id}`)).json;
    assert.equal(again.request.headers.find(({ name }) => name === 'X-Quote').value, 'a "b" $c');
});

for (const [how, settings] of [['kept alone', () => ({})], ['recorded, too', () => ({ record: { to: path.join(temporaryFolder(), 'rec'), sync: '20ms' } })]])
    test(`what recordings leave out is nowhere to be seen (${how})`, async () => {
        const secret = 's3cr3t-token', card = '4111111111111111';
        const gateway = await start(respond(`{"name":"${card}","size":0,"password":"${secret}"}`, `Set-Cookie: a=${secret}\r\n`), settings());
        const stream = await listen(gateway.admin);
        await gateway.pass(`/parts/a1?token=${secret}`, { fields: [`Authorization: Bearer ${secret}`, `Cookie: b=${secret}`] });
        const [{ id }] = (await gateway.listOnce(1)).exchanges;
        const told = [JSON.stringify((await stream.next()).data), (await gateway.ask('/api/v1/findings')).text, (await gateway.ask('/api/v1/exchanges')).text];
        for (const format of ['json', 'har', 'curl'])
            told.push((await gateway.ask(`/api/v1/exchanges/${id}?format=${format}`)).text);
        for (const text of told)
            for (const hidden of [secret, card])
                assert.ok(!text.includes(hidden), text);
        assert.ok(told[3].includes('***') && told[0].includes('/parts/a1'));
        stream.close();
    });

test('of much traffic a sample is kept, of what went wrong more, and it is said', async () => {
    const gateway = await start();
    const keepAlive = (target, n) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(n - 1) + `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    await rawClient(gateway.port, keepAlive('/parts', 400));
    await rawClient(gateway.port, keepAlive('/parts?limit=1000', 40));
    const list = await gateway.listOnce(40, '?verdict=violations&limit=1000');
    assert.equal(list.seen, 440);
    assert.equal(list.exchanges.length, 40);
    assert.ok(list.sampled && list.kept < 440, JSON.stringify({ seen: list.seen, kept: list.kept }));
    assert.equal(list.held, list.kept);
});

test('what is held is bounded by count and by bytes', async () => {
    const few = await start(undefined, { recent: { exchanges: 3 } });
    for (let i = 0; i < 8; i++)
        await few.pass(`/parts?limit=${i}`);
    await few.listOnce(3);
    assert.deepEqual((await few.list()).exchanges.map(({ target }) => target), ['/parts?limit=7', '/parts?limit=6', '/parts?limit=5']);
    const small = await start(respond(`[${part},${' '.repeat(100_000)}${part}]`), { recent: { bytes: '2MiB' } });
    for (let i = 0; i < 30; i++)
        await small.pass('/parts');
    const { held, kept } = await small.listOnce(2);
    assert.equal(kept, 30);
    assert.ok(held > 2 && held < 30, `${held} of more than 100 KB in 2 MiB`);
    const none = await start(undefined, { recent: { exchanges: 0 } });
    assert.equal((await none.ask('/api/v1/exchanges')).status, 404);
    assert.equal((await none.ask('/api/v1/exchanges/stream')).status, 404);
});

test('an operation that is not recorded is not shown', async () => {
    const gateway = await start(undefined, {}, { operations: { listParts: { record: false } } });
    await gateway.pass('/parts');
    await gateway.pass('/parts/a1');
    const { exchanges } = await gateway.listOnce(1);
    assert.deepEqual(exchanges.map(({ target }) => target), ['/parts/a1']);
});

test('a stream tells exchanges as they end, to each listener those it wants', async () => {
    const gateway = await start();
    const [all, wrong] = [await listen(gateway.admin), await listen(gateway.admin, '?verdict=violations')];
    assert.equal(all.headers['content-type'], 'text/event-stream');
    assert.equal(all.headers['cache-control'], 'no-store');
    for (const target of ['/parts', '/parts?limit=1000', '/parts?limit=3'])
        await gateway.pass(target);
    const events = [await all.next(), await all.next(), await all.next()];
    assert.deepEqual(events.map(({ event, data }) => [event, data.target]), [['exchange', '/parts'], ['exchange', '/parts?limit=1000'], ['exchange', '/parts?limit=3']]);
    assert.deepEqual(events[0].data, (await gateway.list()).exchanges[2]);
    assert.equal((await wrong.next()).data.target, '/parts?limit=1000');
    assert.equal((await gateway.ask('/api/v1/exchanges/stream?limit=3')).status, 400);
    all.close();
    wrong.close();
});

test('who comes back gets what it missed, and is told what nobody has any more', async () => {
    const gateway = await start(undefined, { recent: { exchanges: 4 } });
    const first = await listen(gateway.admin);
    await gateway.pass('/parts?limit=0');
    const { id } = await first.next();
    first.close();
    for (let i = 1; i < 4; i++)
        await gateway.pass(`/parts?limit=${i}`);
    const second = await listen(gateway.admin, '', { 'Last-Event-ID': id });
    for (let i = 1; i < 4; i++)
        assert.equal((await second.next()).data.target, `/parts?limit=${i}`);
    second.close();
    for (let i = 4; i < 8; i++)
        await gateway.pass(`/parts?limit=${i}`);
    const third = await listen(gateway.admin, '', { 'Last-Event-ID': id });
    const dropped = await third.next();
    assert.deepEqual([dropped.event, dropped.data], ['dropped', { count: 3 }]);
    assert.equal((await third.next()).data.target, '/parts?limit=4');
    third.close();
    const stranger = await listen(gateway.admin, '', { 'Last-Event-ID': 'of-another-run' });
    assert.equal((await stranger.next()).data.target, '/parts?limit=4');
    stranger.close();
});

test('so many may listen, and one more is told to come back', async () => {
    const gateway = await start();
    const all = [];
    for (let i = 0; i < 32; i++)
        all.push(await listen(gateway.admin));
    const refused = await gateway.ask('/api/v1/exchanges/stream');
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    await gateway.pass('/parts');
    for (const each of all)
        assert.equal((await each.next()).data.target, '/parts');
    const left = all.map(({ ended }) => ended);
    gateway.signal('SIGTERM');
    assert.equal((await gateway.exit).status, 0);
    await Promise.all(left);
});

test('findings are those that check makes of the recording, by fingerprint', async () => {
    const folder = path.join(temporaryFolder(), 'rec');
    const gateway = await start(respond('[{"name":"bolt","size":0},{"name":"nut","size":-1},{"name":7}]'), { record: { to: folder, sync: '20ms' }, workers: 2 });
    for (let i = 0; i < 6; i++)
        await gateway.pass(`/parts?limit=${i % 2 ? 1000 : 5}`);
    await gateway.pass('/nowhere');
    await gateway.listOnce(7);
    const live = (await gateway.ask('/api/v1/findings')).json;
    await gateway.stop();
    const { stdout } = await plumbline(['check', folder, '--contract', path.join(gateway.folder, 'parts.openapi.json'), '--report', 'json']);
    const offline = JSON.parse(stdout);
    const pick = ({ findings }) => Object.fromEntries(findings.map(({ fingerprint, count, level, rule }) => [fingerprint, `${level} ${rule} ${count}`]));
    assert.deepEqual(pick(live), pick(offline));
    assert.ok(live.findings.length >= 4);
    assert.equal(live.command, 'live');
    assert.deepEqual([live.summary.exchanges, live.summary.overflow], [7, 0]);
    for (const { examples, first, last } of live.findings)
        assert.ok(examples.length >= 1 && examples.length <= 3 && first <= last);
});

test('findings are counted anew after a reset', async () => {
    const gateway = await start();
    await gateway.pass('/parts?limit=1000');
    await gateway.listOnce(1);
    const before = (await gateway.ask('/api/v1/findings')).json;
    assert.equal(before.findings[0].count, 1);
    assert.equal((await gateway.ask('/api/v1/findings', { method: 'DELETE' })).status, 204);
    const empty = (await gateway.ask('/api/v1/findings')).json;
    assert.deepEqual(empty.findings, []);
    assert.deepEqual([before.summary.exchanges, empty.summary.exchanges], [1, 0]);
    assert.ok(empty.summary.since >= before.summary.since);
    await gateway.pass('/parts?limit=1000');
    await gateway.listOnce(2);
    assert.equal((await gateway.ask('/api/v1/findings')).json.summary.exchanges, 1);
    assert.equal((await gateway.ask('/api/v1/findings')).json.findings[0].fingerprint, before.findings[0].fingerprint);
});

test('more different findings than fit are counted', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `"f${i}":1`).join();
    let n = 0;
    const gateway = await start(async (connection) => {
        await connection.head();
        await connection.send(respond(`[{"name":"a","size":1,${names.replaceAll('"f', `"x${n++}f`)}}]`, 'Connection: close\r\n'));
    });
    for (let i = 0; i < 21; i++)
        await gateway.pass('/parts');
    await gateway.listOnce(21);
    const { summary, findings } = (await gateway.ask('/api/v1/findings')).json;
    assert.equal(findings.length, 1000);
    assert.equal(summary.overflow, 21 * 60 - 1000);
});
