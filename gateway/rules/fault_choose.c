/* fault_choose.c -- which rules act on one exchange, and how they combine. */
#include "rules/fault_internal.h"

#include <math.h>

struct walk {
    const struct faults *faults;
    const struct fault_look *look;
    enum side side;
    struct fault_firing *firings;
    uint32_t count;
    fault_met_fn *met;
    void *arg;
};

/* The one that fires already with this effect, where only the first counts. */
static const struct fault_rule *
same_effect(const struct walk *w, enum fault_effect effect)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (w->firings[i].rule->effect == effect && effect != FAULT_DELAY && effect != FAULT_MUTATE)
            return w->firings[i].rule;
    return NULL;
}

/* False: this one was the last. */
static bool
meet(struct walk *w, const struct fault_full *full, bool asked)
{
    const struct fault_rule *instead = NULL;
    struct fault_considered c;

    if (full->rule.side != w->side)
        return true;
    if (fault_consider(w->faults, full, w->look, asked, &c)) {
        instead = same_effect(w, full->rule.effect);
        if (instead == NULL)
            w->firings[w->count++] = (struct fault_firing){ &full->rule, c.ordinal, c.random };
    }
    if (w->met != NULL)
        w->met(w->arg, full, &c, instead);
    if (c.reason != FAULT_FIRES || instead != NULL)
        return true;
    return !fault_ends(full->rule.effect) && !full->rule.last && w->count < FAULT_MOST;
}

uint32_t
fault_walk(const struct faults *f, const struct fault_look *look, enum side side,
           struct fault_firing firings[FAULT_MOST], fault_met_fn *met, void *arg)
{
    struct walk w = { .faults = f, .look = look, .side = side, .firings = firings, .met = met, .arg = arg };
    const struct fault_full *asked[FAULT_MOST];
    struct text why;
    uint32_t count = 0;

    if (f == NULL)
        return 0;
    if (look->asked.length > 0)
        count = fault_asked(f, look->service, look->asked, look->arena, asked, &why);
    for (uint32_t i = 0; i < count; i++)
        if (!meet(&w, asked[i], true))
            return w.count;
    for (uint32_t i = 0; i < f->count; i++)
        if (!meet(&w, &f->rules[i], false))
            break;
    return w.count;
}

uint32_t
faults_choose(const struct faults *f, const struct fault_look *look, enum side side, struct fault_firing *firings)
{
    return fault_walk(f, look, side, firings, NULL, NULL);
}

/* ---- delays ---- */

/* From 0 (excluded) to 1. */
static double
fraction(uint64_t random)
{
    return ((double)(random >> 11) + 1) * 0x1p-53;
}

/* Of the standard normal distribution (Box and Muller 1958). */
static double
normal(uint64_t random)
{
    static const double turn = 6.283185307179586;

    return sqrt(-2 * log(fraction(random))) * cos(turn * fraction(hash_mix(random, 2)));
}

int64_t
fault_delay(const struct fault_rule *rule, uint64_t random)
{
    double ns = (double)rule->a;

    switch (rule->distribution) {
    case FAULT_FIXED:
        return rule->a;
    case FAULT_UNIFORM:
        ns += fraction(random) * (double)(rule->b - rule->a);
        break;
    case FAULT_NORMAL:
        ns += normal(random) * (double)rule->b;
        break;
    case FAULT_LOGNORMAL:
        ns *= exp(normal(random) * (double)rule->b / 1000);
        break;
    }
    return ns <= 0 ? 0 : ns >= (double)LIMIT_FAULT_DELAY ? LIMIT_FAULT_DELAY : (int64_t)ns;
}
