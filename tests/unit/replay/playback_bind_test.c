#include "unit.h"

#include "base/limits.h"
#include "replay/playback_bind.h"

static struct arena *arena;
static struct playback_bindings *bindings;

static int
set_up(void **state)
{
    (void)state;
    arena = arena_new(0, 64 * LIMIT_MIB);
    bindings = playback_bindings_new();
    return arena != NULL && bindings != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    playback_bindings_free(bindings);
    arena_free(arena);
    return 0;
}

/* Bind one value, as a request of its own did. */
static struct playback_binding_use
learn(const char *live, const char *recorded)
{
    struct match_differences d = { .count = 1, .only_ids = true };
    struct playback_binding_use use = { .session = 0 };

    d.list[0] = (struct match_difference){ .live = text_of(live), .recorded = text_of(recorded), .id = true };
    assert_true(playback_bindings_learn(bindings, &d, &use));
    return use;
}

static struct text
to_live(const char *text, bool json, struct playback_binding_use use)
{
    return playback_bindings_to_live(bindings, text_of(text), json, &use, arena);
}

static void
an_id_is_replaced_in_path_query_and_body_and_back_in_the_answer(void **state)
{
    struct message m = { .query = TEXT("of=LIVE%2D001&n=1"), .has_query = true };
    struct text path = TEXT("/things/LIVE-001/parts");
    struct playback_binding_use use;

    (void)state;
    (void)learn("LIVE-001", "REC-0001");
    m.body = TEXT("{\"id\":\"LIVE-001\",\"see\":\"/things/LIVE-001?x\",\"n\":1.50}");
    playback_bindings_to_recorded(bindings, &m, &path, true, &use, arena);
    check_text(path, "/things/REC-0001/parts");
    check_text(m.query, "of=REC-0001&n=1");
    check_text(m.body, "{\"id\":\"REC-0001\",\"see\":\"/things/REC-0001?x\",\"n\":1.50}");
    assert_int_equal(use.count, 4);
    check_text(to_live("{\"a\":[\"REC-0001\",\"REC-00012\"]}", true, use), "{\"a\":[\"LIVE-001\",\"REC-00012\"]}");
    check_text(to_live("/things/REC-0001", false, use), "/things/LIVE-001");
}

static void
a_short_number_is_replaced_only_under_a_name_of_ids(void **state)
{
    struct playback_binding_use use = learn("42", "7");

    (void)state;
    check_text(to_live("{\"thing_id\":7,\"amount\":7,\"note\":\"7 of 7\",\"ids\":[7,8]}", true, use),
               "{\"thing_id\":42,\"amount\":7,\"note\":\"7 of 7\",\"ids\":[42,8]}");
}

static void
each_session_has_its_own_ids_in_place_of_the_same_recorded_one(void **state)
{
    struct playback_binding_use first = learn("LIVE-001", "REC-0001"), second = learn("LIVE-002", "REC-0001");
    struct playback_binding_use none = { .session = 0 }, itself;
    struct message m = { .is_request = true };
    struct text path = TEXT("/things/REC-0001");

    (void)state;
    assert_int_not_equal(first.session, second.session);
    check_text(to_live("\"REC-0001\"", true, first), "\"LIVE-001\"");
    check_text(to_live("\"REC-0001\"", true, second), "\"LIVE-002\"");
    check_text(to_live("\"REC-0001\"", true, none), "\"LIVE-002\""); /* the last one */
    playback_bindings_to_recorded(bindings, &m, &path, true, &itself, arena);
    check_text(to_live("\"REC-0001\"", true, itself), "\"REC-0001\""); /* who uses it gets it */
    assert_int_equal(itself.count, 0);
}

static void
a_value_does_not_stand_for_two(void **state)
{
    struct match_differences d = { .count = 2, .only_ids = true };
    struct playback_binding_use use = { .session = 0 };

    (void)state;
    (void)learn("LIVE-001", "REC-0001");
    d.list[0] = (struct match_difference){ .live = TEXT("LIVE-001"), .recorded = TEXT("REC-0002") };
    d.list[1] = (struct match_difference){ .live = TEXT("LIVE-009"), .recorded = TEXT("REC-0009") };
    assert_false(playback_bindings_learn(bindings, &d, &use));
    d.list[0].live = TEXT("LIVE-009");
    assert_false(playback_bindings_learn(bindings, &d, &use));
    assert_int_equal(playback_bindings_count(bindings), 1);
}

static void
ids_of_answers_are_known_until_everything_is_forgotten(void **state)
{
    struct message m = { .is_request = true };
    struct text path = TEXT("/things/LIVE-001");
    struct playback_binding_use use;

    (void)state;
    (void)learn("LIVE-001", "REC-0001");
    playback_bindings_issue(bindings, TEXT("{\"id\":\"ORD-10001\",\"state\":\"new\",\"n\":1}"), true, arena);
    assert_true(playback_bindings_was_issued(bindings, TEXT("ORD-10001")));
    assert_false(playback_bindings_was_issued(bindings, TEXT("ORD-10002")));
    playback_bindings_forget(bindings);
    assert_false(playback_bindings_was_issued(bindings, TEXT("ORD-10001")));
    playback_bindings_to_recorded(bindings, &m, &path, true, &use, arena);
    check_text(path, "/things/LIVE-001");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_id_is_replaced_in_path_query_and_body_and_back_in_the_answer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_short_number_is_replaced_only_under_a_name_of_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_session_has_its_own_ids_in_place_of_the_same_recorded_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_value_does_not_stand_for_two, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ids_of_answers_are_known_until_everything_is_forgotten, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
