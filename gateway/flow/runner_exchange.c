/* runner_exchange.c -- what was sent and what came back, as an exchange: named, timed, held against its contract. */
#include "flow/runner_internal.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "http/coding.h"
#include "http/media_type.h"

/* ---- what is sent ---- */

/* 9 of the time (ms), 5 of the process, 6 counted; base 32 (Crockford), like those of the gateway. */
static void
put(char *out, unsigned digits, uint64_t value)
{
    static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

    while (digits > 0) {
        out[--digits] = letters[value & 31];
        value >>= 5;
    }
}

static void
name(struct runner *r, struct exchange *x)
{
    put(x->id, 9, (uint64_t)x->started / 1000000);
    put(x->id + 9, 5, r->id_seed);
    put(x->id + 14, 6, r->id_count++);
    x->id[EXCHANGE_ID_BYTES] = '\0';
}

/* "http" and "host:port" of the URL. */
static void
tell_where(struct exchange *x, struct text url)
{
    size_t scheme = text_search(url, TEXT("://"));
    struct text rest = text_from(url, scheme + 3);

    x->scheme = text_slice(url, 0, scheme);
    x->upstream = text_slice(rest, 0, text_find(rest, '/'));
    x->upstream = text_slice(x->upstream, 0, text_find(x->upstream, '?'));
}

static bool
says_json(const struct message *m)
{
    struct media_type type;

    return media_type_parse(message_value(m, HEADER_CONTENT_TYPE), &type) && media_type_kind(&type) == MEDIA_JSON;
}

bool
exchange_begin(struct trial *t)
{
    struct attempt *a = &t->now;
    const struct step *step = t->of->step;
    struct exchange *x = a->exchange = ARENA_NEW(a->arena, struct exchange);

    if (x == NULL)
        return false;
    *x = (struct exchange){
        .arena = a->arena,
        .started = exchange_wall(t->runner, clock_monotonic()),
        .times = { .connected = -1, .sent = -1, .first_byte = -1, .response_end = -1, .finished = -1 },
        .service = contract_name(operation_contract(step->operation)),
        .operation = operation_id(step->operation),
        .responder = TEXT("upstream"),
        .request = a->request.message
    };
    name(t->runner, x);
    tell_where(x, a->request.url);
    if (says_json(&x->request))
        a->bodies[SIDE_REQUEST] = a->request.body; /* unless the check reads it again */
    return true;
}

/* ---- what came back ---- */

static bool
copy_headers(struct message *m, const struct message *from, struct arena *arena)
{
    m->headers = ARENA_ARRAY(arena, struct header, from->header_count + 1);
    m->header_count = 0;
    for (uint32_t i = 0; m->headers != NULL && i < from->header_count; i++) {
        struct header *h = &m->headers[i];

        *h = from->headers[i];
        h->name = arena_text(arena, h->name);
        h->value = arena_text(arena, h->value);
        if (h->name.data == NULL || h->value.data == NULL)
            return false;
        m->header_count++;
    }
    return m->headers != NULL;
}

void
exchange_copy_answer(struct trial *t, const struct fetch_result *result)
{
    struct exchange *x = t->now.exchange;
    struct message *m = &x->response;

    t->answered_at = clock_monotonic();
    t->fetch_failure = result->failure;
    memcpy(t->fetch_why, result->why, sizeof t->fetch_why);
    if (result->failure != FETCH_OK)
        return;
    *m = result->response;
    m->reason = arena_text(x->arena, m->reason);
    m->body = arena_text(x->arena, m->body);
    x->has_response = copy_headers(m, &result->response, x->arena) && m->body.data != NULL;
    if (!x->has_response) {
        t->fetch_failure = FETCH_FULL;
        *m = (struct message){ .status = 0 };
    }
}

/* ---- failures ---- */

/* By enum fetch_failure. */
static const struct {
    enum flow_failure failure;
    uint16_t status;    /* what the gateway would have answered */
    const char *reason; /* of the refusal, as the gateway names it */
} failures[] = {
    [FETCH_OK] = { FLOW_FINE, 0, "" },
    [FETCH_REFUSED] = { FLOW_NETWORK, 502, "upstream-connect" },
    [FETCH_TIMEOUT] = { FLOW_TIMED_OUT, 504, "upstream-timeout" },
    [FETCH_BROKEN] = { FLOW_NETWORK, 502, "upstream-closed" },
    [FETCH_URL] = { FLOW_MISSING, 502, "upstream-connect" },
    [FETCH_FULL] = { FLOW_LIMIT, 503, "no-memory" },
    [FETCH_STOPPED] = { FLOW_STOPPED, 503, "upstream-closed" },
};

