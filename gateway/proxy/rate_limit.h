/* rate_limit.h -- how much each caller has used of its rate: one table for all workers and all generations of settings.
 *
 * The generic cell rate algorithm (ITU-T I.371, Annex A): of each caller one time is kept, the one at which everything
 * it has used is earned again. A request moves that time on by one interval, and is refused where it would come to lie
 * more than a burst ahead of now. It decides as a token bucket does, without fractions, without anything that must be
 * filled up meanwhile, and what it says is exact: never more than `burst` at once, never more than burst + n in the
 * time in which n are earned.
 *
 * Callers are known by a keyed tag (hash_keyed): what tells them apart is often a secret, and is not kept. The tag is
 * of the rate's name and numbers, too, so that a rate which a reload did not change goes on counting where it was.
 *
 * Bounded: the table never grows. In a full place the caller goes that loses least, the one that has used least; that
 * one may then use its burst anew, which `forgotten` counts. Since places are found by a keyed tag, nobody can choose
 * whom to push out.
 *
 * Any thread: a lock per shard, held for a few comparisons. Times are nanoseconds of the monotonic clock, given by the
 * caller; those of several threads may differ a little, and go back by that. */
#ifndef PROXY_RATE_LIMIT_H
#define PROXY_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"
#include "rules/settings.h"

struct rate_table;

/* With room for `callers` (rounded up). New or NULL: no memory, or no randomness for the key. */
struct rate_table *rate_table_new(uint32_t callers);

/* Accepts NULL. */
void rate_table_free(struct rate_table *table);

struct rate_answer {
    bool passes;
    uint32_t left; /* requests that would pass at once behind this one */
    int64_t full;  /* until the whole burst is earned again */
    int64_t wait;  /* until the next request passes; 0: it would now */
};

/* One request of this caller under this rate; counted only where it passes. */
struct rate_answer
rate_table_take(struct rate_table *table, const struct rate_settings *rate, struct text caller, int64_t now);

/* Callers that had to be forgotten though they had used something, ever. */
uint64_t rate_table_forgotten(const struct rate_table *table);

/* Append it, for /metrics. */
void rate_table_metrics(const struct rate_table *table, struct buffer *out);

#endif
