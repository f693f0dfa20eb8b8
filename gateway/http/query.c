/* query.c -- cutting query strings, percent-encoding there and back. */
#include "http/query.h"

bool
query_next(struct text *rest, struct query_pair *pair)
{
    while (rest->length > 0) {
        size_t end = text_find(*rest, '&');
        struct text part = text_slice(*rest, 0, end);
        size_t equals = text_find(part, '=');

        *rest = text_from(*rest, end + 1);
        if (part.length == 0)
            continue;
        *pair = (struct query_pair){
            .name = text_slice(part, 0, equals),
            .value = text_from(part, equals + 1),
            .has_value = equals < part.length,
        };
        return true;
    }
    return false;
}

/* One decoded byte of t at *at, which moves on; -1 when a '%' is not followed by two hex digits. */
static int
decoded_byte(struct text t, size_t *at, bool plus)
{
    char byte = t.data[(*at)++];
    int high, low;

    if (byte == '+' && plus)
        return ' ';
    if (byte != '%')
        return (unsigned char)byte;
    if (t.length - *at < 2)
        return -1;
    high = text_hex_digit(t.data[*at]);
    low = text_hex_digit(t.data[*at + 1]);
    *at += 2;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool
percent_decode(struct text t, bool plus, struct arena *arena, struct text *decoded)
{
    size_t at = 0, length = 0;
    struct text result = t;
    char *out;

    *decoded = t;
    while (at < t.length && t.data[at] != '%' && !(t.data[at] == '+' && plus))
        at++;
    if (at < t.length) {
        out = arena_alloc(arena, t.length);
        if (out == NULL)
            return false;
        memcpy(out, t.data, at);
        length = at;
        while (at < t.length) {
            int byte = decoded_byte(t, &at, plus);

            if (byte < 0)
                return false;
            out[length++] = (char)byte;
        }
        result = text_make(out, length);
    }
    if (text_find(result, '\0') < result.length || !text_is_utf8(result))
        return false;
    *decoded = result;
    return true;
}

void
percent_encode(struct buffer *out, struct text t)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
            c == '_' || c == '~') {
            buffer_byte(out, (char)c);
        } else {
            buffer_byte(out, '%');
            buffer_byte(out, digits[c >> 4]);
            buffer_byte(out, digits[c & 15]);
        }
    }
}
