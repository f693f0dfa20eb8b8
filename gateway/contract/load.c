/* load.c -- from a file to a contract: read, which OpenAPI is it, look for defects, build what checking needs. */
#include "contract/loader_private.h"

#include <stdlib.h>

#include "base/limits.h"

/* Where a document of an edition says which JSON Schema it means by default (3.1 jsonSchemaDialect). */
static const struct {
    const char *uri;
    enum schema_dialect dialect;
} dialects[] = {
    { "https://spec.openapis.org/oas/3.1/dialect/base", SCHEMA_OAS31 },
    { "https://spec.openapis.org/oas/3.1/dialect/2024-10-25", SCHEMA_OAS31 },
    { "https://spec.openapis.org/oas/3.1/dialect/2024-11-10", SCHEMA_OAS31 },
    { "https://spec.openapis.org/oas/3.2/dialect/2025-09-17", SCHEMA_OAS31 },
    { "https://json-schema.org/draft/2020-12/schema", SCHEMA_2020_12 },
    { "http://json-schema.org/draft-04/schema", SCHEMA_DRAFT4 },
};

/* ---- which OpenAPI ---- */

static int
unsupported(const struct document *document, const struct value *at, struct arena *arena, struct error *err,
            const char *what, struct text found)
{
    struct text where = document_where(document, at, arena);

    return error_set(err, ERROR_CONFIG, where.data, what, TEXT_PRINT(found));
}

/* The openapi field decides (OAS 3.1 4.8.1.1). */
static int
find_edition(struct contract *c, struct error *err)
{
    const struct document *d = c->document;
    const struct value *openapi = VALUE_MEMBER(d->root, "openapi"), *swagger = VALUE_MEMBER(d->root, "swagger");
    struct text version;

    if (!value_is(d->root, VALUE_OBJECT))
        return unsupported(d, d->root, c->arena, err, "this is no OpenAPI document: an object is expected%.*s",
                           TEXT(""));
    if (openapi == NULL && swagger != NULL)
        return unsupported(d, swagger, c->arena, err,
                           "this is Swagger %.*s; convert it to OpenAPI 3 first (npx swagger2openapi FILE)",
                           value_text(swagger));
    if (openapi == NULL)
        return unsupported(d, d->root, c->arena, err,
                           "this is no OpenAPI document: it has no field 'openapi' (such as openapi: 3.1.0)%.*s",
                           TEXT(""));
    if (openapi->type != VALUE_STRING && openapi->type != VALUE_NUMBER)
        return unsupported(d, openapi, c->arena, err, "the field 'openapi' must be a version such as \"3.1.0\"%.*s",
                           TEXT(""));
    version = value_text(openapi);
    if (text_starts(version, TEXT("3.0")))
        c->edition = EDITION_30;
    else if (text_starts(version, TEXT("3.1")))
        c->edition = EDITION_31;
    else if (text_starts(version, TEXT("3.2")))
        c->edition = EDITION_32;
    else
        return unsupported(d, openapi, c->arena, err, "OpenAPI %.*s is not known; 3.0, 3.1 and 3.2 are", version);
    c->openapi = version;
    return 0;
}

static void
find_dialect(struct loader *l)
{
    struct contract *c = l->contract;
    const struct value *declared = VALUE_MEMBER(c->document->root, "jsonSchemaDialect");
    struct text uri;

    c->dialect = c->edition == EDITION_30 ? SCHEMA_OAS30 : SCHEMA_OAS31;
    if (c->edition == EDITION_30 || !value_is(declared, VALUE_STRING))
        return;
    uri = value_text(declared);
    if (uri.length > 0 && uri.data[uri.length - 1] == '#')
        uri.length--;
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++) {
        if (text_equal(uri, text_of(dialects[i].uri))) {
            c->dialect = dialects[i].dialect;
            return;
        }
    }
    loader_defect(l, LEVEL_WARN, (struct place){ c->document, declared },
                  "the schema dialect '%.*s' is not known; schemas are read as OpenAPI's own dialect", TEXT_PRINT(uri));
}

/* ---- names ---- */

static struct text
member_text(const struct value *object, struct text key)
{
    const struct value *v = value_member(object, key);

    return v != NULL && (v->type == VALUE_STRING || v->type == VALUE_NUMBER) ? value_text(v) : TEXT("");
}

