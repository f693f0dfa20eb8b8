/* query.h -- query strings, forms and percent-encoding (RFC 3986 2.1 and 3.4; WHATWG URL,
 * application/x-www-form-urlencoded).
 *
 * Pairs are cut at '&' first, then at the first '=', then decoded: an encoded separator is data. Any thread. */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"

/* One raw pair: "a=b" has name a and value b; "a" has no value; "=b" an empty name. */
struct query_pair {
    struct text name;
    struct text value;
    bool has_value;
};

/* Walk raw pairs: *rest is the query at first. Empty parts ("a&&b") are skipped. */
bool query_next(struct text *rest, struct query_pair *pair);

/* Percent-decode into the arena (borrowed unchanged when there is nothing to decode). `plus` turns '+' into a space
 * first (queries and forms, not paths). False when a '%' is not followed by two hex digits, or the result is no UTF-8
 * or holds NUL; then *decoded is what came. */
bool percent_decode(struct text t, bool plus, struct arena *arena, struct text *decoded);

/* Append t with everything but unreserved characters (RFC 3986 2.3) encoded. */
void percent_encode(struct buffer *out, struct text t);

#endif
