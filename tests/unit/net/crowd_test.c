/* Who goes when there are too many. */
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "net/crowd.h"

#define PEERS 3

static struct crowd crowd;
static struct crowd_peer peers[PEERS];
static int others[PEERS];

static int
begin(void **state)
{
    (void)state;
    crowd = (struct crowd){ .count = 0 };
    for (int i = 0; i < PEERS; i++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
            return -1;
        peers[i] = (struct crowd_peer){ .fd = pair[0] };
        others[i] = pair[1];
        crowd_add(&crowd, &peers[i]);
    }
    return 0;
}

static int
end(void **state)
{
    (void)state;
    for (int i = 0; i < PEERS; i++) {
        crowd_remove(&crowd, &peers[i]);
        (void)close(peers[i].fd);
        (void)close(others[i]);
    }
    return crowd.count == 0 && crowd.oldest == NULL && crowd.newest == NULL ? 0 : -1;
}

static bool
is_shut(int i)
{
    char byte;

    return recv(others[i], &byte, 1, MSG_DONTWAIT) == 0;
}

static void
the_longest_idle_one_goes_before_those_that_are_answered(void **state)
{
    (void)state;
    crowd_served(&crowd, &peers[1], true);
    crowd_served(&crowd, &peers[0], false);
    crowd_make_room(&crowd);
    assert_true(is_shut(2));
    crowd_make_room(&crowd);
    assert_true(is_shut(0));
    assert_false(is_shut(1));
    crowd_make_room(&crowd);
    assert_true(is_shut(1));
    crowd_make_room(&crowd); /* nobody is left */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_longest_idle_one_goes_before_those_that_are_answered, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
