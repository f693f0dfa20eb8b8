// Secrets in odd places: none of them may be in the recording, in what is shown of it, in the log or at the admin listener.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { plumbline, rawClient, rawUpstream, startPlumbline, temporaryFolder, waitForExchanges } from './lib/index.mjs';

const SECRET = 'Zq7Xhunter2Zq7X';
const CARD = '4111111111111111';
const json = 'Content-Type: application/json\r\n';
const form = 'Content-Type: application/x-www-form-urlencoded\r\n';
const multipart = 'Content-Type: multipart/form-data; boundary=BB\r\n';
const get = (target, head = '') => ({ target, head });
const post = (head, body, target = '/things') => ({ method: 'POST', target, head, body });
const answer = (head, body = '') => ({ target: '/things', answer: { head, body } });
const parts = (disposition, content, more = '') =>
    `--BB\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--BB\r\n${disposition}\r\n${more}\r\n${content}\r\n--BB--\r\n`;
const utf16 = (text) => Buffer.from(`\ufeff${text}`, 'utf16le');

const cases = {
    'a query key': get(`/things?token=${SECRET}`),
    'a percent-encoded query key': get(`/things?%74oken=${SECRET}`),
    'a query key in brackets': get(`/things?user[password]=${SECRET}`),
    'encoded brackets': get(`/things?user%5Bpassword%5D=${SECRET}`),
    'a list in brackets': get(`/things?token[]=${SECRET}`),
    'a dotted query key': get(`/things?user.password=${SECRET}`),
    'a query separated by semicolons': get(`/things?a=1;token=${SECRET}`),
    'a URL in a query value': get(`/things?next=https://x.example/?token=${SECRET}`),
    'an encoded URL in a query value': get(`/things?next=%2Freset%3Ftoken%3D${SECRET}`),
    'an encoded URL with more behind': get(`/things?next=%2Freset%3Fa%3D1%26token%3D${SECRET}&b=2`),
    'JSON in a query value': get(`/things?filter=${encodeURIComponent(JSON.stringify({ password: SECRET }))}`),
    'a path parameter': get(`/things;jsessionid=${SECRET}`),
    'a path parameter in the middle': get(`/things;token=${SECRET}/more?x=1`),
    'a fragment': get(`/things#token=${SECRET}`),
    'user information in an absolute target': get(`http://bob:${SECRET}@things.example/things`),
    'a card number in the path': get(`/things/${CARD}`),
    'an encoded card number in the path': get(`/things/${CARD.replace(/^4/, '%34')}`),
    'a card number with plus signs': get('/things?q=4111+1111+1111+1111'),
    'a card number with encoded spaces': get('/things?q=4111%201111%201111%201111'),
    'Authorization in an odd case': get('/things', `aUTHORIZATION: bEARER ${SECRET}\r\n`),
    'Authorization without a scheme': get('/things', `Authorization: ${SECRET}\r\n`),
    'Authorization with an unknown scheme': get('/things', `Authorization: ${SECRET} ${SECRET}\r\n`),
    'Authorization twice': get('/things', `Authorization: Bearer ${SECRET}\r\nAuthorization: Basic ${SECRET}\r\n`),
    'Proxy-Authorization': get('/things', `Proxy-Authorization: Basic ${SECRET}\r\n`),
    'a bearer token in another field': get('/things', `X-Forwarded-Authorization: Bearer ${SECRET}\r\n`),
    'an identity proxy': get('/things', `X-Forwarded-Access-Token: ${SECRET}\r\nX-Amzn-Oidc-Data: ${SECRET}\r\nCf-Access-Jwt-Assertion: ${SECRET}\r\n`),
    'a cookie': get('/things', `Cookie: a=${SECRET}; ${SECRET}\r\n`),
    'Referer': get('/things', `Referer: https://x.example/?access_token=${SECRET}\r\n`),
    'Referer with a user': get('/things', `Referer: https://bob:${SECRET}@x.example/\r\n`),
    'Link': get('/things', `Link: <https://x.example/a?b=1>; rel=prev, <https://x.example/?token=${SECRET}>; rel="next"\r\n`),
    'Refresh': answer(`Refresh: 5; url=https://x.example/?token=${SECRET}\r\n`),
    'X-Original-URL': get('/things', `X-Original-URL: /things?token=${SECRET}\r\n`),
    'Location with a fragment': answer(`Location: https://x.example/#access_token=${SECRET}&state=1\r\n`),
    'Set-Cookie': answer(`Set-Cookie: sid=${SECRET}; Path=/; HttpOnly\r\nSet-Cookie: ${SECRET}\r\n`),
    'an attribute of Set-Cookie that nobody knows': answer(`Set-Cookie: a=b; token=${SECRET}\r\n`),
    'a trailer field': { target: '/things', method: 'POST', raw: `Transfer-Encoding: chunked\r\nTrailer: X-Api-Key\r\n\r\n1\r\na\r\n0\r\nX-Api-Key: ${SECRET}\r\n\r\n` },
    'a JSON member': post(json, `{"password":"${SECRET}"}`),
    'an escaped name': post(json, `{"pass\\u0077ord":"${SECRET}"}`),
    'a name with a dot or a space': post(json, `{"user.password":"${SECRET}","Card Number":"${SECRET}"}`),
    'JSON in a JSON string': post(json, JSON.stringify({ payload: JSON.stringify({ password: SECRET }) })),
    'JSON in JSON in a JSON string': post(json, JSON.stringify({ payload: JSON.stringify({ inner: JSON.stringify([{ token: SECRET }]) }) })),
    'a URL inside of a JSON string': post(json, JSON.stringify({ text: `see https://x.example/?token=${SECRET} now` })),
    'a relative URL in a JSON string': post(json, JSON.stringify({ next: `/reset?token=${SECRET}` })),
    'a form in a JSON string': post(json, JSON.stringify({ body: `user=bob&password=${SECRET}` })),
    'cut JSON': post(json, `{"password":"${SECRET}`),
    'JSON with a byte order mark': post('Content-Type: text/plain\r\n', `\u00ef\u00bb\u00bf{"password":"${SECRET}"}`),
    'JSON without a type': post('', `{"password":"${SECRET}"}`),
    'JSON that says it is a picture': post('Content-Type: image/png\r\n', `{"password":"${SECRET}"}`),
    'JSON that says it is a picture, in gzip': post('Content-Type: image/png\r\nContent-Encoding: gzip\r\n', gzipSync(`{"password":"${SECRET}"}`)),
    'JSON in UTF-16': post('Content-Type: application/octet-stream\r\n', utf16(`{"password":"${SECRET}"}`)),
    'a form': post(form, `user=bob&password=${SECRET}`),
    'an encoded form': post(form, `user=bob&p%61ssword=${SECRET}`),
    'a form with brackets': post(form, `user[name]=bob&user[password]=${SECRET}`),
    'JSON in a form': post(form, `payload=${encodeURIComponent(JSON.stringify({ token: SECRET }))}`),
    'a form that says it is text': post('Content-Type: text/plain;charset=UTF-8\r\n', `user=bob&password=${SECRET}`),
    'a form without a type': post('', `user=bob&password=${SECRET}`),
    'a card number in a form': post(form, 'c=4111+1111+1111+1111'),
    'a part': post(multipart, parts('Content-Disposition: form-data; name="password"', SECRET)),
    'a part with an unquoted name': post(multipart, parts('Content-Disposition: form-data; name=password', SECRET)),
    'a part in an odd case': post(multipart, parts('content-disposition: FORM-DATA; NAME="password"', SECRET)),
    'a part with spaces around its name': post(multipart, parts('Content-Disposition: form-data; name = "password"', SECRET)),
    'a part named by RFC 8187': post(multipart, parts("Content-Disposition: form-data; name*=UTF-8''password", SECRET)),
    'a part with bare line feeds': post(multipart, parts('Content-Disposition: form-data; name="password"', SECRET).replaceAll('\r\n', '\n')),
    'a JSON part': post(multipart, parts('Content-Disposition: form-data; name="data"', `{"password":"${SECRET}"}`, 'Content-Type: application/json\r\n')),
    'a JSON part that is cut': post(multipart, parts('Content-Disposition: form-data; name="data"', `{"password":"${SECRET}`, 'Content-Type: application/json\r\n')),
    'a part in base64': post(multipart, parts('Content-Disposition: form-data; name="data"', Buffer.from(`{"password":"${SECRET}"}`).toString('base64'),
        'Content-Type: application/json\r\nContent-Transfer-Encoding: base64\r\n')),
    'a card number in the name of a file': post(multipart, parts(`Content-Disposition: form-data; name="f"; filename="${CARD}.txt"`, 'x')),
    'gzip': post(`${json}Content-Encoding: gzip\r\n`, gzipSync(`{"password":"${SECRET}"}`)),
    'two codings': post(`${json}Content-Encoding: gzip, br\r\n`, brotliCompressSync(gzipSync(`{"password":"${SECRET}"}`))),
    'a coding nobody knows': post(`${json}Content-Encoding: rot13\r\n`, `{"password":"${SECRET}"}`),
    'a form that is gzip': post(`${form}Content-Encoding: gzip\r\n`, gzipSync(`password=${SECRET}`)),
    'JSON Lines': post('Content-Type: application/jsonl\r\n', `{"a":1}\n{"password":"${SECRET}"}\n`),
    'an event': answer('Content-Type: text/event-stream\r\n', `event: login\ndata: {"password":"${SECRET}"}\n\n`),
    'an event over several lines': answer('Content-Type: text/event-stream\r\n', `data: {"password":\ndata: "${SECRET}"}\n\n`),
    'an element of XML': post('Content-Type: application/xml\r\n', `<?xml version="1.0"?><user><name>bob</name><password>${SECRET}</password></user>`),
    'an attribute of XML': post('Content-Type: text/xml\r\n', `<user name="bob" password="${SECRET}"/>`),
    'SOAP': post('Content-Type: application/soap+xml\r\n', `<s:Envelope xmlns:s="x"><s:Body><w:Login xmlns:w="y"><w:Password w:t="1">${SECRET}</w:Password></w:Login></s:Body></s:Envelope>`),
    'XML in CDATA': post('Content-Type: application/xml\r\n', `<password><![CDATA[${SECRET}]]></password>`),
    'what a violation quotes': post(json, `{"password":"${SECRET}","pin":{"token":"${SECRET}"}}`, '/checked'),
    'what a violation quotes of the query': get(`/checked?token=${SECRET}`),
    'what a refusal quotes': post(json, `{"password":"${SECRET}"}`, '/enforced'),
    'what a refusal quotes of the query': get(`/enforced?token=${SECRET}`),
    'what a refusal quotes of broken JSON': post(json, `{"password":${SECRET}}`, '/enforced'),
};

