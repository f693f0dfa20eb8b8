#include "unit.h"

#include "base/random.h"

static void
a_seed_gives_the_same_sequence_everywhere(void **state)
{
    struct random r;

    (void)state;
    random_seed(&r, 0);
    assert_true(r.state[0] == UINT64_C(0xE220A8397B1DCDAF)); /* splitmix64 of 0 */
    assert_true(random_next(&r) == UINT64_C(0x99EC5F36CB75F2B4));
    assert_true(random_next(&r) == UINT64_C(0xBF6E1F784956452A));
}

static void
numbers_below_a_limit_are_even(void **state)
{
    uint32_t counts[7] = { 0 };
    struct random r;

    (void)state;
    random_seed(&r, 42);
    for (int i = 0; i < 70000; i++)
        counts[random_below(&r, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(counts[i], 9500, 10500);
    assert_int_equal(random_below(&r, 0), 0);
    assert_int_equal(random_below(&r, 1), 0);
}

static void
fractions_and_percentages_keep_their_bounds(void **state)
{
    struct random r;
    int hits = 0;

    (void)state;
    random_seed(&r, 1);
    for (int i = 0; i < 100000; i++) {
        double fraction = random_fraction(&r);

        assert_true(fraction >= 0 && fraction < 1);
        assert_false(random_percent(&r, 0));
        assert_false(random_percent(&r, -5));
        assert_true(random_percent(&r, 100));
        hits += random_percent(&r, 5);
    }
    assert_in_range(hits, 4600, 5400);
}

static void
the_systems_bytes_are_not_repeated(void **state)
{
    unsigned char a[64] = { 0 }, b[64] = { 0 };

    (void)state;
    assert_int_equal(random_bytes(a, sizeof a), 0);
    assert_int_equal(random_bytes(b, sizeof b), 0);
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(random_system() != random_system());
    assert_int_equal(random_bytes(a, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_gives_the_same_sequence_everywhere),
        cmocka_unit_test(numbers_below_a_limit_are_even),
        cmocka_unit_test(fractions_and_percentages_keep_their_bounds),
        cmocka_unit_test(the_systems_bytes_are_not_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
