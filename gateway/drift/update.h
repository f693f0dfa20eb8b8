/* update.h -- the smallest change of a contract that makes traffic fit.
 *
 * Exchanges are held against the contract; each violation asks for one change where the contract says what was broken:
 * a type more, a name less in `required`, a value more in an enum, a bound as far out as was seen, a member, a status,
 * a media type, an operation that is new. What is added is inferred as infer.h does. The changes are operations of a
 * JSON Patch, to be applied one after the other. Something may come to light only behind a change: apply, load, and ask
 * again until there is none.
 *
 * What no change of a contract should make right (no JSON, no credentials, a header that cannot be read) is listed. No
 * I/O; one thread. */
#ifndef DRIFT_UPDATE_H
#define DRIFT_UPDATE_H

#include <stdint.h>

#include "contract/contract.h"
#include "drift/patch.h"
#include "traffic/exchange.h"

struct update;

/* The contract must live as long. NULL: no memory. */
struct update *update_new(const struct contract *contract);
void update_free(struct update *update); /* accepts NULL */

/* Hold the exchange against the contract. Its verdicts are replaced. */
void update_add(struct update *update, struct exchange *x);

struct update_op {
    struct patch_op op;
    uint64_t seen;      /* how often the traffic asked for it */
    struct text reason; /* "a value of another type" */
};

/* All changes, in the order in which they must be applied; they live as long as the update. */
uint32_t update_finish(struct update *update, const struct update_op **ops);

struct update_left {
    struct text line; /* the first violation of its kind, as check tells it */
    uint64_t seen;
};
uint32_t update_left(const struct update *update, const struct update_left **left);

/* Exchanges that were held against the contract. */
uint64_t update_seen(const struct update *update);

#endif
