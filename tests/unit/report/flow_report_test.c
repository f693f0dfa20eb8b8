#include "unit.h"

#include "a_flow.h"

/* ---- secrets ---- */

static void (*const formats[])(struct buffer *out, struct flow_report *r) = { flow_report_text, flow_report_json,
                                                                              flow_report_junit, flow_report_html };

static void
secrets_are_masked_in_every_format_and_encoding(void **state)
{
    static const char *const traces[] = { "s3cr3t", "czNjcjN0", "token-of-the-test", "4111111111111111" };
    const struct text secret = TEXT("s3cr3t/\"key\"+of us");
    struct exchange *x =
        an_exchange("0ONE", "{\"a\":\"s3cr3t/\\\"key\\\"+of us\",\"card_number\":\"4111111111111111\"}", 500,
                    "got s3cr3t/\"key\"+of us and s3cr3t%2F%22key%22%2Bof%20us");
    struct flow_try t = a_try(1, 1, x);

    (void)state;
    a_report((struct flow_report_options){ .secrets = &secret, .secret_count = 1 });
    x->response.headers = a_type("text/plain");
    x->request.target = TEXT("/orders?q=s3cr3t%2F%22key%22%2Bof%20us&b=czNjcjN0LyJrZXkiK29mIHVz");
    a_violation(x, "/a", "number", "\"s3cr3t/\"ke…\" (string)"); /* the checks cut what they quote */
    t.failure = FLOW_CRITERION;
    t.why = TEXT("it is s3cr3t/\"key\"+of us");
    t.criterion = a.criteria[0];
    t.criterion_told = TEXT("$request.body#/a is 's3cr3t/\"key\"+of us'");
    flow_report_begin(a.report, &a.workflow, 1, 0);
    a_tried(&t);
    a_run_ends(1, FLOW_CRITERION, "s3cr3t/\"key\"+of us");
    for (size_t f = 0; f < 4; f++)
        for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
            struct text told = a_told(formats[f]);

            check_that(!has(told, traces[i]), "'%s' in\n%.*s", traces[i], TEXT_PRINT(told));
        }
    check_text(flow_report_masked(a.report, TEXT("a s3cr3t/\"key\"+of us b"), a.arena), "a *** b");
}

static void
two_bytes_are_no_secret(void **state)
{
    const struct text secret = TEXT("of");

    (void)state;
    a_report((struct flow_report_options){ .secrets = &secret, .secret_count = 1 });
    check_text(flow_report_masked(a.report, TEXT("out of order"), a.arena), "out of order");
}

/* ---- what a run says ---- */

static void
retries_belong_to_the_step_that_asked_for_them(void **state)
{
    struct document document;
    const struct value *run, *step;

    (void)state;
    a_report((struct flow_report_options){ 0 });
    a_failing_run(1);
    assert_int_equal(document_parse(&document, a_told(flow_report_json), NULL, a.arena, NULL), 0);
    run = value_item(VALUE_MEMBER(document.root, "runs"), 0);
    assert_int_equal(VALUE_MEMBER(run, "steps")->count, 2);
    step = value_item(VALUE_MEMBER(run, "steps"), 1);
    check_text(value_text(VALUE_MEMBER(step, "step")), "poll");
    check_text(value_text(VALUE_MEMBER(step, "verdict")), "failed");
    assert_int_equal(VALUE_MEMBER(step, "tries")->count, 3);
    check_text(value_text(VALUE_MEMBER(step, "took_ms")), "52.000");
    check_text(value_text(VALUE_MEMBER(run, "failure")), "exhausted");
    check_text(value_text(VALUE_MEMBER(run, "failed_at")), "poll");
}

static void
the_summary_is_a_table_with_the_verdict_last(void **state)
{
    (void)state;
    a_report((struct flow_report_options){ 0 });
    a_fine_run(1);
    a_failing_run(2);
    check_text(a_told(flow_report_summary), "step           calls  failed retries         p50         p95         p99\n"
                                            "order-to-erp\n"
                                            "  create           2       0       0      4.0 ms      4.0 ms      4.0 ms\n"
                                            "  poll             2       1       2      4.0 ms      4.0 ms      4.0 ms\n"
                                            "\n"
                                            "failures: 1 exhausted\n"
                                            "findings: 1 error, 0 warnings, 0 info\n"
                                            "failed: 2 runs, 1 passed, 1 failed, 6 tries of steps in 64 ms\n");
    assert_true(flow_report_fails(a.report, LEVEL_ERROR));
}

