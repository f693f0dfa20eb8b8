/* compare_form.c -- what schemas that must all hold say together, in one normal form. */
#include "drift/compare_internal.h"

#include "json/compare.h"

#define OF(place, key) PLACE_MEMBER(place, key)

/* ---- types ---- */

static unsigned
type_of_word(struct text word)
{
    static const struct {
        const char *name;
        unsigned types;
    } words[] = {
        { "null", FORM_NULL },     { "boolean", FORM_BOOLEAN }, { "integer", FORM_INTEGER }, { "number", FORM_NUMBER },
        { "string", FORM_STRING }, { "array", FORM_ARRAY },     { "object", FORM_OBJECT },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_equal(word, text_of(words[i].name)))
            return words[i].types;
    return 0;
}

unsigned
form_type_of(const struct value *v)
{
    struct decimal d;

    if (v->type != VALUE_NUMBER)
        return type_of_word(text_of(value_type_name(v)));
    decimal_read(&d, value_text(v));
    return decimal_is_integer(&d) ? FORM_INTEGER : FORM_FRACTION;
}

static void
read_type(struct form *f, struct compare_place at, bool nullable_counts)
{
    struct compare_place type = OF(at, "type");
    unsigned types = 0;

    if (value_is(type.value, VALUE_STRING))
        types = type_of_word(value_text(type.value));
    else if (value_is(type.value, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(item, type.value))
            types |= value_is(item, VALUE_STRING) ? type_of_word(value_text(item)) : 0;
    if (types == 0)
        return;
    if (nullable_counts && value_is(VALUE_MEMBER(at.value, "nullable"), VALUE_TRUE))
        types |= FORM_NULL;
    if ((f->types & ~types) != 0)
        f->typed = type;
    f->types &= types;
}

/* ---- what one schema says ---- */

/* Which list a keyword's value goes to, and since which dialect. */
static const struct {
    const char *word;
    uint8_t list;
    bool modern; /* not in OpenAPI 3.0 */
    bool schema; /* the list takes the schema that has it */
} words[] = {
    { "multipleOf", LIST_MULTIPLE, false, false },
    { "pattern", LIST_PATTERN, false, false },
    { "format", LIST_FORMAT, false, false },
    { "contentEncoding", LIST_CONTENT, true, true },
    { "contentMediaType", LIST_CONTENT, true, true },
    { "enum", LIST_ENUM, false, true },
    { "const", LIST_ENUM, true, true },
    { "not", LIST_NOT, false, false },
    { "if", LIST_IF, true, true },
    { "contains", LIST_CONTAINS, true, true },
    { "propertyNames", LIST_NAMES, true, false },
    { "dependentRequired", LIST_DEPENDENT_REQUIRED, true, false },
    { "dependentSchemas", LIST_DEPENDENT_SCHEMAS, true, false },
    { "unevaluatedProperties", LIST_UNEVALUATED_PROPERTIES, true, false },
    { "unevaluatedItems", LIST_UNEVALUATED_ITEMS, true, false },
    { "properties", LIST_MEMBERS, false, true },
    { "patternProperties", LIST_MEMBERS, true, true },
    { "additionalProperties", LIST_MEMBERS, false, true },
    { "prefixItems", LIST_ITEMS, true, true },
    { "items", LIST_ITEMS, false, true },
    { "$dynamicRef", LIST_LOST, true, false },
    { "$recursiveRef", LIST_LOST, true, false },
};

/* Does the keyword say nothing, so that it may as well be absent? */
static bool
idle(const char *word, const struct value *v)
{
    static const char *const texts[] = { "", ".*", "^", "^.*", "password", "binary" };

    if (v->type == VALUE_TRUE || (v->type == VALUE_OBJECT && v->count == 0))
        return strcmp(word, "not") != 0 && strcmp(word, "if") != 0 && strcmp(word, "contains") != 0 &&
               strcmp(word, "const") != 0 && strcmp(word, "additionalProperties") != 0;
    if (strcmp(word, "pattern") != 0 && strcmp(word, "format") != 0)
        return false;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (value_is(v, VALUE_STRING) && text_equal(value_text(v), text_of(texts[i])) &&
            (strcmp(word, "format") == 0) == (i >= 4))
            return true;
    return false;
}

static void
read_words(struct compare *c, struct form *f, struct compare_place at, bool old_dialect)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct compare_place value = place_member(at, text_of(words[i].word));
        struct place_list *list = &f->lists[words[i].list];

        if (value.value == NULL || (old_dialect && words[i].modern) || idle(words[i].word, value.value))
            continue;
        if (!words[i].schema)
            place_list_add(c, list, value);
        else if (list->count == 0 || list->items[list->count - 1].value != at.value)
            place_list_add(c, list, at);
    }
}

