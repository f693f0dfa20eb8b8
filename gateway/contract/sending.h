/* sending.h -- a contract from the side of who sends: how parameters, forms and credentials are written.
 *
 * The counterpart of checking: what is written here, check_request_head and check_request_body read back. Values are
 * JSON; a parameter that is null is not sent. What the contract does not describe is written as OAS 3.1 4.8.12.2 has it
 * by default. No state, no I/O; any thread. */
#ifndef CONTRACT_SENDING_H
#define CONTRACT_SENDING_H

#include "base/arena.h"
#include "base/buffer.h"
#include "contract/contract.h"

enum sending_place {
    SENDING_PATH,        /* the text in place of {name} */
    SENDING_QUERY,       /* "name=a&name=b" */
    SENDING_HEADER,      /* the value of the field */
    SENDING_COOKIE,      /* "name=a; name=b" */
    SENDING_QUERYSTRING, /* 3.2: the whole query */
};

/* Append the parameter in its style (OAS 3.1 4.8.12.3), percent-encoded where its place wants that. False with *why, a
 * literal sentence: the style cannot hold the value. */
bool sending_parameter(const struct operation *o, enum sending_place in, struct text name, const struct value *value,
                       struct buffer *out, const char **why);

/* The media types of the request's content, in the contract's order. Empty behind the last one. */
struct text sending_type(const struct operation *o, uint32_t index);

/* For Accept: the media types of all answers, "application/json, application/problem+json"; in the arena, empty when
 * none has content. */
struct text sending_accepts(const struct operation *o, struct arena *arena);

/* Append an object as application/x-www-form-urlencoded, each property as its Encoding Object says (OAS 3.1 4.8.15).
 * type: the media type, to find it in the contract. */
bool sending_form(const struct operation *o, struct text type, const struct value *object, struct buffer *out,
                  const char **why);

/* Append an object as multipart/form-data (RFC 7578), a part per property, of an array per item. A text that is a data
 * URL (RFC 2397: "data:image/png;base64,iVBO…") is a file: its bytes and its type are sent. *boundary, in the arena,
 * does not occur in what is sent; the same object has the same. */
bool sending_multipart(const struct operation *o, struct text type, const struct value *object, struct arena *arena,
                       struct buffer *out, struct text *boundary, const char **why);

/* The Server Objects that count for an operation: its own, its path's, the document's. NULL: there are none. */
const struct value *sending_servers(const struct operation *o);

enum sending_credential {
    SENDING_UNKNOWN, /* mutual TLS, or a scheme that nobody declared */
    SENDING_BASIC,
    SENDING_BEARER,
    SENDING_SCHEME, /* another HTTP authentication scheme */
    SENDING_KEY,
};
struct sending_scheme {
    struct text name; /* under components/securitySchemes */
    enum sending_credential kind;
    struct text scheme;    /* SENDING_SCHEME: "digest" */
    struct text parameter; /* SENDING_KEY */
    enum sending_place in; /* SENDING_KEY */
};

/* The alternatives of an operation's security, and how many schemes each needs together: 0 for the anonymous one. */
uint32_t sending_ways(const struct operation *o);
uint32_t sending_way_schemes(const struct operation *o, uint32_t way);
struct sending_scheme sending_way_scheme(const struct operation *o, uint32_t way, uint32_t index);

#endif
