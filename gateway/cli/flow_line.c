#include "cli/flow_line.h"

#include <inttypes.h>

#include "base/limits.h"
#include "flow/criterion.h"
#include "json/write.h"
#include "report/exchange_text.h"

#define STEP_LEAST    10
#define STEP_MOST     28
#define REQUEST_WIDTH 36

#define RED           TEXT("\033[31m")
#define GREEN         TEXT("\033[32m")
#define YELLOW        TEXT("\033[33m")
#define BOLD          TEXT("\033[1m")
#define PLAIN         TEXT("\033[0m")

void
flow_line_begin(struct flow_line *l, const struct flow *flow)
{
    *l = (struct flow_line){ .step = STEP_LEAST, .request = REQUEST_WIDTH };
    for (uint32_t i = 0; i < flow->workflow_count; i++)
        for (uint32_t k = 0; k < flow->workflows[i].step_count; k++) {
            size_t width = text_code_points(flow->workflows[i].steps[k].id);

            l->step = width > l->step ? width : l->step;
        }
    l->step = l->step > STEP_MOST ? STEP_MOST : l->step;
}

static void
colour(struct buffer *out, const struct flow_line *l, struct text sequence)
{
    if (l->colour)
        buffer_add(out, sequence);
}

static size_t
width_since(const struct buffer *out, size_t from)
{
    return text_code_points(text_from(buffer_text(out), from));
}

static void
pad(struct buffer *out, size_t from, size_t column)
{
    size_t used = width_since(out, from);

    buffer_print(out, "%*s", used < column ? (int)(column - used) : 0, "");
}

static void
indent(struct buffer *out, uint32_t depth)
{
    buffer_print(out, "%*s", 2 * (int)(depth < 16 ? depth : 16), "");
}

struct text
flow_line_cut(struct text t, size_t characters)
{
    size_t end = 0;

    while (t.data != NULL && end < t.length && characters-- > 0)
        do
            end++;
        while (end < t.length && ((unsigned char)t.data[end] & 0xc0) == 0x80);
    return text_slice(t, 0, end);
}

/* "0.5 s", "12 ms". */
static void
add_wait(struct buffer *out, int64_t ns)
{
    double seconds = (double)ns / 1e9;

    if (seconds < 0.0995)
        buffer_print(out, "%.0f ms", seconds * 1e3);
    else if (seconds < 9.95)
        buffer_print(out, "%.1f s", seconds);
    else
        buffer_print(out, "%.0f s", seconds);
}

/* ---- a step ---- */

static void
add_step(struct buffer *out, const struct flow_line *l, const struct flow_try *t)
{
    size_t from = buffer_length(out);

    indent(out, t->depth + 1);
    exchange_text_visible(out, t->step->id, false);
    if (t->element >= 0)
        buffer_print(out, "[%" PRId64 "]", t->element);
    pad(out, from, l->step + 2);
    buffer_add(out, TEXT("  "));
}

/* The target as it was sent; what is not sent is told by its operation. */
static void
add_request(struct buffer *out, const struct flow_line *l, const struct flow_try *t)
{
    size_t from = buffer_length(out);

    if (t->exchange != NULL) {
        exchange_text_visible(out, t->exchange->request.method, false);
        buffer_byte(out, ' ');
        exchange_text_visible(out, t->exchange->request.target, false);
    } else if (t->step->operation != NULL) {
        buffer_print(out, "%.*s %.*s", TEXT_PRINT(operation_method(t->step->operation)),
                     TEXT_PRINT(operation_path(t->step->operation)));
    } else if (t->step->workflow != NULL) {
        buffer_print(out, "workflow %.*s", TEXT_PRINT(t->step->workflow->id));
    }
    if (l->cut && width_since(out, from) > l->request) {
        buffer_truncate(out, from + flow_line_cut(text_from(buffer_text(out), from), l->request - 1).length);
        buffer_add(out, TEXT("…"));
    }
    pad(out, from, l->request);
}

static void
add_attempt(struct buffer *out, const struct flow_try *t)
{
    buffer_print(out, "attempt %u of %u", t->attempt, t->limit + 1 > t->attempt ? t->limit + 1 : t->attempt);
}

static void
add_then(struct buffer *out, const struct flow_try *t)
{
    if (t->then != NULL && strcmp(t->then, "goto") == 0)
        buffer_print(out, ", goes on at %.*s", TEXT_PRINT(t->then_to));
    else if (t->then != NULL && strcmp(t->then, "end") == 0)
        buffer_add(out, TEXT(", ends here"));
}

bool
flow_line_is_failure(const struct flow_try *t)
{
    return t->failure != FLOW_FINE && t->next <= 0 && (t->then == NULL || t->then[0] == '\0');
}

