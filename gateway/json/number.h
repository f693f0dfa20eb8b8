/* number.h -- JSON numbers as decimals, exactly as written.
 *
 * JSON Schema compares mathematical values: 19.99 is a multiple of 0.01, 1.0 is an integer, 9007199254740993 is not
 * 9007199254740992 (JSON Schema Core 2020-12 4.2.1, Validation 6.2). No floating point is used. Any thread; no
 * allocation: a decimal borrows the digits of its text. */
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* mantissa * 10^exponent. When `small`, the value is exactly `mantissa` scaled; else the digits are in text. */
struct decimal {
    struct text text; /* the JSON text; borrowed */
    int64_t exponent; /* of the last significant digit; clamped far outside of anything that can be written out */
    int64_t mantissa; /* when small */
    uint32_t digits;  /* significant digits: without leading and trailing zeros; 0 for zero */
    bool negative;
    bool small; /* at most 18 significant digits: mantissa holds them with sign */
};

/* From a valid JSON number (RFC 8259 6). */
void decimal_read(struct decimal *d, struct text number);

/* From an integer. */
void decimal_from(struct decimal *d, int64_t value);

/* <0, 0, >0 */
int decimal_compare(const struct decimal *a, const struct decimal *b);

/* No fraction, however it is written: 1.0 and 1e2 are integers. */
bool decimal_is_integer(const struct decimal *d);

/* Is a = k * b for an integer k? b is not zero. 1 yes, 0 no, -1 when it would take more than LIMIT_NUMBER_DIGITS
 * digits. */
int decimal_multiple_of(const struct decimal *a, const struct decimal *b);

/* As an int64_t when it is an integer that fits. */
bool decimal_to_i64(const struct decimal *d, int64_t *value);

/* The nearest double (for float and double formats); infinity when too large. */
double decimal_to_double(const struct decimal *d);

/* A hash that is equal for equal values, however written: 1, 1.0, 10e-1. */
uint64_t decimal_hash(const struct decimal *d);

#endif
