#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "proxy/admission.h"

static struct admission *a;
static unsigned said;

static void
on_say(void *arg, const char *line)
{
    (void)arg;
    assert_non_null(strstr(line, "Too many open files"));
    said++;
}

static int
begin(void **state)
{
    (void)state;
    said = 0;
    a = admission_new(on_say, NULL);
    return a != NULL ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    admission_free(a);
    return 0;
}

static struct ip
ip_of(const char *written)
{
    struct ip ip = { .known = false };

    assert_true(ip_read(text_of(written), &ip));
    return ip;
}

static void
as_many_enter_as_may(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(admission_enter(a, 3, NULL));
    assert_false(admission_enter(a, 3, NULL));
    admission_leave(a);
    assert_true(admission_enter(a, 3, NULL));
    assert_false(admission_enter(a, 2, NULL)); /* a reload that allows fewer: those inside stay */
    assert_true(admission_enter(a, 4, NULL));
}

struct waiter {
    struct loop *loop;
    struct admission_seat seat;
    unsigned woken;
};

static void
on_woken(void *arg)
{
    struct waiter *w = arg;

    w->woken++;
}

static void
who_waits_is_woken_once_when_somebody_leaves(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct waiter w = { .loop = loop_new(&err) };

    (void)state;
    assert_non_null(w.loop);
    loop_on_wake(w.loop, on_woken, &w);
    admission_join(a, &w.seat, w.loop);
    assert_true(admission_enter(a, 1, &w.seat));
    assert_false(admission_enter(a, 1, &w.seat));
    assert_false(admission_enter(a, 1, &w.seat));
    loop_turn(w.loop, 0);
    assert_int_equal(w.woken, 0);
    admission_leave(a);
    loop_turn(w.loop, 0);
    assert_int_equal(w.woken, 1);
    assert_true(admission_enter(a, 1, &w.seat));
    admission_leave(a);
    loop_turn(w.loop, 0);
    assert_int_equal(w.woken, 1); /* nobody waited */
    admission_part(a, &w.seat);
    loop_free(w.loop);
}

static void
a_crowd_asks_who_has_been_idle_for_longest_and_comes_in_first(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct waiter w[3] = { { .woken = 0 } };

    (void)state;
    for (int i = 0; i < 3; i++) {
        w[i].loop = loop_new(&err);
        assert_non_null(w[i].loop);
        loop_on_wake(w[i].loop, on_woken, &w[i]);
        admission_join(a, &w[i].seat, w[i].loop);
    }
    atomic_store(&w[1].seat.idle_since, 7);
    atomic_store(&w[2].seat.idle_since, 5);
    assert_true(admission_enter(a, 1, &w[2].seat));
    assert_false(admission_enter(a, 1, &w[1].seat)); /* it would take more, but nobody asks */
    assert_false(admission_enter(a, 1, &w[0].seat));
    assert_false(admission_is_crowded(a));
    admission_crowd(a, &w[0].seat);
    assert_true(admission_is_crowded(a));
    assert_int_equal(atomic_load(&w[0].seat.asked) + atomic_load(&w[1].seat.asked), 0);
    assert_int_equal(atomic_load(&w[2].seat.asked), 1);
    admission_leave(a);
    for (int i = 0; i < 3; i++)
        loop_turn(w[i].loop, 0);
    assert_int_equal(w[0].woken, 1);
    assert_int_equal(w[1].woken, 0); /* not before who has somebody in its queue */
    assert_int_equal(w[2].woken, 1); /* it was asked */
    admission_look_again(a, &w[0].seat);
    assert_false(admission_is_crowded(a));
    admission_leave(a);
    loop_turn(w[1].loop, 0);
    assert_int_equal(w[1].woken, 1);
    for (int i = 0; i < 3; i++) {
        admission_part(a, &w[i].seat);
        loop_free(w[i].loop);
    }
}

static void
clients_are_counted_by_their_address(void **state)
{
    struct ip one = ip_of("192.0.2.1"), other = ip_of("192.0.2.2");

    (void)state;
    assert_true(admission_client_enter(a, &one, 2));
    assert_true(admission_client_enter(a, &one, 2));
    assert_false(admission_client_enter(a, &one, 2));
    assert_true(admission_client_enter(a, &other, 2));
    admission_client_leave(a, &one);
    assert_true(admission_client_enter(a, &one, 2));
    for (int i = 0; i < 5000; i++) { /* many at once, in lists */
        uint8_t bytes[4] = { 10, 1, (uint8_t)(i >> 8), (uint8_t)i };
        struct ip ip = ip_from_bytes(bytes, 4);

        assert_true(admission_client_enter(a, &ip, 1));
        assert_false(admission_client_enter(a, &ip, 1));
        if (i % 2 == 0)
            admission_client_leave(a, &ip);
    }
    assert_false(admission_client_enter(a, &one, 2));
}

static void
a_flow_is_known_by_its_service(void **state)
{
    struct admission_flow *shop = admission_flow(a, TEXT("shop")), *erp = admission_flow(a, TEXT("erp"));

    (void)state;
    assert_ptr_equal(admission_flow(a, TEXT("shop")), shop);
    assert_ptr_not_equal(shop, erp);
    assert_true(admission_flow_enter(shop, 1));
    assert_false(admission_flow_enter(shop, 1));
    assert_true(admission_flow_enter(erp, 1));
    admission_flow_leave(shop);
    assert_true(admission_flow_enter(shop, 1));
}

static void
exhaustion_is_said_once(void **state)
{
    (void)state;
    admission_exhausted(a, EMFILE);
    admission_exhausted(a, EMFILE);
    assert_int_equal(said, 1);
}

#define THREADS 2
#define MOST    3

static atomic_int inside;
static atomic_bool too_many;

static void *
come_and_go(void *arg)
{
    struct ip *ip = arg;

    for (int i = 0; i < 20000; i++) {
        if (admission_enter(a, MOST, NULL)) {
            if (atomic_fetch_add(&inside, 1) >= MOST)
                atomic_store(&too_many, true);
            atomic_fetch_sub(&inside, 1);
            admission_leave(a);
        }
        if (admission_client_enter(a, ip, 1))
            admission_client_leave(a, ip);
    }
    return NULL;
}

static void
threads_share_the_places(void **state)
{
    struct ip ip = ip_of("192.0.2.1");
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &ip), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_false(too_many);
    assert_true(admission_client_enter(a, &ip, 1));
    for (int i = 0; i < MOST; i++)
        assert_true(admission_enter(a, MOST, NULL));
    assert_false(admission_enter(a, MOST, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_many_enter_as_may, begin, end),
        cmocka_unit_test_setup_teardown(who_waits_is_woken_once_when_somebody_leaves, begin, end),
        cmocka_unit_test_setup_teardown(a_crowd_asks_who_has_been_idle_for_longest_and_comes_in_first, begin, end),
        cmocka_unit_test_setup_teardown(clients_are_counted_by_their_address, begin, end),
        cmocka_unit_test_setup_teardown(a_flow_is_known_by_its_service, begin, end),
        cmocka_unit_test_setup_teardown(exhaustion_is_said_once, begin, end),
        cmocka_unit_test_setup_teardown(threads_share_the_places, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
