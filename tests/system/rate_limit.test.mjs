// rate_limit: who is counted, what is answered, and that neither workers nor reloads change it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { connect, rawUpstream } from './lib/index.mjs';
import { responses, startGateway } from './lib/gateway.mjs';

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const hour = { requests: 5, per: '1h' };

// Sends the requests one after the other over connections of their own, so that they spread over the workers.
async function ask(port, requests) {
    const all = [];
    for (const fields of requests) {
        const client = await connect(port);
        client.send(`GET /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`);
        all.push(responses(await client.closed())[0]);
    }
    return all;
}
const times = (count, fields = '') => Array.from({ length: count }, () => fields);
const statuses = (all) => all.map(({ status }) => status);

test('one caller has its requests, then 429 that says when to come again', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { rate_limit: { ...hour, by: 'header:Authorization' } });
    const mine = await ask(gateway.port, times(6, 'Authorization: Bearer one\r\n'));
    assert.deepEqual(statuses(mine), [200, 200, 200, 200, 200, 429]);
    assert.equal(mine[0].header('ratelimit-policy'), '"parts";q=5;w=3600');
    assert.equal(mine[0].header('ratelimit'), '"parts";r=4;t=720');
    assert.equal(mine[4].header('ratelimit'), '"parts";r=0;t=3600');
    const refused = mine[5];
    assert.equal(refused.header('content-type'), 'application/problem+json');
    assert.equal(JSON.parse(refused.body).errors[0].keyword, 'rate-limited');
    assert.ok(Number(refused.header('retry-after')) > 700 && Number(refused.header('retry-after')) <= 720, refused.header('retry-after'));
    assert.match(refused.header('ratelimit'), /^"parts";r=0;t=3[56]\d\d$/);
    assert.deepEqual(statuses(await ask(gateway.port, times(5, 'authorization: Bearer two\r\n'))), [200, 200, 200, 200, 200]);
    assert.equal(upstream.received().split('GET /parts').length - 1, 10);
});

test('what is not routed to a limited operation is not counted', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { operations: { listParts: { rate_limit: { requests: 1, per: '1h' } } } });
    assert.deepEqual(statuses(await ask(gateway.port, times(2))), [200, 429]);
    const client = await connect(gateway.port);
    client.send('GET /parts/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const [other] = responses(await client.closed());
    assert.equal(other.status, 200);
    assert.equal(other.header('ratelimit'), undefined);
});

test('an operation may be freed from its service\'s rate', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { rate_limit: { requests: 1, per: '1h' }, operations: { listParts: { rate_limit: 'off' } } });
    assert.deepEqual(statuses(await ask(gateway.port, times(3))), [200, 200, 200]);
});

test('the number of workers changes nothing', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { rate_limit: { requests: 20, per: '1h' } }, { workers: 4 });
    const all = statuses(await ask(gateway.port, times(40)));
    assert.equal(all.filter((status) => status === 200).length, 20);
    assert.ok(all.slice(20).every((status) => status === 429));
});

test('a reload that leaves the rate as it was goes on counting, one that changes it begins anew', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { rate_limit: { requests: 3, per: '1h' } });
    const reload = async (change) => {
        writeFileSync(gateway.config, JSON.stringify(change(JSON.parse(readFileSync(gateway.config, 'utf8')))));
        const before = gateway.stderr.length;
        gateway.signal('SIGHUP');
        await gateway.waitFor(new RegExp(`^[^]{${before},}reloaded`));
    };
    assert.deepEqual(statuses(await ask(gateway.port, times(2))), [200, 200]);
    await reload((config) => ({ ...config, seed: 2 }));
    assert.deepEqual(statuses(await ask(gateway.port, times(2))), [200, 429]);
    await reload((config) => { config.services.parts.rate_limit.requests = 4; return config; });
    assert.deepEqual(statuses(await ask(gateway.port, times(5))), [200, 200, 200, 200, 429]);
});

test('what is used up is earned again', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { rate_limit: { requests: 5, per: '1s', burst: 1 } });
    const began = performance.now();
    let passed = 0;
    while (passed < 4)
        passed += statuses(await ask(gateway.port, times(1)))[0] === 200;
    assert.ok(performance.now() - began >= 590, `four requests of which the first was free within ${performance.now() - began} ms`);
});

test('behind trusted proxies the client is the right-most address that is not trusted', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { rate_limit: { requests: 1, per: '1h', by: 'client' } },
        { trusted_proxies: ['127.0.0.0/8', '10.0.0.0/8'] });
    const all = await ask(gateway.port, [
        'X-Forwarded-For: 192.0.2.1\r\n',
        'X-Forwarded-For: 198.51.100.7, 192.0.2.1\r\n', // invented in front
        'X-Forwarded-For: 192.0.2.1, 10.1.1.1\r\n', // a second proxy
        'X-Forwarded-For: "open\r\nX-Forwarded-For: 192.0.2.1\r\n',
        'X-Forwarded-For: 192.0.2.2:4711\r\n',
        'Forwarded: for=192.0.2.2;proto=https\r\n',
        'X-Forwarded-For: 2001:db8:1:2::1\r\n',
        'Forwarded: for=10.9.9.9, for="[2001:db8:1:2::ffff]:99";by=10.1.1.1\r\n',
        'X-Forwarded-For: 2001:db8:1:3::1\r\n',
    ]);
    assert.deepEqual(statuses(all), [200, 429, 429, 429, 200, 429, 200, 429, 200]);
});

test('a client that is no trusted proxy cannot choose who it is', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { rate_limit: { requests: 1, per: '1h' } });
    assert.deepEqual(statuses(await ask(gateway.port, ['X-Forwarded-For: 192.0.2.1\r\n', 'X-Forwarded-For: 192.0.2.2\r\n'])), [200, 429]);
});

test('an upstream that speaks of limits of its own is left alone', async () => {
    const upstream = await rawUpstream('HTTP/1.1 200 OK\r\nRateLimit: "u";r=1;t=1\r\nContent-Length: 0\r\n\r\n');
    const gateway = await startGateway(upstream.url, { rate_limit: hour });
    const [one] = await ask(gateway.port, times(1));
    assert.deepEqual(one.headers.filter(([name]) => /^ratelimit/i.test(name)), [['RateLimit', '"u";r=1;t=1']]);
});

test('refusals are counted by service and reason', async () => {
    const upstream = await rawUpstream(answer);
    const gateway = await startGateway(upstream.url, { rate_limit: { requests: 1, per: '1h' } }, { admin: '127.0.0.1:0' });
    await ask(gateway.port, times(4));
    const [, admin] = await gateway.waitFor(/admin on (http:\/\/\S+)/);
    const page = await (await fetch(`${admin}/metrics`)).text();
    assert.match(page, /^plumbline_refusals_total\{service="parts",reason="rate-limited"\} 3$/m);
});
