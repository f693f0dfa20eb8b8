/* compare_alternatives.c -- anyOf and oneOf: which branch of the old one stands for which of the new one.
 *
 * Branches are put together by the name of the schema that they refer to, then where they are equal, then where they
 * are most alike. What is left over was removed or added, unless another branch takes all of it in. */
#include "drift/compare_internal.h"

#define BRANCHES 256 /* more than that are compared in their order */
#define NONE     UINT32_MAX

struct matching {
    struct form_group *groups[2];
    uint32_t *partner[2]; /* by branch: its index in the other group, or NONE */
    bool changed;         /* anything at all */
};

static struct text
last_segment(struct text t)
{
    size_t at = t.length;

    while (at > 0 && t.data[at - 1] != '/')
        at--;
    return text_from(t, at);
}

/* "Cat" of "#/components/schemas/Cat"; empty for a schema that has no name. */
static struct text
name_of(struct compare *c, const struct conjunction *schema)
{
    static const char *const parents[] = { "/schemas", "/$defs", "/definitions" };
    struct text pointer, name;

    if (schema->count != 1)
        return TEXT("");
    pointer = pointer_to(schema->places[0].document->root, schema->places[0].value, c->arena);
    name = last_segment(pointer);
    for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++)
        if (name.length < pointer.length &&
            text_ends(text_slice(pointer, 0, pointer.length - name.length - 1), text_of(parents[i])))
            return name;
    return TEXT("");
}

static struct text
branch_text(struct compare *c, const struct conjunction *schema)
{
    struct text name;

    if (c->quiet > 0 || schema->count == 0)
        return TEXT("");
    name = name_of(c, schema);
    return name.length > 0 ? name : compare_show(c, schema->places[0].value);
}

static void
put_together(struct matching *m, uint32_t old, uint32_t now)
{
    m->partner[OLD][old] = now;
    m->partner[NEW][now] = old;
}

/* ---- who is who ---- */

static void
match_names(struct compare *c, struct matching *m)
{
    struct index names = { 0 };

    for (uint32_t i = 0; i < m->groups[NEW]->count; i++) {
        struct text name = name_of(c, m->groups[NEW]->branches[i]);

        if (name.length > 0 && index_put(&names, c->arena, NULL, name, &m->groups[NEW]->branches[i]) < 0)
            c->failed = true;
    }
    for (uint32_t i = 0; names.count > 0 && i < m->groups[OLD]->count; i++) {
        struct text name = name_of(c, m->groups[OLD]->branches[i]);
        const struct conjunction *const *found = name.length > 0 ? index_find(&names, NULL, name) : NULL;
        uint32_t at =
            found != NULL ? (uint32_t)(found - (const struct conjunction *const *)m->groups[NEW]->branches) : NONE;

        if (at != NONE && m->partner[NEW][at] == NONE)
            put_together(m, i, at);
    }
}

static void
match_equal(struct compare *c, struct matching *m)
{
    uint32_t count = m->groups[NEW]->count;

    for (uint32_t i = 0; i < m->groups[OLD]->count; i++)
        for (uint32_t j = 0; j < count && m->partner[OLD][i] == NONE; j++) {
            uint32_t at = (i + j) % count; /* the same place first */

            if (m->partner[NEW][at] == NONE &&
                compare_relation(c, m->groups[OLD]->branches[i], m->groups[NEW]->branches[at]) == 0)
                put_together(m, i, at);
        }
}

/* How much alike are they? 0: not at all. */
static uint32_t
likeness(struct compare *c, const struct conjunction *old, const struct conjunction *now)
{
    struct form *fo = form_of(c, old), *fn = form_of(c, now);
    uint32_t score = 0;

    if (fo->building || fn->building || (fo->types & fn->types) == 0 || forms_exclude(c, old, now, 0))
        return 0;
    if ((fo->types & fn->types & ~FORM_OBJECT) != 0)
        score += fo->types == fn->types ? 3 : 2;
    if ((fo->types & fn->types & FORM_OBJECT) == 0)
        return score;
    form_members(c, fo, OLD);
    form_members(c, fn, NEW);
    for (uint32_t i = 0; i < fo->member_count; i++)
        score += form_member_find(fn, fo->members[i].name) != NULL ? 4 : 0;
    if (fo->member_count == 0 && fn->member_count == 0)
        score++;
    return score;
}

