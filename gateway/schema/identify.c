/* identify.c -- documents and resources: adding, loading, and the search for $id, $schema and anchors in them. */
#include "base/embedded.h"
#include "base/limits.h"
#include "schema/keywords.h"
#include "schema/set.h"
#include "schema/uri.h"

struct searcher {
    struct schema_set *set;
    struct source *source;
};

static struct resource *
new_resource(struct schema_set *set, struct source *source, const struct value *root, struct text uri,
             struct resource *parent)
{
    struct resource *r = ARENA_NEW(set->arena, struct resource);
    uint32_t at = source->count;

    if (r == NULL)
        return NULL;
    if (source->count == source->capacity) {
        uint32_t bigger = source->capacity > 0 ? source->capacity * 2 : 2;
        struct resource **grown =
            arena_grow(set->arena, source->resources, source->capacity * sizeof(*source->resources),
                       bigger * sizeof(*source->resources));

        if (grown == NULL)
            return NULL;
        source->resources = grown;
        source->capacity = bigger;
    }
    while (at > 0 && source->resources[at - 1]->root > root) {
        source->resources[at] = source->resources[at - 1];
        at--;
    }
    source->resources[at] = r;
    source->count++;
    *r =
        (struct resource){ .uri = uri, .document = source->document, .root = root, .parent = parent, .next = set->all };
    if (parent != NULL)
        r->dialect = parent->dialect;
    set->all = r;
    return r;
}

static void
register_resource(struct schema_set *set, struct resource *r, const struct value *place)
{
    const struct resource *other = map_find(&set->resources, NULL, r->uri);

    if (other == NULL) {
        if (map_put(&set->resources, NULL, r->uri, r) < 0)
            (void)set_no_memory(set);
    } else if (other != r) {
        set_defect(set, r->document, place, false, "the identifier '%.*s' is used twice; the first one counts",
                   TEXT_PRINT(r->uri));
    }
}

static void
add_dynamic(struct schema_set *set, struct resource *r, struct text name, const struct value *place)
{
    struct dynamic_anchor *anchor = ARENA_NEW(set->arena, struct dynamic_anchor);

    if (anchor == NULL) {
        (void)set_no_memory(set);
        return;
    }
    *anchor = (struct dynamic_anchor){ .name = name, .place = place, .next = r->dynamic };
    if (r->dynamic == NULL)
        set->anchors_changed = true;
    r->dynamic = anchor;
}

static void
add_anchor(struct schema_set *set, struct resource *r, struct text name, const struct value *place)
{
    const struct value *other = map_find(&set->anchors, r, name);

    if (other != NULL && other != place) {
        set_defect(set, r->document, place, false, "the anchor '%.*s' is used twice; the first one counts",
                   TEXT_PRINT(name));
        return;
    }
    if (map_put(&set->anchors, r, name, (void *)(uintptr_t)place) < 0)
        (void)set_no_memory(set);
}

static void
read_anchors(struct schema_set *set, struct resource *r, const struct value *v)
{
    const struct value *anchor = VALUE_MEMBER(v, "$anchor");
    const struct value *dynamic = VALUE_MEMBER(v, "$dynamicAnchor");

    if (r->dialect.draft == DRAFT_2019_09 && value_is(VALUE_MEMBER(v, "$recursiveAnchor"), VALUE_TRUE) && v == r->root)
        add_dynamic(set, r, TEXT(""), v);
    if (r->dialect.draft >= DRAFT_2019_09 && r->dialect.draft != DRAFT_OAS30 && value_is(anchor, VALUE_STRING))
        add_anchor(set, r, value_text(anchor), v);
    if (r->dialect.draft == DRAFT_2020_12 && value_is(dynamic, VALUE_STRING)) {
        add_anchor(set, r, value_text(dynamic), v);
        add_dynamic(set, r, value_text(dynamic), v);
    }
}

