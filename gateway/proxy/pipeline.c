/* pipeline.c -- the way of an exchange, step by step, and what its client tells. */
#include "proxy/pipeline.h"

#include <string.h>

#include "base/limits.h"
#include "proxy/access.h"
#include "proxy/body_copy.h"
#include "proxy/client.h"
#include "proxy/exchange_id.h"
#include "proxy/generation.h"
#include "proxy/hold.h"
#include "proxy/inject.h"
#include "proxy/live_findings.h"
#include "proxy/limiting.h"
#include "proxy/metrics.h"
#include "proxy/path_rules.h"
#include "proxy/recent.h"
#include "proxy/recorder.h"
#include "proxy/refuse.h"
#include "proxy/steps.h"
#include "proxy/tunnel.h"
#include "proxy/undocumented.h"
#include "proxy/watching.h"
#include "proxy/worker.h"

static enum step (*const steps[])(struct transit *t) = {
    [STEP_ROUTE] = step_route,
    [STEP_CHECK_REQUEST] = step_check_request,
    [STEP_CHECK_REQUEST_BODY] = step_check_request_body,
    [STEP_INJECT] = step_inject,
    [STEP_ANSWER] = step_answer,
    [STEP_CHECK_RESPONSE] = step_check_response,
    [STEP_CHECK_RESPONSE_BODY] = step_check_response_body,
    [STEP_INJECT_RESPONSE] = step_inject_response,
    [STEP_DELIVER] = step_deliver,
    [STEP_REFUSE] = step_refuse,
    [STEP_FINISH] = step_finish,
};

void
pipeline_go(struct transit *t, enum step step)
{
    while (step != STEP_WAIT)
        step = steps[step](t);
}

int64_t
transit_time(const struct transit *t)
{
    return loop_now(t->worker->loop) - t->started;
}

bool
transit_checks(const struct transit *t, enum side side)
{
    return t->route.service != NULL && (side == SIDE_REQUEST ? t->policy->request : t->policy->response) != MODE_OFF;
}

void
transit_complete(struct transit *t)
{
    struct exchange *x = &t->exchange;

    x->times.finished = transit_time(t);
    body_copy_finish(&t->request_copy, &x->request, t->request_complete);
    if (x->has_response && !t->own_response)
        body_copy_finish(&t->response_copy, &x->response, t->response_complete);
}

/* ---- route ---- */

enum step
step_route(struct transit *t)
{
    struct exchange *x = &t->exchange;
    const char *broken;

    ruleset_route(t->ruleset, x->request.authority, x->request.method, x->request.path, x->arena, &t->route);
    if (t->route.service == NULL)
        return refuse_own(t, SIDE_REQUEST, REFUSAL_SERVICE_UNKNOWN);
    x->service = t->route.service->settings->name;
    t->policy = t->route.policy;
    t->check.policy = &t->policy->check;
    if (t->route.match.operation != NULL)
        x->operation = operation_id(t->route.match.operation);
    if (!limiting_passes(t))
        return refuse_own(t, SIDE_REQUEST, REFUSAL_RATE_LIMITED);
    if (recorder_refuses(t))
        return refuse_own(t, SIDE_REQUEST, REFUSAL_RECORDING);
    broken = path_rule_broken(x->request.path);
    if (broken != NULL && t->policy->request == MODE_ENFORCE && !t->policy->paths_lenient)
        return refuse_because(t, refusal_status(REFUSAL_PATH_AMBIGUOUS), SIDE_REQUEST,
                              refusal_name(REFUSAL_PATH_AMBIGUOUS), broken);
    watching_begin(t);
    if (ruleset_faults(t->ruleset) != NULL)
        inject_begin(t);
    return STEP_CHECK_REQUEST;
}

/* ---- refuse ---- */

enum step
refuse_because(struct transit *t, uint16_t status, enum side side, const char *reason, const char *detail)
{
    t->refusal = (struct refusal_plan){ .status = status, .side = side, .reason = reason, .detail = detail };
    return STEP_REFUSE;
}

enum step
refuse_own(struct transit *t, enum side side, enum refusal_id id)
{
    enum step step = refuse_because(t, refusal_status(id), side, refusal_name(id), refusal_what(id));

    t->refusal.own = (uint16_t)(id + 1);
    return step;
}

