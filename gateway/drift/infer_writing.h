/* infer_writing.h -- tallies being written as parts of an OpenAPI document; the inside of infer_write…c. */
#ifndef DRIFT_INFER_WRITING_H
#define DRIFT_INFER_WRITING_H

#include "drift/infer_internal.h"

struct writing_template {
    struct text path;               /* "/orders/{orderId}" */
    struct text names[INFER_DEPTH]; /* of its variables */
    struct infer_shape *values[INFER_DEPTH];
    uint32_t count;
    struct text tag; /* its first literal segment that is no version */
};

struct taken {
    struct text name;
    const struct taken *next;
};

struct writing {
    struct infer *infer;
    struct arena *arena;
    struct json_writer w;
    struct taken *taken;   /* operationIds */
    struct text tags[256]; /* for the document's list */
    uint32_t tag_count;
    bool bearer, basic;
    bool part;                 /* of a document that is there: with credentials of its own */
    infer_operation_fn *visit; /* infer_each_operation */
    void *arg;
};

/* ---- infer_names.c ---- */

/* The name of the variable behind this segment: "orders" has an orderId. */
struct text writing_variable(struct writing *w, const struct writing_template *t, struct text before);

/* An operationId that no other operation has: getOrdersByOrderId. */
struct text writing_operation_name(struct writing *w, const struct writing_template *t, struct text method);

/* The method as a Path Item has it: "get". */
struct text writing_method(struct writing *w, struct text method);

/* A segment of a template: a brace in it is no variable. */
struct text writing_segment(struct writing *w, struct text segment);

void writing_tag(struct writing *w, struct text tag);

/* ---- infer_parts.c: Parameter, Media Type, Response and Operation Objects ---- */

void writing_parameter(struct writing *w, const struct infer_field *field, const char *in, bool required);
void writing_media(struct writing *w, const struct infer_content *content);
void writing_response(struct writing *w, const struct infer_response *r);
void writing_operation(struct writing *w, const struct writing_template *t, const struct infer_operation *o);

/* ---- infer_write.c ---- */

/* Every node that has operations, with its template. */
typedef void writing_fn(struct writing *w, const struct infer_node *node, const struct writing_template *t);
void
writing_each(struct writing *w, const struct infer_node *node, const struct writing_template *t, writing_fn *visit);

#endif
