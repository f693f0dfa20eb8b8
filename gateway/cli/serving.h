/* serving.h -- what `serve` and `proxy` share: everything started from settings, until a signal. Main thread only. */
#ifndef CLI_SERVING_H
#define CLI_SERVING_H

#include "base/error.h"
#include "rules/settings.h"

/* Takes the settings. Loads contracts (their defects are logged), starts sandbox, data path and admin listener,
 * says where they listen, waits for SIGTERM or SIGINT, drains. Returns the exit code; failures are told as
 * `plumbline COMMAND: …`. */
int serving_run(const char *command, struct settings *settings_take);

#endif
