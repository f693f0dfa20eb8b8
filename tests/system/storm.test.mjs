// Everything at once, drawn from a seed: TLS, tunnels, reloads, limits, recording, the admin listener, and peers that die. Whatever comes
// together, answers belong to their requests, the recording has them, the counters agree, and nothing is left when all have gone.
// STORM=seconds runs longer, STORM_SEED=n otherwise.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { certificates, freePort, onCleanup, plumbline, readRecording, startPlumbline, temporaryFolder } from './lib/index.mjs';
import { random } from './lib/chaos_plan.mjs';
import { calmRequest, stormClient } from './lib/storm_client.mjs';
import { broken, contractText, drawSettings, drawWorld, services } from './lib/storm_plan.mjs';
import { stormUpstream } from './lib/storm_upstream.mjs';

const SECONDS = Number(process.env.STORM ?? 6);
const SEED = Number(process.env.STORM_SEED ?? 1);
const CLIENTS = Number(process.env.STORM_CLIENTS ?? 60);
const sanitized = /\/(san|tsan)\//.test(process.env.PLUMBLINE_BIN ?? '');
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// But for both ends of idle connections to the simulated services, which are in the same process: each worker keeps those that it once needed.
function descriptors(pid) {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
        try {
            return readlinkSync(`/proc/${pid}/fd/${fd}`);
        } catch {
            return ''; // closed meanwhile
        }
    });
    const inodes = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
    const ends = readFileSync(`/proc/${pid}/net/tcp`, 'latin1').split('\n').map((line) => line.trim().split(/\s+/))
        .filter(([, , , state, , , , , , inode]) => state === '01' && inodes.has(inode)).map(([, local, peer]) => [local, peer]);
    const here = new Set(ends.map(([local]) => local));
    return links.length - ends.filter(([, peer]) => here.has(peer)).length;
}
// What they are, with the addresses of sockets.
const open = (pid) => spawnSync('bash', ['-c', `ls -l /proc/${pid}/fd; ss -anp | grep pid=${pid},`], { encoding: 'utf8' }).stdout.replace(/^.*-> /gm, '');
const memory = (pid) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) * 1024;

async function startWorld(rng) {
    const folder = temporaryFolder();
    const pki = await certificates();
    const names = 'DNS:localhost,IP:127.0.0.1';
    const world = { folder, plans: new Map(), faults: [], answered: [], statuses: new Map(), requests: 0, reloads: 0, drawn: drawWorld(rng),
        limited: false, stopping: false, late: sanitized, tunnelTotal: rng.chance(0.2), recording: path.join(folder, 'recording'), ca: readFileSync(pki.ca) };
    world.complain = (plan, what) => {
        if (world.faults.length < 20)
            world.faults.push(`${what}${plan ? ` [${plan.marker} ${plan.method} ${plan.target} upstream ${plan.upstream}${plan.bad ? ' bad' : ''}${plan.tunnel ? ` tunnel ${plan.ends} ${plan.bytes}` : ''}]` : ''}`);
    };
    world.pairs = [await pki.sign('red', names), await pki.sign('blue', names)];
    copyFileSync(pki.ca, path.join(folder, 'ca.pem'));
    swapCertificate(world, 0);
    for (const name of Object.keys(services))
        writeFileSync(path.join(folder, `${name}.json`), contractText(name));
    world.upstreams = { tcp: [], tls: [], unix: [] };
    for (const kind of ['tcp', 'tcp', 'tls', 'unix']) {
        const upstream = await stormUpstream(world, kind, path.join(folder, 'upstream.sock'), world.pairs[0]);
        onCleanup(upstream.close);
        world.upstreams[kind].push(upstream);
    }
    const all = Object.values(world.upstreams).flat();
    world.deaths = () => all.reduce((sum, { deaths }) => sum + deaths, 0);
    // Outgoing connections come from 127.0.0.1, so no port of the others is ever taken by one.
    world.listeners = [
        { name: 'plain', address: `127.0.0.1:${await freePort()}`, stable: true },
        { name: 'tls', address: `127.0.0.1:${await freePort()}`, tls: true, stable: true },
        { name: 'second', address: `127.0.0.2:${await freePort()}` },
        { name: 'second tls', address: `127.0.0.3:${await freePort()}`, tls: true },
        { name: 'unix', address: `unix:${path.join(folder, 'clients.sock')}` },
    ];
    world.admin = `127.0.0.1:${await freePort()}`;
    world.calm = drawSettings(world, rng, true);
    world.gateway = await startPlumbline({ config: world.calm, folder });
    return world;
}

/* ---- what happens to it ---- */

function swapCertificate(world, index) {
    for (const [part, file] of [['cert', 'server.pem'], ['key', 'server.key']])
        copyFileSync(world.pairs[index][part], path.join(world.folder, file));
    world.pair = index;
}

