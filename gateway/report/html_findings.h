/* html_findings.h -- findings as a part of a page. */
#ifndef REPORT_HTML_FINDINGS_H
#define REPORT_HTML_FINDINGS_H

#include "report/examples.h"
#include "report/report.h"
#include "report/source.h"

/* What else the page has of them. All may be NULL. */
struct html_findings {
    bool (*link)(void *arg, struct text id); /* is this exchange on the page, as the element x-ID? */
    void *arg;
    const struct examples *examples;
    struct sources *sources;
};

/* All of the list, the worst first; each unfolds: what was expected and found, the contract's lines, where, how often,
 * in which exchanges, and one of these with the place marked. */
void html_findings(struct buffer *out, struct finding_list *findings, const struct html_findings *with);

#endif
