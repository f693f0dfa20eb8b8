#include "cli/flow_inputs.h"

#include "base/limits.h"
#include "json/write.h"

struct given {
    struct text name;
    struct text value;            /* as written */
    const struct schema *schema;  /* NULL: nobody says what it is */
    struct flow_place documented; /* where */
};

/* ---- what the workflows say of an input ---- */

static const struct value *
properties_of(const struct workflow *w)
{
    return w->inputs != NULL ? VALUE_MEMBER(schema_source(w->inputs), "properties") : NULL;
}

/* Could an input of any name be meant? */
static bool
anything_goes(const struct flow *flow)
{
    for (uint32_t i = 0; i < flow->workflow_count; i++)
        if (flow->workflows[i].inputs != NULL && properties_of(&flow->workflows[i]) == NULL)
            return true;
    return false;
}

static int
unknown_input(const struct flow *flow, struct text name, struct arena *arena, struct error *err)
{
    const char *names[FLOW_PLAN_NAMES], *near;
    size_t count = 0;

    for (uint32_t i = 0; i < flow->workflow_count; i++) {
        const struct value *properties = properties_of(&flow->workflows[i]);

        if (properties == NULL)
            continue;
        for (VALUE_EACH_MEMBER(key, properties)) {
            if (count < FLOW_PLAN_NAMES)
                names[count++] = arena_text(arena, value_text(key)).data;
        }
    }
    near = text_nearest(name, names, count);
    return error_set(err, ERROR_USAGE, "--input", "no workflow of %.*s has an input '%.*s'%s%s%s",
                     TEXT_PRINT(flow->file), TEXT_PRINT(name), near != NULL ? "; did you mean '" : "",
                     near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* The first workflow that documents it tells its type. */
static int
find_input(struct given *g, const struct flow *flow, struct arena *arena, struct error *err)
{
    for (uint32_t i = 0; i < flow->workflow_count; i++) {
        const struct workflow *w = &flow->workflows[i];
        const struct value *property = value_member(properties_of(w), g->name);

        if (property == NULL)
            continue;
        g->schema = schema_property(w->inputs, g->name);
        g->documented = (struct flow_place){ schema_document(w->inputs), property };
        return 0;
    }
    return anything_goes(flow) ? 0 : unknown_input(flow, g->name, arena, err);
}

/* ---- values of the command line ---- */

static unsigned
type_bit(const struct value *v)
{
    switch ((enum value_type)v->type) {
    case VALUE_NULL:
        return SCHEMA_TYPE_NULL;
    case VALUE_FALSE:
    case VALUE_TRUE:
        return SCHEMA_TYPE_BOOLEAN;
    case VALUE_NUMBER:
        return (v->flags & VALUE_INTEGER) != 0 ? SCHEMA_TYPE_INTEGER | SCHEMA_TYPE_NUMBER : SCHEMA_TYPE_NUMBER;
    case VALUE_STRING:
        return SCHEMA_TYPE_STRING;
    case VALUE_ARRAY:
        return SCHEMA_TYPE_ARRAY;
    case VALUE_OBJECT:
        return SCHEMA_TYPE_OBJECT;
    }
    return 0;
}

static const char *
type_words(unsigned types)
{
    return (types & SCHEMA_TYPE_OBJECT) != 0    ? "a JSON object"
           : (types & SCHEMA_TYPE_ARRAY) != 0   ? "a JSON array"
           : (types & SCHEMA_TYPE_NUMBER) != 0  ? "a number"
           : (types & SCHEMA_TYPE_INTEGER) != 0 ? "a whole number"
           : (types & SCHEMA_TYPE_BOOLEAN) != 0 ? "true or false"
                                                : "null";
}

/* JSON where the schema takes what it is; else a string where it takes those. Where nobody says anything, a number is a
 * number. */
static int
write_given(struct json_writer *w, const struct given *g, struct arena *arena, struct error *err)
{
    unsigned types = g->schema != NULL ? schema_types(g->schema) : SCHEMA_TYPE_ANY;
    struct document parsed = { .root = NULL };
    bool json = document_parse(&parsed, g->value, NULL, arena, NULL) == 0 && parsed.root->type != VALUE_STRING;

    json_key(w, g->name);
    if (json && (type_bit(parsed.root) & types) != 0) {
        json_value(w, parsed.root);
    } else if ((types & SCHEMA_TYPE_STRING) != 0) {
        json_string(w, g->value);
    } else {
        return error_set(
            err, ERROR_USAGE, "--input", "'%.*s' is %s (%.*s), not '%.*s'", TEXT_PRINT(g->name), type_words(types),
            TEXT_PRINT(document_where(g->documented.document, g->documented.value, arena)), TEXT_PRINT(g->value));
    }
    return 0;
}

static int
read_given(struct given *list, const struct option_list *options, const struct flow *flow, struct arena *arena,
           struct error *err)
{
    for (size_t i = 0; i < options->count; i++) {
        struct text whole = text_of(options->items[i]);
        struct given *g = &list[i];

        g->name = text_slice(whole, 0, text_find(whole, '='));
        g->value = text_from(whole, g->name.length + 1);
        if (g->name.length == 0 || g->name.length == whole.length)
            return error_set(err, ERROR_USAGE, "--input", "wanted is NAME=VALUE, not '%s'", options->items[i]);
        if (find_input(g, flow, arena, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- all of them as one object ---- */

static bool
is_given(const struct given *list, size_t count, size_t from, struct text name)
{
    for (size_t i = from; i < count; i++)
        if (text_equal(list[i].name, name))
            return true;
    return false;
}

/* Does a later file have it, or a later member of the same one? */
static bool
is_covered(const struct flow_plan *plan, uint32_t layer, const struct value *key)
{
    if (value_member(plan->layers[layer].inputs, value_text(key)) != value_next(key))
        return true;
    for (uint32_t i = layer + 1; i < plan->layer_count; i++)
        if (value_member(plan->layers[i].inputs, value_text(key)) != NULL)
            return true;
    return false;
}

static int
write_all(struct json_writer *w, const struct flow_plan *plan, const struct given *list, size_t count,
          struct error *err)
{
    json_object(w);
    for (uint32_t i = 0; i < plan->layer_count; i++) {
        for (VALUE_EACH_MEMBER(key, plan->layers[i].inputs)) {
            if (is_covered(plan, i, key) || is_given(list, count, 0, value_text(key)))
                continue;
            json_key(w, value_text(key));
            json_value(w, value_next(key));
        }
    }
    for (size_t i = 0; i < count; i++)
        if (!is_given(list, count, i + 1, list[i].name) && write_given(w, &list[i], plan->arena, err) < 0)
            return -1;
    json_end_object(w);
    return 0;
}

const struct value *
flow_inputs_read(struct flow_plan *plan, const struct flow *flow, const struct option_list *given, struct error *err)
{
    struct given *list = ARENA_ARRAY(plan->arena, struct given, given->count + 1);
    struct document document = { .root = NULL };
    struct json_writer w;
    struct buffer out;

    buffer_init(&out, LIMIT_FILE_BYTES);
    json_begin(&w, &out, 0);
    if (list == NULL)
        error_memory(err);
    else if (read_given(list, given, flow, plan->arena, err) == 0 &&
             write_all(&w, plan, list, given->count, err) == 0) {
        struct text text = arena_text(plan->arena, buffer_text(&out));

        if (buffer_failed(&out) || document_parse(&document, text, NULL, plan->arena, NULL) < 0)
            error_memory(err);
    }
    buffer_release(&out);
    return document.root;
}

/* ---- secrets ---- */

void
flow_inputs_secrets(const struct flow *flow, const struct value *inputs, flow_secret_fn *secret, void *arg)
{
    for (uint32_t i = 0; i < flow->workflow_count; i++) {
        const struct value *properties = properties_of(&flow->workflows[i]);

        if (properties == NULL)
            continue;
        for (VALUE_EACH_MEMBER(name, properties)) {
            const struct value *schema = value_next(name), *format = VALUE_MEMBER(schema, "format");
            const struct value *values[] = { value_member(inputs, value_text(name)), VALUE_MEMBER(schema, "default") };

            if (!value_is(format, VALUE_STRING) || !text_equal(value_text(format), TEXT("password")))
                continue;
            for (size_t k = 0; k < sizeof values / sizeof values[0]; k++)
                if (value_is(values[k], VALUE_STRING))
                    secret(arg, value_text(values[k]));
        }
    }
}
