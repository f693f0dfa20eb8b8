/* random.h -- chance that can be repeated, and chance that cannot be guessed.
 *
 * A generator is a value of the caller: the same seed gives the same sequence on every machine and in every version
 * (xoshiro256**, Blackman and Vigna 2018, seeded by splitmix64). It is no secret; keys come from random_bytes. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
};

void random_seed(struct random *r, uint64_t seed);

/* 64 random bits. */
uint64_t random_next(struct random *r);

/* Evenly from 0 to limit - 1; limit 0 gives 0. */
uint64_t random_below(struct random *r, uint64_t limit);

/* From 0 (included) to 1 (excluded). */
double random_fraction(struct random *r);

/* True in `percent` of 100 cases; 0 and below never, 100 and above always. */
bool random_percent(struct random *r, double percent);

/* Fill in bytes that nobody can guess (getrandom). 0, or -1 when the system has none. Any thread. */
int random_bytes(void *bytes, size_t count);

/* 64 such bits; where the system has none, the clock and an address stand in (good enough for the seed of a table). */
uint64_t random_system(void);

#endif
