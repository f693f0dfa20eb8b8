/* sandbox.h -- the simulated services: answers from the contracts, over real loopback HTTP.
 *
 * One server for all simulated services of a ruleset: a service is found by the first segment of the path, which is its
 * name, and the rest is the path of its contract: the gateway reaches it as an upstream with the base path "/NAME", and
 * cannot tell it from a real service.
 *
 * How an answer is chosen (stateless): the operation by method and path; the status by `Prefer: code=404`, else that of
 * the example asked for, else the first 2xx of the contract (then default, then the first); the media type by Accept;
 * the body by `Prefer: example=NAME`, else the first example of the media type or its schema that satisfies the schema,
 * else a value made from the schema (`Prefer: dynamic=true` asks for that), reproducible by seed and path. Preferences
 * that the contract cannot meet are ignored (RFC 7240 2). Answers carry Plumbline-Sandbox. A request that the contract
 * does not know is answered 404 or 405 problem+json. Started and stopped by the main thread; it answers on one of its
 * own. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdint.h>

#include "base/error.h"
#include "rules/ruleset.h"

struct sandbox;

/* Start the server for every service of the ruleset whose upstream is `sandbox` (its own contract, or the one that is
 * named). Holds a reference to the ruleset. *sandbox is NULL afterwards when no service asks for it. 0, or -1 with
 * err. */
int sandbox_start(struct sandbox **sandbox, struct ruleset *ruleset, struct error *err);

/* Where it listens, on 127.0.0.1. 0 for NULL. */
uint16_t sandbox_port(const struct sandbox *sandbox);

/* Accepts NULL. */
void sandbox_stop(struct sandbox *sandbox);

#endif
