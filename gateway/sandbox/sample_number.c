/* sample_number.c -- numbers within bounds and on steps, exactly: whole numbers of 128 bits that stand for that many
 * 10^-scale. */
#include "sandbox/sample_make.h"

#include "json/number.h"

#define SCALE_MOST 24   /* digits behind the point */
#define WINDOW     1000 /* numbers are chosen this near to their bound: 12.5 looks better than 83492749.5 */

typedef __int128 wide;

static const wide wide_most = (wide)1 << 120; /* leaves room to add and to multiply by what is small */

struct range {
    wide low, high; /* both included */
    wide step;      /* values are multiples of it */
    int scale;
    bool has_low, has_high;
    bool whole;
    bool impossible;
};

static wide
power(int exponent)
{
    wide p = 1;

    while (exponent-- > 0)
        p *= 10;
    return p;
}

static wide
divide_down(wide a, wide b)
{
    wide q = a / b;

    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

/* The number in units of 10^-scale, rounded down; *exact says whether nothing was lost. Far outside: clamped. */
static wide
scaled(const struct decimal *d, int scale, bool *exact)
{
    int64_t exponent = d->exponent + scale;
    wide largest = d->negative ? -wide_most : wide_most;

    *exact = true;
    if (d->digits == 0)
        return 0;
    if (exponent + d->digits > 35 || (!d->small && exponent >= 0)) {
        *exact = false;
        return largest;
    }
    if (d->small && exponent >= 0)
        return d->mantissa * power((int)exponent);
    *exact = false;
    if (!d->small || exponent < -18)
        return d->negative ? -1 : 0; /* nearly nothing; what has more than 18 digits is left to the check */
    return divide_down(d->mantissa, power((int)-exponent));
}

static int
scale_of(const struct value *value, int scale)
{
    struct decimal d;

    if (value->type != VALUE_NUMBER)
        return scale;
    decimal_read(&d, value_text(value));
    if (d.digits == 0 || d.exponent >= 0 || -d.exponent <= scale)
        return scale;
    return d.exponent < -SCALE_MOST ? SCALE_MOST : (int)-d.exponent;
}

static void
raise_low(struct range *r, const struct value *bound, bool excluded)
{
    struct decimal d;
    bool exact;
    wide low;

    if (bound->type != VALUE_NUMBER)
        return;
    decimal_read(&d, value_text(bound));
    low = scaled(&d, r->scale, &exact);
    if (low <= -wide_most)
        return;
    if (!exact || excluded)
        low++;
    r->low = r->has_low && r->low > low ? r->low : low;
    r->has_low = true;
}

static void
lower_high(struct range *r, const struct value *bound, bool excluded)
{
    struct decimal d;
    bool exact;
    wide high;

    if (bound->type != VALUE_NUMBER)
        return;
    decimal_read(&d, value_text(bound));
    high = scaled(&d, r->scale, &exact);
    if (high >= wide_most)
        return;
    if (exact && excluded)
        high--;
    r->high = r->has_high && r->high < high ? r->high : high;
    r->has_high = true;
}

/* exclusiveMinimum is a bound of its own, or (draft 4, OpenAPI 3.0) a boolean beside minimum. */
static void
read_bounds(struct range *r, const struct sample_plan *plan)
{
    const struct value *value;

    for (SCHEMA_EACH_PART(part, &plan->parts, "minimum", value))
        raise_low(r, value, value_is(VALUE_MEMBER(part->schema, "exclusiveMinimum"), VALUE_TRUE));
    for (SCHEMA_EACH_PART(part, &plan->parts, "exclusiveMinimum", value))
        raise_low(r, value, true);
    for (SCHEMA_EACH_PART(part, &plan->parts, "maximum", value))
        lower_high(r, value, value_is(VALUE_MEMBER(part->schema, "exclusiveMaximum"), VALUE_TRUE));
    for (SCHEMA_EACH_PART(part, &plan->parts, "exclusiveMaximum", value))
        lower_high(r, value, true);
}

/* Where one end is open, the format may close it: 2147483647 is the last int32. Numbers near 0 need no such end. */
static void
read_format(struct range *r, const struct sample_plan *plan)
{
    const struct value *value;

    for (SCHEMA_EACH_PART(part, &plan->parts, "format", value)) {
        bool is_int32 = value->type == VALUE_STRING && text_equal(value_text(value), TEXT("int32"));
        bool is_int64 = value->type == VALUE_STRING && text_equal(value_text(value), TEXT("int64"));
        wide end = ((wide)1 << (is_int32 ? 31 : 63)) * power(r->scale);

        if ((!is_int32 && !is_int64) || end >= wide_most)
            continue;
        if (r->has_low && !r->has_high)
            r->high = end - 1;
        else if (r->has_high && !r->has_low)
            r->low = -end;
        r->has_low = r->has_high = r->has_low || r->has_high;
    }
}

static wide
common_divisor(wide a, wide b)
{
    while (b != 0) {
        wide rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* The step becomes the least common multiple of both. */
static void
lift_step(struct range *r, wide step)
{
    wide times;

    if (step <= 0) {
        r->impossible = true;
        return;
    }
    times = step / common_divisor(step, r->step); /* step > 0, so its divisor is too */
    if (times > wide_most / r->step)
        r->impossible = true;
    else
        r->step *= times;
}

static void
read_steps(struct range *r, const struct sample_plan *plan)
{
    const struct value *value;
    struct decimal d;
    bool exact;

    r->step = 1;
    if (r->whole)
        lift_step(r, power(r->scale));
    for (SCHEMA_EACH_PART(part, &plan->parts, "multipleOf", value))
        if (value->type == VALUE_NUMBER) {
            decimal_read(&d, value_text(value));
            lift_step(r, scaled(&d, r->scale, &exact));
        }
}

/* A range that is near its bounds, or near 0 where it has none. */
static void
narrow(const struct range *r, wide *low, wide *high)
{
    wide window = WINDOW * power(r->scale);

    if (window < 16 * r->step)
        window = 16 * r->step;
    *low = r->has_low ? r->low : r->has_high && r->high < 0 ? r->high - window : 0;
    if (*low < 0 && (!r->has_high || r->high > 0))
        *low = 0;
    if (!r->has_low && !r->has_high && r->step <= window)
        *low = r->step;
    *high = *low + window;
    if (r->has_high && r->high < *high)
        *high = r->high;
}

/* Choose a multiple of the step from low to high. */
static bool
choose(struct sample_maker *m, wide step, wide low, wide high, wide *value)
{
    wide first = -divide_down(-low, step), last = divide_down(high, step);

    if (first > last)
        return false;
    if (sample_perhaps(m, 20))
        *value = first;
    else if (sample_perhaps(m, 20))
        *value = last;
    else
        *value = first +
                 (wide)random_below(&m->random, last - first >= UINT32_MAX ? UINT32_MAX : (uint64_t)(last - first) + 1);
    *value *= step;
    return true;
}

static void
write_number(wide value, int scale, struct buffer *out)
{
    char digits[64];
    int count = 0;

    if (value < 0) {
        buffer_byte(out, '-');
        value = -value;
    }
    while (scale > 0 && value % 10 == 0) {
        value /= 10;
        scale--;
    }
    do {
        digits[count++] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value > 0 || count <= scale);
    while (count > 0) {
        if (count == scale)
            buffer_byte(out, '.');
        buffer_byte(out, digits[--count]);
    }
}

bool
sample_number(struct sample_maker *m, const struct sample_plan *plan, bool whole, struct buffer *out)
{
    static const char *const keywords[] = { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
                                            "multipleOf" };
    struct range r = { .whole = whole };
    const struct value *value;
    wide low, high, chosen = 0;
    bool free_step, found = false;

    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        for (const struct schema_part *p = schema_parts_next(&plan->parts, NULL, text_of(keywords[i]), &value);
             p != NULL; p = schema_parts_next(&plan->parts, p, text_of(keywords[i]), &value))
            r.scale = scale_of(value, r.scale);
    free_step = !whole && schema_parts_next(&plan->parts, NULL, TEXT("multipleOf"), &value) == NULL;
    if (free_step)
        r.scale = r.scale < 2 ? 2 : r.scale + (r.scale < SCALE_MOST);
    read_bounds(&r, plan);
    read_format(&r, plan);
    read_steps(&r, plan);
    if (r.impossible || (r.has_low && r.low >= wide_most) || (r.has_high && r.high <= -wide_most))
        return false;
    /* without multipleOf: as few digits behind the point as fit between the bounds, but not none */
    for (int digits = free_step ? 2 : r.scale; digits <= r.scale && !found; digits++) {
        wide step = free_step ? power(r.scale - digits) : r.step;

        narrow(&r, &low, &high);
        found = choose(m, step, low, high, &chosen) ||
                choose(m, step, r.has_low ? r.low : -wide_most, r.has_high ? r.high : wide_most, &chosen);
    }
    if (found)
        write_number(chosen, r.scale, out);
    return found;
}
