/* runner_frame.c -- one workflow that is being run: its steps in their order, side by side where they are of one group,
 * jumps, its end. */
#include "flow/runner_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"

/* ---- begin and end ---- */

/* Behind all that it depends on. Loading has seen to it that there is no circle. */
static void
put_in_order(struct frame *f, uint32_t step, bool *put, uint32_t *count)
{
    const struct step *s = &f->workflow->steps[step];

    if (put[step])
        return;
    put[step] = true;
    for (uint32_t i = 0; i < s->depends_count; i++)
        put_in_order(f, s->depends_on[i], put, count);
    f->order[(*count)++] = step;
}

static bool
make_order(struct frame *f)
{
    uint32_t steps = f->workflow->step_count, count = 0;
    bool *put = ARENA_ARRAY(f->arena, bool, steps);

    f->order = ARENA_ARRAY(f->arena, uint32_t, steps);
    f->slots = ARENA_ARRAY(f->arena, struct slot, steps);
    f->batch = ARENA_ARRAY(f->arena, struct step_run *, steps);
    if (put == NULL || f->order == NULL || f->slots == NULL || f->batch == NULL)
        return false;
    for (uint32_t i = 0; i < steps; i++)
        put_in_order(f, i, put, &count);
    return true;
}

static bool
make_path(struct frame *f, const struct frame *within)
{
    uint32_t *path = ARENA_ARRAY(f->arena, uint32_t, f->depth + 1);

    if (path == NULL)
        return false;
    if (within != NULL)
        memcpy(path, within->path, f->depth * sizeof *path);
    path[f->depth] = ++f->run->frames;
    f->path = path;
    return true;
}

static void frame_go(void *arg);

struct frame *
frame_begin(const struct frame_start *start)
{
    const struct flow_listener *l = &start->run->runner->options->listener;
    struct kept taken = start->inputs_take;
    struct frame *f = calloc(1, sizeof *f);

    if (f == NULL) {
        kept_free(&taken);
        return NULL;
    }
    *f = (struct frame){ .run = start->run,
                         .runner = start->run->runner,
                         .workflow = start->workflow,
                         .depth = start->depth,
                         .arena = arena_new(1024, LIMIT_FLOW_ARENA),
                         .inputs_kept = taken,
                         .inputs = start->inputs != NULL ? start->inputs : taken.value,
                         .started = clock_monotonic(),
                         .deadline = start->deadline,
                         .done = start->done,
                         .arg = start->arg,
                         .go = { .call = frame_go, .arg = f } };
    if (f->arena == NULL || !make_order(f) || !make_path(f, start->within)) {
        frame_free(f);
        return NULL;
    }
    if (l->begin != NULL)
        l->begin(l->arg, f->workflow, f->run->number, f->depth);
    loop_defer(f->runner->loop, &f->go);
    return f;
}

static void
free_retired(struct frame *f)
{
    while (f->retired != NULL) {
        struct retired *next = f->retired->next;

        kept_free(&f->retired->kept);
        free(f->retired);
        f->retired = next;
    }
}

void
frame_free(struct frame *f)
{
    if (f == NULL)
        return;
    for (uint32_t i = 0; f->slots != NULL && i < f->workflow->step_count; i++)
        kept_free(&f->slots[i].outputs);
    free_retired(f);
    kept_free(&f->inputs_kept);
    kept_free(&f->self);
    kept_free(&f->outputs);
    arena_free(f->arena);
    free(f);
}

bool
frame_may_begin(const struct flow_run *run, const struct workflow *w, uint32_t depth, enum flow_failure *failure,
                struct text *why)
{
    if (depth >= LIMIT_FLOW_NESTING) {
        *failure = FLOW_LIMIT;
        *why = TEXT("workflows lead to workflows, and there is no end: does one lead back to itself?");
        return false;
    }
    for (uint32_t i = 0; i < w->depends_count; i++) {
        const struct left *left = run_left(run, w->depends_on[i]);

        if (left != NULL && !left->failed)
            continue;
        *failure = FLOW_STOPPED;
        *why = TEXT("it was not run, because a workflow that it depends on has failed");
        return false;
    }
    return true;
}

