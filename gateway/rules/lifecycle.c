#include "rules/lifecycle_internal.h"

#include <stdlib.h>

#include "base/hash.h"

void
lifecycles_free(struct lifecycles *rules)
{
    if (rules == NULL)
        return;
    arena_free(rules->arena);
    free(rules);
}

uint8_t
lifecycle_state_named(const struct lifecycle *l, struct text name)
{
    for (uint32_t i = STATE_FIRST; i < l->state_count; i++)
        if (text_equal(l->states[i].name, name))
            return (uint8_t)i;
    return STATE_MISSING;
}

/* ---- operations ---- */

const struct lifecycle_event *
lifecycles_events(const struct lifecycles *rules, const struct operation *operation)
{
    uint32_t at;

    if (rules == NULL)
        return NULL;
    at = (uint32_t)hash_fold((uintptr_t)operation) & rules->table_mask;
    while (rules->table[at] != NULL && rules->table[at]->operation != operation)
        at = (at + 1) & rules->table_mask;
    return rules->table[at];
}

bool
lifecycles_concern(const struct lifecycles *rules, const struct operation *operation)
{
    return lifecycles_events(rules, operation) != NULL;
}

bool
lifecycle_changes(const struct lifecycle_event *event)
{
    return event->creates || event->deletes || event->once || event->sets.source != FROM_NOWHERE ||
           event->sets_one != STATE_MISSING;
}

bool
lifecycle_status_is(const struct status_rule *rule, uint16_t status)
{
    for (uint32_t i = 0; i < rule->count; i++)
        if (status >= rule->ranges[i].least && status <= rule->ranges[i].most)
            return true;
    return false;
}

/* ---- what follows from the rules ---- */

static uint64_t
reach(const struct lifecycle *l, uint64_t from, uint64_t through, bool silent)
{
    uint64_t reached = from, next = from;

    while (next != 0) {
        const struct state_rule *rule = &l->states[__builtin_ctzll(next)];
        uint64_t more = (silent ? rule->silent : rule->moves) & ~reached;

        next = (next & (next - 1)) | (more & through);
        reached |= more;
    }
    return reached;
}

/* A state that was left may be reached again: by moves, or by deleting and creating. */
static bool
returns(const struct lifecycle *l)
{
    bool creates = false, deletes = false;

    for (uint32_t i = 0; i < l->event_count; i++) {
        creates = creates || l->events[i]->creates;
        deletes = deletes || l->events[i]->deletes;
    }
    for (uint32_t i = STATE_FIRST; i < l->state_count; i++)
        for (uint64_t later = reach(l, BIT(i), l->live, false) & ~BIT(i); later != 0; later &= later - 1)
            if ((reach(l, later & -later, l->live, false) & BIT(i)) != 0)
                return true;
    return creates && deletes;
}

void
lifecycle_derive(struct lifecycle *l)
{
    l->returns = returns(l);
    for (uint32_t i = 0; i < l->event_count; i++)
        l->once |= l->events[i]->once ? l->events[i]->bit : 0;
    for (uint32_t i = STATE_FIRST; i < l->state_count; i++) {
        l->states[i].shown = reach(l, BIT(i), l->unseen, true);
        l->states[i].acts = BIT(i) | (l->states[i].shown & l->unseen);
    }
    for (uint32_t i = 0; i < l->fixed_count; i++) {
        struct fixed_rule *f = &l->fixed[i];

        /* A state that is also reached another way says nothing about whether one of those was passed. */
        f->states = reach(l, f->since, l->live, false) & ~reach(l, l->start & ~f->since, l->live & ~f->since, false);
        f->states |= f->since;
    }
}

/* ---- for those who ask before they move something ---- */

uint32_t
lifecycles_count(const struct lifecycles *rules)
{
    return rules != NULL ? rules->count : 0;
}

static const struct lifecycle *
named(const struct lifecycles *rules, struct text name)
{
    for (uint32_t i = 0; i < lifecycles_count(rules); i++)
        if (text_equal(rules->list[i]->name, name))
            return rules->list[i];
    return NULL;
}

bool
lifecycles_have(const struct lifecycles *rules, struct text name)
{
    return named(rules, name) != NULL;
}

/* Where it may go from there; the start from nowhere. */
static uint64_t
moves_from(const struct lifecycle *l, struct text from)
{
    uint8_t state = from.length > 0 ? lifecycle_state_named(l, from) : STATE_NONE;

    return state == STATE_NONE ? l->start : state < STATE_MAX ? l->states[state].moves : 0;
}

bool
lifecycle_allows(const struct lifecycles *rules, struct text name, struct text from, struct text to)
{
    const struct lifecycle *l = named(rules, name);
    uint8_t state = l != NULL ? lifecycle_state_named(l, to) : STATE_MISSING;

    return state < STATE_MAX && (moves_from(l, from) & BIT(state)) != 0;
}

bool
lifecycle_state(const struct lifecycles *rules, struct text name, uint32_t index, struct text *state)
{
    const struct lifecycle *l = named(rules, name);

    if (l == NULL || index >= l->state_count - STATE_FIRST)
        return false;
    *state = l->states[STATE_FIRST + index].name;
    return true;
}

bool
lifecycle_next(const struct lifecycles *rules, struct text name, struct text from, uint32_t index, struct text *state)
{
    const struct lifecycle *l = named(rules, name);
    uint64_t moves = l != NULL ? moves_from(l, from) : 0;

    for (; moves != 0 && index > 0; index--)
        moves &= moves - 1;
    if (moves == 0)
        return false;
    *state = l->states[__builtin_ctzll(moves)].name;
    return true;
}
