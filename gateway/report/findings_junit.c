/* findings_junit.c -- findings for build servers: a suite per service, a case per operation, which fails when there is
 * an error in it. Where a finding has no operation it is a case itself. What is no error is the case's output. */
#include <stdlib.h>

#include "base/limits.h"
#include "report/junit.h"
#include "report/rows.h"

struct totals {
    size_t tests, failures;
};

/* Rows that make up one case. */
static size_t
case_rows(const struct report_row *rows, size_t count)
{
    return rows[0].operation.length > 0 ? report_rows_of_operation(rows, count) : 1;
}

static const struct finding *
first_error(const struct report_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].finding != NULL && rows[i].finding->level == LEVEL_ERROR)
            return rows[i].finding;
    return NULL;
}

static struct totals
count_cases(const struct report_row *rows, size_t count)
{
    struct totals t = { 0 };

    for (size_t n; count > 0; rows += n, count -= n) {
        n = case_rows(rows, count);
        t.tests++;
        t.failures += first_error(rows, n) != NULL;
    }
    return t;
}

/* "response body-schema /items/0/price: expected number, found …" */
static void
add_line(struct buffer *line, const struct finding *f)
{
    buffer_print(line, "%s %.*s", side_name(f->side), TEXT_PRINT(f->rule));
    if (f->instance.length > 0)
        buffer_print(line, " %.*s", TEXT_PRINT(f->instance));
    if (f->expected.length > 0)
        buffer_print(line, ": expected %.*s", TEXT_PRINT(f->expected));
    if (f->found.length > 0)
        buffer_print(line, "%s found %.*s", f->expected.length > 0 ? "," : ":", TEXT_PRINT(f->found));
    if (f->expected.length == 0 && f->found.length == 0)
        buffer_print(line, ": %.*s", TEXT_PRINT(f->message));
}

/* Errors, or all others. */
static void
tell(struct buffer *told, const struct report_row *rows, size_t count, bool errors)
{
    static const struct report_style plain = { .sources = NULL };

    buffer_clear(told);
    for (size_t i = 0; i < count; i++)
        if (rows[i].finding != NULL && (rows[i].finding->level == LEVEL_ERROR) == errors)
            report_text_finding(told, rows[i].finding, &plain);
}

static void
add_case(struct buffer *out, const struct report_row *rows, size_t count, struct buffer *line, struct buffer *told)
{
    const struct finding *worst = first_error(rows, count);
    struct text name = rows[0].operation;

    buffer_clear(line);
    if (name.length == 0 && rows[0].finding != NULL) {
        buffer_print(line, "%.*s %.*s", TEXT_PRINT(rows[0].finding->rule), TEXT_PRINT(rows[0].finding->instance));
        name = text_trim(buffer_text(line));
    }
    junit_case(out, rows[0].service, name, -1);
    if (worst != NULL) {
        buffer_clear(line);
        add_line(line, worst);
        tell(told, rows, count, true);
        junit_failure(out, worst->rule, buffer_text(line), buffer_text(told));
    }
    tell(told, rows, count, false);
    junit_output(out, buffer_text(told));
    junit_end_case(out);
}

static void
add_service(struct buffer *out, const struct report_row *rows, size_t count, struct buffer *line, struct buffer *told)
{
    struct totals t = count_cases(rows, count);

    junit_suite(out, &(struct junit_suite){ rows[0].service, t.tests, t.failures, -1, 0 });
    for (size_t n; count > 0; rows += n, count -= n) {
        n = case_rows(rows, count);
        add_case(out, rows, n, line, told);
    }
    junit_end_suite(out);
}

/* Readers take a file without cases for a mistake. */
static void
add_nothing_found(struct buffer *out, struct text command)
{
    junit_suite(out, &(struct junit_suite){ command, 1, 0, -1, 0 });
    junit_case(out, command, TEXT("nothing was found"), -1);
    junit_end_case(out);
    junit_end_suite(out);
}

void
report_junit(struct buffer *out, const struct report_summary *s, struct finding_list *findings)
{
    size_t count;
    struct report_row *rows = report_rows(s, findings, &count), *row = rows;
    struct totals t = count_cases(rows, count);
    struct buffer line, told;

    buffer_init(&line, LIMIT_FILE_BYTES);
    buffer_init(&told, LIMIT_FILE_BYTES);
    junit_begin(out, TEXT("plumbline"), count > 0 ? t.tests : 1, t.failures, -1);
    for (size_t n; count > 0; row += n, count -= n) {
        n = report_rows_of_service(row, count);
        add_service(out, row, n, &line, &told);
    }
    if (row == rows)
        add_nothing_found(out, text_of(s->command));
    junit_end(out);
    out->failed = out->failed || buffer_failed(&line) || buffer_failed(&told);
    buffer_release(&line);
    buffer_release(&told);
    free(rows);
}