void
frame_keep(struct frame *f, const struct step *step, struct kept outputs)
{
    struct slot *slot = &f->slots[step->index];

    if (slot->outputs.arena != NULL) {
        struct retired *retired = malloc(sizeof *retired);

        if (retired != NULL) {
            *retired = (struct retired){ .kept = slot->outputs, .next = f->retired };
            f->retired = retired;
        } else if (f->running <= 1) {
            kept_free(&slot->outputs); /* nobody else can look at it */
        }
    }
    slot->outputs = outputs;
    slot->over = true;
}

static void
tell_end(struct frame *f)
{
    const struct flow_listener *l = &f->runner->options->listener;
    const struct flow_result result = { .workflow = f->workflow,
                                        .run = f->run->number,
                                        .failure = f->ending.failure,
                                        .why = f->ending.why,
                                        .step = f->failed_at,
                                        .outputs = VALUE_MEMBER(f->outputs.value, "outputs"),
                                        .inputs = f->inputs,
                                        .steps = f->steps,
                                        .tries = f->tries,
                                        .took = clock_monotonic() - f->started };

    if (l->end != NULL)
        l->end(l->arg, &result, f->depth);
}

/* A workflow that fails leaves what outputs there are, too ("applicable outputs"). */
static void
frame_end(struct frame *f)
{
    struct flow_scope scope;

    scope_of_frame(&scope, f);
    if (!f->jumped &&
        !outputs_evaluate(f->runner, f->workflow->outputs, f->workflow->output_count, &scope, f->arena, &f->outputs) &&
        f->ending.failure == FLOW_FINE) {
        f->ending.failure = FLOW_LIMIT;
        f->ending.why = TEXT("the outputs are too large");
    }
    tell_end(f);
    f->done(f->arg, f);
    frame_free(f);
}

static void
frame_fail(struct frame *f, const struct step *step, enum flow_failure failure, struct text why)
{
    f->ending = (struct ending){ .next = NEXT_FAILED, .failure = failure, .why = why };
    f->failed_at = step;
    frame_end(f);
}

/* ---- jumps ---- */

static void
on_jumped_to_done(void *arg, struct frame *to)
{
    struct frame *f = arg;

    f->steps += to->steps;
    f->tries += to->tries;
    f->ending = to->ending;
    f->ending.why = arena_text(f->arena, to->ending.why);
    f->failed_at = to->failed_at;
    f->outputs = to->outputs;
    to->outputs = (struct kept){ .arena = NULL };
    f->jumped = true;
    frame_end(f);
}

/* Arazzo 1.0.1, goto: control goes to the other workflow for good; its result is this one's. */
static void
jump_to_workflow(struct frame *f, const struct step *from, const struct flow_action *action)
{
    const struct workflow *w = action->workflow;
    struct frame_start start = { .run = f->run,
                                 .workflow = w,
                                 .depth = f->depth + 1,
                                 .within = f,
                                 .deadline = f->deadline,
                                 .done = on_jumped_to_done,
                                 .arg = f };
    struct inputs_result inputs = { .failure = FLOW_FINE };
    struct flow_scope scope;

    scope_of_frame(&scope, f);
    if (frame_may_begin(f->run, w, start.depth, &inputs.failure, &inputs.why))
        inputs_of_action(f, action, &scope, f->arena, &inputs);
    start.inputs_take = inputs.inputs;
    if (inputs.failure != FLOW_FINE) {
        kept_free(&inputs.inputs);
        frame_fail(f, from, inputs.failure, inputs.why);
    } else if (frame_begin(&start) == NULL) {
        frame_fail(f, from, FLOW_LIMIT, TEXT("there is no memory for the workflow"));
    }
}

static void
jump_to_step(struct frame *f, uint32_t step)
{
    for (f->at = 0; f->order[f->at] != step; f->at++)
        continue;
    loop_defer(f->runner->loop, &f->go);
}

