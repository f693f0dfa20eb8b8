/* upstream.c -- addresses, pools of kept connections, calls.
 *
 * A link is one connection, idle in its pool or carrying one call. The call belongs to its owner and knows its link; whichever ends
 * first lets go of the other. Links are freed at the end of the turn, because they may end in the middle of their stream's
 * callbacks. */
#include "net/upstream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

struct link {
    struct stream stream;
    struct pool *pool;
    struct call *call; /* NULL: idle, or about to be freed */
    struct timer deadline;
    struct deferred burial;
    struct link *next_dead;
    bool connected;
};

struct pool {
    struct stream_kit *kit;
    struct loop *loop;
    const struct upstream *upstream;
    uint32_t most;
    int64_t idle_timeout;
    uint64_t opened;
    uint32_t idle_count;
    struct link *dead;   /* to be freed at the end of the turn */
    struct link *idle[]; /* the last one is taken first: it is the least likely to be closed by the peer */
};

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

int
upstream_resolve(struct upstream *u, struct text host, uint16_t port, bool local, struct error *err)
{
    int count = 1;

    memset(u, 0, sizeof *u);
    if (!local)
        count = address_resolve(host, port, u->addresses, UPSTREAM_ADDRESSES, err);
    else if (address_local(host, &u->addresses[0], err) < 0)
        count = -1;
    if (count < 0)
        return -1;
    u->count = count;
    for (int i = 0; i < count; i++)
        (void)address_print(&u->addresses[i], u->text[i]);
    return 0;
}

/* ---- links ---- */

static void call_fail(struct call *call, enum call_failure failure, const struct parse_fault *fault);
static void call_read_end(struct call *call);
static void call_lost(struct call *call);
static size_t call_read(struct call *call, struct text bytes);
static void call_connected(struct call *call);

static void
on_burial(void *arg)
{
    free(arg);
}

/* The connection is over. */
static void
link_drop(struct link *link)
{
    link->call = NULL;
    stream_close(&link->stream);
    timer_release(link->pool->loop, &link->deadline);
    loop_defer(link->pool->loop, &link->burial);
}

static void
link_leave_pool(struct link *link)
{
    struct pool *pool = link->pool;

    for (uint32_t i = 0; i < pool->idle_count; i++) {
        if (pool->idle[i] == link) {
            memmove(&pool->idle[i], &pool->idle[i + 1], (pool->idle_count - i - 1) * sizeof(struct link *));
            pool->idle_count--;
            return;
        }
    }
}

static void
on_link_connected(void *arg)
{
    struct link *link = arg;

    link->connected = true;
    if (link->call != NULL)
        call_connected(link->call);
}

static size_t
on_link_data(void *arg, struct text bytes)
{
    struct link *link = arg;

    if (link->call != NULL)
        return call_read(link->call, bytes);
    link_leave_pool(link); /* nobody asked: whatever this is, it must not become the next answer */
    link_drop(link);
    return bytes.length;
}

static void
on_link_drained(void *arg)
{
    struct link *link = arg;
    struct call *call = link->call;

    if (call == NULL)
        return;
    if (!call->sent)
        timer_stop(&link->deadline); /* now the client's pace decides */
    call->events->drained(call->arg);
}

static void
on_link_hangup(void *arg, bool gone)
{
    struct link *link = arg;

    (void)gone;
    if (link->call != NULL)
        return; /* its bytes come first */
    link_leave_pool(link);
    link_drop(link);
}

static void
on_link_ended(void *arg)
{
    struct link *link = arg;

    if (link->call != NULL)
        call_read_end(link->call);
}

static void
on_link_broken(void *arg, int error)
{
    struct link *link = arg;

    (void)error;
    if (link->call != NULL) {
        call_lost(link->call);
        return;
    }
    link_leave_pool(link);
    link_drop(link);
}

static const struct stream_events link_events = {
    .connected = on_link_connected,
    .data = on_link_data,
    .drained = on_link_drained,
    .hangup = on_link_hangup,
    .ended = on_link_ended,
    .broken = on_link_broken,
};

static void
on_link_deadline(void *arg)
{
    struct link *link = arg;
    struct call *call = link->call;

    if (call == NULL) {
        link_leave_pool(link);
        link_drop(link);
    } else if (!link->connected) {
        call->failure = CALL_CONNECT_TIMEOUT;
        call_lost(call);
    } else if (!call->got_byte) {
        call_fail(call, CALL_FIRST_BYTE_TIMEOUT, NULL);
    } else {
        call_fail(call, CALL_IDLE_TIMEOUT, NULL);
    }
}

static struct link *
link_new(struct pool *pool)
{
    struct link *link = calloc(1, sizeof *link);

    if (link == NULL)
        return NULL;
    link->pool = pool;
    link->deadline = (struct timer){ .fire = on_link_deadline, .arg = link };
    link->burial = (struct deferred){ .call = on_burial, .arg = link };
    return link;
}

/* The answer is complete: keep the connection for the next call, if both sides want to. */
static void
link_keep(struct link *link)
{
    struct pool *pool = link->pool;

    link->call = NULL;
    if (pool->idle_count == pool->most || link->stream.hung_up || link->stream.failed != 0) {
        link_drop(link);
        return;
    }
    stream_resume(&link->stream);
    pool->idle[pool->idle_count++] = link;
    (void)timer_start(pool->loop, &link->deadline, pool->idle_timeout);
}

/* ---- pools ---- */

