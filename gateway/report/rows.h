/* rows.h -- findings by service and operation, for formats that are ordered by them. */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include "report/report.h"

struct report_row {
    struct text service;           /* where a finding names none: its file, else the command */
    struct text operation;         /* may be empty */
    const struct finding *finding; /* NULL: an operation that was seen, in front of its findings */
    uint64_t exchanges;            /* of it */
    uint32_t order;
};

/* Findings and operations that were seen, sorted by service and operation, and as the list is sorted. The caller frees
 * them. NULL: no memory, or there is none of them (*count is 0 then). */
struct report_row *report_rows(const struct report_summary *summary, struct finding_list *findings, size_t *count);

/* How many rows at the front are of the same service; of the same service and operation. */
size_t report_rows_of_service(const struct report_row *rows, size_t count);
size_t report_rows_of_operation(const struct report_row *rows, size_t count);

#endif
