/* keywords.h -- every keyword with its meaning, in one table. Adding one is adding a row. */
#ifndef SCHEMA_KEYWORDS_H
#define SCHEMA_KEYWORDS_H

#include "schema/set.h"

/* Where schemas are inside a keyword's value. */
enum holds {
    HOLDS_NOTHING,
    HOLDS_SCHEMA,
    HOLDS_ARRAY, /* [schema, …] */
    HOLDS_MAP,   /* {"name": schema, …} */
    HOLDS_SCHEMA_OR_ARRAY,
    HOLDS_MIXED_MAP, /* {"name": schema or array of names} */
};

struct compiling;
typedef int compile_fn(struct compiling *c, const struct value *value);

struct keyword {
    const char *name;
    uint8_t drafts; /* 1 << enum draft */
    uint16_t vocabulary;
    uint8_t holds;
    compile_fn *compile; /* NULL: says nothing about validity, or is read by a neighbour */
};

extern const struct keyword keywords[];
extern const uint32_t keyword_count;

/* The row of a name in this dialect, or NULL. */
const struct keyword *keyword_find(const struct schema_set *set, const struct dialect *dialect, struct text name);

/* Called once per set. 0, or -1. */
int keywords_index(struct schema_set *set);

#endif
