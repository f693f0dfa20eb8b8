/* mutate_check.c -- what the checker of live traffic says of a message that was changed. */
#include "rules/mutate_internal.h"

#include "base/limits.h"

struct checked {
    struct message request, response;
    struct header header;
    struct contract_match match;
    struct check_policy policy;
    struct check check;
};

/* A message of this body and media type; the other side is a stand-in that nothing is said about. */
static void
begin(struct checked *c, const struct mutating *m, uint16_t status, struct text content_type, struct text body)
{
    const struct mutate_input *in = m->in;
    struct message *own = in->side == SIDE_REQUEST ? &c->request : &c->response;

    *c =
        (struct checked){ .policy = check_policy_default, .match = { .operation = in->operation, .path_known = true } };
    c->policy.max_body = body.length + LIMIT_KIB;
    c->request = (struct message){ .is_request = true, .minor = 1, .method = operation_method(in->operation) };
    c->response = (struct message){ .minor = 1, .status = status };
    c->header = (struct header){ .name = TEXT("Content-Type"), .value = content_type, .id = HEADER_CONTENT_TYPE };
    own->headers = &c->header;
    own->header_count = content_type.length > 0;
    if (body.length > 0) {
        own->framing = FRAMING_LENGTH;
        own->has_length = true;
        own->length = own->body_bytes = body.length;
        own->body_state = BODY_WHOLE;
        own->body = body;
    }
    c->check = (struct check){ .arena = m->checks,
                               .scratch = in->scratch,
                               .policy = &c->policy,
                               .request_budget = LIMIT_CHECK_BUDGET,
                               .response_budget = LIMIT_CHECK_BUDGET };
}

struct verdict
mutate_check_body(struct mutating *m, struct text body)
{
    struct verdict verdict = { .checked = false };
    struct checked c;

    begin(&c, m, m->in->status, m->in->content_type, body);
    arena_reset(m->checks);
    m->tries++;
    m->tried += body.length;
    if (m->in->side == SIDE_REQUEST)
        check_request_body(&c.check, &c.match, &c.request, &verdict);
    else
        check_response_body(&c.check, &c.match, &c.request, &c.response, &verdict);
    return verdict;
}

static void
check_head(struct checked *c, const struct mutating *m, struct verdict *verdict)
{
    if (m->in->side == SIDE_REQUEST)
        check_request_head(&c->check, &c->match, &c->request, verdict);
    else
        check_response_head(&c->check, &c->match, &c->request, &c->response, verdict);
}

static bool
says(const struct verdict *verdict, const struct violation *v)
{
    for (uint32_t i = 0; i < verdict->count; i++)
        if (verdict->list[i].id == v->id && text_equal(verdict->list[i].instance, v->instance))
            return true;
    return false;
}

struct verdict
mutate_check_head(struct mutating *m, uint16_t status, struct text content_type)
{
    struct verdict before = { .checked = false }, after = { .checked = false };
    struct checked c;
    uint32_t kept = 0;

    arena_reset(m->checks);
    begin(&c, m, m->in->status, m->in->content_type, TEXT("0"));
    check_head(&c, m, &before);
    begin(&c, m, status, content_type, TEXT("0"));
    check_head(&c, m, &after);
    for (uint32_t i = 0; i < after.count; i++)
        if (!says(&before, &after.list[i]))
            after.list[kept++] = after.list[i];
    after.count = kept;
    return after;
}
