/* routes.h -- which service a request belongs to. Built with the ruleset, never changed; any thread may look up.
 *
 * A service is found by its match.paths (the longest prefix of whole segments wins) or, without them, by the paths of
 * its own contract; hosts, when given, must match too, and a named host beats any host. Two services that could claim
 * the same request are an error when loading. */
#ifndef RULES_ROUTES_H
#define RULES_ROUTES_H

#include "base/arena.h"
#include "base/error.h"
#include "rules/ruleset.h"

struct routes;

/* New in the arena; borrows the services. NULL with err when two services clash. */
struct routes *
routes_new(const struct service *services, uint32_t count, bool catch_all, struct arena *arena, struct error *err);

/* See ruleset_route. */
void routes_find(const struct routes *r, struct text host, struct text method, struct text path, struct arena *arena,
                 struct route *route);

#endif
