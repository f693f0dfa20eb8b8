/* answer.c -- the step that asks the responder, and what the call tells.
 *
 * Retried is only what may be (net/upstream); a request whose body still comes in streams on with back-pressure. */
#include "base/limits.h"
#include "proxy/body_copy.h"
#include "proxy/client.h"
#include "proxy/forward.h"
#include "proxy/inject.h"
#include "proxy/limiting.h"
#include "proxy/hold.h"
#include "proxy/pipeline.h"
#include "proxy/generation.h"
#include "proxy/metrics.h"
#include "proxy/responder.h"
#include "proxy/steps.h"
#include "proxy/tunnel.h"
#include "proxy/watching.h"
#include "proxy/worker.h"

/* ---- the request goes out ---- */

#define SMALL_PIECE (8 * LIMIT_KIB) /* cheaper to put together than to hand to the socket apart */

/* An empty buffer over `most` bytes of the arena: enough, so that it never grows. */
static struct buffer
arena_buffer(struct arena *arena, size_t most)
{
    return (struct buffer){ .data = arena_alloc(arena, most), .capacity = most, .ceiling = most };
}

/* What stands behind the body that is there: the end of its chunk, and of all chunks. */
static struct text
chunk_tail(const struct transit *t, bool some)
{
    const struct message *m = &t->exchange.request;
    size_t most = CHUNK_HEAD_BYTES;
    struct buffer out;

    for (uint32_t i = 0; i < m->trailer_count; i++)
        most += m->trailers[i].name.length + m->trailers[i].value.length + 4;
    out = arena_buffer(t->exchange.arena, most);
    if (out.data == NULL)
        return (struct text){ NULL, 0 };
    if (some)
        buffer_add(&out, TEXT("\r\n"));
    if (t->request_complete)
        forward_chunk_end(&out, m);
    return buffer_text(&out);
}

/* The request as the upstream gets it. */
static const struct message *
sent_message(const struct transit *t)
{
    return t->altered[SIDE_REQUEST] != NULL ? t->altered[SIDE_REQUEST] : &t->exchange.request;
}

/* What is there of its body. */
static struct text
body_so_far(const struct transit *t)
{
    if (sent_message(t) != &t->exchange.request && sent_message(t)->body_state == BODY_WHOLE)
        return sent_message(t)->body;
    if (t->request_at_once.length > 0)
        return t->request_at_once;
    return text_make(t->request_copy.data, t->request_copy.length);
}

/* The same with its framing around it, unless that is done piece by piece. False: no memory is left. */
static bool
frame_body(struct transit *t)
{
    bool some = t->request_copy.length > 0, shaped = t->injection != NULL && inject_flow_begin(t, SIDE_REQUEST);
    char line[CHUNK_HEAD_BYTES];

    t->sent_body = body_so_far(t);
    if (shaped || sent_message(t)->framing != FRAMING_CHUNKED || t->request_at_once.length > 0 ||
        (!some && !t->request_complete))
        return true;
    if (some)
        t->sent_line = arena_text(t->exchange.arena, forward_chunk_head(line, t->sent_body.length));
    t->sent_tail = chunk_tail(t, some);
    return t->sent_tail.length > 0 && (t->sent_line.length > 0 || !some);
}

static void
on_total_timeout(void *arg)
{
    struct transit *t = arg;

    if (t->finishing || t->response_delivered)
        return;
    if (t->response_started)
        pipeline_go(t, deliver_broken_off(t, refusal_name(REFUSAL_TOTAL_TIMEOUT), refusal_what(REFUSAL_TOTAL_TIMEOUT)));
    else
        pipeline_go(t, refuse_own(t, SIDE_RESPONSE, REFUSAL_TOTAL_TIMEOUT));
}

void
answer_watch_total(struct transit *t)
{
    if (t->policy->total_timeout == 0 || t->total.fire != NULL)
        return;
    t->total = (struct timer){ .fire = on_total_timeout, .arg = t };
    (void)timer_start(t->worker->loop, &t->total, t->policy->total_timeout);
}

static const struct call_events call_events;

