/* compare_conjunction.c -- references followed; lists of schemas that must all hold, each list once. */
#include "drift/compare_internal.h"

#include <stdlib.h>

/* Where the reference in this object leads, or nowhere. */
static struct compare_place
target(struct compare *c, int which, struct compare_place at, const struct value *reference)
{
    struct compare_place next = { at.document, NULL };

    next.value = schema_follow(c->sides[which].schemas, at.document, value_text(reference), &next.document);
    return next;
}

struct compare_place
compare_follow(struct compare *c, int which, struct compare_place at)
{
    for (unsigned hops = 0; hops < LIMIT_REF_HOPS; hops++) {
        const struct value *reference = VALUE_MEMBER(at.value, "$ref");

        if (!value_is(reference, VALUE_STRING))
            return at;
        at = target(c, which, at, reference);
    }
    return place_of(at.document, NULL);
}

/* Is the object nothing but its reference? What only describes does not count. */
static bool
only_reference(const struct compare_side *side, const struct value *v)
{
    static const char *const words[] = { "$ref", "description", "summary", "title", "$comment", "examples", "example" };

    if (!value_is(VALUE_MEMBER(v, "$ref"), VALUE_STRING))
        return false;
    if (side->lone)
        return true;
    for (VALUE_EACH_MEMBER(key, v)) {
        bool known = text_starts(value_text(key), TEXT("x-"));

        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            known = known || text_equal(value_text(key), text_of(words[i]));
        if (!known)
            return false;
    }
    return true;
}

/* What a schema that is only a reference means; the reference itself when it leads nowhere. */
static struct compare_place
pure(struct compare *c, int which, struct compare_place at)
{
    for (unsigned hops = 0; hops < LIMIT_REF_HOPS && only_reference(&c->sides[which], at.value); hops++) {
        struct compare_place next = target(c, which, at, VALUE_MEMBER(at.value, "$ref"));

        if (next.value == NULL)
            break;
        at = next;
    }
    return at;
}

static int
by_place(const void *a, const void *b)
{
    const struct compare_place *x = a, *y = b;

    return x->value < y->value ? -1 : x->value > y->value;
}

/* Sorted, each once; true and {} say nothing. */
static uint32_t
tidy(struct compare_place *places, uint32_t count)
{
    uint32_t kept = 0;

    qsort(places, count, sizeof *places, by_place);
    for (uint32_t i = 0; i < count; i++) {
        const struct value *v = places[i].value;

        if (v == NULL || v->type == VALUE_TRUE || (v->type == VALUE_OBJECT && v->count == 0) ||
            (kept > 0 && places[kept - 1].value == v))
            continue;
        places[kept++] = places[i];
    }
    return kept;
}

static const struct conjunction *
make(struct compare *c, int which, struct compare_place *places, uint32_t count)
{
    const void **key = COMPARE_TAKE(c, const void *, count);
    struct text name = { (const char *)key, count * sizeof *key };
    const struct conjunction *known;
    struct conjunction *made;

    if (key == NULL)
        return c->nothing[which];
    for (uint32_t i = 0; i < count; i++)
        key[i] = places[i].value;
    known = index_find(&c->sides[which].conjunctions, NULL, name);
    if (known != NULL)
        return known;
    made = COMPARE_TAKE(c, struct conjunction, 1);
    if (made == NULL || index_put(&c->sides[which].conjunctions, c->arena, NULL, name, made) < 0) {
        c->failed = true;
        return c->nothing[which];
    }
    *made = (struct conjunction){ .places = places, .count = count, .which = (uint8_t)which };
    return made;
}

const struct conjunction *
conjunction_of(struct compare *c, int which, const struct compare_place *places, uint32_t count)
{
    struct compare_place *own = count > 0 ? COMPARE_TAKE(c, struct compare_place, count) : NULL;

    if (own == NULL)
        return c->nothing[which];
    for (uint32_t i = 0; i < count; i++)
        own[i] = places[i].value != NULL ? pure(c, which, places[i]) : places[i];
    count = tidy(own, count);
    return count > 0 ? make(c, which, own, count) : c->nothing[which];
}

const struct conjunction *
conjunction_one(struct compare *c, int which, struct compare_place place)
{
    return conjunction_of(c, which, &place, 1);
}

const struct conjunction *
conjunction_part(struct compare *c, const struct conjunction *schema, unsigned types)
{
    struct index *parts = &c->sides[schema->which].parts;
    const struct form *whole = form_of(c, schema);
    char *name = COMPARE_TAKE(c, char, 1);
    const struct conjunction *known;
    struct conjunction *made;
    struct form *f;

    if ((whole->types & types) == whole->types || name == NULL)
        return schema;
    *name = (char)types;
    known = index_find(parts, schema, text_make(name, 1));
    if (known != NULL)
        return known;
    made = COMPARE_TAKE(c, struct conjunction, 1);
    f = COMPARE_TAKE(c, struct form, 1);
    if (made == NULL || f == NULL || index_put(parts, c->arena, schema, text_make(name, 1), made) < 0) {
        c->failed = true;
        return schema;
    }
    *f = *whole;
    f->types &= types;
    f->own_types &= types;
    *made = *schema;
    made->form = f;
    return made;
}
