/* compare_callbacks.c -- webhooks and callbacks: operations that the service calls, and clients answer.
 *
 * Webhooks go by their names; callbacks by their names within an operation, then by their addresses. An address that
 * stands alone on either side is the same one, found in another way. Callbacks of callbacks change the direction once
 * more; each two of them are compared once, because $ref may lead back to them. */
#include "drift/compare_internal.h"

#define DEPTH 32 /* callbacks of callbacks; deeper ones are not compared */

/* Maps of Path Items and Callbacks may have extensions, which are no objects (x-tags: [...]). */
static bool
is_entry(const struct value *key)
{
    return !text_starts(value_text(key), TEXT("x-")) || value_is(value_next(key), VALUE_OBJECT);
}

/* ---- webhooks ---- */

static void
compare_webhook(struct compare *c, const struct compare_place maps[2], struct text name)
{
    struct operation_pair o = { .removed = CHANGE_OPERATION_REMOVED,
                                .added = CHANGE_OPERATION_ADDED,
                                .turned = true,
                                .label = compare_print(c, "webhook %.*s", TEXT_PRINT(name)) };

    for (int which = 0; which < 2; which++) {
        o.around[which] = place_or(maps[which], place_of(maps[which].document, maps[which].document->root));
        o.items[which] = compare_follow(c, which, place_member(maps[which], name));
    }
    if (value_member(maps[OLD].value, name) == NULL)
        o.added = CHANGE_WEBHOOK_ADDED;
    if (value_member(maps[NEW].value, name) == NULL)
        o.removed = CHANGE_WEBHOOK_REMOVED;
    compare_item(c, &o);
}

void
compare_webhooks(struct compare *c)
{
    struct compare_place maps[2];

    for (int which = 0; which < 2; which++) {
        const struct document *d = contract_document(c->sides[which].contract);

        maps[which] = place_of(d, c->sides[which].lone ? NULL : VALUE_MEMBER(d->root, "webhooks")); /* since 3.1 */
    }
    for (int which = 0; which < 2; which++) {
        if (!value_is(maps[which].value, VALUE_OBJECT))
            continue;
        for (VALUE_EACH_MEMBER(key, maps[which].value))
            if (is_entry(key) && (which == OLD || value_member(maps[OLD].value, value_text(key)) == NULL))
                compare_webhook(c, maps, value_text(key));
    }
}

/* ---- callbacks ---- */

struct callback {
    const struct operation_pair *of;
    struct text of_name; /* "buy" */
    struct text name;
    struct compare_place maps[2];
    struct compare_place objects[2]; /* value NULL: it is not there */
    struct index forms[2];           /* the key of each address by its form */
    uint32_t counts[2];
    const struct index *known; /* addresses of all old callbacks of the operation */
};

static struct text
form_at(struct compare *c, const struct operation_pair *of, int which, const struct value *key)
{
    return expression_form(c, value_text(key), of->paths[which]);
}

/* The addresses of one Callback Object. */
static void
list_addresses(struct compare *c, const struct operation_pair *of, int which, struct compare_place object,
               struct index *forms, uint32_t *count)
{
    if (!value_is(object.value, VALUE_OBJECT))
        return;
    for (VALUE_EACH_MEMBER(key, object.value)) {
        if (text_starts(value_text(key), TEXT("x-")))
            continue;
        ++*count;
        if (index_put(forms, c->arena, NULL, form_at(c, of, which, key), key) < 0)
            c->failed = true;
    }
}

/* Do clients listen at this address already, or could they have given it for another purpose? */
static bool
is_known(struct compare *c, const struct callback *cb, const struct value *key)
{
    return !cb->of->turned && (index_find(cb->known, NULL, form_at(c, cb->of, NEW, key)) != NULL ||
                               expression_known(c, value_text(key), cb->of->places[OLD]));
}

static struct text
label_of(struct compare *c, const struct callback *cb, struct text address)
{
    if (cb->counts[OLD] > 1 || cb->counts[NEW] > 1)
        return compare_print(c, "callback %.*s %.*s of %.*s", TEXT_PRINT(cb->name), TEXT_PRINT(address),
                             TEXT_PRINT(cb->of_name));
    return compare_print(c, "callback %.*s of %.*s", TEXT_PRINT(cb->name), TEXT_PRINT(cb->of_name));
}

/* What it means that an address is on one side alone. */
static void
set_ids(struct compare *c, const struct callback *cb, struct operation_pair *o, const struct value *keys[2])
{
    bool both = cb->objects[OLD].value != NULL && cb->objects[NEW].value != NULL;
    bool known = keys[OLD] == NULL && is_known(c, cb, keys[NEW]);

    if (keys[NEW] == NULL)
        o->removed = both ? CHANGE_EXPRESSION_REMOVED : CHANGE_CALLBACK_REMOVED;
    else if (keys[OLD] == NULL && both)
        o->added = known ? CHANGE_EXPRESSION_ADDED_KNOWN : CHANGE_EXPRESSION_ADDED;
    else if (keys[OLD] == NULL)
        o->added = known ? CHANGE_CALLBACK_ADDED_KNOWN : CHANGE_CALLBACK_ADDED;
}

static void
note_address(struct compare *c, const struct callback *cb, const struct operation_pair *o, const struct value *keys[2])
{
    c->turned = o->turned;
    compare_begin_side(c, SIDE_REQUEST);
    c->operation = o->label;
    compare_note_at(c, CHANGE_EXPRESSION_CHANGED, TEXT(""), place_of(cb->objects[OLD].document, value_next(keys[OLD])),
                    place_of(cb->objects[NEW].document, value_next(keys[NEW])), value_text(keys[OLD]),
                    value_text(keys[NEW]));
}

