/* runner_inputs.c -- what a workflow is given: completed by defaults, held against its schema. */
#include "flow/runner_internal.h"

#include "base/limits.h"
#include "json/pointer.h"

#define TOLD 3 /* places that one sentence names */

/* The Schema Object, behind references within its document. */
static const struct value *
schema_of(const struct workflow *w)
{
    const struct value *schema = w->inputs_place.value;

    for (unsigned hops = 0; schema != NULL && hops < LIMIT_REF_HOPS; hops++) {
        const struct value *reference = VALUE_MEMBER(schema, "$ref");

        if (!value_is(reference, VALUE_STRING))
            return schema;
        if (!text_starts(value_text(reference), TEXT("#")))
            return NULL;
        schema = pointer_find_fragment(w->inputs_place.document->root, text_from(value_text(reference), 1));
    }
    return NULL;
}

const struct value *
inputs_properties(const struct workflow *w)
{
    const struct value *properties = VALUE_MEMBER(schema_of(w), "properties");

    return value_is(properties, VALUE_OBJECT) ? properties : NULL;
}

static void
write_inputs(struct json_writer *json, const struct value *given, const struct value *properties)
{
    json_object(json);
    if (given != NULL) {
        for (VALUE_EACH_MEMBER(key, given)) {
            json_key(json, value_text(key));
            json_value(json, value_next(key));
        }
    }
    if (properties != NULL) {
        for (VALUE_EACH_MEMBER(property, properties)) {
            const struct value *otherwise = VALUE_MEMBER(value_next(property), "default");

            if (otherwise == NULL || value_member(given, value_text(property)) != NULL)
                continue;
            json_key(json, value_text(property));
            json_value(json, otherwise);
        }
    }
    json_end_object(json);
}

/* ---- the schema ---- */

struct telling {
    struct buffer *out;
    unsigned count;
};

static void
on_problem(void *arg, const struct schema_problem *p)
{
    struct telling *telling = arg;

    if (telling->count++ > 0)
        buffer_add(telling->out, TEXT("; "));
    if (p->instance.length > 0)
        buffer_print(telling->out, "%.*s: ", TEXT_PRINT(p->instance));
    buffer_print(telling->out, "expected %.*s, found %.*s", TEXT_PRINT(p->expected), TEXT_PRINT(p->found));
    if (p->hint.length > 0)
        buffer_print(telling->out, " (%.*s)", TEXT_PRINT(p->hint));
}

static struct text
explain(struct runner *r, const struct workflow *w, const struct value *inputs, struct schema_run *run)
{
    struct telling telling = { .out = &r->scratch };

    buffer_clear(&r->scratch);
    buffer_print(&r->scratch, "the inputs of '%.*s' do not satisfy their schema: ", TEXT_PRINT(w->id));
    run->budget = LIMIT_CHECK_BUDGET;
    (void)schema_explain(w->inputs, inputs, run, TOLD, on_problem, &telling);
    return arena_text(run->arena, buffer_text(&r->scratch));
}

static void
check(struct runner *r, const struct workflow *w, struct arena *arena, struct inputs_result *result)
{
    struct schema_run run = { .scratch = r->schemas, .arena = arena, .budget = LIMIT_CHECK_BUDGET };

    if (w->inputs == NULL || schema_check(w->inputs, result->inputs.value, &run))
        return;
    result->failure = FLOW_INPUT;
    result->why = explain(r, w, result->inputs.value, &run);
}

void
inputs_make(struct runner *r, const struct workflow *w, const struct value *given, struct arena *arena,
            struct inputs_result *result)
{
    struct json_writer json;

    *result = (struct inputs_result){ .failure = FLOW_FINE };
    if (given != NULL && !value_is(given, VALUE_OBJECT)) {
        result->failure = FLOW_INPUT;
        result->why = TEXT("the inputs are no object");
        return;
    }
    buffer_clear(&r->scratch);
    json_begin(&json, &r->scratch, 0);
    write_inputs(&json, given, inputs_properties(w));
    if (buffer_failed(&r->scratch) || buffer_length(&r->scratch) > LIMIT_FLOW_INPUTS ||
        !kept_read(&result->inputs, buffer_text(&r->scratch))) {
        result->failure = FLOW_LIMIT;
        result->why = TEXT("the inputs are too large");
        return;
    }
    check(r, w, arena, result);
}

