/* explain.h -- what explain.c finds and describe.c puts into words. */
#ifndef SCHEMA_EXPLAIN_H
#define SCHEMA_EXPLAIN_H

#include "schema/check.h"

/* One place that is to blame. */
struct blame {
    struct blame *next;
    const char *keyword;
    const struct schema *schema;
    const struct op *op;       /* NULL: the type, or the schema false */
    const struct value *value; /* the offending one */
    const struct value *place; /* in the schema's document */
    struct text name;          /* the member that is meant: missing, or not allowed */
    uint64_t number;           /* contains: how many matched; oneOf: the alternatives, a bit each */
    unsigned types;            /* anyOf, oneOf: all that the alternatives would take, when the type alone is wrong */
    unsigned side;             /* readOnly, writeOnly */
};

/* Blames in the order in which they were found. */
struct blames {
    struct blame *first;
    struct blame **end;
    unsigned count;
};

struct explainer {
    struct walk walk;
    struct arena *arena;
    unsigned max;
};

static inline void
blames_begin(struct blames *list)
{
    *list = (struct blames){ .end = &list->first };
}

/* ---- explain.c ---- */

/* Add one, unless there are enough or it is there already. */
void explain_add(struct explainer *e, struct blames *list, struct blame blame);

/* The instruction itself is what the value breaks. */
void explain_itself(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
                    const struct value *v, struct text name);

/* Why the value does not satisfy the schema. */
void explain_value(struct explainer *e, struct blames *list, const struct schema *s, const struct value *v,
                   struct marks *marks);

/* ---- explain_branches.c ---- */

void explain_alternatives(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
                          const struct schema_list *branches, const struct value *v);
void explain_discriminator(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
                           const struct value *v, struct marks *marks);

/* ---- describe.c ---- */

/* Fill in expected, found and hint. Texts in the arena. */
void describe(const struct blame *blame, struct arena *arena, struct schema_problem *problem);

#endif
