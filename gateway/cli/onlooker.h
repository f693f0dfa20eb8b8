/* onlooker.h -- lifecycles and invariants (rules/watch.h) look on while whole exchanges are checked, one after the
 * other: those of recordings (check_watch.h), and those that a replay makes.
 *
 * Around recheck_exchange stand onlooker_begin (the bodies that the check reads are kept, and rules over one exchange
 * are checked with it), onlooker_observe (what rules over several see of it) and onlooker_feed (they remember that, and
 * what is settled by now becomes a finding).
 *
 * On the wire exchanges overlap: proxy/watching.h; so they do in flows: flow/runner_rules.c. An expression that could
 * not be computed is told on stderr. One exchange at a time, which lives until it was fed; main thread. */
#ifndef CLI_ONLOOKER_H
#define CLI_ONLOOKER_H

#include "contract/check.h"
#include "report/report.h"
#include "rules/ruleset.h"
#include "rules/watch.h"
#include "traffic/exchange.h"
#include "traffic/finding.h"
#include "traffic/recheck.h"

struct onlooker;

/* *made is NULL where the ruleset (may be NULL) has no such rules. 0, or -1 with err, and *made is to be freed
 * all the same. Borrows everything. */
int onlooker_new(struct onlooker **made, const struct ruleset *ruleset, struct finding_list *findings,
                 const char *command, struct error *err);
void onlooker_free(struct onlooker *l); /* accepts NULL, as all that follow */

/* An exchange is about to be checked. *more is what recheck_exchange is to be given; where rules have to do with it,
 * check->parsed is set. */
void onlooker_begin(struct onlooker *l, const struct route *route, struct exchange *x, struct check *check,
                    const struct recheck_more **more);

/* It was checked. False: rules over several exchanges have nothing to do with it. */
bool onlooker_observe(const struct onlooker *l, struct observation *o);

/* Every exchange that is fed later begins at `settled` or after it. */
void onlooker_feed(struct onlooker *l, const struct observation *o, int64_t settled);

/* All of them were: tell the rest, and count what was forgotten. 0, or -1: no memory. */
int onlooker_finish(struct onlooker *l, struct report_summary *summary);

#endif
