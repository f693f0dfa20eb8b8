/* pattern_kinds.h -- which characters a pattern tells apart. Characters that are in the same sets of the pattern are of
 * one kind; an automaton only has to know kinds. Inside schema/pattern only. */
#ifndef SCHEMA_PATTERN_KINDS_H
#define SCHEMA_PATTERN_KINDS_H

#include "schema/pattern_parse.h"

#define PATTERN_MAX_KINDS 32 /* so that a set of kinds is one word */

struct pattern_kinds {
    uint32_t *cuts; /* first code points of the stretches that are told apart; sorted, the first is 0 */
    uint8_t *kinds; /* the kind of each stretch */
    uint32_t count; /* of stretches */
    uint32_t capacity;
    uint32_t number; /* of kinds */
    uint32_t work;   /* comparisons done so far */
    bool failed;     /* too many kinds, too much work, no memory */
};

/* Start with zeros. False when failed. */
bool pattern_kinds_find(struct pattern_kinds *k, const struct pattern_node *root);
void pattern_kinds_release(struct pattern_kinds *k);

/* The kinds in a set, as bits. */
uint64_t pattern_kinds_of(struct pattern_kinds *k, const struct pattern_node *set);

#endif
