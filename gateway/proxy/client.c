/* client.c -- one connection from a client.
 *
 * A client that closes its side may be gone, or may have only finished sending: for TCP they look the same. A request
 * that asked for the connection's end (or came by HTTP/1.0) is answered however long it takes; one that would have
 * kept it is given a short grace as long as nothing is sent, then its upstream call is cancelled. */
#include "proxy/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "proxy/generation.h"
#include "proxy/peer.h"
#include "base/log.h"
#include "proxy/pipeline.h"
#include "proxy/refusal.h"
#include "proxy/transit.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

enum client_state {
    CLIENT_IDLE, /* between requests */
    CLIENT_HEAD, /* some bytes of a head are there */
    CLIENT_BODY,
    CLIENT_WAIT,   /* the request is read; reading is paused until its exchange is over */
    CLIENT_TUNNEL, /* bytes of another protocol, after a 101 */
    CLIENT_LINGER, /* our side is closed; read the client's last bytes, so that it gets our last ones */
    CLIENT_DOOMED, /* to be reset, once it has what was answered before */
};

struct client {
    struct worker *worker;
    struct client *next, *previous;
    struct stream stream;
    struct timer deadline;
    struct deferred burial;
    struct door_idler idler;
    struct transit *transit;
    struct body_reader reader;
    char *raw; /* the bytes of the head so far, in the exchange's arena */
    size_t raw_length;
    size_t seen;
    uint64_t progress;  /* bytes sent when the deadline was last looked at */
    int64_t body_began; /* when the body would have begun, had we always read */
    int64_t stopped;    /* when we stopped reading it; 0: we read */
    size_t lingered;    /* bytes read and forgotten at the end */
    int64_t doom_ends;  /* when a reset waits no longer; 0: there is none to come */
    enum client_state state;
    bool secure;   /* TLS */
    uint8_t place; /* enum door_place */
    bool half_closed;
    bool served;   /* an exchange was finished on it */
    bool draining; /* the response is handed over, its last bytes are not */
    struct ip ip;
    uint8_t host_length;
    char name[64]; /* "127.0.0.1:4711", "[::1]:4711", "unix:" */
};

#define DOOM_LOOKS (5 * LOOP_MILLI) /* between looks at what a doomed client has acknowledged */

static void client_end(struct client *c);
static void linger(struct client *c);
static void reset_when_delivered(struct client *c);

static const struct settings *
settings_of(const struct client *c)
{
    return ruleset_settings(c->transit != NULL ? c->transit->ruleset : c->worker->share->ruleset);
}

/* ---- what the pipeline asks ---- */

struct stream *
client_stream(struct client *c)
{
    return &c->stream;
}

struct text
client_host(const struct client *c)
{
    return text_make(c->name + (c->name[0] == '['), c->host_length);
}

struct text
client_name(const struct client *c)
{
    return text_of(c->name);
}

struct ip
client_ip(const struct client *c)
{
    return c->ip;
}

bool
client_is_secure(const struct client *c)
{
    return c->secure;
}

bool
client_is_trusted(const struct client *c)
{
    return peer_is_trusted(settings_of(c), &c->ip);
}

/* How long reading may take (0: nothing is read); while bytes of the response wait for the client, the deadline is
 * theirs. */
static void
watch_reading(struct client *c, int64_t delay)
{
    if (c->draining)
        return;
    if (delay > 0)
        (void)timer_start(c->worker->loop, &c->deadline, delay);
    else
        timer_stop(&c->deadline);
}

void
client_pause(struct client *c)
{
    if (c->stopped == 0)
        c->stopped = loop_now(c->worker->loop);
    watch_reading(c, 0);
    stream_pause(&c->stream);
}

void
client_resume(struct client *c)
{
    if (c->state == CLIENT_TUNNEL)
        stream_resume(&c->stream);
    if (c->state != CLIENT_BODY)
        return;          /* the request is read: what follows it waits for its turn */
    if (c->stopped != 0) /* we were the slow ones */
        c->body_began += loop_now(c->worker->loop) - c->stopped;
    c->stopped = 0;
    watch_reading(c, settings_of(c)->body_timeout);
    stream_resume(&c->stream);
}

