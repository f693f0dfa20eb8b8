#include "unit.h"

#include "base/limits.h"
#include "rules/units.h"

static void
durations_have_a_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        { "0", 0 },
        { "0s", 0 },
        { "7ns", 7 },
        { "3us", 3000 },
        { "200ms", 200000000 },
        { "2s", 2000000000 },
        { "1m", 60000000000 },
        { "2h", 7200000000000 },
        { "30d", 2592000000000000 },
        { "2562047h", 9223369200000000000 },
    };
    static const char *const none[] = {
        "", "1", "s", "1 s", "-1s", "1.5s", "1S", "1w", "1sx", "0x1s", "+1s", "2562048h", "99999999999999999999s"
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ns = -1;

        check_that(units_duration(text_of(cases[i].text), &ns) && ns == cases[i].ns, "%s is %lld", cases[i].text,
                   (long long)ns);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        int64_t ns = -1;

        check_that(!units_duration(text_of(none[i]), &ns) && ns == -1, "'%s'", none[i]);
    }
}

static void
sizes_count_in_1024_or_in_1000(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        { "0", 0 },
        { "1000", 1000 },
        { "5B", 5 },
        { "64KiB", 65536 },
        { "1MiB", 1048576 },
        { "2GiB", 2147483648 },
        { "3KB", 3000 },
        { "4MB", 4000000 },
        { "5GB", 5000000000 },
        { "9223372036854775807", INT64_MAX },
    };
    static const char *const none[] = {
        "", "KiB", "1kib", "1 MiB", "-1", "1.5MiB", "9223372036854775808", "9999999999GiB"
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t bytes = 1;

        check_that(units_size(text_of(cases[i].text), &bytes) && bytes == cases[i].bytes, "%s is %llu", cases[i].text,
                   (unsigned long long)bytes);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        uint64_t bytes = 1;

        check_that(!units_size(text_of(none[i]), &bytes), "'%s'", none[i]);
    }
}

static void
check_environment(const char *text, const char *expected)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct error err = { .kind = ERROR_NONE };
    struct text result = { NULL, 0 };

    if (expected != NULL) {
        check_that(units_environment(text_of(text), "f:1:1", arena, &result, &err) == 0, "%s: %s", text, err.what);
        check_text(result, expected);
    } else {
        check_that(units_environment(text_of(text), "f:1:1", arena, &result, &err) == -1, "%s", text);
        assert_string_equal(err.where, "f:1:1");
        assert_int_equal(err.kind, ERROR_CONFIG);
    }
    arena_free(arena);
}

static void
the_environment_is_put_in_by_name(void **state)
{
    (void)state;
    (void)setenv("PLUMBLINE_TEST_A", "first", 1);
    (void)setenv("PLUMBLINE_TEST_EMPTY", "", 1);
    (void)setenv("PLUMBLINE_TEST_NESTED", "${PLUMBLINE_TEST_A}", 1);
    (void)unsetenv("PLUMBLINE_TEST_NONE");
    check_environment("", "");
    check_environment("plain $ text }", "plain $ text }");
    check_environment("${PLUMBLINE_TEST_A}", "first");
    check_environment("a${PLUMBLINE_TEST_A}b${PLUMBLINE_TEST_EMPTY}c${PLUMBLINE_TEST_A}", "afirstbcfirst");
    check_environment("$${PLUMBLINE_TEST_A}", "${PLUMBLINE_TEST_A}");
    check_environment("x$${a}${PLUMBLINE_TEST_A}", "x${a}first");
    check_environment("${PLUMBLINE_TEST_NESTED}", "${PLUMBLINE_TEST_A}"); /* values are not looked into */
    check_environment("${PLUMBLINE_TEST_NONE}", NULL);
    check_environment("${", NULL);
    check_environment("${}", NULL);
    check_environment("${PLUMBLINE_TEST_A", NULL);
}

static void
an_unset_name_is_told_but_no_value(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct error err = { .kind = ERROR_NONE };
    struct text result;

    (void)state;
    (void)setenv("PLUMBLINE_TEST_A", "s3cret", 1);
    assert_int_equal(units_environment(TEXT("${PLUMBLINE_TEST_A}${PLUMBLINE_TEST_NONE}"), "f", arena, &result, &err),
                     -1);
    assert_non_null(strstr(err.what, "PLUMBLINE_TEST_NONE"));
    assert_null(strstr(err.what, "s3cret"));
    arena_free(arena);
}

static void
a_path_is_relative_to_the_folder_of_its_file(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);

    (void)state;
    check_text(units_path(TEXT("a.yaml"), TEXT("rules/gateway.yaml"), arena), "rules/a.yaml");
    check_text(units_path(TEXT("../a.yaml"), TEXT("/x/g.yaml"), arena), "/x/../a.yaml");
    check_text(units_path(TEXT("a.yaml"), TEXT("gateway.yaml"), arena), "a.yaml");
    check_text(units_path(TEXT("/a.yaml"), TEXT("rules/gateway.yaml"), arena), "/a.yaml");
    check_text(units_path(TEXT("a.yaml"), TEXT(""), arena), "a.yaml");
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_a_unit),
        cmocka_unit_test(sizes_count_in_1024_or_in_1000),
        cmocka_unit_test(the_environment_is_put_in_by_name),
        cmocka_unit_test(an_unset_name_is_told_but_no_value),
        cmocka_unit_test(a_path_is_relative_to_the_folder_of_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
