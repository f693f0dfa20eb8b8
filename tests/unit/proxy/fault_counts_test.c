#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "proxy/fault_counts.h"

static void
every_entity_has_ordinals_of_its_own(void **state)
{
    struct fault_counts *c = fault_counts_new(1024);

    (void)state;
    assert_non_null(c);
    for (uint64_t ordinal = 1; ordinal <= 3; ordinal++)
        for (uint64_t key = 0; key < 100; key += 7)
            assert_int_equal(fault_counts_next(c, key), ordinal);
    assert_int_equal(fault_counts_peek(c, 7), 3);
    assert_int_equal(fault_counts_peek(c, 8), 0);
    assert_int_equal(fault_counts_forgotten(c), 0);
    fault_counts_free(c);
}

static void
in_a_full_memory_those_not_seen_for_longest_are_forgotten_and_counted(void **state)
{
    struct fault_counts *c = fault_counts_new(0); /* as small as can be: 512 */

    (void)state;
    for (uint64_t key = 1; key <= 100000; key++) {
        assert_int_equal(fault_counts_next(c, key), 1);
        assert_int_equal(fault_counts_next(c, UINT64_C(1) << 40), key); /* always seen, never forgotten */
    }
    assert_true(fault_counts_forgotten(c) >= 100001 - 512);
    fault_counts_free(c);
}

struct crowd {
    struct fault_counts *counts;
    atomic_uint_fast64_t sum;
};

static void *
count_much(void *arg)
{
    struct crowd *crowd = arg;
    uint64_t sum = 0;

    for (int i = 0; i < 20000; i++)
        sum += fault_counts_next(crowd->counts, 42);
    atomic_fetch_add(&crowd->sum, sum);
    return NULL;
}

static void
no_ordinal_is_given_twice_whatever_the_number_of_threads(void **state)
{
    struct crowd crowd = { .counts = fault_counts_new(64) };
    pthread_t threads[4];
    const uint64_t n = 80000;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, &crowd), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(fault_counts_peek(crowd.counts, 42), n);
    assert_int_equal(atomic_load(&crowd.sum), n * (n + 1) / 2);
    fault_counts_free(crowd.counts);
}

static void
firings_are_counted_by_rule(void **state)
{
    struct fault_counts *c = fault_counts_new(64);
    struct fault_rule reset = { .name = TEXT("cut"), .effect = FAULT_RESET };
    struct fault_rule status = { .name = TEXT("asked-status"), .effect = FAULT_STATUS };
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    fault_counts_fired(c, &reset);
    fault_counts_fired(c, &status);
    fault_counts_fired(c, &reset);
    assert_int_equal(fault_counts_firings(c, &reset), 2);
    assert_int_equal(fault_counts_firings(c, &status), 1);
    fault_counts_metrics(c, &out);
    assert_int_not_equal(
        text_search(buffer_text(&out), TEXT("\nplumbline_faults_total{rule=\"cut\",effect=\"reset\"} 2\n")),
        buffer_length(&out));
    buffer_release(&out);
    fault_counts_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entity_has_ordinals_of_its_own),
        cmocka_unit_test(in_a_full_memory_those_not_seen_for_longest_are_forgotten_and_counted),
        cmocka_unit_test(no_ordinal_is_given_twice_whatever_the_number_of_threads),
        cmocka_unit_test(firings_are_counted_by_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
