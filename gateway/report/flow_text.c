/* flow_text.c -- a flow's report for a person at a terminal: what failed, what was found, and a table at the end. */
#include <inttypes.h>

#include "base/limits.h"
#include "report/exchange_text.h"
#include "report/flow_report_internal.h"
#include "report/source.h"

#define NAME_LEAST 12
#define NAME_MOST  44

/* ---- failures ---- */

static void
add_line(struct buffer *out, const char *label, struct text what)
{
    if (what.length > 0)
        buffer_print(out, "  %-9s %.*s\n", label, TEXT_PRINT(what));
}

static void
add_failed_try(struct buffer *out, const struct told_run *run, const struct told_step *s)
{
    const struct told_try *t = s->last;

    buffer_print(out, "failed %.*s ", TEXT_PRINT(run->workflow->id));
    flow_name_step(out, s);
    buffer_print(out, ": %s", flow_failure_name(t->failure));
    if (t->attempt > 1)
        buffer_print(out, " (try %u of %u)", t->attempt, t->limit + 1);
    buffer_byte(out, '\n');
    if (t->criterion.length == 0) /* else the criterion says it */
        add_line(out, "why", t->why);
    add_line(out, "criterion", t->criterion);
    add_line(out, "found", t->criterion_told);
    if (t->exchange != NULL)
        exchange_text_page(out, t->exchange);
    buffer_byte(out, '\n');
}

/* The step at which the run failed; where none is known, why it did. */
static void
add_failed_run(struct buffer *out, const struct told_run *run)
{
    const struct told_step *found = NULL;

    for (const struct told_step *s = run->steps; s != NULL; s = s->next)
        if (told_step_failed(s) && (run->failed_at == NULL || s->step == run->failed_at || found == NULL))
            found = s;
    if (found != NULL) {
        add_failed_try(out, run, found);
        return;
    }
    buffer_print(out, "failed %.*s: %s\n", TEXT_PRINT(run->workflow->id), flow_failure_name(run->failure));
    add_line(out, "why", run->why);
    buffer_byte(out, '\n');
}

void
flow_report_text(struct buffer *out, struct flow_report *r)
{
    struct report_style style = { .sources = sources_new() };

    for (const struct told_run *run = r->runs; run != NULL; run = run->next)
        if (run->ended && run->failure != FLOW_FINE)
            add_failed_run(out, run);
    report_text_findings(out, r->findings, &style);
    sources_free(style.sources);
    flow_report_summary(out, r);
}

/* ---- the table ---- */

static size_t
name_width(const struct flow_report *r)
{
    size_t width = NAME_LEAST;

    for (const struct step_count *c = r->counts; c != NULL; c = c->next) {
        size_t length = text_code_points(c->step->id) + 2;

        width = length > width ? length : width;
    }
    return width < NAME_MOST ? width : NAME_MOST;
}

static void
add_cell(struct buffer *out, int64_t ns)
{
    struct buffer cell;

    buffer_init(&cell, 64);
    flow_duration(&cell, ns);
    buffer_print(out, " %11.*s", TEXT_PRINT(buffer_text(&cell)));
    buffer_release(&cell);
}

static void
add_name(struct buffer *out, struct text name, size_t width)
{
    size_t points = text_code_points(name) + 2;

    buffer_print(out, "  %.*s%*s", TEXT_PRINT(name), points < width ? (int)(width - points) : 0, "");
}

static void
add_row(struct buffer *out, const struct step_count *c, size_t width)
{
    add_name(out, c->step->id, width);
    buffer_print(out, " %7" PRIu64 " %7" PRIu64 " %7" PRIu64, c->calls, c->failed, c->retries);
    add_cell(out, latency_percentile(&c->latency, 50));
    add_cell(out, latency_percentile(&c->latency, 95));
    add_cell(out, latency_percentile(&c->latency, 99));
    buffer_byte(out, '\n');
}

static void
add_table(struct buffer *out, const struct flow_report *r)
{
    const struct workflow *last = NULL;
    size_t width = name_width(r);

    if (r->counts == NULL)
        return;
    buffer_print(out, "%-*s %7s %7s %7s %11s %11s %11s\n", (int)width, "step", "calls", "failed", "retries", "p50",
                 "p95", "p99");
    for (const struct step_count *c = r->counts; c != NULL; c = c->next) {
        if (c->workflow != last)
            buffer_print(out, "%.*s\n", TEXT_PRINT(c->workflow->id));
        last = c->workflow;
        add_row(out, c, width);
    }
    buffer_byte(out, '\n');
}

static void
add_reasons(struct buffer *out, const struct flow_report *r)
{
    const char *between = "failures: ";

    if (r->failed == 0)
        return;
    for (int i = FLOW_FINE + 1; i < FLOW_FAILURES; i++) {
        if (r->failures[i] == 0)
            continue;
        buffer_print(out, "%s%" PRIu64 " %s", between, r->failures[i], flow_failure_name((enum flow_failure)i));
        between = ", ";
    }
    buffer_byte(out, '\n');
}

static const char *
plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

void
flow_report_summary(struct buffer *out, struct flow_report *r)
{
    struct report_summary found = { .command = "flow run" };

    report_count(&found, r->findings);
    add_table(out, r);
    add_reasons(out, r);
    if (found.errors + found.warnings + found.infos > 0)
        buffer_print(out, "findings: %" PRIu64 " error%s, %" PRIu64 " warning%s, %" PRIu64 " info\n", found.errors,
                     plural(found.errors), found.warnings, plural(found.warnings), found.infos);
    if (r->starved)
        buffer_add(out, TEXT("there was too little memory to keep everything: the report is not complete\n"));
    buffer_print(out, "%s: %" PRIu64 " run%s, %" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64 " %s of steps in ",
                 flow_verdict(r), r->run_count, plural(r->run_count), r->passed, r->failed, r->tries,
                 r->tries == 1 ? "try" : "tries");
    flow_duration(out, r->ended - r->began);
    buffer_byte(out, '\n');
}
