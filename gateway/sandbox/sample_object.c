/* sample_object.c -- objects: what is required and what it entails, then optional properties, then made-up ones until
 * there are enough. */
#include "sandbox/sample_make.h"

#include "json/write.h"
#include "schema/pattern.h"

#define EXTRA_TRIES 20

struct property {
    struct text name;
    bool required;
    bool chosen;
};

struct properties {
    struct property *list;
    uint32_t count, capacity;
};

static struct property *
find_property(const struct properties *p, struct text name)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (text_equal(p->list[i].name, name))
            return &p->list[i];
    return NULL;
}

static struct property *
add_property(struct sample_maker *m, struct properties *p, struct text name)
{
    struct property *there = find_property(p, name);

    if (there != NULL)
        return there;
    if (p->count == p->capacity) {
        uint32_t bigger = p->capacity > 0 ? 2 * p->capacity : 32;
        struct property *list = arena_grow(m->plans, p->list, p->capacity * sizeof(*list), bigger * sizeof(*list));

        if (list == NULL)
            return NULL;
        p->list = list;
        p->capacity = bigger;
    }
    there = &p->list[p->count++];
    *there = (struct property){ .name = name };
    return there;
}

/* ---- what holds for a property ---- */

static bool
name_matches(struct sample_maker *m, struct text pattern, struct text name)
{
    struct pattern *compiled = pattern_new(pattern, NULL);
    bool matches = compiled != NULL && pattern_matches(compiled, name, m->patterns, NULL) == 1;

    pattern_free(compiled);
    return matches;
}

/* The schemas of one part for a property; what is not named here falls to additionalProperties. True: the part says
 * something. */
static bool
add_goals(struct sample_maker *m, const struct schema_part *part, struct text name, struct sample_plan *goal)
{
    const struct value *named = value_member(VALUE_MEMBER(part->schema, "properties"), name);
    const struct value *patterns = VALUE_MEMBER(part->schema, "patternProperties");
    const struct value *rest = VALUE_MEMBER(part->schema, "additionalProperties");
    bool known = named != NULL;

    if (named != NULL)
        sample_add(goal, part->document, named);
    if (value_is(patterns, VALUE_OBJECT) && patterns->count > 0)
        for (VALUE_EACH_MEMBER(pattern, patterns))
            if (name_matches(m, value_text(pattern), name)) {
                sample_add(goal, part->document, value_next(pattern));
                known = true;
            }
    if (!known && rest != NULL)
        sample_add(goal, part->document, rest);
    return known || rest != NULL;
}

static void
property_goal(struct sample_maker *m, const struct sample_plan *plan, struct text name, struct sample_plan *goal)
{
    const struct value *rest;
    bool evaluated = false;

    *goal = (struct sample_plan){ .parts.count = 0 };
    for (uint32_t i = 0; i < plan->parts.count; i++)
        evaluated = add_goals(m, &plan->parts.list[i], name, goal) || evaluated;
    if (!evaluated)
        for (SCHEMA_EACH_PART(part, &plan->parts, "unevaluatedProperties", rest))
            sample_add(goal, part->document, rest);
}

/* readOnly properties have no place in a request, writeOnly ones none in a response. */
static bool
is_hidden(const struct sample_maker *m, const struct sample_plan *expanded)
{
    const struct value *value;

    if (m->options->side == SCHEMA_REQUEST) {
        for (SCHEMA_EACH_PART(part, &expanded->parts, "readOnly", value))
            if (value->type == VALUE_TRUE)
                return true;
    }
    if (m->options->side == SCHEMA_RESPONSE) {
        for (SCHEMA_EACH_PART(part, &expanded->parts, "writeOnly", value))
            if (value->type == VALUE_TRUE)
                return true;
    }
    return false;
}

/* ---- which properties there are ---- */

static void
list_properties(struct sample_maker *m, const struct sample_plan *plan, struct properties *p)
{
    const struct value *value;

    for (SCHEMA_EACH_PART(part, &plan->parts, "properties", value))
        if (value->type == VALUE_OBJECT && value->count > 0)
            for (VALUE_EACH_MEMBER(key, value))
                (void)add_property(m, p, value_text(key));
    for (SCHEMA_EACH_PART(each, &plan->parts, "required", value))
        if (value->type == VALUE_ARRAY && value->count > 0)
            for (VALUE_EACH_ITEM(name, value)) {
                struct property *there = name->type == VALUE_STRING ? add_property(m, p, value_text(name)) : NULL;

                if (there != NULL)
                    there->required = there->chosen = true;
            }
    for (uint32_t i = 0; i < plan->named_count; i++) {
        struct property *there = add_property(m, p, plan->named[i].property);

        if (there != NULL)
            there->required = there->chosen = true;
    }
}

