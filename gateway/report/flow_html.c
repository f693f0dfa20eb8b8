/* flow_html.c -- a flow's report as a page: the verdict, each run as a timeline of steps that unfold, steps over all
 * runs, and what was found. */
#include "report/flow_html.h"

#include <inttypes.h>

#include "base/limits.h"
#include "base/time_text.h"
#include "report/html_findings.h"
#include "report/page.h"

#define SCALE    1000 /* units of a bar */
#define LEAST    5    /* of the shortest piece, so that it can be seen */
#define INDENTS  3    /* depths that are shown */
#define FEW_RUNS 4    /* more of them are folded where they passed */

/* ---- the head ---- */

static const char *
verdict_class(const char *verdict)
{
    return strcmp(verdict, "passed") == 0 ? "fine" : strcmp(verdict, "failed") == 0 ? "bad" : "warn";
}

static void
add_top(struct flow_page *p)
{
    const struct flow_report *r = p->report;
    const struct flow *f = r->flow;
    const char *verdict = flow_verdict(r);

    MARKUP(p->out, "<header class=\"top\"><div><h1>{}</h1>", f->title.length > 0 ? f->title : f->file);
    if (f->summary.length > 0)
        MARKUP(p->out, "<p>{}</p>", f->summary);
    MARKUP(p->out, "<p><code>{}</code>", f->file);
    if (f->version.length > 0)
        MARKUP(p->out, " · version {}", f->version);
    MARKUP(p->out, " · {}</p></div><p class=\"verdict {}\">{}</p></header>\n", time_text_rfc3339(r->began, 0),
           text_of(verdict_class(verdict)), text_of(verdict));
}

static void
add_tiles(struct flow_page *p)
{
    struct flow_report *r = p->report;
    struct report_summary found = { .command = "flow run" };

    report_count(&found, r->findings);
    MARKUP_RAW(p->out, "<dl class=\"tiles\">\n");
    page_tile(p->out, TEXT("runs"), r->run_count, "");
    page_tile(p->out, TEXT("passed"), r->passed, "fine");
    page_tile(p->out, TEXT("failed"), r->failed, "bad");
    page_tile(p->out, TEXT("tries of steps"), r->tries, "");
    page_tile(p->out, TEXT("findings"), found.errors + found.warnings + found.infos, found.errors > 0 ? "bad" : "warn");
    MARKUP_RAW(p->out, "<div><dt>took</dt><dd>");
    flow_html_duration(p, r->ended - r->began);
    MARKUP_RAW(p->out, "</dd></div>\n</dl>\n");
}

static void
add_reasons(struct flow_page *p)
{
    const struct flow_report *r = p->report;

    if (r->failed == 0)
        return;
    MARKUP_RAW(p->out, "<section class=\"card\"><header><h2>Failures by reason</h2></header><table><tbody>\n");
    for (int i = FLOW_FINE + 1; i < FLOW_FAILURES; i++)
        if (r->failures[i] > 0)
            buffer_print(p->out, "<tr><td>%s</td><td class=\"number bad\">%" PRIu64 "</td></tr>\n",
                         flow_failure_name((enum flow_failure)i), r->failures[i]);
    MARKUP_RAW(p->out, "</tbody></table></section>\n");
}

/* ---- bars ---- */

/* What a run's timeline spans. */
struct span {
    int64_t from, length;
};

static struct span
span_of(const struct told_run *run)
{
    struct span span = { run->began, run->took > 0 ? run->took : 1 };
    int64_t end = run->began + span.length;

    for (const struct told_step *s = run->steps; s != NULL; s = s->next) {
        if (s->tries->began < span.from)
            span.from = s->tries->began;
        if (s->last->began + s->last->took > end)
            end = s->last->began + s->last->took;
    }
    span.length = end > span.from ? end - span.from : 1;
    return span;
}

