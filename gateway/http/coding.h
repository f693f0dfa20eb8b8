/* coding.h -- content codings undone on a copy, for checking (RFC 9110 8.4): gzip, deflate, br, zstd, identity;
 * LIMIT_CODINGS layers.
 *
 * The bytes that pass through are never touched. The ceiling counts while decoding, so that a compression bomb ends at
 * the ceiling. Any thread. */
#ifndef HTTP_CODING_H
#define HTTP_CODING_H

#include "base/arena.h"
#include "http/message.h"

enum coding_result {
    CODING_OK,
    CODING_UNKNOWN,   /* a coding we do not know, or too many layers: unchecked `coding` */
    CODING_BROKEN,    /* not what the header says: a violation (json-syntax) or unchecked `coding` */
    CODING_TOO_LARGE, /* more than the ceiling: unchecked `size` */
};

/* Decode a whole body by the message's Content-Encoding fields. Without any, *decoded is the body itself. */
enum coding_result coding_decode(const struct message *m, size_t ceiling, struct arena *arena, struct text *decoded);

#endif
