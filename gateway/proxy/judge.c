/* judge.c -- what is refused, and how. */
#include "proxy/judge.h"

#include "contract/violation.h"

/* The status that a violation of a request is refused with; what is not listed is 400. Rows further up win. */
static const struct {
    enum violation_id id;
    uint16_t status;
} statuses[] = {
    { VIOLATION_PATH_UNKNOWN, 404 },         { VIOLATION_METHOD_UNKNOWN, 405 },
    { VIOLATION_SECURITY_MISSING, 401 },     { VIOLATION_CONTENT_TYPE_MISSING, 415 },
    { VIOLATION_CONTENT_TYPE_UNKNOWN, 415 },
};

/* How a part that stays unchecked is refused in a request; 0: it passes, because nothing was there to be checked. */
static const uint16_t unchecked_statuses[UNCHECKED_IDS] = {
    [UNCHECKED_SIZE] = 413,   [UNCHECKED_MEDIA_TYPE] = 415, [UNCHECKED_CODING] = 415,
    [UNCHECKED_BUDGET] = 400, [UNCHECKED_PATTERN] = 400,    [UNCHECKED_TRUNCATED] = 400,
};

/* What the contract does not name is refused only where `undocumented` says so. */
static bool
is_undocumented(enum violation_id id)
{
    return id == VIOLATION_PATH_UNKNOWN || id == VIOLATION_METHOD_UNKNOWN || id == VIOLATION_STATUS_UNKNOWN ||
           id == VIOLATION_CONTENT_TYPE_UNKNOWN;
}

static bool
refuses(const struct transit *t, enum violation_id id, enum side side)
{
    /* A client chooses the media type: naming one that the contract does not have must not be a way around its
     * schema. */
    if (id == VIOLATION_CONTENT_TYPE_UNKNOWN && side == SIDE_REQUEST && !t->policy->unchecked_pass)
        return true;
    if (is_undocumented(id))
        return t->policy->undocumented == MODE_ENFORCE;
    if (id == VIOLATION_JSON_DUPLICATE_KEY || id == VIOLATION_BODY_UNEXPECTED)
        return true;
    return violation_level(id) == LEVEL_ERROR;
}

static uint16_t
status_of(enum violation_id id, size_t *rank)
{
    for (*rank = 0; *rank < sizeof statuses / sizeof statuses[0]; ++*rank) {
        if (statuses[*rank].id == id)
            return statuses[*rank].status;
    }
    return 400;
}

uint16_t
judge_status(enum violation_id id)
{
    size_t rank;

    return status_of(id, &rank);
}

uint16_t
judge_unchecked_status(enum unchecked_id reason)
{
    return unchecked_statuses[reason];
}

/* The violation that decides, or NULL. */
static const struct violation *
deciding(const struct transit *t, const struct verdict *v, uint16_t *status)
{
    const struct violation *found = NULL;
    size_t best = SIZE_MAX;

    for (uint32_t i = 0; i < v->count; i++) {
        size_t rank;
        uint16_t its = status_of(v->list[i].id, &rank);

        if (!refuses(t, v->list[i].id, v->list[i].side) || rank >= best)
            continue;
        best = rank;
        found = &v->list[i];
        *status = its;
    }
    return found;
}

static const struct verdict *
verdict_of(const struct transit *t, enum side side)
{
    return side == SIDE_REQUEST ? &t->exchange.request_verdict : &t->exchange.response_verdict;
}

bool
judge_verdict(struct transit *t, enum side side)
{
    const struct verdict *v = verdict_of(t, side);
    uint16_t status = 0;
    const struct violation *found = deciding(t, v, &status);

    if (found != NULL) {
        struct text line = violation_line(found, t->exchange.arena);

        t->refusal = (struct refusal_plan){ .status = side == SIDE_REQUEST ? status : 502,
                                            .side = side,
                                            .reason = violation_name(found->id),
                                            .detail = line.data != NULL ? line.data : violation_what(found->id) };
        return true;
    }
    for (uint32_t i = 0; i < v->unchecked_count && !t->policy->unchecked_pass; i++) {
        enum unchecked_id reason = v->unchecked[i].reason;

        if (v->unchecked[i].side != side || unchecked_statuses[reason] == 0)
            continue;
        t->refusal = (struct refusal_plan){ .status = side == SIDE_REQUEST ? unchecked_statuses[reason] : 502,
                                            .side = side,
                                            .reason = unchecked_name(reason),
                                            .detail = unchecked_what(reason) };
        return true;
    }
    return false;
}

bool
judge_size(struct transit *t, enum side side)
{
    if (t->policy->unchecked_pass)
        return false;
    verdict_unchecked(side == SIDE_REQUEST ? &t->exchange.request_verdict : &t->exchange.response_verdict,
                      UNCHECKED_SIZE, side, (struct text){ NULL, 0 });
    t->refusal = (struct refusal_plan){ .status = side == SIDE_REQUEST ? 413 : 502,
                                        .side = side,
                                        .reason = unchecked_name(UNCHECKED_SIZE),
                                        .detail = unchecked_what(UNCHECKED_SIZE) };
    return true;
}

void
judge_body_state(struct transit *t, enum side side)
{
    struct message *m = side == SIDE_REQUEST ? &t->exchange.request : &t->exchange.response;

    if (m->body.length > t->policy->max_body && m->body_state == BODY_WHOLE)
        m->body_state = BODY_TOO_LARGE;
}

bool
judge_options_pass(const struct transit *t)
{
    return t->route.match.operation == NULL && !t->policy->options_refuse &&
           text_equal(t->exchange.request.method, TEXT("OPTIONS"));
}
