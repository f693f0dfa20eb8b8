#include "unit.h"

#include "base/limits.h"
#include "drift/patch.h"
#include "json/compare.h"
#include "json/document.h"
#include "json/write.h"

static struct arena *arena;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    return arena == NULL;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* Empty: it cannot be done. */
static struct text
after(struct text json, enum patch_kind kind, struct text path, struct text value)
{
    const struct patch_op op = { kind, path, value };
    struct buffer out;
    const char *why;
    struct text text = TEXT("");

    buffer_init(&out, 16 * LIMIT_MIB);
    if (patch_apply(json, &op, arena, &out, &why))
        text = arena_text(arena, buffer_text(&out));
    else
        assert_int_equal(buffer_length(&out), 0);
    buffer_release(&out);
    return text;
}

static const struct {
    const char *json;
    enum patch_kind kind;
    const char *path, *value, *expected;
} rows[] = {
    { "{\n  \"a\": 1.0,\n  \"b\": [ 1, 2 ]\n}\n", PATCH_ADD, "/c", "{\"d\":1}",
      "{\n  \"a\": 1.0,\n  \"b\": [ 1, 2 ],\n  \"c\": {\n    \"d\": 1\n  }\n}\n" },
    { "{\n  \"a\": 1.0,\n  \"b\": [ 1, 2 ]\n}\n", PATCH_ADD, "/b/-", "3",
      "{\n  \"a\": 1.0,\n  \"b\": [ 1, 2, 3 ]\n}\n" },
    { "{\"b\":[1,2]}", PATCH_ADD, "/b/0", "0", "{\"b\":[0, 1,2]}" },
    { "{ \"a\": {} }", PATCH_ADD, "/a/x", "[1]", "{ \"a\": {\"x\": [1]} }" },
    { "{\n  \"a\": {}\n}", PATCH_ADD, "/a/x", "[1]", "{\n  \"a\": {\n    \"x\": [\n      1\n    ]\n  }\n}" },
    { "{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}", PATCH_ADD, "/a/c", "2",
      "{\n\t\"a\": {\n\t\t\"b\": 1,\n\t\t\"c\": 2\n\t}\n}" },
    { "{ \"a\": 1, \"b\": 2, \"c\": 3 }", PATCH_REMOVE, "/a", "", "{ \"b\": 2, \"c\": 3 }" },
    { "{ \"a\": 1, \"b\": 2, \"c\": 3 }", PATCH_REMOVE, "/c", "", "{ \"a\": 1, \"b\": 2 }" },
    { "{\n  \"a\": 1,\n  \"b\": \"x, }\"\n}", PATCH_REMOVE, "/b", "", "{\n  \"a\": 1\n}" },
    { "{ \"a\": [ 1 ] }", PATCH_REMOVE, "/a/0", "", "{ \"a\": [] }" },
    { "[\"x\",\"y\\\"]\",\"z\"]", PATCH_REMOVE, "/1", "", "[\"x\",\"z\"]" },
    { "{ \"type\": \"string\" }", PATCH_REPLACE, "/type", "[\"string\",\"null\"]",
      "{ \"type\": [\"string\",\"null\"] }" },
    { "{ \"a/b\": { \"~\": 1 } }", PATCH_REPLACE, "/a~1b/~0", "2", "{ \"a/b\": { \"~\": 2 } }" },
    { "1", PATCH_REPLACE, "", "2", "2" },
    { "{}", PATCH_REMOVE, "/a", "", "" },
    { "{}", PATCH_REPLACE, "/a", "1", "" },
    { "{}", PATCH_ADD, "/a/b", "1", "" },
    { "[1]", PATCH_ADD, "/2", "1", "" },
    { "[1]", PATCH_ADD, "/01", "1", "" },
    { "[1", PATCH_ADD, "/0", "1", "" },
};

static void
only_the_bytes_change_that_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text result = after(text_of(rows[i].json), rows[i].kind, text_of(rows[i].path), text_of(rows[i].value));

        check_that(text_equal(result, text_of(rows[i].expected)), "%s %s of\n%s\nis\n%.*s\nnot\n%s",
                   patch_name(rows[i].kind), rows[i].path, rows[i].json, TEXT_PRINT(result), rows[i].expected);
    }
}

static struct text
json_of(const struct value *v)
{
    struct json_writer w;
    struct buffer out;
    struct text text;

    buffer_init(&out, LIMIT_MIB);
    json_begin(&w, &out, 0);
    json_value(&w, v);
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

/* A case of the suite, when all of its operations are ours and as they should be. False: it is left out. */
static bool
run_case(const struct value *test)
{
    const struct value *patch = VALUE_MEMBER(test, "patch"), *expected = VALUE_MEMBER(test, "expected");
    struct text json = json_of(VALUE_MEMBER(test, "doc"));
    struct document document;

    if (VALUE_MEMBER(test, "disabled") != NULL || !value_is(patch, VALUE_ARRAY) || patch->count == 0)
        return false;
    for (VALUE_EACH_ITEM(op, patch)) {
        const struct value *name = VALUE_MEMBER(op, "op"), *path = VALUE_MEMBER(op, "path");
        const struct value *value = VALUE_MEMBER(op, "value");
        enum patch_kind kind = PATCH_ADD;

        if (!value_is(name, VALUE_STRING) || !value_is(path, VALUE_STRING))
            return false;
        while (kind <= PATCH_REPLACE && !text_equal(value_text(name), text_of(patch_name(kind))))
            kind++;
        if (kind > PATCH_REPLACE || (kind != PATCH_REMOVE && value == NULL))
            return false;
        json = after(json, kind, value_text(path), value != NULL ? json_of(value) : TEXT(""));
    }
    if (expected == NULL && VALUE_MEMBER(test, "error") == NULL)
        return false;
    if (expected == NULL) {
        check_that(json.length == 0, "%.*s: %.*s", TEXT_PRINT(json_of(test)), TEXT_PRINT(json));
    } else {
        check_that(document_parse(&document, json, NULL, arena, NULL) == 0 &&
                       value_equal(document.root, expected, NULL) == 1,
                   "%.*s: %.*s", TEXT_PRINT(json_of(test)), TEXT_PRINT(json));
    }
    return true;
}

static void
the_cases_of_the_json_patch_suite_hold(void **state)
{
    static const char *const files[] = { "tests.json", "spec_tests.json" };
    const char *suites = getenv("PLUMBLINE_SUITES");
    unsigned run = 0;

    (void)state;
    if (suites == NULL || suites[0] == '\0') {
        print_message("PLUMBLINE_SUITES is not set: the cases of json-patch are not run\n");
        skip();
    }
    for (size_t i = 0; i < 2; i++) {
        struct text path = arena_print(arena, "%s/json-patch/%s", suites, files[i]);
        struct error err = { .kind = ERROR_NONE };
        struct document document;

        check_that(document_read(&document, path.data, arena, &err) == 0, "%s: %s", err.where, err.what);
        for (VALUE_EACH_ITEM(test, document.root))
            run += run_case(test);
    }
    print_message("%u cases\n", run);
    assert_true(run >= 50);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_bytes_change_that_must),
        cmocka_unit_test(the_cases_of_the_json_patch_suite_hold),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
