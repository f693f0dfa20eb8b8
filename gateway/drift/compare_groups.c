/* compare_groups.c -- anyOf and oneOf that are something simpler: a type more, an enum, a single schema. */
#include "drift/compare_internal.h"

bool
form_is_bare(const struct form *f)
{
    for (int i = 0; i < FORM_LISTS; i++)
        if (f->lists[i].count > 0)
            return false;
    for (int i = 0; i < FORM_LIMITS; i++)
        if (f->limits[i].place.value != NULL)
            return false;
    return f->bounds[0].place.value == NULL && f->bounds[1].place.value == NULL && !f->unique && !f->finite;
}

/* Is all that it says about values of one type each? */
static bool
by_type(const struct form *f)
{
    static const uint8_t whole[] = {
        LIST_NOT, LIST_IF, LIST_LOST, LIST_ENUM, LIST_UNEVALUATED_PROPERTIES, LIST_UNEVALUATED_ITEMS, LIST_DISCRIMINATOR
    };

    for (size_t i = 0; i < sizeof whole; i++)
        if (f->lists[whole[i]].count > 0)
            return false;
    return !f->finite && f->group_count == 0 && f->types != FORM_ANY;
}

/* Only listed values, or null. */
static bool
is_finite(const struct form *f)
{
    return f->finite || (f->types & ~FORM_NULL) == 0;
}

static unsigned
kinds(const struct form *f)
{
    return (f->types & FORM_NUMBER) != 0 ? f->types | FORM_NUMBER : f->types;
}

static void
remove_branch(struct form_group *g, uint32_t index)
{
    memmove(&g->branches[index], &g->branches[index + 1], (g->count - index - 1) * sizeof(const struct conjunction *));
    g->count--;
}

/* anyOf in anyOf is one anyOf. */
static void
flatten(struct compare *c, struct form_group *g)
{
    for (uint32_t i = 0; !g->one && i < g->count; i++) {
        const struct form *f = form_of(c, g->branches[i]);
        const struct form_group *inner = f->groups;
        const struct conjunction **all;

        if (f->building || f->group_count != 1 || inner->one || !form_is_bare(f) || f->own_types != FORM_ANY ||
            inner->discriminator.value != NULL)
            continue;
        all = COMPARE_TAKE(c, const struct conjunction *, g->count - 1 + inner->count);
        if (all == NULL)
            return;
        memcpy(all, g->branches, i * sizeof *all);
        memcpy(all + i, inner->branches, inner->count * sizeof *all);
        memcpy(all + i + inner->count, g->branches + i + 1, (g->count - i - 1) * sizeof *all);
        g->branches = all;
        g->count += inner->count - 1;
    }
}

/* Branches that nothing matches, and equal ones of an anyOf, are none. */
static void
drop_branches(struct compare *c, struct form_group *g)
{
    for (uint32_t i = 0; i < g->count; i++) {
        bool twice = false;

        for (uint32_t j = 0; j < i; j++)
            twice = twice || (!g->one && g->branches[j] == g->branches[i]);
        if (g->count > 1 && (twice || form_of(c, g->branches[i])->types == 0))
            remove_branch(g, i--);
    }
}

struct survey {
    unsigned types;
    bool building, finite, apart, open;
};

static struct survey
look(struct compare *c, const struct form_group *g)
{
    struct survey s = { .finite = true, .apart = true };
    unsigned taken = 0;

    for (uint32_t i = 0; i < g->count; i++) {
        const struct form *f = form_of(c, g->branches[i]);

        s.building = s.building || f->building;
        s.finite = s.finite && is_finite(f);
        s.apart = s.apart && by_type(f) && (taken & kinds(f)) == 0;
        s.open = s.open || (f->types == FORM_ANY && form_is_bare(f) && f->group_count == 0);
        s.types |= f->types;
        taken |= kinds(f);
    }
    return s;
}

/* Do two of the branches share a value? */
static bool
choices_overlap(struct compare *c, const struct form_group *g)
{
    for (uint32_t i = 0; i < g->count; i++) {
        const struct form *f = form_of(c, g->branches[i]);

        for (uint32_t j = 0; j < g->count; j++)
            for (uint32_t k = 0; j != i && k < f->choices.count; k++)
                if ((form_of(c, g->branches[j])->types & form_type_of(f->choices.items[k].value)) != 0 &&
                    conjunction_allows(c, g->branches[j], f->choices.items[k]))
                    return true;
    }
    return false;
}

