/* upstream.c -- addresses, and pools of kept connections.
 *
 * Links are freed at the end of the turn, because they may end in the middle of their stream's callbacks. */
#include "net/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

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
    return 0;
}

/* ---- links ---- */

static void
on_burial(void *arg)
{
    free(arg);
}

/* The connection is over. */
void
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

static void on_link_broken(void *arg, int error);

/* The connection, step by step: the proxy's tunnel where there is one, TLS where there is any; then it is there. */
static void
on_link_connected(void *arg)
{
    struct link *link = arg;
    const struct upstream *u = link->pool->upstream;
    int error = 0;

    if (u->proxy.connect.length > 0 && link->way == LINK_STRAIGHT) {
        link->way = LINK_ASKING;
        error = stream_say(&link->stream, u->proxy.connect);
    } else if (u->tls != NULL && !stream_is_secure(&link->stream)) {
        error = stream_secure(&link->stream, u->tls, &link->pool->sessions) ? 0 : ENOMEM;
    } else {
        link->connected = true;
        if (link->call != NULL)
            call_connected(link->call);
    }
    if (error != 0)
        on_link_broken(link, error);
}

/* The proxy's answer to CONNECT (RFC 9110 9.3.6): a head without a body, behind which nobody speaks before we do. */
static size_t
read_tunnel(struct link *link, struct text bytes)
{
    size_t end = text_search(bytes, TEXT("\r\n\r\n"));
    struct text status = text_slice(bytes, 9, 3);
    uint64_t code = 0;

    if (end == bytes.length && bytes.length < LIMIT_REQUEST_LINE)
        return 0; /* shown again, with more */
    if (!text_starts(bytes, TEXT("HTTP/1.")) || !text_to_u64(status, &code))
        code = 0;
    if (code >= 200 && code < 300 && end + 4 == bytes.length) {
        link->way = LINK_TUNNEL;
        on_link_connected(link);
    } else {
        call_refused_tunnel(link->call, (uint16_t)code);
    }
    return bytes.length;
}

static size_t
on_link_data(void *arg, struct text bytes)
{
    struct link *link = arg;

    if (link->call != NULL && link->way == LINK_ASKING)
        return read_tunnel(link, bytes);
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

    if (link->call != NULL) {
        call_read_end(link->call);
        return;
    }
    link_leave_pool(link); /* TLS has an end of its own, before the socket's */
    link_drop(link);
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

const struct stream_events link_events = {
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

    if (call != NULL) {
        call_late(call);
        return;
    }
    link_leave_pool(link);
    link_drop(link);
}

struct link *
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
void
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
    (void)targets_set(&pool->targets, u->addresses, u->count);
    pool->most = most;
    pool->idle_timeout = idle_timeout;
    return pool;
}

void
pool_readdress(struct pool *pool, const struct address *addresses, int count)
{
    uint32_t kept = 0;

    if (!targets_set(&pool->targets, addresses, count))
        return;
    for (uint32_t i = 0; i < pool->idle_count; i++) {
        if (targets_find(&pool->targets, pool->idle[i]->text) >= 0)
            pool->idle[kept++] = pool->idle[i];
        else
            link_drop(pool->idle[i]);
    }
    pool->idle_count = kept;
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
    tls_sessions_forget(&pool->sessions);
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
