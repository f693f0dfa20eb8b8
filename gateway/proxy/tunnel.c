/* tunnel.c -- the handshake's fields, then bytes both ways. */
#include "proxy/tunnel.h"

#include "proxy/client.h"
#include "proxy/forward.h"
#include "proxy/generation.h"
#include "proxy/metrics.h"
#include "proxy/watching.h"
#include "proxy/worker.h"

struct tunnel {
    struct timer idle;
    struct timer total;
    int64_t opened;
    bool client_ended;
    bool upstream_ended;
};

/* ---- the handshake ---- */

/* protocol = token [ "/" token ], and not HTTP once more. */
static bool
may_tunnel(struct text protocol)
{
    static const struct text http[] = { TEXT("h2c"), TEXT("h2"), TEXT("h3"), TEXT("http"), TEXT("tls") };
    size_t slash = text_find(protocol, '/');
    struct text name = text_slice(protocol, 0, slash);

    if (!header_is_token(name) || (slash < protocol.length && !header_is_token(text_from(protocol, slash + 1))))
        return false;
    for (size_t i = 0; i < sizeof http / sizeof http[0]; i++) {
        if (text_equal_nocase(name, http[i]))
            return false;
    }
    return true;
}

/* Those protocols of all Upgrade fields that may become a tunnel, as one list. */
static struct text
protocols_of(const struct message *m, struct arena *arena)
{
    struct text list = { NULL, 0 };
    const struct header *only = NULL;
    bool whole = true;

    for (uint32_t i = 0; i < m->header_count; i++) {
        struct text rest = m->headers[i].value, one;

        if (m->headers[i].id != HEADER_UPGRADE)
            continue;
        whole = whole && only == NULL;
        only = &m->headers[i];
        while (header_list_next(&rest, &one)) {
            if (!may_tunnel(one))
                whole = false;
            else if (list.length == 0)
                list = one;
            else
                list = arena_print(arena, "%.*s, %.*s", TEXT_PRINT(list), TEXT_PRINT(one));
        }
    }
    return whole && list.length > 0 ? only->value : list;
}

struct text
tunnel_asked(const struct transit *t)
{
    const struct message *m = &t->exchange.request;
    bool body = m->framing == FRAMING_CHUNKED || (m->framing == FRAMING_LENGTH && m->length > 0);

    if (!m->upgrade || body || t->policy->upgrades_ignored)
        return (struct text){ NULL, 0 };
    return protocols_of(m, t->exchange.arena);
}

struct text
tunnel_option(struct text connection)
{
    struct text option;

    while (header_list_next(&connection, &option)) {
        if (text_equal_nocase(option, TEXT("upgrade")))
            return option;
    }
    return (struct text){ NULL, 0 };
}

bool
tunnel_answers(struct transit *t)
{
    const struct message *m = &t->exchange.response;
    const struct header *h = message_header(m, HEADER_UPGRADE);
    struct text asked = t->upgrade, one;

    while (h != NULL && header_list_next(&asked, &one)) {
        if (!text_equal_nocase(one, h->value))
            continue;
        t->exchange.tunnel.protocol = h->value;
        return true;
    }
    return false;
}

/* ---- begin and end ---- */

static void
on_idle(void *arg)
{
    tunnel_finish(arg, TUNNEL_END_IDLE);
}

static void
on_total(void *arg)
{
    tunnel_finish(arg, TUNNEL_END_TOTAL);
}

static void
moved(struct transit *t)
{
    (void)timer_start(t->worker->loop, &t->tunnel->idle, t->policy->tunnel_idle_timeout);
}

