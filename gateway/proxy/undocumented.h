/* undocumented.h -- members and response headers that the contract does not name, in the running gateway.
 *
 * The check of a body notes for next to nothing when an object has a member that a schema does not name; only then is
 * the body walked (drift/tally.h), as another schema for the same place may name it. What is found waits in the
 * exchange until it is over, because what Plumbline refused or broke on purpose says nothing about the services; then
 * it is counted beside the violations (live_findings.h), with the fingerprints that `plumbline check` gives it. Where
 * nobody can ask for findings, and under `undocumented: off`, nothing is looked at. Worker. */
#ifndef PROXY_UNDOCUMENTED_H
#define PROXY_UNDOCUMENTED_H

#include <stdbool.h>

#include "contract/violation.h"

struct document;
struct transit;

/* For check.unnamed; `transit` is a struct transit. */
bool undocumented_body(void *transit, enum side side, const struct document *document);

/* The exchange is over: look at the response's headers, and tell all that was found. */
void undocumented_over(struct transit *t);

#endif
