/* amend.h -- lines of a recording that say what came of an exchange whose line was written before its answer was
 * delivered (docs/recordings.md, `amends`).
 *
 * Such a line may stand in a later segment than the one it amends. A reader that goes through a recording knows those
 * of the segment that it reads and of the AMEND_SEGMENTS - 1 behind it. Belongs to its reader's thread. */
#ifndef TRAFFIC_AMEND_H
#define TRAFFIC_AMEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "json/document.h"
#include "traffic/exchange.h"
#include "traffic/index.h"

#define AMEND_SEGMENTS 4

struct amendment {
    uint64_t sequence; /* of the exchange that is amended */
    uint64_t written;  /* its own: the later one counts */
    enum outcome outcome;
    int64_t finished; /* nanoseconds since it started */
};

/* Of one segment, ordered by `sequence`, then by `written`. Starts zeroed. */
struct amend_part {
    struct amendment *list;
    size_t count, room;
};

struct amendments {
    struct amend_part parts[AMEND_SEGMENTS]; /* in the order of the segments */
};

/* Is this line, as it was read, one? */
bool amend_is_line(const struct value *line);

/* All of a segment: as its index says, or by looking at each line. 0, or -1 with err. */
int amend_read_index(struct amend_part *found, const struct index *index, struct error *err);
int amend_read_file(struct amend_part *found, const char *path, struct error *err);

/* Of lines in memory. */
int amend_read_lines(struct amend_part *found, struct text lines, struct error *err);

/* Let the first part go: the others are one segment nearer. */
void amend_move_on(struct amendments *all);
void amend_release(struct amendments *all);

/* The last one for the exchange of this number, or NULL. */
const struct amendment *amend_find(const struct amendments *all, uint64_t sequence);

#endif
