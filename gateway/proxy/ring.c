/* ring.c -- a single-producer, single-consumer queue of pointers. */
#include "proxy/ring.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#define LINE 64

struct ring {
    alignas(LINE) _Atomic uint32_t head; /* next to take; written by the taker */
    uint32_t tail_seen;                  /* the taker's */
    _Atomic uint64_t taken;              /* weight that was taken off; written by the taker */
    alignas(LINE) _Atomic uint32_t tail; /* next to put; written by the putter */
    uint32_t head_seen;                  /* the putter's, as are these: */
    uint64_t given;                      /* weight that was added, */
    uint64_t taken_seen;                 /* and what was last seen of `taken` */
    alignas(LINE) uint32_t mask;
    void *items[];
};

struct ring *
ring_new(uint32_t capacity)
{
    size_t size = sizeof(struct ring) + capacity * sizeof(void *);
    struct ring *r = aligned_alloc(LINE, (size + LINE - 1) / LINE * LINE);

    if (r == NULL)
        return NULL;
    atomic_init(&r->head, 0);
    atomic_init(&r->tail, 0);
    atomic_init(&r->taken, 0);
    r->head_seen = r->tail_seen = 0;
    r->given = r->taken_seen = 0;
    r->mask = capacity - 1;
    return r;
}

void
ring_free(struct ring *r)
{
    free(r);
}

bool
ring_put(struct ring *r, void *item)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

    if (tail - r->head_seen > r->mask) {
        r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
        if (tail - r->head_seen > r->mask)
            return false;
    }
    r->items[tail & r->mask] = item;
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
    return true;
}

void *
ring_take(struct ring *r)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    void *item;

    if (head == r->tail_seen) {
        r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
        if (head == r->tail_seen)
            return NULL;
    }
    item = r->items[head & r->mask];
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
    return item;
}

void
ring_weigh(struct ring *r, uint64_t weight)
{
    r->given += weight;
}

bool
ring_is_heavier(struct ring *r, uint64_t most)
{
    if (r->given - r->taken_seen <= most)
        return false;
    r->taken_seen = atomic_load_explicit(&r->taken, memory_order_relaxed);
    return r->given - r->taken_seen > most;
}

void
ring_lighten(struct ring *r, uint64_t weight)
{
    uint64_t taken = atomic_load_explicit(&r->taken, memory_order_relaxed);

    atomic_store_explicit(&r->taken, taken + weight, memory_order_relaxed);
}

bool
ring_is_empty(const struct ring *r)
{
    return atomic_load_explicit(&r->head, memory_order_acquire) == atomic_load_explicit(&r->tail, memory_order_acquire);
}
