/* lifecycle_step.c -- what one exchange does to the set of states that an entity may be in. */
#include "rules/lifecycle_internal.h"

/* Where nobody in particular may move it from this state, open ends included. */
static uint64_t
silent_moves(const struct order_problem *p, uint32_t state)
{
    const struct state_rule *rule = &p->lifecycle->states[state];

    return rule->silent | (rule->moves & p->adrift);
}

/* The state, and the states that are reached through those in `through`. With open ends only: else it is known
 * beforehand (lifecycle_derive). */
static uint64_t
reach(const struct order_problem *p, uint32_t state, uint64_t through)
{
    uint64_t reached = BIT(state), next = BIT(state);

    while (next != 0) {
        uint32_t at = (uint32_t)__builtin_ctzll(next);
        uint64_t more = silent_moves(p, at) & ~reached;

        next = (next & (next - 1)) | (more & through);
        reached |= more;
    }
    return reached;
}

/* Of something that was not there nobody saw who made it, and how far it came. */
static uint64_t
may_show(const struct order_problem *p, uint32_t state)
{
    const struct lifecycle *l = p->lifecycle;

    if (state < STATE_FIRST)
        return state == STATE_NONE ? l->live : 0;
    return p->adrift == 0 ? l->states[state].shown : reach(p, state, l->unseen | p->adrift);
}

static uint64_t
may_act(const struct order_problem *p, uint32_t state)
{
    const struct lifecycle *l = p->lifecycle;
    uint64_t through = l->unseen | p->adrift;

    if (state < STATE_FIRST)
        return state == STATE_NONE ? l->live : 0;
    return p->adrift == 0 ? l->states[state].acts : (reach(p, state, through) & through) | BIT(state);
}

/* may_show of all of them. */
static uint64_t
show_all(const struct order_problem *p, uint64_t states)
{
    uint64_t shown = 0;

    for (; states != 0; states &= states - 1)
        shown |= may_show(p, (uint32_t)__builtin_ctzll(states));
    return shown;
}

/* What is left of the states when one was shown. */
static uint64_t
show(const struct order_problem *p, uint64_t states, uint8_t shows)
{
    if (shows == STATE_MISSING)
        return states;
    return shows < STATE_MAX ? show_all(p, states) & BIT(shows) : 0;
}

static uint64_t
create(const struct order_problem *p, const struct order_item *item, uint32_t state)
{
    if (state >= STATE_FIRST && (p->adrift & BIT(STATE_GONE)) == 0)
        return 0;
    if (item->sets != STATE_MISSING)
        return item->sets < STATE_MAX ? show(p, BIT(item->sets), item->shows) : 0;
    return show(p, p->lifecycle->start, item->shows);
}

static uint64_t
move(const struct order_problem *p, const struct order_item *item, uint32_t state)
{
    uint64_t sources = may_act(p, state) & item->event->from, targets = 0;

    for (; sources != 0; sources &= sources - 1) {
        uint32_t source = (uint32_t)__builtin_ctzll(sources);

        targets |= item->event->causes[source];
        if (item->sets == STATE_MISSING) /* it did not say where: perhaps nowhere */
            targets |= BIT(source);
    }
    if (item->sets != STATE_MISSING)
        targets &= item->sets < STATE_MAX ? BIT(item->sets) : 0;
    return show(p, targets, item->shows);
}

/* A success that moves nothing. */
static uint64_t
look(const struct order_problem *p, const struct order_item *item, uint32_t state)
{
    uint64_t states = state == STATE_NONE ? p->lifecycle->live : state == STATE_GONE ? 0 : BIT(state);

    if (item->event->has_from && (states & item->event->from) == 0)
        states = may_show(p, state);
    states &= item->event->from;
    return show(p, states, item->shows);
}

static uint64_t
step_from(const struct order_problem *p, const struct order_item *item, uint32_t state)
{
    const struct lifecycle_event *event = item->event;

    if (item->kind == NOTE_ABSENT)
        return state < STATE_FIRST ? BIT(state) : p->adrift & BIT(STATE_GONE);
    if (event->creates)
        return create(p, item, state);
    if (event->deletes)
        return (may_act(p, state) & event->from) != 0 ? BIT(STATE_GONE) : 0;
    return event->sets.source != FROM_NOWHERE || event->sets_one != STATE_MISSING ? move(p, item, state)
                                                                                  : look(p, item, state);
}

/* ---- what depends on the others ---- */

/* Was this request made before, so that it is only answered once more? */
static bool
is_repeated(const struct order_problem *p, uint64_t applied, const struct order_item *item)
{
    if (item->repeat == 0)
        return false;
    for (size_t i = 0; i < sizeof(p->repeats) / sizeof(p->repeats[0]); i++)
        if (p->repeats[i] == item->repeat)
            return true;
    for (; applied != 0; applied &= applied - 1)
        if (p->items[__builtin_ctzll(applied)]->repeat == item->repeat)
            return true;
    return false;
}

struct order_past
order_past(const struct order_problem *problem, uint64_t applied)
{
    struct order_past past = { problem->done, problem->from_birth, false };

    for (; applied != 0; applied &= applied - 1) {
        const struct order_item *before = problem->items[__builtin_ctzll(applied)];

        if (before->kind != NOTE_SUCCESS)
            continue;
        past.begun = past.begun || before->event->creates;
        past.done |= before->event->bit;
    }
    past.from_birth = past.from_birth || past.begun;
    return past;
}

/* `once`, and what must come before. */
static bool
has_its_turn(const struct order_problem *p, uint64_t applied, const struct lifecycle_event *event)
{
    struct order_past past;

    if (!event->once && event->after == 0)
        return true;
    past = order_past(p, applied);
    if (event->once && (past.done & event->bit) != 0 && !past.begun)
        return false;
    return !past.from_birth || (event->after & ~(past.done | p->perhaps)) == 0;
}

uint64_t
order_step(const struct order_problem *problem, uint64_t applied, uint64_t states, uint32_t slot)
{
    const struct order_item *item = problem->items[slot];
    uint64_t after = 0;

    if (is_repeated(problem, applied, item))
        return states;
    if (item->kind == NOTE_SUCCESS && !has_its_turn(problem, applied, item->event))
        return 0;
    for (uint64_t left = states; left != 0; left &= left - 1)
        after |= step_from(problem, item, (uint32_t)__builtin_ctzll(left));
    return after;
}

uint64_t
order_force(const struct order_problem *problem, uint64_t states, uint32_t slot)
{
    const struct order_item *item = problem->items[slot];
    const struct lifecycle *l = problem->lifecycle;

    if (item->kind == NOTE_ABSENT)
        return BIT(STATE_NONE) | BIT(STATE_GONE);
    if (item->event->deletes)
        return BIT(STATE_GONE);
    if (item->shows == STATE_STRANGE || item->sets == STATE_STRANGE)
        return l->live | BIT(STATE_NONE) | BIT(STATE_GONE);
    if (item->shows < STATE_MAX)
        return BIT(item->shows);
    if (item->sets < STATE_MAX)
        return BIT(item->sets);
    if (item->event->creates)
        return l->start;
    return (states & l->live) != 0 ? states & l->live : l->live;
}
