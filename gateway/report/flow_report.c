/* flow_report.c -- a flow's runs, as they come in: which run a try belongs to, which step it is a try of, what of it is
 * kept. */
#include "report/flow_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "flow/criterion.h"
#include "report/flow_report_internal.h"
#include "rules/severity.h"

#define PLACE_BYTES 256 /* of "workflow/step, run 7" */

/* ---- its life ---- */

static int
prepare(struct flow_report *r, const struct flow_report_options *options, struct error *err)
{
    if (options != NULL)
        r->options = *options;
    if (r->options.body_bytes == 0)
        r->options.body_bytes = LIMIT_REPORT_BODY;
    if (r->options.runs == 0)
        r->options.runs = LIMIT_REPORT_RUNS;
    if (r->options.failures == 0)
        r->options.failures = LIMIT_REPORT_FAILURES;
    if (r->options.clock == NULL)
        r->options.clock = clock_wall;
    if (r->options.redaction == NULL) {
        r->own_redaction = redaction_new(NULL, NULL, err);
        r->options.redaction = r->own_redaction;
    }
    r->arena = arena_new(0, LIMIT_REPORT_BYTES);
    r->scratch = redaction_scratch_new();
    r->findings = finding_list_new();
    if (r->options.redaction == NULL || r->arena == NULL || r->scratch == NULL || r->findings == NULL ||
        flow_keep_needles(r, r->options.secrets, r->options.secret_count) < 0)
        return error_memory(err);
    finding_list_judge(r->findings, severities_judge_arg, (void *)(uintptr_t)r->options.severities);
    r->options.secrets = NULL; /* the caller's; the needles are ours */
    return 0;
}

struct flow_report *
flow_report_new(const struct flow *flow, const struct flow_report_options *options, struct error *err)
{
    struct flow_report *r = calloc(1, sizeof(*r));

    if (r == NULL) {
        error_memory(err);
        return NULL;
    }
    r->flow = flow;
    if (prepare(r, options, err) < 0) {
        flow_report_free(r);
        return NULL;
    }
    r->began = r->ended = r->options.clock();
    return r;
}

static void
free_run(struct told_run *run)
{
    arena_free(run->arena); /* the run itself is in it */
}

void
flow_report_free(struct flow_report *r)
{
    if (r == NULL)
        return;
    for (struct told_run *run = r->runs, *next; run != NULL; run = next) {
        next = run->next;
        free_run(run);
    }
    finding_list_free(r->findings);
    redaction_scratch_free(r->scratch);
    redaction_free(r->own_redaction);
    arena_free(r->arena);
    free(r);
}

/* ---- runs ---- */

static bool
room_for_failures(const struct flow_report *r)
{
    return r->told_failures < r->options.failures;
}

void
flow_report_begin(void *report, const struct workflow *w, uint64_t number, uint32_t depth)
{
    struct flow_report *r = report;
    struct arena *arena;
    struct told_run *run;

    if (depth > 0)
        return;
    r->last_number = number > r->last_number ? number : r->last_number;
    arena = arena_new(0, LIMIT_REPORT_BYTES);
    run = arena != NULL ? ARENA_NEW(arena, struct told_run) : NULL;
    if (run == NULL) {
        arena_free(arena);
        r->starved = true;
        return;
    }
    run->arena = arena;
    run->number = number;
    run->workflow = w;
    run->began = r->options.clock();
    run->slim = r->run_count++ >= r->options.runs;
    if (r->last != NULL)
        r->last->next = run;
    else
        r->runs = run;
    r->last = run;
}

/* The newest of this number that still runs: workflows of one number run one after the other. */
static struct told_run *
find_run(struct flow_report *r, uint64_t number)
{
    struct told_run *found = NULL;

    for (struct told_run *run = r->runs; run != NULL; run = run->next)
        if (run->number == number && !run->ended)
            found = run;
    return found;
}

/* Of the many, only those that failed are told, and only the first of them. */
static bool
is_told(const struct flow_report *r, const struct told_run *run)
{
    return !run->slim || (run->failure != FLOW_FINE && room_for_failures(r));
}

static void
forget_run(struct flow_report *r, const struct told_run *run)
{
    struct told_run *before = NULL;

    for (struct told_run *one = r->runs; one != run; one = one->next)
        before = one;
    if (before != NULL)
        before->next = run->next;
    else
        r->runs = run->next;
    if (r->last == run)
        r->last = before;
    r->left_out++;
}

void
flow_report_end(void *report, const struct flow_result *result, uint32_t depth)
{
    struct flow_report *r = report;
    struct told_run *run = depth == 0 ? find_run(r, result->run) : NULL;

    if (depth > 0)
        return;
    r->ended = r->options.clock();
    r->failures[result->failure]++;
    *(result->failure == FLOW_FINE ? &r->passed : &r->failed) += 1;
    if (run == NULL)
        return;
    run->ended = true;
    run->failure = result->failure;
    run->failed_at = result->step;
    run->took = result->took;
    run->tries = result->tries;
    run->steps_run = result->steps;
    run->why = flow_keep_told(r, result->why, text_make(NULL, 0), run->arena);
    run->inputs = flow_keep_value(r, result->inputs, run->arena);
    run->outputs = flow_keep_value(r, result->outputs, run->arena);
    if (!is_told(r, run)) {
        forget_run(r, run);
        free_run(run);
    } else if (run->slim) {
        r->told_failures++;
    }
}

