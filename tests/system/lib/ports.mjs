// Loopback ports.
import net from 'node:net';

// A port that nobody listens on now. Only for servers that cannot be told to choose one themselves.
export function freePort() {
    return new Promise((resolve, reject) => {
        const server = net.createServer();
        server.on('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
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
