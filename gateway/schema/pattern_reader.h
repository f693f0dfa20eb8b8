/* pattern_reader.h -- what pattern_parse.c (terms and groups) and pattern_class.c (sets and escapes) share while
 * reading. */
#ifndef SCHEMA_PATTERN_READER_H
#define SCHEMA_PATTERN_READER_H

#include "schema/code_point.h"
#include "schema/pattern_parse.h"

struct pattern_name {
    struct pattern_name *next;
    struct text name;
    uint32_t number;
};

struct pattern_reference {
    struct pattern_reference *next;
    struct pattern_node *node;
    struct text name; /* empty when by number */
};

struct pattern_reader {
    struct text source; /* well-formed */
    size_t at;
    bool strict;
    struct arena *arena;
    struct pattern_tree *tree;
    struct pattern_problem *problem;
    struct pattern_name *names;
    struct pattern_reference *references;
};

/* Remembers the first problem. Always -1. */
int pattern_fail(struct pattern_reader *r, size_t place, const char *what);

/* NULL, and failed, when there is no memory left. */
struct pattern_node *pattern_node_new(struct pattern_reader *r, enum pattern_kind kind, size_t place);

/* Step over the literal if it comes next. */
bool pattern_reader_take(struct pattern_reader *r, const char *literal);

int pattern_set_add(struct pattern_reader *r, struct pattern_node *set, uint32_t low, uint32_t high);

/* After a backslash: either a single character (*single, *c), or a set such as \d, whose items were added to the
 * set. */
int pattern_escape_read(struct pattern_reader *r, struct pattern_node *set, bool in_class, bool *single, uint32_t *c);

/* [...], beginning at the bracket. */
struct pattern_node *pattern_class_read(struct pattern_reader *r);

/* The dot: everything but line terminators (ECMA-262 12.3). */
struct pattern_node *pattern_dot_read(struct pattern_reader *r);

#endif