/* One address, as it stands on each side (NULL: on the other one alone), and how it is told. */
static void
compare_address(struct compare *c, const struct callback *cb, const struct value *keys[2], struct text told)
{
    struct operation_pair o = { .removed = CHANGE_OPERATION_REMOVED,
                                .added = CHANGE_OPERATION_ADDED,
                                .turned = !cb->of->turned,
                                .depth = cb->of->depth + 1 };

    for (int which = 0; which < 2; which++) {
        struct compare_place item = place_of(cb->objects[which].document, NULL);

        if (keys[which] != NULL)
            item.value = value_next(keys[which]);
        o.items[which] = compare_follow(c, which, item);
        o.around[which] = place_or(cb->objects[which], place_or(cb->maps[which], cb->of->places[which]));
    }
    o.label = label_of(c, cb, told);
    set_ids(c, cb, &o, keys);
    if (keys[OLD] != NULL && keys[NEW] != NULL &&
        !text_equal(form_at(c, cb->of, OLD, keys[OLD]), form_at(c, cb->of, NEW, keys[NEW])))
        note_address(c, cb, &o, keys);
    compare_item(c, &o);
}

/* The only address that the other side does not have; NULL: there is none, or there are several. */
static const struct value *
lone_address(struct compare *c, const struct callback *cb, int which)
{
    const struct value *lone = NULL;

    if (!value_is(cb->objects[which].value, VALUE_OBJECT))
        return NULL;
    for (VALUE_EACH_MEMBER(key, cb->objects[which].value)) {
        if (text_starts(value_text(key), TEXT("x-")) ||
            index_find(&cb->forms[1 - which], NULL, form_at(c, cb->of, which, key)) != NULL)
            continue;
        if (lone != NULL)
            return NULL;
        lone = key;
    }
    return lone;
}

static void
compare_addresses(struct compare *c, const struct callback *cb)
{
    const struct value *lone[2] = { lone_address(c, cb, OLD), lone_address(c, cb, NEW) };
    bool moved = lone[OLD] != NULL && lone[NEW] != NULL;

    for (int which = 0; which < 2; which++) {
        if (!value_is(cb->objects[which].value, VALUE_OBJECT))
            continue;
        for (VALUE_EACH_MEMBER(key, cb->objects[which].value)) {
            struct text form = form_at(c, cb->of, which, key);
            const struct value *keys[2] = { NULL, NULL }, *other = index_find(&cb->forms[1 - which], NULL, form);

            if (index_find(&cb->forms[which], NULL, form) != key) /* no address, or the same one once more */
                continue;
            if (which == NEW && (other != NULL || (moved && key == lone[NEW])))
                continue;
            keys[which] = key;
            keys[1 - which] = moved && key == lone[OLD] ? lone[NEW] : other;
            compare_address(c, cb, keys, value_text(keys[NEW] != NULL ? keys[NEW] : key));
        }
    }
}

/* Have these two been compared, as callbacks of callbacks? */
static bool
seen_before(struct compare *c, const struct callback *cb)
{
    const void **key = COMPARE_TAKE(c, const void *, 2);
    struct text name = { (const char *)key, 2 * sizeof *key };

    if (key == NULL)
        return true;
    key[0] = cb->objects[NEW].value;
    key[1] = cb->of->turned ? (const void *)c : NULL;
    if (index_find(&c->callbacks, cb->objects[OLD].value, name) != NULL)
        return true;
    if (index_put(&c->callbacks, c->arena, cb->objects[OLD].value, name, key) < 0)
        c->failed = true;
    return false;
}

static void
compare_callback(struct compare *c, struct callback *cb)
{
    for (int which = 0; which < 2; which++) {
        cb->objects[which] = compare_follow(c, which, place_member(cb->maps[which], cb->name));
        list_addresses(c, cb->of, which, cb->objects[which], &cb->forms[which], &cb->counts[which]);
    }
    if (cb->of->depth == 0 || !seen_before(c, cb))
        compare_addresses(c, cb);
}

static void
list_known(struct compare *c, const struct operation_pair *of, struct compare_place map, struct index *known)
{
    uint32_t count = 0;

    if (!value_is(map.value, VALUE_OBJECT))
        return;
    for (VALUE_EACH_MEMBER(key, map.value))
        list_addresses(c, of, OLD, compare_follow(c, OLD, place_of(map.document, value_next(key))), known, &count);
}

void
compare_callbacks(struct compare *c, const struct operation_pair *o)
{
    struct compare_place maps[2] = { PLACE_MEMBER(o->places[OLD], "callbacks"),
                                     PLACE_MEMBER(o->places[NEW], "callbacks") };
    struct text operation = c->operation;
    struct index known = { 0 };

    if (o->depth == DEPTH)
        return;
    list_known(c, o, maps[OLD], &known);
    for (int which = 0; which < 2; which++) {
        if (!value_is(maps[which].value, VALUE_OBJECT))
            continue;
        for (VALUE_EACH_MEMBER(key, maps[which].value)) {
            struct callback cb = { .of = o,
                                   .of_name = operation,
                                   .name = value_text(key),
                                   .maps = { maps[OLD], maps[NEW] },
                                   .known = &known };

            if (is_entry(key) && (which == OLD || value_member(maps[OLD].value, cb.name) == NULL))
                compare_callback(c, &cb);
        }
    }
}
