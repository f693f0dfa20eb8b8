/* compare_form_members.c -- what an object's schemas say together of its members: by name, by pattern, of all others.
 *
 * additionalProperties speaks of what its own schema does not name, so that each part of an allOf has to be asked for
 * each name. */
#include "drift/compare_internal.h"

#define BIG 16 /* members from which on an object is indexed */

struct text
instance_member(struct compare *c, struct text instance, struct text name)
{
    struct buffer b;
    struct text t;

    if (c->quiet > 0)
        return instance;
    buffer_init(&b, LIMIT_MIB);
    buffer_add(&b, instance);
    pointer_add(&b, name);
    t = arena_text(c->arena, buffer_text(&b));
    buffer_release(&b);
    return t;
}

bool
compare_matches(struct compare *c, struct text pattern, struct text name)
{
    const struct kept_pattern *known = index_find(&c->patterns, NULL, pattern);
    struct kept_pattern *made;

    if (known == NULL) {
        if ((made = COMPARE_TAKE(c, struct kept_pattern, 1)) == NULL)
            return false;
        made->pattern = pattern_new(pattern, NULL);
        made->next = c->kept;
        c->kept = made;
        (void)index_put(&c->patterns, c->arena, NULL, pattern, made); /* only a cache */
        known = made;
    }
    return known->pattern != NULL && pattern_matches(known->pattern, name, c->pattern_scratch, NULL) == 1;
}

static const struct value *
find(struct compare *c, const struct value *object, struct text name)
{
    static const struct text whole = { NULL, 0 };

    if (!value_is(object, VALUE_OBJECT) || object->count < BIG)
        return value_member(object, name);
    if (index_find(&c->big, object, whole) == NULL) {
        for (VALUE_EACH_MEMBER(key, object))
            if (index_put(&c->big, c->arena, object, value_text(key), value_next(key)) < 0)
                return value_member(object, name);
        if (index_put(&c->big, c->arena, object, whole, object) < 0)
            return value_member(object, name);
    }
    return index_find(&c->big, object, name);
}

/* ---- parts ---- */

/* unevaluatedProperties is additionalProperties of all parts together, unless what is evaluated depends on the value.
 */
static bool
unevaluated_is_plain(const struct form *f)
{
    return f->lists[LIST_UNEVALUATED_PROPERTIES].count > 0 && f->group_count == 0 && f->lists[LIST_IF].count == 0 &&
           f->lists[LIST_DEPENDENT_SCHEMAS].count == 0 && f->lists[LIST_LOST].count == 0;
}

static bool
has_additional(const struct form *f)
{
    for (uint32_t i = 0; i < f->lists[LIST_MEMBERS].count; i++)
        if (VALUE_MEMBER(f->lists[LIST_MEMBERS].items[i].value, "additionalProperties") != NULL)
            return true;
    return false;
}

static struct compare_place
patterns_of(const struct compare *c, int which, struct compare_place part)
{
    return c->sides[which].lone ? place_of(NULL, NULL) : PLACE_MEMBER(part, "patternProperties");
}

/* What one part says of a name; true: it names it, or a pattern of it does. */
static bool
ask_part(struct compare *c, int which, struct compare_place part, struct text name, struct place_list *says)
{
    const struct value *named = find(c, VALUE_MEMBER(part.value, "properties"), name);
    struct compare_place patterns = patterns_of(c, which, part), rest = PLACE_MEMBER(part, "additionalProperties");
    bool known = named != NULL;

    if (named != NULL)
        place_list_add(c, says, place_of(part.document, named));
    if (value_is(patterns.value, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, patterns.value)) {
            if (!compare_matches(c, value_text(key), name))
                continue;
            known = true;
            place_list_add(c, says, place_of(patterns.document, value_next(key)));
        }
    if (!known && rest.value != NULL)
        place_list_add(c, says, rest);
    return known;
}

static void
add_unevaluated(struct compare *c, const struct form *f, struct place_list *says)
{
    if (!unevaluated_is_plain(f) || has_additional(f))
        return;
    for (uint32_t i = 0; i < f->lists[LIST_UNEVALUATED_PROPERTIES].count; i++)
        place_list_add(c, says, f->lists[LIST_UNEVALUATED_PROPERTIES].items[i]);
}

