/* check_value.c -- the instructions that look at one value alone: bounds, lengths, patterns, constants. */
#include "json/compare.h"
#include "schema/check_parts.h"

/* ---- numbers and strings ---- */

static bool
small_integer(const struct value *v, int64_t *number)
{
    const char *digit = v->data, *end = v->data + v->count;
    bool negative = *digit == '-';
    int64_t sum = 0;

    if ((v->flags & VALUE_INTEGER) == 0 || v->count > 18)
        return false;
    for (digit += negative; digit < end; digit++)
        sum = sum * 10 + (*digit - '0');
    *number = negative ? -sum : sum;
    return true;
}

/* 12.50 against a whole bound, without the sign and exponent that prices do not have. */
static bool
compare_plain(const struct value *v, int64_t bound, int *order)
{
    const char *digit = v->data, *end = v->data + v->count;
    bool fraction = false;
    int64_t whole = 0;

    if (v->count > 18)
        return false;
    for (; digit < end && *digit >= '0' && *digit <= '9'; digit++)
        whole = whole * 10 + (*digit - '0');
    if (digit < end && *digit == '.')
        digit++;
    for (; digit < end && *digit >= '0' && *digit <= '9'; digit++)
        fraction |= *digit != '0';
    *order = whole != bound ? (whole > bound) - (whole < bound) : fraction;
    return digit == end;
}

int
check_bound(const struct value *v, const struct bound *bound)
{
    struct decimal d;
    int64_t number;
    int order;

    if (bound->whole && small_integer(v, &number))
        return (number > bound->integer) - (number < bound->integer);
    if (bound->whole && compare_plain(v, bound->integer, &order))
        return order;
    decimal_read(&d, value_text(v));
    return decimal_compare(&d, &bound->limit);
}

bool
check_multiple(struct walk *w, const struct value *v, const struct bound *bound)
{
    struct decimal d;
    int64_t number;
    int multiple;

    if (bound->whole && small_integer(v, &number))
        return number % bound->integer == 0;
    decimal_read(&d, value_text(v));
    multiple = decimal_multiple_of(&d, &bound->limit);
    return multiple < 0 ? walk_doubt(w, SCHEMA_UNCHECKED_BUDGET) : multiple > 0;
}

/* A code point has one to four bytes, so most lengths need not be counted. */
bool
check_at_least(const struct value *v, uint64_t limit)
{
    return v->count >= limit && (v->count / 4 >= limit || text_code_points(value_text(v)) >= limit);
}

bool
check_at_most(const struct value *v, uint64_t limit)
{
    return v->count <= limit || (v->count / 4 <= limit && text_code_points(value_text(v)) <= limit);
}

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
check_enum(struct walk *w, const struct enum_rule *rule, const struct value *v)
{
    uint64_t hash;

    if (v->type == VALUE_STRING)
        return names_find(&rule->strings, v->data, v->count) != NAMES_NONE;
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
