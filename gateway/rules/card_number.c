#include "rules/card_number.h"

#define DIGITS_MIN 13
#define DIGITS_MAX 19
#define GROUP_MIN  3
#define GROUP_MAX  7

/* Which leading digits belong to card schemes, and how long their numbers are. Without it, one in ten long ids would be
 * taken for a card. */
struct range {
    unsigned from, to; /* first four digits */
    unsigned shortest, longest;
};

static const struct range ranges[] = {
    { 4000, 4999, 13, 19 }, /* Visa */
    { 5100, 5599, 16, 16 }, /* Mastercard */
    { 2221, 2720, 16, 16 }, /* Mastercard, 2017 */
    { 3400, 3499, 15, 15 }, /* American Express */
    { 3700, 3799, 15, 15 }, /* American Express */
    { 3000, 3059, 14, 19 }, /* Diners Club */
    { 3095, 3095, 14, 19 }, /* Diners Club */
    { 3600, 3699, 14, 19 }, /* Diners Club */
    { 3800, 3999, 14, 19 }, /* Diners Club */
    { 3528, 3589, 16, 19 }, /* JCB */
    { 5000, 5099, 13, 19 }, /* Maestro */
    { 5600, 5899, 13, 19 }, /* Maestro */
    { 6000, 6999, 13, 19 }, /* Discover, Maestro, UnionPay, RuPay */
    { 8100, 8171, 16, 19 }, /* UnionPay */
    { 2200, 2204, 16, 19 }, /* Mir */
};

static bool
is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* What a card number is written with. */
static bool
is_part(char c)
{
    return is_digit(c) || c == ' ' || c == '-';
}

bool
card_number_luhn(struct text t)
{
    unsigned sum = 0, count = 0;

    for (size_t i = t.length; i-- > 0;) {
        unsigned digit = (unsigned char)(t.data[i] - '0');

        if (digit > 9)
            continue;
        digit <<= count++ & 1;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return count > 0 && sum % 10 == 0;
}

/* `count` digits in t, separators between them. */
static bool
is_card(struct text t, unsigned count)
{
    unsigned first = 0, seen = 0;
    bool in_range = false;

    for (size_t i = 0; i < t.length && seen < 4; i++)
        if (is_digit(t.data[i])) {
            first = first * 10 + (unsigned)(t.data[i] - '0');
            seen++;
        }
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && !in_range; i++)
        in_range = first >= ranges[i].from && first <= ranges[i].to && count >= ranges[i].shortest &&
                   count <= ranges[i].longest;
    return in_range && card_number_luhn(t);
}

/* Groups of digits from `at` on, one separator byte of one kind between them. A plain number ends with its first group;
 * one in groups may end with any of them, the longest card wins. Gives the end of the card, or 0. */
static size_t
card_at(struct text t, size_t at)
{
    size_t i = at, found = 0;
    unsigned digits = 0;
    char separator = '\0';

    for (;;) {
        size_t group = i;

        while (i < t.length && is_digit(t.data[i]) && i - group <= DIGITS_MAX)
            i++;
        digits += (unsigned)(i - group);
        if (digits > DIGITS_MAX || i - group < GROUP_MIN || (separator != '\0' && i - group > GROUP_MAX))
            break;
        if (digits >= DIGITS_MIN && is_card(text_slice(t, at, i - at), digits))
            found = i;
        if (i + 1 >= t.length || (t.data[i] != ' ' && t.data[i] != '-') || !is_digit(t.data[i + 1]) ||
            (separator != '\0' && t.data[i] != separator))
            break;
        separator = t.data[i++];
    }
    return found;
}

/* 0.4111… and 4111….5 are measurements */
static bool
is_fraction(struct text t, size_t start, size_t end)
{
    return (start >= 2 && t.data[start - 1] == '.' && is_digit(t.data[start - 2])) ||
           (end + 1 < t.length && t.data[end] == '.' && is_digit(t.data[end + 1]));
}

/* In a run of digits and separators: the first card that begins with a group. */
static bool
search_run(struct text t, size_t from, size_t until, size_t *start, size_t *end)
{
    for (size_t i = from; i + DIGITS_MIN <= until; i++) {
        size_t stop;

        if (!is_digit(t.data[i]) || (i > 0 && is_digit(t.data[i - 1])))
            continue;
        stop = card_at(t, i);
        if (stop > 0 && !is_fraction(t, i, stop)) {
            *start = i;
            *end = stop;
            return true;
        }
    }
    return false;
}

bool
card_number_search(struct text t, size_t from, size_t *start, size_t *end)
{
    size_t done = from;

    /* a run of 13 bytes or more has one at every 13th place */
    for (size_t i = from + DIGITS_MIN - 1; i < t.length; i += DIGITS_MIN) {
        size_t first = i, last = i;

        if (!is_part(t.data[i]))
            continue;
        while (first > done && is_part(t.data[first - 1]))
            first--;
        while (last < t.length && is_part(t.data[last]))
            last++;
        if (last - first >= DIGITS_MIN && search_run(t, first, last, start, end))
            return true;
        done = last;
        i = last;
    }
    return false;
}
