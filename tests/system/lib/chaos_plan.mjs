// What the clients and upstreams of chaos.test.mjs mean to do, drawn from a seed: requests, good and bad, and behaviours.
import { gzipSync } from 'node:zlib';

// A small generator of numbers (mulberry32), the same for the same seed.
export function random(seed) {
    let state = seed >>> 0;
    const next = () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    const below = (n) => Math.floor(next() * n);
    return { next, below, chance: (p) => next() < p, pick: (list) => list[below(list.length)] };
}

export const services = ['enforce', 'strict', 'observe', 'off'];
// max_body of each: the strict one holds every body that is sent here.
export const maxBody = { enforce: 8192, strict: 524_288, observe: 8192, off: 8192 };

const message = { type: 'object', required: ['marker'], additionalProperties: false, properties: { marker: { type: 'string' }, note: { type: 'string' } } };
const content = { 'application/json': { schema: message } };
const responses = { 200: { description: 'fine', content }, 204: { description: 'nothing' } };
const parameters = [{ name: 'marker', in: 'path', required: true, schema: { type: 'string' } }];
const operation = (extra = {}) => ({ parameters, responses, ...extra });

export const contractOf = (service) => ({
    openapi: '3.1.0',
    info: { title: service, version: '1' },
    servers: [{ url: `/${service}` }],
    paths: {
        '/{marker}': {
            get: operation(),
            delete: operation(),
            post: operation({ requestBody: { required: true, content } }),
            put: operation({ requestBody: { required: true, content } }),
        },
    },
});

// What an upstream may do with a request; the first ones give a whole answer that must reach the client as it is.
export const benign = ['length', 'length', 'chunked', 'pieces', 'late', 'interim', 'empty', 'trailers', 'closing', 'stale', 'large'];
const broken = ['early', 'early-close', 'never', 'garbage', 'short', 'long', 'twice', 'cut', 'cut-chunk', 'reset', 'reset-head', 'bad-chunk', 'flood', 'fields', 'untyped'];

// Heads and bodies that no program may let through. full: the wire bytes; none of them reaches an upstream.
const badHeads = [
    (h) => h.replace('\r\nHost: chaos', '\r\nHost: chaos\r\nHost: other'),
    (h) => h.replace('\r\nHost: chaos', '\r\nHost: chaos\r\nTransfer-Encoding: chunked\r\nContent-Length: 3'),
    (h) => h.replace('\r\nHost: chaos', '\nHost: chaos'),
    (h) => h.replace('\r\nHost: chaos', '\r\nHost: chaos\r\n folded: yes'),
    (h) => h.replace('Host: chaos', 'Host : chaos'),
    (h) => h.replace('\r\nHost: chaos', '\r\nHost: chaos\r\nX-Nul: a\0b'),
    (h) => h.replace('\r\nHost: chaos', '\r\nHost: chaos\r\nContent-Length: 1, 2'),
    (h) => h.replace('\r\nHost: chaos', '\r\nHost: chaos\r\nTransfer-Encoding: gzip, chunked, chunked'),
    (h) => h.replace('\r\nHost: chaos', `\r\nHost: chaos\r\nX-Large: ${'x'.repeat(70_000)}`),
    (h) => h.replace('\r\nHost: chaos', `\r\nHost: chaos${'\r\nX-Many: 1'.repeat(300)}`),
    (h) => h.replace(' HTTP/1.1', ' HTTP/1.1 '),
    (h) => h.replace(' HTTP/1.1', ''),
];

function chunkedBytes(body, rng, trailers) {
    const parts = [];
    for (let at = 0; at < body.length;) {
        const size = 1 + rng.below(rng.chance(0.2) ? 5 : body.length);
        const piece = body.subarray(at, at + size);
        parts.push(Buffer.from(`${piece.length.toString(16)}${rng.chance(0.1) ? ';ext="a b"' : ''}\r\n`), piece, Buffer.from('\r\n'));
        at += size;
    }
    parts.push(Buffer.from(`0\r\n${trailers.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`));
    return Buffer.concat(parts);
}

let count = 0;

