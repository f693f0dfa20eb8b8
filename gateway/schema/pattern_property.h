/* pattern_property.h -- the Unicode properties of ECMA-262 (tables 69 to 71), and how PCRE2 spells them.
 *
 * Used inside schema/pattern only. Names are matched exactly, as ECMA-262 wants it; scripts are asked of PCRE2. */
#ifndef SCHEMA_PATTERN_PROPERTY_H
#define SCHEMA_PATTERN_PROPERTY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

struct pattern_property {
    struct text name; /* what PCRE2 calls it; literal or in the arena */
    bool negated;     /* PCRE2 only has its complement */
};

/* What stands between the braces of \p{...}. False: ECMA-262 knows no such property. A property that it knows and PCRE2
 * lacks gives an empty name. */
bool pattern_property_find(struct pattern_property *property, struct text written, struct arena *arena);

/* Does PCRE2 know this property? (schema/pattern.c, the door) */
bool pattern_engine_knows(struct text property);

#endif
