/* applicators.c -- compile the keywords that apply other schemas (Core 2020-12 sections 8.2.3, 10, 11), but for
 * those of members. */
#include "schema/compile.h"

static int
add_schema(struct compiling *c, enum op_code code, enum op_group group, const struct value *place,
           const struct schema *schema)
{
    struct op *op = compile_op(c, code, group, place);

    if (op == NULL || schema == NULL)
        return -1;
    op->with.schema = schema;
    return 0;
}

static int
leads_nowhere(struct compiling *c, const struct value *reference)
{
    struct text nearest = set_nearest(c->set, c->resource, value_text(reference));

    set_defect(c->set, c->resource->document, reference, false, "%s '%.*s' leads nowhere%.*s", c->keyword->name,
               TEXT_PRINT(value_text(reference)), TEXT_PRINT(nearest));
    return compile_unchecked(c, reference, SCHEMA_UNCHECKED_SCHEMA);
}

int
compile_ref(struct compiling *c, const struct value *value)
{
    const struct schema *there;

    if (value->type != VALUE_STRING)
        return compile_wrong(c, "$ref", value, "a string with a URI reference");
    there = compile_target(c, value_text(value));
    return there != NULL ? add_schema(c, OP_APPLY, GROUP_ANY, value, there) : leads_nowhere(c, value);
}

static int
add_dynamic(struct compiling *c, const struct value *place, struct text name, const struct schema *first)
{
    struct dynamic *dynamic = ARENA_NEW(c->set->arena, struct dynamic);
    struct op *op = compile_op(c, OP_DYNAMIC, GROUP_ANY, place);

    if (dynamic == NULL || op == NULL || map_put(&c->set->wanted, NULL, name, dynamic) < 0)
        return -1;
    *dynamic = (struct dynamic){ .name = name, .first = first };
    op->with.dynamic = dynamic;
    return 0;
}

/* Core 8.2.3.2: only when it first leads to a $dynamicAnchor of that name does the dynamic scope matter. */
int
compile_dynamic_ref(struct compiling *c, const struct value *value)
{
    const struct schema *there;
    const struct value *anchor;
    struct text name;

    if (value->type != VALUE_STRING)
        return compile_wrong(c, "$dynamicRef", value, "a string with a URI reference");
    there = compile_target(c, value_text(value));
    if (there == NULL)
        return leads_nowhere(c, value);
    name = text_from(value_text(value), text_find(value_text(value), '#') + 1);
    anchor = VALUE_MEMBER(there->source, "$dynamicAnchor");
    if (value_is(anchor, VALUE_STRING) && name.length > 0 && text_equal(value_text(anchor), name))
        return add_dynamic(c, value, value_text(anchor), there);
    return add_schema(c, OP_APPLY, GROUP_ANY, value, there);
}

/* 2019-09, Core 8.2.4.2: like $dynamicRef, with one nameless anchor. */
int
compile_recursive_ref(struct compiling *c, const struct value *value)
{
    const struct schema *there = value->type == VALUE_STRING ? compile_target(c, value_text(value)) : NULL;

    if (there == NULL)
        return compile_wrong(c, "$recursiveRef", value, "\"#\"");
    if (value_is(VALUE_MEMBER(there->source, "$recursiveAnchor"), VALUE_TRUE))
        return add_dynamic(c, value, TEXT(""), there);
    return add_schema(c, OP_APPLY, GROUP_ANY, value, there);
}

static bool
is_list(const struct value *value)
{
    return value->type == VALUE_ARRAY && value->count > 0;
}

int
compile_all_of(struct compiling *c, const struct value *value)
{
    if (!is_list(value))
        return compile_wrong(c, "allOf", value, "an array of schemas, not empty");
    for (VALUE_EACH_ITEM(item, value)) {
        if ((c->resource->dialect.vocabularies & VOCABULARY_OAS) != 0 &&
            map_put(&c->set->around, item, (struct text){ 0 }, (void *)(uintptr_t)c->source) < 0)
            return -1;
        if (add_schema(c, OP_APPLY, GROUP_ANY, item, compile_schema(c, item)) < 0)
            return -1;
    }
    return 0;
}

int
compile_alternatives(struct compiling *c, const struct value *value)
{
    struct schema_list *list;
    struct op *op;

    if (!is_list(value))
        return compile_wrong(c, c->keyword->name, value, "an array of schemas, not empty");
    if (compile_discriminated(c, value)) /* done by the instruction for discriminator */
        return 0;
    if ((list = compile_list(c, value)) == NULL)
        return -1;
    op = compile_op(c, compile_is(c, "anyOf") ? OP_ANY_OF : OP_ONE_OF, GROUP_ANY, value);
    if (op == NULL)
        return -1;
    op->with.list = list;
    return 0;
}