/* The schema v has an identifier: a new resource, a new name for the document's, or (up to draft 7) an anchor. */
static struct resource *
read_identifier(struct searcher *s, struct resource *r, const struct value *v, const struct value *id,
                const struct dialect *dialect)
{
    char buffer[LIMIT_POINTER_BYTES];
    struct uri parts = uri_split(value_text(id));
    struct text uri = uri_resolve(r->uri, value_text(id), buffer, sizeof(buffer));

    if (uri.data == NULL) {
        set_defect(s->set, r->document, id, false, "this identifier is too long; it is ignored");
        return r;
    }
    if (v != r->root && (id->count == 0 || id->data[0] != '#')) {
        r = new_resource(s->set, s->source, v, arena_text(s->set->arena, uri), r);
        if (r == NULL) {
            (void)set_no_memory(s->set);
            return NULL;
        }
        r->dialect = *dialect;
        register_resource(s->set, r, id);
    } else if (v == r->root && !text_equal(uri, r->uri)) {
        r->uri = arena_text(s->set->arena, uri);
        register_resource(s->set, r, id);
    }
    if (parts.fragment.length > 0 && dialect->draft <= DRAFT_7)
        add_anchor(s->set, r, parts.fragment, v);
    return r;
}

static struct resource *
enter(struct searcher *s, struct resource *r, const struct value *v)
{
    const struct value *schema = VALUE_MEMBER(v, "$schema");
    const struct value *id = VALUE_MEMBER(v, "$id");
    struct dialect dialect = r->dialect;
    bool root = v == r->root;

    if (value_is(schema, VALUE_STRING) && (root || id != NULL || VALUE_MEMBER(v, "id") != NULL))
        dialect_read(s->set, r->document, schema, &dialect);
    else if (value_is(schema, VALUE_STRING))
        set_defect(s->set, r->document, schema, false, "$schema is only read at the root or beside an identifier");
    if (root)
        r->dialect = dialect;
    if (dialect.draft == DRAFT_OAS30)
        return r;
    if (dialect.draft == DRAFT_4)
        id = VALUE_MEMBER(v, "id");
    if (!value_is(id, VALUE_STRING) ||
        (dialect_lone_reference(&dialect) && value_is(VALUE_MEMBER(v, "$ref"), VALUE_STRING)))
        return r;
    return read_identifier(s, r, v, id, &dialect);
}

static void search(struct searcher *s, struct resource *r, const struct value *v);

static void
search_in(struct searcher *s, struct resource *r, enum holds holds, const struct value *v)
{
    switch (holds) {
    case HOLDS_NOTHING:
        return;
    case HOLDS_SCHEMA:
        search(s, r, v);
        return;
    case HOLDS_SCHEMA_OR_ARRAY:
        if (v->type == VALUE_OBJECT) {
            search(s, r, v);
            return;
        }
        /* fall through */
    case HOLDS_ARRAY:
        if (v->type == VALUE_ARRAY) {
            for (VALUE_EACH_ITEM(item, v))
                search(s, r, item);
        }
        return;
    case HOLDS_MAP:
    case HOLDS_MIXED_MAP:
        if (v->type == VALUE_OBJECT) {
            for (VALUE_EACH_MEMBER(key, v))
                search(s, r, value_next(key));
        }
        return;
    }
}

static void
search(struct searcher *s, struct resource *r, const struct value *v)
{
    size_t index = (size_t)(v - s->source->document->root);

    if (v->type != VALUE_OBJECT || (s->source->seen[index / 64] >> (index % 64) & 1) != 0)
        return;
    s->source->seen[index / 64] |= (uint64_t)1 << (index % 64);
    r = enter(s, r, v);
    if (r == NULL)
        return;
    read_anchors(s->set, r, v);
    for (VALUE_EACH_MEMBER(key, v)) {
        const struct keyword *keyword = keyword_find(s->set, &r->dialect, value_text(key));

        if (keyword != NULL)
            search_in(s, r, keyword->holds, value_next(key));
    }
}

