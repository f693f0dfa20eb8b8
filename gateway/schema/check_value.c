/* check_value.c -- the instructions that look at one value alone: bounds, patterns, constants. */
#include "json/compare.h"
#include "schema/check_parts.h"

/* ---- numbers ---- */

/* A number as most are written: digits, perhaps a point and digits. */
struct plain {
    int64_t whole; /* all digits, as if there were no point */
    int fraction;  /* how many of them stand behind it */
};

static const int64_t tens[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000 };

#define PLAIN_BYTES 16 /* no more digits than can be multiplied by a hundred */
#define TENS        ((int)(sizeof tens / sizeof tens[0]))

static inline bool
plain_read(const struct value *v, struct plain *plain)
{
    const char *digit = v->data, *end = v->data + v->count, *point = NULL;
    bool negative = *digit == '-';
    int64_t sum = 0;

    if (v->count > PLAIN_BYTES)
        return false;
    for (digit += negative; digit < end; digit++) {
        unsigned value = (unsigned)*digit - '0';

        if (value <= 9)
            sum = sum * 10 + value;
        else if (*digit == '.')
            point = digit;
        else
            return false; /* an exponent */
    }
    plain->whole = negative ? -sum : sum;
    plain->fraction = point != NULL ? (int)(end - point) - 1 : 0;
    return true;
}

int
check_bound(const struct value *v, const struct bound *bound)
{
    struct plain plain;
    struct decimal d;
    int64_t limit;

    if (bound->whole && plain_read(v, &plain) && plain.fraction < TENS &&
        !__builtin_mul_overflow(bound->integer, tens[plain.fraction], &limit))
        return (plain.whole > limit) - (plain.whole < limit);
    decimal_read(&d, value_text(v));
    return decimal_compare(&d, &bound->limit);
}

/* With as many digits behind the point as the divisor has, both are whole numbers. */
static bool
divides_plainly(const struct value *v, const struct decimal *divisor, bool *multiple)
{
    struct plain plain;
    int64_t behind = -divisor->exponent;

    if (!divisor->small || behind < 0 || behind >= TENS || !plain_read(v, &plain) || plain.fraction > behind ||
        __builtin_mul_overflow(plain.whole, tens[behind - plain.fraction], &plain.whole))
        return false;
    *multiple = divisor->mantissa == 1 || plain.whole % divisor->mantissa == 0;
    return true;
}

bool
check_multiple(struct walk *w, const struct value *v, const struct bound *bound)
{
    struct decimal d;
    int found;
    bool multiple;

    if (divides_plainly(v, &bound->limit, &multiple))
        return multiple;
    decimal_read(&d, value_text(v));
    found = decimal_multiple_of(&d, &bound->limit);
    return found < 0 ? walk_doubt(w, SCHEMA_UNCHECKED_BUDGET) : found > 0;
}

/* ---- strings ---- */

bool
check_pattern(struct walk *w, const struct pattern *pattern, struct text subject)
{
    int found = pattern_matches(pattern, subject, w->patterns, &w->budget);

    if (found >= 0)
        return found > 0;
    return w->budget == 0 ? walk_spent(w) : walk_doubt(w, SCHEMA_UNCHECKED_PATTERN);
}

/* ---- comparing ---- */

bool
check_const(struct walk *w, const struct value *a, const struct value *b)
{
    int equal;

    if (a->type != b->type)
        return false;
    if (a->type == VALUE_STRING)
        return text_equal(value_text(a), value_text(b));
    equal = value_equal(a, b, &w->budget);
    return equal < 0 ? walk_spent(w) : equal > 0;
}

bool
check_enum_other(struct walk *w, const struct enum_rule *rule, const struct value *v)
{
    uint64_t hash;

    if (rule->count == 0)
        return false;
    if (v->span > w->budget)
        return walk_spent(w);
    w->budget -= v->span;
    hash = value_hash(v);
    for (uint32_t i = 0; i < rule->count; i++) {
        if (rule->hashes[i] == hash && check_const(w, rule->others[i], v))
            return true;
    }
    return false;
}

bool
check_unique(struct walk *w, const struct value *v)
{
    uint32_t first, second;
    int unique = value_items_unique(v, w->run->arena, &w->budget, &first, &second);

    return unique < 0 ? walk_spent(w) : unique > 0;
}