static void
a_flow_that_went_well_is_told_shortly(void **state)
{
    (void)state;
    a_report((struct flow_report_options){ 0 });
    a_fine_run(1);
    check_text(a_told(flow_report_text), "step           calls  failed retries         p50         p95         p99\n"
                                         "order-to-erp\n"
                                         "  create           1       0       0      4.0 ms      4.0 ms      4.0 ms\n"
                                         "  poll             1       0       0      4.0 ms      4.0 ms      4.0 ms\n"
                                         "\n"
                                         "passed: 1 run, 1 passed, 0 failed, 2 tries of steps in 8.0 ms\n");
    assert_false(flow_report_fails(a.report, LEVEL_INFO));
}

static void
nothing_that_was_run_is_told_as_well(void **state)
{
    (void)state;
    a_report((struct flow_report_options){ 0 });
    check_text(a_told(flow_report_text), "passed: 0 runs, 0 passed, 0 failed, 0 tries of steps in 0.0 ms\n");
    assert_true(has(a_told(flow_report_html), "Nothing was found."));
    assert_true(has(a_told(flow_report_json), "\"runs\": []"));
}

static void
a_run_that_never_began_a_step_says_why(void **state)
{
    (void)state;
    a_report((struct flow_report_options){ 0 });
    flow_report_begin(a.report, &a.workflow, 1, 0);
    a_run_ends(1, FLOW_INPUT, "/id is missing");
    assert_true(has(a_told(flow_report_text), "failed order-to-erp: input\n  why       /id is missing\n"));
    assert_true(has(a_told(flow_report_html), "/id is missing"));
    assert_true(has(a_told(flow_report_junit), "<failure type=\"input\" message=\"/id is missing\">"));
}

static void
a_run_that_was_not_ended_is_still_told(void **state)
{
    struct flow_try t;

    (void)state;
    a_report((struct flow_report_options){ 0 });
    flow_report_begin(a.report, &a.workflow, 1, 0);
    t = a_try(1, 0, an_exchange("0ONE", NULL, 200, "{}"));
    a_tried(&t);
    assert_true(has(a_told(flow_report_json), "\"verdict\": \"stopped\""));
    assert_true(has(a_told(flow_report_html), "stopped"));
}

static void
a_step_that_calls_a_workflow_stands_in_front_of_its_steps(void **state)
{
    const struct workflow inner = { .flow = &a.flow, .id = TEXT("inner"), .steps = a.steps, .step_count = 2 };
    const struct step calls = { .id = TEXT("each"), .workflow = &inner };
    struct document document;
    const struct value *steps, *counts;
    struct flow_try t;

    (void)state;
    a_report((struct flow_report_options){ 0 });
    flow_report_begin(a.report, &a.workflow, 1, 0);
    t = a_try(1, 0, an_exchange("0ONE", NULL, 200, NULL));
    a_tried(&t);
    for (int64_t element = 0; element < 2; element++) {
        flow_report_begin(a.report, &inner, 1, 1);
        for (uint32_t i = 0; i < 2; i++) {
            t = a_try(1, i, an_exchange("0ONE", NULL, 200, NULL));
            t.workflow = &inner;
            t.depth = 1;
            t.path = (const uint32_t[]){ 1, (uint32_t)element + 2 };
            a_tried(&t);
        }
        t = a_try(1, 0, NULL);
        t.step = &calls;
        t.element = element;
        t.called = (uint32_t)element + 2;
        t.took = 8 * MILLI;
        a_now -= 8 * MILLI; /* it took as long as its steps */
        a_tried(&t);
    }
    a_run_ends(1, FLOW_FINE, "");
    assert_int_equal(document_parse(&document, a_told(flow_report_json), NULL, a.arena, NULL), 0);
    steps = VALUE_MEMBER(value_item(VALUE_MEMBER(document.root, "runs"), 0), "steps");
    for (uint32_t i = 0; i < 7; i++) {
        static const char *const order[] = { "create", "each", "create", "poll", "each", "create", "poll" };

        check_text(value_text(VALUE_MEMBER(value_item(steps, i), "step")), order[i]);
    }
    counts = VALUE_MEMBER(document.root, "steps"); /* workflow by workflow */
    check_text(value_text(VALUE_MEMBER(value_item(counts, 0), "step")), "create");
    check_text(value_text(VALUE_MEMBER(value_item(counts, 1), "step")), "each");
    check_text(value_text(VALUE_MEMBER(value_item(counts, 2), "workflow")), "inner");
}

