/* ruleset.h -- everything the workers need to know, in one unchanging set: settings, contracts, routes, redaction,
 * and the rules over many exchanges.
 *
 * Built completely on the side, then handed over whole; an exchange ends with the ruleset it began with.
 * Reference-counted with atomic counters (no lock); everything else in it never changes, so any thread may read. */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H

#include "base/error.h"
#include "contract/contract.h"
#include "rules/redaction.h"
#include "rules/settings.h"

struct faults;
struct ruleset;
struct severities;
struct watch_rules;

/* A service with its contract, ready for traffic. */
struct service {
    const struct service_settings *settings;
    struct contract *contract;
    const struct policy *policies; /* by operation_index; for operations of the contract */
    uint32_t index;                /* in ruleset_service */
    uint32_t first_operation;      /* number of its first operation in the whole ruleset: for flat counters */
};

/* Takes the settings, loads the contracts, compiles routes and redaction. Contract defects go to `defect` (may be NULL)
 * and do not fail it. New, with one reference, or NULL with err. */
struct ruleset *ruleset_new(struct settings *settings_take, contract_defect_fn *defect, void *arg, struct error *err);

/* One more reference; gives the same. */
struct ruleset *ruleset_hold(struct ruleset *r);

/* One less; the last one frees everything. Accepts NULL. */
void ruleset_drop(struct ruleset *r);

const struct settings *ruleset_settings(const struct ruleset *r);
uint32_t ruleset_service_count(const struct ruleset *r);
const struct service *ruleset_service(const struct ruleset *r, uint32_t index);
const struct service *ruleset_service_named(const struct ruleset *r, struct text name);
uint32_t ruleset_operation_count(const struct ruleset *r); /* over all services */
const struct redaction *ruleset_redaction(const struct ruleset *r);
const struct severities *ruleset_severities(const struct ruleset *r); /* may be NULL */
const struct watch_rules *ruleset_watch(const struct ruleset *r);     /* NULL: there are no lifecycles or invariants */
const struct faults *ruleset_faults(const struct ruleset *r); /* NULL: there are none, and none may be asked for */

/* Where a request goes. */
struct route {
    const struct service *service; /* NULL: none matches */
    const struct policy *policy;   /* of the operation, or of the service where none was found */
    struct text path;              /* below what `strip` took off; raw */
    struct text stripped;          /* what it took off, or empty */
    struct contract_match match;   /* operation and path parameters, or allow */
};

/* By host and raw path: the longest matching path prefix (whole segments) wins, then a named host beats any host;
 * services without match.paths are found by their contract's own paths. Decoding goes to the arena. */
void ruleset_route(const struct ruleset *r, struct text host, struct text method, struct text path, struct arena *arena,
                   struct route *route);

#endif
