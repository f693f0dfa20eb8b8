/* refuse.c -- refusals as messages, so that they are written and recorded like any other response. */
#include "proxy/refuse.h"

#include "base/time_text.h"
#include "base/limits.h"
#include "http/problem.h"
#include "proxy/documented.h"
#include "proxy/forward.h"
#include "proxy/generation.h"
#include "proxy/inject.h"
#include "proxy/limiting.h"
#include "proxy/worker.h"
#include "sandbox/answer.h"

#define FIELDS_MOST (6 + ANSWER_FIELDS)

static void
add_field(struct message *m, struct text name, struct text value)
{
    m->headers[m->header_count++] = (struct header){ .name = name, .value = value, .id = (uint8_t)header_id_of(name) };
}

static struct problem_item
item_of(const struct violation *v)
{
    bool in_body = v->instance.length == 0 || v->instance.data[0] == '/';
    struct text keyword = v->keyword.length > 0 ? v->keyword : text_of(violation_name(v->id));

    return (struct problem_item){ .pointer = in_body ? v->instance : (struct text){ NULL, 0 },
                                  .place = in_body ? (struct text){ NULL, 0 } : v->instance,
                                  .keyword = keyword,
                                  .detail = text_of(violation_what(v->id)),
                                  .expected = v->expected,
                                  .found = v->found };
}

static struct text
reason_of(const struct transit *t)
{
    return text_of(t->upstream_fault != NULL ? t->upstream_fault : t->refusal.reason);
}

/* The problem document, in the arena. */
static struct text
problem_body(struct transit *t)
{
    const struct exchange *x = &t->exchange;
    const struct verdict *v = t->refusal.side == SIDE_REQUEST ? &x->request_verdict : &x->response_verdict;
    struct problem p = { .status = t->refusal.status,
                         .detail = text_of(t->refusal.detail),
                         .exchange = text_make(x->id, EXCHANGE_ID_BYTES) };
    struct problem_item *items = ARENA_ARRAY(x->arena, struct problem_item, v->count + 1);
    struct buffer out;
    struct text body;

    for (uint32_t i = 0; items != NULL && i < v->count; i++)
        items[p.item_count++] = item_of(&v->list[i]);
    if (items != NULL && p.item_count == 0)
        items[p.item_count++] = (struct problem_item){ .keyword = reason_of(t), .detail = p.detail };
    p.items = items;
    buffer_init(&out, LIMIT_MIB);
    problem_write(&out, &p);
    body = arena_text(x->arena, buffer_text(&out));
    buffer_release(&out);
    return body;
}

/* In the arena: what keeps the exchange may outlive the generation. */
static struct text
documented_text(struct transit *t, const struct documented_body *own)
{
    struct buffer out;
    struct text body;

    buffer_init(&out, 2 * LIMIT_MIB);
    documented_write(own, text_of(t->refusal.detail), &out);
    body = arena_text(t->exchange.arena, buffer_text(&out));
    buffer_release(&out);
    return body;
}

/* What the contract wants beside ours. */
static void
add_documented_fields(struct message *m, const struct transit *t, const struct documented_body *own)
{
    for (uint32_t i = 0; i < own->field_count; i++) {
        struct text name = own->fields[i].name;
        bool there = text_equal_nocase(text_slice(name, 0, 9), TEXT("RateLimit"));

        for (size_t j = 0; j < m->header_count && !there; j++)
            there = text_equal_nocase(m->headers[j].name, name);
        if (!there)
            add_field(m, arena_text(t->exchange.arena, name), arena_text(t->exchange.arena, own->fields[i].value));
    }
}

static void
add_special_fields(struct message *m, const struct transit *t)
{
    if (t->refusal.status == 401 && t->route.match.operation != NULL)
        add_field(m, TEXT("WWW-Authenticate"), operation_challenge(t->route.match.operation, t->exchange.arena));
    if (t->refusal.status == 405 && t->route.match.allow.length > 0)
        add_field(m, TEXT("Allow"), t->route.match.allow);
    if (t->rate != NULL && !t->rate_answer.passes)
        add_field(m, TEXT("Retry-After"), arena_print(t->exchange.arena, "%u", limiting_retry_after(t)));
    else if (t->refusal.status == 503)
        add_field(m, TEXT("Retry-After"), TEXT("1"));
}

/* What the contract documents for it: made when the ruleset was loaded or, for what a fault answers, now. NULL:
 * nothing, or nobody wants it. */
static const struct documented_body *
find_documented(struct transit *t, struct documented_body *made)
{
    if (t->refusal.own == REFUSAL_FAULT + 1)
        return inject_documented(t, made) ? made : NULL;
    return documented_find(t->share->generation->documented, t->route.service, t->route.match.operation,
                           t->refusal.status);
}

static bool
has_no_body(const struct transit *t, uint16_t status)
{
    return text_equal(t->exchange.request.method, TEXT("HEAD")) || status == 204 || status == 304;
}

static void
set_body(struct message *m, const struct transit *t, struct text body)
{
    bool none = has_no_body(t, m->status);

    m->minor = 1;
    m->framing = FRAMING_LENGTH;
    m->has_length = true;
    m->keep_alive = !t->close;
    m->length = body.length;
    m->body_state = none ? BODY_NONE : BODY_WHOLE;
    m->body = none ? (struct text){ NULL, 0 } : body;
    m->body_bytes = m->body.length;
    if (m->headers != NULL && m->status != 204 && m->status != 304)
        add_field(m, TEXT("Content-Length"), arena_print(t->exchange.arena, "%zu", body.length));
}

/* The refusal as a message. */
static struct message
make_message(struct transit *t)
{
    struct exchange *x = &t->exchange;
    struct message m = { .status = t->refusal.status, .reason = status_reason(t->refusal.status) };
    struct documented_body made = { .slot = 0 };
    const struct documented_body *own = find_documented(t, &made);
    bool bare = own == NULL && m.status < 400;

    m.headers = ARENA_ARRAY(x->arena, struct header, FIELDS_MOST);
    if (m.headers != NULL)
        add_field(&m, TEXT("Date"), arena_text(x->arena, time_text_http_date(loop_wall(t->worker->loop))));
    if (m.headers != NULL && !bare)
        add_field(&m, TEXT("Content-Type"),
                  own != NULL ? arena_text(x->arena, own->type) : TEXT("application/problem+json"));
    set_body(&m, t, own != NULL ? documented_text(t, own) : bare ? TEXT("") : problem_body(t));
    if (m.headers == NULL)
        return m;
    add_special_fields(&m, t);
    if (own != NULL)
        add_documented_fields(&m, t, own);
    return m;
}

void
refuse_write(struct transit *t, struct buffer *out)
{
    struct exchange *x = &t->exchange;
    const struct message *instead = t->injection != NULL ? inject_answer(t) : NULL;
    struct message m;

    if (instead != NULL) {
        m = *instead;
        set_body(&m, t, m.body);
    } else {
        m = make_message(t);
    }
    x->outcome = OUTCOME_REFUSED;
    x->refusal = (struct refusal){ .status = t->refusal.status,
                                   .side = t->refusal.side,
                                   .reason = reason_of(t),
                                   .detail = text_of(t->refusal.detail) };
    forward_response_head(out, t, &m);
    buffer_add(out, m.body);
    if (!x->has_response) { /* what the responder said is kept, where it said something */
        x->response = m;
        x->has_response = t->own_response = true;
    }
}
