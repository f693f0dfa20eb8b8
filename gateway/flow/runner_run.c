/* runner_run.c -- one repetition: the planned workflows, one after another. */
#include "flow/runner_internal.h"

#include <stdlib.h>

#include "base/clock.h"

static void
run_end(struct flow_run *run)
{
    struct runner *r = run->runner;

    for (uint32_t i = 0; i < r->plan_count; i++)
        kept_free(&run->left[i].kept);
    free(run->left);
    free(run);
    r->active--;
    runner_begin_runs(r);
}

/* Told like one that was run, without steps. */
static void
tell_not_run(struct flow_run *run, const struct planned *p, enum flow_failure failure, struct text why)
{
    const struct flow_listener *l = &run->runner->options->listener;
    const struct flow_result result = {
        .workflow = p->workflow, .run = run->number, .failure = failure, .why = why, .inputs = p->inputs
    };

    if (l->begin != NULL)
        l->begin(l->arg, p->workflow, run->number, 0);
    if (l->end != NULL)
        l->end(l->arg, &result, 0);
}

static void
leave(struct flow_run *run, bool failed)
{
    run->left[run->at].over = true;
    run->left[run->at].failed = failed;
    run->at++;
    if (failed && run->runner->options->fail_fast)
        runner_end(run->runner);
    loop_defer(run->runner->loop, &run->go);
}

static void
on_frame_done(void *arg, struct frame *f)
{
    struct flow_run *run = arg;
    bool failed = f->ending.failure != FLOW_FINE;

    if (!outputs_leave(f->inputs, VALUE_MEMBER(f->outputs.value, "outputs"), &run->left[run->at].kept))
        failed = true;
    leave(run, failed);
}

/* False: it cannot be run. */
static bool
begin_planned(struct flow_run *run, const struct planned *p, enum flow_failure *failure, struct text *why)
{
    const struct frame_start start = { .run = run,
                                       .workflow = p->workflow,
                                       .inputs = p->inputs,
                                       .deadline = INT64_MAX,
                                       .done = on_frame_done,
                                       .arg = run };

    *failure = p->failure;
    *why = p->why;
    if (p->failure != FLOW_FINE || !frame_may_begin(run, p->workflow, 0, failure, why))
        return false;
    if (frame_begin(&start) != NULL)
        return true;
    *failure = FLOW_LIMIT;
    *why = TEXT("there is no memory for it");
    return false;
}

static void
run_go(void *arg)
{
    struct flow_run *run = arg;
    struct runner *r = run->runner;
    enum flow_failure failure;
    struct text why;

    if (run->at == r->plan_count || r->stopping) {
        run_end(run);
        return;
    }
    if (begin_planned(run, &r->plan[run->at], &failure, &why))
        return;
    tell_not_run(run, &r->plan[run->at], failure, why);
    leave(run, true);
}

bool
runner_begin(struct runner *r)
{
    struct flow_run *run = calloc(1, sizeof *run);
    struct left *left = calloc(r->plan_count + 1, sizeof *left);

    if (run == NULL || left == NULL) {
        free(run);
        free(left);
        return false;
    }
    *run = (struct flow_run){ .runner = r, .number = ++r->begun, .left = left, .go = { .call = run_go, .arg = run } };
    r->active++;
    loop_defer(r->loop, &run->go);
    return true;
}

const struct left *
run_left(const struct flow_run *run, const struct workflow *w)
{
    for (uint32_t i = 0; i < run->runner->plan_count; i++)
        if (run->runner->plan[i].workflow == w)
            return run->left[i].over ? &run->left[i] : NULL;
    return NULL;
}

/* One of the same document is meant rather than one of another. */
const struct left *
run_left_named(const struct flow_run *run, const struct flow *flow, struct text id)
{
    const struct left *found = NULL;

    for (uint32_t i = 0; i < run->runner->plan_count; i++) {
        const struct workflow *w = run->runner->plan[i].workflow;

        if (!run->left[i].over || !text_equal(w->id, id))
            continue;
        if (w->flow == flow)
            return &run->left[i];
        if (found == NULL)
            found = &run->left[i];
    }
    return found;
}
