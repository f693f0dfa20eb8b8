/* clock.c -- the clocks of the system, and the two ways in which we write time down. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#define EARLIEST INT64_C(-62167219200) /* 0000-01-01T00:00:00Z, in seconds */
#define LATEST   INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static int64_t
ask(clockid_t which)
{
    struct timespec t;

    (void)clock_gettime(which, &t); /* cannot fail for these two (clock_getres(2)) */
    return (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec;
}

int64_t
clock_monotonic(void)
{
    return ask(CLOCK_MONOTONIC);
}

int64_t
clock_wall(void)
{
    return ask(CLOCK_REALTIME);
}

/* Whole seconds, rounded down also before 1970, kept to the years that both formats can tell. */
static int64_t
split(int64_t wall, int64_t *fraction)
{
    int64_t second = wall / CLOCK_SECOND;

    *fraction = wall % CLOCK_SECOND;
    if (*fraction < 0) {
        second--;
        *fraction += CLOCK_SECOND;
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
clock_rfc3339(int64_t wall, unsigned decimals)
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
clock_http_date(int64_t wall)
{
    static _Thread_local struct told told;
    int64_t fraction;

    tell(&told, split(wall, &fraction), true);
    return text_make(told.text, told.length);
}
