#include "unit.h"

#include <time.h>

#include "base/clock.h"

#define AT(second, nanosecond) ((int64_t)(second)*CLOCK_SECOND + (nanosecond))

static void
the_monotonic_clock_does_not_go_back(void **state)
{
    int64_t before = clock_monotonic();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic();

        assert_true(now >= before);
        before = now;
    }
}

static void
the_wall_clock_is_that_of_the_system(void **state)
{
    int64_t before = (int64_t)time(NULL), now = clock_wall();

    (void)state;
    assert_true(now / CLOCK_SECOND >= before && now / CLOCK_SECOND <= (int64_t)time(NULL) + 1);
}

static void
times_are_told_as_rfc_3339(void **state)
{
    (void)state;
    check_text(clock_rfc3339(0, 0), "1970-01-01T00:00:00Z");
    check_text(clock_rfc3339(AT(951782399, 123456789), 0), "2000-02-28T23:59:59Z");
    check_text(clock_rfc3339(AT(951782399, 123456789), 3), "2000-02-28T23:59:59.123Z");
    check_text(clock_rfc3339(AT(951782399, 999999999), 6), "2000-02-28T23:59:59.999999Z");
    check_text(clock_rfc3339(AT(951782400, 7), 9), "2000-02-29T00:00:00.000000007Z");
    check_text(clock_rfc3339(AT(951782400, 7), 10), "2000-02-29T00:00:00.000000007Z");
    check_text(clock_rfc3339(AT(4102444799, 0), 1), "2099-12-31T23:59:59.0Z");
    check_text(clock_rfc3339(-1, 9), "1969-12-31T23:59:59.999999999Z");
    check_text(clock_rfc3339(INT64_MAX, 0), "2262-04-11T23:47:16Z");
    check_text(clock_rfc3339(INT64_MIN, 0), "1677-09-21T00:12:43Z");
}

static void
times_are_told_as_imf_fixdate(void **state)
{
    (void)state;
    check_text(clock_http_date(AT(784111777, 5)), "Sun, 06 Nov 1994 08:49:37 GMT"); /* the example of RFC 9110 5.6.7 */
    check_text(clock_http_date(AT(784111777, 999999999)), "Sun, 06 Nov 1994 08:49:37 GMT");
    check_text(clock_http_date(AT(784111778, 0)), "Sun, 06 Nov 1994 08:49:38 GMT");
    check_text(clock_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    check_text(clock_http_date(AT(951782400, 0)), "Tue, 29 Feb 2000 00:00:00 GMT");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_monotonic_clock_does_not_go_back),
        cmocka_unit_test(the_wall_clock_is_that_of_the_system),
        cmocka_unit_test(times_are_told_as_rfc_3339),
        cmocka_unit_test(times_are_told_as_imf_fixdate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
