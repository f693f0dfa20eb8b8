/* assertions.c -- compile the keywords that look at one value alone (Validation 2020-12 section 6, and 7 for
 * format). */
#include "json/compare.h"
#include "schema/compile.h"

static const struct {
    const char *name;
    uint8_t bits;
} type_names[] = {
    { "null", SCHEMA_TYPE_NULL },       { "boolean", SCHEMA_TYPE_BOOLEAN },
    { "integer", SCHEMA_TYPE_INTEGER }, { "number", SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_INTEGER },
    { "string", SCHEMA_TYPE_STRING },   { "array", SCHEMA_TYPE_ARRAY },
    { "object", SCHEMA_TYPE_OBJECT },
};

static unsigned
bits_of(const struct value *name)
{
    for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
        if (value_is(name, VALUE_STRING) && text_equal(value_text(name), text_of(type_names[i].name)))
            return type_names[i].bits;
    }
    return 0;
}

int
compile_type(struct compiling *c, const struct value *value)
{
    unsigned bits = 0;

    if (value->type == VALUE_ARRAY) {
        for (VALUE_EACH_ITEM(item, value)) {
            if (bits_of(item) == 0)
                return compile_wrong(c, "type", item, "the name of a type");
            bits |= bits_of(item);
        }
    } else {
        bits = bits_of(value);
    }
    if (bits == 0)
        return compile_wrong(c, "type", value,
                             "the name of a type: null, boolean, integer, number, string, array, object");
    /* Only beside a type of its own does nullable mean something (OAS 3.0.3, Fixed Fields of the Schema Object). */
    if (value_is(compile_neighbour(c, "nullable"), VALUE_TRUE))
        bits |= SCHEMA_TYPE_NULL;
    c->schema->types = (uint8_t)bits;
    return 0;
}

static int
add_bound(struct compiling *c, enum op_code code, const struct value *value)
{
    struct bound *bound = ARENA_NEW(c->set->arena, struct bound);
    struct op *op = compile_op(c, code, GROUP_NUMBER, value);

    if (bound == NULL || op == NULL)
        return -1;
    decimal_read(&bound->limit, value_text(value));
    bound->whole = decimal_to_i64(&bound->limit, &bound->integer);
    op->with.bound = bound;
    return 0;
}

int
compile_bound(struct compiling *c, const struct value *value)
{
    bool lower = compile_is(c, "minimum") || compile_is(c, "exclusiveMinimum");
    bool exclusive = !compile_is(c, "minimum") && !compile_is(c, "maximum");
    bool flags = c->resource->dialect.draft == DRAFT_4 || c->resource->dialect.draft == DRAFT_OAS30;

    if (exclusive && flags) /* read together with minimum or maximum */
        return value_is_boolean(value) ? 0 : compile_wrong(c, c->keyword->name, value, "a boolean");
    if (value->type != VALUE_NUMBER)
        return compile_wrong(c, c->keyword->name, value, "a number");
    if (flags)
        exclusive = value_is(compile_neighbour(c, lower ? "exclusiveMinimum" : "exclusiveMaximum"), VALUE_TRUE);
    if (exclusive)
        return add_bound(c, lower ? OP_ABOVE : OP_BELOW, value);
    return add_bound(c, lower ? OP_MINIMUM : OP_MAXIMUM, value);
}

int
compile_multiple(struct compiling *c, const struct value *value)
{
    struct decimal d;

    if (value->type != VALUE_NUMBER)
        return compile_wrong(c, "multipleOf", value, "a number > 0");
    decimal_read(&d, value_text(value));
    if (d.negative || d.digits == 0)
        return compile_wrong(c, "multipleOf", value, "a number > 0");
    return add_bound(c, OP_MULTIPLE, value);
}

bool
compile_natural(const struct value *value, uint64_t *number)
{
    struct decimal d;
    int64_t small;

    if (!value_is(value, VALUE_NUMBER))
        return false;
    decimal_read(&d, value_text(value));
    if (!decimal_is_integer(&d) || (d.negative && d.digits > 0))
        return false;
    *number = decimal_to_i64(&d, &small) ? (uint64_t)small : UINT64_MAX;
    return true;
}

