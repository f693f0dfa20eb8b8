/* compare_operation.c -- which operations there are, under which paths, and for how long. */
#include "drift/compare_internal.h"

#include "schema/format.h"

static const char *const methods[] = { "get", "put", "post", "delete", "options", "head", "patch", "trace", "query" };

#define METHODS (sizeof methods / sizeof methods[0])

/* ---- paths ---- */

/* "/a/{}" for "/a/{x}" and "/a/{y}": what a parameter is called does not matter to who calls. */
static struct text
path_form(struct compare *c, struct text path)
{
    char *out = COMPARE_TAKE(c, char, path.length + 1);
    size_t n = 0;
    bool inside = false;

    if (out == NULL)
        return path;
    for (size_t i = 0; i < path.length; i++) {
        inside = inside && path.data[i] != '}';
        if (!inside)
            out[n++] = path.data[i];
        inside = inside || path.data[i] == '{';
    }
    return text_make(out, n);
}

static void
set_operation(struct compare *c, const struct operation_pair *o, struct text method)
{
    int which = o->places[NEW].value != NULL ? NEW : OLD;
    const struct value *id = o->label.length == 0 ? VALUE_MEMBER(o->places[which].value, "operationId") : NULL;
    struct text name = o->label.length == 0 ? o->paths[which] : o->label;
    char upper[32];
    size_t n = 0;

    for (; n < method.length && n < sizeof upper; n++)
        upper[n] = method.data[n] >= 'a' && method.data[n] <= 'z' ? (char)(method.data[n] - 32) : method.data[n];
    c->operation =
        value_is(id, VALUE_STRING) ? value_text(id) : compare_print(c, "%.*s %.*s", (int)n, upper, TEXT_PRINT(name));
    c->instance = TEXT("");
}

/* ---- deprecation ---- */

/* The day of x-sunset: "2027-01-31" of a date or a date-time; empty: there is none, or it is none. */
static struct text
sunset_of(struct compare_place operation)
{
    const struct value *v = VALUE_MEMBER(operation.value, "x-sunset");
    struct text day;

    if (!value_is(v, VALUE_STRING))
        return TEXT("");
    day = text_slice(value_text(v), 0, 10);
    return format_check_text(format_find(TEXT("date"), true), day) ? day : TEXT("");
}

static bool
is_deprecated(struct compare_place at)
{
    return value_is(VALUE_MEMBER(at.value, "deprecated"), VALUE_TRUE);
}

static void
compare_sunset(struct compare *c, struct compare_place old, struct compare_place now)
{
    struct compare_place before = PLACE_MEMBER(old, "x-sunset"), after = PLACE_MEMBER(now, "x-sunset");
    struct text was = sunset_of(old), is = sunset_of(now);
    int order = text_compare(is, was);

    if (after.value != NULL && is.length == 0) {
        if (before.value == NULL || was.length > 0)
            compare_note(c, CHANGE_SUNSET_UNREADABLE, place_or(before, old), after, was, compare_show(c, after.value));
    } else if (was.length > 0 && is.length == 0) {
        if (is_deprecated(now))
            compare_note(c, CHANGE_SUNSET_REMOVED, before, now, was, TEXT(""));
    } else if (was.length > 0 && order != 0) {
        compare_note(c, order < 0 ? CHANGE_SUNSET_EARLIER : CHANGE_SUNSET_LATER, before, after, was, is);
    }
}

static void
compare_deprecation(struct compare *c, struct compare_place old, struct compare_place now)
{
    if (is_deprecated(old) != is_deprecated(now))
        compare_note(c, is_deprecated(now) ? CHANGE_OPERATION_DEPRECATED : CHANGE_OPERATION_REACTIVATED,
                     place_or(PLACE_MEMBER(old, "deprecated"), old), place_or(PLACE_MEMBER(now, "deprecated"), now),
                     TEXT(""), sunset_of(now));
    compare_sunset(c, old, now);
}

static void
note_removed(struct compare *c, enum change_id id, struct compare_place old, struct compare_place around)
{
    struct text day = sunset_of(old);

    if (is_deprecated(old))
        id = day.length > 0 && text_compare(day, c->options.today) > 0 ? CHANGE_OPERATION_REMOVED_EARLY
                                                                       : CHANGE_OPERATION_REMOVED_LATE;
    compare_note(c, id, old, around, day.length > 0 ? compare_print(c, "x-sunset %.*s", TEXT_PRINT(day)) : TEXT(""),
                 TEXT(""));
}

/* ---- one operation ---- */

static void
compare_id(struct compare *c, struct compare_place old, struct compare_place now)
{
    struct compare_place one = PLACE_MEMBER(old, "operationId"), other = PLACE_MEMBER(now, "operationId");
    bool was = value_is(one.value, VALUE_STRING), is = value_is(other.value, VALUE_STRING);

    if ((was || is) && !(was && is && text_equal(value_text(one.value), value_text(other.value))))
        compare_note(c, CHANGE_OPERATION_ID_CHANGED, was ? one : old, is ? other : now, compare_show(c, one.value),
                     compare_show(c, other.value));
}

static void
compare_both(struct compare *c, const struct operation_pair *o)
{
    compare_id(c, o->places[OLD], o->places[NEW]);
    compare_deprecation(c, o->places[OLD], o->places[NEW]);
    compare_security(c, o);
    compare_parameters(c, o);
    compare_bodies(c, o);
    compare_responses(c, o);
    compare_callbacks(c, o);
}

