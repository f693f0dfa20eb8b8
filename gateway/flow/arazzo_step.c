/* arazzo_step.c -- one step: what it calls, with what, and what follows. */
#include "flow/arazzo_internal.h"

#include <stdlib.h>

#include "flow/expression.h"

/* ---- the body ---- */

static bool
read_replacement(struct flow_reader *r, const struct value *v, struct flow_replacement *replacement)
{
    const struct value *target = VALUE_MEMBER(v, "target"), *type = VALUE_MEMBER(v, "targetSelectorType");

    replacement->target = value_text(target);
    replacement->value = flow_value_of(r, VALUE_MEMBER(v, "value"));
    replacement->place = flow_place(r, v);
    if (type != NULL)
        return flow_read_selector(r, target, type, &replacement->path) == 0;
    if (value_text(target).length == 0 || value_text(target).data[0] == '/')
        return true;
    flow_error(r, target, "'%.*s' is no JSON Pointer: it begins with '/'%s", TEXT_PRINT(value_text(target)),
               flow_is_11(r) ? "; for a JSONPath write targetSelectorType: jsonpath" : "");
    return false;
}

static const struct flow_body *
read_body(struct flow_reader *r, const struct value *v)
{
    const struct value *list = VALUE_MEMBER(v, "replacements"), *payload = VALUE_MEMBER(v, "payload");
    struct flow_body *body = FLOW_ARRAY(r, struct flow_body, 1);
    struct flow_replacement *replacements = FLOW_ARRAY(r, struct flow_replacement, flow_count(list));

    if (body == NULL || replacements == NULL)
        return NULL;
    body->content_type = FLOW_TEXT(v, "contentType");
    body->place = flow_place(r, v);
    body->payload.constant = true;
    if (payload != NULL)
        body->payload = flow_value_of(r, payload);
    body->replacements = replacements;
    for (const struct value *item = list != NULL ? list + 1 : NULL; item != NULL && item < value_next(list);
         item = value_next(item))
        body->replacement_count += read_replacement(r, item, &replacements[body->replacement_count]);
    return body;
}

/* ---- Plumbline's extensions ---- */

static void
read_each(struct flow_reader *r, const struct value *v, struct step *step)
{
    const struct value *in = VALUE_MEMBER(v, "in");
    struct flow_list *each = FLOW_ARRAY(r, struct flow_list, 1);
    struct error err = { .kind = ERROR_NONE };

    if (each == NULL)
        return;
    each->as = VALUE_MEMBER(v, "as") != NULL ? FLOW_TEXT(v, "as") : TEXT("item");
    each->in = expression_parse(value_text(in), r->arena, &err);
    if (each->in == NULL)
        flow_error(r, in, "%s", err.what);
    else
        step->each = each;
}

/* Groups are numbered as their names come up in the workflow. */
static uint32_t
group_of(const struct workflow *w, const struct step *step, struct text name)
{
    uint32_t newest = 0;

    for (uint32_t i = 0; i < step->index; i++) {
        const struct value *other = VALUE_MEMBER(w->steps[i].place.value, "x-parallel");

        if (w->steps[i].group > 0 && text_equal(FLOW_TEXT(other, "group"), name))
            return w->steps[i].group;
        if (w->steps[i].group > newest)
            newest = w->steps[i].group;
    }
    return newest + 1;
}

static void
read_extensions(struct flow_reader *r, const struct workflow *w, const struct value *object, struct step *step)
{
    const struct value *each = VALUE_MEMBER(object, "x-for-each"), *parallel = VALUE_MEMBER(object, "x-parallel");

    step->parallel = 1;
    if (each != NULL)
        read_each(r, each, step);
    if (value_is(parallel, VALUE_OBJECT)) {
        step->group = group_of(w, step, FLOW_TEXT(parallel, "group"));
    } else if (parallel != NULL) {
        step->parallel = (uint32_t)strtod(arena_text(r->arena, value_text(parallel)).data, NULL);
        if (each == NULL)
            flow_error(r, parallel,
                       "a number says how many elements of x-for-each at a time; for steps side by side write "
                       "x-parallel: { group: NAME }");
    }
}

/* ---- 1.1 ---- */

static bool
is_of_messages(struct flow_reader *r, const struct value *object)
{
    static const char *const fields[] = { "channelPath", "action", "correlationId" };
    bool found = false;

    for (size_t i = 0; flow_is_11(r) && i < sizeof fields / sizeof fields[0]; i++) {
        const struct value *v = value_member(object, text_of(fields[i]));

        if (v == NULL)
            continue;
        flow_error(r, v, "'%s' is of AsyncAPI, which Plumbline does not do", fields[i]);
        found = true;
    }
    return found;
}

/* "$workflows.ID.steps.STEP" and "$sourceDescriptions.NAME.ID.steps.STEP": steps that have run when this workflow
 * begins, if it depends on theirs. */
