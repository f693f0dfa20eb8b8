/* serving.h -- what `serve` and `proxy` share: everything started from settings, until a signal. Main thread only. */
#ifndef CLI_SERVING_H
#define CLI_SERVING_H

#include <stdbool.h>

#include "base/error.h"
#include "rules/settings.h"

/* Where the settings come from: read at the start, and again for every reload (then on the thread that reloads). */
struct serving_source {
    const char *command; /* "serve" */
    struct settings *(*load)(void *arg, struct error *err);
    void *arg;
    bool no_watch; /* --no-watch: changed files are not looked for, whatever the settings say */
};

/* Loads contracts (their defects are logged), starts data path, what reloads it, and admin listener, says where they
 * listen. SIGHUP reloads. SIGTERM and SIGINT drain; one more while that goes on breaks off what is inside; a third ends
 * the process. Returns the exit code; failures are told as `plumbline COMMAND: …`. */
int serving_run(const struct serving_source *source);

/* All that can be found out without listening, recording or serving: settings, contracts, certificates, the names of
 * upstreams. Says so on standard output when nothing is wrong. Returns the exit code. */
int serving_check(const struct serving_source *source, const char *file);

#endif
