/* digits.c -- long division, as on paper, with digits of base 10^9 (Knuth, The Art of Computer Programming 2, 4.3.1
 * D). */
#include "json/digits.h"

static void
trim(struct limbs *n)
{
    while (n->count > 0 && n->limb[n->count - 1] == 0)
        n->count--;
}

/* What is left over when n is divided by one limb. */
static uint32_t
rest_of(const struct limbs *n, uint32_t divisor)
{
    uint64_t rest = 0;

    for (uint32_t i = n->count; i > 0; i--)
        rest = (rest * LIMB_BASE + n->limb[i - 1]) % divisor;
    return (uint32_t)rest;
}

bool
limbs_divide_exactly(struct limbs *n, uint32_t divisor)
{
    uint64_t rest = 0;

    if (rest_of(n, divisor) != 0)
        return false;
    for (uint32_t i = n->count; i > 0; i--) {
        rest = rest * LIMB_BASE + n->limb[i - 1];
        n->limb[i - 1] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    trim(n);
    return true;
}

/* n becomes n * factor, which may take one limb more. */
static void
multiply(struct limbs *n, uint32_t factor)
{
    uint64_t carry = 0;

    for (uint32_t i = 0; i < n->count; i++) {
        carry += (uint64_t)n->limb[i] * factor;
        n->limb[i] = (uint32_t)(carry % LIMB_BASE);
        carry /= LIMB_BASE;
    }
    n->limb[n->count] = (uint32_t)carry;
}

/* One digit of the quotient: the dividend loses digit * divisor from limb `at` on. */
static void
subtract_multiple(uint32_t *dividend, const struct limbs *divisor, uint64_t digit)
{
    uint64_t carry = 0;
    int64_t rest = 0;

    for (uint32_t i = 0; i <= divisor->count; i++) {
        carry += i < divisor->count ? digit * divisor->limb[i] : 0;
        rest += (int64_t)dividend[i] - (int64_t)(carry % LIMB_BASE);
        carry /= LIMB_BASE;
        dividend[i] = (uint32_t)(rest < 0 ? rest + (int64_t)LIMB_BASE : rest);
        rest = rest < 0 ? -1 : 0;
    }
    if (rest == 0)
        return;
    /* the digit was guessed one too large (rare): give one divisor back */
    carry = 0;
    for (uint32_t i = 0; i <= divisor->count; i++) {
        carry += (uint64_t)dividend[i] + (i < divisor->count ? divisor->limb[i] : 0);
        dividend[i] = (uint32_t)(carry % LIMB_BASE);
        carry /= LIMB_BASE;
    }
}

/* From the two highest limbs; with the third, it is at most one too large (Knuth, D3). */
static uint64_t
guess_digit(const uint32_t *dividend, const struct limbs *divisor)
{
    uint32_t n = divisor->count;
    uint64_t high = (uint64_t)dividend[n] * LIMB_BASE + dividend[n - 1];
    uint64_t digit = high / divisor->limb[n - 1], rest = high % divisor->limb[n - 1];

    while (digit >= LIMB_BASE || digit * divisor->limb[n - 2] > rest * LIMB_BASE + dividend[n - 2]) {
        digit--;
        rest += divisor->limb[n - 1];
        if (rest >= LIMB_BASE)
            break;
    }
    return digit;
}

bool
limbs_divides(struct limbs *divisor, struct limbs *dividend)
{
    uint32_t factor;

    if (divisor->count == 1)
        return rest_of(dividend, divisor->limb[0]) == 0;
    if (dividend->count < divisor->count)
        return dividend->count == 0;
    /* made large at the front, guesses are good; both grow by the same factor, so divisibility stays */
    factor = LIMB_BASE / (divisor->limb[divisor->count - 1] + 1);
    multiply(divisor, factor);
    multiply(dividend, factor);
    for (uint32_t at = dividend->count - divisor->count + 1; at > 0; at--) {
        uint32_t *part = dividend->limb + at - 1;

        subtract_multiple(part, divisor, guess_digit(part, divisor));
    }
    for (uint32_t i = 0; i < divisor->count; i++) {
        if (dividend->limb[i] != 0)
            return false;
    }
    return true;
}
