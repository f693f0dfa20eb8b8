/* compare_values.c -- numbers and strings: limits, patterns, formats. */
#include "drift/compare_internal.h"

#include "json/compare.h"

/* ---- sets of keywords ---- */

static bool
among(const struct place_list *list, const struct value *v)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (value_equal(list->items[i].value, v, NULL) == 1)
            return true;
    return false;
}

/* Those of the one that the other does not have. */
static struct place_list
without(struct compare *c, const struct place_list *list, const struct place_list *other)
{
    struct place_list left = { 0 };

    for (uint32_t i = 0; i < list->count; i++)
        if (!among(other, list->items[i].value))
            place_list_add(c, &left, list->items[i]);
    return left;
}

/* ids: it is new; it is gone; it is another one. */
static void
note_set(struct compare *c, const struct form *old, const struct form *now, const struct place_list *gone,
         const struct place_list *added, const enum change_id ids[3])
{
    for (uint32_t i = 0; i < gone->count || i < added->count; i++) {
        bool one = i < gone->count, other = i < added->count;
        enum change_id id = one && other ? ids[2] : other ? ids[0] : ids[1];

        compare_note(c, id, one ? gone->items[i] : old->here, other ? added->items[i] : now->here,
                     one ? compare_show(c, gone->items[i].value) : TEXT("none"),
                     other ? compare_show(c, added->items[i].value) : TEXT("none"));
    }
}

void
compare_set(struct compare *c, const struct form *old, const struct form *now, enum form_list list,
            const enum change_id ids[3])
{
    struct place_list gone, added;

    if (old->lists[list].count == 0 && now->lists[list].count == 0)
        return;
    gone = without(c, &old->lists[list], &now->lists[list]);
    added = without(c, &now->lists[list], &old->lists[list]);
    note_set(c, old, now, &gone, &added, ids);
}

/* ---- formats ---- */

static bool
is_numeric(struct text name)
{
    return text_equal(name, TEXT("int32")) || text_equal(name, TEXT("int64")) || text_equal(name, TEXT("float")) ||
           text_equal(name, TEXT("double"));
}

