/* code_point.h -- one code point of a text at a time.
 *
 * JSON strings here are WTF-8: UTF-8 in which a lone surrogate may stand as three bytes (json/document.h). So
 * surrogates are read like any other code point; whoever must not have them asks code_point_is_surrogate. Any
 * thread. */
#ifndef SCHEMA_CODE_POINT_H
#define SCHEMA_CODE_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* The code point at byte offset `at` (< t.length), and how many bytes it takes: 1 to 4, or 0 when the bytes are
 * malformed. */
static inline size_t
code_point_read(struct text t, size_t at, uint32_t *code_point)
{
    static const uint32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *s = (const unsigned char *)t.data + at;
    size_t length;
    uint32_t c = s[0];

    if (c < 0x80) {
        *code_point = c;
        return 1;
    }
    length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || length > t.length - at)
        return 0;
    c &= 0x7Fu >> length;
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3Fu);
    }
    if (c < smallest[length] || c > 0x10FFFF)
        return 0;
    *code_point = c;
    return length;
}

static inline bool
code_point_is_surrogate(uint32_t c)
{
    return c >= 0xD800 && c <= 0xDFFF;
}

/* Are all bytes read by code_point_read? Fast where all is ASCII. */
static inline bool
code_points_well_formed(struct text t)
{
    size_t at = 0;
    uint32_t code_point;

    while (at < t.length) {
        uint64_t eight;
        size_t length;

        if (t.length - at >= sizeof(eight)) {
            memcpy(&eight, t.data + at, sizeof(eight));
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof(eight);
                continue;
            }
        }
        if ((length = code_point_read(t, at, &code_point)) == 0)
            return false;
        at += length;
    }
    return true;
}

#endif
