/* index.h -- a table from (owner, key) to a pointer: members of big objects, followed references, operation names.
 *
 * Grows in an arena and is never shrunk. One thread while it is filled, any thread afterwards. */
#ifndef CONTRACT_INDEX_H
#define CONTRACT_INDEX_H

#include "base/arena.h"
#include "base/text.h"

struct index_slot {
    const void *owner;
    struct text key; /* borrowed */
    const void *value;
    uint64_t hash; /* 0: the slot is free */
};

struct index {
    struct index_slot *slots;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t count;
};

/* What was put under owner and key, or NULL. owner is compared as a pointer and may be NULL. */
const void *index_find(const struct index *index, const void *owner, struct text key);

/* Put; what was there before under the same owner and key is replaced. 0, or -1 (no memory). */
int index_put(struct index *index, struct arena *arena, const void *owner, struct text key, const void *value);

#endif
