/* mutate_plan.c -- which schemas hold for each value of the body, from the root down. */
#include "rules/mutate_internal.h"

#include "base/limits.h"

bool
mutate_has(const struct schema_parts *plan, struct text keyword)
{
    const struct value *value;

    return schema_parts_next(plan, NULL, keyword, &value) != NULL;
}

bool
mutate_requires(const struct schema_parts *plan, struct text name)
{
    const struct value *required;

    for (SCHEMA_EACH_PART(part, plan, "required", required)) {
        if (required->type != VALUE_ARRAY || required->count == 0)
            continue;
        for (VALUE_EACH_ITEM(one, required))
            if (one->type == VALUE_STRING && text_equal(value_text(one), name))
                return true;
    }
    return false;
}

/* ---- the schemas of one value ---- */

static void add(struct mutating *m, struct schema_parts *plan, struct schema_part part, const struct value *value);

static const struct schema_set *
schemas(const struct mutating *m)
{
    return contract_schemas(operation_contract(m->in->operation));
}

/* Does the value satisfy the schema? */
static bool
holds(struct mutating *m, struct schema_part part, const struct value *value)
{
    const struct schema *schema = schema_part_compiled(schemas(m), part);
    struct schema_run run = { .scratch = m->in->scratch,
                              .arena = m->checks,
                              .budget = m->budget,
                              .side = m->in->side == SIDE_REQUEST ? SCHEMA_REQUEST : SCHEMA_RESPONSE };

    arena_reset(m->checks);
    if (schema == NULL || m->budget == 0 || !schema_check(schema, value, &run))
        return false;
    m->budget = run.budget;
    return (run.unchecked & SCHEMA_UNCHECKED_BUDGET) == 0;
}

static void
add_branches(struct mutating *m, struct schema_parts *plan, struct schema_part part, struct text keyword,
             const struct value *value)
{
    const struct value *branches = value_member(part.schema, keyword);

    if (!value_is(branches, VALUE_ARRAY) || branches->count == 0)
        return;
    for (VALUE_EACH_ITEM(branch, branches)) {
        const struct schema_part one = { part.document, branch };

        if (text_equal(keyword, TEXT("allOf")) || holds(m, one, value))
            add(m, plan, one, value);
    }
}

static void
add_condition(struct mutating *m, struct schema_parts *plan, struct schema_part part, const struct value *value)
{
    const struct value *test = VALUE_MEMBER(part.schema, "if"), *then;

    if (test == NULL)
        return;
    then = holds(m, (struct schema_part){ part.document, test }, value) ? VALUE_MEMBER(part.schema, "then")
                                                                        : VALUE_MEMBER(part.schema, "else");
    if (then != NULL)
        add(m, plan, (struct schema_part){ part.document, then }, value);
}

static void
add(struct mutating *m, struct schema_parts *plan, struct schema_part part, const struct value *value)
{
    const struct value *reference = VALUE_MEMBER(part.schema, "$ref");

    if (!value_is(part.schema, VALUE_OBJECT) || schema_parts_have(plan, part.schema) || plan->count == MUTATE_PARTS)
        return;
    plan->list[plan->count++] = part;
    if (value_is(reference, VALUE_STRING)) {
        const struct schema_part there = schema_part_follow(schemas(m), part, reference);

        if (m->old_references)
            plan->count--; /* nothing in it counts but where it leads */
        if (there.schema != NULL && there.schema != part.schema)
            add(m, plan, there, value);
        if (m->old_references)
            return;
    }
    add_branches(m, plan, part, TEXT("allOf"), value);
    add_branches(m, plan, part, TEXT("oneOf"), value);
    add_branches(m, plan, part, TEXT("anyOf"), value);
    add_condition(m, plan, part, value);
}

bool
mutate_plan_root(struct mutating *m, struct schema_parts *plan)
{
    const struct mutate_input *in = m->in;
    const struct schema *schema = operation_body_schema(in->operation, in->side, in->status, in->content_type);

    plan->count = 0;
    if (schema == NULL)
        return false;
    add(m, plan, (struct schema_part){ schema_document(schema), schema_source(schema) }, in->body);
    return true;
}

/* ---- the schemas of what is inside ---- */

static void
add_member(struct mutating *m, const struct schema_parts *plan, struct text name, const struct value *value,
           struct schema_parts *inside)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        struct schema_part part = plan->list[i];
        const struct value *schema = value_member(VALUE_MEMBER(part.schema, "properties"), name);

        if (schema == NULL && VALUE_MEMBER(part.schema, "patternProperties") == NULL)
            schema = VALUE_MEMBER(part.schema, "additionalProperties");
        if (schema != NULL)
            add(m, inside, (struct schema_part){ part.document, schema }, value);
    }
}

static void
add_item(struct mutating *m, const struct schema_parts *plan, uint32_t index, const struct value *value,
         struct schema_parts *inside)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        struct schema_part part = plan->list[i];
        const struct value *prefix = VALUE_MEMBER(part.schema, "prefixItems");
        const struct value *schema = VALUE_MEMBER(part.schema, "items");

        if (value_is(prefix, VALUE_ARRAY) && index < prefix->count)
            schema = value_item(prefix, index);
        if (schema != NULL)
            add(m, inside, (struct schema_part){ part.document, schema }, value);
    }
}

static void
walk(struct mutating *m, const struct mutate_place *place, unsigned depth)
{
    const struct value *v = place->value;
    struct schema_parts inside;
    uint32_t index = 0;

    mutate_offer(m, place);
    m->visited += 1 + v->count;
    if (v->count == 0 || v->type < VALUE_ARRAY || m->visited > MUTATE_VALUES || depth > MUTATE_DEPTH)
        return;
    if (v->type == VALUE_OBJECT)
        for (VALUE_EACH_MEMBER(key, v)) {
            inside.count = 0;
            add_member(m, place->plan, value_text(key), value_next(key), &inside);
            walk(m, &(struct mutate_place){ value_next(key), key, &inside }, depth + 1);
        }
    if (v->type == VALUE_ARRAY)
        for (VALUE_EACH_ITEM(item, v)) {
            inside.count = 0;
            add_item(m, place->plan, index++, item, &inside);
            walk(m, &(struct mutate_place){ item, NULL, &inside }, depth + 1);
        }
}

void
mutate_walk(struct mutating *m)
{
    struct schema_parts plan;

    if (mutate_plan_root(m, &plan))
        walk(m, &(struct mutate_place){ m->in->body, NULL, &plan }, 0);
}
