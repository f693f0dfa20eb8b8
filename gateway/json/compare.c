/* compare.c -- equality of values as JSON Schema means it.
 *
 * Two tapes whose objects have their keys in the same order are compared side by side, without looking for anything.
 * Only an object with another order makes a search and a deeper call; depth is bounded by LIMIT_JSON_DEPTH. */
#include "json/compare.h"

#include <string.h>

#include "base/hash.h"
#include "json/number.h"

#define FEW_ITEMS 16 /* up to here, comparing each with each is cheaper than a table */

static bool
spend(uint32_t *budget, uint32_t units)
{
    if (budget == NULL)
        return true;
    if (*budget < units) {
        *budget = 0;
        return false;
    }
    *budget -= units;
    return true;
}

static inline uint32_t
cost(const struct value *v)
{
    return v->data != NULL ? 1 + v->count / 64 : 1;
}

static bool
same_scalar(const struct value *a, const struct value *b)
{
    struct decimal x, y;

    if (a->type != VALUE_NUMBER)
        return text_equal(value_text(a), value_text(b));
    if (text_equal(value_text(a), value_text(b)))
        return true;
    decimal_read(&x, value_text(a));
    decimal_read(&y, value_text(b));
    return decimal_compare(&x, &y) == 0;
}

static bool
same_order(const struct value *a, const struct value *b)
{
    const struct value *other = b + 1;

    for (VALUE_EACH_MEMBER(key, a)) {
        if (!text_equal(value_text(key), value_text(other)))
            return false;
        other += 1 + other[1].span;
    }
    return true;
}

/* The member of b that has this key, looked for from `from` on and then from the beginning. */
static const struct value *
find_key(const struct value *b, const struct value *from, const struct value *key, uint32_t *budget)
{
    const struct value *end = b + b->span, *at = from < end ? from : b + 1;

    for (uint32_t i = 0; i < b->count; i++) {
        if (!spend(budget, 1))
            return NULL;
        if (text_equal(value_text(at), value_text(key)))
            return at;
        at += 1 + at[1].span;
        if (at == end)
            at = b + 1;
    }
    return NULL;
}

/* Objects of the same count whose keys are all different, in another order. */
static int
equal_in_any_order(const struct value *a, const struct value *b, uint32_t *budget)
{
    const struct value *other = b + 1;

    for (VALUE_EACH_MEMBER(key, a)) {
        int equal;

        other = find_key(b, other, key, budget);
        if (other == NULL)
            return budget != NULL && *budget == 0 ? -1 : 0;
        equal = value_equal(key + 1, other + 1, budget);
        if (equal != 1)
            return equal;
        other += 1 + other[1].span;
    }
    return 1;
}

/* Is every member of a that counts (the last with its key) in b, with an equal value? */
static int
members_within(const struct value *a, const struct value *b, uint32_t *budget)
{
    for (VALUE_EACH_MEMBER(key, a)) {
        const struct value *mine, *other;
        int equal;

        if (!spend(budget, 1 + a->count / 8 + b->count / 8))
            return -1;
        mine = value_member(a, value_text(key));
        if (mine != key + 1)
            continue;
        other = value_member(b, value_text(key));
        if (other == NULL)
            return 0;
        equal = value_equal(mine, other, budget);
        if (equal != 1)
            return equal;
    }
    return 1;
}

static int
equal_objects(const struct value *a, const struct value *b, uint32_t *budget)
{
    int equal;

    if (((a->flags | b->flags) & VALUE_DUPLICATE_KEY) == 0)
        return a->count == b->count ? equal_in_any_order(a, b, budget) : 0;
    equal = members_within(a, b, budget);
    return equal == 1 ? members_within(b, a, budget) : equal;
}

