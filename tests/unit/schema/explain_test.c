/* schema_explain: every case of tests/cases/schema/explain.json names each problem, in order. */
#include "compiled.h"

static void
check_case(const struct value *test, struct arena *arena)
{
    const struct value *instance = VALUE_MEMBER(test, "instance"), *side = VALUE_MEMBER(test, "side");
    struct text description = value_text(VALUE_MEMBER(test, "description"));
    struct compiled *c = compiled_case(test, arena);
    char expected[4096] = "";
    unsigned count;

    check_that(c->schema != NULL, "%.*s: the schema cannot be used: %s", TEXT_PRINT(description), c->defects);
    if (side != NULL)
        c->run.side = text_equal(value_text(side), TEXT("request")) ? SCHEMA_REQUEST : SCHEMA_RESPONSE;
    for (VALUE_EACH_ITEM(line, VALUE_MEMBER(test, "problems")))
        (void)snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%.*s\n",
                       TEXT_PRINT(value_text(line)));
    check_that(schema_check(c->schema, instance, &c->run) == (expected[0] == '\0'), "%.*s: the verdict is wrong",
               TEXT_PRINT(description));
    count = compiled_explain(c, instance);
    check_that(strcmp(c->problems, expected) == 0, "%.*s\n  expected\n%s  found\n%s", TEXT_PRINT(description), expected,
               c->problems);
    check_that(count == VALUE_MEMBER(test, "problems")->count, "%.*s: %u problems counted", TEXT_PRINT(description),
               count);
    compiled_free(c);
}

static void
every_case_is_explained_as_it_says(void **state)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct document document;

    (void)state;
    for (VALUE_EACH_ITEM(test, compiled_cases(&document, "explain.json", arena)))
        check_case(test, arena);
    arena_free(arena);
}

static void
no_more_than_max_are_told(void **state)
{
    struct compiled *c = compiled_from("{\"items\":{\"type\":\"string\"}}", SCHEMA_2020_12, false);
    const struct value *instance = compiled_instance(c, "[1,2,3,4,5]");

    (void)state;
    assert_int_equal(schema_explain(c->schema, instance, &c->run, 2, compiled_on_problem, c), 2);
    assert_int_equal(schema_explain(c->schema, instance, &c->run, 100, compiled_on_problem, c), 5);
    compiled_free(c);
}

static void
long_values_are_shortened(void **state)
{
    struct compiled *c = compiled_from("{\"maxLength\":3}", SCHEMA_2020_12, false);
    char instance[3000];

    (void)state;
    memset(instance, 'x', sizeof(instance));
    instance[0] = instance[sizeof(instance) - 2] = '"';
    instance[sizeof(instance) - 1] = '\0';
    assert_int_equal(compiled_explain(c, compiled_instance(c, instance)), 1);
    assert_in_range(strlen(c->problems), 20, 200);
    assert_non_null(strstr(c->problems, " of 2997 characters"));
    compiled_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_explained_as_it_says),
        cmocka_unit_test(no_more_than_max_are_told),
        cmocka_unit_test(long_values_are_shortened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
