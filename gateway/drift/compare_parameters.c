/* compare_parameters.c -- the parameters of an operation, and how values are written in them. */
#include "drift/compare_internal.h"

#include "json/compare.h"

#define PARAMETERS 512 /* of one operation; more are not compared one by one */

struct parameter_row {
    struct compare_place place;
    struct text in, name;
    uint32_t position; /* of a path parameter: the number of its variable in the template */
};

struct parameter_rows {
    struct parameter_row rows[PARAMETERS];
    uint32_t count;
};

uint32_t
path_variable(struct text path, struct text name)
{
    uint32_t number = 0;

    for (size_t i = 0; i < path.length; i++) {
        struct text rest = text_from(path, i + 1);

        if (path.data[i] != '{')
            continue;
        number++;
        if (text_equal(text_slice(rest, 0, text_find(rest, '}')), name))
            return number;
    }
    return 0;
}

static bool
is_same(const struct parameter_row *a, const struct parameter_row *b)
{
    if (!text_equal(a->in, b->in))
        return false;
    if (a->position != 0 || b->position != 0)
        return a->position == b->position;
    return text_equal(a->in, TEXT("header")) ? text_equal_nocase(a->name, b->name) : text_equal(a->name, b->name);
}

static const struct parameter_row *
find_row(const struct parameter_rows *list, const struct parameter_row *row)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (is_same(&list->rows[i], row))
            return &list->rows[i];
    return NULL;
}

/* Header parameters that OpenAPI says to ignore. */
static bool
is_ignored(const struct parameter_row *row)
{
    return text_equal(row->in, TEXT("header")) &&
           (text_equal_nocase(row->name, TEXT("Accept")) || text_equal_nocase(row->name, TEXT("Content-Type")) ||
            text_equal_nocase(row->name, TEXT("Authorization")));
}

static void
add_rows(struct compare *c, struct parameter_rows *list, int which, struct compare_place at, struct text path)
{
    if (!value_is(at.value, VALUE_ARRAY))
        return;
    for (VALUE_EACH_ITEM(item, at.value)) {
        struct parameter_row row = { .place = compare_follow(c, which, place_of(at.document, item)) };
        const struct value *in = VALUE_MEMBER(row.place.value, "in"), *name = VALUE_MEMBER(row.place.value, "name");

        if (!value_is(in, VALUE_STRING) || !value_is(name, VALUE_STRING) || list->count == PARAMETERS)
            continue;
        row.in = value_text(in);
        row.name = value_text(name);
        row.position = text_equal(row.in, TEXT("path")) ? path_variable(path, row.name) : 0;
        if (!is_ignored(&row) && find_row(list, &row) == NULL)
            list->rows[list->count++] = row;
    }
}

/* ---- how it is written ---- */

static struct text
style_of(struct text in, struct compare_place at)
{
    const struct value *style = VALUE_MEMBER(at.value, "style");

    if (value_is(style, VALUE_STRING))
        return value_text(style);
    return text_equal(in, TEXT("path")) || text_equal(in, TEXT("header")) ? TEXT("simple") : TEXT("form");
}

static bool
explode_of(struct text in, struct compare_place at)
{
    const struct value *explode = VALUE_MEMBER(at.value, "explode");

    return explode != NULL ? value_is(explode, VALUE_TRUE) : text_equal(style_of(in, at), TEXT("form"));
}

/* Can the value be anything but one scalar? For one, explode does not matter. */
static bool
is_structured(struct compare *c, int which, struct compare_place at)
{
    return (form_of(c, conjunction_one(c, which, PLACE_MEMBER(at, "schema")))->types & (FORM_ARRAY | FORM_OBJECT)) != 0;
}

static struct text
style_text(struct compare *c, struct text in, struct compare_place at)
{
    if (VALUE_MEMBER(at.value, "content") != NULL)
        return TEXT("content");
    return compare_print(c, "%.*s%s", TEXT_PRINT(style_of(in, at)), explode_of(in, at) ? ", exploded" : "");
}

void
compare_serialised(struct compare *c, struct text in, struct compare_place old, struct compare_place now,
                   struct text instance)
{
    struct compare_place one = PLACE_MEMBER(old, "content"), other = PLACE_MEMBER(now, "content");
    bool structured;

    c->around[OLD] = old;
    c->around[NEW] = now;
    structured = is_structured(c, OLD, old) || is_structured(c, NEW, now);

