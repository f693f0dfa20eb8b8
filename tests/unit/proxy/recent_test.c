/* What is kept of the last exchanges, what falls out, and what readers see meanwhile. */
#include "ruleset.h"

#include "base/limits.h"
#include "net/loop.h"
#include "proxy/recent.h"
#include "proxy/transit.h"

static struct ruleset *ruleset;
static unsigned number;

static int
begin(void **state)
{
    (void)state;
    ruleset = ruleset_small();
    return ruleset != NULL ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    ruleset_drop(ruleset);
    return 0;
}

/* One exchange ends at this time. Is it kept? */
static bool
finish(struct recent_lane *lane, int64_t at, enum outcome outcome, size_t bytes)
{
    static const struct policy policy = { .record = true };
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct transit *t = ARENA_NEW(arena, struct transit);

    assert_non_null(t);
    if (bytes > 0)
        assert_non_null(arena_alloc(arena, bytes));
    t->exchange.arena = arena;
    t->exchange.outcome = outcome;
    t->ruleset = ruleset;
    t->policy = &policy;
    t->started = at;
    t->redacted = true;
    (void)snprintf(t->exchange.id, sizeof t->exchange.id, "%020u", ++number);
    recent_seen(lane, t);
    if (recent_keep(lane, t))
        return true;
    arena_free(arena);
    return false;
}

static bool
finish_well(struct recent_lane *lane)
{
    return finish(lane, LOOP_SECOND, OUTCOME_DELIVERED, 0);
}

static void
the_oldest_falls_out_of_a_full_lane(void **state)
{
    struct recent *r = recent_new(1, 3, LIMIT_MIB);
    struct recent_view view;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(finish_well(recent_lane(r, 0)));
    assert_int_equal(recent_open(r, 0, RECENT_AS_KEPT, &view), 0);
    assert_int_equal(view.count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(view.entries[i]->sequence, 3 + i);
    assert_int_equal(view.newest, 5);
    assert_int_equal(view.seen, 5);
    assert_int_equal(view.kept, 5);
    assert_false(view.sampled);
    recent_close(&view);
    recent_free(r);
}

static void
all_lanes_are_one_list(void **state)
{
    struct recent *r = recent_new(2, 10, LIMIT_MIB);
    struct recent_view view;

    (void)state;
    for (uint32_t i = 0; i < 6; i++)
        assert_true(finish_well(recent_lane(r, i)));
    assert_int_equal(recent_open(r, 4, RECENT_NEWEST_STARTED, &view), 0);
    assert_int_equal(view.count, 2);
    assert_true(strcmp(view.entries[0]->exchange->id, view.entries[1]->exchange->id) > 0);
    assert_int_equal(view.entries[0]->sequence, 6);
    recent_close(&view);
    assert_int_equal(recent_newest(r), 6);
    recent_free(r);
}

static void
what_a_reader_looks_at_stays_until_it_is_done(void **state)
{
    struct recent *r = recent_new(1, 2, LIMIT_MIB);
    struct recent_view view;
    char id[EXCHANGE_ID_BYTES + 1];

    (void)state;
    assert_true(finish_well(recent_lane(r, 0)));
    (void)snprintf(id, sizeof id, "%020u", number);
    assert_int_equal(recent_open(r, 0, RECENT_AS_KEPT, &view), 0);
    for (int i = 0; i < 3; i++)
        assert_true(finish_well(recent_lane(r, 0)));
    assert_int_equal(view.count, 1);
    assert_true(view.entries[0]->evicted);
    assert_memory_equal(recent_show(&view, view.entries[0])->id, id, EXCHANGE_ID_BYTES);
    recent_close(&view);
    recent_free(r);
}

static void
its_bytes_are_bounded_too(void **state)
{
    struct recent *r = recent_new(1, 1000, 4 * LIMIT_RECENT_LEAST);
    struct recent_lane *lane = recent_lane(r, 0);
    struct recent_view view;

    (void)state;
    for (int i = 0; i < 10; i++)
        assert_true(finish_well(lane));
    assert_false(finish(lane, LOOP_SECOND, OUTCOME_DELIVERED, 2 * LIMIT_RECENT_LEAST)); /* more than a quarter */
    assert_true(finish(lane, LOOP_SECOND, OUTCOME_REFUSED, 2 * LIMIT_RECENT_LEAST));
    assert_false(finish(lane, LOOP_SECOND, OUTCOME_REFUSED, 5 * LIMIT_RECENT_LEAST)); /* more than all */
    assert_int_equal(recent_open(r, 0, RECENT_AS_KEPT, &view), 0);
    assert_true(view.count >= 1 && view.count <= 4);
    assert_int_equal(view.seen, 13);
    assert_int_equal(view.kept, 11);
    assert_true(view.sampled);
    recent_close(&view);
    recent_free(r);
}

static void
each_second_has_a_budget_and_one_of_its_own_for_what_went_wrong(void **state)
{
    struct recent *r = recent_new(1, 1000, 64 * LIMIT_MIB);
    struct recent_lane *lane = recent_lane(r, 0);
    unsigned well = 0, wrong = 0;

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        well += finish_well(lane) ? 1 : 0;
        wrong += finish(lane, LOOP_SECOND, OUTCOME_REFUSED, 0) ? 1 : 0;
    }
    assert_int_equal(well, LIMIT_RECENT_PLAIN_RATE);
    assert_int_equal(wrong, LIMIT_RECENT_FOUND_RATE);
    assert_true(finish(lane, 2 * LOOP_SECOND, OUTCOME_DELIVERED, 0));
    recent_free(r);
}

static void
who_waits_is_woken_by_what_is_kept(void **state)
{
    struct recent *r = recent_new(1, 10, LIMIT_MIB);

    (void)state;
    assert_true(finish_well(recent_lane(r, 0)));
    recent_wait(r, 0, 60000); /* there is one already */
    recent_wake(r);
    recent_wait(r, 1, 60000);
    recent_wait(r, 1, 1); /* the time passes */
    assert_int_equal(recent_newest(r), 1);
    recent_free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_falls_out_of_a_full_lane),
        cmocka_unit_test(all_lanes_are_one_list),
        cmocka_unit_test(what_a_reader_looks_at_stays_until_it_is_done),
        cmocka_unit_test(its_bytes_are_bounded_too),
        cmocka_unit_test(each_second_has_a_budget_and_one_of_its_own_for_what_went_wrong),
        cmocka_unit_test(who_waits_is_woken_by_what_is_kept),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
