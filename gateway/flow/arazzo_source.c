/* arazzo_source.c -- source descriptions: from a URL to a contract, or to another document of Arazzo.
 *
 * Nothing is fetched. A URL of the network is a file that the command line gave for it, or else a file with its name
 * beside the document, as published examples have them. A file that several sources name is read once. */
#include "flow/arazzo_internal.h"

#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "schema/uri.h"

/* "FILE" of "NAME=FILE" among the options; NULL: there is none. */
static const char *
given_file(const struct flow_reader *r, struct text name)
{
    const struct flow_options *options = r->library->options;

    for (const char *const *f = options != NULL ? options->files : NULL; f != NULL && *f != NULL; f++)
        if (text_starts(text_of(*f), name) && (*f)[name.length] == '=')
            return *f + name.length + 1;
    return NULL;
}

/* The path part of a reference, percent-decoded, as seen from the document; NULL: no memory. */
static const char *
path_beside(struct flow_reader *r, struct text path)
{
    char *decoded = arena_alloc(r->arena, path.length + 1);
    struct text text;

    if (decoded == NULL)
        return NULL;
    text = uri_decode(path, decoded);
    decoded[text.length] = '\0';
    while (decoded[0] == '.' && decoded[1] == '/')
        decoded += 2;
    return file_beside(r->document->name, decoded, r->arena);
}

static const char *
path_of_network(struct flow_reader *r, const struct flow_source *source, const struct value *at, struct text path)
{
    const char *beside;

    while (text_find(path, '/') < path.length)
        path = text_from(path, text_find(path, '/') + 1);
    beside = path.length > 0 ? path_beside(r, path) : NULL;
    if (beside == NULL || !file_exists(beside)) {
        flow_error(r, at, "'%.*s' is not fetched; save it, and say which file it is: %.*s=FILE",
                   TEXT_PRINT(source->url), TEXT_PRINT(source->name));
        return NULL;
    }
    flow_warn(r, at, "'%.*s' is not fetched; '%s' beside this document is used instead", TEXT_PRINT(source->url),
              beside);
    return beside;
}

static const char *
path_of(struct flow_reader *r, const struct flow_source *source, const struct value *at)
{
    const char *path = given_file(r, source->name);
    struct uri uri = uri_split(source->url);

    if (path != NULL)
        return path;
    if (uri.path.length == 0) {
        flow_error(r, at, "the URL of a source names no file");
        return NULL;
    }
    if ((uri.has_scheme && !text_equal_nocase(uri.scheme, TEXT("file"))) ||
        (uri.has_authority && uri.authority.length > 0))
        return path_of_network(r, source, at, uri.path);
    return path_beside(r, uri.path);
}

/* ---- files, each read once ---- */

static struct flow_file *
known_file(const struct flow_reader *r, const char *real)
{
    for (struct flow_file *file = r->library->files; file != NULL; file = file->next)
        if (strcmp(file->real, real) == 0)
            return file;
    return NULL;
}

