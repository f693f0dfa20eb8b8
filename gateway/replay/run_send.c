/* run_send.c -- a request on its way, and its answer. */
#include "base/limits.h"
#include "replay/run_internal.h"

#define UNCONNECTED 5 /* connections that fail before any came about: then nobody is there */

/* ---- the answer ---- */

static void
on_nothing(void *arg)
{
    (void)arg;
}

static void
on_interim(void *arg, const struct message *m)
{
    (void)arg;
    (void)m;
}

static void
on_head(void *arg)
{
    struct replay_slot *s = arg;

    s->item.head = loop_now(s->run->loop);
}

/* Room for `more` bytes of the body, or false: no more is kept. */
static bool
make_room(struct replay_slot *s, size_t more)
{
    const struct message *answer = &s->item.answer;
    size_t most = s->run->plan->max_body, room = s->body_room;
    char *body;

    if (more > most || s->body_length > most - more)
        return false;
    if (s->body_length + more <= room)
        return true;
    room = room > 0                                                             ? room * 2
           : answer->has_length && answer->length > 0 && answer->length <= most ? answer->length
                                                                                : 4096;
    if (room < s->body_length + more)
        room = s->body_length + more;
    body = arena_grow(s->item.arena, s->body, s->body_length, room);
    if (body == NULL)
        return false;
    s->body = body;
    s->body_room = room;
    return true;
}

static void
on_body(void *arg, struct text piece, bool kept)
{
    struct replay_slot *s = arg;

    if (s->asking || piece.length == 0)
        return;
    s->item.answer.body_bytes += piece.length;
    if (s->item.answer.body_state == BODY_TOO_LARGE)
        return;
    if (kept && s->body == NULL && piece.length <= s->run->plan->max_body) {
        s->body = (char *)(uintptr_t)piece.data; /* it is copied before anything is added */
        s->body_length = s->body_room = piece.length;
        return;
    }
    if (!make_room(s, piece.length)) {
        s->item.answer.body_state = BODY_TOO_LARGE;
        return;
    }
    memcpy(s->body + s->body_length, piece.data, piece.length);
    s->body_length += piece.length;
}

static void send_request(struct replay *r, struct replay_slot *s);

static bool
is_sandbox(const struct message *answer)
{
    return message_header_named(answer, TEXT("Plumbline-Sandbox")) != NULL;
}

static void
end_asking(struct replay_slot *s, bool sandbox)
{
    struct replay *r = s->run;

    s->asking = false;
    if (allow_answer(r, s, sandbox) < 0 || allow_ask(r, s) != ALLOWED)
        run_fail(r);
    else
        send_request(r, s);
}

static void
on_done(void *arg)
{
    struct replay_slot *s = arg;
    struct message *answer = &s->item.answer;

    if (s->asking) {
        end_asking(s, is_sandbox(answer));
        return;
    }
    answer->body = text_make(s->body, s->body_length);
    if (answer->body_state != BODY_TOO_LARGE)
        answer->body_state = answer->framing == FRAMING_NONE ? BODY_NONE : BODY_WHOLE;
    s->run->answered++;
    s->item.end = REPLAY_ANSWERED;
    run_over(s);
}

static void
on_failed(void *arg, enum call_failure failure, const struct parse_fault *fault)
{
    struct replay_slot *s = arg;
    struct replay *r = s->run;
    const struct replay_target *target = s->item.target;

    s->item.end = REPLAY_FAILED;
    s->item.failure = failure;
    s->item.why = fault != NULL ? fault->what : call_why(&s->call);
    if (s->asking || (failure == CALL_CONNECT && r->answered == 0 && ++r->unconnected == UNCONNECTED)) {
        (void)error_set(r->err, ERROR_ENVIRONMENT, target->url.data, "%s%s%s", call_failure_what(failure),
                        s->item.why != NULL ? ": " : "", s->item.why != NULL ? s->item.why : "");
        run_fail(r);
        return;
    }
    run_over(s);
}

/* ---- the request ---- */

static const struct call_events events = {
    .connected = on_nothing,
    .interim = on_interim,
    .go_on = on_nothing,
    .head = on_head,
    .body = on_body,
    .pause = on_nothing,
    .done = on_done,
    .failed = on_failed,
    .drained = on_nothing,
};

