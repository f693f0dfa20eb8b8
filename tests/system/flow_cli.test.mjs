// plumbline flow run, lint and show as a person uses them: options, exit codes, messages, a terminal, a stop, and no secret anywhere.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { binary, onCleanup, plumbline, readRecording, root, run, start, temporaryFolder } from './lib/index.mjs';

const cases = 'tests/cases/flow/cli';
const FLOW = `${cases}/depot.arazzo.yaml`;
const secrets = { token: 'token-of-a-login-3141', key: 'depot-key-2718', pin: 'hush-4711', given: 'pin "of" 1618' };

// The service: { url, requests, on }. `on` replaces the answer of an operation: (request, body, count) => [status, body, headers] or undefined.
async function startDepot(on = {}) {
    const depot = { requests: [], on, counts: {}, waits: 0 };
    const answers = {
        'POST /session': () => [200, { access_token: secrets.token }],
        'POST /parcels': (body) => [201, { id: 'p1', status: 'waiting', weight: body.weight }],
        'GET /parcels/p1': () => [200, { id: 'p1', status: 'ready', weight: 1 }],
    };
    const server = createServer(async (request, response) => {
        let text = '';
        for await (const piece of request)
            text += piece;
        const name = `${request.method} ${request.url.replace(/^\/depot/, '').replace(/\?.*/, '')}`;
        const body = text === '' ? undefined : JSON.parse(text);
        depot.counts[name] = (depot.counts[name] ?? 0) + 1;
        depot.requests.push({ name, headers: request.headers, body, text });
        depot.arrived?.(name);
        const answer = depot.on[name]?.(body, depot.counts[name]) ?? answers[name]?.(body) ?? [404, undefined];
        if (answer === 'never')
            return;
        if (answer === 'reset')
            request.socket.destroy();
        else if (answer[1] === undefined)
            response.writeHead(answer[0], answer[2]).end();
        else
            response.writeHead(answer[0], { 'Content-Type': 'application/json' }).end(JSON.stringify(answer[1]));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => { server.closeAllConnections(); return new Promise((resolve) => server.close(resolve)); });
    depot.url = `http://127.0.0.1:${server.address().port}`;
    return depot;
}

const runFlow = (depot, args = [], options = {}) => plumbline(['flow', 'run', FLOW, '--workflow', 'deliver', '--server', depot.url,
    '--token', `depotKey=${secrets.key}`, ...(args.some((one) => one.startsWith('name=')) ? [] : ['--input', 'name=a box']), ...args], options);
const sent = (depot, name) => depot.requests.filter((one) => one.name === name).map(({ body }) => body);

test('a flow that goes well is a line per step, a summary, and exit code 0', async () => {
    const depot = await startDepot();
    const { status, stdout, stderr } = await runFlow(depot);
    assert.equal(status, 0, stderr);
    assert.deepEqual(depot.requests.map(({ name }) => name), ['POST /session', 'POST /parcels', 'GET /parcels/p1']);
    const lines = stderr.split('\n');
    assert.match(lines[0], /^deliver {2}Send a parcel, and wait until it is ready\.$/);
    assert.match(lines[1], /^ {2}session +POST \/depot\/session +200 +\d+\.\d ms {2}ok$/);
    assert.match(lines[2], /^ {2}send +POST \/depot\/parcels +201 +\d+\.\d ms {2}ok$/);
    assert.match(lines[3], /^ {2}wait +GET \/depot\/parcels\/p1 +200 +\d+\.\d ms {2}ok$/);
    assert.match(lines[4], /^deliver ok: 3 steps, 3 tries, \d+\.\d ms$/);
    assert.match(stdout, /session[^]*send[^]*wait/);
    assert.ok(!stderr.includes('\x1b') && !stdout.includes('\x1b'));
});

test('a retry says which attempt it was, and when the next one comes', async () => {
    const depot = await startDepot({ 'GET /parcels/p1': (body, count) => [200, { id: 'p1', status: count < 3 ? 'waiting' : 'ready', weight: 1 }] });
    const { status, stderr } = await runFlow(depot);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /wait .*attempt 1 of 5, next in 50 ms: .*waiting.*ready/);
    assert.match(stderr, /wait .*attempt 2 of 5, next in 50 ms/);
    assert.match(stderr, /wait .*ok, attempt 3 of 5\n/);
});

