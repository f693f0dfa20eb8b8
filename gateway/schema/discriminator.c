/* discriminator.c -- OpenAPI's hint which schema an object follows (OAS 3.0 and 3.1, Discriminator Object).
 *
 * A value is a key of `mapping` or the name of a schema in #/components/schemas. Beside anyOf or oneOf it chooses
 * one of the branches. In OpenAPI 3.0 the chosen one alone is checked; 3.1 says that a discriminator does not
 * change the outcome. In both, a value that names no schema is a violation. Alone, on the parent that children
 * include by allOf, only the name is looked at. */
#include "schema/compile.h"

static const struct value *
branches_of(struct compiling *c, bool *exactly_one)
{
    const struct value *one = compile_neighbour(c, "oneOf"), *any = compile_neighbour(c, "anyOf");

    *exactly_one = value_is(one, VALUE_ARRAY);
    if (*exactly_one)
        return one;
    return value_is(any, VALUE_ARRAY) ? any : NULL;
}

static bool
is_discriminator(const struct value *value)
{
    return value_is(VALUE_MEMBER(value, "propertyName"), VALUE_STRING);
}

bool
compile_discriminated(struct compiling *c, const struct value *branches)
{
    const struct value *value = compile_neighbour(c, "discriminator");
    bool one;

    return value != NULL && c->resource->dialect.draft == DRAFT_OAS30 && is_discriminator(value) &&
           branches_of(c, &one) == branches;
}

static const struct value *
component_schemas(struct compiling *c)
{
    return VALUE_MEMBER(VALUE_MEMBER(c->resource->document->root, "components"), "schemas");
}

/* A mapping's value: the name of a schema, or a reference (which may look like a name: the name goes first). */
static const struct schema *
mapped(struct compiling *c, const struct value *value)
{
    const struct value *schemas = component_schemas(c), *named = NULL;

    if (value->type != VALUE_STRING)
        return NULL;
    if (value_is(schemas, VALUE_OBJECT))
        named = set_member(c->set, schemas, value_text(value));
    if (named != NULL)
        return compile_place(c->set, c->resource->document, named);
    return compile_target(c, value_text(value));
}

/* The branch that is this schema, or a reference to it. */
static const struct schema *
branch_for(struct compiling *c, const struct discriminator *d, const struct schema *schema)
{
    for (uint32_t i = 0; i < d->branches->count; i++) {
        const struct schema *branch = d->branches->items[i];
        const struct value *reference = VALUE_MEMBER(branch->source, "$ref");

        if (branch == schema ||
            (value_is(reference, VALUE_STRING) && compile_target(c, value_text(reference)) == schema))
            return branch;
    }
    return NULL;
}

static void
add_name(struct discriminator *d, struct text *list, struct text name, const struct schema *target)
{
    list[d->count] = name;
    d->targets[d->count++] = target;
}

static void
add_mapping(struct compiling *c, struct discriminator *d, struct text *list)
{
    for (VALUE_EACH_MEMBER(key, d->mapping)) {
        const struct schema *there = mapped(c, value_next(key)), *target = there;

        if (there != NULL && d->branches != NULL)
            target = branch_for(c, d, there);
        if (target != NULL)
            add_name(d, list, value_text(key), target);
        else
            set_defect(c->set, c->resource->document, value_next(key), false, "mapping '%.*s' leads %s",
                       TEXT_PRINT(value_text(key)),
                       there == NULL ? "nowhere" : "to a schema that is no branch beside the discriminator");
    }
}

/* "#/components/schemas/Dog" and "dog.yaml#/…/Dog" are called Dog. */
static void
add_branch_names(struct discriminator *d, struct text *list, const struct value *branches)
{
    uint32_t i = 0;

    for (VALUE_EACH_ITEM(branch, branches)) {
        const struct value *reference = VALUE_MEMBER(branch, "$ref");
        struct text name;

        if (value_is(reference, VALUE_STRING)) {
            name = value_text(reference);
            while (text_find(name, '/') < name.length)
                name = text_from(name, text_find(name, '/') + 1);
            add_name(d, list, name, d->branches->items[i]);
        }
        i++;
    }
}

int
compile_discriminator(struct compiling *c, const struct value *value)
{
    struct arena *arena = c->set->arena;
    struct discriminator *d = ARENA_NEW(arena, struct discriminator);
    const struct value *branches, *mapping = VALUE_MEMBER(value, "mapping");
    struct text *list;
    struct op *op;
    size_t most;

    if (!is_discriminator(value))
        return compile_wrong(c, "discriminator", value, "an object with a propertyName");
    if (d == NULL)
        return -1;
    branches = branches_of(c, &d->exactly_one);
    d->property = value_text(VALUE_MEMBER(value, "propertyName"));
    d->mapping = value_is(mapping, VALUE_OBJECT) ? mapping : NULL;
    d->decides = c->resource->dialect.draft == DRAFT_OAS30 && branches != NULL;
    d->set = c->set;
    most = (branches != NULL ? branches->count : 0) + (d->mapping != NULL ? mapping->count : 0);
    list = ARENA_ARRAY(arena, struct text, most);
    d->targets = ARENA_ARRAY(arena, const struct schema *, most);
    if (list == NULL || d->targets == NULL || (branches != NULL && (d->branches = compile_list(c, branches)) == NULL))
        return -1;
    if (d->mapping != NULL)
        add_mapping(c, d, list);
    if (branches != NULL) {
        add_branch_names(d, list, branches);
    } else {
        d->schemas = component_schemas(c);
        if (value_is(d->schemas, VALUE_OBJECT))
            (void)set_member(c->set, d->schemas, TEXT("")); /* builds its index now, while that is allowed */
    }
    d->list = list;
    op = compile_op(c, OP_DISCRIMINATOR, branches != NULL ? GROUP_ANY : GROUP_OBJECT, value);
    if (op == NULL)
        return -1;
    op->with.discriminator = d;
    return names_build(&d->names, list, d->count, arena);
}
