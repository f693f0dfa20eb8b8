/* iregexp.h: tests/cases/pattern/iregexp.json says what is an I-Regexp and what it matches. */
#include "unit.h"

#include "base/limits.h"
#include "json/document.h"
#include "schema/iregexp.h"

static struct iregexp *regex;
static struct arena *arena;
static const struct value *file;

static int
begin(void **state)
{
    struct document document;
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    regex = iregexp_new();
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    if (regex == NULL || arena == NULL)
        return 1;
    check_that(document_read(&document, "tests/cases/pattern/iregexp.json", arena, &err) == 0, "%s: %s", err.where,
               err.what);
    file = document.root;
    return 0;
}

static int
end(void **state)
{
    (void)state;
    iregexp_free(regex);
    arena_free(arena);
    return 0;
}

static void
check_texts(const struct value *test, const char *list, bool whole, int expected)
{
    struct text pattern = value_text(VALUE_MEMBER(test, "pattern"));

    for (VALUE_EACH_ITEM(subject, value_member(test, text_of(list)))) {
        int result = iregexp_match(regex, pattern, value_text(subject), whole, NULL);

        check_that(result == expected, "'%.*s' on '%.*s' (%s) gives %d, not %d", TEXT_PRINT(pattern),
                   TEXT_PRINT(value_text(subject)), whole ? "match" : "search", result, expected);
    }
}

static void
expressions_match_what_their_cases_say(void **state)
{
    (void)state;
    for (VALUE_EACH_ITEM(test, VALUE_MEMBER(file, "cases"))) {
        check_texts(test, "matches", true, 1);
        check_texts(test, "matches", false, 1);
        check_texts(test, "contains", true, 0);
        check_texts(test, "contains", false, 1);
        check_texts(test, "fails", true, 0);
        check_texts(test, "fails", false, 0);
    }
}

static void
what_is_no_iregexp_matches_nothing(void **state)
{
    (void)state;
    for (VALUE_EACH_ITEM(pattern, VALUE_MEMBER(file, "refused"))) {
        check_that(iregexp_match(regex, value_text(pattern), TEXT("a"), true, NULL) == -1, "%.*s is accepted",
                   TEXT_PRINT(value_text(pattern)));
        check_that(iregexp_match(regex, value_text(pattern), TEXT("a"), false, NULL) == -1, "%.*s is accepted",
                   TEXT_PRINT(value_text(pattern)));
    }
    assert_int_equal(iregexp_match(regex, TEXT("\xED\xA0\x80"), TEXT("a"), true, NULL), -1);
    assert_int_equal(iregexp_match(regex, TEXT("\xFF"), TEXT("a"), true, NULL), -1);
}

static void
a_nul_is_a_character_like_others(void **state)
{
    (void)state;
    assert_int_equal(iregexp_match(regex, text_make("a\0[\0]", 5), text_make("a\0\0", 3), true, NULL), 1);
    assert_int_equal(iregexp_match(regex, text_make("a\0", 2), TEXT("a"), true, NULL), 0);
}

static void
more_expressions_than_are_kept_stay_right(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3 * LIMIT_IREGEXP_KEPT; i++) {
            struct text pattern = arena_print(arena, "x%dy", i), other = arena_print(arena, "x%dyy", i);

            assert_int_equal(iregexp_match(regex, pattern, pattern, true, NULL), 1);
            assert_int_equal(iregexp_match(regex, pattern, other, true, NULL), 0);
            assert_int_equal(iregexp_match(regex, pattern, other, false, NULL), 1);
        }
    }
}

static void
compiling_costs_once(void **state)
{
    uint32_t budget = 10000, first, second;

    (void)state;
    assert_int_equal(iregexp_match(regex, TEXT("once|and again"), TEXT("once"), true, &budget), 1);
    first = 10000 - budget;
    budget = 10000;
    assert_int_equal(iregexp_match(regex, TEXT("once|and again"), TEXT("once"), true, &budget), 1);
    second = 10000 - budget;
    assert_in_range(first, 500, 1000);
    assert_in_range(second, 1, 10);
    budget = 100;
    assert_int_equal(iregexp_match(regex, TEXT("yet another"), TEXT("once"), true, &budget), -1);
    assert_int_equal(budget, 0);
}

static void
a_search_that_takes_too_long_is_given_up_and_paid_for(void **state)
{
    uint32_t budget = 100000;

    (void)state;
    assert_int_equal(iregexp_match(regex, TEXT("(\\p{L}*)*[01]"),
                                   TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false, &budget),
                     -1);
    assert_in_range(budget, 1, 90000);
}

static void
an_expression_that_is_too_long_is_refused(void **state)
{
    char *pattern = malloc(LIMIT_PATTERN_BYTES + 1);

    (void)state;
    assert_non_null(pattern);
    memset(pattern, 'a', LIMIT_PATTERN_BYTES + 1);
    assert_int_equal(iregexp_match(regex, text_make(pattern, LIMIT_PATTERN_BYTES + 1), TEXT("a"), true, NULL), -1);
    memset(pattern, '(', LIMIT_PATTERN_BYTES);
    assert_int_equal(iregexp_match(regex, text_make(pattern, LIMIT_PATTERN_BYTES), TEXT("a"), true, NULL), -1);
    free(pattern);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_match_what_their_cases_say),
        cmocka_unit_test(what_is_no_iregexp_matches_nothing),
        cmocka_unit_test(a_nul_is_a_character_like_others),
        cmocka_unit_test(more_expressions_than_are_kept_stay_right),
        cmocka_unit_test(compiling_costs_once),
        cmocka_unit_test(a_search_that_takes_too_long_is_given_up_and_paid_for),
        cmocka_unit_test(an_expression_that_is_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
