/* simulated.h -- one simulated service: its contract, and the script that answers for it, where there is one.
 *
 * Loaded by whoever starts the sandbox; from then on its script belongs to the engine's thread. */
#ifndef SANDBOX_SIMULATED_H
#define SANDBOX_SIMULATED_H

#include "rules/ruleset.h"
#include "rules/script.h"

struct engine;
struct member_order;

struct simulated {
    struct text name;
    const struct service *service; /* borrowed from the ruleset */
    const struct contract *contract;
    struct contract *own;       /* the same, when it was loaded for the sandbox alone */
    struct script *script;      /* NULL: it answers from its contract alone */
    struct member_order *order; /* of the objects that the script writes */
    bool *handled;              /* by operation_index: the script has a function for it */
    bool handles_rest;          /* it has `handle`, which is asked for the other operations */
    uint32_t handlers;          /* how many operations have a function */
    struct engine *engine;      /* who runs it; set by engine_new */
};

/* Load the contract that it answers from, and its script: SERVICE.lua of the folder (settings.sandbox.rules), else,
 * with `sandbox.resources`, the program's own. 0, or -1 with err. */
int
simulated_load(struct simulated *s, const struct ruleset *ruleset, const struct service *service, struct error *err);

/* Copes with one that was loaded halfway. */
void simulated_release(struct simulated *s);

/* Has it something to say to this operation, or can only the contract answer? */
bool simulated_handles(const struct simulated *s, const struct operation *operation);

#endif