enum step
tunnel_open(struct transit *t)
{
    struct exchange *x = &t->exchange;
    struct tunnel *tunnel = ARENA_NEW(x->arena, struct tunnel);

    if (tunnel == NULL)
        return refuse_own(t, SIDE_RESPONSE, REFUSAL_MEMORY);
    t->tunnel = tunnel;
    tunnel->idle = (struct timer){ .fire = on_idle, .arg = t };
    tunnel->total = (struct timer){ .fire = on_total, .arg = t };
    tunnel->opened = transit_time(t);
    x->times.response_end = tunnel->opened;
    x->outcome = OUTCOME_TUNNEL;
    if (x->response_verdict.checked)
        verdict_unchecked(&x->response_verdict, UNCHECKED_STREAM, SIDE_RESPONSE, (struct text){ NULL, 0 });
    t->close = t->response_started = t->response_delivered = t->response_complete = true;
    timer_stop(&t->total);
    watching_over(t); /* what comes now is none of HTTP */
    count_add(&t->share->counters->tunnels, 1);
    count_add(&t->share->counters->tunnels_opened, 1);

    forward_response_head(stream_queue(client_stream(t->client)), t, &x->response);
    (void)stream_flush(client_stream(t->client));
    moved(t);
    if (t->policy->tunnel_total_timeout > 0)
        (void)timer_start(t->worker->loop, &tunnel->total, t->policy->tunnel_total_timeout);
    client_tunnel(t->client);
    return STEP_WAIT;
}

void
tunnel_finish(struct transit *t, enum tunnel_end end)
{
    struct tunnel *tunnel = t->tunnel;

    if (t->finishing)
        return;
    t->exchange.tunnel.end = end;
    t->exchange.tunnel.duration = transit_time(t) - tunnel->opened;
    t->abort = end == TUNNEL_END_UPSTREAM; /* nothing in the bytes says that they are not all: the reset must */
    timer_release(t->worker->loop, &tunnel->idle);
    timer_release(t->worker->loop, &tunnel->total);
    count_add(&t->share->counters->tunnels, UINT64_MAX);
    count_add(&t->share->counters->tunnel_bytes[SIDE_REQUEST], t->exchange.tunnel.from_client);
    count_add(&t->share->counters->tunnel_bytes[SIDE_RESPONSE], t->exchange.tunnel.from_upstream);
    pipeline_go(t, STEP_FINISH);
}

/* Both sides closed theirs: over, once each has what the other one sent. */
static void
settle(struct transit *t)
{
    if (t->finishing || !t->tunnel->client_ended || !t->tunnel->upstream_ended)
        return;
    if (call_want_drain(&t->call) || stream_want_drain(client_stream(t->client)))
        return;
    tunnel_finish(t, TUNNEL_END_BOTH);
}

/* ---- bytes both ways ---- */

void
tunnel_from_client(struct transit *t, struct text bytes)
{
    if (t->finishing)
        return;
    t->exchange.tunnel.from_client += bytes.length;
    moved(t);
    if (!call_send(&t->call, &bytes, 1)) {
        t->upstream_full = true;
        client_pause(t->client);
    }
}

void
tunnel_from_upstream(struct transit *t, struct text bytes)
{
    if (t->finishing)
        return;
    t->exchange.tunnel.from_upstream += bytes.length;
    moved(t);
    if (!stream_send(client_stream(t->client), &bytes, 1)) {
        t->client_full = true;
        call_pause(&t->call);
    }
}

void
tunnel_client_ended(struct transit *t)
{
    t->tunnel->client_ended = true;
    call_shutdown(&t->call);
    settle(t);
}

void
tunnel_upstream_ended(struct transit *t)
{
    if (t->finishing)
        return;
    t->tunnel->upstream_ended = true;
    stream_shutdown(client_stream(t->client));
    settle(t);
}

void
tunnel_client_drained(struct transit *t)
{
    if (t->client_full) {
        t->client_full = false;
        moved(t);
        call_resume(&t->call);
    }
    settle(t);
}

void
tunnel_upstream_drained(struct transit *t)
{
    if (t->finishing)
        return;
    if (t->upstream_full) {
        t->upstream_full = false;
        moved(t);
        client_resume(t->client);
    }
    settle(t);
}
