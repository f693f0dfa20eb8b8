#include "unit.h"

#include "base/limits.h"
#include "contract/violation_page.h"

static void
every_id_is_found_by_its_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VIOLATION_IDS; i++)
        assert_int_equal(violation_of(text_of(violation_name((enum violation_id)i))), i);
    for (unsigned i = 0; i < UNCHECKED_IDS; i++)
        assert_int_equal(unchecked_of(text_of(unchecked_name((enum unchecked_id)i))), i);
    assert_int_equal(violation_of(TEXT("body-shema")), VIOLATION_IDS);
    assert_int_equal(unchecked_of(TEXT("")), UNCHECKED_IDS);
}

static void
a_verdict_keeps_the_first_violations_and_counts_the_rest(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct verdict v = { 0 };

    (void)state;
    for (unsigned i = 0; i < LIMIT_VIOLATIONS + 7; i++) {
        struct violation *added = verdict_add(&v, arena, VIOLATION_BODY_SCHEMA, SIDE_RESPONSE);

        if (added != NULL)
            added->line = i + 1;
    }
    assert_int_equal(v.count, LIMIT_VIOLATIONS);
    assert_int_equal(v.dropped, 7);
    for (unsigned i = 0; i < v.count; i++)
        assert_int_equal(v.list[i].line, i + 1);
    arena_free(arena);
}

static void
an_unchecked_part_is_said_once(void **state)
{
    struct verdict v = { 0 };
    char names[100][16];

    (void)state;
    verdict_unchecked(&v, UNCHECKED_SIZE, SIDE_REQUEST, TEXT(""));
    verdict_unchecked(&v, UNCHECKED_SIZE, SIDE_REQUEST, TEXT(""));
    verdict_unchecked(&v, UNCHECKED_SIZE, SIDE_RESPONSE, TEXT(""));
    assert_int_equal(v.unchecked_count, 2);
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(names[i], sizeof names[i], "query q%u", i);
        verdict_unchecked(&v, UNCHECKED_FORMAT, SIDE_REQUEST, text_of(names[i]));
    }
    assert_int_equal(v.unchecked_count, VERDICT_UNCHECKED_MAX);
}

static void
a_line_says_place_expected_and_found(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct violation v = { .id = VIOLATION_BODY_SCHEMA,
                           .side = SIDE_RESPONSE,
                           .instance = TEXT("/items/0/price"),
                           .expected = TEXT("number >= 0"),
                           .found = TEXT("\"12.50\" (string)") };

    (void)state;
    check_text(violation_line(&v, arena),
               "response body-schema /items/0/price: expected number >= 0, found \"12.50\" (string)");
    v = (struct violation){ .id = VIOLATION_PATH_UNKNOWN,
                            .side = SIDE_REQUEST,
                            .hint = TEXT("did you mean '/orders'?") };
    check_text(violation_line(&v, arena),
               "request path-unknown: no path of the contract matches; did you mean '/orders'?");
    arena_free(arena);
}

static void
every_id_has_an_example(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VIOLATION_IDS; i++)
        check_that(violation_example((enum violation_id)i) != NULL, "%s has none",
                   violation_name((enum violation_id)i));
}

static void
the_page_in_docs_is_the_one_that_the_tables_give(void **state)
{
    char *page = unit_read_file("docs/violations.md", NULL);
    struct buffer made;

    (void)state;
    buffer_init(&made, LIMIT_MIB);
    violation_page(&made);
    check_text(buffer_text(&made), page); /* not so? `make docs` writes it */
    buffer_release(&made);
    free(page);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_id_is_found_by_its_name),
        cmocka_unit_test(a_verdict_keeps_the_first_violations_and_counts_the_rest),
        cmocka_unit_test(an_unchecked_part_is_said_once),
        cmocka_unit_test(every_id_has_an_example),
        cmocka_unit_test(the_page_in_docs_is_the_one_that_the_tables_give),
        cmocka_unit_test(a_line_says_place_expected_and_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
