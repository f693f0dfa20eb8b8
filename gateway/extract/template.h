/* template.h -- a path as documents write it, as a template. Private to extract/.
 *
 * /orders/{id}, /orders/:id, /orders/<id>, /orders/<int:id>, /orders/${id}, /orders/[id], /orders/{{id}} and
 * /orders/ORDER_ID are one template; so is /orders/ORD12345, whose last segment looks like an id: then the parameter's
 * name is inferred from the segment before it. */
#ifndef EXTRACT_TEMPLATE_H
#define EXTRACT_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

struct template_segment {
    struct text shape;   /* "orders", "{}", "{}.json" */
    struct text name;    /* of the parameter in it, or empty */
    struct text example; /* what stood there, when it was an id, else empty */
    bool inferred;       /* the name was not said */
};

struct template
{
    struct text origin; /* "https://api.example.com", or empty */
    struct template_segment *segments;
    uint32_t count;
    bool slash;        /* "/readings/": the paths of some servers end with one */
    struct text query; /* behind the '?', or empty */
};

/* false: it is no path (or there is no memory). Texts are copied to the arena. */
bool template_read(struct template *path, struct text written, struct arena *arena);

/* "/orders/{id}" */
struct text template_text(const struct template *path, struct arena *arena);

/* Has it a parameter of this name? */
bool template_has(const struct template *path, struct text name);

/* Is it the same template, whatever the parameters are called? */
bool template_equal(const struct template *a, const struct template *b);

/* Would this concrete path be one of that template? A segment of `path` may also be a parameter there. */
bool template_fits(const struct template *path, const struct template *of);

/* Where the template `of` begins in `path`, whose first segments would be the base of a server; path->count when it is
 * not the path's end. */
uint32_t template_base(const struct template *path, const struct template *of);

#endif
