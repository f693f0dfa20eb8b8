/* request_parts.h -- single values put into a recorded query, body or key. Everything is in the arena. No I/O. */
#ifndef REPLAY_REQUEST_PARTS_H
#define REPLAY_REQUEST_PARTS_H

#include "base/arena.h"

/* The query with this value (percent-encoded on the way) at every pair with this name; without those pairs where it is
 * empty. 1, 0: there is none with this name, -1: no memory. */
int request_put_query(struct text query, struct text name, struct text value, struct arena *arena, struct text *out);

/* The JSON body with this value at the pointer ('*' in it stands for any step), as the kind of value that is there
 * (a string stays a string). 1, 0: no such scalar is there, or it is no JSON, -1: no memory. */
int request_put_body(struct text body, struct text pointer, struct text value, struct arena *arena, struct text *out);

/* Another key of the same look: digits stay digits, letters letters, a UUID one (RFC 9562, version and variant kept).
 * The same key and seed give the same. data is NULL: no memory. */
struct text request_renewed(struct text key, uint64_t seed, struct arena *arena);

#endif
