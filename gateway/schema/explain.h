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

/* Fill in expected, found and hint. Texts in the arena. */
void describe(const struct blame *blame, struct arena *arena, struct schema_problem *problem);

#endif
