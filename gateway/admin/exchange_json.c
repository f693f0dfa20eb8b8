#include "admin/exchange_json.h"

#include "admin/filter.h"
#include "admin/write.h"
#include "base/base64.h"
#include "base/limits.h"
#include "http/coding.h"
#include "traffic/har.h"
#include "traffic/record.h"

#define LINES_AROUND 3   /* of the contract, before and after the violated one */
#define LINE_BYTES   400 /* of each; contracts on one line exist */

static uint64_t
count_violations(const struct exchange *x)
{
    const struct verdict *a = &x->request_verdict, *b = &x->response_verdict;

    return (uint64_t)a->count + a->dropped + b->count + b->dropped;
}

static void
write_line_members(struct json_writer *w, const struct exchange *x)
{
    uint16_t status = filter_status(x);

    write_text(w, "id", text_of(x->id));
    write_time(w, "started", x->started);
    write_milliseconds(w, "duration_ms", x->times.finished);
    write_text_or_null(w, "client", x->client);
    write_text_or_null(w, "service", x->service);
    write_text_or_null(w, "operation", x->operation);
    write_text(w, "method", x->request.method);
    write_text(w, "target", x->request.target);
    write_key(w, "status");
    if (status != 0)
        json_integer(w, status);
    else
        json_null(w);
    write_text(w, "outcome", text_of(record_outcomes[x->outcome]));
    write_text(w, "verdict", filter_verdict_of(x));
    write_number(w, "violations", count_violations(x));
    write_number(w, "unchecked", x->request_verdict.unchecked_count + x->response_verdict.unchecked_count);
    write_text_or_null(w, "refusal", x->refusal.reason);
    write_text_or_null(w, "responder", x->responder);
    write_text_or_null(w, "upstream", x->upstream);
    write_number(w, "request_bytes", x->request.body_bytes);
    write_number(w, "response_bytes", x->response.body_bytes);
}

void
exchange_json_line(struct json_writer *w, const struct exchange *x)
{
    json_object(w);
    write_line_members(w, x);
    json_end_object(w);
}

/* ---- messages ---- */

static void
write_fields(struct json_writer *w, const char *key, const struct header *headers, uint32_t count)
{
    write_key(w, key);
    json_array(w);
    for (uint32_t i = 0; i < count; i++) {
        json_object(w);
        write_text(w, "name", headers[i].name);
        write_text(w, "value", headers[i].value);
        json_end_object(w);
    }
    json_end_array(w);
}

static struct text
state_text(const struct message *m)
{
    if (m->body_state == BODY_NONE)
        return TEXT("none");
    return m->body_state == BODY_WHOLE ? TEXT("whole") : text_of(record_truncations[m->body_state]);
}

/* Content codings are undone where that is possible: people want to read it. */
static void
write_body(struct json_writer *w, const struct message *m, struct arena *arena)
{
    struct text body = m->body, plain;
    bool decoded = m->body_state == BODY_WHOLE && !m->body_plain &&
                   message_header(m, HEADER_CONTENT_ENCODING) != NULL &&
                   coding_decode(m, LIMIT_REDACTED_BODY, arena, &plain) == CODING_OK;

    write_key(w, "body");
    json_object(w);
    write_text(w, "state", state_text(m));
    write_number(w, "bytes", m->body_bytes);
    if (decoded)
        body = plain;
    write_bool(w, "decoded", decoded || m->body_plain);
    if (m->body_digest.length > 0)
        write_text(w, "digest", m->body_digest);
    if (text_is_utf8(body)) {
        write_text(w, "text", body);
    } else {
        write_key(w, "base64");
        json_raw(w, TEXT("\""));
        base64_write(w->out, body);
        buffer_byte(w->out, '"');
    }
    json_end_object(w);
}

