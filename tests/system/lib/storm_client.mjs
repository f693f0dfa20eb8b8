// The clients of storm.test.mjs: a connection by TCP, TLS or a unix socket, requests or a tunnel on it, and a way to misbehave.
import net from 'node:net';
import tls from 'node:tls';
import { random } from './chaos_plan.mjs';
import { Waiting } from './chaos_waiting.mjs';
import { Malformed, Reader, statusLine } from './chaos_wire.mjs';
import { answerOf, drawRequest, drawTunnel } from './storm_plan.mjs';
import { cutOff } from './storm_upstream.mjs';

const PATIENCE = 20_000; // ms: a connection on which nothing more happens for so long hangs
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const connectTo = (world, listener, session) => {
    const [host, port] = listener.address.split(':');
    if (listener.address.startsWith('unix:'))
        return net.connect({ path: listener.address.slice(5), allowHalfOpen: true });
    if (listener.tls)
        return tls.connect({ host, port: Number(port), ca: world.ca, servername: 'localhost', allowHalfOpen: true, session });
    return net.connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
};

// Runs one client to its end.
export async function stormClient(world, seed) {
    const rng = random(seed);
    const plans = rng.chance(0.12) ? [drawTunnel(rng)] : Array.from({ length: 1 + rng.below(6) }, () => drawRequest(rng));
    const last = plans.findIndex(({ closes }) => closes);
    if (last >= 0)
        plans.length = last + 1;
    const client = new Client(world, plans, rng, rng.pick(world.listeners));
    await client.run();
}

// Each of these requests on a connection of its own, one by one, gets its answer and nothing else: { status, own }.
export async function calmRequest(world, service, listener, rng) {
    const plan = drawRequest(rng, service, true);
    plan.closes = true;
    const client = new Client(world, [plan], rng, listener);
    Object.assign(client, { habit: 'good', leaveAt: Infinity, resumes: false });
    await client.run();
    return { status: client.answers[0]?.status, reached: plan.arrived, certificate: client.certificate, body: String(client.answers[0]?.body) };
}

class Client extends Waiting {
    constructor(world, plans, rng, listener) {
        super(PATIENCE);
        Object.assign(this, { world, plans, rng, listener, answers: [], connected: false, sent: 0, echo: [], echoed: 0 });
        this.habit = rng.pick(['good', 'good', 'good', 'half-close', 'leave', 'reset', 'slow reader', 'slow sender']);
        this.pipelines = rng.chance(0.4);
        this.resumes = rng.chance(0.5);
        this.total = plans.reduce((sum, { wire }) => sum + wire.length, 0);
        this.leaveAt = this.habit === 'leave' || this.habit === 'reset' ? rng.below(this.total + 1) : Infinity;
        for (const plan of plans)
            world.plans.set(plan.marker, plan);
        world.requests += plans.length;
        setTimeout(() => { for (const plan of plans) world.plans.delete(plan.marker); }, 60_000).unref();
    }

    get left() { return this.sent >= this.leaveAt; }

    get tunnel() { return this.plans[0].tunnel && this.answers[0]?.status === 101; }

    complain(plan, what) {
        const before = this.plans.map(({ method, service, body, upstream }, index) => `${method} ${service} ${body.length} ${upstream} ${this.answers[index]?.status}`);
        this.world.complain(plan, `${what} (${this.habit}, ${this.listener.name}${this.pipelines ? ', pipelined' : ''}: ${before.join(', ')})`);
    }

    async run() {
        this.socket = connectTo(this.world, this.listener, this.resumes ? this.world.session : undefined);
        this.reader = new Reader((line) => this.start(line), (message) => this.take(message));
        this.socket.on('session', (session) => { this.world.session = session; });
        this.socket.on(this.listener.tls ? 'secureConnect' : 'connect', () => {
            this.connected = true;
            this.certificate = this.socket.getPeerCertificate?.().subject?.CN;
            this.tell();
        });
        this.socket.on('data', (data) => this.feed(data));
        this.socket.on('end', () => { this.ended = true; this.reader.end(); this.closed = true; this.tell(); });
        this.socket.on('close', () => { this.closed = true; this.tell(); });
        this.socket.on('error', (error) => { this.wasReset = error; });
        await this.until(() => this.connected, this.listener.stable && !this.world.limited ? undefined : 2000);
        if (this.connected)
            await (this.plans[0].tunnel ? this.useTunnel() : this.ask());
        else if (this.listener.stable && !this.world.limited && !this.world.stopping && !this.closed)
            this.complain(this.plans[0], `cannot connect: ${this.wasReset}`);
        this.socket.destroy();
    }

    start(line) {
        const start = statusLine(() => this.plans[this.answers.length]?.method)(line);
        return start.status === 101 ? { ...start, interim: true } : start;
    }

    feed(data) {
        if (this.tunnel) {
            this.echo.push(data);
            this.echoed += data.length;
            this.tell();
            return;
        }
        try {
            this.reader.feed(data);
        } catch (error) {
            if (!(error instanceof Malformed))
                throw error;
            this.complain(this.plans[this.answers.length], `got what is no HTTP: ${error.message}`);
            this.socket.destroy();
        }
        if (this.habit === 'slow reader' && this.rng.chance(0.2)) {
            this.socket.pause();
            setTimeout(() => this.socket.resume(), this.rng.below(this.rng.chance(0.03) ? 2500 : 40));
        }
        this.tell();
    }

