#include "traffic/time_text.h"

#include <stdio.h>

#define SECOND INT64_C(1000000000)

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar; March begins the year, so that leap days come
 * last. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void
date_of(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

size_t
time_text_write(char out[TIME_TEXT_BYTES], int64_t ns, int digits)
{
    int64_t seconds = ns / SECOND, fraction = ns % SECOND, rest;
    int year, month, day, n;

    if (fraction < 0) {
        fraction += SECOND;
        seconds--;
    }
    rest = seconds % 86400;
    seconds -= rest;
    if (rest < 0) {
        rest += 86400;
        seconds -= 86400;
    }
    date_of(seconds / 86400, &year, &month, &day);
    for (int i = digits; i < 9; i++)
        fraction /= 10;
    n = snprintf(out, TIME_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, (int)(rest / 3600),
                 (int)(rest / 60 % 60), (int)(rest % 60));
    if (n > 0 && digits > 0)
        n += snprintf(out + n, TIME_TEXT_BYTES - (size_t)n, ".%0*dZ", digits, (int)fraction);
    else if (n > 0)
        n += snprintf(out + n, TIME_TEXT_BYTES - (size_t)n, "Z");
    return (size_t)n;
}

/* `count` digits at *at, moved on; -1 when they are not there. */
static int
digits_at(struct text t, size_t *at, size_t count)
{
    uint64_t number;

    if (!text_to_u64(text_slice(t, *at, count), &number) || t.length < *at + count)
        return -1;
    *at += count;
    return (int)number;
}

static bool
byte_at(struct text t, size_t *at, char byte)
{
    if (*at >= t.length || t.data[*at] != byte)
        return false;
    (*at)++;
    return true;
}

static bool
read_offset(struct text t, size_t *at, int64_t *seconds)
{
    bool negative;
    int hours, minutes;

    *seconds = 0;
    if (byte_at(t, at, 'Z') || byte_at(t, at, 'z'))
        return true;
    negative = *at < t.length && t.data[*at] == '-';
    if (!byte_at(t, at, '-') && !byte_at(t, at, '+'))
        return false;
    hours = digits_at(t, at, 2);
    if (hours < 0 || !byte_at(t, at, ':') || (minutes = digits_at(t, at, 2)) < 0)
        return false;
    *seconds = (hours * 60 + minutes) * INT64_C(60) * (negative ? -1 : 1);
    return true;
}

/* ".123456789": at least one digit; those behind the ninth are dropped. */
static bool
read_fraction(struct text t, size_t *at, int64_t *fraction)
{
    int64_t scale = SECOND;
    size_t start;

    *fraction = 0;
    if (!byte_at(t, at, '.'))
        return true;
    for (start = *at; *at < t.length && t.data[*at] >= '0' && t.data[*at] <= '9'; (*at)++) {
        scale /= 10;
        *fraction += (t.data[*at] - '0') * scale;
    }
    return *at > start;
}

static bool
is_day(int64_t days, int day)
{
    int year, month, same;

    date_of(days, &year, &month, &same);
    return same == day; /* February 30 would be in March */
}

bool
time_text_read(struct text t, int64_t *ns)
{
    size_t at = 0;
    int part[6];
    int64_t fraction, offset, days, seconds;
    static const char separators[] = "--T::";

    for (int i = 0; i < 6; i++) {
        part[i] = digits_at(t, &at, i == 0 ? 4 : 2);
        if (part[i] < 0 || (i < 5 && !byte_at(t, &at, separators[i]) && !(i == 2 && byte_at(t, &at, 't'))))
            return false;
    }
    if (part[1] < 1 || part[1] > 12 || part[2] < 1 || part[3] > 23 || part[4] > 59 || part[5] > 60)
        return false;
    days = days_of(part[0], part[1], part[2]);
    if (!is_day(days, part[2]) || !read_fraction(t, &at, &fraction) || !read_offset(t, &at, &offset) || at != t.length)
        return false;
    seconds = days * 86400 + part[3] * 3600 + part[4] * 60 + part[5] - offset;
    if (seconds <= INT64_MIN / SECOND || seconds >= INT64_MAX / SECOND)
        return false; /* nanoseconds reach from 1677 to 2262 */
    *ns = seconds * SECOND + fraction;
    return true;
}
