// An upstream that answers each request after some milliseconds: late.mjs DELAY, the body of its answers on standard input.
// It reads no more of HTTP than wrk's requests need: one head, and a body of Content-Length bytes.
import net from 'node:net';
import { readFileSync } from 'node:fs';

const delay = Number(process.argv[2]);
const body = readFileSync(0);
const answer = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`), body]);

const server = net.createServer({ noDelay: true }, (socket) => {
    let held = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
        held = held.length ? Buffer.concat([held, data]) : data;
        const end = held.indexOf('\r\n\r\n');
        if (end < 0)
            return;
        const length = Number(held.toString('latin1', 0, end).match(/content-length: *(\d+)/i)?.[1] ?? 0);
        if (held.length < end + 4 + length)
            return;
        held = held.subarray(end + 4 + length);
        setTimeout(() => socket.write(answer), delay);
    });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 8192 }, () => console.error(`listening on ${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
