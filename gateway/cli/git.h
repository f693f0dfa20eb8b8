/* git.h -- what git says, asked by running it, without a shell. Main thread. */
#ifndef CLI_GIT_H
#define CLI_GIT_H

#include "base/buffer.h"
#include "base/error.h"

/* Run git with these arguments (a list that NULL ends, argv[0] is "git") and read what it writes. 0, or -1 with err:
 * git is not there, or says no; its own words are told. */
int git_read(const char *const *argv, struct buffer *out, struct error *err);

#endif
