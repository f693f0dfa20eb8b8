/* update_ops.c -- changes as operations of a JSON Patch. */
#include <ctype.h>
#include <stdlib.h>

#include "base/limits.h"
#include "drift/update_internal.h"
#include "json/pointer.h"
#include "schema/schema.h"

static const struct value *
at(const struct update *u, struct text pointer)
{
    return pointer_find(contract_document(u->contract)->root, pointer);
}

static void
push(struct update *u, const struct repair *r, enum patch_kind kind, struct text path, struct text value,
     const char *reason)
{
    if (u->op_count == u->op_capacity) {
        uint32_t capacity = 2 * u->op_capacity + 16;
        struct update_op *ops = realloc(u->ops, capacity * sizeof(*ops));

        if (ops == NULL)
            return;
        u->ops = ops;
        u->op_capacity = capacity;
    }
    u->ops[u->op_count++] = (struct update_op){ .op = { kind, arena_text(u->arena, path), arena_text(u->arena, value) },
                                                .seen = r->seen,
                                                .reason = text_of(reason) };
}

/* The pointer, and one token more. */
static struct text
below(struct update *u, struct text pointer, struct text token)
{
    struct buffer out;
    struct text text;

    buffer_init(&out, 4 * LIMIT_POINTER_BYTES);
    buffer_add(&out, pointer);
    pointer_add(&out, token);
    text = arena_text(u->arena, buffer_text(&out));
    buffer_release(&out);
    return text;
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
schema_of(struct update *u, struct infer_shape *shape)
{
    struct json_writer w;
    struct buffer out;
    struct text text;

    buffer_init(&out, LIMIT_FILE_BYTES);
    json_begin(&w, &out, 0);
    infer_schema_write(&w, shape, u->infer);
    text = arena_text(u->arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

/* ---- keywords ---- */

static bool
is_old(const struct update *u)
{
    return text_starts(contract_dialect(u->contract), TEXT("3.0"));
}

static bool
has_type(const struct value *type, const char *name)
{
    if (type->type == VALUE_STRING)
        return text_equal(value_text(type), text_of(name));
    if (type->type == VALUE_ARRAY && type->count > 0)
        for (VALUE_EACH_ITEM(one, type))
            if (one->type == VALUE_STRING && text_equal(value_text(one), text_of(name)))
                return true;
    return false;
}

/* The types that the keyword has, and those that were seen: 3.1 has lists of them. */
static void
type_op(struct update *u, const struct repair *r, const struct value *type)
{
    const struct infer_shape *s = r->shape;
    const struct {
        const char *name;
        uint64_t seen;
    } seen[] = { { "object", s->objects },
                 { "array", s->arrays },
                 { "string", s->strings },
                 { "number", s->fractions },
                 { "integer", s->fractions == 0 ? s->whole : 0 },
                 { "boolean", s->booleans },
                 { "null", s->nulls } };
    struct json_writer w;
    struct buffer out;
    unsigned count = 0;
    struct text only = TEXT("");

    buffer_init(&out, LIMIT_KIB);
    json_begin(&w, &out, 0);
    json_array(&w);
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        if (seen[i].seen == 0 && !has_type(type, seen[i].name))
            continue;
        if (i == 4 && s->fractions > 0) /* number has integers in it */
            continue;
        only = text_of(seen[i].name);
        json_string(&w, only);
        count++;
    }
    json_end_array(&w);
    if (count == 1) {
        buffer_clear(&out);
        json_escape(&out, only);
    }
    if (count == 1 || !is_old(u))
        push(u, r, PATCH_REPLACE, r->pointer, buffer_text(&out), "a value of another type");
    else if (s->nulls == s->seen)
        push(u, r, PATCH_ADD, below(u, parent_of(r->pointer), TEXT("nullable")), TEXT("true"), "a value that is null");
    else /* 3.0 has one type or none */
        push(u, r, PATCH_REMOVE, r->pointer, TEXT(""), "values of several types");
    buffer_release(&out);
}

static void
enum_op(struct update *u, const struct repair *r, const struct value *there)
{
    bool is_const = text_ends(r->pointer, TEXT("/const"));
    struct json_writer w;
    struct buffer out;

    if (r->values_more) {
        push(u, r, PATCH_REMOVE, r->pointer, TEXT(""), "many other values");
        return;
    }
    if (!is_const) {
        for (uint32_t i = 0; i < r->value_count; i++)
            push(u, r, PATCH_ADD, below(u, r->pointer, TEXT("-")), r->values[i], "a value that is not listed");
        return;
    }
    buffer_init(&out, LIMIT_MIB);
    json_begin(&w, &out, 0);
    json_array(&w);
    json_value(&w, there);
    for (uint32_t i = 0; i < r->value_count; i++)
        json_raw(&w, r->values[i]);
    json_end_array(&w);
    push(u, r, PATCH_REMOVE, r->pointer, TEXT(""), "another value");
    push(u, r, PATCH_ADD, below(u, parent_of(r->pointer), TEXT("enum")), buffer_text(&out), "another value");
    buffer_release(&out);
}

static const struct repair *
find(const struct update *u, enum repair_kind kind, struct text pointer, struct text name)
{
    for (uint32_t i = 0; i < u->repair_count; i++)
        if (u->repairs[i].kind == kind && text_equal(u->repairs[i].pointer, pointer) &&
            text_equal(u->repairs[i].name, name))
            return &u->repairs[i];
    return NULL;
}

/* All names of one list, from its end, so that indexes stay right. */
static void
required_ops(struct update *u, const struct repair *first, const struct value *required)
{
    uint32_t gone = 0;

    for (uint32_t i = 0; i < required->count; i++)
        gone += value_item(required, i)->type == VALUE_STRING &&
                find(u, REPAIR_REQUIRED, first->pointer, value_text(value_item(required, i))) != NULL;
    if (gone == required->count) {
        push(u, first, PATCH_REMOVE, first->pointer, TEXT(""), "members that are not always there");
        return;
    }
    for (uint32_t i = required->count; i-- > 0;) {
        const struct value *name = value_item(required, i);
        const struct repair *r =
            name->type == VALUE_STRING ? find(u, REPAIR_REQUIRED, first->pointer, value_text(name)) : NULL;

        if (r != NULL)
            push(u, r, PATCH_REMOVE, below(u, r->pointer, arena_print(u->arena, "%u", i)), TEXT(""),
                 "a member that is not always there");
    }
}

static void
bound_op(struct update *u, const struct repair *r)
{
    struct text schema = parent_of(r->pointer);
    bool strict_low = text_ends(r->pointer, TEXT("/exclusiveMinimum"));
    bool strict_high = text_ends(r->pointer, TEXT("/exclusiveMaximum"));

    if (strict_low || strict_high) {
        push(u, r, PATCH_REMOVE, r->pointer, TEXT(""), "a number outside");
        push(u, r, PATCH_ADD, below(u, schema, strict_low ? TEXT("minimum") : TEXT("maximum")), r->farthest,
             "a number outside");
        return;
    }
    push(u, r, PATCH_REPLACE, r->pointer, r->farthest, "outside of the bound");
    /* 3.0: the bound itself may be what is not allowed */
    for (int high = 0; high < 2; high++) {
        struct text strict = below(u, schema, high ? TEXT("exclusiveMaximum") : TEXT("exclusiveMinimum"));

        if (text_ends(r->pointer, high ? TEXT("/maximum") : TEXT("/minimum")) && value_is(at(u, strict), VALUE_TRUE))
            push(u, r, PATCH_REMOVE, strict, TEXT(""), "the bound itself was seen");
    }
}

static void
member_op(struct update *u, const struct repair *r, const struct value *schema)
{
    struct text properties = below(u, r->pointer, TEXT("properties"));

    if (VALUE_MEMBER(schema, "properties") == NULL && find(u, REPAIR_MEMBER, r->pointer, r->name) != NULL) {
        bool first = true;

        for (uint32_t i = 0; i < u->op_count; i++)
            first = first && !text_equal(u->ops[i].op.path, properties);
        if (first)
            push(u, r, PATCH_ADD, properties, TEXT("{}"), "members that are not described");
    }
    push(u, r, PATCH_ADD, below(u, properties, r->name), schema_of(u, r->shape), "a member that is not described");
}

/* ---- parts of operations ---- */

static void
query_op(struct update *u, const struct repair *r, const struct value *operation)
{
    struct text list = below(u, r->pointer, TEXT("parameters"));
    struct buffer out;
    bool there = VALUE_MEMBER(operation, "parameters") != NULL;

    for (uint32_t i = 0; i < u->op_count; i++)
        there = there || text_equal(u->ops[i].op.path, list);
    if (!there)
        push(u, r, PATCH_ADD, list, TEXT("[]"), "parameters that are not described");
    buffer_init(&out, LIMIT_MIB);
    infer_write_query(u->infer, &(struct infer_field){ .name = r->name, .shape = r->shape }, &out);
    push(u, r, PATCH_ADD, below(u, list, TEXT("-")), buffer_text(&out), "a parameter that is not described");
    buffer_release(&out);
}

static void
status_op(struct update *u, const struct repair *r)
{
    struct text list = below(u, r->pointer, TEXT("responses"));
    const struct infer_response *response = r->tally->responses;
    struct buffer out;

    while (response != NULL && response->status != r->status)
        response = response->next;
    if (response == NULL)
        return;
    buffer_init(&out, LIMIT_FILE_BYTES);
    infer_write_response(u->infer, response, &out);
    push(u, r, PATCH_ADD, below(u, list, r->name), buffer_text(&out), "a status that is not described");
    buffer_release(&out);
}

/* In a body or an answer that is there; or, of an operation without, as its body. */
static void
content_op(struct update *u, const struct repair *r, const struct value *owner)
{
    const struct infer_content *content = r->side == SIDE_REQUEST ? r->tally->content : NULL;
    bool is_operation = VALUE_MEMBER(owner, "responses") != NULL;
    struct text list = below(u, r->pointer, TEXT("content"));
    struct buffer out;
    bool there = VALUE_MEMBER(owner, "content") != NULL;

    for (const struct infer_response *a = r->tally->responses; r->side == SIDE_RESPONSE && a != NULL; a = a->next)
        if (a->status == r->status)
            content = a->content;
    while (content != NULL && !text_equal_nocase(content->type, r->name))
        content = content->next;
    if (content == NULL)
        return;
    if (is_operation) {
        list = below(u, below(u, r->pointer, TEXT("requestBody")), TEXT("content"));
        for (uint32_t i = 0; i < u->op_count; i++)
            there = there || text_equal(u->ops[i].op.path, parent_of(list));
        if (!there)
            push(u, r, PATCH_ADD, parent_of(list), TEXT("{\"content\":{}}"), "a body that is not described");
    } else {
        for (uint32_t i = 0; i < u->op_count; i++)
            there = there || text_equal(u->ops[i].op.path, list);
        if (!there)
            push(u, r, PATCH_ADD, list, TEXT("{}"), "a body that is not described");
    }
    buffer_init(&out, LIMIT_FILE_BYTES);
    infer_write_media(u->infer, content, &out);
    push(u, r, PATCH_ADD, below(u, list, r->name), buffer_text(&out), "a media type that is not described");
    buffer_release(&out);
}

/* ---- operations ---- */

static void
add_operation(void *arg, struct text path, struct text method, uint64_t seen, struct text json)
{
    struct update *u = arg;
    const struct repair evidence = { .seen = seen };
    struct text item = below(u, TEXT("/paths"), path);
    bool there = at(u, item) != NULL;

    for (uint32_t i = 0; i < u->op_count; i++)
        there = there || text_equal(u->ops[i].op.path, item);
    if (!there)
        push(u, &evidence, PATCH_ADD, item, TEXT("{}"), "a path that is not described");
    push(u, &evidence, PATCH_ADD, below(u, item, method), json, "an operation that is not described");
}

static void
one(struct update *u, struct repair *r)
{
    const struct value *there = at(u, r->pointer);

    if (there == NULL)
        return;
    switch (r->kind) {
    case REPAIR_TYPE:
        type_op(u, r, there);
        break;
    case REPAIR_ENUM:
        enum_op(u, r, there);
        break;
    case REPAIR_REQUIRED: /* the first of its list does it for all */
        for (struct repair *other = u->repairs; other <= r; other++)
            if (other->kind == REPAIR_REQUIRED && text_equal(other->pointer, r->pointer)) {
                if (other == r && there->type == VALUE_ARRAY)
                    required_ops(u, r, there);
                break;
            }
        break;
    case REPAIR_BOUND:
        bound_op(u, r);
        break;
    case REPAIR_DROP:
        push(u, r, PATCH_REMOVE, r->pointer, TEXT(""), "values that are not of that form");
        break;
    case REPAIR_MEMBER:
        member_op(u, r, there);
        break;
    case REPAIR_BRANCH:
        push(u, r, PATCH_ADD, below(u, r->pointer, TEXT("-")), schema_of(u, r->shape), "a value of another type");
        break;
    case REPAIR_OPTIONAL:
        push(u, r, PATCH_ADD, below(u, r->pointer, TEXT("required")), TEXT("false"), "it is not always there");
        break;
    case REPAIR_QUERY:
        query_op(u, r, there);
        break;
    case REPAIR_STATUS:
        status_op(u, r);
        break;
    case REPAIR_CONTENT:
        content_op(u, r, there);
        break;
    case REPAIR_METHOD:
        infer_write_method(u->infer, r->pointer, r->name, r->tally, add_operation, u);
        break;
    }
}

void
update_make_ops(struct update *u)
{
    for (uint32_t i = 0; i < u->repair_count; i++)
        one(u, &u->repairs[i]);
    infer_each_operation(u->infer, add_operation, u);
}
