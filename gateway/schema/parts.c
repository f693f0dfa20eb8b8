#include "schema/parts.h"

#include "json/number.h"

#define HOPS 16 /* references that only lead to another one */

struct schema_part
schema_part_follow(const struct schema_set *set, struct schema_part from, const struct value *reference)
{
    struct schema_part there = { .document = from.document };

    there.schema = schema_follow(set, from.document, value_text(reference), &there.document);
    return there;
}

const struct schema *
schema_part_compiled(const struct schema_set *set, struct schema_part part)
{
    for (int hops = 0; hops < HOPS && part.schema != NULL; hops++) {
        const struct schema *schema = schema_compiled(set, part.document, part.schema);
        const struct value *reference = VALUE_MEMBER(part.schema, "$ref");

        if (schema != NULL || !value_is(reference, VALUE_STRING))
            return schema;
        part = schema_part_follow(set, part, reference);
    }
    return NULL;
}

bool
schema_parts_have(const struct schema_parts *parts, const struct value *schema)
{
    for (uint32_t i = 0; i < parts->count; i++)
        if (parts->list[i].schema == schema)
            return true;
    return false;
}

const struct schema_part *
schema_parts_next(const struct schema_parts *parts, const struct schema_part *after, struct text keyword,
                  const struct value **value)
{
    for (const struct schema_part *p = after != NULL ? after + 1 : parts->list; p < parts->list + parts->count; p++)
        if ((*value = value_member(p->schema, keyword)) != NULL)
            return p;
    return NULL;
}

/* ---- numbers ---- */

static bool
natural(const struct value *value, uint64_t *number)
{
    struct decimal d;
    int64_t n;

    if (value->type != VALUE_NUMBER)
        return false;
    decimal_read(&d, value_text(value));
    if (!decimal_to_i64(&d, &n) || n < 0)
        return false;
    *number = (uint64_t)n;
    return true;
}

static uint64_t
outermost(const struct schema_parts *parts, struct text keyword, bool smallest, uint64_t otherwise)
{
    const struct value *value;
    uint64_t result = 0, number;
    bool any = false;

    for (const struct schema_part *p = schema_parts_next(parts, NULL, keyword, &value); p != NULL;
         p = schema_parts_next(parts, p, keyword, &value)) {
        if (!natural(value, &number))
            continue;
        result = !any || (smallest ? number < result : number > result) ? number : result;
        any = true;
    }
    return any ? result : otherwise;
}

uint64_t
schema_parts_largest(const struct schema_parts *parts, struct text keyword, uint64_t otherwise)
{
    return outermost(parts, keyword, false, otherwise);
}

uint64_t
schema_parts_smallest(const struct schema_parts *parts, struct text keyword, uint64_t otherwise)
{
    return outermost(parts, keyword, true, otherwise);
}
