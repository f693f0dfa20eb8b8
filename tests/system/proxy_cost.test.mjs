// What hostile ways of sending cost, against ordinary ways of sending the same: CPU time of one process, never waiting.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { connect, rawUpstream, startGateway } from './lib/index.mjs';

// CPU time that the gateway spends meanwhile, in ticks of 10 ms.
async function cost(gateway, work) {
    const ticks = () => readFileSync(`/proc/${gateway.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).reduce((sum, each) => sum + Number(each), 0);
    const before = ticks();
    await work();
    return ticks() - before;
}

// Reads and forgets; resolves once that many bytes came.
const swallow = (connection, count) => new Promise((resolve) => {
    let bytes = 0;
    connection.socket.on('data', (data) => {
        bytes += data.length;
        connection.chunks.length = 0;
        if (bytes >= count)
            resolve();
    });
});

const watched = process.env.TSAN ? 'ThreadSanitizer makes every memmem() pay for all the bytes behind what it found' : false;

test('10,000 pipelined requests cost no more than 10,000 one after the other', { skip: watched }, async () => {
    const gateway = await startGateway('http://127.0.0.1:1', { match: { hosts: ['other'] } }); // answered 404 by the gateway itself
    const request = 'GET /none HTTP/1.1\r\nHost: a\r\n\r\n';
    const first = await connect(gateway.port);
    first.send(request);
    await first.until(() => first.text().endsWith('}') || undefined);
    const size = first.text().length;

    const one = await connect(gateway.port);
    const single = await cost(gateway, async () => {
        for (let i = 0; i < 10_000; i++) {
            const answered = one.until(() => (one.chunks.reduce((sum, { length }) => sum + length, 0) >= size ? true : undefined));
            one.send(request);
            await answered;
            one.chunks.length = 0;
        }
    });
    const many = await connect(gateway.port);
    const pipelined = await cost(gateway, async () => {
        const answered = swallow(many, 10_000 * size);
        many.send(request.repeat(10_000));
        await answered;
    });
    assert.ok(pipelined <= single + 2, `pipelined ${pipelined}, one after the other ${single} ticks`);
});

test('a request of tiny chunks costs about what an answer of tiny chunks does', async () => {
    const body = `${'1\r\nx\r\n'.repeat(1_000_000)}0\r\n\r\n`;
    const upstream = await rawUpstream(async (connection) => {
        const head = await connection.head();
        if (head.startsWith('POST'))
            await connection.until(() => (connection.chunks.at(-1).toString('latin1').endsWith('\r\n0\r\n\r\n') ? true : undefined), 'the body', 60_000);
        connection.send(`HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${head.startsWith('GET') ? body : '1\r\nx\r\n0\r\n\r\n'}`);
    });
    const gateway = await startGateway(upstream.url);
    const ask = (method, more) => cost(gateway, async () => {
        const client = await connect(gateway.port);
        client.send(`${method} / HTTP/1.1\r\nHost: a\r\n${more}`);
        await client.until(() => (client.chunks.at(-1)?.toString('latin1').endsWith('\r\n0\r\n\r\n') ? true : undefined), 'the answer', 60_000);
        client.socket.destroy();
    });
    const answer = await ask('GET', '\r\n');
    const request = await ask('POST', `Transfer-Encoding: chunked\r\n\r\n${body}`);
    assert.ok(request <= 3 * answer + 10, `request ${request}, answer ${answer} ticks`);
});
