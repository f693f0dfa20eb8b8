/* When a generation is out of use: its shares, exchanges of a worker, and what the recorder has. */
#include "ruleset.h"

#include "proxy/generation.h"
#include "proxy/server.h"

static struct loop *loop;
static struct stream_kit *kit;
static struct ruleset *ruleset;
static const struct proxy_options options;

static int
begin(void **state)
{
    (void)state;
    loop = loop_new(NULL);
    kit = stream_kit_new(loop);
    ruleset = ruleset_small();
    return ruleset != NULL ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    ruleset_drop(ruleset);
    stream_kit_free(kit);
    loop_free(loop);
    return 0;
}

static struct generation *
generation(uint32_t shares)
{
    struct generation *g = generation_new(ruleset, 1, &options, NULL, NULL);

    assert_non_null(g);
    for (uint32_t i = 0; i < shares; i++)
        assert_int_equal(generation_share(g, kit, loop, NULL), 0);
    return g;
}

static void
it_is_over_when_every_worker_has_closed_its_share(void **state)
{
    struct generation *g = generation(2);

    (void)state;
    assert_int_equal(g->share_count, 2);
    assert_false(generation_is_over(g));
    share_close(g->shares[0]);
    assert_false(generation_is_over(g));
    share_close(g->shares[1]);
    assert_true(generation_is_over(g));
    generation_free(g);
}

static void
a_share_is_used_by_exchanges_and_by_what_the_recorder_has(void **state)
{
    struct generation *g = generation(1);
    struct share *s = g->shares[0];

    (void)state;
    assert_false(share_is_used(s));
    s->users++;
    assert_true(share_is_used(s));
    s->lent++;
    s->users--;
    assert_true(share_is_used(s));
    share_return(s);
    assert_false(share_is_used(s));
    generation_free(g);
}

static void
one_that_was_never_handed_over_is_freed_with_its_shares(void **state)
{
    (void)state;
    generation_free(generation(3));
    generation_free(generation(0));
    generation_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_over_when_every_worker_has_closed_its_share),
        TEST(a_share_is_used_by_exchanges_and_by_what_the_recorder_has),
        TEST(one_that_was_never_handed_over_is_freed_with_its_shares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
