/* parse.h -- strict HTTP/1.1, both directions (RFC 9112), on bytes as they come.
 *
 * No message is ever read differently by us and by the other side: whatever is ambiguous is refused, never repaired.
 * PARSE_FAULTS is the whole list of what is refused; what is not in it goes through, among it: methods of any token,
 * bytes above 0x7f in field values and reason phrases, a status line that ends behind the code, "Content-Length: 0" in
 * a 204 or 1xx (many servers send it, and every reader agrees that there is no body), Transfer-Encoding in answers to
 * HEAD and in 304 (RFC 9112 6.1), an empty Host.
 *
 * What a message means does not depend on how its bytes were cut into pieces, neither does the fault that is reported.
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

/* Everything that is refused: name, id (a promise), status of the answer to a request, one sentence, where it is
 * written. The enum, the table, the documentation and the test that each has a case are made from this list. */
#define PARSE_FAULTS(V)                                                                                                \
    V(METHOD_SYNTAX, "method-syntax", 400, "the method is not a token followed by one space", "RFC 9112 3.1")          \
    V(METHOD_LONG, "method-long", 501, "the method is longer than any line may be", "RFC 9112 3")                      \
    V(METHOD_CONNECT, "method-connect", 501, "CONNECT is for proxies that open tunnels; this one does not",            \
      "RFC 9110 9.3.6")                                                                                                \
    V(TARGET_EMPTY, "target-empty", 400, "the request line has no target", "RFC 9112 3.2")                             \
    V(TARGET_BYTE, "target-byte", 400, "the target holds a control character or a byte above 0x7e", "RFC 9112 3.2")    \
    V(TARGET_FRAGMENT, "target-fragment", 400, "the target holds a fragment ('#')", "RFC 9112 3.2")                    \
    V(TARGET_FORM, "target-form", 400, "the target is neither a path, an http or https URI, nor '*' of OPTIONS",       \
      "RFC 9112 3.2")                                                                                                  \
    V(TARGET_AUTHORITY, "target-authority", 400, "the URI in the request line has no valid host", "RFC 9110 4.2")      \
    V(LINE_LONG, "line-long", 414, "the start line is too long", "RFC 9112 3")                                         \
    V(VERSION_MISSING, "version-missing", 400, "the request line has no version (HTTP/0.9)", "RFC 9112 3")             \
    V(VERSION_SYNTAX, "version-syntax", 400,                                                                           \
      "'HTTP/' digit '.' digit must end the line behind the target, in capitals", "RFC 9112 2.3")                      \
    V(VERSION_UNSUPPORTED, "version-unsupported", 505, "only HTTP/1.0 and HTTP/1.1 are spoken here",                   \
      "RFC 9110 15.6.6")                                                                                               \
    V(STATUS_SYNTAX, "status-syntax", 502, "the status is not one space and three digits", "RFC 9112 4")               \
    V(STATUS_RANGE, "status-range", 502, "the status is not between 100 and 599", "RFC 9110 15")                       \
    V(REASON_BYTE, "reason-byte", 502, "the reason phrase holds a control character", "RFC 9112 4")                    \
    V(BARE_LF, "bare-lf", 400, "a line ends with LF alone", "RFC 9112 2.2")                                            \
    V(BARE_CR, "bare-cr", 400, "a CR is not followed by LF", "RFC 9112 2.2")                                           \
    V(SPACE_FIRST, "space-first", 400, "white space between the start line and the first field", "RFC 9112 2.2")       \
    V(OBS_FOLD, "obs-fold", 400, "a field is continued on the next line", "RFC 9112 5.2")                              \
    V(NAME_EMPTY, "name-empty", 400, "a field has no name", "RFC 9110 5.1")                                            \
    V(NAME_BYTE, "name-byte", 400, "a field name holds what is no token character", "RFC 9110 5.1")                    \
    V(NAME_SPACE, "name-space", 400, "white space between a field name and its colon", "RFC 9112 5.1")                 \
    V(COLON_MISSING, "colon-missing", 400, "a field line has no colon", "RFC 9112 5")                                  \
    V(VALUE_BYTE, "value-byte", 400, "a field value holds NUL or another control character", "RFC 9110 5.5")           \
    V(HEAD_LARGE, "head-large", 431, "the head is too large", "RFC 6585 5")                                            \
    V(FIELDS_MANY, "fields-many", 431, "there are too many fields", "RFC 6585 5")                                      \
    V(HOST_MISSING, "host-missing", 400, "HTTP/1.1 needs a Host field", "RFC 9112 3.2")                                \
    V(HOST_REPEATED, "host-repeated", 400, "there is more than one Host field", "RFC 9112 3.2")                        \
    V(HOST_SYNTAX, "host-syntax", 400, "Host is not a host and an optional port", "RFC 9112 3.2")                      \
    V(HOST_DIFFERS, "host-differs", 400, "Host is not the host of the URI in the request line", "RFC 9112 3.2.2")      \
    V(LENGTH_SYNTAX, "length-syntax", 400, "Content-Length is not one decimal number below 2^63", "RFC 9112 6.3")      \
    V(LENGTH_REPEATED, "length-repeated", 400, "there is more than one Content-Length field", "RFC 9112 6.3")          \
    V(LENGTH_FORBIDDEN, "length-forbidden", 502, "a response that cannot have a body announces one by Content-Length", \
      "RFC 9110 8.6")                                                                                                  \
    V(TE_AND_LENGTH, "te-and-cl", 400, "Transfer-Encoding and Content-Length in one message", "RFC 9112 6.1")          \
    V(TE_REPEATED, "te-repeated", 400, "there is more than one Transfer-Encoding field", "RFC 9112 6.1")               \
    V(TE_SYNTAX, "te-syntax", 400, "Transfer-Encoding does not end in exactly one 'chunked'", "RFC 9112 6.3")          \
    V(TE_UNKNOWN, "te-unknown", 501, "only the transfer coding 'chunked' is known here", "RFC 9112 6.1")               \
    V(TE_OLD, "te-old", 400, "Transfer-Encoding in an HTTP/1.0 message", "RFC 9112 6.1")                               \
    V(TE_FORBIDDEN, "te-forbidden", 502, "Transfer-Encoding in a response that cannot have a body", "RFC 9112 6.1")    \
    V(CONNECTION_NAMES, "connection-names", 400, "Connection names a field that the message cannot do without",        \
      "RFC 9110 7.6.1")                                                                                                \
    V(EXPECT_UNKNOWN, "expect-unknown", 417, "only the expectation '100-continue' is known here", "RFC 9110 10.1.1")   \
    V(CHUNK_SIZE, "chunk-size", 400, "a chunk size is not 1 to 16 hex digits, or 2^63 or more", "RFC 9112 7.1")        \
    V(CHUNK_EXTENSION, "chunk-extension", 400, "a chunk extension is malformed", "RFC 9112 7.1.1")                     \
    V(CHUNK_LINE, "chunk-line", 400, "a chunk size with its extensions is too long", "RFC 9112 7.1.1")                 \
    V(CHUNK_END, "chunk-end", 400, "a chunk is not followed by CR LF", "RFC 9112 7.1")                                 \
    V(TRAILER_LARGE, "trailer-large", 431, "the trailer section is too large", "RFC 9112 7.1.2")                       \
    V(TRAILER_FORBIDDEN, "trailer-forbidden", 400,                                                                     \
      "a field that decides how a message is read stands in the trailers", "RFC 9110 6.5.1")                           \
    V(NO_MEMORY, "no-memory", 503, "no memory is left for the fields of this message", "limits.h")

