/* pointer.h -- JSON Pointer (RFC 6901): find a place, and say where a place is. Any thread. */
#ifndef JSON_POINTER_H
#define JSON_POINTER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "json/document.h"

/* The value at the pointer ("" is the root, "/a/0/b~1c"), or NULL when it leads nowhere or is no pointer. */
const struct value *pointer_find(const struct value *root, struct text pointer);

/* The same for the fragment of a URI, percent-decoded first (RFC 6901 6). */
const struct value *pointer_find_fragment(const struct value *root, struct text fragment);

/* How to write the place of `target` below root: "/items/0/price". Walks down by span, so it costs the width of each
 * level and needs nothing stored. A key has the pointer of its member. In the arena; cut off with "…" above
 * LIMIT_POINTER_BYTES; data is NULL when target is not below root. */
struct text pointer_to(const struct value *root, const struct value *target, struct arena *arena);

/* Append "/" and the escaped token ("~" is "~0", "/" is "~1"). */
void pointer_add(struct buffer *b, struct text token);

#endif
