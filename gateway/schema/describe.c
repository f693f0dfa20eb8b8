/* describe.c -- a problem in words for a person: what was expected, what was found, and what was perhaps meant. */
#include <inttypes.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "json/compare.h"
#include "json/write.h"
#include "schema/explain.h"

#define LINE_BYTES 2048 /* of a text that is built */
#define SHOWN      60   /* characters of a value */
#define CHOICES    8    /* of an enum */

static struct text
done(struct buffer *b, struct arena *arena)
{
    struct text t = arena_text(arena, buffer_text(b));

    buffer_release(b);
    return t.data != NULL ? t : TEXT("");
}

/* At most SHOWN characters, cut between code points, with "…" where something is missing. */
static struct text
shortened(struct text t, bool *cut)
{
    size_t length = t.length, count = 0, at = 0;

    *cut = false;
    while (at < length) {
        if (((unsigned char)t.data[at] & 0xC0) != 0x80 && ++count > SHOWN) {
            *cut = true;
            break;
        }
        at++;
    }
    return text_slice(t, 0, at);
}

/* A scalar as JSON, or the kind and size of what is inside. */
static void
show(struct buffer *b, const struct value *v)
{
    bool cut;

    switch ((enum value_type)v->type) {
    case VALUE_STRING:
        json_escape(b, shortened(value_text(v), &cut));
        if (cut)
            buffer_add(b, TEXT("…"));
        return;
    case VALUE_NUMBER:
        buffer_add(b, shortened(value_text(v), &cut));
        if (cut)
            buffer_add(b, TEXT("…"));
        return;
    case VALUE_ARRAY:
        buffer_print(b, "an array of %" PRIu32 " item%s", v->count, v->count == 1 ? "" : "s");
        return;
    case VALUE_OBJECT:
        buffer_print(b, "an object with %" PRIu32 " member%s", v->count, v->count == 1 ? "" : "s");
        return;
    case VALUE_NULL:
    case VALUE_TRUE:
    case VALUE_FALSE:
        buffer_add(b, v->type == VALUE_NULL ? TEXT("null") : v->type == VALUE_TRUE ? TEXT("true") : TEXT("false"));
    }
}

static void
add_types(struct buffer *b, unsigned types)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
        { SCHEMA_TYPE_OBJECT, "object" }, { SCHEMA_TYPE_ARRAY, "array" },     { SCHEMA_TYPE_STRING, "string" },
        { SCHEMA_TYPE_NUMBER, "number" }, { SCHEMA_TYPE_INTEGER, "integer" }, { SCHEMA_TYPE_BOOLEAN, "boolean" },
        { SCHEMA_TYPE_NULL, "null" },
    };
    const char *between = "";

    if ((types & SCHEMA_TYPE_NUMBER) != 0)
        types &= ~SCHEMA_TYPE_INTEGER;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((types & names[i].bit) == 0)
            continue;
        types &= ~names[i].bit;
        buffer_print(b, "%s%s", between, names[i].name);
        between = (types & (types - 1)) == 0 ? " or " : ", ";
    }
}

static const char *
number_word(const struct schema *s)
{
    return (s->types & (SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_INTEGER)) == SCHEMA_TYPE_INTEGER ? "integer" : "number";
}

static void
add_count(struct buffer *b, const char *bound, uint64_t number, const char *one)
{
    buffer_print(b, "%s %" PRIu64 " %s%s", bound, number, one, number == 1 ? "" : "s");
}

static void
add_choices(struct buffer *b, const struct value *choices)
{
    uint32_t shown = 0;

    if (choices->count != 1)
        buffer_add(b, TEXT("one of "));
    for (VALUE_EACH_ITEM(item, choices)) {
        if (shown > 0)
            buffer_add(b, TEXT(", "));
        if (shown++ == CHOICES) {
            buffer_print(b, "… (%" PRIu32 " in all)", choices->count);
            return;
        }
        show(b, item);
    }
}

static void
add_contains(struct buffer *b, const struct contains_rule *rule)
{
    if (rule->most == UINT64_MAX)
        add_count(b, "at least", rule->least, "item");
    else
        buffer_print(b, "%" PRIu64 " to %" PRIu64 " items", rule->least, rule->most);
    buffer_add(b, TEXT(" for 'contains'"));
}

