#include "proxy/pace.h"

#include "base/limits.h"

#define SECOND UINT64_C(1000000000)
#define KEPT   INT64_C(250000000) /* ns of credit */
#define LOOK   INT64_C(10000000)  /* ns between looks: pieces this small look like a slow line */
#define AHEAD  50                 /* ms of bytes that wait */

/* How long one byte takes, rounded up. */
static int64_t
byte_time(const struct pace *p)
{
    return (int64_t)((SECOND + p->rate - 1) / p->rate);
}

void
pace_begin(struct pace *p, uint64_t rate, int64_t now)
{
    *p = (struct pace){ .rate = rate, .last = now };
}

size_t
pace_take(struct pace *p, int64_t now, size_t most)
{
    int64_t kept = byte_time(p) > KEPT ? byte_time(p) : KEPT;
    __uint128_t bytes;

    p->credit += now - p->last;
    p->last = now;
    if (p->credit > kept)
        p->credit = kept;
    bytes = (__uint128_t)(uint64_t)p->credit * p->rate / SECOND;
    if (bytes > most)
        bytes = most;
    p->credit -= (int64_t)(bytes * SECOND / p->rate);
    return (size_t)bytes;
}

int64_t
pace_wait(const struct pace *p)
{
    int64_t left = byte_time(p) - p->credit;

    return left > LOOK ? left : LOOK;
}

size_t
pace_queue(const struct pace *p)
{
    uint64_t ahead = p->rate / 1000 * AHEAD;

    return ahead < LIMIT_STREAM_BUFFER ? LIMIT_STREAM_BUFFER : ahead < LIMIT_FAULT_QUEUE ? ahead : LIMIT_FAULT_QUEUE;
}
