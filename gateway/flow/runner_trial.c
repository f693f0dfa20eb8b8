/* runner_trial.c -- one element of a step, tried until it is over.
 *
 *     try ── request ── answered ─┐
 *      │                          ├── judge ── over
 *      └──── workflow ─── ended ──┘     │
 *      ▲                                │
 *      └── before (a retry's step) ◀── wait */
#include "flow/runner_internal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"

#define TIMEOUT (30 * CLOCK_SECOND)

static void trial_try(void *arg);
static void on_waited(void *arg);

/* ---- begin and end ---- */

static bool
take_item(struct trial *t, const struct value *item)
{
    const struct frame *f = t->of->frame;

    t->inputs = f->inputs;
    if (item == NULL)
        return true;
    if (!inputs_with(t->runner, f->inputs, t->of->step->each->as, item, &t->inputs_kept))
        return false;
    t->inputs = t->inputs_kept.value;
    return true;
}

static void
next_is(struct trial *t, void (*call)(void *arg))
{
    t->go = (struct deferred){ .call = call, .arg = t };
    loop_defer(t->runner->loop, &t->go);
}

struct trial *
trial_begin(struct step_run *s, uint32_t element, const struct value *item)
{
    struct trial *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    *t = (struct trial){
        .of = s, .runner = s->frame->runner, .element = element, .timer = { .fire = on_waited, .arg = t }
    };
    if (!take_item(t, item)) {
        trial_free(t);
        return NULL;
    }
    next_is(t, trial_try);
    return t;
}

static void
attempt_end(struct trial *t)
{
    kept_free(&t->now.nested);
    arena_free(t->now.arena);
    t->now = (struct attempt){ .arena = NULL };
}

void
trial_free(struct trial *t)
{
    if (t == NULL)
        return;
    timer_release(t->runner->loop, &t->timer);
    attempt_end(t);
    kept_free(&t->inputs_kept);
    kept_free(&t->outputs);
    free(t->retries);
    free(t);
}

static void
over(struct trial *t, struct ending ending)
{
    t->ending = ending;
    step_trial_over(t->of, t);
}

/* A workflow that fails says why when the try is gone. */
static void
over_failed(struct trial *t)
{
    struct frame *f = t->of->frame;

    over(t, (struct ending){ .next = NEXT_FAILED, .failure = t->now.failure, .why = arena_text(f->arena, t->now.why) });
}

/* ---- telling ---- */

static struct flow_try
describe(const struct trial *t)
{
    const struct attempt *a = &t->now;
    const struct frame *f = t->of->frame;

    return (struct flow_try){ .workflow = f->workflow,
                              .step = t->of->step,
                              .run = f->run->number,
                              .depth = f->depth,
                              .path = f->path,
                              .called = a->called,
                              .element = t->of->step->each != NULL ? (int64_t)t->element : -1,
                              .attempt = t->attempts,
                              .limit = t->limit,
                              .failure = a->failure,
                              .why = a->why,
                              .criterion = a->criterion,
                              .criterion_told = a->told,
                              .exchange = a->exchange,
                              .outputs = VALUE_MEMBER(t->outputs.value, "outputs"),
                              .took = clock_monotonic() - a->began,
                              .then = "" };
}

static void
tell_sending(const struct trial *t)
{
    const struct flow_listener *l = &t->runner->options->listener;
    const struct flow_try told = describe(t);

    if (l->sending != NULL)
        l->sending(l->arg, &told);
}

static void
tell_tried(const struct trial *t, const struct decision *d)
{
    static const char *const words[] = { [FLOW_END] = "end", [FLOW_GOTO] = "goto", [FLOW_RETRY] = "retry" };
    const struct flow_listener *l = &t->runner->options->listener;
    struct flow_try told = describe(t);

    if (l->tried == NULL)
        return;
    if (d->action != NULL) {
        told.then = words[d->action->kind];
        told.next = d->delay;
        if (d->action->workflow != NULL)
            told.then_to = d->action->workflow->id;
        else if (d->action->step != UINT32_MAX)
            told.then_to = t->of->frame->workflow->steps[d->action->step].id;
    }
    l->tried(l->arg, &told);
}

/* ---- what comes next ---- */

