/* call.c -- one request and its response on one connection.
 *
 * The call belongs to its owner and knows its link; whichever ends first lets go of the other. Every callback may
 * end the call, so each is followed by the question whether the link still carries it. */
#include "net/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static const struct {
    const char *id;
    uint16_t status;
    const char *what;
} failures[] = {
#define F(name, id, status, what) { id, status, what },
    CALL_FAILURES(F)
#undef F
};

const char *
call_failure_id(enum call_failure failure)
{
    return failures[failure].id;
}

uint16_t
call_failure_status(enum call_failure failure)
{
    return failures[failure].status;
}

const char *
call_failure_what(enum call_failure failure)
{
    return failures[failure].what;
}

/* ---- the request ---- */

static void call_fail(struct call *call, enum call_failure failure, const struct parse_fault *fault);

static void
on_call_fail(void *arg)
{
    struct call *call = arg;

    call_fail(call, call->failure, NULL);
}

static void
fail_soon(struct call *call, enum call_failure failure)
{
    call->failure = failure;
    loop_defer(call->pool->loop, &call->fail);
}

/* Hand over the request, or what of it there is. */
static void
call_send_first(struct call *call)
{
    const struct call_request *r = &call->request;
    const struct text parts[] = { r->head, r->line, r->body, r->tail };

    call->sent_before = call->link->stream.sent;
    (void)stream_send(&call->link->stream, parts, 4);
    call->sent = !call->request.more;
}

/* Open a connection to the best address that was not tried yet. False: there is none, or none works. */
static bool
open_link(struct call *call, struct link *link)
{
    struct pool *pool = call->pool;
    int64_t now = loop_now(pool->loop);

    if (call->version != pool->targets.version) { /* other addresses: begin again, but not for ever */
        call->version = pool->targets.version;
        call->tried = 0;
    }
    while (call->attempts < 2 * TARGETS_MOST) {
        int next = targets_next(&pool->targets, call->tried, now);

        if (next < 0)
            return false;
        call->target = next;
        call->tried |= UINT32_C(1) << next;
        memcpy(link->text, pool->targets.list[next].text, sizeof link->text);
        if (stream_connect(&link->stream, pool->kit, &pool->targets.list[next].address, &link_events, link) == 0)
            return true;
        call->attempts++;
        targets_failed(&pool->targets, next, now);
    }
    return false;
}

/* How many addresses are left behind the present one. */
static int
others_left(const struct call *call)
{
    return call->pool->targets.count - __builtin_popcount(call->tried);
}

/* Connect to an address that was not tried yet. `before` is the link that was tried and failed: it has the request in
 * its queue. */
static void
call_connect(struct call *call, struct link *before)
{
    struct pool *pool = call->pool;
    struct link *link = link_new(pool);

    call->reused = false;
    if (link == NULL) {
        fail_soon(call, CALL_MEMORY);
        return;
    }
    if (!open_link(call, link)) {
        memcpy(call->where, link->text, sizeof call->where);
        free(link);
        fail_soon(call, CALL_CONNECT);
        return;
    }
    pool->opened++;
    if (pool->upstream->proxy.connect.length > 0)
        stream_hold(&link->stream);
    link->call = call;
    call->link = link;
    if (before != NULL)
        stream_inherit(&link->stream, &before->stream);
    else
        call_send_first(call);
    (void)timer_start(pool->loop, &link->deadline,
                      targets_share(call->connect_by - loop_now(pool->loop), others_left(call)));
}

/* Connect with all the time that there is for it. */
static void
call_connect_first(struct call *call)
{
    call->tried = 0;
    call->attempts = 0;
    call->version = call->pool->targets.version;
    call->connect_by = loop_now(call->pool->loop) + call->request.connect_timeout;
    call_connect(call, NULL);
}

/* The present address does not work. */
static void
call_put_back(struct call *call)
{
    struct targets *targets = &call->pool->targets;

    call->attempts++;
    if (call->version == targets->version)
        targets_failed(targets, call->target, loop_now(call->pool->loop));
}

