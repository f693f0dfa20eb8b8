/* request_internal.h -- a request while it is built. Only for request*.c. */
#ifndef FLOW_REQUEST_INTERNAL_H
#define FLOW_REQUEST_INTERNAL_H

#include "base/limits.h"
#include "contract/sending.h"
#include "flow/request.h"

struct building {
    const struct flow_sending *sending;
    const struct operation *operation;
    struct arena *arena;
    struct error *err;
    struct flow_request *request;

    struct buffer path, query, cookies;
    struct text authority;
    struct header headers[LIMIT_HEADER_FIELDS];
    uint32_t header_count;
    struct text content_type; /* of the body */
    struct text body;
    bool has_body;
};

/* What is wrong, at a place of the flow. Always -1. */
int building_fail(struct building *b, struct flow_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The value with its expressions replaced. NULL with err: `what` names it ("the parameter 'id' (path)"). */
const struct value *
building_fill(struct building *b, const struct flow_value *value, struct flow_place place, const char *what);

/* 0, or -1 with err: no field can be like that. */
int building_header(struct building *b, struct text name, struct text value, struct flow_place place);
bool building_has_header(const struct building *b, struct text name);

/* Append "name=value", encoded already, behind what is there. */
void building_query(struct building *b, struct text pairs);
void building_cookie(struct building *b, struct text pairs);

/* request_body.c: content_type, body, has_body, request->body. */
int building_body(struct building *b);

/* request_credentials.c: tokens, where the step itself gives none. */
int building_credentials(struct building *b);

#endif