bool
client_can_discard(const struct client *c)
{
    if (c->state == CLIENT_WAIT)
        return true;
    return c->state == CLIENT_BODY && c->reader.framing == FRAMING_LENGTH && c->reader.left <= LIMIT_DISCARD &&
           !c->half_closed;
}

/* A deadline of 0 is none. */
static void
set_deadline(struct client *c, int64_t delay)
{
    if (delay > 0)
        (void)timer_start(c->worker->loop, &c->deadline, delay);
    else
        timer_stop(&c->deadline);
}

/* How much must have moved in this time; at least something. */
static uint64_t
least_bytes(const struct client *c, int64_t time)
{
    uint64_t rate = settings_of(c)->min_rate, least = rate * (uint64_t)(time / LOOP_MILLI) / 1000;

    return least > 0 ? least : 1;
}

void
client_tunnel(struct client *c)
{
    c->state = CLIENT_TUNNEL;
    timer_stop(&c->deadline);
    stream_resume(&c->stream); /* with what came behind the handshake */
}

void
client_await_drain(struct client *c)
{
    c->draining = true;
    c->progress = c->stream.sent;
    set_deadline(c, settings_of(c)->body_timeout);
}

/* ---- reading ---- */

static struct parse_limits
limits_of(const struct client *c)
{
    const struct settings *s = settings_of(c);

    return (struct parse_limits){
        .line = s->max_line, .header = s->max_header, .fields = s->max_fields, .trailer = s->max_trailer
    };
}

/* The client closed its side while we work for it: see the top. */
static void
give_grace(struct client *c)
{
    if (!c->transit->exchange.request.keep_alive || c->draining)
        return;
    c->progress = c->stream.sent;
    (void)timer_start(c->worker->loop, &c->deadline, LIMIT_CLIENT_GRACE);
}

static void
wait_for_answer(struct client *c)
{
    c->state = CLIENT_WAIT;
    watch_reading(c, 0);
    stream_pause(&c->stream);
    if (c->half_closed)
        give_grace(c);
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
    set_deadline(c, settings_of(c)->body_timeout);
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
        set_deadline(c, settings_of(c)->header_timeout);
    }
    return bytes.length;
}

static void
request_late(struct client *c, enum refusal_id id)
{
    wait_for_answer(c);
    pipeline_request_bad(c->transit, refusal_status(id), refusal_name(id), refusal_what(id));
}

/* A byte now and then keeps the deadline away for ever: over a longer time there must be more of them. */
static bool
is_trickling(const struct client *c)
{
    const struct settings *s = settings_of(c);
    int64_t time = loop_now(c->worker->loop) - c->body_began;

    return s->min_rate > 0 && s->body_timeout > 0 && time > s->body_timeout && c->reader.taken < least_bytes(c, time);
}

