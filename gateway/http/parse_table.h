/* parse_table.h -- what the parts of the parser share: the classes of bytes, and the way to refuse. Only for
 * this folder. */
#ifndef HTTP_PARSE_TABLE_H
#define HTTP_PARSE_TABLE_H

#include "http/parse.h"

enum byte_class {
    BYTE_TOKEN = 1,  /* RFC 9110 5.6.2 */
    BYTE_TARGET = 2, /* visible ASCII without '#' */
    BYTE_TEXT = 4,   /* HTAB, SP, VCHAR, obs-text: field values and reason phrases (RFC 9110 5.5) */
    BYTE_HOST = 8,   /* of a host name or address and port, percent-encoding included (RFC 3986 3.2.2) */
    BYTE_HEX = 16,
};

extern const uint8_t parse_class[256];

static inline bool
byte_is(char byte, enum byte_class class)
{
    return (parse_class[(unsigned char)byte] & (unsigned)class) != 0;
}

/* Fill the fault in; always PARSE_BAD, so that `return parse_refuse(...)` is the failing line. */
enum parse_result parse_refuse(struct parse_fault *fault, enum parse_fault_kind kind, size_t place, bool is_request);

#endif
