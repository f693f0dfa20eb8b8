#include "proxy/undocumented.h"

#include "drift/tally.h"
#include "proxy/generation.h"
#include "proxy/live_findings.h"
#include "proxy/transit.h"
#include "proxy/worker.h"
#include "rules/severity.h"

#define MOST 100 /* findings of one exchange */

struct undocumented {
    struct finding finding; /* its texts are in the exchange's arena, or the contract's */
    struct undocumented *next;
};

/* ---- looking ---- */

static bool
is_looked_at(const struct transit *t, enum side side)
{
    return t->findings != NULL && t->route.match.operation != NULL && t->policy->undocumented != MODE_OFF &&
           (side == SIDE_REQUEST ? t->policy->request : t->policy->response) != MODE_OFF;
}

static void
on_found(void *arg, const struct finding *f)
{
    struct transit *t = arg;
    struct arena *arena = t->exchange.arena;
    struct undocumented *one = t->undocumented_count < MOST ? ARENA_NEW(arena, struct undocumented) : NULL;

    if (one == NULL)
        return;
    one->finding = *f;
    one->finding.instance = arena_text(arena, f->instance);
    one->next = t->undocumented;
    t->undocumented = one;
    t->undocumented_count++;
}

static struct tally_exchange
look_of(struct transit *t)
{
    return (struct tally_exchange){ .service = t->route.service,
                                    .match = &t->route.match,
                                    .exchange = &t->exchange,
                                    .scratch = t->worker->scratch,
                                    .found = on_found,
                                    .arg = t };
}

bool
undocumented_body(void *transit, enum side side, const struct document *document)
{
    struct transit *t = transit;
    struct tally_exchange look = look_of(t);
    uint32_t before = t->undocumented_count;

    if (!is_looked_at(t, side))
        return false;
    look.bodies[side] = document->root;
    (void)tally_look_at_body(t->share->tally, &look, side); /* without memory it is not looked at */
    return t->undocumented_count > before;
}

/* ---- telling ---- */

static void
look_at_headers(struct transit *t)
{
    struct tally_exchange look = look_of(t);

    tally_look_at_headers(&look);
}

void
undocumented_over(struct transit *t)
{
    if (t->findings == NULL || t->exchange.outcome == OUTCOME_REFUSED || t->exchange.fault_count > 0)
        return;
    if (is_looked_at(t, SIDE_RESPONSE) && !t->own_response)
        look_at_headers(t);
    for (struct undocumented *one = t->undocumented; one != NULL; one = one->next)
        if (severities_judge(ruleset_severities(t->ruleset), &one->finding))
            live_findings_add_one(t->findings, &one->finding);
}
