/* hold.c -- answers that wait for their line. */
#include "proxy/hold.h"

#include "base/limits.h"
#include "proxy/body_copy.h"
#include "proxy/client.h"
#include "proxy/generation.h"
#include "proxy/inject.h"
#include "proxy/recorder.h"
#include "proxy/steps.h"
#include "proxy/worker.h"

bool
hold_is_wanted(const struct transit *t)
{
    return t->hold == HOLD_NOT && recorder_holds(t) && (t->injection == NULL || !inject_cuts(t));
}

struct buffer *
hold_open(struct transit *t)
{
    buffer_init(&t->hold_head, LIMIT_STREAM_QUEUE);
    buffer_init(&t->hold_tail, LIMIT_STREAM_QUEUE);
    return &t->hold_head;
}

struct text
hold_last_byte(struct transit *t, struct text piece)
{
    const struct message *m = t->altered[SIDE_RESPONSE] != NULL ? t->altered[SIDE_RESPONSE] : &t->exchange.response;

    if (m->framing != FRAMING_LENGTH || m->body_bytes != m->length || piece.length == 0 || !hold_is_wanted(t))
        return piece;
    t->hold_byte = piece.data[piece.length - 1];
    t->hold_body = text_make(&t->hold_byte, 1);
    return text_slice(piece, 0, piece.length - 1);
}

void
hold_release(struct transit *t)
{
    buffer_release(&t->hold_head);
    buffer_release(&t->hold_tail);
}

/* What waited goes to the client, as if it had come now. */
static void
deliver_held(struct transit *t)
{
    struct buffer *queue = stream_queue(client_stream(t->client));

    buffer_add(queue, buffer_text(&t->hold_head));
    if (t->hold_body.length > 0)
        deliver_piece(t, t->hold_body);
    buffer_add(stream_queue(client_stream(t->client)), buffer_text(&t->hold_tail));
    hold_release(t);
    t->response_delivered = true;
    (void)stream_flush(client_stream(t->client));
    client_resume(t->client); /* a rest of the request's body */
    deliver_settle(t);
}

static void
refuse_held(struct transit *t)
{
    hold_release(t);
    if (t->hold_sent)
        pipeline_go(t, deliver_broken_off(t, refusal_name(REFUSAL_RECORDING), refusal_what(REFUSAL_RECORDING)));
    else
        pipeline_go(t, refuse_own(t, SIDE_RESPONSE, REFUSAL_RECORDING));
}

void
hold_end(struct transit *t)
{
    bool recorded = t->exchange.sequence > 0;

    t->hold = HOLD_OVER;
    if (t->client == NULL) {
        t->exchange.outcome = OUTCOME_CLIENT_GONE;
        pipeline_go(t, STEP_FINISH);
        return;
    }
    if (!recorded && recorder_insists(t) && t->exchange.outcome != OUTCOME_REFUSED)
        refuse_held(t);
    else
        deliver_held(t);
}

/* Nobody up the stack looks at the exchange any more. */
static void
on_holding(void *arg)
{
    struct transit *t = arg;

    if (t->client == NULL) { /* it left in the same turn */
        t->hold = HOLD_NOT;
        t->exchange.outcome = OUTCOME_CLIENT_GONE;
        pipeline_go(t, STEP_FINISH);
        return;
    }
    if (buffer_failed(&t->hold_head) || buffer_failed(&t->hold_tail)) {
        t->hold = HOLD_NOT;
        pipeline_go(t, deliver_broken_off(t, refusal_name(REFUSAL_MEMORY), refusal_what(REFUSAL_MEMORY)));
        return;
    }
    transit_complete(t);
    t->hold = HOLD_OUT;
    t->worker->held++;
    count_add(&t->share->counters->waiting, 1);
    if (!recorder_give(t)) { /* full: drop */
        t->worker->held--;
        count_add(&t->share->counters->waiting, UINT64_MAX);
        t->hold = HOLD_OVER;
        deliver_held(t);
    }
}

void
hold_begin(struct transit *t)
{
    t->hold = HOLD_SOON;
    t->request_passing = t->request_complete ? t->request_passing : PASSING_DISCARD;
    check_request_body_now(t);
    check_response_body_now(t);
    if (t->injection != NULL)
        inject_keep(t);
    client_pause(t->client);
    timer_stop(&t->total);
    t->holding = (struct deferred){ .call = on_holding, .arg = t };
    loop_defer(t->worker->loop, &t->holding);
}
