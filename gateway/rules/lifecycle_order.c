/* lifecycle_order.c -- is there an order in which these exchanges may have happened?
 *
 * A branch is a set of exchanges that have happened and the states that the entity may be in then, whatever their order
 * was: two branches with the same exchanges are one. The search goes on by one exchange at a time, from all branches of
 * so many to those of one more. An exchange can only be next when all that ended before it began have happened.
 *
 * Most exchanges only look. One that can be next, and after which nothing is different, is taken at once and alone:
 * whatever may follow with it later may follow with it now. So many readers of one entity cost no more than their
 * number. It is not so where the entity can come back to a state: then the look may be the only proof that it did. */
#include "base/hash.h"
#include "rules/lifecycle_internal.h"

#include <stdlib.h>

#define TABLE_SIZE (2 * ORDER_BRANCHES)

struct slot {
    uint32_t search; /* in which it was filled: so the table need not be cleared */
    uint32_t index;
};

struct order_scratch {
    struct order_branch now[ORDER_BRANCHES], next[ORDER_BRANCHES], result[ORDER_BRANCHES];
    struct slot table[TABLE_SIZE];
    uint32_t stamp;
    uint32_t now_count, next_count, result_count;
    uint32_t work; /* branches looked at */
};

struct order_scratch *
order_scratch_new(void)
{
    return calloc(1, sizeof(struct order_scratch));
}

void
order_scratch_free(struct order_scratch *scratch)
{
    free(scratch);
}

/* One more branch of the next step, or more states for one that is there. False: too many. */
static bool
add(struct order_scratch *s, const struct order_branch *branch)
{
    uint32_t at = (uint32_t)(hash_fold(branch->applied)) & (TABLE_SIZE - 1);

    while (s->table[at].search == s->stamp) {
        struct order_branch *there = &s->next[s->table[at].index];

        if (there->applied == branch->applied) {
            there->states |= branch->states;
            return true;
        }
        at = (at + 1) & (TABLE_SIZE - 1);
    }
    if (s->next_count == ORDER_BRANCHES)
        return false;
    s->table[at] = (struct slot){ s->stamp, s->next_count };
    s->next[s->next_count++] = *branch;
    return true;
}

/* What is next becomes now. */
static void
advance(struct order_scratch *s)
{
    memcpy(s->now, s->next, s->next_count * sizeof(s->now[0]));
    s->now_count = s->next_count;
    s->next_count = 0;
    if (++s->stamp == 0) { /* after four billion steps the old stamps would be new again */
        memset(s->table, 0, sizeof(s->table));
        s->stamp = 1;
    }
}

/* The branch when the slot has happened, too. False: it cannot. */
static bool
apply(const struct order_problem *p, const struct order_branch *branch, uint32_t slot, struct order_branch *after)
{
    uint64_t states = order_step(p, branch->applied, branch->states, slot);
    bool same = states == branch->states && !lifecycle_changes(p->items[slot]->event);

    *after = (struct order_branch){ branch->applied | BIT(slot), states, same ? branch->last : (uint8_t)slot };
    return states != 0;
}

/* Slots that can be next. */
static uint64_t
candidates(const struct order_problem *p, const uint64_t *before, uint64_t applied)
{
    uint64_t result = 0;

    for (uint64_t left = p->used & ~applied; left != 0; left &= left - 1) {
        uint32_t slot = (uint32_t)__builtin_ctzll(left);

        if ((before[slot] & ~applied) == 0)
            result |= BIT(slot);
    }
    return result;
}

/* May it be taken at once where it changes nothing? */
static bool
only_looks(const struct lifecycle *l, const struct order_item *item)
{
    if (lifecycle_changes(item->event) || item->event->has_from)
        return false;
    return !l->returns || (item->kind == NOTE_SUCCESS && item->shows == STATE_MISSING);
}

/* All that may come next after one branch. False: too many. */
static bool
expand(const struct order_problem *p, const uint64_t *before, const struct order_branch *branch,
       struct order_scratch *s)
{
    uint64_t next = candidates(p, before, branch->applied);
    struct order_branch after;

