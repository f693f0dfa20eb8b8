/* compare_form_numbers.c -- bounds, limits and multiples of schemas that must all hold: the tightest, put simply. */
#include "drift/compare_internal.h"

#define OF(place, key) PLACE_MEMBER(place, key)

/* ---- numbers and limits ---- */

void
form_tighten(struct form_bound *into, const struct form_bound *from, bool upper)
{
    int order;

    if (from->place.value == NULL)
        return;
    if (into->place.value == NULL) {
        *into = *from;
        return;
    }
    order = decimal_compare(&from->limit, &into->limit);
    if (upper)
        order = -order;
    if (order > 0 || (order == 0 && from->exclusive))
        *into = *from;
}

static void
read_bound(struct form *f, struct compare_place at, bool upper, bool exclusive)
{
    struct form_bound bound = { .exclusive = exclusive, .place = at };

    if (!value_is(at.value, VALUE_NUMBER))
        return;
    decimal_read(&bound.limit, value_text(at.value));
    form_tighten(&f->bounds[upper], &bound, upper);
}

void
form_read_bounds(struct form *f, struct compare_place at, bool flags)
{
    struct compare_place below = OF(at, "exclusiveMinimum"), above = OF(at, "exclusiveMaximum");

    read_bound(f, OF(at, "minimum"), false, flags && value_is(below.value, VALUE_TRUE));
    read_bound(f, OF(at, "maximum"), true, flags && value_is(above.value, VALUE_TRUE));
    if (flags)
        return;
    read_bound(f, below, false, true);
    read_bound(f, above, true, true);
}

void
form_limit(struct form *f, enum form_limit limit, uint64_t number, struct compare_place place)
{
    struct form_count *has = &f->limits[limit];
    bool most = limit == LIMIT_MAX_LENGTH || limit == LIMIT_MAX_ITEMS || limit == LIMIT_MAX_PROPERTIES;

    if (place.value == NULL || (!most && number == 0) ||
        (has->place.value != NULL && (most ? has->number <= number : has->number >= number)))
        return;
    *has = (struct form_count){ .number = number, .place = place };
}

void
form_read_limits(struct form *f, struct compare_place at)
{
    static const char *const words[FORM_LIMITS] = { "minLength", "maxLength",     "minItems",
                                                    "maxItems",  "minProperties", "maxProperties" };

    for (int i = 0; i < FORM_LIMITS; i++) {
        struct compare_place place = place_member(at, text_of(words[i]));
        struct decimal d;
        int64_t number;

        if (!value_is(place.value, VALUE_NUMBER))
            continue;
        decimal_read(&d, value_text(place.value));
        if (decimal_to_i64(&d, &number) && number >= 0)
            form_limit(f, (enum form_limit)i, (uint64_t)number, place);
    }
}

/* ---- numbers, put simply ---- */

/* Integers above 0 are integers from 1 on. */
static void
whole_bound(struct form_bound *bound, bool upper)
{
    int64_t number;

    if (bound->place.value == NULL || !bound->exclusive || !decimal_to_i64(&bound->limit, &number) ||
        number == INT64_MAX || number == INT64_MIN)
        return;
    decimal_from(&bound->limit, upper ? number - 1 : number + 1);
    bound->exclusive = false;
}

/* From 0.5 on is from 1 on. */
static void
round_bound(struct form_bound *bound, bool upper)
{
    double number;
    int64_t whole;

    if (bound->place.value == NULL || decimal_is_integer(&bound->limit))
        return;
    number = decimal_to_double(&bound->limit);
    if (number > 1e15 || number < -1e15)
        return;
    whole = (int64_t)number;
    if (upper && (double)whole > number)
        whole--;
    if (!upper && (double)whole < number)
        whole++;
    decimal_from(&bound->limit, whole);
    bound->exclusive = false;
}

void
form_simplify_numbers(struct form *f)
{
    struct place_list *multiples = &f->lists[LIST_MULTIPLE];
    uint32_t kept = 0;

    for (uint32_t i = 0; i < multiples->count; i++) {
        struct decimal d;

        if (!value_is(multiples->items[i].value, VALUE_NUMBER))
            continue;
        decimal_read(&d, value_text(multiples->items[i].value));
        if (d.digits > 0 && decimal_is_integer(&d)) {
            f->types &= ~FORM_FRACTION;
            f->own_types &= ~FORM_FRACTION;
        }
    }
    for (uint32_t i = 0; i < multiples->count; i++) {
        struct decimal d, one;

        if (!value_is(multiples->items[i].value, VALUE_NUMBER))
            continue;
        decimal_read(&d, value_text(multiples->items[i].value));
        decimal_from(&one, 1);
        if (d.digits == 0 || ((f->types & FORM_FRACTION) == 0 && decimal_multiple_of(&one, &d) == 1))
            continue;
        multiples->items[kept++] = multiples->items[i];
    }
    multiples->count = kept;
    if ((f->types & FORM_FRACTION) != 0)
        return;
    for (int i = 0; i < 2; i++) {
        whole_bound(&f->bounds[i], i == 1);
        round_bound(&f->bounds[i], i == 1);
    }
}
