/* watching.h -- lifecycles and invariants in the running gateway: which exchanges are under way, and the memory that
 * all workers feed.
 *
 * A `watching` belongs to a generation: after a reload nothing is known of any entity. Each worker has a lane: the
 * watched exchanges that are under way, the oldest first, and when that one began, published to the others. What an
 * exchange says is noted on its worker without a lock, and fed under the lock of one of the shards of the memory.
 *
 * Exchanges of an earlier generation may still be under way after a reload, and nobody here knows what they do. So
 * findings that rest on exchanges which one of them may have overlapped are not told (they are counted). */
#ifndef PROXY_WATCHING_H
#define PROXY_WATCHING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "contract/violation.h"

struct counters;
struct document;
struct live_lane;
struct metrics_totals;
struct proxy_options;
struct redaction_scratch;
struct ruleset;
struct share;
struct transit;
struct watching;
struct watching_lane;

/* For this ruleset, which is borrowed; *w is NULL where it has no such rules. `alone`: no generation was there before.
 * 0, or -1 with err. Accepts NULL for freeing; no exchange may be left. */
int watching_new(struct watching **w, const struct ruleset *ruleset, const struct proxy_options *options, bool alone,
                 struct error *err);
void watching_free(struct watching *w);

/* One more worker's lane, borrowed; before any exchange. w NULL: *lane is NULL. 0, or -1 with err. */
int watching_lane_new(struct watching *w, struct watching_lane **lane, struct error *err);

/* ---- worker: an exchange on its way (all of no effect where nothing watches it) ---- */

/* It is routed: from now on it may have an effect. */
void watching_begin(struct transit *t);

/* A JSON body was read. True: its tape must stay. */
bool watching_parsed(struct transit *t, enum side side, const struct document *document);

/* Rules over one exchange, into the side's verdict; when its body was checked. */
void watching_check(struct transit *t, enum side side);

/* Both messages are complete and checked, or it is finishing: what it says is fed. Of no effect before, and the second
 * time. */
void watching_over(struct transit *t);

/* ---- time passes ---- */

/* Who tells what is found, and where it is counted. */
struct watching_teller {
    struct counters *counters;  /* of the watching's generation */
    struct live_lane *findings; /* NULL: nobody looks */
    struct redaction_scratch *scratch;
};

/* The worker of the first lane, every second: time-outs, and what waited for others to end. Accepts NULL. */
#define WATCHING_TICK (1 * INT64_C(1000000000))
void watching_tick(struct watching *w, const struct watching_teller *teller);

/* Reload's thread: no exchange of an earlier generation is left. Accepts NULL. */
void watching_alone(struct watching *w);

/* Every exchange has ended, and there will be none: tell what waited. Accepts NULL. */
void watching_finish(struct watching *w, const struct watching_teller *teller);

/* Any thread: add what it knows and what it forgot; `gone`: its entities no longer count. Accepts NULL. */
void watching_totals(struct watching *w, bool gone, struct metrics_totals *sum);

#endif
