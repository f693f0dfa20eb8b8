/* field.c -- does a contract describe a place? Asked once, when rules that name places are loaded: it walks the schemas
 * as they were written. */
#include "contract/model.h"

#define WALK_DEPTH 32 /* of references and alternatives at one place; deeper is taken for silence */

/* What a schema says of a place, the better the higher. */
enum answer {
    SILENT,  /* it does not describe what is there: anything may be */
    UNKNOWN, /* it describes others beside it */
    KNOWN,
};

struct walk {
    const struct schema_set *set;
    struct arena *arena;
    const char **names; /* that were there where the place was not */
    uint32_t name_count, name_capacity;
    struct text missed; /* the token that is none of them */
};

static void
remember(struct walk *w, struct text name)
{
    if (w->name_count == w->name_capacity) {
        uint32_t bigger = w->name_capacity > 0 ? 2 * w->name_capacity : 32;
        const char **names = arena_grow(w->arena, w->names, w->name_capacity * sizeof(*names), bigger * sizeof(*names));

        if (names == NULL)
            return;
        w->names = names;
        w->name_capacity = bigger;
    }
    if ((w->names[w->name_count] = arena_text(w->arena, name).data) != NULL)
        w->name_count++;
}

static struct text
nearest(const struct walk *w, struct text name)
{
    return text_of(text_nearest(name, w->names, w->name_count));
}

/* "b" of "/b/c": what stands between the first two slashes, unescaped (RFC 6901 4). */
static struct text
first_token(struct text pointer, struct text *rest, struct arena *arena)
{
    struct text token = text_from(pointer, 1);
    char *plain;
    size_t n = 0;

    token = text_slice(token, 0, text_find(token, '/'));
    *rest = text_from(pointer, 1 + token.length);
    if (text_find(token, '~') == token.length || (plain = arena_alloc(arena, token.length)) == NULL)
        return token;
    for (size_t i = 0; i < token.length; i++)
        if (token.data[i] == '~' && i + 1 < token.length)
            plain[n++] = token.data[++i] == '1' ? '/' : '~';
        else
            plain[n++] = token.data[i];
    return text_make(plain, n);
}

static enum answer walk(struct walk *w, struct place at, struct text pointer, uint32_t depth);

static enum answer
better(enum answer a, enum answer b)
{
    return a > b ? a : b;
}

static enum answer
walk_list(struct walk *w, struct place list, struct text pointer, uint32_t depth)
{
    enum answer best = SILENT;

    if (value_is(list.value, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(branch, list.value))
            best = better(best, walk(w, (struct place){ list.document, branch }, pointer, depth));
    return best;
}

static enum answer
walk_member(struct walk *w, struct place at, struct text token, struct text rest)
{
    const struct value *properties = VALUE_MEMBER(at.value, "properties");
    const struct value *additional = VALUE_MEMBER(at.value, "additionalProperties");
    const struct value *property = value_member(properties, token);

    if (property != NULL)
        return rest.length == 0 ? KNOWN : walk(w, (struct place){ at.document, property }, rest, 0);
    if (value_is(additional, VALUE_OBJECT) && additional->count > 0)
        return rest.length == 0 ? KNOWN : walk(w, (struct place){ at.document, additional }, rest, 0);
    if (!value_is(properties, VALUE_OBJECT) || properties->count == 0)
        return SILENT;
    for (VALUE_EACH_MEMBER(name, properties))
        remember(w, value_text(name));
    w->missed = token;
    return UNKNOWN;
}

static enum answer
walk(struct walk *w, struct place at, struct text pointer, uint32_t depth)
{
    static const struct text lists[] = { TEXT("allOf"), TEXT("anyOf"), TEXT("oneOf") };
    const struct value *items = VALUE_MEMBER(at.value, "items"), *reference = VALUE_MEMBER(at.value, "$ref");
    struct text rest, token;
    enum answer best = SILENT;
    uint64_t index;

    if (!value_is(at.value, VALUE_OBJECT) || depth == WALK_DEPTH || pointer.length == 0)
        return pointer.length == 0 ? KNOWN : SILENT;
    token = first_token(pointer, &rest, w->arena);
    best = walk_member(w, at, token, rest);
    if (value_is(items, VALUE_OBJECT))
        best =
            better(best, text_to_u64(token, &index) ? walk(w, (struct place){ at.document, items }, rest, 0) : UNKNOWN);
    if (value_is(reference, VALUE_STRING)) {
        struct place target = { NULL, NULL };

        target.value = schema_follow(w->set, at.document, value_text(reference), &target.document);
        best = better(best, walk(w, target, pointer, depth + 1));
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && best != KNOWN; i++)
        best = better(
            best, walk_list(w, (struct place){ at.document, value_member(at.value, lists[i]) }, pointer, depth + 1));
    return best;
}

static enum answer
walk_media(struct walk *w, const struct media_list *list, struct text pointer, bool *any)
{
    enum answer best = SILENT;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct media *media = &list->items[i];
        struct place schema = { media->place.document, VALUE_MEMBER(media->place.value, "schema") };

        *any = true;
        best = better(best, walk(w, schema, pointer, 0));
    }
    return best;
}

bool
operation_has_field(const struct operation *o, enum side side, struct text pointer, struct arena *arena,
                    struct text *near)
{
    struct walk w = { .set = o->contract->set, .arena = arena };
    enum answer best = SILENT;
    bool any = false;

    *near = (struct text){ NULL, 0 };
    if (side == SIDE_REQUEST && o->body != NULL)
        best = walk_media(&w, &o->body->media, pointer, &any);
    for (uint32_t i = 0; side == SIDE_RESPONSE && i < o->response_count; i++)
        if (o->responses[i].status / 100 == 2 || o->responses[i].range == 2 ||
            text_equal(o->responses[i].key, TEXT("default")))
            best = better(best, walk_media(&w, &o->responses[i].media, pointer, &any));
    if (any && best != UNKNOWN)
        return true;
    *near = nearest(&w, w.missed);
    return false;
}

bool
operation_has_parameter(const struct operation *o, struct text in, struct text name, struct arena *arena,
                        struct text *near)
{
    enum location location = text_equal(in, TEXT("path"))    ? IN_PATH
                             : text_equal(in, TEXT("query")) ? IN_QUERY
                                                             : IN_HEADER;
    struct walk w = { .arena = arena };

    *near = (struct text){ NULL, 0 };
    for (uint32_t i = 0; i < o->parameter_count[location]; i++) {
        struct text known = o->parameters[location][i].name;

        if (location == IN_HEADER ? text_equal_nocase(known, name) : text_equal(known, name))
            return true;
        remember(&w, known);
    }
    for (uint32_t i = 0; location == IN_PATH && i < o->slot_count; i++) {
        if (text_equal(o->slots[i].name, name))
            return true;
        remember(&w, o->slots[i].name);
    }
    *near = nearest(&w, name);
    return false;
}
