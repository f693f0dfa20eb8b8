/* schema_check: verdicts that hostile input cannot make slow, deep or wrong. What keywords mean is the official
 * suite's matter (tests/conformance/json_schema.mjs). */
#include "compiled.h"

#include "base/buffer.h"

/* `count` times the text, between two others. In the arena. */
static const char *
repeated(struct arena *arena, const char *before, const char *text, unsigned count, const char *after)
{
    struct buffer b;
    const char *result;

    buffer_init(&b, 64 * LIMIT_MIB);
    buffer_print(&b, "%s", before);
    for (unsigned i = 0; i < count; i++)
        buffer_add(&b, text_of(text));
    buffer_print(&b, "%s", after);
    result = arena_text(arena, buffer_text(&b)).data;
    buffer_release(&b);
    assert_non_null(result);
    return result;
}

static void
nothing_is_allocated_for_everyday_schemas(void **state)
{
    struct compiled *c =
        compiled_from("{\"type\":\"object\",\"required\":[\"a\"],\"additionalProperties\":false,"
                      "\"properties\":{\"a\":{\"enum\":[\"x\",1]},\"b\":{\"items\":{\"oneOf\":["
                      "{\"type\":\"string\",\"pattern\":\"^[a-z]+$\"},{\"type\":\"number\",\"minimum\":1.5}]}}}}",
                      SCHEMA_2020_12, true);
    const struct value *instance = compiled_instance(c, "{\"a\":\"x\",\"b\":[\"abc\",2,3.75]}");
    size_t before = arena_used(c->arena);

    (void)state;
    assert_true(schema_check(c->schema, instance, &c->run));
    assert_int_equal(arena_used(c->arena), before);
    compiled_free(c);
}

static void
a_member_that_no_schema_names_is_noted(void **state)
{
    static const struct {
        const char *schema, *instance;
        bool unnamed;
    } cases[] = {
        { "{\"properties\":{\"a\":{}}}", "{\"a\":1}", false },
        { "{\"properties\":{\"a\":{}}}", "{\"a\":1,\"b\":2}", true },
        { "{\"properties\":{\"a\":{\"properties\":{\"c\":{}}}}}", "{\"a\":{\"c\":1,\"d\":2}}", true },
        { "{\"properties\":{\"a\":{}},\"additionalProperties\":true}", "{\"b\":2}", false },
        { "{\"properties\":{\"a\":{}},\"patternProperties\":{\"^x\":{}}}", "{\"b\":2}", false },
        { "{\"required\":[\"a\"]}", "{\"a\":1}", false },
        { "{\"type\":\"object\"}", "{\"a\":1}", false }, /* it names none */
        { "{\"allOf\":[{\"properties\":{\"a\":{}}},{\"properties\":{\"b\":{}}}]}", "{\"a\":1}", true }, /* one does */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct compiled *c = compiled_from(cases[i].schema, SCHEMA_2020_12, false);

        assert_true(compiled_accepts(c, cases[i].instance));
        check_that(c->run.unnamed == cases[i].unnamed, "%s", cases[i].schema);
        compiled_free(c);
    }
}

static void
a_spent_budget_is_unchecked_and_not_a_verdict(void **state)
{
    struct compiled *c = compiled_from("{\"items\":{\"type\":\"string\"}}", SCHEMA_2020_12, false);
    const char *wrong = repeated(c->arena, "[", "\"x\",", 10000, "1]");

    (void)state;
    c->run.budget = 1000;
    assert_true(compiled_accepts(c, wrong));
    assert_int_equal(c->run.unchecked, SCHEMA_UNCHECKED_BUDGET);
    assert_int_equal(c->run.budget, 0);
    c->run.budget = LIMIT_CHECK_BUDGET;
    c->run.unchecked = 0;
    assert_false(compiled_accepts(c, wrong));
    assert_int_equal(c->run.unchecked, 0);
    compiled_free(c);
}

