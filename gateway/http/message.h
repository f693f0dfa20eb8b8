/* message.h -- one HTTP message, request or response, as it was received.
 *
 * Everything in it is borrowed: texts point into the bytes that were received (copied to the exchange's arena when
 * those move on). Nothing is normalised: names keep their case, values their inner bytes, targets are raw. Belongs to
 * one exchange, one thread. */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* The fields that the data path itself asks about; known when parsed, so that nobody compares names twice. */
enum header_id {
    HEADER_OTHER,
    HEADER_ACCEPT_ENCODING,
    HEADER_AUTHORIZATION,
    HEADER_CONNECTION,
    HEADER_CONTENT_ENCODING,
    HEADER_CONTENT_LENGTH,
    HEADER_CONTENT_TYPE,
    HEADER_COOKIE,
    HEADER_DATE,
    HEADER_EXPECT,
    HEADER_FORWARDED,
    HEADER_HOST,
    HEADER_KEEP_ALIVE,
    HEADER_LOCATION,
    HEADER_PLUMBLINE_INJECT,
    HEADER_PROXY_AUTHENTICATE,
    HEADER_PROXY_AUTHORIZATION,
    HEADER_PROXY_CONNECTION,
    HEADER_SET_COOKIE,
    HEADER_TE,
    HEADER_TRACEPARENT,
    HEADER_TRAILER,
    HEADER_TRANSFER_ENCODING,
    HEADER_UPGRADE,
    HEADER_X_FORWARDED_FOR,
    HEADER_X_FORWARDED_HOST,
    HEADER_X_FORWARDED_PROTO,
    HEADER_IDS,
};

struct header {
    struct text name;  /* as written */
    struct text value; /* without the white space around it */
    uint8_t id;        /* enum header_id */
    bool hop_by_hop;   /* ends here (RFC 9110 7.6.1): Connection and what it names, Keep-Alive, TE, Transfer-Encoding,
                          Upgrade, Proxy-… */
};

/* How the end of the body is known (RFC 9112 6.3). */
enum framing {
    FRAMING_NONE, /* no body: no length in a request; HEAD, 1xx, 204, 304 in a response */
    FRAMING_LENGTH,
    FRAMING_CHUNKED,
    FRAMING_CLOSE, /* responses only: until the connection closes */
};

/* What is known of a body's bytes when it is checked and recorded. */
enum body_state {
    BODY_NONE,      /* there is none */
    BODY_WHOLE,     /* body has all of it, content codings still on */
    BODY_TOO_LARGE, /* more than max_body: body has the beginning */
    BODY_TRUNCATED, /* the sender stopped early */
    BODY_STREAM,    /* an upgrade or event stream: not kept */
};

struct message {
    bool is_request;
    uint8_t minor;         /* HTTP/1.minor: 0 or 1 */
    struct text version;   /* empty; read from a HAR file: as it was told where it is no HTTP/1 ("h2") */
    uint16_t status;       /* response */
    struct text reason;    /* response; may be empty */
    struct text method;    /* request */
    struct text target;    /* request: raw, as sent */
    struct text path;      /* request: the part of target before '?', without scheme and authority */
    struct text query;     /* request: behind '?', without it */
    bool has_query;        /* "/a?" has an empty one */
    struct text authority; /* request: from the absolute-form target or else from Host */

    struct header *headers;
    uint32_t header_count;
    struct header *trailers;
    uint32_t trailer_count;

    enum framing framing;
    uint64_t length;      /* FRAMING_LENGTH */
    bool has_length;      /* a Content-Length was sent (also where there is no body: HEAD, 304) */
    bool keep_alive;      /* the sender lets the connection live (RFC 9112 9.3) */
    bool expect_continue; /* request */
    bool upgrade;         /* Connection: upgrade with an Upgrade field; or status 101 */

    enum body_state body_state;
    struct text body;
    bool body_plain;         /* content codings are undone already (read from a HAR, or redacted) */
    bool body_cut;           /* read from a recording: whole once, but more than is kept on record */
    struct text body_digest; /* in place of a body that must not be written down: "sha-256=…"; else empty */
    uint64_t body_bytes;     /* how many body bytes passed, held or not */
};

/* The first header with this id or name (ASCII case ignored), or NULL. */
const struct header *message_header(const struct message *m, enum header_id id);
const struct header *message_header_named(const struct message *m, struct text name);

/* The value of it, or the empty text. */
struct text message_value(const struct message *m, enum header_id id);

/* Which id a field name has. A perfect-hash look-up on length and letters; HEADER_OTHER for the rest. */
enum header_id header_id_of(struct text name);

/* A Host field or authority without its port: "shop.example" of "shop.example:8080", "[::1]" of "[::1]:80". */
struct text authority_host(struct text authority);

/* A token of RFC 9110 5.6.2: what names, methods and protocols are made of. */
bool header_is_token(struct text t);

/* Where the part that begins the text ends: at the separator outside of quotes, or at the end; an unclosed quote takes
 * all that is left (RFC 9110 5.6.4). */
size_t header_part_end(struct text t, char separator);

/* Walk the members of a comma-separated list value (RFC 9110 5.6.1; quoted strings respected, empty members skipped).
 * Start with a copy of the value in *rest. */
bool header_list_next(struct text *rest, struct text *member);

#endif
