// Lifecycles and invariants: what several exchanges together got wrong is found in the running gateway and by `plumbline check`, and
// nothing is found where nothing is wrong, whatever overlaps.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { binary, plumbline, readRecording, root, run, temporaryFolder, waitForExchanges } from './lib/index.mjs';
import { judge } from './lib/judge.mjs';
import { parcelGateway, parcelService } from './lib/parcels.mjs';

const rules = readFileSync(path.join(root, 'tests/cases/watch/rules.yaml'), 'utf8');

// What `plumbline check` finds in the recording, once it has so many exchanges; its report obeys its schema.
async function checked(gateway, count, recording = gateway.recording) {
    if (count)
        await waitForExchanges(gateway.recording, count);
    const result = await plumbline(['check', recording, '-c', gateway.config, '--report', 'json']);
    assert.ok(result.status === 0 || result.status === 1, result.stderr);
    const report = JSON.parse(result.stdout);
    judge('report.schema.json')(report);
    return report;
}

const short = ({ rule, keyword, operation }) => `${rule} ${keyword} ${operation}`;
const prints = (findings) => findings.map(({ fingerprint }) => fingerprint).sort();

// Nothing was found live, also not at the end, nor is in the recording.
async function cleanSoFar(gateway, count) {
    await waitForExchanges(gateway.recording, count);
    await gateway.stop();
    assert.doesNotMatch(gateway.stderr, /lifecycle-|invariant-/);
    assert.deepEqual((await checked(gateway)).findings, []);
}

test('a parcel that goes its way is no finding', async () => {
    const service = await parcelService();
    const gateway = await parcelGateway(service);
    const { parcel_id: id } = (await gateway.make()).body;
    await gateway.send('POST', '/intakes', { parcel_id: id, total: 12 });
    for (const to of ['sent', 'delivered'])
        assert.equal((await gateway.move(id, to)).status, 200);
    assert.equal((await gateway.move(id, 'new')).status, 409);
    assert.equal((await gateway.get(id)).body.state, 'delivered');
    assert.equal((await gateway.send('DELETE', `/parcels/${id}`)).status, 204);
    assert.equal((await gateway.get(id)).status, 404);
    assert.equal(await gateway.metric('watched_total'), 8);
    assert.equal(await gateway.metric('watch_forgotten_total'), 0);
    await cleanSoFar(gateway, 8);
});

test('a move that is not allowed is found, with both exchanges, live and in the recording, as the same finding', async () => {
    const service = await parcelService();
    const gateway = await parcelGateway(service);
    const { parcel_id: id } = (await gateway.make()).body;
    await gateway.move(id, 'lost');
    service.behave.anything = true;
    await gateway.move(id, 'sent');
    const [live] = await gateway.findings(1);
    const recorded = await waitForExchanges(gateway.recording, 3);
    const ids = recorded.map(({ _plumbline }) => _plumbline.id);

    assert.equal(short(live), 'lifecycle-move parcel moveParcel');
    assert.deepEqual(live.examples, [ids[2], ids[1]]);
    assert.match(live.contract.file, /rules\.yaml$/);
    assert.equal(await gateway.metric('violations_total'), 1);
    await gateway.waitFor(new RegExp(`lifecycle-move 'parcel' .*exchanges ${ids[2]} ${ids[1]}`));
    const report = await checked(gateway, 3);
    assert.deepEqual(prints(report.findings), [live.fingerprint]);
    assert.deepEqual(report.findings[0].examples, live.examples);
    const { stdout } = await plumbline(['check', gateway.recording, '-c', gateway.config]);
    assert.match(stdout, new RegExp(`exchanges ${ids[2]}, ${ids[1]}`));
});

test('what came back after it was deleted is found', async () => {
    const service = await parcelService();
    const gateway = await parcelGateway(service);
    const { parcel_id: id } = (await gateway.make()).body;
    const kept = service.parcels.get(id);
    await gateway.send('DELETE', `/parcels/${id}`);
    service.parcels.set(id, kept);
    await gateway.get(id);
    const live = await gateway.findings(1);
    assert.deepEqual(live.map(short), ['lifecycle-order parcel getParcel']);
    assert.deepEqual(prints((await checked(gateway, 3)).findings), prints(live));
});

