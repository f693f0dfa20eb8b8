/* inject_flow.c -- bodies on their way: slowed down, cut, or with a chunk that is none. */
#include "proxy/inject_internal.h"

#include "base/limits.h"
#include "proxy/client.h"
#include "proxy/forward.h"
#include "proxy/pipeline.h"
#include "proxy/worker.h"

static void on_tick(void *arg);

/* What goes on, before or after it was altered. */
static const struct message *
message_of(const struct transit *t, enum side side)
{
    if (t->altered[side] != NULL)
        return t->altered[side];
    return side == SIDE_REQUEST ? &t->exchange.request : &t->exchange.response;
}

static bool
is_chunked(const struct transit *t, enum side side)
{
    return side == SIDE_REQUEST ? message_of(t, side)->framing == FRAMING_CHUNKED : t->response_chunked;
}

/* ---- set up ---- */

/* Is there something behind the bytes that pass? */
static bool
can_truncate(const struct transit *t, enum side side, uint64_t bytes)
{
    const struct message *m = message_of(t, side);

    return m->framing != FRAMING_NONE && (m->framing != FRAMING_LENGTH || m->length > bytes);
}

static bool
can_break(struct transit *t, enum side side)
{
    const struct message *m = message_of(t, side);

    if (m->framing == FRAMING_NONE || (side == SIDE_RESPONSE && !forward_client_is_modern(t)))
        return false;
    return m->framing == FRAMING_CHUNKED || inject_rechunk(t, side);
}

static bool
has_body(const struct message *m)
{
    return m->framing != FRAMING_NONE && (m->framing != FRAMING_LENGTH || m->length > 0);
}

static void
note(struct transit *t, enum side side, const struct fault_firing *f, const char *unit)
{
    inject_note(t, f->rule, side,
                unit != NULL ? arena_print(t->exchange.arena, "%llu %s", (unsigned long long)f->rule->bytes, unit)
                             : TEXT("chunk"));
}

bool
inject_flow_begin(struct transit *t, enum side side)
{
    struct injection *inj = t->injection;
    struct inject_flow *flow = &inj->flows[side];
    const struct fault_firing *throttle = inject_firing(inj, side, FAULT_THROTTLE),
                              *truncate = inject_firing(inj, side, FAULT_TRUNCATE),
                              *malform = inject_firing(inj, side, FAULT_MALFORM);

    *flow = (struct inject_flow){ .t = t };
    flow->timer = (struct timer){ .fire = on_tick, .arg = flow };
    if (throttle != NULL && has_body(message_of(t, side))) {
        flow->on = flow->paced = true;
        pace_begin(&flow->pace, throttle->rule->bytes, loop_now(t->worker->loop));
        buffer_init(&flow->queue, LIMIT_STREAM_QUEUE);
        note(t, side, throttle, "bytes/s");
    }
    if (malform != NULL && malform->rule->malform == FAULT_CHUNK && can_break(t, side)) {
        flow->on = flow->breaks = true;
        note(t, side, malform, NULL);
        inj->ender = malform->rule;
    } else if (truncate != NULL && can_truncate(t, side, truncate->rule->bytes)) {
        flow->on = flow->truncates = true;
        flow->left = truncate->rule->bytes;
        note(t, side, truncate, "bytes");
        inj->ender = truncate->rule;
    }
    if (side == SIDE_REQUEST && (flow->breaks || flow->truncates))
        inject_alters(t);
    return flow->on;
}

void
inject_flow_stop(struct transit *t, enum side side)
{
    struct inject_flow *flow = &t->injection->flows[side];

    if (flow->t == NULL)
        return;
    flow->on = false;
    timer_release(t->worker->loop, &flow->timer);
    buffer_release(&flow->queue);
}

bool
inject_shapes(const struct transit *t)
{
    return t->injection->flows[SIDE_RESPONSE].on;
}

/* ---- pieces go on ---- */

