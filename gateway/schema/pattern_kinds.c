/* pattern_kinds.c -- cut the code points where a set begins or ends, then split kinds set by set. */
#include "schema/pattern_kinds.h"

#include <stdlib.h>

#include "base/limits.h"

#define NO_KIND  UINT8_MAX
#define MAX_WORK (8u * 1000 * 1000) /* comparisons; some milliseconds */

void
pattern_kinds_release(struct pattern_kinds *k)
{
    free(k->cuts);
    free(k->kinds);
}

static void
add_cut(struct pattern_kinds *k, uint32_t from)
{
    if (k->count == k->capacity) {
        uint32_t capacity = k->capacity == 0 ? 64 : 2 * k->capacity;
        uint32_t *grown = capacity > LIMIT_PATTERN_BYTES ? NULL : realloc(k->cuts, capacity * sizeof(*grown));

        if (grown == NULL) {
            k->failed = true;
            return;
        }
        k->cuts = grown;
        k->capacity = capacity;
    }
    k->cuts[k->count++] = from;
}

static void
collect_cuts(struct pattern_kinds *k, const struct pattern_node *node)
{
    for (const struct pattern_item *item = node->items; item != NULL && !k->failed; item = item->next) {
        add_cut(k, item->low);
        if (item->high < PATTERN_HIGHEST)
            add_cut(k, item->high + 1);
    }
    for (const struct pattern_node *child = node->child; child != NULL && !k->failed; child = child->next)
        collect_cuts(k, child);
}

static int
by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static bool
set_has(struct pattern_kinds *k, const struct pattern_node *set, uint32_t c)
{
    for (const struct pattern_item *item = set->items; item != NULL; item = item->next) {
        k->work++;
        if (c >= item->low && c <= item->high)
            return !set->negated;
    }
    return set->negated;
}

static bool
still_working(struct pattern_kinds *k)
{
    if (k->work > MAX_WORK)
        k->failed = true;
    return !k->failed;
}

/* Split the kinds by one set: stretches of one kind of which some are in the set and some are not become two kinds. */
static void
split_kinds(struct pattern_kinds *k, const struct pattern_node *set)
{
    uint8_t in_set[PATTERN_MAX_KINDS]; /* the part of a kind that is in the set */
    uint32_t before = k->number;
    bool outside[PATTERN_MAX_KINDS] = { false };

    for (uint32_t i = 0; i < before; i++)
        in_set[i] = NO_KIND;
    for (uint32_t i = 0; i < k->count && still_working(k); i++) {
        if (!set_has(k, set, k->cuts[i]))
            outside[k->kinds[i]] = true;
    }
    for (uint32_t i = 0; i < k->count && still_working(k); i++) {
        uint8_t kind = k->kinds[i];

        if (!outside[kind] || !set_has(k, set, k->cuts[i]))
            continue;
        if (in_set[kind] == NO_KIND) {
            if (k->number == PATTERN_MAX_KINDS) {
                k->failed = true;
                return;
            }
            in_set[kind] = (uint8_t)k->number++;
        }
        k->kinds[i] = in_set[kind];
    }
}

static void
split_by_sets(struct pattern_kinds *k, const struct pattern_node *node)
{
    if (node->kind == PATTERN_SET)
        split_kinds(k, node);
    for (const struct pattern_node *child = node->child; child != NULL && !k->failed; child = child->next)
        split_by_sets(k, child);
}

bool
pattern_kinds_find(struct pattern_kinds *k, const struct pattern_node *root)
{
    uint32_t kept = 0;

    add_cut(k, 0);
    collect_cuts(k, root);
    if (k->failed)
        return false;
    qsort(k->cuts, k->count, sizeof(*k->cuts), by_value);
    for (uint32_t i = 0; i < k->count; i++) {
        if (i == 0 || k->cuts[i] != k->cuts[i - 1])
            k->cuts[kept++] = k->cuts[i];
    }
    k->count = kept;
    if ((k->kinds = calloc((size_t)kept + 1, sizeof(*k->kinds))) == NULL) {
        k->failed = true;
        return false;
    }
    k->number = 1;
    split_by_sets(k, root);
    return !k->failed;
}

uint64_t
pattern_kinds_of(struct pattern_kinds *k, const struct pattern_node *set)
{
    uint64_t kinds = 0;

    for (uint32_t i = 0; i < k->count && still_working(k); i++) {
        if (set_has(k, set, k->cuts[i]))
            kinds |= UINT64_C(1) << k->kinds[i];
    }
    return kinds;
}