static void
add_verdict(struct buffer *out, const struct flow_line *l, const struct flow_try *t)
{
    bool again = t->next > 0 || (t->then != NULL && strcmp(t->then, "retry") == 0);

    if (t->failure == FLOW_FINE) {
        colour(out, l, GREEN);
        buffer_add(out, TEXT("ok"));
        colour(out, l, PLAIN);
        if (t->attempt > 1) {
            buffer_add(out, TEXT(", "));
            add_attempt(out, t);
        }
    } else if (again) {
        colour(out, l, YELLOW);
        add_attempt(out, t);
        buffer_add(out, TEXT(", next "));
        if (t->next > 0) {
            buffer_add(out, TEXT("in "));
            add_wait(out, t->next);
        } else {
            buffer_add(out, TEXT("at once"));
        }
        colour(out, l, PLAIN);
    } else {
        colour(out, l, flow_line_is_failure(t) ? RED : YELLOW);
        buffer_print(out, "%s (%s)", flow_line_is_failure(t) ? "FAILED" : "not met", flow_failure_name(t->failure));
        colour(out, l, PLAIN);
        if (t->attempt > 1) {
            buffer_add(out, TEXT(", "));
            add_attempt(out, t);
        }
    }
    if (t->failure == FLOW_FINE || !again)
        add_then(out, t);
    if (t->failure != FLOW_FINE && t->why.length > 0) {
        buffer_add(out, TEXT(": "));
        exchange_text_visible(out, t->why, false);
    }
}

void
flow_line_try(struct buffer *out, const struct flow_line *l, const struct flow_try *t)
{
    add_step(out, l, t);
    add_request(out, l, t);
    if (t->exchange != NULL && t->exchange->has_response)
        buffer_print(out, " %3u", t->exchange->response.status);
    else
        buffer_add(out, TEXT("   -"));
    buffer_print(out, " %8.1f ms  ", (double)t->took / 1e6);
    add_verdict(out, l, t);
    buffer_byte(out, '\n');
}

void
flow_line_sending(struct buffer *out, const struct flow_line *l, const struct flow_try *t)
{
    add_step(out, l, t);
    add_request(out, l, t);
    if (t->attempt > 1) {
        buffer_add(out, TEXT(" "));
        add_attempt(out, t);
    }
    buffer_add(out, TEXT(" …"));
}

/* ---- a workflow ---- */

void
flow_line_workflow(struct buffer *out, const struct flow_line *l, const struct workflow *w, uint64_t run,
                   uint32_t depth)
{
    indent(out, depth);
    colour(out, l, BOLD);
    exchange_text_visible(out, w->id, false);
    colour(out, l, PLAIN);
    if (run > 1)
        buffer_print(out, " (run %" PRIu64 ")", run);
    if (w->summary.length > 0) {
        buffer_add(out, TEXT("  "));
        exchange_text_visible(out, w->summary, false);
    }
    buffer_byte(out, '\n');
}

void
flow_line_result(struct buffer *out, const struct flow_line *l, const struct flow_result *r, uint64_t runs)
{
    bool fine = r->failure == FLOW_FINE;

    exchange_text_visible(out, r->workflow->id, false);
    if (runs > 1)
        buffer_print(out, " (run %" PRIu64 ")", r->run);
    buffer_byte(out, ' ');
    colour(out, l, fine ? GREEN : RED);
    buffer_print(out, "%s", fine ? "ok" : "FAILED");
    colour(out, l, PLAIN);
    if (!fine) {
        buffer_print(out, " (%s)", flow_failure_name(r->failure));
        if (r->step != NULL)
            buffer_print(out, " at %.*s", TEXT_PRINT(r->step->id));
    }
    buffer_print(out, ": %u step%s, %u tr%s, %.1f ms\n", r->steps, r->steps == 1 ? "" : "s", r->tries,
                 r->tries == 1 ? "y" : "ies", (double)r->took / 1e6);
    if (!fine && r->step == NULL && r->why.length > 0) {
        buffer_add(out, TEXT("  "));
        exchange_text_visible(out, r->why, false);
        buffer_byte(out, '\n');
    }
}

/* ---- in full ---- */

static void
add_labelled(struct buffer *out, const char *label, struct text value)
{
    if (value.length == 0)
        return;
    buffer_print(out, "    %-10s ", label);
    exchange_text_visible(out, value, false);
    buffer_byte(out, '\n');
}

