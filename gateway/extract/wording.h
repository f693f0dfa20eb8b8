/* wording.h -- the words of a line of prose or markup. Private to extract/. No allocation unless an arena is given. */
#ifndef EXTRACT_WORDING_H
#define EXTRACT_WORDING_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

static inline bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What identifiers are made of. */
static inline bool
is_name_byte(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

static inline bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Without white space (line ends too) at both ends. */
struct text wording_trim(struct text t);

/* Without white space and the signs of markup (* _ ` # > ~ |) at both ends. */
struct text wording_bare(struct text t);

/* Cut the next run of name bytes off the front of *rest; false when there is none left. */
bool wording_next(struct text *rest, struct text *word);

/* How many there are, at most `most`. */
unsigned wording_count(struct text t, unsigned most);

/* Is one of the words, separated by '|' in `list`, a word of t? Case is ignored; a plural in -s is the same word. */
bool wording_have(struct text t, const char *list);

/* Is t, bare, one of them? */
bool wording_are(struct text t, const char *list);

/* Is t made of name bytes, '.', '-', '[]', '$' and '@' only, with a letter or '_' among them? "items[].price" is. */
bool wording_identifier(struct text t);

/* One line without markup: emphasis and code signs gone, [links](to) as their text, runs of blanks as one. At most
 * `most` bytes, cut at a word. In the arena. */
struct text wording_plain(struct text t, size_t most, struct arena *arena);

/* The text in `quotes` of some kind (`x`, "x", 'x', **x**) with which t begins, after white space; empty when none. */
struct text wording_code_span(struct text t, size_t from, size_t *end);

#endif