static void
leave_waiting(struct trial *t)
{
    struct runner *r = t->runner;

    *(t->waiting_before != NULL ? &t->waiting_before->waiting_behind : &r->waiting) = t->waiting_behind;
    if (t->waiting_behind != NULL)
        t->waiting_behind->waiting_before = t->waiting_before;
}

static void
on_helped(void *arg, struct frame *f)
{
    struct trial *t = arg;

    t->of->frame->steps += f->steps;
    t->of->frame->tries += f->tries;
    next_is(t, trial_try);
}

static void
on_helper_done(void *arg, struct step_run *s)
{
    struct trial *t = arg;

    step_free(s);
    next_is(t, trial_try);
}

/* The workflow that a retry names runs with the inputs of the step's own, and what the action gives. */
static void
help_by_workflow(struct trial *t, const struct flow_action *action)
{
    struct frame *f = t->of->frame;
    struct frame_start start = { .run = f->run,
                                 .workflow = action->workflow,
                                 .depth = f->depth + 1,
                                 .within = f,
                                 .deadline = f->deadline,
                                 .done = on_helped,
                                 .arg = t };
    struct inputs_result inputs = { .failure = FLOW_FINE };
    struct text why;

    if (frame_may_begin(f->run, action->workflow, start.depth, &inputs.failure, &why))
        inputs_of_action(f, action, &t->scope, f->arena, &inputs);
    start.inputs_take = inputs.inputs;
    if (inputs.failure != FLOW_FINE)
        kept_free(&start.inputs_take);
    else if (frame_begin(&start) != NULL)
        return;
    next_is(t, trial_try);
}

/* What a retry names runs first; whether it succeeds is not asked: the next try shows what it was good for. */
static void
trial_retry(void *arg)
{
    struct trial *t = arg;
    const struct flow_action *action = t->retry;
    struct frame *f = t->of->frame;

    if (t->runner->stopping || (action->workflow == NULL && action->step == UINT32_MAX)) {
        trial_try(t);
    } else if (action->workflow != NULL) {
        help_by_workflow(t, action);
    } else {
        f->steps++;
        f->run->steps++;
        if (step_begin(f, &f->workflow->steps[action->step], true, on_helper_done, t) == NULL)
            trial_try(t);
    }
}

static void
wait_for_retry(struct trial *t, const struct decision *d)
{
    struct runner *r = t->runner;

    t->retry = d->action;
    attempt_end(t);
    if (d->delay == 0 || r->stopping || !timer_start(r->loop, &t->timer, d->delay)) {
        next_is(t, trial_retry);
        return;
    }
    t->waiting_before = NULL;
    t->waiting_behind = r->waiting;
    if (r->waiting != NULL)
        r->waiting->waiting_before = t;
    r->waiting = t;
}

static void
on_waited(void *arg)
{
    leave_waiting(arg);
    trial_retry(arg);
}

void
trial_wait_no_more(struct runner *r)
{
    while (r->waiting != NULL) {
        struct trial *t = r->waiting;

        timer_stop(&t->timer);
        leave_waiting(t);
        next_is(t, trial_retry);
    }
}

static void
follow(struct trial *t, const struct decision *d)
{
    const struct flow_action *action = d->action;
    struct ending ending = { .next = NEXT_ON, .action = action };

    if (action == NULL && t->now.failure != FLOW_FINE && !t->of->helping) {
        over_failed(t);
        return;
    }
    if (action != NULL && action->kind == FLOW_RETRY) {
        wait_for_retry(t, d);
        return;
    }
    if (action != NULL && action->kind == FLOW_GOTO)
        ending.next = action->workflow != NULL ? NEXT_WORKFLOW : NEXT_STEP;
    if (action != NULL && action->kind == FLOW_END) {
        ending.next = NEXT_END;
        ending.failure = t->now.failure;
        ending.why = arena_text(t->of->frame->arena, t->now.why);
    }
    over(t, ending);
}

/* ---- judging ---- */

static void
make_outputs(struct trial *t)
{
    const struct step *step = t->of->step;

    if (outputs_evaluate(t->runner, step->outputs, step->output_count, &t->scope, t->now.arena, &t->outputs))
        return;
    t->now.failure = FLOW_LIMIT;
    t->now.why = TEXT("the outputs are too large");
}

