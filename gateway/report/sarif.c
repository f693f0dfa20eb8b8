/* sarif.c -- SARIF 2.1.0 (OASIS), for code scanning and editors: a result per finding, at the line of the contract that
 * it breaks. At most SARIF_MOST results, the worst first, as readers cut longer files; what is left out is told in the
 * run's invocation. */
#include <inttypes.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/version.h"
#include "report/annotation.h"
#include "report/report_json.h"
#include "report/source.h"

#define SARIF_MOST 5000

struct sarif_rule {
    struct text id, about;
};

struct sarif {
    struct json_writer w;
    struct arena *arena;
    struct sources *sources; /* columns are told in UTF-16 code units */
    struct sarif_rule *rules;
    uint32_t rule_count, rule_room;
    uint64_t results, left_out;
    bool failed;
};

static const char *const levels[] = { [LEVEL_INFO] = "note", [LEVEL_WARN] = "warning", [LEVEL_ERROR] = "error" };

/* ---- rules: known once all results are there, but told before them ---- */

static uint32_t
rule_index(const struct sarif *s, struct text id)
{
    uint32_t i = 0;

    while (i < s->rule_count && !text_equal(s->rules[i].id, id))
        i++;
    return i;
}

static void
collect_rule(void *arg, const struct annotation *a)
{
    struct sarif *s = arg;

    if (rule_index(s, a->rule) < s->rule_count)
        return;
    if (s->rule_count == s->rule_room) {
        uint32_t room = s->rule_room > 0 ? s->rule_room * 2 : 32;
        struct sarif_rule *rules = ARENA_ARRAY(s->arena, struct sarif_rule, room);

        if (rules == NULL) {
            s->failed = true;
            return;
        }
        if (s->rule_count > 0)
            memcpy(rules, s->rules, s->rule_count * sizeof rules[0]);
        s->rules = rules;
        s->rule_room = room;
    }
    s->rules[s->rule_count++] = (struct sarif_rule){ arena_text(s->arena, a->rule), arena_text(s->arena, a->about) };
}

static void
add_message(struct json_writer *w, const char *key, struct text text)
{
    json_key(w, text_of(key));
    json_object(w);
    report_json_text(w, "text", text);
    json_end_object(w);
}

/* "body-schema" to "BodySchema": SARIF wants a name beside the id, in Pascal case (3.49.7). */
static struct text
pascal_case(struct arena *arena, struct text id)
{
    char *name = arena_alloc(arena, id.length + 1);
    size_t n = 0;
    bool upper = true;

    for (size_t i = 0; name != NULL && i < id.length; i++) {
        char c = id.data[i];

        if (c == '-') {
            upper = true;
            continue;
        }
        name[n++] = upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        upper = false;
    }
    return text_make(name, n);
}

static void
add_rules(struct sarif *s)
{
    struct json_writer *w = &s->w;

    JSON_KEY(w, "rules");
    json_array(w);
    for (uint32_t i = 0; i < s->rule_count; i++) {
        const struct sarif_rule *rule = &s->rules[i];

        json_object(w);
        report_json_text(w, "id", rule->id);
        if (text_find(rule->id, '-') < rule->id.length) /* one that says no more than the id is not wanted */
            report_json_text(w, "name", pascal_case(s->arena, rule->id));
        if (rule->about.length > 0)
            add_message(w, "shortDescription", arena_print(s->arena, "%.*s.", TEXT_PRINT(rule->about)));
        json_end_object(w);
    }
    json_end_array(w);
}

/* ---- results ---- */

/* A URI reference (RFC 3986 4.2): what may not stand in a path is percent-encoded; a colon in the first segment would
 * make a scheme of it. */
static struct text
uri_of(struct arena *arena, struct text file)
{
    static const char kept[] = "-._~!$&'()*+,;=@/";
    struct buffer uri;
    struct text result;

    if (text_search(file, TEXT("://")) < file.length)
        return file;
    buffer_init(&uri, LIMIT_MIB);
    if (text_starts(file, TEXT("/")))
        buffer_add(&uri, TEXT("file://"));
    for (size_t i = 0; i < file.length; i++) {
        unsigned char c = (unsigned char)file.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (plain || (c != 0 && strchr(kept, (char)c) != NULL))
            buffer_byte(&uri, (char)c);
        else
            buffer_print(&uri, "%%%02X", c);
    }
    result = arena_text(arena, buffer_text(&uri));
    buffer_release(&uri);
    return result;
}

static void
add_location(struct sarif *s, const struct annotation *a)
{
    struct json_writer *w = &s->w;

    if (a->file.length == 0)
        return;
    JSON_KEY(w, "locations");
    json_array(w);
    json_object(w);
    JSON_KEY(w, "physicalLocation");
    json_object(w);
    JSON_KEY(w, "artifactLocation");
    json_object(w);
    report_json_text(w, "uri", uri_of(s->arena, a->file));
    json_end_object(w);
    if (a->line > 0) {
        JSON_KEY(w, "region");
        json_object(w);
        report_json_number(w, "startLine", a->line);
        report_json_number(w, "startColumn",
                           a->column > 0 ? sources_utf16_column(s->sources, a->file, a->line, a->column) : 1);
        json_end_object(w);
    }
    json_end_object(w);
    json_end_object(w);
    json_end_array(w);
}

