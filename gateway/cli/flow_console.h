/* flow_console.h -- a run of flows for the person who waits for it: a line per step as it happens, what went wrong in
 * full, and on a terminal what is under way.
 *
 * Goes to standard error: results (the report) go to standard output. With a log file, all of it is written there, too,
 * in full and without colours. Of many runs only the failures are told, the first of each kind, and how far it is.
 * What comes in is masked already (flow_mask.h). One thread. */
#ifndef CLI_FLOW_CONSOLE_H
#define CLI_FLOW_CONSOLE_H

#include "cli/flow_config.h"
#include "flow/runner.h"

struct flow_console;

/* New, or NULL with err: the log file cannot be written. `runs`: how many there will be. */
struct flow_console *
flow_console_new(const struct flow *flow, const struct flow_plan *plan, uint64_t runs, bool verbose, struct error *err);

/* The last words on the terminal and in the log file. Accepts NULL. 0, or -1 with err: the log is not whole. */
int flow_console_free(struct flow_console *c, struct error *err);

void flow_console_begin(struct flow_console *c, const struct workflow *w, uint64_t run, uint32_t depth);
void flow_console_sending(struct flow_console *c, const struct flow_try *t);
void flow_console_tried(struct flow_console *c, const struct flow_try *t);
void flow_console_found(struct flow_console *c, const struct watch_finding *f);
void flow_console_end(struct flow_console *c, const struct flow_result *r, uint32_t depth);

/* A sentence of the program itself. */
void flow_console_say(struct flow_console *c, const char *sentence);

#endif