    async ask() {
        const { rng, plans } = this;
        for (const [index, plan] of plans.entries()) {
            await this.write(plan);
            if (this.left || this.closed)
                break;
            if (!this.pipelines)
                await this.until(() => this.answers.length > index);
        }
        if (this.left) {
            if (rng.chance(0.5))
                await sleep(rng.below(60));
            if (this.habit === 'reset')
                cutOff(this.socket);
            return;
        }
        if (this.habit === 'half-close')
            this.socket.end();
        if (!await this.until(() => this.answers.length >= plans.length))
            this.complain(plans[this.answers.length], `hangs: ${this.answers.length} of ${plans.length} answered`);
    }

    async write(plan) {
        const { rng } = this;
        const whole = rng.chance(0.5);
        for (let at = 0; at < plan.wire.length && !this.left && !this.closed && !this.socket.destroyed;) {
            const size = Math.min(whole ? plan.wire.length : 1 + rng.below(rng.chance(0.3) ? 10 : 20_000), plan.wire.length - at, this.leaveAt - this.sent);
            const piece = plan.wire.subarray(at, at + size);
            at += size;
            this.sent += size;
            plan.sentAll = at === plan.wire.length;
            this.socket.write(piece);
            if (this.habit === 'slow sender' && rng.chance(0.1))
                await sleep(rng.below(rng.chance(0.03) ? 2500 : 30));
            else if (rng.chance(0.3))
                await new Promise(setImmediate);
        }
    }

    take(message) {
        const plan = this.plans[this.answers.length];
        if (message.interim && message.status !== 101)
            return;
        this.answers.push(message);
        if (message.status === 101 && plan?.tunnel) {
            this.feed(this.reader.bytes);
            this.reader.bytes = Buffer.alloc(0);
        }
        if (!plan) {
            this.complain(undefined, `an answer that nobody asked for: ${message.status}`);
            return;
        }
        const ids = message.all('plumbline-exchange');
        const [marker] = message.all('x-marker');
        const generated = plan.service === 'sandbox' && message.status < 300;
        const own = marker === undefined && !generated;
        if (ids.length === 0 && message.status === 503 && this.answers.length === 1 && this.world.limited)
            return; // at the door
        if (ids.length !== 1)
            this.complain(plan, `${ids.length} exchange ids in ${message.status} ${JSON.stringify(message.fields)}`);
        this.world.answered.push({ id: ids[0], status: message.status, plan, own });
        this.world.statuses.set(`${plan.service} ${message.status}`, (this.world.statuses.get(`${plan.service} ${message.status}`) ?? 0) + 1);
        if (own)
            this.judgeRefusal(plan, message);
        else if (generated)
            JSON.parse(message.body.length ? String(message.body) : 'null');
        else
            this.judgeAnswer(plan, message, marker);
    }

    judgeAnswer(plan, message, marker) {
        const body = answerOf(plan);
        if (marker !== plan.marker)
            this.complain(plan, `has the answer of ${marker} (status ${message.status})`);
        if (plan.bad && plan.service === 'strict')
            this.complain(plan, `breaks the contract and was answered with ${message.status}`);
        if (message.status === 200 && !message.body.equals(body))
            this.complain(plan, `${body.length} bytes of an answer came as ${message.body.length} others`);
        if (plan.upstream === 'wrong' && plan.service === 'strict' && plan.arrived > 0)
            this.complain(plan, 'a wrong answer passed what is enforced');
    }

    // What Plumbline may say itself, and why.
    judgeRefusal(plan, message) {
        const allowed = new Set([502, 503, 504]);
        if (plan.bad) allowed.add(400);
        if (plan.service === 'limited') allowed.add(429);
        if (plan.service === 'guest') allowed.add(404);
        if (plan.body.length > 8000) allowed.add(413);
        if (this.habit === 'slow sender' || this.habit === 'half-close' || this.world.late) allowed.add(408);
        if (!allowed.has(message.status))
            this.complain(plan, `was refused with ${message.status}: ${String(message.body).slice(0, 300)}`);
    }

    async useTunnel() {
        const { rng } = this;
        const [plan] = this.plans;
        const deaths = this.world.deaths();
        const bytes = Buffer.alloc(plan.bytes, plan.marker);
        this.leaveAt = Infinity;
        await this.write(plan);
        if (!await this.until(() => this.answers.length > 0))
            this.complain(plan, 'hangs: no answer to a handshake');
        if (!this.tunnel)
            return;
        for (let at = 0; at < bytes.length && !this.closed;) {
            const size = 1 + rng.below(50_000);
            this.socket.write(bytes.subarray(at, at + size));
            at += size;
            if (rng.chance(0.3))
                await sleep(rng.below(10));
        }
        if (plan.ends === 'cut') {
            await sleep(rng.below(20));
            return;
        }
        if (plan.ends === 'half-close')
            this.socket.end();
        if (plan.ends === 'upstream-first' && plan.bytes > 0)
            this.socket.end();
        if (plan.bytes === 0 && plan.ends === 'upstream-first')
            return;
        if (!await this.until(() => false))
            this.complain(plan, `a tunnel that ends with ${plan.ends} stays open, ${this.echoed} of ${bytes.length} bytes`);
        const got = Buffer.concat(this.echo);
        if (!got.equals(bytes.subarray(0, got.length)))
            this.complain(plan, 'other bytes came back through a tunnel');
        const whole = plan.ends === 'half-close' && !this.world.tunnelTotal && !this.world.stopping && deaths === this.world.deaths();
        if (whole && (got.length !== bytes.length || this.wasReset))
            this.complain(plan, `${bytes.length} bytes went into a tunnel, ${got.length} came back ${this.wasReset ?? ''}`);
    }
}
