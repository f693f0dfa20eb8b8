// plumbline replay: when requests are sent, in which order, how many at a time, and how a run is ended.
import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from './lib/chaos_plan.mjs';
import { binary, start } from './lib/index.mjs';
import { exchange, recording, replay, service } from './lib/replay.mjs';

const sanitized = process.env.SAN || process.env.TSAN;
const gaps = (asked) => asked.map(({ at }) => Math.round(at - asked[0].at));

// Of a machine that does other things as well, the median tells. How far each is off from where the others are: the first one also opens a
// connection.
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const off = (asked, times) => {
    const late = gaps(asked).map((gap, i) => gap - times[i]);
    return late.map((each) => Math.abs(each - median(late)));
};

for (const speed of [1, 4])
    test(`at speed ${speed} the gaps of the recording are kept to within a few milliseconds`, async () => {
        const times = [...Array(40).keys()].map((i) => i * 37 + (i % 3) * 11);
        const there = await service();
        const { report } = await replay(recording(...times.map((at) => exchange({ target: `/t/${at}`, at }))), there.url, '--speed', String(speed));
        assert.equal(there.asked.length, times.length);
        const each = off(there.asked, times.map((at) => at / speed));
        assert.ok(median(each) <= (sanitized ? 15 : 3), `${each}`);
        assert.equal(report.summary.replay.timed, times.length);
    });

test('a pause that is longer than wanted is cut, the others are kept', async () => {
    const there = await service();
    const times = [0, 50, 3_600_050, 3_600_100];
    await replay(recording(...times.map((at) => exchange({ target: `/${at}`, at }))), there.url, '--speed', '1', '--longest-pause', '100ms');
    assert.ok(median(off(there.asked, [0, 50, 150, 200])) <= (sanitized ? 25 : 8), `${gaps(there.asked)}`);
});

test('a rate is not exceeded', async () => {
    const there = await service();
    await replay(recording(...[...Array(40).keys()].map((at) => exchange({ target: `/${at}` }))), there.url, '--rate', '100', '--concurrency', '8');
    const took = gaps(there.asked).at(-1);
    assert.ok(took > 350 && took < 800, `40 requests at 100 a second took ${took} ms`);
});

test('requests go out in the order in which they began, though a recording has them in the order in which they ended', async () => {
    const there = await service();
    const slow = exchange({ target: '/slow', at: 0, took: 1000 });
    const quick = [1, 2, 3].map((at) => exchange({ target: `/quick${at}`, at: at * 10 }));
    await replay(recording(...quick, slow), there.url);
    assert.deepEqual(there.asked.map(({ url }) => url), ['/slow', '/quick1', '/quick2', '/quick3']);
});

test('without pauses they go one after the other, unless more are allowed at a time', async () => {
    const folder = recording(...[...Array(60).keys()].map((at) => exchange({ target: `/${at}`, at })));
    const most = async (...args) => {
        const there = await service(() => ({ wait: new Promise((resolve) => { setTimeout(resolve, 10); }) }));
        await replay(folder, there.url, ...args);
        assert.equal(there.asked.length, 60);
        return there.most;
    };
    assert.equal(await most(), 1);
    assert.equal(await most('--concurrency', '7'), 7);
});

test('what is about the same thing keeps its order when one of them changes it; all else goes side by side', async () => {
    const there = await service(({ method }) => ({ wait: new Promise((resolve) => { setTimeout(resolve, method === 'PUT' ? 20 : 1); }) }), { sandbox: true });
    const lines = [];
    for (let round = 0; round < 5; round++)
        for (let thing = 0; thing < 12; thing++)
            for (const method of ['PUT', 'GET'])
                lines.push(exchange({ method, target: `/things/${thing}`, body: method === 'PUT' ? String(round) : undefined, at: lines.length * 2 }));
    await replay(recording(...lines), there.url, '--concurrency', '64');
    for (let thing = 0; thing < 12; thing++) {
        const seen = there.asked.filter(({ url, method }) => url === `/things/${thing}` && method !== 'OPTIONS');
        assert.deepEqual(seen.map(({ method, body }) => method + body), [0, 1, 2, 3, 4].flatMap((round) => [`PUT${round}`, 'GET']));
    }
    assert.ok(there.most > 4, `${there.most} at a time`);
});

