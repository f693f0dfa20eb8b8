/* check_parts.h -- what check.c is made of: one function per kind of instruction (check_value.c, check_inside.c). */
#ifndef SCHEMA_CHECK_PARTS_H
#define SCHEMA_CHECK_PARTS_H

#include "schema/check.h"

/* Below, at (0) or above the bound. */
int check_bound(const struct value *v, const struct bound *bound);
bool check_multiple(struct walk *w, const struct value *v, const struct bound *bound);
bool check_pattern(struct walk *w, const struct pattern *pattern, struct text subject);
bool check_const(struct walk *w, const struct value *a, const struct value *b);
bool check_enum_other(struct walk *w, const struct enum_rule *rule, const struct value *v); /* v is no string */
bool check_unique(struct walk *w, const struct value *v);

bool check_items(struct walk *w, const struct items_rule *rule, const struct value *v, struct marks *marks);
bool check_contains(struct walk *w, const struct contains_rule *rule, const struct value *v, struct marks *marks);
bool check_members(struct walk *w, const struct members_rule *rule, const struct value *v, struct marks *marks);
bool check_names(struct walk *w, const struct schema *s, const struct value *v);
bool check_dependency(struct walk *w, const struct dependency *dependency, const struct value *v, struct marks *marks);
bool check_unevaluated_items(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks);
bool check_unevaluated_properties(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks);

/* A code point has one to four bytes, so most lengths need not be counted. */
static inline bool
check_at_least(const struct value *v, uint64_t limit)
{
    return v->count >= limit && (v->count / 4 >= limit || text_code_points(value_text(v)) >= limit);
}

static inline bool
check_at_most(const struct value *v, uint64_t limit)
{
    return v->count <= limit || (v->count / 4 <= limit && text_code_points(value_text(v)) <= limit);
}

static inline bool
check_enum(struct walk *w, const struct enum_rule *rule, const struct value *v)
{
    if (v->type == VALUE_STRING)
        return names_find(&rule->strings, v->data, v->count) != NAMES_NONE;
    return check_enum_other(w, rule, v);
}

#endif
