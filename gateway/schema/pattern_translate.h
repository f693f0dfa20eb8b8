/* pattern_translate.h -- a tree of ECMA-262 written in PCRE2's syntax (for PCRE2_UTF, without PCRE2_UCP). Inside
 * schema/pattern only. */
#ifndef SCHEMA_PATTERN_TRANSLATE_H
#define SCHEMA_PATTERN_TRANSLATE_H

#include "base/buffer.h"
#include "schema/pattern_parse.h"

/* Does the expression mean the same in PCRE2? They differ where a group is captured in one round of a repetition and
 * referred to in another: ECMAScript forgets it at each round (22.2.2.3.1 RepeatMatcher), PCRE2 does not. 0, or -1 with
 * *problem. */
int pattern_translatable(const struct pattern_tree *tree, struct arena *arena, struct pattern_problem *problem);

/* Append the translation. `counted` puts a callout (?C) wherever the work of a match can multiply: at the start, in
 * each round of an unbounded repetition and behind it. Ask buffer_failed afterwards. */
void pattern_translate(const struct pattern_tree *tree, bool counted, struct buffer *out);

/* Which place of the source the translation's byte `offset` came from. */
uint32_t pattern_translated_from(const struct pattern_tree *tree, bool counted, size_t offset);

#endif
