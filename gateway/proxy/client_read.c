/* client_read.c -- what a client sends: heads and bodies of requests, bytes of a tunnel, and at the end what is read
 * only to be forgotten. */
#include "proxy/client_internal.h"

#include <string.h>

#include "base/limits.h"
#include "proxy/pipeline.h"
#include "proxy/transit.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

static struct parse_limits
limits_of(const struct client *c)
{
    const struct settings *s = client_settings(c);

    return (struct parse_limits){
        .line = s->max_line, .header = s->max_header, .fields = s->max_fields, .trailer = s->max_trailer
    };
}

static void
wait_for_answer(struct client *c)
{
    c->state = CLIENT_WAIT;
    client_watch_reading(c, 0);
    stream_pause(&c->stream);
    if (c->half_closed)
        client_give_grace(c);
}

/* A piece of the body, as its framing says. Returns how many bytes were used. */
static size_t
read_body(struct client *c, struct text bytes, bool kept)
{
    struct transit *t = c->transit;
    struct parse_fault fault = { .status = 0 };
    struct parse_limits limits = limits_of(c);
    size_t total = 0;

    while (total < bytes.length && c->state == CLIENT_BODY && !c->stream.paused) {
        struct text piece = { NULL, 0 };
        size_t used = 0;
        enum parse_result result = body_reader_feed(&c->reader, text_from(bytes, total), &limits, t->exchange.arena,
                                                    &t->exchange.request, &used, &piece, &fault);

        if (result == PARSE_BAD) {
            wait_for_answer(c);
            pipeline_request_bad(t, fault.status, fault.id, fault.what);
            return bytes.length;
        }
        total += used;
        if (piece.length > 0)
            pipeline_request_body(t, piece, kept);
        if (result == PARSE_DONE && c->state == CLIENT_BODY) {
            wait_for_answer(c);
            pipeline_request_end(t);
        }
    }
    pipeline_request_pause(t);
    return total;
}

/* The head is complete; `rest` came behind it (kept: it lies in the exchange's arena). Returns how many bytes of that
 * belong to this request. */
static size_t
head_complete(struct client *c, struct text rest, bool kept)
{
    struct message *m = &c->transit->exchange.request;
    bool whole = m->framing == FRAMING_NONE || (kept && m->framing == FRAMING_LENGTH && m->length <= rest.length);

    if (whole) {
        size_t body = m->framing == FRAMING_LENGTH ? (size_t)m->length : 0;

        if (m->framing == FRAMING_LENGTH)
            m->body = text_slice(rest, 0, body);
        wait_for_answer(c);
        pipeline_request(c->transit, true); /* which keeps no more of the body than is recorded */
        return body;
    }
    c->state = CLIENT_BODY;
    body_reader_init(&c->reader, m);
    c->body_began = loop_now(c->worker->loop);
    c->stopped = 0;
    client_set_deadline(c, client_settings(c)->body_timeout);
    pipeline_request(c->transit, false);
    return read_body(c, rest, kept);
}

/* The bytes of a head stay in the exchange's arena, because the message points into them. */
static bool
keep_bytes(struct client *c, struct text bytes)
{
    size_t length = c->raw_length + bytes.length;
    char *grown = arena_grow(c->transit->exchange.arena, c->raw, c->raw_length, length);

    if (grown == NULL)
        return false;
    memcpy(grown + c->raw_length, bytes.data, bytes.length);
    c->raw = grown;
    c->raw_length = length;
    return true;
}

static bool
begin_request(struct client *c)
{
    c->transit = pipeline_new(c->worker, c);
    if (c->transit == NULL)
        return false;
    door_busy(c->worker, &c->idler);
    c->state = CLIENT_HEAD;
    c->raw = NULL;
    c->raw_length = c->seen = 0;
    c->half_closed = c->half_closed || c->stream.hung_up;
    return true;
}

static enum parse_result
parse_head(struct client *c, struct text bytes, size_t *used, struct parse_fault *fault)
{
    struct parse_limits limits = limits_of(c);

    if (!keep_bytes(c, bytes)) {
        *fault = (struct parse_fault){ .status = 0 };
        return PARSE_BAD;
    }
    return parse_request(text_make(c->raw, c->raw_length), &c->seen, &limits, c->transit->exchange.arena,
                         &c->transit->exchange.request, used, fault);
}

static size_t
read_head(struct client *c, struct text bytes)
{
    struct parse_fault fault = { .status = 0 };
    enum parse_result result;
    size_t used = 0, head = bytes.length;
    bool first = c->state == CLIENT_IDLE;

    if (first && !begin_request(c)) {
        client_end(c);
        return bytes.length;
    }
    if (first)
        head = parse_head_guess(bytes);
    result = parse_head(c, text_slice(bytes, 0, head), &used, &fault);
    if (result == PARSE_MORE && head < bytes.length) {
        result = parse_head(c, text_from(bytes, head), &used, &fault);
        head = bytes.length;
    }
    if (result == PARSE_DONE && head < bytes.length)
        return head + head_complete(c, text_from(bytes, head), false);
    if (result == PARSE_DONE) {
        used += head_complete(c, text_make(c->raw + used, c->raw_length - used), true);
        return bytes.length - (c->raw_length - used);
    }
    if (result == PARSE_BAD && fault.status == 0) { /* no memory */
        client_end(c);
    } else if (result == PARSE_BAD) {
        wait_for_answer(c);
        pipeline_request_bad(c->transit, fault.status, fault.id, fault.what);
    } else if (first) {
        client_set_deadline(c, client_settings(c)->header_timeout);
    }
    return bytes.length;
}

void
client_request_late(struct client *c, enum refusal_id id)
{
    wait_for_answer(c);
    pipeline_request_bad(c->transit, refusal_status(id), refusal_name(id), refusal_what(id));
}

/* A byte now and then keeps the deadline away for ever: over a longer time there must be more of them. */
static bool
is_trickling(const struct client *c)
{
    const struct settings *s = client_settings(c);
    int64_t time = loop_now(c->worker->loop) - c->body_began;

    return s->min_rate > 0 && s->body_timeout > 0 && time > s->body_timeout &&
           c->reader.taken < client_least_bytes(c, time);
}

size_t
client_read(void *arg, struct text bytes)
{
    struct client *c = arg;

    switch (c->state) {
    case CLIENT_IDLE:
    case CLIENT_HEAD:
        return read_head(c, bytes);
    case CLIENT_BODY:
        if (is_trickling(c)) {
            client_request_late(c, REFUSAL_BODY_TIMEOUT);
            return bytes.length;
        }
        client_watch_reading(c, client_settings(c)->body_timeout);
        return read_body(c, bytes, false);
    case CLIENT_WAIT:
    case CLIENT_DOOMED:
        return 0;
    case CLIENT_TUNNEL:
        tunnel_from_client(c->transit, bytes);
        return bytes.length;
    case CLIENT_LINGER:
        break;
    }
    c->lingered += bytes.length;
    if (c->lingered > LIMIT_LINGER)
        client_end(c);
    return bytes.length;
}
