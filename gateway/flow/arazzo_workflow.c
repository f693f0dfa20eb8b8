/* arazzo_workflow.c -- workflows: first all names, then what needs them, since steps and actions lead to steps and
 * workflows that are written further down. */
#include "flow/arazzo_internal.h"

#include "base/limits.h"

static void
name_steps(struct flow_reader *r, struct workflow *w, const struct value *list)
{
    struct step *steps = FLOW_ARRAY(r, struct step, list->count);

    r->steps[w->index] = steps;
    w->steps = steps;
    if (steps == NULL)
        return;
    if (list->count > LIMIT_FLOW_STEPS) {
        flow_error(r, list, "a workflow has at most %d steps", LIMIT_FLOW_STEPS);
        return;
    }
    for (VALUE_EACH_ITEM(item, list)) {
        struct step *step = &steps[w->step_count];

        step->id = FLOW_TEXT(item, "stepId");
        step->index = w->step_count;
        step->place = flow_place(r, item);
        for (uint32_t i = 0; i < w->step_count; i++)
            if (text_equal(steps[i].id, step->id))
                flow_error(r, VALUE_MEMBER(item, "stepId"), "two steps of the workflow '%.*s' have the stepId '%.*s'",
                           TEXT_PRINT(w->id), TEXT_PRINT(step->id));
        w->step_count++;
    }
}

static void
name_workflow(struct flow_reader *r, struct workflow *w, uint32_t index, const struct value *v)
{
    w->flow = r->flow;
    w->index = index;
    w->id = FLOW_TEXT(v, "workflowId");
    w->summary = FLOW_TEXT(v, "summary");
    w->description = FLOW_TEXT(v, "description");
    w->place = flow_place(r, v);
    for (uint32_t i = 0; i < index; i++)
        if (text_equal(r->workflows[i].id, w->id))
            flow_error(r, VALUE_MEMBER(v, "workflowId"), "two workflows have the workflowId '%.*s'", TEXT_PRINT(w->id));
    name_steps(r, w, VALUE_MEMBER(v, "steps"));
}

static void
read_dependencies(struct flow_reader *r, struct workflow *w, const struct value *list)
{
    const struct workflow **depends = FLOW_ARRAY(r, const struct workflow *, flow_count(list));

    w->depends_on = depends;
    if (list == NULL || depends == NULL)
        return;
    for (VALUE_EACH_ITEM(item, list)) {
        const struct flow_source *source;
        const struct workflow *other = flow_find_workflow(r, item, &source);

        if (other == w)
            flow_error(r, item, "the workflow '%.*s' depends on itself", TEXT_PRINT(w->id));
        else if (other != NULL)
            depends[w->depends_count++] = other;
    }
}

static void
read_workflow(struct flow_reader *r, struct workflow *w)
{
    const struct value *v = w->place.value;
    const struct flow_parameters no_parameters = { .count = 0 };
    const struct flow_actions no_actions = { .count = 0 };
    struct flow_parameters parameters = flow_read_parameters(r, VALUE_MEMBER(v, "parameters"), &no_parameters);
    struct flow_actions on_success =
        flow_read_actions(r, w, VALUE_MEMBER(v, "successActions"), "successActions", &no_actions);
    struct flow_actions on_failure =
        flow_read_actions(r, w, VALUE_MEMBER(v, "failureActions"), "failureActions", &no_actions);

    read_dependencies(r, w, VALUE_MEMBER(v, "dependsOn"));
    for (uint32_t i = 0; i < w->step_count; i++)
        flow_read_step(r, w, &r->steps[w->index][i], &parameters, &on_success, &on_failure);
}

void
flow_read_workflows(struct flow_reader *r, const struct value *list)
{
    uint32_t i = 0, errors;

    r->workflows = FLOW_ARRAY(r, struct workflow, list->count);
    r->steps = FLOW_ARRAY(r, struct step *, list->count);
    if (r->workflows == NULL || r->steps == NULL)
        return;
    if (list->count > LIMIT_FLOW_STEPS) {
        flow_error(r, list, "a document has at most %d workflows", LIMIT_FLOW_STEPS);
        return;
    }
    errors = r->library->errors;
    for (VALUE_EACH_ITEM(item, list)) {
        name_workflow(r, &r->workflows[i], i, item);
        i++;
    }
    r->flow->workflows = r->workflows;
    r->flow->workflow_count = i;
    r->named = errors == r->library->errors;
    /* Inputs and outputs before steps: those that call workflows ask for them. */
    for (i = 0; i < r->flow->workflow_count; i++) {
        struct workflow *w = &r->workflows[i];

        flow_read_inputs(r, w, VALUE_MEMBER(w->place.value, "inputs"));
        w->outputs = flow_read_outputs(r, VALUE_MEMBER(w->place.value, "outputs"), &w->output_count);
    }
    for (i = 0; i < r->flow->workflow_count && r->named; i++)
        read_workflow(r, &r->workflows[i]);
}
