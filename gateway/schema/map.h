/* map.h -- a hash table from (owner, text) to a pointer, for what the compiler of schemas must find again.
 *
 * The owner is any address or NULL, the text may be empty; together they are the key. Keys and values are borrowed.
 * Built by one thread; any thread may look into a map that no longer changes. */
#ifndef SCHEMA_MAP_H
#define SCHEMA_MAP_H

#include <stdint.h>

#include "base/text.h"

struct map_slot {
    const void *owner;
    struct text key;
    uint64_t hash; /* 0: the slot is empty */
    void *value;
};

struct map {
    struct map_slot *slots;
    uint32_t count;
    uint32_t capacity; /* a power of two, or 0 */
};

/* The value, or NULL. */
void *map_find(const struct map *map, const void *owner, struct text key);

/* Put a value that is not NULL; an older one with this key is replaced. 0, or -1 (no memory). */
int map_put(struct map *map, const void *owner, struct text key, void *value);

/* Frees the table, not what it points to. */
void map_release(struct map *map);

#endif
