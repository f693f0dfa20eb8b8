// Clients and upstreams that misbehave at random, drawn from a seed: whatever they do, nothing crashes, hangs, leaks, is mixed up,
// is forwarded otherwise than it was meant, or is missing in the recording. CHAOS=seconds runs longer, CHAOS_SEED=n otherwise.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { onCleanup, plumbline, readRecording, startPlumbline, temporaryFolder } from './lib/index.mjs';
import { chaosClient } from './lib/chaos_client.mjs';
import { contractOf, maxBody, random, services } from './lib/chaos_plan.mjs';
import { chaosUpstream } from './lib/chaos_upstream.mjs';

const SECONDS = Number(process.env.CHAOS ?? 8);
const SEED = Number(process.env.CHAOS_SEED ?? 1);
const CLIENTS = Number(process.env.CHAOS_CLIENTS ?? 100);
const sanitized = /\/build\/(san|tsan)\//.test(process.env.PLUMBLINE_BIN ?? '');
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function startWorld(rng) {
    const folder = temporaryFolder();
    const world = { plans: new Map(), faults: [], answered: [], requests: 0, folder, recording: path.join(folder, 'recording') };
    world.complain = (plan, what) => {
        if (world.faults.length < 20)
            world.faults.push(`${what}${plan ? ` [${plan.marker} ${plan.service} ${plan.method} ${plan.kind} ${plan.framing} upstream ${plan.upstream} HTTP/${plan.version} ${plan.expect ?? ''}]` : ''}`);
    };
    world.upstream = await chaosUpstream(world.plans, world.complain, rng);
    onCleanup(world.upstream.close);
    const modes = { enforce: ['enforce', 'observe'], strict: ['enforce', 'enforce'], observe: ['observe', 'observe'], off: ['off', 'off'] };
    const entry = (name) => {
        const contract = path.join(folder, `${name}.json`);
        writeFileSync(contract, JSON.stringify(contractOf(name)));
        return [name, { contract, match: { paths: [`/${name}`] }, upstream: world.upstream.url, forwarded: 'off', request: modes[name][0], response: modes[name][1],
            max_body: maxBody[name], timeouts: { connect: '1s', first_byte: '1s', idle: '1s' } }];
    };
    const config = { workers: 2, services: Object.fromEntries(services.map(entry)), log: { access: 'off' }, record: { to: world.recording, segment: '4MiB', sync: '100ms' },
        clients: { header_timeout: '2s', body_timeout: '1s', keep_alive_timeout: '3s', drain_timeout: '5s' } };
    world.gateway = await startPlumbline({ config, folder });
    world.port = world.gateway.port;
    return world;
}

// What the process holds open, by name: "socket:[4711]", "/…/000001.jsonl".
const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
        return []; // closed meanwhile
    }
});
const memory = (pid) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) * 1024;

async function storm(world, rng, seconds) {
    const end = Date.now() + seconds * 1000;
    const one = async (own) => {
        while (Date.now() < end && world.faults.length < 20)
            await chaosClient(world, own);
    };
    await Promise.all(Array.from({ length: CLIENTS }, () => one(random(rng.below(2 ** 31)))));
}

// Once everyone is gone, the process holds what it held before anyone came.
async function settle(world, idle) {
    world.upstream.drop();
    for (let i = 0; i < 100 && descriptors(world.gateway.pid).length > idle.length; i++)
        await sleep(100);
    const held = descriptors(world.gateway.pid);
    assert.equal(held.length, idle.length, `open after everyone has gone: ${held.join(' ')}; before anyone came: ${idle.join(' ')}`);
}

// What the recording says of the request that a fault names.
function recordedOf(world, fault) {
    const [, marker] = /\[(m\w+) /.exec(fault) ?? [];
    const of = readRecording(world.recording).filter(({ _plumbline }) => marker && _plumbline.target?.includes(marker));
    return JSON.stringify(of.map(({ response, _plumbline: { outcome, refusal, times, upstream } }) => ({ status: response.status, outcome, refusal, times, upstream })));
}

async function judgeRecording(world) {
    const recorded = new Map();
    for (const entry of readRecording(world.recording)) {
        assert.ok(!recorded.has(entry._plumbline.id), `${entry._plumbline.id} is recorded twice`);
        recorded.set(entry._plumbline.id, entry);
    }
    const seen = new Set();
    for (const { id, status, plan, own } of world.answered) {
        assert.ok(!seen.has(id), `two answers have the id ${id}`);
        seen.add(id);
        const entry = recorded.get(id);
        assert.ok(entry, `the exchange ${id} of ${plan.marker} was answered with ${status} and is not recorded`);
        if (own)
            assert.equal(entry._plumbline.refusal?.status, status, `the refusal of ${plan.marker}`);
        else
            assert.deepEqual([entry.response.status, entry.request.method, entry._plumbline.target], [status, plan.method, plan.target], plan.marker);
    }
    const verify = await plumbline(['log', 'verify', world.recording]);
    assert.equal(verify.status, 0, verify.stdout + verify.stderr);
    const check = await plumbline(['check', world.recording, '-c', path.join(world.folder, 'gateway.yaml')]);
    assert.ok(check.status === 0 || check.status === 1, check.stdout.slice(0, 2000) + check.stderr.slice(0, 2000));
    return recorded.size;
}

test(`chaos for ${SECONDS} s with seed ${SEED}: nothing breaks, is mixed up or lost`, { timeout: (SECONDS + 180) * 1000 }, async (t) => {
    const rng = random(SEED);
    const world = await startWorld(rng);
    const idle = descriptors(world.gateway.pid);
    await storm(world, rng, SECONDS / 2);
    await settle(world, idle);
    const held = memory(world.gateway.pid);
    await storm(world, rng, SECONDS / 2);
    await settle(world, idle);
    assert.deepEqual(world.faults.map((fault) => `${fault} recorded: ${recordedOf(world, fault)}`), []);
    if (!sanitized)
        assert.ok(memory(world.gateway.pid) < held * 1.5 + 64 * 2 ** 20, `memory went from ${held} to ${memory(world.gateway.pid)}`);

    // Stopped in the middle of it, it still ends cleanly.
    const clients = Array.from({ length: 20 }, () => chaosClient({ ...world, complain: () => {} }, random(rng.below(2 ** 31))));
    await sleep(50);
    const ended = await world.gateway.stop({ timeout: 30_000 });
    assert.deepEqual({ status: ended.status, signal: ended.signal }, { status: 0, signal: null }, world.gateway.stderr);
    await Promise.all(clients);
    assert.ok(world.answered.length > 20 * SECONDS);
    const recorded = await judgeRecording(world);
    t.diagnostic(`${world.requests} requests, ${world.answered.length} answers, ${recorded} exchanges recorded, ${Math.round(held / 2 ** 20)} MiB held`);
});
