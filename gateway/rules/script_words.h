/* script_words.h -- the words of a Lua source that Lua has accepted: which names it uses, and what its outermost
 * comparison compares. No Lua here: Lua says neither. No allocation. */
#ifndef RULES_SCRIPT_WORDS_H
#define RULES_SCRIPT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum word_kind {
    WORD_END,
    WORD_NAME,    /* a keyword, too */
    WORD_LITERAL, /* a number or a string */
    WORD_SIGN,
};

struct word {
    enum word_kind kind;
    struct text text;
};

/* Takes the next word off the front; comments are passed over. */
struct word word_next(struct text *rest);

bool word_is(struct word word, const char *text);
bool word_is_keyword(struct text name);

/* Identifiers of Lua are that, and no keywords. */
bool word_is_identifier(struct text name);

/* Does the name stand somewhere in the source, as a word? */
bool words_have(struct text source, struct text name);

/* Names that are used and not declared in the source itself (a local, a parameter; wherever that is), one after the
 * other: start with the whole source in `rest`. `behind` is the source behind the name. False: there is no more. */
bool
words_next_free(struct text source, struct text *rest, struct word *before, struct text *name, struct text *behind);

/* One of the conditions that an expression joins by "and". */
struct script_part {
    struct text whole;
    struct text left, right; /* of its comparison, or of near(left, right, …); empty: it has none */
};

#define SCRIPT_PARTS 8

/* The conditions of an expression; 0 where it cannot be taken apart so (an "or", or too many). */
uint32_t words_split(struct text source, struct script_part parts[SCRIPT_PARTS]);

#endif
