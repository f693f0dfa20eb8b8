/* generation.h -- what belongs to one ruleset and is swapped with it as a whole: responders with their addresses, the
 * sandbox and the recordings that answer for some of them, and of each worker its connections to upstreams and its
 * counters.
 *
 * A generation is built completely on the side (server's or reload's thread), then its shares are handed over, one to
 * each worker. A worker begins exchanges with its newest share; one that has begun ends with the share it began with.
 * So the count of users is the worker's own and needs no atomic operation; what the recorder has is told apart,
 * because it gives exchanges back from its own thread. A share that nobody uses any more is closed by its worker; when
 * every share is closed, whoever made the generation frees it. */
#ifndef PROXY_GENERATION_H
#define PROXY_GENERATION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"
#include "net/loop.h"
#include "net/stream.h"
#include "proxy/metrics.h"
#include "rules/ruleset.h"

struct documented;
struct listener;
struct proxy_options;
struct playback;
struct pool;
struct responder;
struct script;
struct stale_memory;
struct tally;
struct sandbox;
struct sandbox_state;
struct tls_context;
struct watching;
struct watching_lane;

/* What one worker has of a generation; its thread's alone, but for the counters (metrics.h) and `returned`. */
struct share {
    struct generation *generation;
    struct ruleset *ruleset; /* the generation's */
    struct counters *counters;
    struct watching_lane *watching; /* NULL: no rules over several exchanges */
    struct tally *tally;            /* for what contracts do not name (undocumented.h) */
    struct script *fault_script;    /* expressions of faults; NULL: there are none */
    struct pool **pools;            /* by service index; NULL: closed */
    uint64_t users;                 /* exchanges that are not over */
    uint64_t lent;                  /* exchanges that went to the recorder, ever */
    counter returned;               /* those that it is done with; written by its thread */
    struct share *older;            /* in the worker's list of those that are still used */
};

struct generation {
    uint64_t number;               /* from 1 */
    struct ruleset *ruleset;       /* held */
    struct sandbox *sandbox;       /* NULL: no service asks for it */
    struct playback *playback;     /* NULL: no service is answered from a recording */
    struct documented *documented; /* NULL: all refusals are problem documents */
    struct responder *responders;
    struct stale_memory *stale;  /* NULL: no fault answers with earlier answers */
    struct watching *watching;   /* NULL: likewise */
    struct listener **listeners; /* borrowed from the server: where clients come in */
    struct tls_context **tls;    /* what their clients speak from now on; held, NULL: no TLS */
    uint32_t listener_count;
    struct share *shares[LIMIT_WORKERS];
    uint32_t share_count;
    atomic_uint taken;  /* workers that began to use it */
    atomic_uint closed; /* workers that are done with it */
    struct generation *older;
};

/* Start the sandbox for it (*state: what it remembers, see sandbox_start; NULL: everything is only looked at), load
 * recordings that answer, resolve its upstreams, read their certificates. Blocks. New, or NULL with err. */
struct generation *generation_new(struct ruleset *ruleset, uint64_t number, const struct proxy_options *options,
                                  struct sandbox_state **state, struct error *err);

/* One more share, for the worker with this loop and kit. May be called on any thread while that worker runs. 0 or -1
 * with err. */
int generation_share(struct generation *g, struct stream_kit *kit, struct loop *loop, struct error *err);

/* Every share is closed, or was never handed over. Accepts NULL. */
void generation_free(struct generation *g);

/* Is it out of use everywhere? Any thread. */
bool generation_is_over(struct generation *g);

/* Worker: does anything still need this share? */
static inline bool
share_is_used(const struct share *s)
{
    return s->users > 0 || s->lent != atomic_load_explicit(&s->returned, memory_order_acquire);
}

/* Worker, or the one who frees the worker: close the connections; nothing may use it any more. Once. */
void share_close(struct share *s);

/* Recorder: it is done with one exchange of this share, and with all names that it borrowed. */
static inline void
share_return(struct share *s)
{
    atomic_store_explicit(&s->returned, count_of(&s->returned) + 1, memory_order_release);
}

#endif
