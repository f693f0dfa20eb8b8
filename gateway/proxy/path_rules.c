/* path_rules.c -- split at '/', then looked at segment by segment, encoded bytes decoded. */
#include "proxy/path_rules.h"

/* The byte at *at, decoded where it is encoded, and *at behind it. Malformed encodings are for the contract to
 * judge. */
static int
next_byte(struct text t, size_t *at)
{
    char c = t.data[(*at)++];

    if (c == '%' && t.length - *at >= 2 && text_hex_digit(t.data[*at]) >= 0 && text_hex_digit(t.data[*at + 1]) >= 0) {
        int byte = text_hex_digit(t.data[*at]) * 16 + text_hex_digit(t.data[*at + 1]);

        *at += 2;
        return byte;
    }
    return (unsigned char)c;
}

static const char *
segment_rule(struct text segment, bool last)
{
    size_t dots = 0, bytes = 0;

    if (segment.length == 0)
        return last ? NULL : "the path has an empty segment";
    for (size_t at = 0; at < segment.length; bytes++) {
        int byte = next_byte(segment, &at);

        if (byte == '/')
            return "the path has an encoded slash";
        if (byte == '\\')
            return "the path has a backslash";
        if (byte == 0)
            return "the path has a NUL";
        dots += byte == '.';
    }
    return dots == bytes && dots <= 2 ? "the path has a dot segment" : NULL;
}

const char *
path_rule_broken(struct text path)
{
    struct text_split split;
    struct text segment;
    const char *broken = NULL;

    if (path.length == 0 || path.data[0] != '/')
        return NULL; /* the * of OPTIONS */
    if (memchr(path.data, '%', path.length) == NULL && memchr(path.data, '\\', path.length) == NULL &&
        text_search(path, TEXT("/.")) == path.length && text_search(path, TEXT("//")) == path.length)
        return NULL; /* nearly all */
    split = text_split_start(text_from(path, 1));
    while (broken == NULL && text_split_next(&split, '/', &segment))
        broken = segment_rule(segment, split.done);
    return broken;
}
