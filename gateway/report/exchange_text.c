#include "report/exchange_text.h"

#include "base/limits.h"
#include "http/coding.h"
#include "traffic/record.h"
#include "base/time_text.h"

#define TARGET_COLUMN 40
#define PLACE_COLUMN  28
#define RULES_SHOWN   3

void
exchange_text_visible(struct buffer *out, struct text t, bool lines)
{
    bool utf8 = text_is_utf8(t);

    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.data[i];
        bool c1 = utf8 && c == 0xc2 && (unsigned char)t.data[i + 1] < 0xa0; /* U+0080 to U+009F */

        if ((c >= 0x20 && c < 0x7f) || (c >= 0x80 && utf8 && !c1) || (lines && (c == '\n' || c == '\t')))
            buffer_byte(out, (char)c);
        else if (!(lines && c == '\r'))
            buffer_print(out, "\\x%02x", c);
    }
}

static void
add_or_dash(struct buffer *out, struct text t)
{
    exchange_text_visible(out, t.length > 0 ? t : TEXT("-"), false);
}

static void
pad(struct buffer *out, size_t from, size_t column)
{
    size_t used = buffer_length(out) - from;

    buffer_print(out, "%*s", used < column ? (int)(column - used) : 0, "");
}

static void
add_time(struct buffer *out, int64_t ns)
{
    buffer_add(out, time_text_rfc3339(ns, 3));
}

static unsigned
status_of(const struct exchange *x)
{
    return x->refusal.status != 0 ? x->refusal.status : x->has_response ? x->response.status : 0;
}

/* ---- one line ---- */

static void
add_rules(struct buffer *out, const struct exchange *x)
{
    const struct verdict *both[] = { &x->request_verdict, &x->response_verdict };
    unsigned shown = 0;

    for (int side = 0; side < 2; side++)
        for (uint32_t i = 0; i < both[side]->count && shown < RULES_SHOWN; i++, shown++)
            buffer_print(out, "%s%s %s", shown > 0 ? ", " : ": ", side_name((enum side)side),
                         violation_name(both[side]->list[i].id));
}

void
exchange_text_tunnel(struct buffer *out, const struct exchange_tunnel *t)
{
    buffer_print(out, "tunnel: %.*s %lluB up %lluB down, ended by %s", TEXT_PRINT(t->protocol),
                 (unsigned long long)t->from_client, (unsigned long long)t->from_upstream, record_tunnel_ends[t->end]);
}

void
exchange_text_verdict(struct buffer *out, const struct exchange *x)
{
    const struct verdict *a = &x->request_verdict, *b = &x->response_verdict;
    uint32_t count = a->count + a->dropped + b->count + b->dropped;

    if (x->outcome == OUTCOME_REFUSED) {
        buffer_print(out, "refused: %.*s", TEXT_PRINT(x->refusal.reason));
    } else if (x->outcome == OUTCOME_CLIENT_GONE) {
        buffer_add(out, TEXT("client gone"));
    } else if (x->outcome == OUTCOME_TUNNEL) {
        exchange_text_tunnel(out, &x->tunnel);
    } else if (x->refusal.reason.length > 0) {
        buffer_print(out, "broken off: %.*s", TEXT_PRINT(x->refusal.reason));
    } else if (count > 0) {
        buffer_print(out, "%u violation%s", count, count == 1 ? "" : "s");
        add_rules(out, x);
    } else if (a->unchecked_count + b->unchecked_count > 0) {
        buffer_print(out, "unchecked: %s", unchecked_name((a->unchecked_count > 0 ? a : b)->unchecked[0].reason));
    } else {
        buffer_add(out, a->checked || b->checked ? TEXT("ok") : TEXT("-"));
    }
}