static void
match_alike(struct compare *c, struct matching *m)
{
    for (;;) {
        uint32_t best = 0, one = NONE, other = NONE;

        for (uint32_t i = 0; i < m->groups[OLD]->count; i++)
            for (uint32_t j = 0; m->partner[OLD][i] == NONE && j < m->groups[NEW]->count; j++) {
                uint32_t score = m->partner[NEW][j] == NONE
                                     ? likeness(c, m->groups[OLD]->branches[i], m->groups[NEW]->branches[j])
                                     : 0;

                if (score <= best)
                    continue;
                best = score;
                one = i;
                other = j;
            }
        if (best == 0)
            return;
        put_together(m, one, other);
    }
}

static bool
match(struct compare *c, struct matching *m)
{
    for (int which = 0; which < 2; which++) {
        m->partner[which] = COMPARE_TAKE(c, uint32_t, m->groups[which]->count + 1);
        if (m->partner[which] == NULL)
            return false;
        for (uint32_t i = 0; i < m->groups[which]->count; i++)
            m->partner[which][i] = NONE;
    }
    match_names(c, m);
    if (m->groups[OLD]->count > BRANCHES || m->groups[NEW]->count > BRANCHES) {
        for (uint32_t i = 0; i < m->groups[OLD]->count && i < m->groups[NEW]->count; i++)
            if (m->partner[OLD][i] == NONE && m->partner[NEW][i] == NONE)
                put_together(m, i, i);
        return true;
    }
    match_equal(c, m);
    match_alike(c, m);
    return true;
}

/* ---- what came of them ---- */

/* Is all that the branch allows allowed by one of the other group? */
static bool
taken_in(struct compare *c, const struct matching *m, int which, uint32_t branch)
{
    const struct form_group *other = m->groups[1 - which];
    unsigned lost = which == OLD ? CHANGE_NARROWS : CHANGE_WIDENS;

    for (uint32_t i = 0; i < other->count && other->count <= BRANCHES; i++) {
        const struct conjunction *old = which == OLD ? m->groups[OLD]->branches[branch] : other->branches[i];
        const struct conjunction *now = which == NEW ? m->groups[NEW]->branches[branch] : other->branches[i];

        if ((compare_relation(c, old, now) & lost) == 0)
            return true;
    }
    return false;
}

static bool
is_null(struct compare *c, const struct conjunction *schema)
{
    return form_of(c, schema)->types == FORM_NULL;
}

static void
compare_branches(struct compare *c, struct matching *m)
{
    for (uint32_t i = 0; i < m->groups[OLD]->count; i++) {
        const struct conjunction *branch = m->groups[OLD]->branches[i];
        uint32_t partner = m->partner[OLD][i];

        if (partner != NONE) {
            m->changed = m->changed || compare_relation(c, branch, m->groups[NEW]->branches[partner]) != 0;
            compare_pair(c, branch, m->groups[NEW]->branches[partner], c->instance);
            continue;
        }
        m->changed = true;
        if (!is_null(c, branch) && !taken_in(c, m, OLD, i))
            compare_note(c, CHANGE_BRANCH_REMOVED, branch->count > 0 ? branch->places[0] : m->groups[OLD]->place,
                         m->groups[NEW]->place, branch_text(c, branch), TEXT(""));
    }
    for (uint32_t i = 0; i < m->groups[NEW]->count; i++) {
        const struct conjunction *branch = m->groups[NEW]->branches[i];

        if (m->partner[NEW][i] != NONE)
            continue;
        m->changed = true;
        if (!is_null(c, branch) && !taken_in(c, m, NEW, i))
            compare_note(c, CHANGE_BRANCH_ADDED, m->groups[OLD]->place,
                         branch->count > 0 ? branch->places[0] : m->groups[NEW]->place, TEXT(""),
                         branch_text(c, branch));
    }
}

