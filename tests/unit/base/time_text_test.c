#include "unit.h"

#include "base/time_text.h"

#define AT(second, nanosecond) ((int64_t)(second)*INT64_C(1000000000) + (nanosecond))

static void
times_are_told_as_rfc_3339(void **state)
{
    (void)state;
    check_text(time_text_rfc3339(0, 0), "1970-01-01T00:00:00Z");
    check_text(time_text_rfc3339(AT(951782399, 123456789), 0), "2000-02-28T23:59:59Z");
    check_text(time_text_rfc3339(AT(951782399, 123456789), 3), "2000-02-28T23:59:59.123Z");
    check_text(time_text_rfc3339(AT(951782399, 999999999), 6), "2000-02-28T23:59:59.999999Z");
    check_text(time_text_rfc3339(AT(951782400, 7), 9), "2000-02-29T00:00:00.000000007Z");
    check_text(time_text_rfc3339(AT(951782400, 7), 10), "2000-02-29T00:00:00.000000007Z");
    check_text(time_text_rfc3339(AT(4102444799, 0), 1), "2099-12-31T23:59:59.0Z");
    check_text(time_text_rfc3339(-1, 9), "1969-12-31T23:59:59.999999999Z");
    check_text(time_text_rfc3339(1, 9), "1970-01-01T00:00:00.000000001Z");
    check_text(time_text_rfc3339(1795237923123456789, 9), "2026-11-21T05:12:03.123456789Z");
    check_text(time_text_rfc3339(1795237923123456789, 6), "2026-11-21T05:12:03.123456Z");
    check_text(time_text_rfc3339(1795237923123456789, 3), "2026-11-21T05:12:03.123Z");
    check_text(time_text_rfc3339(1795237923999999999, 0), "2026-11-21T05:12:03Z");
    check_text(time_text_rfc3339(951782400000000000, 0), "2000-02-29T00:00:00Z");
    check_text(time_text_rfc3339(-86400000000000, 0), "1969-12-31T00:00:00Z");
    check_text(time_text_rfc3339(INT64_MAX, 9), "2262-04-11T23:47:16.854775807Z");
    check_text(time_text_rfc3339(INT64_MIN, 9), "1677-09-21T00:12:43.145224192Z");
    check_text(time_text_rfc3339(INT64_MAX, 0), "2262-04-11T23:47:16Z");
    check_text(time_text_rfc3339(INT64_MIN, 0), "1677-09-21T00:12:43Z");
}

static void
times_are_told_as_imf_fixdate(void **state)
{
    (void)state;
    check_text(time_text_http_date(AT(784111777, 5)),
               "Sun, 06 Nov 1994 08:49:37 GMT"); /* the example of RFC 9110 5.6.7 */
    check_text(time_text_http_date(AT(784111777, 999999999)), "Sun, 06 Nov 1994 08:49:37 GMT");
    check_text(time_text_http_date(AT(784111778, 0)), "Sun, 06 Nov 1994 08:49:38 GMT");
    check_text(time_text_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    check_text(time_text_http_date(AT(951782400, 0)), "Tue, 29 Feb 2000 00:00:00 GMT");
}

static void
check_read(const char *text, int64_t expected)
{
    int64_t ns = 0;

    check_that(time_text_read(text_of(text), &ns), "'%s' is a time", text);
    check_that(ns == expected, "'%s' is %lld, not %lld", text, (long long)expected, (long long)ns);
}

static void
any_offset_and_fraction_is_read(void **state)
{
    (void)state;
    check_read("1970-01-01T00:00:00Z", 0);
    check_read("2026-11-21T05:12:03.123456789Z", 1795237923123456789);
    check_read("2026-11-21t05:12:03.1z", 1795237923100000000);
    check_read("2026-11-21T06:12:03.123+01:00", 1795237923123000000);
    check_read("2026-11-20T23:42:03-05:30", 1795237923000000000);
    check_read("2026-11-21T05:12:03.12345678987654321Z", 1795237923123456789);
    check_read("2016-12-31T23:59:60Z", 1483228800000000000);
}

static void
what_is_no_time_is_refused(void **state)
{
    static const char *const none[] = { "",
                                        "2026-11-21",
                                        "2026-11-21T05:12:03",
                                        "2026-11-21 05:12:03Z",
                                        "2026-13-21T05:12:03Z",
                                        "2026-11-32T05:12:03Z",
                                        "2026-11-21T24:12:03Z",
                                        "2026-11-21T05:60:03Z",
                                        "2026-11-21T05:12:61Z",
                                        "2026-11-21T05:12:03.Z",
                                        "2026-11-21T05:12:03+1:00",
                                        "2026-11-21T05:12:03+0100",
                                        "2026-11-21T05:12:03Zx",
                                        "26-11-21T05:12:03Z",
                                        "2026-02-30T00:00:00Z",
                                        "1677-01-01T00:00:00Z",
                                        "9999-12-31T23:59:59Z" };

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        int64_t ns = 7;

        check_that(!time_text_read(text_of(none[i]), &ns) && ns == 7, "'%s' was read as %lld", none[i], (long long)ns);
    }
}

static void
every_day_comes_back(void **state)
{
    (void)state;
    for (int64_t day = -100000; day < 100000; day += 13) {
        int64_t ns = day * INT64_C(86400000000000) + 12345, again = 0;

        assert_true(time_text_read(time_text_rfc3339(ns, 9), &again));
        assert_int_equal(again, ns);
    }
}

static void
a_date_of_http_is_read_in_its_three_forms(void **state)
{
    static const char *const none[] = { "",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sun, 06 Nov 1994 08:49:37 UTC",
                                        "784111777",
                                        "Sun, 06 Nov 1994 08:49:37 GMT, again",
                                        "Sun, 06 Foo 1994 08:49:37 GMT" };
    int64_t ns = 0;

    (void)state;
    assert_true(time_text_read_http_date(TEXT("Sun, 06 Nov 1994 08:49:37 GMT"), &ns));
    assert_int_equal(ns, INT64_C(784111777000000000));
    ns = 0;
    assert_true(time_text_read_http_date(TEXT("Sunday, 06-Nov-94 08:49:37 GMT"), &ns));
    assert_int_equal(ns, INT64_C(784111777000000000));
    ns = 0;
    assert_true(time_text_read_http_date(TEXT("Sun Nov  6 08:49:37 1994"), &ns));
    assert_int_equal(ns, INT64_C(784111777000000000));
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(time_text_read_http_date(text_of(none[i]), &ns));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_told_as_rfc_3339),
        cmocka_unit_test(times_are_told_as_imf_fixdate),
        cmocka_unit_test(any_offset_and_fraction_is_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(every_day_comes_back),
        cmocka_unit_test(a_date_of_http_is_read_in_its_three_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
