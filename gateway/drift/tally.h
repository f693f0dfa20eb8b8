/* tally.h -- what a body of traffic made use of, held against all that the contracts document: operations, answers,
 * parameters, members of JSON bodies, enum values, branches of oneOf and anyOf. And the other way round: members and
 * response headers that the contract does not name.
 *
 * Only what was reached is looked into: the members of an object that nobody sent are not counted, the object is. A
 * member is counted at its place in the message, `*` for every array index, however its schema is put together. At most
 * LIMIT_TALLY_NODES places are kept, beyond which nothing new is counted (tally_is_whole). One thread; no I/O, no
 * clock. */
#ifndef DRIFT_TALLY_H
#define DRIFT_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/ruleset.h"
#include "traffic/exchange.h"
#include "traffic/finding.h"

enum tally_kind {
    TALLY_OPERATION,
    TALLY_ANSWER,
    TALLY_PARAMETER,
    TALLY_MEMBER,
    TALLY_ENUM_VALUE,
    TALLY_BRANCH,
    TALLY_KINDS,
};

/* "operations", "answers", "parameters", "members", "enum values", "branches" */
const char *tally_name(enum tally_kind kind);

struct tally;

/* New, or NULL (no memory). The ruleset is borrowed. */
struct tally *tally_new(const struct ruleset *ruleset);
void tally_free(struct tally *t); /* accepts NULL */

/* Something undocumented, each time that it is met; borrowed until the callback returns. */
typedef void tally_found_fn(void *arg, const struct finding *finding);

struct tally_exchange {
    const struct service *service;
    const struct contract_match *match;
    const struct exchange *exchange;
    const struct value *bodies[2]; /* by side: the JSON, or NULL */
    struct schema_scratch *scratch;
    tally_found_fn *found;
    void *arg;
};

/* Count one. 0, or -1 (no memory). */
int tally_add(struct tally *t, const struct tally_exchange *x);

/* Only tell what is undocumented: in one body, among the response's headers. For the running gateway, which counts
 * nothing. 0, or -1 (no memory). */
int tally_look_at_body(struct tally *t, const struct tally_exchange *x, enum side side);
void tally_look_at_headers(const struct tally_exchange *x);

/* Something that a contract documents. */
struct tally_item {
    enum tally_kind kind;
    const struct service *service;
    const struct operation *operation;
    enum side side;
    struct text answer; /* of a response: "200" */
    struct text place;  /* of a parameter "query limit", in a body a pointer */
    struct text detail; /* of an enum value its JSON, of a branch its name or number */
    bool required;
    uint64_t seen;
    const struct document *document; /* where it is documented; may be NULL */
    const struct value *source;
};

/* All that was reached, operation by operation, in the order of the contracts; borrowed until the callback returns. 0,
 * or -1 (no memory). */
typedef void tally_item_fn(void *arg, const struct tally_item *item);
int tally_each(const struct tally *t, tally_item_fn *each, void *arg);

struct tally_total {
    uint64_t documented, seen;
};
/* 0, or -1 (no memory). */
int tally_totals(const struct tally *t, struct tally_total totals[TALLY_KINDS]);

bool tally_is_whole(const struct tally *t);

#endif