static void
tell_failure(struct trial *t)
{
    struct exchange *x = t->now.exchange;

    t->now.failure = failures[t->fetch_failure].failure;
    t->now.why = text_of(t->fetch_why[0] != '\0' ? t->fetch_why : "there is no memory for the answer");
    x->outcome = OUTCOME_REFUSED;
    x->refusal = (struct refusal){ .status = failures[t->fetch_failure].status,
                                   .side = SIDE_RESPONSE,
                                   .reason = text_of(failures[t->fetch_failure].reason),
                                   .detail = t->now.why };
}

/* What libcurl does not tell is taken to be at once: only beginning and end are known. */
static void
tell_times(struct trial *t)
{
    struct exchange *x = t->now.exchange;
    int64_t took = exchange_wall(t->runner, t->answered_at) - x->started;

    x->times.finished = took;
    if (t->fetch_failure != FETCH_REFUSED && t->fetch_failure != FETCH_URL && t->fetch_failure != FETCH_FULL)
        x->times.connected = x->times.sent = 0;
    if (x->has_response)
        x->times.first_byte = x->times.response_end = took;
}

/* ---- bodies ---- */

static bool
on_parsed(void *arg, enum side side, const struct document *document)
{
    struct trial *t = arg;

    t->now.bodies[side] = document->root;
    return true;
}

/* Whatever the check had no reason to look at. */
static void
read_answer(struct trial *t)
{
    struct attempt *a = &t->now;
    struct document document;
    struct text body;

    a->decoded = a->exchange->response;
    if (coding_decode(&a->decoded, LIMIT_FLOW_BODY, a->arena, &body) == CODING_OK) {
        a->decoded.body = body;
        a->decoded.body_plain = true;
    }
    if (a->bodies[SIDE_RESPONSE] == NULL && body.length > 0 && says_json(&a->decoded) &&
        document_parse(&document, a->decoded.body, NULL, a->arena, NULL) == 0)
        a->bodies[SIDE_RESPONSE] = document.root;
    t->scope.response = &a->decoded;
    t->scope.response_body = a->bodies[SIDE_RESPONSE];
}

/* ---- verdicts ---- */

static void
check_answer(struct check *check, struct trial *t)
{
    const struct contract_match *match = &t->now.request.match;
    struct exchange *x = t->now.exchange;
    struct check_items *items;

    check_response_head(check, match, &x->request, &x->response, &x->response_verdict);
    items = check_items_new(check, match, &x->request, &x->response, &x->response_verdict);
    if (items == NULL) {
        check_response_body(check, match, &x->request, &x->response, &x->response_verdict);
        return;
    }
    check_items_feed(items, x->response.body);
    check_items_end(items);
}

static void
check(struct trial *t)
{
    struct attempt *a = &t->now;
    struct exchange *x = a->exchange;
    struct check_policy policy = a->policy != NULL ? a->policy->check : check_policy_default;
    struct check check = { .arena = a->arena,
                           .scratch = t->runner->schemas,
                           .policy = &policy,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET,
                           .parsed = on_parsed,
                           .parsed_arg = t };

    policy.max_body = LIMIT_FLOW_BODY;
    check_request_head(&check, &a->request.match, &x->request, &x->request_verdict);
    check_request_body(&check, &a->request.match, &x->request, &x->request_verdict);
    if (x->has_response)
        check_answer(&check, t);
}

/* The first violation that is an error, and how many there are. */
static void
find_errors(const struct verdict *v, const struct violation **first, uint32_t *count)
{
    for (uint32_t i = 0; i < v->count; i++) {
        if (violation_level(v->list[i].id) != LEVEL_ERROR)
            continue;
        if ((*count)++ == 0)
            *first = &v->list[i];
    }
}

static void
judge_verdicts(struct trial *t)
{
    struct attempt *a = &t->now;
    const struct violation *first = NULL;
    uint32_t count = 0;
    struct text line;

    find_errors(&a->exchange->request_verdict, &first, &count);
    find_errors(&a->exchange->response_verdict, &first, &count);
    if (count == 0)
        return;
    line = violation_line(first, a->arena);
    a->failure = FLOW_INVALID;
    if (first->id == VIOLATION_INVARIANT_BROKEN) {
        a->failure = FLOW_RULE;
        line = arena_print(a->arena, "'%.*s': %.*s", TEXT_PRINT(first->keyword), TEXT_PRINT(line));
    }
    a->why = count == 1 ? line : arena_print(a->arena, "%.*s, and %u more", TEXT_PRINT(line), (unsigned)count - 1);
}

void
exchange_judge(struct trial *t)
{
    tell_times(t);
    if (!t->runner->options->unchecked)
        check(t);
    if (t->now.exchange->has_response)
        read_answer(t);
    rules_check(t);
    if (t->fetch_failure != FETCH_OK)
        tell_failure(t);
    else
        judge_verdicts(t);
}