enum step
step_answer(struct transit *t)
{
    struct exchange *x = &t->exchange;

    if (!limiting_enters(t))
        return refuse_own(t, SIDE_REQUEST, REFUSAL_OVERLOADED);
    t->upgrade = tunnel_asked(t);
    if (t->request_copy.failed || !frame_body(t) || (t->sent_head = forward_request_head(t)).length == 0)
        return refuse_own(t, SIDE_REQUEST, REFUSAL_MEMORY);
    if (!t->request_complete)
        t->request_passing = PASSING_STREAM;
    answer_watch_total(t);
    if (t->injection != NULL && inject_sends(t, &call_events))
        return STEP_WAIT;
    if (responder_start(t, !t->request_complete, &call_events))
        x->times.connected = transit_time(t);
    if (t->request_complete) {
        x->times.sent = transit_time(t);
        check_request_body_now(t); /* while the responder works */
    }
    return STEP_WAIT;
}

/* Send these, and what was put together before. */
static void
send_parts(struct transit *t, const struct text *parts, int count)
{
    if (call_send(&t->call, parts, count) || t->client == NULL)
        return;
    t->upstream_full = true;
    client_pause(t->client);
}

void
answer_send(struct transit *t, struct text piece)
{
    if (t->injection == NULL || !inject_takes(t, SIDE_REQUEST, piece))
        answer_send_now(t, piece);
}

void
answer_send_now(struct transit *t, struct text piece)
{
    char line[CHUNK_HEAD_BYTES];
    struct text parts[3];
    int count = 0;

    if (!call_is_running(&t->call))
        return; /* answered already; what still comes is forgotten */
    if (sent_message(t)->framing == FRAMING_CHUNKED) {
        parts[count++] = forward_chunk_head(line, piece.length);
        parts[count++] = piece;
        parts[count++] = TEXT("\r\n");
    } else {
        parts[count++] = piece;
    }
    if (piece.length <= SMALL_PIECE)
        call_put(&t->call, parts, count);
    else
        send_parts(t, parts, count);
}

void
answer_flush(struct transit *t)
{
    if (t->request_passing == PASSING_STREAM && !t->upstream_full && call_is_running(&t->call))
        send_parts(t, NULL, 0);
}

void
answer_send_end(struct transit *t)
{
    struct buffer end;
    struct text part;

    if (!call_is_running(&t->call) || (t->injection != NULL && inject_takes_end(t, SIDE_REQUEST)))
        return;
    buffer_init(&end, LIMIT_TRAILER_BYTES * 2);
    if (sent_message(t)->framing == FRAMING_CHUNKED)
        forward_chunk_end(&end, sent_message(t));
    part = buffer_text(&end);
    (void)call_send(&t->call, &part, 1); /* with what was put together before */
    buffer_release(&end);
    call_send_end(&t->call);
    t->exchange.times.sent = transit_time(t);
}

/* ---- what the call tells ---- */

static void
on_connected(void *arg)
{
    struct transit *t = arg;

    t->exchange.times.connected = transit_time(t);
}

static void
on_interim(void *arg, const struct message *m)
{
    struct transit *t = arg;

    if (t->finishing || !forward_client_is_modern(t))
        return;
    forward_interim(stream_queue(client_stream(t->client)), m);
    (void)stream_flush(client_stream(t->client));
}

static void
on_go_on(void *arg)
{
    struct transit *t = arg;
    struct stream *s;

    if (t->finishing || t->continued || !t->exchange.request.expect_continue || !forward_client_is_modern(t))
        return;
    t->continued = true;
    s = client_stream(t->client);
    buffer_add(stream_queue(s), TEXT("HTTP/1.1 100 Continue\r\n\r\n"));
    (void)stream_flush(s);
}

static void
on_head(void *arg)
{
    struct transit *t = arg;

    t->exchange.has_response = true;
    t->exchange.times.first_byte = transit_time(t);
    t->exchange.upstream = arena_text(t->exchange.arena, text_of(call_address(&t->call)));
    if (t->exchange.response.status == 101 && !tunnel_answers(t))
        pipeline_go(t, refuse_own(t, SIDE_RESPONSE, REFUSAL_UPGRADE));
    else
        pipeline_go(t, STEP_CHECK_RESPONSE);
}

