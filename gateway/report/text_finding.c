/* text_finding.c -- one finding for a person at a terminal: what, where in the message, where in the contract. */
#include <inttypes.h>

#include "report/report.h"
#include "report/source.h"

#define LEFT_COLUMN  40
#define QUOTE_INDENT 8

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

static const char *
colour_of(enum level level)
{
    return level == LEVEL_ERROR ? "\033[1;31m" : level == LEVEL_WARN ? "\033[1;33m" : "\033[1;36m";
}

static void
add_title(struct buffer *out, const struct finding *f, bool coloured)
{
    buffer_print(out, "%s%-5s%s %s %.*s", coloured ? colour_of(f->level) : "", level_name(f->level),
                 coloured ? "\033[0m" : "", side_name(f->side), TEXT_PRINT(f->rule));
    if (f->service.length > 0)
        buffer_print(out, "  %.*s", TEXT_PRINT(f->service));
    if (f->operation.length > 0)
        buffer_print(out, " %.*s", TEXT_PRINT(f->operation));
    if (f->instance.length > 0)
        buffer_print(out, "  %s%.*s%s", coloured ? "\033[1m" : "", TEXT_PRINT(f->instance), coloured ? "\033[0m" : "");
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
report_text_finding(struct buffer *out, const struct finding *f, const struct report_style *style)
{
    bool only_message = f->expected.length == 0 && f->found.length == 0;

    add_title(out, f, style->coloured);
    if (only_message)
        add_line(out, "", f->message, f->file, f->line, f->column);
    if (f->expected.length > 0)
        add_line(out, "expected", f->expected, f->file, f->line, f->column);
    if (only_message || f->expected.length > 0)
        source_quote(out, style->sources, f->file, f->line, f->column, QUOTE_INDENT, style->coloured);
    if (f->found.length > 0 || f->seen_at.length > 0)
        add_line(out, "found", f->found, f->seen_at, 0, 0);
    if (f->together)
        add_exchanges(out, f);
    buffer_byte(out, '\n');
}
