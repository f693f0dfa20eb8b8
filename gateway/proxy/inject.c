/* inject.c -- the two steps: what is done before the service is asked, and before its answer is delivered. */
#include "proxy/inject_internal.h"

#include "base/limits.h"
#include "proxy/client.h"
#include "proxy/generation.h"
#include "proxy/pipeline.h"
#include "proxy/stale.h"
#include "proxy/worker.h"

void
inject_begin(struct transit *t)
{
    const struct faults *faults = ruleset_faults(t->ruleset);
    unsigned concern = fault_concern(faults, t->route.service, t->route.match.operation);
    struct text asked = { NULL, 0 }, why = { NULL, 0 };

    if (concern & FAULT_ASKED)
        asked = message_value(&t->exchange.request, HEADER_PLUMBLINE_INJECT);
    if (asked.length > 0)
        concern |= fault_asked_concern(faults, t->route.service, asked, t->exchange.arena, &why);
    concern &= ~FAULT_ASKED;
    if ((concern == 0 && why.length == 0) || (t->injection = ARENA_NEW(t->exchange.arena, struct injection)) == NULL)
        return; /* without memory it is about to be refused */
    t->injection->concern = concern;
    t->injection->asked = asked;
    t->injection->ignored = why;
}

size_t
inject_ceiling(const struct transit *t, enum side side)
{
    unsigned wanted = side == SIDE_REQUEST ? FAULT_REQUEST_BODY : FAULT_RESPONSE_BODY | FAULT_KEEP;

    return t->injection != NULL && (t->injection->concern & wanted) ? t->policy->max_body : 0;
}

bool
inject_parsed(struct transit *t, enum side side, const struct document *document)
{
    if (t->injection == NULL)
        return false;
    t->injection->bodies[side] = document->root;
    return true;
}

bool
inject_can_hold(const struct transit *t, const struct message *m)
{
    return m->body_bytes <= t->policy->max_body && (m->framing != FRAMING_LENGTH || m->length <= t->policy->max_body);
}

/* ---- delays ---- */

static enum step request_goes_on(struct transit *t);
static enum step response_goes_on(struct transit *t);

/* Whoever sends the message continues, now that somebody takes it. */
static void
resume_source(struct transit *t, enum side side)
{
    if (!t->injection->paused || t->finishing)
        return;
    t->injection->paused = false;
    if (side == SIDE_REQUEST)
        client_resume(t->client);
    else
        call_resume(&t->call);
}

static void
on_delay_over(void *arg)
{
    struct transit *t = arg;
    enum side side = t->injection->waits_for;

    t->injection->waiting = false;
    pipeline_go(t, side == SIDE_REQUEST ? request_goes_on(t) : response_goes_on(t));
    resume_source(t, side);
}

static bool
has_body_to_come(const struct message *m)
{
    return m->framing != FRAMING_NONE && (m->framing != FRAMING_LENGTH || m->length > 0);
}

/* Nobody takes the rest of the message meanwhile; what was read along with what is here already has its room. */
static void
pause_source(struct transit *t, enum side side)
{
    struct injection *inj = t->injection;

    if (side == SIDE_REQUEST && !t->request_complete) {
        t->request_copy.ceiling += LIMIT_STREAM_BUFFER * 2;
        client_pause(t->client);
        inj->paused = true;
    }
    if (side == SIDE_RESPONSE && !t->response_complete && has_body_to_come(&t->exchange.response)) {
        t->response_copy.ceiling += LIMIT_STREAM_BUFFER * 2;
        call_pause(&t->call);
        inj->paused = true;
    }
}

static int64_t
whole_delay(const struct injection *inj, enum side side)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < inj->counts[side]; i++)
        if (inj->firings[side][i].rule->effect == FAULT_DELAY)
            sum += fault_delay(inj->firings[side][i].rule, inj->firings[side][i].random);
    return sum < LIMIT_FAULT_DELAY ? sum : LIMIT_FAULT_DELAY;
}

static void
note_delays(struct transit *t, enum side side)
{
    const struct injection *inj = t->injection;

    for (uint32_t i = 0; i < inj->counts[side]; i++) {
        const struct fault_firing *f = &inj->firings[side][i];

        if (f->rule->effect == FAULT_DELAY)
            inject_note(t, f->rule, side,
                        arena_print(t->exchange.arena, "%gms", (double)fault_delay(f->rule, f->random) / 1e6));
    }
}

/* What was chosen, after the delays among it. */
static enum step
begin_side(struct transit *t, enum side side)
{
    struct injection *inj = t->injection;
    int64_t delay = whole_delay(inj, side);

    note_delays(t, side);
    if (delay == 0)
        return side == SIDE_REQUEST ? request_goes_on(t) : response_goes_on(t);
    inj->timer = (struct timer){ .fire = on_delay_over, .arg = t };
    if (!timer_start(t->worker->loop, &inj->timer, delay))
        return refuse_own(t, side, REFUSAL_MEMORY);
    inj->waiting = true;
    inj->waits_for = side;
    pause_source(t, side);
    answer_watch_total(t);
    return STEP_WAIT;
}

/* ---- the request ---- */

/* An earlier answer, where there is one. */
static bool
find_stale(struct transit *t)
{
    struct stale_memory *memory = t->share->generation->stale;
    struct text body = inject_body_text(t, SIDE_REQUEST);

    return memory != NULL && body.data != NULL &&
           stale_find(memory, stale_key(&t->exchange, body), t->exchange.arena, &t->injection->stale);
}

