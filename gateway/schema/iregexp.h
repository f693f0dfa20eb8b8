/* iregexp.h -- I-Regexp (RFC 9485), the regular expressions of JSONPath, by schema/pattern.
 *
 * The grammar is checked as the RFC writes it: no lookaround, no backreferences, no lazy quantifiers, no \d or \w (a
 * digit is \p{Nd} or [0-9]). What passes is written as ECMAScript (5.3) and compiled by pattern_new; compiled patterns
 * are kept, at most LIMIT_IREGEXP_KEPT, then the one that was not used for longest goes. One thread at a time. */
#ifndef SCHEMA_IREGEXP_H
#define SCHEMA_IREGEXP_H

#include "base/buffer.h"
#include "json/path.h"

struct iregexp;

/* New; NULL: no memory. */
struct iregexp *iregexp_new(void);
void iregexp_free(struct iregexp *r);

/* For path_run. Borrowed from r. */
const struct path_regex *iregexp_regex(const struct iregexp *r);

/* Does it match? As path_regex says it; budget may be NULL. */
int iregexp_match(struct iregexp *r, struct text pattern, struct text text, bool whole, uint32_t *budget);

/* Append what ECMAScript writes for it. False: it is no I-Regexp. */
bool iregexp_translate(struct text pattern, bool whole, struct buffer *out);

#endif
