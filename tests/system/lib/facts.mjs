// What a contract says, in lines that a person can compare: for the drafts of `plumbline contract extract`.

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

// "{id:string, tags?:[string]}": '?' for what is not required, '|' between alternatives.
export function shape(schema) {
    if (schema.anyOf)
        return schema.anyOf.map(shape).join(' or ');
    if (schema.properties)
        return `{${Object.entries(schema.properties).map(([name, inner]) =>
            `${name}${schema.required?.includes(name) ? '' : '?'}:${shape(inner)}`).join(', ')}}`;
    if (schema.type === 'array')
        return `[${shape(schema.items)}]`;
    const type = [schema.type ?? 'any'].flat().join('|') + (schema.format ? `(${schema.format})` : '');
    return schema.enum ? `${type} of ${schema.enum.join('/')}` : type;
}

const bodies = (content) => Object.entries(content ?? {}).map(([type, { schema, examples }]) =>
    `${type === 'application/json' ? '' : `${type} `}${shape(schema)}, ${Object.keys(examples ?? {}).length} examples`).join('; ');

// Each operation of a document: { method, path, operation }.
export const operations = (document) => Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })));

export function facts(draft) {
    const lines = [`title ${draft.info.title}`, ...draft.servers.map(({ url }) => `server ${url}`)];
    const security = (list) => list.map((one) => Object.keys(one).join('+')).join(' or ') || 'none';

    for (const [name, scheme] of Object.entries(draft.components?.securitySchemes ?? {}))
        lines.push(`scheme ${name}: ${[scheme.type, scheme.scheme, scheme.in, scheme.name].filter(Boolean).join(' ')}`);
    lines.push(`security ${security(draft.security)}`);
    for (const { method, path, operation } of operations(draft)) {
        lines.push(`${method.toUpperCase()} ${path}: ${operation.summary}`);
        if (operation.security)
            lines.push(`  security ${security(operation.security)}`);
        for (const { in: place, name, required, schema, example } of operation.parameters ?? [])
            lines.push(`  ${place} ${name}${required ? '' : '?'}:${shape(schema)}${example === undefined ? '' : ` such as ${example}`}`);
        if (operation.requestBody)
            lines.push(`  request ${bodies(operation.requestBody.content)}`);
        for (const [status, answer] of Object.entries(operation.responses))
            if (answer['x-source'].note !== 'not in the document')
                lines.push(`  ${status} ${answer.description}${answer.content ? ` ${bodies(answer.content)}` : ''}`);
    }
    for (const { title, schema } of draft['x-unplaced'] ?? [])
        lines.push(`unplaced ${title}: ${shape(schema)}`);
    for (const { line, what } of draft['x-unread'])
        lines.push(`unread ${line}: ${what}`);
    return lines;
}