    for (uint64_t left = next; left != 0; left &= left - 1) {
        uint32_t slot = (uint32_t)__builtin_ctzll(left);

        if (only_looks(p->lifecycle, p->items[slot]) && apply(p, branch, slot, &after) &&
            after.states == branch->states)
            return add(s, &after);
    }
    for (; next != 0; next &= next - 1)
        if (apply(p, branch, (uint32_t)__builtin_ctzll(next), &after) && !add(s, &after))
            return false;
    return true;
}

/* ---- when there is none ---- */

/* The closed slot that ended first of those that have not happened: all before it have. */
static uint8_t
first_left(const struct order_problem *p, uint64_t applied)
{
    uint8_t first = ORDER_SLOTS;

    for (uint64_t left = p->closed & ~applied; left != 0; left &= left - 1) {
        uint8_t slot = (uint8_t)__builtin_ctzll(left);

        if (first == ORDER_SLOTS || p->items[slot]->end < p->items[first]->end)
            first = slot;
    }
    return first;
}

/* Of two branches, the one that came further; as far, the one that leaves what ended later. */
static bool
is_further(const struct order_problem *p, const struct order_branch *a, const struct order_branch *b)
{
    int more = __builtin_popcountll(a->applied & p->closed) - __builtin_popcountll(b->applied & p->closed);

    return more != 0 ? more > 0 : p->items[first_left(p, a->applied)]->end > p->items[first_left(p, b->applied)]->end;
}

/* ---- the search ---- */

static void
find_precedence(const struct order_problem *p, uint64_t *before)
{
    for (uint64_t left = p->used; left != 0; left &= left - 1) {
        uint32_t slot = (uint32_t)__builtin_ctzll(left);

        before[slot] = 0;
        for (uint64_t others = p->used & ~BIT(slot); others != 0; others &= others - 1)
            if (p->items[__builtin_ctzll(others)]->end < p->items[slot]->begin)
                before[slot] |= BIT(__builtin_ctzll(others));
    }
}

/* One step from all branches of now; those in which everything closed has happened are results. False: too many. */
static bool
step(const struct order_problem *p, const uint64_t *before, struct order_scratch *s, struct order_branch *furthest)
{
    for (uint32_t i = 0; i < s->now_count; i++) {
        const struct order_branch *branch = &s->now[i];

        if (++s->work > ORDER_BRANCHES)
            return false;
        if ((p->closed & ~branch->applied) == 0) {
            s->result[s->result_count++] = *branch;
            continue;
        }
        if (furthest->last > ORDER_SLOTS || is_further(p, branch, furthest))
            *furthest = *branch;
        if (!expand(p, before, branch, s))
            return false;
    }
    return true;
}

enum order_result
order_search(const struct order_problem *problem, const struct order_branch *from, uint32_t *count,
             struct order_scratch *scratch, const struct order_branch **result, uint8_t *fault)
{
    struct order_branch furthest = { .last = UINT8_MAX };
    uint64_t before[ORDER_SLOTS];
    uint32_t begun = 0;

    find_precedence(problem, before);
    scratch->work = scratch->result_count = scratch->next_count = 0;
    advance(scratch);
    for (int happened = 0; happened <= ORDER_SLOTS; happened++) { /* branches to start from differ in that */
        for (uint32_t i = 0; i < *count; i++)
            if (__builtin_popcountll(from[i].applied) == happened && ++begun > 0 && !add(scratch, &from[i]))
                return ORDER_TOO_MANY;
        advance(scratch);
        if (scratch->now_count == 0 && begun == *count)
            break;
        if (!step(problem, before, scratch, &furthest))
            return ORDER_TOO_MANY;
    }
    *result = scratch->result;
    *count = scratch->result_count;
    if (scratch->result_count > 0)
        return ORDER_FOUND;
    scratch->result[0] = furthest;
    *count = 1;
    *fault = first_left(problem, furthest.applied);
    return ORDER_WRONG;
}
