// What a warm request asks of the system. Times differ from machine to machine; system calls do not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { onCleanup, start, startNginx, temporaryFolder } from './lib/index.mjs';
import { startGateway } from './lib/gateway.mjs';

const REQUESTS = 200;
const SLACK = REQUESTS / 40; // a timer that fires

const part = '{"name":"bolt","size":8}';

const lacking = process.env.SAN || process.env.TSAN ? 'sanitizers make system calls of their own'
    : spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0 ? 'there is no strace, or it may trace nothing here' : false;

async function ask(url, agent, body) {
    const request = http.request(url, { agent, method: body ? 'POST' : 'GET', headers: body ? { 'Content-Type': 'application/json', 'Content-Length': body.length } : {} });
    request.end(body);
    const [answer] = await new Promise((resolve, reject) => { request.on('response', (...it) => resolve(it)); request.on('error', reject); });
    for await (const piece of answer)
        void piece;
    return answer.statusCode;
}

// The system calls of the busiest thread of a program while `work` is done: { recvfrom: 400, ... }.
async function traced(program, work) {
    const file = path.join(temporaryFolder(), 'calls');
    const tracer = start('strace', ['-f', '-q', '-e', 'signal=none', '-o', file, '-p', String(program.pid)], { name: 'strace' });
    await attached(program.pid, tracer);
    await work();
    tracer.signal('SIGINT');
    await tracer.exit;
    const threads = {};
    for (const line of readFileSync(file, 'latin1').split('\n')) {
        const [, thread, name] = line.match(/^(\d+) +(\w+)\(/) ?? []; // "<... resumed>" is a call that has its line already
        if (name)
            (threads[thread] ??= []).push(name);
    }
    const busiest = Object.values(threads).sort((a, b) => b.length - a.length)[0] ?? [];
    return busiest.reduce((calls, name) => ({ ...calls, [name]: (calls[name] ?? 0) + 1 }), {});
}

// Until each thread has its tracer.
async function attached(pid, tracer) {
    const threads = () => spawnSync('sh', ['-c', `grep -h TracerPid /proc/${pid}/task/*/status`], { encoding: 'utf8' }).stdout;
    while (/TracerPid:\s+0$/m.test(threads())) {
        assert.equal(tracer.ended, null, tracer.stderr);
        await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
}

for (const [what, mode, body] of [['passes', 'off', ''], ['is checked on both sides', 'enforce', part]]) {
    test(`a warm request that ${what} is two reads, two writes and two waits`, { skip: lacking }, async () => {
        const upstream = await startNginx(`location / { default_type application/json; return 201 '${part}'; }`);
        const gateway = await startGateway(upstream.url, { request: mode, response: mode }, { workers: 1, log: { access: 'off' } });
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        onCleanup(() => agent.destroy());
        const run = async (count) => {
            for (let i = 0; i < count; i++)
                assert.equal(await ask(`${gateway.url}/parts`, agent, body), 201);
        };

        await run(20);
        const { recvfrom = 0, sendto = 0, sendmsg = 0, epoll_wait = 0, ...others } = await traced(gateway, () => run(REQUESTS));
        const rest = Object.values(others).reduce((sum, count) => sum + count, 0);

        assert.ok(Math.abs(recvfrom - 2 * REQUESTS) <= SLACK, `${recvfrom} reads for ${REQUESTS} requests`);
        assert.ok(Math.abs(sendto + sendmsg - 2 * REQUESTS) <= SLACK, `${sendto + sendmsg} writes for ${REQUESTS} requests`);
        assert.ok(epoll_wait <= 2 * REQUESTS + SLACK, `${epoll_wait} waits for ${REQUESTS} requests`);
        assert.ok(rest <= SLACK, `and besides: ${JSON.stringify(others)}`);
    });
}
