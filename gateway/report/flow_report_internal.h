/* flow_report_internal.h -- what was collected of a flow's runs, between the files that collect and tell it; nobody
 * else includes it. All of it is redacted and masked already. */
#ifndef REPORT_FLOW_REPORT_INTERNAL_H
#define REPORT_FLOW_REPORT_INTERNAL_H

#include "report/flow_report.h"
#include "report/latency.h"

#define FLOW_FAILURES (FLOW_STOPPED + 1)

struct told_try {
    struct told_try *next;
    uint32_t attempt, limit;
    int64_t began; /* nanoseconds since 1970 */
    int64_t took, wait;
    enum flow_failure failure;
    struct text why;
    uint32_t unmet; /* criterion of the step that is not met; UINT32_MAX: none of them */
    struct text criterion, criterion_told;
    const struct exchange *exchange; /* a copy, bodies decoded and cut; NULL: nothing was sent */
    struct text outputs;             /* JSON; empty: none */
    const char *then;
    struct text then_to;
};

/* A step, once: with its retries. */
struct told_step {
    struct told_step *next;
    const struct workflow *workflow;
    const struct step *step;
    uint32_t depth;
    const uint32_t *path; /* flow_try */
    int64_t element;
    struct told_try *tries, *last;
    uint32_t try_count;
};

struct told_run {
    struct told_run *next;
    struct arena *arena;
    uint64_t number;
    const struct workflow *workflow;
    int64_t began, took;
    bool ended;
    enum flow_failure failure;
    struct text why;
    const struct step *failed_at;
    struct text inputs, outputs; /* JSON; empty: none */
    struct told_step *steps, *last;
    uint32_t step_count, try_count; /* kept */
    uint32_t left_out;              /* tries beyond LIMIT_REPORT_TRIES */
    uint32_t tries, steps_run;      /* as the runner counts them */
    bool slim;                      /* it will not be told: only counted */
};

/* A step over all runs. */
struct step_count {
    struct step_count *next;
    const struct workflow *workflow;
    const struct step *step;
    uint64_t calls, tries, retries, failed;
    struct latency latency; /* of tries */
};

struct flow_report {
    const struct flow *flow;
    struct flow_report_options options;
    struct redaction *own_redaction;
    struct redaction_scratch *scratch;
    struct arena *arena; /* of the counts and needles */
    struct text *needles;
    uint32_t needle_count;
    int64_t began, ended;
    struct told_run *runs, *last; /* running, or to be told; as they began */
    uint64_t run_count, passed, failed, told_failures, left_out;
    uint64_t last_number;             /* the largest of a run */
    uint64_t failures[FLOW_FAILURES]; /* of runs */
    uint64_t steps_run, tries;
    struct step_count *counts; /* by workflow, as they were first tried */
    struct finding_list *findings;
    uint64_t findings_left_out;
    bool starved; /* no memory: the report says so */
};

/* ---- flow_report_keep.c ---- */

/* Masked, in the arena. */
struct text flow_keep_text(const struct flow_report *r, struct text t, struct arena *arena);
/* As JSON, redacted as a body is. */
struct text flow_keep_value(struct flow_report *r, const struct value *v, struct arena *arena);
/* What a criterion says of values, at a place that its own text names. */
struct text flow_keep_told(struct flow_report *r, struct text told, struct text criterion, struct arena *arena);
/* A redacted copy; NULL: no memory. `whole`: with its bodies. */
const struct exchange *
flow_keep_exchange(struct flow_report *r, const struct exchange *x, struct arena *arena, bool whole);
/* The forms in which a secret may occur. 0, or -1: no memory. */
int flow_keep_needles(struct flow_report *r, const struct text *secrets, uint32_t count);

/* ---- for the formats ---- */

static inline bool
told_try_failed(const struct told_try *t)
{
    return t->failure != FLOW_FINE;
}

/* Did the last try fail? */
static inline bool
told_step_failed(const struct told_step *s)
{
    return s->last != NULL && told_try_failed(s->last);
}

/* From the first request to the last answer, waits included. */
int64_t told_step_took(const struct told_step *s);

/* "order-to-erp" and, with many, "order-to-erp #3". */
void flow_name_run(struct buffer *out, const struct flow_report *r, const struct told_run *run);
/* "createOrder", "get each product [2]". */
void flow_name_step(struct buffer *out, const struct told_step *s);
/* "GET /orders/{id}", "workflow pay". */
void flow_name_call(struct buffer *out, const struct step *step);
/* "4.2 ms", "1.20 s", "2 min 3 s". */
void flow_duration(struct buffer *out, int64_t ns);
/* "passed", "failed", "stopped". */
const char *flow_verdict(const struct flow_report *r);

#endif
