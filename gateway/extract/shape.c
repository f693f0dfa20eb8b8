/* shape.c -- what values look like, put together from examples and from tables of fields. */
#include "extract/shape.h"

#include "base/limits.h"
#include "extract/wording.h"
#include "schema/format.h"

struct shape *
shape_new(const struct source *source, struct arena *arena)
{
    struct shape *shape = ARENA_NEW(arena, struct shape);

    if (shape != NULL)
        shape->source = *source;
    return shape;
}

static unsigned
type_of(const struct value *v)
{
    switch (v->type) {
    case VALUE_NULL:
        return SHAPE_NULL;
    case VALUE_TRUE:
    case VALUE_FALSE:
        return SHAPE_BOOLEAN;
    case VALUE_NUMBER:
        return (v->flags & VALUE_INTEGER) != 0 ? SHAPE_INTEGER : SHAPE_NUMBER;
    case VALUE_STRING:
        return SHAPE_STRING;
    case VALUE_ARRAY:
        return SHAPE_ARRAY;
    default:
        return SHAPE_OBJECT;
    }
}

/* The format that the text certainly has. */
static const char *
format_of(struct text t)
{
    static const char *const names[] = { "date-time", "date", "uuid", "email", "uri" };

    if (t.length < 6 || t.length > 2048)
        return NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct format *format = format_find(text_of(names[i]), false);

        if (i == 4 && !text_starts(t, TEXT("https://")) && !text_starts(t, TEXT("http://")))
            return NULL;
        if (format != NULL && format_check_text(format, t))
            return names[i];
    }
    return NULL;
}

/* At its end, unless it is there. */
static bool
add_choice(struct shape_choice **list, struct text value, struct arena *arena, uint32_t *count)
{
    while (*list != NULL && !text_equal((*list)->value, value))
        list = &(*list)->next;
    if (*list != NULL)
        return true;
    *list = ARENA_NEW(arena, struct shape_choice);
    if (*list == NULL)
        return false;
    (*list)->value = value;
    ++*count;
    return true;
}

bool
shape_tell_choice(struct shape *shape, struct text value, struct arena *arena)
{
    uint32_t count = 0;

    return add_choice(&shape->choices, value, arena, &count);
}

static bool
add_string(struct shape *shape, struct text t, struct arena *arena)
{
    const char *format = format_of(t);

    if (!shape->strings && shape->format == NULL)
        shape->format = format;
    else if (shape->format != NULL && (format == NULL || strcmp(format, shape->format) != 0))
        shape->format = NULL;
    shape->strings = true;
    return shape->met_count >= SHAPE_MET || add_choice(&shape->met, t, arena, &shape->met_count);
}

static struct shape_member *
member_of(struct shape *shape, struct text name, const struct source *source, struct arena *arena)
{
    struct shape_member *m;

    for (m = shape->members; m != NULL; m = m->next)
        if (text_equal(m->name, name))
            return m;
    if (shape->member_count >= LIMIT_EXTRACT_MEMBERS)
        return NULL;
    m = ARENA_NEW(arena, struct shape_member);
    if (m == NULL || (m->shape = shape_new(source, arena)) == NULL)
        return NULL;
    m->name = arena_text(arena, name);
    if (shape->last != NULL)
        shape->last->next = m;
    else
        shape->members = m;
    shape->last = m;
    shape->member_count++;
    return m;
}

static bool
add_object(struct shape *shape, const struct value *value, const struct shape_example *example, struct arena *arena)
{
    bool twice = (value->flags & VALUE_DUPLICATE_KEY) != 0;

    shape->objects++;
    for (VALUE_EACH_MEMBER(key, value)) {
        struct source source = example->source;
        struct shape_member *m;
        uint32_t line, column;

        if (twice && value_member(value, value_text(key)) != value_next(key))
            continue;

        document_position(example->document, key->place, &line, &column);
        source.line += line - 1;
        source.note = (struct text){ NULL, 0 };
        m = member_of(shape, value_text(key), &source, arena);
        if (m == NULL) {
            if (shape->member_count >= LIMIT_EXTRACT_MEMBERS)
                continue;
            return false;
        }
        if (m->seen < shape->objects)
            m->seen++;
        if (!shape_add(m->shape, value_next(key), example, arena))
            return false;
    }
    return true;
}

bool
shape_add(struct shape *shape, const struct value *value, const struct shape_example *example, struct arena *arena)
{
    unsigned type = type_of(value);

    /* what a table told stands, but a number may be written as one of its kind, and an example tells what is in it */
    if (!shape->told || shape->types == 0 || (type & shape->types) == 0)
        shape->types |= type == SHAPE_INTEGER && (shape->types & SHAPE_NUMBER) != 0 ? 0 : type;
    if ((shape->types & (SHAPE_NUMBER | SHAPE_INTEGER)) == (SHAPE_NUMBER | SHAPE_INTEGER))
        shape->types &= ~(unsigned)SHAPE_INTEGER;
    if (type == SHAPE_STRING)
        return add_string(shape, value_text(value), arena);
    if (type == SHAPE_OBJECT)
        return add_object(shape, value, example, arena);
    if (type != SHAPE_ARRAY || value->count == 0)
        return true;
    if (shape->items == NULL && (shape->items = shape_new(&shape->source, arena)) == NULL)
        return false;
    for (VALUE_EACH_ITEM(item, value))
        if (!shape_add(shape->items, item, example, arena))
            return false;
    return true;
}

