/* replay_watch.h -- lifecycles and invariants over the exchanges of a new run, as they happen (rules/watch.h). One
 * exchange at a time; main thread. */
#ifndef CLI_REPLAY_WATCH_H
#define CLI_REPLAY_WATCH_H

#include "contract/check.h"
#include "report/report.h"
#include "rules/ruleset.h"
#include "traffic/exchange.h"
#include "traffic/finding.h"
#include "traffic/recheck.h"

struct replay_watch;

/* *w is NULL where the ruleset (may be NULL) has no such rules. 0, or -1 with err. Borrows everything. */
int replay_watch_new(struct replay_watch **w, const struct ruleset *ruleset, struct finding_list *findings,
                     const char *command, struct error *err);
void replay_watch_free(struct replay_watch *w); /* accepts NULL, as all that follow */

/* An exchange is about to be checked: *more is what recheck_exchange is to be given. */
void replay_watch_begin(struct replay_watch *w, const struct route *route, struct exchange *x, struct check *check,
                        const struct recheck_more **more);

/* It was checked; those that are still under way began at `settled` or later. */
void replay_watch_end(struct replay_watch *w, int64_t settled);

/* All were: tell the rest. 0, or -1: no memory. */
int replay_watch_finish(struct replay_watch *w, struct report_summary *summary);

#endif
