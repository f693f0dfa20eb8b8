/* pace.h -- so many bytes per second, and no more: a bucket that time fills, whoever sends takes from.
 *
 * Time that passes unused is kept for a quarter of a second (or one byte's worth), so a timer that comes late costs no
 * bandwidth, and a pause earns no burst. No clock of its own; one thread. */
#ifndef PROXY_PACE_H
#define PROXY_PACE_H

#include <stddef.h>
#include <stdint.h>

struct pace {
    uint64_t rate;  /* bytes per second, not 0 */
    int64_t last;   /* when it was looked at */
    int64_t credit; /* ns that were not used up */
};

/* Empty at first. */
void pace_begin(struct pace *p, uint64_t rate, int64_t now);

/* How many of `most` bytes may go now; they are taken. */
size_t pace_take(struct pace *p, int64_t now, size_t most);

/* Nanoseconds until it is worth to look again. */
int64_t pace_wait(const struct pace *p);

/* Bytes that should wait in front of it, so that it never runs dry for want of a turn. */
size_t pace_queue(const struct pace *p);

#endif
