/* compare_conditions.c -- not, if, and what is left unevaluated: where more on the one side is less on the other. */
#include "drift/compare_internal.h"

#define NESTED 16 /* schemas in place of each other, in which names are looked for */

/* ---- not ---- */

static unsigned
not_relation(struct compare *c, struct compare_place old, struct compare_place now)
{
    return compare_relation(c, conjunction_one(c, OLD, old), conjunction_one(c, NEW, now)) & CHANGE_BOTH;
}

/* Those of one side for which there is no equal one on the other. */
static struct place_list
unequal(struct compare *c, const struct form *f, const struct form *other, int which)
{
    const struct place_list *list = &f->lists[LIST_NOT], *others = &other->lists[LIST_NOT];
    struct place_list left = { 0 };

    for (uint32_t i = 0; i < list->count; i++) {
        bool found = false;

        for (uint32_t j = 0; j < others->count && !found; j++)
            found = which == OLD ? not_relation(c, list->items[i], others->items[j]) == 0
                                 : not_relation(c, others->items[j], list->items[i]) == 0;
        if (!found)
            place_list_add(c, &left, list->items[i]);
    }
    return left;
}

void
compare_nots(struct compare *c, struct form *old, struct form *now)
{
    struct place_list gone, added;

    if (old->lists[LIST_NOT].count == 0 && now->lists[LIST_NOT].count == 0)
        return;
    gone = unequal(c, old, now, OLD);
    added = unequal(c, now, old, NEW);
    for (uint32_t i = 0; i < gone.count || i < added.count; i++) {
        bool one = i < gone.count, other = i < added.count;
        unsigned effect = one && other ? not_relation(c, gone.items[i], added.items[i])
                          : one        ? CHANGE_NARROWS
                                       : CHANGE_WIDENS;

        compare_note(c,
                     effect == CHANGE_NARROWS  ? CHANGE_NOT_WIDENED
                     : effect == CHANGE_WIDENS ? CHANGE_NOT_NARROWED
                                               : CHANGE_NOT_CHANGED,
                     one ? gone.items[i] : old->here, other ? added.items[i] : now->here,
                     one ? compare_show(c, gone.items[i].value) : TEXT("none"),
                     other ? compare_show(c, added.items[i].value) : TEXT("none"));
    }
}

/* ---- if ---- */

/* The schemas that have an if with a then or an else. */
static struct place_list
conditions_of(struct compare *c, const struct form *f)
{
    struct place_list list = { 0 };

    for (uint32_t i = 0; i < f->lists[LIST_IF].count; i++) {
        struct compare_place at = f->lists[LIST_IF].items[i];

        if (VALUE_MEMBER(at.value, "then") != NULL || VALUE_MEMBER(at.value, "else") != NULL)
            place_list_add(c, &list, at);
    }
    return list;
}

static bool
same_condition(struct compare *c, struct compare_place old, struct compare_place now)
{
    return (compare_relation(c, conjunction_one(c, OLD, PLACE_MEMBER(old, "if")),
                             conjunction_one(c, NEW, PLACE_MEMBER(now, "if"))) &
            CHANGE_BOTH) == 0;
}

static void
compare_consequences(struct compare *c, struct compare_place old, struct compare_place now)
{
    static const char *const words[] = { "then", "else" };

    for (int i = 0; i < 2; i++)
        compare_pair(c, conjunction_one(c, OLD, place_member(old, text_of(words[i]))),
                     conjunction_one(c, NEW, place_member(now, text_of(words[i]))), c->instance);
}

static void
compare_ifs(struct compare *c, const struct form *old, const struct form *now)
{
    struct place_list was = conditions_of(c, old), is = conditions_of(c, now), gone = { 0 };
    uint32_t next = 0;

    for (uint32_t i = 0; i < was.count; i++) {
        uint32_t at = 0;

        while (at < is.count && (is.items[at].value == NULL || !same_condition(c, was.items[i], is.items[at])))
            at++;
        if (at == is.count) {
            place_list_add(c, &gone, was.items[i]);
            continue;
        }
        compare_consequences(c, was.items[i], is.items[at]);
        is.items[at].value = NULL;
    }
    for (uint32_t i = 0; i < gone.count; i++) {
        while (next < is.count && is.items[next].value == NULL)
            next++;
        compare_note(c, next < is.count ? CHANGE_CONDITION_CHANGED : CHANGE_CONDITION_REMOVED,
                     PLACE_MEMBER(gone.items[i], "if"),
                     next < is.count ? PLACE_MEMBER(is.items[next], "if") : now->here, TEXT(""), TEXT(""));
        if (next < is.count)
            is.items[next].value = NULL;
    }
    for (uint32_t i = 0; i < is.count; i++)
        if (is.items[i].value != NULL)
            compare_note(c, CHANGE_CONDITION_ADDED, old->here, PLACE_MEMBER(is.items[i], "if"), TEXT(""), TEXT(""));
}