void
set_identify(struct schema_set *set, struct source *source, const struct value *place)
{
    struct searcher s = { .set = set, .source = source };
    struct resource *r = set_resource_of(set, source->document, place);

    if (r->dialect.draft != DRAFT_OAS30 || place == source->document->root)
        search(&s, r, place);
}

/* An OpenAPI document is no schema; of 3.1 on it names its dialect, and its components may be referred to by
 * identifier. */
static void
identify_openapi(struct schema_set *set, struct source *source)
{
    const struct value *root = source->document->root;
    const struct value *dialect = VALUE_MEMBER(root, "jsonSchemaDialect");
    const struct value *schemas = VALUE_MEMBER(VALUE_MEMBER(root, "components"), "schemas");

    if (source->resources[0]->dialect.draft == DRAFT_OAS30)
        return;
    if (value_is(dialect, VALUE_STRING))
        dialect_read(set, source->document, dialect, &source->resources[0]->dialect);
    if (value_is(schemas, VALUE_OBJECT)) {
        for (VALUE_EACH_MEMBER(key, schemas))
            set_identify(set, source, value_next(key));
    }
}

static bool
is_openapi(const struct document *document, enum schema_dialect dialect)
{
    return (dialect == SCHEMA_OAS30 || dialect == SCHEMA_OAS31) && VALUE_MEMBER(document->root, "openapi") != NULL;
}

int
schema_set_add(struct schema_set *set, struct text uri, const struct document *document, enum schema_dialect dialect)
{
    struct source *source = set_source(set, document);
    struct resource *r;

    uri = arena_text(set->arena, text_slice(uri, 0, text_find(uri, '#')));
    if (uri.data == NULL)
        return set_no_memory(set);
    if (map_find(&set->resources, NULL, uri) != NULL)
        return 0;
    if (source != NULL) /* known by another name */
        return map_put(&set->resources, NULL, uri, source->resources[0]) < 0 ? set_no_memory(set) : 0;
    source = ARENA_NEW(set->arena, struct source);
    if (source == NULL || (source->seen = ARENA_ARRAY(set->arena, uint64_t, document->values / 64 + 1)) == NULL)
        return set_no_memory(set);
    source->document = document;
    r = new_resource(set, source, document->root, uri, NULL);
    if (r == NULL || map_put(&set->sources, document, (struct text){ 0 }, source) < 0)
        return set_no_memory(set);
    r->dialect = dialect_of(dialect, set->options.assert_formats);
    register_resource(set, r, document->root);
    if (is_openapi(document, dialect))
        identify_openapi(set, source);
    else
        set_identify(set, source, document->root);
    return set->no_memory ? -1 : 0;
}

static const struct document *
read_embedded(struct schema_set *set, const char *name)
{
    const struct embedded *file = embedded_find(name);
    struct document *document = ARENA_NEW(set->arena, struct document);
    struct document_options options = { .name = name, .lines = true };

    if (file == NULL || document == NULL ||
        document_parse(document, text_make(file->data, file->size), &options, set->arena, NULL) < 0)
        return NULL;
    return document;
}

struct resource *
set_resource(struct schema_set *set, struct text uri)
{
    struct resource *known = map_find(&set->resources, NULL, uri);
    const struct document *document = NULL;
    enum schema_dialect dialect = SCHEMA_2020_12;
    const char *embedded;

    if (known != NULL || set->loading >= LIMIT_SCHEMA_LOADS)
        return known;
    set->loading++;
    embedded = dialect_embedded(uri);
    if (embedded != NULL)
        document = read_embedded(set, embedded);
    else if (set->options.load != NULL)
        document = set->options.load(set->options.arg, uri, &dialect);
    if (document != NULL && schema_set_add(set, uri, document, dialect) == 0)
        known = map_find(&set->resources, NULL, uri);
    set->loading--;
    return known;
}
