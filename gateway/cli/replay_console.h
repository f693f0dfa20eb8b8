/* replay_console.h -- a replay for the person who waits for it: how far it is, on a terminal; what would be sent, for
 * --dry-run. Progress goes to standard error, a rehearsal to standard output. Main thread. */
#ifndef CLI_REPLAY_CONSOLE_H
#define CLI_REPLAY_CONSOLE_H

#include "cli/replay_input.h"
#include "cli/replay_judge.h"
#include "replay/run.h"

struct replay_console;

/* New, or NULL: no memory. Borrows everything. */
struct replay_console *replay_console_new(const struct replay_input *in, const struct replay_judge *judge);
void replay_console_free(struct replay_console *c); /* accepts NULL; takes the line of progress away */

void replay_console_tick(struct replay_console *c, const struct replay_counts *counts);

/* One request of a rehearsal. */
void replay_console_rehearsed(struct replay_console *c, const struct replay_item *item);

#endif
