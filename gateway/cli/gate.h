/* gate.h -- what findings do to a command's exit code: --baseline FILE, --update-baseline and --fail-on, for every
 * command that takes them. Main thread. */
#ifndef CLI_GATE_H
#define CLI_GATE_H

#include "base/arena.h"
#include "report/report.h"
#include "traffic/baseline.h"

struct gate_options {
    const char *baseline; /* NULL: nothing is accepted */
    bool update;
    const char *fail_on; /* NULL: error */
};

struct gate {
    struct gate_options options;
    const char *command; /* for messages */
    struct arena *arena;
    struct baseline baseline;
    struct finding_list *open; /* what is not accepted */
};

/* Rows for a command's table of options; `o` is a struct gate_options. */
#define GATE_OPTIONS(o)                                                                                                \
    { "--baseline", 0, OPTION_TEXT, "FILE", NULL, "accept the findings that this file names", &(o).baseline },         \
        { "--update-baseline",                                                                                         \
          0,                                                                                                           \
          OPTION_FLAG,                                                                                                 \
          NULL,                                                                                                        \
          NULL,                                                                                                        \
          "write the findings to the --baseline file: all are "                                                        \
          "accepted from then on",                                                                                     \
          &(o).update },                                                                                               \
    {                                                                                                                  \
        "--fail-on", 0, OPTION_CHOICE, "LEVEL", "error|warn|info",                                                     \
            "exit 1 from this level on: error, warn or info (error)", &(o).fail_on                                     \
    }

/* Read the baseline. 0, or -1 with err; gate_close in either case. With `update` the file need not be there. */
int gate_open(struct gate *g, const struct gate_options *options, const char *command, struct error *err);

/* The findings that are not accepted, to be reported and counted; borrowed from the gate. What is accepted, has expired
 * or was not met any more is counted in the summary, and told on standard error where a person has to do something.
 * `whole`: everything was looked at, so what was not met has vanished. NULL: no memory. */
struct finding_list *
gate_sift(struct gate *g, struct finding_list *findings, bool whole, struct report_summary *summary);

/* --update-baseline: write it. 0, or -1 with err; nothing happens without the option. */
int gate_update(struct gate *g, struct finding_list *findings, struct error *err);

/* EXIT_FINDINGS or EXIT_FINE, by what is open. */
int gate_exit(const struct gate *g, struct finding_list *open);

void gate_close(struct gate *g);

#endif
