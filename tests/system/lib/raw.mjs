// Both ends of a connection as bytes: an upstream that says exactly what it is told, a client that sends exactly what it is given.
import net from 'node:net';
import { onCleanup } from './cleanup.mjs';

// Resets a connection, whatever is still to be sent. Not by resetAndDestroy(): that ends the socket first, and where something else
// destroys it before that end is out, Node neither closes nor forgets it, and the process never ends. So an end that is on its way stays one.
export function reset(socket) {
    if (socket.connecting) {
        socket.once('connect', () => reset(socket));
        return;
    }
    socket.resetAndClosing = !socket.writableEnded || socket.writableFinished;
    socket.destroy();
}

// A server. `handler` is
//   text or a Buffer              sent once the head of a request is there (each connection, each request head)
//   (connection) => ...           called for each connection; drives it with the methods below
// Returns { port, url, connections, received(), waitForConnection(i), close() }; received() is every byte that came, over all
// connections in order of arrival, as latin1 text.
export async function rawUpstream(handler) {
    const upstream = { connections: [], chunks: [] };
    const watchers = new Set();
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        const connection = wrap(socket, (data) => upstream.chunks.push(data));
        upstream.connections.push(connection);
        for (const watcher of [...watchers]) watcher();
        if (typeof handler === 'function')
            (async () => handler(connection))().catch((error) => { upstream.error ??= error; socket.destroy(); });
        else
            answerEachHead(connection, handler);
    });
    await new Promise((resolve, reject) => { server.on('error', reject); server.listen(0, '127.0.0.1', resolve); });
    upstream.port = server.address().port;
    upstream.url = `http://127.0.0.1:${upstream.port}`;
    upstream.received = () => Buffer.concat(upstream.chunks).toString('latin1');
    upstream.waitForConnection = (index = 0, timeout = 10_000) => waitUntil(watchers, () => upstream.connections[index],
        `connection ${index} of the upstream`, timeout);
    upstream.close = async () => {
        for (const connection of upstream.connections) connection.socket.destroy();
        if (server.listening)
            await new Promise((resolve) => server.close(resolve));
        if (upstream.error) {
            const { error } = upstream;
            upstream.error = undefined;
            throw error;
        }
    };
    onCleanup(upstream.close);
    return upstream;
}

async function answerEachHead(connection, bytes) {
    for (let from = 0; ;) {
        const at = await connection.until(() => {
            const found = connection.text().indexOf('\r\n\r\n', from);
            return found >= 0 ? found + 4 : connection.ended ? -1 : undefined;
        }, 'a request head', 60_000).catch(() => -1);
        if (at < 0)
            return;
        from = at;
        connection.send(bytes);
    }
}

// One connection: { socket, text(), ended, send(bytes), end(), reset(), until(test), head(), bytes(n), closed() }.
function wrap(socket, onData = () => {}) {
    const watchers = new Set();
    const tell = () => { for (const watcher of [...watchers]) watcher(); };
    const connection = { socket, chunks: [], ended: false, gone: false, reset: () => reset(socket) };
    socket.on('data', (data) => { connection.chunks.push(data); onData(data); tell(); });
    socket.on('end', () => { connection.ended = true; tell(); });
    socket.on('close', () => { connection.ended = connection.gone = true; tell(); });
    socket.on('error', (error) => { connection.error = error; tell(); });
    connection.text = () => Buffer.concat(connection.chunks).toString('latin1');
    connection.send = (bytes) => new Promise((resolve) => {
        if (socket.destroyed) resolve();
        else socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => resolve());
    });
    connection.end = () => socket.end();
    connection.until = (test, what = 'what was expected', timeout = 10_000) => waitUntil(watchers, test,
        () => `${what}; so far: ${JSON.stringify(connection.text())}${connection.error ? ` (${connection.error.code})` : ''}`, timeout);
    // Everything up to and including the empty line after a head.
    connection.head = (timeout) => connection.until(() => {
        const at = connection.text().indexOf('\r\n\r\n');
        return at >= 0 ? connection.text().slice(0, at + 4) : undefined;
    }, 'a head', timeout);
    connection.bytes = (count, timeout) => connection.until(() => connection.text().length >= count ? connection.text() : undefined,
        `${count} bytes`, timeout);
    // Resolves when the other side has closed, to everything it sent.
    connection.closed = (timeout) => connection.until(() => connection.ended ? { text: connection.text() } : undefined,
        'the end of the connection', timeout).then(({ text }) => text);
    return connection;
}

function waitUntil(watchers, test, what, timeout) {
    return new Promise((resolve, reject) => {
        const done = (action, value) => { clearTimeout(timer); watchers.delete(look); action(value); };
        const look = () => {
            const found = test();
            if (found !== undefined)
                done(resolve, found);
        };
        const timer = setTimeout(() => done(reject,
            new Error(`waited ${timeout} ms for ${typeof what === 'function' ? what() : what}`)), timeout);
        watchers.add(look);
        look();
    });
}

// A connection that is driven by hand; see wrap().
export async function connect(port, host = '127.0.0.1', options = {}) {
    const socket = net.connect({ port, host, allowHalfOpen: true, noDelay: true, ...options });
    onCleanup(() => { socket.destroy(); });
    await new Promise((resolve, reject) => { socket.once('connect', resolve); socket.once('error', reject); });
    return wrap(socket);
}

// Sends the bytes and returns everything that came back, as latin1 text, once the other side closes.
//   halfClose    close our sending side behind the bytes
//   chunk        send that many bytes at a time
//   until        a pattern: return as soon as it is there (for connections that stay open)
export async function rawClient(port, bytes, { halfClose = false, chunk = 0, until, timeout = 10_000 } = {}) {
    const connection = await connect(port);
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    const step = chunk || data.length || 1;
    for (let at = 0; at < data.length && !connection.ended; at += step)
        await connection.send(data.subarray(at, at + step));
    if (halfClose)
        connection.end();
    const answer = until
        ? await connection.until(() => until.test(connection.text()) || connection.ended ? { text: connection.text() } : undefined,
            String(until), timeout).then(({ text }) => text)
        : await connection.closed(timeout);
    connection.socket.destroy();
    return answer;
}
