/* checking.c -- the steps that hold an exchange against its contract, and decide what is held for it.
 *
 * In `enforce` a message is judged before the other side sees it; in `observe` it goes on at once and is judged
 * from a copy. */
#include "proxy/body_copy.h"
#include "proxy/client.h"
#include "proxy/forward.h"
#include "proxy/inject.h"
#include "proxy/judge.h"
#include "proxy/recorder.h"
#include "proxy/steps.h"
#include "proxy/watching.h"

static size_t
record_ceiling(const struct transit *t)
{
    return recorder_wants(t) ? ruleset_settings(t->ruleset)->record.max_body : 0;
}

/* How much of a body is wanted: what is checked, what is recorded. */
static size_t
copy_ceiling(const struct transit *t, enum side side)
{
    size_t check = transit_checks(t, side) ? t->policy->max_body : 0;
    size_t record = record_ceiling(t);

    size_t inject = t->injection != NULL ? inject_ceiling(t, side) : 0, most = check > record ? check : record;

    return inject > most ? inject : most;
}

/* ---- request ---- */

/* A whole body that is there already is not copied. */
static void
begin_request_copy(struct transit *t)
{
    struct message *m = &t->exchange.request;

    body_copy_init(&t->request_copy, copy_ceiling(t, SIDE_REQUEST), m->length);
    if (t->request_complete) {
        t->request_at_once = m->body;
        m->body_bytes = m->body.length;
        body_copy_add(&t->request_copy, m->body, true, t->exchange.arena);
    }
}

/* Wait for the body. Whoever holds it says 100 Continue, once the head is found good (RFC 9110 10.1.1). */
enum step
hold_request(struct transit *t)
{
    t->request_passing = PASSING_HOLD;
    t->drop_expect = true;
    if (t->exchange.request.expect_continue && forward_client_is_modern(t)) {
        struct stream *s = client_stream(t->client);

        t->continued = true;
        buffer_add(stream_queue(s), TEXT("HTTP/1.1 100 Continue\r\n\r\n"));
        (void)stream_flush(s);
    }
    return STEP_WAIT;
}

/* Bodies are held for faults, too. */
static bool
enforces(const struct transit *t, enum side side)
{
    return (side == SIDE_REQUEST ? t->policy->request : t->policy->response) == MODE_ENFORCE;
}

enum step
outgrown(struct transit *t, enum side side)
{
    if (enforces(t, side) && judge_size(t, side))
        return STEP_REFUSE;
    return side == SIDE_REQUEST ? STEP_INJECT : STEP_INJECT_RESPONSE;
}

/* Whether chunks without a media type are a body at all is known at their end; if they are, it must not slip past its
 * schema. */
static bool
is_untyped_stream(const struct message *m)
{
    return m->framing == FRAMING_CHUNKED && message_header(m, HEADER_CONTENT_TYPE) == NULL;
}

enum step
step_check_request(struct transit *t)
{
    struct exchange *x = &t->exchange;
    const struct message *m = &x->request;

    begin_request_copy(t);
    if (!transit_checks(t, SIDE_REQUEST) || judge_options_pass(t))
        return STEP_INJECT;
    check_request_head(&t->check, &t->route.match, m, &x->request_verdict);
    if (t->policy->request != MODE_ENFORCE)
        return STEP_INJECT;
    if (judge_verdict(t, SIDE_REQUEST))
        return STEP_REFUSE;
    if (t->request_complete)
        return STEP_CHECK_REQUEST_BODY;
    if (!check_request_needs_body(&t->route.match, m) && !is_untyped_stream(m))
        return STEP_CHECK_REQUEST_BODY; /* nothing to look at in the bytes: the verdict does not wait for them */
    if (m->framing == FRAMING_LENGTH && m->length > t->policy->max_body)
        return outgrown(t, SIDE_REQUEST);
    return hold_request(t);
}

void
check_request_body_now(struct transit *t)
{
    struct exchange *x = &t->exchange;

    if (t->request_checked || !x->request_verdict.checked)
        return;
    t->request_checked = true;
    body_copy_finish(&t->request_copy, &x->request, t->request_complete);
    judge_body_state(t, SIDE_REQUEST);
    check_request_body(&t->check, &t->route.match, &x->request, &x->request_verdict);
    watching_check(t, SIDE_REQUEST);
}

