/* pattern_automaton.h -- a matcher of our own for everyday patterns: a table that says for each state and kind of
 * character which state comes next. One step per character, no backtracking, no memory while matching: neither pattern
 * nor subject can be hostile.
 *
 * It takes patterns made of characters, classes, groups, alternatives and repetitions, with ^ at the beginning and $ at
 * the end of (alternatives of) the whole; no lookarounds, backreferences, \b and \p, which stay with PCRE2. Answers are
 * the same as PCRE2's (property test in tests/unit/schema/pattern_test.c). Inside schema/pattern only. Never changes
 * once built; any thread. */
#ifndef SCHEMA_PATTERN_AUTOMATON_H
#define SCHEMA_PATTERN_AUTOMATON_H

#include "schema/pattern_parse.h"

struct automaton;

/* New, or NULL when the pattern is not of this sort, its automaton would be too large, or there is no memory. */
struct automaton *automaton_new(const struct pattern_tree *tree);

/* Accepts NULL. */
void automaton_free(struct automaton *a);

/* Is there a match anywhere in the subject? 1, 0, or -1 when the subject is malformed. */
int automaton_matches(const struct automaton *a, struct text subject);

#endif
