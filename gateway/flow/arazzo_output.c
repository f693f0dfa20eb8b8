/* arazzo_output.c -- outputs, and the Selector Objects of 1.1. */
#include "flow/arazzo_internal.h"

#include "flow/expression.h"
#include "json/path.h"

int
flow_read_selector(struct flow_reader *r, const struct value *selector, const struct value *type,
                   const struct path **path)
{
    const struct value *version = VALUE_MEMBER(type, "version");
    struct text kind = value_is(type, VALUE_OBJECT) ? FLOW_TEXT(type, "type") : value_text(type);
    struct error err = { .kind = ERROR_NONE };

    *path = NULL;
    if (text_equal(kind, TEXT("xpath"))) {
        flow_error(r, type, "XPath is not done; Plumbline selects by jsonpath and jsonpointer");
        return -1;
    }
    if (version != NULL && text_equal(value_text(version), TEXT("draft-goessner-dispatch-jsonpath-00")))
        flow_warn(r, version, "the JSONPath of this draft is read as RFC 9535 writes it");
    if (text_equal(kind, TEXT("jsonpointer"))) {
        if (value_text(selector).length == 0 || value_text(selector).data[0] == '/')
            return 0;
        flow_error(r, selector, "'%.*s' is no JSON Pointer: it begins with '/'", TEXT_PRINT(value_text(selector)));
        return -1;
    }
    *path = path_compile(value_text(selector), r->arena, &err);
    if (*path != NULL)
        return 0;
    flow_error(r, selector, "'%.*s' is no JSONPath: %s", TEXT_PRINT(value_text(selector)), err.what);
    return -1;
}

static const struct expression *
read_expression(struct flow_reader *r, const struct value *v)
{
    struct error err = { .kind = ERROR_NONE };
    const struct expression *e = expression_parse(value_text(v), r->arena, &err);

    if (e == NULL)
        flow_error(r, v, "%s", err.what);
    return e;
}

/* Without its expression when there is a mistake: its name is still one. */
static void
read_output(struct flow_reader *r, const struct value *key, struct flow_output *output)
{
    const struct value *v = value_next(key), *selector = VALUE_MEMBER(v, "selector");

    output->name = value_text(key);
    output->place = flow_place(r, v);
    if (!value_is(v, VALUE_OBJECT)) {
        output->expression = read_expression(r, v);
        return;
    }
    output->expression = read_expression(r, VALUE_MEMBER(v, "context"));
    if (flow_read_selector(r, selector, VALUE_MEMBER(v, "type"), &output->path) == 0 && output->path == NULL)
        output->pointer = value_text(selector);
}

const struct flow_output *
flow_read_outputs(struct flow_reader *r, const struct value *object, uint32_t *count)
{
    struct flow_output *outputs = FLOW_ARRAY(r, struct flow_output, flow_count(object));

    *count = 0;
    if (object == NULL || outputs == NULL)
        return outputs;
    for (VALUE_EACH_MEMBER(key, object))
        read_output(r, key, &outputs[(*count)++]);
    return outputs;
}
