#include "report/latency.h"

/* Microseconds below LATENCY_STEPS have a bucket each; above, every power of two has as many again. */
static unsigned
bucket_of(uint64_t us)
{
    unsigned power = 0, bucket;

    while (us >> power >= 2 * LATENCY_STEPS)
        power++;
    bucket = (unsigned)(us >> power) + power * LATENCY_STEPS;
    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

static int64_t
middle_of(unsigned bucket)
{
    unsigned power = bucket < 2 * LATENCY_STEPS ? 0 : bucket / LATENCY_STEPS - 1;
    uint64_t from = (uint64_t)(bucket - power * LATENCY_STEPS) << power;

    return (int64_t)(from * 1000 + (UINT64_C(1000) << power) / 2);
}

void
latency_add(struct latency *l, int64_t ns)
{
    ns = ns > 0 ? ns : 0;
    l->count++;
    l->buckets[bucket_of((uint64_t)ns / 1000)]++;
    if (ns > l->largest)
        l->largest = ns;
}

int64_t
latency_percentile(const struct latency *l, unsigned percent)
{
    uint64_t wanted = (l->count * percent + 99) / 100, seen = 0;

    if (wanted >= l->count)
        return l->largest;
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        seen += l->buckets[i];
        if (seen >= wanted)
            return middle_of(i) < l->largest ? middle_of(i) : l->largest;
    }
    return l->largest;
}