static void
add_names(struct buffer *b, const struct discriminator *d)
{
    buffer_add(b, TEXT("the name of a schema"));
    for (uint32_t i = 0; i < d->count && i < CHOICES; i++) {
        buffer_add(b, i == 0 ? TEXT(": ") : TEXT(", "));
        json_escape(b, d->list[i]);
    }
    if (d->count > CHOICES || d->branches == NULL)
        buffer_add(b, TEXT(", …"));
}

/* What the instruction wants; members and types are not here. */
static void
expect_op(struct buffer *b, const struct blame *blame)
{
    const struct op *op = blame->op;

    switch ((enum op_code)op->code) {
    case OP_MINIMUM:
    case OP_MAXIMUM:
    case OP_ABOVE:
    case OP_BELOW: {
        static const char *const signs[] = {
            [OP_MINIMUM] = ">=", [OP_MAXIMUM] = "<=", [OP_ABOVE] = ">", [OP_BELOW] = "<"
        };

        buffer_print(b, "%s %s %.*s", number_word(blame->schema), signs[op->code],
                     TEXT_PRINT(op->with.bound->limit.text));
        return;
    }
    case OP_MULTIPLE:
        buffer_print(b, "a multiple of %.*s", TEXT_PRINT(op->with.bound->limit.text));
        return;
    case OP_MIN_LENGTH:
    case OP_MAX_LENGTH:
        add_count(b, op->code == OP_MIN_LENGTH ? "string of at least" : "string of at most", op->with.number,
                  "character");
        return;
    case OP_PATTERN:
        buffer_print(b, "string that matches %.*s", TEXT_PRINT(value_text(op->place)));
        return;
    case OP_MIN_ITEMS:
    case OP_MAX_ITEMS:
        add_count(b, op->code == OP_MIN_ITEMS ? "array of at least" : "array of at most", op->with.number, "item");
        return;
    case OP_MIN_PROPERTIES:
    case OP_MAX_PROPERTIES:
        add_count(b, op->code == OP_MIN_PROPERTIES ? "object with at least" : "object with at most", op->with.number,
                  "member");
        return;
    case OP_UNIQUE:
        buffer_add(b, TEXT("items that are all different"));
        return;
    case OP_CONTAINS:
        add_contains(b, op->with.contains);
        return;
    case OP_NAMES:
        buffer_print(b, "property names that satisfy 'propertyNames'");
        return;
    case OP_DEPENDENT_REQUIRED:
        buffer_print(b, "the property '%.*s', because '%.*s' is there", TEXT_PRINT(blame->name),
                     TEXT_PRINT(op->with.dependency->name));
        return;
    case OP_CONST:
        show(b, op->with.value);
        return;
    case OP_ENUM:
        add_choices(b, op->place);
        return;
    case OP_FORMAT:
        buffer_print(b, "%s", format_expected(op->with.format));
        return;
    case OP_ANY_OF:
        buffer_print(b, "one of %" PRIu32 " alternatives", op->with.list->count);
        return;
    case OP_ONE_OF:
        buffer_print(b, "exactly one of %" PRIu32 " alternatives", op->with.list->count);
        return;
    case OP_NOT:
        buffer_add(b, TEXT("a value that does not satisfy the schema of 'not'"));
        return;
    case OP_DISCRIMINATOR:
        if (blame->number != 0)
            buffer_print(b, "exactly one of %" PRIu32 " alternatives", op->with.discriminator->branches->count);
        else
            add_names(b, op->with.discriminator);
        return;
    case OP_UNEVALUATED_ITEMS:
    case OP_ITEMS:
        buffer_add(b, TEXT("no further item"));
        return;
    default:
        buffer_print(b, "no property '%.*s'", TEXT_PRINT(blame->name));
    }
}

static void
expect(struct buffer *b, const struct blame *blame)
{
    if (strcmp(blame->keyword, "schema") == 0)
        buffer_add(b, TEXT("a value that satisfies this schema (too much work to say why not)"));
    else if (blame->op == NULL && blame->schema->types == 0)
        buffer_add(b, TEXT("no value at all"));
    else if (blame->op == NULL || blame->types != 0)
        add_types(b, blame->op == NULL ? blame->schema->types : blame->types);
    else if (strcmp(blame->keyword, "required") == 0)
        buffer_print(b, "the property '%.*s'", TEXT_PRINT(blame->name));
    else if (blame->side != 0)
        buffer_print(b, "no property '%.*s' in a %s: it is %s", TEXT_PRINT(blame->name),
                     blame->side == SCHEMA_REQUEST ? "request" : "response",
                     blame->side == SCHEMA_REQUEST ? "read-only" : "write-only");
    else
        expect_op(b, blame);
}