static void
steps_of_calls_side_by_side_stand_together(void **state)
{
    static const uint32_t paths[2][2] = { { 1, 2 }, { 1, 3 } };
    static const struct {
        const char *step;
        int64_t element;
    } order[] = { { "create", -1 }, { "each", 0 },    { "create", -1 }, { "poll", -1 },
                  { "each", 1 },    { "create", -1 }, { "poll", -1 } };
    const struct workflow inner = { .flow = &a.flow, .id = TEXT("inner"), .steps = a.steps, .step_count = 2 };
    const struct step calls = { .id = TEXT("each"), .workflow = &inner };
    struct document document;
    const struct value *steps;
    struct flow_try t;

    (void)state;
    a_report((struct flow_report_options){ 0 });
    flow_report_begin(a.report, &a.workflow, 1, 0);
    t = a_try(1, 0, NULL);
    a_tried(&t);
    for (uint32_t i = 0; i < 4; i++) { /* by turns */
        t = a_try(1, i / 2, NULL);
        t.workflow = &inner;
        t.depth = 1;
        t.path = paths[i % 2];
        a_tried(&t);
    }
    for (uint32_t i = 0; i < 2; i++) { /* the second one ends first */
        t = a_try(1, 0, NULL);
        t.step = &calls;
        t.element = 1 - (int64_t)i;
        t.called = paths[1 - i][1];
        a_tried(&t);
    }
    a_run_ends(1, FLOW_FINE, "");
    assert_int_equal(document_parse(&document, a_told(flow_report_json), NULL, a.arena, NULL), 0);
    steps = VALUE_MEMBER(value_item(VALUE_MEMBER(document.root, "runs"), 0), "steps");
    assert_int_equal(steps->count, 7);
    for (uint32_t i = 0; i < 7; i++) {
        const struct value *step = value_item(steps, i), *element = VALUE_MEMBER(step, "element");

        check_text(value_text(VALUE_MEMBER(step, "step")), order[i].step);
        if (order[i].element < 0)
            assert_null(element);
        else
            assert_int_equal(value_text(element).data[0], '0' + order[i].element);
    }
}

/* ---- bounds ---- */

static void
of_many_runs_the_first_and_the_first_that_fail_are_told(void **state)
{
    struct document document;
    const struct value *runs;

    (void)state;
    a_report((struct flow_report_options){ .runs = 2, .failures = 3 });
    for (uint64_t run = 1; run <= 50; run++)
        if (run % 5 == 0)
            a_failing_run(run);
        else
            a_fine_run(run);
    assert_int_equal(document_parse(&document, a_told(flow_report_json), NULL, a.arena, NULL), 0);
    runs = VALUE_MEMBER(document.root, "runs");
    assert_int_equal(runs->count, 5);
    check_text(value_text(VALUE_MEMBER(value_item(runs, 1), "run")), "2");
    check_text(value_text(VALUE_MEMBER(value_item(runs, 4), "run")), "15");
    check_text(value_text(VALUE_MEMBER(VALUE_MEMBER(document.root, "summary"), "runs_left_out")), "45");
    check_text(value_text(VALUE_MEMBER(VALUE_MEMBER(document.root, "summary"), "runs")), "50");
    check_text(value_text(VALUE_MEMBER(value_item(VALUE_MEMBER(document.root, "steps"), 1), "calls")), "50");
    check_text(value_text(VALUE_MEMBER(value_item(VALUE_MEMBER(document.root, "steps"), 1), "retries")), "20");
    check_text(value_text(VALUE_MEMBER(value_item(VALUE_MEMBER(document.root, "findings"), 0), "count")), "30");
}