static void
add_properties(struct sarif *s, const struct finding *f)
{
    struct json_writer *w = &s->w;

    JSON_KEY(w, "properties");
    json_object(w);
    report_json_text(w, "service", f->service);
    report_json_text(w, "operation", f->operation);
    report_json_text(w, "side", text_of(side_name(f->side)));
    report_json_text(w, "instance", f->instance);
    if (f->keyword.length > 0)
        report_json_text(w, "keyword", f->keyword);
    if (f->pointer.length > 0)
        report_json_text(w, "pointer", f->pointer);
    report_json_time(w, "first", f->first);
    report_json_time(w, "last", f->last);
    JSON_KEY(w, "examples");
    json_array(w);
    for (uint32_t i = 0; i < f->example_count; i++)
        json_string(w, f->examples[i]);
    json_end_array(w);
    json_end_object(w);
}

static void
add_result(void *arg, const struct annotation *a)
{
    struct sarif *s = arg;
    struct json_writer *w = &s->w;

    if (s->results == SARIF_MOST) {
        s->left_out++;
        return;
    }
    s->results++;
    json_object(w);
    report_json_text(w, "ruleId", a->rule);
    report_json_number(w, "ruleIndex", rule_index(s, a->rule));
    report_json_text(w, "level", text_of(levels[a->level]));
    add_message(w, "message", arena_print(s->arena, "%.*s: %.*s", TEXT_PRINT(a->title), TEXT_PRINT(a->message)));
    add_location(s, a);
    JSON_KEY(w, "partialFingerprints");
    json_object(w);
    report_json_text(w, "plumbline/v1", a->fingerprint);
    json_end_object(w);
    report_json_number(w, "occurrenceCount", a->count > 0 ? a->count : 1);
    if (a->finding != NULL)
        add_properties(s, a->finding);
    json_end_object(w);
    arena_reset(s->arena);
}

/* ---- the file ---- */

static void
begin(struct sarif *s)
{
    struct json_writer *w = &s->w;

    json_object(w);
    report_json_text(w, "$schema", TEXT("https://json.schemastore.org/sarif-2.1.0.json"));
    report_json_text(w, "version", TEXT("2.1.0"));
    JSON_KEY(w, "runs");
    json_array(w);
    json_object(w);
    JSON_KEY(w, "tool");
    json_object(w);
    JSON_KEY(w, "driver");
    json_object(w);
    report_json_text(w, "name", TEXT("Plumbline"));
    report_json_text(w, "version", TEXT(PLUMBLINE_VERSION));
    report_json_text(w, "semanticVersion", TEXT(PLUMBLINE_VERSION));
    add_rules(s);
    json_end_object(w);
    json_end_object(w);
    report_json_text(w, "columnKind", TEXT("utf16CodeUnits"));
    JSON_KEY(w, "results");
    json_array(w);
}

static void
end(struct sarif *s)
{
    struct json_writer *w = &s->w;

    json_end_array(w);
    JSON_KEY(w, "invocations");
    json_array(w);
    json_object(w);
    JSON_KEY(w, "executionSuccessful");
    json_bool(w, true);
    if (s->left_out > 0) {
        JSON_KEY(w, "toolExecutionNotifications");
        json_array(w);
        json_object(w);
        report_json_text(w, "level", TEXT("warning"));
        add_message(
            w, "message",
            arena_print(s->arena, "%" PRIu64 " results more are left out; the JSON report has them all.", s->left_out));
        json_end_object(w);
        json_end_array(w);
    }
    json_end_object(w);
    json_end_array(w);
    json_end_object(w);
    json_end_array(w);
    json_end_object(w);
}

typedef bool tell_fn(void *subject, annotation_fn *each, void *arg);

static bool
tell_findings(void *findings, annotation_fn *each, void *arg)
{
    return annotations_of_findings(findings, each, arg);
}

static bool
tell_flow(void *flow, annotation_fn *each, void *arg)
{
    return annotations_of_flow(flow, each, arg);
}

static void
write_sarif(struct buffer *out, tell_fn *tell, void *subject)
{
    struct arena *rules = arena_new(0, LIMIT_FILE_BYTES);
    struct sarif s = { .arena = rules };

    json_begin(&s.w, out, 2);
    if (rules == NULL || !tell(subject, collect_rule, &s) || s.failed) {
        out->failed = true;
    } else if ((s.arena = arena_new(0, LIMIT_FILE_BYTES)) == NULL) {
        out->failed = true;
    } else {
        s.sources = sources_new();
        begin(&s);
        if (!tell(subject, add_result, &s))
            out->failed = true;
        end(&s);
        sources_free(s.sources);
        buffer_byte(out, '\n');
        arena_free(s.arena);
    }
    arena_free(rules);
}

void
report_sarif(struct buffer *out, const struct report_summary *summary, struct finding_list *findings)
{
    (void)summary;
    write_sarif(out, tell_findings, findings);
}

void
flow_report_sarif(struct buffer *out, struct flow_report *r)
{
    write_sarif(out, tell_flow, r);
}