static void
a_spent_budget_is_no_yes_for_not(void **state)
{
    struct compiled *c = compiled_from("{\"not\":{\"items\":{\"type\":\"string\"}}}", SCHEMA_2020_12, false);

    (void)state;
    c->run.budget = 1000;
    assert_true(compiled_accepts(c, repeated(c->arena, "[", "\"x\",", 10000, "\"y\"]")));
    assert_int_equal(c->run.unchecked, SCHEMA_UNCHECKED_BUDGET);
    compiled_free(c);
}

static void
the_budget_is_shared_by_the_checks_of_a_message(void **state)
{
    struct compiled *c = compiled_from("{\"items\":{\"type\":\"string\"}}", SCHEMA_2020_12, false);
    const struct value *instance = compiled_instance(c, "[\"a\",\"b\",\"c\"]");
    uint32_t before = c->run.budget, once;

    (void)state;
    assert_true(schema_check(c->schema, instance, &c->run));
    once = before - c->run.budget;
    assert_in_range(once, 4, 20);
    assert_true(schema_check(c->schema, instance, &c->run));
    assert_int_equal(before - c->run.budget, 2 * once);
    compiled_free(c);
}

/* Each level doubles the ways: without a budget this would take 2^60 steps. */
static void
branching_recursion_ends(void **state)
{
    struct compiled *c = compiled_from("{\"anyOf\":[{\"$ref\":\"#/$defs/a\"},{\"$ref\":\"#/$defs/b\"}],\"$defs\":{"
                                       "\"a\":{\"required\":[\"x\"],\"properties\":{\"x\":{\"$ref\":\"#\"}}},"
                                       "\"b\":{\"required\":[\"x\"],\"properties\":{\"x\":{\"$ref\":\"#\"}}}}}",
                                       SCHEMA_2020_12, false);
    const char *deep = repeated(c->arena, "", "{\"x\":", 60, "1");

    (void)state;
    deep = repeated(c->arena, deep, "}", 60, "");
    c->run.budget = 100000;
    (void)compiled_accepts(c, deep);
    (void)compiled_explain(c, compiled_instance(c, deep));
    compiled_free(c);
}

static void
instances_nested_deeper_than_the_limit_are_unchecked_there(void **state)
{
    struct compiled *c = compiled_from("{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}", SCHEMA_2020_12, false);
    const char *deep = repeated(c->arena, "", "[", 1000, "");

    (void)state;
    deep = repeated(c->arena, deep, "]", 1000, "");
    assert_true(compiled_accepts(c, deep));
    assert_int_equal(c->run.unchecked, SCHEMA_UNCHECKED_BUDGET);
    c->run.unchecked = 0;
    deep = repeated(c->arena, "", "[", 500, "");
    deep = repeated(c->arena, deep, "]", 500, "");
    assert_true(compiled_accepts(c, deep));
    assert_int_equal(c->run.unchecked, 0);
    compiled_free(c);
}

static void
many_equal_hashes_of_items_do_not_cost_a_square(void **state)
{
    struct compiled *c = compiled_from("{\"uniqueItems\":true}", SCHEMA_2020_12, false);
    struct buffer b;

    (void)state;
    buffer_init(&b, 16 * LIMIT_MIB);
    buffer_print(&b, "[0");
    for (int i = 1; i < 100000; i++)
        buffer_print(&b, ",%d", i);
    buffer_print(&b, "]%c", '\0');
    assert_true(compiled_accepts(c, buffer_text(&b).data));
    assert_int_equal(c->run.unchecked, 0);
    buffer_release(&b);
    compiled_free(c);
}

static void
numbers_are_compared_as_written(void **state)
{
    struct compiled *c =
        compiled_from("{\"properties\":{\"cents\":{\"multipleOf\":0.01},\"big\":{\"maximum\":9007199254740992},"
                      "\"tiny\":{\"exclusiveMinimum\":0},\"id\":{\"const\":100000000000000000000001}}}",
                      SCHEMA_2020_12, false);

    (void)state;
    assert_true(compiled_accepts(c, "{\"cents\":19.99}"));
    assert_false(compiled_accepts(c, "{\"cents\":19.995}"));
    assert_true(compiled_accepts(c, "{\"big\":9007199254740992}"));
    assert_false(compiled_accepts(c, "{\"big\":9007199254740993}"));
    assert_true(compiled_accepts(c, "{\"tiny\":1e-400}"));
    assert_false(compiled_accepts(c, "{\"tiny\":-0.0}"));
    assert_true(compiled_accepts(c, "{\"id\":100000000000000000000001}"));
    assert_false(compiled_accepts(c, "{\"id\":100000000000000000000000}"));
    compiled_free(c);
}