/* "erp" for "contracts/erp.openapi.json", and for "https://shop.example/erp.openapi.json?branch=main". */
struct text
contract_name_of(struct text path)
{
    static const char *const endings[] = { ".json", ".yaml", ".yml", ".openapi", ".swagger" };
    size_t slash;

    if (text_search(path, TEXT("://")) < path.length)
        path = text_slice(text_slice(path, 0, text_find(path, '?')), 0, text_find(path, '#'));
    slash = path.length;
    while (slash > 0 && path.data[slash - 1] != '/')
        slash--;
    path = text_from(path, slash);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        struct text ending = text_of(endings[i]);

        if (path.length > ending.length && text_ends(path, ending))
            path.length -= ending.length;
    }
    return path.length > 0 ? path : TEXT("contract"); /* https://shop.example/ */
}

/* ---- loading ---- */

static struct contract *
contract_new(struct error *err)
{
    struct arena *arena = arena_new(64 * LIMIT_KIB, LIMIT_CONTRACT_BYTES);
    struct contract *c = arena != NULL ? ARENA_NEW(arena, struct contract) : NULL;

    if (c == NULL) {
        arena_free(arena);
        (void)error_memory(err);
        return NULL;
    }
    c->arena = arena;
    return c;
}

static int
add_schema_set(struct loader *l, const struct source *source, struct error *err)
{
    struct contract *c = l->contract;
    const struct schema_set_options options = {
        .assert_formats = true, .load = loader_on_load, .defect = loader_on_schema_defect, .arg = l
    };

    c->set = schema_set_new(&options);
    if (c->set == NULL || schema_set_add(c->set, source->base, c->document, c->dialect) < 0)
        return error_memory(err);
    return 0;
}

/* The document is read: make a contract of it. */
static int
load(struct loader *l, const char *path, const struct document *document, struct error *err)
{
    struct contract *c = l->contract;
    struct source *source = source_add_main(&l->sources, path, document);
    const struct value *self, *info;

    if (source == NULL)
        return error_memory(err);
    c->document = &source->document;
    if (find_edition(c, err) < 0)
        return -1;
    self = VALUE_MEMBER(c->document->root, "$self");
    if (c->edition >= EDITION_32 && value_is(self, VALUE_STRING) &&
        source_set_base(&l->sources, source, value_text(self)) < 0)
        return error_memory(err);
    find_dialect(l);
    info = VALUE_MEMBER(c->document->root, "info");
    c->title = member_text(info, TEXT("title"));
    c->version = member_text(info, TEXT("version"));
    if (add_schema_set(l, source, err) < 0)
        return -1;
    lint_object(l, (struct place){ c->document, c->document->root }, OBJECT_OPENAPI);
    return build_operations(l, err) < 0 ? -1 : lint_finish(l, err);
}

/* source.data NULL: read the file at path. */
static struct contract *
load_from(struct text text, const char *path, const struct contract_options *options, struct error *err)
{
    static const struct contract_options none;
    struct loader l = { 0 };
    struct document document;
    int result;

    if (options == NULL)
        options = &none;
    if ((l.contract = contract_new(err)) == NULL)
        return NULL;
    l.contract->file = arena_text(l.contract->arena, text_of(path));
    l.contract->name = contract_name_of(l.contract->file);
    l.defects.arena = l.contract->arena;
    l.examples = options->examples;
    path = l.contract->file.data;
    if (path == NULL) {
        (void)error_memory(err);
        goto fail;
    }
    if (source_list_init(&l.sources, l.contract->arena, path, options, err) < 0)
        goto fail;
    result = text.data != NULL ? document_read_text(&document, text, path, l.contract->arena, err)
                               : document_read(&document, path, l.contract->arena, err);
    if (result < 0)
        goto fail;
    result = load(&l, path, &document, err);
    defect_list_report(&l.defects, options->defect, options->arg);
    if (result < 0)
        goto fail;
    l.contract->defects = l.defects.total;
    l.contract->sources = l.sources.by_uri;
    return l.contract;

fail:
    contract_free(l.contract);
    return NULL;
}

struct contract *
contract_load(const char *path, const struct contract_options *options, struct error *err)
{
    return load_from((struct text){ NULL, 0 }, path, options, err);
}

struct contract *
contract_load_text(struct text source, const char *name, const struct contract_options *options, struct error *err)
{
    if (source.data == NULL)
        source = TEXT("");
    return load_from(source, name, options, err);
}

void
contract_free(struct contract *c)
{
    struct arena *arena;

    if (c == NULL)
        return;
    arena = c->arena;
    schema_set_free(c->set);
    arena_free(arena);
}
