/* text.c -- looking at bytes that belong to somebody else. */
#include "base/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <stdint.h>

/* ASCII only, whatever the locale says. */
static inline unsigned char
lower(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

bool
text_equal_nocase(struct text a, struct text b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++) {
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    }
    return true;
}

bool
text_starts(struct text t, struct text prefix)
{
    return t.length >= prefix.length && text_equal(text_slice(t, 0, prefix.length), prefix);
}

bool
text_ends(struct text t, struct text suffix)
{
    return t.length >= suffix.length && text_equal(text_from(t, t.length - suffix.length), suffix);
}

int
text_compare(struct text a, struct text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter > 0 ? memcmp(a.data, b.data, shorter) : 0;

    if (order != 0)
        return order;
    return (a.length > b.length) - (a.length < b.length);
}

size_t
text_find(struct text t, char byte)
{
    const char *at = t.length > 0 ? memchr(t.data, byte, t.length) : NULL;

    return at != NULL ? (size_t)(at - t.data) : t.length;
}

size_t
text_search(struct text t, struct text needle)
{
    const char *at;

    if (needle.length == 0)
        return 0;
    if (t.length < needle.length)
        return t.length;
    at = memmem(t.data, t.length, needle.data, needle.length);
    return at != NULL ? (size_t)(at - t.data) : t.length;
}

static inline bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct text
text_trim(struct text t)
{
    while (t.length > 0 && is_blank(t.data[0])) {
        t.data++;
        t.length--;
    }
    while (t.length > 0 && is_blank(t.data[t.length - 1]))
        t.length--;
    return t;
}

struct text_split
text_split_start(struct text t)
{
    return (struct text_split){ .rest = t, .done = false };
}

bool
text_split_next(struct text_split *split, char separator, struct text *part)
{
    size_t at;

    if (split->done)
        return false;
    at = text_find(split->rest, separator);
    *part = text_slice(split->rest, 0, at);
    split->done = at == split->rest.length;
    split->rest = text_from(split->rest, at + 1);
    return true;
}

bool
text_to_u64(struct text t, uint64_t *value)
{
    uint64_t sum = 0;

    if (t.length == 0)
        return false;
    for (size_t i = 0; i < t.length; i++) {
        unsigned digit = (unsigned)((unsigned char)t.data[i] - '0');

        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

size_t
text_code_points(struct text t)
{
    size_t count = 0;

    for (size_t i = 0; i < t.length; i++)
        count += ((unsigned char)t.data[i] & 0xC0) != 0x80;
    return count;
}

size_t
text_utf8_sequence(struct text t)
{
    const unsigned char *s = (const unsigned char *)t.data;
    unsigned char low = 0x80, high = 0xBF; /* what the second byte may be (RFC 3629 4) */
    size_t length;

    if (t.length < 2)
        return 0;
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        return (s[1] & 0xC0) == 0x80 ? 2 : 0;
    if ((s[0] & 0xF0) == 0xE0)
        length = 3;
    else if (s[0] >= 0xF0 && s[0] <= 0xF4)
        length = 4;
    else
        return 0;
    if (s[0] == 0xE0)
        low = 0xA0; /* overlong */
    else if (s[0] == 0xED)
        high = 0x9F; /* surrogates */
    else if (s[0] == 0xF0)
        low = 0x90; /* overlong */
    else if (s[0] == 0xF4)
        high = 0x8F; /* above U+10FFFF */
    if (t.length < length || s[1] < low || s[1] > high || (s[2] & 0xC0) != 0x80)
        return 0;
    return length == 3 || (s[3] & 0xC0) == 0x80 ? length : 0;
}

bool
text_is_utf8(struct text t)
{
    const unsigned char *s = (const unsigned char *)t.data;
    size_t i = 0;

    while (i < t.length) {
        uint64_t word;
        size_t length;

#ifdef __SSE2__
        while (t.length - i >= 16 && _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(s + i))) == 0)
            i += 16;
#endif
        while (t.length - i >= sizeof word) {
            memcpy(&word, s + i, sizeof word);
            if (word & UINT64_C(0x8080808080808080))
                break;
            i += sizeof word;
        }
        if (t.length - i < sizeof word && t.length >= sizeof word) { /* the last eight, some of them again */
            memcpy(&word, s + t.length - sizeof word, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0)
                break;
        }
        while (i < t.length && s[i] < 0x80)
            i++;
        if (i == t.length)
            break;
        if ((length = text_utf8_sequence(text_from(t, i))) == 0)
            return false;
        i += length;
    }
    return true;
}

#define NEAREST_WORD 48 /* longer words are not guessed at */

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, taken out, changed or swapped with their neighbour to get from a to b (optimal
 * string alignment). Both have at most NEAREST_WORD bytes. */
static size_t
edit_distance(struct text a, struct text b)
{
    size_t rows[3][NEAREST_WORD + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b.length; j++)
        above[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t *spare = before;

        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            bool same = lower(a.data[i - 1]) == lower(b.data[j - 1]);

            row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
        row = spare;
    }
    return above[b.length];
}

const char *
text_nearest(struct text word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t best = word.length < 3 ? 1 : 1 + word.length / 3; /* further away is another word, not a slip */

    if (word.length == 0 || word.length > NEAREST_WORD)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct text candidate = text_of(candidates[i]);
        size_t distance;

        if (candidate.length == 0 || candidate.length > NEAREST_WORD)
            continue;
        distance = edit_distance(word, candidate);
        if (distance < best || (distance == best && nearest == NULL)) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
