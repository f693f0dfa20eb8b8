// HTTP/1.1 as strictly as it can be read, for both ends of chaos.test.mjs: messages out of the bytes of a connection.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export class Malformed extends Error {}

function fieldsOf(lines) {
    return lines.map((line) => {
        const colon = line.indexOf(':');
        const name = line.slice(0, colon);
        const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
        if (colon < 1 || !TOKEN.test(name) || /[\0-\x08\x0a-\x1f\x7f]/.test(value))
            throw new Malformed(`field ${JSON.stringify(line)}`);
        return [name, value];
    });
}

// Reads messages one after the other. start(line) -> what is known from the start line ({ bodiless, interim, ... }), fields come to it.
export class Reader {
    constructor(start, onMessage, onHead = () => {}) {
        Object.assign(this, { start, onMessage, onHead, bytes: Buffer.alloc(0), message: null });
    }

    // Bytes came; every message that they complete is told.
    feed(data) {
        this.bytes = this.bytes.length ? Buffer.concat([this.bytes, data]) : data;
        while (this.step());
    }

    // The other side sends no more. What a message that only the end completes has come to is told.
    end() {
        if (this.message?.framing === 'close')
            this.finish();
    }

    get partial() {
        return this.message !== null || this.bytes.length > 0;
    }

    line(limit = 100_000) {
        const at = this.bytes.indexOf('\r\n');
        if (at < 0 && this.bytes.length > limit)
            throw new Malformed('a line without end');
        if (at < 0)
            return undefined;
        const text = this.bytes.toString('latin1', 0, at);
        if (/[\r\n]/.test(text))
            throw new Malformed(`bare CR or LF in ${JSON.stringify(text)}`);
        this.bytes = this.bytes.subarray(at + 2);
        return text;
    }

    step() {
        if (!this.message)
            return this.head();
        const { message } = this;
        if (message.framing === 'chunked')
            return this.chunk(message);
        const want = message.framing === 'close' ? this.bytes.length : Math.min(this.bytes.length, message.left);
        if (want > 0) {
            message.pieces.push(this.bytes.subarray(0, want));
            message.left -= want;
            this.bytes = this.bytes.subarray(want);
        }
        if (message.framing === 'close' || message.left > 0)
            return false;
        this.finish();
        return true;
    }

    head() {
        const at = this.bytes.indexOf('\r\n\r\n');
        if (at < 0)
            return false;
        const text = this.bytes.toString('latin1', 0, at);
        const [first, ...lines] = text.split('\r\n');
        if (/[\r\n\0]/.test(text.replaceAll('\r\n', '')))
            throw new Malformed(`bare CR or LF or NUL in ${JSON.stringify(text.slice(0, 300))}`);
        this.bytes = this.bytes.subarray(at + 4);
        const message = { ...this.start(first), fields: fieldsOf(lines), pieces: [], trailers: [] };
        message.all = (name) => message.fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
        const [length, ...lengths] = message.all('content-length');
        const coding = message.all('transfer-encoding');
        if (lengths.length || coding.length > 1 || (coding.length && (coding[0] !== 'chunked' || length !== undefined)) || (length !== undefined && !/^\d+$/.test(length)))
            throw new Malformed(`framing of ${JSON.stringify(text.slice(0, 300))}`);
        if (message.interim || message.bodiless)
            Object.assign(message, { framing: 'none', left: 0 });
        else if (coding.length)
            Object.assign(message, { framing: 'chunked', left: -1 });
        else if (length !== undefined)
            Object.assign(message, { framing: 'length', left: Number(length) });
        else
            Object.assign(message, message.untilClose ? { framing: 'close', left: Infinity } : { framing: 'none', left: 0 });
        this.message = message;
        this.onHead(message);
        return true;
    }

    // left: -1 a size line is next, -2 the end of a chunk, -3 trailers, otherwise bytes of the chunk
    chunk(message) {
        if (message.left > 0) {
            const want = Math.min(this.bytes.length, message.left);
            if (want === 0)
                return false;
            message.pieces.push(this.bytes.subarray(0, want));
            this.bytes = this.bytes.subarray(want);
            message.left = message.left === want ? -2 : message.left - want;
            return true;
        }
        const text = this.line();
        if (text === undefined)
            return false;
        if (message.left === -1) {
            if (!/^[0-9a-fA-F]{1,16}(;.*)?$/.test(text))
                throw new Malformed(`chunk size ${JSON.stringify(text)}`);
            message.left = parseInt(text, 16) || -3;
        } else if (message.left === -2) {
            if (text !== '')
                throw new Malformed(`end of a chunk ${JSON.stringify(text)}`);
            message.left = -1;
        } else if (text === '') {
            this.finish();
        } else {
            message.trailers.push(...fieldsOf([text]));
        }
        return true;
    }

    finish() {
        const { message } = this;
        this.message = null;
        message.body = Buffer.concat(message.pieces);
        this.onMessage(message);
    }
}

export function requestLine(line) {
    const match = /^([A-Z]+) (\S+) HTTP\/1\.1$/.exec(line);
    if (!match)
        throw new Malformed(`request line ${JSON.stringify(line.slice(0, 300))}`);
    return { method: match[1], target: match[2] };
}

// method(): of the request that the next final response answers
export const statusLine = (method) => (line) => {
    const match = /^HTTP\/1\.1 ([1-5]\d\d) [^\0-\x08\x0a-\x1f]*$/.exec(line);
    if (!match)
        throw new Malformed(`status line ${JSON.stringify(line.slice(0, 300))}`);
    const status = Number(match[1]);
    return { status, interim: status < 200, bodiless: status === 204 || status === 304 || method() === 'HEAD', untilClose: true };
};
