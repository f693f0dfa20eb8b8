/* runner_step.c -- a step at its turn: once, or once for each element of a list, some of them side by side. */
#include "flow/runner_internal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"

static struct text
no_list(struct frame *f, const struct step *step, const char *why)
{
    return arena_print(f->arena, "x-for-each of '%.*s' has no list: %s", TEXT_PRINT(step->id), why);
}

static void
fail(struct step_run *s, enum flow_failure failure, struct text why)
{
    if (s->ending.next == NEXT_ON)
        s->ending = (struct ending){ .next = NEXT_FAILED, .failure = failure, .why = why };
}

/* The list as it is now: the step may be jumped back to, and its source replaced, while nobody looks. */
static void
find_elements(struct step_run *s)
{
    struct frame *f = s->frame;
    struct arena *arena = arena_new(0, LIMIT_FLOW_ARENA);
    const struct value *list = NULL;
    const char *why = "there is no memory";
    struct flow_scope scope;

    scope_of_frame(&scope, f);
    if (arena != NULL)
        list = expression_evaluate(s->step->each->in, &scope, arena, &why);
    if (list == NULL) {
        fail(s, FLOW_MISSING, no_list(f, s->step, why));
    } else if (list->type != VALUE_ARRAY) {
        fail(s, FLOW_MISSING, no_list(f, s->step, "its value is no array"));
    } else if (list->count > LIMIT_FLOW_ELEMENTS - f->run->elements) {
        fail(s, FLOW_LIMIT,
             arena_print(f->arena, "x-for-each of '%.*s': one run takes no more than %u elements",
                         TEXT_PRINT(s->step->id), LIMIT_FLOW_ELEMENTS));
    } else {
        s->count = list->count;
        f->run->elements += list->count;
        s->list_kept = (struct kept){ .arena = arena, .value = list };
        s->upcoming = value_first(list);
        return;
    }
    arena_free(arena);
}

/* There is nothing to do: told, so that a report has the step. */
static void
tell_nothing(struct step_run *s)
{
    const struct frame *f = s->frame;
    const struct flow_listener *l = &f->runner->options->listener;
    const struct flow_try told = { .workflow = f->workflow,
                                   .step = s->step,
                                   .run = f->run->number,
                                   .depth = f->depth,
                                   .path = f->path,
                                   .element = -1,
                                   .attempt = 1,
                                   .failure = s->ending.failure,
                                   .why = s->ending.failure != FLOW_FINE ? s->ending.why : TEXT("the list is empty"),
                                   .then = "" };

    if (l->tried != NULL)
        l->tried(l->arg, &told);
}

static bool
has_more(const struct step_run *s)
{
    return s->next < s->count && s->ending.next == NEXT_ON;
}

/* As many as may be side by side. */
static void
begin_trials(struct step_run *s)
{
    while (has_more(s) && s->running < s->parallel) {
        const struct value *item = s->upcoming;

        if (item != NULL)
            s->upcoming = value_next(item);
        if (trial_begin(s, s->next++, item) != NULL)
            s->running++;
        else
            fail(s, FLOW_LIMIT, TEXT("there is no memory for the step"));
    }
}

/* A step that was only run to help another one has outputs, but changes nothing else. */
static void
step_end(struct step_run *s)
{
    bool fine = s->ending.failure == FLOW_FINE;
    struct kept outputs = { .arena = NULL };

    if (fine && s->step->each == NULL) {
        outputs = s->outputs[0];
        s->outputs[0] = (struct kept){ .arena = NULL };
    } else if (fine && !outputs_collect(s->frame->runner, s, &outputs)) {
        fail(s, FLOW_LIMIT, TEXT("the outputs of all elements are too large"));
    }
    if (outputs.arena != NULL)
        frame_keep(s->frame, s->step, outputs);
    s->done(s->arg, s);
}

static void
step_go(void *arg)
{
    struct step_run *s = arg;

    if (s->step->each != NULL)
        find_elements(s);
    if (s->ending.next == NEXT_ON)
        s->outputs = calloc(s->count + 1, sizeof s->outputs[0]);
    if (s->outputs == NULL)
        fail(s, FLOW_LIMIT, TEXT("there is no memory for the step"));
    if (!has_more(s))
        tell_nothing(s);
    begin_trials(s);
    if (s->running == 0)
        step_end(s);
}

struct step_run *
step_begin(struct frame *f, const struct step *step, bool helping, step_done_fn *done, void *arg)
{
    struct step_run *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    *s = (struct step_run){ .frame = f,
                            .step = step,
                            .count = 1,
                            .parallel = step->parallel > 1 ? step->parallel : 1,
                            .helping = helping,
                            .done = done,
                            .arg = arg,
                            .go = { .call = step_go, .arg = s } };
    if (s->parallel > LIMIT_FLOW_PARALLEL)
        s->parallel = LIMIT_FLOW_PARALLEL;
    loop_defer(f->runner->loop, &s->go);
    return s;
}

void
step_free(struct step_run *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; s->outputs != NULL && i < s->count; i++)
        kept_free(&s->outputs[i]);
    free(s->outputs);
    kept_free(&s->list_kept);
    free(s);
}

/* Of several elements that do not just go on, the first in the list decides. */
void
step_trial_over(struct step_run *s, struct trial *t)
{
    s->outputs[t->element] = t->outputs;
    t->outputs = (struct kept){ .arena = NULL };
    if (t->ending.next != NEXT_ON && (s->ending.next == NEXT_ON || t->element < s->ended_by)) {
        s->ending = t->ending;
        s->ended_by = t->element;
    }
    trial_free(t);
    s->running--;
    begin_trials(s);
    if (s->running == 0)
        step_end(s);
}