struct pool *
pool_new(struct stream_kit *kit, struct loop *loop, const struct upstream *u, uint32_t most, int64_t idle_timeout)
{
    struct pool *pool = calloc(1, sizeof *pool + most * sizeof(struct link *));

    if (pool == NULL)
        return NULL;
    pool->kit = kit;
    pool->loop = loop;
    pool->upstream = u;
    pool->most = most;
    pool->idle_timeout = idle_timeout;
    return pool;
}

void
pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    while (pool->idle_count > 0) {
        struct link *link = pool->idle[--pool->idle_count];

        stream_close(&link->stream);
        timer_release(pool->loop, &link->deadline);
        loop_undefer(pool->loop, &link->burial);
        free(link);
    }
    free(pool);
}

uint32_t
pool_idle(const struct pool *pool)
{
    return pool->idle_count;
}

uint64_t
pool_opened(const struct pool *pool)
{
    return pool->opened;
}

/* ---- calls: the request ---- */

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
    const struct text parts[] = { call->request.head, call->request.body };

    call->sent_before = call->link->stream.sent;
    (void)stream_send(&call->link->stream, parts, 2);
    call->sent = !call->request.more;
}

/* Connect to the present address, or to one of those behind it. `before` is the link that was tried and failed: it has the request in its queue. */
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
    for (; call->address < pool->upstream->count; call->address++) {
        const struct address *to = &pool->upstream->addresses[call->address];

        if (stream_connect(&link->stream, pool->kit, to, &link_events, link) == 0)
            break;
    }
    if (call->address == pool->upstream->count) {
        free(link);
        call->address = pool->upstream->count > 0 ? pool->upstream->count - 1 : 0;
        fail_soon(call, CALL_CONNECT);
        return;
    }
    pool->opened++;
    link->call = call;
    call->link = link;
    if (before != NULL)
        stream_inherit(&link->stream, &before->stream);
    else
        call_send_first(call);
    (void)timer_start(pool->loop, &link->deadline, call->request.connect_timeout);
}

/* Which deadline holds now that bytes were handed over. */
static void
watch_sending(struct call *call)
{
    struct link *link = call->link;

    if (call->got_byte)
        return;
    if (call->sent)
        (void)timer_start(call->pool->loop, &link->deadline, call->request.first_byte_timeout);
    else if (stream_queued(&link->stream) > 0)
        (void)timer_start(call->pool->loop, &link->deadline, call->request.idle_timeout);
    else
        timer_stop(&link->deadline);
}

static void
call_connected(struct call *call)
{
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
        call_connect(call, NULL);
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
call_send_end(struct call *call)
{
    if (call->link == NULL)
        return;
    call->request.more = false;
    call->sent = true;
    if (call->link->connected)
        watch_sending(call);
}

/* ---- calls: the end ---- */

/* Let go of the connection without telling the owner. */
static void
call_leave(struct call *call)
{
    struct link *link = call->link;

    loop_undefer(call->pool->loop, &call->fail);
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
call_address(const struct call *call)
{
    return call->pool != NULL && call->pool->upstream->count > 0 ? call->pool->upstream->text[call->address] : "";
}

/* The connection failed or closed before the answer was complete. Another address or a new connection may still do. */
static void
call_lost(struct call *call)
{
    bool was_connected = call->link->connected;
    bool unsent = call->link->stream.sent == call->sent_before;
    enum call_failure failure = call->failure == CALL_CONNECT_TIMEOUT ? CALL_CONNECT_TIMEOUT : CALL_CONNECT;

    call->failure = CALL_CONNECT;

    if (!was_connected && call->address + 1 < call->pool->upstream->count) {
        struct link *before = call->link;

        call->link = NULL;
        call->address++;
        call_connect(call, before);
        link_drop(before);
        return;
    }
    if (call->reused && !call->retried && !call->got_byte && !call->streamed && (call->request.repeatable || unsent)) {
        call_leave(call);
        call->retried = true;
        call->address = 0;
        call_connect(call, NULL);
        return;
    }
    call_fail(call, was_connected ? CALL_CLOSED : failure, NULL);
}

static void
call_done(struct call *call, bool reusable)
{
    struct link *link = call->link;

    call->link = NULL;
    if (reusable && call->sent && call->request.response->keep_alive && stream_queued(&link->stream) == 0)
        link_keep(link);
    else
        link_drop(link);
    call->events->done(call->arg);
}

/* ---- calls: the response ---- */

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

    if (m->status == 101)
        call_fail(call, CALL_MALFORMED, NULL); /* nobody asked for another protocol */
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
        if (m->status >= 200)
            return true;
        if (!read_interim(call, m, *used))
            return false;
    }
}

static size_t
call_read(struct call *call, struct text bytes)
{
    struct link *link = call->link;
    size_t used = bytes.length, head;

    (void)timer_start(call->pool->loop, &link->deadline, call->request.idle_timeout);
    call->got_byte = true;
    if (call->got_head) {
        used = read_body(call, bytes, false);
    } else {
        if (!keep_bytes(call, bytes) || !read_head(call, &head))
            return bytes.length;
        call->got_head = true;
        body_reader_init(&call->reader, call->request.response);
        call->events->head(call->arg);
        if (link->call != call)
            return bytes.length;
        if (!call->paused) { /* what came behind the head is in the arena already */
            used = read_body(call, text_make(call->raw + head, call->raw_length - head), true);
        } else {
            used = 0;
        }
        used = bytes.length - (call->raw_length - head - used);
    }
    if (link->call == call)
        call->events->pause(call->arg);
    return used;
}

static void
call_read_end(struct call *call)
{
    if (call->got_head && body_reader_end(&call->reader))
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
    (void)timer_start(call->pool->loop, &call->link->deadline, call->request.idle_timeout);
    stream_resume(&call->link->stream);
}
