/* welcome.h -- what a gateway tells when it has started: what runs, which services, which paths, what the operator
 * wants to say. Main thread. */
#ifndef CLI_WELCOME_H
#define CLI_WELCOME_H

#include "rules/ruleset.h"

/* To standard error, as lines for a person. */
void welcome_print(const struct ruleset *ruleset);

#endif