static enum step
request_goes_on(struct transit *t)
{
    static const enum inject_end ends[FAULT_EFFECTS_COUNT] = {
        [FAULT_STATUS] = INJECT_STATUS, [FAULT_RESET] = INJECT_RESET, [FAULT_HANG] = INJECT_HANG,
        [FAULT_EMPTY] = INJECT_EMPTY,   [FAULT_STALE] = INJECT_STALE,
    };
    const struct fault_firing *last = inject_ender(t->injection, SIDE_REQUEST);

    if (last != NULL && (last->rule->effect != FAULT_STALE || find_stale(t)))
        return inject_end(t, SIDE_REQUEST, ends[last->rule->effect], last);
    inject_mutate(t, SIDE_REQUEST);
    return STEP_ANSWER;
}

enum step
step_inject(struct transit *t)
{
    struct injection *inj = t->injection;

    if (inj == NULL)
        return STEP_ANSWER;
    if ((inj->concern & FAULT_REQUEST_BODY) && !t->request_complete && inject_can_hold(t, &t->exchange.request))
        return hold_request(t);
    if (!(inj->concern & FAULT_ON_REQUEST))
        return STEP_ANSWER;
    inject_choose(t, SIDE_REQUEST);
    return begin_side(t, SIDE_REQUEST);
}

/* ---- the response ---- */

static enum step
response_goes_on(struct transit *t)
{
    static const enum inject_end ends[FAULT_EFFECTS_COUNT] = {
        [FAULT_STATUS] = INJECT_STATUS,
        [FAULT_RESET] = INJECT_RESET,
        [FAULT_HANG] = INJECT_HANG,
        [FAULT_EMPTY] = INJECT_EMPTY,
    };
    const struct fault_firing *last = inject_ender(t->injection, SIDE_RESPONSE),
                              *malform = inject_firing(t->injection, SIDE_RESPONSE, FAULT_MALFORM);

    if (last != NULL)
        return inject_end(t, SIDE_RESPONSE, ends[last->rule->effect], last);
    if (malform != NULL && malform->rule->malform == FAULT_GARBAGE)
        return inject_end(t, SIDE_RESPONSE, INJECT_GARBAGE, malform);
    inject_mutate(t, SIDE_RESPONSE);
    (void)inject_flow_begin(t, SIDE_RESPONSE);
    return STEP_DELIVER;
}

enum step
step_inject_response(struct transit *t)
{
    struct injection *inj = t->injection;

    if (inj == NULL || !(inj->concern & FAULT_ON_RESPONSE) || inj->chosen || t->exchange.response.status == 101)
        return STEP_DELIVER;
    if ((inj->concern & FAULT_RESPONSE_BODY) && !t->response_complete && t->items == NULL &&
        inject_can_hold(t, &t->exchange.response)) {
        t->response_passing = PASSING_HOLD;
        return STEP_WAIT;
    }
    inj->chosen = true;
    inject_choose(t, SIDE_RESPONSE);
    return begin_side(t, SIDE_RESPONSE);
}

/* ---- what the responder's side tells ---- */

bool
inject_waits(const struct transit *t)
{
    return (t->injection->waiting && t->injection->waits_for == SIDE_RESPONSE) || t->injection->swallowing ||
           t->injection->hanging;
}

void
inject_response_over(struct transit *t)
{
    if (t->injection->swallowing)
        pipeline_go(t, inject_end_now(t));
}

bool
inject_response_failed(struct transit *t)
{
    if (!t->injection->swallowing)
        return t->injection->hanging;
    inject_response_over(t);
    return true;
}

bool
inject_response_grew(struct transit *t)
{
    if (!t->injection->swallowing || inject_can_hold(t, &t->exchange.response))
        return false;
    inject_response_over(t);
    return true;
}

/* ---- the end ---- */

/* What was refused for what it says must not come back another way. */
static bool
was_refused(const struct transit *t)
{
    return t->refusal.status != 0 && t->refusal.own != REFUSAL_FAULT + 1;
}

void
inject_keep(struct transit *t)
{
    struct exchange *x = &t->exchange;
    struct text body = inject_body_text(t, SIDE_RESPONSE), asked = inject_body_text(t, SIDE_REQUEST);

    if (!(t->injection->concern & FAULT_KEEP) || t->share->generation->stale == NULL || t->own_response ||
        t->redacted || was_refused(t) || !x->has_response || !t->response_complete || body.data == NULL ||
        asked.data == NULL || inject_is_altered(t))
        return;
    t->injection->concern &= ~FAULT_KEEP; /* once */
    stale_keep(t->share->generation->stale, stale_key(x, asked), &x->response, body);
}

void
inject_stop(struct transit *t)
{
    t->injection->waiting = t->injection->swallowing = t->injection->hanging = false;
    timer_release(t->worker->loop, &t->injection->timer);
    inject_flow_stop(t, SIDE_REQUEST);
    inject_flow_stop(t, SIDE_RESPONSE);
}

void
inject_over(struct transit *t)
{
    inject_keep(t);
    inject_stop(t);
}

void
inject_drain(struct transit *t)
{
    if (!t->injection->hanging || t->finishing)
        return;
    t->injection->end = INJECT_EMPTY;
    pipeline_go(t, inject_end_now(t));
}
