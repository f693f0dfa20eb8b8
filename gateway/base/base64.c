#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_write(struct buffer *out, struct text bytes)
{
    size_t groups = (bytes.length + 2) / 3;
    char *room = buffer_room(out, groups * 4);

    if (room == NULL)
        return;
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t left = bytes.length - i;
        uint32_t bits = (uint32_t)(unsigned char)bytes.data[i] << 16;

        if (left > 1)
            bits |= (uint32_t)(unsigned char)bytes.data[i + 1] << 8;
        if (left > 2)
            bits |= (unsigned char)bytes.data[i + 2];
        *room++ = alphabet[bits >> 18];
        *room++ = alphabet[bits >> 12 & 63];
        *room++ = left > 1 ? alphabet[bits >> 6 & 63] : '=';
        *room++ = left > 2 ? alphabet[bits & 63] : '=';
    }
    buffer_wrote(out, groups * 4);
}

/* 0 to 63, or 64 for what is not in the alphabet. */
int
base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
base64_read(struct text t, struct arena *arena, struct text *bytes)
{
    size_t padding = 0, length, n = 0;
    uint32_t bits = 0;
    char *out;

    while (padding < 2 && padding < t.length && t.data[t.length - 1 - padding] == '=')
        padding++;
    if (t.length % 4 != 0)
        return false;
    length = t.length / 4 * 3 - padding;
    out = arena_alloc(arena, length + 1);
    if (out == NULL)
        return false;
    for (size_t i = 0; i < t.length; i++) {
        int d = i < t.length - padding ? base64_digit(t.data[i]) : 0;

        if (d < 0)
            return false;
        bits = bits << 6 | (uint32_t)d;
        if (i % 4 != 3)
            continue;
        for (int shift = 16; shift >= 0 && n < length; shift -= 8)
            out[n++] = (char)(bits >> shift & 255);
        if (i + 1 == t.length && ((padding == 1 && (bits & 0xff) != 0) || (padding == 2 && (bits & 0xffff) != 0)))
            return false;
        bits = 0;
    }
    out[length] = '\0';
    *bytes = text_make(out, length);
    return true;
}
