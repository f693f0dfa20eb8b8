/* compare_members.c -- the members of objects: which there are, which must be there, what others may be. */
#include "drift/compare_internal.h"

static bool
hidden(const struct compare *c, const struct form *f)
{
    return c->as == SIDE_REQUEST ? f->read_only : f->write_only;
}

/* Where a name is required; nowhere when it is not. */
static struct compare_place
required_place(const struct form *f, struct text name)
{
    for (uint32_t i = 0; i < f->lists[LIST_REQUIRED].count; i++)
        if (text_equal(value_text(f->lists[LIST_REQUIRED].items[i].value), name))
            return f->lists[LIST_REQUIRED].items[i];
    return place_of(NULL, NULL);
}

/* Where a schema stands; where there is none, where it would stand. */
static struct compare_place
place_at(const struct conjunction *schema, const struct form *around)
{
    return schema->count > 0 ? schema->places[0] : around->here;
}

struct asked {
    struct text name, instance;
    const struct conjunction *schemas[2]; /* by name, or what is said of any other name */
    struct form *around[2];
    bool required[2];
};

static void
note_member(struct compare *c, const struct asked *a, enum change_id id)
{
    struct compare_place places[2];

    for (int i = 0; i < 2; i++)
        places[i] = form_member_find(a->around[i], a->name) != NULL ? place_at(a->schemas[i], a->around[i])
                                                                    : a->around[i]->here;
    compare_note_at(c, id, a->instance, places[OLD], places[NEW], TEXT(""), TEXT(""));
}

/* Both name it. True: it is expected in messages of both. */
static bool
compare_access(struct compare *c, const struct asked *a)
{
    const struct form *old = form_of(c, a->schemas[OLD]), *now = form_of(c, a->schemas[NEW]);

    if (old->read_only != now->read_only)
        note_member(c, a, now->read_only ? CHANGE_READ_ONLY : CHANGE_NOT_READ_ONLY);
    if (old->write_only != now->write_only)
        note_member(c, a, now->write_only ? CHANGE_WRITE_ONLY : CHANGE_NOT_WRITE_ONLY);
    return !hidden(c, old) && !hidden(c, now);
}

static void
compare_required(struct compare *c, const struct asked *a)
{
    struct compare_place old = place_or(required_place(a->around[OLD], a->name), a->around[OLD]->here);
    struct compare_place now = place_or(required_place(a->around[NEW], a->name), a->around[NEW]->here);

    if (a->required[OLD] != a->required[NEW])
        compare_note_at(c, a->required[NEW] ? CHANGE_PROPERTY_REQUIRED : CHANGE_PROPERTY_OPTIONAL, a->instance, old,
                        now, TEXT(""), TEXT(""));
}

/* Only the new one names it. What the old one says of any name counts where it says something. */
static void
compare_added(struct compare *c, const struct asked *a)
{
    const struct form *old = form_of(c, a->schemas[OLD]);

    if (hidden(c, form_of(c, a->schemas[NEW])))
        return;
    if (old->types == 0 && (c->as == SIDE_RESPONSE || c->quiet > 0 || !a->required[NEW]))
        note_member(c, a, CHANGE_PROPERTY_ADDED_CLOSED);
    else if (a->around[OLD]->member_count == 0 && a->schemas[OLD]->count == 0 && a->schemas[NEW]->count > 0)
        note_member(c, a, CHANGE_PROPERTY_DESCRIBED); /* who named none may have sent any */
    else if (!a->required[NEW])
        note_member(c, a, CHANGE_PROPERTY_ADDED);
    if (a->required[OLD] && !a->required[NEW])
        note_member(c, a, CHANGE_PROPERTY_OPTIONAL);
    if (a->required[NEW] && !a->required[OLD])
        note_member(c, a, CHANGE_PROPERTY_ADDED_REQUIRED);
    if (old->types != 0 && a->schemas[OLD]->count > 0)
        compare_pair(c, a->schemas[OLD], a->schemas[NEW], a->instance);
}

