#include "unit.h"

#include <unistd.h>

#include "base/limits.h"
#include "json/document.h"
#include "cli/command.h"
#include "report/report.h"

static struct finding
a_finding(const char *instance, enum level level)
{
    return (struct finding){ .rule = TEXT("body-schema"),
                             .level = level,
                             .service = TEXT("erp"),
                             .operation = TEXT("getOrder"),
                             .side = SIDE_RESPONSE,
                             .instance = text_of(instance),
                             .keyword = TEXT("minimum"),
                             .message = TEXT("the body does not satisfy its schema"),
                             .expected = TEXT("number >= 0"),
                             .found = TEXT("\"12.50\" (string)"),
                             .file = TEXT("contracts/erp.yaml"),
                             .line = 131,
                             .column = 9,
                             .pointer = TEXT("/components/x"),
                             .count = 2,
                             .first = 1795237923123000000,
                             .last = 1795237924123000000,
                             .seen_at = TEXT("000007.jsonl:4182") };
}

static struct finding_list *
list_of(size_t count, const struct finding *findings)
{
    struct finding_list *list = finding_list_new();

    for (size_t i = 0; i < count; i++)
        assert_int_equal(finding_list_add_one(list, &findings[i]), 0);
    return list;
}

static void
check_text_report(const struct report_summary *summary, struct finding_list *list, const char *expected)
{
    struct buffer out;

    buffer_init(&out, LIMIT_MIB);
    report_text(&out, summary, list);
    check_text(buffer_text(&out), expected);
    buffer_release(&out);
}

static void
a_finding_is_told_in_three_lines(void **state)
{
    const struct finding finding = a_finding("/items/*/price", LEVEL_ERROR);
    struct finding_list *list = list_of(1, &finding);
    struct report_summary summary = { .command = "check", .exchanges = 3 };

    (void)state;
    report_count(&summary, list);
    check_text_report(&summary, list,
                      "error response body-schema  erp getOrder  /items/*/price  (2 times)\n"
                      "  expected  number >= 0                               contracts/erp.yaml:131:9\n"
                      "  found     \"12.50\" (string)                          000007.jsonl:4182\n"
                      "\n"
                      "3 exchanges, 1 error, 0 warnings, 0 info\n");
    finding_list_free(list);
}

/* The next finding of a report; goes on behind it. */
static const char *
title_behind(const char **at)
{
    const char *begin = strstr(*at, "response body-schema");

    *at = begin != NULL ? begin + 1 : NULL;
    return begin;
}

static void
the_worst_operation_comes_first_and_in_it_the_most_frequent(void **state)
{
    static const char *const order[] = { "/often", "/seldom", "/perhaps", "/few", "/more" };
    struct finding findings[] = { a_finding("/few", LEVEL_ERROR), a_finding("/perhaps", LEVEL_INFO),
                                  a_finding("/seldom", LEVEL_ERROR), a_finding("/often", LEVEL_ERROR),
                                  a_finding("/more", LEVEL_ERROR) };
    struct report_summary summary = { .command = "check", .exchanges = 3 };
    struct finding_list *list;
    struct buffer out;
    const char *at;

    (void)state;
    findings[0].operation = findings[4].operation = TEXT("aOrder"); /* 4 times in all */
    findings[3].count = 9;
    list = list_of(5, findings);
    buffer_init(&out, LIMIT_MIB);
    report_text(&out, &summary, list);
    buffer_byte(&out, '\0');
    at = out.data + out.start;
    assert_true(text_starts(text_of(at), TEXT("── erp getOrder ── 2 errors, 1 info\n\nerror response")));
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const char *title = title_behind(&at), *place = title != NULL ? strchr(title, '/') : NULL;

        assert_non_null(place);
        assert_true(text_starts(text_of(place), text_of(order[i])));
    }
    buffer_release(&out);
    finding_list_free(list);
}

static void
without_findings_there_is_one_line_and_what_was_not_checked(void **state)
{
    struct finding_list *list = finding_list_new();
    struct report_summary summary = { .command = "check", .exchanges = 5, .operations = 4, .operations_seen = 3 };

    (void)state;
    summary.unchecked = 2;
    summary.unchecked_reasons[UNCHECKED_SIZE] = 1;
    summary.unchecked_reasons[UNCHECKED_REDACTED] = 2;
    check_text_report(&summary, list,
                      "5 exchanges, 0 errors, 0 warnings, 0 info\n"
                      "unchecked in part: 2 of them: size 1, redacted 2\n"
                      "coverage: 3 of 4 operations\n");
    finding_list_free(list);
}