/* ---- steps ---- */

/* The step of which this is one more try: the newest that asked for it. */
static struct told_step *
step_retried(const struct told_run *run, const struct flow_try *t)
{
    struct told_step *found = NULL;

    for (struct told_step *s = run->steps; s != NULL && t->attempt > 1; s = s->next)
        if (s->step == t->step && s->depth == t->depth && s->path[t->depth] == t->path[t->depth] &&
            s->element == t->element && s->last->attempt < t->attempt)
            found = s;
    return found;
}

/* The last step inside of the call that the try is inside of at this depth; NULL: there is none. */
static struct told_step *
last_inside(const struct told_run *run, const struct flow_try *t, uint32_t depth)
{
    struct told_step *found = NULL;

    for (struct told_step *s = run->steps; s != NULL; s = s->next)
        if (s->depth >= depth && s->path[depth] == t->path[depth])
            found = s;
    return found;
}

/* The steps of one call of a workflow stand together, though others run beside it. A step that calls a workflow is told
 * of when that has ended: its place is in front of the steps that ran inside. NULL: at the front of all. */
static struct told_step *
step_before(const struct told_run *run, const struct flow_try *t)
{
    struct told_step *before = NULL, *found = NULL;

    for (struct told_step *s = run->steps; s != NULL && t->called != 0; before = s, s = s->next)
        if (s->depth > t->depth && s->path[t->depth + 1] == t->called)
            return before;
    for (uint32_t left = t->depth + 1; found == NULL && left > 0; left--)
        found = last_inside(run, t, left - 1);
    return found != NULL ? found : run->last;
}

static struct told_step *
add_step(struct told_run *run, const struct flow_try *t)
{
    struct told_step *s = ARENA_NEW(run->arena, struct told_step), *before = step_before(run, t);
    uint32_t *path = ARENA_ARRAY(run->arena, uint32_t, t->depth + 1);

    if (s == NULL || path == NULL)
        return NULL;
    memcpy(path, t->path, (t->depth + 1) * sizeof *path);
    s->path = path;
    s->workflow = t->workflow;
    s->step = t->step;
    s->depth = t->depth;
    s->element = t->element;
    s->next = before != NULL ? before->next : run->steps;
    if (before != NULL)
        before->next = s;
    else
        run->steps = s;
    if (run->last == before)
        run->last = s;
    run->step_count++;
    return s;
}

static uint32_t
unmet_of(const struct flow_try *t)
{
    for (uint32_t i = 0; t->criterion != NULL && i < t->step->criterion_count; i++)
        if (t->step->criteria[i] == t->criterion)
            return i;
    return UINT32_MAX;
}

static void
fill_try(struct flow_report *r, struct told_try *told, const struct flow_try *t, struct arena *arena, bool whole)
{
    int64_t now = r->options.clock();

    told->attempt = t->attempt;
    told->limit = t->limit;
    told->took = t->took;
    told->wait = t->next;
    told->began = t->exchange != NULL && t->exchange->started != 0 ? t->exchange->started : now - t->took;
    told->failure = t->failure;
    told->unmet = unmet_of(t);
    told->why = flow_keep_told(r, t->why, text_make(NULL, 0), arena);
    if (t->criterion != NULL) {
        told->criterion = flow_keep_text(r, criterion_text(t->criterion), arena);
        told->criterion_told = flow_keep_told(r, t->criterion_told, told->criterion, arena);
    }
    told->then = t->then != NULL ? t->then : "";
    told->then_to = arena_text(arena, t->then_to);
    told->outputs = flow_keep_value(r, t->outputs, arena);
    if (t->exchange != NULL) {
        told->exchange = flow_keep_exchange(r, t->exchange, arena, whole);
        r->starved = r->starved || told->exchange == NULL;
    }
}

static size_t
bytes_kept(const struct flow_report *r)
{
    size_t bytes = 0;

    for (const struct told_run *run = r->runs; run != NULL; run = run->next)
        bytes += arena_used(run->arena);
    return bytes;
}

static struct told_try *
add_try(struct flow_report *r, struct told_run *run, const struct flow_try *t)
{
    struct told_try *told = ARENA_NEW(run->arena, struct told_try);
    struct told_step *s = step_retried(run, t);

    if (told != NULL)
        fill_try(r, told, t, run->arena, bytes_kept(r) < LIMIT_REPORT_BYTES);
    if (told != NULL && s == NULL)
        s = add_step(run, t);
    if (s == NULL || told == NULL) {
        r->starved = true;
        return NULL;
    }
    if (s->last != NULL)
        s->last->next = told;
    else
        s->tries = told;
    s->last = told;
    s->try_count++;
    run->try_count++;
    return told;
}

/* ---- counts ---- */

