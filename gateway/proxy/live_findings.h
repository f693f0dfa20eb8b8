/* live_findings.h -- what the traffic got wrong since the start, each thing once, with its count.
 *
 * The same findings with the same fingerprints as `plumbline check` makes of a recording (traffic/finding.h). Each
 * worker has a lane of its own: a bounded list under a lock that only a reader takes besides; exchanges without
 * violations do not come near it. What no longer fits is counted. Everything in it is redacted. */
#ifndef PROXY_LIVE_FINDINGS_H
#define PROXY_LIVE_FINDINGS_H

#include <stdint.h>

#include "traffic/finding.h"

struct live_findings;
struct live_lane;
struct redaction_scratch;
struct transit;

/* New or NULL. */
struct live_findings *live_findings_new(uint32_t lanes);

/* Whoever adds must have ended. Accepts NULL. */
void live_findings_free(struct live_findings *live);

/* The lane of a worker by its number; NULL when live is NULL. */
struct live_lane *live_lane(struct live_findings *live, uint32_t worker);

/* Worker, or the recorder after it: count the violations of a finished exchange. One that is new has the exchange
 * redacted first (transit.redacted), with the caller's scratch. Accepts a NULL lane. */
void live_findings_add(struct live_lane *lane, struct transit *t, struct redaction_scratch *scratch);

/* Any thread: one more that is not of a single exchange. It is redacted already. Copies. Accepts a NULL lane. */
void live_findings_add_one(struct live_lane *lane, const struct finding *f);

struct live_totals {
    int64_t since;      /* clock_wall of the start or the last reset */
    uint64_t before;    /* finished exchanges, with or without, before that */
    uint64_t exchanges; /* with violations */
    uint64_t overflow;  /* violations that are counted nowhere else, because the list was full */
};

/* Any other thread: all lanes together, in a new list that is the caller's, or NULL (no memory). */
struct finding_list *live_findings_merge(struct live_findings *live, struct live_totals *totals);

/* Any other thread: begin again, after so many finished exchanges. */
void live_findings_reset(struct live_findings *live, uint64_t exchanges);

#endif