test('amounts that differ between two services are found, with both exchanges', async () => {
    const service = await parcelService();
    const gateway = await parcelGateway(service);
    const { parcel_id: id } = (await gateway.make(10, 2)).body;
    await gateway.send('POST', '/intakes', { parcel_id: id, total: 13 });
    const [live] = await gateway.findings(1);
    const ids = (await waitForExchanges(gateway.recording, 2)).map(({ _plumbline }) => _plumbline.id);
    assert.equal(short(live), 'invariant-broken what is taken in is what was made makeIntake');
    assert.deepEqual(live.examples, [ids[1], ids[0]]);
    assert.deepEqual(prints((await checked(gateway, 2)).findings), [live.fingerprint]);
});

test('an equation over one message is a violation of its exchange: recorded, told to the client, found again', async () => {
    const service = await parcelService();
    const gateway = await parcelGateway(service);
    const { parcel_id: id } = (await gateway.make()).body;
    service.parcels.get(id).total = 99;
    await gateway.get(id);
    const [live] = await gateway.findings(1);
    const [, { _plumbline: own }] = await waitForExchanges(gateway.recording, 2);
    assert.equal(short(live), 'invariant-broken the total adds up getParcel');
    assert.deepEqual(live.examples, [own.id]);
    assert.deepEqual(own.response.violations.map((v) => v.rule ?? v.id), ['invariant-broken']);
    assert.deepEqual(prints((await checked(gateway, 2)).findings), [live.fingerprint]);
});

test('in enforce such a request never reaches the service, and such an answer never the client', async () => {
    const service = await parcelService();
    const gateway = await parcelGateway(service, { more: { request: 'enforce', response: 'enforce' } });
    const refused = await gateway.make(10, -1);
    assert.equal(refused.status, 400);
    assert.match(refused.text, /invariant-broken/);
    assert.equal(service.parcels.size, 0);
    const { parcel_id: id } = (await gateway.make()).body;
    service.parcels.get(id).total = 99;
    const hidden = await gateway.get(id);
    assert.equal(hidden.status, 502);
    assert.match(hidden.text, /invariant-broken/);
    const live = await gateway.findings(2);
    assert.deepEqual(prints((await checked(gateway, 3)).findings), prints(live));
});

test('what is ignored for an operation is not told', async () => {
    const service = await parcelService();
    const ignore = { ignore: ['lifecycle-move', 'invariant-broken'] };
    const gateway = await parcelGateway(service, { more: { operations: { moveParcel: ignore, getParcel: ignore } } });
    const { parcel_id: id } = (await gateway.make()).body;
    service.behave.anything = true;
    await gateway.move(id, 'lost');
    await gateway.move(id, 'new');
    service.parcels.get(id).total = 99;
    await gateway.get(id);
    await cleanSoFar(gateway, 4);
});

// Many clients at once do everything that they may, and much that they may not, to the same few parcels.
async function race(gateway, clients, turns, each = () => {}) {
    const ids = [];
    for (let i = 0; i < 5; i++)
        ids.push((await gateway.make()).body.parcel_id);
    const any = (list) => list[Math.floor(Math.random() * list.length)];
    const turn = async () => {
        const id = any(ids);
        const dice = Math.random();
        if (dice < 0.4)
            await gateway.get(id);
        else if (dice < 0.8)
            await gateway.move(id, any(['sent', 'delivered', 'lost']));
        else if (dice < 0.9)
            ids[ids.indexOf(id)] = (await gateway.make()).body.parcel_id;
        else
            await gateway.send('DELETE', `/parcels/${id}`);
    };
    await Promise.all(Array.from({ length: clients }, async () => {
        for (let i = 0; i < turns; i++) {
            await turn();
            each();
        }
    }));
    return 5 + clients * turns;
}

test('200 clients that race for the same parcels find nothing wrong, live and in the recording', async () => {
    const service = await parcelService();
    Object.assign(service.behave, { slow: 4, fails: 0.05 });
    const gateway = await parcelGateway(service);
    const count = await race(gateway, 200, 15);
    assert.equal(await gateway.metric('watched_total'), count);
    await cleanSoFar(gateway, count);
});

