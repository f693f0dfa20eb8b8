/* sample_plan.c -- which schema objects hold for one value: references followed, allOf merged, branches chosen.
 *
 * Nothing is merged by keyword: the parts stay as they were written, and whoever makes a value asks all of them. */
#include "sandbox/sample_make.h"

/* The schemas that were referred to on the way, innermost first: a discriminator on a parent asks for the name of the
 * child. */
struct via {
    struct text name;
    const struct value *target;
    const struct via *outer;
};

struct expanding {
    struct sample_maker *maker;
    struct sample_plan *plan;
};

void
sample_add(struct sample_plan *plan, const struct document *document, const struct value *schema)
{
    if (schema->type == VALUE_FALSE)
        plan->impossible = true;
    if (plan->parts.count < SCHEMA_PARTS) /* what is left out is found by the check */
        plan->parts.list[plan->parts.count++] = (struct schema_part){ document, schema };
}

static void
expand(struct expanding *e, const struct document *document, const struct value *schema, const struct via *via);

static struct text
last_segment(struct text reference)
{
    while (text_find(reference, '/') < reference.length)
        reference = text_from(reference, text_find(reference, '/') + 1);
    return reference;
}

/* ---- references ---- */

static struct schema_part
follow(const struct expanding *e, struct schema_part from, const struct value *reference)
{
    return schema_part_follow(e->maker->options->schemas, from, reference);
}

static void
expand_reference(struct expanding *e, struct schema_part from, const struct value *reference, const struct via *via)
{
    struct schema_part there = follow(e, from, reference);
    struct via next = { last_segment(value_text(reference)), there.schema, via };

    if (there.schema != NULL)
        expand(e, there.document, there.schema, &next);
}

static void
expand_references(struct expanding *e, const struct schema_part *part, const struct via *via)
{
    static const char *const words[] = { "$ref", "$dynamicRef", "$recursiveRef" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const struct value *reference = value_member(part->schema, text_of(words[i]));

        if (value_is(reference, VALUE_STRING))
            expand_reference(e, *part, reference, via);
    }
}

/* ---- discriminators ---- */

static void
name_property(struct expanding *e, struct text property, struct text value)
{
    struct sample_plan *plan = e->plan;

    for (uint32_t i = 0; i < plan->named_count; i++)
        if (text_equal(plan->named[i].property, property))
            return;
    if (plan->named_count < SAMPLE_NAMED)
        plan->named[plan->named_count++] = (struct sample_named){ property, value };
}

/* A mapping's value is the name of a schema or a reference. */
static const struct value *
mapped(const struct expanding *e, const struct schema_part *part, const struct value *value, struct schema_part *there)
{
    const struct value *schemas = VALUE_MEMBER(VALUE_MEMBER(part->document->root, "components"), "schemas");

    *there = (struct schema_part){ .document = part->document };
    if (value->type == VALUE_STRING && (there->schema = value_member(schemas, value_text(value))) == NULL)
        *there = follow(e, *part, value);
    return there->schema;
}

/* The key of the mapping that leads to the target; NULL when there is none. */
static const struct value *
key_of(const struct expanding *e, const struct schema_part *part, const struct value *mapping,
       const struct value *target)
{
    struct schema_part there;

    if (!value_is(mapping, VALUE_OBJECT))
        return NULL;
    for (VALUE_EACH_MEMBER(key, mapping))
        if (mapped(e, part, value_next(key), &there) == target)
            return key;
    return NULL;
}

/* The branch that was chosen beside a discriminator. */
static void
name_branch(struct expanding *e, const struct schema_part *part, const struct value *branch)
{
    const struct value *discriminator = VALUE_MEMBER(part->schema, "discriminator");
    const struct value *property = VALUE_MEMBER(discriminator, "propertyName");
    const struct value *reference = VALUE_MEMBER(branch, "$ref"), *key;

    if (!value_is(property, VALUE_STRING) || !value_is(reference, VALUE_STRING))
        return;
    key = key_of(e, part, VALUE_MEMBER(discriminator, "mapping"), follow(e, *part, reference).schema);
    name_property(e, value_text(property), key != NULL ? value_text(key) : last_segment(value_text(reference)));
}

/* On a parent: the outermost child in the mapping; else the child next to the parent; else a child that is chosen. */
static void
name_child(struct expanding *e, const struct schema_part *part, const struct value *discriminator,
           const struct via *via)
{
    const struct value *property = VALUE_MEMBER(discriminator, "propertyName");
    const struct value *mapping = VALUE_MEMBER(discriminator, "mapping"), *key = NULL;
    struct text name = { NULL, 0 };
    struct schema_part there;
    bool parent = false; /* the name is its own: a child's is better */

    if (!value_is(property, VALUE_STRING))
        return;
    for (; via != NULL; via = via->outer) {
        const struct value *found = key_of(e, part, mapping, via->target);

        key = found != NULL ? found : key;
        if (name.length == 0 || parent)
            name = via->name;
        parent = via->target == part->schema;
    }
    if (key == NULL && value_is(mapping, VALUE_OBJECT) && mapping->count > 0) {
        uint32_t at = (uint32_t)random_below(&e->maker->random, mapping->count);

        for (VALUE_EACH_MEMBER(each, mapping))
            if (at-- == 0)
                key = each;
        if (key != NULL && mapped(e, part, value_next(key), &there) != NULL)
            expand(e, there.document, there.schema, NULL);
    }
    if (key != NULL || name.length > 0)
        name_property(e, value_text(property), key != NULL ? value_text(key) : name);
}

