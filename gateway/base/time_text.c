/* time_text.c -- two forms to write and to read. */
#include "base/time_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND   INT64_C(1000000000)
#define EARLIEST INT64_C(-62167219200) /* 0000-01-01T00:00:00Z, in seconds */
#define LATEST   INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* ---- writing ---- */

/* Whole seconds, rounded down also before 1970, kept to the years that both formats can tell. */
static int64_t
split(int64_t wall, int64_t *fraction)
{
    int64_t second = wall / SECOND;

    *fraction = wall % SECOND;
    if (*fraction < 0) {
        second--;
        *fraction += SECOND;
    }
    return second < EARLIEST ? EARLIEST : second > LATEST ? LATEST : second;
}

/* The text of a second, and which one it is. */
struct told {
    char text[40];
    size_t length;
    int64_t second;
};

/* Write the second down unless it is there already. Weekdays and months come from tables: strftime would ask the
 * locale. */
static void
tell(struct told *told, int64_t second, bool http)
{
    static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t time = (time_t)second;
    struct tm tm;
    int written;

    if (told->length > 0 && told->second == second)
        return;
    (void)gmtime_r(&time, &tm);
    if (http)
        written = snprintf(told->text, sizeof told->text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday],
                           tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    else
        written = snprintf(told->text, sizeof told->text, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
                           tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    told->length = (size_t)written;
    told->second = second;
}

struct text
time_text_rfc3339(int64_t wall, unsigned decimals)
{
    static _Thread_local struct told told;
    int64_t fraction, second = split(wall, &fraction);
    size_t end;

    tell(&told, second, false);
    end = told.length;
    if (decimals > 9)
        decimals = 9;
    if (decimals > 0) {
        told.text[end] = '.';
        for (size_t i = 9; i > 0; i--) {
            told.text[end + i] = (char)('0' + fraction % 10);
            fraction /= 10;
        }
        end += 1 + decimals;
    }
    told.text[end++] = 'Z';
    return text_make(told.text, end);
}

struct text
time_text_http_date(int64_t wall)
{
    static _Thread_local struct told told;
    int64_t fraction;

    tell(&told, split(wall, &fraction), true);
    return text_make(told.text, told.length);
}

/* ---- reading ---- */

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
is_date(int year, int month, int day)
{
    static const int days[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] && (month != 2 || day < 29 || leap);
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
    if (!is_date(part[0], part[1], part[2]) || part[3] > 23 || part[4] > 59 || part[5] > 60)
        return false;
    days = days_of(part[0], part[1], part[2]);
    if (!read_fraction(t, &at, &fraction) || !read_offset(t, &at, &offset) || at != t.length)
        return false;
    seconds = days * 86400 + part[3] * 3600 + part[4] * 60 + part[5] - offset;
    if (seconds <= INT64_MIN / SECOND || seconds >= INT64_MAX / SECOND)
        return false; /* nanoseconds reach from 1677 to 2262 */
    *ns = seconds * SECOND + fraction;
    return true;
}

bool
time_text_read_http_date(struct text t, int64_t *ns)
{
    static const char *const forms[] = { "%a, %d %b %Y %T GMT", "%A, %d-%b-%y %T GMT", "%a %b %e %T %Y" };
    char date[40];

    if (t.length == 0 || t.length >= sizeof date || memchr(t.data, 0, t.length) != NULL)
        return false;
    memcpy(date, t.data, t.length);
    date[t.length] = 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm tm = { .tm_isdst = 0 };
        const char *end = strptime(date, forms[i], &tm);

        if (end == NULL || *end != 0)
            continue;
        *ns = (int64_t)timegm(&tm) * SECOND;
        return true;
    }
    return false;
}
