// The clients of chaos.test.mjs: one connection, some requests, and a way to misbehave; what comes back is held against what was meant.
import net from 'node:net';
import { answerBody, benign, drawPlan } from './chaos_plan.mjs';
import { Waiting } from './chaos_waiting.mjs';
import { Malformed, Reader, statusLine } from './chaos_wire.mjs';
import { reset } from './raw.mjs';

const PATIENCE = 15_000; // ms: a connection on which nothing more happens for so long hangs
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Runs one client to its end. world: { port, plans, complain, answered: [{ id, status, plan, own }], requests }.
export async function chaosClient(world, rng) {
    const plans = Array.from({ length: 1 + rng.below(5) }, () => drawPlan(rng));
    const last = plans.findIndex((plan) => plan.closes);
    if (last >= 0)
        plans.length = last + 1;
    for (const plan of plans)
        world.plans.set(plan.marker, plan);
    world.requests += plans.length;

    const client = new Client(world, plans, rng);
    await client.run();
    setTimeout(() => { for (const plan of plans) world.plans.delete(plan.marker); }, 60_000).unref();
}

class Client extends Waiting {
    constructor(world, plans, rng) {
        super(PATIENCE);
        Object.assign(this, { world, plans, rng, answers: [], interims: 0 });
        this.habit = rng.pick(['good', 'good', 'good', 'half-close', 'leave', 'reset', 'deaf', 'slow']);
        this.pipelines = rng.chance(0.5);
        this.total = plans.reduce((sum, { wire }) => sum + wire[0].length + wire[1].length, 0);
        this.leaveAt = this.habit === 'leave' || this.habit === 'reset' ? rng.below(this.total + 1) : Infinity;
        this.sent = 0;
    }

    get left() {
        return this.sent >= this.leaveAt;
    }

