/* Which address of several is tried next. */
#include "unit.h"

#include "net/targets.h"

static struct targets targets;
static struct address addresses[TARGETS_MOST];

static int
begin(void **state)
{
    (void)state;
    targets = (struct targets){ .preferred = -1 };
    memset(addresses, 0, sizeof addresses);
    for (int i = 0; i < TARGETS_MOST; i++) {
        addresses[i].length = sizeof addresses[i].as.v4;
        addresses[i].as.v4.sin_family = AF_INET;
        addresses[i].as.v4.sin_port = htons(80);
        addresses[i].as.v4.sin_addr.s_addr = htonl(0x7f000001u + (uint32_t)i);
    }
    return 0;
}

static void
they_are_tried_in_their_order_each_once(void **state)
{
    (void)state;
    assert_true(targets_set(&targets, addresses, 3));
    assert_string_equal(targets.list[2].text, "127.0.0.3:80");
    assert_int_equal(targets_next(&targets, 0, 1), 0);
    assert_int_equal(targets_next(&targets, 1, 1), 1);
    assert_int_equal(targets_next(&targets, 3, 1), 2);
    assert_int_equal(targets_next(&targets, 7, 1), -1);
}

static void
the_one_that_worked_is_first_and_one_that_failed_is_last_for_some_time(void **state)
{
    (void)state;
    (void)targets_set(&targets, addresses, 3);
    targets_failed(&targets, 0, 1000);
    assert_int_equal(targets_next(&targets, 0, 1000), 1);
    targets_worked(&targets, 2);
    assert_int_equal(targets_next(&targets, 0, 1000), 2);
    assert_int_equal(targets_next(&targets, 4, 1000), 1);
    assert_int_equal(targets_next(&targets, 6, 1000), 0); /* better than none */
    targets_failed(&targets, 2, 2000);
    assert_int_equal(targets_next(&targets, 2, 2000), 0); /* it is the first to come back */
    assert_int_equal(targets_next(&targets, 0, 1000 + TARGET_BACK), 0);
}

static void
the_same_addresses_in_another_order_change_nothing(void **state)
{
    struct address turned[] = { addresses[2], addresses[0], addresses[1] };
    uint32_t version;

    (void)state;
    (void)targets_set(&targets, addresses, 3);
    version = targets.version;
    assert_true(targets_are(&targets, turned, 3));
    assert_false(targets_set(&targets, turned, 3));
    assert_int_equal(targets.version, version);
    assert_false(targets_are(&targets, turned, 2));
}

static void
what_is_known_of_an_address_that_stays_is_kept(void **state)
{
    struct address other[] = { addresses[4], addresses[1], addresses[0] };

    (void)state;
    (void)targets_set(&targets, addresses, 2);
    targets_failed(&targets, 0, 1000);
    targets_worked(&targets, 1);
    assert_true(targets_set(&targets, other, 3));
    assert_int_equal(targets.preferred, 1);
    assert_int_equal(targets.list[2].back, 1000 + TARGET_BACK);
    assert_int_equal(targets_find(&targets, "127.0.0.5:80"), 0);
    assert_int_equal(targets_find(&targets, "127.0.0.9:80"), -1);
    assert_true(targets_set(&targets, addresses, 1));
    assert_int_equal(targets.preferred, -1);
}

static void
an_attempt_gets_a_fair_part_of_the_time_but_not_too_little(void **state)
{
    (void)state;
    assert_int_equal(targets_share(3000000000, 2), 1000000000);
    assert_int_equal(targets_share(3000000000, 0), 3000000000);
    assert_int_equal(targets_share(1000000000, 7), TARGET_LEAST);
    assert_int_equal(targets_share(1000, 7), 1000);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(they_are_tried_in_their_order_each_once),
        TEST(the_one_that_worked_is_first_and_one_that_failed_is_last_for_some_time),
        TEST(the_same_addresses_in_another_order_change_nothing),
        TEST(what_is_known_of_an_address_that_stays_is_kept),
        TEST(an_attempt_gets_a_fair_part_of_the_time_but_not_too_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