int
value_equal(const struct value *a, const struct value *b, uint32_t *budget)
{
    const struct value *end = a + a->span;

    while (a < end) {
        if (!spend(budget, cost(a)))
            return -1;
        if (a->type != b->type || (a->type == VALUE_ARRAY && a->count != b->count))
            return 0;
        if ((a->type == VALUE_NUMBER || a->type == VALUE_STRING) && !same_scalar(a, b))
            return 0;
        if (a->type == VALUE_OBJECT) {
            bool plain = ((a->flags | b->flags) & VALUE_DUPLICATE_KEY) == 0 && a->count == b->count;

            if (!spend(budget, a->count))
                return -1;
            if (!plain || !same_order(a, b)) {
                int equal = equal_objects(a, b, budget);

                if (equal != 1)
                    return equal;
                a += a->span;
                b += b->span;
                continue;
            }
        }
        a++;
        b++;
    }
    return 1;
}

/* Of one value; the members of an object are added up, so their order does not matter. *spent stays true within
 * budget. */
static uint64_t
hash_value(const struct value *v, uint32_t *budget, bool *spent)
{
    uint64_t sum = hash_mix(v->type, hash_seed());
    struct decimal number;

    if (*spent || !spend(budget, cost(v))) {
        *spent = true;
        return 0;
    }
    switch (v->type) {
    case VALUE_STRING:
        return hash_text(value_text(v), sum);
    case VALUE_NUMBER:
        decimal_read(&number, value_text(v));
        return hash_mix(sum, decimal_hash(&number));
    case VALUE_ARRAY:
        for (VALUE_EACH_ITEM(item, v))
            sum = hash_mix(sum, hash_value(item, budget, spent));
        return sum;
    case VALUE_OBJECT:
        for (VALUE_EACH_MEMBER(key, v)) {
            if ((v->flags & VALUE_DUPLICATE_KEY) != 0 && value_member(v, value_text(key)) != key + 1)
                continue;
            sum += hash_mix(hash_text(value_text(key), hash_seed()), hash_value(key + 1, budget, spent));
        }
        return sum;
    default:
        return sum;
    }
}

uint64_t
value_hash(const struct value *v)
{
    bool spent = false;

    return hash_value(v, NULL, &spent);
}

/* Each with each; for few items, and for many when there is no memory for a table (the budget ends it). */
static int
unique_by_pairs(const struct value *array, uint32_t *budget, uint32_t *first, uint32_t *second)
{
    uint32_t i = 0;

    for (VALUE_EACH_ITEM(item, array)) {
        uint32_t j = 0;

        for (const struct value *before = array + 1; before < item; before = value_next(before), j++) {
            int equal = value_equal(before, item, budget);

            if (equal == 0)
                continue;
            *first = j;
            *second = i;
            return equal < 0 ? -1 : 0;
        }
        i++;
    }
    return 1;
}

struct seen {
    uint64_t hash;
    const struct value *item; /* NULL: an empty slot */
    uint32_t index;
};

/* Looks the item up and puts it in. 1 it is new, 0 *equal_to is an earlier one that is equal, -1 budget used up. */
static int
see(struct seen *table, size_t capacity, struct seen item, uint32_t *budget, uint32_t *equal_to)
{
    size_t slot = item.hash & (capacity - 1);

    for (; table[slot].item != NULL; slot = (slot + 1) & (capacity - 1)) {
        int equal;

        if (!spend(budget, 1))
            return -1;
        if (table[slot].hash != item.hash)
            continue;
        equal = value_equal(table[slot].item, item.item, budget);
        if (equal == 0)
            continue;
        *equal_to = table[slot].index;
        return equal < 0 ? -1 : 0;
    }
    table[slot] = item;
    return 1;
}

int
value_items_unique(const struct value *array, struct arena *arena, uint32_t *budget, uint32_t *first, uint32_t *second)
{
    size_t capacity = 4 * FEW_ITEMS;
    struct seen *table = NULL;
    bool spent = false;
    uint32_t index = 0;

    while (capacity < (size_t)array->count * 2)
        capacity *= 2;
    if (array->count > FEW_ITEMS && arena != NULL)
        table = ARENA_ARRAY(arena, struct seen, capacity);
    if (table == NULL)
        return unique_by_pairs(array, budget, first, second);
    for (VALUE_EACH_ITEM(item, array)) {
        struct seen mine = { hash_value(item, budget, &spent), item, index };
        int result = spent ? -1 : see(table, capacity, mine, budget, first);

        *second = index++;
        if (result != 1)
            return result;
    }
    return 1;
}