/* Retries that are used up are what the step fails for; what the last one failed for is told with it. */
static void
tell_exhausted(struct trial *t)
{
    struct attempt *a = &t->now;

    a->failure = FLOW_EXHAUSTED;
    a->why = arena_print(a->arena, "%u retries are used up: %.*s", (unsigned)t->attempts - 1, TEXT_PRINT(a->why));
}

static bool
is_too_late(const struct trial *t, const struct decision *d)
{
    return t->of->frame->deadline < INT64_MAX && clock_monotonic() + d->delay >= t->of->frame->deadline;
}

static void
judge(struct trial *t)
{
    struct decision d;

    turn_give(t);
    t->exhausted = false;
    if (t->now.failure == FLOW_FINE)
        judge_criteria(t);
    kept_free(&t->outputs);
    if (t->now.failure == FLOW_FINE)
        make_outputs(t);
    d = judge_action(t);
    if (d.action != NULL && d.action->kind == FLOW_RETRY && is_too_late(t, &d)) {
        t->now.failure = FLOW_TIMED_OUT;
        d = (struct decision){ .action = NULL };
    }
    if (t->exhausted && (d.action == NULL || d.action->kind == FLOW_END))
        tell_exhausted(t);
    tell_tried(t, &d);
    if (t->now.exchange != NULL)
        rules_leave(t);
    follow(t, &d);
}

static void
trial_judge(void *arg)
{
    judge(arg);
}

static void
fail(struct trial *t, enum flow_failure failure, struct text why)
{
    t->now.failure = failure;
    t->now.why = why;
    judge(t);
}

/* ---- by a request ---- */

/* Fetcher's thread. */
static void
on_answer(void *arg, const struct fetch_result *result)
{
    struct trial *t = arg;
    struct runner *r = t->runner;

    exchange_copy_answer(t, result);
    (void)pthread_mutex_lock(&r->lock);
    t->answered_next = r->answered;
    r->answered = t;
    loop_wake(r->loop); /* under the lock: the loop goes only when all is answered and taken */
    (void)pthread_mutex_unlock(&r->lock);
}

void
trial_take_answered(struct runner *r)
{
    struct trial *t, *first = NULL;

    (void)pthread_mutex_lock(&r->lock);
    t = r->answered;
    r->answered = NULL;
    (void)pthread_mutex_unlock(&r->lock);
    while (t != NULL) { /* the oldest first */
        struct trial *next = t->answered_next;

        t->answered_next = first;
        first = t;
        t = next;
    }
    while (first != NULL) {
        t = first;
        first = t->answered_next;
        exchange_judge(t);
        judge(t);
    }
}

/* The nearest of the step's, the user's and what is left of the workflow's time. */
static int64_t
timeout_of(const struct trial *t)
{
    const struct frame *f = t->of->frame;
    int64_t asked = t->runner->options->timeout > 0 ? t->runner->options->timeout : TIMEOUT;
    int64_t timeout = t->of->step->timeout > 0 ? t->of->step->timeout : asked;
    int64_t left = f->deadline < INT64_MAX ? f->deadline - clock_monotonic() : INT64_MAX;

    if (left < 1)
        left = 1;
    return timeout < left ? timeout : left;
}

static enum flow_failure
failure_of(const struct error *err)
{
    return err->kind == ERROR_ENVIRONMENT ? FLOW_LIMIT : FLOW_MISSING;
}

static bool
build(struct trial *t)
{
    const struct runner_options *o = t->runner->options;
    const struct flow_sending sending = { .step = t->of->step,
                                          .scope = &t->scope,
                                          .servers = o->servers,
                                          .server_count = o->server_count,
                                          .tokens = o->tokens,
                                          .token_count = o->token_count };
    struct attempt *a = &t->now;
    struct error err = { .kind = ERROR_NONE };

    if (flow_request_build(&sending, a->arena, &a->request, &err) < 0) {
        struct text what = err.where[0] != '\0' ? arena_print(a->arena, "%s: %s", err.where, err.what)
                                                : arena_text(a->arena, text_of(err.what));

        fail(t, failure_of(&err), what);
        return false;
    }
    t->scope.request = &a->request.message;
    t->scope.url = a->request.url;
    t->scope.match = &a->request.match;
    t->scope.request_body = a->request.body;
    return true;
}