void
flow_line_exchange(struct buffer *out, const struct flow_try *t, struct arena *arena)
{
    struct json_writer w;

    if (t->exchange != NULL) {
        add_labelled(out, "exchange", text_of(t->exchange->id));
        exchange_text_messages(out, t->exchange);
        buffer_byte(out, '\n');
    }
    if (t->outputs != NULL && t->outputs->count > 0) {
        struct buffer json;

        buffer_init(&json, LIMIT_FILE_BYTES);
        json_begin(&w, &json, 0);
        json_value(&w, t->outputs);
        buffer_print(out, "    %-10s ", "outputs");
        exchange_text_visible(out, arena_text(arena, buffer_text(&json)), false);
        buffer_byte(out, '\n');
        buffer_release(&json);
    }
}

/* What the reader does next, by the kind of failure. */
static const char *
advice(enum flow_failure failure)
{
    switch (failure) {
    case FLOW_NETWORK:
        return "does the server run, and is this its address? --server NAME=URL says another";
    case FLOW_TIMED_OUT:
        return "is the service slow, or the time too short? --timeout, or `timeout` of the step";
    case FLOW_INVALID:
        return "the place in the contract: either the message is wrong, or the contract";
    case FLOW_CRITERION:
        return "the answer, beside the condition: it says what the flow relies on";
    case FLOW_EXHAUSTED:
        return "every try: -v shows them, --record keeps them";
    case FLOW_MISSING:
        return "the step that should have given the value: its outputs, and its answer";
    case FLOW_INPUT:
        return "the inputs: --input, --inputs, or `inputs` of the configuration";
    case FLOW_LIMIT:
        return "gotos, retries or nested workflows that never end";
    case FLOW_RULE:
        return "the rule: either the services are wrong together, or the rule is";
    case FLOW_FINE:
    case FLOW_STOPPED:
        break;
    }
    return NULL;
}

static void
add_place(struct buffer *out, const char *label, struct flow_place place, struct arena *arena)
{
    if (place.document != NULL && place.value != NULL)
        add_labelled(out, label, document_where(place.document, place.value, arena));
}

static void
add_criterion(struct buffer *out, const struct flow_try *t, struct arena *arena)
{
    if (t->criterion == NULL)
        return;
    add_labelled(out, "criterion", criterion_text(t->criterion));
    add_labelled(out, "but", t->criterion_told);
    add_place(out, "at", criterion_place(t->criterion), arena);
}

/* The rule over exchanges that this one breaks. */
static void
add_rule(struct buffer *out, const struct flow_try *t, struct arena *arena)
{
    const struct verdict *v = &t->exchange->response_verdict; /* rules over one exchange are looked at last, there */

    for (uint32_t i = 0; i < v->count; i++)
        if (v->list[i].id >= VIOLATION_LIFECYCLE_MOVE && v->list[i].keyword.length > 0)
            add_labelled(out, "rule",
                         arena_print(arena, "%.*s (%.*s:%u:%u)", TEXT_PRINT(v->list[i].keyword),
                                     TEXT_PRINT(v->list[i].file), v->list[i].line, v->list[i].column));
}

void
flow_line_failure(struct buffer *out, const struct flow_line *l, const struct flow_try *t, struct arena *arena)
{
    const char *hint = advice(t->failure);

    buffer_byte(out, '\n');
    colour(out, l, RED);
    buffer_print(out, "  %.*s failed: %s", TEXT_PRINT(t->step->id), flow_failure_name(t->failure));
    colour(out, l, PLAIN);
    buffer_byte(out, '\n');
    add_labelled(out, "because", t->why);
    add_criterion(out, t, arena);
    if (t->failure == FLOW_RULE && t->exchange != NULL)
        add_rule(out, t, arena);
    if (t->criterion == NULL)
        add_place(out, "step", t->step->place, arena);
    if (hint != NULL)
        add_labelled(out, "look at", text_of(hint));
    buffer_byte(out, '\n');
    flow_line_exchange(out, t, arena);
}

void
flow_line_finding(struct buffer *out, const struct flow_line *l, const struct watch_finding *f)
{
    buffer_byte(out, '\n');
    colour(out, l, RED);
    buffer_print(out, "  %s", violation_name(f->id));
    colour(out, l, PLAIN);
    buffer_print(out, " %.*s: %.*s %.*s\n", TEXT_PRINT(f->rule), TEXT_PRINT(f->service), TEXT_PRINT(f->operation));
    add_labelled(out, "expected", f->expected);
    add_labelled(out, "found", f->found);
    add_labelled(out, "hint", f->hint);
    if (f->file.length > 0)
        buffer_print(out, "    %-10s %.*s:%u:%u\n", "rule", TEXT_PRINT(f->file), f->line, f->column);
    for (uint32_t i = 0; i < f->exchange_count; i++)
        add_labelled(out, i == 0 ? "exchanges" : "", f->exchanges[i]);
    buffer_byte(out, '\n');
}
