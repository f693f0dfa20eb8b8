/* arazzo_input.c -- the schemas of inputs: JSON Schema 2020-12, compiled in one set, with $ref into the document's
 * components and to files. They are read as OpenAPI 3.1 reads its own, for formats such as int64 and password. */
#include "flow/arazzo_internal.h"

#include "base/file.h"
#include "schema/uri.h"

/* ---- the set ---- */

static void
on_defect(void *arg, const struct schema_defect *defect)
{
    const struct flow_library *library = arg;
    struct flow_reader there = *library->reader;

    there.document = defect->document;
    /* A reference that leads nowhere would let everything through. */
    (defect->fatal || text_starts(defect->what, TEXT("$ref")) ? flow_error : flow_warn)(
        &there, defect->place != NULL ? defect->place : there.document->root, "%.*s", TEXT_PRINT(defect->what));
}

static const struct document *
on_load(void *arg, struct text uri, enum schema_dialect *dialect)
{
    const struct flow_library *library = arg;
    struct document *document;
    char *path;

    (void)dialect;
    if (!text_starts(uri, TEXT("file://")) || (path = arena_alloc(library->arena, uri.length)) == NULL)
        return NULL;
    path[uri_decode(text_from(uri, 7), path).length] = '\0';
    document = ARENA_NEW(library->arena, struct document);
    if (document == NULL || !file_exists(path) || document_read(document, path, library->arena, NULL) < 0)
        return NULL;
    return document;
}

/* The set knows the document by its path, against which references are resolved. */
static bool
make_known(struct flow_reader *r)
{
    struct flow_library *library = r->library;
    struct schema_set_options options = {
        .assert_formats = true, .load = on_load, .defect = on_defect, .arg = library
    };
    struct text uri = arena_print(r->arena, "file://%s", r->real);

    if (library->set == NULL)
        library->set = schema_set_new(&options);
    library->reader = r;
    return library->set != NULL && uri.data != NULL &&
           schema_set_add(library->set, uri, r->document, SCHEMA_OAS31) == 0;
}

void
flow_read_inputs(struct flow_reader *r, struct workflow *w, const struct value *schema)
{
    uint32_t errors = r->library->errors;

    if (schema == NULL)
        return;
    w->inputs_place = flow_place(r, schema);
    if (make_known(r))
        w->inputs = schema_compile(r->library->set, r->document, schema, SCHEMA_OAS31);
    if (w->inputs == NULL && r->library->errors == errors)
        flow_no_memory(r);
}

/* ---- names ---- */

#define HOPS 8 /* of $ref, when names are looked for */

const struct value *
flow_input_schema(const struct workflow *w)
{
    const struct value *v = w->inputs != NULL ? schema_source(w->inputs) : NULL, *to;
    const struct document *document = v != NULL ? schema_document(w->inputs) : NULL;

    for (int hops = 0; hops < HOPS && (to = VALUE_MEMBER(v, "$ref")) != NULL; hops++)
        v = schema_follow(w->flow->library->set, document, value_text(to), &document);
    return v;
}

/* What is not in `properties` may still be in a branch of it. */
static bool
has_branches(const struct value *schema)
{
    static const char *const keywords[] = { "anyOf", "oneOf",      "if", "dependentSchemas", "patternProperties",
                                            "$ref",  "$dynamicRef" };

    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (value_member(schema, text_of(keywords[i])) != NULL)
            return true;
    return false;
}

enum flow_input
flow_input_known(const struct workflow *w, struct text name)
{
    const struct value *schema;
    size_t end = 0;

    if (w->inputs == NULL)
        return FLOW_INPUT_EXTRA;
    if (schema_property(w->inputs, name) != NULL)
        return FLOW_INPUT_KNOWN;
    /* "order.total" is an input of its own, or a member of the input "order". */
    while (end < name.length && name.data[end] != '.' && name.data[end] != '[')
        end++;
    if (end < name.length && schema_property(w->inputs, text_slice(name, 0, end)) != NULL)
        return FLOW_INPUT_KNOWN;
    schema = flow_input_schema(w);
    if (has_branches(schema))
        return FLOW_INPUT_EXTRA;
    return value_is(VALUE_MEMBER(schema, "additionalProperties"), VALUE_FALSE) ||
                   value_is(VALUE_MEMBER(schema, "unevaluatedProperties"), VALUE_FALSE)
               ? FLOW_INPUT_REFUSED
               : FLOW_INPUT_EXTRA;
}

void
flow_input_names(struct flow_reader *r, const struct workflow *w, struct flow_names *names)
{
    const struct value *properties = VALUE_MEMBER(flow_input_schema(w), "properties");

    if (!value_is(properties, VALUE_OBJECT))
        return;
    for (VALUE_EACH_MEMBER(key, properties))
        flow_names_add(r, names, value_text(key));
}
