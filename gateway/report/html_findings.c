/* html_findings.c -- a page of findings: what was looked at, service by service and operation by operation, and each
 * finding, which unfolds. */
#include "report/coverage.h"
#include "report/html_findings.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/time_text.h"
#include "report/html_exchange.h"
#include "report/page.h"
#include "report/rows.h"

#define OPEN          5   /* errors that are unfolded from the start */
#define SOURCE_AROUND 2u  /* lines of a contract, before and behind */
#define SOURCE_WIDTH  400 /* bytes: longer ones are left out there */

/* ---- one finding ---- */

static void
add_place(struct buffer *out, struct text file, uint32_t line, uint32_t column, struct text pointer)
{
    if (file.length == 0)
        return;
    MARKUP(out, "<code class=\"place\">{}", file);
    if (line > 0)
        buffer_print(out, ":%u:%u", line, column);
    if (pointer.length > 0)
        MARKUP(out, " {}", pointer);
    MARKUP_RAW(out, "</code>");
}

static void
add_side(struct buffer *out, const char *kind, const char *title, struct text told)
{
    MARKUP(out, "<div class=\"{}\"><h4>{}</h4>", text_of(kind), text_of(title));
    if (told.length > 0)
        MARKUP(out, "<code>{}</code>", told);
}

static void
add_sides(struct buffer *out, const struct finding *f)
{
    bool both = f->expected.length > 0 || f->found.length > 0;

    MARKUP_RAW(out, "<div class=\"sides\">\n");
    if (!both) {
        MARKUP(out, "<div class=\"came\"><h4>found</h4>{}", f->message);
        add_place(out, f->file, f->line, f->column, f->pointer);
        MARKUP_RAW(out, "</div>\n");
    } else {
        add_side(out, "wanted", "expected", f->expected);
        add_place(out, f->file, f->line, f->column, f->pointer);
        MARKUP_RAW(out, "</div>\n");
        add_side(out, "came", "found", f->found);
        add_place(out, f->seen_at, 0, 0, text_make(NULL, 0));
        MARKUP_RAW(out, "</div>\n");
    }
    MARKUP_RAW(out, "</div>\n");
}

static void
add_examples(struct buffer *out, const struct finding *f, const struct html_findings *with)
{
    if (f->example_count == 0)
        return;
    MARKUP(out, "<dt>{}</dt><dd>", f->together ? TEXT("exchanges") : TEXT("for example"));
    for (uint32_t i = 0; i < f->example_count; i++) {
        if (i > 0)
            MARKUP_RAW(out, ", ");
        if (with->link != NULL && with->link(with->arg, f->examples[i]))
            MARKUP(out, "<a href=\"#x-{}\">{}</a>", f->examples[i], f->examples[i]);
        else
            MARKUP(out, "{}", f->examples[i]);
    }
    MARKUP_RAW(out, "</dd>\n");
}

static void
add_times(struct buffer *out, const struct finding *f)
{
    if (f->first == 0)
        return;
    MARKUP(out, "<dt>first</dt><dd>{}</dd>\n", time_text_rfc3339(f->first, 3));
    if (f->last > f->first)
        MARKUP(out, "<dt>last</dt><dd>{}</dd>\n", time_text_rfc3339(f->last, 3));
}

static void
add_rule(struct buffer *out, const struct finding *f)
{
    enum violation_id id = violation_of(f->rule);

    if (id != VIOLATION_IDS)
        MARKUP(out, "<dt>rule</dt><dd>{}: {} ({})</dd>\n", f->rule, text_of(violation_what(id)),
               text_of(violation_source(id)));
    if (f->keyword.length > 0 && !text_equal(f->keyword, f->message))
        MARKUP(out, "<dt>keyword</dt><dd>{}</dd>\n", f->keyword);
}

static void
add_heading(struct buffer *out, const struct finding *f, bool open)
{
    const char *kind = page_level_class(f->level);

    MARKUP(
        out,
        "<details class=\"finding {}\"{}><summary><span class=\"level {}\">{}</span> <span class=\"rule\">{}</span> ",
        f->level == LEVEL_INFO ? TEXT("is-fine") : TEXT(""), open ? TEXT(" open") : TEXT(""), text_of(kind),
        text_of(level_name(f->level)), f->rule);
    if (f->service.length > 0 || f->operation.length > 0) /* files have no sides */
        MARKUP(out, "<span>{} {} <span class=\"soft\">{}</span></span> ", f->service, f->operation,
               text_of(side_name(f->side)));
    if (f->instance.length > 0)
        MARKUP(out, "<code>{}</code>", f->instance);
    buffer_print(out, "<span class=\"times\">%" PRIu64 " ×</span></summary>\n", f->count);
}

static size_t
indent_of(struct text line)
{
    size_t n = 0;

    while (n < line.length && (line.data[n] == ' ' || line.data[n] == '\t'))
        n++;
    return n;
}

