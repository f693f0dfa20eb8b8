/* path_internal.h -- a compiled query, and what its reader and its runner share. Private to json/path*.
 *
 * A query is a list of segments, a segment a list of selectors; a filter is a tree of expressions with queries at its
 * leaves (RFC 9535, figure 1). All of it lives in the arena of path_compile. */
#ifndef JSON_PATH_INTERNAL_H
#define JSON_PATH_INTERNAL_H

#include "json/path.h"

enum path_selector_kind {
    SELECT_NAME,
    SELECT_INDEX,
    SELECT_ALL,
    SELECT_SLICE,
    SELECT_FILTER,
};

struct path_selector {
    struct path_selector *next;
    enum path_selector_kind kind;
    struct text name;
    int64_t start; /* of the slice, or the index */
    int64_t end;
    int64_t step;
    bool has_start;
    bool has_end;
    const struct path_expression *filter;
};

struct path_segment {
    struct path_segment *next;
    struct path_selector *selectors;
    bool descendant; /* ..[ ] */
    bool singular;   /* one name or index: gives one value at most */
};

struct path {
    struct path_segment *segments;
    bool relative; /* begins with @ */
    bool singular;
};

/* ---- filters ---- */

/* The type system of functions (2.4.1). */
enum path_type {
    PATH_VALUE,   /* a JSON value, or nothing */
    PATH_LOGICAL, /* true or false; no JSON value */
    PATH_NODES,   /* a list of values of the document */
};

enum path_comparison {
    PATH_EQUAL,
    PATH_NOT_EQUAL,
    PATH_LESS_OR_EQUAL,
    PATH_GREATER_OR_EQUAL,
    PATH_LESS,
    PATH_GREATER,
};

enum path_expression_kind {
    EXPRESSION_OR,
    EXPRESSION_AND,
    EXPRESSION_NOT,
    EXPRESSION_COMPARE,
    EXPRESSION_LITERAL,
    EXPRESSION_QUERY,
    EXPRESSION_CALL,
};

struct path_expression {
    enum path_expression_kind kind;
    enum path_comparison comparison;
    struct path_expression *first; /* operand or argument */
    struct path_expression *next;  /* the next one of the same parent */
    const struct value *literal;
    const struct path *query;
    const struct path_function *function;
    size_t place; /* in the query, for messages */
};

/* ---- reading ---- */

struct path_reader {
    struct text source; /* valid UTF-8 */
    size_t at;
    unsigned depth; /* how deep running it will call itself at this place */
    struct arena *arena;
    struct error *err;
};

/* Always -1. `place` is a byte offset. */
__attribute__((format(printf, 3, 4))) int path_fail(const struct path_reader *r, size_t place, const char *format, ...);
int path_no_memory(const struct path_reader *r);

/* The next byte; NUL at the end. (A NUL in the query is none of what any caller looks for.) */
static inline char
path_peek(const struct path_reader *r)
{
    return r->at < r->source.length ? r->source.data[r->at] : '\0';
}

/* Step over the literal if it comes next. */
bool path_take(struct path_reader *r, const char *literal);
void path_skip_blank(struct path_reader *r);

/* One level deeper; leave by taking it off r->depth again. */
int path_enter(struct path_reader *r);

/* path_parse.c: $ or @ with its segments. */
const struct path *path_read_query(struct path_reader *r);

/* path_literal.c */
int path_read_string(struct path_reader *r, struct text *string);
int path_read_integer(struct path_reader *r, int64_t *integer);
int path_read_number(struct path_reader *r, struct text *number);

/* path_filter.c: what stands behind the '?'. */
const struct path_expression *path_read_filter(struct path_reader *r);

/* ---- running ---- */

struct path_walk {
    const struct value *root;
    const struct path_regex *regex;
    uint32_t *budget;
};

/* Gets what a query selects, one value after the other: 0 to go on, 1 when it has enough, -1 on failure. */
struct path_sink {
    int (*take)(struct path_sink *sink, const struct value *v);
    const struct value *value; /* the first one */
    uint32_t count;
};

/* False, and nothing is left: there was not that much. */
bool path_spend(struct path_walk *walk, uint32_t units);

/* What it costs to look at a value: its text may be long. */
static inline uint32_t
path_cost(const struct value *v)
{
    return v->data != NULL ? 1 + v->count / 64 : 1;
}

/* path_run.c: hand what the query selects to the sink; @ is `current`. 0, 1 when the sink had enough, -1. */
int path_visit(struct path_walk *walk, const struct path *path, const struct value *current, struct path_sink *sink);

/* A value that an expression gives: NULL is "nothing". The length of something is not on any tape: it is made here. */
struct path_operand {
    const struct value *value;
    struct value made;
    char digits[16];
};

/* path_expression.c: 1, 0, or -1 (the budget is used up). */
int path_holds(struct path_walk *walk, const struct path_expression *e, const struct value *current);

/* 0 or -1. A query must be singular here. */
int path_evaluate(struct path_walk *walk, const struct path_expression *e, const struct value *current,
                  struct path_operand *operand);

/* path_function.c */
struct path_function {
    const char *name;
    enum path_type result;
    uint32_t parameters;
    enum path_type parameter[2];
    /* One of the two. 0 or -1; 1, 0 or -1. */
    int (*value)(struct path_walk *walk, const struct path_expression *arguments, const struct value *current,
                 struct path_operand *result);
    int (*test)(struct path_walk *walk, const struct path_expression *arguments, const struct value *current);
};

/* NULL: there is none of this name. */
const struct path_function *path_function_find(struct text name);

#endif
