/* request.c -- one request against its operation. */
#include "contract/body.h"
#include "contract/parameter_places.h"
#include "contract/security.h"

/* No operation: is the path wrong or the method? */
static void
check_unmatched(const struct checking *c, const struct contract_match *match, const struct message *request)
{
    struct violation *v;

    if (!c->check->policy->undocumented) {
        report_unchecked(c, UNCHECKED_NO_SCHEMA, TEXT(""));
        return;
    }
    v = report_add(c, match->path_known ? VIOLATION_METHOD_UNKNOWN : VIOLATION_PATH_UNKNOWN, TEXT(""),
                   (struct place){ NULL, NULL });
    if (v == NULL)
        return;
    v->expected = match->path_known ? match->allow : TEXT("a path of the contract");
    v->found = match->path_known ? request->method : report_quote(request->path, c->check->arena);
}

void
check_request_head(struct check *check, const struct contract_match *match, const struct message *request,
                   struct verdict *verdict)
{
    const struct checking c = checking_begin(check, SIDE_REQUEST, verdict);
    const struct operation *o = match->operation;

    if (o == NULL) {
        check_unmatched(&c, match, request);
        return;
    }
    if (o->deprecated)
        (void)report_add(&c, VIOLATION_OPERATION_DEPRECATED, TEXT(""), o->place);
    check_security(&c, o, request);
    check_parameters(&c, match, request);
    if (o->body == NULL) {
        if (body_surely_some(request))
            (void)report_add(&c, VIOLATION_BODY_UNEXPECTED, TEXT(""), o->place);
        return;
    }
    if (o->body->required && body_surely_none(request))
        (void)report_add(&c, VIOLATION_BODY_MISSING, TEXT(""), o->body->place);
    if (o->body->place.value == NULL)
        report_unchecked(&c, UNCHECKED_NO_SCHEMA, TEXT(""));
    check_body_head(&c, &o->body->media, request, o->body->place);
}

bool
check_request_needs_body(const struct contract_match *match, const struct message *request)
{
    return match->operation != NULL && match->operation->body != NULL &&
           body_needs_content(&match->operation->body->media, request);
}

/* What only the end of a chunked body tells; live traffic has its content by now, which it had not with the head.
 * True: there is content. */
static bool
check_late(const struct checking *c, const struct operation *o, const struct message *request)
{
    bool none = request->body_state == BODY_NONE ||
                (request->body_state == BODY_WHOLE && request->body_bytes == 0 && request->body.length == 0);

    if (o->body == NULL) {
        if (!none && !report_said(c, VIOLATION_BODY_UNEXPECTED))
            (void)report_add(c, VIOLATION_BODY_UNEXPECTED, TEXT(""), o->place);
    } else if (none && o->body->required && !report_said(c, VIOLATION_BODY_MISSING)) {
        (void)report_add(c, VIOLATION_BODY_MISSING, TEXT(""), o->body->place);
    } else if (!none && message_header(request, HEADER_CONTENT_TYPE) == NULL &&
               !report_said(c, VIOLATION_CONTENT_TYPE_MISSING)) {
        check_body_head(c, &o->body->media, request, o->body->place);
    }
    return !none;
}

void
check_request_body(struct check *check, const struct contract_match *match, const struct message *request,
                   struct verdict *verdict)
{
    const struct checking c = checking_begin(check, SIDE_REQUEST, verdict);
    const struct operation *o = match->operation;

    if (o == NULL)
        return;
    if (check_late(&c, o, request) && o->body != NULL)
        check_body_content(&c, &o->body->media, request);
}
