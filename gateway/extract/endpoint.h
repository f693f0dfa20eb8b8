/* endpoint.h -- methods and paths in one line of a document. Private to extract/. No state. */
#ifndef EXTRACT_ENDPOINT_H
#define EXTRACT_ENDPOINT_H

#include <stdbool.h>

#include "base/text.h"

enum extract_method {
    METHOD_GET,
    METHOD_PUT,
    METHOD_POST,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_HEAD,
    METHOD_PATCH,
    METHOD_TRACE,
    METHOD_COUNT,
};

extern const struct text method_names[METHOD_COUNT]; /* "GET", … */

/* Which one it is, in any case; METHOD_COUNT: none. */
enum extract_method method_of(struct text word);

struct endpoint {
    unsigned methods;   /* a bit for each that stands beside the path */
    bool loud;          /* they are in capitals, or in code */
    struct text path;   /* as written, host and query included */
    struct text before; /* what of the line is in front of it: "Endpoint:", "To create one, send" */
    struct text after;
    bool alone; /* nothing but a label in front of it: the line is about this endpoint */
};

/* The first endpoint of the line from `at` on; *end is behind it. false: there is none left. A path without a method is
 * one, too. */
bool endpoint_find(struct text line, size_t at, struct endpoint *endpoint, size_t *end);

/* The only method that stands in a text without a path, in capitals: "Create Order (POST)", "Method: PUT".
 * METHOD_COUNT: there is none. */
enum extract_method endpoint_method(struct text t);

#endif