/* Several enums are one. null is told by the types. */
static void
unite(struct compare *c, struct form *f, const struct conjunction *schema, const struct form_group *g, unsigned types)
{
    struct place_list candidates = { 0 };
    bool null = (types & f->types & FORM_NULL) != 0;

    for (uint32_t i = 0; i < g->count; i++) {
        const struct form *branch = form_of(c, g->branches[i]);

        for (uint32_t j = 0; j < branch->choices.count; j++)
            place_list_add(c, &candidates, branch->choices.items[j]);
    }
    form_choose(c, f, schema, &candidates);
    f->types |= null ? FORM_NULL : 0;
}

/* True: the group is gone. Otherwise it leaves only some types. */
static bool
simplify(struct compare *c, struct form *f, const struct conjunction *schema, struct form_group *g, unsigned *left)
{
    struct survey s;

    flatten(c, g);
    drop_branches(c, g);
    if (g->count == 1) {
        const struct conjunction *only = g->branches[0];

        for (uint32_t i = 0; i < only->count; i++)
            form_collect(c, f, schema->which, only->places[i]);
        return true;
    }
    s = look(c, g);
    if (s.building)
        return false;
    if (s.open && !g->one && f->lists[LIST_UNEVALUATED_PROPERTIES].count == 0 &&
        f->lists[LIST_UNEVALUATED_ITEMS].count == 0)
        return true;
    if (s.finite && f->lists[LIST_ENUM].count == 0 && !f->finite && !(g->one && choices_overlap(c, g))) {
        unite(c, f, schema, g, s.types);
        return true;
    }
    if (s.apart) {
        f->types &= s.types;
        for (uint32_t i = 0; i < g->count; i++)
            form_merge(c, f, form_of(c, g->branches[i]));
        return true;
    }
    *left &= s.types;
    return false;
}

void
form_simplify_groups(struct compare *c, struct form *f, const struct conjunction *schema)
{
    unsigned left = FORM_ANY;

    for (uint32_t i = 0; i < f->group_count && !c->failed; i++) {
        struct form_group group = f->groups[i];

        if (!simplify(c, f, schema, &group, &left)) {
            f->groups[i] = group;
            continue;
        }
        memmove(&f->groups[i], &f->groups[i + 1], (f->group_count - i - 1) * sizeof group);
        f->group_count--;
        i--;
    }
    f->own_types = f->types;
    f->types &= left;
}

/* ---- do they exclude each other? ---- */

static bool
choices_exclude(struct compare *c, const struct conjunction *a, const struct form *fa, const struct conjunction *b)
{
    (void)a;
    if (!fa->finite || (fa->types & FORM_NULL) != 0)
        return false;
    for (uint32_t i = 0; i < fa->choices.count; i++)
        if (conjunction_allows(c, b, fa->choices.items[i]))
            return false;
    return true;
}

static bool
ranges_exclude(const struct form *a, const struct form *b)
{
    const struct form_bound *low = &b->bounds[0], *high = &a->bounds[1];
    int order;

    if (low->place.value == NULL || high->place.value == NULL)
        return false;
    order = decimal_compare(&high->limit, &low->limit);
    return order < 0 || (order == 0 && (low->exclusive || high->exclusive));
}

/* A member that both ask for, and that is never the same; or one that the one asks for and the other does not allow. */
static bool
members_exclude(struct compare *c, const struct conjunction *a, const struct conjunction *b, unsigned depth)
{
    struct form *fa = form_of(c, a), *fb = form_of(c, b);

    form_members(c, fa, a->which);
    form_members(c, fb, b->which);
    for (uint32_t i = 0; i < fa->lists[LIST_REQUIRED].count; i++) {
        struct text name = value_text(fa->lists[LIST_REQUIRED].items[i].value);
        const struct conjunction *here = form_member_schema(c, fa, a->which, name);
        const struct conjunction *there = form_member_schema(c, fb, b->which, name);
        bool both = false;

        if (form_of(c, there)->types == 0)
            return true;
        for (uint32_t j = 0; j < fb->lists[LIST_REQUIRED].count; j++)
            both = both || text_equal(name, value_text(fb->lists[LIST_REQUIRED].items[j].value));
        if (both && forms_exclude(c, here, there, depth + 1))
            return true;
    }
    return false;
}

bool
forms_exclude(struct compare *c, const struct conjunction *a, const struct conjunction *b, unsigned depth)
{
    struct form *fa = form_of(c, a), *fb = form_of(c, b);
    unsigned common = fa->types & fb->types;

    if (fa->building || fb->building)
        return false;
    if (common == 0 || choices_exclude(c, a, fa, b) || choices_exclude(c, b, fb, a))
        return true;
    if ((common & ~FORM_NUMBER) == 0)
        return ranges_exclude(fa, fb) || ranges_exclude(fb, fa);
    return common == FORM_OBJECT && depth < 4 && (members_exclude(c, a, b, depth) || members_exclude(c, b, a, depth));
}
