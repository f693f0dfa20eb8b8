/* targets.h -- the addresses behind one upstream, as one worker knows them: which to try next.
 *
 * The address that worked last is tried first, then the others in the order in which the name was resolved. One that
 * failed is put back behind them for TARGET_BACK. An attempt gets a fair part of the time that is left for connecting,
 * so that a dead address cannot use up all of it (RFC 8305 has the same in mind). A plain value; belongs to one
 * thread. Times are the loop's, in nanoseconds. */
#ifndef NET_TARGETS_H
#define NET_TARGETS_H

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"

#define TARGETS_MOST 8
#define TARGET_BACK  INT64_C(10000000000)
#define TARGET_LEAST INT64_C(250000000) /* an attempt gets, unless less is left */

struct target {
    struct address address;
    char text[ADDRESS_TEXT];
    int64_t back; /* put back until then */
};

struct targets {
    struct target list[TARGETS_MOST];
    int count;
    int preferred;    /* worked last; -1: nothing is known */
    uint32_t version; /* counts changes of the list */
};

/* What is to be tried from now on; what is known of those that stay is kept. False: they are the same as before. */
bool targets_set(struct targets *t, const struct address *addresses, int count);

/* Are these the same addresses, in whatever order? */
bool targets_are(const struct targets *t, const struct address *addresses, int count);

/* The one to try next, of those whose bit is not in `tried`; -1: that was all. */
int targets_next(const struct targets *t, uint32_t tried, int64_t now);

void targets_failed(struct targets *t, int i, int64_t now);
void targets_worked(struct targets *t, int i);

/* How long the next attempt may take when `left` is what there is for it and `others` behind it. */
int64_t targets_share(int64_t left, int others);

/* Which one has this text; -1: none (any more). */
int targets_find(const struct targets *t, const char *text);

#endif
