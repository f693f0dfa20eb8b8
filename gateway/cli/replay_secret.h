/* replay_secret.h -- a secret from the command line: NAME=VALUE, NAME=env:VARIABLE, NAME=file:PATH, or NAME= to leave
 * it out. NAME is a security scheme of a contract, a header field, query:KEY or body:/POINTER. Main thread. */
#ifndef CLI_REPLAY_SECRET_H
#define CLI_REPLAY_SECRET_H

#include "replay/request.h"
#include "rules/ruleset.h"

/* 0, or -1 with err, which never has the value. The ruleset may be NULL. */
int replay_secret_read(struct replay_secret *s, const char *option, const struct ruleset *ruleset, struct arena *arena,
                       struct error *err);

#endif
