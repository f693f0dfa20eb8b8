/* message.h -- a request or response as code shows it: an HTTP message, or a curl command. Private to extract/. */
#ifndef EXTRACT_MESSAGE_H
#define EXTRACT_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "extract/endpoint.h"

#define MESSAGE_HEADERS 32
#define MESSAGE_DATA    32

struct message {
    enum extract_method method; /* METHOD_COUNT: a response */
    struct text target;         /* path or URL; a curl command's may be empty when it has none */
    unsigned status;            /* of a response */
    struct text reason;
    struct text headers[MESSAGE_HEADERS]; /* "Name: value" */
    uint32_t header_count;
    struct text data[MESSAGE_DATA]; /* stretches of the source: bodies, or pairs a=b of a form */
    uint32_t data_count;
    bool form;  /* --form: multipart */
    bool query; /* --get: the data are part of the URL */
    bool basic; /* --user */
    size_t end; /* of the source, what was read */
};

/* The HTTP message with which the code begins (after empty lines): "POST /orders HTTP/1.1", "HTTP/1.1 201 Created",
 * with fields and a body up to the next message. false: it does not begin with one. */
bool message_http(struct message *message, struct text code);

/* The curl command with which the code begins; "$ " in front of it is fine. false: it does not. */
bool message_curl(struct message *message, struct text code);

/* The value of a header field "Name: value", when it is the one that is asked for. */
bool message_field(struct text header, struct text *name, struct text *value);

#endif