static void
a_body_is_cut_between_characters(void **state)
{
    struct exchange *x = an_exchange("0ONE", NULL, 200, "abcd\xc3\xa4xyz");
    struct flow_try t = a_try(1, 0, x);

    (void)state;
    a_report((struct flow_report_options){ .body_bytes = 5 });
    x->response.headers = a_type("text/plain");
    flow_report_begin(a.report, &a.workflow, 1, 0);
    a_tried(&t);
    a_run_ends(1, FLOW_FINE, "");
    assert_true(has(a_told(flow_report_json), "\"body\": \"abcd\",\n"));
    assert_true(has(a_told(flow_report_html), "<pre>abcd</pre>\n<p class=\"note\">cut here: 9 bytes in all</p>"));
}

static void
a_run_without_end_is_cut(void **state)
{
    struct flow_try t;

    (void)state;
    a_report((struct flow_report_options){ 0 });
    flow_report_begin(a.report, &a.workflow, 1, 0);
    for (int i = 0; i < LIMIT_REPORT_TRIES + 7; i++) {
        t = a_try(1, 0, an_exchange("0ONE", NULL, 200, NULL));
        a_tried(&t);
    }
    a_run_ends(1, FLOW_LIMIT, "too many jumps");
    assert_true(has(a_told(flow_report_json), "\"tries_left_out\": 7"));
    assert_true(has(a_told(flow_report_html), "7 more tries are only counted."));
}

static void
runs_side_by_side_do_not_mix(void **state)
{
    struct document document;
    struct flow_try t;

    (void)state;
    a_report((struct flow_report_options){ 0 });
    for (uint64_t run = 1; run <= 3; run++)
        flow_report_begin(a.report, &a.workflow, run, 0);
    for (uint32_t step = 0; step < 2; step++)
        for (uint64_t run = 3; run >= 1; run--) {
            t = a_try(run, step, an_exchange("0ONE", NULL, 200, "{}"));
            a_tried(&t);
        }
    for (uint64_t run = 1; run <= 3; run++)
        a_run_ends(run, FLOW_FINE, "");
    assert_int_equal(document_parse(&document, a_told(flow_report_json), NULL, a.arena, NULL), 0);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(VALUE_MEMBER(value_item(VALUE_MEMBER(document.root, "runs"), i), "steps")->count, 2);
}

/* ---- bodies of every kind ---- */

static void
what_was_not_text_is_not_told_as_text(void **state)
{
    struct exchange *x = an_exchange("0ONE", NULL, 200, "\xff\xfe\x01 binary");
    struct flow_try t = a_try(1, 0, x);

    (void)state;
    a_report((struct flow_report_options){ 0 });
    x->response.headers = a_type("application/octet-stream");
    flow_report_begin(a.report, &a.workflow, 1, 0);
    a_tried(&t);
    a_run_ends(1, FLOW_FINE, "");
    assert_true(has(a_told(flow_report_html), "<p class=\"note\">not shown: sha-256="));
    assert_false(has(a_told(flow_report_json), "\"body\""));
}

static void
hostile_bodies_stay_text(void **state)
{
    struct exchange *x = an_exchange("0ONE", NULL, 200, "</pre></script><img src=x onerror=alert(1)>\x1b[2J");
    struct flow_try t = a_try(1, 1, x);
    struct text page;

    (void)state;
    a_report((struct flow_report_options){ 0 });
    x->response.reason = x->request.target = TEXT("\"><svg onload=alert(2)>");
    x->response.headers = a_type("text/html");
    x->response.headers[1].name = TEXT("X-<b>");
    x->response.header_count = 2;
    a_violation(x, "/<i>", "<u>", "'\"<s>");
    t.failure = FLOW_CRITERION;
    t.why = t.criterion_told = TEXT("<marquee>");
    t.criterion = a.criteria[0];
    flow_report_begin(a.report, &a.workflow, 1, 0);
    a_tried(&t);
    a_run_ends(1, FLOW_CRITERION, "<blink>");
    page = a_told(flow_report_html);
    assert_true(has(page, "&lt;/pre&gt;&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;\\x1b[2J"));
    assert_false(has(page, "<img") || has(page, "<svg onload") || has(page, "<marquee") || has(page, "<blink") ||
                 has(page, "<i>") || has(page, "<u>") || has(page, "<s>") || has(page, "X-<b>"));
}