static void
a_finding_without_details_tells_what_it_means(void **state)
{
    struct finding finding = a_finding("", LEVEL_WARN);
    struct finding_list *list;
    struct report_summary summary = { .command = "contract lint", .exchanges = 1, .unit = "files" };

    (void)state;
    finding.expected = finding.found = finding.seen_at = finding.operation = text_make(NULL, 0);
    finding.count = 1;
    list = list_of(1, &finding);
    report_count(&summary, list);
    check_text_report(&summary, list,
                      "warn  response body-schema  erp\n"
                      "            the body does not satisfy its schema      contracts/erp.yaml:131:9\n"
                      "\n"
                      "1 files, 0 errors, 1 warning, 0 info\n");
    finding_list_free(list);
}

static const struct value *
json_report(struct document *document, const struct report_summary *summary, struct finding_list *list,
            struct arena *arena)
{
    struct buffer out;
    struct text text;

    buffer_init(&out, LIMIT_MIB);
    report_json(&out, summary, list);
    assert_false(buffer_failed(&out));
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    assert_int_equal(document_parse(document, text, NULL, arena, NULL), 0);
    return document->root;
}

static void
the_json_report_has_every_part_of_a_finding(void **state)
{
    const struct finding finding = a_finding("/a", LEVEL_INFO);
    struct finding_list *list = list_of(1, &finding);
    struct report_summary summary = { .command = "check", .exchanges = 3 };
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct document document;
    const struct value *root, *f;

    (void)state;
    report_count(&summary, list);
    root = json_report(&document, &summary, list, arena);
    check_text(value_text(VALUE_MEMBER(root, "command")), "check");
    check_text(value_text(VALUE_MEMBER(VALUE_MEMBER(root, "summary"), "info")), "1");
    f = value_item(VALUE_MEMBER(root, "findings"), 0);
    check_text(value_text(VALUE_MEMBER(f, "fingerprint")), finding_list_at(list, 0)->fingerprint);
    check_text(value_text(VALUE_MEMBER(f, "level")), "info");
    check_text(value_text(VALUE_MEMBER(f, "side")), "response");
    check_text(value_text(VALUE_MEMBER(f, "found")), "\"12.50\" (string)");
    check_text(value_text(VALUE_MEMBER(VALUE_MEMBER(f, "contract"), "line")), "131");
    check_text(value_text(VALUE_MEMBER(f, "first")), "2026-11-21T05:12:03.123Z");
    check_text(value_text(VALUE_MEMBER(f, "count")), "2");
    assert_int_equal(VALUE_MEMBER(f, "examples")->count, 0);
    arena_free(arena);
    finding_list_free(list);
}

