/* json.c -- the JSON report: one shape for all commands, docs/schema/report.schema.json. */
#include "base/version.h"
#include "json/write.h"
#include "report/coverage.h"
#include "report/replay.h"
#include "report/report_json.h"
#include "base/time_text.h"

void
report_json_text(struct json_writer *w, const char *key, struct text value)
{
    json_key(w, text_of(key));
    json_string(w, value);
}

void
report_json_number(struct json_writer *w, const char *key, uint64_t value)
{
    json_key(w, text_of(key));
    json_integer(w, (int64_t)value);
}

void
report_json_time(struct json_writer *w, const char *key, int64_t ns)
{
    if (ns == 0)
        return;
    report_json_text(w, key, time_text_rfc3339(ns, 3));
}

static void
add_contract(struct json_writer *w, const struct finding *f)
{
    if (f->file.length == 0)
        return;
    JSON_KEY(w, "contract");
    json_object(w);
    report_json_text(w, "file", f->file);
    if (f->line > 0) {
        report_json_number(w, "line", f->line);
        report_json_number(w, "column", f->column);
    }
    report_json_text(w, "pointer", f->pointer);
    json_end_object(w);
}

static void
add_finding(struct json_writer *w, const struct finding *f)
{
    json_object(w);
    report_json_text(w, "fingerprint", text_of(f->fingerprint));
    report_json_text(w, "rule", f->rule);
    report_json_text(w, "level", text_of(level_name(f->level)));
    report_json_text(w, "service", f->service);
    report_json_text(w, "operation", f->operation);
    report_json_text(w, "side", text_of(side_name(f->side)));
    report_json_text(w, "message", f->message);
    if (f->keyword.length > 0)
        report_json_text(w, "keyword", f->keyword);
    if (f->expected.length > 0)
        report_json_text(w, "expected", f->expected);
    if (f->found.length > 0)
        report_json_text(w, "found", f->found);
    add_contract(w, f);
    report_json_text(w, "instance", f->instance);
    report_json_number(w, "count", f->count);
    report_json_time(w, "first", f->first);
    report_json_time(w, "last", f->last);
    if (f->seen_at.length > 0)
        report_json_text(w, "seen_at", f->seen_at);
    JSON_KEY(w, "examples");
    json_array(w);
    for (uint32_t i = 0; i < f->example_count; i++)
        json_string(w, f->examples[i]);
    json_end_array(w);
    json_end_object(w);
}

void
report_json_findings(struct json_writer *w, struct finding_list *findings)
{
    JSON_KEY(w, "findings");
    json_array(w);
    for (uint32_t i = 0; i < finding_list_count(findings); i++)
        add_finding(w, finding_list_at(findings, i));
    json_end_array(w);
}

static void
add_summary(struct json_writer *w, const struct report_summary *s)
{
    JSON_KEY(w, "summary");
    json_object(w);
    report_json_number(w, s->unit != NULL ? s->unit : "exchanges", s->exchanges);
    report_json_number(w, "error", s->errors);
    report_json_number(w, "warn", s->warnings);
    report_json_number(w, "info", s->infos);
    if (s->unchecked > 0) {
        report_json_number(w, "unchecked", s->unchecked);
        JSON_KEY(w, "unchecked_reasons");
        json_object(w);
        for (int i = 0; i < UNCHECKED_IDS; i++)
            if (s->unchecked_reasons[i] > 0)
                report_json_number(w, unchecked_name((enum unchecked_id)i), s->unchecked_reasons[i]);
        json_end_object(w);
    }
    if (s->accepted > 0)
        report_json_number(w, "accepted", s->accepted);
    if (s->expired > 0)
        report_json_number(w, "expired", s->expired);
    if (s->vanished > 0)
        report_json_number(w, "vanished", s->vanished);
    if (s->amended > 0)
        report_json_number(w, "amended", s->amended);
    if (s->lost > 0)
        report_json_number(w, "lost", s->lost);
    if (s->operations > 0) {
        report_json_number(w, "operations", s->operations);
        report_json_number(w, "operations_seen", s->operations_seen);
    }
    if (s->since != 0) {
        report_json_time(w, "since", s->since);
        report_json_number(w, "overflow", s->overflow);
    }
    if (s->replay != NULL)
        report_replay_json(w, s->replay);
    json_end_object(w);
}

void
report_json(struct buffer *out, const struct report_summary *s, struct finding_list *findings)
{
    struct json_writer w;

    json_begin(&w, out, 2);
    json_object(&w);
    report_json_text(&w, "plumbline", TEXT(PLUMBLINE_VERSION));
    report_json_text(&w, "command", text_of(s->command));
    add_summary(&w, s);
    report_json_findings(&w, findings);
    coverage_json(&w, s);
    json_end_object(&w);
    buffer_byte(out, '\n');
}
