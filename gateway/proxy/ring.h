/* ring.h -- a queue between exactly two threads: one puts, the other takes, no lock.
 *
 * The two counters live on cache lines of their own, and each side remembers what it last saw of the other's, so
 * that a full burst touches shared memory twice. Waking up is the owners' business. */
#ifndef PROXY_RING_H
#define PROXY_RING_H

#include <stdbool.h>
#include <stdint.h>

struct ring;

/* `capacity` is a power of two. New or NULL. */
struct ring *ring_new(uint32_t capacity);
void ring_free(struct ring *r);

/* One thread. False: full. */
bool ring_put(struct ring *r, void *item);

/* The other thread. NULL: empty. */
void *ring_take(struct ring *r);

/* What the items weigh, for owners who bound that as well: the one who puts adds and asks, the one who takes takes
 * off. */
void ring_weigh(struct ring *r, uint64_t weight);
bool ring_is_heavier(struct ring *r, uint64_t most);
void ring_lighten(struct ring *r, uint64_t weight);

/* Any of the two: is something in it? */
bool ring_is_empty(const struct ring *r);

#endif
