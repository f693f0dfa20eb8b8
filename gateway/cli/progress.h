/* progress.h -- how far it is, on a terminal: one line of standard error that is written over, a few times a second.
 * Elsewhere nothing. Main thread. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

struct progress;

/* New, or NULL where nobody looks: standard error is no terminal. All that follow accept NULL. `bytes` are to be read
 * in all; 0: nobody knows, and what is left is not told. */
struct progress *progress_new(uint64_t bytes);
void progress_free(struct progress *p);

/* One more exchange was looked at, which took so many bytes; so many different findings were made; `at` is the file at
 * hand. */
void progress_step(struct progress *p, uint64_t bytes, uint64_t findings, const char *at);

/* Take the line away: something else is printed. */
void progress_pause(struct progress *p);

#endif
