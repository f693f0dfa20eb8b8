/* infer_shape.c -- counting the values of one place. */
#include <ctype.h>

#include "drift/infer_internal.h"
#include "drift/infer_formats.h"

#include "json/number.h"

struct infer_shape *
infer_shape_new(struct arena *arena)
{
    return ARENA_NEW(arena, struct infer_shape);
}

bool
infer_is_value(struct text word)
{
    size_t digits = 0, letters = 0, i = 0;

    if (word.length > 1 && (word.data[0] == 'v' || word.data[0] == 'V')) /* a version: v1, v2.1 */
        for (i = 1; i < word.length && (isdigit((unsigned char)word.data[i]) || word.data[i] == '.'); i++)
            ;
    if (i > 0 && i == word.length)
        return false;
    for (i = 0; i < word.length; i++) {
        digits += isdigit((unsigned char)word.data[i]) != 0;
        letters += isalpha((unsigned char)word.data[i]) != 0;
    }
    /* one digit in a longer word, or inside of one, may be part of a name: oauth2, b2b */
    return digits >= 2 || word.length > 48 ||
           (digits == 1 && letters <= 2 && isdigit((unsigned char)word.data[word.length - 1]));
}

/* ---- strings ---- */

static void
add_kept(struct infer_shape *shape, struct text text, uint64_t seen, uint64_t first, struct arena *arena)
{
    if (shape->texts == NULL && (shape->texts = ARENA_ARRAY(arena, struct infer_text, INFER_TEXTS)) == NULL)
        return;
    for (uint32_t i = 0; i < shape->text_count; i++)
        if (text_equal(shape->texts[i].text, text)) {
            shape->texts[i].seen += seen;
            return;
        }
    if (shape->text_count < INFER_TEXTS && text.length <= INFER_TEXT && !shape->texts_more)
        shape->texts[shape->text_count++] = (struct infer_text){ arena_text(arena, text), seen, first };
    else
        shape->texts_more = true;
}

static void
add_string(struct infer_shape *shape, struct text text, struct arena *arena)
{
    shape->strings++;
    shape->formats_lost |= infer_formats_lost(text);
    if (!shape->texts_more)
        add_kept(shape, text, 1, shape->strings, arena);
}

/* ---- objects ---- */

static struct infer_member *
member_of(struct infer_shape *shape, struct text name, struct arena *arena)
{
    struct infer_member *m;

    for (m = shape->members; m != NULL; m = m->next)
        if (text_equal(m->name, name))
            return m;
    if (shape->member_count >= INFER_MEMBERS || (m = ARENA_NEW(arena, struct infer_member)) == NULL ||
        (m->shape = infer_shape_new(arena)) == NULL)
        return NULL;
    m->name = arena_text(arena, name);
    if (shape->members_end == NULL)
        shape->members_end = &shape->members;
    *shape->members_end = m;
    shape->members_end = &m->next;
    shape->member_count++;
    return m;
}

/* So many names: they are values themselves. */
static void
become_map(struct infer_shape *shape, struct arena *arena)
{
    if (shape->values != NULL || (shape->values = infer_shape_new(arena)) == NULL)
        return;
    for (const struct infer_member *m = shape->members; m != NULL; m = m->next)
        infer_shape_merge(shape->values, m->shape, arena);
    shape->members = NULL;
    shape->members_end = NULL;
    shape->member_count = 0;
}

void
infer_shape_settle(struct infer_shape *shape, struct arena *arena)
{
    for (const struct infer_member *m = shape->members; m != NULL; m = m->next)
        if (!infer_is_value(m->name))
            return;
    if (shape->member_count >= 3)
        become_map(shape, arena);
}

static struct infer_shape *
shape_of_member(struct infer_shape *shape, struct text name, struct arena *arena)
{
    struct infer_member *m;

    if (shape->values == NULL && shape->member_count >= INFER_MEMBERS)
        become_map(shape, arena);
    if (shape->values != NULL)
        return shape->values;
    m = member_of(shape, name, arena);
    return m != NULL ? m->shape : NULL;
}