/* ---- branches ---- */

/* How far from an end a branch leads, roughly. */
static unsigned
cost(const struct expanding *e, const struct document *document, const struct value *branch)
{
    struct sample_plan plan = { .parts.count = 0 };
    unsigned likely, types;

    for (int hops = 0; hops < 8 && value_is(VALUE_MEMBER(branch, "$ref"), VALUE_STRING); hops++) {
        struct schema_part there = follow(e, (struct schema_part){ document, branch }, VALUE_MEMBER(branch, "$ref"));

        if (there.schema == NULL)
            break;
        document = there.document;
        branch = there.schema;
    }
    sample_add(&plan, document, branch);
    if (plan.impossible)
        return 100;
    if (sample_recurs(e->maker, &plan))
        return 10;
    types = sample_types(&plan, &likely) & likely;
    if (VALUE_MEMBER(branch, "allOf") != NULL || VALUE_MEMBER(branch, "oneOf") != NULL ||
        VALUE_MEMBER(branch, "anyOf") != NULL)
        return 4;
    return (types & SCHEMA_TYPE_OBJECT) != 0 ? 3 : (types & SCHEMA_TYPE_ARRAY) != 0 ? 2 : 1;
}

/* Any, at random; deep inside the one that ends soonest; and in the first try none that leads back into itself. */
static const struct value *
choose_branch(struct expanding *e, const struct document *document, const struct value *branches)
{
    struct sample_maker *m = e->maker;
    uint32_t first = (uint32_t)random_below(&m->random, branches->count);
    const struct value *best = value_item(branches, first);
    unsigned least = cost(e, document, best);

    if (least < 10 && m->depth <= SAMPLE_OPTIONAL)
        return best;
    if (sample_perhaps(m, 50))
        return best;
    for (VALUE_EACH_ITEM(branch, branches)) {
        unsigned c = cost(e, document, branch);

        if (c < least) {
            least = c;
            best = branch;
        }
    }
    return best;
}

static void
expand_branches(struct expanding *e, const struct schema_part *part, const char *keyword)
{
    const struct value *branches = value_member(part->schema, text_of(keyword)), *branch;

    if (!value_is(branches, VALUE_ARRAY) || branches->count == 0)
        return;
    branch = choose_branch(e, part->document, branches);
    name_branch(e, part, branch);
    expand(e, part->document, branch, NULL);
}

static void
expand_condition(struct expanding *e, const struct schema_part *part)
{
    const struct value *test = VALUE_MEMBER(part->schema, "if"), *yes = VALUE_MEMBER(part->schema, "then");
    const struct value *no = VALUE_MEMBER(part->schema, "else");

    if (test == NULL)
        return;
    if (!sample_perhaps(e->maker, 50) && !(yes != NULL && yes->type == VALUE_FALSE)) {
        expand(e, part->document, test, NULL);
        if (yes != NULL)
            expand(e, part->document, yes, NULL);
    } else if (no != NULL) {
        expand(e, part->document, no, NULL);
    }
}

static void
expand(struct expanding *e, const struct document *document, const struct value *schema, const struct via *via)
{
    const struct schema_part part = { document, schema };
    const struct value *all, *discriminator;

    if (schema->type != VALUE_OBJECT) {
        e->plan->impossible = e->plan->impossible || schema->type == VALUE_FALSE;
        return;
    }
    if (schema_parts_have(&e->plan->parts, schema) || e->plan->parts.count == SCHEMA_PARTS)
        return;
    sample_add(e->plan, document, schema);
    expand_references(e, &part, via);
    all = VALUE_MEMBER(schema, "allOf");
    if (value_is(all, VALUE_ARRAY) && all->count > 0)
        for (VALUE_EACH_ITEM(each, all))
            expand(e, document, each, via);
    expand_branches(e, &part, "oneOf");
    expand_branches(e, &part, "anyOf");
    expand_condition(e, &part);
    discriminator = VALUE_MEMBER(schema, "discriminator");
    if (discriminator != NULL && VALUE_MEMBER(schema, "oneOf") == NULL && VALUE_MEMBER(schema, "anyOf") == NULL)
        name_child(e, &part, discriminator, via);
}

