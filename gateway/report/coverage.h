/* coverage.h -- what was never seen of what the contracts document, for the text, JSON and HTML reports. Main thread.
 */
#ifndef REPORT_COVERAGE_H
#define REPORT_COVERAGE_H

#include "json/write.h"
#include "report/report.h"

/* "12 of 30 answers, 5 of 7 parameters, …": all but the operations. */
void coverage_line(struct buffer *out, const struct report_summary *s);

/* What was never seen, operation by operation. */
void coverage_text(struct buffer *out, const struct report_summary *s);

/* The same as a table of the page. */
void coverage_html(struct buffer *out, const struct report_summary *s);

/* "coverage": { totals by kind, and with s->list_coverage "unseen": [ … ] } */
void coverage_json(struct json_writer *w, const struct report_summary *s);

#endif
