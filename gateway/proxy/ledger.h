/* ledger.h -- counters by the names of services and operations, so that what was counted for one ruleset can be added
 * to what was counted for another: a reload must not let a counter go back.
 *
 * Belongs to whoever makes it. Copies the names. */
#ifndef PROXY_LEDGER_H
#define PROXY_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "proxy/metrics.h"
#include "rules/ruleset.h"

/* Names are empty where no service or no operation was found. */
struct ledger_operation {
    struct text service, operation;
    struct operation_counters counters;
};

struct ledger_service {
    struct text name;
    struct service_counters counters;
};

struct ledger {
    struct arena *arena; /* of the names */
    struct ledger_operation *operations;
    struct ledger_service *services;
    uint32_t operation_count, service_count;
    uint32_t operation_room, service_room;
    uint32_t *places; /* of operations by the hash of their names, from 1; 0: free */
    uint32_t place_count;
    struct metrics_totals totals;
};

/* New and empty, or NULL. Accepts NULL for freeing. */
struct ledger *ledger_new(void);
void ledger_free(struct ledger *l);

/* Add what one worker counted for this ruleset: every service, and the operations that something happened to. False:
 * no memory; then it is not all there. */
bool ledger_add(struct ledger *l, const struct ruleset *ruleset, const struct counters *c);

/* Add another one. False: no memory. */
bool ledger_merge(struct ledger *l, const struct ledger *other);

#endif
