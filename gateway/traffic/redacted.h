/* redacted.h -- places that were redacted, and what may still be said about them.
 *
 * A place is "request header Authorization", "request query token", "request path", "response body", "response body
 * /card/number"; in a pointer, `*` stands for an array index. A body of which not all is on record is like one that was
 * redacted. Any thread. */
#ifndef TRAFFIC_REDACTED_H
#define TRAFFIC_REDACTED_H

#include <stdbool.h>

#include "json/document.h"
#include "traffic/exchange.h"

/* "body /a/b" of "response body /a/b" when the place is on this side. */
bool redacted_place(struct text place, enum side side, struct text *rest);

/* Was something in the path? */
bool redacted_path(const struct exchange *x);

/* Is the violation about a redacted place, or something inside of one? Then it says nothing about the traffic. */
bool redacted_covers(const struct exchange *x, const struct violation *v);

/* The same, or is a redacted place inside of it? Then what was found there may quote it. */
bool redacted_touches(const struct exchange *x, const struct violation *v);

/* Was "header X-Tenant", "query shop" or "path id" of the request replaced? Names of fields without case. */
bool redacted_names_place(const struct exchange *x, struct text place);

/* Set VALUE_REDACTED in a body that was read from this side: at what was replaced, with all inside, and at the object
 * in which a member was there that is not there now. The document is fresh, and the caller's alone. */
void redacted_mark(const struct exchange *x, enum side side, const struct value *root);

#endif
