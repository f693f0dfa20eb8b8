/* documented.h -- refusals in the shape that the contract documents (refuse_with: contract).
 *
 * For each operation that asks for it, and each status that Plumbline refuses with, one body is made when the ruleset
 * is loaded (sandbox/documented_body); where nothing fits, refusals stay problem documents. Unchanging once built: any
 * thread. */
#ifndef PROXY_DOCUMENTED_H
#define PROXY_DOCUMENTED_H

#include "base/error.h"
#include "rules/ruleset.h"
#include "sandbox/documented_body.h"

struct documented;

/* All of a ruleset. *result is NULL where nobody asks for it. 0, or -1 with err. */
int documented_new(const struct ruleset *ruleset, struct documented **result, struct error *err);

/* Accepts NULL. */
void documented_free(struct documented *d);

/* The body for a refusal, or NULL: a problem document. d may be NULL. */
const struct documented_body *documented_find(const struct documented *d, const struct service *service,
                                              const struct operation *operation, uint16_t status);

#endif
