#include "proxy/quiet.h"

bool
quiet_wake(struct quiet *q, uint64_t begun)
{
    if (q->watching)
        return false;
    *q = (struct quiet){ .watching = true, .begun = begun };
    return true;
}

enum quiet_what
quiet_tick(struct quiet *q, uint64_t begun)
{
    bool little = begun - q->begun <= QUIET_MOST;

    q->begun = begun;
    q->ticks = little ? q->ticks + 1 : 0;
    if (q->ticks < QUIET_TICKS)
        return QUIET_GO_ON;
    q->watching = false;
    return QUIET_GIVE;
}