static size_t
on_data(void *arg, struct text bytes)
{
    struct client *c = arg;

    switch (c->state) {
    case CLIENT_IDLE:
    case CLIENT_HEAD:
        return read_head(c, bytes);
    case CLIENT_BODY:
        if (is_trickling(c)) {
            request_late(c, REFUSAL_BODY_TIMEOUT);
            return bytes.length;
        }
        watch_reading(c, settings_of(c)->body_timeout);
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

/* ---- the other things that happen to it ---- */

static void
on_drained(void *arg)
{
    struct client *c = arg;

    if (c->draining) {
        c->draining = false;
        watch_reading(c, c->state == CLIENT_BODY && !c->stream.paused ? settings_of(c)->body_timeout : 0);
    }
    if (c->transit != NULL)
        pipeline_client_drained(c->transit);
}

/* The client is gone, and so is the reason for its exchange. */
static void
client_gone(struct client *c)
{
    struct transit *t = c->transit;

    c->transit = NULL;
    if (t != NULL)
        pipeline_client_gone(t);
    client_end(c);
}

static void
on_hangup(void *arg, bool gone)
{
    struct client *c = arg;

    c->half_closed = true;
    if (gone && c->transit != NULL && c->state == CLIENT_WAIT)
        client_gone(c);
    else if (c->state == CLIENT_WAIT && c->transit != NULL)
        give_grace(c);
}

static void
on_ended(void *arg)
{
    struct client *c = arg;

    c->half_closed = true;
    if (c->state == CLIENT_WAIT)
        return; /* answered first */
    if (c->state == CLIENT_TUNNEL && c->transit != NULL)
        tunnel_client_ended(c->transit);
    else
        client_gone(c);
}

/* The handshake failed. One who speaks plain HTTP is told so, in words that every HTTP client shows. */
static void
not_agreed(struct client *c, bool plain)
{
    static const struct text answer = TEXT("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
                                           "Content-Length: 48\r\nConnection: close\r\n\r\n"
                                           "This port speaks TLS: write https:// in the URL\n");

    count_add(&c->worker->share->counters->handshakes_failed, 1);
    log_line(LOG_DEBUG, "%s: no TLS: %s", c->name, stream_trouble(&c->stream));
    if (!plain) {
        client_end(c);
        return;
    }
    stream_unsecure(&c->stream);
    (void)stream_send(&c->stream, &answer, 1);
    linger(c);
}

static void
on_broken(void *arg, int error)
{
    struct client *c = arg;

    if (c->secure && !stream_is_agreed(&c->stream))
        not_agreed(c, error == EPROTONOSUPPORT);
    else
        client_gone(c);
}

static const struct stream_events client_events = {
    .data = on_data,
    .drained = on_drained,
    .hangup = on_hangup,
    .ended = on_ended,
    .broken = on_broken,
};

static void
on_deadline(void *arg)
{
    struct client *c = arg;

    if (c->state == CLIENT_DOOMED) {
        reset_when_delivered(c);
    } else if (c->draining) {
        if (c->stream.sent - c->progress < least_bytes(c, settings_of(c)->body_timeout))
            client_gone(c);
        else
            client_await_drain(c);
    } else if (c->state == CLIENT_HEAD || c->state == CLIENT_BODY) {
        request_late(c, c->state == CLIENT_HEAD ? REFUSAL_HEADER_TIMEOUT : REFUSAL_BODY_TIMEOUT);
    } else if (c->state == CLIENT_WAIT && c->transit != NULL && c->stream.sent != c->progress) {
        give_grace(c); /* it still takes bytes: it would have reset the connection if it were gone */
    } else {
        client_gone(c); /* idle, lingering, or half-closed beyond the grace */
    }
}

/* ---- begin and end ---- */

static void
on_burial(void *arg)
{
    struct client *c = arg;

    door_left(c->worker, c->place, &c->ip);
    worker_client_removed(c->worker);
    free(c);
}

/* Close the connection; it has no exchange (any more). */
static void
client_end(struct client *c)
{
    if (c->burial.waiting)
        return;
    if (c->transit != NULL) {
        pipeline_discard(c->transit);
        c->transit = NULL;
    }
    door_busy(c->worker, &c->idler);
    stream_close(&c->stream);
    timer_release(c->worker->loop, &c->deadline);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        c->worker->clients = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    loop_defer(c->worker->loop, &c->burial);
}

static struct client *
client_new(struct worker *w, int fd, const struct address *peer, enum door_place place)
{
    struct client *c = calloc(1, sizeof *c);
    char host[ADDRESS_TEXT], name[ADDRESS_TEXT] = "";

    if (c == NULL || !stream_open(&c->stream, w->kit, fd, &client_events, c)) {
        free(c);
        return NULL;
    }
    c->worker = w;
    c->place = (uint8_t)place;
    c->deadline = (struct timer){ .fire = on_deadline, .arg = c };
    c->burial = (struct deferred){ .call = on_burial, .arg = c };
    c->idler.client = c;
    c->ip = address_ip(peer);
    c->host_length = (uint8_t)address_print_host(peer, host);
    (void)address_print(peer, name);
    (void)snprintf(c->name, sizeof c->name, "%.*s", (int)sizeof c->name - 1, name);
    c->next = w->clients;
    if (c->next != NULL)
        c->next->previous = c;
    w->clients = c;
    worker_client_added(w);
    return c;
}

bool
client_accept(struct worker *w, int fd, const struct address *peer, struct tls_context *tls, enum door_place place)
{
    struct client *c = client_new(w, fd, peer, place);

    if (c == NULL)
        return false;
    c->secure = tls != NULL;
    if (tls != NULL && !stream_secure(&c->stream, tls, NULL))
        client_end(c);
    else
        set_deadline(c, settings_of(c)->header_timeout);
    return true;
}

/* Our side is closed first and the client's last bytes are read, because closing with unread bytes resets the
 * connection and may destroy the response on its way (RFC 9112 9.6). */
static void
linger(struct client *c)
{
    stream_shutdown(&c->stream);
    c->state = CLIENT_LINGER;
    stream_resume(&c->stream);
    (void)timer_start(c->worker->loop, &c->deadline, LIMIT_LINGER_TIME);
}

/* A reset destroys what is still on its way, earlier responses included: so it waits until those have arrived. */
static void
reset_when_delivered(struct client *c)
{
    if (c->doom_ends == 0) {
        c->doom_ends = loop_now(c->worker->loop) + LIMIT_LINGER_TIME;
        c->state = CLIENT_DOOMED;
        stream_pause(&c->stream);
    }
    if (stream_unsent(&c->stream) > 0 && loop_now(c->worker->loop) < c->doom_ends) {
        (void)timer_start(c->worker->loop, &c->deadline, DOOM_LOOKS);
        return;
    }
    stream_reset(&c->stream);
    client_end(c);
}

void
client_turn_away(struct worker *w, int fd, const struct address *peer, struct text answer, bool read)
{
    struct client *c;

    w->door.turned_away++;
    c = client_new(w, fd, peer, DOOR_TURNED_AWAY);
    if (c == NULL) {
        w->door.turned_away--;
        return;
    }
    (void)stream_send(&c->stream, &answer, 1);
    if (read)
        linger(c);
    else
        client_end(c);
}

void
client_finished(struct client *c, enum client_future future)
{
    bool all_read = c->state == CLIENT_WAIT || (c->state == CLIENT_TUNNEL && c->stream.ended);
    bool unread = !all_read || buffer_length(&c->stream.in) > 0 || c->stream.readable;

    c->transit = NULL;
    c->served = true;
    if (future == CLIENT_RESET) {
        reset_when_delivered(c);
        return;
    }
    if (future == CLIENT_CLOSE || future == CLIENT_BREAK_OFF) {
        if (c->half_closed && !unread)
            client_end(c);
        else
            linger(c);
        return;
    }
    c->state = CLIENT_IDLE;
    door_idle(c->worker, &c->idler);
    if (c->worker->draining)
        client_drain(c); /* its answer promised it another one, before we knew */
    else if (door_is_crowded(c->worker) && client_make_room(c))
        return;
    else
        set_deadline(c, settings_of(c)->keep_alive_timeout);
    stream_resume(&c->stream);
}

struct client *
client_next(const struct client *c)
{
    return c->next;
}

void
client_drain(struct client *c)
{
    if (c->state == CLIENT_IDLE) /* a request may be on its way */
        (void)timer_start(c->worker->loop, &c->deadline, settings_of(c)->drain_idle);
    else if (c->transit != NULL)
        pipeline_drain(c->transit);
}

bool
client_make_room(struct client *c)
{
    if (c->draining || !stream_is_quiet(&c->stream))
        return false;
    client_end(c);
    return true;
}

void
client_abort(struct client *c)
{
    if (c->state == CLIENT_TUNNEL && c->transit != NULL)
        tunnel_finish(c->transit, TUNNEL_END_DRAIN);
    client_gone(c);
}
