/* recheck.h -- the verdict on a recorded exchange, found anew against today's contract.
 *
 * What was redacted before it was recorded cannot be judged again: such a place is `unchecked: redacted`, and what the
 * live check said of it is carried over. So it is with the answer to a request that a fault changed on its way: what is
 * on record is the request that came, so it stays `unchecked: injected`. Belongs to one thread; no I/O. */
#ifndef TRAFFIC_RECHECK_H
#define TRAFFIC_RECHECK_H

#include "contract/check.h"
#include "traffic/exchange.h"

/* What else is checked of a side, once its body was: rules over one exchange. */
struct recheck_more {
    void (*check)(void *arg, enum side side, struct verdict *verdict);
    void *arg;
};

/* Check both sides of x by the operation that was matched, and replace its verdicts. check->arena is x's arena. `more`
 * may be NULL. */
void recheck_exchange(struct check *check, const struct contract_match *match, const struct recheck_more *more,
                      struct exchange *x);

#endif
