/* compare_security.c -- which credentials are enough.
 *
 * Alternatives are compared by what is sent, not by what their schemes are called: a key in the header X-Key is the
 * same under any name. An old alternative is still enough when a new one asks for no more than it has. Where the
 * service calls, it is turned round: a new alternative is enough when an old one asks for no more. */
#include "drift/compare_internal.h"

#define SCHEMES 16 /* of one alternative */

struct way {
    struct compare_place place;
    struct text names[SCHEMES];          /* under components/securitySchemes */
    struct text keys[SCHEMES];           /* "apiKey header X-Key" */
    const struct value *scopes[SCHEMES]; /* arrays */
    uint32_t count;
};

struct ways {
    struct way *list;
    uint32_t count;
    struct compare_place place;
};

static struct text
word_of(const struct value *scheme, struct text word)
{
    const struct value *v = value_member(scheme, word);

    return value_is(v, VALUE_STRING) ? value_text(v) : TEXT("");
}

/* What has to be sent. */
static struct text
key_of(struct compare *c, int which, struct text name)
{
    const struct document *d = contract_document(c->sides[which].contract);
    const struct value *all = VALUE_MEMBER(VALUE_MEMBER(d->root, "components"), "securitySchemes");
    struct compare_place at = compare_follow(c, which, place_of(d, value_member(all, name)));
    struct text type = word_of(at.value, TEXT("type")), in = word_of(at.value, TEXT("in"));
    struct text what = word_of(at.value, TEXT("name")), scheme = word_of(at.value, TEXT("scheme"));

    if (type.length == 0)
        return name;
    if (text_equal(type, TEXT("apiKey")))
        return compare_print(c, "apiKey %.*s %.*s", TEXT_PRINT(in), TEXT_PRINT(what));
    if (text_equal(type, TEXT("http")))
        return compare_print(c, "http %.*s", TEXT_PRINT(scheme));
    return type;
}

static bool
same_key(struct text a, struct text b)
{
    return text_equal_nocase(a, b);
}

static void
read_way(struct compare *c, int which, struct compare_place at, struct way *way)
{
    way->place = at;
    if (!value_is(at.value, VALUE_OBJECT))
        return;
    for (VALUE_EACH_MEMBER(name, at.value)) {
        if (way->count == SCHEMES)
            return;
        way->names[way->count] = value_text(name);
        way->keys[way->count] = key_of(c, which, value_text(name));
        way->scopes[way->count++] = value_next(name);
    }
}

/* The operation's own list, or the document's; none is one way that asks for nothing. The document's says how clients
 * show who they are, and nothing of what the service shows them in webhooks and callbacks. */
static struct ways
read_ways(struct compare *c, int which, struct compare_place operation, bool own)
{
    const struct document *d = contract_document(c->sides[which].contract);
    struct compare_place at = PLACE_MEMBER(operation, "security");
    struct ways ways = { .place = operation };
    uint32_t count;

    if (at.value == NULL && !own)
        at = place_of(d, VALUE_MEMBER(d->root, "security"));
    count = value_is(at.value, VALUE_ARRAY) ? at.value->count : 0;
    ways.list = COMPARE_TAKE(c, struct way, count + 1);
    if (ways.list == NULL)
        return ways;
    if (count == 0) {
        ways.list[0].place = place_or(at, operation);
        ways.count = 1;
        return ways;
    }
    ways.place = at;
    for (VALUE_EACH_ITEM(item, at.value))
        read_way(c, which, place_of(at.document, item), &ways.list[ways.count++]);
    return ways;
}

static uint32_t
find_key(const struct way *way, struct text key)
{
    for (uint32_t i = 0; i < way->count; i++)
        if (same_key(way->keys[i], key))
            return i;
    return UINT32_MAX;
}

/* Does a way ask for nothing that the other does not have? Scopes aside. */
static bool
asks_no_more(const struct way *way, const struct way *has)
{
    for (uint32_t i = 0; i < way->count; i++)
        if (find_key(has, way->keys[i]) == UINT32_MAX)
            return false;
    return true;
}

static struct text
way_text(struct compare *c, const struct way *way)
{
    struct text all = TEXT("");

    if (way->count == 0)
        return TEXT("none");
    for (uint32_t i = 0; i < way->count; i++)
        all = compare_print(c, "%.*s%s%.*s", TEXT_PRINT(all), i > 0 ? " and " : "", TEXT_PRINT(way->names[i]));
    return all;
}

/* ---- scopes ---- */

