/* parse.h -- strict HTTP/1.1, both directions (RFC 9112), on bytes as they come.
 *
 * No message is ever read differently by us and by the other side: whatever is ambiguous is refused, never repaired. Refused are obs-fold,
 * bare CR and bare LF, NUL and other controls, white space before the colon, empty or non-token names, Transfer-Encoding together with
 * Content-Length, Transfer-Encoding other than exactly "chunked", Transfer-Encoding in HTTP/1.0, differing or malformed Content-Length (lists too), a missing
 * or repeated Host in 1.1, HTTP/1.x other than 1.0 and 1.1, chunk sizes with signs, spaces or more than 16 digits, targets with controls,
 * spaces or raw bytes above 0x7e, absolute-form with another Host, CONNECT (501), fragments.
 *
 * No I/O, no allocation but the header array in the given arena. Belongs to one connection. */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include "base/arena.h"
#include "http/message.h"

enum parse_result {
    PARSE_MORE, /* the bytes are right so far, but not all there */
    PARSE_DONE,
    PARSE_BAD,
};

/* Why a message was refused: with which status (requests; for responses it is always 502), a stable id for records and metrics, and one sentence. */
struct parse_fault {
    uint16_t status;   /* 400, 413, 414, 417, 431, 501, 505 */
    const char *id;    /* "bare-lf", "te-and-cl", … see PARSE_FAULTS in parse.c; literal */
    const char *what;  /* literal */
    size_t place;      /* byte offset in the message */
};

struct parse_limits {
    uint32_t line;     /* request line: longer is 414 */
    uint32_t header;   /* the whole header block: longer is 431 */
    uint32_t fields;   /* more is 431 */
    uint32_t trailer;
};

/* The defaults of base/limits.h. */
extern const struct parse_limits parse_limits_default;

/* Read the head of a request from the beginning of `bytes` up to its empty line. `*seen` is 0 at first; keep it from call to call so that
 * trickled bytes are not looked at twice. PARSE_DONE: *used bytes were the head, m is filled in, framing decided; texts point into `bytes`.
 * Faults are found as early as the bytes allow (a bad method is refused before the line is complete). One empty CRLF before
 * the request line is skipped (RFC 9112 2.2). */
enum parse_result parse_request(struct text bytes, size_t *seen, const struct parse_limits *limits, struct arena *arena,
                                struct message *m, size_t *used, struct parse_fault *fault);

/* The same for a response; `request_method` decides about the body (HEAD). 1xx are messages of their own. */
enum parse_result parse_response(struct text bytes, size_t *seen, const struct parse_limits *limits, struct arena *arena,
                                 struct text request_method, struct message *m, size_t *used, struct parse_fault *fault);

/* Reads a body by its framing, piece by piece. */
struct body_reader {
    enum framing framing;
    uint8_t state;         /* of the chunk grammar */
    uint8_t digits;
    bool done;
    uint64_t left;         /* bytes left of the body, or of the chunk */
    uint32_t line;         /* bytes of the chunk line so far */
    uint32_t trailer;      /* bytes of the trailer section so far */
};

void body_reader_init(struct body_reader *r, const struct message *m);

/* Take the next piece of content from `bytes`: *used bytes were read, *piece is the content among them (may be empty: chunk lines). PARSE_MORE: call
 * again with what follows (at once while *used > 0 and bytes are left). PARSE_DONE: the body is complete; behind *used the next message begins.
 * Trailer fields are parsed into m->trailers, copied into the arena. A FRAMING_CLOSE body is never done by itself. */
enum parse_result body_reader_feed(struct body_reader *r, struct text bytes, const struct parse_limits *limits,
                                   struct arena *arena, struct message *m, size_t *used, struct text *piece,
                                   struct parse_fault *fault);

/* The peer closed: was the body complete? True for FRAMING_NONE, a finished one, and FRAMING_CLOSE. */
bool body_reader_end(struct body_reader *r);

#endif