static void
write_message(struct json_writer *w, const char *key, const struct message *m, struct arena *arena)
{
    write_key(w, key);
    json_object(w);
    write_text(w, "http", m->minor == 0 ? TEXT("1.0") : TEXT("1.1"));
    if (m->is_request) {
        write_text(w, "method", m->method);
        write_text(w, "target", m->target);
    } else {
        write_number(w, "status", m->status);
        write_text(w, "reason", m->reason);
    }
    write_fields(w, "headers", m->headers, m->header_count);
    write_fields(w, "trailers", m->trailers, m->trailer_count);
    write_body(w, m, arena);
    json_end_object(w);
}

/* ---- verdicts ---- */

static struct text
line_text(const struct document *d, uint32_t line)
{
    size_t begin = d->lines[line - 1], end = line < d->line_count ? d->lines[line] : d->source.length;
    struct text t = text_slice(d->source, begin, end - begin);

    while (t.length > 0 && (t.data[t.length - 1] == '\n' || t.data[t.length - 1] == '\r'))
        t.length--;
    return text_slice(t, 0, LINE_BYTES);
}

static void
write_source_lines(struct json_writer *w, const struct violation *v, const struct contract *contract)
{
    const struct document *d = contract != NULL ? contract_document_named(contract, v->file) : NULL;
    uint32_t from = v->line > LINES_AROUND ? v->line - LINES_AROUND : 1;

    write_key(w, "lines");
    json_array(w);
    for (uint32_t n = from; d != NULL && d->lines != NULL && n <= d->line_count && n <= v->line + LINES_AROUND; n++) {
        json_object(w);
        write_number(w, "line", n);
        write_text(w, "text", line_text(d, n));
        json_end_object(w);
    }
    json_end_array(w);
}

static void
write_violation(struct json_writer *w, const struct violation *v, const struct contract *contract)
{
    json_object(w);
    write_text(w, "rule", text_of(violation_name(v->id)));
    write_text(w, "level", text_of(level_name(violation_level(v->id))));
    write_text(w, "side", text_of(side_name(v->side)));
    write_text(w, "message", text_of(violation_what(v->id)));
    write_text(w, "instance", v->instance);
    write_text_or_null(w, "keyword", v->keyword);
    write_text_or_null(w, "expected", v->expected);
    write_text_or_null(w, "found", v->found);
    write_text_or_null(w, "hint", v->hint);
    write_key(w, "contract");
    if (v->file.length > 0 && v->line > 0) {
        json_object(w);
        write_text(w, "file", v->file);
        write_number(w, "line", v->line);
        write_number(w, "column", v->column);
        write_text(w, "pointer", v->pointer);
        write_source_lines(w, v, contract);
        json_end_object(w);
    } else {
        json_null(w);
    }
    json_end_object(w);
}

static void
write_unchecked(struct json_writer *w, const struct unchecked *u)
{
    json_object(w);
    write_text(w, "reason", text_of(unchecked_name(u->reason)));
    write_text(w, "side", text_of(side_name(u->side)));
    write_text(w, "instance", u->instance);
    json_end_object(w);
}

static void
write_verdicts(struct json_writer *w, const struct exchange *x, const struct contract *contract)
{
    const struct verdict *verdicts[] = { &x->request_verdict, &x->response_verdict };

    write_key(w, "checked");
    json_object(w);
    write_bool(w, "request", x->request_verdict.checked);
    write_bool(w, "response", x->response_verdict.checked);
    json_end_object(w);
    write_key(w, "violation_list");
    json_array(w);
    for (int side = 0; side < 2; side++)
        for (uint32_t i = 0; i < verdicts[side]->count; i++)
            write_violation(w, &verdicts[side]->list[i], contract);
    json_end_array(w);
    write_key(w, "unchecked_list");
    json_array(w);
    for (int side = 0; side < 2; side++)
        for (uint32_t i = 0; i < verdicts[side]->unchecked_count; i++)
            write_unchecked(w, &verdicts[side]->unchecked[i]);
    json_end_array(w);
}

/* ---- whole ---- */