/* ---- steps ---- */

/* What the batch comes to: its first step in order that does not just go on decides. */
static void
batch_over(struct frame *f)
{
    struct ending ending = { .next = NEXT_ON };
    const struct step *by = NULL;

    for (uint32_t i = 0; i < f->batch_count; i++) {
        if (ending.next == NEXT_ON) {
            ending = f->batch[i]->ending;
            by = f->batch[i]->step;
        }
        step_free(f->batch[i]);
    }
    free_retired(f);
    if (f->no_memory) {
        frame_fail(f, by, FLOW_LIMIT, TEXT("there is no memory for the step"));
        return;
    }
    switch (ending.next) {
    case NEXT_ON:
        f->at += f->batch_count;
        loop_defer(f->runner->loop, &f->go);
        return;
    case NEXT_STEP:
        jump_to_step(f, ending.action->step);
        return;
    case NEXT_WORKFLOW:
        jump_to_workflow(f, by, ending.action);
        return;
    case NEXT_END:
    case NEXT_FAILED:
        f->ending = ending;
        f->failed_at = ending.failure != FLOW_FINE ? by : NULL;
        frame_end(f);
        return;
    }
}

static void
on_step_done(void *arg, struct step_run *s)
{
    struct frame *f = arg;

    (void)s;
    if (--f->running == 0)
        batch_over(f);
}

/* Steps that follow each other in one group. */
static uint32_t
count_batch(const struct frame *f)
{
    const struct step *first = &f->workflow->steps[f->order[f->at]];
    uint32_t count = 1;

    while (first->group != 0 && f->at + count < f->workflow->step_count &&
           f->workflow->steps[f->order[f->at + count]].group == first->group)
        count++;
    return count;
}

/* A goto may have led past a step that this one cannot do without. */
static bool
depends_hold(struct frame *f, const struct step *step)
{
    for (uint32_t i = 0; i < step->depends_count; i++) {
        const struct step *other = &f->workflow->steps[step->depends_on[i]];

        if (f->slots[other->index].over)
            continue;
        frame_fail(f, step, FLOW_MISSING,
                   arena_print(f->arena, "the step '%.*s' depends on '%.*s', which was not run", TEXT_PRINT(step->id),
                               TEXT_PRINT(other->id)));
        return false;
    }
    return true;
}

static void
begin_batch(struct frame *f)
{
    uint32_t count = count_batch(f);

    for (uint32_t i = 0; i < count; i++)
        if (!depends_hold(f, &f->workflow->steps[f->order[f->at + i]]))
            return;
    f->batch_count = 0;
    f->steps += count;
    f->run->steps += count;
    for (uint32_t i = 0; i < count; i++) {
        struct step_run *s = step_begin(f, &f->workflow->steps[f->order[f->at + i]], false, on_step_done, f);

        if (s != NULL)
            f->batch[f->batch_count++] = s;
        else
            f->no_memory = true;
    }
    f->running = f->batch_count;
    if (f->running == 0)
        batch_over(f);
}

static void
frame_go(void *arg)
{
    struct frame *f = arg;

    if (f->at >= f->workflow->step_count) {
        frame_end(f);
    } else if (f->runner->stopping) {
        frame_fail(f, &f->workflow->steps[f->order[f->at]], FLOW_STOPPED, TEXT("it was stopped"));
    } else if (clock_monotonic() >= f->deadline) {
        frame_fail(f, &f->workflow->steps[f->order[f->at]], FLOW_TIMED_OUT, TEXT("the time for the workflow is over"));
    } else if (f->run->steps >= LIMIT_FLOW_STEPS_RUN) {
        frame_fail(f, &f->workflow->steps[f->order[f->at]], FLOW_LIMIT,
                   arena_print(f->arena, "%u steps were run, and there is no end: does a goto lead back for ever?",
                               LIMIT_FLOW_STEPS_RUN));
    } else {
        begin_batch(f);
    }
}