test('Retry-After is respected, as seconds and as a date', async () => {
    const soon = () => new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
    const asked = [];
    const depot = await startDepot({
        'GET /parcels/p1': (body, count) => {
            asked.push(Date.now());
            return count === 1 ? [503, undefined, { 'Retry-After': '1' }]
                : count === 2 ? [503, undefined, { 'Retry-After': soon().toUTCString() }] : undefined;
        },
    });
    const { stderr } = await runFlow(depot, ['--unchecked']);
    assert.equal(asked.length, 3, stderr);
    assert.match(stderr, /wait .*attempt 1 of 5, next in 1\.0 s/);
    assert.match(stderr, /wait .*attempt 2 of 5, next in [12]\.\d s/);
    assert.ok(asked[1] - asked[0] >= 999 && asked[2] - asked[1] >= 999, JSON.stringify(asked));
});

test('retries that are used up are a failure: request, answer, both sides of the criterion, where to look; exit code 1', async () => {
    const depot = await startDepot({ 'GET /parcels/p1': () => [200, { id: 'p1', status: 'waiting', weight: 1 }] });
    const { status, stdout, stderr } = await runFlow(depot);
    assert.equal(status, 1, stderr);
    assert.equal(depot.counts['GET /parcels/p1'], 5);
    assert.match(stderr, /wait .*FAILED \(exhausted\), attempt 5 of 5/);
    const told = stderr.slice(stderr.indexOf('wait failed: exhausted'));
    assert.match(told, /criterion +\$response\.body#\/status == 'ready'\n +but +.*waiting.*ready.*\n +at +tests\/cases\/flow\/cli\/depot\.arazzo\.yaml:\d+:\d+\n/);
    assert.match(told, /look at +every try/);
    assert.match(told, /> GET \/depot\/parcels\/p1 HTTP\/1\.1\n/);
    assert.match(told, /< HTTP\/1\.1 200 OK\n[^]*"status":"waiting"/);
    assert.match(stderr, /deliver FAILED \(exhausted\) at wait: 3 steps, 7 tries/);
    assert.match(stdout, /exhausted/);
});

test('an answer that breaks its contract is a failure, with the place in the contract', async () => {
    const depot = await startDepot({ 'POST /parcels': () => [201, { id: 7, status: 'waiting', weight: 1 }] });
    const { status, stderr } = await runFlow(depot);
    assert.equal(status, 1);
    assert.match(stderr, /send .*FAILED \(invalid\)/);
    assert.match(stderr, /response body-schema \/id\n +expected +string\n +found +7 \(number\)\n[^]*contract +tests\/cases\/flow\/cli\/depot\.openapi\.yaml:\d+:\d+/);
    const lenient = await runFlow(depot, ['--unchecked']);
    assert.doesNotMatch(lenient.stderr, /invalid|body-schema/);
});

test('a server that cannot be reached, or breaks off, is a failure of the flow, not of the program', async () => {
    const depot = await startDepot();
    const gone = await runFlow({ url: 'http://127.0.0.1:1' });
    assert.equal(gone.status, 1);
    assert.match(gone.stderr, /session .*FAILED \(network\)/);
    assert.match(gone.stderr, /look at +does the server run/);
    depot.on['POST /session'] = () => 'reset';
    const broken = await runFlow(depot);
    assert.equal(broken.status, 1);
    assert.match(broken.stderr, /FAILED \(network\)/);
});

test('--timeout ends the wait for an answer', async () => {
    const depot = await startDepot({ 'POST /session': () => 'never' });
    const { status, stderr } = await runFlow(depot, ['--timeout', '200ms']);
    assert.equal(status, 1);
    assert.match(stderr, /session .*FAILED \(timeout\)/);
    for (const wrong of ['soon', '0s', '5'])
        assert.equal((await runFlow(depot, ['--timeout', wrong])).status, 2, wrong);
});

test('--input is read as the schema says', async () => {
    const depot = await startDepot();
    const { status, stderr } = await runFlow(depot, ['--input', 'name=17', '--input', 'weight=2.50', '--input', 'express=true',
        '--input', 'tags=["a", "b"]']);
    assert.equal(status, 0, stderr);
    assert.match(depot.requests[1].text, /"weight": ?2\.50/);
    assert.deepEqual(sent(depot, 'POST /parcels'), [{ name: '17', weight: 2.5, express: true, tags: ['a', 'b'] }]);
});

test('an input of another type, or of a name that no workflow has, is told before anything is sent', async () => {
    const depot = await startDepot();
    for (const [input, message] of [
        ['weight=heavy', /--input: 'weight' is a number \(tests\/cases\/flow\/cli\/depot\.arazzo\.yaml:\d+:\d+\), not 'heavy'/],
        ['express=maybe', /--input: 'express' is true or false/],
        ['tags={}', /--input: 'tags' is a JSON array/],
        ['wieght=1', /no workflow of .* has an input 'wieght'; did you mean 'weight'\?/],
        ['weight', /--input: wanted is NAME=VALUE, not 'weight'/],
    ]) {
        const { status, stderr } = await runFlow(depot, ['--input', input]);
        assert.equal(status, 2, input);
        assert.match(stderr, message);
    }
    assert.equal(depot.requests.length, 0);
});

test('--inputs lays files over each other, and --input over them', async () => {
    const depot = await startDepot();
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'a.json'), '{ "name": "first", "weight": 1, "tags": ["x"] }');
    writeFileSync(path.join(folder, 'b.yaml'), 'name: second\nexpress: true\n');
    const { status, stderr } = await runFlow(depot, ['--inputs', path.join(folder, 'a.json'), '--inputs', path.join(folder, 'b.yaml'),
        '--input', 'weight=3', '--input', 'name=third']);
    assert.equal(status, 0, stderr);
    assert.deepEqual(sent(depot, 'POST /parcels'), [{ name: 'third', weight: 3, express: true, tags: ['x'] }]);
    writeFileSync(path.join(folder, 'list.json'), '[]');
    const list = await runFlow(depot, ['--inputs', path.join(folder, 'list.json')]);
    assert.equal(list.status, 2);
    assert.match(list.stderr, /list\.json: inputs are an object/);
});

