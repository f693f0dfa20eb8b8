/* compare.h -- two contracts, old and new: what changed, and who breaks.
 *
 * Messages are compared, not texts: schemas are followed through $ref, allOf is put together, and what means the same
 * is the same however it is written. Requests and responses each have their direction: what old clients send must be
 * valid under the new contract, what the new service answers must be valid under the old one. Where that cannot be
 * decided (patterns, conditions), it is a warning, never silence.
 *
 * In webhooks and callbacks the service sends the request and clients answer, so that the directions are changed round:
 * what the new service sends must be valid under the old contract, what old clients answer under the new one. In the
 * callbacks of a callback they are as they were.
 *
 * Who sends, sends what its contract names: a member that only the other side knows is not taken for one that may have
 * been sent anyway, unless additionalProperties has a schema for it.
 *
 * One thread; no I/O, no clock. */
#ifndef DRIFT_COMPARE_H
#define DRIFT_COMPARE_H

#include "contract/contract.h"
#include "drift/change.h"

/* Where something is written; value NULL: it is nowhere on this side. */
struct compare_place {
    const struct document *document;
    const struct value *value;
};

struct compare_change {
    enum change_id id;
    enum level level;
    enum side side; /* the message it is in */
    enum side as;   /* what it counts as: a request is sent by clients, a response by the service */
    /* of the new contract, if it is there: operationId, "GET /path", "POST webhook paid", "POST callback paid of buy";
     * may be empty */
    struct text operation;
    struct text instance; /* "/items/N/price" with * for N, "query limit", "Retry-After", "bearerAuth"; may be empty */
    struct compare_place places[2]; /* old, new: what changed, or the nearest thing around it */
    struct text values[2];          /* old, new: "minimum 1"; may be empty */
    uint32_t operations;            /* how many operations it is in; the first one is told */
};

struct compare;

struct compare_options {
    struct text today; /* "2026-01-31": what is sunset then may go */
};

/* Compares; NULL with err when there is no memory. The contracts are borrowed until compare_free. */
struct compare *compare_contracts(const struct contract *old, const struct contract *new_,
                                  const struct compare_options *options, struct error *err);
void compare_free(struct compare *c); /* accepts NULL */

/* In the order in which they were found. */
uint32_t compare_count(const struct compare *c);
const struct compare_change *compare_at(const struct compare *c, uint32_t index);

/* Operations that both have, or one; those of webhooks and callbacks, too. */
uint32_t compare_operations(const struct compare *c);

#endif
