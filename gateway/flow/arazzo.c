/* arazzo.c -- a document of Arazzo from its bytes to a flow: which version it is, whether it satisfies the schema of
 * that version, then its parts in the order in which they need each other. */
#include "flow/arazzo_internal.h"

#include <stdarg.h>

#include "base/file.h"
#include "base/limits.h"
#include "rules/judge.h"

/* ---- what is wrong ---- */

static void
tell(struct flow_reader *r, enum level level, const struct value *v, const char *format, va_list arguments)
{
    struct flow_library *library = r->library;
    struct flow_defect defect = { .level = level, .place = { r->document, v } };

    defect.what = arena_vprint(r->arena, format, arguments);
    if (level == LEVEL_ERROR) {
        library->errors++;
        error_set(library->err, ERROR_CONFIG, document_where(r->document, v, r->arena).data, "%.*s",
                  TEXT_PRINT(defect.what));
    }
    if (library->options != NULL && library->options->defect != NULL)
        library->options->defect(library->options->arg, &defect);
}

void
flow_error(struct flow_reader *r, const struct value *v, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(r, LEVEL_ERROR, v, format, arguments);
    va_end(arguments);
}

void
flow_warn(struct flow_reader *r, const struct value *v, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(r, LEVEL_WARN, v, format, arguments);
    va_end(arguments);
}

void
flow_no_memory(struct flow_reader *r)
{
    r->library->errors++;
    error_memory(r->library->err);
}

void *
flow_array(struct flow_reader *r, size_t count, size_t size)
{
    void *memory = arena_zalloc(r->arena, count, size);

    if (memory == NULL)
        flow_no_memory(r);
    return memory;
}

/* ---- small things that all parts want ---- */

struct flow_place
flow_place(const struct flow_reader *r, const struct value *v)
{
    return (struct flow_place){ r->document, v };
}

struct text
flow_text(const struct value *object, struct text key)
{
    const struct value *v = value_member(object, key);

    return value_is(v, VALUE_STRING) ? value_text(v) : text_make(NULL, 0);
}

uint32_t
flow_count(const struct value *array)
{
    return value_is(array, VALUE_ARRAY) || value_is(array, VALUE_OBJECT) ? array->count : 0;
}

bool
flow_is_11(const struct flow_reader *r)
{
    return text_starts(r->flow->arazzo, TEXT("1.1."));
}

/* ---- a document ---- */

/* The schema that the document must satisfy; NULL with an error told. */
static const char *
schema_of(struct flow_reader *r)
{
    const struct value *root = r->document->root, *version = VALUE_MEMBER(root, "arazzo");

    if (VALUE_MEMBER(root, "asyncapi") != NULL)
        flow_error(r, VALUE_MEMBER(root, "asyncapi"),
                   "this is an AsyncAPI document, no flow; Plumbline does not do AsyncAPI");
    else if (VALUE_MEMBER(root, "openapi") != NULL || VALUE_MEMBER(root, "swagger") != NULL)
        flow_error(r, root,
                   "this is an OpenAPI document, no flow; name it in the sourceDescriptions of an Arazzo document");
    else if (version == NULL)
        flow_error(r, root, "this is no Arazzo document: it does not begin with 'arazzo: 1.0.1'");
    else if (!value_is(version, VALUE_STRING))
        flow_error(r, version, "the version of Arazzo is a string such as '1.0.1'");
    else if (text_starts(value_text(version), TEXT("1.0.")))
        return "arazzo/1.0.schema.json";
    else if (text_starts(value_text(version), TEXT("1.1.")))
        return "arazzo/1.1.schema.json";
    else
        flow_error(r, version, "Arazzo '%.*s' is not known; Plumbline reads 1.0 and 1.1",
                   TEXT_PRINT(value_text(version)));
    return NULL;
}

static void
on_mistake(void *arg, const struct value *v, struct text what)
{
    flow_error(arg, v != NULL ? v : ((struct flow_reader *)arg)->document->root, "%.*s", TEXT_PRINT(what));
}

