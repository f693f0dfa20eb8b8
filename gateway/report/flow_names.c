/* flow_names.c -- what runs, steps and times are called, in every format. */
#include <inttypes.h>

#include "report/flow_report_internal.h"

int64_t
told_step_took(const struct told_step *s)
{
    return s->last != NULL ? s->last->began + s->last->took - s->tries->began : 0;
}

void
flow_name_run(struct buffer *out, const struct flow_report *r, const struct told_run *run)
{
    buffer_add(out, run->workflow->id);
    if (r->last_number > 1)
        buffer_print(out, " #%" PRIu64, run->number);
}

void
flow_name_step(struct buffer *out, const struct told_step *s)
{
    buffer_add(out, s->step->id);
    if (s->element >= 0)
        buffer_print(out, " [%" PRId64 "]", s->element);
}

void
flow_name_call(struct buffer *out, const struct step *step)
{
    if (step->operation != NULL)
        buffer_print(out, "%.*s %.*s", TEXT_PRINT(operation_method(step->operation)),
                     TEXT_PRINT(operation_path(step->operation)));
    else if (step->workflow != NULL)
        buffer_print(out, "workflow %.*s", TEXT_PRINT(step->workflow->id));
}

void
flow_duration(struct buffer *out, int64_t ns)
{
    double ms = (double)(ns > 0 ? ns : 0) / 1e6;

    if (ms < 9.95)
        buffer_print(out, "%.1f ms", ms);
    else if (ms < 999.5)
        buffer_print(out, "%.0f ms", ms);
    else if (ms < 59995)
        buffer_print(out, "%.2f s", ms / 1e3);
    else
        buffer_print(out, "%.0f min %.0f s", (double)(int64_t)(ms / 6e4), (double)((int64_t)(ms / 1e3) % 60));
}

const char *
flow_verdict(const struct flow_report *r)
{
    if (r->failed > r->failures[FLOW_STOPPED])
        return "failed";
    return r->failures[FLOW_STOPPED] > 0 ? "stopped" : "passed";
}