test('inputs that do not satisfy their schema end the run with exit code 2', async () => {
    const depot = await startDepot();
    const { status, stderr } = await plumbline(['flow', 'run', FLOW, '--workflow', 'deliver', '--server', depot.url]);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /deliver FAILED \(input\)/);
    assert.match(stderr, /name/);
    assert.equal(depot.requests.length, 0);
});

test('without --workflow those are run that no other one calls', async () => {
    const depot = await startDepot();
    const { status, stderr } = await plumbline(['flow', 'run', FLOW, '--server', depot.url, '--input', 'name=x']);
    assert.equal(status, 0, stderr);
    assert.deepEqual(depot.requests.map(({ name }) => name), ['GET /parcels/nobody']);
    assert.match(stderr, /find .*404 .*ok, ends here/);
});

test('names that the document does not have get the nearest one, and exit code 2', async () => {
    const depot = await startDepot();
    for (const [args, message] of [
        [['--workflow', 'delivr'], /--workflow: .* has no workflow 'delivr'; did you mean 'deliver'\?/],
        [['--server', 'depo=http://127.0.0.1:1'], /--server: .* has no source description 'depo'; did you mean 'depot'\?/],
        [['--server', 'depot'], /--server: NAME=URL names a source description/],
        [['--server', 'depot=nowhere'], /--server: NAME=URL/],
        [['--token', 'alone'], /--token: wanted is NAME=VALUE/],
        [['--token', 'depotKey=env:NOT_SET_ANYWHERE'], /--token: the environment has no NOT_SET_ANYWHERE/],
        [['--token', 'depotKey=file:/nowhere/at/all'], /--token: .*\/nowhere\/at\/all/],
        [['--env', 'test'], /--env: .*--config/],
        [['--report', 'jsno'], /--report: there is no format 'jsno'/],
        [['--report', 'json', '--report', 'text'], /only one report goes to standard output/],
        [['--rules', 'nowhere.yaml'], /nowhere\.yaml/],
        [['--repeat', '1000001'], /--repeat: at most 1000000/],
    ]) {
        const { status, stdout, stderr } = await runFlow(depot, args);
        assert.ok(status === 2 || (status === 3 && /nowhere/.test(args.join())), `${args}: ${status} ${stderr}`);
        assert.match(stderr, message);
        assert.equal(stdout, '');
    }
    assert.equal(depot.requests.length, 0);
    const missing = await plumbline(['flow', 'run', 'nowhere.arazzo.yaml']);
    assert.equal(missing.status, 3);
    assert.match(missing.stderr, /nowhere\.arazzo\.yaml/);
});

