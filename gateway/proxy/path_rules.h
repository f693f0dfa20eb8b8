/* path_rules.h -- paths that two programs could read differently: the path that is checked must be the one the
 * upstream reads. Any thread. */
#ifndef PROXY_PATH_RULES_H
#define PROXY_PATH_RULES_H

#include "base/text.h"

/* Which rule the raw path breaks, as one sentence; NULL: none. Dot segments (raw or encoded), encoded slashes,
 * backslashes, NUL and empty segments. */
const char *path_rule_broken(struct text path);

#endif
