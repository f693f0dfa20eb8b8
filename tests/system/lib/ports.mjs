// Loopback ports.
import net from 'node:net';

const given = new Set();

// A port that nobody listens on now, and that the system gives to no outgoing connection either: below the range of ephemeral ports (32768
// and up), because the tests run side by side. Only for servers that cannot be told to choose one themselves.
export async function freePort() {
    for (let tries = 0; tries < 200; tries++) {
        const port = 10_000 + Math.floor(Math.random() * 22_000);
        if (!given.has(port) && await canListen(port)) {
            given.add(port);
            return port;
        }
    }
    throw new Error('no free port between 10000 and 32000');
}

function canListen(port) {
    return new Promise((resolve) => {
        const server = net.createServer();
        server.on('error', () => resolve(false));
        server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
}

// Resolves once something accepts on the port; fails when `program` ends first or the time is over.
export async function accepts(port, program, timeout = 20_000) {
    const end = Date.now() + timeout;
    for (;;) {
        if (await canConnect(port))
            return;
        if (program?.ended)
            throw new Error(`ended before it accepted on port ${port}\n${program.stderr}`);
        if (Date.now() > end)
            throw new Error(`nothing accepts on port ${port} after ${timeout} ms`);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

function canConnect(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.on('connect', () => { socket.destroy(); resolve(true); });
        socket.on('error', () => resolve(false));
    });
}
