/* html_findings.h -- findings as a part of a page. */
#ifndef REPORT_HTML_FINDINGS_H
#define REPORT_HTML_FINDINGS_H

#include "report/report.h"

/* All of the list, the worst first; each unfolds: what was expected and found, where, how often, in which exchanges.
 * `link`, which may be NULL: is this exchange on the page, as the element x-ID? */
void
html_findings(struct buffer *out, struct finding_list *findings, bool (*link)(void *arg, struct text id), void *arg);

#endif