static void
compare_gone(struct compare *c, const struct asked *a)
{
    const struct form *now = form_of(c, a->schemas[NEW]);

    if (hidden(c, form_of(c, a->schemas[OLD])))
        return;
    if (now->types != 0 && a->schemas[NEW]->count > 0) { /* it is one of others now */
        compare_required(c, a);
        compare_pair(c, a->schemas[OLD], a->schemas[NEW], a->instance);
        return;
    }
    if (a->required[NEW] && !a->required[OLD])
        note_member(c, a, CHANGE_PROPERTY_REQUIRED);
    if (now->types == 0 && (c->as == SIDE_REQUEST || c->quiet > 0 || !a->required[OLD]))
        note_member(c, a, CHANGE_PROPERTY_REFUSED);
    if (now->types != 0 && !a->required[OLD])
        note_member(c, a, CHANGE_PROPERTY_REMOVED);
    if (a->required[OLD] && (now->types != 0 || c->as == SIDE_RESPONSE || c->quiet > 0))
        note_member(c, a, CHANGE_PROPERTY_REMOVED_REQUIRED);
}

static void
compare_name(struct compare *c, struct form *old, struct form *now, struct text name)
{
    struct asked a = { .name = name, .instance = instance_member(c, c->instance, name), .around = { old, now } };
    bool was = form_member_find(old, name) != NULL, is = form_member_find(now, name) != NULL;

    a.schemas[OLD] = form_member_schema(c, old, OLD, name);
    a.schemas[NEW] = form_member_schema(c, now, NEW, name);
    a.required[OLD] = form_requires(c, old, name);
    a.required[NEW] = form_requires(c, now, name);
    if (!was && is) {
        compare_added(c, &a);
    } else if (was && !is) {
        compare_gone(c, &a);
    } else {
        compare_required(c, &a);
        if (was && compare_access(c, &a))
            compare_pair(c, a.schemas[OLD], a.schemas[NEW], a.instance);
    }
}

static void
compare_names(struct compare *c, struct form *old, struct form *now)
{
    struct form *both[2] = { old, now };

    for (uint32_t i = 0; i < old->member_count; i++)
        compare_name(c, old, now, old->members[i].name);
    for (uint32_t i = 0; i < now->member_count; i++)
        if (form_member_find(old, now->members[i].name) == NULL)
            compare_name(c, old, now, now->members[i].name);
    for (int which = 0; which < 2; which++) /* names that are only required */
        for (uint32_t i = 0; i < both[which]->lists[LIST_REQUIRED].count; i++) {
            struct text name = value_text(both[which]->lists[LIST_REQUIRED].items[i].value);

            if (form_member_find(old, name) == NULL && form_member_find(now, name) == NULL &&
                (which == OLD || required_place(old, name).value == NULL))
                compare_name(c, old, now, name);
        }
}

/* ---- members without a name of their own ---- */

static void
compare_patterns(struct compare *c, struct form *forms[2])
{
    struct index done = { 0 };

    for (int which = 0; which < 2; which++)
        for (uint32_t i = 0; i < forms[which]->lists[LIST_MEMBERS].count; i++) {
            const struct value *patterns =
                VALUE_MEMBER(forms[which]->lists[LIST_MEMBERS].items[i].value, "patternProperties");

            if (!value_is(patterns, VALUE_OBJECT) || c->sides[which].lone)
                continue;
            for (VALUE_EACH_MEMBER(key, patterns)) {
                struct text pattern = value_text(key);

                if (index_find(&done, NULL, pattern) != NULL)
                    continue;
                (void)index_put(&done, c->arena, NULL, pattern, key); /* else it is compared twice */
                compare_pair(c, form_pattern_schema(c, forms[OLD], OLD, pattern),
                             form_pattern_schema(c, forms[NEW], NEW, pattern),
                             instance_member(c, c->instance, pattern));
            }
        }
}

static void
compare_others(struct compare *c, struct form *old, struct form *now)
{
    if (old->closed != now->closed)
        compare_note(c, now->closed ? CHANGE_ADDITIONAL_CLOSED : CHANGE_ADDITIONAL_OPENED, place_at(old->others, old),
                     place_at(now->others, now), TEXT(""), TEXT(""));
    else if (!old->closed)
        compare_pair(c, old->others, now->others, instance_member(c, c->instance, TEXT("*")));
}

