/* client_end.c -- the ways in which a connection from a client ends: behind its answer, in order or by a reset; or the
 * client is gone, or its time is over.
 *
 * A client that closes its side may be gone, or may have only finished sending: for TCP they look the same. A request
 * that asked for the connection's end (or came by HTTP/1.0) is answered however long it takes; one that would have
 * kept it is given a short grace as long as nothing is sent, then its upstream call is cancelled. */
#include "proxy/client_internal.h"

#include <stdlib.h>

#include "base/limits.h"
#include "proxy/pipeline.h"
#include "proxy/transit.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

#define DOOM_LOOKS (5 * LOOP_MILLI) /* between looks at what a doomed client has acknowledged */

/* ---- the client leaves ---- */

void
client_give_grace(struct client *c)
{
    if (!c->transit->exchange.request.keep_alive || c->draining)
        return;
    c->progress = c->stream.sent;
    (void)timer_start(c->worker->loop, &c->deadline, LIMIT_CLIENT_GRACE);
}

void
client_gone(struct client *c)
{
    struct transit *t = c->transit;

    c->transit = NULL;
    if (t != NULL)
        pipeline_client_gone(t);
    client_end(c);
}

/* ---- closing ---- */

static void
on_burial(void *arg)
{
    struct client *c = arg;

    door_left(c->worker, c->place, &c->ip);
    worker_client_removed(c->worker);
    free(c);
}

void
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
    c->burial = (struct deferred){ .call = on_burial, .arg = c };
    loop_defer(c->worker->loop, &c->burial);
}

/* Our side is closed first and the client's last bytes are read, because closing with unread bytes resets the
 * connection and may destroy the response on its way (RFC 9112 9.6). */
void
client_linger(struct client *c)
{
    stream_shutdown(&c->stream);
    c->state = CLIENT_LINGER;
    stream_resume(&c->stream);
    (void)timer_start(c->worker->loop, &c->deadline, LIMIT_LINGER_TIME);
}

/* A reset destroys what is still on its way, earlier responses included: so it waits until those have arrived. */
void
client_doom(struct client *c)
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

/* ---- who ends it, or not ---- */

void
client_finished(struct client *c, enum client_future future)
{
    bool all_read = c->state == CLIENT_WAIT || (c->state == CLIENT_TUNNEL && c->stream.ended);
    bool unread = !all_read || buffer_length(&c->stream.in) > 0 || c->stream.readable;

    c->transit = NULL;
    if (future == CLIENT_RESET) {
        client_doom(c);
        return;
    }
    if (future == CLIENT_CLOSE || future == CLIENT_BREAK_OFF) {
        if (c->half_closed && !unread)
            client_end(c);
        else
            client_linger(c);
        return;
    }
    c->state = CLIENT_IDLE;
    door_idle(c->worker, &c->idler);
    if (c->worker->draining)
        client_drain(c); /* its answer promised it another one, before we knew */
    else if (door_is_crowded(c->worker) && client_make_room(c))
        return;
    else
        client_set_deadline(c, client_settings(c)->keep_alive_timeout);
    stream_resume(&c->stream);
}

void
client_drain(struct client *c)
{
    if (c->state == CLIENT_IDLE) /* a request may be on its way */
        (void)timer_start(c->worker->loop, &c->deadline, client_settings(c)->drain_idle);
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
