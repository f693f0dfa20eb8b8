/* access.c -- what happened, one line per exchange. */
#include "proxy/access.h"

#include "base/time_text.h"
#include "base/limits.h"
#include "base/log.h"
#include "json/write.h"
#include "report/exchange_text.h"
#include "proxy/transit.h"
#include "proxy/worker.h"

#define ACCESS_BYTES (256 * LIMIT_KIB)
#define FLUSH_BYTES  (32 * LIMIT_KIB)
#define TARGET_SHOWN 2048
#define RULES_SHOWN  3

static void
on_flush(void *arg)
{
    access_flush(arg);
}

void
access_init(struct worker *w)
{
    buffer_init(&w->access, ACCESS_BYTES);
    w->access_later = (struct deferred){ .call = on_flush, .arg = w };
}

void
access_flush(struct worker *w)
{
    struct text lines = buffer_text(&w->access);

    if (lines.length == 0)
        return;
    log_raw(text_slice(lines, 0, lines.length - 1)); /* it adds the last LF itself */
    buffer_clear(&w->access);
}

/* ---- what is said ---- */

/* The part of an address that a client chose may hold anything; the parser leaves visible ASCII only, but for
 * refused requests. */
static void
add_visible(struct buffer *out, struct text t)
{
    for (size_t i = 0; i < t.length && i < TARGET_SHOWN; i++) {
        unsigned char c = (unsigned char)t.data[i];

        if (c == '"' || c == '\\')
            buffer_byte(out, '\\');
        buffer_byte(out, c >= 0x20 && c < 0x7f ? (char)c : '?');
    }
}

static void
add_rules(struct buffer *out, const struct exchange *x)
{
    const struct verdict *both[] = { &x->request_verdict, &x->response_verdict };
    unsigned shown = 0;

    for (int side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < both[side]->count && shown < RULES_SHOWN; i++, shown++)
            buffer_print(out, "%s%s %s", shown > 0 ? ", " : ": ", side_name((enum side)side),
                         violation_name(both[side]->list[i].id));
    }
}

/* The verdict in a few words. */
static void
add_verdict(struct buffer *out, const struct transit *t)
{
    const struct exchange *x = &t->exchange;
    uint32_t count =
        x->request_verdict.count + x->request_verdict.dropped + x->response_verdict.count + x->response_verdict.dropped;
    const struct verdict *unchecked =
        x->request_verdict.unchecked_count > 0 ? &x->request_verdict : &x->response_verdict;

    if (x->outcome == OUTCOME_REFUSED) {
        buffer_add(out, TEXT("refused: "));
        buffer_add(out, x->refusal.reason);
    } else if (x->outcome == OUTCOME_CLIENT_GONE) {
        buffer_add(out, TEXT("client gone"));
    } else if (x->outcome == OUTCOME_TUNNEL) {
        exchange_text_tunnel(out, &x->tunnel);
    } else if (x->refusal.reason.length > 0) {
        buffer_add(out, TEXT("broken off: "));
        buffer_add(out, x->refusal.reason);
    } else if (count > 0) {
        buffer_print(out, "%u violation%s", count, count > 1 ? "s" : "");
        add_rules(out, x);
    } else if (unchecked->unchecked_count > 0) {
        buffer_print(out, "unchecked: %s", unchecked_name(unchecked->unchecked[0].reason));
    } else {
        buffer_add(out, x->request_verdict.checked || x->response_verdict.checked ? TEXT("ok") : TEXT("-"));
    }
}

static uint16_t
status_shown(const struct exchange *x)
{
    if (x->refusal.status != 0)
        return x->refusal.status;
    return x->has_response ? x->response.status : 0;
}

/* Tokens in query strings are secrets here as much as in a recording. */
static struct text
target_shown(const struct transit *t)
{
    struct text target = t->redacted ? t->exchange.request.target /* the recorder did it */
                                     : redaction_target(ruleset_redaction(t->ruleset), t->exchange.request.target,
                                                        t->worker->redaction, t->exchange.arena);

    return text_slice(target, 0, TARGET_SHOWN);
}

static void
add_text(struct buffer *out, const struct transit *t)
{
    const struct exchange *x = &t->exchange;

    buffer_add(out, time_text_rfc3339(x->started, 3));
    buffer_print(out, " %s %.*s \"", x->id, TEXT_PRINT(x->client));
    add_visible(out, x->request.method);
    buffer_byte(out, ' ');
    add_visible(out, target_shown(t));
    buffer_print(out, "\" %u %lluB %.1fms %.*s/%.*s ", (unsigned)status_shown(x),
                 (unsigned long long)x->response.body_bytes, (double)x->times.finished / 1e6,
                 x->service.length > 0 ? (int)x->service.length : 1, x->service.length > 0 ? x->service.data : "-",
                 x->operation.length > 0 ? (int)x->operation.length : 1,
                 x->operation.length > 0 ? x->operation.data : "-");
    add_verdict(out, t);
    buffer_byte(out, '\n');
}

static void
add_member(struct json_writer *w, const char *name, struct text value)
{
    json_key(w, text_of(name));
    json_string(w, value);
}

static void
add_json(struct buffer *out, const struct transit *t)
{
    const struct exchange *x = &t->exchange;
    struct json_writer w;
    struct buffer verdict;

    buffer_init(&verdict, LIMIT_KIB);
    add_verdict(&verdict, t);
    json_begin(&w, out, 0);
    json_object(&w);
    add_member(&w, "time", time_text_rfc3339(x->started, 3));
    add_member(&w, "exchange", text_of(x->id));
    add_member(&w, "client", x->client);
    add_member(&w, "method", x->request.method);
    add_member(&w, "target", target_shown(t));
    json_key(&w, TEXT("status"));
    json_integer(&w, status_shown(x));
    json_key(&w, TEXT("bytes"));
    json_integer(&w, (int64_t)x->response.body_bytes);
    json_key(&w, TEXT("ms"));
    json_double(&w, (double)x->times.finished / 1e6, 3);
    add_member(&w, "service", x->service);
    add_member(&w, "operation", x->operation);
    add_member(&w, "verdict", buffer_text(&verdict));
    json_end_object(&w);
    buffer_byte(out, '\n');
    buffer_release(&verdict);
}

void
access_line(const struct transit *t)
{
    struct worker *w = t->worker;
    enum access_log format = ruleset_settings(t->ruleset)->access;

    if (format == ACCESS_OFF)
        return;
    if (format == ACCESS_TEXT)
        add_text(&w->access, t);
    else
        add_json(&w->access, t);
    if (buffer_length(&w->access) > FLUSH_BYTES)
        access_flush(w);
    else
        loop_defer(w->loop, &w->access_later);
}