enum step
step_check_request_body(struct transit *t)
{
    check_request_body_now(t);
    return enforces(t, SIDE_REQUEST) && judge_verdict(t, SIDE_REQUEST) ? STEP_REFUSE : STEP_INJECT;
}

/* ---- streams of items ---- */

/* In `enforce` whatever was found since the verdict had `known` entries ends the stream: what was sent cannot be
 * unsent. */
static bool
items_may_pass(struct transit *t, uint32_t known)
{
    const struct verdict *v = &t->exchange.response_verdict;

    return v->count + v->unchecked_count == known || t->policy->response != MODE_ENFORCE ||
           !judge_verdict(t, SIDE_RESPONSE);
}

bool
check_items_pass(struct transit *t, struct text piece)
{
    const struct verdict *v = &t->exchange.response_verdict;
    uint32_t known = v->count + v->unchecked_count;

    if (t->items == NULL)
        return true;
    check_items_feed(t->items, piece);
    return items_may_pass(t, known);
}

bool
check_items_pass_end(struct transit *t)
{
    const struct verdict *v = &t->exchange.response_verdict;
    uint32_t known = v->count + v->unchecked_count;

    if (t->items == NULL)
        return true;
    check_items_end(t->items);
    t->response_checked = true;
    return items_may_pass(t, known);
}

/* A stream of items is not held, it may never end; of it only what is recorded is kept. */
static void
begin_items(struct transit *t)
{
    struct exchange *x = &t->exchange;

    if (x->response.framing == FRAMING_NONE)
        return;
    t->items = check_items_new(&t->check, &t->route.match, &x->request, &x->response, &x->response_verdict);
    if (t->items != NULL)
        body_copy_init(&t->response_copy, record_ceiling(t), 0);
}

/* ---- response ---- */

enum step
step_check_response(struct transit *t)
{
    struct exchange *x = &t->exchange;
    const struct message *m = &x->response;

    body_copy_init(&t->response_copy, copy_ceiling(t, SIDE_RESPONSE), m->framing == FRAMING_LENGTH ? m->length : 0);
    if (!transit_checks(t, SIDE_RESPONSE) || judge_options_pass(t) || (t->injection != NULL && inject_is_altered(t)))
        return STEP_INJECT_RESPONSE;
    check_response_head(&t->check, &t->route.match, &x->request, m, &x->response_verdict);
    begin_items(t);
    if (t->policy->response != MODE_ENFORCE)
        return STEP_INJECT_RESPONSE;
    if (judge_verdict(t, SIDE_RESPONSE))
        return STEP_REFUSE;
    if (t->items != NULL)
        return STEP_INJECT_RESPONSE;
    if (m->framing == FRAMING_NONE || !check_response_needs_body(&t->route.match, &x->request, m))
        return STEP_CHECK_RESPONSE_BODY;
    if (m->framing == FRAMING_LENGTH && m->length > t->policy->max_body)
        return outgrown(t, SIDE_RESPONSE);
    t->response_passing = PASSING_HOLD;
    return STEP_WAIT;
}

void
check_response_body_now(struct transit *t)
{
    struct exchange *x = &t->exchange;

    if (t->response_checked || !x->response_verdict.checked || t->own_response)
        return;
    t->response_checked = true;
    if (t->items != NULL) { /* broken off: whole items were judged, the last one is none */
        if (t->refusal.status == 0)
            verdict_unchecked(&x->response_verdict, UNCHECKED_TRUNCATED, SIDE_RESPONSE, (struct text){ NULL, 0 });
        return;
    }
    body_copy_finish(&t->response_copy, &x->response, t->response_complete);
    judge_body_state(t, SIDE_RESPONSE);
    check_response_body(&t->check, &t->route.match, &x->request, &x->response, &x->response_verdict);
    watching_check(t, SIDE_RESPONSE);
}

enum step
step_check_response_body(struct transit *t)
{
    check_response_body_now(t);
    watching_over(t);
    return enforces(t, SIDE_RESPONSE) && judge_verdict(t, SIDE_RESPONSE) ? STEP_REFUSE : STEP_INJECT_RESPONSE;
}