static void
an_exchange_is_not_changed_by_telling_it(void **state)
{
    struct exchange *x = an_exchange("0ONE", "{\"password\":\"hush hush\"}", 200, "{}");
    struct flow_try t = a_try(1, 0, x);

    (void)state;
    a_violation(x, "/password", "number", "\"hush hush\" (string)");
    a_report((struct flow_report_options){ 0 });
    flow_report_begin(a.report, &a.workflow, 1, 0);
    a_tried(&t);
    check_text(x->request.body, "{\"password\":\"hush hush\"}");
    check_text(x->request.headers[1].value, "Bearer token-of-the-test");
    check_text(x->response_verdict.list[0].found, "\"hush hush\" (string)");
    assert_false(has(a_told(flow_report_json), "hush hush\\\"}"));
}

/* ---- marks and criteria ---- */

static void
a_violation_is_marked_where_it_is(void **state)
{
    (void)state;
    a_report((struct flow_report_options){ 0 });
    a_failing_run(1);
    assert_true(
        has(a_told(flow_report_html),
            "<span class=\"k\">&quot;total&quot;</span>: <mark class=\"bad\"><span class=\"n\">-1</span></mark>,"
            "<em class=\"remark bad\">expected number &gt;= 0</em>"));
}

static void
criteria_show_which_held(void **state)
{
    struct text page;

    (void)state;
    a_report((struct flow_report_options){ 0 });
    a_failing_run(1);
    page = a_told(flow_report_html);
    assert_true(has(page, "✓</span><span><code>$statusCode == 200</code>"));
    assert_true(has(page, "✕</span><span><code>$response.body#/status == &#39;ok&#39;</code>"
                          "<br><span class=\"told bad\">$response.body#/status is &#39;new&#39;, wanted &#39;ok&#39;"));
    assert_true(has(page, "–</span><span><code>$response.body#/total &gt; 10</code>"));
}

static void
findings_of_rules_lead_to_their_exchanges(void **state)
{
    const struct watch_finding found = { .id = VIOLATION_INVARIANT_BROKEN,
                                         .rule = TEXT("totals-agree"),
                                         .service = TEXT("shop"),
                                         .operation = TEXT("getOrder"),
                                         .side = SIDE_RESPONSE,
                                         .expected = TEXT("total equal in both"),
                                         .found = TEXT("12 and 13"),
                                         .file = TEXT("rules/invariants.yaml"),
                                         .line = 3,
                                         .column = 5,
                                         .exchanges = { TEXT("0POLLA"), TEXT("elsewhere") },
                                         .exchange_count = 2,
                                         .at = BEGINNING };

    (void)state;
    a_report((struct flow_report_options){ 0 });
    a_failing_run(1);
    flow_report_found(a.report, &found);
    assert_true(has(a_told(flow_report_html), "<a href=\"#x-0POLLA\">0POLLA</a>, elsewhere"));
    assert_true(has(a_told(flow_report_html), " id=\"x-0POLLA\""));
    assert_true(has(a_told(flow_report_text), "invariant-broken"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define A_TEST(name) cmocka_unit_test_setup_teardown(name, a_flow_begin, a_flow_end)
        A_TEST(secrets_are_masked_in_every_format_and_encoding),
        A_TEST(two_bytes_are_no_secret),
        A_TEST(retries_belong_to_the_step_that_asked_for_them),
        A_TEST(the_summary_is_a_table_with_the_verdict_last),
        A_TEST(a_flow_that_went_well_is_told_shortly),
        A_TEST(nothing_that_was_run_is_told_as_well),
        A_TEST(a_run_that_never_began_a_step_says_why),
        A_TEST(a_run_that_was_not_ended_is_still_told),
        A_TEST(a_step_that_calls_a_workflow_stands_in_front_of_its_steps),
        A_TEST(steps_of_calls_side_by_side_stand_together),
        A_TEST(of_many_runs_the_first_and_the_first_that_fail_are_told),
        A_TEST(a_body_is_cut_between_characters),
        A_TEST(a_run_without_end_is_cut),
        A_TEST(runs_side_by_side_do_not_mix),
        A_TEST(what_was_not_text_is_not_told_as_text),
        A_TEST(hostile_bodies_stay_text),
        A_TEST(an_exchange_is_not_changed_by_telling_it),
        A_TEST(a_violation_is_marked_where_it_is),
        A_TEST(criteria_show_which_held),
        A_TEST(findings_of_rules_lead_to_their_exchanges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
