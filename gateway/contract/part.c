/* part.c -- from texts to a tape. */
#include "contract/part.h"

struct part *
part_new(struct arena *arena, enum part_kind kind, struct text text)
{
    struct part *part = ARENA_NEW(arena, struct part);

    if (part == NULL)
        return NULL;
    part->kind = kind;
    part->text = text;
    return part;
}

void
part_add(struct part *parent, struct part *child)
{
    if (parent == NULL || child == NULL)
        return;
    if (parent->last != NULL)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

struct part *
part_member(struct part *object, struct text key, struct index *members, struct arena *arena)
{
    const void *known = index_find(members, object, key);
    struct part *part;

    if (known != NULL)
        return (struct part *)(uintptr_t)known;
    part = part_new(arena, PART_OPEN, (struct text){ NULL, 0 });
    if (part == NULL || index_put(members, arena, object, key, part) < 0)
        return NULL;
    part->key = key;
    part_add(object, part);
    return part;
}

/* RFC 8259 6. *integer: without fraction and exponent. */
static bool
is_number(struct text t, bool *integer)
{
    const char *at = t.data, *end = t.length > 0 ? t.data + t.length : at;
    const char *digits;

    *integer = true;
    if (t.length == 0) /* its data may be NULL, to which nothing may be added */
        return false;
    if (*at == '-')
        at++;
    digits = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    if (at == digits || (*digits == '0' && at - digits > 1))
        return false;
    if (at < end && *at == '.') {
        *integer = false;
        for (digits = ++at; at < end && *at >= '0' && *at <= '9';)
            at++;
        if (at == digits)
            return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        *integer = false;
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        for (digits = at; at < end && *at >= '0' && *at <= '9';)
            at++;
        if (at == digits)
            return false;
    }
    return at == end;
}

void
part_scalar(struct value *v, struct text text, unsigned types)
{
    bool integer;

    *v = (struct value){ .type = VALUE_STRING, .span = 1, .count = (uint32_t)text.length, .data = text.data };
    if (v->data == NULL)
        v->data = "";
    if (types & SCHEMA_TYPE_STRING)
        return;
    if ((types & (SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_INTEGER)) && is_number(text, &integer)) {
        v->type = VALUE_NUMBER;
        v->flags = integer ? VALUE_INTEGER : 0;
    } else if ((types & SCHEMA_TYPE_BOOLEAN) && (text_equal(text, TEXT("true")) || text_equal(text, TEXT("false")))) {
        *v = (struct value){ .type = text.length == 4 ? VALUE_TRUE : VALUE_FALSE, .span = 1 };
    } else if ((types & SCHEMA_TYPE_NULL) && (text.length == 0 || text_equal(text, TEXT("null")))) {
        *v = (struct value){ .type = VALUE_NULL, .span = 1 };
    }
}

/* ---- tape ---- */

struct tape {
    struct value *at;
    struct schema_run *run;
    bool guess;
};

static size_t
size_of(const struct part *part)
{
    size_t size = 1;

    if (part->kind == PART_VALUE)
        return part->value->span;
    for (const struct part *p = part->first; p != NULL; p = p->next)
        size += size_of(p) + (part->kind == PART_OBJECT ? 1 : 0);
    return size;
}

static void
copy_value(struct tape *tape, const struct value *value, unsigned depth)
{
    unsigned from = value->depth;

    for (uint32_t i = 0; i < value->span; i++) {
        *tape->at = value[i];
        tape->at->depth = (uint16_t)(value[i].depth - from + depth);
        tape->at++;
    }
}

static void
write_text(struct tape *tape, const struct part *part, const struct schema *schema, unsigned depth)
{
    unsigned types = schema != NULL ? schema_types(schema) : SCHEMA_TYPE_ANY;

    if (types == SCHEMA_TYPE_ANY && tape->guess)
        types &= ~SCHEMA_TYPE_STRING;
    part_scalar(tape->at, part->text, part->kind == PART_STRING ? SCHEMA_TYPE_STRING : types);
    tape->at->depth = 0;
    /* a string or something else: a string if that is valid */
    if (part->kind == PART_TEXT && schema != NULL && types != SCHEMA_TYPE_ANY && (types & SCHEMA_TYPE_STRING) &&
        (types & ~SCHEMA_TYPE_STRING) != 0 && !schema_check(schema, tape->at, tape->run))
        part_scalar(tape->at, part->text, types & ~SCHEMA_TYPE_STRING);
    tape->at->depth = (uint16_t)depth;
    tape->at++;
}

static void
write_part(struct tape *tape, const struct part *part, const struct schema *schema, unsigned depth)
{
    struct value *self = tape->at;

    if (part->kind == PART_VALUE) {
        copy_value(tape, part->value, depth);
        return;
    }
    if (part->kind <= PART_STRING) {
        write_text(tape, part, schema, depth);
        return;
    }
    *self = (struct value){ .type = part->kind == PART_ARRAY ? VALUE_ARRAY : VALUE_OBJECT,
                            .depth = (uint16_t)depth,
                            .count = part->count };
    tape->at++;
    for (const struct part *p = part->first; p != NULL; p = p->next) {
        const struct schema *inner = NULL;

        if (part->kind == PART_OBJECT) {
            part_scalar(tape->at, p->key, SCHEMA_TYPE_STRING);
            tape->at->depth = (uint16_t)(depth + 1);
            tape->at++;
            inner = schema != NULL ? schema_property(schema, p->key) : NULL;
        } else {
            inner = schema != NULL ? schema_items(schema) : NULL;
        }
        write_part(tape, p, inner, depth + 1);
    }
    self->span = (uint32_t)(tape->at - self);
}

const struct value *
part_value(const struct part *part, const struct schema *schema, struct schema_run *run, bool guess)
{
    size_t size = size_of(part);
    struct value *values = arena_alloc(run->arena, size * sizeof *values);
    struct tape tape = { values, run, guess };

    if (values != NULL)
        write_part(&tape, part, schema, 0);
    return values;
}