static void
add_source_line(struct buffer *out, uint32_t number, struct text shown, size_t indent, const char *mark)
{
    size_t own = indent_of(shown);

    buffer_print(out, "<span class=\"line\">%5u</span> %*s", number, own > indent ? (int)(own - indent) : 0, "");
    if (mark != NULL)
        MARKUP(out, "<mark class=\"{}\">{}</mark>\n", text_of(mark), text_from(shown, own));
    else
        MARKUP(out, "{}\n", text_from(shown, own));
}

/* The line, and some around it; of a long line, what is around the place. */
static void
add_source(struct buffer *out, const struct finding *f, struct sources *sources)
{
    struct text line = sources_line(sources, f->file, f->line), lines[2 * SOURCE_AROUND + 1];
    struct source_view view = source_view_of(line, f->column);
    bool alone = view.cut_before || view.cut_behind;
    size_t indent = SIZE_MAX;

    if (line.length == 0)
        return;
    for (uint32_t i = 0; i < 2 * SOURCE_AROUND + 1; i++) {
        uint32_t number = f->line + i; /* and SOURCE_AROUND less */

        lines[i] = alone || number <= SOURCE_AROUND ? (struct text){ NULL, 0 }
                                                    : sources_line(sources, f->file, number - SOURCE_AROUND);
        if (lines[i].length > SOURCE_WIDTH)
            lines[i].length = 0;
        if (lines[i].length > 0 && indent_of(lines[i]) < indent)
            indent = indent_of(lines[i]);
    }
    if (alone)
        lines[SOURCE_AROUND] = view.shown;
    MARKUP_RAW(out, "<pre class=\"source\">");
    for (uint32_t i = 0; i < 2 * SOURCE_AROUND + 1; i++)
        if (lines[i].length > 0)
            add_source_line(out, f->line + i - SOURCE_AROUND, lines[i], indent,
                            i == SOURCE_AROUND ? page_level_class(f->level) : NULL);
    MARKUP_RAW(out, "</pre>\n");
}

/* The messages of the first exchange that it was met in. */
static void
add_example(struct buffer *out, const struct finding *f, const struct examples *examples)
{
    const struct example *example = examples_find(examples, f);
    struct arena *arena = example != NULL ? arena_new(0, LIMIT_REPORT_BYTES) : NULL;
    struct html_mark mark;

    if (arena == NULL)
        return;
    html_exchange(out, example->exchange, &mark, html_mark_of(&mark, f, example->instance, arena) ? 1 : 0, arena);
    arena_free(arena);
}

static void
add_finding(struct buffer *out, const struct finding *f, const struct html_findings *with, bool open)
{
    add_heading(out, f, open);
    add_sides(out, f);
    add_source(out, f, with->sources);
    MARKUP_RAW(out, "<dl class=\"fields\">\n");
    add_rule(out, f);
    add_examples(out, f, with);
    add_times(out, f);
    MARKUP(out, "<dt>fingerprint</dt><dd>{}</dd>\n</dl>\n", text_of(f->fingerprint));
    add_example(out, f, with->examples);
    MARKUP_RAW(out, "</details>\n");
}

void
html_findings(struct buffer *out, struct finding_list *findings, const struct html_findings *with)
{
    uint32_t count = finding_list_count(findings);

    for (uint32_t i = 0; i < count; i++) {
        const struct finding *f = finding_list_at(findings, i);

        add_finding(out, f, with, f->level == LEVEL_ERROR && i < OPEN);
    }
    if (count == 0)
        MARKUP_RAW(out, "<p class=\"empty\">Nothing was found.</p>\n");
}

/* ---- the overview ---- */

struct levels {
    uint64_t findings[LEVEL_ERROR + 1];
    uint64_t exchanges;
};

static struct levels
count_levels(const struct report_row *rows, size_t count)
{
    struct levels n = { .exchanges = 0 };

    for (size_t i = 0; i < count; i++) {
        n.exchanges += rows[i].exchanges;
        if (rows[i].finding != NULL)
            n.findings[rows[i].finding->level]++;
    }
    return n;
}

/* Errors, warnings and infos as parts of a bar as long as the most that one operation has. */
static void
add_share(struct buffer *out, const struct levels *n, uint64_t most)
{
    uint64_t at = 0;

    MARKUP_RAW(out, "<svg class=\"share\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                    "<rect class=\"back\" width=\"1000\" height=\"10\"/>");
    for (int level = LEVEL_ERROR; level >= LEVEL_INFO; level--) {
        uint64_t width = most > 0 ? n->findings[level] * 1000 / most : 0;

        if (width > 0)
            buffer_print(out, "<rect class=\"%s\" x=\"%" PRIu64 "\" width=\"%" PRIu64 "\" height=\"10\"/>",
                         page_level_class((enum level)level), at, width);
        at += width;
    }
    MARKUP_RAW(out, "</svg>");
}

static void
add_number(struct buffer *out, uint64_t number, const char *kind)
{
    if (number > 0)
        buffer_print(out, "<td class=\"number %s\">%" PRIu64 "</td>", kind, number);
    else
        MARKUP_RAW(out, "<td class=\"number soft\">–</td>");
}