test('a token is a value, a variable or the first line of a file', async () => {
    const depot = await startDepot();
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'key'), `${secrets.key}\n`);
    for (const value of [secrets.key, 'env:A_DEPOT_KEY', `file:${path.join(folder, 'key')}`]) {
        depot.requests.length = 0;
        const { status, stderr } = await runFlow(depot, ['--token', `depotKey=${value}`], { env: { A_DEPOT_KEY: secrets.key } });
        assert.equal(status, 0, stderr);
        assert.equal(depot.requests[1].headers['x-depot-key'], secrets.key, value);
    }
});

test('a configuration has environments; the nearer value wins, and options beat it', async () => {
    const depot = await startDepot();
    const config = ['flow', 'run', FLOW, '--workflow', 'deliver', '--config', `${cases}/environments.yaml`];
    const env = { DEPOT_URL: depot.url, DEPOT_KEY: secrets.key };
    const one = await plumbline(config, { env });
    assert.equal(one.status, 0, one.stderr);
    assert.deepEqual(sent(depot, 'POST /parcels'), Array(2).fill({ name: 'from the file', weight: 2.5, express: true, tags: ['a', 'b'] }));
    assert.equal(depot.requests.find(({ name }) => name === 'POST /parcels').headers['x-depot-key'], secrets.key);

    depot.requests.length = 0;
    const other = await plumbline([...config, '--env', 'gone', '--server', `depot=${depot.url}/depot`, '--input', 'weight=9'], { env });
    assert.equal(other.status, 0, other.stderr);
    assert.deepEqual(sent(depot, 'POST /parcels'), [{ name: 'from the file', weight: 9, express: false, tags: [] }]);
    assert.equal(depot.requests[1].headers['x-depot-key'], 'key-of-a-file-8899');

    const gone = await plumbline([...config, '--env', 'gone'], { env });
    assert.equal(gone.status, 1, gone.stderr);
});

test('a mistake in a configuration is told with its place', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'env.yaml');
    for (const [text, message, environment] of [
        ['server: { a: http://x }\n', /env\.yaml:1:\d+: .*server.*did you mean 'servers'\?/],
        ['timeout: soon\n', /env\.yaml:1:10: .*a duration/],
        ['repeat: 0\n', /env\.yaml:1:9: /],
        ['servers: { depot: nowhere }\n', /env\.yaml:1:19: .*an http or https URL/],
        ['tokens: { k: env:NOT_SET_ANYWHERE }\n', /env\.yaml:1:14: the environment has no NOT_SET_ANYWHERE/],
        ['tokens: { k: file:nothing.txt }\n', /env\.yaml:1:14: .*nothing\.txt/],
        ['data: nothing.json\n', /env\.yaml:1:7: .*nothing\.json/],
        ['inputs: { a: "${NOT_SET_ANYWHERE}" }\n', /env\.yaml:1:14: .*NOT_SET_ANYWHERE/],
        ['environments: { one: {}, two: {} }\n', /which environment\? Say --env NAME; there are one, two/],
        ['environments: { one: {}, two: {} }\n', /there is no environment 'tow'; did you mean 'two'\?/, 'tow'],
        ['environment: thre\nenvironments: { one: {}, three: {} }\n', /env\.yaml:1:14: there is no environment 'thre'; did you mean 'three'\?/],
        ['environments: { one: { sever: 1 } }\n', /env\.yaml:1:\d+: .*sever/],
        ['a: [\n', /env\.yaml:\d+:\d+: /],
    ]) {
        writeFileSync(file, text);
        const { status, stderr } = await plumbline(['flow', 'run', FLOW, '--config', file, ...(environment ? ['--env', environment] : [])]);
        assert.ok(status === 2 || status === 3, `${text}: ${status} ${stderr}`);
        assert.match(stderr, message, text);
    }
});

