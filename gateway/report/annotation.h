/* annotation.h -- findings, and steps of flows that failed, as remarks on a line of a file: what SARIF and GitHub's
 * annotations are made of. Main thread. */
#ifndef REPORT_ANNOTATION_H
#define REPORT_ANNOTATION_H

#include "report/flow_report.h"

struct annotation {
    struct text rule;  /* a violation id, or why a step failed: "criterion" */
    struct text about; /* what the rule says; may be empty */
    enum level level;
    struct text title;     /* "response body-schema erp createOrder" */
    struct text message;   /* one or two sentences, without the title */
    struct text file;      /* may be empty */
    uint32_t line, column; /* from 1; 0: the file as a whole */
    struct text fingerprint;
    const struct finding *finding; /* NULL: a step */
    uint64_t count;
};

/* Borrowed until it returns. */
typedef void annotation_fn(void *arg, const struct annotation *a);

/* Each finding, the worst first. False: no memory. */
bool annotations_of_findings(struct finding_list *findings, annotation_fn *each, void *arg);

/* Each step that made a run fail, once, then the findings. */
bool annotations_of_flow(struct flow_report *r, annotation_fn *each, void *arg);

#endif