    if ((one.value == NULL) != (other.value == NULL) ||
        (one.value == NULL && (!text_equal(style_of(in, old), style_of(in, now)) ||
                               (structured && explode_of(in, old) != explode_of(in, now)))))
        compare_note_at(c, CHANGE_PARAMETER_STYLE, instance, place_or(PLACE_MEMBER(old, "style"), old),
                        place_or(PLACE_MEMBER(now, "style"), now), style_text(c, in, old), style_text(c, in, now));
    if (one.value != NULL && other.value != NULL)
        compare_contents(c, one, other, instance);
    else if (one.value == NULL && other.value == NULL)
        compare_pair(c, conjunction_one(c, OLD, PLACE_MEMBER(old, "schema")),
                     conjunction_one(c, NEW, PLACE_MEMBER(now, "schema")), instance);
}

/* ---- one of them ---- */

static bool
is_true(struct compare_place at, struct text word)
{
    return value_is(value_member(at.value, word), VALUE_TRUE);
}

static void
compare_empty(struct compare *c, const struct parameter_row *old, const struct parameter_row *now, struct text instance)
{
    const struct text word = TEXT("allowEmptyValue");
    bool was = is_true(old->place, word), is = is_true(now->place, word);

    if (text_equal(old->in, TEXT("query")) && was != is)
        compare_note_at(c, is ? CHANGE_PARAMETER_EMPTY_ALLOWED : CHANGE_PARAMETER_EMPTY, instance,
                        place_or(place_member(old->place, word), old->place),
                        place_or(place_member(now->place, word), now->place), TEXT(""), TEXT(""));
}

static void
compare_parameter(struct compare *c, const struct parameter_row *old, const struct parameter_row *now,
                  struct text instance)
{
    struct compare_place one = old->place, other = now->place;
    bool in_path = text_equal(old->in, TEXT("path")), was = is_true(one, TEXT("required")),
         is = is_true(other, TEXT("required"));

    if (!in_path && was != is)
        compare_note_at(c, is ? CHANGE_PARAMETER_REQUIRED : CHANGE_PARAMETER_OPTIONAL, instance,
                        place_or(PLACE_MEMBER(one, "required"), one), place_or(PLACE_MEMBER(other, "required"), other),
                        was ? TEXT("required") : TEXT("optional"), is ? TEXT("required") : TEXT("optional"));
    compare_empty(c, old, now, instance);
    if (is_true(one, TEXT("deprecated")) != is_true(other, TEXT("deprecated")))
        compare_note_at(c,
                        is_true(other, TEXT("deprecated")) ? CHANGE_PARAMETER_DEPRECATED : CHANGE_PARAMETER_REACTIVATED,
                        instance, place_or(PLACE_MEMBER(one, "deprecated"), one),
                        place_or(PLACE_MEMBER(other, "deprecated"), other), TEXT(""), TEXT(""));
    compare_serialised(c, old->in, one, other, instance);
}

static struct text
label_of(struct compare *c, const struct parameter_row *row)
{
    return compare_print(c, "%.*s %.*s", TEXT_PRINT(row->in), TEXT_PRINT(row->name));
}

static void
compare_old_row(struct compare *c, const struct operation_pair *o, const struct parameter_row *old,
                const struct parameter_row *now)
{
    bool relied = c->as == SIDE_RESPONSE && is_true(old->place, TEXT("required"));

    if (now != NULL)
        compare_parameter(c, old, now, label_of(c, now));
    else
        compare_note_at(c, relied ? CHANGE_PARAMETER_REMOVED_REQUIRED : CHANGE_PARAMETER_REMOVED, label_of(c, old),
                        old->place, o->places[NEW], TEXT(""), TEXT(""));
}

static void
note_new_row(struct compare *c, const struct operation_pair *o, const struct parameter_row *now)
{
    bool required = is_true(now->place, TEXT("required"));

    compare_note_at(c, required ? CHANGE_PARAMETER_ADDED_REQUIRED : CHANGE_PARAMETER_ADDED, label_of(c, now),
                    o->places[OLD], now->place, TEXT(""), TEXT(""));
}

void
compare_parameters(struct compare *c, const struct operation_pair *o)
{
    struct parameter_rows *lists = COMPARE_TAKE(c, struct parameter_rows, 2);

    if (lists == NULL)
        return;
    compare_begin_side(c, SIDE_REQUEST);
    for (int which = 0; which < 2; which++) { /* the operation's own come first, and count */
        add_rows(c, &lists[which], which, PLACE_MEMBER(o->places[which], "parameters"), o->paths[which]);
        add_rows(c, &lists[which], which, PLACE_MEMBER(o->items[which], "parameters"), o->paths[which]);
    }
    for (uint32_t i = 0; i < lists[OLD].count; i++)
        compare_old_row(c, o, &lists[OLD].rows[i], find_row(&lists[NEW], &lists[OLD].rows[i]));
    for (uint32_t i = 0; i < lists[NEW].count; i++)
        if (find_row(&lists[OLD], &lists[NEW].rows[i]) == NULL)
            note_new_row(c, o, &lists[NEW].rows[i]);
}
