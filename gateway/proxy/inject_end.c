/* inject_end.c -- exchanges that a fault ends: answers instead, and connections that break. */
#include "proxy/inject_internal.h"

#include "proxy/client.h"
#include "proxy/pipeline.h"
#include "proxy/worker.h"
#include "sandbox/documented_body.h"

/* One sentence for the recording and the problem document. */
static const char *
detail(struct transit *t)
{
    const struct fault_rule *rule = t->injection->ender;
    struct text said = arena_print(t->exchange.arena, "fault '%.*s' of this gateway's rules: %s",
                                   TEXT_PRINT(rule->name), fault_effect_what(rule->effect));

    return said.data != NULL ? said.data : refusal_what(REFUSAL_FAULT);
}

/* Read and forgotten, so that it is seen when the client leaves. */
static void
discard_request(struct transit *t)
{
    if (t->request_complete)
        return;
    t->request_passing = PASSING_DISCARD;
    client_resume(t->client);
}

static enum step
answer_instead(struct transit *t, uint16_t status)
{
    enum step step = refuse_because(t, status, t->injection->end_side, refusal_name(REFUSAL_FAULT), detail(t));

    t->refusal.own = REFUSAL_FAULT + 1;
    return step;
}

/* The client's connection ends, one way or the other. */
static enum step
break_off(struct transit *t)
{
    struct injection *inj = t->injection;
    struct exchange *x = &t->exchange;

    call_cancel(&t->call);
    x->refusal = (struct refusal){ .side = inj->end_side,
                                   .reason = text_of(refusal_name(REFUSAL_FAULT)),
                                   .detail = text_of(detail(t)) };
    t->refusal.own = REFUSAL_FAULT + 1;
    t->close = true;
    t->abort = inj->end == INJECT_CUT;
    if (inj->end != INJECT_CUT)
        x->outcome = OUTCOME_REFUSED;
    if (inj->end == INJECT_GARBAGE)
        buffer_add(stream_queue(client_stream(t->client)),
                   inject_garbage(t, inject_firing(inj, inj->end_side, FAULT_MALFORM)->random));
    (void)stream_flush(client_stream(t->client));
    return STEP_FINISH;
}

static enum step
hang(struct transit *t)
{
    if (t->worker->draining) {
        t->injection->end = INJECT_EMPTY;
        return break_off(t);
    }
    t->injection->hanging = true;
    discard_request(t);
    answer_watch_total(t);
    return STEP_WAIT;
}

enum step
inject_end_now(struct transit *t)
{
    struct injection *inj = t->injection;

    inj->swallowing = inj->hanging = false;
    switch (inj->end) {
    case INJECT_STATUS:
        return answer_instead(t, inj->ender->status);
    case INJECT_STALE:
        return answer_instead(t, inj->stale.status);
    case INJECT_HANG:
        return hang(t);
    default:
        return break_off(t);
    }
}

enum step
inject_end(struct transit *t, enum side side, enum inject_end end, const struct fault_firing *firing)
{
    struct injection *inj = t->injection;
    const struct fault_rule *rule = firing->rule;

    inj->end = end;
    inj->end_side = side;
    inj->ender = rule;
    if (end != INJECT_CUT) /* that was said with the head */
        inject_note(t, rule, side,
                    end == INJECT_STATUS    ? arena_print(t->exchange.arena, "%u", rule->status)
                    : end == INJECT_GARBAGE ? TEXT("garbage")
                                            : TEXT(""));
    if (side == SIDE_REQUEST || t->response_complete || t->items != NULL || !call_is_running(&t->call) ||
        !inject_can_hold(t, &t->exchange.response))
        return inject_end_now(t);
    t->response_passing = PASSING_DISCARD; /* what the service says is judged and recorded as a whole */
    inj->swallowing = true;
    return STEP_WAIT;
}

enum step
inject_cut_request(struct transit *t)
{
    return answer_instead(t, 502);
}

bool
inject_resets(const struct transit *t)
{
    return t->injection->end == INJECT_RESET;
}

bool
inject_cuts(const struct transit *t)
{
    const struct inject_flow *flow = &t->injection->flows[SIDE_RESPONSE];

    return flow->on && (flow->truncates || flow->breaks);
}

/* ---- answers ---- */

const struct message *
inject_answer(const struct transit *t)
{
    return t->injection->end == INJECT_STALE ? &t->injection->stale : NULL;
}

bool
inject_documented(struct transit *t, struct documented_body *made)
{
    struct documented_making making = { .operation = t->route.match.operation,
                                        .status = t->refusal.status,
                                        .scratch = t->worker->scratch,
                                        .keep = t->exchange.arena };

    if (t->injection->end != INJECT_STATUS || making.operation == NULL ||
        (making.arena = worker_arena(t->worker)) == NULL)
        return false;
    documented_make(&making, made);
    worker_arena_back(t->worker, making.arena);
    return made->body.length > 0;
}
