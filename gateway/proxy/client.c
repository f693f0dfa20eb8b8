/* client.c -- one connection from a client: its beginning, what the pipeline asks of it, what happens to it. */
#include "proxy/client_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "proxy/generation.h"
#include "proxy/peer.h"
#include "proxy/pipeline.h"
#include "proxy/refusal.h"
#include "proxy/transit.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

/* ---- deadlines ---- */

const struct settings *
client_settings(const struct client *c)
{
    return ruleset_settings(c->transit != NULL ? c->transit->ruleset : c->worker->share->ruleset);
}

void
client_set_deadline(struct client *c, int64_t delay)
{
    if (delay > 0)
        (void)timer_start(c->worker->loop, &c->deadline, delay);
    else
        timer_stop(&c->deadline);
}

void
client_watch_reading(struct client *c, int64_t delay)
{
    if (!c->draining)
        client_set_deadline(c, delay);
}

uint64_t
client_least_bytes(const struct client *c, int64_t time)
{
    uint64_t rate = client_settings(c)->min_rate, least = rate * (uint64_t)(time / LOOP_MILLI) / 1000;

    return least > 0 ? least : 1;
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
    return peer_is_trusted(client_settings(c), &c->ip);
}

void
client_pause(struct client *c)
{
    if (c->stopped == 0)
        c->stopped = loop_now(c->worker->loop);
    client_watch_reading(c, 0);
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
    client_watch_reading(c, client_settings(c)->body_timeout);
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
    client_set_deadline(c, client_settings(c)->body_timeout);
}

/* ---- what happens to it ---- */

static void
on_drained(void *arg)
{
    struct client *c = arg;

    if (c->draining) {
        c->draining = false;
        client_watch_reading(c, c->state == CLIENT_BODY && !c->stream.paused ? client_settings(c)->body_timeout : 0);
    }
    if (c->transit != NULL)
        pipeline_client_drained(c->transit);
}

static void
on_hangup(void *arg, bool gone)
{
    struct client *c = arg;

    c->half_closed = true;
    if (gone && c->transit != NULL && c->state == CLIENT_WAIT)
        client_gone(c);
    else if (c->state == CLIENT_WAIT && c->transit != NULL)
        client_give_grace(c);
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
    client_linger(c);
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
    .data = client_read,
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
        client_doom(c);
    } else if (c->draining) {
        if (c->stream.sent - c->progress < client_least_bytes(c, client_settings(c)->body_timeout))
            client_gone(c);
        else
            client_await_drain(c);
    } else if (c->state == CLIENT_HEAD || c->state == CLIENT_BODY) {
        client_request_late(c, c->state == CLIENT_HEAD ? REFUSAL_HEADER_TIMEOUT : REFUSAL_BODY_TIMEOUT);
    } else if (c->state == CLIENT_WAIT && c->transit != NULL && c->stream.sent != c->progress) {
        client_give_grace(c); /* it still takes bytes: it would have reset the connection if it were gone */
    } else {
        client_gone(c); /* idle, lingering, or half-closed beyond the grace */
    }
}

/* ---- begin ---- */

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
        client_set_deadline(c, client_settings(c)->header_timeout);
    return true;
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
        client_linger(c);
    else
        client_end(c);
}

struct client *
client_next(const struct client *c)
{
    return c->next;
}
