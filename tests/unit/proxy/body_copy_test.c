/* The beginning of a body, kept while it passes. */
#include "unit.h"

#include "base/limits.h"
#include "proxy/body_copy.h"

static struct arena *arena;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_MIB);
    return arena != NULL ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct message
finished(const struct body_copy *copy, bool complete)
{
    struct message m = { .framing = FRAMING_CHUNKED, .body_bytes = copy->length };

    body_copy_finish(copy, &m, complete);
    return m;
}

static void
pieces_are_put_together(void **state)
{
    struct body_copy copy;

    (void)state;
    body_copy_init(&copy, 100, 0);
    body_copy_add(&copy, TEXT("one "), false, arena);
    body_copy_add(&copy, TEXT("two"), false, arena);
    check_text(finished(&copy, true).body, "one two");
    assert_int_equal(finished(&copy, true).body_state, BODY_WHOLE);
    assert_int_equal(finished(&copy, false).body_state, BODY_TRUNCATED);
}

/* pipeline: such a request is refused (`memory`), and never sent on without its body. */
static void
without_memory_it_failed_and_is_not_whole(void **state)
{
    static char piece[64 * 1024];
    struct body_copy copy;

    (void)state;
    memset(piece, 'x', sizeof piece);
    body_copy_init(&copy, 16 * LIMIT_MIB, 0);
    for (int i = 0; i < 64; i++)
        body_copy_add(&copy, text_make(piece, sizeof piece), false, arena);
    assert_true(copy.failed);
    assert_in_range(copy.length, 1, LIMIT_MIB);
    assert_int_equal(finished(&copy, true).body_state, BODY_TOO_LARGE);
}

static void
a_body_of_one_kept_piece_is_not_copied(void **state)
{
    struct text body = TEXT("in the arena");
    struct body_copy copy;

    (void)state;
    body_copy_init(&copy, 100, 0);
    body_copy_add(&copy, body, true, arena);
    assert_ptr_equal(finished(&copy, true).body.data, body.data);
}

static void
what_follows_a_kept_piece_is_put_behind_a_copy_of_it(void **state)
{
    char kept[] = "kept ";
    struct body_copy copy;

    (void)state;
    body_copy_init(&copy, 100, 100);
    body_copy_add(&copy, text_of(kept), true, arena);
    body_copy_add(&copy, TEXT("and more"), false, arena);
    check_text(finished(&copy, true).body, "kept and more");
    check_text(text_of(kept), "kept ");
}

static void
what_is_too_much_is_cut_and_said(void **state)
{
    struct body_copy copy;

    (void)state;
    body_copy_init(&copy, 5, 0);
    body_copy_add(&copy, TEXT("abc"), false, arena);
    body_copy_add(&copy, TEXT("defg"), false, arena);
    body_copy_add(&copy, TEXT("h"), false, arena);
    check_text(finished(&copy, true).body, "abcde");
    assert_int_equal(finished(&copy, true).body_state, BODY_TOO_LARGE);
}

static void
a_body_that_exactly_fits_is_whole(void **state)
{
    struct body_copy copy;

    (void)state;
    body_copy_init(&copy, 5, 5);
    body_copy_add(&copy, TEXT("abcde"), false, arena);
    assert_int_equal(finished(&copy, true).body_state, BODY_WHOLE);
}

static void
without_memory_it_is_cut(void **state)
{
    struct body_copy copy;
    static char much[2 * LIMIT_MIB];

    (void)state;
    body_copy_init(&copy, sizeof much, 0);
    body_copy_add(&copy, text_make(much, sizeof much), false, arena);
    assert_true(copy.failed);
    assert_int_equal(finished(&copy, true).body_state, BODY_TOO_LARGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pieces_are_put_together, begin, end),
        cmocka_unit_test_setup_teardown(without_memory_it_failed_and_is_not_whole, begin, end),
        cmocka_unit_test_setup_teardown(a_body_of_one_kept_piece_is_not_copied, begin, end),
        cmocka_unit_test_setup_teardown(what_follows_a_kept_piece_is_put_behind_a_copy_of_it, begin, end),
        cmocka_unit_test_setup_teardown(what_is_too_much_is_cut_and_said, begin, end),
        cmocka_unit_test_setup_teardown(a_body_that_exactly_fits_is_whole, begin, end),
        cmocka_unit_test_setup_teardown(without_memory_it_is_cut, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