/* The message ends here, in its middle. */
static void
cut(struct transit *t, enum side side)
{
    struct injection *inj = t->injection;
    const struct fault_firing firing = { .rule = inj->ender };

    timer_stop(&inj->flows[side].timer);
    if (side == SIDE_RESPONSE) {
        (void)stream_flush(client_stream(t->client));
        pipeline_go(t, inject_end(t, SIDE_RESPONSE, INJECT_CUT, &firing));
        return;
    }
    t->request_passing = t->request_complete ? t->request_passing : PASSING_DISCARD;
    (void)call_send(&t->call, NULL, 0);
    if (inj->flows[SIDE_REQUEST].breaks) { /* what the service says to that is the answer */
        inj->flows[SIDE_REQUEST].on = false;
        call_send_end(&t->call);
        return;
    }
    inj->end = INJECT_CUT;
    inj->end_side = SIDE_REQUEST;
    if (!call_want_drain(&t->call))
        inject_drained(t, SIDE_REQUEST);
}

static void
put(struct transit *t, enum side side, struct text bytes)
{
    if (side == SIDE_REQUEST)
        call_put(&t->call, &bytes, 1);
    else
        buffer_add(stream_queue(client_stream(t->client)), bytes);
}

static void
pass(struct transit *t, enum side side, struct text piece)
{
    if (side == SIDE_REQUEST)
        answer_send_now(t, piece);
    else
        deliver_now(t, piece);
}

/* Half of the piece, then a line that says no size. */
static void
break_chunk(struct transit *t, enum side side, struct text piece)
{
    if (piece.length > 1)
        pass(t, side, text_slice(piece, 0, piece.length / 2));
    put(t, side, TEXT("no-size\r\n"));
    put(t, side, text_from(piece, piece.length / 2));
    cut(t, side);
}

/* As much as may pass, in a chunk that promised more. */
static void
truncate_piece(struct transit *t, enum side side, struct text piece)
{
    char line[CHUNK_HEAD_BYTES];

    if (is_chunked(t, side))
        put(t, side, forward_chunk_head(line, piece.length));
    put(t, side, text_slice(piece, 0, (size_t)t->injection->flows[side].left));
    cut(t, side);
}

static bool
is_cut(const struct injection *inj, enum side side)
{
    return inj->end == INJECT_CUT && inj->end_side == side;
}

static void
emit(struct transit *t, enum side side, struct text piece)
{
    struct inject_flow *flow = &t->injection->flows[side];

    if (piece.length == 0 || is_cut(t->injection, side))
        return;
    if (flow->breaks) {
        break_chunk(t, side, piece);
    } else if (flow->truncates && piece.length > flow->left) {
        truncate_piece(t, side, piece);
    } else {
        flow->left -= flow->truncates ? piece.length : 0;
        pass(t, side, piece);
    }
}

/* Everything has passed. */
static void
emit_end(struct transit *t, enum side side)
{
    struct inject_flow *flow = &t->injection->flows[side];

    if (is_cut(t->injection, side))
        return;
    if (flow->breaks) {
        break_chunk(t, side, TEXT(""));
        return;
    }
    flow->on = false;
    if (side == SIDE_REQUEST) {
        answer_send_end(t);
        return;
    }
    deliver_end(t);
    deliver_settle(t);
}

/* ---- slowly ---- */

static void
pause_source(struct inject_flow *flow, enum side side)
{
    struct transit *t = flow->t;

    if (flow->source_paused || buffer_length(&flow->queue) < pace_queue(&flow->pace))
        return;
    flow->source_paused = true;
    if (side == SIDE_RESPONSE)
        call_pause(&t->call);
    else if (!t->request_complete)
        client_pause(t->client);
}

static void
resume_source(struct inject_flow *flow, enum side side)
{
    struct transit *t = flow->t;

    if (!flow->source_paused || t->finishing || buffer_length(&flow->queue) > pace_queue(&flow->pace) / 2)
        return;
    flow->source_paused = false;
    if (side == SIDE_RESPONSE)
        call_resume(&t->call);
    else
        client_resume(t->client);
}