/* Does whatever has the one format have the other, too? */
static bool
is_narrower(struct text narrow, struct text wide)
{
    static const char *const pairs[][2] = {
        { "int32", "int64" },
        { "float", "double" },
        { "int32", "float" },
        { "int32", "double" },
        { "email", "idn-email" },
        { "hostname", "idn-hostname" },
        { "uri", "uri-reference" },
        { "uri", "iri" },
        { "uri", "iri-reference" },
        { "iri", "iri-reference" },
        { "uri-reference", "iri-reference" },
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (text_equal(narrow, text_of(pairs[i][0])) && text_equal(wide, text_of(pairs[i][1])))
            return true;
    return false;
}

static struct place_list
formats_of(struct compare *c, const struct form *f, bool numeric)
{
    struct place_list list = { 0 };

    for (uint32_t i = 0; i < f->lists[LIST_FORMAT].count; i++) {
        struct compare_place at = f->lists[LIST_FORMAT].items[i];

        if (value_is(at.value, VALUE_STRING) && is_numeric(value_text(at.value)) == numeric)
            place_list_add(c, &list, at);
    }
    return list;
}

static void
compare_formats(struct compare *c, const struct form *old, const struct form *now, bool numeric)
{
    enum change_id ids[3] = { CHANGE_FORMAT_ADDED, CHANGE_FORMAT_REMOVED, CHANGE_FORMAT_CHANGED };
    struct place_list one, other, gone, added;

    if (old->lists[LIST_FORMAT].count == 0 && now->lists[LIST_FORMAT].count == 0)
        return;
    one = formats_of(c, old, numeric);
    other = formats_of(c, now, numeric);
    gone = without(c, &one, &other);
    added = without(c, &other, &one);
    if (gone.count == 1 && added.count == 1) {
        struct text before = value_text(gone.items[0].value), after = value_text(added.items[0].value);

        if (is_narrower(after, before))
            ids[2] = CHANGE_FORMAT_NARROWED;
        else if (is_narrower(before, after))
            ids[2] = CHANGE_FORMAT_WIDENED;
    }
    note_set(c, old, now, &gone, &added, ids);
}

/* ---- limits ---- */

void
compare_limit(struct compare *c, enum form_limit limit, const struct form *old, const struct form *now)
{
    static const enum change_id ids[FORM_LIMITS][2] = {
        { CHANGE_MIN_LENGTH_NARROWED, CHANGE_MIN_LENGTH_WIDENED },
        { CHANGE_MAX_LENGTH_NARROWED, CHANGE_MAX_LENGTH_WIDENED },
        { CHANGE_MIN_ITEMS_NARROWED, CHANGE_MIN_ITEMS_WIDENED },
        { CHANGE_MAX_ITEMS_NARROWED, CHANGE_MAX_ITEMS_WIDENED },
        { CHANGE_MIN_PROPERTIES_NARROWED, CHANGE_MIN_PROPERTIES_WIDENED },
        { CHANGE_MAX_PROPERTIES_NARROWED, CHANGE_MAX_PROPERTIES_WIDENED },
    };
    const struct form_count *one = &old->limits[limit], *other = &now->limits[limit];
    bool upper = limit == LIMIT_MAX_LENGTH || limit == LIMIT_MAX_ITEMS || limit == LIMIT_MAX_PROPERTIES;
    bool has_one = one->place.value != NULL, has_other = other->place.value != NULL, narrower;

    if ((!has_one && !has_other) || (has_one && has_other && one->number == other->number))
        return;
    if (has_one && has_other)
        narrower = upper ? other->number < one->number : other->number > one->number;
    else
        narrower = has_other;
    compare_note(c, ids[limit][narrower ? 0 : 1], place_or(one->place, old->here), place_or(other->place, now->here),
                 has_one ? compare_show(c, one->place.value) : TEXT("none"),
                 has_other ? compare_show(c, other->place.value) : TEXT("none"));
}

static struct text
bound_text(struct compare *c, const struct form_bound *bound, bool upper)
{
    if (bound->place.value == NULL)
        return TEXT("none");
    return c->quiet > 0 ? TEXT("")
                        : compare_print(c, "%s%s %.*s", upper ? "<" : ">", bound->exclusive ? "" : "=",
                                        TEXT_PRINT(value_text(bound->place.value)));
}

static void
compare_bound(struct compare *c, const struct form *old, const struct form *now, bool upper)
{
    const struct form_bound *one = &old->bounds[upper], *other = &now->bounds[upper];
    enum change_id narrowed = upper ? CHANGE_MAXIMUM_NARROWED : CHANGE_MINIMUM_NARROWED;
    enum change_id widened = upper ? CHANGE_MAXIMUM_WIDENED : CHANGE_MINIMUM_WIDENED;
    int order = 0;

    if (one->place.value == NULL && other->place.value == NULL)
        return;
    if (one->place.value != NULL && other->place.value != NULL) {
        order = decimal_compare(&other->limit, &one->limit);
        if (order == 0)
            order = (int)other->exclusive - (int)one->exclusive;
        else if (upper)
            order = -order;
    } else {
        order = other->place.value != NULL ? 1 : -1;
    }
    if (order != 0)
        compare_note(c, order > 0 ? narrowed : widened, place_or(one->place, old->here),
                     place_or(other->place, now->here), bound_text(c, one, upper), bound_text(c, other, upper));
}

/* Is every number that the list allows a multiple of this one? */
static bool
implied(const struct place_list *list, const struct value *v)
{
    struct decimal d, other;

    decimal_read(&d, value_text(v));
    for (uint32_t i = 0; i < list->count; i++) {
        decimal_read(&other, value_text(list->items[i].value));
        if (decimal_multiple_of(&other, &d) == 1)
            return true;
    }
    return false;
}

static void
compare_multiples(struct compare *c, const struct form *old, const struct form *now)
{
    const struct place_list *one = &old->lists[LIST_MULTIPLE], *other = &now->lists[LIST_MULTIPLE];
    bool narrowed = false, widened = false;

    for (uint32_t i = 0; i < other->count; i++)
        narrowed = narrowed || !implied(one, other->items[i].value);
    for (uint32_t i = 0; i < one->count; i++)
        widened = widened || !implied(other, one->items[i].value);
    if (!narrowed && !widened)
        return;
    compare_note(c,
                 !widened    ? CHANGE_MULTIPLE_OF_NARROWED
                 : !narrowed ? CHANGE_MULTIPLE_OF_WIDENED
                             : CHANGE_MULTIPLE_OF_CHANGED,
                 one->count > 0 ? one->items[0] : old->here, other->count > 0 ? other->items[0] : now->here,
                 one->count > 0 ? compare_show(c, one->items[0].value) : TEXT("none"),
                 other->count > 0 ? compare_show(c, other->items[0].value) : TEXT("none"));
}

void
compare_numbers(struct compare *c, const struct form *old, const struct form *now)
{
    compare_bound(c, old, now, false);
    compare_bound(c, old, now, true);
    compare_multiples(c, old, now);
    compare_formats(c, old, now, true);
}

/* ---- strings ---- */

static struct compare_place
content_of(const struct form *f, struct text word)
{
    struct compare_place found = { NULL, NULL };

    for (uint32_t i = 0; i < f->lists[LIST_CONTENT].count; i++)
        found = place_or(place_member(f->lists[LIST_CONTENT].items[i], word), found);
    return found;
}

static void
compare_content(struct compare *c, const struct form *old, const struct form *now)
{
    static const char *const names[] = { "contentEncoding", "contentMediaType" };

    for (int i = 0; i < 2; i++) {
        struct compare_place one = content_of(old, text_of(names[i])), other = content_of(now, text_of(names[i]));

        if (one.value == NULL && other.value == NULL)
            continue;
        if (one.value == NULL || other.value == NULL || value_equal(one.value, other.value, NULL) != 1)
            compare_note(c, CHANGE_CONTENT_CHANGED, place_or(one, old->here), place_or(other, now->here),
                         one.value != NULL ? compare_show(c, one.value) : TEXT("none"),
                         other.value != NULL ? compare_show(c, other.value) : TEXT("none"));
    }
}

void
compare_strings(struct compare *c, const struct form *old, const struct form *now)
{
    static const enum change_id patterns[3] = { CHANGE_PATTERN_ADDED, CHANGE_PATTERN_REMOVED, CHANGE_PATTERN_CHANGED };

    compare_limit(c, LIMIT_MIN_LENGTH, old, now);
    compare_limit(c, LIMIT_MAX_LENGTH, old, now);
    compare_set(c, old, now, LIST_PATTERN, patterns);
    compare_formats(c, old, now, false);
    compare_content(c, old, now);
}