// One request: what it is on the wire, what an upstream must see of it, and what its upstream is to do.
export function drawPlan(rng) {
    const service = rng.pick(services);
    const marker = `m${++count}x${rng.below(1e6)}`;
    const method = rng.pick(['GET', 'HEAD', 'POST', 'POST', 'PUT', 'DELETE']);
    const enforced = service === 'enforce' || service === 'strict';
    const plan = { service, marker, method, enforced, version: rng.chance(0.1) ? '1.0' : '1.1', kind: 'good', sentAll: false, arrived: 0, trailers: [] };
    plan.target = `/${service}/${marker}${rng.chance(0.3) ? `?q=%41%2f+${rng.below(9)}&q=&` : ''}`;
    plan.upstream = rng.chance(0.6) ? rng.pick(benign) : rng.pick(broken);
    plan.body = Buffer.alloc(0);
    plan.framing = 'none';
    const headers = [['Host', 'chaos'], ['X-Marker', marker], ['accept', '*/*'], ['X-Twice', '1'], ['x-twice', ' 2 '.trim()]];
    if (method === 'POST' || method === 'PUT') {
        let size = rng.pick([0, 10, 100, 2000, 7000]);
        if (rng.chance(0.15)) {
            size = rng.pick([maxBody.enforce, 20_000, 200_000]);
            plan.kind = size < maxBody[service] ? 'good' : 'too-large';
        }
        plan.body = Buffer.from(JSON.stringify({ marker, note: 'x'.repeat(size) }));
        headers.push(['Content-Type', 'application/json']);
        if (plan.kind === 'good' && rng.chance(0.1)) {
            plan.kind = 'bad-schema';
            plan.body = Buffer.from(JSON.stringify({ marker: 7 }));
        } else if (rng.chance(0.15)) {
            plan.body = gzipSync(plan.body);
            headers.push(['Content-Encoding', 'gzip']);
            if (rng.chance(0.4)) {
                plan.kind = 'bad-gzip';
                plan.body = plan.body.subarray(0, plan.body.length - 9);
            }
        }
        plan.framing = plan.version === '1.1' && rng.chance(0.5) ? 'chunked' : 'length';
        if (plan.framing === 'chunked') {
            headers.push(['Transfer-Encoding', 'chunked']);
            if (rng.chance(0.3))
                plan.trailers = [['X-Sum', marker], ['X-Sum', '2']];
        } else {
            headers.push(['Content-Length', String(plan.body.length)]);
        }
        if (plan.version === '1.1' && rng.chance(0.15)) {
            plan.expect = rng.pick(['wait', 'blind']);
            headers.push(['Expect', '100-continue']);
        }
    }
    if (rng.chance(0.1)) {
        headers.push(['Connection', 'close, X-Hop'], ['X-Hop', 'gone']);
        plan.closes = true;
    } else if (plan.version === '1.0' && rng.chance(0.5)) {
        headers.push(['Connection', 'keep-alive']);
    } else if (plan.version === '1.0') {
        plan.closes = true;
    }
    plan.headers = headers;
    let head = `${method} ${plan.target} HTTP/${plan.version}\r\n${headers.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`;
    let body = plan.framing === 'chunked' ? chunkedBytes(plan.body, rng, plan.trailers) : plan.body;
    if (plan.version === '1.1' && !plan.expect && rng.chance(0.06)) {
        plan.kind = 'bad-head';
        const worse = rng.pick(badHeads)(head);
        if (worse === head)
            throw new Error('a bad head that is none');
        head = worse;
        plan.closes = true;
        body = Buffer.alloc(0);
    } else if (plan.framing === 'chunked' && rng.chance(0.08)) {
        plan.kind = 'bad-chunk';
        plan.closes = true;
        body = Buffer.concat([body.subarray(0, body.length - (plan.trailers.length ? 2 : 5)), Buffer.from(rng.pick(['zz\r\nx', '-1\r\n', '5\r\nabcdeX\r\n', '0\n\n', '0 \r\nContent-Length: 3\r\n\r\n']))]);
        if (plan.trailers.length)
            body = Buffer.concat([body, Buffer.from('Content-Length: 3\r\n\r\n')]);
    }
    plan.wire = [Buffer.from(head, 'latin1'), body];
    // none: nothing of it may reach the upstream; partial: never as a whole
    plan.reach = plan.kind === 'bad-head' || (enforced && plan.kind !== 'good') ? 'none' : plan.kind === 'bad-chunk' ? 'partial' : 'whole';
    plan.well = plan.reach === 'whole';
    return plan;
}

// What an upstream sends, as content, for a plan.
export function answerBody(plan) {
    const size = plan.upstream === 'large' ? 300_000 : plan.marker.length * 37 % 3000;
    return Buffer.from(plan.upstream === 'empty' ? '' : JSON.stringify({ marker: plan.marker, note: 'y'.repeat(size) }));
}