/* May another address do? */
static bool
call_has_another(const struct call *call)
{
    int64_t now = loop_now(call->pool->loop);

    if (now >= call->connect_by || call->attempts >= 2 * TARGETS_MOST)
        return false;
    return call->version != call->pool->targets.version || targets_next(&call->pool->targets, call->tried, now) >= 0;
}

/* Did the answer begin? An informational response is none. */
static bool
is_answering(const struct call *call)
{
    return call->got_head || call->raw_length > 0;
}

/* Which deadline holds now that bytes were handed over. */
static void
watch_sending(struct call *call)
{
    struct link *link = call->link;

    if (is_answering(call))
        return;
    if (call->sent)
        (void)timer_start(call->pool->loop, &link->deadline, call->request.first_byte_timeout);
    else if (stream_queued(&link->stream) > 0)
        (void)timer_start(call->pool->loop, &link->deadline, call->request.idle_timeout);
    else
        timer_stop(&link->deadline);
}

void
call_connected(struct call *call)
{
    if (call->version == call->pool->targets.version)
        targets_worked(&call->pool->targets, call->target);
    watch_sending(call); /* the connect deadline is over */
    call->events->connected(call->arg);
}

bool
call_start(struct call *call, struct pool *pool, const struct call_request *request, const struct call_events *events,
           void *arg)
{
    *call = (struct call){ .pool = pool, .request = *request, .events = events, .arg = arg };
    call->fail = (struct deferred){ .call = on_call_fail, .arg = call };
    if (pool->idle_count == 0) {
        call_connect_first(call);
        return false;
    }
    call->link = pool->idle[--pool->idle_count];
    call->link->call = call;
    call->reused = true;
    call_send_first(call);
    watch_sending(call);
    return true;
}

bool
call_send(struct call *call, const struct text *parts, int count)
{
    bool room;

    if (call->link == NULL)
        return true;
    call->streamed = true;
    room = stream_send(&call->link->stream, parts, count);
    if (call->link->connected)
        watch_sending(call);
    return room;
}

void
call_put(struct call *call, const struct text *parts, int count)
{
    struct buffer *queue;

    if (call->link == NULL)
        return;
    call->streamed = true;
    queue = stream_queue(&call->link->stream);
    for (int i = 0; i < count; i++)
        buffer_add(queue, parts[i]);
}

void
call_send_end(struct call *call)
{
    if (call->link == NULL)
        return;
    call->request.more = false;
    call->sent = true;
    if (call->link->connected)
        watch_sending(call);
}

/* ---- the end ---- */

/* Let go of the connection without telling the owner. */
static void
call_leave(struct call *call)
{
    struct link *link = call->link;

    loop_undefer(call->pool->loop, &call->fail);
    if (link != NULL)
        memcpy(call->where, link->text, sizeof call->where);
    call->link = NULL;
    if (link != NULL)
        link_drop(link);
}

static void
call_fail(struct call *call, enum call_failure failure, const struct parse_fault *fault)
{
    call_leave(call);
    call->events->failed(call->arg, failure, fault);
}

void
call_cancel(struct call *call)
{
    if (call_is_running(call))
        call_leave(call);
}

bool
call_is_running(const struct call *call)
{
    return call->pool != NULL && (call->link != NULL || call->fail.waiting);
}

const char *
call_why(const struct call *call)
{
    return call->why;
}

const char *
call_address(const struct call *call)
{
    return call->link != NULL ? call->link->text : call->where;
}

/* What it means that the connection is lost, from what is known of it. */
static enum call_failure
find_failure(struct call *call)
{
    const struct link *link = call->link;
    enum call_failure failure = call->failure; /* of connecting, unless something else is known */
    const char *trouble = stream_trouble(&link->stream);

    call->failure = CALL_CONNECT;
    if (trouble != NULL)
        call->why = trouble;
    if (link->connected && (trouble == NULL || call->got_byte || stream_was_cut(&link->stream)))
        return CALL_CLOSED;
    if (trouble != NULL) /* with TLS 1.3, that our certificate is refused comes when all seems well */
        return CALL_TLS;
    return failure == CALL_CONNECT && call->pool->upstream->proxy.used ? CALL_PROXY : failure;
}

