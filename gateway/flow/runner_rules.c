/* runner_rules.c -- lifecycles and invariants over all exchanges of all runs: one checker, one memory. Exchanges are
 * kept in the order in which they began, so that what nothing can overlap any more is known (rules/watch.h). */
#include "flow/runner_internal.h"

#include <stdlib.h>

#include "base/clock.h"

/* An exchange that is under way, in its arena. */
struct watched {
    struct watched *older, *newer;
    const struct operation *operation; /* of the ruleset's contract: rules know no other */
    struct contract_match match;       /* with that */
    unsigned concern;
    int64_t begin;
};

struct runner_rules {
    const struct watch_rules *rules;
    struct watch_checker *checker;
    struct watch *memory;
    struct watched *first, *last;
};

int
rules_new(struct runner *r, struct error *err)
{
    const struct watch_rules *rules = r->options->ruleset != NULL ? ruleset_watch(r->options->ruleset) : NULL;
    struct runner_rules *w;

    if (rules == NULL)
        return 0;
    w = r->rules = calloc(1, sizeof *w);
    if (w == NULL)
        return error_memory(err);
    w->rules = rules;
    w->checker = watch_checker_new(rules, NULL, NULL, err);
    if (w->checker == NULL)
        return -1;
    w->memory = watch_new(rules, 1);
    return w->memory != NULL ? 0 : error_memory(err);
}

void
rules_free(struct runner *r)
{
    if (r->rules == NULL)
        return;
    watch_free(r->rules->memory);
    watch_checker_free(r->rules->checker);
    free(r->rules);
}

/* ---- an exchange on its way ---- */

static void
enter(struct runner_rules *w, struct watched *x)
{
    x->older = w->last;
    if (w->last != NULL)
        w->last->newer = x;
    else
        w->first = x;
    w->last = x;
}

static void
leave(struct runner_rules *w, struct watched *x)
{
    if (x->older != NULL)
        x->older->newer = x->newer;
    else
        w->first = x->newer;
    if (x->newer != NULL)
        x->newer->older = x->older;
    else
        w->last = x->older;
}

/* The service whose contract has the name of the step's. */
void
rules_enter(struct trial *t)
{
    const struct ruleset *ruleset = t->runner->options->ruleset;
    struct exchange *x = t->now.exchange;
    const struct service *service = ruleset != NULL ? ruleset_service_named(ruleset, x->service) : NULL;
    const struct operation *o = service != NULL ? contract_operation_named(service->contract, x->operation) : NULL;
    struct runner_rules *w = t->runner->rules;
    unsigned concern;

    if (o == NULL)
        return;
    t->now.policy = &service->policies[operation_index(o)];
    concern = w != NULL ? watch_rules_concern(w->rules, service, o) : 0;
    if (concern == 0 || (t->now.watched = ARENA_NEW(x->arena, struct watched)) == NULL)
        return;
    *t->now.watched =
        (struct watched){ .operation = o, .match = t->now.request.match, .concern = concern, .begin = x->started };
    t->now.watched->match.operation = o;
    enter(w, t->now.watched);
}

static struct observation
observe(const struct trial *t)
{
    struct watched *w = t->now.watched;
    struct observation o = watch_observe(t->now.exchange, w->operation, &w->match);

    o.request = t->now.bodies[SIDE_REQUEST];
    o.response = t->now.bodies[SIDE_RESPONSE];
    return o;
}

void
rules_check(struct trial *t)
{
    struct exchange *x = t->now.exchange;
    struct observation o;
    uint32_t ignored;

    if (t->now.watched == NULL || !(t->now.watched->concern & WATCH_AT_ONCE))
        return;
    o = observe(t);
    ignored = t->now.policy->check.ignore;
    watch_check(t->runner->rules->checker, &o, SIDE_REQUEST, ignored, &x->request_verdict);
    if (x->has_response)
        watch_check(t->runner->rules->checker, &o, SIDE_RESPONSE, ignored, &x->response_verdict);
}

/* ---- feeding ---- */

static void
on_found(void *arg, const struct watch_finding *found)
{
    struct runner *r = arg;
    const struct flow_listener *l = &r->options->listener;

    if (l->found != NULL && !watch_finding_ignored(r->rules->rules, found))
        l->found(l->arg, found);
}

/* The exchange itself has ended: it holds up nothing. */
void
rules_leave(struct trial *t)
{
    struct runner_rules *w = t->runner->rules;
    const struct watch_note *note;
    struct observation o;
    int64_t settled;

    if (t->now.watched == NULL)
        return;
    leave(w, t->now.watched);
    settled = w->first != NULL ? w->first->begin : exchange_wall(t->runner, clock_monotonic());
    if ((t->now.watched->concern & WATCH_MEMORIES) && watch_reached(t->now.exchange)) {
        o = observe(t);
        for (note = watch_note(w->checker, &o, t->now.arena); note != NULL; note = watch_note_next(note))
            watch_feed(w->memory, w->checker, note, settled, on_found, t->runner);
    }
    t->now.watched = NULL;
}

void
rules_end(struct runner *r)
{
    if (r->rules != NULL)
        watch_tick(r->rules->memory, r->rules->checker, exchange_wall(r, clock_monotonic()), INT64_MAX, on_found, r);
}
