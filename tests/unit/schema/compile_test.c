/* schema_compile: what is wrong with a schema is said with its place, and what is left of it is checked. */
#include "compiled.h"

static void
check_case(const struct value *test, struct arena *arena)
{
    struct text description = value_text(VALUE_MEMBER(test, "description"));
    const struct value *unchecked = VALUE_MEMBER(test, "unchecked"), *tests = VALUE_MEMBER(test, "tests");
    struct compiled *c = compiled_case(test, arena);
    char expected[4096] = "";

    for (VALUE_EACH_ITEM(line, VALUE_MEMBER(test, "defects")))
        (void)snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%.*s\n",
                       TEXT_PRINT(value_text(line)));
    check_that(strcmp(c->defects, expected) == 0, "%.*s\n  expected\n%s  found\n%s", TEXT_PRINT(description), expected,
               c->defects);
    check_that((c->schema == NULL) == (tests == NULL), "%.*s: it can%s be used", TEXT_PRINT(description),
               c->schema == NULL ? "not" : "");
    if (tests != NULL) {
        for (VALUE_EACH_ITEM(one, tests)) {
            bool valid = value_is(VALUE_MEMBER(one, "valid"), VALUE_TRUE);

            check_that(schema_check(c->schema, VALUE_MEMBER(one, "data"), &c->run) == valid, "%.*s: test %u",
                       TEXT_PRINT(description), (unsigned)(one - tests));
        }
        check_that(c->run.unchecked == (unchecked != NULL ? strtoul(unchecked->data, NULL, 10) : 0),
                   "%.*s: unchecked is %u", TEXT_PRINT(description), c->run.unchecked);
    }
    compiled_free(c);
}

static void
every_case_has_the_defects_it_names(void **state)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct document document;

    (void)state;
    for (VALUE_EACH_ITEM(test, compiled_cases(&document, "defects.json", arena)))
        check_case(test, arena);
    arena_free(arena);
}

static void
a_schema_is_compiled_once(void **state)
{
    struct compiled *c = compiled_from("{\"a\":{\"type\":\"string\"},\"b\":{\"$ref\":\"#/a\"}}", SCHEMA_2020_12, false);
    const struct value *a = VALUE_MEMBER(c->document.root, "a");
    const struct schema *first = schema_compile(c->set, &c->document, a, SCHEMA_2020_12);

    (void)state;
    assert_non_null(first);
    assert_ptr_equal(schema_compile(c->set, &c->document, a, SCHEMA_2020_12), first);
    assert_ptr_equal(schema_source(first), a);
    assert_ptr_equal(schema_document(first), &c->document);
    compiled_free(c);
}

static const struct document *
load_other(void *arg, struct text uri, enum schema_dialect *dialect)
{
    *dialect = SCHEMA_2020_12;
    return text_equal(uri, TEXT("http://example.com/schemas/other.json")) ? arg : NULL;
}

static void
a_document_is_asked_for_by_its_uri(void **state)
{
    struct arena *arena = arena_new(0, 16 * LIMIT_MIB);
    struct document one, other;
    struct schema_set_options options = { .load = load_other, .arg = &other };
    struct schema_set *set = schema_set_new(&options);
    const struct document *found = NULL;
    const struct schema *schema;

    (void)state;
    assert_int_equal(document_parse(&one, TEXT("{\"$ref\":\"../schemas/other.json#/$defs/x\"}"), NULL, arena, NULL), 0);
    assert_int_equal(document_parse(&other, TEXT("{\"$defs\":{\"x\":{\"type\":\"null\"}}}"), NULL, arena, NULL), 0);
    assert_int_equal(schema_set_add(set, TEXT("http://example.com/a/one.json"), &one, SCHEMA_2020_12), 0);
    schema = schema_compile(set, &one, one.root, SCHEMA_2020_12);
    assert_non_null(schema);
    assert_int_equal(schema_types(schema), SCHEMA_TYPE_NULL);
    assert_non_null(schema_follow(set, &one, TEXT("../schemas/other.json#/$defs/x"), &found));
    assert_ptr_equal(found, &other);
    assert_null(schema_follow(set, &one, TEXT("#/nowhere"), &found));
    assert_null(schema_follow(set, &one, TEXT("unknown.json"), &found));
    schema_set_free(set);
    arena_free(arena);
}

static const struct document *
load_meta(void *arg, struct text uri, enum schema_dialect *dialect)
{
    *dialect = SCHEMA_2020_12;
    return text_equal(uri, TEXT("http://example.com/meta")) ? arg : NULL;
}

static void
a_schema_with_an_unknown_vocabulary_cannot_be_used(void **state)
{
    struct arena *arena = arena_new(0, 16 * LIMIT_MIB);
    struct document schema, meta;
    struct schema_set_options options = { .load = load_meta, .arg = &meta };
    struct schema_set *set = schema_set_new(&options);

    (void)state;
    assert_int_equal(document_parse(&schema, TEXT("{\"$schema\":\"http://example.com/meta\",\"type\":\"string\"}"),
                                    NULL, arena, NULL),
                     0);
    assert_int_equal(document_parse(&meta,
                                    TEXT("{\"$id\":\"http://example.com/meta\",\"$vocabulary\":{"
                                         "\"https://json-schema.org/draft/2020-12/vocab/validation\":true,"
                                         "\"http://example.com/vocab/colours\":true}}"),
                                    NULL, arena, NULL),
                     0);
    assert_int_equal(schema_set_add(set, TEXT("http://example.com/s"), &schema, SCHEMA_2020_12), 0);
    assert_null(schema_compile(set, &schema, schema.root, SCHEMA_2020_12));
    assert_null(schema_compile(set, &schema, schema.root, SCHEMA_2020_12)); /* nor the second time */
    schema_set_free(set);
    arena_free(arena);
}

static void
a_chain_of_ten_thousand_references_needs_no_stack(void **state)
{
    enum { LINKS = 10000 };
    struct buffer b;
    struct compiled *c;

    (void)state;
    buffer_init(&b, 16 * LIMIT_MIB);
    buffer_print(&b, "{\"$defs\":{");
    for (int i = 0; i < LINKS; i++)
        buffer_print(&b, "\"n%d\":{\"$ref\":\"#/$defs/n%d\"},", i, i + 1);
    buffer_print(&b, "\"n%d\":{\"type\":\"string\"}},\"properties\":{\"a\":{\"$ref\":\"#/$defs/n%d\"}}}%c", LINKS,
                 LINKS - 100, '\0');
    c = compiled_from(buffer_text(&b).data, SCHEMA_2020_12, false);
    assert_true(compiled_accepts(c, "{\"a\":\"x\"}"));
    assert_false(compiled_accepts(c, "{\"a\":1}"));
    assert_non_null(
        schema_compile(c->set, &c->document, value_first(VALUE_MEMBER(c->document.root, "$defs")) + 1, SCHEMA_2020_12));
    compiled_free(c);
    buffer_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_has_the_defects_it_names),
        cmocka_unit_test(a_schema_is_compiled_once),
        cmocka_unit_test(a_document_is_asked_for_by_its_uri),
        cmocka_unit_test(a_schema_with_an_unknown_vocabulary_cannot_be_used),
        cmocka_unit_test(a_chain_of_ten_thousand_references_needs_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
