/* index.c -- open addressing with linear probing, at most half full. */
#include "contract/index.h"

#include "base/hash.h"

static uint64_t
slot_hash(const void *owner, struct text key)
{
    uint64_t hash = hash_mix(hash_text(key, hash_seed()), (uint64_t)(uintptr_t)owner);

    return hash != 0 ? hash : 1;
}

/* The slot that holds this key, or the free one where it belongs. */
static struct index_slot *
slot_of(struct index_slot *slots, uint32_t capacity, const void *owner, struct text key, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (capacity - 1);

    while (slots[at].hash != 0 &&
           !(slots[at].hash == hash && slots[at].owner == owner && text_equal(slots[at].key, key)))
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

const void *
index_find(const struct index *index, const void *owner, struct text key)
{
    if (index->count == 0)
        return NULL;
    return slot_of(index->slots, index->capacity, owner, key, slot_hash(owner, key))->value;
}

static int
grow(struct index *index, struct arena *arena)
{
    uint32_t capacity = index->capacity == 0 ? 64 : index->capacity * 2;
    struct index_slot *slots = capacity < index->capacity ? NULL : ARENA_ARRAY(arena, struct index_slot, capacity);

    if (slots == NULL)
        return -1;
    for (uint32_t i = 0; i < index->capacity; i++) {
        const struct index_slot *old = &index->slots[i];

        if (old->hash != 0)
            *slot_of(slots, capacity, old->owner, old->key, old->hash) = *old;
    }
    index->slots = slots;
    index->capacity = capacity;
    return 0;
}

int
index_put(struct index *index, struct arena *arena, const void *owner, struct text key, const void *value)
{
    uint64_t hash = slot_hash(owner, key);
    struct index_slot *slot;

    if (index->count >= index->capacity / 2 && grow(index, arena) < 0)
        return -1;
    slot = slot_of(index->slots, index->capacity, owner, key, hash);
    if (slot->hash == 0)
        index->count++;
    *slot = (struct index_slot){ owner, key, value, hash };
    return 0;
}
