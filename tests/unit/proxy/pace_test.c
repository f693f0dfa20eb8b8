#include "unit.h"

#include "proxy/pace.h"

#define MILLI  INT64_C(1000000)
#define SECOND (1000 * MILLI)

/* Bytes that pass in `time`, looked at as often as the pace asks for, and `late` ns after that. */
static uint64_t
passed(uint64_t rate, int64_t time, int64_t late)
{
    struct pace pace;
    uint64_t sum = 0;

    pace_begin(&pace, rate, 5 * SECOND);
    for (int64_t now = 0; now < time;) {
        now += pace_wait(&pace) + late;
        sum += pace_take(&pace, 5 * SECOND + now, SIZE_MAX);
    }
    return sum;
}

static void
every_rate_is_kept_to_within_a_percent(void **state)
{
    static const uint64_t rates[] = { 50, 333, 1024, 20000, 1000000, 123456789, UINT64_C(100000000000) };

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        uint64_t expected = rates[i] * 10, found = passed(rates[i], 10 * SECOND, 0);

        check_that(found >= expected - expected / 100 && found <= expected + expected / 100,
                   "%llu bytes/s: %llu in 10 s", (unsigned long long)rates[i], (unsigned long long)found);
    }
}

static void
timers_that_come_late_cost_nothing(void **state)
{
    uint64_t found = passed(50000, 10 * SECOND, 37 * MILLI);

    (void)state;
    check_that(found > 495000 && found < 505000, "%llu", (unsigned long long)found);
}

static void
a_slow_pace_gives_single_bytes(void **state)
{
    struct pace pace;

    (void)state;
    pace_begin(&pace, 1, 0);
    assert_int_equal(pace_wait(&pace), SECOND);
    assert_int_equal(pace_take(&pace, SECOND - 1, 100), 0);
    assert_int_equal(pace_take(&pace, SECOND, 100), 1);
    assert_int_equal(pace_take(&pace, 60 * SECOND, 100), 1);
}

static void
a_pause_earns_no_burst(void **state)
{
    struct pace pace;

    (void)state;
    pace_begin(&pace, 1000, 0);
    assert_int_equal(pace_take(&pace, 3600 * SECOND, 100000), 250);
}

static void
what_is_not_there_is_not_taken(void **state)
{
    struct pace pace;

    (void)state;
    pace_begin(&pace, 1000, 0);
    assert_int_equal(pace_take(&pace, 100 * MILLI, 30), 30);
    assert_int_equal(pace_take(&pace, 100 * MILLI, 1000), 70);
    assert_int_equal(pace_take(&pace, 100 * MILLI, 1000), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rate_is_kept_to_within_a_percent), cmocka_unit_test(timers_that_come_late_cost_nothing),
        cmocka_unit_test(a_slow_pace_gives_single_bytes),         cmocka_unit_test(a_pause_earns_no_burst),
        cmocka_unit_test(what_is_not_there_is_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
