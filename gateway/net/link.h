/* link.h -- one connection to an upstream: idle in its pool, or carrying one call. Shared by upstream.c (pools)
 * and call.c. */
#ifndef NET_LINK_H
#define NET_LINK_H

#include "net/upstream.h"

struct link {
    struct stream stream;
    struct pool *pool;
    struct call *call; /* NULL: idle, or about to be freed */
    struct timer deadline;
    struct deferred burial;
    char text[ADDRESS_TEXT]; /* where it goes */
    bool connected;
    enum { LINK_STRAIGHT, LINK_ASKING, LINK_TUNNEL } way; /* through a proxy by CONNECT */
};

struct pool {
    struct stream_kit *kit;
    struct loop *loop;
    const struct upstream *upstream;
    struct targets targets;
    struct tls_sessions sessions;
    uint32_t most;
    int64_t idle_timeout;
    uint64_t opened;
    uint32_t idle_count;
    struct link *idle[]; /* the last one is taken first: it is the least likely to be closed by the peer */
};

/* upstream.c */
extern const struct stream_events link_events;

/* Not connected yet. NULL: no memory. */
struct link *link_new(struct pool *pool);

/* The connection is over; its memory goes at the end of the turn. */
void link_drop(struct link *link);

/* Its answer is complete: keep it for the next call, if both sides want to. */
void link_keep(struct link *link);

/* call.c: what a link tells the call that it carries. */
void call_connected(struct call *call);
size_t call_read(struct call *call, struct text bytes);       /* returns how many were used */
void call_read_end(struct call *call);                        /* the upstream sends no more */
void call_lost(struct call *call);                            /* the connection failed */
void call_refused_tunnel(struct call *call, uint16_t status); /* by the proxy; 0: what it said is no HTTP */
void call_late(struct call *call);                            /* its deadline passed */

#endif
