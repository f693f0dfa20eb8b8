/* loader.c -- references, big objects and schemas, each looked at once. */
#include "contract/loader_private.h"

#include "base/limits.h"
#include "http/query.h"

#define INDEX_FROM  16   /* members from which on an object is indexed */
#define NEAREST_MAX 2048 /* keys that are compared with a mistyped one */

struct contract *
loader_contract(struct loader *l)
{
    return l->contract;
}

struct arena *
loader_arena(struct loader *l)
{
    return l->contract->arena;
}

static uint32_t
order_of(struct loader *l, const struct document *document)
{
    const struct source *source = document != NULL ? source_of(&l->sources, document) : NULL;

    return source != NULL ? source->order : 0;
}

void
loader_defect(struct loader *l, enum level level, struct place at, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    defect_list_add(&l->defects, level, at.document, order_of(l, at.document), at.value, NULL, format, arguments);
    va_end(arguments);
}

void
loader_defect_key(struct loader *l, enum level level, const struct document *document, const struct value *key,
                  const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    defect_list_add(&l->defects, level, document, order_of(l, document), key, value_next(key), format, arguments);
    va_end(arguments);
}

const struct value *
loader_member(struct loader *l, const struct value *object, struct text key)
{
    static const struct text whole = { NULL, 0 };

    if (!value_is(object, VALUE_OBJECT))
        return NULL;
    if (object->count < INDEX_FROM)
        return value_member(object, key);
    if (index_find(&l->indexed, object, whole) == NULL) {
        for (VALUE_EACH_MEMBER(k, object))
            if (index_put(&l->members, loader_arena(l), object, value_text(k), value_next(k)) < 0)
                return value_member(object, key);
        if (index_put(&l->indexed, loader_arena(l), object, whole, object) < 0)
            return value_member(object, key);
    }
    return index_find(&l->members, object, key);
}

struct text
loader_text(struct loader *l, const struct value *object, struct text key)
{
    const struct value *v = loader_member(l, object, key);

    return value_is(v, VALUE_STRING) ? value_text(v) : TEXT("");
}

bool
loader_true(struct loader *l, const struct value *object, struct text key)
{
    return value_is(loader_member(l, object, key), VALUE_TRUE);
}

struct place
loader_at(struct loader *l, struct place object, struct text key)
{
    return (struct place){ object.document, loader_member(l, object.value, key) };
}

/* ---- where a reference leads ---- */

/* "~1" is "/", "~0" is "~" (RFC 6901 4); in the arena only when there is something to undo. */
static struct text
unescape_token(struct text token, struct arena *arena)
{
    char *out;
    size_t n = 0;

    if (text_find(token, '~') == token.length)
        return token;
    out = arena_alloc(arena, token.length);
    if (out == NULL)
        return token;
    for (size_t i = 0; i < token.length; i++) {
        char c = token.data[i];

        if (c == '~' && i + 1 < token.length && (token.data[i + 1] == '0' || token.data[i + 1] == '1'))
            c = token.data[++i] == '0' ? '~' : '/';
        out[n++] = c;
    }
    return (struct text){ out, n };
}

/* The key of the object that is nearest to the word, or NULL. */
static const char *
nearest_key(struct loader *l, const struct value *object, struct text word)
{
    const char **names;
    size_t count = 0;

    if (!value_is(object, VALUE_OBJECT) || object->count > NEAREST_MAX || l->nearest_asked++ > NEAREST_ASKED_MAX)
        return NULL;
    names = arena_alloc(loader_arena(l), (object->count + 1) * sizeof *names);
    if (names == NULL)
        return NULL;
    for (VALUE_EACH_MEMBER(k, object)) {
        names[count] = arena_text(loader_arena(l), value_text(k)).data;
        if (names[count] != NULL)
            count++;
    }
    return text_nearest(word, names, count);
}

/* Was it meant for another section of components? "#/definitions/Order" and "#/components/schema/Order" mean the
 * schema. */
static const char *
same_name_elsewhere(struct loader *l, const struct document *document, struct text token)
{
    static const char *const sections[] = { "schemas",       "parameters", "responses",
                                            "requestBodies", "headers",    "pathItems" };
    const struct value *components = VALUE_MEMBER(document->root, "components");

    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        const struct value *section = value_member(components, text_of(sections[i]));

        if (loader_member(l, section, token) != NULL)
            return arena_print(loader_arena(l), "leads nowhere; this document has '#/components/%s/%.*s'", sections[i],
                               TEXT_PRINT(token))
                .data;
    }
    return "leads nowhere";
}

static const char *
why_nowhere(struct loader *l, const struct document *document, const struct value *parent, struct text before,
            struct text token)
{
    const char *near = nearest_key(l, parent, token);

    if (near != NULL)
        return arena_print(loader_arena(l), "leads nowhere; there is '#%.*s/%s'", TEXT_PRINT(before), near).data;
    return same_name_elsewhere(l, document, token);
}

