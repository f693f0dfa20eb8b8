/* arazzo_check.c -- every expression of a flow, wherever it stands: does what it names exist, and can it be there yet?
 *
 * Parameters and bodies are made before a request is sent, criteria and outputs of a step when its answer is there,
 * outputs of a workflow when all is over. */
#include "flow/arazzo_internal.h"

#include "flow/criterion.h"
#include "flow/expression.h"

enum moment {
    SENDING,
    ANSWERED,
    OVER,
};

struct sight {
    struct flow_reader *r;
    const struct workflow *workflow;
    const struct step *step; /* NULL: none */
    enum moment moment;
    bool jumps; /* steps need not run in the order in which they are written */
};

/* ---- messages ---- */

static void
check_message(const struct sight *s, const struct expression *e, const struct value *at)
{
    struct text text = expression_text(e);

    if (s->moment == SENDING)
        flow_error(s->r, at, "'%.*s' is not known before the request is sent; use an output of an earlier step",
                   TEXT_PRINT(text));
    else if (s->moment == OVER)
        flow_warn(s->r, at, "'%.*s' is of one step; an output of the workflow is $steps.STEP.outputs.NAME",
                  TEXT_PRINT(text));
}

/* ---- inputs and outputs ---- */

static void
check_input_of(const struct sight *s, const struct workflow *w, struct text name, const struct value *at)
{
    enum flow_input known = flow_input_known(w, name);
    struct flow_names names = { .count = 0 };

    if (known == FLOW_INPUT_KNOWN)
        return;
    flow_input_names(s->r, w, &names);
    (known == FLOW_INPUT_REFUSED ? flow_error : flow_warn)(s->r, at, "the workflow '%.*s' has no input '%.*s'%s",
                                                           TEXT_PRINT(w->id), TEXT_PRINT(name),
                                                           flow_hint(s->r, &names, name));
}

static void
check_input(const struct sight *s, struct text name, const struct value *at)
{
    const struct flow_list *each = s->step != NULL && s->moment != OVER ? s->step->each : NULL;

    if (each != NULL && text_starts(name, each->as) &&
        (name.length == each->as.length || name.data[each->as.length] == '.' || name.data[each->as.length] == '['))
        return;
    check_input_of(s, s->workflow, name, at);
}

/* An output that is named with more behind it, "total.amount", is there when "total" is. */
static bool
has_output(const struct flow_output *outputs, uint32_t count, struct text name)
{
    for (uint32_t i = 0; i < count; i++) {
        struct text own = outputs[i].name;

        if (text_starts(name, own) &&
            (name.length == own.length || name.data[own.length] == '.' || name.data[own.length] == '['))
            return true;
    }
    return false;
}

static void
check_output(const struct sight *s, const char *whose, struct text id, const struct flow_output *outputs,
             uint32_t count, struct text name, const struct value *at)
{
    struct flow_names names = { .count = 0 };

    if (has_output(outputs, count, name))
        return;
    for (uint32_t i = 0; i < count; i++)
        flow_names_add(s->r, &names, outputs[i].name);
    flow_error(s->r, at, "the %s '%.*s' has no output '%.*s'%s", whose, TEXT_PRINT(id), TEXT_PRINT(name),
               flow_hint(s->r, &names, name));
}

/* In a step that calls a workflow, $outputs are the ones of that workflow. */
static void
check_own_output(const struct sight *s, struct text name, const struct value *at)
{
    const struct workflow *w = s->step != NULL && s->step->workflow != NULL ? s->step->workflow : s->workflow;

    check_output(s, "workflow", w->id, w->outputs, w->output_count, name, at);
}

/* ---- steps ---- */

/* Steps run as they are written, unless an action jumps or dependsOn says otherwise. */
static void
check_turn(const struct sight *s, const struct step *other, const struct value *at)
{
    if (s->step == NULL || s->jumps)
        return;
    if (other->index > s->step->index)
        flow_error(s->r, at, "the step '%.*s' runs after '%.*s' and has no outputs yet; move it up",
                   TEXT_PRINT(other->id), TEXT_PRINT(s->step->id));
    else if (other == s->step && s->moment == SENDING)
        flow_error(s->r, at, "the step '%.*s' has no outputs before it has run", TEXT_PRINT(other->id));
    else if (other != s->step && other->group > 0 && other->group == s->step->group && s->moment == SENDING)
        flow_error(s->r, at, "the step '%.*s' runs side by side with '%.*s' and has no outputs yet",
                   TEXT_PRINT(other->id), TEXT_PRINT(s->step->id));
}

