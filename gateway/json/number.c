/* number.c -- decimals exactly as written.
 *
 * A decimal is its significant digits (no zeros at either end) and the exponent of the last one, so that 1, 1.0 and
 * 10e-1 look the same. Up to 18 digits are held as an integer; more stay where they are, in the text. */
#include "json/number.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "json/digits.h"

#define SMALL_DIGITS     18
#define EXPONENT_CEILING INT64_C(1000000000000000000) /* written exponents beyond are taken as this */

static const int64_t powers[SMALL_DIGITS + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

/* Of the mantissa, without its sign. */
static uint64_t
magnitude(const struct decimal *d)
{
    return d->mantissa < 0 ? -(uint64_t)d->mantissa : (uint64_t)d->mantissa;
}

/* The exponent that is written behind the e; at is behind the e. */
static int64_t
written_exponent(const char *at, const char *end)
{
    bool negative = at < end && *at == '-';
    int64_t exponent = 0;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    for (; at < end && exponent < EXPONENT_CEILING; at++)
        exponent = exponent < EXPONENT_CEILING / 10 ? exponent * 10 + (*at - '0') : EXPONENT_CEILING;
    return negative ? -exponent : exponent;
}

void
decimal_read(struct decimal *d, struct text number)
{
    const char *at = number.data, *end = number.data + number.length;
    int64_t zeros = 0, fraction = 0; /* zeros since the last other digit; digits behind the point */
    bool point = false;

    *d = (struct decimal){ .text = number, .small = true };
    if (at < end && *at == '-') {
        d->negative = true;
        at++;
    }
    for (; at < end && (*at | 0x20) != 'e'; at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        fraction += point;
        if (*at == '0') {
            zeros += d->digits > 0;
            continue;
        }
        if (d->small && d->digits + zeros < SMALL_DIGITS)
            d->mantissa = d->mantissa * powers[zeros + 1] + (*at - '0');
        else
            d->small = false;
        d->digits += (uint32_t)zeros + 1;
        zeros = 0;
    }
    if (d->digits == 0) { /* 0, -0 and 0e9 are one value */
        d->negative = false;
        return;
    }
    if (d->negative)
        d->mantissa = -d->mantissa;
    d->exponent = zeros - fraction + (at < end ? written_exponent(at + 1, end) : 0);
}

void
decimal_from(struct decimal *d, int64_t value)
{
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

    *d = (struct decimal){ .small = true, .negative = value < 0 };
    if (left == 0)
        return;
    while (left % 10 == 0) {
        left /= 10;
        d->exponent++;
    }
    for (uint64_t rest = left; rest > 0; rest /= 10)
        d->digits++;
    /* 19 digits fit into the type too, but must not be scaled */
    d->mantissa = value < 0 ? (int64_t)-left : (int64_t)left;
}

/* ---- the digits one after the other, wherever they are ---- */

struct digits {
    char small[24];
    const char *at;
    uint32_t left;
};

static void
digits_of(struct digits *s, const struct decimal *d)
{
    s->left = d->digits;
    if (d->small) {
        (void)snprintf(s->small, sizeof s->small, "%llu", (unsigned long long)magnitude(d));
        s->at = s->small;
        return;
    }
    s->at = d->text.data;
    while (*s->at == '-' || *s->at == '0' || *s->at == '.')
        s->at++;
}

/* The next digit; zeros when there are no more. */
static inline unsigned
digits_next(struct digits *s)
{
    if (s->left == 0)
        return 0;
    s->left--;
    if (*s->at == '.')
        s->at++;
    return (unsigned)(*s->at++ - '0');
}

/* ---- comparing ---- */

static int
compare_magnitudes(const struct decimal *a, const struct decimal *b)
{
    int64_t a_top = a->exponent + a->digits, b_top = b->exponent + b->digits;
    struct digits a_digits, b_digits;

    if (a_top != b_top)
        return a_top < b_top ? -1 : 1;
    digits_of(&a_digits, a);
    digits_of(&b_digits, b);
    while (a_digits.left > 0 || b_digits.left > 0) {
        unsigned x = digits_next(&a_digits), y = digits_next(&b_digits);

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

int
decimal_compare(const struct decimal *a, const struct decimal *b)
{
    int a_sign = a->digits == 0 ? 0 : a->negative ? -1 : 1;
    int b_sign = b->digits == 0 ? 0 : b->negative ? -1 : 1;
    int64_t apart = a->exponent - b->exponent, x = a->mantissa, y = b->mantissa;

    if (a_sign != b_sign || a_sign == 0)
        return (a_sign > b_sign) - (a_sign < b_sign);
    if (a->small && b->small && a->digits + (apart > 0 ? apart : 0) <= SMALL_DIGITS &&
        b->digits + (apart < 0 ? -apart : 0) <= SMALL_DIGITS) {
        if (apart > 0)
            x *= powers[apart];
        else
            y *= powers[-apart];
        return (x > y) - (x < y);
    }
    return a_sign * compare_magnitudes(a, b);
}

bool
decimal_is_integer(const struct decimal *d)
{
    return d->digits == 0 || d->exponent >= 0;
}

/* ---- dividing ---- */

/* All digits into 18-digit numbers, each taken modulo: at most LIMIT_NUMBER_DIGITS / 18 divisions. */
static uint64_t
remainder_by_small(const struct decimal *a, uint64_t divisor)
{
    struct digits s;
    uint64_t rest = 0;

    digits_of(&s, a);
    while (s.left > 0) {
        uint32_t count = s.left < SMALL_DIGITS ? s.left : SMALL_DIGITS;
        uint64_t chunk = 0;

        for (uint32_t i = 0; i < count; i++)
            chunk = chunk * 10 + digits_next(&s);
        rest = (uint64_t)(((__uint128_t)rest * (uint64_t)powers[count] + chunk) % divisor);
    }
    return rest;
}

/* Limbs of nine digits, the lowest first. */
static void
limbs_of(struct limbs *n, const struct decimal *d)
{
    uint32_t count = (d->digits + LIMB_DIGITS - 1) / LIMB_DIGITS, first = d->digits % LIMB_DIGITS;
    struct digits s;

    digits_of(&s, d);
    n->count = count;
    for (uint32_t i = count; i > 0; i--) {
        uint32_t limb = 0;

        for (uint32_t digit = i == count && first > 0 ? first : LIMB_DIGITS; digit > 0; digit--)
            limb = limb * 10 + digits_next(&s);
        n->limb[i - 1] = limb;
    }
}

/* b divides a * 10^scale. b is no multiple of 10, so it has twos or fives, not both; the scale cancels as many as it
 * has, and what is left of b must divide a. */
static bool
large_divides(const struct decimal *a, const struct decimal *b, int64_t scale)
{
    struct limbs dividend, divisor;

    limbs_of(&divisor, b);
    while (scale > 0 && (limbs_divide_exactly(&divisor, 2) || limbs_divide_exactly(&divisor, 5)))
        scale--;
    limbs_of(&dividend, a);
    return limbs_divides(&divisor, &dividend);
}

static bool
small_divides(const struct decimal *a, uint64_t divisor, int64_t scale)
{
    while (scale > 0 && (divisor % 2 == 0 || divisor % 5 == 0)) {
        divisor /= divisor % 2 == 0 ? 2 : 5;
        scale--;
    }
    return (a->small ? magnitude(a) % divisor : remainder_by_small(a, divisor)) == 0;
}

int
decimal_multiple_of(const struct decimal *a, const struct decimal *b)
{
    int64_t scale = a->exponent - b->exponent;

    if (a->digits == 0)
        return 1;
    if (b->digits == 0 || scale < 0) /* a ends behind the last digit of b, in a digit that is not 0 */
        return 0;
    if (a->digits > LIMIT_NUMBER_DIGITS || b->digits > LIMIT_NUMBER_DIGITS)
        return -1;
    return b->small ? small_divides(a, magnitude(b), scale) : large_divides(a, b, scale);
}

/* ---- turning into something else ---- */

bool
decimal_to_i64(const struct decimal *d, int64_t *value)
{
    uint64_t sum = 0, ceiling = d->negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    struct digits s;

    if (d->digits == 0) {
        *value = 0;
        return true;
    }
    if (d->exponent < 0 || d->exponent > 19 || d->digits + d->exponent > 19)
        return false;
    digits_of(&s, d);
    for (int64_t i = d->digits + d->exponent; i > 0; i--) /* 19 digits fit into 64 bits without sign */
        sum = sum * 10 + digits_next(&s);
    if (sum > ceiling)
        return false;
    *value = d->negative ? (int64_t)-sum : (int64_t)sum;
    return true;
}

/* No double lies between two others that agree in this many digits, if a digit that is not 0 is known to follow. */
#define DOUBLE_DIGITS 780

double
decimal_to_double(const struct decimal *d)
{
    uint32_t count = d->digits <= DOUBLE_DIGITS ? d->digits : DOUBLE_DIGITS;
    int64_t exponent = d->exponent + (d->digits - count);
    char written[DOUBLE_DIGITS + 32], *out = written;
    struct digits s;

    if (d->digits == 0)
        return 0.0;
    digits_of(&s, d);
    if (d->negative)
        *out++ = '-';
    for (uint32_t i = 0; i < count; i++)
        *out++ = (char)('0' + digits_next(&s));
    if (d->digits > count) {
        *out++ = '1';
        exponent--;
    }
    exponent = exponent > 100000 ? 100000 : exponent < -100000 ? -100000 : exponent;
    (void)snprintf(out, 16, "e%d", (int)exponent);
    return strtod(written, NULL);
}

uint64_t
decimal_hash(const struct decimal *d)
{
    uint64_t sum = hash_mix((uint64_t)d->exponent, d->digits + (d->negative ? UINT64_C(1) << 40 : 0));
    struct digits s;

    if (d->digits <= SMALL_DIGITS)
        return hash_mix(sum, (uint64_t)d->mantissa);
    digits_of(&s, d);
    while (s.left > 0) {
        uint64_t chunk = 0;

        for (uint32_t i = 0; i < SMALL_DIGITS && s.left > 0; i++)
            chunk = chunk * 10 + digits_next(&s);
        sum = hash_mix(sum, chunk);
    }
    return sum;
}