    async run() {
        const { rng } = this;
        this.began = Date.now();
        this.socket = net.connect({ port: this.world.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
        this.reader = new Reader(statusLine(() => this.plans[this.answers.length]?.method), (message) => this.take(message));
        this.socket.on('data', (data) => {
            try {
                this.reader.feed(data);
            } catch (error) {
                if (!(error instanceof Malformed))
                    throw error;
                this.world.complain(this.plans[this.answers.length], `the client got what is no HTTP: ${error.message}`);
                this.socket.destroy();
            }
            this.tell();
        });
        this.socket.on('end', () => { this.reader.end(); this.closed = true; this.tell(); });
        this.socket.on('close', () => { this.closed = true; this.tell(); });
        this.socket.on('error', () => { this.wasReset = true; });
        if (this.habit === 'deaf')
            this.socket.pause();
        for (const [index, plan] of this.plans.entries()) {
            await this.send(plan, index);
            if (this.left || this.closed)
                break;
            if (!this.pipelines && this.habit !== 'deaf')
                await this.until(() => this.answers.length > index);
        }
        if (this.left) {
            if (rng.chance(0.5))
                await sleep(rng.below(60));
            return this.habit === 'reset' ? reset(this.socket) : this.socket.destroy();
        }
        if (this.habit === 'half-close')
            this.socket.end();
        if (this.habit === 'deaf') {
            await sleep(rng.below(2500));
            if (rng.chance(0.5))
                return this.socket.destroy();
            this.socket.resume();
        }
        const calm = await this.until(() => this.answers.length >= this.plans.length);
        if (!calm)
            this.world.complain(this.plans[this.answers.length], `hangs: ${this.answers.length} of ${this.plans.length} answered, habit ${this.habit}`);
        this.judgeEnd();
        return this.socket.destroy();
    }

    async send(plan, index) {
        const { rng } = this;
        await this.write(plan.wire[0], plan.wire[1].length === 0 ? plan : undefined);
        if (plan.expect && rng.chance(0.5))
            await sleep(rng.below(40));
        if (plan.expect === 'wait' && this.habit !== 'deaf') {
            const before = this.interims;
            await this.until(() => this.answers.length > index || (this.interims > before && this.answers.length === index), 400);
            if (this.answers.length > index) { // refused: the body is not sent, the connection is over
                this.plans.length = index + 1;
                return;
            }
        }
        if (plan.wire[1].length > 0)
            await this.write(plan.wire[1], plan);
    }

    // plan: these are the last bytes of it
    async write(bytes, plan) {
        const { rng } = this;
        const whole = rng.chance(0.4);
        for (let at = 0; at < bytes.length && !this.left && !this.closed && !this.socket.destroyed;) {
            let size = whole ? bytes.length : 1 + rng.below(rng.chance(0.3) ? 10 : 20_000);
            size = Math.min(size, bytes.length - at, this.leaveAt - this.sent);
            const piece = bytes.subarray(at, at + size);
            at += size;
            this.sent += size;
            if (plan && at === bytes.length)
                plan.sentAll = true;
            this.wrote = Date.now();
            const took = this.socket.write(piece);
            if (!took && this.habit !== 'deaf')
                await this.drained();
            else if (this.habit === 'slow' && rng.chance(0.1))
                await sleep(rng.below(rng.chance(0.05) ? 2500 : 30));
            else if (rng.chance(0.3))
                await new Promise(setImmediate);
        }
    }

    drained() {
        return new Promise((resolve) => {
            const done = () => { clearTimeout(timer); this.socket.off('drain', done); this.socket.off('close', done); resolve(); };
            const timer = setTimeout(done, 3000);
            this.socket.on('drain', done);
            this.socket.on('close', done);
        });
    }

    take(message) {
        if (message.interim) {
            this.interims++;
            return;
        }
        const plan = this.plans[this.answers.length];
        this.answers.push(message);
        if (!plan) {
            this.world.complain(undefined, `an answer that nobody asked for: ${message.status}`);
            return;
        }
        const ids = message.all('plumbline-exchange');
        const [marker] = message.all('x-marker');
        const own = message.all('content-type')[0] === 'application/problem+json';
        if (ids.length !== 1)
            this.world.complain(plan, `${ids.length} exchange ids`);
        this.world.answered.push({ id: ids[0], status: message.status, plan, own });
        if (own && marker !== undefined)
            this.world.complain(plan, 'a refusal with a marker of the upstream');
        if (!own && marker !== plan.marker)
            this.world.complain(plan, `has the answer of ${marker} (status ${message.status})`);
        if (!own && plan.reach === 'none')
            this.world.complain(plan, `must be refused and was answered with ${message.status}`);
        if (!own && message.framing !== 'close')
            judgeAnswer(plan, message, this.world.complain);
        if (own && plan.well && benign.includes(plan.upstream) && ![408, 504].includes(message.status) && !(plan.upstream === 'stale' || this.plans.some(isRude)) && this.habit === 'good' && !known(message, plan))
            this.world.complain(plan, `a good request was refused: ${message.body}`);
        message.closes = message.all('connection').includes('close') || message.framing === 'close';
    }

    // Each request has an answer, unless what came before it ended the connection.
    judgeEnd() {
        if (this.habit !== 'good' || this.wasReset || this.answers.length >= this.plans.length)
            return;
        const before = this.answers.at(-1);
        const plan = this.plans[this.answers.length];
        if (before?.closes || isRude(plan) || !plan.sentAll)
            return;
        this.world.complain(plan, `no answer, and the connection was ended without a word (${this.answers.length} of ${this.plans.length}, ${Date.now() - this.began} ms after it began, ${Date.now() - this.wrote} ms after its last bytes, ${this.reader.message?.pieces.reduce((sum, piece) => sum + piece.length, 0) ?? 'no'} bytes of an answer)`);
    }
}

const isRude = (plan) => !benign.includes(plan.upstream);

// A pooled connection that its upstream closes at this moment costs a request that may not be repeated (RFC 9110 9.2.2).
const known = (message, plan) => message.status === 502 && /upstream-(closed|connect)/.test(message.body) && plan !== undefined;

function judgeAnswer(plan, message, complain) {
    const body = answerBody(plan);
    const whole = plan.method === 'HEAD' || message.status === 204 ? message.body.length === 0 : message.body.equals(body);
    if (!whole && benign.includes(plan.upstream))
        complain(plan, `${body.length} bytes of an answer came as ${message.body.length} others`);
    if (!whole && ['short', 'cut', 'cut-chunk', 'bad-chunk', 'reset-head'].includes(plan.upstream))
        complain(plan, `an answer that was cut (${plan.upstream}) looks whole: ${message.body.length} of ${body.length} bytes, framing ${message.framing}`);
}
