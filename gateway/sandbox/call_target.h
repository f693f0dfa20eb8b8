/* call_target.h -- where a call from one simulated service to another goes: through the gateway where there is one,
 * so that it is checked and recorded like everybody's. */
#ifndef SANDBOX_CALL_TARGET_H
#define SANDBOX_CALL_TARGET_H

#include "base/text.h"
#include "json/document.h"

struct run;

struct call_target {
    struct text method, url, target;
    struct text host; /* the Host that the gateway tells services apart by; empty: any */
};

/* For an operation of a service (by operationId or "METHOD /path"), with the members `path` and `query` of the options
 * filled in; texts live in the run's arena. NULL, or why not: a sentence. */
const char *call_target_find(struct run *r, struct text service, struct text operation, const struct value *options,
                             struct call_target *target);

#endif
