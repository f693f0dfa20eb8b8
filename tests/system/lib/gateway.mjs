// A gateway in front of one upstream, with a small contract of its own; what the proxy_*.test.mjs files start.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './cleanup.mjs';
import { startPlumbline } from './plumbline.mjs';

const part = {
    type: 'object',
    required: ['name', 'size'],
    additionalProperties: false,
    properties: { name: { type: 'string', minLength: 1 }, size: { type: 'integer', minimum: 1 }, note: { type: 'string' } },
};
const json = (schema) => ({ 'application/json': { schema } });

export const contract = {
    openapi: '3.1.0',
    info: { title: 'Parts', version: '1' },
    paths: {
        '/parts': {
            get: {
                operationId: 'listParts',
                parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', maximum: 100 } }],
                responses: { 200: { description: 'all', content: json({ type: 'array', items: part }) } },
            },
            post: {
                operationId: 'makePart',
                requestBody: { required: true, content: json(part) },
                responses: { 201: { description: 'made', content: json(part) }, 204: { description: 'made' } },
            },
        },
        '/parts/{id}': {
            get: {
                operationId: 'getPart',
                parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z0-9]+$' } }],
                responses: { 200: { description: 'one', content: json(part) } },
            },
        },
        '/secrets': {
            get: {
                operationId: 'getSecret',
                security: [{ bearer: [] }],
                responses: { 200: { description: 'one', content: json({}) } },
            },
        },
    },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
};

// `service` is laid over the service's keys, `settings` over the file's. Nothing is checked unless the test asks for it.
// The program of startPlumbline, with { folder, contract }.
export function startGateway(upstream, service = {}, settings = {}, options = {}) {
    const folder = temporaryFolder();
    const file = path.join(folder, 'parts.openapi.json');
    writeFileSync(file, JSON.stringify(contract));
    const config = {
        workers: 1,
        services: { parts: { contract: file, match: { paths: ['/'] }, upstream, request: 'off', response: 'off', ...service } },
        ...settings,
    };
    return startPlumbline({ config, folder, ...options });
}

// The heads and bodies in the bytes of a connection, one after the other: { start, status, headers: [[name, value]], header(name), body }.
export function responses(bytes, methods = []) {
    const all = [];
    for (let rest = bytes; rest.length > 0;) {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0)
            throw new Error(`no head in ${JSON.stringify(rest)}`);
        const [start, ...lines] = rest.slice(0, end).split('\r\n');
        const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
        const header = (name) => headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
        const response = { start, status: Number(start.split(' ')[1]), headers, header, body: '' };
        rest = rest.slice(end + 4);
        const bodiless = response.status < 200 || response.status === 204 || response.status === 304
            || methods[all.filter(({ status }) => status >= 200).length] === 'HEAD';
        if (!bodiless && header('transfer-encoding') === 'chunked')
            rest = readChunks(rest, response);
        else if (!bodiless) {
            const length = header('content-length') === undefined ? rest.length : Number(header('content-length'));
            response.body = rest.slice(0, length);
            rest = rest.slice(length);
        }
        all.push(response);
    }
    return all;
}

function lineOf(rest) {
    const end = rest.indexOf('\r\n');
    if (end < 0)
        throw new Error(`a chunked body without its end: ${JSON.stringify(rest)}`);
    return rest.slice(0, end);
}

function readChunks(rest, response) {
    response.chunks = 0;
    for (;;) {
        const line = lineOf(rest);
        const size = parseInt(line, 16);
        rest = rest.slice(line.length + 2);
        if (size === 0)
            break;
        response.body += rest.slice(0, size);
        response.chunks++;
        rest = rest.slice(size + 2);
    }
    response.trailers = [];
    for (;;) {
        const line = lineOf(rest);
        rest = rest.slice(line.length + 2);
        if (line === '')
            return rest;
        response.trailers.push(line);
    }
}
