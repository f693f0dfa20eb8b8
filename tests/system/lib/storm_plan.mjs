// What a run of storm.test.mjs is made of, drawn from a seed: the settings between which its gateway is reloaded, and what its clients want.
import { contractOf } from './chaos_plan.mjs';

// Who answers what: tcp, tls and unix are upstreams of ours (storm_upstream.mjs). `guest` comes and goes.
export const services = {
    strict: 'tcp', limited: 'tcp', narrow: 'tcp', secure: 'tls', socket: 'unix', tunnel: 'tcp', wss: 'tls', guest: 'tcp', sandbox: null,
};
const MODES = ['off', 'observe', 'enforce'];

// The contract of a service; each has another path, so that a request meets only its own.
export function contractText(name) {
    const contract = contractOf(name);
    const [item] = Object.values(contract.paths);
    item.get.parameters = [...item.get.parameters, { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 10 } }];
    return JSON.stringify(contract);
}

// What stays the same for the whole run, because a reload cannot change it.
export function drawWorld(rng) {
    return {
        workers: 1 + rng.below(3),
        record: { sync: rng.pick(['always', 'always', '1s', '50ms']), full: rng.pick(['block', 'drop']), segment: rng.pick(['1MiB', '64MiB']),
            compress: rng.pick(['off', 'off', 'zstd']), max_body: rng.pick(['1MiB', '2KiB']) },
        recent: { exchanges: rng.pick([0, 5, 1000, 1000]), bytes: rng.pick(['64KiB', '16MiB']) },
        watch: rng.chance(0.5),
        overload: rng.pick(['wait', 'refuse']),
    };
}

// One configuration of such a world. `calm`: with everything there, and no limits that a single client would meet.
export function drawSettings(world, rng, calm = false) {
    const { drawn, folder } = world;
    const upstreams = Object.fromEntries(Object.entries(world.upstreams).map(([kind, list]) => [kind, rng.pick(list).url]));
    const entry = ([name, kind]) => [name, {
        contract: `${folder}/${name}.json`, match: { paths: [`/${name}`] }, forwarded: 'off', host: 'client',
        upstream: kind ? upstreams[kind] : 'sandbox',
        request: name === 'strict' ? 'enforce' : rng.pick(MODES), response: name === 'strict' ? 'enforce' : rng.pick(MODES),
        unchecked: 'pass', max_body: rng.pick(['8KiB', '1MiB']), refuse_with: rng.pick(['problem', 'contract']), retries: rng.below(3),
        timeouts: { connect: '1s', first_byte: '1s', idle: '1s', tunnel_idle: '20s', ...(rng.chance(0.2) && !calm ? { total: '700ms' } : {}),
            ...(world.tunnelTotal ? { tunnel_total: '400ms' } : {}) },
        ...(kind === 'tls' ? { tls: { ca: `${folder}/ca.pem` } } : {}),
        ...(name === 'limited' && !calm ? { rate_limit: { requests: rng.pick([1, 20, 200]), per: rng.pick(['100ms', '1s']), by: rng.pick(['client', 'header:X-Caller']) } } : {}),
        ...(name === 'narrow' ? { max_in_flight: 1 + rng.below(4) } : {}),
    }];
    const tls = { cert: `${folder}/server.pem`, key: `${folder}/server.key` };
    const listen = world.listeners.filter(({ stable }) => stable || calm || rng.chance(0.5)).map((each) => (each.tls ? { address: each.address, tls } : each.address));
    return {
        workers: drawn.workers,
        listen,
        admin: world.admin,
        reload: { watch: drawn.watch },
        recent: drawn.recent,
        seed: 1 + rng.below(5),
        services: Object.fromEntries(Object.entries(services).filter(([name]) => name !== 'guest' || calm || rng.chance(0.6)).map(entry)),
        log: { access: 'off' },
        record: { to: world.recording, ...drawn.record },
        clients: { header_timeout: '2s', body_timeout: '1s', keep_alive_timeout: rng.pick(['300ms', '3s']), drain_timeout: '5s', overload: drawn.overload,
            ...(calm ? {} : { max_connections: rng.pick([40, 200, 10_000]), ...(rng.chance(0.3) ? { max_connections_per_client: rng.pick([10, 60]) } : {}) }) },
    };
}