static int64_t
place_in(const struct span *span, int64_t at)
{
    double place = (double)(at - span->from) / (double)span->length * SCALE;

    return place < 0 ? 0 : place > SCALE - LEAST ? SCALE - LEAST : (int64_t)place;
}

static void
add_piece(struct flow_page *p, const struct span *span, const char *kind, int64_t from, int64_t took, int height)
{
    int64_t x = place_in(span, from), width = (int64_t)((double)took / (double)span->length * SCALE);

    if (width < LEAST)
        width = LEAST;
    if (x + width > SCALE)
        width = SCALE - x;
    buffer_print(p->out, "<rect class=\"%s\" x=\"%" PRId64 "\" y=\"%d\" width=\"%" PRId64 "\" height=\"%d\"/>", kind, x,
                 (14 - height) / 2, width, height);
}

static void
add_bar(struct flow_page *p, const struct span *span, const struct told_step *s)
{
    MARKUP_RAW(p->out, "<svg class=\"bar\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                       "<rect class=\"back\" y=\"6\" width=\"1000\" height=\"2\"/>");
    for (const struct told_try *t = s->tries; t != NULL; t = t->next) {
        const char *kind = !told_try_failed(t) ? "fine" : t->next != NULL ? "warn" : "bad";

        if (t->next != NULL)
            add_piece(p, span, "wait", t->began + t->took, t->next->began - t->began - t->took, 4);
        add_piece(p, span, kind, t->began, t->took, 14);
    }
    MARKUP_RAW(p->out, "</svg>");
}

/* ---- steps ---- */

static void
add_status(struct flow_page *p, const struct told_step *s)
{
    const struct exchange *x = s->last->exchange;

    MARKUP_RAW(p->out, "<span class=\"number\">");
    if (x != NULL && x->has_response)
        buffer_print(p->out, "%u", x->response.status);
    MARKUP_RAW(p->out, "</span>");
}

static void
add_step_line(struct flow_page *p, const struct span *span, const struct told_step *s)
{
    bool failed = told_step_failed(s);
    struct buffer text;

    buffer_init(&text, LIMIT_MIB);
    flow_name_step(&text, s);
    MARKUP(p->out, "<summary><span class=\"sign {}\">{}</span><span class=\"name\">{}",
           failed ? TEXT("bad") : TEXT("fine"), failed ? TEXT("✕") : TEXT("✓"), buffer_text(&text));
    if (s->try_count > 1)
        buffer_print(p->out, "<span class=\"tries\">%u tries</span>", s->try_count);
    buffer_clear(&text);
    flow_name_call(&text, s->step);
    MARKUP(p->out, "</span><code class=\"call\">{}</code>", buffer_text(&text));
    add_status(p, s);
    add_bar(p, span, s);
    MARKUP_RAW(p->out, "<span class=\"number soft\">");
    flow_html_duration(p, told_step_took(s));
    MARKUP_RAW(p->out, "</span></summary>\n");
    p->out->failed = p->out->failed || buffer_failed(&text);
    buffer_release(&text);
}

static bool
has_violations(const struct told_step *s)
{
    for (const struct told_try *t = s->tries; t != NULL; t = t->next)
        if (t->exchange != NULL && t->exchange->request_verdict.count + t->exchange->response_verdict.count > 0)
            return true;
    return false;
}

static void
add_step(struct flow_page *p, const struct told_run *run, const struct span *span, const struct told_step *s)
{
    bool open = told_step_failed(s) && run->failure != FLOW_FINE;

    buffer_print(p->out, "<li class=\"depth-%u %s\"><details class=\"step\"%s>",
                 s->depth < INDENTS ? s->depth : INDENTS, told_step_failed(s) || has_violations(s) ? "" : "is-fine",
                 open ? " open" : "");
    add_step_line(p, span, s);
    if (s->step->description.length > 0)
        MARKUP(p->out, "<p class=\"note\">{}</p>\n", s->step->description);
    for (const struct told_try *t = s->tries; t != NULL; t = t->next)
        flow_html_try(p, s, t);
    MARKUP_RAW(p->out, "</details></li>\n");
}

