#include "unit.h"

#include "report/latency.h"

#define MICRO INT64_C(1000)

static void
of_none_every_percentile_is_nothing(void **state)
{
    struct latency l = { .count = 0 };

    (void)state;
    assert_int_equal(latency_percentile(&l, 50), 0);
    assert_int_equal(latency_percentile(&l, 99), 0);
}

static void
of_one_every_percentile_is_it(void **state)
{
    struct latency l = { .count = 0 };

    (void)state;
    latency_add(&l, 1234567);
    assert_int_equal(latency_percentile(&l, 1), 1234567);
    assert_int_equal(latency_percentile(&l, 50), 1234567);
    assert_int_equal(latency_percentile(&l, 100), 1234567);
}

static void
percentiles_are_exact_to_three_percent(void **state)
{
    struct latency l = { .count = 0 };

    (void)state;
    for (int64_t i = 1; i <= 100000; i++)
        latency_add(&l, i * 37 * MICRO);
    for (unsigned percent = 1; percent < 100; percent++) {
        double exact = percent * 1000.0 * 37 * MICRO, told = (double)latency_percentile(&l, percent);

        check_that(told > exact * 0.97 && told < exact * 1.03, "p%u: expected %.0f, found %.0f", percent, exact, told);
    }
    assert_int_equal(latency_percentile(&l, 100), 100000 * 37 * MICRO);
}

static void
times_without_measure_stay_in_bounds(void **state)
{
    struct latency l = { .count = 0 };

    (void)state;
    latency_add(&l, -5);
    latency_add(&l, INT64_MAX);
    latency_add(&l, INT64_MAX);
    assert_int_equal(l.count, 3);
    assert_int_equal(latency_percentile(&l, 100), INT64_MAX);
    assert_true(latency_percentile(&l, 50) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_none_every_percentile_is_nothing),
        cmocka_unit_test(of_one_every_percentile_is_it),
        cmocka_unit_test(percentiles_are_exact_to_three_percent),
        cmocka_unit_test(times_without_measure_stay_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
