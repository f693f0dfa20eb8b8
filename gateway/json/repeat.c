/* repeat.c -- keys that an object says twice.
 *
 * Runs over bodies in which the parser saw that there may be some. In a small object each key is compared with those
 * before it; large ones get a hash table. */
#include "json/tape.h"

#include <string.h>

#include "base/hash.h"

struct table {
    uint32_t *slots; /* place of a key on the tape, from 1; 0 is empty */
    size_t capacity; /* a power of two */
};

bool
tape_key_repeats(const struct value *object, const struct value *key)
{
    for (const struct value *k = object + 1; k < key; k += 1 + k[1].span) {
        if (text_equal(value_text(k), value_text(key)))
            return true;
    }
    return false;
}

static const struct value *
repeat_in_few(const struct value *object)
{
    for (VALUE_EACH_MEMBER(key, object)) {
        if (tape_key_repeats(object, key))
            return key;
    }
    return NULL;
}

static bool
table_ready(struct table *table, uint32_t members, struct arena *arena)
{
    size_t capacity = 64;

    while (capacity < (size_t)members * 2)
        capacity *= 2;
    if (capacity > table->capacity) {
        table->slots = ARENA_ARRAY(arena, uint32_t, capacity);
        table->capacity = table->slots != NULL ? capacity : 0;
        return table->slots != NULL;
    }
    memset(table->slots, 0, table->capacity * sizeof *table->slots);
    return true;
}

static const struct value *
repeat_in_many(const struct table *table, const struct value *object)
{
    uint64_t seed = hash_seed();

    for (VALUE_EACH_MEMBER(key, object)) {
        size_t slot = hash_text(value_text(key), seed) & (table->capacity - 1);

        for (; table->slots[slot] != 0; slot = (slot + 1) & (table->capacity - 1)) {
            if (text_equal(value_text(object + table->slots[slot]), value_text(key)))
                return key;
        }
        table->slots[slot] = (uint32_t)(key - object);
    }
    return NULL;
}

int
tape_mark_repeats(struct value *tape, uint32_t values, struct arena *arena, uint32_t *objects,
                  const struct value **first)
{
    struct table table = { NULL, 0 };

    *objects = 0;
    *first = NULL;
    for (struct value *v = tape; v < tape + values; v++) {
        const struct value *repeated;

        if (v->type != VALUE_OBJECT || v->count < 2)
            continue;
        if (v->count <= SIEVE_MEMBERS) {
            repeated = repeat_in_few(v);
        } else {
            if (!table_ready(&table, v->count, arena))
                return -1;
            repeated = repeat_in_many(&table, v);
        }
        if (repeated == NULL)
            continue;
        v->flags |= VALUE_DUPLICATE_KEY;
        if ((*objects)++ == 0)
            *first = repeated;
    }
    return 0;
}
