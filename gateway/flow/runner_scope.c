/* runner_scope.c -- what expressions see while a flow runs, and what becomes of outputs. */
#include "flow/runner_internal.h"

#include "base/limits.h"

/* ---- scopes ---- */

static const struct value *
step_of_frame(struct frame *f, struct text id)
{
    for (uint32_t i = 0; i < f->workflow->step_count; i++)
        if (text_equal(f->workflow->steps[i].id, id))
            return f->slots[i].over ? f->slots[i].outputs.value : NULL;
    return NULL;
}

/* The workflow itself has inputs already; others have left something. */
static const struct value *
workflow_of_frame(struct frame *f, struct text id)
{
    const struct left *left;

    if (text_equal(f->workflow->id, id)) {
        if (f->self.arena == NULL && !outputs_leave(f->inputs, NULL, &f->self))
            return NULL;
        return f->self.value;
    }
    left = run_left_named(f->run, f->workflow->flow, id);
    return left != NULL ? left->kept.value : NULL;
}

static const struct value *
frame_step(void *arg, struct text id)
{
    return step_of_frame(arg, id);
}

static const struct value *
frame_workflow(void *arg, struct text id)
{
    return workflow_of_frame(arg, id);
}

/* What the step itself has just given counts already. */
static const struct value *
trial_step(void *arg, struct text id)
{
    const struct trial *t = arg;

    if (t->outputs.arena != NULL && text_equal(t->of->step->id, id))
        return t->outputs.value;
    return step_of_frame(t->of->frame, id);
}

static const struct value *
trial_workflow(void *arg, struct text id)
{
    const struct trial *t = arg;

    if (t->now.nested.arena != NULL && text_equal(t->of->step->workflow->id, id))
        return t->now.nested.value;
    return workflow_of_frame(t->of->frame, id);
}

void
scope_of_frame(struct flow_scope *scope, struct frame *f)
{
    *scope = (struct flow_scope){
        .inputs = f->inputs, .step = frame_step, .workflow = frame_workflow, .arg = f, .flow = f->workflow->flow
    };
}

void
scope_of_trial(struct flow_scope *scope, struct trial *t)
{
    *scope = (struct flow_scope){ .inputs = t->inputs,
                                  .step = trial_step,
                                  .workflow = trial_workflow,
                                  .arg = t,
                                  .flow = t->of->frame->workflow->flow };
}

/* ---- outputs ---- */

/* One that gives nothing is left out. */
static void
write_output(struct json_writer *json, const struct flow_output *o, const struct flow_scope *scope, struct arena *arena)
{
    const char *why;
    const struct value *value = expression_output(o, scope, arena, &why);

    if (value == NULL)
        return;
    json_key(json, o->name);
    json_value(json, value);
}

static void
write_begin(struct runner *r, struct json_writer *json)
{
    buffer_clear(&r->scratch);
    json_begin(json, &r->scratch, 0);
    json_object(json);
    JSON_KEY(json, "outputs");
    json_object(json);
}

static bool
write_end(struct runner *r, struct json_writer *json, struct kept *result)
{
    json_end_object(json);
    json_end_object(json);
    return !buffer_failed(&r->scratch) && kept_read(result, buffer_text(&r->scratch));
}

bool
outputs_evaluate(struct runner *r, const struct flow_output *list, uint32_t count, const struct flow_scope *scope,
                 struct arena *arena, struct kept *result)
{
    struct json_writer json;

    write_begin(r, &json);
    for (uint32_t i = 0; i < count; i++)
        write_output(&json, &list[i], scope, arena);
    return write_end(r, &json, result);
}

static void
write_column(struct json_writer *json, const struct step_run *s, struct text name)
{
    json_key(json, name);
    json_array(json);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct value *value = value_member(VALUE_MEMBER(s->outputs[i].value, "outputs"), name);

        if (value != NULL)
            json_value(json, value);
        else
            json_null(json);
    }
    json_end_array(json);
}

bool
outputs_collect(struct runner *r, const struct step_run *s, struct kept *result)
{
    const struct step *step = s->step;
    struct json_writer json;

    write_begin(r, &json);
    for (uint32_t i = 0; i < step->output_count; i++)
        write_column(&json, s, step->outputs[i].name);
    return write_end(r, &json, result);
}

/* In a buffer of its own: an expression may ask for it while outputs are being written. */
bool
outputs_leave(const struct value *inputs, const struct value *outputs, struct kept *result)
{
    struct json_writer json;
    struct buffer out;
    bool done;

    buffer_init(&out, LIMIT_FLOW_OUTPUTS);
    json_begin(&json, &out, 0);
    json_object(&json);
    if (inputs != NULL) {
        JSON_KEY(&json, "inputs");
        json_value(&json, inputs);
    }
    if (outputs != NULL) {
        JSON_KEY(&json, "outputs");
        json_value(&json, outputs);
    }
    json_end_object(&json);
    done = !buffer_failed(&out) && kept_read(result, buffer_text(&out));
    buffer_release(&out);
    return done;
}