/* ---- runs ---- */

static void
add_scale(struct flow_page *p, const struct span *span)
{
    MARKUP_RAW(p->out, "<div class=\"scale\" aria-hidden=\"true\"><span class=\"ticks\"><span>0</span><span>");
    flow_html_duration(p, span->length / 2);
    MARKUP_RAW(p->out, "</span><span>");
    flow_html_duration(p, span->length);
    MARKUP_RAW(p->out, "</span></span></div>\n");
}

static const char *
run_verdict(const struct told_run *run)
{
    if (!run->ended || run->failure == FLOW_STOPPED)
        return "stopped";
    return run->failure == FLOW_FINE ? "passed" : "failed";
}

static void
add_run_head(struct flow_page *p, const struct told_run *run)
{
    const char *verdict = run_verdict(run);
    struct buffer name;

    buffer_init(&name, LIMIT_MIB);
    flow_name_run(&name, p->report, run);
    MARKUP(p->out, "<summary><h2>{}</h2><span class=\"soft\">{}</span><span class=\"soft\">", buffer_text(&name),
           run->workflow->summary);
    flow_html_duration(p, run->took);
    MARKUP(p->out, "</span><span class=\"verdict {}\">{}</span></summary>\n", text_of(verdict_class(verdict)),
           text_of(verdict));
    buffer_release(&name);
    if (run->failure == FLOW_FINE)
        return;
    MARKUP(p->out, "<p class=\"why\"><b>{}</b>", text_of(flow_failure_name(run->failure)));
    if (run->failed_at != NULL)
        MARKUP(p->out, " at <b>{}</b>", run->failed_at->id);
    if (run->why.length > 0)
        MARKUP(p->out, ": {}", run->why);
    MARKUP_RAW(p->out, "</p>\n");
}

/* Few enough to be told one below the other. */
static bool
is_short(const struct flow_report *r)
{
    return r->run_count <= FEW_RUNS;
}

static void
add_run(struct flow_page *p, const struct told_run *run)
{
    struct span span = span_of(run);
    bool fine = run->failure == FLOW_FINE;

    buffer_print(p->out, "<details class=\"card run%s\"%s>\n", fine ? " is-fine" : "",
                 !fine || is_short(p->report) ? " open" : "");
    add_run_head(p, run);
    add_scale(p, &span);
    MARKUP_RAW(p->out, "<ol class=\"steps\">\n");
    for (const struct told_step *s = run->steps; s != NULL; s = s->next)
        add_step(p, run, &span, s);
    MARKUP_RAW(p->out, "</ol>\n");
    if (run->left_out > 0)
        buffer_print(p->out, "<p class=\"left-out\">%u more tries are only counted.</p>\n", run->left_out);
    if (run->inputs.length + run->outputs.length > 0) {
        MARKUP_RAW(p->out, "<div class=\"try\"><div class=\"pair\">");
        flow_html_json(p, "Inputs", run->inputs);
        flow_html_json(p, "Outputs", run->outputs);
        MARKUP_RAW(p->out, "</div></div>\n");
    }
    MARKUP_RAW(p->out, "</details>\n");
}

static void
add_runs(struct flow_page *p)
{
    const struct flow_report *r = p->report;

    for (const struct told_run *run = r->runs; run != NULL; run = run->next)
        add_run(p, run);
    if (r->left_out > 0)
        buffer_print(p->out, "<p class=\"left-out\">%" PRIu64 " more run%s: only counted.</p>\n", r->left_out,
                     r->left_out == 1 ? "" : "s");
    if (r->starved)
        MARKUP_RAW(p->out, "<p class=\"why\">There was too little memory to keep everything: this page is not complete."
                           "</p>\n");
}

/* ---- steps over all runs ---- */

static void
add_time_cell(struct flow_page *p, int64_t ns)
{
    MARKUP_RAW(p->out, "<td class=\"number\">");
    flow_html_duration(p, ns);
    MARKUP_RAW(p->out, "</td>");
}

