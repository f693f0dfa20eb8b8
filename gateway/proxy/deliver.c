/* deliver.c -- the step that gives the response to the client, at once or piece by piece. */
#include "base/limits.h"
#include "proxy/client.h"
#include "proxy/forward.h"
#include "proxy/hold.h"
#include "proxy/inject.h"
#include "proxy/steps.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

#define SMALL_PIECE (8 * LIMIT_KIB) /* cheaper to copy behind the head than to hand to the socket apart */

void
deliver_piece(struct transit *t, struct text piece)
{
    if (t->injection == NULL || !inject_takes(t, SIDE_RESPONSE, piece))
        deliver_now(t, piece);
}

void
deliver_now(struct transit *t, struct text piece)
{
    struct stream *s = client_stream(t->client);
    char line[CHUNK_HEAD_BYTES];
    struct text parts[3];
    int count = 0;

    if (t->response_chunked)
        parts[count++] = forward_chunk_head(line, piece.length);
    parts[count++] = piece;
    if (t->response_chunked)
        parts[count++] = TEXT("\r\n");
    if (piece.length <= SMALL_PIECE && stream_queued(s) < LIMIT_STREAM_BUFFER / 2) {
        struct buffer *queue = stream_queue(s);

        for (int i = 0; i < count; i++)
            buffer_add(queue, parts[i]);
    } else if (!stream_send(s, parts, count) && call_is_running(&t->call)) {
        t->client_full = true;
        call_pause(&t->call);
        client_await_drain(t->client);
    }
}

/* What the client gets. */
static const struct message *
message_of(const struct transit *t)
{
    return t->altered[SIDE_RESPONSE] != NULL ? t->altered[SIDE_RESPONSE] : &t->exchange.response;
}

/* All but the end of the answer is on its way. */
static void
hold_the_end(struct transit *t)
{
    (void)hold_open(t);
    t->hold_sent = true;
    if (t->response_chunked)
        forward_chunk_end(&t->hold_tail, message_of(t));
    hold_begin(t);
}

void
deliver_end(struct transit *t)
{
    if (t->injection != NULL && inject_takes_end(t, SIDE_RESPONSE))
        return;
    if (hold_is_wanted(t)) {
        (void)stream_flush(client_stream(t->client));
        hold_the_end(t);
        return;
    }
    if (t->response_chunked)
        forward_chunk_end(stream_queue(client_stream(t->client)), message_of(t));
    t->response_delivered = true;
    (void)stream_flush(client_stream(t->client));
}

void
deliver_settle(struct transit *t)
{
    if (!t->response_delivered || t->finishing || t->client == NULL)
        return;
    if (!t->request_complete && !t->close)
        return; /* a short rest of the request's body is read and forgotten first */
    if (stream_want_drain(client_stream(t->client)))
        client_await_drain(t->client);
    else
        pipeline_go(t, STEP_FINISH);
}

void
deliver_decide_close(struct transit *t)
{
    bool unasked = t->exchange.request.expect_continue && !t->continued; /* the body may come, or may not */

    t->close = t->close || !t->exchange.request.keep_alive || t->worker->draining || door_is_crowded(t->worker) ||
               (!t->request_complete && (unasked || !client_can_discard(t->client)));
}

/* Its body, as far as it was held. */
static struct text
held_body(const struct transit *t)
{
    const struct message *m = t->altered[SIDE_RESPONSE];

    if (m != NULL && m->body_state == BODY_WHOLE)
        return m->body;
    return t->response_passing == PASSING_HOLD ? text_make(t->response_copy.data, t->response_copy.length) : TEXT("");
}

/* Nothing of it was sent yet. */
static void
hold_whole(struct transit *t, struct text body)
{
    forward_response_head(hold_open(t), t, message_of(t));
    t->hold_body = body;
    if (t->response_chunked)
        forward_chunk_end(&t->hold_tail, message_of(t));
    hold_begin(t);
}

enum step
step_deliver(struct transit *t)
{
    struct text body = held_body(t);
    bool shaped = t->injection != NULL && inject_shapes(t);

    if (t->exchange.response.status == 101)
        return tunnel_open(t);
    deliver_decide_close(t);
    t->response_started = true;
    t->response_passing = PASSING_STREAM;
    if (t->response_complete && !shaped && hold_is_wanted(t)) {
        hold_whole(t, body);
        return STEP_WAIT;
    }
    forward_response_head(stream_queue(client_stream(t->client)), t, message_of(t));
    if (shaped && t->response_complete)
        body = hold_last_byte(t, body);
    if (body.length > 0)
        deliver_piece(t, body);
    if (t->response_complete) {
        deliver_end(t);
        deliver_settle(t);
    }
    return STEP_WAIT;
}

enum step
deliver_broken_off(struct transit *t, const char *reason, const char *detail)
{
    call_cancel(&t->call);
    (void)stream_flush(client_stream(t->client)); /* what did come */
    t->exchange.refusal =
        (struct refusal){ .side = SIDE_RESPONSE, .reason = text_of(reason), .detail = text_of(detail) };
    t->close = t->abort = true;
    return STEP_FINISH;
}
