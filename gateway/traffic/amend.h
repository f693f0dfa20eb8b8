/* amend.h -- lines of a recording that say what came of an exchange whose line was written before its answer was
 * delivered (docs/recordings.md, `amends`). Any thread. */
#ifndef TRAFFIC_AMEND_H
#define TRAFFIC_AMEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "traffic/exchange.h"

struct amendment {
    uint64_t sequence; /* of the exchange that is amended */
    enum outcome outcome;
    int64_t finished; /* nanoseconds since it started */
};

struct amendments {
    struct amendment *list; /* in the order in which they were written */
    size_t count;
};

/* Is this line one? */
bool amend_is_line(struct text line);

/* All of a segment. In the arena. 0, or -1 without memory. */
int amend_scan(struct amendments *found, struct text lines, struct arena *arena);

/* The last one for the exchange of this number, or NULL. */
const struct amendment *amend_find(const struct amendments *all, uint64_t sequence);

#endif
