/* request.h -- the request of a step, built: where it goes, its parameters in their styles, credentials, body.
 *
 * URL: the server that was asked for, else the first of the contract that is absolute; then the operation's path with
 * its template filled. Parameters are written as the contract says (style, explode, allowReserved, content; OAS 3.1
 * 4.8.12); one that it does not describe as OAS has it by default. Values are filled by the scope's expressions.
 * Credentials that the step itself gives (Authorization, a key) win over tokens. Nothing from a value ends a header
 * field or adds one: CR, LF and NUL are refused. No I/O; the caller's thread. */
#ifndef FLOW_REQUEST_H
#define FLOW_REQUEST_H

#include "base/arena.h"
#include "base/error.h"
#include "contract/contract.h"
#include "flow/arazzo.h"
#include "flow/expression.h"
#include "net/fetcher.h"

struct flow_server {
    struct text name; /* of a source, or empty: of all */
    struct text url;  /* instead of the contract's servers */
};

struct flow_token {
    struct text name;  /* of a security scheme; one that no contract of the flow has is a header field */
    struct text value; /* secret: the token, "user:password" (basic), or what the scheme wants */
};

struct flow_sending {
    const struct step *step; /* of an operation */
    const struct flow_scope *scope;
    const struct flow_server *servers; /* one with the source's name, else one without a name */
    uint32_t server_count;
    const struct flow_token *tokens; /* only those that the operation asks for are sent, and header fields */
    uint32_t token_count;
};

/* Lives in the arena; the parts borrow from each other. */
struct flow_request {
    struct fetch_request fetch; /* timeout and max_body are left to the caller */
    struct message message;     /* as it is sent, with Host and Content-Length: for checks, scopes, recordings */
    struct text url;            /* absolute: $url */
    struct contract_match match;
    const struct value *body; /* JSON and forms: the filled payload; else NULL: $request.body */
};

/* 0, or -1 with err: ERROR_INPUT, an expression gave nothing, or its value cannot be sent; ERROR_CONFIG, no server;
 * ERROR_ENVIRONMENT, memory. */
int flow_request_build(const struct flow_sending *sending, struct arena *arena, struct flow_request *request,
                       struct error *err);

/* The base URL that a step of this source's contract is sent to, in the arena, without '/' at its end. operation: its
 * own servers count before the contract's; NULL: any. data is NULL with err: ERROR_CONFIG: all are relative. So that a
 * run can tell before it begins. */
struct text
flow_request_server(const struct flow_source *source, const struct operation *operation,
                    const struct flow_server *servers, uint32_t server_count, struct arena *arena, struct error *err);

#endif
