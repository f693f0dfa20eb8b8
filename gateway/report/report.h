/* report.h -- one list of findings, in every format that --report knows.
 *
 * Each format is a row of a table: its name and one function that appends the whole report to a buffer. Main thread. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "traffic/finding.h"

/* What is told beside the findings. */
struct report_summary {
    const char *command; /* "check" */
    uint64_t exchanges;
    uint64_t errors, warnings, infos; /* findings by level; filled in by report_count */
    uint64_t violations;              /* occurrences */
    uint64_t unchecked;               /* exchanges of which a part stayed unchecked */
    uint32_t operations;              /* documented */
    uint32_t operations_seen;
    const char *unit; /* what `exchanges` counts: "exchanges", "files"; NULL: "exchanges" */
    uint64_t unchecked_reasons[UNCHECKED_IDS];
    uint64_t amended;  /* exchanges that a later line says more of */
    uint64_t lost;     /* that could not be recorded, as the recording says */
    int64_t since;     /* live: counted since then (ns since 1970); 0: not told */
    uint64_t overflow; /* live: violations that the bound on findings left out */
};

/* Where reports go: from the --report options, checked. No option: text on standard output. */
struct report_target {
    const struct report_format *format;
    const char *file; /* NULL: standard output */
};

#define REPORT_TARGETS 8

struct report_plan {
    struct report_target targets[REPORT_TARGETS];
    size_t count;
};

/* "text|json" for --help. */
#define REPORT_HELP "FORMAT[=FILE]"

/* Read `count` values of --report, FORMAT[=FILE], borrowed. 0, or -1 with err (unknown format; two without a file). */
int report_plan_read(struct report_plan *plan, const char *const *options, size_t count, struct error *err);

/* Count the findings into the summary. */
void report_count(struct report_summary *summary, struct finding_list *findings);

/* Write all of them. 0, or -1 with err when a file cannot be written. */
int report_write(const struct report_plan *plan, const struct report_summary *summary, struct finding_list *findings,
                 struct error *err);

/* Is there a finding of at least this level? */
bool report_fails(struct finding_list *findings, enum level fail_on);

/* "error", "warn", "info" to a level. */
enum level report_level(const char *word);

/* The formats themselves. */
void report_text(struct buffer *out, const struct report_summary *summary, struct finding_list *findings);
void report_json(struct buffer *out, const struct report_summary *summary, struct finding_list *findings);

#endif
