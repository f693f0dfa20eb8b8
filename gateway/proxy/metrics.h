/* metrics.h -- what a worker counts, and the sums for /metrics and /api/v1/status.
 *
 * Each worker writes its own counters with relaxed atomics (plain stores on this hardware: one writer); whoever
 * asks adds them up. Labels are services, operations and rules, never raw paths. */
#ifndef PROXY_METRICS_H
#define PROXY_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buffer.h"
#include "proxy/refusal.h"
#include "rules/ruleset.h"

struct exchange;
struct transit;
struct watch_finding;

#define METRICS_CLASSES 6  /* 1xx to 5xx; [0]: no response */
#define METRICS_BUCKETS 14 /* of the duration histograms, the last one +Inf */

/* Why requests were refused: for a reason of our own, for what the request was, for what the upstream said. */
#define METRICS_REFUSALS (REFUSAL_IDS + 2)

typedef _Atomic uint64_t counter;

/* How long something took. */
struct duration_counters {
    counter buckets[METRICS_BUCKETS];
    counter ns;
};

/* Of one operation, or of a service's requests that no operation matches. */
struct operation_counters {
    counter requests[METRICS_CLASSES];
    struct duration_counters duration;
    counter violations[2][VIOLATION_IDS]; /* by side */
    counter unchecked[UNCHECKED_IDS];
};

struct service_counters {
    struct duration_counters first_byte; /* of answers that came from outside, since the request was sent */
    counter bytes[2];                    /* of bodies, by side */
    counter refusals[METRICS_REFUSALS];
};

/* How the upstream of a service did last; times are wall clock, 0: never. */
struct service_health {
    counter answered; /* it began an answer */
    counter failed;
    _Atomic(const char *) why; /* it failed: an id of CALL_FAILURES (net/upstream.h) */
};

/* Made when its first exchange is counted: contracts have thousands of operations, traffic has a few. */
typedef _Atomic(struct operation_counters *) operation_place;

/* Of one worker, for one ruleset. */
struct counters {
    uint32_t operation_count; /* of the ruleset; behind them one per service, and one for no service */
    uint32_t service_count;
    operation_place *operations;
    struct service_counters *services; /* the last one: no service */
    struct service_health *health;     /* by service index */
    counter connections;               /* open now */
    counter accepted;
    counter handshakes_failed; /* clients with whom no TLS came about */
    counter exchanges;
    counter in_flight;
    counter waiting; /* for the disk (record.sync: always) */
    counter refused;
    counter client_gone;
    counter tunnels; /* open now */
    counter tunnels_opened;
    counter tunnel_bytes[2]; /* of ended ones, by the side that sent them */
    counter violations;
    counter unrecorded;                    /* exchanges that were not recorded though they should have been */
    counter request_bytes, response_bytes; /* bodies */
};

/* New or NULL. */
struct counters *counters_new(const struct ruleset *ruleset);
void counters_free(struct counters *c);

static inline void
count_add(counter *c, uint64_t n)
{
    atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline uint64_t
count_of(const counter *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

/* The counters at this place, or NULL: nothing was counted there. Any thread. */
static inline const struct operation_counters *
counters_of(const struct counters *c, uint32_t place)
{
    return atomic_load_explicit(&c->operations[place], memory_order_acquire);
}

/* An exchange is finished. */
void counters_exchange(struct counters *c, const struct transit *t);

/* Several exchanges together got something wrong. */
void counters_finding(struct counters *c, const struct ruleset *ruleset, const struct watch_finding *f);

/* The upstream of the exchange failed; `why` is literal. */
void counters_upstream_failed(struct counters *c, const struct transit *t, const char *why);

#define RECORDER_TROUBLE 800

/* What the recorder did; filled in by recorder_totals. */
struct recorder_totals {
    uint64_t written; /* exchanges */
    uint64_t bytes;
    uint64_t failed;                /* exchanges lost to a failing disk */
    uint64_t dropped;               /* exchanges dropped because the disk was slower than the traffic (full: drop) */
    uint64_t waits;                 /* times a worker had to wait for the recorder */
    bool failing;                   /* the last write failed */
    char trouble[RECORDER_TROUBLE]; /* why writing failed last; empty: it never did */
};

/* Sums over workers. */
struct metrics_totals {
    uint64_t exchanges, refused, violations, connections, accepted, in_flight, waiting, client_gone, unrecorded;
    uint64_t tunnels, tunnels_opened, tunnel_bytes[2];
    uint64_t handshakes_failed;
    uint64_t request_bytes, response_bytes;
    uint64_t watched, watch_entities, watch_bytes, watch_forgotten, watch_overflow, watch_untold; /* watching.h */
};
void metrics_totals_add(struct metrics_totals *sum, const struct counters *c);

struct ledger;

/* Prometheus text of what was counted, by name (ledger.h), and of the recorder. */
void metrics_write(struct buffer *out, const struct ledger *ledger, const struct recorder_totals *recorder);

#endif