static bool
has_scope(const struct value *scopes, const struct value *scope)
{
    if (value_is(scopes, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(item, scopes))
            if (value_is(item, VALUE_STRING) && text_equal(value_text(item), value_text(scope)))
                return true;
    return false;
}

static void
compare_scopes(struct compare *c, const struct way *old, const struct way *now)
{
    for (uint32_t i = 0; i < now->count; i++) {
        uint32_t at = find_key(old, now->keys[i]);
        const struct value *was = at != UINT32_MAX ? old->scopes[at] : NULL, *is = now->scopes[i];

        if (value_is(is, VALUE_ARRAY))
            for (VALUE_EACH_ITEM(scope, is))
                if (value_is(scope, VALUE_STRING) && !has_scope(was, scope))
                    compare_note_at(c, CHANGE_SCOPE_ADDED, now->names[i], old->place,
                                    place_of(now->place.document, scope), TEXT(""), compare_show(c, scope));
        if (value_is(was, VALUE_ARRAY))
            for (VALUE_EACH_ITEM(scope, was))
                if (value_is(scope, VALUE_STRING) && !has_scope(is, scope))
                    compare_note_at(c, CHANGE_SCOPE_REMOVED, now->names[i], place_of(old->place.document, scope),
                                    now->place, compare_show(c, scope), TEXT(""));
    }
}

/* ---- ways ---- */

/* The new way that the old one is enough for: the same, or one that asks for less. */
static const struct way *
enough_for(const struct way *old, const struct ways *now)
{
    const struct way *less = NULL;

    for (uint32_t i = 0; i < now->count; i++) {
        if (!asks_no_more(&now->list[i], old))
            continue;
        if (now->list[i].count == old->count)
            return &now->list[i];
        less = &now->list[i];
    }
    return less;
}

static bool
same_names(const struct way *a, const struct way *b)
{
    for (uint32_t i = 0; i < a->count && a->count == b->count; i++)
        if (!text_equal(a->names[i], b->names[i]))
            return false;
    return a->count == b->count && a->count > 0;
}

static const struct way *
find_named(const struct way *way, const struct ways *others)
{
    for (uint32_t i = 0; i < others->count; i++)
        if (same_names(way, &others->list[i]))
            return &others->list[i];
    return NULL;
}

static void
compare_old_way(struct compare *c, const struct way *old, const struct ways *now)
{
    const struct way *same = enough_for(old, now), *named = find_named(old, now);

    if (same != NULL && same->count == old->count)
        compare_scopes(c, old, same);
    if (same != NULL)
        return;
    compare_note_at(c,
                    old->count == 0 ? CHANGE_SECURITY_REQUIRED
                    : named != NULL ? CHANGE_SECURITY_CHANGED
                                    : CHANGE_SECURITY_REMOVED,
                    way_text(c, old), old->place, named != NULL ? named->place : now->place,
                    named != NULL ? old->keys[0] : way_text(c, old), named != NULL ? named->keys[0] : TEXT(""));
}

/* Is it one of the old ones, or does it ask for more than one of them? */
static bool
is_known(const struct way *now, const struct ways *old)
{
    for (uint32_t i = 0; i < old->count; i++)
        if (asks_no_more(now, &old->list[i]) && now->count == old->list[i].count)
            return true;
    return false;
}

static void
compare_asked(struct compare *c, const struct ways *old, const struct ways *now)
{
    for (uint32_t i = 0; i < old->count; i++)
        compare_old_way(c, &old->list[i], now);
    for (uint32_t i = 0; i < now->count; i++)
        if (!is_known(&now->list[i], old) && find_named(&now->list[i], old) == NULL)
            compare_note_at(c, CHANGE_SECURITY_ADDED, way_text(c, &now->list[i]), old->place, now->list[i].place,
                            TEXT(""), way_text(c, &now->list[i]));
}

/* ---- what the service shows ---- */

static void
compare_shown_way(struct compare *c, const struct ways *old, const struct way *now)
{
    const struct way *same = enough_for(now, old), *named = find_named(now, old);

    if (same != NULL && same->count == now->count)
        compare_scopes(c, same, now);
    if (same == NULL)
        compare_note_at(c, named != NULL ? CHANGE_SECURITY_CHANGED : CHANGE_SECURITY_ADDED, way_text(c, now),
                        named != NULL ? named->place : old->place, now->place,
                        named != NULL ? named->keys[0] : TEXT(""), named != NULL ? now->keys[0] : way_text(c, now));
}

static void
compare_shown(struct compare *c, const struct ways *old, const struct ways *now)
{
    for (uint32_t i = 0; i < now->count; i++)
        compare_shown_way(c, old, &now->list[i]);
    for (uint32_t i = 0; i < old->count; i++) {
        const struct way *was = &old->list[i];

        if (!is_known(was, now) && find_named(was, now) == NULL)
            compare_note_at(c, was->count == 0 ? CHANGE_SECURITY_REQUIRED : CHANGE_SECURITY_REMOVED, way_text(c, was),
                            was->place, now->place, way_text(c, was), TEXT(""));
    }
}

void
compare_security(struct compare *c, const struct operation_pair *o)
{
    bool own = o->label.length > 0;
    struct ways old = read_ways(c, OLD, o->places[OLD], own), now = read_ways(c, NEW, o->places[NEW], own);

    compare_begin_side(c, SIDE_REQUEST);
    if (c->as == SIDE_REQUEST)
        compare_asked(c, &old, &now);
    else
        compare_shown(c, &old, &now);
}
