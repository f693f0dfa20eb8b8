/* playback_table.c -- a table of hashes that grows. */
#include <stdlib.h>
#include <string.h>

#include "replay/playback_find_internal.h"

#define FIRST_SLOTS 1024u

bool
playback_table_init(struct playback_table *t)
{
    *t = (struct playback_table){ .slots = calloc(FIRST_SLOTS, sizeof *t->slots), .mask = FIRST_SLOTS - 1 };
    return t->slots != NULL;
}

void
playback_table_clear(struct playback_table *t)
{
    memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof *t->slots);
    t->used = 0;
}

static struct playback_slot *
slot_for(const struct playback_table *t, uint64_t key)
{
    uint32_t at = (uint32_t)key & t->mask;

    while (t->slots[at].key != 0 && t->slots[at].key != key)
        at = (at + 1) & t->mask;
    return &t->slots[at];
}

static bool
grow(struct playback_table *t)
{
    struct playback_table larger = { .mask = t->mask * 2 + 1, .used = t->used };

    larger.slots = calloc((size_t)larger.mask + 1, sizeof *larger.slots);
    if (larger.slots == NULL)
        return false;
    for (uint32_t i = 0; i <= t->mask; i++)
        if (t->slots[i].key != 0)
            *slot_for(&larger, t->slots[i].key) = t->slots[i];
    free(t->slots);
    *t = larger;
    return true;
}

struct playback_slot *
playback_table_find(const struct playback_table *t, uint64_t key)
{
    struct playback_slot *slot = slot_for(t, key | 1);

    return slot->key != 0 ? slot : NULL;
}

struct playback_slot *
playback_table_add(struct playback_table *t, uint64_t key)
{
    struct playback_slot *slot = slot_for(t, key | 1);

    if (slot->key != 0)
        return slot;
    if (t->used > t->mask / 2) {
        if (!grow(t))
            return NULL;
        slot = slot_for(t, key | 1);
    }
    t->used++;
    *slot = (struct playback_slot){ .key = key | 1, .first = CATALOG_NONE, .last = CATALOG_NONE };
    return slot;
}