static const struct conjunction *
ask(struct compare *c, const struct form *f, int which, struct text name)
{
    struct place_list says = { 0 };
    bool known = false;

    for (uint32_t i = 0; i < f->lists[LIST_MEMBERS].count; i++)
        known |= ask_part(c, which, f->lists[LIST_MEMBERS].items[i], name, &says);
    if (!known)
        add_unevaluated(c, f, &says);
    return conjunction_of(c, which, says.items, says.count);
}

const struct conjunction *
form_pattern_schema(struct compare *c, struct form *f, int which, struct text pattern)
{
    struct place_list says = { 0 };
    bool known = false;

    for (uint32_t i = 0; i < f->lists[LIST_MEMBERS].count; i++) {
        struct compare_place part = f->lists[LIST_MEMBERS].items[i], patterns = patterns_of(c, which, part);
        const struct value *own = value_member(patterns.value, pattern);

        known = known || own != NULL;
        place_list_add(c, &says,
                       own != NULL ? place_of(part.document, own) : PLACE_MEMBER(part, "additionalProperties"));
    }
    if (!known)
        add_unevaluated(c, f, &says);
    return conjunction_of(c, which, says.items, says.count);
}

/* ---- all names ---- */

static void
add_names(struct compare *c, struct form *f, int which, const struct value *properties)
{
    if (!value_is(properties, VALUE_OBJECT))
        return;
    for (VALUE_EACH_MEMBER(key, properties)) {
        struct form_member *m;

        if (f->member_count > 0 && index_find(&f->by_name, NULL, value_text(key)) != NULL)
            continue;
        m = &f->members[f->member_count++];
        *m = (struct form_member){ value_text(key), ask(c, f, which, value_text(key)) };
        if (index_put(&f->by_name, c->arena, NULL, m->name, m) < 0)
            c->failed = true;
    }
}

void
form_members(struct compare *c, struct form *f, int which)
{
    struct place_list rest = { 0 };
    uint32_t most = 0;

    if (f->members_known)
        return;
    f->members_known = true;
    f->others = c->nothing[which];
    for (uint32_t i = 0; i < f->lists[LIST_MEMBERS].count; i++) {
        const struct value *properties = VALUE_MEMBER(f->lists[LIST_MEMBERS].items[i].value, "properties");

        most += value_is(properties, VALUE_OBJECT) ? properties->count : 0;
        place_list_add(c, &rest, PLACE_MEMBER(f->lists[LIST_MEMBERS].items[i], "additionalProperties"));
    }
    add_unevaluated(c, f, &rest);
    if ((f->members = COMPARE_TAKE(c, struct form_member, most + 1)) == NULL)
        return;
    for (uint32_t i = 0; i < f->lists[LIST_MEMBERS].count; i++)
        add_names(c, f, which, VALUE_MEMBER(f->lists[LIST_MEMBERS].items[i].value, "properties"));
    f->others = conjunction_of(c, which, rest.items, rest.count);
    f->closed = f->others->count > 0 && form_of(c, f->others)->types == 0;
}

const struct form_member *
form_member_find(const struct form *f, struct text name)
{
    return index_find(&f->by_name, NULL, name);
}

const struct conjunction *
form_member_schema(struct compare *c, struct form *f, int which, struct text name)
{
    const struct form_member *m = form_member_find(f, name);

    return m != NULL ? m->schema : ask(c, f, which, name);
}

/* Is the member expected in these messages at all? What is readOnly is the service's, whichever message it is in. */
static bool
hidden(const struct compare *c, const struct form *f)
{
    return c->as == SIDE_REQUEST ? f->read_only : f->write_only;
}

bool
form_requires(struct compare *c, struct form *f, struct text name)
{
    const struct form_member *m;

    for (uint32_t i = 0; i < f->lists[LIST_REQUIRED].count; i++) {
        if (!text_equal(value_text(f->lists[LIST_REQUIRED].items[i].value), name))
            continue;
        m = form_member_find(f, name);
        return m == NULL || !hidden(c, form_of(c, m->schema));
    }
    return false;
}