enum step
step_refuse(struct transit *t)
{
    if (t->injection != NULL)
        inject_stop(t);
    call_cancel(&t->call);
    limiting_leaves(t);
    if (t->request_passing != PASSING_DISCARD && !t->request_complete) {
        t->request_passing = PASSING_DISCARD;
        client_resume(t->client);
    }
    deliver_decide_close(t);
    t->response_started = true;
    if (hold_is_wanted(t)) {
        refuse_write(t, hold_open(t));
        hold_begin(t);
        return STEP_WAIT;
    }
    refuse_write(t, stream_queue(client_stream(t->client)));
    (void)stream_flush(client_stream(t->client));
    t->response_delivered = true;
    deliver_settle(t);
    return STEP_WAIT;
}

/* ---- finish ---- */

/* What was written before its answer was delivered is amended where it came otherwise. */
static bool
is_recorded(const struct transit *t)
{
    return t->hold == HOLD_OVER && (t->exchange.sequence == 0 || t->exchange.outcome != OUTCOME_CLIENT_GONE);
}

/* The exchange goes to the recorder with its arena, or is kept for the admin listener, or the arena is used again. */
static void
release(struct transit *t)
{
    struct share *share = t->share;

    hold_release(t);
    if (recorder_wants(t) && !is_recorded(t)) {
        share->lent++; /* names in the exchange are borrowed from its ruleset */
        if (recorder_give(t))
            return;
        share->lent--;
    }
    live_findings_add(t->findings, t, t->worker->redaction);
    if (!recent_keep(t->recent, t))
        worker_arena_back(t->worker, t->exchange.arena);
}

static enum client_future
future_of(const struct transit *t)
{
    if (t->injection != NULL && inject_resets(t))
        return CLIENT_RESET;
    if (!t->abort)
        return t->close ? CLIENT_CLOSE : CLIENT_KEEP;
    return t->response_chunked || t->exchange.response.framing == FRAMING_LENGTH ? CLIENT_BREAK_OFF : CLIENT_RESET;
}

static void
on_ending(void *arg)
{
    struct transit *t = arg;
    struct client *client = t->client;
    struct worker *w = t->worker;
    struct share *share = t->share;
    enum client_future future = future_of(t);

    if (t->hold == HOLD_OVER)
        t->exchange.times.finished = transit_time(t);
    else
        transit_complete(t);
    undocumented_over(t);
    counters_exchange(t->share->counters, t);
    access_line(t);
    recent_seen(t->recent, t);
    release(t);
    worker_share_left(w, share);
    if (client != NULL)
        client_finished(client, future);
}

enum step
step_finish(struct transit *t)
{
    if (t->finishing)
        return STEP_WAIT;
    t->finishing = true;
    check_request_body_now(t); /* what was cut short is said to be */
    check_response_body_now(t);
    watching_over(t);
    if (t->injection != NULL)
        inject_over(t);
    if (t->client != NULL)
        client_pause(t->client);
    call_cancel(&t->call);
    limiting_leaves(t);
    timer_release(t->worker->loop, &t->total);
    loop_defer(t->worker->loop, &t->ending);
    return STEP_WAIT;
}

/* ---- begin ---- */

/* A body was read for its check: what the recorder would look for in it is looked for now, while it is in the cache. */
static bool
on_parsed(void *arg, enum side side, const struct document *document)
{
    struct transit *t = arg;
    struct exchange *x = &t->exchange;
    const struct redaction *redaction = ruleset_redaction(t->ruleset);
    const char *data = document->source.data;

    if (recorder_wants(t) && data == (side == SIDE_REQUEST ? &x->request : &x->response)->body.data &&
        redaction_is_clean(redaction, document)) {
        x->searched_by = redaction;
        x->clean[side] = data;
    }
    return (int)watching_parsed(t, side, document) | (int)inject_parsed(t, side, document);
}

/* Until a service is found. */
static const struct policy no_policy = { .record = true, .max_body = LIMIT_BODY_HELD };

