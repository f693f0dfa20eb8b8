/* pattern.h -- regular expressions as ECMA-262 means them (with the u flag), by PCRE2 with JIT. The one door to PCRE2.
 *
 * JSON Schema patterns are ECMAScript (Core 2020-12 6.4); PCRE2 reads some of that differently, so a pattern is
 * translated first: \d \w \s \b to their ECMAScript sets, $ to the very end, \cX, \u{…} and \uXXXX, \p{Script=…} names,
 * [^] and [], named groups … What PCRE2 cannot express (lookbehind of unbounded length …) is refused when compiling,
 * with the offset. What only PCRE2 knows ((?i), \A, possessive quantifiers …) is refused as well; harmless escapes that
 * the u flag forbids (\- \_ \@) are accepted.
 *
 * A compiled pattern never changes, so any thread may match with it, each with a pattern_scratch of its own. Subjects
 * are JSON strings: UTF-8 in which lone surrogates may stand as three bytes; other bytes are looked for and give -1.
 * Most everyday patterns (no lookaround, backreference, \b, \p; anchors at the ends only) need no engine: they become
 * an automaton (pattern_automaton.h), which takes one step per character whatever the pattern, and is up to four times
 * as fast on short strings. */
#ifndef SCHEMA_PATTERN_H
#define SCHEMA_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

struct pattern;
struct pattern_scratch;

/* New, or NULL with err: what (a sentence with the offset in the pattern), kind ERROR_CONFIG. */
struct pattern *pattern_new(struct text source, struct error *err);
void pattern_free(struct pattern *p);

/* Is it a valid ECMA-262 regular expression (for format "regex")? Expressions that PCRE2 cannot run may still be
 * valid. */
bool pattern_is_valid(struct text source);

/* A pattern in PCRE2's own syntax, for redaction rules and log searches. */
struct pattern *pattern_new_pcre(struct text source, bool ignore_case, struct error *err);

/* The same as pattern_new, for pattern_search_groups: at most PATTERN_GROUPS groups. */
#define PATTERN_GROUPS 31
struct pattern *pattern_new_groups(struct text source, struct error *err);

struct pattern_scratch *pattern_scratch_new(void);
void pattern_scratch_free(struct pattern_scratch *scratch);

/* Is there a match anywhere in the subject? 1 yes, 0 no, -1 when the match limit was reached (then it is unknown; that
 * takes some milliseconds at most). *budget, if not NULL, is reduced by an estimate of the work: 1 + length / 16, and
 * what PCRE2 did on long subjects; a budget that is too small gives -1. */
int pattern_matches(const struct pattern *p, struct text subject, struct pattern_scratch *scratch, uint32_t *budget);

/* The first match at or after `from`: 1 and [*start, *end), 0, or -1. Work is limited per subject: searches that go on
 * in the same text share what they may do (a search from 0 begins anew), so that a walk over all matches is bounded as
 * well. */
int pattern_search(const struct pattern *p, struct text subject, size_t from, struct pattern_scratch *scratch,
                   size_t *start, size_t *end);

/* Where the whole match is (spans[0]), and what each group matched (PATTERN_UNSET: nothing; in a repetition the last
 * round counts, and earlier ones where that has none). */
struct pattern_span {
    size_t start, end;
};
#define PATTERN_UNSET SIZE_MAX

/* The same as pattern_search, for a pattern of pattern_new_groups and a subject that is known to be valid UTF-8; `from`
 * is the beginning of a character. *count is the number of spans, 1 + groups. *work is what PCRE2 did, in steps. */
int pattern_search_groups(const struct pattern *p, struct text subject, size_t from, struct pattern_scratch *scratch,
                          struct pattern_span spans[PATTERN_GROUPS + 1], uint32_t *count, uint64_t *work);

#endif