static bool
satisfies(struct flow_reader *r, const char *schema)
{
    struct error err = { .kind = ERROR_NONE };

    if (judge_each(r->document, schema, LIMIT_FLOW_DEFECTS, on_mistake, r, &err) == 0)
        return true;
    if (err.kind != ERROR_NONE) {
        r->library->errors++;
        error_set(r->library->err, err.kind, err.where, "%s", err.what);
    }
    return false;
}

static void
read_head(struct flow_reader *r)
{
    const struct value *root = r->document->root, *info = VALUE_MEMBER(root, "info");

    r->flow->arazzo = FLOW_TEXT(root, "arazzo");
    r->flow->title = FLOW_TEXT(info, "title");
    r->flow->summary = FLOW_TEXT(info, "summary");
    r->flow->version = FLOW_TEXT(info, "version");
}

static int
read_document(struct flow_reader *r, const char *path, struct error *err)
{
    struct document *document = ARENA_NEW(r->arena, struct document);

    r->flow = ARENA_NEW(r->arena, struct flow);
    if (document == NULL || r->flow == NULL) {
        error_memory(err);
        return -1;
    }
    if (document_read(document, path, r->arena, err) < 0 || (r->real = file_real_path(path, r->arena, err)) == NULL)
        return -1;
    r->document = document;
    r->flow->arena = r->arena;
    r->flow->library = r->library;
    r->flow->document = document;
    r->flow->file = text_of(document->name);
    return 0;
}

struct flow *
flow_read(struct flow_library *library, const char *path, const struct flow_reader *outer, struct error *err)
{
    struct flow_reader r = { .library = library, .arena = library->arena, .outer = outer };
    uint32_t errors = library->errors;
    const char *schema;

    if (++library->flows > LIMIT_FLOW_DOCUMENTS) {
        error_set(err, ERROR_CONFIG, path, "more than %u Arazzo documents are one flow", LIMIT_FLOW_DOCUMENTS);
        return NULL;
    }
    if (read_document(&r, path, err) < 0)
        return NULL;
    schema = schema_of(&r);
    if (schema == NULL || !satisfies(&r, schema))
        return NULL;
    read_head(&r);
    flow_read_sources(&r, VALUE_MEMBER(r.document->root, "sourceDescriptions"));
    flow_read_workflows(&r, VALUE_MEMBER(r.document->root, "workflows"));
    if (r.named) {
        flow_check_names(&r);
        flow_check_order(&r);
    }
    return library->errors == errors ? r.flow : NULL;
}

/* ---- the flow that is loaded, and what belongs to it ---- */

static void
library_free(struct flow_library *library)
{
    for (struct flow_file *file = library->files; file != NULL; file = file->next)
        contract_free(file->contract);
    schema_set_free(library->set);
    arena_free(library->arena);
}

struct flow *
flow_load(const char *path, const struct flow_options *options, struct error *err)
{
    struct error first = { .kind = ERROR_NONE }, *told = err != NULL ? err : &first;
    struct arena *arena = arena_new(0, LIMIT_FLOW_BYTES);
    struct flow_library *library = arena != NULL ? ARENA_NEW(arena, struct flow_library) : NULL;
    struct flow *flow;

    if (library == NULL) {
        arena_free(arena);
        error_memory(err);
        return NULL;
    }
    *library = (struct flow_library){ .arena = arena, .options = options, .err = told };
    flow = flow_read(library, path, NULL, told);
    if (flow == NULL) {
        library_free(library);
        return NULL;
    }
    return flow;
}

void
flow_free(struct flow *f)
{
    if (f != NULL)
        library_free(f->library);
}

const struct workflow *
flow_workflow(const struct flow *f, struct text id)
{
    for (uint32_t i = 0; i < f->workflow_count; i++)
        if (text_equal(f->workflows[i].id, id))
            return &f->workflows[i];
    return NULL;
}
