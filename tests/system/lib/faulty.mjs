// A gateway with fault rules in front of an upstream that counts; what the faults_*.test.mjs files start.
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { onCleanup, temporaryFolder } from './cleanup.mjs';
import { startGateway } from './gateway.mjs';
import { reset } from './raw.mjs';

export const part = '{"name":"bolt","size":8}';

// answer(request, body, count) gives { status, headers, body, pieces }, or undefined for one part. { url, requests: [{ method, url, headers, body }] }
export async function countingService(answer = () => undefined) {
    const requests = [];
    const server = http.createServer(async (request, response) => {
        const pieces = [];
        let complete = true;
        try {
            for await (const piece of request) pieces.push(piece);
        } catch {
            complete = false;
        }
        const body = Buffer.concat(pieces).toString('latin1');
        requests.push({ method: request.method, url: request.url, headers: request.headers, body, complete });
        const { status = request.method === 'POST' ? 201 : 200, headers = { 'Content-Type': 'application/json' }, body: said = part, pieces: some }
            = answer(request, body, requests.length) ?? {};
        response.writeHead(status, some ? headers : { ...headers, ...(status === 204 ? {} : { 'Content-Length': Buffer.byteLength(said) }) });
        for (const piece of some ?? [])
            response.write(piece);
        response.end(some || status === 204 ? undefined : said);
    });
    server.on('clientError', (error, socket) => { requests.push({ broken: error.code, raw: error.rawPacket?.toString('latin1') }); socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'); });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    onCleanup(() => { server.closeAllConnections(); return new Promise((resolve) => { server.close(resolve); }); });
    return { url: `http://127.0.0.1:${server.address().port}`, requests };
}

// The gateway of startGateway, with { recording }.
export async function startFaulty(upstream, faults, service = {}, settings = {}, options = {}) {
    const recording = path.join(temporaryFolder(), 'recording');
    const gateway = await startGateway(upstream, { request: 'observe', response: 'observe', ...service },
        { seed: 7, faults, record: { to: recording }, ...settings }, options);
    return Object.assign(gateway, { recording });
}

// What a client sees of one connection on which these bytes are sent: { text, pieces: [{ at, length }], error, ended, time }; at and time are
// milliseconds since the bytes were sent. Resolves when the connection is over or, with `until`, when the pattern, or so many bytes, are there.
export function look(port, bytes, { until, timeout = 20_000, socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true }) } = {}) {
    return new Promise((resolve, reject) => {
        const seen = { text: '', pieces: [], error: undefined, ended: false };
        const timer = setTimeout(() => { socket.destroy(); reject(new Error(`nothing for ${timeout} ms behind ${JSON.stringify(seen.text)}`)); }, timeout);
        let sent;
        const done = () => {
            clearTimeout(timer);
            seen.time = performance.now() - sent;
            resolve(seen);
        };
        onCleanup(() => { socket.destroy(); });
        socket.on('connect', () => {}).on('data', (data) => {
            seen.text += data.toString('latin1');
            seen.pieces.push({ at: performance.now() - sent, length: data.length });
            if (typeof until === 'number' ? seen.text.length >= until : until?.test(seen.text)) {
                done();
                reset(socket);
            }
        });
        // A reset right behind the last bytes is an end to libuv (uv__stream_io); but whoever was reset cannot write any more.
        const wasReset = () => { seen.error = 'ECONNRESET'; };
        const probe = () => socket.write('\n', (error) => { if (error) wasReset(); else seen.ended = true; socket.destroy(); });
        socket.on('end', () => { if (socket.encrypted) { seen.ended = true; socket.end(); } else { probe(); } });
        socket.on('error', ({ code }) => { if (code === 'EPIPE') wasReset(); else seen.error = code; }).on('close', done);
        const send = () => { sent = performance.now(); socket.write(bytes); };
        if (socket.connecting) socket.once(socket.encrypted ? 'secureConnect' : 'connect', send);
        else send();
    });
}

export const get = (target = '/parts/a1', fields = '') => `GET ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
export const post = (body = part, fields = '') =>
    `POST /parts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${fields}\r\n${body}`;
export const bodyOf = (text) => text.slice(text.indexOf('\r\n\r\n') + 4);