static void
write_times(struct json_writer *w, const struct exchange_times *times)
{
    write_key(w, "times_ms");
    json_object(w);
    for (size_t i = 0; i < RECORD_TIMES; i++)
        write_milliseconds(w, record_times[i].name, *(const int64_t *)((const char *)times + record_times[i].offset));
    json_end_object(w);
}

static void
write_texts(struct json_writer *w, const char *key, const struct text *list, uint32_t count)
{
    write_key(w, key);
    json_array(w);
    for (uint32_t i = 0; i < count; i++)
        json_string(w, list[i]);
    json_end_array(w);
}

void
exchange_json_whole(struct json_writer *w, const struct exchange *x, const struct ruleset *ruleset)
{
    const struct service *service = ruleset_service_named(ruleset, x->service);

    json_object(w);
    write_line_members(w, x);
    write_text(w, "scheme", x->scheme);
    write_times(w, &x->times);
    write_message(w, "request", &x->request, x->arena);
    if (x->has_response) {
        write_message(w, "response", &x->response, x->arena);
    } else {
        write_key(w, "response");
        json_null(w);
    }
    write_text_or_null(w, "refusal_detail", x->refusal.detail);
    write_verdicts(w, x, service != NULL ? service->contract : NULL);
    write_texts(w, "faults", x->faults, x->fault_count);
    write_texts(w, "fault_notes", x->fault_notes, x->fault_notes != NULL ? x->fault_count : 0);
    write_texts(w, "redacted", x->redacted, x->redacted_count);
    json_end_object(w);
}

bool
exchange_json_har(struct buffer *out, const struct exchange *x, size_t max_body)
{
    struct document line;
    struct buffer written;
    bool good;

    buffer_init(&written, LIMIT_RECORD_LINE);
    record_write(&written, x, max_body);
    good = !buffer_failed(&written) && document_parse(&line, buffer_text(&written), NULL, x->arena, NULL) == 0;
    if (good) {
        har_write_begin(out);
        har_write_entry(out, line.root, x->arena);
        har_write_end(out);
    }
    buffer_release(&written);
    return good;
}

/* ---- a shell command ---- */

/* In single quotes, which end only at the next one. */
static void
add_quoted(struct buffer *out, struct text t)
{
    buffer_byte(out, '\'');
    for (size_t i = 0; i < t.length; i++) {
        if (t.data[i] == '\'')
            buffer_add(out, TEXT("'\\''"));
        else if (t.data[i] != '\0')
            buffer_byte(out, t.data[i]);
    }
    buffer_byte(out, '\'');
}

/* What curl says by itself, and what belonged to that connection alone. */
static bool
is_sent_by_curl(const struct header *h)
{
    return h->hop_by_hop || h->id == HEADER_CONTENT_LENGTH || h->id == HEADER_EXPECT || h->id == HEADER_HOST;
}

void
exchange_json_curl(struct buffer *out, const struct exchange *x, struct text base)
{
    const struct message *m = &x->request;

    buffer_add(out, TEXT("curl --path-as-is -X "));
    add_quoted(out, m->method);
    buffer_byte(out, ' ');
    add_quoted(out, arena_print(x->arena, "%.*s%.*s%s%.*s", TEXT_PRINT(base), TEXT_PRINT(m->path),
                                m->has_query ? "?" : "", TEXT_PRINT(m->query)));
    for (uint32_t i = 0; i < m->header_count; i++) {
        const struct header *h = &m->headers[i];

        if (is_sent_by_curl(h))
            continue;
        buffer_add(out, TEXT(" -H "));
        add_quoted(out, arena_print(x->arena, h->value.length > 0 ? "%.*s: %.*s" : "%.*s;%.*s", TEXT_PRINT(h->name),
                                    TEXT_PRINT(h->value)));
    }
    if (m->body.length > 0) {
        buffer_add(out, TEXT(" --data-binary "));
        add_quoted(out, m->body);
    }
    buffer_byte(out, '\n');
}
