/* coverage.h -- what was seen of what the contracts document, for `plumbline check`: counted into the summary, and the
 * least of it that --min-coverage asks for. Main thread. */
#ifndef CLI_COVERAGE_H
#define CLI_COVERAGE_H

#include "base/error.h"
#include "drift/tally.h"
#include "report/report.h"

/* Percent by kind; -1: any. */
struct coverage_least {
    int percent[TALLY_KINDS];
};

/* "80%", "80", "operations=80%,answers=50%,enum-values=20%". text NULL: nothing is asked for. 0, or -1 with err. */
int coverage_read(struct coverage_least *least, const char *text, struct error *err);

/* Fill in the summary's part; *seen are the operations that were, which the caller frees. 0, or -1 (no memory). */
int coverage_count(const struct tally *t, struct report_summary *summary, struct report_operation **seen);

/* Is there enough? What is missing is told on standard error. */
bool coverage_suffices(const struct coverage_least *least, const struct report_summary *summary);

#endif
