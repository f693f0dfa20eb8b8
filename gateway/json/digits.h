/* digits.h -- whole numbers of up to LIMIT_NUMBER_DIGITS digits, for exact division. Private to json/. No
 * allocation. */
#ifndef JSON_DIGITS_H
#define JSON_DIGITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

#define LIMB_DIGITS 9
#define LIMB_BASE   1000000000u
#define LIMB_COUNT  (LIMIT_NUMBER_DIGITS / LIMB_DIGITS + 1)

/* The lowest nine digits come first; the highest limb is not 0, and count 0 is the number 0. */
struct limbs {
    uint32_t count;
    uint32_t limb[LIMB_COUNT + 1]; /* one more than the largest number has, as room to divide in */
};

/* n becomes n / divisor when nothing is left over; otherwise false, and n stays. divisor < LIMB_BASE. */
bool limbs_divide_exactly(struct limbs *n, uint32_t divisor);

/* Does the divisor (not 0) divide the dividend? Both are used up. Quadratic: some 200,000 steps for the largest. */
bool limbs_divides(struct limbs *divisor, struct limbs *dividend);

#endif
