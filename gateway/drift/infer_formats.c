/* infer_formats.c -- only formats that a text does not have by chance. */
#include "drift/infer_formats.h"

#include "schema/format.h"

static const char *const names[] = { "date-time", "date", "time", "uuid", "email", "uri", "ipv4", "ipv6" };
#define NAMES (sizeof names / sizeof names[0])

const char *
infer_format_name(unsigned bit)
{
    return bit < NAMES ? names[bit] : NULL;
}

uint8_t
infer_formats_lost(struct text text)
{
    uint8_t lost = 0;

    for (unsigned i = 0; i < NAMES; i++) {
        const struct format *format = format_find(text_of(names[i]), true);
        bool is = format != NULL && text.length >= 6 && format_check_text(format, text);

        if (is && i == 5) /* a word with a colon is a URI, too: only those with an authority are meant */
            is = text_search(text, TEXT("://")) < text.length;
        lost |= (uint8_t)(is ? 0 : 1u << i);
    }
    return lost;
}
