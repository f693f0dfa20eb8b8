/* match_id.c -- what looks like an id. By form alone: nobody here knows what a field means. */
#include "replay/match.h"

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool
match_names_id(struct text name)
{
    static const char *const ends[] = { "id", "ids", "uuid", "guid", "key", "ref", "reference", "token", "number" };

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct text end = text_of(ends[i]);
        struct text tail = name.length >= end.length ? text_from(name, name.length - end.length) : text_make(NULL, 0);
        char before, first;

        if (!text_equal_nocase(tail, end))
            continue;
        if (tail.data == NULL || name.length == end.length)
            return tail.data != NULL;
        before = name.data[name.length - end.length - 1];
        first = tail.data[0];
        if (!is_letter(before) || (first >= 'A' && first <= 'Z')) /* order_id, orderId; not "paid" */
            return true;
    }
    return false;
}

/* Letters, digits and what joins them; *digits of them. */
static bool
is_word(struct text value, size_t *digits)
{
    *digits = 0;
    for (size_t i = 0; i < value.length; i++) {
        char c = value.data[i];

        *digits += is_digit(c) ? 1 : 0;
        if (!is_letter(c) && !is_digit(c) && text_find(TEXT("-_.:@~"), c) == 6)
            return false;
    }
    return value.length > 0;
}

/* A date or time begins like 2025-01-31. */
static bool
is_date(struct text value)
{
    return value.length >= 10 && value.data[4] == '-' && value.data[7] == '-' && is_digit(value.data[0]) &&
           is_digit(value.data[1]) && is_digit(value.data[2]) && is_digit(value.data[3]) && is_digit(value.data[5]) &&
           is_digit(value.data[8]) && (value.length == 10 || value.data[10] == 'T');
}

bool
match_is_rare(struct text value)
{
    size_t digits;

    return is_word(value, &digits) && value.length >= 6 && digits > 0 && !is_date(value) &&
           (digits < value.length || value.length >= 8);
}

bool
match_is_id(struct text name, struct text value)
{
    size_t digits;

    if (!is_word(value, &digits) || is_date(value))
        return false;
    return match_is_rare(value) || match_names_id(name);
}
