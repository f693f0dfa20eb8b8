/* documented.h -- refusals in the shape that the contract documents (refuse_with: contract).
 *
 * For each operation that asks for it, and each status that Plumbline refuses with, one body is made when the ruleset
 * is loaded: the example of the documented response or, where there is none, a value made from its schema; strings
 * called message, detail, error, title or description say what the status means, a number called status is the status.
 * One of the strings is a slot, where its schema takes any text: each refusal puts its own sentence in. The body is
 * checked by our own validator, with a text of all kinds of characters in the slot, as long as it may be, and only kept
 * where it is valid; where nothing fits (no such response, no JSON),
 * refusals stay problem documents. Unchanging once built: any thread. */
#ifndef PROXY_DOCUMENTED_H
#define PROXY_DOCUMENTED_H

#include "base/buffer.h"
#include "base/error.h"
#include "rules/ruleset.h"

struct documented;

struct documented_body {
    struct text type;      /* its media type */
    struct text body;      /* whole; with a slot, what stands before it (its quotes included), */
    struct text tail;      /* and behind it */
    uint32_t slot;         /* characters that may stand in it; 0: there is none */
    struct header *fields; /* required ones whose value the contract states */
    uint32_t field_count;
};

/* All of a ruleset. *result is NULL where nobody asks for it. 0, or -1 with err. */
int documented_new(const struct ruleset *ruleset, struct documented **result, struct error *err);

/* Accepts NULL. */
void documented_free(struct documented *d);

/* The body for a refusal, or NULL: a problem document. d may be NULL. */
const struct documented_body *documented_find(const struct documented *d, const struct service *service,
                                              const struct operation *operation, uint16_t status);

/* Append the body, with this sentence in its slot: escaped, and cut where it is too long. */
void documented_write(const struct documented_body *body, struct text sentence, struct buffer *out);

#endif
