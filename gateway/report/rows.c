#include "report/rows.h"

#include <stdlib.h>

static int
compare(const void *one, const void *other)
{
    const struct report_row *a = one, *b = other;
    int by_service = text_compare(a->service, b->service);
    int by_operation = by_service != 0 ? by_service : text_compare(a->operation, b->operation);

    if (by_operation != 0)
        return by_operation;
    return a->order < b->order ? -1 : a->order > b->order;
}

static struct text
service_of(const struct report_summary *s, const struct finding *f)
{
    if (f->service.length > 0)
        return f->service;
    return f->file.length > 0 ? f->file : text_of(s->command);
}

struct report_row *
report_rows(const struct report_summary *s, struct finding_list *findings, size_t *count)
{
    size_t most = (size_t)s->seen_count + finding_list_count(findings);
    struct report_row *rows = most > 0 ? calloc(most, sizeof(rows[0])) : NULL;

    *count = 0;
    if (rows == NULL)
        return NULL;
    for (uint32_t i = 0; i < s->seen_count; i++)
        rows[(*count)++] =
            (struct report_row){ s->seen[i].service, s->seen[i].operation, NULL, s->seen[i].exchanges, 0 };
    for (uint32_t i = 0; i < finding_list_count(findings); i++) {
        const struct finding *f = finding_list_at(findings, i);

        rows[(*count)++] = (struct report_row){ service_of(s, f), f->operation, f, 0, i + 1 };
    }
    qsort(rows, *count, sizeof(rows[0]), compare);
    return rows;
}

size_t
report_rows_of_service(const struct report_row *rows, size_t count)
{
    size_t n = 0;

    while (n < count && text_equal(rows[n].service, rows[0].service))
        n++;
    return n;
}

size_t
report_rows_of_operation(const struct report_row *rows, size_t count)
{
    size_t of_service = report_rows_of_service(rows, count), n = 0;

    while (n < of_service && text_equal(rows[n].operation, rows[0].operation))
        n++;
    return n;
}
