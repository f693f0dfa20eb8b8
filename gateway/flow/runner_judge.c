/* runner_judge.c -- is a try a success, and what is to be done then (Arazzo 1.0.1: successCriteria, onSuccess,
 * onFailure). */
#include "flow/runner_internal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/time_text.h"

#define RETRY_AFTER_MOST 60 /* seconds that a server may ask for; beyond that the document's own time holds */

/* ---- criteria ---- */

static void
not_met(struct trial *t, const struct criterion *c, struct text told)
{
    struct text condition = criterion_text(c);

    t->now.failure = FLOW_CRITERION;
    t->now.criterion = c;
    t->now.told = told;
    t->now.why = arena_print(t->now.arena, "'%.*s' does not hold: %.*s", TEXT_PRINT(condition), TEXT_PRINT(told));
}

/* The document has none: 2xx is a success. */
static void
judge_status(struct trial *t)
{
    uint16_t status = t->now.exchange != NULL ? t->now.exchange->response.status : 200;

    if (status >= 200 && status < 300)
        return;
    t->now.failure = FLOW_CRITERION;
    t->now.told = arena_print(t->now.arena, "$statusCode is %u, wanted 200 to 299", (unsigned)status);
    t->now.why = t->now.told;
}

void
judge_criteria(struct trial *t)
{
    const struct step *step = t->of->step;

    if (step->criterion_count == 0)
        judge_status(t);
    for (uint32_t i = 0; i < step->criterion_count && t->now.failure == FLOW_FINE; i++) {
        struct text told = { .length = 0 };

        if (criterion_judge(step->criteria[i], &t->scope, t->runner->criteria, t->now.arena, &told) != CRITERION_HOLDS)
            not_met(t, step->criteria[i], told);
    }
}

/* ---- actions ---- */

static bool
all_hold(struct trial *t, const struct flow_action *a)
{
    struct text told;

    for (uint32_t i = 0; i < a->criterion_count; i++)
        if (criterion_judge(a->criteria[i], &t->scope, t->runner->criteria, t->now.arena, &told) != CRITERION_HOLDS)
            return false;
    return true;
}

/* RFC 9110 10.2.3: seconds, or a date. 0: none that is heeded. */
static int64_t
asked_for(const struct trial *t)
{
    const struct exchange *x = t->now.exchange;
    const struct header *h = NULL;
    uint64_t seconds;
    int64_t date, delay = 0;

    if (x != NULL && (x->response.status == 503 || x->response.status == 429))
        h = message_header_named(&x->response, TEXT("Retry-After"));
    if (h == NULL)
        return 0;
    if (text_to_u64(h->value, &seconds))
        delay = seconds < RETRY_AFTER_MOST ? (int64_t)seconds * CLOCK_SECOND : 0;
    else if (time_text_read_http_date(h->value, &date))
        delay = date - exchange_wall(t->runner, clock_monotonic());
    return delay > 0 && delay < RETRY_AFTER_MOST * CLOCK_SECOND ? delay : 0;
}

static int64_t
delay_of(const struct trial *t, const struct flow_action *a)
{
    int64_t delay = a->retry_after, asked = asked_for(t);

    if (asked > delay)
        delay = asked;
    return delay < LIMIT_FLOW_WAIT * CLOCK_SECOND ? delay : LIMIT_FLOW_WAIT * CLOCK_SECOND;
}

/* Arazzo 1.0.1: retryLimit is used up before the actions behind it are looked at. */
static bool
may_retry(struct trial *t, const struct flow_action *a, uint32_t index, uint32_t count)
{
    uint32_t limit = a->retry_limit < LIMIT_FLOW_RETRIES ? a->retry_limit : LIMIT_FLOW_RETRIES;

    if (t->retries == NULL && (t->retries = calloc(count, sizeof t->retries[0])) == NULL)
        return false;
    t->limit = limit;
    if (t->retries[index] < limit) {
        t->retries[index]++;
        return true;
    }
    t->exhausted = limit > 0;
    return false;
}

struct decision
judge_action(struct trial *t)
{
    const struct step *step = t->of->step;
    bool fine = t->now.failure == FLOW_FINE;
    const struct flow_action *actions = fine ? step->on_success : step->on_failure;
    uint32_t count = fine ? step->on_success_count : step->on_failure_count;

    if (t->now.failure == FLOW_STOPPED || t->of->helping)
        return (struct decision){ .action = NULL };
    for (uint32_t i = 0; i < count; i++) {
        const struct flow_action *a = &actions[i];

        if (!all_hold(t, a))
            continue;
        if (a->kind != FLOW_RETRY)
            return (struct decision){ .action = a };
        if (!fine && may_retry(t, a, i, count))
            return (struct decision){ .action = a, .delay = delay_of(t, a) };
    }
    return (struct decision){ .action = NULL };
}