static void
compare_method(struct compare *c, struct operation_pair *o, struct text method)
{
    c->turned = o->turned;
    compare_begin_side(c, SIDE_REQUEST);
    c->operations++;
    c->operation_index = c->operations;
    set_operation(c, o, method);
    if (o->places[NEW].value == NULL)
        note_removed(c, o->removed, o->places[OLD], place_or(o->items[NEW], o->around[NEW]));
    else if (o->places[OLD].value == NULL)
        compare_note(c, o->added, place_or(o->items[OLD], o->around[OLD]), o->places[NEW], TEXT(""), TEXT(""));
    else
        compare_both(c, o);
}

/* 3.2 has any method. */
static void
compare_other_methods(struct compare *c, struct operation_pair *o)
{
    struct compare_place more[2] = { PLACE_MEMBER(o->items[OLD], "additionalOperations"),
                                     PLACE_MEMBER(o->items[NEW], "additionalOperations") };

    for (int which = 0; which < 2; which++) {
        if (!value_is(more[which].value, VALUE_OBJECT))
            continue;
        for (VALUE_EACH_MEMBER(key, more[which].value)) {
            if (which == NEW && value_member(more[OLD].value, value_text(key)) != NULL)
                continue;
            for (int i = 0; i < 2; i++)
                o->places[i] = place_member(more[i], value_text(key));
            compare_method(c, o, value_text(key));
        }
    }
}

void
compare_item(struct compare *c, struct operation_pair *o)
{
    for (size_t i = 0; i < METHODS; i++) {
        struct text method = text_of(methods[i]);

        o->places[OLD] = place_member(o->items[OLD], method);
        o->places[NEW] = place_member(o->items[NEW], method);
        if (o->places[OLD].value != NULL || o->places[NEW].value != NULL)
            compare_method(c, o, method);
    }
    compare_other_methods(c, o);
}

/* ---- all of them ---- */

/* The keys of a Paths Object by their form. */
static void
list_paths(struct compare *c, struct compare_place paths, struct index *by_form)
{
    if (!value_is(paths.value, VALUE_OBJECT))
        return;
    for (VALUE_EACH_MEMBER(key, paths.value)) {
        struct text form = path_form(c, value_text(key));

        if (text_starts(value_text(key), TEXT("/")) && index_find(by_form, NULL, form) == NULL &&
            index_put(by_form, c->arena, NULL, form, key) < 0)
            c->failed = true;
    }
}

static void
compare_path(struct compare *c, const struct compare_place paths[2], const struct value *keys[2])
{
    struct operation_pair o = { .removed = CHANGE_OPERATION_REMOVED, .added = CHANGE_OPERATION_ADDED };

    for (int which = 0; which < 2; which++) {
        o.around[which] = place_or(paths[which], place_of(paths[which].document, paths[which].document->root));
        o.items[which] = place_of(paths[which].document, NULL);
        if (keys[which] == NULL)
            continue;
        o.paths[which] = value_text(keys[which]);
        o.items[which] = compare_follow(c, which, place_of(paths[which].document, value_next(keys[which])));
    }
    compare_item(c, &o);
}

void
compare_paths(struct compare *c)
{
    struct index by_form[2] = { { 0 }, { 0 } };
    struct compare_place paths[2];

    for (int which = 0; which < 2; which++) {
        const struct document *d = contract_document(c->sides[which].contract);

        paths[which] = place_of(d, VALUE_MEMBER(d->root, "paths"));
        list_paths(c, paths[which], &by_form[which]);
    }
    for (int which = 0; which < 2; which++) {
        if (!value_is(paths[which].value, VALUE_OBJECT))
            continue;
        for (VALUE_EACH_MEMBER(key, paths[which].value)) {
            struct text form = path_form(c, value_text(key));
            const struct value *keys[2] = { index_find(&by_form[OLD], NULL, form),
                                            index_find(&by_form[NEW], NULL, form) };

            if (keys[which] == key && (which == OLD || keys[OLD] == NULL))
                compare_path(c, paths, keys);
        }
    }
}

/* ---- servers ---- */

static bool
has_base(const struct contract *contract, struct text base)
{
    for (uint32_t i = 0; i < contract_base_count(contract); i++)
        if (text_equal(contract_base(contract, i), base))
            return true;
    return false;
}

static struct compare_place
servers_place(const struct contract *contract)
{
    const struct document *d = contract_document(contract);
    const struct value *servers = VALUE_MEMBER(d->root, "servers");

    return place_of(d, servers != NULL ? servers : d->root);
}

void
compare_servers(struct compare *c)
{
    const struct contract *old = c->sides[OLD].contract, *now = c->sides[NEW].contract;
    struct compare_place places[2] = { servers_place(old), servers_place(now) };

    for (uint32_t i = 0; i < contract_base_count(old); i++)
        if (!has_base(now, contract_base(old, i)))
            compare_note_at(c, CHANGE_SERVER_REMOVED, contract_base(old, i), places[OLD], places[NEW],
                            contract_base(old, i), TEXT(""));
    for (uint32_t i = 0; i < contract_base_count(now); i++)
        if (!has_base(old, contract_base(now, i)))
            compare_note_at(c, CHANGE_SERVER_ADDED, contract_base(now, i), places[OLD], places[NEW], TEXT(""),
                            contract_base(now, i));
}