static void
find_equal_items(struct buffer *b, const struct value *v, struct arena *arena)
{
    uint32_t first = 0, second = 0;

    if (value_items_unique(v, arena, NULL, &first, &second) == 0)
        buffer_print(b, "items %" PRIu32 " and %" PRIu32 " are equal", first, second);
    else
        show(b, v);
}

static void
find_alternatives(struct buffer *b, uint64_t bits)
{
    const char *before = "alternatives ";

    for (unsigned i = 0; i < 64; i++) {
        if ((bits >> i & 1) == 0)
            continue;
        buffer_print(b, "%s%u", before, i + 1);
        before = (bits >> i >> 1 & ((bits >> i >> 1) - 1)) == 0 ? " and " : ", ";
    }
    buffer_add(b, TEXT(" match"));
}

static void
found(struct buffer *b, const struct blame *blame, struct arena *arena)
{
    const struct value *v = blame->value;
    unsigned code = blame->op != NULL ? blame->op->code : OP_UNCHECKED;

    if (strcmp(blame->keyword, "required") == 0 || code == OP_DEPENDENT_REQUIRED) {
        buffer_add(b, TEXT("an object without it"));
    } else if (code == OP_UNIQUE) {
        find_equal_items(b, v, arena);
    } else if (blame->number != 0 && code != OP_CONTAINS) {
        find_alternatives(b, blame->number);
    } else if (code == OP_CONTAINS) {
        buffer_print(b, "%" PRIu64, blame->number);
    } else if (code == OP_NAMES) {
        buffer_add(b, TEXT("the name "));
        json_escape(b, blame->name);
    } else {
        show(b, v);
        if (code == OP_MIN_LENGTH || code == OP_MAX_LENGTH)
            add_count(b, " of", text_code_points(value_text(v)), "character");
        else if (v->type == VALUE_STRING || v->type == VALUE_NUMBER || value_is_boolean(v))
            buffer_print(b, " (%s)", value_type_name(v));
    }
}

/* ---- hints ---- */

static const char *
terminated(struct text t, struct arena *arena)
{
    return arena_text(arena, t).data;
}

/* The nearest declared property that the object does not have. */
static const char *
nearest_property(const struct blame *blame, struct arena *arena)
{
    const struct members_rule *rule = blame->op->with.members;
    const char **names = ARENA_ARRAY(arena, const char *, rule->count);
    uint32_t count = 0;

    if (names == NULL)
        return NULL;
    for (uint32_t i = 0; i < rule->count; i++) {
        if (rule->members[i].schema != NULL)
            names[count++] = terminated(rule->list[i], arena);
    }
    return text_nearest(blame->name, names, count);
}

static const char *
nearest_choice(const struct blame *blame, struct arena *arena)
{
    const struct value *choices = blame->op->place;
    const char **names = ARENA_ARRAY(arena, const char *, choices->count);
    uint32_t count = 0;

    if (names == NULL || blame->value->type != VALUE_STRING)
        return NULL;
    for (VALUE_EACH_ITEM(item, choices)) {
        if (item->type == VALUE_STRING)
            names[count++] = terminated(value_text(item), arena);
    }
    return text_nearest(value_text(blame->value), names, count);
}

static struct text
hint(const struct blame *blame, struct arena *arena)
{
    const char *near = NULL;

    if (blame->op == NULL)
        return TEXT("");
    if (blame->op->code == OP_MEMBERS && strcmp(blame->keyword, "additionalProperties") == 0)
        near = nearest_property(blame, arena);
    else if (blame->op->code == OP_ENUM)
        near = nearest_choice(blame, arena);
    return near != NULL ? arena_print(arena, "did you mean '%s'?", near) : TEXT("");
}

void
describe(const struct blame *blame, struct arena *arena, struct schema_problem *problem)
{
    struct buffer b;

    buffer_init(&b, LINE_BYTES);
    expect(&b, blame);
    problem->expected = done(&b, arena);
    buffer_init(&b, LINE_BYTES);
    found(&b, blame, arena);
    problem->found = done(&b, arena);
    problem->hint = hint(blame, arena);
}
