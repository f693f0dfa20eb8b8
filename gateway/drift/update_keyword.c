/* update_keyword.c -- what a violation of a schema's keyword asks for. */
#include "base/limits.h"
#include "drift/update_internal.h"
#include "json/number.h"
#include "json/pointer.h"
#include "schema/schema.h"

/* The place that a keyword's pointer names, in the contract's own document. */
static const struct value *
at(const struct update *u, struct text pointer)
{
    return pointer_find(contract_document(u->contract)->root, pointer);
}

static struct text
parent_of(struct text pointer)
{
    size_t slash = pointer.length;

    while (slash > 0 && pointer.data[slash - 1] != '/')
        slash--;
    return text_slice(pointer, 0, slash > 0 ? slash - 1 : 0);
}

static struct text
json_of(struct update *u, const struct value *value)
{
    struct json_writer w;
    struct buffer out;
    struct text text;

    buffer_init(&out, LIMIT_KIB);
    json_begin(&w, &out, 0);
    json_value(&w, value);
    text = buffer_failed(&out) ? TEXT("") : arena_text(u->arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

static bool
add_shape(struct update *u, enum repair_kind kind, struct text pointer, struct text name, const struct value *value)
{
    struct repair *r = update_repair(u, kind, pointer, name);

    if (r == NULL)
        return false;
    infer_shape_add(r->shape, value, u->infer->arena);
    return true;
}

static bool
add_value(struct update *u, const struct violation *v, const struct value *value)
{
    struct repair *r = update_repair(u, REPAIR_ENUM, v->pointer, TEXT(""));
    struct text json = r != NULL ? json_of(u, value) : TEXT("");

    if (json.length == 0)
        return false;
    for (uint32_t i = 0; i < r->value_count; i++)
        if (text_equal(r->values[i], json))
            return true;
    if (r->value_count == UPDATE_VALUES)
        r->values_more = true;
    else
        r->values[r->value_count++] = json;
    return true;
}

static bool
drop_required(struct update *u, const struct violation *v, const struct value *object)
{
    const struct value *required = at(u, v->pointer);
    bool any = false;

    if (!value_is(required, VALUE_ARRAY) || object->type != VALUE_OBJECT || required->count == 0)
        return false;
    for (VALUE_EACH_ITEM(name, required)) /* each missing one has a violation of its own, of which one is enough */
        if (name->type == VALUE_STRING && value_member(object, value_text(name)) == NULL)
            any = update_repair(u, REPAIR_REQUIRED, v->pointer, value_text(name)) != NULL || any;
    return any;
}

static struct text
size_of(struct update *u, const struct value *value)
{
    return arena_print(u->arena, "%zu",
                       value->type == VALUE_STRING ? text_code_points(value_text(value)) : (size_t)value->count);
}

/* Above: it is an upper bound. */
static bool
move_bound(struct update *u, const struct violation *v, struct text number, bool above)
{
    struct repair *r = update_repair(u, REPAIR_BOUND, v->pointer, TEXT(""));
    struct decimal a, b;

    if (r == NULL || number.length == 0)
        return false;
    if (r->farthest.length > 0) {
        int order;

        decimal_read(&a, number);
        decimal_read(&b, r->farthest);
        order = decimal_compare(&a, &b);
        if (above ? order <= 0 : order >= 0)
            return true;
    }
    r->farthest = arena_text(u->arena, number);
    return true;
}

static bool
add_member(struct update *u, const struct violation *v, const struct value *value)
{
    struct text name = text_from(v->instance, parent_of(v->instance).length + 1);
    struct text schema = parent_of(v->pointer);
    struct buffer plain;
    bool done;

    if (!value_is(at(u, schema), VALUE_OBJECT) || name.length == 0)
        return false;
    buffer_init(&plain, LIMIT_POINTER_BYTES);
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];

        if (c == '~' && i + 1 < name.length)
            c = name.data[++i] == '1' ? '/' : '~';
        buffer_byte(&plain, c);
    }
    done = add_shape(u, REPAIR_MEMBER, schema, buffer_text(&plain), value);
    buffer_release(&plain);
    return done;
}

