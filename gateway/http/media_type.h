/* media_type.h -- media types and ranges (RFC 9110 8.3.1, 12.5.1). Any thread; no allocation. */
#ifndef HTTP_MEDIA_TYPE_H
#define HTTP_MEDIA_TYPE_H

#include <stdbool.h>

#include "base/text.h"

/* Borrowed from the parsed text; compare without case. */
struct media_type {
    struct text type;       /* "application", "*" */
    struct text subtype;    /* "vnd.api+json", "*" */
    struct text parameters; /* raw, behind the first ';' */
};

/* False when it is none. */
bool media_type_parse(struct text t, struct media_type *m);

/* The value of a parameter ("charset"), quotes taken off where no escapes are inside; empty when absent. */
struct text media_type_parameter(const struct media_type *m, struct text name);

/* How well does a concrete type fit a range? 0 not at all; 1 for any type, 2 for "type" with any subtype, 3 exactly, 4
 * exactly with the parameters that the range names. Structured suffixes do not match (RFC 6839 says nothing of ranges):
 * application/problem+json is no application/json. */
int media_type_fit(const struct media_type *range, const struct media_type *concrete);

/* What kind of content it is, for reading it: application/json, text/json, anything with +json; JSON Lines and
 * sequences; event streams; forms; multipart. */
enum media_kind {
    MEDIA_OTHER,
    MEDIA_JSON,
    MEDIA_JSON_LINES,   /* application/jsonl, application/x-ndjson, application/json-seq */
    MEDIA_EVENT_STREAM, /* text/event-stream */
    MEDIA_FORM,         /* application/x-www-form-urlencoded */
    MEDIA_MULTIPART,    /* multipart/form-data, multipart/mixed … */
    MEDIA_TEXT,         /* text of any other kind */
};
enum media_kind media_type_kind(const struct media_type *m);

#endif