test('a reload in the middle of it finds nothing wrong either, and what is wrong afterwards is found', async () => {
    const service = await parcelService();
    Object.assign(service.behave, { slow: 4 });
    const gateway = await parcelGateway(service);
    let done = 0;
    const count = await race(gateway, 50, 40, () => {
        if (++done % 500 === 0)
            gateway.signal('SIGHUP');
    });
    await gateway.waitFor(/reloaded \(generation 2\)/);
    const after = await readRecording(gateway.recording).length;
    assert.ok(after <= count);
    assert.doesNotMatch(gateway.stderr, /lifecycle-|invariant-/);
    assert.ok(await gateway.metric('watched_total') >= count, 'counters do not go back');

    // Told is what rests on exchanges that began after the last one of the old rules had ended.
    service.behave.anything = true;
    for (const end = Date.now() + 20_000; (await gateway.metric('violations_total')) === 0;) {
        assert.ok(Date.now() < end, gateway.stderr);
        const { parcel_id: id } = (await gateway.make()).body;
        await gateway.move(id, 'lost');
        await gateway.move(id, 'new');
    }
    assert.deepEqual((await gateway.findings(1)).map(short), ['lifecycle-move parcel moveParcel']);
});

test('a state that lasts too long is found without any traffic', async () => {
    const file = path.join(temporaryFolder(), 'rules.yaml');
    writeFileSync(file, rules.replace('    on:\n', '    lasts: { new: 1s }\n    on:\n'));
    const gateway = await parcelGateway(await parcelService(), { rules: file });
    await gateway.make();
    assert.deepEqual((await gateway.findings(1)).map(short), ['lifecycle-timeout parcel makeParcel']);
});

test('where a value was redacted before it was recorded, a rule says nothing', async () => {
    const service = await parcelService();
    const settings = { redaction: { rules: [{ field: 'total', action: 'mask' }, { field: 'state', action: 'hash' }], hash_key: 'k' } };
    const gateway = await parcelGateway(service, { settings });
    const { parcel_id: id } = (await gateway.make()).body;
    await gateway.send('POST', '/intakes', { parcel_id: id, total: 12 });
    await gateway.move(id, 'sent');
    await gateway.get(id);
    await cleanSoFar(gateway, 4);
});

