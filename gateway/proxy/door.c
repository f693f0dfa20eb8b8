/* door.c -- letting in, waiting, turning away. */
#include "proxy/door.h"

#include "base/limits.h"
#include "net/tls.h"
#include "proxy/client.h"
#include "proxy/peer.h"
#include "proxy/worker.h"

void
door_open(struct worker *w, struct admission *admission)
{
    w->door.admission = admission;
    admission_join(admission, &w->door.seat, w->loop);
}

void
door_shut(struct worker *w)
{
    if (w->door.admission != NULL)
        admission_part(w->door.admission, &w->door.seat);
}

/* ---- asked by the acceptors ---- */

static bool
on_enter(void *arg)
{
    struct worker *w = arg;
    const struct settings *s = worker_settings(w);

    w->door.exhausted = false;
    if (admission_enter(w->door.admission, s->max_connections, s->overload_refuse ? NULL : &w->door.seat)) {
        w->door.next = DOOR_FREE;
        return true;
    }
    w->door.next = DOOR_FULL;
    return s->overload_refuse;
}

static void
on_waits(void *arg)
{
    struct worker *w = arg;

    admission_crowd(w->door.admission, &w->door.seat);
}

static void
on_leave(void *arg)
{
    struct worker *w = arg;

    if (w->door.next == DOOR_FREE)
        admission_leave(w->door.admission);
    w->door.next = DOOR_ASKED_NOTHING;
}

static bool
on_exhausted(void *arg, int error)
{
    struct worker *w = arg;

    admission_exhausted(w->door.admission, error);
    w->door.exhausted = worker_settings(w)->overload_refuse;
    return w->door.exhausted;
}

const struct acceptor_guard door_guard = {
    .enter = on_enter, .waits = on_waits, .leave = on_leave, .exhausted = on_exhausted
};

/* ---- who came ---- */

/* What one address may have; trusted proxies speak for many clients, and who comes by a unix socket has no address. */
static bool
is_counted(const struct settings *s, const struct ip *ip)
{
    return s->max_connections_per_client > 0 && ip->known && !peer_is_trusted(s, ip);
}

#define TOO_MANY                                                                                                       \
    "{\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\"too many connections\","                           \
    "\"errors\":[{\"keyword\":\"overloaded\"}]}"

static void
turn_away(struct worker *w, int fd, const struct address *peer, enum admission_reason why, bool secure)
{
    static const struct text answer =
        TEXT("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\n"
             "Connection: close\r\nContent-Length: 112\r\n\r\n" TOO_MANY);
    _Static_assert(sizeof TOO_MANY - 1 == 112, "Content-Length");
    bool read = w->door.turned_away < LIMIT_TURNED_AWAY && why != ADMISSION_NO_DESCRIPTOR;

    admission_count(w->door.admission, why);
    /* inside TLS it could only be told after a handshake, which is more work than what is refused */
    client_turn_away(w, fd, peer, secure ? (struct text){ NULL, 0 } : answer, read);
}

void
door_visitor(void *worker, int fd, const struct address *peer, struct listener *on)
{
    struct worker *w = worker;
    const struct settings *s = worker_settings(w);
    struct ip ip = address_ip(peer), client = ip_client(&ip);
    struct tls_context *tls = listener_tls(on);
    enum door_place place = is_counted(s, &ip) ? DOOR_COUNTED : DOOR_INSIDE;
    bool free = w->door.next != DOOR_FULL && !w->door.exhausted;

    if (w->door.next == DOOR_ASKED_NOTHING && free) /* the listener ends, and nobody in its queue is to be lost */
        (void)admission_enter(w->door.admission, UINT32_MAX, NULL);
    w->door.next = DOOR_ASKED_NOTHING;
    if (!free) {
        turn_away(w, fd, peer, w->door.exhausted ? ADMISSION_NO_DESCRIPTOR : ADMISSION_OVER_ALL, tls != NULL);
    } else if (place == DOOR_COUNTED &&
               !admission_client_enter(w->door.admission, &client, s->max_connections_per_client)) {
        admission_leave(w->door.admission);
        turn_away(w, fd, peer, ADMISSION_OVER_CLIENT, tls != NULL);
    } else if (!client_accept(w, fd, peer, tls, place)) {
        door_left(w, place, &ip);
    }
    tls_context_drop(tls);
}

/* ---- idle connections ---- */

/* For admission_crowd, which asks the worker that has the longest. */
static void
tell_longest(struct worker *w)
{
    int64_t since = w->door.longest != NULL ? w->door.longest->since : ADMISSION_BUSY;

    atomic_store_explicit(&w->door.seat.idle_since, since, memory_order_relaxed);
}

void
door_idle(struct worker *w, struct door_idler *idler)
{
    struct door *d = &w->door;

    idler->since = loop_now(w->loop);
    idler->longer = d->shortest;
    idler->shorter = NULL;
    if (d->shortest != NULL)
        d->shortest->shorter = idler;
    d->shortest = idler;
    if (d->longest != NULL)
        return;
    d->longest = idler;
    tell_longest(w);
}

void
door_busy(struct worker *w, struct door_idler *idler)
{
    struct door *d = &w->door;

    if (idler->since == 0)
        return;
    idler->since = 0;
    if (idler->shorter != NULL)
        idler->shorter->longer = idler->longer;
    else
        d->shortest = idler->longer;
    if (idler->longer != NULL) {
        idler->longer->shorter = idler->shorter;
        return;
    }
    d->longest = idler->shorter;
    tell_longest(w);
}

bool
door_is_crowded(const struct worker *w)
{
    return admission_is_crowded(w->door.admission);
}

/* Somebody waits, here or at another worker: close what is idle for longest. Who has just sent its next request stays,
 * though it was not read yet. */
static void
make_room(struct worker *w)
{
    unsigned asked = atomic_exchange(&w->door.seat.asked, 0);
    struct door_idler *next;

    for (struct door_idler *each = w->door.longest; each != NULL && asked > 0; each = next) {
        next = each->shorter;
        asked -= client_make_room(each->client);
    }
}

void
door_woken(struct worker *w)
{
    make_room(w);
    admission_look_again(w->door.admission, &w->door.seat);
    for (uint32_t i = 0; i < w->acceptor_count; i++)
        acceptor_resume(w->acceptors[i]);
}

void
door_left(struct worker *w, enum door_place place, const struct ip *ip)
{
    struct ip client = ip_client(ip);

    if (place == DOOR_TURNED_AWAY)
        w->door.turned_away--;
    else
        admission_leave(w->door.admission);
    if (place == DOOR_COUNTED)
        admission_client_leave(w->door.admission, &client);
}
