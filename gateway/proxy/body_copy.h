/* body_copy.h -- the beginning of a body, kept in the exchange's arena while it passes. On the thread of the worker
 * that has the exchange. */
#ifndef PROXY_BODY_COPY_H
#define PROXY_BODY_COPY_H

#include "base/arena.h"
#include "proxy/transit.h"

/* Keep at most `ceiling` bytes; `expected` is the whole length where it is known (0: it is not). */
void body_copy_init(struct body_copy *copy, size_t ceiling, uint64_t expected);

/* Append. `kept`: the bytes live in the arena anyway, so that a body of one piece need not be copied. */
void body_copy_add(struct body_copy *copy, struct text piece, bool kept, struct arena *arena);

/* Fill in what the message says of its body: its bytes, and whether they are all. */
void body_copy_finish(const struct body_copy *copy, struct message *m, bool complete);

#endif