const contract = {
    openapi: '3.1.0',
    info: { title: 'Things', version: '1' },
    paths: Object.fromEntries(['/checked', '/enforced'].map((where) => [where, {
        get: {
            operationId: `get${where.slice(1)}`,
            parameters: [{ name: 'token', in: 'query', schema: { type: 'integer' } }],
            responses: { 200: { description: 'ok' } },
        },
        post: {
            operationId: `post${where.slice(1)}`,
            requestBody: {
                content: { 'application/json': { schema: { type: 'object', properties: { password: { enum: ['a'] }, pin: { type: 'string' } }, required: ['other'] } } },
            },
            responses: { 200: { description: 'ok' } },
        },
    }])),
};

function bytesOf({ method = 'GET', target, head = '', body, raw }) {
    const start = `${method} ${target} HTTP/1.1\r\nHost: things.example\r\nConnection: close\r\n${head}`;
    if (raw)
        return start + raw;
    const content = body === undefined ? undefined : Buffer.from(body, 'latin1');
    return Buffer.concat([Buffer.from(`${start}${content ? `Content-Length: ${content.length}\r\n` : ''}\r\n`, 'latin1'), content ?? Buffer.alloc(0)]);
}

// What an attacker reads in a text: as it is, and decoded where it looks like base64 or percent-encoding.
function readings(text) {
    const all = [text, text.replaceAll('\\', '')];
    for (const [, base64] of text.matchAll(/"([A-Za-z0-9+/]{8,}={0,2})"/g)) {
        const plain = Buffer.from(base64, 'base64');
        all.push(plain.toString('latin1'), plain.toString('utf16le'));
    }
    all.push(text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))));
    return all;
}

