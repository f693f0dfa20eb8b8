/* check_inside.c -- the instructions that go down to items and members. */
#include "schema/check_parts.h"

#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* ---- arrays ---- */

bool
check_items(struct walk *w, const struct items_rule *rule, const struct value *v, struct marks *marks)
{
    uint32_t index = 0, prefix = rule->prefix != NULL ? rule->prefix->count : 0;

    for (VALUE_EACH_ITEM(item, v)) {
        const struct schema *s = index < prefix ? rule->prefix->items[index] : rule->rest;

        if (s == NULL)
            break;
        if (!walk_value(w, s, item, NULL))
            return false;
        if (marks != NULL)
            marks_set(marks, index);
        index++;
    }
    return true;
}

bool
check_contains(struct walk *w, const struct contains_rule *rule, const struct value *v, struct marks *marks)
{
    uint64_t certain = 0, possible = 0;
    uint32_t index = 0;

    for (VALUE_EACH_ITEM(item, v)) {
        uint32_t doubts = w->doubts;

        if (walk_value(w, rule->schema, item, NULL)) {
            possible++;
            certain += w->doubts == doubts;
            if (marks != NULL && rule->evaluates)
                marks_set(marks, index);
            else if (certain >= rule->least && rule->most == UINT64_MAX)
                return true;
        }
        index++;
    }
    return possible >= rule->least && certain <= rule->most;
}

bool
check_unevaluated_items(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    uint32_t index = 0;

    if (v->type != VALUE_ARRAY || marks == NULL)
        return true;
    for (VALUE_EACH_ITEM(item, v)) {
        if (!marks_has(marks, index) && !walk_value(w, s, item, NULL))
            return false;
        index++;
    }
    marks->all = true;
    return true;
}

/* ---- objects ---- */

bool
walk_name_matches(struct walk *w, const struct pattern_rule *rule, struct text name)
{
    return rule->pattern != NULL ? check_pattern(w, rule->pattern, name) : walk_doubt(w, SCHEMA_UNCHECKED_PATTERN);
}

/* A member that no property is declared for, or that patterns may concern too. */
static bool
check_other(struct walk *w, const struct members_rule *rule, const struct value *key, bool known, struct marks *marks,
            uint32_t index)
{
    for (uint32_t i = 0; i < rule->pattern_count; i++) {
        uint32_t doubts = w->doubts;

        if (!walk_name_matches(w, &rule->patterns[i], value_text(key)))
            continue;
        known = true;
        if (marks != NULL)
            marks_set(marks, index);
        if (w->doubts == doubts && !walk_value(w, rule->patterns[i].schema, key + 1, NULL))
            return false;
    }
    if (known || rule->additional == NULL)
        return true;
    if (marks != NULL)
        marks_set(marks, index);
    return walk_value(w, rule->additional, key + 1, NULL);
}

/* Most senders write the members in the order of the schema, so the next name is tried first. NULL: not named. */
static inline const struct member *
find_member(const struct members_rule *rule, const struct member *next, const struct value *key)
{
    uint32_t at;

    if (next->name.length == key->count && names_same(next->name.data, key->data, key->count))
        return next;
    at = names_find(&rule->names, key->data, key->count);
    return at != NAMES_NONE ? &rule->members[at] : NULL;
}

static __attribute__((noinline)) bool
walk_member(struct walk *w, const struct schema *s, const struct value *v)
{
    return walk_value(w, s, v, NULL);
}

/* Without patterns, and when nobody wants to know which members were evaluated. */
static bool
check_named(struct walk *w, const struct members_rule *rule, const struct value *v)
{
    const enum schema_side side = w->run->side;
    const struct member *next = rule->members;
    uint64_t seen = 0;

    for (VALUE_EACH_MEMBER(key, v)) {
        const struct member *m = find_member(rule, next, key);
        const struct schema *s = rule->additional;

        if (m != NULL) {
            next = m + 1;
            seen |= m->bit;
            if (m->schema != NULL) {
                if (UNLIKELY((m->forbidden & 1u << side) != 0))
                    return false;
                s = m->schema;
            }
        } else if (s == NULL) {
            w->run->unnamed = true;
        }
        if (s != NULL && !walk_cheaply(w, s, key + 1) && !walk_member(w, s, key + 1))
            return false;
    }
    return (rule->required[side] & ~seen) == 0;
}

bool
check_members(struct walk *w, const struct members_rule *rule, const struct value *v, struct marks *marks)
{
    const enum schema_side side = w->run->side;
    const struct member *next = rule->members;
    uint64_t seen = 0;
    uint32_t index = 0;

    if (marks == NULL && rule->pattern_count == 0)
        return check_named(w, rule, v);
    for (VALUE_EACH_MEMBER(key, v)) {
        const struct member *m = find_member(rule, next, key);
        bool known = m != NULL && m->schema != NULL;

        if (m != NULL) {
            next = m + 1;
            seen |= m->bit;
        }
        if (known) {
            if ((m->forbidden & 1u << side) != 0 || !walk_value(w, m->schema, key + 1, NULL))
                return false;
            if (marks != NULL)
                marks_set(marks, index);
        }
        if (!check_other(w, rule, key, known, marks, index))
            return false;
        index++;
    }
    return (rule->required[side] & ~seen) == 0;
}

bool
check_names(struct walk *w, const struct schema *s, const struct value *v)
{
    for (VALUE_EACH_MEMBER(key, v)) {
        if (!walk_value(w, s, key, NULL))
            return false;
    }
    return true;
}

bool
check_dependency(struct walk *w, const struct dependency *dependency, const struct value *v, struct marks *marks)
{
    if (value_member(v, dependency->name) == NULL)
        return true;
    if (dependency->schema != NULL)
        return walk_value(w, dependency->schema, v, marks);
    for (uint32_t i = 0; i < dependency->required->count; i++) {
        if (w->budget <= v->count)
            return walk_spent(w);
        w->budget -= v->count;
        if (value_member(v, dependency->required->items[i]) == NULL)
            return false;
    }
    return true;
}

bool
check_unevaluated_properties(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    uint32_t index = 0;

    if (v->type != VALUE_OBJECT || marks == NULL)
        return true;
    for (VALUE_EACH_MEMBER(key, v)) {
        if (!marks_has(marks, index) && !walk_value(w, s, key + 1, NULL))
            return false;
        index++;
    }
    marks->all = true;
    return true;
}
