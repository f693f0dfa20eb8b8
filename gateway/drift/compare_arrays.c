/* compare_arrays.c -- items of arrays: by their index, all others, and those that must be among them. */
#include "drift/compare_internal.h"

#define INDEXES 256 /* items that are compared by their index */

static struct compare_place
prefix_of(const struct compare *c, int which, struct compare_place part)
{
    return c->sides[which].lone ? place_of(NULL, NULL) : PLACE_MEMBER(part, "prefixItems");
}

static uint32_t
prefix_count(const struct compare *c, const struct form *f, int which)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < f->lists[LIST_ITEMS].count; i++) {
        struct compare_place prefix = prefix_of(c, which, f->lists[LIST_ITEMS].items[i]);

        if (value_is(prefix.value, VALUE_ARRAY) && prefix.value->count > most)
            most = prefix.value->count;
    }
    return most < INDEXES ? most : INDEXES;
}

/* What is said of the item at this index; UINT32_MAX: of all behind the prefixes. */
static const struct conjunction *
items_at(struct compare *c, const struct form *f, int which, uint32_t index)
{
    struct place_list says = { 0 };
    bool rest = false;

    for (uint32_t i = 0; i < f->lists[LIST_ITEMS].count; i++) {
        struct compare_place part = f->lists[LIST_ITEMS].items[i], prefix = prefix_of(c, which, part);
        const struct value *own = value_is(prefix.value, VALUE_ARRAY) ? value_item(prefix.value, index) : NULL;

        rest = rest || own != NULL || VALUE_MEMBER(part.value, "items") != NULL;
        place_list_add(c, &says, own != NULL ? place_of(part.document, own) : PLACE_MEMBER(part, "items"));
    }
    for (uint32_t i = 0; !rest && i < f->lists[LIST_UNEVALUATED_ITEMS].count; i++)
        place_list_add(c, &says, f->lists[LIST_UNEVALUATED_ITEMS].items[i]);
    return conjunction_of(c, which, says.items, says.count);
}

static void
compare_items(struct compare *c, const struct form *old, const struct form *now)
{
    uint32_t one = prefix_count(c, old, OLD), other = prefix_count(c, now, NEW);

    for (uint32_t i = 0; i < one || i < other; i++) {
        struct text instance = c->quiet > 0 ? TEXT("") : compare_print(c, "%.*s/%u", TEXT_PRINT(c->instance), i);

        compare_pair(c, items_at(c, old, OLD, i), items_at(c, now, NEW, i), instance);
    }
    compare_pair(c, items_at(c, old, OLD, UINT32_MAX), items_at(c, now, NEW, UINT32_MAX),
                 instance_member(c, c->instance, TEXT("*")));
}

/* ---- contains ---- */

static uint64_t
count_of(struct compare_place at, struct text word, uint64_t otherwise)
{
    const struct value *v = value_member(at.value, word);
    struct decimal d;
    int64_t number;

    if (!value_is(v, VALUE_NUMBER))
        return otherwise;
    decimal_read(&d, value_text(v));
    return decimal_to_i64(&d, &number) && number >= 0 ? (uint64_t)number : otherwise;
}

static unsigned
contains_effect(struct compare *c, struct compare_place old, struct compare_place now)
{
    unsigned inside = compare_relation(c, conjunction_one(c, OLD, PLACE_MEMBER(old, "contains")),
                                       conjunction_one(c, NEW, PLACE_MEMBER(now, "contains")));
    uint64_t least[2] = { count_of(old, TEXT("minContains"), 1), count_of(now, TEXT("minContains"), 1) };
    uint64_t most[2] = { count_of(old, TEXT("maxContains"), UINT64_MAX),
                         count_of(now, TEXT("maxContains"), UINT64_MAX) };
    unsigned effect = 0;

    if ((inside & CHANGE_NARROWS) != 0)
        effect |= (least[NEW] > 0 ? CHANGE_NARROWS : 0) | (most[OLD] < UINT64_MAX ? CHANGE_WIDENS : 0);
    if ((inside & CHANGE_WIDENS) != 0)
        effect |= (least[OLD] > 0 ? CHANGE_WIDENS : 0) | (most[NEW] < UINT64_MAX ? CHANGE_NARROWS : 0);
    if (least[OLD] != least[NEW])
        effect |= least[NEW] > least[OLD] ? CHANGE_NARROWS : CHANGE_WIDENS;
    if (most[OLD] != most[NEW])
        effect |= most[NEW] < most[OLD] ? CHANGE_NARROWS : CHANGE_WIDENS;
    return effect;
}

static void
compare_contains(struct compare *c, const struct form *old, const struct form *now)
{
    const struct place_list *one = &old->lists[LIST_CONTAINS], *other = &now->lists[LIST_CONTAINS];

    for (uint32_t i = 0; i < one->count || i < other->count; i++) {
        struct compare_place was = i < one->count ? one->items[i] : place_of(NULL, NULL);
        struct compare_place is = i < other->count ? other->items[i] : place_of(NULL, NULL);
        unsigned effect = was.value == NULL  ? CHANGE_NARROWS
                          : is.value == NULL ? CHANGE_WIDENS
                                             : contains_effect(c, was, is);

        if (effect != 0)
            compare_note(c,
                         effect == CHANGE_NARROWS  ? CHANGE_CONTAINS_NARROWED
                         : effect == CHANGE_WIDENS ? CHANGE_CONTAINS_WIDENED
                                                   : CHANGE_CONTAINS_CHANGED,
                         place_or(PLACE_MEMBER(was, "contains"), old->here),
                         place_or(PLACE_MEMBER(is, "contains"), now->here), TEXT(""), TEXT(""));
    }
}

void
compare_arrays(struct compare *c, struct form *old, struct form *now)
{
    compare_items(c, old, now);
    compare_contains(c, old, now);
    compare_limit(c, LIMIT_MIN_ITEMS, old, now);
    compare_limit(c, LIMIT_MAX_ITEMS, old, now);
    if (old->unique != now->unique)
        compare_note(c, now->unique ? CHANGE_UNIQUE_ADDED : CHANGE_UNIQUE_REMOVED,
                     place_or(old->unique_place, old->here), place_or(now->unique_place, now->here), TEXT(""),
                     TEXT(""));
}
