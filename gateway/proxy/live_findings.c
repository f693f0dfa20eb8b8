#include "proxy/live_findings.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "proxy/transit.h"
#include "rules/redaction.h"
#include "rules/severity.h"

struct live_lane {
    pthread_mutex_t lock;
    struct finding_list *list; /* NULL until something is found, and after a reset */
    uint64_t exchanges, overflow;
};

struct live_findings {
    struct live_lane *lanes;
    uint32_t lane_count;
    int64_t since;   /* written by the admin thread alone, once it runs */
    uint64_t before; /* likewise */
};

struct live_findings *
live_findings_new(uint32_t lanes)
{
    struct live_findings *live = calloc(1, sizeof(*live));

    if (live == NULL)
        return NULL;
    live->since = clock_wall();
    live->lanes = calloc(lanes, sizeof(live->lanes[0]));
    if (live->lanes == NULL) {
        free(live);
        return NULL;
    }
    live->lane_count = lanes;
    for (uint32_t i = 0; i < lanes; i++)
        (void)pthread_mutex_init(&live->lanes[i].lock, NULL);
    return live;
}

void
live_findings_free(struct live_findings *live)
{
    if (live == NULL)
        return;
    for (uint32_t i = 0; i < live->lane_count; i++) {
        finding_list_free(live->lanes[i].list);
        (void)pthread_mutex_destroy(&live->lanes[i].lock);
    }
    free(live->lanes);
    free(live);
}

struct live_lane *
live_lane(struct live_findings *live, uint32_t worker)
{
    return live != NULL ? &live->lanes[worker % live->lane_count] : NULL;
}

/* ---- adding ---- */

/* False: it was never seen and there is room for it, but it could not be redacted, so nothing of it may be kept. */
static bool
redact(struct transit *t, struct redaction_scratch *scratch)
{
    if (!t->redacted)
        t->redacted = redaction_apply(ruleset_redaction(t->ruleset), &t->exchange, scratch) == 0;
    return t->redacted;
}

/* Under the lock. What is known already is found by its fingerprint alone and holds nothing of this exchange but its
 * id. */
static void
add_violation(struct live_lane *lane, struct transit *t, const struct violation *v, struct redaction_scratch *scratch)
{
    struct finding f;

    finding_of(&f, &t->exchange, v);
    if (!severities_judge(ruleset_severities(t->ruleset), &f) || finding_list_again(lane->list, &f))
        return;
    if (finding_list_count(lane->list) >= LIMIT_LIVE_FINDINGS || !redact(t, scratch)) {
        lane->overflow++;
        return;
    }
    finding_of(&f, &t->exchange, v);
    (void)severities_judge(ruleset_severities(t->ruleset), &f);
    if (finding_list_add_one(lane->list, &f) < 0)
        lane->overflow++;
}

void
live_findings_add(struct live_lane *lane, struct transit *t, struct redaction_scratch *scratch)
{
    const struct verdict *verdicts[] = { &t->exchange.request_verdict, &t->exchange.response_verdict };

    if (lane == NULL || verdicts[0]->count + verdicts[1]->count == 0)
        return;
    (void)pthread_mutex_lock(&lane->lock);
    if (lane->list == NULL)
        lane->list = finding_list_new();
    lane->exchanges++;
    for (size_t side = 0; lane->list != NULL && side < 2; side++)
        for (uint32_t i = 0; i < verdicts[side]->count; i++)
            add_violation(lane, t, &verdicts[side]->list[i], scratch);
    (void)pthread_mutex_unlock(&lane->lock);
}

void
live_findings_add_one(struct live_lane *lane, const struct finding *f)
{
    if (lane == NULL)
        return;
    (void)pthread_mutex_lock(&lane->lock);
    if (lane->list == NULL)
        lane->list = finding_list_new();
    if (lane->list == NULL ||
        (!finding_list_again(lane->list, f) &&
         (finding_list_count(lane->list) >= LIMIT_LIVE_FINDINGS || finding_list_add_one(lane->list, f) < 0)))
        lane->overflow++;
    (void)pthread_mutex_unlock(&lane->lock);
}

/* ---- reading ---- */

static int
merge_lane(struct live_lane *lane, struct finding_list *all, struct live_totals *totals)
{
    int failed = 0;

    (void)pthread_mutex_lock(&lane->lock);
    totals->exchanges += lane->exchanges;
    totals->overflow += lane->overflow;
    for (uint32_t i = 0; lane->list != NULL && i < finding_list_count(lane->list); i++)
        failed |= finding_list_add_one(all, finding_list_at(lane->list, i));
    (void)pthread_mutex_unlock(&lane->lock);
    return failed;
}

struct finding_list *
live_findings_merge(struct live_findings *live, struct live_totals *totals)
{
    struct finding_list *all = finding_list_new();
    int failed = 0;

    *totals = (struct live_totals){ .since = live->since, .before = live->before };
    for (uint32_t i = 0; all != NULL && i < live->lane_count; i++)
        failed |= merge_lane(&live->lanes[i], all, totals);
    if (failed == 0)
        return all;
    finding_list_free(all);
    return NULL;
}

void
live_findings_reset(struct live_findings *live, uint64_t exchanges)
{
    live->since = clock_wall();
    live->before = exchanges;
    for (uint32_t i = 0; i < live->lane_count; i++) {
        struct live_lane *lane = &live->lanes[i];
        struct finding_list *old;

        (void)pthread_mutex_lock(&lane->lock);
        old = lane->list;
        lane->list = NULL;
        lane->exchanges = lane->overflow = 0;
        (void)pthread_mutex_unlock(&lane->lock);
        finding_list_free(old);
    }
}
