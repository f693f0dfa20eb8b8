/* flow_junit.c -- a flow's report for build servers: a suite per run of a workflow, a case per step. What went over the
 * wire is the output of a step that failed. */
#include <inttypes.h>

#include "base/limits.h"
#include "report/exchange_text.h"
#include "report/flow_report_internal.h"
#include "report/junit.h"

struct writing {
    struct buffer *out;
    struct flow_report *report;
    struct buffer name, told;
};

/* A run that failed without a failing step is a case of its own. */
static bool
fails_alone(const struct told_run *run)
{
    if (run->failure == FLOW_FINE)
        return false;
    for (const struct told_step *s = run->steps; s != NULL; s = s->next)
        if (told_step_failed(s))
            return false;
    return true;
}

static size_t
count_cases(const struct told_run *run)
{
    return run->step_count + fails_alone(run) + (run->steps == NULL && !fails_alone(run));
}

/* A step whose failure the flow itself expects (a goto behind it, a run that is fine) is no failure. */
static bool
is_failure(const struct told_run *run, const struct told_step *s)
{
    return told_step_failed(s) && run->failure != FLOW_FINE;
}

static size_t
count_failures(const struct told_run *run)
{
    size_t n = fails_alone(run);

    for (const struct told_step *s = run->steps; s != NULL; s = s->next)
        n += is_failure(run, s);
    return n;
}

static void
add_tries(struct buffer *told, const struct told_step *s)
{
    for (const struct told_try *t = s->tries; t != NULL; t = t->next) {
        buffer_print(told, "try %u: %s", t->attempt, told_try_failed(t) ? flow_failure_name(t->failure) : "fine");
        if (t->exchange != NULL && t->exchange->has_response)
            buffer_print(told, ", status %u", t->exchange->response.status);
        if (t->why.length > 0)
            buffer_print(told, ", %.*s", TEXT_PRINT(t->why));
        buffer_byte(told, '\n');
    }
}

static void
add_failure(struct writing *w, const struct told_step *s)
{
    const struct told_try *t = s->last;

    buffer_clear(&w->told);
    if (t->criterion.length > 0)
        buffer_print(&w->told, "criterion %.*s\n", TEXT_PRINT(t->criterion));
    if (t->criterion_told.length > 0)
        buffer_print(&w->told, "found     %.*s\n", TEXT_PRINT(t->criterion_told));
    add_tries(&w->told, s);
    if (t->exchange != NULL)
        exchange_text_page(&w->told, t->exchange);
    junit_failure(w->out, text_of(flow_failure_name(t->failure)),
                  t->criterion_told.length > 0 ? t->criterion_told : t->why, buffer_text(&w->told));
}

static void
add_step(struct writing *w, const struct told_run *run, const struct told_step *s)
{
    buffer_clear(&w->name);
    flow_name_step(&w->name, s);
    buffer_add(&w->name, TEXT(": "));
    flow_name_call(&w->name, s->step);
    junit_case(w->out, s->workflow->id, buffer_text(&w->name), told_step_took(s));
    if (is_failure(run, s)) {
        add_failure(w, s);
    } else if (s->try_count > 1 || told_step_failed(s)) {
        buffer_clear(&w->told);
        add_tries(&w->told, s);
        junit_output(w->out, buffer_text(&w->told));
    }
    junit_end_case(w->out);
}

static void
add_run(struct writing *w, const struct told_run *run)
{
    struct junit_suite suite = {
        .tests = count_cases(run), .failures = count_failures(run), .took = run->took, .started = run->began
    };

    buffer_clear(&w->name);
    flow_name_run(&w->name, w->report, run);
    suite.name = buffer_text(&w->name);
    junit_suite(w->out, &suite);
    for (const struct told_step *s = run->steps; s != NULL; s = s->next)
        add_step(w, run, s);
    if (fails_alone(run) || run->steps == NULL) {
        junit_case(w->out, run->workflow->id, TEXT("workflow"), run->took);
        if (fails_alone(run))
            junit_failure(w->out, text_of(flow_failure_name(run->failure)), run->why, run->why);
        junit_end_case(w->out);
    }
    junit_end_suite(w->out);
}

static void
add_findings(struct writing *w, struct report_summary *found)
{
    static const struct report_style plain = { .sources = NULL };
    struct finding_list *list = w->report->findings;

    report_count(found, list);
    if (finding_list_count(list) == 0)
        return;
    junit_suite(w->out, &(struct junit_suite){ TEXT("findings"), finding_list_count(list), found->errors, -1, 0 });
    for (uint32_t i = 0; i < finding_list_count(list); i++) {
        const struct finding *f = finding_list_at(list, i);

        buffer_clear(&w->name);
        buffer_print(&w->name, "%s %.*s %.*s %.*s", side_name(f->side), TEXT_PRINT(f->rule), TEXT_PRINT(f->operation),
                     TEXT_PRINT(f->instance));
        buffer_clear(&w->told);
        report_text_finding(&w->told, f, &plain);
        junit_case(w->out, f->service, text_trim(buffer_text(&w->name)), -1);
        if (f->level == LEVEL_ERROR)
            junit_failure(w->out, f->rule, f->message, buffer_text(&w->told));
        else
            junit_output(w->out, buffer_text(&w->told));
        junit_end_case(w->out);
    }
    junit_end_suite(w->out);
}

void
flow_report_junit(struct buffer *out, struct flow_report *r)
{
    struct writing w = { .out = out, .report = r };
    struct report_summary found = { .command = "flow run" };
    size_t tests = finding_list_count(r->findings), failures;

    report_count(&found, r->findings);
    failures = found.errors;
    buffer_init(&w.name, LIMIT_MIB);
    buffer_init(&w.told, LIMIT_FILE_BYTES);
    for (const struct told_run *run = r->runs; run != NULL; run = run->next) {
        tests += count_cases(run);
        failures += count_failures(run);
    }
    junit_begin(out, r->flow->title.length > 0 ? r->flow->title : r->flow->file, tests, failures, r->ended - r->began);
    for (const struct told_run *run = r->runs; run != NULL; run = run->next)
        add_run(&w, run);
    add_findings(&w, &found);
    junit_end(out);
    out->failed = out->failed || buffer_failed(&w.name) || buffer_failed(&w.told);
    buffer_release(&w.name);
    buffer_release(&w.told);
}
