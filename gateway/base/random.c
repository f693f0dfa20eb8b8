/* random.c -- xoshiro256** for what must be repeatable, getrandom for what must not be guessed. */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

static uint64_t
splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

void
random_seed(struct random *r, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++)
        r->state[i] = splitmix(&seed);
}

static inline uint64_t
rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

uint64_t
random_next(struct random *r)
{
    uint64_t *s = r->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9, shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t
random_below(struct random *r, uint64_t limit)
{
    uint64_t uneven, value;

    if (limit == 0)
        return 0;
    uneven = -limit % limit; /* 2^64 mod limit: as many values at the low end would come up once too often */
    do
        value = random_next(r);
    while (value < uneven);
    return value % limit;
}

double
random_fraction(struct random *r)
{
    return (double)(random_next(r) >> 11) * 0x1.0p-53;
}

bool
random_percent(struct random *r, double percent)
{
    return random_fraction(r) * 100 < percent;
}

int
random_bytes(void *bytes, size_t count)
{
    unsigned char *at = bytes;

    while (count > 0) {
        ssize_t got = getrandom(at, count, 0);

        if (got < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        at += got;
        count -= (size_t)got;
    }
    return 0;
}

uint64_t
random_system(void)
{
    uint64_t value;
    struct timespec now = { 0, 0 };

    if (random_bytes(&value, sizeof value) == 0)
        return value;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    value = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^ (uint64_t)(uintptr_t)&value;
    return splitmix(&value);
}
