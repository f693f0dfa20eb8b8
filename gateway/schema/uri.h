/* uri.h -- URI references, taken apart and resolved against a base (RFC 3986 sections 3 and 5). No state; any
 * thread. */
#ifndef SCHEMA_URI_H
#define SCHEMA_URI_H

#include <stdbool.h>

#include "base/text.h"

/* The parts of a reference, borrowed from it, without their delimiters (RFC 3986 3). */
struct uri {
    struct text scheme;
    struct text authority;
    struct text path;
    struct text query;
    struct text fragment;
    bool has_scheme;
    bool has_authority;
    bool has_query;
    bool has_fragment;
};

/* Every text has a reading (RFC 3986 appendix B); whether its characters are allowed is not looked at. */
struct uri uri_split(struct text reference);

/* Write the target of `reference` as seen from `base`, without a fragment, into out (RFC 3986 5.2; scheme and host
 * in lower case, 6.2.2.1). Gives the written text; its data is NULL when it does not fit. A base without scheme is
 * taken as it is. */
struct text uri_resolve(struct text base, struct text reference, char *out, size_t size);

/* Undo %XX into out, which has room for text.length bytes. What is not two hex digits stays. Gives the written
 * text. */
struct text uri_decode(struct text text, char *out);

#endif