/* ---- unevaluated ---- */

/* All names of members that schemas in place of this one speak of, whatever their order. */
static uint64_t
names_in(struct compare *c, int which, struct compare_place at, unsigned depth)
{
    static const char *const lists[] = { "allOf", "anyOf", "oneOf" };
    static const char *const singles[] = { "if", "then", "else" };
    const struct value *properties, *dependent = VALUE_MEMBER(at.value, "dependentSchemas");
    uint64_t sum = 0;

    at = compare_follow(c, which, at);
    if (!value_is(at.value, VALUE_OBJECT) || depth > NESTED)
        return 0;
    properties = VALUE_MEMBER(at.value, "properties");
    if (value_is(properties, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, properties))
            sum += hash_text(value_text(key), 1);
    sum += VALUE_MEMBER(at.value, "additionalProperties") != NULL ? 7 : 0;
    sum += VALUE_MEMBER(at.value, "items") != NULL ? 11 : 0;
    for (int i = 0; i < 3; i++) {
        const struct value *list = value_member(at.value, text_of(lists[i]));

        if (value_is(list, VALUE_ARRAY))
            for (VALUE_EACH_ITEM(item, list))
                sum += names_in(c, which, place_of(at.document, item), depth + 1);
        sum += names_in(c, which, place_member(at, text_of(singles[i])), depth + 1);
    }
    if (value_is(dependent, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, dependent))
            sum += names_in(c, which, place_of(at.document, value_next(key)), depth + 1);
    return sum;
}

static uint64_t
names_of(struct compare *c, const struct form *f, int which)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < f->seen.count; i++) {
        const struct value *properties = VALUE_MEMBER(f->seen.items[i].value, "properties");

        if (value_is(properties, VALUE_OBJECT))
            for (VALUE_EACH_MEMBER(key, properties))
                sum += hash_text(value_text(key), 1);
    }
    for (uint32_t i = 0; i < f->group_count; i++)
        for (uint32_t j = 0; j < f->groups[i].count; j++)
            for (uint32_t k = 0; k < f->groups[i].branches[j]->count; k++)
                sum += names_in(c, which, f->groups[i].branches[j]->places[k], 0);
    return sum;
}

static void
compare_unevaluated(struct compare *c, const struct form *old, const struct form *now, enum form_list list)
{
    const struct place_list *one = &old->lists[list], *other = &now->lists[list];
    bool plain = old->group_count == 0 && now->group_count == 0 && old->lists[LIST_IF].count == 0 &&
                 now->lists[LIST_IF].count == 0 && old->lists[LIST_DEPENDENT_SCHEMAS].count == 0 &&
                 now->lists[LIST_DEPENDENT_SCHEMAS].count == 0 && old->lists[LIST_CONTAINS].count == 0 &&
                 now->lists[LIST_CONTAINS].count == 0;

    if ((one->count == 0 && other->count == 0) || plain)
        return; /* plain ones were compared as what all other members and items may be */
    if ((compare_relation(c, conjunction_of(c, OLD, one->items, one->count),
                          conjunction_of(c, NEW, other->items, other->count)) &
         CHANGE_BOTH) == 0 &&
        names_of(c, old, OLD) == names_of(c, now, NEW))
        return;
    compare_note(c, CHANGE_UNEVALUATED_CHANGED, one->count > 0 ? one->items[0] : old->here,
                 other->count > 0 ? other->items[0] : now->here, TEXT(""), TEXT(""));
}

void
compare_conditions(struct compare *c, struct form *old, struct form *now)
{
    struct compare_place around[2] = { old->here, now->here };
    const struct place_list *one = &old->lists[LIST_DISCRIMINATOR], *other = &now->lists[LIST_DISCRIMINATOR];

    compare_ifs(c, old, now);
    compare_unevaluated(c, old, now, LIST_UNEVALUATED_PROPERTIES);
    compare_unevaluated(c, old, now, LIST_UNEVALUATED_ITEMS);
    compare_discriminators(c, one->count > 0 ? one->items[0] : place_of(NULL, NULL),
                           other->count > 0 ? other->items[0] : place_of(NULL, NULL), around);
}