/* The connection failed or closed before the answer was complete. Another address or a new connection may still do. */
void
call_lost(struct call *call)
{
    bool was_connected = call->link->connected;
    bool unsent = call->link->stream.sent == call->sent_before;
    enum call_failure failure = find_failure(call);

    if (!was_connected)
        call_put_back(call);
    if (!was_connected && call_has_another(call)) {
        struct link *before = call->link;

        call->link = NULL;
        call->why = NULL;
        call_connect(call, before);
        link_drop(before);
        return;
    }
    if (call->reused && !call->retried && !call->got_byte && !call->streamed && (call->request.repeatable || unsent)) {
        call_leave(call);
        call->why = NULL;
        call->retried = true;
        call_connect_first(call);
        return;
    }
    call_fail(call, failure, NULL);
}

void
call_refused_tunnel(struct call *call, uint16_t status)
{
    const char *what = status == 407 ? "it wants other credentials" : "it will not open a tunnel";
    struct text why = status != 0 ? arena_print(call->request.arena, "%s (%u)", what, (unsigned)status)
                                  : TEXT("what it answers is no HTTP");

    call->why = why.data;
    call->failure = CALL_PROXY;
    call_lost(call);
}

void
call_late(struct call *call)
{
    if (!call->link->connected) {
        call->failure = CALL_CONNECT_TIMEOUT;
        call_lost(call);
    } else {
        call_fail(call, is_answering(call) ? CALL_IDLE_TIMEOUT : CALL_FIRST_BYTE_TIMEOUT, NULL);
    }
}

static void
call_done(struct call *call, bool reusable)
{
    struct link *link = call->link;

    call->link = NULL;
    if (reusable && !call->request.last && call->sent && call->request.response->keep_alive &&
        stream_queued(&link->stream) == 0)
        link_keep(link);
    else
        link_drop(link);
    call->events->done(call->arg);
}

/* ---- the response ---- */

/* Keep the bytes of the head, because the message points into them. */
static bool
keep_bytes(struct call *call, struct text bytes)
{
    size_t length = call->raw_length + bytes.length;
    char *grown = arena_grow(call->request.arena, call->raw, call->raw_length, length);

    if (grown == NULL) {
        call_fail(call, CALL_MEMORY, NULL);
        return false;
    }
    memcpy(grown + call->raw_length, bytes.data, bytes.length);
    call->raw = grown;
    call->raw_length = length;
    return true;
}

/* Content out of `bytes`. Returns how many were used; the call may be over afterwards. */
static size_t
read_body(struct call *call, struct text bytes, bool kept)
{
    struct message *m = call->request.response;
    struct parse_fault fault = { .status = 0 };
    size_t total = 0;

    for (;;) {
        struct text piece = { NULL, 0 };
        size_t used = 0;
        enum parse_result result = body_reader_feed(&call->reader, text_from(bytes, total), &parse_limits_default,
                                                    call->request.arena, m, &used, &piece, &fault);

        if (result == PARSE_BAD) {
            call_fail(call, CALL_MALFORMED, &fault);
            return bytes.length;
        }
        total += used;
        if (piece.length > 0) {
            call->events->body(call->arg, piece, kept);
            if (call->link == NULL)
                return total;
        }
        if (result == PARSE_DONE) {
            call_done(call, total == bytes.length && m->framing != FRAMING_CLOSE);
            return bytes.length;
        }
        if (used == 0 || total == bytes.length || call->paused)
            return total;
    }
}

/* An informational response: what follows it is the next head. False when the call is over. */
static bool
read_interim(struct call *call, struct message *m, size_t used)
{
    struct link *link = call->link;

    if (m->status == 101 || ++call->interims > LIMIT_INTERIMS)
        call_fail(call, CALL_MALFORMED, NULL); /* 101: nobody asked for another protocol */
    else if (m->status == 100)
        call->events->go_on(call->arg);
    else
        call->events->interim(call->arg, m);
    if (call->link != link || link == NULL)
        return false;
    call->raw += used;
    call->raw_length -= used;
    call->seen = 0;
    return true;
}