static void
send_request(struct trial *t)
{
    struct attempt *a = &t->now;

    if (!build(t))
        return;
    if (!exchange_begin(t)) {
        fail(t, FLOW_LIMIT, TEXT("there is no memory for the request"));
        return;
    }
    t->of->frame->tries++;
    rules_enter(t);
    tell_sending(t);
    a->request.fetch.timeout = timeout_of(t);
    a->request.fetch.max_body = LIMIT_FLOW_BODY;
    if (t->runner->fetcher == NULL || !fetcher_ask(t->runner->fetcher, &a->request.fetch, on_answer, t)) {
        const struct fetch_result none = { .failure = t->runner->fetcher == NULL ? FETCH_STOPPED : FETCH_FULL };

        on_answer(t, &none);
    }
}

/* ---- by a workflow ---- */

static void
on_workflow_done(void *arg, struct frame *f)
{
    struct trial *t = arg;
    struct attempt *a = &t->now;
    bool kept = outputs_leave(f->inputs, VALUE_MEMBER(f->outputs.value, "outputs"), &a->nested);

    t->of->frame->steps += f->steps;
    t->of->frame->tries += f->tries;
    t->scope.outputs = VALUE_MEMBER(a->nested.value, "outputs");
    a->failure = f->ending.failure;
    if (f->failed_at != NULL && a->failure != FLOW_FINE)
        a->why = arena_print(a->arena, "step '%.*s' of '%.*s': %.*s", TEXT_PRINT(f->failed_at->id),
                             TEXT_PRINT(f->workflow->id), TEXT_PRINT(f->ending.why));
    else
        a->why = arena_text(a->arena, f->ending.why);
    if (!kept && a->failure == FLOW_FINE) {
        a->failure = FLOW_LIMIT;
        a->why = TEXT("what the workflow left is too large");
    }
    next_is(t, trial_judge);
}

static void
call_workflow(struct trial *t)
{
    const struct step *step = t->of->step;
    struct frame *f = t->of->frame;
    struct frame_start start = { .run = f->run,
                                 .workflow = step->workflow,
                                 .depth = f->depth + 1,
                                 .within = f,
                                 .deadline = f->deadline,
                                 .done = on_workflow_done,
                                 .arg = t };
    struct inputs_result inputs = { .failure = FLOW_FINE };
    const struct frame *called;

    if (frame_may_begin(f->run, step->workflow, start.depth, &inputs.failure, &inputs.why))
        inputs_of_step(t, &inputs);
    start.inputs_take = inputs.inputs;
    if (step->timeout > 0 && t->now.began + step->timeout < f->deadline)
        start.deadline = t->now.began + step->timeout;
    if (inputs.failure != FLOW_FINE) {
        kept_free(&start.inputs_take);
        fail(t, inputs.failure, inputs.why);
    } else if ((called = frame_begin(&start)) == NULL) {
        fail(t, FLOW_LIMIT, TEXT("there is no memory for the workflow"));
    } else {
        t->now.called = called->path[called->depth];
    }
}

/* ---- a try ---- */

static void
trial_try(void *arg)
{
    struct trial *t = arg;
    struct frame *f = t->of->frame;

    attempt_end(t);
    if (t->of->step->workflow == NULL && !turn_take(t))
        return;
    t->attempts++;
    t->now.began = clock_monotonic();
    scope_of_trial(&t->scope, t);
    if (t->runner->stopping) {
        t->now.failure = FLOW_STOPPED;
        t->now.why = TEXT("it was stopped");
        turn_give(t);
        over_failed(t);
        return;
    }
    t->now.arena = arena_new(0, LIMIT_FLOW_ARENA);
    if (t->now.arena == NULL) {
        t->now.failure = FLOW_LIMIT;
        t->now.why = TEXT("there is no memory for the step");
        turn_give(t);
        over_failed(t);
    } else if (t->now.began >= f->deadline) {
        fail(t, FLOW_TIMED_OUT, TEXT("the time for the workflow is over"));
    } else if (t->of->step->workflow != NULL) {
        call_workflow(t);
    } else {
        send_request(t);
    }
}

void
trial_again(struct trial *t)
{
    next_is(t, trial_try);
}
