/* door.h -- who is let in: a worker's part in the limits on connections.
 *
 * While clients.max_connections are inside (of all workers together), the next ones wait in the kernel's queue
 * (overload: wait), or are let in only to be told 503 (overload: refuse). While somebody waits, the connections that
 * are idle for longest, of whichever worker, are closed to make room, and answers end their connection. One address may
 * have max_connections_per_client at the same time; the next one is told 503 in either case. Who is told so gets a
 * moment to read it, but only LIMIT_TURNED_AWAY of them at the same time: a flood is just closed. A door belongs to its
 * worker's thread. */
#ifndef PROXY_DOOR_H
#define PROXY_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "net/listener.h"
#include "proxy/admission.h"

struct worker;

/* What a client takes up, to be given back when it leaves. */
enum door_place {
    DOOR_TURNED_AWAY, /* nothing: it is inside to be told why not */
    DOOR_INSIDE,      /* one of max_connections */
    DOOR_COUNTED,     /* and one of max_connections_per_client */
};

/* A client that has had an exchange and waits for the next one; a member of it. */
struct door_idler {
    struct client *client;
    struct door_idler *longer, *shorter; /* idle for longer, for a shorter time */
    int64_t since;                       /* 0: it is not idle */
};

struct door {
    struct admission *admission; /* borrowed from the server */
    struct admission_seat seat;
    enum { DOOR_ASKED_NOTHING, DOOR_FREE, DOOR_FULL } next; /* what was found for the next client */
    bool exhausted;                                         /* it comes by the acceptor's reserve */
    uint32_t turned_away;                                   /* now */
    struct door_idler *longest, *shortest;                  /* idle */
};

/* Begin and end; admission may be NULL only before door_open. */
void door_open(struct worker *w, struct admission *admission);
void door_shut(struct worker *w);

/* For the worker's acceptors; their argument is the worker. */
extern const struct acceptor_guard door_guard;
void door_visitor(void *worker, int fd, const struct address *peer, struct listener *on);

/* The worker's loop was woken: perhaps there is a place. */
void door_woken(struct worker *w);

/* Does somebody wait for a place? Then no connection is kept. */
bool door_is_crowded(const struct worker *w);

/* A client is idle from now on (client and nothing else is set), or no longer (of no effect if it was not). */
void door_idle(struct worker *w, struct door_idler *idler);
void door_busy(struct worker *w, struct door_idler *idler);

/* A client with this place has left. */
void door_left(struct worker *w, enum door_place place, const struct ip *ip);

#endif
