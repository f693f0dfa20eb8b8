/* infer_internal.h -- the tallies of infer.h.
 *
 * A *shape* counts the JSON values that stood at one place. Path templates grow as a tree of segments; each node has
 * the tallies of its methods. Everything lives in one arena with a ceiling; what does not fit any more is not counted,
 * so that an answer may be missing, but never wrong. */
#ifndef DRIFT_INFER_INTERNAL_H
#define DRIFT_INFER_INTERNAL_H

#include "base/arena.h"
#include "contract/contract.h"
#include "drift/infer.h"
#include "http/media_type.h"
#include "json/document.h"
#include "json/write.h"

#define INFER_TEXTS     24u   /* different strings of one place that are kept */
#define INFER_TEXT      64u   /* bytes of one of them */
#define INFER_MEMBERS   400u  /* of one object; with more it is a map */
#define INFER_SIBLINGS  1000u /* literal segments below one node; with more they are values of a variable */
#define INFER_SAME      8u    /* literal siblings with the same methods and bodies: the same, at the end */
#define INFER_DEPTH     40u   /* of bodies and paths */
#define INFER_FORMATS   8u
#define INFER_NUMBERS   20u /* whole numbers before it is said that they are whole */
#define INFER_ENUM      20u /* strings before it is said that there are no others; and five of each */
#define INFER_ENUM_MOST 8u
#define INFER_FIELDS    4000u /* values of one form; one with more is no evidence */
#define INFER_TYPES     8u    /* different media types of one part that are kept */

struct infer_shape;

struct infer_member {
    struct text name;
    struct infer_shape *shape; /* shape->seen: in how many objects it was */
    struct infer_member *next;
};

struct infer_text {
    struct text text;
    uint64_t seen;
    uint64_t first; /* how many strings there were when it came first */
};

struct infer_shape {
    uint64_t seen; /* values */
    uint64_t nulls, booleans, whole, fractions, strings, arrays, objects;
    struct infer_text *texts; /* NULL until there is a string */
    uint32_t text_count;
    bool texts_more;      /* there were others than those kept */
    uint8_t formats_lost; /* bit per format: a string was not of it */
    struct infer_member *members;
    struct infer_member **members_end;
    uint32_t member_count;
    struct infer_shape *values; /* of an object with too many names, or whose names are values */
    struct infer_shape *items;
};

/* ---- infer_shape.c ---- */

struct infer_shape *infer_shape_new(struct arena *arena); /* NULL: no memory */
void infer_shape_add(struct infer_shape *shape, const struct value *value, struct arena *arena);

/* A text that stands for a value: "12" is a number as JSON has it, "true" a boolean, anything else a string. */
void infer_shape_add_text(struct infer_shape *shape, struct text text, struct arena *arena);

/* What the other counted is counted here, too. */
void infer_shape_merge(struct infer_shape *into, const struct infer_shape *from, struct arena *arena);

/* An object whose names are all values is a map. */
void infer_shape_settle(struct infer_shape *shape, struct arena *arena);

/* Does a word look like a value: digits (other than in v1), a UUID? */
bool infer_is_value(struct text word);

/* ---- infer_schema.c ---- */

/* The schema of the values that were counted, with its evidence. */
void infer_schema_write(struct json_writer *w, struct infer_shape *shape, const struct infer *infer);

/* The same for values that are written as text: a string where they are not all of one other type. */
void infer_schema_write_text(struct json_writer *w, const struct infer_shape *shape);

/* ---- infer_form.c: bodies that are forms ---- */

struct infer_form; /* fields, and how they were written */

struct infer_form *infer_form_new(struct arena *arena); /* NULL: no memory */

/* A decoded body; what is no form of that type, or broken, is no evidence. */
void infer_form_add(struct infer_form *form, const struct exchange *x, enum side side, struct text body,
                    struct arena *arena);
void infer_form_merge(struct infer_form *into, const struct infer_form *from, struct arena *arena);

/* Do at least half of all names stand in both? */
bool infer_form_alike(const struct infer_form *a, const struct infer_form *b);

/* The members schema and encoding of a Media Type Object; neither where nothing was counted. */
void infer_form_write(struct json_writer *w, const struct infer_form *form, bool urlencoded, const struct infer *infer);

/* ---- the tree ---- */

struct infer_content {
    struct text type; /* application/json */
    uint64_t seen;
    enum media_kind kind;
    struct infer_shape *shape; /* of JSON */
    struct infer_form *form;   /* of forms; else NULL */
    struct infer_content *next;
};

struct infer_field { /* a query parameter or a header */
    struct text name;
    uint64_t last; /* the request that had it last, counted from 1 */
    bool repeats;  /* one had it several times: it is a list */
    struct infer_shape *shape;
    struct infer_field *next;
};

struct infer_response {
    uint16_t status;
    uint64_t seen;
    struct infer_content *content;
    struct infer_field *headers;
    struct infer_response *next;
};

struct infer_operation {
    struct text method;
    uint64_t seen;     /* requests */
    uint64_t accepted; /* those that were not refused as wrong: the ground for what is required */
    uint64_t with_body;
    uint64_t bearer, basic;
    struct infer_field *query, *headers;
    struct infer_content *content;
    struct infer_response *responses; /* by status */
    struct infer_operation *next;
};

struct infer_node {
    struct text segment;
    bool variable;
    struct infer_shape *values; /* of a variable */
    struct infer_operation *operations;
    struct infer_node *children, *next;
    uint32_t literals; /* children that are no variable */
    bool collapsed;    /* there were so many that they are values */
};

struct infer {
    struct arena *arena;
    struct infer_node root;
    struct infer_counts counts;
    const struct contract *contract; /* that parts are for: its operationIds are taken; or NULL */
    bool old;                        /* schemas are written for OpenAPI 3.0: one type at most, nullable */
};

/* ---- infer_paths.c ---- */

/* The node of a path; NULL: too deep, or no memory. */
struct infer_node *infer_node_of(struct infer *infer, struct text path);

/* The tally of a method there; NULL: no memory. */
struct infer_operation *infer_operation_of(struct infer *infer, struct infer_node *node, struct text method);

/* Siblings that turned out to be values become a variable. */
void infer_paths_finish(struct infer *infer, struct infer_node *node);

/* ---- infer_operation.c ---- */

void infer_operation_add(struct infer *infer, struct infer_operation *operation, const struct exchange *x);
void infer_operation_merge(struct infer *infer, struct infer_operation *into, const struct infer_operation *from);

/* ---- infer_pieces.c: parts, for those who add to a contract that is there ---- */

/* Every operation that once succeeded: its template ("/orders/{orderId}"), its method in lower case, and its Operation
 * Object. */
typedef void infer_operation_fn(void *arg, struct text path, struct text method, uint64_t seen, struct text json);
void infer_each_operation(struct infer *infer, infer_operation_fn *visit, void *arg);

/* The same for a method of a path that a contract has; pointer: "/paths/~1orders~1{orderId}". */
void infer_write_method(struct infer *infer, struct text pointer, struct text method, struct infer_operation *tally,
                        infer_operation_fn *visit, void *arg);

/* Append a Response Object, a Media Type Object, a Parameter Object of the query. */
void infer_write_response(struct infer *infer, const struct infer_response *response, struct buffer *out);
void infer_write_media(struct infer *infer, const struct infer_content *content, struct buffer *out);
void infer_write_query(struct infer *infer, const struct infer_field *field, struct buffer *out);

/* "x-seen": how often it was. */
void infer_write_seen(struct json_writer *w, uint64_t seen);

#endif