static unsigned
type_bit(const struct value *value)
{
    static const unsigned bits[] = {
        [VALUE_NULL] = SCHEMA_TYPE_NULL,     [VALUE_FALSE] = SCHEMA_TYPE_BOOLEAN, [VALUE_TRUE] = SCHEMA_TYPE_BOOLEAN,
        [VALUE_NUMBER] = SCHEMA_TYPE_NUMBER, [VALUE_STRING] = SCHEMA_TYPE_STRING, [VALUE_ARRAY] = SCHEMA_TYPE_ARRAY,
        [VALUE_OBJECT] = SCHEMA_TYPE_OBJECT
    };

    return bits[value->type];
}

/* One alternative more, where none is of the value's type; else the alternatives are no list of types, and which of
 * them was meant is for a person to say. */
static bool
add_branch(struct update *u, const struct violation *v, const struct value *value)
{
    const struct value *branches = at(u, v->pointer);
    const struct document *document = contract_document(u->contract);
    const struct schema_set *set = contract_schemas(u->contract);

    if (!value_is(branches, VALUE_ARRAY) || branches->count == 0)
        return false;
    for (VALUE_EACH_ITEM(branch, branches)) {
        const struct schema *schema = schema_compiled(set, document, branch);
        const struct value *reference = VALUE_MEMBER(branch, "$ref");
        const struct document *there = document;

        if (schema == NULL && value_is(reference, VALUE_STRING) &&
            (reference = schema_follow(set, document, value_text(reference), &there)) != NULL)
            schema = schema_compiled(set, there, reference);
        if (schema != NULL && (schema_types(schema) & type_bit(value)) != 0)
            return false;
    }
    return add_shape(u, REPAIR_BRANCH, v->pointer, TEXT(""), value);
}

bool
update_keyword(struct update *u, const struct violation *v, const struct value *value)
{
    static const char *const upper[] = { "maxLength", "maxItems", "maxProperties" };
    static const char *const lower[] = { "minLength", "minItems", "minProperties" };
    static const char *const dropped[] = { "pattern",           "format",       "multipleOf",  "uniqueItems",
                                           "contains",          "minContains",  "maxContains", "not",
                                           "dependentRequired", "propertyNames" };
    struct text k = v->keyword;

    if (at(u, v->pointer) == NULL)
        return false;
    if (text_equal(k, TEXT("type")) && text_ends(v->pointer, TEXT("/type")))
        return add_shape(u, REPAIR_TYPE, v->pointer, TEXT(""), value);
    if (text_equal(k, TEXT("enum")) || text_equal(k, TEXT("const")))
        return add_value(u, v, value);
    if (text_equal(k, TEXT("required")))
        return drop_required(u, v, value);
    if (text_equal(k, TEXT("additionalProperties")) || text_equal(k, TEXT("unevaluatedProperties")))
        return add_member(u, v, value);
    if (text_equal(k, TEXT("oneOf")) || text_equal(k, TEXT("anyOf")))
        return add_branch(u, v, value);
    if (text_equal(k, TEXT("maximum")) || text_equal(k, TEXT("exclusiveMaximum")))
        return value->type == VALUE_NUMBER && move_bound(u, v, value_text(value), true);
    if (text_equal(k, TEXT("minimum")) || text_equal(k, TEXT("exclusiveMinimum")))
        return value->type == VALUE_NUMBER && move_bound(u, v, value_text(value), false);
    for (size_t i = 0; i < 3; i++) {
        if (text_equal(k, text_of(upper[i])))
            return move_bound(u, v, size_of(u, value), true);
        if (text_equal(k, text_of(lower[i])))
            return move_bound(u, v, size_of(u, value), false);
    }
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        if (text_equal(k, text_of(dropped[i])))
            return update_repair(u, REPAIR_DROP, v->pointer, TEXT("")) != NULL;
    return false;
}