static void
start(struct replay *r, struct replay_slot *s, struct text method, struct text body)
{
    struct call_request request = { .head = buffer_text(&s->head), .body = body, .method = method };

    request.repeatable = !text_equal(method, TEXT("POST")) && !text_equal(method, TEXT("PATCH"));
    request.arena = s->item.arena;
    request.response = &s->item.answer;
    request.connect_timeout = r->plan->connect_timeout;
    request.first_byte_timeout = r->plan->timeout;
    request.idle_timeout = r->plan->timeout;
    memset(&s->item.answer, 0, sizeof s->item.answer);
    (void)call_start(&s->call, r->pools[s->item.target - r->plan->targets], &request, &events, s);
}

static void
send_request(struct replay *r, struct replay_slot *s)
{
    struct replay_item *item = &s->item;
    int64_t now = loop_now(r->loop);

    buffer_clear(&s->head);
    replay_request_head(&item->request, &s->head);
    if (buffer_failed(&s->head)) {
        item->end = REPLAY_TOO_LARGE;
        run_over(s);
        return;
    }
    item->begin = loop_wall(r->loop);
    item->sent = now;
    item->late = s->waited || !s->timed ? -1 : now - s->due;
    r->counts.sent++;
    if (item->late >= 0) {
        r->counts.timed++;
        r->counts.on_time += item->late < 5 * LOOP_MILLI;
        r->counts.latest = item->late > r->counts.latest ? item->late : r->counts.latest;
    }
    start(r, s, item->request.message.method, item->request.message.body);
}

/* Its own path and fields, without a body: the same service answers. */
static void
ask(struct replay *r, struct replay_slot *s)
{
    const struct message *m = &s->item.request.message;

    s->asking = true;
    s->waited = true; /* its own time has passed meanwhile */
    buffer_clear(&s->head);
    buffer_print(&s->head, "OPTIONS %.*s HTTP/1.1\r\nHost: %.*s\r\n\r\n", TEXT_PRINT(m->path),
                 TEXT_PRINT(m->authority));
    start(r, s, TEXT("OPTIONS"), text_make(NULL, 0));
}

static const struct replay_target *
target_of(const struct replay *r, const struct exchange *x)
{
    const struct replay_plan *plan = r->plan;
    const struct replay_target *others = NULL;

    for (uint32_t i = 0; i < plan->target_count; i++) {
        const struct replay_target *t = &plan->targets[i];

        if (t->name.length == 0)
            others = t;
        else if (text_equal(t->name, x->service) || text_equal_nocase(t->name, x->request.authority) ||
                 text_equal_nocase(t->name, authority_host(x->request.authority)))
            return t;
    }
    return others;
}

/* The request is there: false, and how the item ended, where it must not be sent. */
static bool
prepare(struct replay *r, struct replay_slot *s)
{
    struct replay_item *item = &s->item;

    item->target = target_of(r, &item->recorded);
    item->end = REPLAY_NO_TARGET;
    if (item->target == NULL)
        return false;
    item->end = REPLAY_TOO_LARGE;
    if (replay_request_make(&r->plan->making, item->number, &item->recorded, &item->match, item->target->host,
                            item->target->base, item->arena, &item->request) < 0)
        return false;
    item->end = item->request.unresolved > 0 ? REPLAY_UNRESOLVED : REPLAY_NO_SECRET;
    item->lacking = item->request.lacking;
    return item->request.unresolved == 0 && item->lacking.length == 0;
}

void
send_begin(struct replay *r, struct replay_slot *s)
{
    if (!prepare(r, s) || r->rehearsal) {
        if (r->rehearsal && s->item.request.message.method.length > 0)
            s->item.end = s->item.lacking.length > 0 ? REPLAY_NO_SECRET : REPLAY_ANSWERED;
        run_over(s);
        return;
    }
    switch (allow_ask(r, s)) {
    case ALLOWED:
        run_under_way(r, s);
        send_request(r, s);
        break;
    case ALLOWED_ASK:
        run_under_way(r, s);
        ask(r, s);
        break;
    case ALLOWED_WAIT:
        s->state = SLOT_PARKED;
        s->waited = true;
        r->parked++;
        break;
    case ALLOWED_NOT:
        run_fail(r);
        break;
    }
}
