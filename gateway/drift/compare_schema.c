/* compare_schema.c -- an old and a new schema that stand for the same thing: the queue of them, and what one says
 * against the other. */
#include "drift/compare_internal.h"

#include "json/compare.h"

#define DEPTH 700 /* schemas in schemas while it is asked whether two are equal; deeper ones are not */

/* What a schema allows depends on who sends; where it is told, on the message as well. */
static struct text
key_of(struct compare *c, const struct conjunction *old, const struct conjunction *now, bool turned)
{
    const void **key = COMPARE_TAKE(c, const void *, 4);

    if (key == NULL)
        return TEXT("");
    key[0] = old;
    key[1] = now;
    key[2] = c->as == SIDE_RESPONSE ? (const void *)now : NULL;
    key[3] = turned ? (const void *)now : NULL;
    return text_make((const char *)key, 4 * sizeof *key);
}

/* ---- types ---- */

static struct text
types_text(struct compare *c, unsigned types)
{
    static const struct {
        unsigned types;
        const char *name;
    } names[] = {
        { FORM_OBJECT, "object" },   { FORM_ARRAY, "array" },     { FORM_STRING, "string" }, { FORM_NUMBER, "number" },
        { FORM_INTEGER, "integer" }, { FORM_BOOLEAN, "boolean" }, { FORM_NULL, "null" },
    };
    struct text all = TEXT("");

    if (c->quiet > 0)
        return all;
    if (types == FORM_ANY)
        return TEXT("any type");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((types & names[i].types) != names[i].types)
            continue;
        types &= ~names[i].types;
        all = compare_print(c, "%.*s%s%s", TEXT_PRINT(all), all.length > 0 ? " or " : "", names[i].name);
    }
    return all.length > 0 ? all : TEXT("nothing");
}

static bool
has_null_branch(struct compare *c, const struct form *f)
{
    for (uint32_t i = 0; i < f->group_count; i++)
        for (uint32_t j = 0; j < f->groups[i].count; j++)
            if (form_of(c, f->groups[i].branches[j])->types == FORM_NULL)
                return true;
    return false;
}

static void
note_types(struct compare *c, const struct form *old, const struct form *now, unsigned lost, unsigned won)
{
    enum change_id id = lost == 0 ? CHANGE_TYPE_WIDENED : won == 0 ? CHANGE_TYPE_NARROWED : CHANGE_TYPE_CHANGED;

    if ((lost | won) != 0)
        compare_note(c, id, old->typed, now->typed, types_text(c, old->types), types_text(c, now->types));
}

/* Is null allowed? Types alone do not say it: an alternative or a condition may forbid it. */
static bool
allows_null(struct compare *c, const struct conjunction *schema)
{
    static const struct value null = { .type = VALUE_NULL, .span = 1 };
    const struct form *f = form_of(c, schema);

    if ((f->types & FORM_NULL) == 0)
        return false;
    if (f->group_count == 0 && f->lists[LIST_NOT].count == 0 && f->lists[LIST_IF].count == 0)
        return true;
    return conjunction_allows(c, schema, place_of(NULL, &null));
}

/* True: there is no type, apart from null, that both have, and nothing more to say. */
static bool
compare_apart(struct compare *c, const struct conjunction *old, const struct conjunction *now)
{
    const struct form *fo = form_of(c, old), *fn = form_of(c, now);
    bool was, is;

    if ((fo->types & fn->types & ~FORM_NULL) != 0)
        return false;
    was = allows_null(c, old);
    is = allows_null(c, now);
    note_types(c, fo, fn, (fo->types & ~FORM_NULL) | (was && !is ? FORM_NULL : 0),
               (fn->types & ~FORM_NULL) | (is && !was ? FORM_NULL : 0));
    return true;
}

static void
compare_null(struct compare *c, const struct conjunction *old, const struct conjunction *now)
{
    const struct form *fo = form_of(c, old), *fn = form_of(c, now);
    bool was = allows_null(c, old), is = allows_null(c, now);

    if (was == is)
        return;
    /* of alternatives that stand for each other, the alternative says it */
    if (fo->group_count > 0 && fn->group_count > 0 && ((fo->own_types ^ fn->own_types) & FORM_NULL) == 0 &&
        !has_null_branch(c, fo) && !has_null_branch(c, fn))
        return;
    compare_note(c, is ? CHANGE_NULLABLE : CHANGE_NOT_NULLABLE, fo->typed, fn->typed, types_text(c, fo->types),
                 types_text(c, fn->types));
}

