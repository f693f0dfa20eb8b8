/* flow_line.h -- what a flow did, as lines for people. Nothing is printed here; control characters of what was sent are
 * shown, never passed on. Main thread. */
#ifndef CLI_FLOW_LINE_H
#define CLI_FLOW_LINE_H

#include "base/buffer.h"
#include "flow/runner.h"

/* The columns of one run. */
struct flow_line {
    size_t step;    /* width of the names of steps */
    size_t request; /* width of method and target; what is longer is cut where `cut` */
    bool cut;
    bool colour;
};

/* As wide as the longest name of a step. */
void flow_line_begin(struct flow_line *l, const struct flow *flow);

/* "  createOrder   POST /orders   201   3.2 ms  ok", with its newline. */
void flow_line_try(struct buffer *out, const struct flow_line *l, const struct flow_try *t);

/* The same while the answer is waited for, without a newline. */
void flow_line_sending(struct buffer *out, const struct flow_line *l, const struct flow_try *t);

/* "workflow  summary", and how it ended. */
void flow_line_workflow(struct buffer *out, const struct flow_line *l, const struct workflow *w, uint64_t run,
                        uint32_t depth);
void flow_line_result(struct buffer *out, const struct flow_line *l, const struct flow_result *r, uint64_t runs);

/* A try in full: request, answer, verdicts, outputs. */
void flow_line_exchange(struct buffer *out, const struct flow_try *t, struct arena *arena);

/* Why a step failed, and where to look. */
void flow_line_failure(struct buffer *out, const struct flow_line *l, const struct flow_try *t, struct arena *arena);

void flow_line_finding(struct buffer *out, const struct flow_line *l, const struct watch_finding *f);

/* The first so many characters. */
struct text flow_line_cut(struct text t, size_t characters);

/* Did this try end its step badly: it failed, is not tried again, and nothing was made of the failure? */
bool flow_line_is_failure(const struct flow_try *t);

#endif