/* Steps of one workflow are told together, in the order in which they came. */
static void
place_count(struct flow_report *r, struct step_count *c)
{
    struct step_count *before = NULL;

    for (struct step_count *one = r->counts; one != NULL; one = one->next)
        if (before == NULL || one->workflow == c->workflow || before->workflow != c->workflow)
            before = one;
    c->next = before != NULL ? before->next : r->counts;
    if (before != NULL)
        before->next = c;
    else
        r->counts = c;
}

static struct step_count *
count_of(struct flow_report *r, const struct flow_try *t)
{
    struct step_count *c;

    for (c = r->counts; c != NULL; c = c->next)
        if (c->step == t->step)
            return c;
    c = ARENA_NEW(r->arena, struct step_count);
    if (c == NULL)
        return NULL;
    c->workflow = t->workflow;
    c->step = t->step;
    place_count(r, c);
    return c;
}

static bool
tries_again(const struct flow_try *t)
{
    return t->then != NULL && strcmp(t->then, "retry") == 0;
}

static void
count_try(struct flow_report *r, const struct flow_try *t)
{
    struct step_count *c = count_of(r, t);

    r->tries++;
    if (c == NULL)
        return;
    c->tries++;
    c->calls += t->attempt <= 1;
    c->retries += t->attempt > 1;
    c->failed += t->failure != FLOW_FINE && !tries_again(t);
    latency_add(&c->latency, t->took);
}

/* ---- findings ---- */

static void
add_finding(struct flow_report *r, const struct finding *f)
{
    if (finding_list_again(r->findings, f))
        return;
    if (finding_list_count(r->findings) >= LIMIT_REPORT_FINDINGS)
        r->findings_left_out++;
    else if (finding_list_add_one(r->findings, f) < 0)
        r->starved = true;
}

static void
add_violations(struct flow_report *r, const struct exchange *x, struct text seen_at)
{
    const struct verdict *verdicts[] = { &x->request_verdict, &x->response_verdict };

    for (size_t side = 0; side < 2; side++)
        for (uint32_t i = 0; i < verdicts[side]->count; i++) {
            struct finding f;

            finding_of(&f, x, &verdicts[side]->list[i]);
            f.seen_at = seen_at;
            add_finding(r, &f);
        }
}

void
flow_report_found(void *report, const struct watch_finding *found)
{
    struct flow_report *r = report;
    struct arena *arena = arena_new(0, LIMIT_REPORT_BYTES);
    struct finding f;

    if (arena == NULL) {
        r->starved = true;
        return;
    }
    watch_finding_report(found, arena, &f);
    f.found = redaction_quoted(r->options.redaction, f.found, f.instance, r->scratch, arena);
    f.found = flow_keep_text(r, f.found, arena);
    f.expected = flow_keep_text(r, f.expected, arena);
    f.message = flow_keep_text(r, f.message, arena);
    add_finding(r, &f);
    arena_free(arena);
}

/* ---- a try ---- */

/* One that is not kept, for its violations alone. */
static void
count_violations(struct flow_report *r, const struct flow_try *t, struct text seen_at)
{
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    const struct exchange *x = arena != NULL ? flow_keep_exchange(r, t->exchange, arena, false) : NULL;

    if (x != NULL)
        add_violations(r, x, seen_at);
    else
        r->starved = true;
    arena_free(arena);
}

static bool
has_violations(const struct exchange *x)
{
    return x != NULL && x->request_verdict.count + x->response_verdict.count > 0;
}

void
flow_report_tried(void *report, const struct flow_try *t)
{
    struct flow_report *r = report;
    struct told_run *run = find_run(r, t->run);
    const struct told_try *told = NULL;
    char seen_at[PLACE_BYTES];

    count_try(r, t);
    if (run != NULL && run->slim && !room_for_failures(r))
        run = NULL; /* whatever becomes of it, it will only be counted */
    if (run != NULL && run->try_count >= LIMIT_REPORT_TRIES)
        run->left_out++;
    else if (run != NULL)
        told = add_try(r, run, t);
    if (!has_violations(t->exchange))
        return;
    (void)snprintf(seen_at, sizeof(seen_at), "%.*s/%.*s, run %" PRIu64, TEXT_PRINT(t->workflow->id),
                   TEXT_PRINT(t->step->id), t->run);
    if (told != NULL && told->exchange != NULL)
        add_violations(r, told->exchange, text_of(seen_at));
    else
        count_violations(r, t, text_of(seen_at));
}

/* ---- what came of it ---- */

bool
flow_report_fails(struct flow_report *r, enum level fail_on)
{
    return r->failed > 0 || report_fails(r->findings, fail_on);
}

struct text
flow_report_masked(const struct flow_report *r, struct text t, struct arena *arena)
{
    return flow_keep_text(r, t, arena);
}

int
flow_report_write(struct flow_report *r, const struct report_plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct buffer out;
        int result;

        buffer_init(&out, LIMIT_FILE_BYTES);
        plan->targets[i].format->flow(&out, r);
        result = report_deliver(&plan->targets[i], &out, err);
        buffer_release(&out);
        if (result < 0)
            return -1;
    }
    return 0;
}
