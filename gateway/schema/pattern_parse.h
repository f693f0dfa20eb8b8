/* pattern_parse.h -- an ECMAScript regular expression as a tree (ECMA-262 2024, 22.2.1, with the u flag).
 *
 * Two readings. Strict: exactly the grammar of the u flag, for format "regex". Lenient, for patterns of contracts: in
 * addition identity escapes of characters that are no letters and no digits (\- \_ \@ ...), a lone ] { or }, and a
 * class such as [\w-.] (Annex B), because real contracts have them and their meaning is in no doubt. What only other
 * engines know (\A, \Z, (?i), possessive quantifiers, ...) is refused in both.
 *
 * Used inside schema/pattern, and by sandbox/sample_pattern, which walks the tree to make texts. The tree lives in the
 * arena that was given; no state, any thread. */
#ifndef SCHEMA_PATTERN_PARSE_H
#define SCHEMA_PATTERN_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

#define PATTERN_HIGHEST   0x10FFFFu  /* the highest code point */
#define PATTERN_UNLIMITED UINT32_MAX /* pattern_node.max of * and + */

enum pattern_kind {
    PATTERN_EMPTY,
    PATTERN_SET,           /* one character of a set; a literal is a set of one */
    PATTERN_SEQUENCE,      /* children, one after the other */
    PATTERN_ALTERNATIVES,  /* children, one of them */
    PATTERN_REPEAT,        /* child, min to max times */
    PATTERN_GROUP,         /* child; number > 0 when it captures */
    PATTERN_LOOK,          /* child; ahead or behind, negated or not */
    PATTERN_BACKREFERENCE, /* number */
    PATTERN_START,         /* ^ */
    PATTERN_END,           /* $ */
    PATTERN_BOUNDARY,      /* \b, negated: \B */
};

/* Part of a set: code points from low to high, or (property not empty) those with a Unicode property in PCRE2's
 * spelling. */
struct pattern_item {
    struct pattern_item *next;
    uint32_t low;
    uint32_t high;
    struct text property;
    bool negated; /* of the property: \P */
};

struct pattern_node {
    enum pattern_kind kind;
    bool negated;
    bool behind;     /* PATTERN_LOOK */
    bool lazy;       /* PATTERN_REPEAT */
    uint32_t number; /* group or backreference */
    uint32_t min;
    uint32_t max;
    uint32_t place; /* byte offset in the source, for messages */
    uint32_t end;   /* one past its last byte */
    struct pattern_item *items;
    struct pattern_node *child;
    struct pattern_node *last; /* child */
    struct pattern_node *next; /* the next child of the same parent, and the one before */
    struct pattern_node *previous;
    struct pattern_node *parent;
};

struct pattern_tree {
    struct pattern_node *root;
    uint32_t captures;
    bool backreferences; /* is there any */
    bool keeps_groups;   /* set by who wants to know what each group matched */
};

struct pattern_problem {
    const char *what; /* a literal */
    uint32_t place;   /* byte offset in the source */
};

/* 0, or -1 with *problem filled in. */
int pattern_parse(struct pattern_tree *tree, struct text source, bool strict, struct arena *arena,
                  struct pattern_problem *problem);

#endif
