/* flow_report.h -- what came of running a flow: collected while it runs, told in every format that --report knows.
 *
 * Fed from the callbacks of flow/runner.h, in the runner's thread. Everything is redacted and masked when it comes in,
 * so that no format can forget to. Bounded: bodies are cut; of many runs the first ones and the first that fail are
 * kept whole, the others are counted; latencies and failures are counted for all of them. */
#ifndef REPORT_FLOW_REPORT_H
#define REPORT_FLOW_REPORT_H

#include "flow/runner.h"
#include "report/report.h"
#include "rules/redaction.h"

struct flow_report;
struct severities;

struct flow_report_options {
    const struct redaction *redaction;   /* borrowed; NULL: the defaults */
    const struct severities *severities; /* borrowed; may be NULL */
    const struct text *secrets; /* masked wherever they occur (values of --token), also encoded; copied. Shorter
than 3 bytes: not, as that would hit words */
    uint32_t secret_count;
    size_t body_bytes;      /* kept of one body; 0: LIMIT_REPORT_BODY */
    uint32_t runs;          /* kept whole, of those that began first; 0: LIMIT_REPORT_RUNS */
    uint32_t failures;      /* kept whole, of those that failed, beside them; 0: LIMIT_REPORT_FAILURES */
    int64_t (*clock)(void); /* nanoseconds since 1970; NULL: the system's */
};

/* New, or NULL with err. The flow is borrowed. options may be NULL. */
struct flow_report *
flow_report_new(const struct flow *flow, const struct flow_report_options *options, struct error *err);
void flow_report_free(struct flow_report *r); /* accepts NULL */

/* The callbacks; with `arg` as the report they fit into struct flow_listener. */
void flow_report_begin(void *report, const struct workflow *w, uint64_t run, uint32_t depth);
void flow_report_tried(void *report, const struct flow_try *t);
void flow_report_found(void *report, const struct watch_finding *finding);
void flow_report_end(void *report, const struct flow_result *result, uint32_t depth);

/* Did a run fail, or is there a finding of at least this level? */
bool flow_report_fails(struct flow_report *r, enum level fail_on);

/* With the secrets masked; in the arena. For who prints beside the report. */
struct text flow_report_masked(const struct flow_report *r, struct text t, struct arena *arena);

/* Write all of them. 0, or -1 with err when a file cannot be written. Not changed by it: may be called again. */
int flow_report_write(struct flow_report *r, const struct report_plan *plan, struct error *err);

/* The table at the end: a row per step (calls, failed, retries, p50, p95, p99), failures by reason, the verdict. */
void flow_report_summary(struct buffer *out, struct flow_report *r);

/* The formats themselves. Text is the failures, the findings and the summary. */
void flow_report_text(struct buffer *out, struct flow_report *r);
void flow_report_json(struct buffer *out, struct flow_report *r); /* docs/schema/flow-report.schema.json */
void flow_report_junit(struct buffer *out, struct flow_report *r);
void flow_report_html(struct buffer *out, struct flow_report *r);
void flow_report_sarif(struct buffer *out, struct flow_report *r);
void flow_report_github(struct buffer *out, struct flow_report *r);

#endif
