/* documented_body.h -- an error body in the shape that the contract documents.
 *
 * Made for an operation and a status: the example of the documented response or, where there is none, a value made from
 * its schema; strings called message, detail, error, title or description say what the status means, a number called
 * status is the status. One of the strings is a slot, where its schema takes any text: each refusal puts its own
 * sentence in. The body is checked by our own validator, with a text of all kinds of characters in the slot, as long as
 * it may be, and only kept where it is valid. No state, no I/O. */
#ifndef SANDBOX_DOCUMENTED_BODY_H
#define SANDBOX_DOCUMENTED_BODY_H

#include "base/arena.h"
#include "base/buffer.h"
#include "contract/contract.h"
#include "http/message.h"

struct schema_scratch;

struct documented_body {
    struct text type;      /* its media type; empty: nothing fits (no such response, no JSON) */
    struct text body;      /* whole; with a slot, what stands before it (its quotes included), */
    struct text tail;      /* and behind it */
    uint32_t slot;         /* characters that may stand in it; 0: there is none */
    struct header *fields; /* required ones whose value the contract states */
    uint32_t field_count;
};

struct documented_making {
    const struct operation *operation;
    uint16_t status;
    struct schema_scratch *scratch;
    struct arena *arena; /* for the work; reset at the end */
    struct arena *keep;  /* where the result lives */
};

/* *result starts zeroed and stays so where nothing fits. */
void documented_make(const struct documented_making *making, struct documented_body *result);

/* Append the body, with this sentence in its slot: escaped, and cut where it is too long. */
void documented_write(const struct documented_body *body, struct text sentence, struct buffer *out);

#endif
