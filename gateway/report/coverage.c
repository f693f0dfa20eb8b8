#include "report/coverage.h"

#include <inttypes.h>

#include "json/pointer.h"
#include "report/report_json.h"

void
coverage_line(struct buffer *out, const struct report_summary *s)
{
    const char *between = "";

    for (int i = TALLY_OPERATION + 1; i < TALLY_KINDS; i++) {
        const struct tally_total *t = &s->coverage[i];

        if (t->documented == 0)
            continue;
        buffer_print(out, "%s%" PRIu64 " of %" PRIu64 " %s", between, t->seen, t->documented,
                     tally_name((enum tally_kind)i));
        between = ", ";
    }
}

/* ---- text ---- */

struct telling {
    struct buffer *out;
    const struct operation *told;  /* whose name was said last */
    const struct operation *never; /* was not called at all: nothing more is said of it */
    bool answers;                  /* a line of answers has begun */
};

static void
end_answers(struct telling *t)
{
    if (t->answers)
        buffer_byte(t->out, '\n');
    t->answers = false;
}

static void
add_name(struct telling *t, const struct tally_item *item, const char *more)
{
    if (t->told == item->operation)
        return;
    end_answers(t);
    buffer_print(t->out, "%.*s %.*s%s\n", TEXT_PRINT(item->service->settings->name),
                 TEXT_PRINT(operation_id(item->operation)), more);
    t->told = item->operation;
}

static void
tell_place(struct telling *t, const struct tally_item *item)
{
    end_answers(t);
    buffer_print(t->out, "  %s %.*s", item->side == SIDE_REQUEST ? "request" : "answer", TEXT_PRINT(item->answer));
    if (item->place.length > 0)
        buffer_print(t->out, "%s%.*s", item->answer.length > 0 ? " " : "", TEXT_PRINT(item->place));
    if (item->kind == TALLY_ENUM_VALUE)
        buffer_print(t->out, " = %.*s", TEXT_PRINT(item->detail));
    if (item->kind == TALLY_BRANCH)
        buffer_print(t->out, " as %.*s", TEXT_PRINT(item->detail));
    buffer_byte(t->out, '\n');
}

static void
tell_unseen(void *arg, const struct tally_item *item)
{
    struct telling *t = arg;

    if (item->seen > 0 || item->operation == t->never)
        return;
    if (item->kind == TALLY_OPERATION) {
        add_name(t, item, "  never");
        t->never = item->operation;
        return;
    }
    add_name(t, item, "");
    if (item->kind != TALLY_ANSWER) {
        tell_place(t, item);
        return;
    }
    buffer_print(t->out, "%s %.*s", t->answers ? "" : "  answers", TEXT_PRINT(item->answer));
    t->answers = true;
}

void
coverage_text(struct buffer *out, const struct report_summary *s)
{
    struct telling t = { .out = out };

    if (s->tally == NULL)
        return;
    buffer_add(out, TEXT("never seen:\n"));
    if (tally_each(s->tally, tell_unseen, &t) < 0)
        out->failed = true;
    end_answers(&t);
    buffer_byte(out, '\n');
}

/* ---- JSON ---- */

static const char *const keys[] = {
    [TALLY_OPERATION] = "operations", [TALLY_ANSWER] = "answers",         [TALLY_PARAMETER] = "parameters",
    [TALLY_MEMBER] = "members",       [TALLY_ENUM_VALUE] = "enum_values", [TALLY_BRANCH] = "branches",
};

static const char *const kinds[] = {
    [TALLY_OPERATION] = "operation", [TALLY_ANSWER] = "answer",         [TALLY_PARAMETER] = "parameter",
    [TALLY_MEMBER] = "member",       [TALLY_ENUM_VALUE] = "enum-value", [TALLY_BRANCH] = "branch",
};

static void
add_place(struct json_writer *w, const struct tally_item *item)
{
    uint32_t line, column;

    if (item->document == NULL || item->source == NULL)
        return;
    document_position(item->document, item->source->place, &line, &column);
    JSON_KEY(w, "contract");
    json_object(w);
    report_json_text(w, "file", text_of(item->document->name));
    report_json_number(w, "line", line);
    report_json_number(w, "column", column);
    json_end_object(w);
}

static void
add_unseen(void *arg, const struct tally_item *item)
{
    struct json_writer *w = arg;

    if (item->seen > 0)
        return;
    json_object(w);
    report_json_text(w, "kind", text_of(kinds[item->kind]));
    report_json_text(w, "service", item->service->settings->name);
    report_json_text(w, "operation", operation_id(item->operation));
    if (item->kind != TALLY_OPERATION)
        report_json_text(w, "side", text_of(side_name(item->side)));
    if (item->answer.length > 0)
        report_json_text(w, "answer", item->answer);
    if (item->place.length > 0)
        report_json_text(w, "instance", item->place);
    if (item->detail.length > 0)
        report_json_text(w, item->kind == TALLY_BRANCH ? "branch" : "value", item->detail);
    if (item->required) {
        JSON_KEY(w, "required");
        json_bool(w, true);
    }
    add_place(w, item);
    json_end_object(w);
}

void
coverage_json(struct json_writer *w, const struct report_summary *s)
{
    if (s->tally == NULL)
        return;
    JSON_KEY(w, "coverage");
    json_object(w);
    for (int i = 0; i < TALLY_KINDS; i++) {
        json_key(w, text_of(keys[i]));
        json_object(w);
        report_json_number(w, "documented", s->coverage[i].documented);
        report_json_number(w, "seen", s->coverage[i].seen);
        json_end_object(w);
    }
    if (s->list_coverage) {
        JSON_KEY(w, "unseen");
        json_array(w);
        if (tally_each(s->tally, add_unseen, w) < 0)
            w->out->failed = true;
        json_end_array(w);
    }
    json_end_object(w);
}
