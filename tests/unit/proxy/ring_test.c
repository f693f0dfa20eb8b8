/* The queue between a worker and the recorder. */
#include "unit.h"

#include <pthread.h>
#include <sched.h>

#include "proxy/ring.h"

#define MANY 300000u

static void
items_come_out_in_order_until_it_is_empty(void **state)
{
    struct ring *r = ring_new(4);
    int items[4];

    (void)state;
    assert_true(ring_is_empty(r));
    assert_null(ring_take(r));
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 3; i++)
            assert_true(ring_put(r, &items[i]));
        for (int i = 0; i < 3; i++)
            assert_ptr_equal(ring_take(r), &items[i]);
        assert_null(ring_take(r));
    }
    ring_free(r);
}

static void
a_full_one_refuses_and_takes_again_after_one_is_taken(void **state)
{
    struct ring *r = ring_new(4);
    int items[5];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_true(ring_put(r, &items[i]));
    assert_false(ring_put(r, &items[4]));
    assert_ptr_equal(ring_take(r), &items[0]);
    assert_true(ring_put(r, &items[4]));
    assert_false(ring_put(r, &items[0]));
    for (int i = 1; i < 5; i++)
        assert_ptr_equal(ring_take(r), &items[i]);
    ring_free(r);
}

static void *
put_many(void *arg)
{
    struct ring *r = arg;

    for (uintptr_t i = 1; i <= MANY; i++) {
        while (!ring_put(r, (void *)i))
            sched_yield();
    }
    return NULL;
}

static void
two_threads_lose_and_reorder_nothing(void **state)
{
    struct ring *r = ring_new(64);
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, put_many, r), 0);
    for (uintptr_t i = 1; i <= MANY; i++) {
        void *item;

        while ((item = ring_take(r)) == NULL)
            sched_yield();
        assert_int_equal((uintptr_t)item, i);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(ring_is_empty(r));
    ring_free(r);
}

static void
its_weight_is_what_was_added_and_not_yet_taken_off(void **state)
{
    struct ring *r = ring_new(4);

    (void)state;
    assert_false(ring_is_heavier(r, 0));
    ring_weigh(r, 60);
    ring_weigh(r, 50);
    assert_true(ring_is_heavier(r, 100));
    assert_false(ring_is_heavier(r, 110));
    ring_lighten(r, 60);
    assert_false(ring_is_heavier(r, 100));
    assert_true(ring_is_heavier(r, 49));
    ring_lighten(r, 50);
    assert_false(ring_is_heavier(r, 0));
    ring_free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_order_until_it_is_empty),
        cmocka_unit_test(a_full_one_refuses_and_takes_again_after_one_is_taken),
        cmocka_unit_test(two_threads_lose_and_reorder_nothing),
        cmocka_unit_test(its_weight_is_what_was_added_and_not_yet_taken_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
