/* stale.h -- what services answered last, for the fault `stale`: one bounded memory of a generation, of operations that
 * have such a rule.
 *
 * Requests are equal when method, target, body and fields are, but for fields that differ from request to request by
 * themselves (dates, ids of traces and requests, idempotency keys) or say nothing of what is asked for. Credentials
 * count: nobody gets an answer that was somebody else's. Any thread: a lock per shard, held while one answer is
 * copied. */
#ifndef PROXY_STALE_H
#define PROXY_STALE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/hash.h"
#include "traffic/exchange.h"

struct stale_memory;

/* New or NULL (no memory). Free accepts NULL. */
struct stale_memory *stale_new(void);
void stale_free(struct stale_memory *memory);

/* Of a request with this body. */
struct hash_tag stale_key(const struct exchange *x, struct text body);

/* The service answered so; what it answered before is forgotten. Too large answers are not kept. */
void stale_keep(struct stale_memory *memory, struct hash_tag key, const struct message *answer, struct text body);

/* The last answer, as a message in the arena that can be sent. False: there is none. */
bool stale_find(struct stale_memory *memory, struct hash_tag key, struct arena *arena, struct message *answer);

#endif