/* Can no value match two branches? A discriminator says which one is meant. */
static bool
apart(struct compare *c, const struct form_group *g)
{
    if (g->discriminator.value != NULL)
        return true;
    if (g->count > BRANCHES)
        return false;
    for (uint32_t i = 0; i < g->count; i++)
        for (uint32_t j = i + 1; j < g->count; j++)
            if (!forms_exclude(c, g->branches[i], g->branches[j], 0))
                return false;
    return true;
}

static void
compare_modes(struct compare *c, const struct matching *m)
{
    const struct form_group *old = m->groups[OLD], *now = m->groups[NEW];
    bool matters;

    if (old->one != now->one) {
        if (!apart(c, now->one ? now : old))
            compare_note(c, now->one ? CHANGE_GROUP_TIGHTENED : CHANGE_GROUP_LOOSENED, old->place, now->place,
                         old->one ? TEXT("oneOf") : TEXT("anyOf"), now->one ? TEXT("oneOf") : TEXT("anyOf"));
        return;
    }
    if (!now->one || !m->changed)
        return;
    if (c->quiet > 0)
        matters = !apart(c, now) || !apart(c, old);
    else
        matters = !apart(c, c->as == SIDE_REQUEST ? now : old);
    if (matters)
        compare_note(c, CHANGE_ONE_OF_OVERLAP, old->place, now->place, TEXT(""), TEXT(""));
}

/* ---- discriminators ---- */

/* The schema that a value means, as a name: mapping values are names or references. */
static struct text
meaning(const struct value *mapping, struct text key)
{
    const struct value *v = value_member(mapping, key);

    return value_is(v, VALUE_STRING) ? last_segment(value_text(v)) : key;
}

static void
compare_mappings(struct compare *c, struct compare_place old, struct compare_place now)
{
    struct compare_place one = PLACE_MEMBER(old, "mapping"), other = PLACE_MEMBER(now, "mapping");

    if (value_is(one.value, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, one.value)) {
            struct text name = value_text(key), means = meaning(one.value, name);
            const struct value *kept = value_member(other.value, name);

            if (text_equal(means, meaning(other.value, name)))
                continue;
            compare_note(c, kept != NULL ? CHANGE_MAPPING_CHANGED : CHANGE_MAPPING_REMOVED,
                         place_of(one.document, value_next(key)),
                         kept != NULL ? place_of(other.document, kept) : place_or(other, now),
                         compare_show(c, kept != NULL ? value_next(key) : key), compare_show(c, kept));
        }
    if (value_is(other.value, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, other.value))
            if (value_member(one.value, value_text(key)) == NULL &&
                !text_equal(meaning(other.value, value_text(key)), value_text(key)))
                compare_note(c, CHANGE_MAPPING_ADDED, place_or(one, old), place_of(other.document, value_next(key)),
                             TEXT(""), compare_show(c, key));
}

void
compare_discriminators(struct compare *c, struct compare_place old, struct compare_place now,
                       struct compare_place around[2])
{
    struct compare_place one = PLACE_MEMBER(old, "propertyName"), other = PLACE_MEMBER(now, "propertyName");

    if (old.value == NULL && now.value == NULL)
        return;
    if (old.value == NULL || now.value == NULL) {
        compare_note(c, old.value == NULL ? CHANGE_DISCRIMINATOR_ADDED : CHANGE_DISCRIMINATOR_REMOVED,
                     place_or(old, around[OLD]), place_or(now, around[NEW]), compare_show(c, one.value),
                     compare_show(c, other.value));
        return;
    }
    if (value_is(one.value, VALUE_STRING) && value_is(other.value, VALUE_STRING) &&
        !text_equal(value_text(one.value), value_text(other.value)))
        compare_note(c, CHANGE_DISCRIMINATOR_CHANGED, one, other, compare_show(c, one.value),
                     compare_show(c, other.value));
    compare_mappings(c, old, now);
}

