/* expression_tape.c -- writing tapes. Values do not say where they end before everything in them is written, so a
 * container's span is filled in when it is closed. */
#include "flow/expression_tape.h"

#include <string.h>

#include "base/limits.h"

/* Room for so many more; the values stay in one piece. */
static bool
make_room(struct tape *t, uint32_t more)
{
    uint32_t capacity = t->capacity > 0 ? t->capacity : 64;
    struct value *values;

    if (t->failed || more > LIMIT_JSON_VALUES || t->count > LIMIT_JSON_VALUES - more) {
        t->failed = true;
        return false;
    }
    if (t->count + more <= t->capacity)
        return true;
    while (capacity < t->count + more)
        capacity *= 2;
    values = arena_grow(t->arena, t->values, t->capacity * sizeof *values, capacity * sizeof *values);
    t->failed = values == NULL;
    if (t->failed)
        return false;
    t->values = values;
    t->capacity = capacity;
    return true;
}

uint32_t
tape_open(struct tape *t, const struct value *like)
{
    bool holds = value_is(like, VALUE_ARRAY) || value_is(like, VALUE_OBJECT);

    if (!make_room(t, 1) || (holds && t->depth == LIMIT_JSON_DEPTH)) {
        t->failed = true;
        return 0;
    }
    t->values[t->count] = *like;
    t->values[t->count].depth = t->depth;
    t->values[t->count].span = 1;
    t->depth = (uint16_t)(t->depth + holds);
    return t->count++;
}

void
tape_close(struct tape *t, uint32_t place)
{
    if (t->failed)
        return;
    t->values[place].span = t->count - place;
    t->depth--;
}

void
tape_copy(struct tape *t, const struct value *v)
{
    uint16_t from = v->depth;

    if (!make_room(t, v->span))
        return;
    memcpy(t->values + t->count, v, v->span * sizeof *v);
    for (uint32_t i = t->count; i < t->count + v->span; i++) {
        uint32_t depth = (uint32_t)t->values[i].depth - from + t->depth;

        if (depth > LIMIT_JSON_DEPTH) {
            t->failed = true;
            return;
        }
        t->values[i].depth = (uint16_t)depth;
    }
    t->count += v->span;
}

void
tape_string(struct tape *t, struct text text)
{
    struct value v = { .type = VALUE_STRING, .count = (uint32_t)text.length, .data = text.data };

    if (text.length >= UINT32_MAX)
        t->failed = true;
    else
        (void)tape_open(t, &v);
}

const struct value *
tape_end(const struct tape *t)
{
    return t->failed ? NULL : t->values;
}
