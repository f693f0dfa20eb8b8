/* When memory of a burst is given back. */
#include "unit.h"

#include "proxy/quiet.h"

static void
it_is_given_back_after_quiet_ticks_in_a_row(void **state)
{
    struct quiet q = { .watching = false };
    uint64_t begun = 6000;

    (void)state;
    assert_true(quiet_wake(&q, begun));
    assert_false(quiet_wake(&q, begun)); /* it ticks already */
    for (unsigned i = 1; i < QUIET_TICKS; i++)
        assert_int_equal(quiet_tick(&q, begun += QUIET_MOST), QUIET_GO_ON);
    assert_int_equal(quiet_tick(&q, begun += QUIET_MOST), QUIET_GIVE);
    assert_true(quiet_wake(&q, begun)); /* the next burst */
    assert_int_equal(quiet_tick(&q, begun), QUIET_GO_ON);
}

static void
traffic_puts_it_off(void **state)
{
    struct quiet q = { .watching = false };
    uint64_t begun = 0;

    (void)state;
    assert_true(quiet_wake(&q, begun));
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 1; i < QUIET_TICKS; i++)
            assert_int_equal(quiet_tick(&q, begun), QUIET_GO_ON);
        assert_int_equal(quiet_tick(&q, begun += QUIET_MOST + 1), QUIET_GO_ON);
    }
    for (unsigned i = 1; i < QUIET_TICKS; i++)
        assert_int_equal(quiet_tick(&q, begun), QUIET_GO_ON);
    assert_int_equal(quiet_tick(&q, begun), QUIET_GIVE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_given_back_after_quiet_ticks_in_a_row),
        cmocka_unit_test(traffic_puts_it_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