static void
read_flags(struct compare *c, struct form *f, struct compare_place at)
{
    struct compare_place required = OF(at, "required"), unique = OF(at, "uniqueItems"), fallback = OF(at, "default");

    f->read_only = f->read_only || value_is(VALUE_MEMBER(at.value, "readOnly"), VALUE_TRUE);
    f->write_only = f->write_only || value_is(VALUE_MEMBER(at.value, "writeOnly"), VALUE_TRUE);
    f->deprecated = f->deprecated || value_is(VALUE_MEMBER(at.value, "deprecated"), VALUE_TRUE);
    f->fallback = place_or(f->fallback, fallback);
    if (value_is(unique.value, VALUE_TRUE)) {
        f->unique = true;
        f->unique_place = unique;
    }
    if (value_is(required.value, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(item, required.value))
            if (value_is(item, VALUE_STRING))
                place_list_add(c, &f->lists[LIST_REQUIRED], place_of(at.document, item));
}

/* ---- alternatives ---- */

static void
read_group(struct compare *c, struct form *f, int which, struct compare_place at, struct compare_place list, bool one)
{
    struct form_group *groups, group = { .one = one, .place = list, .discriminator = OF(at, "discriminator") };

    group.branches = COMPARE_TAKE(c, const struct conjunction *, list.value->count);
    groups = compare_grow(c, f->groups, f->group_count, &f->group_room, sizeof *groups);
    if (group.branches == NULL || groups == NULL)
        return;
    for (VALUE_EACH_ITEM(item, list.value))
        group.branches[group.count++] = conjunction_one(c, which, place_of(list.document, item));
    f->groups = groups;
    groups[f->group_count++] = group;
}

static void
read_groups(struct compare *c, struct form *f, int which, struct compare_place at)
{
    static const char *const names[] = { "anyOf", "oneOf" };
    struct compare_place all = OF(at, "allOf"), discriminator = OF(at, "discriminator");
    bool grouped = false;

    if (value_is(all.value, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(item, all.value))
            form_collect(c, f, which, place_of(all.document, item));
    for (int one = 0; one < 2; one++) {
        struct compare_place list = place_member(at, text_of(names[one]));

        if (!value_is(list.value, VALUE_ARRAY) || list.value->count == 0)
            continue;
        grouped = grouped || list.value->count > 1;
        if (list.value->count == 1)
            form_collect(c, f, which, place_of(list.document, value_first(list.value)));
        else
            read_group(c, f, which, at, list, one != 0);
    }
    if (value_is(discriminator.value, VALUE_OBJECT) && !grouped)
        place_list_add(c, &f->lists[LIST_DISCRIMINATOR], discriminator);
}

/* ---- all of it ---- */

static bool
seen_before(struct compare *c, struct form *f, struct compare_place place)
{
    for (uint32_t i = 0; i < f->seen.count; i++)
        if (f->seen.items[i].value == place.value)
            return true;
    place_list_add(c, &f->seen, place);
    return c->failed;
}

void
form_collect(struct compare *c, struct form *f, int which, struct compare_place place)
{
    bool old_dialect = c->sides[which].lone;
    struct compare_place reference = OF(place, "$ref");

    if (value_is(place.value, VALUE_FALSE))
        f->types = 0;
    if (!value_is(place.value, VALUE_OBJECT) || seen_before(c, f, place))
        return;
    f->here = place_or(f->here, place);
    if (value_is(reference.value, VALUE_STRING)) {
        struct compare_place next = { NULL, NULL };

        next.value =
            schema_follow(c->sides[which].schemas, place.document, value_text(reference.value), &next.document);
        if (next.value == NULL)
            place_list_add(c, &f->lists[LIST_LOST], reference);
        else
            form_collect(c, f, which, next);
        if (old_dialect)
            return;
    }
    read_type(f, place, old_dialect);
    form_read_bounds(f, place, old_dialect);
    form_read_limits(f, place);
    read_words(c, f, place, old_dialect);
    read_flags(c, f, place);
    read_groups(c, f, which, place);
}

void
form_merge(struct compare *c, struct form *into, const struct form *from)
{
    for (int i = 0; i < 2; i++)
        form_tighten(&into->bounds[i], &from->bounds[i], i == 1);
    for (int i = 0; i < FORM_LIMITS; i++)
        form_limit(into, (enum form_limit)i, from->limits[i].number, from->limits[i].place);
    for (int i = 0; i < FORM_LISTS; i++)
        for (uint32_t j = 0; j < from->lists[i].count; j++)
            place_list_add(c, &into->lists[i], from->lists[i].items[j]);
    if (from->unique && !into->unique) {
        into->unique = true;
        into->unique_place = from->unique_place;
    }
}

/* ---- values ---- */

bool
conjunction_allows(struct compare *c, const struct conjunction *schema, struct compare_place value)
{
    bool allowed = true;

    for (uint32_t i = 0; i < schema->count && allowed; i++) {
        struct compare_place at = schema->places[i];
        const struct schema *compiled = schema_compiled(c->sides[schema->which].schemas, at.document, at.value);
        struct schema_run run = { .scratch = c->scratch, .arena = c->work, .budget = LIMIT_CHECK_BUDGET };

        allowed = at.value->type != VALUE_FALSE && (compiled == NULL || schema_check(compiled, value.value, &run));
        arena_reset(c->work);
    }
    return allowed;
}

static bool
has_choice(const struct form *f, const struct value *v)
{
    for (uint32_t i = 0; i < f->choices.count; i++)
        if (value_equal(f->choices.items[i].value, v, NULL) == 1)
            return true;
    return false;
}

void
form_choose(struct compare *c, struct form *f, const struct conjunction *schema, const struct place_list *candidates)
{
    unsigned types = 0;

    f->finite = true;
    f->choices = (struct place_list){ 0 };
    for (uint32_t i = 0; i < candidates->count; i++) {
        struct compare_place v = candidates->items[i];
        unsigned type = form_type_of(v.value);

        if ((f->types & type) == 0 || has_choice(f, v.value) || !conjunction_allows(c, schema, v))
            continue;
        types |= type;
        if (type != FORM_NULL)
            place_list_add(c, &f->choices, v);
    }
    f->types = types;
    if ((types & ~FORM_NULL) == FORM_BOOLEAN && f->choices.count == 2) /* that is what boolean means */
        f->finite = false;
}

/* The values of the first enum or const; the others are asked when they are tried. */
static void
read_choices(struct compare *c, struct form *f, const struct conjunction *schema)
{
    struct place_list candidates = { 0 };
    struct compare_place at, list, only;

    if (f->lists[LIST_ENUM].count == 0)
        return;
    at = f->lists[LIST_ENUM].items[0];
    list = OF(at, "enum");
    only = c->sides[schema->which].lone ? place_of(NULL, NULL) : OF(at, "const");
    if (only.value != NULL)
        place_list_add(c, &candidates, only);
    else if (value_is(list.value, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(item, list.value))
            place_list_add(c, &candidates, place_of(list.document, item));
    form_choose(c, f, schema, &candidates);
}

/* ---- all of them together ---- */

struct form *
form_of(struct compare *c, const struct conjunction *schema)
{
    struct conjunction *own =
        (struct conjunction *)(uintptr_t)schema; /* what is kept in it is no part of what it says */
    struct form *f;

    if (schema->form != NULL)
        return schema->form;
    f = COMPARE_TAKE(c, struct form, 1);
    if (f == NULL)
        return c->empty;
    own->form = f;
    f->building = true;
    f->types = FORM_ANY;
    for (uint32_t i = 0; i < schema->count; i++) {
        f->here = place_or(f->here, schema->places[i]);
        form_collect(c, f, schema->which, schema->places[i]);
    }
    f->typed = place_or(f->typed, f->here);
    form_simplify_groups(c, f, schema);
    read_choices(c, f, schema);
    if (f->finite)
        f->own_types = f->types;
    form_simplify_numbers(f);
    f->building = false;
    return f;
}
