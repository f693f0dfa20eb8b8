#include "traffic/recheck.h"

#include "traffic/redacted.h"

/* Could the violation be there only because of what was redacted? */
static bool
is_doubtful(const struct exchange *x, const struct violation *v)
{
    /* keywords whose verdict on a value hangs on everything inside of it */
    static const char *const whole[] = { "oneOf", "anyOf", "not", "contains", "uniqueItems", "const", "enum", "if" };

    if (redacted_covers(x, v))
        return true;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        if (text_equal(v->keyword, text_of(whole[i])))
            return redacted_touches(x, v);
    return false;
}

/* Whatever was redacted in the body or target was not checked, though it may look fine. Of a header field its presence
 * and scheme are left. */
static void
mark_redacted(const struct exchange *x, struct verdict *fresh, enum side side)
{
    for (uint32_t i = 0; i < x->redacted_count; i++) {
        struct text place;

        if (!redacted_place(x->redacted[i], side, &place) || text_starts(place, TEXT("header ")))
            continue;
        if (text_starts(place, TEXT("body")))
            place = text_from(place, place.length > 4 ? 5 : 4);
        verdict_unchecked(fresh, UNCHECKED_REDACTED, side, place);
    }
}

/* Take out of `fresh` what was found at redacted places, and put in what the live check found there. */
static void
carry_over(struct exchange *x, struct arena *arena, struct verdict *fresh, const struct verdict *live, enum side side)
{
    uint32_t kept = 0;

    if (x->redacted_count == 0 && !x->request.body_cut && !x->response.body_cut)
        return;
    for (uint32_t i = 0; i < fresh->count; i++) {
        if (fresh->list[i].id == VIOLATION_SECURITY_MISSING && live->checked && redacted_covers(x, &fresh->list[i]))
            continue; /* how credentials look was judged live, and that stands */
        if (is_doubtful(x, &fresh->list[i]))
            verdict_unchecked(fresh, UNCHECKED_REDACTED, side, fresh->list[i].instance);
        else
            fresh->list[kept++] = fresh->list[i];
    }
    fresh->count = kept;
    for (uint32_t i = 0; i < live->count; i++) {
        struct violation *v;

        if (is_doubtful(x, &live->list[i]) && (v = verdict_add(fresh, arena, live->list[i].id, side)) != NULL)
            *v = live->list[i];
    }
    mark_redacted(x, fresh, side);
}

/* Is the response the service's, though the client got something else: from a fault? */
static bool
is_replaced(const struct exchange *x)
{
    return x->fault_count > 0 && x->refusal.side == SIDE_RESPONSE && x->times.first_byte >= 0 &&
           text_equal(x->refusal.reason, TEXT("fault"));
}

void
recheck_exchange(struct check *check, const struct contract_match *match, const struct recheck_more *more,
                 struct exchange *x)
{
    struct verdict request = { .checked = false }, response = { .checked = false };
    /* an answer of Plumbline's own (a refusal) says nothing about the service */
    bool answered = x->has_response && (x->refusal.status == 0 || is_replaced(x));

    check_request_head(check, match, &x->request, &request);
    check_request_body(check, match, &x->request, &request);
    if (more != NULL)
        more->check(more->arg, SIDE_REQUEST, &request);
    carry_over(x, check->arena, &request, &x->request_verdict, SIDE_REQUEST);
    if (verdict_is_injected(&x->response_verdict)) {
        response = x->response_verdict;
    } else if (answered) {
        check_response_head(check, match, &x->request, &x->response, &response);
        check_response_body(check, match, &x->request, &x->response, &response);
        if (more != NULL)
            more->check(more->arg, SIDE_RESPONSE, &response);
        if (x->outcome == OUTCOME_TUNNEL)
            verdict_unchecked(&response, UNCHECKED_STREAM, SIDE_RESPONSE, (struct text){ NULL, 0 });
        carry_over(x, check->arena, &response, &x->response_verdict, SIDE_RESPONSE);
    } else if (x->refusal.status != 0 && x->refusal.side == SIDE_RESPONSE) {
        /* the refused response itself is not on record: what the live check said stands */
        response = x->response_verdict;
    }
    x->request_verdict = request;
    x->response_verdict = response;
}
