/* mutate_number.c -- the next number past a bound, and the largest one within: exact, as whole numbers of 128 bits that
 * stand for that many 10^-scale. */
#include "rules/mutate_internal.h"

#include "json/number.h"

#define SCALE_MOST  24 /* digits behind the point */
#define DIGITS_MOST 36

typedef __int128 wide;

struct fixed {
    wide n;
    int scale;
};

static wide
power(int exponent)
{
    wide p = 1;

    while (exponent-- > 0)
        p *= 10;
    return p;
}

/* False: too many digits. */
static bool
fixed_read(struct text number, struct fixed *f)
{
    struct decimal d;

    decimal_read(&d, number);
    *f = (struct fixed){ 0, 0 };
    if (d.digits == 0)
        return true;
    if (!d.small || d.exponent > 18 || d.exponent < -SCALE_MOST)
        return false;
    f->n = d.mantissa * power(d.exponent > 0 ? (int)d.exponent : 0);
    f->scale = d.exponent < 0 ? (int)-d.exponent : 0;
    return true;
}

/* Both with as many digits behind the point. */
static bool
fixed_align(struct fixed *a, struct fixed *b)
{
    const wide most = power(DIGITS_MOST);
    int scale = a->scale > b->scale ? a->scale : b->scale;
    wide times_a = power(scale - a->scale), times_b = power(scale - b->scale);

    if (a->n > most / times_a || a->n < -most / times_a || b->n > most / times_b || b->n < -most / times_b)
        return false;
    *a = (struct fixed){ a->n * times_a, scale };
    *b = (struct fixed){ b->n * times_b, scale };
    return true;
}

static struct text
fixed_write(struct mutating *m, struct fixed f)
{
    char digits[64];
    size_t at = sizeof(digits);
    int written = 0;
    wide n = f.n < 0 ? -f.n : f.n;

    while (f.scale > 0 && n % 10 == 0) {
        n /= 10;
        f.scale--;
    }
    do {
        if (written == f.scale && written > 0)
            digits[--at] = '.';
        digits[--at] = (char)('0' + (int)(n % 10));
        n /= 10;
        written++;
    } while (n > 0 || written <= f.scale);
    if (f.n < 0)
        digits[--at] = '-';
    return arena_text(m->work, text_make(digits + at, sizeof(digits) - at));
}

struct text
mutate_past(struct mutating *m, struct text bound, struct text step, bool above)
{
    struct fixed b, s = { 1, 0 };

    if (!fixed_read(bound, &b) || (step.length > 0 && !fixed_read(step, &s)))
        return TEXT("");
    if (step.length == 0)
        s.scale = b.scale;
    if (!fixed_align(&b, &s))
        return TEXT("");
    if (s.n != 0 && b.n % s.n != 0) /* the last multiple within the bound; C divides towards zero */
        b.n -= b.n % s.n + ((b.n < 0) == above ? (above ? s.n : -s.n) : 0);
    return fixed_write(m, (struct fixed){ above ? b.n + s.n : b.n - s.n, b.scale });
}

/* The bound that a keyword gives; exclusive: the number itself is not allowed. */
static void
lower_to(struct text *bound, bool *exclusive, struct text candidate, bool candidate_exclusive)
{
    struct decimal a, b;
    int order = -1;

    if (bound->length > 0) {
        decimal_read(&a, candidate);
        decimal_read(&b, *bound);
        order = decimal_compare(&a, &b);
    }
    if (order < 0 || (order == 0 && candidate_exclusive)) {
        *bound = candidate;
        *exclusive = candidate_exclusive;
    }
}

static struct text
highest(const struct schema_parts *plan, bool whole, bool *exclusive)
{
    struct text bound = TEXT("");
    const struct value *value;

    for (SCHEMA_EACH_PART(part, plan, "maximum", value))
        if (value->type == VALUE_NUMBER)
            lower_to(&bound, exclusive, value_text(value),
                     value_is(VALUE_MEMBER(part->schema, "exclusiveMaximum"), VALUE_TRUE));
    for (SCHEMA_EACH_PART(part, plan, "exclusiveMaximum", value))
        if (value->type == VALUE_NUMBER)
            lower_to(&bound, exclusive, value_text(value), true);
    for (SCHEMA_EACH_PART(part, plan, "format", value)) {
        if (!value_is(value, VALUE_STRING))
            continue;
        if (text_equal(value_text(value), TEXT("int32")))
            lower_to(&bound, exclusive, TEXT("2147483647"), false);
        if (text_equal(value_text(value), TEXT("int64")))
            lower_to(&bound, exclusive, TEXT("9223372036854775807"), false);
    }
    if (bound.length == 0) /* the largest that every reader holds exactly */
        bound = whole ? TEXT("9007199254740991") : TEXT("9007199254740991.0");
    return bound;
}

struct text
mutate_largest(struct mutating *m, const struct schema_parts *plan, bool whole)
{
    bool exclusive = false;
    struct text bound = highest(plan, whole, &exclusive);
    struct fixed b, s = { 1, whole ? 0 : 2 };
    const struct value *step;

    for (SCHEMA_EACH_PART(part, plan, "multipleOf", step))
        if (step->type == VALUE_NUMBER && !fixed_read(value_text(step), &s))
            return TEXT("");
    if (!fixed_read(bound, &b) || !fixed_align(&b, &s) || s.n <= 0)
        return TEXT("");
    if (b.n % s.n != 0)
        b.n -= b.n % s.n + (b.n < 0 ? s.n : 0);
    else if (exclusive)
        b.n -= s.n;
    return fixed_write(m, b);
}