// Each of them makes settings that must not take effect: [what is answered to a reload, text].
export const broken = [
    (text) => [[422], text.slice(0, text.length / 2)],
    (text) => [[422], text.replace('"request"', '"reqest"')],
    (text) => [[422, 409], text.replaceAll('strict.json', 'nowhere.json')],
    (text) => [[409], text.replace(/"workers":\s*\d+/, '"workers": 7')],
    (text) => [[422, 409], text.replaceAll('server.key', 'other.key')],
    () => [[422], ''],
];

const benign = ['plain', 'plain', 'plain', 'chunked', 'large', 'pieces', 'late', 'closing'];
const rude = ['cut', 'reset', 'never', 'wrong', 'stale'];
let count = 0;

// One request: its bytes, what its upstream is to see and to do.
export function drawRequest(rng, service = rng.pick(Object.keys(services)), gentle = false) {
    const marker = `m${++count}x${rng.below(1e6)}`;
    const plan = { service, marker, sentAll: false, arrived: 0, tunnel: false, upstream: gentle ? 'plain' : rng.chance(0.8) ? rng.pick(benign) : rng.pick(rude), seed: rng.below(2 ** 31) };
    plan.method = rng.pick(['GET', 'GET', 'POST', 'PUT', 'DELETE']);
    plan.bad = !gentle && rng.chance(0.1);
    plan.target = `/${service}/${marker}${plan.bad && plan.method === 'GET' ? '?limit=11' : ''}`;
    plan.body = Buffer.alloc(0);
    const fields = [['Host', 'storm'], ['X-Marker', marker], ['X-Caller', `c${rng.below(4)}`]];
    let wire = plan.body;
    if (plan.method === 'POST' || plan.method === 'PUT') {
        plan.body = Buffer.from(plan.bad ? '{"marker":7}' : JSON.stringify({ marker, note: 'x'.repeat(rng.pick([0, 10, 3000, 30_000])) }));
        const chunked = rng.chance(0.4);
        fields.push(['Content-Type', 'application/json'], chunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(plan.body.length)]);
        const half = Math.floor(plan.body.length / 2);
        const piece = (part) => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
        wire = chunked ? Buffer.concat([piece(plan.body.subarray(0, half)), piece(plan.body.subarray(half)), Buffer.from('0\r\n\r\n')]) : plan.body;
    } else if (plan.method === 'DELETE') {
        plan.bad = false;
    }
    plan.closes = rng.chance(0.1);
    if (plan.closes)
        fields.push(['Connection', 'close']);
    plan.wire = Buffer.concat([Buffer.from(`${plan.method} ${plan.target} HTTP/1.1\r\n${fields.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`), wire]);
    return plan;
}

// A handshake, and how the tunnel behind it goes: `ends` by the client's half close, by a cut of the client or of the upstream.
export function drawTunnel(rng) {
    const service = rng.pick(['tunnel', 'wss']);
    const marker = `m${++count}x${rng.below(1e6)}`;
    const plan = { service, marker, method: 'GET', target: `/${service}/${marker}`, body: Buffer.alloc(0), sentAll: true, arrived: 0, tunnel: true, upstream: 'plain', bad: false };
    plan.ends = rng.pick(['half-close', 'half-close', 'cut', 'upstream-cut', 'upstream-first']);
    plan.bytes = rng.pick([0, 1, 5000, 300_000]);
    plan.wire = Buffer.from(`GET ${plan.target} HTTP/1.1\r\nHost: storm\r\nX-Marker: ${marker}\r\nX-Caller: c1\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n`);
    return plan;
}

// What an upstream answers, as content.
export function answerOf(plan) {
    const size = plan.upstream === 'large' ? 300_000 : plan.marker.length * 97;
    return Buffer.from(plan.upstream === 'wrong' ? '{"marker":7}' : JSON.stringify({ marker: plan.marker, note: 'y'.repeat(size) }));
}
