/* recent.h -- the exchanges that passed last, kept whole for whoever looks at the admin listener.
 *
 * Each worker has a lane of its own: a bounded row of finished exchanges under a lock that only a reader takes besides.
 * Keeping one takes over its arena; nothing is copied, rendered or redacted before somebody asks. Where exchanges are
 * recorded the recorder keeps them, after it has redacted and written them, so that workers do nothing at all.
 *
 * Under high rates only a sample is kept: each lane has a budget per second for exchanges that went well and one of its
 * own for those with violations, refusals or early ends. What was seen and kept is counted. */
#ifndef PROXY_RECENT_H
#define PROXY_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/ruleset.h"

struct exchange;
struct live_lane;
struct recent;
struct recent_lane;
struct redaction_scratch;
struct transit;

/* Room for so many exchanges and bytes in all lanes together. New or NULL. */
struct recent *recent_new(uint32_t lanes, uint32_t exchanges, size_t bytes);

/* Whoever puts into it must have ended. Accepts NULL. */
void recent_free(struct recent *r);

/* The lane of a worker by its number; NULL when r is NULL. */
struct recent_lane *recent_lane(struct recent *r, uint32_t worker);

/* ---- where exchanges end: the worker, or the recorder after it ---- */

/* Worker, once for each finished exchange: count it, and decide whether it is kept (transit.keep). */
void recent_seen(struct recent_lane *lane, struct transit *t);

/* Worker or recorder: take over the arena and the ruleset of a transit that is to be kept. False: they are still the
 * caller's. */
bool recent_keep(struct recent_lane *lane, struct transit *t);

/* ---- after a reload: its thread ---- */

/* Let those go that hold another ruleset than these two: rules are large, and a quiet gateway would keep old ones for
 * ever. */
void recent_forget(struct recent *r, const struct ruleset *newest, const struct ruleset *previous);

/* Any thread but the workers': append the rulesets that are held and not among these `count`, of at most `most`. How
 * many there are then. Only to be compared. */
uint32_t recent_rulesets(struct recent *r, const struct ruleset **list, uint32_t count, uint32_t most);

/* ---- reading: any thread but the workers' ---- */

/* An exchange that is held. */
struct recent_entry {
    struct exchange *exchange;
    struct ruleset *ruleset;
    struct recent_lane *lane;
    uint64_t sequence; /* the order in which they were kept, from 1 */
    size_t weight;     /* bytes */
    uint32_t pins;     /* readers that look at it; under the lane's lock */
    bool evicted;      /* out of its lane; the last reader frees it */
    bool redacted;
    bool unusable; /* it could not be redacted, so it is not shown */
};

/* All that is held at one moment. One reader at a time: from recent_open to recent_close others wait. */
struct recent_view {
    struct recent *recent;
    struct recent_entry **entries;
    uint32_t count;
    uint64_t newest;     /* the last sequence number given so far */
    uint64_t seen, kept; /* ever; what the recorder has not done with yet is only seen */
    bool sampled;        /* some were not kept, and never will be */
};

enum recent_order {
    RECENT_NEWEST_STARTED, /* by id, the newest first */
    RECENT_AS_KEPT,        /* by sequence */
};

/* What is held with a sequence number above `after`. 0 or -1 (no memory). */
int recent_open(struct recent *r, uint64_t after, enum recent_order order, struct recent_view *view);
void recent_close(struct recent_view *view);

/* The exchange as it may be shown: redacted, as recordings are, by the rules it was checked with. NULL: it may not be
 * shown. Its arena may be used until recent_close, by whoever rewinds it. */
struct exchange *recent_show(struct recent_view *view, struct recent_entry *entry);

/* The last sequence number that was given. */
uint64_t recent_newest(struct recent *r);

/* Wait until something was kept after `sequence`, recent_wake was called, or so many milliseconds have passed. One
 * thread. */
void recent_wait(struct recent *r, uint64_t sequence, int ms);
void recent_wake(struct recent *r);

#endif