test('a list waits for changes of what is below it, and new things wait for nobody', async () => {
    const there = await service(({ method }) => ({ wait: new Promise((resolve) => { setTimeout(resolve, method === 'PUT' ? 50 : 1); }) }), { sandbox: true });
    const lines = [['POST', '/orders'], ['PUT', '/orders/7/status'], ['GET', '/orders?status=new'], ['GET', '/others'], ['POST', '/orders']]
        .map(([method, target], i) => exchange({ method, target, body: method === 'GET' ? undefined : '{}', at: i * 3 }));
    await replay(recording(...lines), there.url, '--concurrency', '8', '--allow-method', 'PUT,POST');
    const order = there.asked.map(({ method, url }) => `${method} ${url}`);
    assert.deepEqual(order.toSorted(), ['GET /orders?status=new', 'GET /others', 'POST /orders', 'POST /orders', 'PUT /orders/7/status']);
    const at = (what) => there.asked[order.indexOf(what)].at;
    assert.ok(at('GET /orders?status=new') - at('PUT /orders/7/status') > 40, order);
    assert.ok(at('GET /others') - at('PUT /orders/7/status') < 40, order);
});

test('whatever traffic it is: who came behind another one, and one of them changes what both are about, comes behind it again', async () => {
    for (let seed = 1; seed <= 4; seed++) {
        const rng = random(seed);
        const there = await service((entry) => ({
            wait: new Promise((resolve) => { setTimeout(resolve, rng.below(4)); }).then(() => { entry.over = performance.now(); }),
        }), { sandbox: true });
        const sent = Array.from({ length: 300 }, (_, i) => ({
            method: rng.pick(['GET', 'GET', 'GET', 'PUT', 'POST', 'DELETE']), at: i * 2, took: 1 + rng.below(12),
            target: rng.pick(['/a', '/a', '/a/1', '/a/2', '/a/1/x', '/b', '/b/1']), headers: { 'X-Number': String(i) },
        }));
        const { status, stderr } = await replay(recording(...sent.map(exchange)), there.url, '--concurrency', '32');
        assert.equal(status, 0, stderr);
        const seen = sent.map((_, i) => there.asked.find(({ headers }) => headers['x-number'] === String(i)));
        const below = (a, b) => b.target.startsWith(`${a.target}/`) && a.method !== 'POST';
        let pairs = 0;
        for (const [j, b] of sent.entries()) {
            for (const [i, a] of sent.slice(0, j).entries()) {
                const about = a.target === b.target || below(a, b) || below(b, a);
                if (!about || a.at + a.took > b.at || (a.method === 'GET' && b.method === 'GET'))
                    continue;
                pairs++;
                assert.ok(seen[i].over <= seen[j].at, `seed ${seed}: ${b.method} ${b.target} (${j}) did not wait for ${a.method} ${a.target} (${i})`);
            }
        }
        assert.ok(pairs > 1000 && there.most > 2, `${pairs} pairs, ${there.most} at a time`);
    }
});

test('those that overlapped when they were recorded may overlap again', async () => {
    const there = await service(() => ({ wait: new Promise((resolve) => { setTimeout(resolve, 30); }) }), { sandbox: true });
    const lines = [0, 1, 2, 3].map((at) => exchange({ method: 'PUT', target: '/one', body: '{}', at, took: 100 }));
    await replay(recording(...lines), there.url, '--concurrency', '8', '--allow-method', 'PUT');
    assert.equal(there.most, 4);
});

test('the first signal ends the run, and what was done is reported', async () => {
    const there = await service(({ url }) => (url === '/5' ? { wait: new Promise(() => {}) } : { body: { a: 1 } }));
    const program = start(binary, ['replay', recording(...[...Array(9).keys()].map((at) => exchange({ target: `/${at}`, at }))), '--to', there.url, '--speed', 'max']);
    while (there.asked.length < 6)
        await new Promise((resolve) => { setImmediate(resolve); });
    process.kill(program.pid, 'SIGINT');
    const { status } = await program.exit;
    assert.equal(status, 1);
    assert.match(program.stdout, /stopped by a signal: 6 requests sent in [\d.]+ m?s: 5 answered differently/);
});