static const struct value *
find_fragment(struct loader *l, const struct document *document, struct text fragment, const char **why)
{
    const struct value *v = document->root;
    struct text pointer, token;
    struct text_split split;

    if (fragment.length == 0)
        return v;
    if (!percent_decode(fragment, false, loader_arena(l), &pointer) || pointer.data[0] != '/') {
        *why = "is no JSON Pointer (they begin with '#/')";
        return NULL;
    }
    split = text_split_start(text_from(pointer, 1));
    while (text_split_next(&split, '/', &token)) {
        struct text name = unescape_token(token, loader_arena(l));
        const struct value *parent = v;
        uint64_t at;

        if (value_is(v, VALUE_ARRAY))
            v = text_to_u64(name, &at) && at < v->count ? value_item(v, (uint32_t)at) : NULL;
        else
            v = loader_member(l, v, name);
        if (v == NULL) {
            size_t used = token.data != NULL ? (size_t)(token.data - pointer.data) : 1;

            *why = why_nowhere(l, document, parent, text_slice(pointer, 0, used - 1), name);
            return NULL;
        }
    }
    return v;
}

struct place
loader_resolve(struct loader *l, const struct document *document, struct text reference, const char **why)
{
    size_t hash = text_find(reference, '#');
    const struct source *from = source_of(&l->sources, document);
    const struct place *known = index_find(&l->references, document, reference);
    struct place *found;
    struct source *target;

    *why = "leads nowhere";
    if (known != NULL)
        return *known;
    if (from == NULL || (found = ARENA_NEW(loader_arena(l), struct place)) == NULL)
        return (struct place){ NULL, NULL };
    target = source_open(&l->sources, from, text_slice(reference, 0, hash), why);
    if (target == NULL)
        return *found;
    if (target->order != 0 &&
        schema_set_add(l->contract->set, target->uri, &target->document, l->contract->dialect) < 0)
        return *found;
    found->document = &target->document;
    found->value = find_fragment(l, found->document, text_from(reference, hash + 1), why);
    if (found->value != NULL)
        (void)index_put(&l->references, loader_arena(l), document, reference, found); /* only a cache */
    return *found;
}

/* What is only elsewhere is no mistake of the document. */
static bool
is_network(const char *why)
{
    return why != NULL && strcmp(why, source_network) == 0;
}

struct place
loader_follow(struct loader *l, struct place from)
{
    struct place at = from;

    for (unsigned hops = 0; value_is(at.value, VALUE_OBJECT); hops++) {
        const struct value *reference = VALUE_MEMBER(at.value, "$ref");
        struct place next;
        const char *why;

        if (!value_is(reference, VALUE_STRING))
            return at;
        if (hops >= LIMIT_REF_HOPS) {
            loader_defect(l, LEVEL_ERROR, (struct place){ from.document, VALUE_MEMBER(from.value, "$ref") },
                          "$ref leads back to itself; this part stays unchecked");
            return (struct place){ NULL, NULL };
        }
        next = loader_resolve(l, at.document, value_text(reference), &why);
        if (next.value == NULL) {
            loader_defect(l, is_network(why) ? LEVEL_WARN : LEVEL_ERROR, (struct place){ at.document, reference },
                          "$ref '%.*s' %s; this part stays unchecked", TEXT_PRINT(value_text(reference)), why);
            return next;
        }
        at = next;
    }
    return at;
}

/* ---- schemas ---- */

struct shape
loader_shape(struct loader *l, struct place at)
{
    struct shape shape = { NULL, SCHEMA_TYPE_ANY, false };

    if (at.value == NULL)
        return shape;
    shape.schema = schema_compile(l->contract->set, at.document, at.value, l->contract->dialect);
    if (shape.schema == NULL)
        shape.broken = true;
    else
        shape.types = schema_types(shape.schema);
    return shape;
}

const struct document *
loader_on_load(void *arg, struct text uri, enum schema_dialect *dialect)
{
    struct loader *l = arg;
    const char *why = "leads nowhere";
    struct source *source = source_open_uri(&l->sources, uri, &why);

    if (source == NULL) {
        l->load_failure = why;
        return NULL;
    }
    *dialect = l->contract->dialect;
    return &source->document;
}

/* A keyword whose value is wrong and a reference that leads nowhere break the specification; a format or pattern that
 * cannot be checked does not. The compiler does not tell them apart but in words. */
static enum level
level_of(const struct schema_defect *defect, const char *failure)
{
    static const struct text wrong[] = { { "' must be ", 10 }, { "leads nowhere", 13 } };

    if (is_network(failure))
        return LEVEL_WARN;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (text_search(defect->what, wrong[i]) < defect->what.length)
            return LEVEL_ERROR;
    return defect->fatal ? LEVEL_ERROR : LEVEL_WARN;
}

void
loader_on_schema_defect(void *arg, const struct schema_defect *defect)
{
    struct loader *l = arg;
    const char *failure = l->load_failure;

    l->load_failure = NULL;
    loader_defect(l, level_of(defect, failure), (struct place){ defect->document, defect->place }, "%.*s%s%s",
                  TEXT_PRINT(defect->what), failure != NULL ? ": it " : "", failure != NULL ? failure : "");
}
