// What make bench measures: groups of rows. The rows of a group are compared within each round, the first (nginx) being 1.00.
//
//   with         the upstream and the load: bodies, connections, seconds, rounds
//   candidates   name: { what, begin(upstream), mode, target }; target: what the row's ratio may be at most
//
// The groups without candidates (further down) measure something else than CPU under load, each in its own way.
import { dense, large, small } from './bodies.mjs';
import { certificate, haproxy, lateUpstream, nginx, nginxUpstream, otherServices, plumbline, recordingHere, rules } from './candidates.mjs';
import { BOTH, LOAD_CORE, PROXY_CORE } from './measure.mjs';

const plainNginx = { what: 'nginx, plain reverse proxy', begin: (upstream) => nginx(upstream) };
const plainHaproxy = { what: 'haproxy, plain reverse proxy', begin: (upstream) => haproxy(upstream), needs: ['haproxy'] };
const ours = (mode, what, more = {}) => ({ what, mode, begin: (upstream, build) => plumbline(upstream, mode, { ...more.options?.(), build }), ...more });

let tls; // the certificate that both sides of the group share
const certified = async () => (tls ??= await certificate());

export const GROUPS = {
    small: {
        title: 'bodies of 600 and 700 bytes, 50 connections',
        with: { bodies: small, upstream: nginxUpstream, connections: 50, seconds: 1, rounds: 9 },
        candidates: {
            nginx: plainNginx,
            haproxy: plainHaproxy,
            off: ours('off', 'plumbline, nothing checked'),
            observe: ours('observe', 'plumbline, both sides observed'),
            enforce: ours('enforce', 'plumbline, both sides enforced', { target: 1.3 }),
            many: ours('enforce', 'enforced, ten other contracts loaded', { target: 1.3, options: () => ({ services: otherServices() }) }),
            record: ours('enforce', 'enforced, recorded and redacted', { target: 1.7, options: () => ({ more: recordingHere() }) }),
        },
    },
    large: {
        title: 'bodies of 64 KiB, 50 connections: 204 items with texts of some sentences',
        with: { bodies: large, upstream: nginxUpstream, connections: 50, seconds: 2, rounds: 5 },
        candidates: { nginx: plainNginx, haproxy: plainHaproxy, off: ours('off', 'plumbline, nothing checked'),
            enforce: ours('enforce', 'plumbline, both sides enforced', { target: 4 }) },
    },
    dense: {
        title: 'bodies of 64 KiB, 50 connections: nothing but short values, nine bytes each',
        with: { bodies: dense, upstream: nginxUpstream, connections: 50, seconds: 2, rounds: 4 },
        candidates: { nginx: plainNginx, enforce: ours('enforce', 'plumbline, both sides enforced', { target: 4 }) },
    },
    inflight: {
        title: '3,000 requests in flight: the upstream answers after 500 ms',
        with: { bodies: small, upstream: (body) => lateUpstream(body, 500), connections: 3000, seconds: 4, rounds: 4, warm: 3 },
        candidates: { nginx: plainNginx, haproxy: plainHaproxy, off: ours('off', 'plumbline, nothing checked'),
            enforce: ours('enforce', 'plumbline, both sides enforced', { target: 1.5 }) },
    },
    latency: {
        title: 'one connection, one request at a time',
        with: { bodies: small, upstream: nginxUpstream, connections: 1, seconds: 1, rounds: 11, compare: 'p50' },
        candidates: { nginx: plainNginx, haproxy: plainHaproxy, enforce: ours('enforce', 'plumbline, both sides enforced', { target: 15 }) },
    },
    tls: {
        title: 'TLS from the client (kept alive), 600 and 700 bytes',
        with: { bodies: small, upstream: nginxUpstream, connections: 50, seconds: 2, rounds: 5 },
        candidates: {
            nginx: { what: 'nginx, TLS', begin: async (upstream) => nginx(upstream, { tls: await certified() }) },
            enforce: { what: 'plumbline, TLS, both sides enforced', mode: 'enforce', target: 1.3, optional: /listen/,
                begin: async (upstream, build) => plumbline(upstream, 'enforce', { tls: await certified(), build }) },
        },
    },
    // Every order is another entity; of each, an exchange shows the state, and repeats what the one before said.
    watch: {
        title: 'rules over exchanges, on the operation that is measured; both sides enforced, 600 and 700 bytes, 50 connections',
        with: { bodies: small, upstream: nginxUpstream, connections: 50, seconds: 1, rounds: 9, counted: '5b1c2e3f4a5b' },
        candidates: {
            none: ours('enforce', 'no rules'),
            elsewhere: ours('enforce', 'rules of another operation', { target: 1.05, options: () => rules('getOrder', 'all') }),
            lifecycle: ours('enforce', 'a lifecycle', { target: 1.2, options: () => rules('createOrder', 'lifecycle') }),
            invariant: ours('enforce', 'an equation: a sum of three products', { target: 1.6, options: () => rules('createOrder', 'invariant') }),
            join: ours('enforce', 'an equation over two exchanges', { target: 1.6, options: () => rules('createOrder', 'join') }),
            all: ours('enforce', 'all three', { options: () => rules('createOrder', 'all') }),
        },
    },
    // Two workers need two cores, so load and upstream are on the same ones; nginx shows what that alone does.
    workers: {
        title: 'two workers against one (no core is reserved)',
        with: { bodies: small, upstream: nginxUpstream, connections: 50, seconds: 2, rounds: 7, proxyCore: BOTH, loadCore: BOTH },
        candidates: {
            one: ours('enforce', 'plumbline, one worker'),
            two: ours('enforce', 'plumbline, two workers', { target: 1.1, options: () => ({ workers: 2 }) }),
            nginx: plainNginx,
            nginx2: { what: 'nginx, two workers', begin: (upstream) => nginx(upstream, { workers: 2 }), against: 'nginx' },
        },
    },
};

export const cores = (group) => ({ proxy: group.with.proxyCore ?? PROXY_CORE, load: group.with.loadCore ?? LOAD_CORE });