struct transit *
pipeline_new(struct worker *w, struct client *c)
{
    struct arena *arena = worker_arena(w);
    struct transit *t = arena != NULL ? ARENA_NEW(arena, struct transit) : NULL;

    if (t == NULL) {
        if (arena != NULL)
            worker_arena_back(w, arena);
        return NULL;
    }
    t->exchange.arena = arena;
    t->worker = w;
    t->client = c;
    t->share = worker_share(w);
    t->ruleset = t->share->ruleset;
    t->policy = &no_policy;
    t->recent = w->recent;
    t->findings = w->findings;
    t->started = loop_now(w->loop);
    t->exchange.started = loop_wall(w->loop);
    t->exchange.times = (struct exchange_times){ -1, -1, -1, -1, -1, -1, -1 };
    t->exchange.scheme = client_is_secure(c) ? TEXT("https") : TEXT("http");
    t->exchange.client = arena_text(arena, client_name(c));
    t->check = (struct check){ .arena = arena,
                               .scratch = w->scratch,
                               .policy = &no_policy.check,
                               .request_budget = LIMIT_CHECK_BUDGET,
                               .response_budget = LIMIT_CHECK_BUDGET,
                               .parsed = on_parsed,
                               .parsed_arg = t,
                               .unnamed = w->findings != NULL ? undocumented_body : NULL,
                               .unnamed_arg = t };
    t->ending = (struct deferred){ .call = on_ending, .arg = t };
    exchange_id_next(w, t->exchange.started, t->exchange.id);
    count_add(&t->share->counters->in_flight, 1);
    return t;
}

void
pipeline_discard(struct transit *t)
{
    struct worker *w = t->worker;
    struct share *share = t->share;

    count_add(&share->counters->in_flight, UINT64_MAX);
    worker_arena_back(w, t->exchange.arena);
    worker_share_left(w, share);
}

/* ---- what the client tells ---- */

void
pipeline_request(struct transit *t, bool whole)
{
    struct exchange *x = &t->exchange;

    x->times.request_head = transit_time(t);
    t->request_complete = whole;
    if (whole)
        x->times.request_end = x->times.request_head;
    pipeline_go(t, STEP_ROUTE);
}

void
pipeline_request_body(struct transit *t, struct text piece, bool kept)
{
    struct exchange *x = &t->exchange;

    x->request.body_bytes += piece.length;
    if (t->finishing || t->request_passing == PASSING_DISCARD)
        return;
    if (t->request_passing == PASSING_HOLD && x->request.body_bytes > t->policy->max_body)
        pipeline_go(t, outgrown(t, SIDE_REQUEST));
    if (t->request_passing == PASSING_DISCARD)
        return;
    body_copy_add(&t->request_copy, piece, kept, x->arena);
    if (t->request_passing == PASSING_STREAM)
        answer_send(t, piece);
}

void
pipeline_request_pause(struct transit *t)
{
    if (!t->finishing)
        answer_flush(t);
}

void
pipeline_request_end(struct transit *t)
{
    t->exchange.times.request_end = transit_time(t);
    t->request_complete = true;
    if (t->finishing)
        return;
    switch (t->request_passing) {
    case PASSING_HOLD:
        pipeline_go(t, STEP_CHECK_REQUEST_BODY);
        break;
    case PASSING_STREAM:
        answer_send_end(t);
        check_request_body_now(t);
        deliver_settle(t);
        break;
    case PASSING_DISCARD:
    case PASSING_WAIT:
        deliver_settle(t);
        break;
    }
}

void
pipeline_request_bad(struct transit *t, uint16_t status, const char *reason, const char *detail)
{
    if (t->finishing)
        return;
    t->close = true;
    t->request_passing = PASSING_DISCARD;
    if (!t->response_started) {
        pipeline_go(t, refuse_because(t, status, SIDE_REQUEST, reason, detail));
        return;
    }
    if (t->response_delivered)
        pipeline_go(t, STEP_FINISH);
    else
        pipeline_go(t, deliver_broken_off(t, reason, detail));
}

void
pipeline_client_gone(struct transit *t)
{
    size_t queued = stream_queued(client_stream(t->client));

    t->client = NULL;
    if (t->finishing || t->hold == HOLD_SOON || t->hold == HOLD_OUT)
        return;
    if (t->tunnel != NULL) {
        tunnel_finish(t, TUNNEL_END_CLIENT);
        return;
    }
    if (!t->response_delivered || queued > 0)
        t->exchange.outcome = OUTCOME_CLIENT_GONE;
    pipeline_go(t, STEP_FINISH);
}

void
pipeline_drain(struct transit *t)
{
    if (t->injection != NULL)
        inject_drain(t);
}

void
pipeline_client_drained(struct transit *t)
{
    if (t->finishing)
        return;
    if (t->tunnel != NULL) {
        tunnel_client_drained(t);
        return;
    }
    if (t->injection != NULL)
        inject_drained(t, SIDE_RESPONSE);
    if (t->client_full) {
        t->client_full = false;
        call_resume(&t->call);
    }
    if (t->response_delivered)
        deliver_settle(t);
}