static void
check_step(const struct sight *s, const struct expression_view *view, const struct value *at)
{
    struct flow_names names = { .count = 0 };

    for (uint32_t i = 0; i < s->workflow->step_count; i++) {
        const struct step *other = &s->workflow->steps[i];

        flow_names_add(s->r, &names, other->id);
        if (!text_equal(other->id, view->names[0]))
            continue;
        if (view->name_count < 3) {
            flow_error(s->r, at, "'%.*s' is no output; write $steps.%.*s.outputs.%.*s", TEXT_PRINT(view->names[1]),
                       TEXT_PRINT(other->id), TEXT_PRINT(view->names[1]));
            return;
        }
        check_output(s, "step", other->id, other->outputs, other->output_count, view->names[2], at);
        check_turn(s, other, at);
        return;
    }
    flow_error(s->r, at, "the workflow '%.*s' has no step '%.*s'%s", TEXT_PRINT(s->workflow->id),
               TEXT_PRINT(view->names[0]), flow_hint(s->r, &names, view->names[0]));
}

/* ---- the rest of the document ---- */

static void
check_workflow(const struct sight *s, const struct expression_view *view, const struct value *at)
{
    const struct workflow *w = flow_workflow(s->r->flow, view->names[0]);
    struct flow_names names = { .count = 0 };

    if (w == NULL) {
        for (uint32_t i = 0; i < s->r->flow->workflow_count; i++)
            flow_names_add(s->r, &names, s->r->workflows[i].id);
        flow_error(s->r, at, "there is no workflow '%.*s'%s", TEXT_PRINT(view->names[0]),
                   flow_hint(s->r, &names, view->names[0]));
    } else if (text_equal(view->names[1], TEXT("inputs"))) {
        check_input_of(s, w, view->names[2], at);
    } else {
        check_output(s, "workflow", w->id, w->outputs, w->output_count, view->names[2], at);
    }
}

static void
check_source(const struct sight *s, const struct expression_view *view, const struct value *at)
{
    struct flow_names names = { .count = 0 };

    for (uint32_t i = 0; i < s->r->flow->source_count; i++) {
        if (text_equal(s->r->sources[i].name, view->names[0]))
            return;
        flow_names_add(s->r, &names, s->r->sources[i].name);
    }
    flow_error(s->r, at, "there is no source '%.*s'%s", TEXT_PRINT(view->names[0]),
               flow_hint(s->r, &names, view->names[0]));
}

static void
check_component(const struct sight *s, const struct expression_view *view, const struct value *at)
{
    const struct value *all = VALUE_MEMBER(s->r->document->root, "components");

    if (expression_member(value_member(all, view->names[0]), view->names[1]) == NULL)
        flow_error(s->r, at, "components/%.*s has no '%.*s'", TEXT_PRINT(view->names[0]), TEXT_PRINT(view->names[1]));
}

static void
check_expression(const struct sight *s, const struct expression *e, const struct value *at)
{
    struct expression_view view;

    expression_view(e, &view);
    switch (view.root) {
    case EXPRESSION_URL:
    case EXPRESSION_METHOD:
    case EXPRESSION_STATUS:
    case EXPRESSION_REQUEST:
    case EXPRESSION_RESPONSE:
        check_message(s, e, at);
        break;
    case EXPRESSION_INPUTS:
        check_input(s, view.names[0], at);
        break;
    case EXPRESSION_OUTPUTS:
        check_own_output(s, view.names[0], at);
        break;
    case EXPRESSION_STEPS:
        check_step(s, &view, at);
        break;
    case EXPRESSION_WORKFLOWS:
        check_workflow(s, &view, at);
        break;
    case EXPRESSION_SOURCES:
        check_source(s, &view, at);
        break;
    case EXPRESSION_COMPONENTS:
        check_component(s, &view, at);
        break;
    case EXPRESSION_SELF:
        if (VALUE_MEMBER(s->r->document->root, "$self") == NULL)
            flow_error(s->r, at, "this document has no $self");
        break;
    }
}

/* ---- where expressions stand ---- */

static void
check_written(const struct sight *s, struct text text, const struct value *at)
{
    struct error err = { .kind = ERROR_NONE };
    const struct expression *e = expression_parse(text, s->r->arena, &err);

    if (e != NULL)
        check_expression(s, e, at);
    else
        flow_error(s->r, at, "%s", err.what);
}

static void
check_text(const struct sight *s, const struct value *at)
{
    struct text rest = value_text(at), before, expression;

    if (expression_is(rest)) {
        check_written(s, rest, at);
        return;
    }
    while (expression_next(&rest, &before, &expression))
        check_written(s, expression, at);
}

