/* The JSON-Schema-Test-Suite's optional tests of formats and regular expressions, put to format.h and pattern.h
 * directly: without the rest of the validator, so that a failure names its culprit. The suite comes from the Debian
 * package libtest-json-schema-acceptance-perl; without it these tests are skipped. */
#include "unit.h"

#include <dirent.h>
#include <sys/stat.h>

#include "json/document.h"
#include "schema/format.h"
#include "schema/pattern.h"

#define SUITE "/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance/tests"

static int asked, wrong;

static bool
suite_is_here(void)
{
    struct stat st;

    if (stat(SUITE "/draft2020-12/optional/format", &st) == 0)
        return true;
    print_message("skipped: install the Debian package libtest-json-schema-acceptance-perl\n");
    return false;
}

static void
expect(bool holds, const struct value *test, const struct value *group, const char *path)
{
    bool valid = value_is(VALUE_MEMBER(test, "valid"), VALUE_TRUE);

    asked++;
    if (holds == valid)
        return;
    wrong++;
    print_error("%s: %.*s: %.*s: expected %s\n", path, TEXT_PRINT(value_text(VALUE_MEMBER(group, "description"))),
                TEXT_PRINT(value_text(VALUE_MEMBER(test, "description"))), valid ? "valid" : "invalid");
}

static void
put_format(const struct value *group, const char *path)
{
    struct text name = value_text(VALUE_MEMBER(VALUE_MEMBER(group, "schema"), "format"));
    const struct format *format = format_find(name, false);
    const struct value *tests = VALUE_MEMBER(group, "tests");

    for (VALUE_EACH_ITEM(test, tests))
        expect(format == NULL || format_check(format, VALUE_MEMBER(test, "data")), test, group, path);
}

static bool
key_matches(const struct pattern *p, const struct value *object, struct pattern_scratch *scratch)
{
    for (VALUE_EACH_MEMBER(key, object)) {
        if (pattern_matches(p, value_text(key), scratch, NULL) != 1)
            return false;
    }
    return true;
}

/* Groups with "pattern", or with one "patternProperties" and additionalProperties: false. */
static void
put_pattern(const struct value *group, const char *path)
{
    const struct value *schema = VALUE_MEMBER(group, "schema");
    const struct value *pattern = VALUE_MEMBER(schema, "pattern");
    const struct value *properties = VALUE_MEMBER(schema, "patternProperties");
    const struct value *tests = VALUE_MEMBER(group, "tests");
    struct pattern_scratch *scratch = pattern_scratch_new();
    struct error err = { 0 };
    struct pattern *p;

    if (pattern == NULL && value_is(VALUE_MEMBER(schema, "additionalProperties"), VALUE_FALSE))
        pattern = value_first(properties);
    assert_non_null(scratch);
    if (pattern != NULL) {
        p = pattern_new(value_text(pattern), &err);
        check_that(p != NULL, "%s", err.what);
        for (VALUE_EACH_ITEM(test, tests)) {
            const struct value *data = VALUE_MEMBER(test, "data");
            bool holds = true;

            if (value_is(data, VALUE_STRING))
                holds = pattern_matches(p, value_text(data), scratch, NULL) == 1;
            else if (value_is(data, VALUE_OBJECT))
                holds = key_matches(p, data, scratch);
            expect(holds, test, group, path);
        }
        pattern_free(p);
    }
    pattern_scratch_free(scratch);
}

static void
each_group(const char *path, void (*put)(const struct value *, const char *))
{
    struct arena *arena = arena_new(0, SIZE_MAX / 2);
    struct document document;
    struct error err = { 0 };

    check_that(document_read(&document, path, arena, &err) == 0, "%s: %s", err.where, err.what);
    for (VALUE_EACH_ITEM(group, document.root))
        put(group, path);
    arena_free(arena);
}

static void
each_file(const char *folder, void (*put)(const struct value *, const char *))
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    check_that(dir != NULL, "cannot open '%s'", folder);
    while ((entry = readdir(dir)) != NULL) {
        char path[1024];

        if (strstr(entry->d_name, ".json") == NULL)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        each_group(path, put);
    }
    closedir(dir);
}

static void
all_right(int at_least)
{
    check_that(wrong == 0, "%d of %d answers differ from the suite's", wrong, asked);
    check_that(asked >= at_least, "only %d tests were found", asked);
    asked = 0;
}

static void
every_format_of_draft_2020_12_is_judged_as_the_suite_says(void **state)
{
    (void)state;
    if (!suite_is_here())
        skip();
    each_file(SUITE "/draft2020-12/optional/format", put_format);
    all_right(400);
}

static void
every_format_of_draft_4_is_judged_as_the_suite_says(void **state)
{
    (void)state;
    if (!suite_is_here())
        skip();
    each_file(SUITE "/draft4/optional/format", put_format);
    all_right(100);
}

static void
patterns_mean_what_ecma_262_says(void **state)
{
    (void)state;
    if (!suite_is_here())
        skip();
    each_group(SUITE "/draft2020-12/optional/ecmascript-regex.json", put_pattern);
    each_group(SUITE "/draft2020-12/optional/non-bmp-regex.json", put_pattern);
    all_right(80);
}

static void
patterns_mean_what_the_newest_suite_says(void **state)
{
    const char *suites = getenv("PLUMBLINE_SUITES");
    char path[1024];
    struct stat st;

    (void)state;
    snprintf(path, sizeof(path), "%s/json-schema-test-suite/tests/draft2020-12/optional/ecmascript-regex.json",
             suites != NULL ? suites : "");
    if (stat(path, &st) != 0) {
        print_message("skipped: PLUMBLINE_SUITES does not lead to json-schema-test-suite\n");
        skip();
    }
    each_group(path, put_pattern);
    all_right(70);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_of_draft_2020_12_is_judged_as_the_suite_says),
        cmocka_unit_test(every_format_of_draft_4_is_judged_as_the_suite_says),
        cmocka_unit_test(patterns_mean_what_ecma_262_says),
        cmocka_unit_test(patterns_mean_what_the_newest_suite_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