/* The head out of the bytes kept so far. False when the call is over or the head is not complete. */
static bool
read_head(struct call *call, size_t *used)
{
    struct message *m = call->request.response;
    struct parse_fault fault = { .status = 0 };

    for (;;) {
        struct text bytes = text_make(call->raw, call->raw_length);
        enum parse_result result;

        if (bytes.length == 0)
            return false;
        result = parse_response(bytes, &call->seen, &parse_limits_default, call->request.arena, call->request.method, m,
                                used, &fault);
        if (result == PARSE_BAD)
            call_fail(call, CALL_MALFORMED, &fault);
        if (result != PARSE_DONE)
            return false;
        if (m->status == 407 && call->pool->upstream->proxy.used) { /* asked of us: clients know nothing of it */
            call->why = "it wants other credentials (407)";
            call_fail(call, CALL_PROXY, NULL);
            return false;
        }
        if (m->status >= 200 || (m->status == 101 && call->request.upgrade))
            return true;
        if (!read_interim(call, m, *used))
            return false;
    }
}

/* What follows is another protocol's, to the end of the connection. */
static void
begin_tunnel(struct call *call)
{
    call->tunnel = true;
    call->reader = (struct body_reader){ .framing = FRAMING_CLOSE };
    timer_stop(&call->link->deadline);
}

/* Bytes of the head, and what came behind it. Returns how many of these bytes were used. */
static size_t
read_head_and_rest(struct call *call, struct text bytes)
{
    const struct link *link = call->link;
    size_t apart = call->raw_length == 0 ? parse_head_guess(bytes) : bytes.length; /* bytes in front are kept */
    size_t head, used = 0;
    struct text rest;
    bool kept;

    if (!keep_bytes(call, text_slice(bytes, 0, apart)))
        return bytes.length;
    if (!read_head(call, &head)) {
        if (link->call != call || apart == bytes.length)
            return bytes.length;
        if (!keep_bytes(call, text_from(bytes, apart)) || !read_head(call, &head))
            return bytes.length;
        apart = bytes.length;
    }
    call->got_head = true;
    body_reader_init(&call->reader, call->request.response);
    if (call->request.response->status == 101)
        begin_tunnel(call);
    kept = apart == bytes.length;
    rest = kept ? text_make(call->raw + head, call->raw_length - head) : text_from(bytes, apart);
    call->events->head(call->arg);
    if (link->call != call)
        return bytes.length;
    if (!call->paused)
        used = read_body(call, rest, kept);
    return bytes.length - (rest.length - used);
}

size_t
call_read(struct call *call, struct text bytes)
{
    const struct link *link = call->link;
    size_t used;

    if (!call->tunnel)
        (void)timer_start(call->pool->loop, &call->link->deadline, call->request.idle_timeout);
    call->got_byte = true;
    used = call->got_head ? read_body(call, bytes, false) : read_head_and_rest(call, bytes);
    if (link->call != call)
        return used;
    if (!is_answering(call)) /* after 100 Continue the body may take longer than the time between two bytes */
        watch_sending(call);
    call->events->pause(call->arg);
    return used;
}

void
call_read_end(struct call *call)
{
    bool cut = stream_was_cut(&call->link->stream) && call->reader.framing == FRAMING_CLOSE;

    if (call->tunnel)
        call->events->ended(call->arg);
    else if (call->got_head && body_reader_end(&call->reader) && !cut)
        call_done(call, false);
    else
        call_lost(call);
}

void
call_pause(struct call *call)
{
    if (call->link == NULL || call->paused)
        return;
    call->paused = true;
    timer_stop(&call->link->deadline);
    stream_pause(&call->link->stream);
}

void
call_resume(struct call *call)
{
    if (call->link == NULL || !call->paused)
        return;
    call->paused = false;
    if (!call->tunnel)
        (void)timer_start(call->pool->loop, &call->link->deadline, call->request.idle_timeout);
    stream_resume(&call->link->stream);
}

void
call_shutdown(struct call *call)
{
    if (call->link != NULL)
        stream_shutdown(&call->link->stream);
}

bool
call_want_drain(struct call *call)
{
    return call->link != NULL && stream_want_drain(&call->link->stream);
}
