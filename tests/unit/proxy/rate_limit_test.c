#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "proxy/rate_limit.h"

#define SECOND INT64_C(1000000000)
#define START  (1000 * SECOND)

static struct rate_table *table;

static int
begin(void **state)
{
    (void)state;
    table = rate_table_new(4096);
    return table != NULL ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    rate_table_free(table);
    table = NULL;
    return 0;
}

/* `requests` in each `per`, of which `burst` at once. */
static struct rate_settings
rate_of(uint32_t requests, int64_t per, uint32_t burst)
{
    return (struct rate_settings){
        .requests = requests, .burst = burst, .per = per, .interval = per / requests, .name = TEXT("shop")
    };
}

static uint32_t
take_many(const struct rate_settings *rate, const char *caller, int64_t now, uint32_t tries)
{
    uint32_t passed = 0;

    while (tries-- > 0)
        passed += rate_table_take(table, rate, text_of(caller), now).passes;
    return passed;
}

static void
a_burst_passes_at_once_and_not_one_more(void **state)
{
    struct rate_settings rate = rate_of(50, SECOND, 50);

    (void)state;
    assert_int_equal(take_many(&rate, "a", START, 60), 50);
    assert_int_equal(take_many(&rate, "b", START, 60), 50);
}

static void
one_request_is_earned_in_each_interval(void **state)
{
    struct rate_settings rate = rate_of(50, SECOND, 50);

    (void)state;
    assert_int_equal(take_many(&rate, "a", START, 50), 50);
    assert_int_equal(take_many(&rate, "a", START + 20000000 - 1, 1), 0);
    assert_int_equal(take_many(&rate, "a", START + 20000000, 2), 1);
    assert_int_equal(take_many(&rate, "a", START + 5 * 20000000, 9), 4);
    assert_int_equal(take_many(&rate, "a", START + 10 * SECOND, 60), 50); /* no more than a burst is saved up */
}

static void
over_a_long_time_exactly_the_rate_passes(void **state)
{
    struct rate_settings rate = rate_of(3, SECOND, 1); /* a third of a second is no whole number of nanoseconds */
    uint32_t passed = 0;

    (void)state;
    for (int64_t now = START; now < START + 100 * SECOND; now += SECOND / 100)
        passed += take_many(&rate, "a", now, 1);
    assert_in_range(passed, 294, 301); /* each waits for the next of our steps of 10 ms */
}

static void
the_answer_says_what_is_left_and_when_more_will_be(void **state)
{
    struct rate_settings rate = rate_of(4, 8 * SECOND, 4);
    struct rate_answer answer = rate_table_take(table, &rate, TEXT("a"), START);

    (void)state;
    assert_true(answer.passes);
    assert_int_equal(answer.left, 3);
    assert_int_equal(answer.full, 2 * SECOND);
    assert_int_equal(answer.wait, 0);
    assert_int_equal(take_many(&rate, "a", START, 3), 3);
    answer = rate_table_take(table, &rate, TEXT("a"), START + SECOND / 2);
    assert_false(answer.passes);
    assert_int_equal(answer.left, 0);
    assert_int_equal(answer.full, 8 * SECOND - SECOND / 2);
    assert_int_equal(answer.wait, 2 * SECOND - SECOND / 2);
    assert_true(rate_table_take(table, &rate, TEXT("a"), START + SECOND / 2 + answer.wait).passes);
}

static void
refused_requests_use_nothing_up(void **state)
{
    struct rate_settings rate = rate_of(1, SECOND, 1);

    (void)state;
    assert_int_equal(take_many(&rate, "a", START, 1000), 1);
    assert_int_equal(take_many(&rate, "a", START + SECOND, 1000), 1);
}

static void
a_clock_that_is_a_little_behind_gives_nothing_away(void **state)
{
    struct rate_settings rate = rate_of(10, SECOND, 10);

    (void)state;
    assert_int_equal(take_many(&rate, "a", START, 10), 10);
    assert_int_equal(take_many(&rate, "a", START - SECOND / 100, 10), 0); /* another worker's turn began earlier */
    assert_int_equal(take_many(&rate, "a", START + SECOND / 10, 10), 1);
}

static void
another_name_or_number_is_another_rate_and_the_same_one_goes_on(void **state)
{
    struct rate_settings rate = rate_of(5, SECOND, 5), other = rate, again = rate_of(5, SECOND, 5);

    (void)state;
    other.name = TEXT("shop getCart");
    assert_int_equal(take_many(&rate, "a", START, 9), 5);
    assert_int_equal(take_many(&other, "a", START, 9), 5);
    assert_int_equal(take_many(&again, "a", START, 9), 0); /* settings that were loaded again */
    again = rate_of(6, SECOND, 6);
    assert_int_equal(take_many(&again, "a", START, 9), 6);
}

static void
a_flood_of_callers_does_not_free_those_who_used_most(void **state)
{
    struct rate_settings rate = rate_of(100, 100 * SECOND, 100);
    char name[16];

    (void)state;
    assert_int_equal(take_many(&rate, "greedy", START, 200), 100);
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        assert_int_equal(take_many(&rate, name, START, 1), 1);
    }
    assert_int_equal(take_many(&rate, "greedy", START, 1), 0);
    assert_in_range(rate_table_forgotten(table), 100001 - 4096, 100001);
}

static void
callers_that_earned_all_again_make_room_for_others(void **state)
{
    struct rate_settings rate = rate_of(1, SECOND, 1);
    char name[16];

    (void)state;
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        assert_int_equal(take_many(&rate, name, START + i / 100 * SECOND, 1), 1); /* a hundred a second */
    }
    assert_int_equal(rate_table_forgotten(table), 0);
}

#define THREADS 2
#define TRIES   20000

static _Atomic uint32_t passed[THREADS];

static void *
hammer(void *arg)
{
    struct rate_settings rate = rate_of(10000, 3600 * SECOND, 10000);
    _Atomic uint32_t *mine = arg;

    for (int i = 0; i < TRIES; i++)
        *mine += take_many(&rate, i % 2 == 0 ? "a" : "b", START, 1);
    return NULL;
}

static void
threads_share_one_count(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        passed[i] = 0;
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &passed[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(passed[0] + passed[1], 20000); /* two callers with 10000 each */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_burst_passes_at_once_and_not_one_more, begin, end),
        cmocka_unit_test_setup_teardown(one_request_is_earned_in_each_interval, begin, end),
        cmocka_unit_test_setup_teardown(over_a_long_time_exactly_the_rate_passes, begin, end),
        cmocka_unit_test_setup_teardown(the_answer_says_what_is_left_and_when_more_will_be, begin, end),
        cmocka_unit_test_setup_teardown(refused_requests_use_nothing_up, begin, end),
        cmocka_unit_test_setup_teardown(a_clock_that_is_a_little_behind_gives_nothing_away, begin, end),
        cmocka_unit_test_setup_teardown(another_name_or_number_is_another_rate_and_the_same_one_goes_on, begin, end),
        cmocka_unit_test_setup_teardown(a_flood_of_callers_does_not_free_those_who_used_most, begin, end),
        cmocka_unit_test_setup_teardown(callers_that_earned_all_again_make_room_for_others, begin, end),
        cmocka_unit_test_setup_teardown(threads_share_one_count, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
