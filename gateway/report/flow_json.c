/* flow_json.c -- a flow's report for programs: docs/schema/flow-report.schema.json. */
#include "base/version.h"
#include "flow/criterion.h"
#include "report/flow_report_internal.h"
#include "report/report_json.h"

static void
add_milliseconds(struct json_writer *w, const char *key, int64_t ns)
{
    json_key(w, text_of(key));
    json_double(w, (double)(ns > 0 ? ns : 0) / 1e6, 3);
}

static void
add_some(struct json_writer *w, const char *key, struct text value)
{
    if (value.length > 0)
        report_json_text(w, key, value);
}

/* JSON that was kept; one that was cut is told as text. */
static void
add_json(struct json_writer *w, const char *key, struct text json)
{
    if (json.length == 0)
        return;
    json_key(w, text_of(key));
    if (document_is_json(json))
        json_raw(w, json);
    else
        json_string(w, json);
}

static void
add_failures(struct json_writer *w, const uint64_t *failures)
{
    JSON_KEY(w, "failures");
    json_object(w);
    for (int i = FLOW_FINE + 1; i < FLOW_FAILURES; i++)
        if (failures[i] > 0)
            report_json_number(w, flow_failure_name((enum flow_failure)i), failures[i]);
    json_end_object(w);
}

/* ---- messages ---- */

static void
add_fields(struct json_writer *w, const char *key, const struct header *list, uint32_t count)
{
    json_key(w, text_of(key));
    json_array(w);
    for (uint32_t i = 0; i < count; i++) {
        json_object(w);
        report_json_text(w, "name", list[i].name);
        report_json_text(w, "value", list[i].value);
        json_end_object(w);
    }
    json_end_array(w);
}

static void
add_message(struct json_writer *w, const struct message *m)
{
    json_object(w);
    if (m->is_request) {
        report_json_text(w, "method", m->method);
        report_json_text(w, "target", m->target);
        report_json_text(w, "authority", m->authority);
    } else {
        report_json_number(w, "status", m->status);
        add_some(w, "reason", m->reason);
    }
    add_fields(w, "headers", m->headers, m->header_count);
    if (m->trailer_count > 0)
        add_fields(w, "trailers", m->trailers, m->trailer_count);
    if (m->body_state != BODY_NONE) {
        report_json_number(w, "body_bytes", m->body_bytes);
        if (text_is_utf8(m->body) && m->body.length > 0)
            report_json_text(w, "body", m->body);
        add_some(w, "body_digest", m->body_digest);
        if (m->body_cut || m->body_state != BODY_WHOLE) {
            JSON_KEY(w, "body_cut");
            json_bool(w, true);
        }
    }
    json_end_object(w);
}

static void
add_violation(struct json_writer *w, const struct violation *v)
{
    json_object(w);
    report_json_text(w, "rule", text_of(violation_name(v->id)));
    report_json_text(w, "level", text_of(level_name(violation_level(v->id))));
    report_json_text(w, "side", text_of(side_name(v->side)));
    report_json_text(w, "instance", v->instance);
    add_some(w, "expected", v->expected);
    add_some(w, "found", v->found);
    add_some(w, "hint", v->hint);
    if (v->file.length > 0) {
        JSON_KEY(w, "contract");
        json_object(w);
        report_json_text(w, "file", v->file);
        if (v->line > 0) {
            report_json_number(w, "line", v->line);
            report_json_number(w, "column", v->column);
        }
        report_json_text(w, "pointer", v->pointer);
        json_end_object(w);
    }
    json_end_object(w);
}

static void
add_exchange(struct json_writer *w, const struct exchange *x)
{
    const struct verdict *verdicts[] = { &x->request_verdict, &x->response_verdict };

    add_some(w, "exchange", text_of(x->id));
    JSON_KEY(w, "request");
    add_message(w, &x->request);
    if (x->has_response) {
        JSON_KEY(w, "response");
        add_message(w, &x->response);
    }
    JSON_KEY(w, "violations");
    json_array(w);
    for (size_t side = 0; side < 2; side++)
        for (uint32_t i = 0; i < verdicts[side]->count; i++)
            add_violation(w, &verdicts[side]->list[i]);
    json_end_array(w);
}

/* ---- steps ---- */

static void
add_try(struct json_writer *w, const struct told_try *t)
{
    json_object(w);
    report_json_number(w, "attempt", t->attempt);
    report_json_number(w, "of", t->limit + 1);
    report_json_time(w, "began", t->began);
    add_milliseconds(w, "took_ms", t->took);
    if (t->wait > 0)
        add_milliseconds(w, "next_in_ms", t->wait);
    report_json_text(w, "verdict", told_try_failed(t) ? TEXT("failed") : TEXT("passed"));
    if (told_try_failed(t))
        report_json_text(w, "failure", text_of(flow_failure_name(t->failure)));
    add_some(w, "why", t->why);
    if (t->criterion.length > 0) {
        JSON_KEY(w, "criterion");
        json_object(w);
        report_json_text(w, "condition", t->criterion);
        report_json_text(w, "found", t->criterion_told);
        json_end_object(w);
    }
    add_some(w, "then", text_of(t->then));
    add_some(w, "then_to", t->then_to);
    add_json(w, "outputs", t->outputs);
    if (t->exchange != NULL)
        add_exchange(w, t->exchange);
    json_end_object(w);
}

