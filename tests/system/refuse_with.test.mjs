// refuse_with: contract: a refusal has the shape that the contract documents for its status, where it does.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { rawClient, rawUpstream, startPlumbline, temporaryFolder } from './lib/index.mjs';
import { responses } from './lib/gateway.mjs';

const json = (schema, more = {}) => ({ description: 'x', content: { 'application/json': { schema, ...more } } });
const error = {
    type: 'object', required: ['error', 'code'], additionalProperties: false,
    properties: { code: { type: 'string', enum: ['E1', 'E2'] }, status: { type: 'integer' },
        error: { type: 'object', required: ['message'], properties: { message: { type: 'string', minLength: 3 } } } },
};
const contract = {
    openapi: '3.1.0', info: { title: 'Parts', version: '1' },
    paths: { '/parts': {
        get: { operationId: 'list', parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }],
            responses: { 200: json({ type: 'array' }), '4XX': json(error), 502: json({ type: 'object', required: ['message'], properties: { message: { const: 'fixed' } } }, { example: { message: 'fixed' } }) } },
        put: { operationId: 'put', parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }],
            responses: { 200: json({}), 400: { description: 'text', content: { 'text/plain': { schema: { type: 'string' } } } }, 429: json(false) } },
        delete: { operationId: 'delete', parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }],
            responses: { 204: { description: 'gone' }, default: { $ref: '#/components/responses/Failed' } } },
    } },
    components: { responses: { Failed: { description: 'x', content: { 'application/vnd.failed+json': { schema: { type: 'object', required: ['title', 'status'], properties: { title: { type: 'string' }, status: { type: 'integer' } } }, example: { title: 'Oops', status: 500 } } } } } },
};

async function startWith(service = {}, settings = {}) {
    const upstream = await rawUpstream('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n"no"');
    const folder = temporaryFolder();
    const file = path.join(folder, 'parts.openapi.json');
    writeFileSync(file, JSON.stringify(contract));
    return startPlumbline({ folder, config: { workers: 1, ...settings,
        services: { parts: { contract: file, upstream: upstream.url, request: 'enforce', response: 'enforce', refuse_with: 'contract', ...service } } } });
}
const ask = async ({ port }, method, target) => responses(await rawClient(port, `${method} ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`))[0];

test('the documented shape is filled in: of a range, of default, with nested messages', async () => {
    const gateway = await startWith();
    const ranged = await ask(gateway, 'GET', '/parts?limit=x');
    assert.equal(ranged.status, 400);
    assert.equal(ranged.header('content-type'), 'application/json');
    assert.match(ranged.header('plumbline-exchange'), /./);
    const body = JSON.parse(ranged.body);
    assert.match(body.error.message, /query limit: expected integer, found "x"/);
    assert.match(body.code, /^E[12]$/);
    const failed = await ask(gateway, 'DELETE', '/parts?limit=x');
    assert.equal(failed.header('content-type'), 'application/vnd.failed+json');
    assert.deepEqual(JSON.parse(failed.body), { title: 'Bad Request', status: 400 });
});

test('the sentence is escaped, as long as the schema allows, and only where it takes any text', async () => {
    const limit = [{ name: 'limit', in: 'query', schema: { type: 'string', pattern: '^"a\\\\b"é$' } }];
    const shape = (properties) => ({ 400: json({ type: 'object', required: Object.keys(properties), properties }), 200: json({}) });
    const put = (properties, more = {}) => { const responses = shape(properties); Object.assign(responses[400], more); return { get: { parameters: limit, responses } }; };
    const string = { type: 'string' };
    const fields = {
        'X-Stated': { required: true, schema: { type: 'string', const: 'fixed' } },
        'X-Example': { required: true, example: 7, schema: { type: 'integer' } },
        'X-Default': { required: true, schema: { type: 'string', default: 'usual' } },
        'X-Made': { required: true, schema: { type: 'string' } },
        'X-Optional': { example: 'no', schema: { type: 'string' } },
        'Content-Type': { required: true, schema: { type: 'string', const: 'text/none' } },
    };
    const folder = temporaryFolder();
    const file = path.join(folder, 'shapes.openapi.json');
    writeFileSync(file, JSON.stringify({ openapi: '3.1.0', info: { title: 'Shapes', version: '1' }, paths: {
        '/whole': put({ detail: string, message: string }, { headers: fields }),
        '/short': put({ message: { type: 'string', maxLength: 30, minLength: 3 } }),
        '/fixed': put({ detail: { const: 'fixed' }, message: { enum: ['one', 'two'] }, error: { type: 'string', pattern: '^E[0-9]+$', examples: ['E17'] }, msg: string }),
        '/tiny': put({ message: { type: 'string', maxLength: 11 } }),
    } }));
    const upstream = await rawUpstream('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
    const gateway = await startPlumbline({ folder, config: { workers: 1, services: { shapes: { contract: file, upstream: upstream.url, request: 'enforce', refuse_with: 'contract' } } } });
    const refused = async (target) => {
        const response = await ask(gateway, 'GET', `${target}?limit=x`);
        assert.equal(response.status, 400);
        assert.equal(response.header('content-type'), 'application/json', target);
        return { ...response, json: JSON.parse(Buffer.from(response.body, 'latin1').toString()) };
    };
    const whole = await refused('/whole');
    const sentence = whole.json.detail;
    assert.match(sentence, /query limit: expected string that matches \^"a.*b"é\$, found "x"/);
    assert.equal(whole.json.message, 'Bad Request');
    assert.deepEqual(['X-Stated', 'X-Example', 'X-Default', 'X-Made', 'X-Optional'].map((name) => whole.header(name)), ['fixed', '7', 'usual', undefined, undefined]);
    assert.equal((await refused('/short')).json.message, [...sentence].slice(0, 30).join(''));
    const fixed = (await refused('/fixed')).json;
    assert.equal(fixed.msg, sentence);
    assert.equal(fixed.detail, 'fixed');
    assert.match(fixed.error, /^E[0-9]+$/);
    assert.equal((await refused('/tiny')).json.message, 'Bad Request');
});

test('a text that the schema does not allow is left as the example has it', async () => {
    const refused = await ask(await startWith(), 'GET', '/parts');
    assert.equal(refused.status, 502); // the upstream's "no" is no array
    assert.deepEqual(JSON.parse(refused.body), { message: 'fixed' });
});

test('where nothing fits, refusals stay problem documents', async () => {
    const gateway = await startWith({ rate_limit: { requests: 1, per: '1h' } });
    const text = await ask(gateway, 'PUT', '/parts?limit=x');
    assert.equal(text.status, 400);
    assert.equal(text.header('content-type'), 'application/problem+json');
    const over = await ask(gateway, 'PUT', '/parts');
    assert.equal(over.status, 429);
    assert.equal(over.header('content-type'), 'application/problem+json');
    assert.ok(Number(over.header('retry-after')) >= 1);
    assert.equal((await ask(gateway, 'GET', '/nowhere')).header('content-type'), 'application/problem+json');
});

test('an operation may say otherwise than its service', async () => {
    const gateway = await startWith({ operations: { list: { refuse_with: 'problem' } } });
    assert.equal((await ask(gateway, 'GET', '/parts?limit=x')).header('content-type'), 'application/problem+json');
    assert.equal((await ask(gateway, 'DELETE', '/parts?limit=x')).header('content-type'), 'application/vnd.failed+json');
});