static void
check_foreign(struct flow_reader *r, const struct workflow *w, const struct value *v)
{
    struct text name = value_text(v), id;
    const struct workflow *other = NULL;

    if (flow_is_reference(name)) {
        const struct flow_source *source = flow_source_of(r, v, &name);

        if (source == NULL || source->flow == NULL)
            return;
        id = text_slice(name, 0, text_search(name, TEXT(".steps.")));
        other = flow_workflow(source->flow, id);
    } else {
        name = text_from(name, TEXT("$workflows.").length);
        id = text_slice(name, 0, text_search(name, TEXT(".steps.")));
        other = flow_workflow(r->flow, id);
    }
    if (other == NULL) {
        flow_error(r, v, "there is no workflow '%.*s'", TEXT_PRINT(id));
        return;
    }
    for (uint32_t i = 0; i < w->depends_count; i++)
        if (w->depends_on[i] == other)
            return;
    flow_warn(r, v, "nothing makes '%.*s' run before; say it in the dependsOn of the workflow '%.*s'", TEXT_PRINT(id),
              TEXT_PRINT(w->id));
}

static void
read_dependencies(struct flow_reader *r, const struct workflow *w, const struct value *list, struct step *step)
{
    uint32_t *steps = FLOW_ARRAY(r, uint32_t, flow_count(list));

    step->depends_on = steps;
    if (list == NULL || steps == NULL)
        return;
    for (VALUE_EACH_ITEM(item, list)) {
        uint32_t index;

        if (text_starts(value_text(item), TEXT("$"))) {
            check_foreign(r, w, item);
            continue;
        }
        index = flow_find_step(r, w, item);
        if (index != UINT32_MAX)
            steps[step->depends_count++] = index;
    }
}

static void
read_11(struct flow_reader *r, const struct workflow *w, const struct value *object, struct step *step)
{
    const struct value *timeout = VALUE_MEMBER(object, "timeout");

    if (timeout != NULL) {
        double ms = strtod(arena_text(r->arena, value_text(timeout)).data, NULL);

        step->timeout = ms < 1e12 ? (int64_t)(ms * 1e6) : INT64_MAX;
    }
    read_dependencies(r, w, VALUE_MEMBER(object, "dependsOn"), step);
}

/* ---- what it calls ---- */

/* Of the workflow's parameters those that can be passed: with a location to operations (of the path where the path has
 * them), without one to workflows that have such an input. */
static struct flow_parameters
passed_on(struct flow_reader *r, const struct step *step, const struct flow_parameters *all)
{
    struct flow_parameters some = { .list = FLOW_ARRAY(r, struct flow_parameter, all->count) };
    struct text near;

    for (uint32_t i = 0; some.list != NULL && i < all->count; i++) {
        const struct flow_parameter *p = &all->list[i];

        if ((p->in == FLOW_IN_NONE) != (step->workflow != NULL))
            continue;
        if (step->workflow != NULL && flow_input_known(step->workflow, p->name) != FLOW_INPUT_KNOWN)
            continue;
        if (p->in == FLOW_IN_PATH && !operation_has_parameter(step->operation, TEXT("path"), p->name, r->arena, &near))
            continue;
        some.list[some.count++] = *p;
    }
    return some;
}

static void
read_call(struct flow_reader *r, const struct value *object, struct step *step,
          const struct flow_parameters *parameters)
{
    const struct value *own = VALUE_MEMBER(object, "parameters"), *workflow = VALUE_MEMBER(object, "workflowId");
    const struct value *body = VALUE_MEMBER(object, "requestBody");
    struct flow_parameters under, all;

    if (workflow != NULL)
        step->workflow = flow_find_workflow(r, workflow, &step->source);
    else if (flow_find_operation(r, object, step) < 0)
        step->operation = NULL;
    if (step->workflow == NULL && step->operation == NULL)
        return;
    under = passed_on(r, step, parameters);
    all = flow_read_parameters(r, own, &under);
    step->parameters = all.list;
    step->parameter_count = all.count;
    if (body != NULL)
        step->body = read_body(r, body);
    if (step->operation != NULL) {
        flow_check_operation(r, step, object, own);
        return;
    }
    flow_check_call(r, step->workflow, all.list, all.count, workflow);
    if (body != NULL)
        flow_warn(r, body, "a workflow has inputs and no body; give them as parameters");
}

void
flow_read_step(struct flow_reader *r, const struct workflow *w, struct step *step,
               const struct flow_parameters *parameters, const struct flow_actions *on_success,
               const struct flow_actions *on_failure)
{
    const struct value *object = step->place.value;
    struct flow_actions actions;

    step->description = FLOW_TEXT(object, "description");
    if (is_of_messages(r, object))
        return;
    read_call(r, object, step, parameters);
    read_extensions(r, w, object, step);
    read_11(r, w, object, step);
    step->criteria = flow_read_criteria(r, VALUE_MEMBER(object, "successCriteria"), &step->criterion_count);
    actions = flow_read_actions(r, w, VALUE_MEMBER(object, "onSuccess"), "successActions", on_success);
    step->on_success = actions.list;
    step->on_success_count = actions.count;
    actions = flow_read_actions(r, w, VALUE_MEMBER(object, "onFailure"), "failureActions", on_failure);
    step->on_failure = actions.list;
    step->on_failure_count = actions.count;
    step->outputs = flow_read_outputs(r, VALUE_MEMBER(object, "outputs"), &step->output_count);
}