/* ---- groups ---- */

static void
compare_group(struct compare *c, struct form_group *old, struct form_group *now)
{
    struct matching m = { .groups = { old, now } };
    struct compare_place around[2] = { old->place, now->place };

    if (!match(c, &m))
        return;
    compare_branches(c, &m);
    compare_modes(c, &m);
    compare_discriminators(c, old->discriminator, now->discriminator, around);
}

static bool
alone(const struct form *f)
{
    return f->group_count == 1 && form_is_bare(f) && f->own_types == FORM_ANY;
}

/* A schema without alternatives as a group: a branch for each kind of values that it allows. */
static struct form_group
as_group(struct compare *c, const struct conjunction *schema, bool one)
{
    static const unsigned kinds[] = { FORM_NULL, FORM_BOOLEAN, FORM_NUMBER, FORM_STRING, FORM_ARRAY, FORM_OBJECT };
    const struct form *f = form_of(c, schema);
    struct form_group g = { .one = one, .place = f->here };

    g.branches = COMPARE_TAKE(c, const struct conjunction *, sizeof kinds / sizeof kinds[0]);
    if (g.branches == NULL)
        return g;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if ((f->types & kinds[i]) != 0)
            g.branches[g.count++] = conjunction_part(c, schema, kinds[i]);
    return g;
}

bool
compare_groups_alone(struct compare *c, const struct conjunction *old, const struct conjunction *now)
{
    struct form *fo = form_of(c, old), *fn = form_of(c, now);
    bool first = alone(fo) && fn->group_count == 0, second = alone(fn) && fo->group_count == 0;
    struct form_group single;

    if ((!first && !second) || (first ? fn : fo)->types == FORM_ANY)
        return false;
    single = as_group(c, first ? now : old, (first ? fo : fn)->groups[0].one);
    if (first)
        compare_group(c, &fo->groups[0], &single);
    else
        compare_group(c, &single, &fn->groups[0]);
    return true;
}

/* Does a group of the other form have the same branches in some order? */
static bool
same_group(struct compare *c, struct form_group *old, struct form_group *now)
{
    unsigned before = c->effect, effect;

    if (old->one != now->one || old->count != now->count)
        return false;
    c->quiet++;
    c->effect = 0;
    compare_group(c, old, now);
    effect = c->effect;
    c->effect = before;
    c->quiet--;
    return effect == 0;
}

static void
note_group(struct compare *c, const struct form *old, const struct form *now, const struct form_group *g, int which)
{
    compare_note(c, which == NEW ? CHANGE_GROUP_ADDED : CHANGE_GROUP_REMOVED, which == OLD ? g->place : old->here,
                 which == NEW ? g->place : now->here, TEXT(""), TEXT(""));
}

void
compare_groups(struct compare *c, struct form *old, struct form *now)
{
    bool *done = COMPARE_TAKE(c, bool, now->group_count + 1);
    uint32_t left = 0;

    if (done == NULL)
        return;
    for (uint32_t i = 0; i < old->group_count; i++) {
        uint32_t at = NONE;

        for (uint32_t j = 0; now->group_count > 1 && j < now->group_count && at == NONE; j++)
            at = !done[j] && same_group(c, &old->groups[i], &now->groups[j]) ? j : NONE;
        for (uint32_t j = 0; j < now->group_count && at == NONE; j++)
            at = !done[j] ? j : NONE;
        if (at == NONE) {
            note_group(c, old, now, &old->groups[i], OLD);
            continue;
        }
        done[at] = true;
        compare_group(c, &old->groups[i], &now->groups[at]);
    }
    for (left = 0; left < now->group_count; left++)
        if (!done[left])
            note_group(c, old, now, &now->groups[left], NEW);
}