void
sample_expand(struct sample_maker *m, const struct sample_plan *goal, struct sample_plan *plan)
{
    struct expanding e = { m, plan };

    plan->parts.count = 0;
    plan->named_count = 0;
    plan->impossible = goal->impossible;
    for (uint32_t i = 0; i < goal->parts.count; i++)
        expand(&e, goal->parts.list[i].document, goal->parts.list[i].schema, NULL);
}

void
sample_extend(struct sample_maker *m, struct sample_plan *plan, const struct document *document,
              const struct value *schema)
{
    struct expanding e = { m, plan };

    expand(&e, document, schema, NULL);
}

bool
sample_recurs(const struct sample_maker *m, const struct sample_plan *plan)
{
    for (const struct sample_level *level = m->level; level != NULL; level = level->outer)
        for (uint32_t i = 0; i < plan->parts.count; i++)
            if (schema_parts_have(&level->plan->parts, plan->parts.list[i].schema))
                return true;
    return false;
}

/* ---- questions to all parts ---- */

static unsigned
type_named(const struct value *name)
{
    static const struct {
        const char *name;
        unsigned bits;
    } types[] = {
        { "null", SCHEMA_TYPE_NULL },       { "boolean", SCHEMA_TYPE_BOOLEAN },
        { "integer", SCHEMA_TYPE_INTEGER }, { "number", SCHEMA_TYPE_INTEGER | SCHEMA_TYPE_NUMBER },
        { "string", SCHEMA_TYPE_STRING },   { "array", SCHEMA_TYPE_ARRAY },
        { "object", SCHEMA_TYPE_OBJECT },
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (name->type == VALUE_STRING && text_equal(value_text(name), text_of(types[i].name)))
            return types[i].bits;
    return 0;
}

/* Only OpenAPI 3.0 knows `nullable`; what says nothing about itself (a file that a contract refers to) may mean it. */
static bool
is_nullable(const struct schema_part *part)
{
    const struct value *version = VALUE_MEMBER(part->document->root, "openapi");

    return value_is(VALUE_MEMBER(part->schema, "nullable"), VALUE_TRUE) &&
           (!value_is(version, VALUE_STRING) || text_starts(value_text(version), TEXT("3.0")));
}

static unsigned
types_of(const struct schema_part *part, const struct value *type)
{
    unsigned bits = 0;

    if (type->type == VALUE_ARRAY && type->count > 0)
        for (VALUE_EACH_ITEM(one, type))
            bits |= type_named(one);
    else
        bits = type_named(type);
    if (is_nullable(part))
        bits |= SCHEMA_TYPE_NULL;
    return bits != 0 ? bits : SCHEMA_TYPE_ANY;
}

unsigned
sample_types(const struct sample_plan *plan, unsigned *likely)
{
    static const struct {
        const char *keyword;
        unsigned bits;
    } hints[] = {
        { "properties", SCHEMA_TYPE_OBJECT },
        { "required", SCHEMA_TYPE_OBJECT },
        { "additionalProperties", SCHEMA_TYPE_OBJECT },
        { "patternProperties", SCHEMA_TYPE_OBJECT },
        { "propertyNames", SCHEMA_TYPE_OBJECT },
        { "minProperties", SCHEMA_TYPE_OBJECT },
        { "maxProperties", SCHEMA_TYPE_OBJECT },
        { "dependentRequired", SCHEMA_TYPE_OBJECT },
        { "dependentSchemas", SCHEMA_TYPE_OBJECT },
        { "unevaluatedProperties", SCHEMA_TYPE_OBJECT },
        { "items", SCHEMA_TYPE_ARRAY },
        { "prefixItems", SCHEMA_TYPE_ARRAY },
        { "contains", SCHEMA_TYPE_ARRAY },
        { "minItems", SCHEMA_TYPE_ARRAY },
        { "maxItems", SCHEMA_TYPE_ARRAY },
        { "uniqueItems", SCHEMA_TYPE_ARRAY },
        { "unevaluatedItems", SCHEMA_TYPE_ARRAY },
        { "pattern", SCHEMA_TYPE_STRING },
        { "minLength", SCHEMA_TYPE_STRING },
        { "maxLength", SCHEMA_TYPE_STRING },
        { "format", SCHEMA_TYPE_STRING },
        { "minimum", SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_INTEGER },
        { "maximum", SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_INTEGER },
        { "exclusiveMinimum", SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_INTEGER },
        { "exclusiveMaximum", SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_INTEGER },
        { "multipleOf", SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_INTEGER },
    };
    unsigned types = SCHEMA_TYPE_ANY;
    const struct value *value;

    for (SCHEMA_EACH_PART(part, &plan->parts, "type", value))
        types &= types_of(part, value);
    *likely = 0;
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]) && *likely == 0; i++)
        if (schema_parts_next(&plan->parts, NULL, text_of(hints[i].keyword), &value) != NULL)
            *likely = hints[i].bits;
    if (*likely == 0)
        *likely = SCHEMA_TYPE_ANY;
    return types;
}