/* What the file says it is. */
static struct text
kind_of(const struct document *document)
{
    static const char *const kinds[][2] = {
        { "arazzo", "arazzo" }, { "openapi", "openapi" }, { "swagger", "openapi" }, { "asyncapi", "asyncapi" }
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (value_member(document->root, text_of(kinds[i][0])) != NULL)
            return text_of(kinds[i][1]);
    return TEXT("");
}

static bool
goes_in_a_circle(struct flow_reader *r, const struct value *at, const char *real)
{
    for (const struct flow_reader *o = r; o != NULL; o = o->outer) {
        if (strcmp(o->real, real) != 0)
            continue;
        flow_error(r, at, "the sources go in a circle: '%s' has this document among its own", o->document->name);
        return true;
    }
    return false;
}

/* An error in what a source names is told at the source, with its own place in front. */
static void
tell_within(struct flow_reader *r, const struct value *at, const struct error *err)
{
    flow_error(r, at, "%s: %s", err->where, err->what);
}

static void
read_flow(struct flow_reader *r, struct flow_file *file, const char *path, const struct value *at)
{
    struct error err = { .kind = ERROR_NONE };

    file->flow = flow_read(r->library, path, r, &err);
    if (file->flow == NULL && err.kind != ERROR_NONE)
        tell_within(r, at, &err);
}

static void
read_contract(struct flow_reader *r, struct flow_file *file, const char *path, const struct value *at)
{
    struct error err = { .kind = ERROR_NONE };

    file->contract = contract_load(path, NULL, &err);
    if (file->contract == NULL)
        tell_within(r, at, &err);
}

/* The type that the document gives wins over a guess by the content, and must not contradict it. */
static bool
kind_fits(struct flow_reader *r, const struct flow_source *source, const struct value *type, struct text *kind,
          const struct value *at)
{
    if (kind->length == 0) {
        flow_error(r, at, "'%.*s' is neither an OpenAPI document nor one of Arazzo", TEXT_PRINT(source->url));
        return false;
    }
    if (text_equal(*kind, TEXT("asyncapi"))) {
        flow_error(r, at, "'%.*s' is an AsyncAPI document; Plumbline does not do AsyncAPI", TEXT_PRINT(source->url));
        return false;
    }
    if (type != NULL && !text_equal(value_text(type), *kind)) {
        flow_error(r, type, "the type is '%.*s', but '%.*s' is of type '%.*s'", TEXT_PRINT(value_text(type)),
                   TEXT_PRINT(source->url), TEXT_PRINT(*kind));
        return false;
    }
    return true;
}

/* NULL with an error told. */
static struct flow_file *
open_file(struct flow_reader *r, const struct flow_source *source, const struct value *type, const char *path,
          const struct value *at)
{
    struct error err = { .kind = ERROR_NONE };
    struct flow_file *file;
    struct document document;
    const char *real = file_real_path(path, r->arena, &err);
    struct text kind;

    if (real == NULL || (known_file(r, real) == NULL && document_read(&document, path, r->arena, &err) < 0)) {
        tell_within(r, at, &err);
        return NULL;
    }
    if (goes_in_a_circle(r, at, real))
        return NULL;
    file = known_file(r, real);
    if (file != NULL)
        return file;
    kind = kind_of(&document);
    if (!kind_fits(r, source, type, &kind, at))
        return NULL;
    file = FLOW_ARRAY(r, struct flow_file, 1);
    if (file == NULL)
        return NULL;
    file->real = real;
    file->next = r->library->files;
    r->library->files = file;
    if (text_equal(kind, TEXT("arazzo")))
        read_flow(r, file, path, at);
    else
        read_contract(r, file, path, at);
    return file;
}

/* ---- the list ---- */

static void
read_source(struct flow_reader *r, struct flow_source *source, const struct value *v)
{
    const struct value *at = VALUE_MEMBER(v, "url"), *type = VALUE_MEMBER(v, "type");
    struct flow_file *file;
    const char *path;

    source->name = FLOW_TEXT(v, "name");
    source->url = value_text(at);
    source->place = flow_place(r, v);
    for (const struct flow_source *other = r->sources; other < source; other++)
        if (text_equal(other->name, source->name))
            flow_error(r, VALUE_MEMBER(v, "name"), "two sources have the name '%.*s'", TEXT_PRINT(source->name));
    if (type != NULL && text_equal(value_text(type), TEXT("asyncapi"))) {
        flow_error(r, type, "the source '%.*s' is of AsyncAPI, which Plumbline does not do", TEXT_PRINT(source->name));
        return;
    }
    path = path_of(r, source, at);
    file = path != NULL ? open_file(r, source, type, path, at) : NULL;
    if (file == NULL)
        return;
    source->contract = file->contract;
    source->flow = file->flow;
}

void
flow_read_sources(struct flow_reader *r, const struct value *list)
{
    uint32_t i = 0;

    r->sources = FLOW_ARRAY(r, struct flow_source, list->count);
    if (r->sources == NULL)
        return;
    for (VALUE_EACH_ITEM(item, list))
        read_source(r, &r->sources[i++], item);
    r->flow->sources = r->sources;
    r->flow->source_count = i;
}

const struct flow_source *
flow_source_of(struct flow_reader *r, const struct value *v, struct text *rest)
{
    struct text name = text_from(value_text(v), TEXT("$sourceDescriptions.").length);
    struct flow_names names = { .count = 0 };

    for (uint32_t i = 0; i < r->flow->source_count; i++) {
        const struct flow_source *source = &r->sources[i];

        if (text_starts(name, source->name) && name.length > source->name.length &&
            name.data[source->name.length] == '.') {
            *rest = text_from(name, source->name.length + 1);
            return source;
        }
        flow_names_add(r, &names, source->name);
    }
    name = text_slice(name, 0, text_find(name, '.'));
    flow_error(r, v, "there is no source '%.*s'%s", TEXT_PRINT(name), flow_hint(r, &names, name));
    return NULL;
}