const leaks = (text) => readings(text).some((each) => each.includes(SECRET) || each.replace(/[ +]/g, '').includes(CARD)
    || each.includes(Buffer.from(`{"password":"${SECRET}"}`).toString('base64')));

test('no secret is on record, wherever it stood', async () => {
    const folder = temporaryFolder();
    const recording = path.join(folder, 'recording');
    const file = path.join(folder, 'things.openapi.json');
    let current;
    const upstream = await rawUpstream(async (connection) => {
        await connection.head();
        const { head, body } = current.answer ?? { head: '', body: 'fine' };
        await connection.send(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n${head}\r\n${body}`);
        connection.end();
    });
    writeFileSync(file, JSON.stringify(contract));
    const service = (prefix, request) => ({ contract: file, match: { paths: [prefix] }, upstream: upstream.url, request, response: 'observe' });
    const gateway = await startPlumbline({
        folder,
        config: {
            workers: 1,
            admin: '127.0.0.1:0',
            services: { rest: service('/', 'observe'), strict: service('/enforced', 'enforce') },
            record: { to: recording, sync: '10ms' },
        },
    });
    const admin = (await gateway.waitFor(/admin on (http:\/\/[^\s]*:\d+)/))[1];
    const names = Object.keys(cases);
    const lost = [];
    for (const [index, name] of names.entries()) {
        current = cases[name];
        const got = await rawClient(gateway.port, bytesOf(current));
        assert.match(got.text ?? String(got), /^HTTP\/1\.1 \d/, name);
        const entries = await waitForExchanges(recording, index + 1);
        assert.equal(entries.length, index + 1, name);
        if (leaks(JSON.stringify(entries[index])))
            lost.push(name);
    }
    assert.deepEqual(lost, []);

    const pages = await Promise.all(['exchanges', 'findings', 'status'].map(async (page) => (await fetch(`${admin}/api/v1/${page}`)).text()));
    const ids = (await waitForExchanges(recording, names.length)).map(({ _plumbline }) => _plumbline.id);
    for (const id of ids)
        pages.push(await (await fetch(`${admin}/api/v1/exchanges/${id}`)).text());
    assert.ok(pages[0].includes(ids.at(-1)));
    await gateway.stop();
    for (const text of [...pages, gateway.stdout, gateway.stderr])
        assert.equal(leaks(text), false, text.split('\n').filter(leaks).join('\n'));
    for (const words of [['log', 'show', recording, '--body'], ['check', recording, '--contract', file], ['log', 'export', '--har', recording]]) {
        const { stdout, stderr } = await plumbline(words);
        assert.equal(leaks(stdout + stderr), false, words.join(' '));
    }
    assert.equal(leaks(readFileSync(path.join(recording, '000001.jsonl'), 'latin1')), false);
});
