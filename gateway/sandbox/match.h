/* match.h -- which records a query means: values of members, compared as JSON. store.h has the rules. Any thread. */
#ifndef SANDBOX_MATCH_H
#define SANDBOX_MATCH_H

#include <stdbool.h>

#include "json/document.h"

/* The member of this name, or the place of this pointer when it begins with '/'. NULL when it is not there. */
const struct value *match_member(const struct value *record, struct text name);

/* Does the record have what `where` (an object, or NULL) asks for? */
bool match_record(const struct value *record, const struct value *where);

#endif
