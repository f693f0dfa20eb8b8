/* following.h -- to wait for what is written to a recording's folder, until SIGINT or SIGTERM. One at a time in a
 * process; main thread. */
#ifndef CLI_FOLLOWING_H
#define CLI_FOLLOWING_H

#include <signal.h>
#include <stdbool.h>

#include "base/error.h"

struct following {
    int watch; /* inotify; -1: not begun */
    sigset_t waiting;
};

/* Before the folder is read: nothing can come in between. From now on the signals come while we wait, and at no other
 * time. 0, or -1 with err. */
int following_start(struct following *f, const char *folder, struct error *err);

/* Something may have changed, a signal came, or so many milliseconds went by (-1: however long it takes). 0, or -1
 * with err. */
int following_wait(struct following *f, int milliseconds, struct error *err);

bool following_is_over(void);

void following_end(struct following *f);

#endif
