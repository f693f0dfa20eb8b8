/* spool.h -- standard input kept on disk, for commands that read a recording more than once. One thread. */
#ifndef CLI_SPOOL_H
#define CLI_SPOOL_H

#include "base/error.h"

#define SPOOL_NAME "standard input"

struct spool {
    int fd;        /* of a file without a name below TMPDIR (/tmp), which goes with the program; -1: none yet */
    char path[64]; /* by which it can be opened, each time at its beginning */
};

/* Read standard input to its end, into the file; once: the second call does nothing. 0, or -1 with err. */
int spool_fill(struct spool *spool, struct error *err);

/* An error that names the file names SPOOL_NAME. */
void spool_rename(const struct spool *spool, struct error *err);

void spool_release(struct spool *spool);

#endif