#define PARSE_FAULT_ENUM(NAME, id, status, what, source) PARSE_FAULT_##NAME,
enum parse_fault_kind { PARSE_FAULTS(PARSE_FAULT_ENUM) PARSE_FAULT_KINDS };

/* Why a message was refused: with which status (requests; for responses it is always 502), a stable id for records and
 * metrics, and one sentence. */
struct parse_fault {
    uint16_t status;    /* 400, 414, 417, 431, 501, 503, 505 */
    const char *id;     /* "bare-lf", "te-and-cl", … see PARSE_FAULTS; literal */
    const char *what;   /* literal */
    const char *source; /* "RFC 9112 2.2"; literal */
    size_t place;       /* byte offset in the head; in a body, offset in its bytes as they came */
};

struct parse_limits {
    uint32_t line;    /* start line with its CRLF: longer is 414 */
    uint32_t header;  /* the whole head, from the start line to the empty line: longer is 431 */
    uint32_t fields;  /* more is 431 */
    uint32_t trailer; /* the whole trailer section: longer is 431 */
};

/* The defaults of base/limits.h. */
extern const struct parse_limits parse_limits_default;

/* Read the head of a request from the beginning of `bytes` up to its empty line. `*seen` is 0 at first; keep it from
 * call to call so that trickled bytes are not looked at twice (no offset: it holds the state of the scan too). `bytes`
 * may have moved meanwhile. PARSE_DONE: *used bytes were the head, m is filled in, framing decided; texts point into
 * `bytes`. Faults are found as early as the bytes allow (a bad method is refused before the line is complete). One
 * empty CRLF before the request line is skipped (RFC 9112 2.2). */
enum parse_result parse_request(struct text bytes, size_t *seen, const struct parse_limits *limits, struct arena *arena,
                                struct message *m, size_t *used, struct parse_fault *fault);

/* The same for a response; `request_method` decides about the body (HEAD). 1xx are messages of their own. */
enum parse_result
parse_response(struct text bytes, size_t *seen, const struct parse_limits *limits, struct arena *arena,
               struct text request_method, struct message *m, size_t *used, struct parse_fault *fault);

/* Whoever parses has to keep the bytes of the head. Of the first bytes of a message: how many to keep and parse first,
 * so that a large body behind the head is not copied with it. A guess: after PARSE_MORE the others are needed, too. */
size_t parse_head_guess(struct text bytes);

/* Reads a body by its framing, piece by piece. */
struct body_reader {
    enum framing framing;
    uint8_t state; /* of the chunk grammar, then of the trailer section */
    uint8_t digits;
    bool done;
    uint32_t line;    /* bytes of the chunk line so far */
    uint64_t left;    /* bytes left of the body, or of the chunk */
    uint64_t taken;   /* bytes read so far, chunk lines included */
    uint32_t trailer; /* bytes of the trailer section so far */
    uint32_t held_size;
    char *held; /* the trailer section so far, in the arena */
};

void body_reader_init(struct body_reader *r, const struct message *m);

/* Take the next piece of content from `bytes`: *used bytes were read, *piece is the content among them (may be empty:
 * chunk lines). PARSE_MORE: call again with what follows (at once while bytes are left; every call with bytes uses
 * some, nothing need be kept). PARSE_DONE: the body is complete; behind *used the next message begins. Trailer fields
 * are parsed into m->trailers, copied into the arena. A FRAMING_CLOSE body is never done by itself. */
enum parse_result
body_reader_feed(struct body_reader *r, struct text bytes, const struct parse_limits *limits, struct arena *arena,
                 struct message *m, size_t *used, struct text *piece, struct parse_fault *fault);

/* The peer closed: was the body complete? True for FRAMING_NONE, a finished one, and FRAMING_CLOSE. */
bool body_reader_end(struct body_reader *r);

#endif
