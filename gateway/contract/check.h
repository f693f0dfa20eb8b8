/* check.h -- one exchange against its operation.
 *
 * The same four functions serve live traffic, recordings, replays, flows and the sandbox. They take messages and give
 * verdicts; they do no I/O, ask no clock, and allocate only in the given arena. Each thread has its own schema_scratch.
 *
 * Heads and bodies are checked apart, because in `enforce` a request with a bad head is refused before its body is
 * read. */
#ifndef CONTRACT_CHECK_H
#define CONTRACT_CHECK_H

#include "contract/contract.h"
#include "contract/violation.h"
#include "http/message.h"

/* What the operator decided (rules/settings), already merged for the operation. */
struct check_policy {
    uint32_t ignore;          /* bit per violation_id: not reported */
    bool unknown_query;       /* report parameter-unknown */
    bool duplicate_keys_pass; /* do not report json-duplicate-key */
    bool undocumented; /* report path-, method-, status- and content-type-unknown; else they are unchecked: no-schema */
    bool undocumented_refused; /* what the contract does not name is not wanted: then a 101 is status-unknown, too */
    size_t max_body;           /* ceiling while decoding content codings */
};

extern const struct check_policy check_policy_default;

struct document;

struct check {
    struct arena *arena;
    struct schema_scratch *scratch;
    const struct check_policy *policy;
    uint32_t request_budget; /* work left; start both with LIMIT_CHECK_BUDGET */
    uint32_t response_budget;
    /* Others may look at a whole JSON body while its tape is there; true: the tape stays in the arena. NULL: nobody
     * does. */
    bool (*parsed)(void *arg, enum side side, const struct document *document);
    void *parsed_arg;
    /* Others may take a closer look at a body with members that a schema does not name (schema_run.unnamed), or that
     * breaks its schema; true: what they allocated stays in the arena. NULL: nobody does. */
    bool (*unnamed)(void *arg, enum side side, const struct document *document);
    void *unnamed_arg;
};

/* Parameters, credentials, media type, deprecation. match may lack an operation: then path-unknown or method-unknown
 * is all. */
void check_request_head(struct check *check, const struct contract_match *match, const struct message *request,
                        struct verdict *verdict);

/* Must the body be held to be checked? False: check_request_body has nothing to look at in the content (no schema,
 * another kind of content). */
bool check_request_needs_body(const struct contract_match *match, const struct message *request);

/* The body, by its state: whole ones are decoded, parsed and validated; others become unchecked. */
void check_request_body(struct check *check, const struct contract_match *match, const struct message *request,
                        struct verdict *verdict);

/* Status, headers, media type. Of 1xx only 101 is checked, the end of an upgrade's handshake (RFC 9110 7.8): where the
 * contract names 101 or 1XX, its headers; where it does not, which is the rule, the 101 is unchecked. */
void check_response_head(struct check *check, const struct contract_match *match, const struct message *request,
                         const struct message *response, struct verdict *verdict);
bool check_response_needs_body(const struct contract_match *match, const struct message *request,
                               const struct message *response);
void check_response_body(struct check *check, const struct contract_match *match, const struct message *request,
                         const struct message *response, struct verdict *verdict);

/* ---- streams of items (JSON Lines, JSON sequences, event streams): each item is checked as it passes (OAS 3.2
 * itemSchema) ---- */

struct check_items;

/* New in the arena when the response is such a stream and has an item schema; NULL otherwise: then
 * check_response_body has all to say. A stream with content codings is not looked into (unchecked: coding)
 * unless it has a length: then it is NULL too. */
struct check_items *
check_items_new(struct check *check, const struct contract_match *match, const struct message *request,
                const struct message *response, struct verdict *verdict);
void check_items_feed(struct check_items *items, struct text bytes);
void check_items_end(struct check_items *items);

#endif
