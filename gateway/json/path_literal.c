/* path_literal.c -- strings, integers and numbers of a query (RFC 9535 2.3.1.1, 2.1, 2.3.5.1). */
#include "json/path_internal.h"

#define INTEGER_CEILING INT64_C(9007199254740991) /* 2^53 - 1: what I-JSON takes for exact (RFC 7493 2.2) */

/* ---- strings ---- */

static char *
write_code_point(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
    }
    *out++ = (char)(0x80 | (c & 0x3F));
    return out;
}

/* \uXXXX, at the backslash. */
static bool
read_unit(struct path_reader *r, uint32_t *unit)
{
    *unit = 0;
    if (r->source.length - r->at < 6 || !path_take(r, "\\u"))
        return false;
    for (int i = 0; i < 4; i++) {
        int digit = text_hex_digit(r->source.data[r->at++]);

        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

/* Two units that are a surrogate pair are one character; neither may stand alone. */
static int
read_unicode(struct path_reader *r, char **out)
{
    size_t start = r->at;
    uint32_t c, low;

    if (!read_unit(r, &c))
        return path_fail(r, start, "'\\u' wants four hexadecimal digits");
    if (c >= 0xD800 && c <= 0xDFFF) {
        if (c >= 0xDC00 || !read_unit(r, &low) || low < 0xDC00 || low > 0xDFFF)
            return path_fail(r, start, "half of a surrogate pair");
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    *out = write_code_point(*out, c);
    return 0;
}

static int
read_escape(struct path_reader *r, char quote, char **out)
{
    static const char letters[] = "bfnrt/\\", meanings[] = "\b\f\n\r\t/\\";
    char letter = r->at + 1 < r->source.length ? r->source.data[r->at + 1] : '\0';
    const char *found = letter != '\0' ? strchr(letters, letter) : NULL;

    if (letter == 'u')
        return read_unicode(r, out);
    if (found == NULL && letter != quote)
        return path_fail(r, r->at, "there is no such escape; a backslash itself is written '\\\\'");
    *(*out)++ = found != NULL ? meanings[found - letters] : letter;
    r->at += 2;
    return 0;
}

/* How many bytes are written up to the closing quote. */
static size_t
written_length(const struct path_reader *r, char quote)
{
    size_t at = r->at;

    while (at < r->source.length && r->source.data[at] != quote)
        at += r->source.data[at] == '\\' ? 2 : 1;
    return at - r->at;
}

int
path_read_string(struct path_reader *r, struct text *string)
{
    size_t start = r->at;
    char quote = r->source.data[r->at++], *data, *out;

    data = out = arena_alloc(r->arena, written_length(r, quote)); /* what is meant is never longer */
    if (data == NULL)
        return path_no_memory(r);
    for (;;) {
        if (r->at == r->source.length)
            return path_fail(r, start, "a string is not closed");
        if (r->source.data[r->at] == quote)
            break;
        if ((unsigned char)r->source.data[r->at] < 0x20)
            return path_fail(r, r->at, "a control character must be escaped");
        if (r->source.data[r->at] != '\\')
            *out++ = r->source.data[r->at++];
        else if (read_escape(r, quote, &out) < 0)
            return -1;
    }
    r->at++;
    *string = text_make(data, (size_t)(out - data));
    return 0;
}

/* ---- numbers ---- */

static size_t
skip_digits(struct path_reader *r)
{
    size_t start = r->at;

    while (r->at < r->source.length && r->source.data[r->at] >= '0' && r->source.data[r->at] <= '9')
        r->at++;
    return r->at - start;
}

/* ["-"] digits, without needless zeros. */
static int
skip_whole(struct path_reader *r)
{
    size_t start = r->at, digits;
    bool zero;

    (void)path_take(r, "-");
    zero = path_peek(r) == '0';
    digits = skip_digits(r);
    if (digits == 0)
        return path_fail(r, start, "a number wants a digit here");
    return zero && digits > 1 ? path_fail(r, start, "a number has no leading zeros") : 0;
}

int
path_read_integer(struct path_reader *r, int64_t *integer)
{
    size_t start = r->at;
    uint64_t value;
    bool negative = path_peek(r) == '-';

    if (skip_whole(r) < 0)
        return -1;
    if (!text_to_u64(text_slice(r->source, start + negative, r->at - start - negative), &value) ||
        value > INTEGER_CEILING)
        return path_fail(r, start, "an index is at most 2^53 - 1, positive or negative");
    if (negative && value == 0)
        return path_fail(r, start, "an index is not written -0");
    *integer = negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

int
path_read_number(struct path_reader *r, struct text *number)
{
    size_t start = r->at;

    if (skip_whole(r) < 0)
        return -1;
    if (path_take(r, ".") && skip_digits(r) == 0)
        return path_fail(r, r->at, "a number wants a digit behind the point");
    if (path_take(r, "e") || path_take(r, "E")) {
        if (!path_take(r, "-"))
            (void)path_take(r, "+");
        if (skip_digits(r) == 0)
            return path_fail(r, r->at, "an exponent wants a digit");
    }
    *number = arena_text(r->arena, text_slice(r->source, start, r->at - start));
    return number->data != NULL ? 0 : path_no_memory(r);
}
