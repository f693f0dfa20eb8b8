#include "report/markup.h"

#include <assert.h>

static const char *
entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static uint32_t
code_point(const char *at, size_t size)
{
    uint32_t c = (unsigned char)at[0] & (0x7fu >> size);

    for (size_t i = 1; i < size; i++)
        c = c << 6 | ((unsigned char)at[i] & 0x3fu);
    return c;
}

/* U+0080 to U+009F are commands of terminals; marks of direction (UAX 9) let a text read as another; U+2028 and U+2029
 * end lines; XML has no U+FFFE and U+FFFF. */
static bool
is_unwelcome(uint32_t c)
{
    return (c >= 0x80 && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfffe || c == 0xffff;
}

/* One byte below U+0080; `last`: no line feed follows. */
static void
add_ascii(struct buffer *out, char c, bool last)
{
    const char *entity = entity_of(c);

    if (entity != NULL)
        buffer_add(out, text_of(entity));
    else if (((unsigned char)c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t')
        buffer_byte(out, c);
    else if (c != '\r' || last) /* CR LF is a line's end */
        buffer_print(out, "\\x%02x", (unsigned)(unsigned char)c);
}

void
markup_text(struct buffer *out, struct text t)
{
    for (size_t i = 0; i < t.length;) {
        size_t size = 1;

        if ((unsigned char)t.data[i] < 0x80) {
            add_ascii(out, t.data[i], i + 1 == t.length || t.data[i + 1] != '\n');
        } else if ((size = text_utf8_sequence(text_from(t, i))) == 0) {
            MARKUP_RAW(out, "\xef\xbf\xbd");
            size = 1;
        } else if (is_unwelcome(code_point(t.data + i, size))) {
            buffer_print(out, "\\u%04x", code_point(t.data + i, size));
        } else {
            buffer_add(out, text_slice(t, i, size));
        }
        i += size;
    }
}

void
markup_fill(struct buffer *out, const char *literal, const struct text *texts, size_t count)
{
    struct text rest = text_of(literal);
    size_t at, used = 0;

    while ((at = text_search(rest, TEXT("{}"))) < rest.length) {
        buffer_add(out, text_slice(rest, 0, at));
        assert(used < count);
        markup_text(out, texts[used++]);
        rest = text_from(rest, at + 2);
    }
    assert(used == count);
    buffer_add(out, rest);
}