static bool
wants_optional(struct sample_maker *m, const struct sample_plan *plan, struct text name)
{
    struct sample_plan goal, expanded = { .parts.count = 0 };

    property_goal(m, plan, name, &goal);
    if (goal.impossible)
        return false;
    sample_expand(m, &goal, &expanded);
    if (expanded.impossible || is_hidden(m, &expanded) || sample_recurs(m, &expanded))
        return false;
    return !m->sparse && m->depth <= SAMPLE_OPTIONAL && m->work > SAMPLE_WORK - SAMPLE_WIDE && !sample_perhaps(m, 40);
}

/* Required ones that must not appear on this side are left out: the checker does not ask for them there. */
static void
choose_properties(struct sample_maker *m, const struct sample_plan *plan, struct properties *p)
{
    struct sample_plan goal, expanded = { .parts.count = 0 };

    for (uint32_t i = 0; i < p->count; i++) {
        if (!p->list[i].required) {
            p->list[i].chosen = wants_optional(m, plan, p->list[i].name);
            continue;
        }
        property_goal(m, plan, p->list[i].name, &goal);
        sample_expand(m, &goal, &expanded);
        p->list[i].chosen = !is_hidden(m, &expanded);
    }
}

static void
require(struct sample_maker *m, struct properties *p, const struct value *names, bool *changed)
{
    if (!value_is(names, VALUE_ARRAY) || names->count == 0)
        return;
    for (VALUE_EACH_ITEM(name, names)) {
        struct property *there = name->type == VALUE_STRING ? add_property(m, p, value_text(name)) : NULL;

        if (there != NULL && !there->required) {
            there->required = there->chosen = true;
            *changed = true;
        }
    }
}

/* dependentRequired, dependentSchemas and draft 4's dependencies of the chosen properties. True: there was something
 * new. */
static bool
add_dependencies(struct sample_maker *m, struct sample_plan *plan, struct properties *p)
{
    static const char *const keywords[] = { "dependentRequired", "dependentSchemas", "dependencies" };
    bool changed = false;

    for (uint32_t part = 0; part < plan->parts.count; part++)
        for (size_t k = 0; k < sizeof(keywords) / sizeof(keywords[0]); k++) {
            const struct value *rules = value_member(plan->parts.list[part].schema, text_of(keywords[k]));

            if (!value_is(rules, VALUE_OBJECT) || rules->count == 0)
                continue;
            for (VALUE_EACH_MEMBER(name, rules)) {
                const struct property *there = find_property(p, value_text(name));
                uint32_t before = plan->parts.count;

                if (there == NULL || !there->chosen)
                    continue;
                require(m, p, value_next(name), &changed);
                if (value_next(name)->type != VALUE_ARRAY)
                    sample_extend(m, plan, plan->parts.list[part].document, value_next(name));
                changed = changed || plan->parts.count > before;
            }
        }
    return changed;
}

/* ---- how many ---- */

static uint32_t
count_chosen(const struct properties *p)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < p->count; i++)
        count += p->list[i].chosen;
    return count;
}

/* Take optional properties until there are enough, drop some while there are too many. */
static void
fit_count(struct sample_maker *m, const struct sample_plan *plan, struct properties *p, uint64_t least, uint64_t most)
{
    uint32_t count = count_chosen(p);

    for (uint32_t i = 0; i < p->count && count < least; i++) {
        struct sample_plan goal;

        property_goal(m, plan, p->list[i].name, &goal);
        if (!p->list[i].chosen && !goal.impossible) {
            p->list[i].chosen = true;
            count++;
        }
    }
    for (uint32_t i = p->count; i > 0 && count > most; i--)
        if (p->list[i - 1].chosen && !p->list[i - 1].required) {
            p->list[i - 1].chosen = false;
            count--;
        }
}

/* ---- names that nobody wrote down ---- */