test('no secret is in the console, the log, the recording or a report', async () => {
    const depot = await startDepot({ 'GET /parcels/p1': (body, count) => [200, { id: 'p1', status: 'waiting', weight: 1, note: secrets.token }] });
    const folder = temporaryFolder();
    const file = (name) => path.join(folder, name);
    for (const verbose of [[], ['-v']]) {
        const { stdout, stderr } = await runFlow(depot, [...verbose, '--input', `pin=${secrets.given}`, '--log-file', file('log'), '--record', file('rec'),
            '--report', 'text', '--report', `json=${file('r.json')}`, '--report', `junit=${file('r.xml')}`, '--report', `html=${file('r.html')}`]);
        const told = { stdout, stderr };
        for (const name of readdirSync(folder, { recursive: true }).filter((one) => statSync(file(one)).isFile()))
            told[name] = readFileSync(file(name), 'utf8');
        assert.ok(Object.keys(told).length >= 7, Object.keys(told).join());
        for (const [name, text] of Object.entries(told))
            for (const secret of [secrets.token, secrets.key, secrets.given, JSON.stringify(secrets.given).slice(1, -1)])
                assert.ok(!text.includes(secret), `${name} has ${secret}: ${text.slice(Math.max(0, text.indexOf(secret) - 200), text.indexOf(secret) + 60)}`);
    }
    assert.equal(depot.requests[1].headers['x-depot-key'], secrets.key);
    assert.equal(depot.requests[1].headers.authorization, `Bearer ${secrets.token}`);
    assert.equal(depot.requests[0].body.pin, secrets.given);
    assert.equal(statSync(file('log')).mode & 0o777, 0o600);
});

test('the default of a password is a secret, too', async () => {
    const depot = await startDepot();
    const { stderr } = await runFlow(depot, ['-v']);
    assert.equal(depot.requests[0].body.pin, secrets.pin);
    assert.ok(!stderr.includes(secrets.pin), stderr);
});

