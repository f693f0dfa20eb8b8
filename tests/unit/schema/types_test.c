/* schema_types, schema_property, schema_items: what is known of a schema without an instance. */
#include "compiled.h"

static void
check_types(const char *schema, enum schema_dialect dialect, unsigned expected)
{
    struct compiled *c = compiled_from(schema, dialect, false);

    check_that(schema_types(c->schema) == expected, "%s: expected %u, found %u", schema, expected,
               schema_types(c->schema));
    compiled_free(c);
}

static void
types_are_seen_through_everything_that_narrows_them(void **state)
{
    const unsigned number = SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_INTEGER;

    (void)state;
    check_types("{}", SCHEMA_2020_12, SCHEMA_TYPE_ANY);
    check_types("false", SCHEMA_2020_12, 0);
    check_types("{\"type\":\"integer\"}", SCHEMA_2020_12, SCHEMA_TYPE_INTEGER);
    check_types("{\"type\":\"number\"}", SCHEMA_2020_12, number);
    check_types("{\"type\":\"string\",\"nullable\":true}", SCHEMA_OAS30, SCHEMA_TYPE_STRING | SCHEMA_TYPE_NULL);
    check_types("{\"allOf\":[{\"type\":[\"integer\",\"string\"]},{\"type\":\"number\"}]}", SCHEMA_2020_12,
                SCHEMA_TYPE_INTEGER);
    check_types("{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#/$defs/x\"}],\"$defs\":{\"x\":{\"type\":\"array\"}}}",
                SCHEMA_2020_12, SCHEMA_TYPE_NULL | SCHEMA_TYPE_ARRAY);
    check_types("{\"enum\":[\"a\",true]}", SCHEMA_2020_12, SCHEMA_TYPE_STRING | SCHEMA_TYPE_BOOLEAN);
    check_types("{\"const\":1}", SCHEMA_2020_12, number);
    check_types("{\"$ref\":\"#\"}", SCHEMA_2020_12, SCHEMA_TYPE_ANY);
}

static void
a_property_is_found_through_references_and_all_of(void **state)
{
    struct compiled *c =
        compiled_from("{\"properties\":{\"a\":{\"type\":\"null\"}},\"additionalProperties\":{\"type\":\"array\"},"
                      "\"allOf\":[{\"$ref\":\"#/$defs/x\"}],"
                      "\"$defs\":{\"x\":{\"properties\":{\"b\":{\"type\":\"string\"}}}}}",
                      SCHEMA_2020_12, false);

    (void)state;
    assert_int_equal(schema_types(schema_property(c->schema, TEXT("a"))), SCHEMA_TYPE_NULL);
    assert_int_equal(schema_types(schema_property(c->schema, TEXT("b"))), SCHEMA_TYPE_STRING);
    assert_int_equal(schema_types(schema_property(c->schema, TEXT("c"))), SCHEMA_TYPE_ARRAY);
    assert_null(schema_items(c->schema));
    compiled_free(c);
}

static void
nothing_is_made_up(void **state)
{
    struct compiled *c =
        compiled_from("{\"items\":{\"type\":\"string\"},\"additionalProperties\":false}", SCHEMA_2020_12, false);

    (void)state;
    assert_null(schema_property(c->schema, TEXT("a")));
    assert_int_equal(schema_types(schema_items(c->schema)), SCHEMA_TYPE_STRING);
    compiled_free(c);
}

/* Twelve ways from the root back to it. */
static void
schemas_that_refer_to_themselves_many_times_are_asked_quickly(void **state)
{
    struct compiled *c = compiled_from(
        "{\"anyOf\":[{\"$ref\":\"#/$defs/x\"},{\"$ref\":\"#/$defs/x\"},{\"$ref\":\"#/$defs/x\"}],"
        "\"$defs\":{\"x\":{\"allOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"},{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}}}",
        SCHEMA_OAS31, false);

    (void)state;
    assert_int_equal(schema_types(c->schema), SCHEMA_TYPE_ANY);
    assert_null(schema_property(c->schema, TEXT("a")));
    assert_null(schema_items(c->schema));
    compiled_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_seen_through_everything_that_narrows_them),
        cmocka_unit_test(a_property_is_found_through_references_and_all_of),
        cmocka_unit_test(nothing_is_made_up),
        cmocka_unit_test(schemas_that_refer_to_themselves_many_times_are_asked_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