struct shape *
shape_at(struct shape *shape, struct text name, const struct source *source, struct arena *arena)
{
    struct text_split split = text_split_start(name);
    struct text part;
    unsigned depth = 0;

    while (shape != NULL && depth++ < LIMIT_EXTRACT_NESTING && text_split_next(&split, '.', &part)) {
        struct shape_member *m;
        bool items = text_ends(part, TEXT("[]"));

        if (items)
            part.length -= 2;
        if (part.length > 0) {
            shape->types |= shape->types == 0 ? SHAPE_OBJECT : 0;
            if ((shape->types & SHAPE_ARRAY) != 0 && (shape->types & SHAPE_OBJECT) == 0) {
                if (shape->items == NULL)
                    shape->items = shape_new(source, arena);
                if ((shape = shape->items) == NULL)
                    return NULL;
                shape->types |= SHAPE_OBJECT;
            }
            m = member_of(shape, part, source, arena);
            shape = m != NULL ? m->shape : NULL;
        }
        if (items && shape != NULL) {
            shape->types |= SHAPE_ARRAY;
            if (shape->items == NULL)
                shape->items = shape_new(source, arena);
            if (!split.done)
                shape = shape->items;
        }
    }
    return shape;
}

bool
shape_has(const struct shape *shape, struct text name)
{
    for (const struct shape_member *m = shape->members; m != NULL; m = m->next)
        if (text_equal(m->name, name))
            return true;
    return false;
}

bool
shape_alike(const struct shape *shape, const struct value *value)
{
    uint32_t shared = 0, smaller = shape->member_count;

    if (type_of(value) != SHAPE_OBJECT || (shape->types & SHAPE_OBJECT) == 0)
        return (type_of(value) & shape->types) != 0;
    smaller = value->count < smaller ? value->count : smaller;
    for (VALUE_EACH_MEMBER(key, value))
        shared += shape_has(shape, value_text(key));
    return shared * 2 >= smaller && (shared > 0 || smaller == 0);
}

/* ---- types in words ---- */

static unsigned
type_in(struct text words, const char **format)
{
    static const struct {
        const char *words;
        unsigned type;
        const char *format;
    } types[] = {
        { "string|str|text|varchar|char|file|binary|enum|keyword", SHAPE_STRING, NULL },
        { "int32", SHAPE_INTEGER, "int32" },
        { "int64|long|bigint", SHAPE_INTEGER, "int64" },
        { "int|integer|short|unsigned", SHAPE_INTEGER, NULL },
        { "number|float|double|decimal|numeric|money", SHAPE_NUMBER, NULL },
        { "bool|boolean|flag", SHAPE_BOOLEAN, NULL },
        { "datetime|timestamp|iso8601", SHAPE_STRING, "date-time" },
        { "date", SHAPE_STRING, "date" },
        { "uuid|guid", SHAPE_STRING, "uuid" },
        { "email", SHAPE_STRING, "email" },
        { "url|uri", SHAPE_STRING, "uri" },
        { "object|map|dict|dictionary|hash|json|struct", SHAPE_OBJECT, NULL },
        { "array|list", SHAPE_ARRAY, NULL },
    };
    struct text word;

    while (wording_next(&words, &word))
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
            if (wording_are(word, types[i].words)) {
                *format = types[i].format;
                return types[i].type;
            }
    return 0;
}

bool
shape_tell_type(struct shape *shape, struct text type, struct arena *arena)
{
    const char *format = NULL, *inner = NULL;
    bool list = (type.length > 2 && text_search(type, TEXT("[]")) < type.length) || wording_have(type, "array|list");
    unsigned found = type_in(type, &format);

    if (text_search(type, TEXT("date-time")) < type.length || wording_have(type, "timestamp"))
        format = "date-time";
    if (found == 0)
        return false;
    if (list) {
        struct text rest = type, word;
        unsigned of = 0;

        while (of == 0 && wording_next(&rest, &word))
            if (!wording_are(word, "array|list|of"))
                of = type_in(word, &inner);
        shape->types = SHAPE_ARRAY;
        if (of != 0) {
            if (shape->items == NULL && (shape->items = shape_new(&shape->source, arena)) == NULL)
                return false;
            shape->items->types |= of;
            shape->items->told = true;
            shape->items->format = inner;
        }
    } else {
        shape->types = found;
        shape->format = format;
    }
    if (wording_have(type, "null|nullable"))
        shape->types |= SHAPE_NULL;
    shape->told = true;
    return true;
}
