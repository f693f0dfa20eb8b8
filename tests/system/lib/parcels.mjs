// A small service with state, as tests/cases/watch/ describes it, and a gateway in front of it that watches what it does.
import http from 'node:http';
import path from 'node:path';
import { onCleanup, temporaryFolder } from './cleanup.mjs';
import { root, startPlumbline } from './plumbline.mjs';

const cases = path.join(root, 'tests/cases/watch');
const moves = { new: ['sent', 'lost'], sent: ['delivered', 'lost'], delivered: [], lost: [] };
const pause = (most) => most > 0 && new Promise((resolve) => setTimeout(resolve, Math.random() * most));

// The service: { url, parcels, behave }. `parcels` is its state; whoever changes it makes the service wrong.
//   behave.slow      milliseconds, at most, before and after what is done
//   behave.anything  moves that are not allowed are made
//   behave.fails     share of moves that are answered 500, done or not
export async function parcelService() {
    const service = { parcels: new Map(), behave: { slow: 0, anything: false, fails: 0 } };
    let last = 0;

    const make = ({ net, tax }) => {
        const parcel = { parcel_id: `P${++last}`, state: 'new', net, tax, total: net + tax };
        service.parcels.set(parcel.parcel_id, parcel);
        return [201, parcel];
    };
    const move = (parcel, { to }) => {
        const fails = Math.random() < service.behave.fails;
        const done = !fails || Math.random() < 0.5;
        if (!service.behave.anything && !moves[parcel.state].includes(to))
            return [409];
        if (done)
            parcel.state = to;
        return fails ? [500] : [200, parcel];
    };
    const act = (method, [, , id, what], body) => {
        const parcel = service.parcels.get(id);
        if (method === 'POST' && !id)
            return make(body);
        if (!parcel)
            return [404];
        if (method === 'GET')
            return [200, parcel];
        if (method === 'DELETE')
            return service.parcels.delete(id) && [204];
        return what === 'moves' ? move(parcel, body) : [404];
    };
    const server = http.createServer(async (request, response) => {
        let text = '';
        for await (const piece of request)
            text += piece;
        await pause(service.behave.slow);
        const [status, value] = request.url === '/intakes' ? [204] : act(request.method, request.url.split('/'), text && JSON.parse(text));
        const body = value && JSON.stringify(value); // as it is now
        await pause(service.behave.slow);
        response.writeHead(status, body ? { 'Content-Type': 'application/json', 'Content-Length': body.length } : {});
        response.end(body);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
    return Object.assign(service, { url: `http://127.0.0.1:${server.address().port}` });
}

// The gateway in front of it, recording: the program of startPlumbline, with
//   send(method, target, body, headers)   { status, body, text }
//   make(), move(id, to), get(id)         the same, for parcels
//   findings(count)                       the live ones about rules over exchanges, once there are so many
//   metric(name)                          the sum of its values
export async function parcelGateway(service, { more = {}, rules = path.join(cases, 'rules.yaml'), settings = {} } = {}) {
    const recording = path.join(temporaryFolder(), 'recording');
    const gateway = await startPlumbline({ config: {
        workers: 2, admin: '127.0.0.1:0', log: { access: 'off' }, include: [rules], record: { to: recording, sync: '10ms' }, ...settings,
        services: { parcels: { contract: path.join(cases, 'parcels.openapi.json'), upstream: service.url, request: 'observe', response: 'observe', ...more } },
    } });
    const agent = new http.Agent({ keepAlive: true });
    const admin = (await gateway.waitFor(/admin on (\S+)/))[1];
    const ask = async (target) => (await fetch(`${admin}${target}`)).text();
    onCleanup(() => agent.destroy());
    Object.assign(gateway, { recording, ask });
    gateway.send = (method, target, body, headers = {}) => new Promise((resolve, reject) => {
        const text = body === undefined ? '' : JSON.stringify(body);
        const content = text && { 'Content-Type': 'application/json', 'Content-Length': text.length };
        const request = http.request(`${gateway.url}${target}`, { method, agent, headers: { ...content, ...headers } }, async (response) => {
            let all = '';
            for await (const piece of response)
                all += piece;
            resolve({ status: response.statusCode, headers: response.headers, text: all, get body() { return JSON.parse(all); } });
        });
        request.on('error', reject);
        request.end(text);
    });
    gateway.make = (net = 10, tax = 2, headers = {}) => gateway.send('POST', '/parcels', { net, tax }, headers);
    gateway.move = (id, to) => gateway.send('POST', `/parcels/${id}/moves`, { to });
    gateway.get = (id) => gateway.send('GET', `/parcels/${id}`);
    gateway.findings = async (count) => {
        for (const end = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
            const all = JSON.parse(await ask('/api/v1/findings')).findings.filter(({ rule }) => /^(lifecycle|invariant)-/.test(rule));
            if (all.length >= count)
                return all;
            if (Date.now() > end)
                throw new Error(`${all.length} findings after 10 s, expected ${count}: ${JSON.stringify(all)}\n${gateway.stderr}`);
        }
    };
    gateway.metric = async (name) => [...(await ask('/metrics')).matchAll(new RegExp(`^plumbline_${name}(?:{[^}]*})? (\\d+)$`, 'gm'))]
        .reduce((sum, [, value]) => sum + Number(value), 0);
    return gateway;
}
