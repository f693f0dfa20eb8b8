/* inject_send.c -- requests that are sent in another way than they stand: broken, in pieces, twice. */
#include "proxy/inject_internal.h"

#include "base/limits.h"
#include "proxy/client.h"
#include "proxy/limiting.h"
#include "proxy/responder.h"
#include "proxy/worker.h"

/* Nothing more of it is sent. */
static void
send_no_more(struct transit *t)
{
    if (t->request_complete)
        return;
    t->request_passing = PASSING_DISCARD;
    client_resume(t->client);
}

static void
start(struct transit *t, bool more, const struct call_events *events)
{
    if (responder_start(t, more, events))
        t->exchange.times.connected = transit_time(t);
}

static void
send_garbage(struct transit *t, const struct fault_firing *malform, const struct call_events *events)
{
    inject_note(t, malform->rule, SIDE_REQUEST, TEXT("garbage"));
    inject_alters(t);
    t->sent_head = inject_garbage(t, malform->random);
    t->sent_line = t->sent_body = t->sent_tail = (struct text){ NULL, 0 };
    t->call_last = true;
    send_no_more(t);
    start(t, false, events);
    t->exchange.times.sent = transit_time(t);
}

/* The head at once, the body as its flow wants it. */
static void
send_flow(struct transit *t, const struct call_events *events)
{
    struct text body = t->sent_body;

    t->sent_line = t->sent_body = t->sent_tail = (struct text){ NULL, 0 };
    t->call_last = true; /* whether all of it was read is not known */
    start(t, true, events);
    answer_send(t, body);
    if (t->request_complete)
        answer_send_end(t);
    else
        answer_flush(t);
}

/* ---- twice ---- */

static void
note_first(struct transit *t, const char *failed)
{
    const struct fault_rule *rule = inject_firing(t->injection, SIDE_REQUEST, FAULT_DUPLICATE)->rule;
    struct arena *arena = t->exchange.arena;

    inject_note(t, rule, SIDE_REQUEST,
                failed != NULL
                    ? arena_print(arena, "the first one failed (%s); the answer is that to the second", failed)
                    : arena_print(arena, "the first one was answered %u; the answer is that to the second",
                                  t->injection->first_status));
}

static void
send_second(struct transit *t, const char *failed)
{
    if (t->finishing)
        return;
    note_first(t, failed);
    t->exchange.response = (struct message){ .status = 0 };
    start(t, false, t->injection->events);
    t->exchange.times.sent = transit_time(t);
}

static void
on_first_connected(void *arg)
{
    struct transit *t = arg;

    t->exchange.times.connected = transit_time(t);
}

static void
on_first_interim(void *arg, const struct message *m)
{
    (void)arg;
    (void)m;
}

static void
on_first_nothing(void *arg)
{
    (void)arg;
}

static void
on_first_head(void *arg)
{
    struct transit *t = arg;

    t->injection->first_status = t->exchange.response.status;
}

static void
on_first_body(void *arg, struct text piece, bool kept)
{
    (void)arg;
    (void)piece;
    (void)kept;
}

static void
on_first_done(void *arg)
{
    send_second(arg, NULL);
}

static void
on_first_failed(void *arg, enum call_failure failure, const struct parse_fault *fault)
{
    (void)fault;
    send_second(arg, call_failure_id(failure));
}

static const struct call_events first_events = {
    .connected = on_first_connected,
    .interim = on_first_interim,
    .go_on = on_first_nothing,
    .head = on_first_head,
    .body = on_first_body,
    .pause = on_first_nothing,
    .done = on_first_done,
    .failed = on_first_failed,
    .drained = on_first_nothing,
    .ended = on_first_nothing,
};

/* ---- all of them ---- */

bool
inject_sends(struct transit *t, const struct call_events *events)
{
    struct injection *inj = t->injection;
    const struct fault_firing *malform = inject_firing(inj, SIDE_REQUEST, FAULT_MALFORM);

    if (malform != NULL && malform->rule->malform == FAULT_GARBAGE) {
        send_garbage(t, malform, events);
        return true;
    }
    if (inj->flows[SIDE_REQUEST].on) {
        send_flow(t, events);
        return true;
    }
    if (inject_firing(inj, SIDE_REQUEST, FAULT_DUPLICATE) == NULL || !t->request_complete || t->upgrade.length > 0)
        return false;
    inject_alters(t);
    inj->events = events;
    start(t, false, &first_events);
    t->exchange.times.sent = transit_time(t);
    return true;
}