test('--rules: lifecycles and invariants are held against the run, and its redaction masks all that is told', async () => {
    const depot = await startDepot({ 'POST /parcels': (body) => [201, { id: 'p1', status: 'waiting', weight: body.weight }] });
    const args = ['-v', '--rules', `${cases}/rules.yaml`, '--input', 'name=a name that nobody may read', '--report', 'json'];
    depot.on['GET /parcels/p1'] = () => [200, { id: 'p1', status: 'ready', weight: 1.5 }];
    const fine = await runFlow(depot, args);
    assert.equal(fine.status, 0, fine.stderr);
    assert.ok(!(fine.stdout + fine.stderr).includes('nobody may read'));
    assert.match(fine.stderr, /redacted|"name": ?"\*/);

    depot.on['GET /parcels/p1'] = () => [200, { id: 'p1', status: 'ready', weight: 9 }];
    const broken = await runFlow(depot, args);
    assert.equal(broken.status, 1, broken.stderr);
    assert.match(broken.stderr, /invariant-broken a parcel keeps its weight: depot findParcel\n[^]*rule +tests\/cases\/flow\/cli\/rules\.yaml:\d+:\d+\n/);
    assert.ok(broken.stdout.includes('invariant-broken'));

    depot.on['POST /parcels'] = () => [201, { id: 'p1', status: 'waiting', weight: 9 }];
    const alone = await runFlow(depot, args);
    assert.equal(alone.status, 1);
    assert.match(alone.stderr, /send .*FAILED \(rule\): [^]* rule +a parcel weighs what was sent \(tests\/cases\/flow\/cli\/rules\.yaml:\d+:\d+\)\n/);
    assert.ok(!(alone.stdout + alone.stderr).includes('nobody may read'));
});

test('-v tells requests, answers and attempts in full, and --log-file writes the same as plain text', async () => {
    const depot = await startDepot({ 'GET /parcels/p1': (body, count) => [200, { id: 'p1', status: count < 2 ? 'waiting' : 'ready', weight: 1 }] });
    const log = path.join(temporaryFolder(), 'flow.log');
    const { status, stderr } = await runFlow(depot, ['-v', '--log-file', log]);
    assert.equal(status, 0, stderr);
    for (const text of [stderr, readFileSync(log, 'utf8')]) {
        assert.match(text, /> POST \/depot\/parcels HTTP\/1\.1\n/);
        assert.match(text, /"name": ?"a box"/);
        assert.match(text, /< HTTP\/1\.1 201 Created\n/);
        assert.match(text, /attempt 1 of 5, next in 50 ms/);
        assert.match(text, /outputs +\{"id":"p1"\}/);
        assert.ok(!text.includes('\x1b'));
    }
    assert.match(readFileSync(log, 'utf8'), /^\d{4}-\d\d-\d\dT[\d:.]+Z run 1 deliver begins\n/);
    assert.match(stderr, /log written: /);
    const nowhere = await runFlow(depot, ['--log-file', '/nowhere/flow.log']);
    assert.equal(nowhere.status, 3);
    assert.match(nowhere.stderr, /\/nowhere\/flow\.log: the log cannot be written/);
});

test('--record makes a recording that log and check read', async () => {
    const depot = await startDepot();
    const folder = path.join(temporaryFolder(), 'rec');
    const { status, stderr } = await runFlow(depot, ['--record', folder]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /3 exchanges recorded: plumbline log show /);
    assert.deepEqual(readRecording(folder).map(({ request }) => request.method), ['POST', 'POST', 'GET']);
    const shown = await plumbline(['log', 'show', folder]);
    assert.equal(shown.status, 0, shown.stderr);
    assert.match(shown.stdout, /POST \/depot\/parcels +201 .*depot\/sendParcel/);
    const checked = await plumbline(['check', folder, '--contract', `${cases}/depot.openapi.yaml`, '--report', 'json']);
    assert.equal(checked.status, 0, checked.stdout + checked.stderr);
    assert.equal(JSON.parse(checked.stdout).summary.exchanges, 3);
    assert.equal((await plumbline(['log', 'verify', folder])).status, 0);

    await runFlow(depot, ['--record', folder]);
    assert.equal(readRecording(folder).length, 6);
    assert.equal((await plumbline(['log', 'verify', folder])).status, 0);
});

test('a report on standard output is nothing but the report; the table goes to standard error', async () => {
    const depot = await startDepot();
    const { status, stdout, stderr } = await runFlow(depot, ['--report', 'json']);
    assert.equal(status, 0, stderr);
    assert.equal(typeof JSON.parse(stdout), 'object');
    assert.match(stderr, /deliver ok[^]*p95/);
});

test('--repeat and --concurrency: many runs, each failure once, latencies at the end', async () => {
    const depot = await startDepot({ 'POST /parcels': (body, count) => [201, { id: 'p1', status: 'waiting', weight: count % 10 === 0 ? 'x' : 1 }] });
    const { status, stdout, stderr } = await runFlow(depot, ['--repeat', '50', '--concurrency', '8']);
    assert.equal(status, 1, stderr);
    assert.equal(depot.counts['POST /parcels'], 50);
    assert.equal(stderr.match(/FAILED \(invalid\)/g).length, 1, stderr);
    assert.match(stdout, /p50[^]*p95[^]*p99/);
    assert.match(stdout, /invalid/);

    const fine = await startDepot();
    const quiet = await runFlow(fine, ['--repeat', '30', '--concurrency', '4']);
    assert.equal(quiet.status, 0);
    assert.doesNotMatch(quiet.stderr, /session/);
});

test('--fail-fast stops at the first run that fails', async () => {
    const depot = await startDepot({ 'POST /session': () => [500, undefined] });
    const { status } = await runFlow(depot, ['--repeat', '100', '--fail-fast']);
    assert.equal(status, 1);
    assert.ok(depot.counts['POST /session'] < 10, `${depot.counts['POST /session']}`);
});

test('a signal ends the run in order: what was done is told, and the exit code is 1', async () => {
    for (const signal of ['SIGINT', 'SIGTERM']) {
        const depot = await startDepot({ 'GET /parcels/p1': () => 'never' });
        const waiting = new Promise((resolve) => { depot.arrived = (name) => name === 'GET /parcels/p1' && resolve(); });
        const folder = path.join(temporaryFolder(), 'rec');
        const program = start(binary, ['flow', 'run', FLOW, '--workflow', 'deliver', '--server', depot.url, '--token', `depotKey=${secrets.key}`,
            '--input', 'name=x', '--record', folder], { cwd: root });
        await Promise.race([waiting, program.exit]);
        program.signal(signal);
        assert.deepEqual(await program.exit, { status: 1, signal: null });
        await program.stop();
        assert.match(program.stderr, /stopped by a signal: \d of 1 runs had ended/);
        assert.match(program.stdout, /session/);
        assert.ok(readRecording(folder).length >= 2);
    }
});

// Under a terminal of so many columns; what it wrote, with the terminal's line ends undone.
async function onTerminal(depot, args, env = {}) {
    const line = [binary, 'flow', 'run', FLOW, '--workflow', 'deliver', '--server', depot.url, '--input', 'name=x', '--token',
        `depotKey=${secrets.key}`, ...args].join(' ');
    const { stdout } = await run('script', ['-qec', `stty cols 100; exec ${line}`, '/dev/null'], { cwd: root, env: { TERM: 'xterm', NO_COLOR: '', ...env } });
    return stdout.replaceAll('\r\n', '\n');
}

test('a terminal shows what is under way, in colour unless NO_COLOR is set', async () => {
    const depot = await startDepot();
    const coloured = await onTerminal(depot, []);
    assert.match(coloured, /\r\x1b\[K {2}session +POST \/depot\/session +…\r\x1b\[K {2}session +POST \/depot\/session +200 +[\d.]+ ms {2}\x1b\[32mok\x1b\[0m\n/);
    const plain = await onTerminal(depot, [], { NO_COLOR: '1' });
    assert.match(plain, /\r\x1b\[K {2}session /);
    assert.doesNotMatch(plain, /\x1b\[\d*m/);
    assert.doesNotMatch(await onTerminal(depot, [], { TERM: 'dumb' }), /\x1b/);
});

test('a terminal shows how far many runs are', async () => {
    const depot = await startDepot();
    const shown = await onTerminal(depot, ['--repeat', '40', '--concurrency', '4']);
    assert.match(shown, /\r\x1b\[K\d+ of 40 runs, 0 failed, \d+ s, [\d.]+ runs\/s/);
});

test('lint tells every defect with its place, in any format, and exits with 1', async () => {
    const fine = await plumbline(['flow', 'lint', FLOW]);
    assert.equal(fine.status, 0, fine.stdout + fine.stderr);
    assert.match(fine.stdout, /^tests\/cases\/flow\/cli\/depot\.arazzo\.yaml: Arazzo 1\.0\.1, 2 workflows, 5 steps, nothing found\n$/);

    const { status, stdout } = await plumbline(['flow', 'lint', FLOW, `${cases}/broken.arazzo.yaml`]);
    assert.equal(status, 1, stdout);
    for (const what of [/sendParcle.*sendParcel/, /a value is missing/, /nobody/, /nowhere/])
        assert.match(stdout, new RegExp(`^tests/cases/flow/cli/broken\\.arazzo\\.yaml:\\d+:\\d+: error: .*${what.source}`, 'm'));
    const places = [...stdout.matchAll(/^\S+broken\.arazzo\.yaml:(\d+):/gm)].map(([, line]) => Number(line));
    assert.deepEqual(places, places.toSorted((a, b) => a - b), 'in the order of the document');
    assert.match(stdout, /broken\.arazzo\.yaml: \d+ errors, \d+ warnings?\n$/);

    const json = await plumbline(['flow', 'lint', `${cases}/broken.arazzo.yaml`, '--report', 'json']);
    assert.equal(json.status, 1);
    const report = JSON.parse(json.stdout);
    assert.equal(report.command, 'flow lint');
    assert.ok(report.findings.length >= 4);
    assert.ok(report.findings.every(({ rule, contract }) => rule === 'flow-defect' && contract.line > 0));
    assert.equal((await plumbline(['flow', 'lint', 'nowhere.yaml'])).status, 3);
});

test('a flow with defects is not run, and the first one is told', async () => {
    const { status, stderr } = await plumbline(['flow', 'run', `${cases}/broken.arazzo.yaml`, '--server', 'http://127.0.0.1:1']);
    assert.equal(status, 2);
    assert.match(stderr, /\d errors, the first one below; 'plumbline flow lint .*broken\.arazzo\.yaml' lists them/);
    assert.match(stderr, /broken\.arazzo\.yaml:\d+:\d+: /);
});

test('show is a tree of the steps', async () => {
    const { status, stdout } = await plumbline(['flow', 'show', FLOW]);
    assert.equal(status, 0);
    assert.match(stdout, /^Depot 1\.0\.0 {2}\(Arazzo 1\.0\.1, tests\/cases\/flow\/cli\/depot\.arazzo\.yaml\)\n {2}depot {2}depot\.openapi\.yaml {2}\(OpenAPI 3\.1\.0, 3 operations\)\n/);
    assert.match(stdout, /\ndeliver {2}Send a parcel, and wait until it is ready\.\n {2}takes name \(string, required\), weight \(number\), /);
    assert.match(stdout, / {2}├─ send +POST +\/parcels {2}\(depot sendParcel\)\n {2}│ +expects +\$statusCode == 201\n {2}│ +gives +id\n/);
    assert.match(stdout, / {2}└─ wait +GET +\/parcels\/\{id\} .*\n +expects +\$statusCode == 200\n +\$response\.body#\/status == 'ready'\n +else +retry at most 4 times, after 0\.05 s\n/);
    assert.match(stdout, /then +end\n/);
    assert.match(stdout, /else +goto find when \$statusCode == 500\n/);
});

test('show --mermaid is a flowchart whose labels hold nothing that Mermaid reads', async () => {
    const { status, stdout } = await plumbline(['flow', 'show', FLOW, '--mermaid']);
    assert.equal(status, 0);
    assert.ok(stdout.startsWith('flowchart TD\n  subgraph frame0["deliver"]\n'), stdout);
    const line = /^(flowchart TD| {2}subgraph frame\d+\["[^"]*"\]| {4}w\d+(s\d+|end)?(\["[^"]*"\]|\(\["[^"]*"\]\))| {2,4}w\d+(s\d+|end)? (-->|-\.->)(\|("[^"]*"|\w+)\|)? ?w\d+(s\d+|end)?| {2}end)$/;
    for (const one of stdout.trimEnd().split('\n'))
        assert.match(one, line);
    assert.match(stdout, /w0s2 -\.->\|"failed retry, at most 4"\| w0s2\n/);
    assert.match(stdout, /w1s0 -->\|"fine"\| w1end\n/);
    assert.match(stdout, /w1s1 -\.->\|runs\| w0\n/);
});
