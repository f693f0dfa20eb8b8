/* latency.h -- how long things took: counted in buckets, so that a million of them take up no more than one.
 *
 * A bucket is at most 1/32 as wide as its time, so a percentile is exact to 3 percent; the largest is kept exactly. Not
 * thread-safe. */
#ifndef REPORT_LATENCY_H
#define REPORT_LATENCY_H

#include <stdint.h>

#define LATENCY_STEPS   32 /* per power of two */
#define LATENCY_BUCKETS (LATENCY_STEPS * 40)

/* Zeroed is empty. */
struct latency {
    uint64_t count;
    int64_t largest;
    uint32_t buckets[LATENCY_BUCKETS];
};

/* Nanoseconds; negative ones count as 0. */
void latency_add(struct latency *l, int64_t ns);

/* The time that `percent` of them did not exceed (the middle of its bucket, never more than the largest); 0 of none. */
int64_t latency_percentile(const struct latency *l, unsigned percent);

#endif
