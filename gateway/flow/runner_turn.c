/* runner_turn.c -- who may ask now: as many requests as there are connections, the others in the order they came. One
 * that waits has nothing yet, neither a request nor memory for one, and its time has not begun. */
#include "flow/runner_internal.h"

bool
turn_take(struct trial *t)
{
    struct runner *r = t->runner;

    if (t->asks)
        return true;
    if (r->asking >= r->most_asking && !r->stopping) {
        t->turn_next = NULL;
        *(r->turn_last != NULL ? &r->turn_last->turn_next : &r->turn_first) = t;
        r->turn_last = t;
        return false;
    }
    r->asking++;
    t->asks = true;
    return true;
}

void
turn_give(struct trial *t)
{
    if (!t->asks)
        return;
    t->asks = false;
    t->runner->asking--;
    turn_next(t->runner);
}

void
turn_next(struct runner *r)
{
    struct trial *t;

    while ((t = r->turn_first) != NULL && (r->asking < r->most_asking || r->stopping)) {
        r->turn_first = t->turn_next;
        if (r->turn_first == NULL)
            r->turn_last = NULL;
        r->asking++;
        t->asks = true;
        trial_again(t);
    }
}