static void
on_body(void *arg, struct text piece, bool kept)
{
    struct transit *t = arg;
    struct exchange *x = &t->exchange;

    if (t->tunnel != NULL) {
        tunnel_from_upstream(t, piece);
        return;
    }
    x->response.body_bytes += piece.length;
    if (t->response_passing == PASSING_HOLD && x->response.body_bytes > t->policy->max_body)
        pipeline_go(t, outgrown(t, SIDE_RESPONSE));
    if (t->finishing || t->own_response || t->refusal.status != 0)
        return;
    body_copy_add(&t->response_copy, piece, kept, x->arena);
    if (t->injection != NULL && inject_response_grew(t))
        return;
    if (!check_items_pass(t, piece)) {
        pipeline_go(t, deliver_broken_off(t, t->refusal.reason, t->refusal.detail));
        return;
    }
    if (t->response_passing == PASSING_STREAM && (piece = hold_last_byte(t, piece)).length > 0)
        deliver_piece(t, piece);
}

static void
on_pause(void *arg)
{
    struct transit *t = arg;

    if (t->client != NULL)
        (void)stream_flush(client_stream(t->client));
}

static void
on_drained(void *arg)
{
    struct transit *t = arg;

    if (t->tunnel != NULL) {
        tunnel_upstream_drained(t);
        return;
    }
    if (t->finishing)
        return;
    if (t->upstream_full)
        client_resume(t->client);
    t->upstream_full = false;
    if (t->injection != NULL)
        inject_drained(t, SIDE_REQUEST);
}

static void
on_done(void *arg)
{
    struct transit *t = arg;

    t->exchange.times.response_end = transit_time(t);
    t->response_complete = true;
    limiting_leaves(t);
    if (t->finishing)
        return;
    if (t->injection != NULL)
        inject_call_over(t);
    on_drained(t); /* what still comes of the request is forgotten */
    if (t->injection != NULL && inject_waits(t)) {
        check_response_body_now(t);
        watching_over(t);
        inject_response_over(t);
        return;
    }
    if (t->response_passing == PASSING_HOLD) {
        pipeline_go(t, STEP_CHECK_RESPONSE_BODY);
        return;
    }
    if (!check_items_pass_end(t)) {
        pipeline_go(t, deliver_broken_off(t, t->refusal.reason, t->refusal.detail));
        return;
    }
    deliver_end(t);
    check_response_body_now(t);
    watching_over(t);
    deliver_settle(t); /* unless its end waits */
}

/* The service's `retries`: for requests that may be repeated and are still all there, as long as nothing was
 * answered. */
static bool
try_again(struct transit *t)
{
    if (t->tries >= t->policy->retries || t->response_started || t->exchange.has_response || !t->request_complete ||
        t->call.streamed || !responder_may_repeat(t))
        return false;
    t->tries++;
    t->upstream_fault = NULL;
    (void)responder_start(t, false, &call_events);
    return true;
}

static const char *
with_why(struct transit *t, const char *what)
{
    struct text both = arena_print(t->exchange.arena, "%s: %s", what, call_why(&t->call));

    return both.data != NULL ? both.data : what;
}

static void
on_failed(void *arg, enum call_failure failure, const struct parse_fault *fault)
{
    struct transit *t = arg;
    const char *what = fault != NULL ? fault->what : call_failure_what(failure);
    enum step next;

    if (t->tunnel != NULL) {
        tunnel_finish(t, TUNNEL_END_UPSTREAM);
        return;
    }
    if (t->finishing || try_again(t))
        return;
    if (t->injection != NULL && inject_response_failed(t))
        return;
    t->exchange.upstream = arena_text(t->exchange.arena, text_of(call_address(&t->call)));
    counters_upstream_failed(t->share->counters, t, call_failure_id(failure));
    if (fault != NULL)
        t->upstream_fault = fault->id;
    else if (call_why(&t->call) != NULL)
        what = with_why(t, what);
    if (t->response_started)
        next = deliver_broken_off(t, call_failure_id(failure), what);
    else
        next = refuse_because(t, call_failure_status(failure), SIDE_RESPONSE, call_failure_id(failure), what);
    pipeline_go(t, next);
}

static void
on_ended(void *arg)
{
    tunnel_upstream_ended(arg);
}

static const struct call_events call_events = {
    .connected = on_connected,
    .interim = on_interim,
    .go_on = on_go_on,
    .head = on_head,
    .body = on_body,
    .pause = on_pause,
    .done = on_done,
    .failed = on_failed,
    .drained = on_drained,
    .ended = on_ended,
};