static void
add_count(struct flow_page *p, const struct step_count *c)
{
    MARKUP(p->out, "<tr class=\"{}\"><td>{}</td>", c->failed > 0 ? TEXT("") : TEXT("is-fine"), c->step->id);
    buffer_print(p->out, "<td class=\"number\">%" PRIu64 "</td><td class=\"number %s\">%" PRIu64 "</td>", c->calls,
                 c->failed > 0 ? "bad" : "soft", c->failed);
    buffer_print(p->out, "<td class=\"number %s\">%" PRIu64 "</td>", c->retries > 0 ? "warn" : "soft", c->retries);
    add_time_cell(p, latency_percentile(&c->latency, 50));
    add_time_cell(p, latency_percentile(&c->latency, 95));
    add_time_cell(p, latency_percentile(&c->latency, 99));
    add_time_cell(p, c->latency.largest);
    MARKUP_RAW(p->out, "</tr>\n");
}

static void
add_counts(struct flow_page *p)
{
    const struct workflow *last = NULL;

    if (p->report->counts == NULL)
        return;
    MARKUP_RAW(p->out,
               "<section class=\"card\"><header><h2>Steps over all runs</h2><span class=\"soft\">times of single "
               "tries</span></header>\n<table><thead><tr><th>step</th><th class=\"number\">calls</th>"
               "<th class=\"number\">failed</th><th class=\"number\">retries</th><th class=\"number\">p50</th>"
               "<th class=\"number\">p95</th><th class=\"number\">p99</th><th class=\"number\">longest</th></tr>"
               "</thead>\n<tbody>\n");
    for (const struct step_count *c = p->report->counts; c != NULL; c = c->next) {
        if (c->workflow != last)
            MARKUP(p->out, "<tr class=\"group\"><td colspan=\"8\">{}</td></tr>\n", c->workflow->id);
        last = c->workflow;
        add_count(p, c);
    }
    MARKUP_RAW(p->out, "</tbody></table></section>\n");
}

/* ---- findings ---- */

static bool
is_on_page(void *arg, struct text id)
{
    const struct flow_report *r = arg;

    for (const struct told_run *run = r->runs; run != NULL; run = run->next)
        for (const struct told_step *s = run->steps; s != NULL; s = s->next)
            for (const struct told_try *t = s->tries; t != NULL; t = t->next)
                if (t->exchange != NULL && text_equal(text_of(t->exchange->id), id))
                    return true;
    return false;
}

static void
add_findings(struct flow_page *p)
{
    struct html_findings with = { .link = is_on_page, .arg = p->report, .sources = sources_new() };

    MARKUP_RAW(p->out,
               "<section class=\"card\"><header><h2>Findings</h2><span class=\"soft\">contracts, lifecycles and "
               "invariants, over all runs</span></header>\n");
    html_findings(p->out, p->report->findings, &with);
    sources_free(with.sources);
    if (p->report->findings_left_out > 0)
        buffer_print(p->out, "<p class=\"left-out\">and %" PRIu64 " more</p>\n", p->report->findings_left_out);
    MARKUP_RAW(p->out, "</section>\n");
}

void
flow_report_html(struct buffer *out, struct flow_report *r)
{
    struct flow_page p = { out, r, arena_new(0, LIMIT_EXCHANGE_ARENA) };

    if (p.arena == NULL) {
        out->failed = true;
        return;
    }
    page_begin(out, r->flow->title.length > 0 ? r->flow->title : r->flow->file);
    add_top(&p);
    add_tiles(&p);
    page_filter(out);
    if (!is_short(r)) { /* what they have in common comes first */
        add_reasons(&p);
        add_counts(&p);
    }
    add_runs(&p);
    add_findings(&p);
    if (is_short(r))
        add_counts(&p);
    page_end(out, TEXT("Credentials, and what the redaction rules name, are replaced by ***."));
    arena_free(p.arena);
}
