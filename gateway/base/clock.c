/* clock.c -- the clocks of the system. */
#include "base/clock.h"

#include <time.h>

static int64_t
ask(clockid_t which)
{
    struct timespec t;

    (void)clock_gettime(which, &t); /* cannot fail for these two (clock_getres(2)) */
    return (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec;
}

int64_t
clock_monotonic(void)
{
    return ask(CLOCK_MONOTONIC);
}

int64_t
clock_wall(void)
{
    return ask(CLOCK_REALTIME);
}