test('what was found live of a redacted value is not shown', async () => {
    const settings = { redaction: { rules: [{ field: 'total', action: 'mask' }] } };
    const gateway = await parcelGateway(await parcelService(), { settings });
    const { parcel_id: id } = (await gateway.make(10, 2.34)).body;
    await gateway.send('POST', '/intakes', { parcel_id: id, total: 777.77 });
    const [live] = await gateway.findings(1);
    assert.equal(live.found, '***');
    await gateway.waitFor(/invariant-broken 'what is taken in/);
    assert.doesNotMatch(gateway.stderr, /777|12\.34/);
});

test('what was found live of a redacted value is found in the recording as well', async () => {
    const service = await parcelService();
    const gateway = await parcelGateway(service, { settings: { redaction: { rules: [{ field: 'total', action: 'mask' }] } } });
    const { parcel_id: id } = (await gateway.make()).body;
    service.parcels.get(id).total = 777.77;
    await gateway.get(id);
    const [live] = await gateway.findings(1);
    assert.equal(short(live), 'invariant-broken the total adds up getParcel');
    assert.equal(live.found, '***');
    const { findings } = await checked(gateway, 2);
    assert.deepEqual(prints(findings), [live.fingerprint]);
    assert.equal(findings[0].found, '***');
});

test('a HAR file is held against the rules, too; its entries are named by their place', async () => {
    const service = await parcelService();
    const gateway = await parcelGateway(service);
    const { parcel_id: id } = (await gateway.make()).body;
    service.behave.anything = true;
    await gateway.move(id, 'lost');
    await gateway.move(id, 'new');
    const entries = (await waitForExchanges(gateway.recording, 3)).map(({ _plumbline, ...entry }, i) =>
        ({ ...entry, startedDateTime: new Date(Date.parse(entry.startedDateTime) + i * 1000).toISOString() }));
    const har = path.join(gateway.folder, 'traffic.har');
    writeFileSync(har, JSON.stringify({ log: { version: '1.2', creator: { name: 'test', version: '1' }, entries } }));
    const { findings } = await checked(gateway, 0, har);
    assert.deepEqual(findings.map(short), ['lifecycle-move parcel moveParcel']);
    assert.deepEqual(findings[0].examples, ['/log/entries/2', '/log/entries/1']);
    assert.deepEqual(prints(findings), prints(await gateway.findings(1)));
});

test('a pipe is read once, and what is wrong in it is found at its end', async () => {
    const service = await parcelService();
    const gateway = await parcelGateway(service);
    const { parcel_id: id } = (await gateway.make()).body;
    service.behave.anything = true;
    await gateway.move(id, 'lost');
    await gateway.move(id, 'new');
    await waitForExchanges(gateway.recording, 3);
    const command = `cat ${gateway.recording}/000001.jsonl | ${binary} check - -c ${gateway.config} --report json`;
    const result = await run('sh', ['-c', command]);
    assert.equal(result.status, 1, result.stderr);
    assert.deepEqual(prints(JSON.parse(result.stdout).findings), prints(await gateway.findings(1)));
});

test('the lines of a recording need not be in order: who began earlier and ended later is read later', async () => {
    const service = await parcelService();
    const gateway = await parcelGateway(service);
    const { parcel_id: id } = (await gateway.make()).body;
    const [line] = await waitForExchanges(gateway.recording, 1);
    await gateway.stop();
    const seconds = (entry, begin, took) => {
        const start = new Date(Date.parse(line._plumbline.start) + begin * 1000).toISOString();
        const ns = took * 1e9;
        return { ...entry, startedDateTime: start, time: took * 1000, _plumbline: { ...entry._plumbline, start,
            times: { request_head: 0, request_end: 0, connected: 0, sent: 0, first_byte: ns, response_end: ns, finished: ns } } };
    };
    const named = (name, operation, method, target, request, response) => {
        const copy = structuredClone(line);
        Object.assign(copy._plumbline, { id: name, operation, target });
        Object.assign(copy.request, { method, url: copy.request.url.replace('/parcels', target) });
        copy.request.postData = request && { mimeType: 'application/json', text: JSON.stringify(request) };
        copy.response.status = 200;
        copy.response.content = { ...copy.response.content, text: JSON.stringify(response) };
        return copy;
    };
    const parcel = { parcel_id: id, net: 10, tax: 2, total: 12 };
    const move = named('moved', 'moveParcel', 'POST', `/parcels/${id}/moves`, { to: 'sent' }, { ...parcel, state: 'sent' });
    const deliver = named('delivered', 'moveParcel', 'POST', `/parcels/${id}/moves`, { to: 'delivered' }, { ...parcel, state: 'delivered' });
    const look = named('looked', 'getParcel', 'GET', `/parcels/${id}`, undefined, { ...parcel, state: 'delivered' });
    delete look.request.postData;
    // "delivered" is seen while the two moves, which began before, are still under way
    const lines = [seconds(look, 5, 1), seconds(move, 1, 20), seconds(deliver, 2, 30)];
    const file = path.join(gateway.recording, '000001.jsonl');
    for (const one of lines)
        appendFileSync(file, `${JSON.stringify(one)}\n`);
    assert.deepEqual((await checked(gateway)).findings, []);
});

test('a name that two files have is a mistake, told with its place', async () => {
    const folder = temporaryFolder();
    const [one, two] = ['one.yaml', 'two.yaml'].map((name) => path.join(folder, name));
    const only = rules.slice(0, rules.indexOf('invariants:'));
    writeFileSync(one, only);
    writeFileSync(two, only);
    const config = path.join(folder, 'gateway.yaml');
    writeFileSync(config, JSON.stringify({ include: [one, two], services: { parcels: {
        contract: path.join(root, 'tests/cases/watch/parcels.openapi.json'), upstream: 'http://127.0.0.1:1' } } }));
    const { status, stderr } = await plumbline(['serve', '-c', config]);
    assert.equal(status, 2);
    assert.match(stderr, /two\.yaml:2:3: there is a lifecycle 'parcel' already/);
});