/* ---- of a workflow in a workflow ---- */

static bool
write_parameters(struct runner *r, const struct flow_parameter *list, uint32_t count, const struct flow_scope *scope,
                 struct arena *arena, struct error *err)
{
    struct json_writer json;

    buffer_clear(&r->scratch);
    json_begin(&json, &r->scratch, 0);
    json_object(&json);
    for (uint32_t i = 0; i < count; i++) {
        const struct value *value = list[i].value.value;

        if (list[i].in != FLOW_IN_NONE)
            continue;
        if (!list[i].value.constant && (value = expression_fill(value, scope, arena, err)) == NULL)
            return false;
        json_key(&json, list[i].name);
        json_value(&json, value);
    }
    json_end_object(&json);
    return true;
}

static void
inputs_given(struct runner *r, const struct workflow *w, struct arena *arena, struct inputs_result *result)
{
    struct kept given = { .arena = NULL };

    if (buffer_failed(&r->scratch) || !kept_read(&given, buffer_text(&r->scratch))) {
        result->failure = FLOW_LIMIT;
        result->why = TEXT("the inputs are too large");
        return;
    }
    inputs_make(r, w, given.value, arena, result);
    kept_free(&given);
}

static void
inputs_of_parameters(struct runner *r, const struct workflow *w, const struct flow_parameter *list, uint32_t count,
                     const struct flow_scope *scope, struct arena *arena, struct inputs_result *result)
{
    struct error err = { .kind = ERROR_NONE };

    if (write_parameters(r, list, count, scope, arena, &err)) {
        inputs_given(r, w, arena, result);
        return;
    }
    result->failure = FLOW_MISSING;
    result->why = arena_text(arena, text_of(err.what));
}

void
inputs_of_step(struct trial *t, struct inputs_result *result)
{
    const struct step *step = t->of->step;

    inputs_of_parameters(t->runner, step->workflow, step->parameters, step->parameter_count, &t->scope, t->now.arena,
                         result);
}

/* The inputs at hand that the other workflow knows; all where it does not say which it knows. */
static void
write_known(struct runner *r, const struct value *inputs, const struct value *properties)
{
    struct json_writer json;

    buffer_clear(&r->scratch);
    json_begin(&json, &r->scratch, 0);
    json_object(&json);
    for (VALUE_EACH_MEMBER(key, inputs)) {
        if (properties != NULL && value_member(properties, value_text(key)) == NULL)
            continue;
        json_key(&json, value_text(key));
        json_value(&json, value_next(key));
    }
    json_end_object(&json);
}

void
inputs_of_action(struct frame *f, const struct flow_action *a, const struct flow_scope *scope, struct arena *arena,
                 struct inputs_result *result)
{
    if (a->parameter_count > 0) {
        inputs_of_parameters(f->runner, a->workflow, a->parameters, a->parameter_count, scope, arena, result);
        return;
    }
    write_known(f->runner, f->inputs, inputs_properties(a->workflow));
    inputs_given(f->runner, a->workflow, arena, result);
}

bool
inputs_with(struct runner *r, const struct value *inputs, struct text name, const struct value *value,
            struct kept *result)
{
    struct json_writer json;

    buffer_clear(&r->scratch);
    json_begin(&json, &r->scratch, 0);
    json_object(&json);
    for (VALUE_EACH_MEMBER(key, inputs)) {
        if (text_equal(value_text(key), name))
            continue;
        json_key(&json, value_text(key));
        json_value(&json, value_next(key));
    }
    json_key(&json, name);
    json_value(&json, value);
    json_end_object(&json);
    return !buffer_failed(&r->scratch) && kept_read(result, buffer_text(&r->scratch));
}
