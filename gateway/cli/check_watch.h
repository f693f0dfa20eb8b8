/* check_watch.h -- lifecycles and invariants over recordings, for `plumbline check`: an onlooker (onlooker.h), and what
 * it takes to tell how far recordings are settled.
 *
 * Recordings are in the order in which exchanges ended, so one that is read later may have begun earlier than one that
 * was read before. How early is known: recordings are read twice, and the first time only the beginnings are kept. A
 * pipe is read once: what it says of several exchanges is found at its end, as far as the memory reaches. Main thread.
 */
#ifndef CLI_CHECK_WATCH_H
#define CLI_CHECK_WATCH_H

#include "contract/check.h"
#include "rules/ruleset.h"
#include "traffic/exchange.h"
#include "traffic/finding.h"
#include "traffic/recheck.h"

struct check_watch;
struct report_summary;

/* New, and the recordings read for the first time; *w is NULL where there are no such rules. Borrows everything. 0, or
 * -1 with err. Accepts NULL for freeing. */
int check_watch_new(struct check_watch **w, const struct ruleset *ruleset, struct finding_list *findings,
                    const char *const *recordings, size_t count, struct error *err);
void check_watch_free(struct check_watch *w);

/* The recordings are followed: what is wrong between several exchanges is told FOLLOW_SLACK later, as by then none
 * comes any more that began before them. Instead of the first reading: before the first entry. Accepts NULL. */
void check_watch_follow(struct check_watch *w);

/* The next entry of the recordings is at hand, whatever it is. Accepts NULL, as all that follow. */
void check_watch_next(struct check_watch *w);

/* An exchange is about to be checked: as onlooker_begin. */
void check_watch_begin(struct check_watch *w, const struct route *route, struct exchange *x, struct check *check,
                       const struct recheck_more **more);

/* It was checked. `name` becomes its id where it has none. */
void check_watch_end(struct check_watch *w, struct exchange *x, struct text name);

/* All of them were: tell the rest. 0, or -1: no memory. */
int check_watch_finish(struct check_watch *w, struct report_summary *summary);

#endif