static void
compare_types(struct compare *c, const struct form *old, const struct form *now)
{
    unsigned lost = old->types & ~now->types & old->own_types & ~now->own_types;
    unsigned won = now->types & ~old->types & now->own_types & ~old->own_types;

    if (!old->finite || !now->finite) /* otherwise the values say it */
        note_types(c, old, now, lost & ~FORM_NULL, won & ~FORM_NULL);
}

/* ---- enums ---- */

static struct compare_place
enum_place(const struct form *f)
{
    return f->lists[LIST_ENUM].count > 0 ? f->lists[LIST_ENUM].items[0] : f->here;
}

static bool
among(const struct form *f, const struct value *v)
{
    for (uint32_t i = 0; i < f->choices.count; i++)
        if (value_equal(f->choices.items[i].value, v, NULL) == 1)
            return true;
    return false;
}

/* Which values of the one does the other not allow? */
static void
compare_choices_of(struct compare *c, const struct conjunction *schemas[2], int which, enum change_id id)
{
    const struct form *f = form_of(c, schemas[which]), *other = form_of(c, schemas[1 - which]);

    for (uint32_t i = 0; i < f->choices.count; i++) {
        struct compare_place v = f->choices.items[i];
        bool there = other->finite
                         ? among(other, v.value)
                         : (other->types & form_type_of(v.value)) != 0 && conjunction_allows(c, schemas[1 - which], v);

        if (there)
            continue;
        if (which == OLD)
            compare_note(c, id, v, enum_place(other), compare_show(c, v.value), TEXT(""));
        else
            compare_note(c, id, enum_place(other), v, TEXT(""), compare_show(c, v.value));
    }
}

/* True: values are listed, and nothing more is to be said. */
static bool
compare_choices(struct compare *c, const struct conjunction *old, const struct conjunction *now)
{
    const struct form *fo = form_of(c, old), *fn = form_of(c, now);
    const struct conjunction *schemas[2] = { old, now };

    if (!fo->finite && !fn->finite)
        return false;
    if (!fn->finite && (fn->types & ~FORM_NULL) != 0)
        compare_note(c, CHANGE_ENUM_REMOVED, enum_place(fo), fn->here, compare_show(c, enum_place(fo).value), TEXT(""));
    if (!fo->finite && (fo->types & ~FORM_NULL) != 0)
        compare_note(c, CHANGE_ENUM_ADDED, fo->here, enum_place(fn), TEXT(""), compare_show(c, enum_place(fn).value));
    compare_choices_of(c, schemas, OLD, CHANGE_ENUM_VALUE_REMOVED);
    compare_choices_of(c, schemas, NEW, CHANGE_ENUM_VALUE_ADDED);
    return true;
}

/* ---- all of it ---- */

static void
compare_notes(struct compare *c, const struct form *old, const struct form *now)
{
    bool one = old->fallback.value != NULL, other = now->fallback.value != NULL;

    if (old->deprecated != now->deprecated)
        compare_note(c, now->deprecated ? CHANGE_PROPERTY_DEPRECATED : CHANGE_PROPERTY_REACTIVATED, old->here,
                     now->here, TEXT(""), TEXT(""));
    if ((one || other) && !(one && other && value_equal(old->fallback.value, now->fallback.value, NULL) == 1))
        compare_note(c, CHANGE_DEFAULT_CHANGED, place_or(old->fallback, old->here), place_or(now->fallback, now->here),
                     one ? compare_show(c, old->fallback.value) : TEXT("none"),
                     other ? compare_show(c, now->fallback.value) : TEXT("none"));
}

static void
compare_forms(struct compare *c, const struct conjunction *old, const struct conjunction *now)
{
    struct form *fo = form_of(c, old), *fn = form_of(c, now);
    static const enum change_id lost[3] = { CHANGE_REFERENCE_CHANGED, CHANGE_REFERENCE_CHANGED,
                                            CHANGE_REFERENCE_CHANGED };
    unsigned common;

    compare_notes(c, fo, fn);
    compare_set(c, fo, fn, LIST_LOST, lost);
    if (compare_apart(c, old, now))
        return;
    compare_null(c, old, now);
    if (compare_groups_alone(c, old, now))
        return;
    compare_types(c, fo, fn);
    if (compare_choices(c, old, now))
        return;
    common = fo->types & fn->types;
    if ((common & FORM_NUMBER) != 0)
        compare_numbers(c, fo, fn);
    if ((common & FORM_STRING) != 0)
        compare_strings(c, fo, fn);
    if ((common & FORM_ARRAY) != 0)
        compare_arrays(c, fo, fn);
    if ((common & FORM_OBJECT) != 0)
        compare_members(c, fo, fn);
    compare_groups(c, fo, fn);
    compare_nots(c, fo, fn);
    compare_conditions(c, fo, fn);
}

