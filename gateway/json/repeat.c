/* repeat.c -- keys that an object says twice.
 *
 * Runs over every body that is checked, so small objects must cost next to nothing: one bit per key in a 64-bit sieve,
 * and only keys that share a bit are compared. Large objects get a hash table. */
#include "json/tape.h"

#include <string.h>

#include "base/hash.h"

#define SIEVE_MEMBERS 32 /* above, too many keys share a bit */

struct table {
    uint32_t *slots; /* place of a key on the tape, from 1; 0 is empty */
    size_t capacity; /* a power of two */
};

/* One of 64 bits, from what tells keys of one object apart most cheaply: length, first and last byte. */
static inline uint64_t
sieve_bit(const struct value *key)
{
    uint32_t sum = key->count;

    if (key->count > 0)
        sum += (uint32_t)(unsigned char)key->data[0] * 7 + (uint32_t)(unsigned char)key->data[key->count - 1] * 31;
    return UINT64_C(1) << (sum & 63);
}

static bool
said_before(const struct value *object, const struct value *key)
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
    uint64_t seen = 0;

    for (VALUE_EACH_MEMBER(key, object)) {
        uint64_t bit = sieve_bit(key);

        if ((seen & bit) != 0 && said_before(object, key))
            return key;
        seen |= bit;
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