static void
a_repeated_key_must_satisfy_its_schema_each_time(void **state)
{
    struct compiled *c = compiled_from("{\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\",\"b\"]}",
                                       SCHEMA_2020_12, false);

    (void)state;
    assert_false(compiled_accepts(c, "{\"a\":1,\"a\":\"x\",\"b\":1}"));
    assert_false(compiled_accepts(c, "{\"a\":\"x\",\"a\":\"x\"}"));
    assert_true(compiled_accepts(c, "{\"a\":\"x\",\"a\":\"y\",\"b\":1}"));
    compiled_free(c);
}

static void
more_than_sixty_four_members_are_tracked(void **state)
{
    struct compiled *c =
        compiled_from("{\"patternProperties\":{\"^a\":true},\"anyOf\":[{\"properties\":{\"b\":true}},false],"
                      "\"unevaluatedProperties\":false}",
                      SCHEMA_2020_12, false);
    struct buffer b;

    (void)state;
    buffer_init(&b, LIMIT_MIB);
    buffer_print(&b, "{");
    for (int i = 0; i < 200; i++)
        buffer_print(&b, "\"a%d\":1,", i);
    buffer_print(&b, "\"b\":1}%c", '\0');
    assert_true(compiled_accepts(c, buffer_text(&b).data));
    buffer_truncate(&b, buffer_length(&b) - strlen("\"b\":1}") - 1);
    buffer_print(&b, "\"c\":1}%c", '\0');
    assert_false(compiled_accepts(c, buffer_text(&b).data));
    buffer_release(&b);
    compiled_free(c);
}

static void
check_all(const char *schema, const char *const *instances, bool valid)
{
    struct compiled *c = compiled_from(schema, SCHEMA_2020_12, false);

    for (; *instances != NULL; instances++)
        check_that(compiled_accepts(c, *instances) == valid, "%s: %s", schema, *instances);
    compiled_free(c);
}

