/* format.h: every file of tests/cases/format is one format's cases; numbers and types are here. */
#include "unit.h"

#include <dirent.h>

#include "schema/format.h"

#define CASES "tests/cases/format"

static struct arena *arena;

static void
check_case(const struct format *format, const struct value *one, const char *path)
{
    struct text text = value_text(VALUE_MEMBER(one, "text"));
    bool valid = value_is(VALUE_MEMBER(one, "valid"), VALUE_TRUE);

    check_that(format_check_text(format, text) == valid, "%s: '%.*s' (%.*s) should be %s", path, TEXT_PRINT(text),
               TEXT_PRINT(value_text(VALUE_MEMBER(one, "why"))), valid ? "valid" : "invalid");
}

static void
each_text_is_judged_as_its_case_says(void **state)
{
    DIR *dir = opendir(CASES);
    struct dirent *entry;
    int files = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char path[512];
        struct document document;
        struct error err = { 0 };
        const struct format *format;
        const struct value *cases;

        if (strstr(entry->d_name, ".json") == NULL)
            continue;
        snprintf(path, sizeof(path), "%s/%s", CASES, entry->d_name);
        check_that(document_read(&document, path, arena, &err) == 0, "%s: %s", err.where, err.what);
        format = format_find(value_text(VALUE_MEMBER(document.root, "format")), true);
        check_that(format != NULL, "%s names no format", path);
        cases = VALUE_MEMBER(document.root, "cases");
        for (VALUE_EACH_ITEM(one, cases))
            check_case(format, one, path);
        files++;
    }
    closedir(dir);
    check_that(files >= 20, "only %d files of cases in " CASES, files);
}

static void
every_beginning_of_a_valid_text_is_judged_without_reading_behind_it(void **state)
{
    static const char *const names[] = { "date-time",
                                         "time",
                                         "duration",
                                         "email",
                                         "idn-email",
                                         "hostname",
                                         "idn-hostname",
                                         "ipv6",
                                         "uri",
                                         "uri-template",
                                         "uuid",
                                         "byte",
                                         "regex",
                                         "ipv4",
                                         "iri",
                                         "json-pointer",
                                         "relative-json-pointer" };
    static const char whole[] = "\"a\\\"[IPv6:::1.2.3.4%41{+a:1,b*}é\xED\xA0\x80🐲]@xn--bcher-kva.b:P1Y2M3DT2025-06-"
                                "27T23:59:60+01:00~1(?<n>\\u{1";

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct format *format = format_find(text_of(names[i]), true);

        for (size_t start = 0; start < sizeof(whole) - 1; start++) {
            for (size_t length = 0; start + length < sizeof(whole); length++) {
                /* An allocation of exactly this size, so that AddressSanitizer sees one byte too far. */
                char *exact = malloc(length + 1);

                assert_non_null(exact);
                memcpy(exact + 1, whole + start, length);
                (void)format_check_text(format, text_make(exact + 1, length));
                free(exact);
            }
        }
    }
}

static bool
holds(const char *name, const char *json)
{
    struct document document;

    assert_int_equal(document_parse(&document, text_of(json), NULL, arena, NULL), 0);
    return format_check(format_find(text_of(name), true), document.root);
}

static void
integers_of_openapi_have_their_range_however_they_are_written(void **state)
{
    (void)state;
    assert_true(holds("int32", "2147483647"));
    assert_true(holds("int32", "-2147483648"));
    assert_true(holds("int32", "2.147483647e9"));
    assert_true(holds("int32", "1.0"));
    assert_false(holds("int32", "2147483648"));
    assert_false(holds("int32", "1e400"));
    assert_false(holds("int32", "1.5"));
    assert_true(holds("int64", "9223372036854775807"));
    assert_false(holds("int64", "9223372036854775808"));
    assert_true(holds("int64", "-9223372036854775808"));
    assert_false(holds("int64", "-9223372036854775809"));
}

static void
floating_numbers_of_openapi_must_be_finite(void **state)
{
    (void)state;
    assert_true(holds("float", "3.4e38"));
    assert_false(holds("float", "3.5e38"));
    assert_false(holds("float", "-1e300"));
    assert_true(holds("float", "1e-400"));
    assert_true(holds("double", "1.7e308"));
    assert_false(holds("double", "1e309"));
    assert_true(holds("double", "12345678901234567890"));
}

static void
a_format_says_nothing_about_other_types(void **state)
{
    (void)state;
    assert_true(holds("date", "20250627"));
    assert_true(holds("date", "null"));
    assert_true(holds("date", "[\"x\"]"));
    assert_true(holds("date", "{\"x\": 1}"));
    assert_true(holds("int32", "\"x\""));
    assert_true(holds("int32", "true"));
    assert_true(holds("binary", "\"\\u0000\""));
    assert_true(holds("password", "\"\""));
}

static void
formats_of_openapi_are_found_only_when_asked_for(void **state)
{
    (void)state;
    assert_null(format_find(TEXT("int32"), false));
    assert_non_null(format_find(TEXT("int32"), true));
    assert_non_null(format_find(TEXT("date"), false));
    assert_null(format_find(TEXT("Date"), true));
    assert_null(format_find(TEXT(""), true));
    assert_string_equal(format_name(format_find(TEXT("uuid"), false)), "uuid");
    assert_non_null(strstr(format_expected(format_find(TEXT("date-time"), false)), "RFC 3339"));
}

static int
open_arena(void **state)
{
    (void)state;
    return (arena = arena_new(0, SIZE_MAX / 2)) == NULL;
}

static int
close_arena(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_judged_as_its_case_says),
        cmocka_unit_test(every_beginning_of_a_valid_text_is_judged_without_reading_behind_it),
        cmocka_unit_test(integers_of_openapi_have_their_range_however_they_are_written),
        cmocka_unit_test(floating_numbers_of_openapi_must_be_finite),
        cmocka_unit_test(a_format_says_nothing_about_other_types),
        cmocka_unit_test(formats_of_openapi_are_found_only_when_asked_for),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
