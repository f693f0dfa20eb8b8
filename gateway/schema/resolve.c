/* resolve.c -- identifiers and references: which resource a place belongs to, and where a $ref leads (Core 2020-12
 * 8.2, 9.1).
 *
 * Identifiers are only searched where schemas are: an "$id" inside an enum or an unknown keyword is data. What is
 * referred to in such a place becomes a schema by being referred to, and is searched then. */
#include "schema/set.h"

#include "base/limits.h"
#include "json/pointer.h"
#include "schema/uri.h"

struct source *
set_source(struct schema_set *set, const struct document *document)
{
    if (set->latest == NULL || set->latest->document != document)
        set->latest = map_find(&set->sources, document, (struct text){ 0 });
    return set->latest;
}

static bool
inside(const struct value *root, const struct value *place)
{
    return place >= root && place < root + root->span;
}

static struct resource *
resource_in(const struct source *source, const struct value *place)
{
    uint32_t low = 0, high = source->count;
    struct resource *r;

    while (high - low > 1) { /* the last one that begins at or before the place */
        uint32_t middle = low + (high - low) / 2;

        if (source->resources[middle]->root <= place)
            low = middle;
        else
            high = middle;
    }
    r = source->resources[low];
    while (r->parent != NULL && !inside(r->root, place))
        r = r->parent;
    return r;
}

struct resource *
set_resource_of(struct schema_set *set, const struct document *document, const struct value *place)
{
    struct source *source = set_source(set, document);

    return source != NULL ? resource_in(source, place) : NULL;
}

/* The fragment decides: empty is the root, "/…" a pointer, else an anchor. `build`: indexes may be built on the
 * way. */
struct fragment {
    const struct schema_set *set;
    struct schema_set *build; /* the same, or NULL */
    const struct resource *resource;
};

static const struct value *
step(const struct fragment *f, const struct value *v, struct text token)
{
    uint64_t index;

    if (v->type == VALUE_OBJECT)
        return f->build != NULL ? set_member(f->build, v, token) : set_member_find(f->set, v, token);
    if (v->type != VALUE_ARRAY || !text_to_u64(token, &index) || index >= v->count ||
        (token.length > 1 && token.data[0] == '0'))
        return NULL;
    return value_item(v, (uint32_t)index);
}

static struct text
unescape(struct text token, char *out)
{
    size_t length = 0;

    if (text_find(token, '~') == token.length)
        return token;
    for (size_t i = 0; i < token.length; i++) {
        char c = token.data[i];

        if (c == '~' && i + 1 < token.length && (token.data[i + 1] == '0' || token.data[i + 1] == '1'))
            c = token.data[++i] == '0' ? '~' : '/';
        out[length++] = c;
    }
    return (struct text){ out, length };
}

static const struct value *
walk_pointer(const struct fragment *f, struct text pointer)
{
    struct text_split split = text_split_start(text_from(pointer, 1));
    const struct value *v = f->resource->root;
    char buffer[LIMIT_POINTER_BYTES];
    struct text token;

    while (v != NULL && text_split_next(&split, '/', &token))
        v = step(f, v, unescape(token, buffer));
    return v;
}

static const struct value *
find_fragment(const struct fragment *f, struct text fragment)
{
    char buffer[LIMIT_POINTER_BYTES];

    if (fragment.length == 0)
        return f->resource->root;
    if (fragment.length >= sizeof(buffer))
        return NULL;
    if (text_find(fragment, '%') < fragment.length)
        fragment = uri_decode(fragment, buffer);
    if (fragment.data[0] == '/')
        return walk_pointer(f, fragment);
    return map_find(&f->set->anchors, f->resource, fragment);
}

static struct text
fragment_of(struct text reference)
{
    return text_from(reference, text_find(reference, '#') + 1);
}

struct target
set_resolve(struct schema_set *set, const struct resource *from, struct text reference)
{
    struct fragment f = { .set = set, .build = set, .resource = from };
    struct target target = { 0 };
    struct source *source;

    if (reference.length == 0 || reference.data[0] != '#') {
        char buffer[LIMIT_POINTER_BYTES];
        struct text uri = uri_resolve(from->uri, reference, buffer, sizeof(buffer));

        f.resource = uri.data != NULL ? set_resource(set, uri) : NULL;
    }
    if (f.resource == NULL || (target.place = find_fragment(&f, fragment_of(reference))) == NULL)
        return (struct target){ 0 };
    source = set_source(set, f.resource->document);
    set_identify(set, source, target.place);
    target.resource = resource_in(source, target.place);
    return target;
}

struct target
set_find(const struct schema_set *set, const struct resource *from, struct text reference)
{
    struct fragment f = { .set = set, .resource = from };
    struct target target = { 0 };

    if (reference.length == 0 || reference.data[0] != '#') {
        char buffer[LIMIT_POINTER_BYTES];
        struct text uri = uri_resolve(from->uri, reference, buffer, sizeof(buffer));

        f.resource = uri.data != NULL ? map_find(&set->resources, NULL, uri) : NULL;
    }
    if (f.resource == NULL || (target.place = find_fragment(&f, fragment_of(reference))) == NULL)
        return (struct target){ 0 };
    target.resource = resource_in(map_find(&set->sources, f.resource->document, (struct text){ 0 }), target.place);
    return target;
}

/* The nearest name in the object where the pointer went astray. */
static const char *
nearest_member(struct schema_set *set, const struct value *object, struct text token)
{
    uint32_t count = object->count < LIMIT_CONTRACT_DEFECTS ? object->count : LIMIT_CONTRACT_DEFECTS, i = 0;
    const char **names = ARENA_ARRAY(set->arena, const char *, count);

    if (names == NULL)
        return NULL;
    for (VALUE_EACH_MEMBER(key, object)) {
        if (i < count)
            names[i++] = arena_text(set->arena, value_text(key)).data;
    }
    return text_nearest(token, names, i);
}

struct text
set_nearest(struct schema_set *set, const struct resource *from, struct text reference)
{
    struct fragment f = { .set = set, .build = set, .resource = from };
    struct text pointer = fragment_of(reference), token, none = TEXT("");
    struct text_split split = text_split_start(text_from(pointer, 1));
    const struct value *v = from->root, *next;
    char buffer[LIMIT_POINTER_BYTES];

    if (!text_starts(reference, TEXT("#/")) || pointer.length >= sizeof(buffer))
        return none;
    while (text_split_next(&split, '/', &token)) {
        next = step(&f, v, unescape(token, buffer));
        if (next == NULL) {
            const char *name = v->type == VALUE_OBJECT ? nearest_member(set, v, unescape(token, buffer)) : NULL;
            struct text path = pointer_to(from->root, v, set->arena);

            if (name == NULL)
                return none;
            return arena_print(set->arena, "; this document has '#%.*s/%s'", TEXT_PRINT(path), name);
        }
        v = next;
    }
    return none;
}
