/* contracts.h -- contracts that a command is given, by a gateway's settings or one by one, and the operation that an
 * exchange is of, as the gateway would have found it. Main thread. */
#ifndef CLI_CONTRACTS_H
#define CLI_CONTRACTS_H

#include "cli/command.h"
#include "rules/ruleset.h"
#include "traffic/exchange.h"

/* From the settings, or else from the contracts (files or URLs; each one a service). What is wrong with them goes to
 * standard error. New, or NULL with err. */
struct ruleset *
contracts_load(const char *command, const char *settings, const struct option_list *contracts, struct error *err);

/* Where no service is found: the one that is named in the recording, or none (route->service NULL). */
void contracts_route(const struct ruleset *r, const struct exchange *x, struct arena *arena, struct route *route);

/* The operation of this service, whatever its paths are matched by. */
void contracts_take(const struct service *service, const struct exchange *x, struct arena *arena, struct route *route);

#endif