void
exchange_text_line(struct buffer *out, const struct exchange *x)
{
    size_t start = buffer_length(out), target;

    add_time(out, x->started);
    buffer_byte(out, ' ');
    buffer_print(out, "%-*s ", EXCHANGE_ID_BYTES, x->id[0] != '\0' ? x->id : "-");
    target = buffer_length(out);
    exchange_text_visible(out, x->request.method, false);
    buffer_byte(out, ' ');
    exchange_text_visible(out, x->request.target, false);
    pad(out, target, TARGET_COLUMN);
    buffer_print(out, " %3u %8.1fms ", status_of(x), (double)(x->times.finished > 0 ? x->times.finished : 0) / 1e6);
    target = buffer_length(out);
    add_or_dash(out, x->service);
    buffer_byte(out, '/');
    add_or_dash(out, x->operation);
    pad(out, target, PLACE_COLUMN);
    buffer_byte(out, ' ');
    exchange_text_verdict(out, x);
    if (buffer_length(out) > start)
        buffer_byte(out, '\n');
}

/* ---- bodies ---- */

static void
add_bytes_note(struct buffer *out, const struct message *m, const char *what)
{
    buffer_print(out, "(%llu bytes%s%s)\n", (unsigned long long)m->body_bytes, what[0] != '\0' ? ", " : "", what);
}

static void
add_body(struct buffer *out, const struct message *m, struct arena *arena)
{
    struct text plain = m->body;

    if (m->body_state == BODY_NONE)
        return;
    if (m->body_digest.length > 0) {
        add_bytes_note(out, m, m->body_digest.data == NULL ? "" : "not written down");
        buffer_print(out, "%.*s\n", TEXT_PRINT(m->body_digest));
        return;
    }
    if (m->body_state == BODY_WHOLE && !m->body_plain)
        (void)coding_decode(m, LIMIT_REDACTED_BODY, arena, &plain); /* else shown as it came */
    if (!text_is_utf8(plain)) {
        add_bytes_note(out, m, "binary");
        return;
    }
    exchange_text_visible(out, plain, true);
    if (plain.length > 0 && plain.data[plain.length - 1] != '\n')
        buffer_byte(out, '\n');
    if (m->body_state != BODY_WHOLE)
        add_bytes_note(out, m, "of which this is the beginning");
}

void
exchange_text_bodies(struct buffer *out, const struct exchange *x)
{
    if (x->request.body_state != BODY_NONE) {
        buffer_add(out, TEXT("  request body:\n"));
        add_body(out, &x->request, x->arena);
    }
    if (x->has_response && x->response.body_state != BODY_NONE) {
        buffer_add(out, TEXT("  response body:\n"));
        add_body(out, &x->response, x->arena);
    }
}

/* ---- the page ---- */

static void
add_fields(struct buffer *out, const char *mark, const struct header *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        buffer_print(out, "%s ", mark);
        exchange_text_visible(out, list[i].name, false);
        buffer_add(out, TEXT(": "));
        exchange_text_visible(out, list[i].value, false);
        buffer_byte(out, '\n');
    }
}

static void
add_message(struct buffer *out, const char *mark, const struct message *m, struct arena *arena)
{
    buffer_print(out, "\n%s ", mark);
    if (m->is_request) {
        exchange_text_visible(out, m->method, false);
        buffer_byte(out, ' ');
        exchange_text_visible(out, m->target, false);
        buffer_print(out, " HTTP/1.%u\n", m->minor);
    } else {
        buffer_print(out, "HTTP/1.%u %u ", m->minor, m->status);
        exchange_text_visible(out, m->reason, false);
        buffer_byte(out, '\n');
    }
    add_fields(out, mark, m->headers, m->header_count);
    if (m->body_state != BODY_NONE)
        buffer_byte(out, '\n');
    add_body(out, m, arena);
    add_fields(out, mark, m->trailers, m->trailer_count);
}

static void
add_labelled(struct buffer *out, const char *label, struct text value)
{
    if (value.length == 0)
        return;
    buffer_print(out, "  %-9s ", label);
    exchange_text_visible(out, value, false);
    buffer_byte(out, '\n');
}