/* Who gets the bytes is slower than the pace. */
static bool
is_full(struct inject_flow *flow, enum side side)
{
    struct transit *t = flow->t;

    if (side == SIDE_REQUEST) {
        flow->full = t->upstream_full;
    } else {
        struct stream *s = client_stream(t->client);

        (void)stream_flush(s);
        flow->full = stream_queued(s) > LIMIT_STREAM_BUFFER / 2 && stream_want_drain(s);
        if (flow->full)
            client_await_drain(t->client);
    }
    return flow->full;
}

static void
on_tick(void *arg)
{
    struct inject_flow *flow = arg;
    struct transit *t = flow->t;
    enum side side = flow == &t->injection->flows[SIDE_REQUEST] ? SIDE_REQUEST : SIDE_RESPONSE;
    size_t some = pace_take(&flow->pace, loop_now(t->worker->loop), buffer_length(&flow->queue));

    if (buffer_failed(&flow->queue)) {
        pipeline_go(t, side == SIDE_REQUEST && !t->response_started
                           ? refuse_own(t, side, REFUSAL_MEMORY)
                           : deliver_broken_off(t, refusal_name(REFUSAL_MEMORY), refusal_what(REFUSAL_MEMORY)));
        return;
    }
    emit(t, side, text_slice(buffer_text(&flow->queue), 0, some));
    if (t->finishing || !flow->on || is_cut(t->injection, side))
        return;
    buffer_consume(&flow->queue, some);
    resume_source(flow, side);
    if (side == SIDE_REQUEST)
        answer_flush(t);
    if (buffer_length(&flow->queue) == 0) {
        if (flow->ended)
            emit_end(t, side);
        else if (side == SIDE_RESPONSE)
            (void)stream_flush(client_stream(t->client));
    } else if (!is_full(flow, side)) {
        (void)timer_start(t->worker->loop, &flow->timer, pace_wait(&flow->pace));
    }
}

static bool
is_ticking(const struct inject_flow *flow)
{
    return flow->timer.due != INT64_MAX && flow->timer.place != 0;
}

bool
inject_takes(struct transit *t, enum side side, struct text piece)
{
    struct inject_flow *flow = &t->injection->flows[side];

    if (!flow->on)
        return false;
    if (!flow->paced) {
        emit(t, side, piece);
        return true;
    }
    if (is_cut(t->injection, side))
        return true;
    buffer_add(&flow->queue, piece);
    if (!is_ticking(flow) && !flow->full && piece.length > 0)
        (void)timer_start(t->worker->loop, &flow->timer, pace_wait(&flow->pace));
    pause_source(flow, side);
    return true;
}

bool
inject_takes_end(struct transit *t, enum side side)
{
    struct inject_flow *flow = &t->injection->flows[side];

    if (!flow->on)
        return false;
    if (flow->paced && buffer_length(&flow->queue) > 0)
        flow->ended = true;
    else
        emit_end(t, side);
    return true;
}

void
inject_drained(struct transit *t, enum side side)
{
    struct inject_flow *flow = &t->injection->flows[side];

    if (!flow->on)
        return;
    if (side == SIDE_REQUEST && is_cut(t->injection, side)) {
        flow->on = false;
        pipeline_go(t, inject_cut_request(t));
        return;
    }
    if (!flow->full)
        return;
    flow->full = false;
    (void)timer_start(t->worker->loop, &flow->timer, pace_wait(&flow->pace));
}

void
inject_call_over(struct transit *t)
{
    struct inject_flow *flow = &t->injection->flows[SIDE_REQUEST];
    bool paused = flow->on && flow->source_paused;

    inject_flow_stop(t, SIDE_REQUEST);
    if (paused && !t->request_complete && t->client != NULL && !t->finishing)
        client_resume(t->client);
}
