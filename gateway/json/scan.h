/* scan.h -- the words of JSON: white space, strings, numbers, literals (RFC 8259 2, 3, 6, 7).
 *
 * Private to json/. Each function begins at a byte and gives the byte behind what it read, or NULL with the fault
 * filled in. Nothing is read at or behind `end`: the source may end at an unreadable page. Strings are looked at 16
 * bytes (SSE2) or 8 bytes (elsewhere) at a time; only bytes that mean something are looked at one by one. */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SCAN_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define SCAN_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

struct scan_fault {
    const char *what; /* a literal */
    const char *at;
};

/* Notes the fault; always NULL, so that `return scan_fail(...)` is the failing line. */
static inline const char *
scan_fail(struct scan_fault *fault, const char *at, const char *what)
{
    fault->what = what;
    fault->at = at;
    return NULL;
}

/* What a string holds besides plain ASCII: an escape, UTF-8, or something that is not allowed. */
const char *scan_special(const char *at, const char *end, bool *escaped, struct scan_fault *fault);

/* A number that is not simply digits, and every fault of one. */
const char *scan_number(const char *at, const char *end, bool *integer, struct scan_fault *fault);

/* true, false or null, or the fault that says what is there instead of a value. */
const char *scan_literal(const char *at, const char *end, struct scan_fault *fault);

static inline bool
scan_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Does this byte come next, without white space before it? Most JSON between programs has none. */
static inline bool
scan_is(const char *at, const char *end, char byte)
{
    return SCAN_LIKELY(at < end) && *at == byte;
}

static inline const char *
scan_space(const char *at, const char *end)
{
    const uint64_t spaces = UINT64_C(0x2020202020202020);

    if (SCAN_LIKELY(at < end && (unsigned char)*at > ' '))
        return at;
    while (at < end && scan_is_space(*at)) {
        uint64_t word;

        at++;
        while (end - at >= 8 && (memcpy(&word, at, sizeof word), word == spaces)) /* indentation */
            at += 8;
    }
    return at;
}

/* The first byte that is no plain string text: a quote, a backslash, a control byte, or not ASCII. May be end. */
static inline const char *
scan_plain(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');

    while (end - at >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        /* as signed bytes, control bytes and all that is not ASCII are less than a space */
        __m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                                     _mm_cmplt_epi8(bytes, space));
        unsigned mask = (unsigned)_mm_movemask_epi8(found);

        if (mask != 0)
            return at + __builtin_ctz(mask);
        at += 16;
    }
#else
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);

    while (end - at >= 8) {
        uint64_t word, quote, backslash;

        memcpy(&word, at, sizeof word);
        quote = word ^ ones * '"';
        backslash = word ^ ones * '\\';
        if ((((quote - ones) | (backslash - ones) | (word - ones * ' ')) | word) & high)
            break;
        at += 8;
    }
#endif
    while (at < end && (signed char)*at >= ' ' && *at != '"' && *at != '\\')
        at++;
    return at;
}

#ifdef __SSE2__

/* The bytes that are no plain string text, found for 64 bytes at a time, before anybody asks where they are: so that
 * finding the end of a string need not wait until the one before it was found. */
struct scan_marks {
    const char *block; /* the 64 bytes that the bits are about */
    uint64_t left;     /* a bit for each of them that is not plain and not behind us */
};

static inline uint64_t
scan_marks_of(const char *block)
{
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
    uint64_t bits = 0;

    for (unsigned i = 0; i < 4; i++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + (size_t)i * 16));
        __m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                                     _mm_cmplt_epi8(bytes, space)); /* signed, see scan_plain */

        bits |= (uint64_t)(unsigned)_mm_movemask_epi8(found) << 16 * i;
    }
    return bits;
}

/* The bits of the block at `block`; of the last one, which is not whole, none: there scan_plain looks. */
static inline void
scan_marks_at(struct scan_marks *m, const char *block, const char *end)
{
    m->block = block;
    m->left = end - block >= 64 ? scan_marks_of(block) : 0;
}

/* What scan_plain(at + 1, end) gives; at is a quote. Nearly always it is the next mark: then the marks behind it are
 * known without its place. */
static inline __attribute__((always_inline)) const char *
scan_behind_quote(struct scan_marks *m, const char *at, const char *end)
{
    size_t offset = (size_t)(at - m->block);
    const char *found;

    if (SCAN_UNLIKELY(offset >= 64)) { /* what was between is no string */
        scan_marks_at(m, m->block + (offset & ~(size_t)63), end);
        offset &= 63;
    }
    if (SCAN_LIKELY(m->left != 0 && (unsigned)__builtin_ctzll(m->left) == offset)) {
        m->left &= m->left - 1;
    } else {
        __asm__("" : "+r"(offset)); /* or the compiler makes one computation of both */
        m->left &= ~UINT64_C(1) << offset;
    }
    while (SCAN_UNLIKELY(m->left == 0)) {
        if (end - m->block < 128)
            return scan_plain(end - m->block >= 64 ? m->block + 64 : at + 1, end);
        scan_marks_at(m, m->block + 64, end);
    }
    found = m->block + __builtin_ctzll(m->left);
    m->left &= m->left - 1;
    return found;
}

#else

struct scan_marks {
    const char *block;
};

static inline void
scan_marks_at(struct scan_marks *m, const char *block, const char *end)
{
    (void)end;
    m->block = block;
}

static inline const char *
scan_behind_quote(struct scan_marks *m, const char *at, const char *end)
{
    (void)m;
    return scan_plain(at + 1, end);
}

#endif

/* From a byte that is not plain (scan_plain) to the closing quote. */
static inline const char *
scan_string_from(const char *at, const char *end, bool *escaped, struct scan_fault *fault)
{
    while (at == end || *at != '"') {
        at = scan_special(at, end, escaped, fault);
        if (at == NULL)
            return NULL;
        at = scan_plain(at, end);
    }
    return at;
}

/* From behind the opening quote to the closing one. */
static inline const char *
scan_string(const char *at, const char *end, bool *escaped, struct scan_fault *fault)
{
    return scan_string_from(scan_plain(at, end), end, escaped, fault);
}

static inline const char *
scan_digits(const char *at, const char *end)
{
    while (at < end && (unsigned char)(*at - '0') <= 9)
        at++;
    return at;
}

#endif