int
compile_not(struct compiling *c, const struct value *value)
{
    return add_schema(c, OP_NOT, GROUP_ANY, value, compile_schema(c, value));
}

int
compile_if(struct compiling *c, const struct value *value)
{
    const struct value *yes = compile_neighbour(c, "then"), *no = compile_neighbour(c, "else");
    struct condition *condition = ARENA_NEW(c->set->arena, struct condition);
    struct op *op = compile_op(c, OP_IF, GROUP_ANY, value);

    if (condition == NULL || op == NULL)
        return -1;
    op->with.condition = condition;
    condition->yes_place = yes;
    condition->no_place = no;
    condition->test = compile_schema(c, value);
    if (yes != NULL)
        condition->yes = compile_schema(c, yes);
    if (no != NULL)
        condition->no = compile_schema(c, no);
    return condition->test == NULL || (yes != NULL && condition->yes == NULL) || (no != NULL && condition->no == NULL)
               ? -1
               : 0;
}

int
compile_unevaluated(struct compiling *c, const struct value *value)
{
    c->schema->flags |= SCHEMA_TRACKS;
    return add_schema(c, compile_is(c, "unevaluatedItems") ? OP_UNEVALUATED_ITEMS : OP_UNEVALUATED_PROPERTIES,
                      GROUP_LAST, value, compile_schema(c, value));
}

int
compile_property_names(struct compiling *c, const struct value *value)
{
    return add_schema(c, OP_NAMES, GROUP_OBJECT, value, compile_schema(c, value));
}

int
compile_contains(struct compiling *c, const struct value *value)
{
    const struct value *least = compile_neighbour(c, "minContains"), *most = compile_neighbour(c, "maxContains");
    struct contains_rule *rule = ARENA_NEW(c->set->arena, struct contains_rule);
    struct op *op;

    if (rule == NULL)
        return -1;
    *rule = (struct contains_rule){ .least = 1, .most = UINT64_MAX };
    if (least != NULL && !compile_natural(least, &rule->least) &&
        compile_wrong(c, "minContains", least, "a whole number >= 0") < 0)
        return -1;
    if (most != NULL && !compile_natural(most, &rule->most) &&
        compile_wrong(c, "maxContains", most, "a whole number >= 0") < 0)
        return -1;
    rule->evaluates = c->resource->dialect.draft == DRAFT_2020_12;
    rule->schema = compile_schema(c, value);
    if ((op = compile_op(c, OP_CONTAINS, GROUP_ARRAY, value)) == NULL || rule->schema == NULL)
        return -1;
    op->with.contains = rule;
    return 0;
}

/* items and its neighbours: an array of schemas was "items" up to 2019-09 and is "prefixItems" since. */
int
compile_items(struct compiling *c, const struct value *value)
{
    bool modern = c->resource->dialect.draft == DRAFT_2020_12 || c->resource->dialect.draft == DRAFT_OAS30;
    const struct value *items = compile_neighbour(c, "items"), *prefix = compile_neighbour(c, "prefixItems");
    const struct value *rest = items;
    struct items_rule *rule = ARENA_NEW(c->set->arena, struct items_rule);
    struct op *op;

    if (c->items_done)
        return 0;
    c->items_done = true;
    if (!modern && value_is(items, VALUE_ARRAY)) {
        prefix = items;
        rest = compile_neighbour(c, "additionalItems");
    }
    if (prefix != NULL && prefix->type != VALUE_ARRAY) {
        if (compile_wrong(c, "prefixItems", prefix, "an array of schemas") < 0)
            return -1;
        prefix = NULL;
    }
    if (modern && value_is(rest, VALUE_ARRAY)) {
        if (compile_wrong(c, "items", rest, "one schema") < 0)
            return -1;
        rest = NULL;
    }
    if (rest == NULL && prefix == NULL)
        return 0;
    if (rule == NULL || (prefix != NULL && (rule->prefix = compile_list(c, prefix)) == NULL) ||
        (rest != NULL && (rule->rest = compile_schema(c, rest)) == NULL) ||
        (op = compile_op(c, OP_ITEMS, GROUP_ARRAY, value)) == NULL)
        return -1;
    op->with.items = rule;
    return 0;
}
