/* watch_internal.h -- between watch_rules.c, which reads the rules, and watch.c; nobody else includes it. */
#ifndef RULES_WATCH_INTERNAL_H
#define RULES_WATCH_INTERNAL_H

#include "rules/invariant.h"
#include "rules/lifecycle.h"
#include "rules/watch.h"

struct watch_rules {
    const struct service *services;
    uint32_t service_count;
    struct lifecycles **lifecycles; /* one per file that has some */
    uint32_t lifecycle_count;
    struct invariants **invariants;
    uint32_t invariant_count;
    uint8_t *concern; /* by the number of the operation in the whole ruleset */
};

#endif
