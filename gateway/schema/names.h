/* names.h -- a fixed set of names in which every name of an instance is looked up: property names, strings of an
 * enum.
 *
 * Built once, then only read, by any thread. The hash looks at the length and at the first and last eight bytes: it
 * need not withstand hostile names, because what an instance brings is only looked up and never put in. A seed is
 * searched when building so that the names of a schema rarely share a slot. */
#ifndef SCHEMA_NAMES_H
#define SCHEMA_NAMES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

struct name_slot {
    const char *data; /* NULL: the slot is empty */
    uint32_t length;
    uint32_t index; /* the place of the name in what names_build was given */
};

struct names {
    struct name_slot *slots;
    uint64_t seed;
    uint32_t shift; /* the slot is hash >> shift */
    uint32_t mask;
};

#define NAMES_NONE UINT32_MAX

/* Build from `count` names (borrowed) in the arena; of equal names the first wins. 0, or -1 (no memory). */
int names_build(struct names *names, const struct text *list, uint32_t count, struct arena *arena);

static inline uint64_t
names_load(const char *data, unsigned size)
{
    uint64_t word = 0;
    uint32_t half = 0;

    if (size == 8) {
        memcpy(&word, data, 8);
        return word;
    }
    memcpy(&half, data, 4);
    return half;
}

static inline uint64_t
names_hash(const char *data, uint32_t length, uint64_t seed)
{
    uint64_t first, last;

    if (length >= 8) {
        first = names_load(data, 8);
        last = names_load(data + length - 8, 8);
    } else if (length >= 4) {
        first = names_load(data, 4);
        last = names_load(data + length - 4, 4);
    } else if (length > 0) {
        first = (unsigned char)data[0] | (uint64_t)(unsigned char)data[length >> 1] << 8;
        last = (unsigned char)data[length - 1];
    } else {
        first = last = 0;
    }
    first = (first ^ seed) * 0x9E3779B97F4A7C15u;
    first ^= (last + length) * 0xC2B2AE3D27D4EB4Fu;
    first ^= first >> 32;
    return first * 0xD6E8FEB86659FD93u;
}

static inline bool
names_same(const char *a, const char *b, uint32_t length)
{
    if (length >= 8) {
        uint32_t at = 0;

        for (; at + 8 < length; at += 8) {
            if (names_load(a + at, 8) != names_load(b + at, 8))
                return false;
        }
        return names_load(a + length - 8, 8) == names_load(b + length - 8, 8);
    }
    if (length >= 4)
        return names_load(a, 4) == names_load(b, 4) && names_load(a + length - 4, 4) == names_load(b + length - 4, 4);
    return length == 0 || (a[0] == b[0] && a[length >> 1] == b[length >> 1] && a[length - 1] == b[length - 1]);
}

/* The index of the name, or NAMES_NONE. */
static inline uint32_t
names_find(const struct names *names, const char *data, uint32_t length)
{
    uint32_t at;

    if (names->slots == NULL)
        return NAMES_NONE;
    at = (uint32_t)(names_hash(data, length, names->seed) >> names->shift);
    for (;; at = (at + 1) & names->mask) {
        const struct name_slot *slot = &names->slots[at];

        if (slot->data == NULL)
            return NAMES_NONE;
        if (slot->length == length && names_same(slot->data, data, length))
            return slot->index;
    }
}

#endif
