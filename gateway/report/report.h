/* report.h -- one list of findings, in every format that --report knows.
 *
 * Each format is a row of a table: its name, and functions that append a whole report to a buffer: of findings, and of
 * a flow (flow_report.h). Main thread. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "drift/tally.h"
#include "traffic/finding.h"

struct examples;
struct flow_report;
struct report_replay;
struct sources;

/* An operation that was looked at, so that a report can name those that nothing is wrong with. */
struct report_operation {
    struct text service, operation;
    uint64_t exchanges;
};

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
    uint64_t accepted;                   /* findings that the baseline names, which are left out */
    uint64_t expired, vanished;          /* its entries whose time is over; that were not met any more */
    uint64_t amended;                    /* exchanges that a later line says more of */
    uint64_t lost;                       /* that could not be recorded, as the recording says */
    int64_t since;                       /* live: counted since then (ns since 1970); 0: not told */
    uint64_t overflow;                   /* live: violations that the bound on findings left out */
    const struct report_operation *seen; /* borrowed; NULL: nobody counted them */
    uint32_t seen_count;
    struct tally_total coverage[TALLY_KINDS];
    const struct tally *tally;          /* borrowed; NULL: nobody counted what was made use of */
    bool list_coverage;                 /* tell what was never seen */
    bool coloured;                      /* for a terminal that wants it; report_write sees to it */
    const struct report_replay *replay; /* borrowed; NULL: it is no replay */
    const struct examples *examples;    /* borrowed; NULL: messages are not shown */
};

struct report_format {
    const char *name;
    void (*findings)(struct buffer *out, const struct report_summary *summary, struct finding_list *findings);
    void (*flow)(struct buffer *out, struct flow_report *flow);
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

/* For --help. */
#define REPORT_HELP    "FORMAT[=FILE]"
#define REPORT_FORMATS "text, json, junit, html, sarif or github"

/* Read `count` values of --report, FORMAT[=FILE], borrowed. 0, or -1 with err (unknown format; two without a file). */
int report_plan_read(struct report_plan *plan, const char *const *options, size_t count, struct error *err);

/* Will messages of exchanges be shown, so that examples (report/examples.h) are worth keeping? */
bool report_plan_shows_messages(const struct report_plan *plan);

/* Count the findings into the summary. */
void report_count(struct report_summary *summary, struct finding_list *findings);

/* Write all of them. 0, or -1 with err when a file cannot be written. */
int report_write(const struct report_plan *plan, const struct report_summary *summary, struct finding_list *findings,
                 struct error *err);

/* One report that was built: to its file, or to standard output. 0, or -1 with err, also when it became too large. */
int report_deliver(const struct report_target *target, const struct buffer *content, struct error *err);

/* Is there a finding of at least this level? */
bool report_fails(struct finding_list *findings, enum level fail_on);

/* "error", "warn", "info" to a level. */
enum level report_level(const char *word);

/* How findings are told to a person. */
struct report_style {
    struct sources *sources; /* for the contract's lines; NULL: without them */
    bool coloured;
};

/* One of them; all of them, operation by operation, the worst and the most frequent first. */
void report_text_finding(struct buffer *out, const struct finding *f, const struct report_style *style);
void report_text_findings(struct buffer *out, struct finding_list *findings, const struct report_style *style);

/* The formats themselves. */
void report_text(struct buffer *out, const struct report_summary *summary, struct finding_list *findings);
void report_json(struct buffer *out, const struct report_summary *summary, struct finding_list *findings);
void report_junit(struct buffer *out, const struct report_summary *summary, struct finding_list *findings);
void report_html(struct buffer *out, const struct report_summary *summary, struct finding_list *findings);
void report_sarif(struct buffer *out, const struct report_summary *summary, struct finding_list *findings);
void report_github(struct buffer *out, const struct report_summary *summary, struct finding_list *findings);

#endif