static void
add_step(struct json_writer *w, const struct told_step *s)
{
    json_object(w);
    report_json_text(w, "step", s->step->id);
    report_json_text(w, "workflow", s->workflow->id);
    report_json_number(w, "depth", s->depth);
    if (s->element >= 0)
        report_json_number(w, "element", (uint64_t)s->element);
    if (s->step->operation != NULL)
        report_json_text(w, "operation", operation_id(s->step->operation));
    report_json_text(w, "verdict", told_step_failed(s) ? TEXT("failed") : TEXT("passed"));
    add_milliseconds(w, "took_ms", told_step_took(s));
    JSON_KEY(w, "tries");
    json_array(w);
    for (const struct told_try *t = s->tries; t != NULL; t = t->next)
        add_try(w, t);
    json_end_array(w);
    json_end_object(w);
}

static void
add_run(struct json_writer *w, const struct told_run *run)
{
    json_object(w);
    report_json_number(w, "run", run->number);
    report_json_text(w, "workflow", run->workflow->id);
    report_json_text(w, "verdict",
                     !run->ended                 ? TEXT("stopped")
                     : run->failure == FLOW_FINE ? TEXT("passed")
                                                 : TEXT("failed"));
    if (run->failure != FLOW_FINE)
        report_json_text(w, "failure", text_of(flow_failure_name(run->failure)));
    add_some(w, "why", run->why);
    if (run->failed_at != NULL)
        report_json_text(w, "failed_at", run->failed_at->id);
    report_json_time(w, "began", run->began);
    add_milliseconds(w, "took_ms", run->took);
    add_json(w, "inputs", run->inputs);
    add_json(w, "outputs", run->outputs);
    if (run->left_out > 0)
        report_json_number(w, "tries_left_out", run->left_out);
    JSON_KEY(w, "steps");
    json_array(w);
    for (const struct told_step *s = run->steps; s != NULL; s = s->next)
        add_step(w, s);
    json_end_array(w);
    json_end_object(w);
}

/* ---- all of it ---- */

static void
add_flow(struct json_writer *w, const struct flow *f)
{
    JSON_KEY(w, "flow");
    json_object(w);
    report_json_text(w, "file", f->file);
    add_some(w, "title", f->title);
    add_some(w, "version", f->version);
    json_end_object(w);
}

static void
add_summary(struct json_writer *w, struct flow_report *r)
{
    struct report_summary found = { .command = "flow run" };

    report_count(&found, r->findings);
    JSON_KEY(w, "summary");
    json_object(w);
    report_json_text(w, "verdict", text_of(flow_verdict(r)));
    report_json_time(w, "began", r->began);
    add_milliseconds(w, "took_ms", r->ended - r->began);
    report_json_number(w, "runs", r->run_count);
    report_json_number(w, "passed", r->passed);
    report_json_number(w, "failed", r->failed);
    report_json_number(w, "tries", r->tries);
    add_failures(w, r->failures);
    report_json_number(w, "error", found.errors);
    report_json_number(w, "warn", found.warnings);
    report_json_number(w, "info", found.infos);
    report_json_number(w, "runs_left_out", r->left_out);
    report_json_number(w, "findings_left_out", r->findings_left_out);
    json_end_object(w);
}

static void
add_counts(struct json_writer *w, const struct flow_report *r)
{
    JSON_KEY(w, "steps");
    json_array(w);
    for (const struct step_count *c = r->counts; c != NULL; c = c->next) {
        json_object(w);
        report_json_text(w, "workflow", c->workflow->id);
        report_json_text(w, "step", c->step->id);
        report_json_number(w, "calls", c->calls);
        report_json_number(w, "failed", c->failed);
        report_json_number(w, "retries", c->retries);
        add_milliseconds(w, "p50_ms", latency_percentile(&c->latency, 50));
        add_milliseconds(w, "p95_ms", latency_percentile(&c->latency, 95));
        add_milliseconds(w, "p99_ms", latency_percentile(&c->latency, 99));
        add_milliseconds(w, "longest_ms", c->latency.largest);
        json_end_object(w);
    }
    json_end_array(w);
}

void
flow_report_json(struct buffer *out, struct flow_report *r)
{
    struct json_writer w;

    json_begin(&w, out, 2);
    json_object(&w);
    report_json_text(&w, "plumbline", TEXT(PLUMBLINE_VERSION));
    report_json_text(&w, "command", TEXT("flow run"));
    add_flow(&w, r->flow);
    add_summary(&w, r);
    add_counts(&w, r);
    JSON_KEY(&w, "runs");
    json_array(&w);
    for (const struct told_run *run = r->runs; run != NULL; run = run->next)
        add_run(&w, run);
    json_end_array(&w);
    report_json_findings(&w, r->findings);
    json_end_object(&w);
    buffer_byte(out, '\n');
}