static int
add_number(struct compiling *c, enum op_code code, enum op_group group, const struct value *value)
{
    struct op *op;
    uint64_t number;

    if (!compile_natural(value, &number))
        return compile_wrong(c, c->keyword->name, value, "a whole number >= 0");
    if ((op = compile_op(c, code, group, value)) == NULL)
        return -1;
    op->with.number = number;
    return 0;
}

int
compile_length(struct compiling *c, const struct value *value)
{
    return add_number(c, compile_is(c, "minLength") ? OP_MIN_LENGTH : OP_MAX_LENGTH, GROUP_STRING, value);
}

int
compile_count(struct compiling *c, const struct value *value)
{
    if (compile_is(c, "minItems"))
        return add_number(c, OP_MIN_ITEMS, GROUP_ARRAY, value);
    if (compile_is(c, "maxItems"))
        return add_number(c, OP_MAX_ITEMS, GROUP_ARRAY, value);
    return add_number(c, compile_is(c, "minProperties") ? OP_MIN_PROPERTIES : OP_MAX_PROPERTIES, GROUP_OBJECT, value);
}

int
compile_pattern_keyword(struct compiling *c, const struct value *value)
{
    const struct pattern *pattern;
    struct op *op;

    if (value->type != VALUE_STRING)
        return compile_wrong(c, "pattern", value, "a string with a regular expression");
    if ((pattern = compile_pattern(c, value)) == NULL)
        return compile_unchecked(c, value, SCHEMA_UNCHECKED_PATTERN);
    if ((op = compile_op(c, OP_PATTERN, GROUP_STRING, value)) == NULL)
        return -1;
    op->with.pattern = pattern;
    return 0;
}

int
compile_unique(struct compiling *c, const struct value *value)
{
    if (!value_is_boolean(value))
        return compile_wrong(c, "uniqueItems", value, "a boolean");
    if (value->type == VALUE_FALSE)
        return 0;
    return compile_op(c, OP_UNIQUE, GROUP_ARRAY, value) != NULL ? 0 : -1;
}

int
compile_const(struct compiling *c, const struct value *value)
{
    struct op *op = compile_op(c, OP_CONST, GROUP_ANY, value);

    if (op == NULL)
        return -1;
    op->with.value = value;
    return 0;
}

int
compile_enum(struct compiling *c, const struct value *value)
{
    struct arena *arena = c->set->arena;
    struct enum_rule *rule = ARENA_NEW(arena, struct enum_rule);
    struct text *strings;
    uint32_t count = 0;
    struct op *op;

    if (value->type != VALUE_ARRAY)
        return compile_wrong(c, "enum", value, "an array of values");
    strings = ARENA_ARRAY(arena, struct text, value->count);
    op = compile_op(c, OP_ENUM, GROUP_ANY, value);
    if (rule == NULL || strings == NULL || op == NULL ||
        (rule->others = ARENA_ARRAY(arena, const struct value *, value->count)) == NULL ||
        (rule->hashes = ARENA_ARRAY(arena, uint64_t, value->count)) == NULL)
        return -1;
    for (VALUE_EACH_ITEM(item, value)) {
        if (item->type == VALUE_STRING) {
            strings[count++] = value_text(item);
        } else {
            rule->hashes[rule->count] = value_hash(item);
            rule->others[rule->count++] = item;
        }
    }
    op->with.choices = rule;
    return names_build(&rule->strings, strings, count, arena);
}

int
compile_format(struct compiling *c, const struct value *value)
{
    const struct dialect *dialect = &c->resource->dialect;
    const struct format *format;
    struct op *op;

    if (value->type != VALUE_STRING)
        return compile_wrong(c, "format", value, "a string");
    if (!dialect->formats)
        return 0;
    format = format_find(value_text(value), (dialect->vocabularies & VOCABULARY_OAS) != 0);
    if (format == NULL) {
        set_defect(c->set, c->resource->document, value, false, "the format '%.*s' is not known; it is not checked",
                   TEXT_PRINT(value_text(value)));
        return compile_unchecked(c, value, SCHEMA_UNCHECKED_FORMAT);
    }
    if ((op = compile_op(c, OP_FORMAT, GROUP_ANY, value)) == NULL)
        return -1;
    op->with.format = format;
    return 0;
}
