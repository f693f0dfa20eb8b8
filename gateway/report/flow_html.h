/* flow_html.h -- between the files that tell a flow as a page. */
#ifndef REPORT_FLOW_HTML_H
#define REPORT_FLOW_HTML_H

#include "report/flow_report_internal.h"
#include "report/markup.h"

struct flow_page {
    struct buffer *out;
    struct flow_report *report;
    struct arena *arena; /* of one try: documents that are looked into */
};

/* A try of a step: criteria, violations, both messages. */
void flow_html_try(struct flow_page *p, const struct told_step *s, const struct told_try *t);

/* JSON that was kept (inputs, outputs), to be unfolded; nothing where there is none. */
void flow_html_json(struct flow_page *p, const char *title, struct text json);

/* "4.2 ms" */
void flow_html_duration(struct flow_page *p, int64_t ns);

#endif