/* ---- are they equal? ---- */

static struct relation *
relation_between(struct compare *c, const struct conjunction *old, const struct conjunction *now)
{
    struct text key = key_of(c, old, now, false);
    const struct relation *known = key.length > 0 ? index_find(&c->relations, NULL, key) : NULL;
    struct relation *made;

    if (known != NULL)
        return (struct relation *)(uintptr_t)known;
    made = COMPARE_TAKE(c, struct relation, 1);
    if (made != NULL && index_put(&c->relations, c->arena, NULL, key, made) < 0)
        c->failed = true;
    return c->failed ? NULL : made;
}

/* What was found while others were still asked holds only if those are equal. */
static void
settle(struct compare *c, struct relation *r)
{
    struct relation **list;

    r->known = true;
    if (r->effect == CHANGE_BOTH)
        return;
    if (c->quiet > 0) {
        list = compare_grow(c, (void *)c->equal, c->equal_count, &c->equal_room, sizeof(struct relation *));
        if (list == NULL)
            return;
        c->equal = list;
        list[c->equal_count++] = r;
        return;
    }
    for (uint32_t i = 0; r->effect != 0 && i < c->equal_count; i++)
        c->equal[i]->known = false;
    c->equal_count = 0;
}

unsigned
compare_relation(struct compare *c, const struct conjunction *old, const struct conjunction *now)
{
    struct relation *r;
    unsigned before = c->effect;

    if (old->count == 0 && now->count == 0)
        return 0;
    if ((r = relation_between(c, old, now)) == NULL || c->depth >= DEPTH)
        return CHANGE_BOTH;
    if (r->known || r->asked)
        return r->known ? r->effect : 0;
    r->asked = true;
    c->quiet++;
    c->depth++;
    c->effect = 0;
    compare_forms(c, old, now);
    r->effect = (uint8_t)c->effect;
    r->asked = false;
    c->effect = before;
    c->depth--;
    c->quiet--;
    settle(c, r);
    return r->effect;
}

/* ---- the queue ---- */

static struct pair *
pair_between(struct compare *c, const struct conjunction *old, const struct conjunction *now, struct text instance)
{
    struct text key = key_of(c, old, now, c->side != c->as);
    const struct pair *known = key.length > 0 ? index_find(&c->pairs, NULL, key) : NULL;
    struct pair *made;

    if (known != NULL)
        return (struct pair *)(uintptr_t)known;
    made = COMPARE_TAKE(c, struct pair, 1);
    if (made == NULL || index_put(&c->pairs, c->arena, NULL, key, made) < 0) {
        c->failed = true;
        return NULL;
    }
    *made = (struct pair){ .schemas = { old, now },
                           .side = c->side,
                           .as = c->as,
                           .operation = c->operation,
                           .instance = instance,
                           .around = { c->around[OLD], c->around[NEW] } };
    if (c->last != NULL)
        c->last->next = made;
    else
        c->first = made;
    c->last = made;
    return made;
}

/* Remember from where it was reached. */
static void
add_origin(struct compare *c, struct pair *p)
{
    if (c->pair != NULL) {
        struct pair_link *link = COMPARE_TAKE(c, struct pair_link, 1);

        if (link == NULL || c->pair == p || (p->from != NULL && p->from->pair == c->pair))
            return;
        *link = (struct pair_link){ c->pair, p->from };
        p->from = link;
    } else if (p->uses == NULL || p->uses->operation != c->operation_index) {
        struct pair_use *use = COMPARE_TAKE(c, struct pair_use, 1);

        if (use == NULL)
            return;
        *use = (struct pair_use){ c->operation_index, p->uses };
        p->uses = use;
    }
}

void
compare_pair(struct compare *c, const struct conjunction *old, const struct conjunction *now, struct text instance)
{
    struct pair *p;

    if (old->count == 0 && now->count == 0)
        return;
    if (c->quiet > 0) {
        c->effect |= compare_relation(c, old, now);
        return;
    }
    p = pair_between(c, old, now, instance);
    if (p != NULL)
        add_origin(c, p);
}

void
compare_queue(struct compare *c)
{
    while (c->first != NULL && !c->failed) {
        struct pair *p = c->first;

        c->first = p->next;
        if (c->first == NULL)
            c->last = NULL;
        c->pair = p;
        c->side = p->side;
        c->as = p->as;
        c->operation = p->operation;
        c->instance = p->instance;
        for (int i = 0; i < 2; i++)
            c->around[i] = place_or(form_of(c, p->schemas[i])->here, p->around[i]);
        compare_forms(c, p->schemas[OLD], p->schemas[NEW]);
    }
    c->pair = NULL;
}