static void
add_operation(struct buffer *out, const struct report_row *rows, size_t count, uint64_t most)
{
    struct levels n = count_levels(rows, count);
    bool fine = n.findings[LEVEL_ERROR] + n.findings[LEVEL_WARN] == 0;

    MARKUP(out, "<tr class=\"{}\"><td>{}</td>", fine ? TEXT("is-fine") : TEXT(""),
           rows[0].operation.length > 0 ? rows[0].operation : TEXT("(no operation)"));
    add_number(out, n.exchanges, "");
    for (int level = LEVEL_ERROR; level >= LEVEL_INFO; level--)
        add_number(out, n.findings[level], page_level_class((enum level)level));
    MARKUP_RAW(out, "<td>");
    add_share(out, &n, most);
    MARKUP_RAW(out, "</td></tr>\n");
}

static uint64_t
most_findings(const struct report_row *rows, size_t count)
{
    uint64_t most = 0;

    for (size_t n; count > 0; rows += n, count -= n) {
        struct levels levels;
        uint64_t sum;

        n = report_rows_of_operation(rows, count);
        levels = count_levels(rows, n);
        sum = levels.findings[LEVEL_ERROR] + levels.findings[LEVEL_WARN] + levels.findings[LEVEL_INFO];
        most = sum > most ? sum : most;
    }
    return most;
}

static void
add_overview(struct buffer *out, const struct report_row *rows, size_t count)
{
    uint64_t most = most_findings(rows, count);
    struct text service = { NULL, 0 };

    if (count == 0)
        return;
    MARKUP_RAW(out,
               "<section class=\"card\"><header><h2>By service and operation</h2></header>\n<table>\n"
               "<thead><tr><th>operation</th><th class=\"number\">exchanges</th><th class=\"number\">errors</th>"
               "<th class=\"number\">warnings</th><th class=\"number\">info</th><th></th></tr></thead>\n<tbody>\n");
    for (size_t n; count > 0; rows += n, count -= n) {
        if (!text_equal(service, rows[0].service))
            MARKUP(out, "<tr class=\"group\"><td colspan=\"6\">{}</td></tr>\n", rows[0].service);
        service = rows[0].service;
        n = report_rows_of_operation(rows, count);
        add_operation(out, rows, n, most);
    }
    MARKUP_RAW(out, "</tbody>\n</table></section>\n");
}

/* ---- the page ---- */

static void
add_top(struct buffer *out, const struct report_summary *s)
{
    const char *kind = s->errors > 0 ? "bad" : s->warnings > 0 ? "warn" : "fine";

    MARKUP(out, "<header class=\"top\"><div><h1>plumbline {}</h1>", text_of(s->command));
    buffer_print(out, "<p>%" PRIu64 " %s looked at", s->exchanges, s->unit != NULL ? s->unit : "exchanges");
    if (s->operations > 0)
        buffer_print(out, ", %u of %u operations seen", s->operations_seen, s->operations);
    MARKUP(out, "</p></div><p class=\"verdict {}\">{}</p></header>\n", text_of(kind),
           s->errors > 0     ? TEXT("errors found")
           : s->warnings > 0 ? TEXT("warnings found")
                             : TEXT("no errors found"));
}

static void
add_tiles(struct buffer *out, const struct report_summary *s)
{
    MARKUP_RAW(out, "<dl class=\"tiles\">\n");
    page_tile(out, text_of(s->unit != NULL ? s->unit : "exchanges"), s->exchanges, "");
    page_tile(out, TEXT("errors"), s->errors, "bad");
    page_tile(out, TEXT("warnings"), s->warnings, "warn");
    page_tile(out, TEXT("info"), s->infos, "info");
    page_tile(out, TEXT("occurrences"), s->violations, "");
    if (s->unchecked > 0)
        page_tile(out, TEXT("unchecked in part"), s->unchecked, "warn");
    if (s->lost > 0)
        page_tile(out, TEXT("not recorded"), s->lost, "warn");
    if (s->operations > 0) {
        MARKUP_RAW(out, "<div><dt>coverage</dt>");
        buffer_print(out, "<dd>%u <small>of %u operations</small></dd></div>\n", s->operations_seen, s->operations);
    }
    MARKUP_RAW(out, "</dl>\n");
}

static void
add_findings(struct buffer *out, const struct report_summary *s, struct finding_list *findings)
{
    struct html_findings with = { .examples = s->examples, .sources = sources_new() };

    MARKUP_RAW(out,
               "<section class=\"card\"><header><h2>Findings</h2><span class=\"soft\">the worst first; each unfolds"
               "</span></header>\n");
    html_findings(out, findings, &with);
    sources_free(with.sources);
    MARKUP_RAW(out, "</section>\n");
}

void
report_html(struct buffer *out, const struct report_summary *s, struct finding_list *findings)
{
    size_t count;
    struct report_row *rows = report_rows(s, findings, &count);
    struct buffer title;

    buffer_init(&title, LIMIT_KIB);
    buffer_print(&title, "plumbline %s", s->command);
    page_begin(out, buffer_text(&title));
    add_top(out, s);
    add_tiles(out, s);
    page_filter(out);
    add_overview(out, rows, count);
    add_findings(out, s, findings);
    coverage_html(out, s);
    page_end(out, TEXT(""));
    buffer_release(&title);
    free(rows);
}
