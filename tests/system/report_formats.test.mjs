// The reports that other programs read: SARIF by its own validator and its limits, GitHub's annotations by their grammar.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { plumbline, root, run, temporaryFolder } from './lib/index.mjs';
import { startSimulated } from './lib/simulated.mjs';
import { meddler, runFlow } from './lib/flows.mjs';

const multitool = path.join(root, 'build/npm/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool');

// What the validator of SARIF's own project says: SARIF1xxx; those from 2000 on are advice.
async function validate(file) {
    const { stdout, stderr } = await run(multitool, ['validate', file], { timeout: 60_000, env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' } });
    assert.match(stdout, /Analysis completed successfully/, stdout + stderr);
    return [...stdout.matchAll(/: (error|warning|note) (SARIF1\d+): .*/g)].map(([whole]) => whole);
}

// A HAR file of so many exchanges, under a name that formats have to escape.
function traffic(count, target = () => '/none') {
    const file = path.join(temporaryFolder(), 'a b%,:#.har');
    const entries = Array.from({ length: count }, (_, i) => ({
        startedDateTime: '2026-11-21T05:12:03.123Z', time: 1, cache: {}, timings: { send: 0, wait: 1, receive: 0 },
        request: { method: 'GET', url: `http://h${target(i)}`, httpVersion: 'HTTP/1.1', cookies: [], headers: [], queryString: [], headersSize: -1, bodySize: 0 },
        response: {
            status: 200, statusText: '', httpVersion: 'HTTP/1.1', cookies: [], headers: [{ name: 'Content-Type', value: 'application/json' }],
            content: { size: 2, mimeType: 'application/json', text: '{}' }, redirectURL: '', headersSize: -1, bodySize: 2,
        },
    }));
    writeFileSync(file, JSON.stringify({ log: { version: '1.2', creator: { name: 't', version: '1' }, entries } }));
    return file;
}

// An operation with `count` members that are required.
function manyRequired(count) {
    const file = path.join(temporaryFolder(), 'names % , :.openapi.json');
    writeFileSync(file, JSON.stringify({
        openapi: '3.1.0', info: { title: 'many', version: '1' },
        paths: {
            '/none': {
                get: {
                    operationId: 'none',
                    responses: { 200: { description: 'x', content: { 'application/json': { schema: {
                        allOf: Array.from({ length: count }, (_, i) => ({ required: [`member ${i}: 50 %, a\nline`] })) } } } } },
                },
            },
        },
    }));
    return file;
}

test('SARIF: its own validator has nothing against the findings of a recording', { skip: !existsSync(multitool) && 'there is no SARIF validator for this machine' }, async () => {
    const file = path.join(temporaryFolder(), 'r.sarif');
    const { status } = await plumbline(['check', 'docs/examples/recording', '--contract', 'contracts/erp.openapi.json', '--report', `sarif=${file}`]);
    assert.equal(status, 1);
    const log = JSON.parse(readFileSync(file, 'utf8'));
    const [result] = log.runs[0].results;
    assert.equal(log.runs[0].results.length, 1);
    assert.equal(result.ruleId, 'security-missing');
    assert.equal(log.runs[0].tool.driver.rules[result.ruleIndex].id, 'security-missing');
    assert.deepEqual(result.locations[0].physicalLocation, { artifactLocation: { uri: 'contracts/erp.openapi.json' }, region: { startLine: 22, startColumn: 15 } });
    assert.match(result.partialFingerprints['plumbline/v1'], /^[0-9a-f]{16}$/);
    assert.deepEqual(await validate(file), []);
});

test('SARIF: a flow that fails is a result at the line of its step', { skip: !existsSync(multitool) && 'there is no SARIF validator for this machine' }, async () => {
    const gateway = await startSimulated();
    const file = path.join(temporaryFolder(), 'flow.sarif');
    const url = await meddler(gateway.url, (body, { method, path: at }) => (method === 'POST' && at.startsWith('/erp/') ? { ...body, total: 1 } : undefined));
    const { status } = await runFlow('order-to-erp', url, { args: ['--report', `sarif=${file}`] });
    assert.equal(status, 1);
    const { results } = JSON.parse(readFileSync(file, 'utf8')).runs[0];
    const step = results.find(({ ruleId }) => ruleId === 'criterion');
    assert.match(step.message.text, /^orderToErp sendToErp failed: criterion: /);
    const { artifactLocation, region } = step.locations[0].physicalLocation;
    assert.match(artifactLocation.uri, /rules\/flows\/order-to-erp\.arazzo\.yaml$/);
    const text = readFileSync(path.join(root, 'rules/flows/order-to-erp.arazzo.yaml'), 'utf8').split('\n');
    assert.match(text[region.startLine - 1], /stepId: sendToErp/);
    assert.deepEqual(await validate(file), []);
});

test('SARIF: at most 5,000 results, the rest is counted', async () => {
    const { stdout } = await plumbline(['check', traffic(5003, (i) => `/none?name${i}=1`), '--contract', manyRequired(3), '--report', 'sarif'],
        { timeout: 60_000 });
    const [{ results, invocations }] = JSON.parse(stdout).runs;
    assert.equal(results.length, 5000);
    assert.deepEqual(results.slice(0, 4).map(({ level }) => level), ['error', 'error', 'error', 'warning']);
    assert.equal(invocations[0].toolExecutionNotifications[0].message.text, '6 results more are left out; the JSON report has them all.');
});

test('GitHub: each finding is one command whose properties and message cannot end it', async () => {
    const { stdout } = await plumbline(['check', traffic(1), '--contract', manyRequired(3), '--report', 'github']);
    const commands = stdout.split('\n').filter((line) => line.startsWith('::'));
    assert.equal(commands.length, 3, stdout);
    for (const line of commands) {
        const [, level, properties, message] = /^::(error|warning|notice) ([^:]*)::(.*)$/.exec(line);
        const named = Object.fromEntries(properties.split(',').map((one) => one.split('=')));
        assert.equal(level, 'error');
        assert.match(decodeURIComponent(named.file), /names % , :\.openapi\.json$/);
        assert.match(named.line, /^[1-9]\d*$/);
        assert.match(named.col, /^[1-9]\d*$/);
        assert.equal(decodeURIComponent(named.title), 'response body-schema names % , : none');
        assert.match(message, /50 %25, a/);
    }
    assert.match(stdout, /\n1 exchanges, 3 errors, 0 warnings, 0 info\n$/);
});

test('SARIF counts columns in UTF-16 code units, whatever stands before the place', async () => {
    const folder = temporaryFolder();
    const [contract, file] = [path.join(folder, 'c.openapi.json'), path.join(folder, 'r.sarif')];
    const schema = '{ "description": "für 😀", "type": "array" }';
    writeFileSync(contract, `{"openapi":"3.1.0","info":{"title":"c","version":"1"},"paths":{"/none":{"get":{"operationId":"none","responses":{"200":{
"description":"x","content":{"application/json":{"schema":${schema}}}}}}}}}`);
    await plumbline(['check', traffic(1), '--contract', contract, '--report', `sarif=${file}`]);
    const { startLine, startColumn } = JSON.parse(readFileSync(file, 'utf8')).runs[0].results[0].locations[0].physicalLocation.region;
    const line = readFileSync(contract, 'utf8').split('\n')[startLine - 1];
    assert.equal(line.slice(startColumn - 1, startColumn + 6), '"array"');
});

test('the text is coloured on a terminal, unless NO_COLOR says no', async () => {
    const command = `'${process.env.PLUMBLINE_BIN}' check docs/examples/recording --contract contracts/erp.openapi.json`;
    const onTerminal = (env) => run('script', ['-qec', command, '/dev/null'], { cwd: root, env: { ...process.env, TERM: 'xterm', NO_COLOR: '', ...env } });
    const [coloured, plain] = [await onTerminal({}), await onTerminal({ NO_COLOR: '1' })];
    assert.equal(coloured.status, 1);
    assert.ok(coloured.stdout.includes('\x1b[1;31merror\x1b[0m request security-missing'), coloured.stdout);
    assert.ok(plain.stdout.includes('error request security-missing'), plain.stdout);
    assert.ok(!plain.stdout.includes('\x1b['), plain.stdout);
});
