/* sandbox.h -- the simulated services: answers from the contracts, over real loopback HTTP.
 *
 * One server for all simulated services of a ruleset: a service is found by the first segment of the path, which is its
 * name, and the rest is the path of its contract: the gateway reaches it as an upstream with the base path "/NAME", and
 * cannot tell it from a real service.
 *
 * Who answers: the function of the service's script for the operation (rules of sandbox/engine.h; SERVICE.lua of the
 * folder `sandbox.rules`), with a store behind it (state.h), or, where there is none, the contract alone, stateless:
 * the operation by method and path; the status by `Prefer: code=404`, else that of the example asked for, else the
 * first 2xx of the contract (then default, then the first); the media type by Accept; the body by `Prefer:
 * example=NAME`, else the first example of the media type or its schema that satisfies the schema, else a value made
 * from the schema
 * (`Prefer: dynamic=true` asks for that), reproducible by seed and path. A request that prefers one of these is
 * answered from the contract although there is a script. Preferences that the contract cannot meet are ignored (RFC
 * 7240 2). Answers carry Plumbline-Sandbox: `script` or `contract`. A request that the contract does not know is
 * answered 404 or 405 problem+json.
 *
 * Started and stopped by whoever makes generations; answers from contracts alone on the server's thread, scripts on the
 * engine's. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdint.h>

#include "base/error.h"
#include "rules/ruleset.h"
#include "sandbox/state.h"

struct sandbox;

/* Start the server for every service of the ruleset whose upstream is `sandbox` (its own contract, or the one that is
 * named). Holds a reference to the ruleset. *sandbox is NULL afterwards when no service asks for it.
 *
 * *state is what earlier generations left; it is made where a script needs it and there is none yet, and is the
 * caller's; whoever lets the ruleset take effect says so (sandbox_state_use). state NULL: everything is loaded, so that
 * mistakes are found, but nothing is opened or served. 0, or -1 with err. */
int sandbox_start(struct sandbox **sandbox, struct ruleset *ruleset, struct sandbox_state **state, struct error *err);

/* Where the services call each other: "http://127.0.0.1:8080", "unix:/run/gateway.sock". Accepts NULL. */
void sandbox_set_gateway(struct sandbox *sandbox, const char *url);

/* The services that it answers for, and how many operations of each have a function. False behind the last one. */
bool sandbox_service(const struct sandbox *sandbox, uint32_t index, struct text *name, uint32_t *handlers);

/* Where it listens, on 127.0.0.1. 0 for NULL. */
uint16_t sandbox_port(const struct sandbox *sandbox);

/* Accepts NULL. */
void sandbox_stop(struct sandbox *sandbox);

#endif
