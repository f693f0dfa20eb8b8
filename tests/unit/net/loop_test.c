/* The event loop: timers, calls put off, events that are struck out, wake-ups. */
#include "unit.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "net/loop.h"

static struct loop *loop;

/* What fired, in order. */
static int fired[64];
static int fired_count;

struct thing {
    struct timer timer;
    struct deferred deferred;
    struct watch watch;
    int number;
    struct thing *other;
};

static int
begin(void **state)
{
    (void)state;
    fired_count = 0;
    loop = loop_new(NULL);
    return loop != NULL ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void
on_fire(void *arg)
{
    const struct thing *thing = arg;

    fired[fired_count++] = thing->number;
}

/* Turn until `count` have fired; a stuck loop fails the test after a second. */
static void
turn_until(int count)
{
    int64_t limit = loop_now(loop) + LOOP_SECOND;

    while (fired_count < count && loop_now(loop) < limit)
        loop_turn(loop, 50);
    assert_int_equal(fired_count, count);
}

static void
timers_fire_in_the_order_of_their_times(void **state)
{
    static const int delays[] = { 7, 3, 9, 1, 5, 8, 2, 6, 4, 0 };
    struct thing things[10];

    (void)state;
    for (int i = 0; i < 10; i++) {
        things[i] = (struct thing){ .number = delays[i], .timer = { .fire = on_fire, .arg = &things[i] } };
        assert_true(timer_start(loop, &things[i].timer, delays[i] * LOOP_MILLI));
    }
    turn_until(10);
    for (int i = 0; i < 10; i++)
        assert_int_equal(fired[i], i);
}

static void
a_timer_that_is_moved_fires_once_at_its_last_time(void **state)
{
    struct thing late = { .number = 1, .timer = { .fire = on_fire, .arg = &late } };
    struct thing early = { .number = 2, .timer = { .fire = on_fire, .arg = &early } };

    (void)state;
    assert_true(timer_start(loop, &late.timer, LOOP_MILLI));
    assert_true(timer_start(loop, &early.timer, 500 * LOOP_MILLI));
    assert_true(timer_start(loop, &late.timer, 8 * LOOP_MILLI));
    assert_true(timer_start(loop, &early.timer, 2 * LOOP_MILLI));
    turn_until(2);
    assert_int_equal(fired[0], 2);
    assert_int_equal(fired[1], 1);
    loop_turn(loop, 5);
    assert_int_equal(fired_count, 2);
}

static void
a_stopped_timer_does_not_fire_and_may_be_started_again(void **state)
{
    struct thing a = { .number = 1, .timer = { .fire = on_fire, .arg = &a } };
    struct thing b = { .number = 2, .timer = { .fire = on_fire, .arg = &b } };

    (void)state;
    assert_true(timer_start(loop, &a.timer, LOOP_MILLI));
    assert_true(timer_start(loop, &b.timer, 3 * LOOP_MILLI));
    timer_stop(&a.timer);
    turn_until(1);
    assert_int_equal(fired[0], 2);
    assert_true(timer_start(loop, &a.timer, LOOP_MILLI));
    turn_until(2);
}

static void
released_timers_leave_the_heap_in_order(void **state)
{
    static struct thing things[50];
    int expected = 0;

    (void)state;
    for (int i = 0; i < 50; i++) {
        things[i] = (struct thing){ .number = (i * 37) % 50, .timer = { .fire = on_fire, .arg = &things[i] } };
        assert_true(timer_start(loop, &things[i].timer, things[i].number * LOOP_MILLI / 10));
    }
    for (int i = 0; i < 50; i++) {
        if (things[i].number % 3 == 0)
            timer_release(loop, &things[i].timer);
    }
    turn_until(33);
    for (int i = 0; i < 33; i++, expected++) {
        while (expected % 3 == 0)
            expected++;
        assert_int_equal(fired[i], expected);
    }
}

static void
on_fire_and_start_again(void *arg)
{
    struct thing *thing = arg;

    fired[fired_count++] = thing->number;
    if (fired_count < 5)
        assert_true(timer_start(loop, &thing->timer, 0));
}

static void
a_timer_may_start_itself_again(void **state)
{
    struct thing a = { .number = 1, .timer = { .fire = on_fire_and_start_again, .arg = &a } };

    (void)state;
    assert_true(timer_start(loop, &a.timer, 0));
    turn_until(5);
}

static void
on_call_again(void *arg)
{
    struct thing *thing = arg;

    fired[fired_count++] = thing->number;
    loop_defer(loop, &thing->deferred);
}

static void
a_call_put_off_in_its_own_call_waits_for_the_next_turn(void **state)
{
    struct thing a = { .number = 1, .deferred = { .call = on_call_again, .arg = &a } };

    (void)state;
    loop_defer(loop, &a.deferred);
    loop_defer(loop, &a.deferred); /* it waits already */
    loop_turn(loop, 0);
    assert_int_equal(fired_count, 1);
    loop_turn(loop, -1); /* does not sleep: a call waits */
    assert_int_equal(fired_count, 2);
    loop_undefer(loop, &a.deferred);
    loop_turn(loop, 0);
    assert_int_equal(fired_count, 2);
}

static void
on_call_undefer_other(void *arg)
{
    struct thing *thing = arg;

    fired[fired_count++] = thing->number;
    loop_undefer(loop, &thing->other->deferred);
}

static void
a_call_may_take_back_the_one_behind_it(void **state)
{
    struct thing c = { .number = 3, .deferred = { .call = on_fire, .arg = &c } };
    struct thing b = { .number = 2, .deferred = { .call = on_fire, .arg = &b } };
    struct thing a = { .number = 1, .deferred = { .call = on_call_undefer_other, .arg = &a }, .other = &b };

    (void)state;
    loop_defer(loop, &a.deferred);
    loop_defer(loop, &b.deferred);
    loop_defer(loop, &c.deferred);
    loop_turn(loop, 0);
    assert_int_equal(fired_count, 2);
    assert_int_equal(fired[0], 1);
    assert_int_equal(fired[1], 3);
}

static void
on_ready_unwatch_other(void *arg, uint32_t events)
{
    struct thing *thing = arg;

    (void)events;
    fired[fired_count++] = thing->number;
    loop_unwatch(loop, &thing->other->watch);
}

/* Both are ready in the same turn; whichever comes first takes out the other, whose memory could be gone then. */
static void
an_event_of_something_that_ended_in_this_turn_does_not_come(void **state)
{
    struct thing a, b;
    int pipes[2][2];

    (void)state;
    assert_int_equal(pipe(pipes[0]), 0);
    assert_int_equal(pipe(pipes[1]), 0);
    a = (struct thing){ .number = 1, .watch = { pipes[0][0], on_ready_unwatch_other, &a }, .other = &b };
    b = (struct thing){ .number = 2, .watch = { pipes[1][0], on_ready_unwatch_other, &b }, .other = &a };
    assert_int_equal(loop_watch(loop, &a.watch, EPOLLIN), 0);
    assert_int_equal(loop_watch(loop, &b.watch, EPOLLIN), 0);
    assert_int_equal(write(pipes[0][1], "x", 1), 1);
    assert_int_equal(write(pipes[1][1], "x", 1), 1);
    loop_turn(loop, 100);
    assert_int_equal(fired_count, 1);
    for (int i = 0; i < 4; i++)
        close(pipes[i / 2][i % 2]);
}

static void
on_woken(void *arg)
{
    (void)arg;
    fired[fired_count++] = 7;
    loop_stop(loop);
}

static void *
wake_from_outside(void *arg)
{
    (void)arg;
    loop_wake(loop);
    return NULL;
}

static void
another_thread_wakes_and_stops_it(void **state)
{
    pthread_t thread;

    (void)state;
    loop_on_wake(loop, on_woken, NULL);
    assert_int_equal(pthread_create(&thread, NULL, wake_from_outside, NULL), 0);
    loop_run(loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(fired_count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(timers_fire_in_the_order_of_their_times, begin, end),
        cmocka_unit_test_setup_teardown(a_timer_that_is_moved_fires_once_at_its_last_time, begin, end),
        cmocka_unit_test_setup_teardown(a_stopped_timer_does_not_fire_and_may_be_started_again, begin, end),
        cmocka_unit_test_setup_teardown(released_timers_leave_the_heap_in_order, begin, end),
        cmocka_unit_test_setup_teardown(a_timer_may_start_itself_again, begin, end),
        cmocka_unit_test_setup_teardown(a_call_put_off_in_its_own_call_waits_for_the_next_turn, begin, end),
        cmocka_unit_test_setup_teardown(a_call_may_take_back_the_one_behind_it, begin, end),
        cmocka_unit_test_setup_teardown(an_event_of_something_that_ended_in_this_turn_does_not_come, begin, end),
        cmocka_unit_test_setup_teardown(another_thread_wakes_and_stops_it, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
