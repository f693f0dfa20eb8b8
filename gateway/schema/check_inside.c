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

/* Most senders write the members in the order of the schema, so the next name is tried first. */
static inline uint32_t
find_member(const struct members_rule *rule, uint32_t guess, const struct value *key)
{
    if (guess < rule->count && rule->list[guess].length == key->count &&
        names_same(rule->list[guess].data, key->data, key->count))
        return guess;
    return names_find(&rule->names, key->data, key->count);
}

bool
check_members(struct walk *w, const struct members_rule *rule, const struct value *v, struct marks *marks)
{
    bool others = rule->additional != NULL || rule->pattern_count > 0;
    uint64_t seen = 0;
    uint32_t index = 0, guess = 0;

    for (VALUE_EACH_MEMBER(key, v)) {
        uint32_t at = find_member(rule, guess, key);
        bool known = false;

        if (at != NAMES_NONE) {
            const struct member *m = &rule->members[at];

            guess = at + 1;
            seen |= m->bit;
            known = m->schema != NULL;
            if (known) {
                if (UNLIKELY(m->forbidden != 0) && (m->forbidden & 1u << w->run->side) != 0)
                    return false;
                if (!walk_value(w, m->schema, key + 1, NULL))
                    return false;
                if (marks != NULL)
                    marks_set(marks, index);
            }
        }
        if (others && !check_other(w, rule, key, known, marks, index))
            return false;
        index++;
    }
    return (rule->required[w->run->side] & ~seen) == 0;
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