// One call of the admin listener, on a connection of its own: { status, text }.
function admin(world, target, options = {}) {
    return new Promise((resolve, reject) => {
        const request = http.request(`http://${world.admin}${target}`, { agent: false, timeout: 20_000, ...options }, (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (data) => { text += data; });
            response.on('end', () => resolve({ status: response.statusCode, text }));
            response.on('error', reject);
        });
        request.on('timeout', () => request.destroy(new Error(`${target} hangs`)));
        request.on('error', reject);
        request.end();
    });
}
const reload = (world) => admin(world, '/api/v1/reload', { method: 'POST' });

function writeSettings(world, text, rng) {
    const file = world.gateway.config;
    if (rng.chance(0.5)) {
        writeFileSync(file, text);
    } else {
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
    }
}

// Another configuration, a broken one, or another certificate; told to the gateway in one way or another.
async function reloadOnce(world, rng) {
    const text = JSON.stringify(drawSettings(world, rng), null, 1);
    const breaks = rng.chance(0.25);
    const [expected, written] = breaks ? rng.pick(broken)(text) : [[200], text];
    world.limited = true;
    if (rng.chance(0.3))
        swapCertificate(world, rng.below(2));
    writeSettings(world, written, rng);
    if (rng.chance(0.3))
        world.gateway.signal('SIGHUP');
    if (rng.chance(0.6)) {
        const { status, text: said } = await reload(world);
        world.reloads++;
        if (!expected.includes(status))
            world.complain(undefined, `a reload was answered ${status} instead of ${expected}: ${said}`);
    }
    await sleep(rng.below(rng.chance(0.3) ? 10 : 300));
}

async function killUpstream(world, rng) {
    const upstream = rng.pick(Object.values(world.upstreams).flat());
    await sleep(rng.below(800));
    if (rng.chance(0.5)) {
        upstream.drop();
        upstream.deaths++;
    } else {
        await upstream.die();
        await sleep(rng.below(300));
        await upstream.rise();
    }
}

const pages = ['/healthz', '/readyz', '/metrics', '/api/v1/status', '/api/v1/exchanges', '/api/v1/exchanges?verdict=violations&limit=3', '/api/v1/findings',
    '/api/v1/contracts', '/api/v1/contracts/strict', '/api/v1/recordings', '/api/v1/recordings/000001.jsonl?format=har', '/api/v1/recordings/000001.jsonl'];

async function lookAround(world, rng) {
    if (rng.chance(0.15)) { // a stream, read for a while or not at all
        const request = http.get(`http://${world.admin}/api/v1/exchanges/stream`, { agent: false });
        const reads = rng.chance(0.5);
        request.on('error', () => {});
        request.on('response', (response) => {
            response.on('error', () => {});
            if (reads)
                response.resume();
        });
        await sleep(rng.below(rng.chance(0.2) ? 1500 : 200));
        request.destroy();
    } else if (rng.chance(0.1)) {
        await admin(world, '/api/v1/findings', { method: 'DELETE' });
    } else {
        const page = rng.pick(pages);
        const { status, text } = await admin(world, page);
        const gone = (page.includes('000001') || (page.includes('exchanges') && world.drawn.recent.exchanges === 0)) && status === 404;
        if (status !== 200 && !gone) // a segment may be compressed by now, and exchanges not be kept
            world.complain(undefined, `${page} was answered ${status}: ${text.slice(0, 300)}`);
        if (status === 200 && page.startsWith('/api') && !page.endsWith('jsonl'))
            JSON.parse(text);
    }
    await sleep(rng.below(60));
}

async function storm(world, rng, seconds) {
    const end = Date.now() + seconds * 1000;
    const loop = async (act) => {
        while (Date.now() < end && world.faults.length < 20)
            await act();
    };
    const actors = [reloadOnce, killUpstream, lookAround].map((act) => {
        const own = random(rng.below(2 ** 31));
        return loop(() => act(world, own));
    });
    const clients = Array.from({ length: CLIENTS }, () => {
        const own = random(rng.below(2 ** 31));
        return loop(() => stormClient(world, own.below(2 ** 31)));
    });
    await Promise.all([...actors, ...clients]);
}

/* ---- what must be so ---- */

async function until(what, test) {
    let seen;
    for (let i = 0; i < 200; i++) {
        seen = await test();
        if (seen === true)
            return;
        await sleep(100);
    }
    assert.fail(`${what}: ${seen}`);
}

