/* map.c -- open addressing with linear steps; at most half full, so that chains stay short. */
#include "schema/map.h"

#include <stdlib.h>

static uint64_t
hash_of(const void *owner, struct text key)
{
    uint64_t h = (uint64_t)(uintptr_t)owner * 0x9E3779B97F4A7C15u;

    /* FNV-1a over the whole text. */
    for (size_t i = 0; i < key.length; i++)
        h = (h ^ (unsigned char)key.data[i]) * 0x100000001B3u;
    h ^= h >> 29;
    h *= 0xBF58476D1CE4E5B9u;
    h ^= h >> 32;
    return h | 1;
}

static struct map_slot *
slot_of(const struct map *map, const void *owner, struct text key, uint64_t hash)
{
    uint32_t at = (uint32_t)(hash >> 1) & (map->capacity - 1);

    while (map->slots[at].hash != 0) {
        struct map_slot *slot = &map->slots[at];

        if (slot->hash == hash && slot->owner == owner && text_equal(slot->key, key))
            return slot;
        at = (at + 1) & (map->capacity - 1);
    }
    return &map->slots[at];
}

void *
map_find(const struct map *map, const void *owner, struct text key)
{
    return map->capacity > 0 ? slot_of(map, owner, key, hash_of(owner, key))->value : NULL;
}

static int
grow(struct map *map)
{
    struct map bigger = { .capacity = map->capacity > 0 ? map->capacity * 2 : 64 };

    if (bigger.capacity == 0 || (bigger.slots = calloc(bigger.capacity, sizeof(*bigger.slots))) == NULL)
        return -1;
    for (uint32_t i = 0; i < map->capacity; i++) {
        const struct map_slot *slot = &map->slots[i];

        if (slot->hash != 0)
            *slot_of(&bigger, slot->owner, slot->key, slot->hash) = *slot;
    }
    bigger.count = map->count;
    free(map->slots);
    *map = bigger;
    return 0;
}

int
map_put(struct map *map, const void *owner, struct text key, void *value)
{
    uint64_t hash = hash_of(owner, key);
    struct map_slot *slot;

    if (map->count >= map->capacity / 2 && grow(map) < 0)
        return -1;
    slot = slot_of(map, owner, key, hash);
    if (slot->hash == 0)
        map->count++;
    *slot = (struct map_slot){ owner, key, hash, value };
    return 0;
}

void
map_release(struct map *map)
{
    free(map->slots);
    *map = (struct map){ 0 };
}
