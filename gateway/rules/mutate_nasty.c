/* mutate_nasty.c -- what the contract allows, but hardly anybody has tried. */
#include "rules/mutate_internal.h"

#include <string.h>

#include "base/limits.h"

static void
offer_optional(struct mutating *m, const struct mutate_place *place)
{
    if (place->value->type != VALUE_OBJECT || place->value->count == 0 || place->plan->count == 0)
        return;
    for (VALUE_EACH_MEMBER(key, place->value))
        if (!mutate_requires(place->plan, value_text(key)))
            mutate_edit(m, EDIT_DROP, key, TEXT(""));
}

/* Its own text, over and over; one character of it may not be ASCII, then it is letters. */
static void
offer_longest(struct mutating *m, const struct mutate_place *place)
{
    static const char *const fixed[] = { "enum", "const", "format" };
    struct text text = value_text(place->value);
    uint64_t most = schema_parts_smallest(place->plan, TEXT("maxLength"), 0);
    size_t points, length;
    char *bytes;

    if (place->value->type != VALUE_STRING || most == 0)
        return;
    for (size_t i = 0; i < 3; i++)
        if (mutate_has(place->plan, text_of(fixed[i])))
            return;
    points = text_code_points(text);
    most = most < MUTATE_TEXT ? most : MUTATE_TEXT;
    if (points >= most || m->made + most > MUTATE_MADE)
        return;
    length = text.length + ((size_t)most - points);
    bytes = arena_alloc(m->work, length);
    if (bytes == NULL)
        return;
    if (text.length > 0)
        memcpy(bytes, text.data, text.length);
    for (size_t i = text.length; i < length; i++)
        bytes[i] = text.length > 0 && points == text.length ? text.data[i % text.length] : 'x';
    mutate_edit(m, EDIT_REPLACE, place->value, mutate_quote(m, text_make(bytes, length)));
}

static void
offer_largest(struct mutating *m, const struct mutate_place *place)
{
    const struct value *v = place->value, *type;
    bool whole = false;
    struct text number;

    if (v->type != VALUE_NUMBER || place->plan->count == 0 || mutate_has(place->plan, TEXT("enum")) ||
        mutate_has(place->plan, TEXT("const")))
        return;
    for (SCHEMA_EACH_PART(part, place->plan, "type", type))
        whole = whole || (value_is(type, VALUE_STRING) && text_equal(value_text(type), TEXT("integer")));
    number = mutate_largest(m, place->plan, whole || (v->flags & VALUE_INTEGER) != 0);
    if (!text_equal(number, value_text(v)))
        mutate_edit(m, EDIT_REPLACE, v, number);
}

void
mutate_offer_nasty(struct mutating *m, const struct mutate_place *place)
{
    const struct value *v = place->value;

    switch (m->mutation) {
    case MUTATION_ONLY_REQUIRED:
        offer_optional(m, place);
        break;
    case MUTATION_EMPTY_ARRAYS:
        if (v->type == VALUE_ARRAY && v->count > 0)
            mutate_edit(m, EDIT_REPLACE, v, TEXT("[]"));
        break;
    case MUTATION_LONGEST_STRINGS:
        offer_longest(m, place);
        break;
    case MUTATION_LARGEST_NUMBERS:
        offer_largest(m, place);
        break;
    case MUTATION_REORDERED:
        if (v->type == VALUE_OBJECT && v->count > 1)
            mutate_edit(m, EDIT_TURN, v, TEXT(""));
        break;
    default:
        break;
    }
}
