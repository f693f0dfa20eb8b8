/* explain_branches.c -- when alternatives failed, the closest one is explained.
 *
 * Each is explained into a list of its own, and one list is kept: the right type first, then the right constants in its
 * members (they tell variants apart), then the deepest place, then the fewest places. */
#include "schema/explain.h"
#include "schema/keywords.h"

static void
blames_append(struct blames *list, struct blames *more)
{
    if (more->first == NULL)
        return;
    *list->end = more->first;
    list->end = more->end;
    list->count += more->count;
}

struct closeness {
    bool wrong_type;
    bool wrong_tag;
    unsigned depth;
    unsigned count;
};

static struct closeness
closeness_of(const struct blames *list, const struct value *v)
{
    struct closeness c = { .count = list->count };

    for (const struct blame *b = list->first; b != NULL; b = b->next) {
        bool constant = strcmp(b->keyword, "const") == 0 || strcmp(b->keyword, "enum") == 0;

        c.wrong_type |= b->value == v && (b->op == NULL || b->types != 0);
        c.wrong_tag |= constant && b->value->depth <= v->depth + 1;
        if (b->value->depth > c.depth)
            c.depth = b->value->depth;
    }
    return c;
}

static bool
closer(struct closeness a, struct closeness b)
{
    if (a.wrong_type != b.wrong_type)
        return b.wrong_type;
    if (a.wrong_tag != b.wrong_tag)
        return b.wrong_tag;
    if (a.depth != b.depth)
        return a.depth > b.depth;
    return a.count < b.count;
}

/* 3.1: the discriminator does not decide, but it says which branch was meant. */
static const struct schema *
meant_branch(const struct schema *s, const struct value *v)
{
    const struct schema *target = NULL;

    for (uint32_t i = s->ends[GROUP_OBJECT]; i < s->ends[GROUP_ANY] && target == NULL; i++) {
        if (s->code[i].code == OP_DISCRIMINATOR && s->code[i].with.discriminator->branches != NULL)
            (void)walk_discriminator(s->code[i].with.discriminator, v, &target);
    }
    return target;
}

static void
explain_too_many(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
                 const struct schema_list *branches, const struct value *v)
{
    struct blame blame = { .keyword = "oneOf", .schema = s, .op = op, .value = v, .place = op->place };

    for (uint32_t i = 0; i < branches->count && i < 64; i++) {
        if (walk_value(&e->walk, branches->items[i], v, NULL))
            blame.number |= (uint64_t)1 << i;
    }
    explain_add(e, list, blame);
}

void
explain_alternatives(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
                     const struct schema_list *branches, const struct value *v)
{
    const struct schema *meant = meant_branch(s, v);
    struct closeness best = { 0 };
    struct blames kept;
    unsigned types = 0;

    blames_begin(&kept);
    for (uint32_t i = 0; i < branches->count; i++) {
        struct blames branch;
        struct closeness c;

        if (meant != NULL && branches->items[i] != meant)
            continue;
        if (walk_value(&e->walk, branches->items[i], v, NULL)) {
            explain_too_many(e, list, s, op, branches, v);
            return;
        }
        blames_begin(&branch);
        explain_value(e, &branch, branches->items[i], v, NULL);
        c = closeness_of(&branch, v);
        for (const struct blame *b = branch.first; b != NULL && c.wrong_type; b = b->next)
            types |= b->value != v ? 0 : b->op == NULL ? b->schema->types : b->types;
        if (branch.first != NULL && (kept.first == NULL || closer(c, best))) {
            kept = branch;
            best = c;
        }
    }
    if (kept.first != NULL && best.wrong_type && branches->count > 1 && types != 0)
        explain_add(e, list,
                    (struct blame){ .keyword = keywords[op->keyword].name,
                                    .schema = s,
                                    .op = op,
                                    .value = v,
                                    .place = op->place,
                                    .types = types });
    else if (kept.first != NULL)
        blames_append(list, &kept);
    else
        explain_itself(e, list, s, op, v, (struct text){ 0 });
}

void
explain_discriminator(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
                      const struct value *v, struct marks *marks)
{
    const struct discriminator *d = op->with.discriminator;
    const struct schema *target;

    switch (walk_discriminator(d, v, &target)) {
    case DISCRIMINATOR_UNKNOWN:
        explain_itself(e, list, s, op, value_member(v, d->property), d->property);
        return;
    case DISCRIMINATOR_FOUND:
        explain_value(e, list, target, v, marks);
        return;
    case DISCRIMINATOR_NONE:
        explain_alternatives(e, list, s, op, d->branches, v);
        return;
    }
}