static void
add_violation(struct buffer *out, const struct violation *v)
{
    buffer_print(out, "\n%s %s", side_name(v->side), violation_name(v->id));
    if (v->instance.length > 0)
        buffer_byte(out, ' ');
    exchange_text_visible(out, v->instance, false);
    buffer_byte(out, '\n');
    if (v->expected.length == 0 && v->found.length == 0)
        buffer_print(out, "  %s\n", violation_what(v->id));
    add_labelled(out, "expected", v->expected);
    add_labelled(out, "found", v->found);
    add_labelled(out, "hint", v->hint);
    if (v->file.length > 0 && v->line > 0)
        buffer_print(out, "  %-9s %.*s:%u:%u %.*s\n", "contract", TEXT_PRINT(v->file), v->line, v->column,
                     TEXT_PRINT(v->pointer));
}

static void
add_verdict(struct buffer *out, const struct verdict *v)
{
    for (uint32_t i = 0; i < v->count; i++)
        add_violation(out, &v->list[i]);
    if (v->dropped > 0)
        buffer_print(out, "\n… and %u more\n", v->dropped);
    for (uint32_t i = 0; i < v->unchecked_count; i++) {
        buffer_print(out, "\n%s unchecked: %s ", side_name(v->unchecked[i].side),
                     unchecked_name(v->unchecked[i].reason));
        exchange_text_visible(out, v->unchecked[i].instance, false);
        buffer_print(out, "\n  %s\n", unchecked_what(v->unchecked[i].reason));
    }
}

static void
add_list(struct buffer *out, const char *label, const struct text *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        add_labelled(out, i == 0 ? label : "", list[i]);
}

/* With what each did. */
static void
add_faults(struct buffer *out, const struct exchange *x)
{
    for (uint32_t i = 0; i < x->fault_count; i++) {
        struct text note = x->fault_notes != NULL ? x->fault_notes[i] : TEXT("");

        add_labelled(out, i == 0 ? "faults" : "",
                     arena_print(x->arena, "%.*s%s%.*s", TEXT_PRINT(x->faults[i]), note.length > 0 ? ": " : "",
                                 TEXT_PRINT(note)));
    }
}

static void
add_times(struct buffer *out, const struct exchange_times *t)
{
    const char *between = "";

    buffer_print(out, "  %-9s ", "times");
    for (size_t i = 0; i < RECORD_TIMES; i++) {
        int64_t ns = *(const int64_t *)(const void *)((const char *)t + record_times[i].offset);

        if (ns < 0)
            continue;
        buffer_print(out, "%s%s %.3fms", between, record_times[i].name, (double)ns / 1e6);
        between = ", ";
    }
    buffer_byte(out, '\n');
}

void
exchange_text_messages(struct buffer *out, const struct exchange *x)
{
    add_message(out, ">", &x->request, x->arena);
    if (x->has_response)
        add_message(out, "<", &x->response, x->arena);
    if (x->refusal.reason.length > 0) {
        buffer_print(out, "\nrefused because of the %s: %.*s\n", side_name(x->refusal.side),
                     TEXT_PRINT(x->refusal.reason));
        add_labelled(out, "", x->refusal.detail);
    }
    add_verdict(out, &x->request_verdict);
    add_verdict(out, &x->response_verdict);
}

void
exchange_text_page(struct buffer *out, const struct exchange *x)
{
    exchange_text_line(out, x);
    add_labelled(out, "client", x->client);
    add_labelled(out, "upstream", x->upstream);
    add_labelled(out, "answered", x->responder);
    buffer_print(out, "  %-9s %s\n", "outcome", record_outcomes[x->outcome]);
    add_times(out, &x->times);
    add_faults(out, x);
    add_list(out, "redacted", x->redacted, x->redacted_count);
    exchange_text_messages(out, x);
}