static void
check_selector(const struct sight *s, const struct value *v)
{
    struct expression_selector selector;
    const struct path *path;

    if (flow_is_11(s->r) && expression_selector(v, &selector))
        (void)flow_read_selector(s->r, VALUE_MEMBER(v, "selector"), VALUE_MEMBER(v, "type"), &path);
}

/* Keys are texts as well, but nobody replaces anything in them. */
static void
check_value(const struct sight *s, const struct flow_value *value)
{
    if (value->value == NULL || value->constant)
        return;
    for (const struct value *v = value->value; v < value_next(value->value); v++) {
        if (value_is(v, VALUE_STRING))
            check_text(s, v);
        else if (value_is(v, VALUE_OBJECT))
            check_selector(s, v);
    }
}

static void
check_outputs(const struct sight *s, const struct flow_output *outputs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (outputs[i].expression != NULL)
            check_expression(s, outputs[i].expression, outputs[i].place.value);
}

static void
check_criteria(const struct sight *s, const struct criterion *const *criteria, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct expression *e;

        for (uint32_t k = 0; (e = criterion_expression(criteria[i], k)) != NULL; k++)
            check_expression(s, e, criterion_place(criteria[i]).value);
    }
}

static void
check_actions(const struct sight *s, const struct flow_action *actions, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        check_criteria(s, actions[i].criteria, actions[i].criterion_count);
        for (uint32_t k = 0; k < actions[i].parameter_count; k++)
            check_value(s, &actions[i].parameters[k].value);
    }
}

/* An output of the body that the contract does not describe is likely a mistyped one. */
static void
check_described(const struct sight *s)
{
    for (uint32_t i = 0; i < s->step->output_count && s->step->operation != NULL; i++) {
        const struct flow_output *output = &s->step->outputs[i];
        struct expression_view view;
        struct text near;

        if (output->expression == NULL)
            continue;
        expression_view(output->expression, &view);
        if (view.root != EXPRESSION_RESPONSE || !view.has_pointer || view.pointer.length == 0 ||
            operation_has_field(s->step->operation, SIDE_RESPONSE, view.pointer, s->r->arena, &near))
            continue;
        flow_warn(s->r, output->place.value, "no answer 2XX of '%.*s' documents '%.*s'%s%.*s%s",
                  TEXT_PRINT(operation_id(s->step->operation)), TEXT_PRINT(view.pointer),
                  near.length > 0 ? "; did you mean '" : "", TEXT_PRINT(near), near.length > 0 ? "'?" : "");
    }
}

static void
check_all_of_step(struct sight s)
{
    const struct step *step = s.step;

    s.moment = SENDING;
    if (step->each != NULL)
        check_expression(&s, step->each->in, VALUE_MEMBER(VALUE_MEMBER(step->place.value, "x-for-each"), "in"));
    for (uint32_t i = 0; i < step->parameter_count; i++)
        check_value(&s, &step->parameters[i].value);
    if (step->body != NULL)
        check_value(&s, &step->body->payload);
    for (uint32_t i = 0; step->body != NULL && i < step->body->replacement_count; i++)
        check_value(&s, &step->body->replacements[i].value);
    s.moment = ANSWERED;
    check_criteria(&s, step->criteria, step->criterion_count);
    check_actions(&s, step->on_success, step->on_success_count);
    check_actions(&s, step->on_failure, step->on_failure_count);
    check_outputs(&s, step->outputs, step->output_count);
    check_described(&s);
}

static bool
leads_somewhere(const struct flow_action *actions, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (actions[i].step != UINT32_MAX || (actions[i].kind == FLOW_GOTO && actions[i].workflow == NULL))
            return true;
    return false;
}

static bool
jumps(const struct workflow *w)
{
    for (uint32_t i = 0; i < w->step_count; i++) {
        const struct step *step = &w->steps[i];

        if (step->depends_count > 0 || leads_somewhere(step->on_success, step->on_success_count) ||
            leads_somewhere(step->on_failure, step->on_failure_count))
            return true;
    }
    return false;
}

void
flow_check_names(struct flow_reader *r)
{
    for (uint32_t i = 0; i < r->flow->workflow_count; i++) {
        struct sight s = { .r = r, .workflow = &r->workflows[i], .jumps = jumps(&r->workflows[i]) };

        for (uint32_t k = 0; k < s.workflow->step_count; k++) {
            s.step = &s.workflow->steps[k];
            check_all_of_step(s);
        }
        s.step = NULL;
        s.moment = OVER;
        check_outputs(&s, s.workflow->outputs, s.workflow->output_count);
    }
}
