#include "unit.h"

#include "base/limits.h"
#include "rules/judge.h"

static int
judge_text(const char *text, const char *schema, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct document document;
    int result;

    assert_int_equal(document_read_text(&document, text_of(text), "a.yaml", arena, NULL), 0);
    result = judge_document(&document, schema, err);
    arena_free(arena);
    return result;
}

static void
the_first_mistake_is_told_with_place_expected_and_found(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_int_equal(judge_text("services: { a: { contract: c, upstream: sandbox } }\n", "gateway.schema.json", &err),
                     0);
    assert_int_equal(
        judge_text("services:\n  a: { contract: c, upstream: sandbox, request: 7 }\n", "gateway.schema.json", &err),
        -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.where, "a.yaml:2:49");
    check_that(strstr(err.what, "/services/a/request: expected one of") == err.what, "%s", err.what);
    check_that(strstr(err.what, "found 7") != NULL, "%s", err.what);
}

static void
what_is_no_object_at_all_is_told_as_the_file(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_int_equal(judge_text("[]", "gateway.schema.json", &err), -1);
    check_that(strstr(err.what, "the file: expected object") == err.what, "%s", err.what);
}

static void
every_schema_of_ours_is_part_of_the_program(void **state)
{
    static const char *const names[] = { "gateway.schema.json", "report.schema.json", "recording.schema.json" };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct error err = { .kind = ERROR_NONE };

        assert_int_equal(judge_text("7", names[i], &err), -1);
        check_that(err.kind == ERROR_CONFIG, "%s: %s", names[i], err.what);
    }
}

static void
a_schema_that_is_not_there_is_an_error_of_the_program(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_int_equal(judge_text("{}", "nothing.schema.json", &err), -1);
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_mistake_is_told_with_place_expected_and_found),
        cmocka_unit_test(what_is_no_object_at_all_is_told_as_the_file),
        cmocka_unit_test(every_schema_of_ours_is_part_of_the_program),
        cmocka_unit_test(a_schema_that_is_not_there_is_an_error_of_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
