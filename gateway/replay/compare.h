/* compare.h -- a recorded answer and a new one: what differs, place by place.
 *
 * The status; header fields that clients act on (compare_headers, and those that are asked for); bodies: JSON by its
 * structure, everything else by its bytes, content codings undone. Where the status is another one, nothing else is
 * compared. Values of the new run are put back to the recorded ones first (`to_recorded`), noise is left out, and so is
 * what was redacted before it was recorded. Numbers by their value, members in any order, arrays in theirs, unless
 * their pointer is among the unordered ones. No I/O, no clock; everything in the arena. */
#ifndef REPLAY_COMPARE_H
#define REPLAY_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "replay/noise.h"
#include "traffic/exchange.h"

#define COMPARE_MOST 100 /* differences of one answer that are told */

enum difference_kind {
    DIFFERENCE_STATUS,
    DIFFERENCE_HEADER,
    DIFFERENCE_BODY,
};

struct difference {
    enum difference_kind kind;
    const char *keyword;  /* "missing", "extra", "type", "value", "order" */
    struct text place;    /* a pointer, or "header Location"; empty: the whole body, the status */
    struct text expected; /* for people: as recorded; cut */
    struct text found;
};

struct comparison {
    const struct noise *noise;  /* NULL: none, not even the built-in one */
    const struct text *headers; /* compared besides those that always are */
    uint32_t header_count;
    const struct text *unordered; /* pointers of arrays, '*' for an index */
    uint32_t unordered_count;
    struct text (*to_recorded)(void *arg, struct text text, struct arena *arena); /* NULL: as it is */
    void *arg;
    struct text operation; /* "POST /api/orders": of noise */
};

/* Called at most COMPARE_MOST times; texts live in the arena. */
typedef void compare_found_fn(void *arg, const struct difference *d);

enum compare_result {
    COMPARE_EQUAL,
    COMPARE_DIFFERENT,
    COMPARE_PARTLY, /* equal so far, but a body is not whole, or too much work */
    COMPARE_NO_MEMORY,
};

/* The recorded exchange, and the new answer to its request. */
enum compare_result
compare_answers(const struct comparison *c, const struct exchange *recorded, const struct message *answer,
                struct arena *arena, compare_found_fn *found, void *arg);

#endif