const metricOf = (text, name) => Number(new RegExp(`^plumbline_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);

// Back to the calm settings: everything is served by everyone, nothing is inside.
async function calmDown(world, rng) {
    swapCertificate(world, world.pair);
    writeFileSync(world.gateway.config, JSON.stringify(world.calm, null, 1));
    const { status, text } = await reload(world);
    assert.equal(status, 200, text);
    await sleep(1); // clients that were told of limits are gone: storm() waited for them
    world.limited = false;
    for (const listener of world.listeners) {
        for (const service of Object.keys(services)) {
            const answer = await calmRequest(world, service, listener, rng);
            assert.ok(answer.status === 200 || answer.status === 204, `${service} by ${listener.name}: ${JSON.stringify(answer)}`);
            assert.equal(answer.reached, service === 'sandbox' ? 0 : 1);
            if (listener.tls)
                assert.equal(answer.certificate, ['red', 'blue'][world.pair]);
        }
    }
    for (const upstream of Object.values(world.upstreams).flat())
        upstream.drop();
    await until('what is inside', async () => {
        const { text: metrics } = await admin(world, '/metrics');
        const inside = ['connections', 'in_flight', 'tunnels'].map((name) => metricOf(metrics, name));
        return inside.every((count) => count === 0) || `connections, in flight, tunnels: ${inside}`;
    });
}

async function settle(world, idle) {
    await until('file descriptors', () => descriptors(world.gateway.pid) <= idle || `${descriptors(world.gateway.pid)} instead of ${idle}: ${open(world.gateway.pid)}`);
}

async function judgeCounters(world) {
    await until('what is recorded', async () => {
        const { counters, recording } = JSON.parse((await admin(world, '/api/v1/status')).text);
        const lines = readRecording(world.recording);
        const exchanges = lines.filter(({ _plumbline }) => !_plumbline.amends).length;
        return (counters.exchanges === exchanges + recording.dropped && lines.length === recording.lines) ||
            JSON.stringify({ counted: counters.exchanges, exchanges, lines: lines.length, ...recording });
    });
    const status = JSON.parse((await admin(world, '/api/v1/status')).text);
    assert.equal(status.recording.failed, 0);
    assert.ok(world.drawn.record.full === 'drop' || status.recording.dropped === 0, 'lines were dropped');
    assert.ok(status.counters.exchanges >= world.answered.length, `${status.counters.exchanges} exchanges, ${world.answered.length} answers`);
}

async function judgeRecording(world, dropped) {
    const recorded = new Map();
    let sequence = 0;
    for (const entry of readRecording(world.recording)) {
        assert.equal(entry._plumbline.sequence, ++sequence);
        if (entry._plumbline.amends) {
            assert.equal(recorded.get(entry._plumbline.id)?._plumbline.sequence, entry._plumbline.amends);
            continue;
        }
        assert.ok(!recorded.has(entry._plumbline.id), `${entry._plumbline.id} is recorded twice`);
        recorded.set(entry._plumbline.id, entry);
    }
    const seen = new Set();
    let missing = 0;
    for (const { id, status, plan, own } of world.answered) {
        assert.ok(!seen.has(id), `two answers have the id ${id}`);
        seen.add(id);
        const entry = recorded.get(id);
        missing += entry ? 0 : 1;
        if (entry && !own)
            assert.deepEqual([entry.response.status, entry.request.method, entry._plumbline.target], [status, plan.method, plan.target], plan.marker);
        else if (entry)
            assert.equal(entry._plumbline.refusal?.status, status, plan.marker);
    }
    assert.ok(missing <= dropped, `${missing} answers are not recorded, ${dropped} were dropped`);
    const verify = await plumbline(['log', 'verify', world.recording]);
    assert.equal(verify.status, 0, verify.stdout + verify.stderr);
    return recorded.size;
}

test(`a storm of ${SECONDS} s with seed ${SEED}`, { timeout: (SECONDS + 180) * 1000 }, async (t) => {
    const rng = random(SEED);
    const world = await startWorld(rng);
    const { gateway } = world;
    await calmDown(world, rng);
    const idle = descriptors(gateway.pid);
    let held = 0;
    for (let half = 0; half < 2; half++) {
        await storm(world, rng, SECONDS / 2);
        assert.deepEqual(world.faults, [], gateway.stderr.slice(-3000));
        await calmDown(world, rng);
        await settle(world, idle);
        held ||= memory(gateway.pid);
    }
    await judgeCounters(world);
    assert.deepEqual(world.faults, [], gateway.stderr.slice(-3000));
    if (!sanitized)
        assert.ok(memory(gateway.pid) < held * 1.5 + 64 * 2 ** 20, `memory went from ${held} to ${memory(gateway.pid)}`);

    // Stopped in the middle of it, it still ends cleanly.
    const before = JSON.parse((await admin(world, '/api/v1/status')).text).recording.dropped;
    world.limited = true;
    const clients = Array.from({ length: 30 }, () => stormClient(world, rng.below(2 ** 31)));
    await sleep(rng.below(100));
    world.stopping = true;
    const ended = await gateway.stop({ timeout: 30_000 });
    assert.deepEqual({ status: ended.status, signal: ended.signal }, { status: 0, signal: null }, gateway.stderr.slice(-3000));
    for (const upstream of Object.values(world.upstreams).flat())
        upstream.drop();
    await Promise.all(clients);
    assert.deepEqual(world.faults, [], gateway.stderr.slice(-3000));
    const recorded = await judgeRecording(world, world.drawn.record.full === 'drop' ? before + 30 : 0);
    t.diagnostic(`${world.requests} requests, ${world.answered.length} answers, ${recorded} recorded, ${world.reloads} reloads by POST, ${Math.round(held / 2 ** 20)} MiB; ${JSON.stringify(world.drawn)}; ${JSON.stringify([...world.statuses].sort())}`);
});
