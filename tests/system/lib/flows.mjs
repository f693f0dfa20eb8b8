// The shipped flows (rules/flows), run by plumbline, and by a runner that other people wrote.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { onCleanup, temporaryFolder } from './cleanup.mjs';
import { plumbline, root } from './plumbline.mjs';
import { run } from './process.mjs';

const npm = path.join(root, 'build/npm/node_modules');
const { parse } = createRequire(path.join(npm, 'x'))('@stoplight/yaml');

export const flowFile = (name) => path.join(root, `rules/flows/${name}.arazzo.yaml`);
export const flows = ['order-to-erp', 'orderflow', 'order-processing', 'order-management', 'order-workflow'];

// The services of a flow behind the gateway, as options: --server erp=http://127.0.0.1:4711/erp ...
export function serversOf(name, url) {
    const { sourceDescriptions } = parse(readFileSync(flowFile(name), 'utf8'));
    return sourceDescriptions.flatMap((source) => {
        const contract = JSON.parse(readFileSync(path.resolve(path.dirname(flowFile(name)), source.url), 'utf8'));
        const [server] = contract.servers;
        const base = server.url.replace(/^https?:\/\/[^/]*/, '').replace(/\/$/, '');
        return ['--server', `${source.name}=${url}${base}`];
    });
}

// plumbline flow run: { status, report, stdout, stderr }; the report is that of --report json.
export async function runFlow(name, url, { args = [], ...options } = {}) {
    const file = path.join(temporaryFolder(), 'report.json');
    const done = await plumbline(['flow', 'run', flowFile(name), ...serversOf(name, url), '--report', `json=${file}`, ...args], options);
    return { ...done, report: readReport(file) };
}

function readReport(file) {
    try {
        return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
        return null; // it did not come to a run: the caller looks at status and stderr
    }
}

// redocly respect: { status, steps, said }; steps has every try, as [step, passed].
export async function respect(name, url) {
    const file = path.join(temporaryFolder(), 'respect.json');
    const env = { PATH: `${npm}/.bin:${process.env.PATH}`, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const done = await run(path.join(npm, '.bin/redocly'), ['respect', flowFile(name), ...serversOf(name, url), `--json-output=${file}`],
        { env, cwd: root, timeout: 120_000 });
    const said = done.stdout + done.stderr;
    let files;
    try {
        ({ files } = JSON.parse(readFileSync(file, 'utf8')));
    } catch {
        throw new Error(`redocly respect told nothing\n${said}`);
    }
    const steps = Object.values(files).flatMap(({ executedWorkflows }) => executedWorkflows).flatMap(({ executedSteps }) => executedSteps)
        .map(({ stepId, status }) => [stepId, status === 'success']);
    return { status: done.status, steps, said };
}

// A server between a flow and the gateway that changes answers: change(body, { method, path }) gives another body, or nothing to leave it.
export async function meddler(url, change) {
    const server = http.createServer(async (request, response) => {
        const chunks = [];
        for await (const chunk of request)
            chunks.push(chunk);
        const { host, connection, 'content-length': _, ...headers } = request.headers;
        const answer = await fetch(url + request.url, { method: request.method, headers, body: chunks.length ? Buffer.concat(chunks) : undefined });
        const text = await answer.text();
        const changed = change(JSON.parse(text), { method: request.method, path: request.url });
        for (const [field, value] of answer.headers)
            if (!['connection', 'keep-alive', 'content-length', 'transfer-encoding'].includes(field))
                response.setHeader(field, value);
        response.writeHead(answer.status).end(changed === undefined ? text : JSON.stringify(changed));
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    onCleanup(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
    return `http://127.0.0.1:${server.address().port}`;
}

// What a report says, as short as it can be compared.
export const triesOf = (report) => report.runs.flatMap(({ steps }) => steps).filter(({ operation }) => operation)
    .flatMap(({ step, tries }) => tries.map(({ verdict }) => [step, verdict === 'passed']));
export const lastTry = (report, step) => report.runs.flatMap(({ steps }) => steps).find((each) => each.step === step).tries.at(-1);