static struct text
told(void (*tell)(struct buffer *out, const struct report_summary *summary, struct finding_list *list),
     const struct report_summary *summary, struct finding_list *list, struct arena *arena)
{
    struct buffer out;
    struct text text;

    buffer_init(&out, LIMIT_MIB);
    tell(&out, summary, list);
    assert_false(buffer_failed(&out));
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

static bool
has(struct text t, const char *part)
{
    return text_search(t, text_of(part)) < t.length;
}

static void
junit_has_a_case_per_operation_that_was_seen(void **state)
{
    const struct report_operation seen[] = { { TEXT("crm"), TEXT("listNames"), 4 },
                                             { TEXT("erp"), TEXT("getOrder"), 2 } };
    const struct finding findings[] = { a_finding("/a", LEVEL_WARN), a_finding("/b", LEVEL_ERROR) };
    struct finding_list *list = list_of(2, findings);
    struct report_summary summary = { .command = "check", .seen = seen, .seen_count = 2 };
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct text report = told(report_junit, &summary, list, arena);

    (void)state;
    assert_true(has(report, "<testsuites name=\"plumbline\" tests=\"2\" failures=\"1\" errors=\"0\">"));
    assert_true(has(report, "<testsuite name=\"crm\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">\n"
                            "    <testcase classname=\"crm\" name=\"listNames\">\n    </testcase>\n"));
    assert_true(has(report, "<testcase classname=\"erp\" name=\"getOrder\">\n      <failure type=\"body-schema\" "
                            "message=\"response body-schema /b: expected number &gt;= 0, found &quot;12.50&quot; "
                            "(string)\">error response body-schema"));
    assert_true(has(report, "<system-out>warn  response body-schema  erp getOrder  /a"));
    arena_free(arena);
    finding_list_free(list);
}

static void
junit_without_operations_has_a_case_per_finding(void **state)
{
    struct finding findings[] = { a_finding("/a", LEVEL_ERROR), a_finding("/b", LEVEL_ERROR) };
    struct finding_list *list, *none = finding_list_new();
    struct report_summary summary = { .command = "schema check" };
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct text report;

    (void)state;
    findings[0].operation = findings[1].operation = findings[0].service = findings[1].service = text_make(NULL, 0);
    list = list_of(2, findings);
    report = told(report_junit, &summary, list, arena);
    assert_true(has(report, "<testsuite name=\"contracts/erp.yaml\" tests=\"2\" failures=\"2\""));
    assert_true(has(report, "name=\"body-schema /b\">"));
    report = told(report_junit, &summary, none, arena);
    assert_true(has(report, "<testsuites name=\"plumbline\" tests=\"1\" failures=\"0\" errors=\"0\">"));
    assert_true(has(report, "<testcase classname=\"schema check\" name=\"nothing was found\">"));
    arena_free(arena);
    finding_list_free(list);
    finding_list_free(none);
}

static void
what_was_found_stays_text_on_a_page(void **state)
{
    struct finding finding = a_finding("/<b>", LEVEL_ERROR);
    struct finding_list *list;
    struct report_summary summary = { .command = "check", .exchanges = 3, .operations = 2, .operations_seen = 1 };
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct text page;

    (void)state;
    finding.found = TEXT("\"</script><img src=x onerror=alert(1)>\"");
    finding.seen_at = finding.operation = TEXT("<i>");
    list = list_of(1, &finding);
    report_count(&summary, list);
    page = told(report_html, &summary, list, arena);
    assert_true(has(page, "&quot;&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;"));
    assert_false(has(page, "<img") || has(page, "<i>") || has(page, "<b>") || has(page, "<script"));
    assert_true(has(page, "errors found"));
    assert_true(has(page, "<dd>1 <small>of 2 operations</small>"));
    assert_true(has(page, "contracts/erp.yaml:131:9"));
    arena_free(arena);
    finding_list_free(list);
}

static void
the_exit_depends_on_the_level(void **state)
{
    const struct finding findings[] = { a_finding("/a", LEVEL_WARN), a_finding("/b", LEVEL_INFO) };
    struct finding_list *list = list_of(2, findings), *none = finding_list_new();

    (void)state;
    assert_false(report_fails(list, LEVEL_ERROR));
    assert_true(report_fails(list, LEVEL_WARN));
    assert_true(report_fails(list, LEVEL_INFO));
    assert_false(report_fails(none, LEVEL_INFO));
    assert_int_equal(report_level("warn"), LEVEL_WARN);
    assert_int_equal(report_level("info"), LEVEL_INFO);
    assert_int_equal(report_level("error"), LEVEL_ERROR);
    assert_int_equal(report_level(NULL), LEVEL_ERROR);
    finding_list_free(list);
    finding_list_free(none);
}

static void
check_plan(size_t count, const char *const *words, const char *mistake)
{
    struct option_list options = { .count = 0 };
    struct report_plan plan;
    struct error err = { .kind = ERROR_NONE };
    int result;

    for (size_t i = 0; i < count; i++)
        options.items[options.count++] = words[i];
    result = report_plan_read(&plan, options.items, options.count, &err);
    if (mistake == NULL) {
        check_that(result == 0, "%s", err.what);
        assert_int_equal(plan.count, count == 0 ? 1 : count);
    } else {
        assert_int_equal(result, -1);
        check_that(strstr(err.what, mistake) != NULL, "%s", err.what);
        assert_int_equal(error_exit_code(&err), EXIT_CONFIG);
    }
}

static void
only_one_report_goes_to_standard_output(void **state)
{
    (void)state;
    check_plan(0, NULL, NULL);
    check_plan(1, (const char *const[]){ "json" }, NULL);
    check_plan(2, (const char *const[]){ "json=a.json", "text" }, NULL);
    check_plan(2, (const char *const[]){ "json", "text" }, "only one");
    check_plan(1, (const char *const[]){ "jsno" }, "there is no format 'jsno'");
    check_plan(1, (const char *const[]){ "json=" }, "a file name is missing");
    check_plan(REPORT_TARGETS + 1,
               (const char *const[]){ "json=1", "json=2", "json=3", "json=4", "json=5", "json=6", "json=7", "json=8",
                                      "json=9" },
               "at most");
}

static void
a_report_that_cannot_be_written_is_an_error(void **state)
{
    struct option_list options = { .items = { "json=/nowhere/at/all/report.json" }, .count = 1 };
    struct finding_list *list = finding_list_new();
    struct report_summary summary = { .command = "check" };
    struct report_plan plan;
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_int_equal(report_plan_read(&plan, options.items, options.count, &err), 0);
    assert_int_equal(report_write(&plan, &summary, list, &err), -1);
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    finding_list_free(list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_is_told_in_three_lines),
        cmocka_unit_test(the_worst_operation_comes_first_and_in_it_the_most_frequent),
        cmocka_unit_test(without_findings_there_is_one_line_and_what_was_not_checked),
        cmocka_unit_test(a_finding_without_details_tells_what_it_means),
        cmocka_unit_test(the_json_report_has_every_part_of_a_finding),
        cmocka_unit_test(junit_has_a_case_per_operation_that_was_seen),
        cmocka_unit_test(junit_without_operations_has_a_case_per_finding),
        cmocka_unit_test(what_was_found_stays_text_on_a_page),
        cmocka_unit_test(the_exit_depends_on_the_level),
        cmocka_unit_test(only_one_report_goes_to_standard_output),
        cmocka_unit_test(a_report_that_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