static bool
make_name(struct sample_maker *m, const struct sample_plan *plan, struct text *name)
{
    struct sample_plan goal = { .parts.count = 0 };
    const struct value *value, *pattern = NULL;
    struct buffer made;
    struct document document;

    for (SCHEMA_EACH_PART(part, &plan->parts, "patternProperties", value))
        if (value->type == VALUE_OBJECT && value->count > 0)
            pattern = value_first(value);
    for (SCHEMA_EACH_PART(each, &plan->parts, "propertyNames", value))
        sample_add(&goal, each->document, value);
    buffer_init(&made, 4 * SAMPLE_STRING);
    if (goal.parts.count > 0 && sample_make(m, &goal, &made)) {
        struct text json = arena_text(m->plans, buffer_text(&made));

        if (document_parse(&document, json, NULL, m->plans, NULL) == 0 && document.root->type == VALUE_STRING)
            *name = value_text(document.root);
    } else if (goal.parts.count == 0 && pattern != NULL && sample_pattern(m, value_text(pattern), 0, 64, &made)) {
        *name = arena_text(m->plans, buffer_text(&made));
    } else if (goal.parts.count == 0) {
        *name = arena_print(m->plans, "%.*s%u", TEXT_PRINT(sample_word(m)), (unsigned)random_below(&m->random, 1000));
    }
    buffer_release(&made);
    return name->data != NULL;
}

/* A map (additionalProperties with a schema, nothing else) shows an entry although it need not have one. */
static uint64_t
wanted_extras(struct sample_maker *m, const struct sample_plan *plan, const struct properties *p, uint64_t least,
              uint64_t most)
{
    uint32_t count = count_chosen(p);
    const struct value *value;

    if (count < least)
        return least - count;
    if (p->count > 0 || m->sparse || m->depth > SAMPLE_OPTIONAL || count >= most)
        return 0;
    for (SCHEMA_EACH_PART(part, &plan->parts, "additionalProperties", value))
        if (value->type == VALUE_OBJECT)
            return 1;
    for (SCHEMA_EACH_PART(each, &plan->parts, "patternProperties", value))
        if (value->type == VALUE_OBJECT)
            return 1;
    return 0;
}

static void
add_extras(struct sample_maker *m, const struct sample_plan *plan, struct properties *p, uint64_t least, uint64_t most)
{
    uint64_t wanted = wanted_extras(m, plan, p, least, most);
    struct sample_plan goal;

    for (uint64_t i = 0; wanted > 0 && i < wanted + EXTRA_TRIES && m->work > 0; i++) {
        struct text name = { NULL, 0 };
        struct property *there;

        if (!make_name(m, plan, &name) || find_property(p, name) != NULL)
            continue;
        property_goal(m, plan, name, &goal);
        if (goal.impossible || (there = add_property(m, p, name)) == NULL)
            continue;
        there->chosen = true;
        wanted--;
    }
}

/* ---- writing ---- */

static bool
write_property(struct sample_maker *m, const struct sample_plan *plan, struct text name, bool first, struct buffer *out)
{
    struct sample_plan goal;

    if (!first)
        buffer_byte(out, ',');
    json_escape(out, name);
    buffer_byte(out, ':');
    for (uint32_t i = 0; i < plan->named_count; i++)
        if (text_equal(plan->named[i].property, name)) {
            json_escape(out, plan->named[i].value);
            return true;
        }
    property_goal(m, plan, name, &goal);
    return sample_make(m, &goal, out);
}

bool
sample_object(struct sample_maker *m, const struct sample_plan *plan, struct buffer *out)
{
    uint64_t least = schema_parts_largest(&plan->parts, TEXT("minProperties"), 0);
    uint64_t most = schema_parts_smallest(&plan->parts, TEXT("maxProperties"), UINT64_MAX);
    struct sample_plan whole = *plan;
    struct properties p = { NULL, 0, 0 };
    bool first = true;

    if (least > m->work)
        return false;
    list_properties(m, &whole, &p);
    choose_properties(m, &whole, &p);
    fit_count(m, &whole, &p, least, most);
    for (int i = 0; i < 8 && add_dependencies(m, &whole, &p); i++)
        list_properties(m, &whole, &p);
    add_extras(m, &whole, &p, least, most);
    buffer_byte(out, '{');
    for (uint32_t i = 0; i < p.count; i++) {
        size_t before = buffer_length(out);

        if (!p.list[i].chosen)
            continue;
        if (write_property(m, &whole, p.list[i].name, first, out)) {
            first = false;
            continue;
        }
        if (p.list[i].required)
            return false;
        buffer_truncate(out, before);
    }
    buffer_byte(out, '}');
    return true;
}
