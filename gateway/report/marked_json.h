/* marked_json.h -- JSON for a page: indented, coloured by kind, with marks on the values that something is wrong with.
 * Any thread. */
#ifndef REPORT_MARKED_JSON_H
#define REPORT_MARKED_JSON_H

#include "json/document.h"
#include "report/markup.h"

struct json_mark {
    const struct value *value; /* json_mark_find */
    const char *kind;          /* the class: "bad", "warn", "info" */
    struct text remark;        /* stands behind the line */
};

/* The value at the pointer, in which `*` is the first element that leads on, as the places of findings have it; where
 * it leads nowhere (a member is missing), what it was looked for in. NULL: it is no pointer. */
const struct value *json_mark_find(const struct value *root, struct text pointer);

/* Lines for a <pre>. */
void marked_json(struct buffer *out, const struct value *root, const struct json_mark *marks, size_t count);

#endif
