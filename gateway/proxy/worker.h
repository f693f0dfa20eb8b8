/* worker.h -- one thread: its loop, listening sockets, clients, upstream connections, arenas and counters. Workers
 * share nothing.
 *
 * Made and freed by the server's thread; between start and join everything in it belongs to its own thread. */
#ifndef PROXY_WORKER_H
#define PROXY_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/stream.h"
#include "proxy/door.h"
#include "proxy/quiet.h"

struct client;
struct fault_counts;
struct generation;
struct live_findings;
struct live_lane;
struct rate_table;
struct readdress;
struct recent;
struct recent_lane;
struct recorder;
struct redaction_scratch;
struct ring;
struct settings;
struct share;
struct schema_scratch;
struct transit;
struct upstream;

#define WORKER_ARENAS 256 /* kept for reuse */

struct worker {
    uint32_t index;
    struct loop *loop;
    struct stream_kit *kit;
    struct acceptor **acceptors;
    uint32_t acceptor_count;
    struct share *share;                   /* of the newest generation that it took over */
    struct share *older;                   /* of earlier ones, which exchanges still use */
    _Atomic(struct share *) next;          /* handed over, not taken yet */
    _Atomic(struct readdress *) readdress; /* newest first; not done yet */
    struct timer watch_tick;               /* of the first worker alone: see watching.h */
    struct timer retire_again;             /* looks at what only the recorder still uses */
    struct deferred retire;
    struct schema_scratch *scratch;
    struct rate_table *rates;          /* shared by all workers; borrowed from the server */
    struct fault_counts *fault_counts; /* the same */

    struct arena *arenas[WORKER_ARENAS];
    uint32_t arena_count;
    struct quiet quiet;
    struct timer quiet_tick;
    struct recorder *recorder;          /* NULL: nothing is recorded */
    struct ring *finished;              /* to the recorder */
    struct ring *emptied;               /* arenas, back from it */
    _Atomic(struct transit *) released; /* whole exchanges, back from it: their answers waited */
    uint32_t held;                      /* exchanges that it has and that come back so */

    struct recent_lane *recent; /* for the admin listener; NULL: there is none */
    struct live_lane *findings;

    struct door door;
    struct client *clients;
    uint32_t client_count;
    bool draining;
    atomic_bool stop;  /* set by the server, then the loop is woken */
    atomic_bool hurry; /* likewise: do not wait for what is inside */
    int news;          /* eventfd of the server: a generation was taken over, or is over */
    struct timer drain_limit;

    uint64_t id_count; /* for exchange ids */
    uint64_t id_seed;
    struct redaction_scratch *redaction; /* for what access lines show */
    struct buffer access;                /* access lines of this turn */
    struct deferred access_later;
    pthread_t thread;
    bool running;
};

/* What all workers share; borrowed from the server. */
struct worker_shared {
    struct recorder *recorder;      /* NULL: nothing is recorded */
    struct recent *recent;          /* NULL: nobody looks at them */
    struct live_findings *findings; /* likewise */
    struct admission *admission;
    struct rate_table *rates;
    struct fault_counts *fault_counts;
    int news; /* eventfd: a generation was taken over, or is over */
};

/* New; the generation gets one more share for it, and its listeners one more acceptor each. NULL with err. */
struct worker *worker_new(uint32_t index, struct generation *g, const struct worker_shared *shared, struct error *err);

/* Run its thread. 0 or -1. */
int worker_start(struct worker *w, struct error *err);

/* One thread at a time, while it runs: begin exchanges with this share from now on (soon). Gives back a share that
 * was handed over before and never taken, or NULL. */
struct share *worker_hand_over(struct worker *w, struct share *share);

/* One thread at a time, while it runs: a service's name has these addresses now. Of no effect for another generation
 * than the one that it uses or is about to use. */
void worker_readdress(struct worker *w, uint64_t generation, uint32_t service, const struct upstream *fresh);

/* Any thread, also a signal handler: once it is stopping, break off what is inside. */
void worker_hurry(struct worker *w);

/* Any thread: stop accepting, finish what is inside within the settings' drain_timeout, then end. worker_join
 * waits for it. */
void worker_stop(struct worker *w);
void worker_join(struct worker *w);

/* Accepts NULL. */
void worker_free(struct worker *w);

/* An empty arena for an exchange; NULL: no memory. Given back, it is reset and kept. */
struct arena *worker_arena(struct worker *w);
void worker_arena_back(struct worker *w, struct arena *a);

/* Recorder: an exchange whose answer waits is on the disk, or could not be written. */
void worker_release(struct worker *w, struct transit *t);

/* The share to begin an exchange with, and the end of that exchange. */
struct share *worker_share(struct worker *w);
void worker_share_left(struct worker *w, struct share *share);

/* Of the newest generation that it took over. */
const struct settings *worker_settings(const struct worker *w);

/* Clients come and go. */
void worker_client_added(struct worker *w);
void worker_client_removed(struct worker *w);

#endif
