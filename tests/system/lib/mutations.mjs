// A recording made wrong on purpose, in the words of the cases in tests/cases/rules/mutations/ (its README has them).

// The exchanges of these services, in the order in which they began. Cases name them by operation, and status where it is no
// success, and which of them: "getOrder 404 2" is the second getOrder that was answered with 404.
export class Run {
    constructor(recording, services) {
        this.exchanges = structuredClone(recording.filter(({ _plumbline }) => services.includes(_plumbline.service)))
            .sort((a, b) => Number(startOf(a) - startOf(b)));
        this.names = new Map();
        const count = new Map();
        for (const exchange of this.exchanges) {
            const { status } = exchange.response;
            const name = `${exchange._plumbline.operation}${status < 300 ? '' : ` ${status}`}`;
            count.set(name, (count.get(name) ?? 0) + 1);
            this.names.set(count.get(name) === 1 ? name : `${name} ${count.get(name)}`, exchange);
        }
    }

    of(name) {
        const found = this.names.get(name);
        if (!found)
            throw new Error(`no ${name}, only ${[...this.names.keys()].join(', ')}`);
        return found;
    }

    nameOf(id) {
        return [...this.names].find(([, { _plumbline }]) => _plumbline.id === id)?.[0] ?? id;
    }

    // One step of a case.
    step({ keep, only, until, drop, set, to, from, answer, as, repeat, times = 1, move, after }) {
        const leave = (wanted) => { this.exchanges = this.exchanges.filter(wanted); };
        if (keep)
            leave(({ _plumbline: { operation } }) => keep.includes(operation));
        if (only)
            leave((each) => only.map((name) => this.of(name)).includes(each));
        if (until)
            leave((each) => startOf(each) <= startOf(this.of(until)));
        if (drop)
            leave((each) => each !== this.of(drop));
        if (set)
            setValue(this, set, from ? valueAt(this, from) : to);
        if (answer)
            answerAs(this.of(answer), this.of(as));
        if (move)
            takeBriefly(this.of(move), endOf(this.of(after)) + 1n);
        for (let i = 1; repeat && i <= times; i++)
            this.repeat(repeat, i);
    }

    // The same once more, as a request of its own.
    repeat(name, number) {
        const copy = structuredClone(this.of(name));
        copy.request.headers = copy.request.headers.filter((header) => header.name.toLowerCase() !== 'idempotency-key');
        copy._plumbline.id = copy._plumbline.id.replace(/..$/, `z${number}`);
        takeBriefly(copy, endOf(this.of(name)) + BigInt(2 * number));
        this.names.set(number === 1 ? `${name} again` : `${name} again ${number}`, copy);
        this.exchanges.push(copy);
    }

    inOrder() {
        return [...this.exchanges].sort((a, b) => Number(endOf(a) - endOf(b)));
    }

    // As a recording has them: in the order in which they ended, numbered from 1.
    lines() {
        const numbered = this.inOrder().map((each, i) => ({ ...each, _plumbline: { ...each._plumbline, sequence: i + 1 } }));
        return numbered.map((each) => `${JSON.stringify(each)}\n`).join('');
    }
}

// ---- values ----

// "getOrder 2 response:/total"; nothing behind the colon is the whole body.
function place(run, where) {
    const [, name, side, pointer] = where.match(/^(.*) (request|response):(.*)$/);
    const message = run.of(name)[side];
    return { message, holder: side === 'request' ? message.postData : message.content, steps: pointer.split('/').slice(1) };
}

function valueAt(run, where) {
    const { holder, steps } = place(run, where);
    return steps.reduce((value, step) => value[step], JSON.parse(holder.text));
}

// Without a value the member is taken away.
function setValue(run, where, to) {
    const { message, holder, steps } = place(run, where);
    const whole = { body: JSON.parse(holder.text) };
    const path = ['body', ...steps];
    const last = path.pop();
    const parent = path.reduce((value, step) => value[step], whole);
    if (!Object.hasOwn(parent, last))
        throw new Error(`nothing at ${where}`);
    if (to === undefined)
        delete parent[last];
    else
        parent[last] = to;
    setBody(message, holder, JSON.stringify(whole.body));
}

function setBody(message, holder, text) {
    holder.text = text;
    message.bodySize = Buffer.byteLength(text);
    if ('size' in holder)
        holder.size = message.bodySize;
    for (const header of message.headers)
        if (header.name.toLowerCase() === 'content-length')
            header.value = String(message.bodySize);
}

function answerAs(exchange, other) {
    const redacted = ({ _plumbline }, side) => (_plumbline.redacted ?? []).filter((each) => each.startsWith(side));
    exchange.response = structuredClone(other.response);
    exchange._plumbline.redacted = [...redacted(exchange, 'request'), ...redacted(other, 'response')];
}

// ---- times, in nanoseconds ----

// Over before its client has the answer, and so before that one asks again.
const startOf = ({ _plumbline: { start } }) => BigInt(Date.parse(`${start.slice(0, 19)}Z`)) * 1_000_000n + BigInt(start.slice(20, 29));
const endOf = (exchange) => startOf(exchange) + BigInt(exchange._plumbline.times.response_end);
const written = (time) => {
    const seconds = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19);
    return `${seconds}.${String(time % 1_000_000_000n).padStart(9, '0')}Z`;
};

// It begins then, and is over before anything else begins.
function takeBriefly(exchange, begin) {
    exchange.startedDateTime = exchange._plumbline.start = written(begin);
    exchange._plumbline.end = written(begin + 1n);
    exchange.time = 0.000001;
    for (const name of Object.keys(exchange._plumbline.times))
        exchange._plumbline.times[name] = name.startsWith('request') ? 0 : 1;
}
