// Recorded exchanges once more, live: sent one after the other to a gateway, answered by an upstream that says what is on record.
import http from 'node:http';
import { onCleanup } from './cleanup.mjs';

const KEPT = { request: ['content-type', 'idempotency-key', 'if-match'], response: ['content-type', 'etag', 'location', 'retry-after'] };

const kept = (headers, side) =>
    Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]).filter(([name]) => KEPT[side].includes(name)));

// What was masked before it was recorded is something else that the contract takes.
const unmasked = (text) => text?.replaceAll('"email":"***"', '"email":"jane.doe@example.com"').replaceAll('"phone":"***"', '"phone":"0555550100"');

// { url, play(gateway, exchanges) }
export async function replayingUpstream() {
    let current;
    const server = http.createServer((request, response) => {
        request.resume();
        const { status, headers, content } = current.response;
        response.writeHead(status, kept(headers, 'response'));
        response.end(unmasked(content.text));
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    onCleanup(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
    const play = async (gateway, exchanges) => {
        for (current of exchanges) {
            const { request, response, _plumbline } = current;
            const headers = { Authorization: 'Bearer demo', ...kept(request.headers, 'request') };
            const body = unmasked(request.postData?.text);
            const answer = await fetch(`${gateway.url}${_plumbline.target}`, { method: request.method, headers, body });
            const text = await answer.text();
            if (answer.status !== response.status)
                throw new Error(`${request.method} ${_plumbline.target}: ${answer.status} instead of ${response.status}: ${text}`);
        }
    };
    return { url: `http://127.0.0.1:${server.address().port}`, play };
}
