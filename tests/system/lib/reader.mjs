// Node's HTTP parser (llhttp, strict) as a second opinion: how does it read these bytes of a client?
import http from 'node:http';
import net from 'node:net';

// { read(bytes), close() }. read() resolves to { requests: [{ method, url, headers, trailers, body }], refused }: the complete requests
// before the end of the bytes, texts as latin1, headers and trailers as in rawHeaders (name, value, name, value, ...).
export async function startReader() {
    const records = new Map(); // socket -> what was read
    const waiting = new Map(); // port of the client -> resolve

    const server = http.createServer({ requireHostHeader: false, insecureHTTPParser: false, maxHeaderSize: 65536 }, (request, response) => {
        const record = records.get(request.socket);
        const pieces = [];
        request.on('data', (piece) => pieces.push(piece));
        request.on('end', () => {
            record.requests.push({ method: request.method, url: request.url, headers: request.rawHeaders, trailers: request.rawTrailers,
                body: Buffer.concat(pieces).toString('latin1') });
            response.end();
        });
        request.on('error', () => {});
    });
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    server.on('connection', (socket) => {
        const record = { requests: [], refused: false };
        const port = socket.remotePort;
        records.set(socket, record);
        socket.on('close', () => {
            records.delete(socket);
            waiting.get(port)?.(record);
            waiting.delete(port);
        });
    });
    server.on('clientError', (_, socket) => {
        if (records.has(socket))
            records.get(socket).refused = true;
        socket.destroy();
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });

    return {
        read: (bytes) => new Promise((resolve, reject) => {
            const client = net.connect(server.address().port, '127.0.0.1', () => {
                waiting.set(client.localPort, (record) => { client.destroy(); resolve(record); });
                client.end(bytes);
            });
            client.on('error', (error) => { if (!client.localPort) reject(error); });
            client.resume();
        }),
        close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
    };
}
