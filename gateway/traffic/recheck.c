#include "traffic/recheck.h"

#include "traffic/redacted.h"

/* Take out of `fresh` what was found at redacted places, and put in what the live check found there. */
static void
carry_over(struct exchange *x, struct arena *arena, struct verdict *fresh, const struct verdict *live, enum side side)
{
    uint32_t kept = 0;

    if (x->redacted_count == 0)
        return;
    for (uint32_t i = 0; i < fresh->count; i++) {
        if (redacted_covers(x, &fresh->list[i]))
            verdict_unchecked(fresh, UNCHECKED_REDACTED, side, fresh->list[i].instance);
        else
            fresh->list[kept++] = fresh->list[i];
    }
    fresh->count = kept;
    for (uint32_t i = 0; i < live->count; i++) {
        struct violation *v;

        if (redacted_covers(x, &live->list[i]) && (v = verdict_add(fresh, arena, live->list[i].id, side)) != NULL)
            *v = live->list[i];
    }
    if (x->verdicts_carried && !live->checked && fresh->count == 0)
        verdict_unchecked(fresh, UNCHECKED_REDACTED, side, text_make(NULL, 0));
}

void
recheck_exchange(struct check *check, const struct contract_match *match, struct exchange *x)
{
    struct verdict request = { .checked = false }, response = { .checked = false };
    /* an answer of Plumbline's own (a refusal) says nothing about the service */
    bool answered = x->has_response && x->refusal.status == 0;

    check_request_head(check, match, &x->request, &request);
    check_request_body(check, match, &x->request, &request);
    carry_over(x, check->arena, &request, &x->request_verdict, SIDE_REQUEST);
    if (answered) {
        check_response_head(check, match, &x->request, &x->response, &response);
        check_response_body(check, match, &x->request, &x->response, &response);
        carry_over(x, check->arena, &response, &x->response_verdict, SIDE_RESPONSE);
    } else if (x->refusal.status != 0 && x->refusal.side == SIDE_RESPONSE) {
        response =
            x->response_verdict; /* the refused response itself is not on record: what the live check said stands */
    }
    x->request_verdict = request;
    x->response_verdict = response;
}