/* ---- dependencies ---- */

/* Does a list say that `name` asks for `other`? */
static bool
depends(const struct form *f, struct text name, struct text other)
{
    for (uint32_t i = 0; i < f->lists[LIST_DEPENDENT_REQUIRED].count; i++) {
        const struct value *names = value_member(f->lists[LIST_DEPENDENT_REQUIRED].items[i].value, name);

        if (!value_is(names, VALUE_ARRAY))
            continue;
        for (VALUE_EACH_ITEM(item, names))
            if (value_is(item, VALUE_STRING) && text_equal(value_text(item), other))
                return true;
    }
    return required_place(f, other).value != NULL;
}

static void
compare_dependent_of(struct compare *c, struct form *forms[2], int which)
{
    const struct place_list *list = &forms[which]->lists[LIST_DEPENDENT_REQUIRED];

    for (uint32_t i = 0; i < list->count; i++) {
        if (!value_is(list->items[i].value, VALUE_OBJECT))
            continue;
        for (VALUE_EACH_MEMBER(key, list->items[i].value)) {
            const struct value *names = value_next(key);

            if (!value_is(names, VALUE_ARRAY))
                continue;
            for (VALUE_EACH_ITEM(item, names)) {
                struct compare_place here = place_of(list->items[i].document, item);

                if (!value_is(item, VALUE_STRING) || depends(forms[1 - which], value_text(key), value_text(item)))
                    continue;
                compare_note_at(c, which == NEW ? CHANGE_DEPENDENT_ADDED : CHANGE_DEPENDENT_REMOVED,
                                instance_member(c, c->instance, value_text(key)),
                                which == OLD ? here : forms[OLD]->here, which == NEW ? here : forms[NEW]->here,
                                which == OLD ? compare_show(c, item) : TEXT(""),
                                which == NEW ? compare_show(c, item) : TEXT(""));
            }
        }
    }
}

static const struct conjunction *
dependent_schema(struct compare *c, const struct form *f, int which, struct text name)
{
    struct place_list says = { 0 };

    for (uint32_t i = 0; i < f->lists[LIST_DEPENDENT_SCHEMAS].count; i++)
        place_list_add(c, &says, place_member(f->lists[LIST_DEPENDENT_SCHEMAS].items[i], name));
    return conjunction_of(c, which, says.items, says.count);
}

static void
compare_dependent_schemas(struct compare *c, struct form *forms[2])
{
    for (int which = 0; which < 2; which++)
        for (uint32_t i = 0; i < forms[which]->lists[LIST_DEPENDENT_SCHEMAS].count; i++) {
            const struct value *map = forms[which]->lists[LIST_DEPENDENT_SCHEMAS].items[i].value;

            if (!value_is(map, VALUE_OBJECT))
                continue;
            for (VALUE_EACH_MEMBER(key, map))
                compare_pair(c, dependent_schema(c, forms[OLD], OLD, value_text(key)),
                             dependent_schema(c, forms[NEW], NEW, value_text(key)), c->instance);
        }
}

/* ---- all of it ---- */

static const struct conjunction *
names_of(struct compare *c, const struct form *f, int which)
{
    return conjunction_of(c, which, f->lists[LIST_NAMES].items, f->lists[LIST_NAMES].count);
}

void
compare_members(struct compare *c, struct form *old, struct form *now)
{
    struct form *forms[2] = { old, now };

    form_members(c, old, OLD);
    form_members(c, now, NEW);
    compare_names(c, old, now);
    compare_patterns(c, forms);
    compare_others(c, old, now);
    compare_pair(c, names_of(c, old, OLD), names_of(c, now, NEW), instance_member(c, c->instance, TEXT("(name)")));
    compare_limit(c, LIMIT_MIN_PROPERTIES, old, now);
    compare_limit(c, LIMIT_MAX_PROPERTIES, old, now);
    compare_dependent_of(c, forms, OLD);
    compare_dependent_of(c, forms, NEW);
    compare_dependent_schemas(c, forms);
}
