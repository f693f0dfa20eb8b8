// A contract from traffic: what is inferred from the clean runs of the simulated services, and whether it holds for traffic that it was not
// made from.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { random } from './lib/chaos_plan.mjs';
import { cleanRuns } from './lib/clean_runs.mjs';
import { root, temporaryFolder } from './lib/index.mjs';
import { plumbline } from './lib/plumbline.mjs';
import { run } from './lib/process.mjs';
import { startSimulated } from './lib/simulated.mjs';

const npm = path.join(root, 'build/npm/node_modules');

// Every document's clean run, some times over, each with services that are new, so that ids are others: the lines of each.
async function record(times) {
    const runs = [];
    for (let i = 0; i < times; i++) {
        const gateway = await startSimulated();
        await cleanRuns(gateway);
        await gateway.stop();
        const folder = path.join(gateway.folder, 'logs/sandbox');
        runs.push(readdirSync(folder).filter((file) => file.endsWith('.jsonl')).sort()
            .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n').filter(Boolean)));
    }
    return runs;
}
let kept;
const runs = () => kept ??= record(6);
const first = async () => (await runs()).flat();

function recordingOf(lines) {
    const folder = path.join(temporaryFolder(), 'half');
    mkdirSync(folder);
    writeFileSync(path.join(folder, '000001.jsonl'), `${lines.join('\n')}\n`);
    return folder;
}

async function infer(args) {
    const file = path.join(temporaryFolder(), 'inferred.openapi.json');
    const { status, stderr } = await plumbline(['contract', 'infer', ...args, '-o', file]);
    assert.equal(status, 0, stderr);
    return { file, contract: JSON.parse(readFileSync(file, 'utf8')), stderr };
}

// What check finds, but for answers that no contract is needed for: [rule, instance or operation].
async function findings(folder, contract) {
    const { stdout, stderr } = await plumbline(['check', folder, '--contract', contract, '--report', 'json']);
    const report = JSON.parse(stdout || `{"findings":[{"rule":${JSON.stringify(stderr)}}]}`);
    return report.findings.filter(({ level }) => level === 'error');
}
const told = (list) => list.map((f) => `${f.count} × ${f.rule} ${f.operation ?? ''} ${f.side ?? ''} ${f.instance ?? ''} ${f.keyword ?? ''}: ${f.message}`).join('\n');

test('a recording holds against what was inferred from it', async () => {
    const folder = recordingOf(await first());
    const { file } = await infer([folder]);
    const found = await findings(folder, file);
    assert.deepEqual(found, [], told(found));
});

test('traffic holds against what was inferred from half of it, and other traffic does too', async () => {
    const all = await runs();
    const other = recordingOf((await record(2)).flat());
    const halves = { 'the first half': all.slice(0, 3).flat(), 'every other run': all.filter((_, i) => i % 2 === 0).flat() };
    for (const [name, half] of Object.entries(halves)) {
        const { file, contract } = await infer([recordingOf(half)]);
        let found = await findings(recordingOf(all.flat()), file);
        assert.deepEqual(found, [], `${name}\n${told(found)}`);
        found = await findings(other, file);
        assert.deepEqual(found, [], `${name}, another recording\n${told(found)}`);
        // and not because it says nothing
        const said = JSON.stringify(contract);
        for (const word of ['"required":["', '"enum":["', '"format":"uuid"', '"format":"date-time"', '"type":"integer"'])
            assert.ok(said.includes(word), `${name}: no ${word}`);
    }
});

// Six runs have few of what is rare: a half of them by chance may have none of it.
test('of a half that is torn out of its order, nearly nothing that is stated is wrong', async () => {
    const lines = await first();
    for (const bit of [0, 1, 2]) {
        const half = lines.filter((_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 8 & 1 << bit);
        const { file, contract } = await infer([recordingOf(half)]);
        const found = await findings(recordingOf(lines), file);
        const wrong = found.filter(({ rule }) => !['status-unknown', 'path-unknown', 'method-unknown', 'content-type-unknown'].includes(rule));
        const stated = JSON.stringify(contract).match(/"x-seen"/g).length;
        assert.ok(wrong.length * 100 <= stated, `of ${stated} statements\n${told(wrong)}`);
        assert.ok(found.length <= 20, told(found));
    }
});

test('what breaks the contract that was inferred is found', async () => {
    const lines = await first();
    const { file } = await infer([recordingOf(lines)]);
    const looks = lines.map((line) => JSON.parse(line)).filter(({ request, response }) =>
        request.method === 'GET' && /\/api\/orders\/ORD\d+$/.test(request.url) && response.status === 200);
    const drifts = {
        'required order_id': (body) => { delete body.order_id; },
        'enum status': (body) => { body.status = 'lost'; },
        'type total': (body) => { body.total = 'much'; },
        'format created_at': (body) => { body.created_at = 'yesterday'; },
    };
    for (const [name, drift] of Object.entries(drifts)) {
        const entry = structuredClone(looks[0]);
        const body = JSON.parse(entry.response.content.text);
        drift(body);
        entry.response.content.text = JSON.stringify(body);
        const found = await findings(recordingOf([JSON.stringify(entry)]), file);
        const [keyword, member] = name.split(' ');
        assert.deepEqual(found.map((f) => [f.rule, f.keyword ?? keyword]), [['body-schema', keyword]], told(found));
        assert.ok(JSON.stringify(found).includes(member), told(found));
    }
});

test('ids in paths become variables, words stay, and each statement says how often it was seen', async () => {
    const lines = await first();
    const { contract } = await infer([recordingOf(lines)]);
    const paths = Object.keys(contract.paths);
    for (const template of ['/api/orders/{orderId}/status', '/shopping-cart/carts/{cartId}/items', '/b2b/orders/{orderId}', '/prices/{priceId}',
        '/promotions/cart', '/api/order/cart.json', '/taxes'])
        assert.ok(paths.includes(template), `${template} is not in ${paths.join(' ')}`);
    assert.equal(paths.length, 29, paths.join(' '));
    const operation = contract.paths['/api/orders/{orderId}'].get;
    const looks = lines.map((line) => JSON.parse(line).request).filter(({ method, url }) => method === 'GET' && /\/api\/orders\/ORD\d+$/.test(url));
    assert.equal(operation['x-seen'], looks.length);
    assert.deepEqual(Object.keys(operation.responses), ['200', '404']);
    assert.deepEqual(operation.security, [{ bearerAuth: [] }]);
    const { schema } = operation.responses['200'].content['application/json'];
    assert.equal(schema['x-seen'], operation.responses['200']['x-seen']);
    assert.ok(schema.required.includes('order_id'));
    assert.deepEqual(schema.properties.payment_status.enum.toSorted(), ['paid', 'refunded', 'unpaid']);
    // six objects are too few to say what must be there
    assert.equal(operation.responses['404'].content['application/problem+json'].schema.required, undefined);
});

test('lint and two third-party linters accept it, but for what no recording knows', async () => {
    const { file } = await infer([recordingOf(await first())]);
    const own = await plumbline(['contract', 'lint', file, '--fail-on', 'warn']);
    assert.equal(own.status, 0, own.stdout);
    const env = { ...process.env, PATH: `${npm}/.bin:${process.env.PATH}`, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    // to a file: what these programs write to a pipe may be cut off when they end
    const said = async (program, ...args) => {
        const out = path.join(temporaryFolder(), 'said.json');
        const done = await run('sh', ['-c', '"$@" > "$0"', out, path.join(npm, '.bin', program), 'lint', '--format=json', ...args, file],
            { env, cwd: root, timeout: 120_000 });
        const text = readFileSync(out, 'utf8');
        assert.notEqual(text, '', done.stderr);
        return JSON.parse(text);
    };
    const { problems } = await said('redocly', '--config', path.join(root, 'tests/contracts/redocly.yaml'));
    assert.deepEqual([...new Set(problems.map(({ ruleId }) => ruleId))].sort(), ['info-license', 'operation-4xx-response'], JSON.stringify(problems));
    const found = await said('spectral', '--quiet', '--ruleset', path.join(root, 'tests/contracts/spectral.yaml'));
    assert.deepEqual(found.map(({ code }) => code), ['info-contact'], JSON.stringify(found));
});

// ---- forms ----

// A shop of forms that there is none of: orders urlencoded, uploads in parts, an old callback that answers with a form. Entries in HAR's form.
function formTraffic(count, seed) {
    const { below: one } = random(seed);
    const of = (...list) => list[one(list.length)];
    const entry = (url, type, text, status, answerType, answer) => ({
        startedDateTime: '2026-02-03T04:05:06.000Z', time: 1, cache: {}, timings: { send: 0, wait: 1, receive: 0 },
        request: {
            method: 'POST', url: `http://shop.example${url}`, httpVersion: 'HTTP/1.1', cookies: [], queryString: [], headersSize: -1, bodySize: text.length,
            headers: [{ name: 'Content-Type', value: type }, { name: 'Content-Length', value: String(text.length) }],
            postData: { mimeType: type, params: [], text },
        },
        response: {
            status, statusText: 'OK', httpVersion: 'HTTP/1.1', cookies: [], redirectURL: '', headersSize: -1, bodySize: answer.length,
            headers: [{ name: 'Content-Type', value: answerType }], content: { size: answer.length, mimeType: answerType, text: answer },
        },
    });
    const order = () => {
        const pairs = [`quantity=${1 + one(9)}`, `price=${one(90)}.${10 + one(89)}`, `gift=${of('true', 'false')}`, `state=${of('open', 'paid', 'sent')}`,
            `by=ann%2B${one(99)}@example.com`, `on=2026-0${1 + one(9)}-1${one(9)}`, `zip=0${one(9)}0${one(9)}`];
        if (one(3) === 0)
            pairs.push(`note=${of('soon', 'at+once', 'f%C3%BCr+Ann', '')}`);
        for (let i = one(4); i > 0; i--)
            pairs.push(`tag=${of('red', 'blue', 'green')}`);
        const answer = `id=ORD${one(1000)}&state=${of('open', 'paid', 'sent')}`;
        return entry('/orders', 'application/x-www-form-urlencoded', pairs.join('&'), 201, 'application/x-www-form-urlencoded', answer);
    };
    const upload = () => {
        const part = (head, text) => `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
        const [kind, ending] = of(['image/png', 'png'], ['image/jpeg', 'jpg']);
        const files = Array.from({ length: 1 + one(3) }, (_, i) => part(`name="file"; filename="${i}.${ending}"\r\nContent-Type: ${kind}`, `bytes ${one(100)}`));
        const meta = part('name="meta"\r\nContent-Type: application/json', JSON.stringify({ width: one(900), alt: of('a', 'b', 'c') }));
        const body = `${part('name="album"', String(one(50)))}${meta}${files.join('')}${one(4) === 0 ? part('name="caption"', 'a caption') : ''}--x--\r\n`;
        return entry('/uploads', 'multipart/form-data; boundary=x', body, 200, 'text/plain; charset=utf-8', `kept ${files.length}`);
    };
    return Array.from({ length: count }, () => JSON.stringify(one(2) === 0 ? order() : upload()));
}

test('forms hold against what was inferred from half of them, and other forms do too', async () => {
    const all = formTraffic(600, 5);
    const other = recordingOf(formTraffic(300, 77));
    for (const half of [all.slice(0, 300), all.filter((_, i) => i % 2 === 0)]) {
        const { file, contract } = await infer([recordingOf(half)]);
        for (const folder of [recordingOf(all), other]) {
            const found = await findings(folder, file);
            assert.deepEqual(found, [], told(found));
        }
        const lint = await plumbline(['contract', 'lint', file, '--fail-on', 'warn']);
        assert.equal(lint.status, 0, lint.stdout);
        // and not because it says nothing
        const { schema, encoding } = contract.paths['/orders'].post.requestBody.content['application/x-www-form-urlencoded'];
        assert.deepEqual(schema.required, ['quantity', 'price', 'gift', 'state', 'by', 'on', 'zip']);
        const { quantity, price, gift, state, by, on, zip, tag } = schema.properties;
        assert.deepEqual([quantity, price, gift, zip].map(({ type }) => type), ['integer', 'number', 'boolean', 'string']);
        assert.deepEqual(state.enum.toSorted(), ['open', 'paid', 'sent']);
        assert.deepEqual([by.format, on.format], ['email', 'date']);
        assert.deepEqual([tag.type, tag.items.enum.toSorted()], ['array', ['blue', 'green', 'red']]);
        assert.deepEqual(encoding, { tag: { style: 'form', explode: true } });
        const { 'multipart/form-data': upload } = contract.paths['/uploads'].post.requestBody.content;
        assert.deepEqual(upload.schema.required, ['album', 'meta', 'file']);
        assert.equal(upload.schema.properties.file.items.contentMediaType, 'application/octet-stream');
        assert.equal(upload.schema.properties.meta.properties.width.type, 'integer');
        assert.deepEqual(upload.encoding.file.contentType.split(', ').toSorted(), ['image/jpeg', 'image/png']);
        assert.deepEqual(contract.paths['/uploads'].post.responses['200'].content['text/plain'].schema, { type: 'string' });
        assert.equal(contract.paths['/orders'].post.responses['201'].content['application/x-www-form-urlencoded'].schema.required.length, 2);
    }
});

test('a form that breaks what was inferred is found', async () => {
    const all = formTraffic(400, 5);
    const { file } = await infer([recordingOf(all)]);
    const sent = (url) => all.map((line) => JSON.parse(line)).find(({ request }) => request.url.endsWith(url));
    const drifts = [
        ['/orders', /quantity=\d+/, 'quantity=few', 'type', '/quantity'],
        ['/orders', /state=\w+/, 'state=lost', 'enum', '/state'],
        ['/orders', /on=[\d-]+/, 'on=today', 'format', '/on'],
        ['/orders', /&zip=\d+/, '', 'required', '/zip'],
        ['/uploads', /"width":\d+/, '"width":"wide"', 'type', '/meta/width'],
        ['/uploads', /name="album"/, 'name="other"', 'required', '/album'],
        ['/uploads', /Content-Type: image\/\w+/, 'Content-Type: text/html', undefined, '/file'],
    ];
    for (const [url, from, to, keyword, place] of drifts) {
        const entry = sent(url);
        entry.request.postData.text = entry.request.postData.text.replace(from, to);
        const found = await findings(recordingOf([JSON.stringify(entry)]), file);
        assert.deepEqual(found.map((f) => [f.keyword ?? undefined, f.instance ?? '']), [[keyword, place]], told(found));
    }
});

test('what forms ask of a contract that is there', async () => {
    const all = formTraffic(400, 5);
    const folder = recordingOf(all);
    const { file, contract } = await infer([folder]);
    const content = (d, url) => Object.values(d.paths[url].post.requestBody.content)[0];
    const drifts = {
        'a type': [(d) => { content(d, '/orders').schema.properties.quantity.type = 'boolean'; }, [['replace', '/quantity/type', ['integer', 'boolean']]]],
        'an enum value': [(d) => { content(d, '/orders').schema.properties.state.enum = ['open', 'paid']; }, [['add', '/state/enum/-', 'sent']]],
        'a value inside of a part': [(d) => { content(d, '/uploads').schema.properties.meta.properties.alt.enum = ['a', 'b']; }, [['add', '/alt/enum/-', 'c']]],
        'a bound': [(d) => { content(d, '/orders').schema.properties.quantity.maximum = 3; }, [['replace', '/quantity/maximum', 9]]],
        'a required field': [(d) => { content(d, '/orders').schema.required.push('note'); }, [['remove', '/required/7', undefined]]],
        'a field': [(d) => { const { schema } = content(d, '/orders'); delete schema.properties.zip; schema.required.pop(); schema.additionalProperties = false; },
            [['add', '/properties/zip', null]]],
        'a media type': [(d) => { d.paths['/orders'].post.requestBody.content = { 'application/json': {} }; },
            [['add', '/content/application~1x-www-form-urlencoded', null]]],
    };
    for (const [name, [change, expected]] of Object.entries(drifts)) {
        const old = structuredClone(contract);
        change(old);
        writeFileSync(file, JSON.stringify(old, null, 2));
        assert.ok((await findings(folder, file)).length > 0, name);
        const { status, stdout, stderr } = await plumbline(['contract', 'infer', folder, '--update', file]);
        assert.equal(status, 0, stderr);
        const patch = JSON.parse(stdout);
        assert.equal(patch.length, expected.length, `${name}: ${stdout}`);
        patch.forEach((one, i) => {
            assert.ok(one.op === expected[i][0] && one.path.endsWith(expected[i][1]), `${name}: ${stdout}`);
            if (expected[i][2] !== null)
                assert.deepEqual(one.value, expected[i][2], name);
        });
        assert.equal((await plumbline(['contract', 'infer', folder, '--update', file, '--write'])).status, 0);
        const found = await findings(folder, file);
        assert.deepEqual(found, [], `${name}\n${told(found)}`);
    }
});

test('what says nothing about an API says so', async () => {
    const empty = await plumbline(['contract', 'infer', recordingOf(['']), '-o', path.join(temporaryFolder(), 'x.json')]);
    assert.equal(empty.status, 2);
    assert.match(empty.stderr, /there is no exchange in it that says something about an API/);
    const service = await plumbline(['contract', 'infer', recordingOf(await first()), '--service', 'nobody']);
    assert.equal(service.status, 2);
    assert.match(service.stderr, /of that service/);
    const missing = await plumbline(['contract', 'infer', '/nowhere/at/all']);
    assert.notEqual(missing.status, 0);
    assert.match(missing.stderr, /\/nowhere\/at\/all/);
});

test('HAR files of other tools hold against what was inferred from them, or say why there is nothing', async (t) => {
    const suites = process.env.PLUMBLINE_SUITES;
    const files = suites ? readdirSync(path.join(suites, 'har'), { recursive: true }).filter((name) => name.endsWith('.har')).sort() : [];
    if (files.length === 0)
        t.diagnostic('PLUMBLINE_SUITES is not set: only our own HAR file is read');
    const all = [path.join(root, 'docs/examples/browser.har'), ...files.map((name) => path.join(suites, 'har', name))];
    let inferred = 0;
    for (const har of all) {
        const file = path.join(temporaryFolder(), 'inferred.openapi.json');
        const { status, stderr } = await plumbline(['contract', 'infer', har, '-o', file]);
        if (status !== 0) {
            assert.equal(status, 2, `${har}: ${stderr}`);
            assert.match(stderr, /no exchange|HAR file|could not be read/, har);
            continue;
        }
        inferred++;
        const lint = await plumbline(['contract', 'lint', file]);
        assert.match(lint.stdout, /nothing found/, har);
        const found = await findings(har, file);
        // what the answer itself lacks, no contract can give it
        assert.deepEqual(found.filter(({ rule }) => !['content-type-missing', 'json-syntax'].includes(rule)), [], `${har}\n${told(found)}`);
    }
    assert.ok(files.length === 0 || inferred * 2 > all.length); // our own one is broken in part: it has its sentence
});

test('of a browser\'s recording one host is looked at', async () => {
    const whole = JSON.parse(readFileSync(path.join(root, 'docs/examples/browser.har'), 'utf8').replace(/^\uFEFF/, ''));
    const [entry] = whole.log.entries.filter(({ request }) => request.url?.startsWith('http'));
    const moved = (url) => Object.assign(structuredClone(entry), { request: { ...entry.request, url, headers: [] } });
    whole.log.entries = [moved('https://api.example/orders/12'), moved('https://cdn.example/logo')];
    const har = path.join(temporaryFolder(), 'two.har');
    writeFileSync(har, JSON.stringify(whole));
    assert.deepEqual(Object.keys((await infer([har])).contract.paths), ['/orders/{orderId}', '/logo']);
    assert.deepEqual(Object.keys((await infer([har, '--host', 'api.example'])).contract.paths), ['/orders/{orderId}']);
    const nobody = await plumbline(['contract', 'infer', har, '--host', 'nobody.example']);
    assert.equal(nobody.status, 2);
    assert.match(nobody.stderr, /of that host/);
});
