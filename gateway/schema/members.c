/* members.c -- compile the keywords about an object's members: one instruction for properties, patternProperties,
 * additionalProperties and required, so that a check walks over the members once. */
#include "schema/compile.h"

#define REQUIRED_PER_RULE 64u  /* bits; more required names get a further instruction */
#define ACCESS_STEPS      256u /* schemas looked at to see whether a property is readOnly */

struct parts {
    const struct value *properties;
    const struct value *patterns;
    const struct value *additional;
    const struct value *required;
};

/* Give up what has the wrong shape, with a defect. */
static int
part(struct compiling *c, const struct value **place, const char *name, enum value_type type, const char *wanted)
{
    *place = compile_neighbour(c, name);
    if (*place == NULL || (*place)->type == type)
        return 0;
    if (compile_wrong(c, name, *place, wanted) < 0)
        return -1;
    *place = NULL;
    return 0;
}

static int
read_parts(struct compiling *c, struct parts *parts)
{
    if (part(c, &parts->properties, "properties", VALUE_OBJECT, "an object of schemas") < 0 ||
        part(c, &parts->patterns, "patternProperties", VALUE_OBJECT, "an object of schemas") < 0 ||
        part(c, &parts->required, "required", VALUE_ARRAY, "an array of names") < 0)
        return -1;
    parts->additional = compile_neighbour(c, "additionalProperties");
    return 0;
}

/* ---- readOnly and writeOnly ---- */

/* Where $ref leads; it is compiled anyway, so asking early costs nothing. */
static const struct schema *
follow(struct compiling *c, const struct resource *resource, const struct value *schema)
{
    struct compiling there = { .set = c->set, .resource = resource };
    const struct value *reference = VALUE_MEMBER(schema, "$ref");

    return value_is(reference, VALUE_STRING) ? compile_target(&there, value_text(reference)) : NULL;
}

static bool
lone_reference(const struct resource *resource, const struct value *schema)
{
    return dialect_lone_reference(&resource->dialect) && value_is(VALUE_MEMBER(schema, "$ref"), VALUE_STRING);
}

/* On which sides a property with this schema is not expected, seen through $ref and allOf. */
static unsigned
access_of(struct compiling *c, const struct resource *resource, const struct value *schema, unsigned *steps)
{
    const struct value *all = VALUE_MEMBER(schema, "allOf");
    const struct schema *there;
    unsigned sides = 0;

    if (!value_is(schema, VALUE_OBJECT) || *steps == 0)
        return 0;
    --*steps;
    if ((there = follow(c, resource, schema)) != NULL)
        sides |= access_of(c, there->resource, there->source, steps);
    if (lone_reference(resource, schema))
        return sides;
    if (value_is(VALUE_MEMBER(schema, "readOnly"), VALUE_TRUE))
        sides |= 1u << SCHEMA_REQUEST;
    if (value_is(VALUE_MEMBER(schema, "writeOnly"), VALUE_TRUE))
        sides |= 1u << SCHEMA_RESPONSE;
    if (value_is(all, VALUE_ARRAY)) {
        for (VALUE_EACH_ITEM(item, all))
            sides |= access_of(c, resource, item, steps);
    }
    return sides;
}

/* The same for a property that is declared somewhere in this schema: in it, where it refers to, or in a part of its
 * allOf. */
static unsigned
access_named(struct compiling *c, const struct resource *resource, const struct value *schema, struct text name,
             unsigned *steps)
{
    const struct value *all = VALUE_MEMBER(schema, "allOf"), *properties = VALUE_MEMBER(schema, "properties");
    const struct schema *there;
    unsigned sides = 0;

    if (!value_is(schema, VALUE_OBJECT) || *steps == 0)
        return 0;
    --*steps;
    if ((there = follow(c, resource, schema)) != NULL)
        sides |= access_named(c, there->resource, there->source, name, steps);
    if (lone_reference(resource, schema))
        return sides;
    if (value_is(properties, VALUE_OBJECT))
        sides |= access_of(c, resource, value_member(properties, name), steps);
    if (value_is(all, VALUE_ARRAY)) {
        for (VALUE_EACH_ITEM(item, all))
            sides |= access_named(c, resource, item, name, steps);
    }
    return sides;
}

