/* answer.h -- what a simulated service answers, found in its contract alone. No state, no I/O; belongs to the sandbox's
 * thread. */
#ifndef SANDBOX_ANSWER_H
#define SANDBOX_ANSWER_H

#include "base/arena.h"
#include "contract/contract.h"
#include "net/service.h"

#define ANSWER_FIELDS 16

struct answer_maker {
    const struct contract *contract;
    struct schema_scratch *scratch;
    uint64_t seed;
};

/* Fill in the answer to a request whose path (below the service's name) is given. */
void answer_make(const struct answer_maker *maker, const struct message *request, struct text path, struct arena *arena,
                 struct service_answer *answer);

/* The body of the response that the operation documents for a status (itself, its range, default), appended, and its
 * media type, borrowed from the contract. Its required headers whose value the contract states (example,
 * const, default) become fields, in the arena. False: there is no such response, or none in JSON, or no value for it.
 */
bool answer_documented(const struct answer_maker *maker, const struct operation *operation, uint16_t status,
                       struct arena *arena, struct buffer *body, struct text *type, struct header *fields,
                       uint32_t *field_count);

/* The media type of an answer with this status: what the client likes best of what the contract documents, else
 * application/json. In the arena or borrowed from the contract. */
struct text answer_media_type(const struct answer_maker *maker, const struct message *request,
                              const struct operation *operation, uint16_t status, struct arena *arena);

/* Does the JSON text satisfy what the contract documents for the body of this status? */
bool answer_fits(const struct answer_maker *maker, const struct operation *operation, uint16_t status, struct text json,
                 struct arena *arena);

#endif
