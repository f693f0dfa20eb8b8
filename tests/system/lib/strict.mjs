// HTTP/1.1 as RFC 9112 writes it down, and not one byte more: the second reader of tests/conformance/http_differential.test.mjs.
// Written from the RFC, with nothing of gateway/http in mind but its limits. Whatever is not plainly allowed is `malformed`.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t \x21-\x7e\x80-\xff]*$/; // field-content and the white space around it (RFC 9110 5.5)
const HOST = /^(\[[0-9A-Fa-f:.vV%a-zA-Z~!$&'()*+,;=_-]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(:\d*)?$/; // uri-host [ ":" port ] (RFC 3986 3.2.2)

// Of framing, routing, authentication, content and control: too late behind the body.
const NO_TRAILER = /^(authorization|connection|content-(encoding|length|type)|cookie|expect|host|proxy-auth.*|set-cookie|te|trailer|transfer-encoding|upgrade)$/i;

class Malformed extends Error {}
class Incomplete extends Error {}

const fail = (why) => { throw new Malformed(why); };

// The bytes of one direction of a connection, as latin1 text.
class Bytes {
    constructor(text) {
        Object.assign(this, { text, at: 0 });
    }

    line() {
        const end = this.text.indexOf('\n', this.at);
        const line = this.text.slice(this.at, end < 0 ? undefined : end);
        if (end >= 0 && !line.endsWith('\r'))
            fail('a bare LF');
        if (line.slice(0, end < 0 ? undefined : -1).replace(/\r$/, '').includes('\r'))
            fail('a bare CR');
        if (end < 0)
            throw new Incomplete('a line');
        this.at = end + 1;
        return line.slice(0, -1);
    }

    take(count) {
        if (this.text.length - this.at < count)
            throw new Incomplete('a body');
        this.at += count;
        return this.text.slice(this.at - count, this.at);
    }
}

function readFields(bytes) {
    const fields = [];
    for (;;) {
        const line = bytes.line();
        if (line === '')
            return fields;
        const colon = line.indexOf(':');
        if (colon < 0 || !TOKEN.test(line.slice(0, colon)))
            fail(`no field: ${JSON.stringify(line)}`);
        const value = line.slice(colon + 1);
        if (!VALUE.test(value))
            fail(`no field value: ${JSON.stringify(value)}`);
        fields.push([line.slice(0, colon), value.replace(/^[\t ]+|[\t ]+$/g, '')]);
    }
}

export const all = (fields, name) => fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
export const listed = (fields, name) => all(fields, name).flatMap((value) => value.split(',')).map((one) => one.trim().toLowerCase()).filter(Boolean);

function readChunks(bytes) {
    let body = '';
    for (;;) {
        const line = bytes.line();
        const match = /^([0-9A-Fa-f]+)((?:;[^;"]+(?:="(?:[^"\\]|\\.)*")?)*)$/.exec(line);
        if (!match)
            fail(`no chunk size: ${JSON.stringify(line)}`);
        for (const [, name, , value] of match[2].matchAll(/;([^;=]+)(=((?:"(?:[^"\\]|\\.)*")|[^;]*))?/g)) {
            if (!TOKEN.test(name) || (value !== undefined && !TOKEN.test(value) && !/^"([\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"$/.test(value)))
                fail(`no chunk extension: ${JSON.stringify(match[2])}`);
        }
        const size = BigInt(`0x${match[1]}`);
        if (size >= 1n << 63n)
            fail('a chunk that nobody can count');
        if (size === 0n) {
            const trailers = readFields(bytes);
            if (trailers.some(([name]) => NO_TRAILER.test(name)))
                fail('a trailer that says how to read the message'); // RFC 9110 6.5.1
            return { body, trailers };
        }
        if (size > 1n << 30n)
            throw new Incomplete('a chunk');
        body += bytes.take(Number(size));
        if (bytes.line() !== '')
            fail('a chunk without its end');
    }
}

// Does the body have a length, chunks, or neither? RFC 9112 6.3; two answers are none.
function framingOf(fields, version) {
    const codings = all(fields, 'transfer-encoding');
    const lengths = all(fields, 'content-length');
    if (codings.length > 0) {
        if (lengths.length > 0 || version === '1.0' || codings.length > 1 || codings[0].toLowerCase() !== 'chunked')
            fail('Transfer-Encoding');
        return { chunked: true };
    }
    if (lengths.length > 1 || (lengths.length === 1 && (!/^\d+$/.test(lengths[0]) || BigInt(lengths[0]) >= 1n << 63n)))
        fail('Content-Length');
    return { length: lengths.length > 0 ? Number(lengths[0]) : undefined };
}

function judgeHost(request) {
    const hosts = all(request.fields, 'host');
    const absolute = /^https?:\/\/([^/?]*)/i.exec(request.target);
    if (hosts.length > 1 || (hosts.length === 0 && request.version === '1.1') || (hosts.length > 0 && !HOST.test(hosts[0])))
        fail('Host');
    if (absolute && (absolute[1] === '' || !HOST.test(absolute[1]) || (hosts.length > 0 && hosts[0].toLowerCase() !== absolute[1].toLowerCase())))
        fail('another Host');
    if (!absolute && !request.target.startsWith('/') && !(request.target === '*' && request.method === 'OPTIONS'))
        fail('the form of the target');
}

function readRequest(bytes) {
    const [, method, target, version] = /^([^ ]+) ([\x21\x22\x24-\x7e]+) HTTP\/(1\.[01])$/.exec(bytes.line()) ?? fail('no request line');
    if (!TOKEN.test(method) || method === 'CONNECT')
        fail('the method');
    const request = { method, target, version, fields: readFields(bytes), trailers: [], body: '' };
    request.headEnd = bytes.at;
    judgeHost(request);
    const { chunked, length } = framingOf(request.fields, version);
    if (chunked)
        Object.assign(request, readChunks(bytes));
    else if (length !== undefined)
        request.body = bytes.take(length);
    request.chunked = chunked === true;
    const options = listed(request.fields, 'connection');
    request.closes = options.includes('close') || (version === '1.0' && !options.includes('keep-alive'));
    return request;
}

function readResponse(bytes, method) {
    const [, version, status, reason] = /^HTTP\/(1\.[01]) (\d{3})(?: ([\t \x21-\x7e\x80-\xff]*))?$/.exec(bytes.line()) ?? fail('no status line');
    const response = { status: Number(status), version, reason: reason ?? '', fields: readFields(bytes), trailers: [], body: '' };
    if (response.status < 100 || response.status > 599)
        fail('the status');
    if (response.status === 101)
        fail('a 101 that nobody asked for');
    const never = response.status < 200 || response.status === 204;
    const { chunked, length } = framingOf(response.fields, version);
    if (never && (chunked || length > 0))
        fail('a body where none may be');
    if (never || response.status === 304 || method === 'HEAD')
        return response;
    if (chunked)
        Object.assign(response, readChunks(bytes));
    else if (length !== undefined)
        response.body = bytes.take(length);
    else
        Object.assign(response, { body: bytes.take(bytes.text.length - bytes.at), untilClose: true });
    return response;
}

// What the bytes say: { messages, end, why }; each message has its raw text. end: `clean`, `malformed`, `incomplete`, or `closed` (what
// follows a message that ends the connection is nobody's).
function readAll(text, one, last) {
    const bytes = new Bytes(text);
    const messages = [];
    for (;;) {
        const from = bytes.at;
        if (from === text.length)
            return { messages, end: 'clean' };
        try {
            const message = one(bytes, messages.length);
            messages.push(Object.assign(message, { raw: text.slice(from, bytes.at), from }));
            if (last(message))
                return { messages, end: 'closed', rest: text.slice(bytes.at) };
        } catch (error) {
            if (error instanceof Malformed)
                return { messages, end: 'malformed', why: error.message, from };
            if (error instanceof Incomplete)
                return { messages, end: 'incomplete', why: error.message, from };
            throw error;
        }
    }
}

// One empty line in front of a request line is overlooked (RFC 9112 2.2).
export const readRequests = (text) => readAll(text, (bytes) => {
    if (bytes.text.startsWith('\r\n', bytes.at))
        bytes.at += 2;
    return readRequest(bytes);
}, ({ closes }) => closes);

// The answers to these methods, in order; what comes behind the last one is `rest`.
export function readResponses(text, methods) {
    let answered = 0;
    return readAll(text, (bytes) => {
        const response = readResponse(bytes, methods[answered]);
        answered += response.status >= 200 ? 1 : 0;
        return response;
    }, () => answered === methods.length);
}

// The fields that go on behind a proxy (RFC 9110 7.6.1): without those of this hop.
const HOP = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade'];
export function goesOn(fields, among = fields) {
    const named = listed(among, 'connection').filter((option) => !['close', 'keep-alive', 'upgrade'].includes(option));
    return fields.filter(([name]) => !HOP.includes(name.toLowerCase()) && !named.includes(name.toLowerCase()));
}
