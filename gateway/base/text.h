/* text.h -- a stretch of bytes that belongs to somebody else.
 *
 * A text never owns its bytes: it is valid as long as the thing it was taken from (a request buffer, an arena, a
 * literal). It need not end in NUL and may hold NUL. The empty text may have data NULL. Any thread. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data;
    size_t length;
};

/* A text from a string literal; its length is known when compiling. */
#define TEXT(literal) ((struct text){ "" literal, sizeof(literal) - 1 })

/* For printf("%.*s", TEXT_PRINT(t)). */
#define TEXT_PRINT(t) ((int)(t).length), ((t).data != NULL ? (t).data : "")

/* A text from a C string; NULL gives the empty text. */
static inline struct text
text_of(const char *string)
{
    return (struct text){ string, string != NULL ? strlen(string) : 0 };
}

static inline struct text
text_make(const char *data, size_t length)
{
    return (struct text){ data, length };
}

static inline bool
text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* The part of t from start on, at most length bytes of it; clamped to what is there. */
static inline struct text
text_slice(struct text t, size_t start, size_t length)
{
    if (start > t.length)
        start = t.length;
    if (length > t.length - start)
        length = t.length - start;
    return (struct text){ length > 0 ? t.data + start : NULL, length };
}

/* What is left of t after its first `start` bytes. */
static inline struct text
text_from(struct text t, size_t start)
{
    return text_slice(t, start, t.length);
}

/* ASCII case is ignored (RFC 9110 5.1: field names; 8.3.1: media types). */
bool text_equal_nocase(struct text a, struct text b);

bool text_starts(struct text t, struct text prefix);
bool text_ends(struct text t, struct text suffix);

/* Order of bytes as unsigned; a prefix comes before what continues it. <0, 0, >0. */
int text_compare(struct text a, struct text b);

/* Where the byte first is; t.length when it is not there. */
size_t text_find(struct text t, char byte);

/* Where the needle first is; t.length when it is not there. */
size_t text_search(struct text t, struct text needle);

/* Without spaces and tabs at both ends (RFC 9110 5.6.3, OWS). */
struct text text_trim(struct text t);

/* Cut the part before the first separator off the front of *rest and give it; false when *rest was used up.
 * "a,,b" gives "a", "", "b"; the empty text gives one empty part. Start with text_split_start. */
struct text_split {
    struct text rest;
    bool done;
};
struct text_split text_split_start(struct text t);
bool text_split_next(struct text_split *split, char separator, struct text *part);

/* The value of a hexadecimal digit, -1 of any other byte. */
static inline int
text_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Unsigned decimal digits and nothing else; false when empty, another byte, or more than the type holds. */
bool text_to_u64(struct text t, uint64_t *value);

/* How many code points a valid UTF-8 text has. */
size_t text_code_points(struct text t);

/* Is t well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF)? */
bool text_is_utf8(struct text t);

/* Bytes (2 to 4) of the well-formed sequence that is not ASCII with which t begins; 0 when it is malformed or cut
 * off. */
size_t text_utf8_sequence(struct text t);

/* The nearest of the candidates to a mistyped word by edit distance, or NULL when none is near enough to be meant. */
const char *text_nearest(struct text word, const char *const *candidates, size_t count);

#endif
