/* format_time.c -- dates, times and durations of RFC 3339. */
#include "schema/format_check.h"

/* Takes exactly `count` digits off the front. */
static bool
take_number(struct text *t, size_t count, int *number)
{
    if (t->length < count)
        return false;
    *number = 0;
    for (size_t i = 0; i < count; i++) {
        if (!format_is_digit(t->data[i]))
            return false;
        *number = *number * 10 + (t->data[i] - '0');
    }
    *t = text_from(*t, count);
    return true;
}

static bool
take_byte(struct text *t, const char *one_of)
{
    if (t->length == 0 || !format_is_one_of(t->data[0], one_of))
        return false;
    *t = text_from(*t, 1);
    return true;
}

/* One or more. */
static bool
take_digits(struct text *t)
{
    size_t count = 0;

    while (count < t->length && format_is_digit(t->data[count]))
        count++;
    if (count == 0)
        return false;
    *t = text_make(t->data + count, t->length - count);
    return true;
}

static int
days_of(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

static bool
take_date(struct text *t)
{
    int year, month, day;

    if (!take_number(t, 4, &year) || !take_byte(t, "-") || !take_number(t, 2, &month) || !take_byte(t, "-") ||
        !take_number(t, 2, &day))
        return false;
    return month >= 1 && month <= 12 && day >= 1 && day <= days_of(year, month);
}

/* Minutes east of UTC. */
static bool
take_offset(struct text *t, int *minutes)
{
    int hour, minute;
    bool west;

    *minutes = 0;
    if (take_byte(t, "Zz"))
        return true;
    west = t->length > 0 && t->data[0] == '-';
    if (!take_byte(t, "+-") || !take_number(t, 2, &hour) || !take_byte(t, ":") || !take_number(t, 2, &minute))
        return false;
    *minutes = (west ? -1 : 1) * (hour * 60 + minute);
    return hour <= 23 && minute <= 59;
}

static bool
take_time(struct text *t)
{
    const int day = 24 * 60;
    int hour, minute, second, offset;

    if (!take_number(t, 2, &hour) || !take_byte(t, ":") || !take_number(t, 2, &minute) || !take_byte(t, ":") ||
        !take_number(t, 2, &second))
        return false;
    if (take_byte(t, ".") && !take_digits(t))
        return false;
    if (!take_offset(t, &offset) || hour > 23 || minute > 59 || second > 60)
        return false;
    /* Leap seconds are added at the end of a day of UTC, whatever time it is elsewhere. */
    return second < 60 || (hour * 60 + minute - offset + 2 * day) % day == day - 1;
}

bool
format_is_date(struct text t)
{
    return take_date(&t) && t.length == 0;
}

bool
format_is_time(struct text t)
{
    return take_time(&t) && t.length == 0;
}

bool
format_is_date_time(struct text t)
{
    return take_date(&t) && take_byte(&t, "Tt") && take_time(&t) && t.length == 0;
}

/* Numbers with units in this order, without leaving one out in between: P1Y2M, not P1Y2D (appendix A, dur-year =
 * 1*DIGIT "Y" [dur-month]). At least one. */
static bool
take_units(struct text *t, const char *units)
{
    bool any = false;

    while (t->length > 0 && format_is_digit(t->data[0])) {
        const char *unit;

        (void)take_digits(t);
        if (t->length == 0 || t->data[0] == '\0' || (unit = strchr(units, t->data[0])) == NULL)
            return false;
        if (any && unit != units)
            return false;
        *t = text_from(*t, 1);
        units = unit + 1;
        any = true;
    }
    return any;
}

bool
format_is_duration(struct text t)
{
    struct text weeks;

    if (!take_byte(&t, "P"))
        return false;
    weeks = t;
    if (take_units(&weeks, "W"))
        return weeks.length == 0;
    if (t.length > 0 && t.data[0] != 'T' && !take_units(&t, "YMD"))
        return false;
    if (t.length == 0)
        return weeks.length > 0;
    return take_byte(&t, "T") && take_units(&t, "HMS") && t.length == 0;
}