/* A name may be required in one part of an allOf and be declared in another: ask the schemas around as well. */
static unsigned
access_around(struct compiling *c, struct text name)
{
    const struct value *around = c->source;
    unsigned sides = 0, steps = ACCESS_STEPS;

    while (around != NULL && steps > 0) {
        sides |= access_named(c, c->resource, around, name, &steps);
        around = map_find(&c->set->around, around, (struct text){ 0 });
    }
    return sides;
}

/* ---- the rule ---- */

static int
add_patterns(struct compiling *c, struct members_rule *rule, const struct value *patterns)
{
    struct pattern_rule *list = ARENA_ARRAY(c->set->arena, struct pattern_rule, patterns->count);

    if (list == NULL)
        return -1;
    for (VALUE_EACH_MEMBER(key, patterns)) {
        struct pattern_rule *p = &list[rule->pattern_count++];

        p->place = value_next(key);
        p->schema = compile_schema(c, value_next(key));
        p->pattern = compile_pattern(c, key);
        if (p->schema == NULL)
            return -1;
    }
    rule->patterns = list;
    return 0;
}

struct naming {
    struct text *list;
    struct member *members;
    uint32_t count;
    struct map indexes; /* name -> index + 1 */
};

static struct member *
member_named(struct naming *naming, struct text name)
{
    uintptr_t index = (uintptr_t)map_find(&naming->indexes, NULL, name);

    if (index == 0) {
        index = naming->count + 1;
        if (map_put(&naming->indexes, NULL, name, (void *)index) < 0)
            return NULL;
        naming->members[naming->count].name = name;
        naming->list[naming->count++] = name;
    }
    return &naming->members[index - 1];
}

static int
name_properties(struct compiling *c, struct naming *naming, const struct value *properties)
{
    for (VALUE_EACH_MEMBER(key, properties)) {
        struct member *m = member_named(naming, value_text(key));
        unsigned steps = ACCESS_STEPS;

        if (m == NULL || (m->schema = compile_schema(c, value_next(key))) == NULL)
            return -1;
        if ((c->resource->dialect.vocabularies & VOCABULARY_OAS) != 0)
            m->forbidden = (uint8_t)access_of(c, c->resource, value_next(key), &steps);
    }
    return 0;
}

/* Give bits to required names, from *next on, as many as one rule has. */
static int
name_required(struct compiling *c, struct naming *naming, struct members_rule *rule, const struct value **next,
              const struct value *required)
{
    unsigned bits = 0;

    for (; *next < required + required->span && bits < REQUIRED_PER_RULE; *next = value_next(*next)) {
        struct member *m;

        if ((*next)->type != VALUE_STRING) {
            if (compile_wrong(c, "required", *next, "an array of names") < 0)
                return -1;
            continue;
        }
        if ((m = member_named(naming, value_text(*next))) == NULL)
            return -1;
        if (m->bit != 0)
            continue;
        if (m->schema == NULL && (c->resource->dialect.vocabularies & VOCABULARY_OAS) != 0)
            m->forbidden = (uint8_t)access_around(c, value_text(*next));
        m->bit = (uint64_t)1 << bits++;
        for (unsigned side = SCHEMA_BOTH; side <= SCHEMA_RESPONSE; side++) {
            if ((m->forbidden & 1u << side) == 0)
                rule->required[side] |= m->bit;
        }
    }
    return 0;
}

