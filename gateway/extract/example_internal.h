/* example_internal.h -- what the mender's parts share. Private to extract/example*. */
#ifndef EXTRACT_EXAMPLE_INTERNAL_H
#define EXTRACT_EXAMPLE_INTERNAL_H

#include "base/buffer.h"
#include "base/limits.h"
#include "extract/example.h"

enum expected {
    EXPECT_KEY, /* or the end of the object */
    EXPECT_COLON,
    EXPECT_VALUE, /* of a member */
    EXPECT_ITEM,  /* or the end of the array */
    EXPECT_COMMA, /* or the end */
};

struct frame {
    char open;
    enum expected expected;
    bool comma;    /* one was read since the last member or item */
    bool ellipsis; /* "..." was in it */
    uint32_t count;
    size_t begin; /* where it begins in the output, its comma included */
    size_t key;   /* where the last key begins there, its comma included */
};

struct mender {
    struct example *example;
    struct text in;
    size_t at;
    uint32_t line;
    uint32_t last_line; /* of what was read last, white space aside */
    struct buffer out;
    struct arena *arena;
    struct frame frames[LIMIT_EXTRACT_NESTING];
    uint32_t depth;
    bool done;
    bool too_deep;
};

void mender_note(struct mender *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The byte at `offset` from where the mender is; NUL behind the end. */
static inline char
mender_peek(const struct mender *m, size_t offset)
{
    return offset < m->in.length - m->at ? m->in.data[m->at + offset] : '\0';
}

/* The quote that stands here: its length, 0 when none does. */
size_t mender_quote(const struct mender *m);

/* Read a string from its quote on; *content is what is between the quotes, raw. The JSON goes to the output. */
struct text mender_string(struct mender *m);

/* Behind the placeholder {name}, {{name}} or <name> that stands here; 0 when none does. */
size_t mender_placeholder(const struct mender *m);

/* Read a placeholder, or a value without quotes: a number, a word, several words. The JSON goes to the output. */
void mender_word(struct mender *m);

/* What a string in quotes says is a type: the value of it, else an empty text. "string" is a string. */
struct text mender_quoted_type(struct text content);

#endif