static void
add_object(struct infer_shape *shape, const struct value *object, struct arena *arena)
{
    shape->objects++;
    if (object->count == 0)
        return;
    for (VALUE_EACH_MEMBER(key, object)) {
        struct infer_shape *inside = shape_of_member(shape, value_text(key), arena);

        if (inside != NULL)
            infer_shape_add(inside, value_next(key), arena);
    }
}

/* ---- */

static void
add_number(struct infer_shape *shape, struct text number)
{
    struct decimal d;

    decimal_read(&d, number);
    if (decimal_is_integer(&d))
        shape->whole++;
    else
        shape->fractions++;
}

void
infer_shape_add(struct infer_shape *shape, const struct value *value, struct arena *arena)
{
    shape->seen++;
    if (value->flags & VALUE_REDACTED) /* something was here; what, nobody knows */
        return;
    switch ((enum value_type)value->type) {
    case VALUE_NULL:
        shape->nulls++;
        break;
    case VALUE_FALSE:
    case VALUE_TRUE:
        shape->booleans++;
        break;
    case VALUE_NUMBER:
        add_number(shape, value_text(value));
        break;
    case VALUE_STRING:
        add_string(shape, value_text(value), arena);
        break;
    case VALUE_ARRAY:
        shape->arrays++;
        if (value->count == 0 || value->depth > INFER_DEPTH ||
            (shape->items == NULL && (shape->items = infer_shape_new(arena)) == NULL))
            break;
        for (VALUE_EACH_ITEM(item, value))
            infer_shape_add(shape->items, item, arena);
        break;
    case VALUE_OBJECT:
        if (value->depth <= INFER_DEPTH)
            add_object(shape, value, arena);
        else
            shape->objects++;
        break;
    }
}

void
infer_shape_add_text(struct infer_shape *shape, struct text text, struct arena *arena)
{
    size_t at = text.length > 0 && text.data[0] == '-', digits = 0, points = 0;
    struct text number = text_from(text, at);

    shape->seen++;
    if (text_equal(text, TEXT("true")) || text_equal(text, TEXT("false"))) {
        shape->booleans++;
        return;
    }
    for (; at < text.length && (isdigit((unsigned char)text.data[at]) || text.data[at] == '.'); at++) {
        digits += text.data[at] != '.';
        points += text.data[at] == '.';
    }
    /* "007" and "1." are names, not numbers */
    if (at == text.length && digits > 0 && digits < 16 && points <= 1 && text.data[text.length - 1] != '.' &&
        number.data[0] != '.' && (number.data[0] != '0' || digits == 1 || number.data[1] == '.')) {
        shape->whole += points == 0;
        shape->fractions += points;
        return;
    }
    add_string(shape, text, arena);
}

void
infer_shape_merge(struct infer_shape *into, const struct infer_shape *from, struct arena *arena)
{
    uint64_t before = into->strings;

    into->seen += from->seen;
    into->nulls += from->nulls;
    into->booleans += from->booleans;
    into->whole += from->whole;
    into->fractions += from->fractions;
    into->strings += from->strings;
    into->arrays += from->arrays;
    into->objects += from->objects;
    into->formats_lost |= from->formats_lost;
    for (uint32_t i = 0; i < from->text_count; i++)
        add_kept(into, from->texts[i].text, from->texts[i].seen, before + from->texts[i].first, arena);
    into->texts_more = into->texts_more || from->texts_more;
    if (from->values != NULL)
        become_map(into, arena);
    if (from->values != NULL && into->values != NULL)
        infer_shape_merge(into->values, from->values, arena);
    for (const struct infer_member *m = from->members; m != NULL; m = m->next) {
        struct infer_shape *inside = shape_of_member(into, m->name, arena);

        if (inside != NULL)
            infer_shape_merge(inside, m->shape, arena);
    }
    if (from->items != NULL && (into->items != NULL || (into->items = infer_shape_new(arena)) != NULL))
        infer_shape_merge(into->items, from->items, arena);
}
