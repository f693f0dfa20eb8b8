/* parts.h -- schemas as they were written, for those who walk them themselves: to make a value, to break one, to count
 * what one makes use of.
 *
 * A *part* is a schema where it stands. The *parts* of a value are all that say something about it: who collects them
 * decides how far (references, allOf, which branches), and asks all of them for a keyword instead of merging them.
 * Borrows from the documents; any thread. */
#ifndef SCHEMA_PARTS_H
#define SCHEMA_PARTS_H

#include "schema/schema.h"

struct schema_part {
    const struct document *document;
    const struct value *schema;
};

/* Where the reference (a string that stands in the part) leads; its schema is NULL when that is nowhere. */
struct schema_part
schema_part_follow(const struct schema_set *set, struct schema_part from, const struct value *reference);

/* What schema_compile made of the part, or of what stands behind it: a lone reference has no compiled form of its own.
 * NULL: nothing. */
const struct schema *schema_part_compiled(const struct schema_set *set, struct schema_part part);

#define SCHEMA_PARTS 64

struct schema_parts {
    struct schema_part list[SCHEMA_PARTS];
    uint32_t count;
};

bool schema_parts_have(const struct schema_parts *parts, const struct value *schema);

/* The next part that has the keyword (after NULL: the first), with its value; NULL: there is none.
 * for (SCHEMA_EACH_PART(part, parts, "pattern", value)) */
const struct schema_part *schema_parts_next(const struct schema_parts *parts, const struct schema_part *after,
                                            struct text keyword, const struct value **value);
#define SCHEMA_EACH_PART(part, parts, keyword, value)                                                                  \
    const struct schema_part *part = schema_parts_next((parts), NULL, TEXT(keyword), &(value));                        \
    part != NULL;                                                                                                      \
    part = schema_parts_next((parts), part, TEXT(keyword), &(value))

/* The largest (smallest) whole number, 0 or more, that the parts give for a keyword; `otherwise` where none does. */
uint64_t schema_parts_largest(const struct schema_parts *parts, struct text keyword, uint64_t otherwise);
uint64_t schema_parts_smallest(const struct schema_parts *parts, struct text keyword, uint64_t otherwise);

#endif
