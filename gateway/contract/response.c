/* response.c -- one response against the operation of its request. */
#include "contract/body.h"
#include "contract/parameter_places.h"

static const struct parameter_ids header_ids = { VIOLATION_HEADER_MISSING, VIOLATION_HEADER_SCHEMA,
                                                 VIOLATION_HEADER_SCHEMA };

/* Responses that have no content whatever the contract says (RFC 9110 6.4.1). */
static bool
has_no_content(const struct message *request, const struct message *response)
{
    return text_equal(request->method, TEXT("HEAD")) || response->status == 204 || response->status == 205 ||
           response->status == 304 || response->status / 100 == 1;
}

static const struct response *
find_response(const struct contract_match *match, const struct message *response)
{
    const struct response *r;

    if (match->operation == NULL || response->status / 100 == 1)
        return NULL;
    r = response_of(match->operation, response->status);
    return r != NULL && r->place.value != NULL ? r : NULL;
}

static void
report_unknown_status(const struct checking *c, const struct operation *o, const struct message *response)
{
    struct violation *v = report_add(c, VIOLATION_STATUS_UNKNOWN, TEXT(""), o->place);
    if (v == NULL)
        return;
    v->expected = operation_statuses(o, c->check->arena);
    v->found = arena_print(c->check->arena, "%u", response->status);
}

static void
check_unknown_status(const struct checking *c, const struct operation *o, const struct message *response)
{
    if (response_of(o, response->status) != NULL || !c->check->policy->undocumented)
        report_unchecked(c, UNCHECKED_NO_SCHEMA, TEXT("")); /* the response is there, but its $ref leads nowhere */
    else
        report_unknown_status(c, o, response);
}

/* Content where there is none described, or none where JSON is (empty content is no JSON, but it is a text). */
static void
check_presence(const struct checking *c, const struct response *r, const struct message *response, bool none, bool some)
{
    const struct media *media;

    if (r->media.count == 0 && some)
        (void)report_add(c, VIOLATION_BODY_UNEXPECTED, TEXT(""), r->place);
    if (r->media.count == 0 || !none)
        return;
    media = body_media(&r->media, response);
    if (media == NULL)
        media = &r->media.items[0];
    if (media->kind == MEDIA_JSON && (media->shape.schema != NULL || media->shape.broken))
        (void)report_add(c, VIOLATION_BODY_MISSING, TEXT(""), media->place);
}

/* The end of an upgrade's handshake. `default` is about the answers of an API, not about other protocols. */
static void
check_switching(const struct checking *c, const struct operation *o, const struct message *response)
{
    const struct response *r = response_of(o, response->status);

    if (r != NULL && r->place.value != NULL && (r->status == response->status || r->range == 1))
        check_headers(c, r->headers, r->header_count, response, &header_ids);
    else if (c->check->policy->undocumented_refused)
        report_unknown_status(c, o, response);
    else
        report_unchecked(c, UNCHECKED_NO_SCHEMA, TEXT(""));
}

void
check_response_head(struct check *check, const struct contract_match *match, const struct message *request,
                    const struct message *response, struct verdict *verdict)
{
    const struct checking c = checking_begin(check, SIDE_RESPONSE, verdict);
    const struct response *r;

    if (match->operation == NULL) {
        report_unchecked(&c, UNCHECKED_NO_SCHEMA, TEXT(""));
        return;
    }
    if (response->status / 100 == 1) {
        if (response->status == 101)
            check_switching(&c, match->operation, response);
        return;
    }
    r = find_response(match, response);
    if (r == NULL) {
        check_unknown_status(&c, match->operation, response);
        return;
    }
    check_headers(&c, r->headers, r->header_count, response, &header_ids);
    if (has_no_content(request, response))
        return;
    check_presence(&c, r, response, body_surely_none(response), body_surely_some(response));
    check_body_head(&c, &r->media, response, r->place);
}

bool
check_response_needs_body(const struct contract_match *match, const struct message *request,
                          const struct message *response)
{
    const struct response *r = find_response(match, response);

    return r != NULL && !has_no_content(request, response) && body_needs_content(&r->media, response);
}

void
check_response_body(struct check *check, const struct contract_match *match, const struct message *request,
                    const struct message *response, struct verdict *verdict)
{
    const struct checking c = checking_begin(check, SIDE_RESPONSE, verdict);
    const struct response *r = find_response(match, response);
    bool none = response->body_state == BODY_NONE ||
                (response->body_state == BODY_WHOLE && response->body.length == 0 && response->body_bytes == 0);

    if (r == NULL)
        return;
    if (has_no_content(request, response)) {
        /* only a recording can show it; a browser's shows the content of its cache with a 304 */
        if (response->body.length > 0 && (response->status == 204 || response->status == 205))
            (void)report_add(&c, VIOLATION_BODY_UNEXPECTED, TEXT(""), r->place);
        return;
    }
    if (!report_said(&c, VIOLATION_BODY_UNEXPECTED) && !report_said(&c, VIOLATION_BODY_MISSING))
        check_presence(&c, r, response, none, !none);
    if (!none && message_header(response, HEADER_CONTENT_TYPE) == NULL &&
        !report_said(&c, VIOLATION_CONTENT_TYPE_MISSING))
        check_body_head(&c, &r->media, response, r->place);
    if (!none)
        check_body_content(&c, &r->media, response);
}

const struct schema *
operation_body_schema(const struct operation *o, enum side side, uint16_t status, struct text content_type)
{
    struct header header = { .name = TEXT("Content-Type"), .value = content_type, .id = HEADER_CONTENT_TYPE };
    const struct message m = { .headers = &header, .header_count = content_type.length > 0 };
    const struct response *r = side == SIDE_RESPONSE ? response_of(o, status) : NULL;
    const struct media_list *list = r != NULL && r->place.value != NULL       ? &r->media
                                    : side == SIDE_REQUEST && o->body != NULL ? &o->body->media
                                                                              : NULL;
    const struct media *media = list != NULL ? body_media(list, &m) : NULL;
    struct media_type type;

    if (media == NULL || !media_type_parse(content_type, &type) || media_type_kind(&type) != MEDIA_JSON)
        return NULL;
    return media->shape.schema;
}
