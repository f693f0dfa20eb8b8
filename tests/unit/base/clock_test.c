#include "unit.h"

#include <time.h>

#include "base/clock.h"
#include "base/time_text.h"

static void
the_monotonic_clock_does_not_go_back(void **state)
{
    int64_t before = clock_monotonic();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic();

        assert_true(now >= before);
        before = now;
    }
}

static void
the_wall_clock_is_that_of_the_system(void **state)
{
    int64_t before = (int64_t)time(NULL), now = clock_wall();

    (void)state;
    assert_true(now / CLOCK_SECOND >= before && now / CLOCK_SECOND <= (int64_t)time(NULL) + 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_monotonic_clock_does_not_go_back),
        cmocka_unit_test(the_wall_clock_is_that_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
