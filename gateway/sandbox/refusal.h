/* refusal.h -- what a simulated service says no with: the body that its contract documents for the status. No state. */
#ifndef SANDBOX_REFUSAL_H
#define SANDBOX_REFUSAL_H

#include "contract/contract.h"
#include "net/service.h"

struct refusing {
    const struct operation *operation; /* NULL: a problem document */
    struct schema_scratch *scratch;
    struct arena *arena;
};

/* Append the body: a problem document (RFC 9457) where the contract documents one, or nothing in JSON; else the
 * documented JSON with the detail in it. The members of `more` (an object, or NULL) are laid over it. *type is its
 * media type; *fields, in the arena, are required headers whose value the contract states. */
void refusal_body(const struct refusing *r, uint16_t status, struct text detail, const struct value *more,
                  struct buffer *body, struct text *type, struct header **fields, uint32_t *field_count);

/* The whole answer, instead of what it had. */
void refusal_answer(const struct refusing *r, uint16_t status, struct text detail, const struct value *more,
                    struct service_answer *answer);

#endif