/* One instruction: the given properties, and required names from *next on. */
static int
add_rule(struct compiling *c, const struct parts *parts, bool first, const struct value **next)
{
    struct arena *arena = c->set->arena;
    struct members_rule *rule = ARENA_NEW(arena, struct members_rule);
    size_t most = (parts->properties != NULL ? parts->properties->count : 0) + REQUIRED_PER_RULE;
    struct naming naming = { .list = ARENA_ARRAY(arena, struct text, most),
                             .members = ARENA_ARRAY(arena, struct member, most + 1) };
    struct op *op = compile_op(c, OP_MEMBERS, GROUP_OBJECT, c->source);
    int status = -1;

    if (rule == NULL || naming.list == NULL || naming.members == NULL || op == NULL)
        goto done;
    op->with.members = rule;
    rule->required_place = parts->required;
    if (first) {
        rule->properties = parts->properties;
        rule->additional_place = parts->additional;
        if (parts->properties != NULL && name_properties(c, &naming, parts->properties) < 0)
            goto done;
        if (parts->patterns != NULL && add_patterns(c, rule, parts->patterns) < 0)
            goto done;
        if (parts->additional != NULL && (rule->additional = compile_schema(c, parts->additional)) == NULL)
            goto done;
    }
    if (parts->required != NULL && name_required(c, &naming, rule, next, parts->required) < 0)
        goto done;
    rule->list = naming.list;
    rule->members = naming.members;
    rule->members[naming.count].name.length = SIZE_MAX;
    rule->count = naming.count;
    status = names_build(&rule->names, naming.list, naming.count, arena);
done:
    map_release(&naming.indexes);
    return status;
}

int
compile_members(struct compiling *c, const struct value *value)
{
    struct parts parts = { 0 };
    const struct value *next;

    (void)value;
    if (c->members_done)
        return 0;
    c->members_done = true;
    if (read_parts(c, &parts) < 0)
        return -1;
    next = parts.required != NULL ? parts.required + 1 : NULL;
    if (parts.properties == NULL && parts.patterns == NULL && parts.additional == NULL && parts.required == NULL)
        return 0;
    if (add_rule(c, &parts, true, &next) < 0)
        return -1;
    while (parts.required != NULL && next < parts.required + parts.required->span) {
        if (add_rule(c, &parts, false, &next) < 0)
            return -1;
    }
    return 0;
}

static struct text_list *
names_of(struct compiling *c, const struct value *array)
{
    struct text_list *list = arena_alloc(c->set->arena, sizeof(*list) + array->count * sizeof(struct text));

    if (list == NULL)
        return NULL;
    list->count = 0;
    for (VALUE_EACH_ITEM(item, array)) {
        if (item->type == VALUE_STRING)
            list->items[list->count++] = value_text(item);
        else if (compile_wrong(c, c->keyword->name, item, "a list of names") < 0)
            return NULL;
    }
    return list;
}

static int
add_dependency(struct compiling *c, const struct value *key)
{
    const struct value *value = value_next(key);
    struct dependency *dependency = ARENA_NEW(c->set->arena, struct dependency);
    bool names = value->type == VALUE_ARRAY;
    struct op *op;

    if (dependency == NULL)
        return -1;
    dependency->name = value_text(key);
    if (names && (dependency->required = names_of(c, value)) == NULL)
        return -1;
    if (!names && (dependency->schema = compile_schema(c, value)) == NULL)
        return -1;
    op = compile_op(c, names ? OP_DEPENDENT_REQUIRED : OP_DEPENDENT_SCHEMA, GROUP_OBJECT, value);
    if (op == NULL)
        return -1;
    op->with.dependency = dependency;
    return 0;
}

enum dependency_kinds { NAMES = 1, SCHEMAS = 2 };

static int
add_dependencies(struct compiling *c, const struct value *value, unsigned kinds)
{
    if (value->type != VALUE_OBJECT)
        return compile_wrong(c, c->keyword->name, value, "an object");
    for (VALUE_EACH_MEMBER(key, value)) {
        unsigned kind = value_next(key)->type == VALUE_ARRAY ? NAMES : SCHEMAS;
        int status = (kinds & kind) != 0
                         ? add_dependency(c, key)
                         : compile_wrong(c, c->keyword->name, value_next(key),
                                         kind == NAMES ? "an object of schemas" : "an object of lists of names");

        if (status < 0)
            return -1;
    }
    return 0;
}

int
compile_dependent_required(struct compiling *c, const struct value *value)
{
    return add_dependencies(c, value, NAMES);
}

int
compile_dependent_schemas(struct compiling *c, const struct value *value)
{
    return add_dependencies(c, value, SCHEMAS);
}

int
compile_dependencies(struct compiling *c, const struct value *value)
{
    return add_dependencies(c, value, NAMES | SCHEMAS);
}