#define ALL(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* One comparison tells of most values that they are fine (enum quick); it must never tell it of another one. */
static void
what_is_told_at_a_glance_is_what_a_closer_look_tells(void **state)
{
    (void)state;
    check_all("{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}",
              ALL("\"ab\"", "\"äöü\"", "\"\\u00e4b\"", "\"𝄞𝄞\""), true);
    check_all("{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}",
              ALL("\"a\"", "\"𝄞\"", "\"abcd\"", "\"äöüß\"", "\"\"", "12", "[1,2]"), false);
    check_all("{\"type\":[\"string\",\"integer\"],\"minLength\":1,\"minimum\":5}", ALL("\"a\"", "5", "5.0", "1e1"),
              true);
    check_all("{\"type\":[\"string\",\"integer\"],\"minLength\":1,\"minimum\":5}",
              ALL("\"\"", "4", "-7", "5.5", "null"), false);
    check_all("{\"type\":\"integer\",\"minimum\":-3,\"maximum\":1000}", ALL("-3", "0", "-0", "1000", "1e3", "999.0"),
              true);
    check_all("{\"type\":\"integer\",\"minimum\":-3,\"maximum\":1000}",
              ALL("-4", "1001", "1000.5", "9999999999", "99999999999999999999", "\"7\""), false);
    check_all("{\"type\":\"integer\",\"maximum\":-1}", ALL("-1", "-5000000000"), true);
    check_all("{\"type\":\"integer\",\"maximum\":-1}", ALL("0", "1"), false);
    check_all("{\"minimum\":4294967296}", ALL("4294967296", "99999999999", "\"x\"", "{}"), true);
    check_all("{\"minimum\":4294967296}", ALL("4294967295", "0"), false);
    check_all("{\"type\":\"number\",\"minimum\":0.5}", ALL("0.5", "1", "5e-1"), true);
    check_all("{\"type\":\"number\",\"minimum\":0.5}", ALL("0", "0.49"), false);
    check_all("{\"type\":\"number\",\"exclusiveMinimum\":1,\"maximum\":10.25}", ALL("1.01", "10.25", "2"), true);
    check_all("{\"type\":\"number\",\"exclusiveMinimum\":1,\"maximum\":10.25}", ALL("1", "1.0", "10.26", "11"), false);
    check_all("{\"type\":\"string\",\"maxLength\":5,\"enum\":[\"ab\"]}", ALL("\"ab\""), true);
    check_all("{\"type\":\"string\",\"maxLength\":5,\"enum\":[\"ab\"]}", ALL("\"abc\""), false);
    check_all("{\"multipleOf\":0.01}", ALL("12.5", "0", "-3.07", "100", "123456789012.34", "1e2", "5.100"), true);
    check_all("{\"multipleOf\":0.01}", ALL("12.505", "0.001", "-3.071", "1e-3"), false);
    check_all("{\"multipleOf\":0.25}", ALL("0.75", "-1.5", "1000000.25"), true);
    check_all("{\"multipleOf\":0.25}", ALL("0.7", "0.2", "-1.6"), false);
    check_all("{\"type\":\"number\",\"minimum\":1,\"maximum\":20,\"multipleOf\":0.01}",
              ALL("1", "1.00", "1.000", "19.99", "20", "20.0", "20.00", "2e0", "0.2E1", "19.990000000"), true);
    check_all("{\"type\":\"number\",\"minimum\":1,\"maximum\":20,\"multipleOf\":0.01}",
              ALL("0.99", "20.01", "20.001", "1.005", "-1", "-0.5", "21", "1e9", "\"5\"", "null"), false);
    check_all("{\"type\":\"number\",\"multipleOf\":1}", ALL("7", "7.0", "-7"), true);
    check_all("{\"type\":\"number\",\"multipleOf\":1}", ALL("7.5", "0.1"), false);
    check_all("{\"type\":\"integer\",\"multipleOf\":10}", ALL("20", "0", "1e1"), true);
    check_all("{\"type\":\"integer\",\"multipleOf\":10}", ALL("25", "2.5"), false);
    check_all("{\"enum\":[\"red\",\"green\",\"\",7,null]}", ALL("\"red\"", "\"green\"", "\"\"", "7.0", "null"), true);
    check_all("{\"enum\":[\"red\",\"green\",\"\",7,null]}", ALL("\"rad\"", "\"greed\"", "\"7\"", "8", "{}"), false);
    check_all("{\"type\":\"integer\",\"enum\":[\"red\",7]}", ALL("7"), true);
    check_all("{\"type\":\"integer\",\"enum\":[\"red\",7]}", ALL("\"red\"", "8"), false);
    check_all("{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"type\":\"integer\"}}}",
              ALL("1", "1.0"), true);
    check_all("{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"type\":\"integer\"}}}",
              ALL("1.5", "\"1\""), false);
    check_all("{\"minLength\":9,\"maxLength\":3,\"type\":\"string\"}", ALL("\"a\"", "\"abcdefghijk\""), false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allocated_for_everyday_schemas),
        cmocka_unit_test(a_member_that_no_schema_names_is_noted),
        cmocka_unit_test(a_spent_budget_is_unchecked_and_not_a_verdict),
        cmocka_unit_test(a_spent_budget_is_no_yes_for_not),
        cmocka_unit_test(the_budget_is_shared_by_the_checks_of_a_message),
        cmocka_unit_test(branching_recursion_ends),
        cmocka_unit_test(instances_nested_deeper_than_the_limit_are_unchecked_there),
        cmocka_unit_test(many_equal_hashes_of_items_do_not_cost_a_square),
        cmocka_unit_test(numbers_are_compared_as_written),
        cmocka_unit_test(a_repeated_key_must_satisfy_its_schema_each_time),
        cmocka_unit_test(more_than_sixty_four_members_are_tracked),
        cmocka_unit_test(what_is_told_at_a_glance_is_what_a_closer_look_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
