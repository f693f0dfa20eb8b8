/* text.c -- findings for a person at a terminal: what, where in the message, where in the contract. */
#include <inttypes.h>

#include "report/coverage.h"
#include "report/replay.h"

#define LEFT_COLUMN 40

static void
add_place(struct buffer *out, struct text file, uint32_t line, uint32_t column)
{
    buffer_add(out, file);
    if (line > 0)
        buffer_print(out, ":%u:%u", line, column);
}

/* "  expected  number >= 0      contracts/orders.yaml:131:9" */
static void
add_line(struct buffer *out, const char *label, struct text what, struct text file, uint32_t line, uint32_t column)
{
    buffer_print(out, "  %-9s ", label);
    if (file.length > 0) {
        buffer_print(out, "%-*.*s  ", LEFT_COLUMN, TEXT_PRINT(what));
        add_place(out, file, line, column);
    } else {
        buffer_add(out, what);
    }
    buffer_byte(out, '\n');
}

static void
add_title(struct buffer *out, const struct finding *f)
{
    buffer_print(out, "%-5s %s %.*s", level_name(f->level), side_name(f->side), TEXT_PRINT(f->rule));
    if (f->service.length > 0)
        buffer_print(out, "  %.*s", TEXT_PRINT(f->service));
    if (f->operation.length > 0)
        buffer_print(out, " %.*s", TEXT_PRINT(f->operation));
    if (f->instance.length > 0)
        buffer_print(out, "  %.*s", TEXT_PRINT(f->instance));
    if (f->count > 1)
        buffer_print(out, "  (%" PRIu64 " times)", f->count);
    buffer_byte(out, '\n');
}

/* Who takes part, the one at fault first. */
static void
add_exchanges(struct buffer *out, const struct finding *f)
{
    buffer_print(out, "  %-9s ", "exchanges");
    for (uint32_t i = 0; i < f->example_count; i++)
        buffer_print(out, "%s%.*s", i > 0 ? ", " : "", TEXT_PRINT(f->examples[i]));
    buffer_byte(out, '\n');
}

void
report_text_finding(struct buffer *out, const struct finding *f)
{
    add_title(out, f);
    if (f->expected.length == 0 && f->found.length == 0)
        add_line(out, "", f->message, f->file, f->line, f->column);
    if (f->expected.length > 0)
        add_line(out, "expected", f->expected, f->file, f->line, f->column);
    if (f->found.length > 0 || f->seen_at.length > 0)
        add_line(out, "found", f->found, f->seen_at, 0, 0);
    if (f->together)
        add_exchanges(out, f);
    buffer_byte(out, '\n');
}

static void
add_unchecked(struct buffer *out, const struct report_summary *s)
{
    const char *between = ": ";

    if (s->unchecked == 0)
        return;
    buffer_print(out, "unchecked in part: %" PRIu64 " of them", s->unchecked);
    for (int i = 0; i < UNCHECKED_IDS; i++) {
        if (s->unchecked_reasons[i] == 0)
            continue;
        buffer_print(out, "%s%s %" PRIu64, between, unchecked_name((enum unchecked_id)i), s->unchecked_reasons[i]);
        between = ", ";
    }
    buffer_byte(out, '\n');
}

void
report_text(struct buffer *out, const struct report_summary *s, struct finding_list *findings)
{
    if (s->replay != NULL)
        report_replay_findings(out, findings);
    for (uint32_t i = 0; s->replay == NULL && i < finding_list_count(findings); i++)
        report_text_finding(out, finding_list_at(findings, i));
    if (s->list_coverage)
        coverage_text(out, s);
    buffer_print(out, "%" PRIu64 " %s, %" PRIu64 " error%s, %" PRIu64 " warning%s, %" PRIu64 " info\n", s->exchanges,
                 s->unit != NULL ? s->unit : "exchanges", s->errors, s->errors == 1 ? "" : "s", s->warnings,
                 s->warnings == 1 ? "" : "s", s->infos);
    if (s->accepted + s->expired + s->vanished > 0)
        buffer_print(out, "baseline: %" PRIu64 " accepted, %" PRIu64 " expired, %" PRIu64 " not found any more\n",
                     s->accepted, s->expired, s->vanished);
    if (s->replay != NULL)
        report_replay_text(out, s->replay);
    add_unchecked(out, s);
    if (s->amended > 0)
        buffer_print(out, "amended by a later line: %" PRIu64 " of them\n", s->amended);
    if (s->lost > 0)
        buffer_print(out, "not recorded, and so not checked: %" PRIu64 "\n", s->lost);
    if (s->operations > 0)
        buffer_print(out, "coverage: %u of %u operations\n", s->operations_seen, s->operations);
    if (s->list_coverage && s->tally != NULL) {
        buffer_add(out, TEXT("          "));
        coverage_line(out, s);
        buffer_byte(out, '\n');
    }
}
