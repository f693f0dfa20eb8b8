/* script.h: expressions over messages. */
#include "unit.h"

#include <time.h>

#include "rules/scripts.h"

/* An expression over `body` (a JSON text; NULL: there is none), and the error where there is one. */
static enum script_truth
truth_of(const char *source, const char *body, struct error *err, char operands[512])
{
    struct script *s = script_new(NULL, err);
    struct arena *arena = arena_new(0, 64 * 1024 * 1024);
    struct text name = TEXT("body");
    struct script_variable variable = { .name = name };
    struct document document;
    enum script_truth truth = SCRIPT_UNKNOWN;
    int expression = script_expression(s, text_of(source), "rules/invariants.yaml:7", &name, 1, err);

    if (body != NULL) {
        check_that(document_parse(&document, text_of(body), NULL, arena, NULL) == 0, "%s", body);
        variable.value = document.root;
    }
    if (expression >= 0)
        truth = script_evaluate(s, expression, &variable, 1, err);
    if (operands != NULL)
        (void)snprintf(operands, 512, "%.*s", TEXT_PRINT(script_operands(s, expression, &variable, 1, arena)));
    script_free(s);
    arena_free(arena);
    return truth;
}

static void
check_truth(const char *source, const char *body, enum script_truth expected)
{
    struct error err = { 0 };
    enum script_truth truth = truth_of(source, body, &err, NULL);

    check_that(truth == expected, "%s of %s gives %d, not %d: %s", source, body, truth, expected, err.what);
}

static void
check_unknown(const char *source, const char *body, const char *what)
{
    struct error err = { 0 };

    assert_int_equal(truth_of(source, body, &err, NULL), SCRIPT_UNKNOWN);
    assert_string_equal(err.where, "rules/invariants.yaml:7");
    check_that(strstr(err.what, what) != NULL, "%s: %s", source, err.what);
}

static void
conditions_hold_or_do_not(void **state)
{
    (void)state;
    check_truth("near(body.total, body.net + body.tax, 0.005)", "{\"total\":200,\"net\":164.0,\"tax\":36.0}",
                SCRIPT_TRUE);
    check_truth("near(body.total, body.net + body.tax, 0.005)", "{\"total\":201,\"net\":164.0,\"tax\":36.0}",
                SCRIPT_FALSE);
    check_truth("body == nil", NULL, SCRIPT_TRUE);
    check_truth("body.x == nil and body.y == null", "{\"y\":null}", SCRIPT_TRUE);
    check_truth("body", "7", SCRIPT_TRUE);
    check_truth("body.a", "{\"a\":false}", SCRIPT_FALSE);
    check_truth("-- why\nbody.a -- so\n", "{\"a\":true}", SCRIPT_TRUE);
    check_truth("body.name:match('^A') ~= nil", "{\"name\":\"Ada\"}", SCRIPT_TRUE);
}

static void
lists_are_seen_without_a_copy(void **state)
{
    static const char list[] =
        "{\"items\":[{\"p\":1.10,\"q\":2},{\"p\":3.3,\"q\":1}],\"total\":5.5,\"empty\":[],\"n\":[1,2,3]}";

    (void)state;
    check_truth("#body.items == 2 and body.items[1].q == 2 and body.items[3] == nil and body.items[0] == nil", list,
                SCRIPT_TRUE);
    check_truth("sum(body.items, function(i) return i.p * i.q end) == body.total", list, SCRIPT_TRUE);
    check_truth("sum(body.items, 'p') == 4.4 and count(body.items) == 2 and len(body.empty) == 0 and len(body) == 4",
                list, SCRIPT_TRUE);
    check_truth(
        "all(body.items, function(i) return i.q > 0 end) and not any(body.items, function(i) return i.q > 2 end)", list,
        SCRIPT_TRUE);
    check_truth("count(body.items, function(i) return i.q == 1 end) == 1 and sum(body.n) == 6", list, SCRIPT_TRUE);
    check_truth(
        "(function() local s = '' for k, v in pairs(body) do s = s .. k end for i, v in ipairs(body.n) do s = s .. "
        "i .. v end for i, v in pairs(body.n) do s = s .. v end return s end)() == 'itemstotalemptyn112233123'",
        list, SCRIPT_TRUE);
    check_truth("is_array(body.items) and not is_array(body) and type(body) == 'table' and body.items == body.items",
                list, SCRIPT_TRUE);
    check_truth("(function() local c = copy(body) c.total = 1 return c.total == 1 and body.total == 5.5 end)()", list,
                SCRIPT_TRUE);
    check_truth("body.n[3] == 3 and body.n[1] == 1 and body.items[2].p == 3.3 and body.items[1].p == 1.1", list,
                SCRIPT_TRUE);
}

static void
what_cannot_be_computed_is_unknown_and_says_why(void **state)
{
    (void)state;
    check_unknown("body.a.b == 1", "{}", "attempt to index a nil value (field 'a')");
    check_unknown("body.a + 1 == 2", "{}", "attempt to perform arithmetic on a nil value (field 'a')");
    check_unknown("body.a.b", "{\"a\":null}", "attempt to index a null value (field 'a')");
    check_unknown("body.a < 1", "{\"a\":\"x\"}", "attempt to compare");
    check_unknown("near(body.a, 1, 0)", "{}", "near wants numbers, and the first is missing");
    check_unknown("(function() while true do end end)()", "{}", "it took more than 200000 steps");
    check_unknown("(function() local t = {} while true do t[#t + 1] = {} end end)()", "{}", "more than 200000 steps");
    check_unknown("pcall(function() while true do end end)", "{}", "it took more than 200000 steps");
    check_unknown("error('so')", "{}", "so");
}

static void
messages_cannot_be_changed(void **state)
{
    (void)state;
    check_unknown("(function() body.a = 1 end)()", "{\"a\":2}", "messages cannot be changed here");
    check_unknown("(function() table.insert(body, 1) end)()", "[]", "table expected");
    check_unknown("(function() setmetatable(body, {}) end)()", "[]", "table expected");
    check_unknown("(function() null = 1 end)()", "[]", "this cannot be changed");
    check_unknown("(function() string.rep = 1 end)()", "[]", "this cannot be changed");
}

static void
mistakes_are_told_when_the_expression_is_read(void **state)
{
    (void)state;
    check_unknown("bdy.total == 1", "{}", "'bdy' is not known here; did you mean 'body'?");
    check_unknown("body.x == 1 or nearr(1, 2, 3)", "{}", "'nearr' is not known here; did you mean 'near'?");
    check_unknown("os.exit()", "{}", "'os' is not known here");
    check_unknown("_ENV.near", "{}", "'_ENV' is not known here");
    check_unknown("body.total = 1", "{}", "the expression cannot be read");
    check_unknown("body.x ==", "{}", "the expression cannot be read");
    check_unknown("1; while true do end", "{}", "the expression cannot be read");
    check_unknown("", "{}", "the expression is empty");
    check_unknown("-- nothing", "{}", "the expression is empty");
}

static void
names_of_its_own_are_known(void **state)
{
    (void)state;
    check_truth(
        "(function(list) local n, m = 0, 1 for _, one in ipairs(list) do n = n + one end return n end)(body) == 3",
        "[1,2]", SCRIPT_TRUE);
    check_truth("({ total = 1, ['x'] = 2 }).total == 1 and [[os]] ~= 'io' -- debug", "{}", SCRIPT_TRUE);
    check_truth("(function() local function twice(x) return 2 * x end return twice(2) end)() == 4", "{}", SCRIPT_TRUE);
}

/* ---- several variables ---- */

static void
names_with_dots_are_members_of_groups(void **state)
{
    struct text names[] = { TEXT("shop.response.body"), TEXT("erp.request.body"), TEXT("erp.status"), TEXT("limit") };
    struct error err = { 0 }, other = { 0 }, third = { 0 };
    struct script *s = script_new(NULL, &err);
    struct arena *arena = arena_new(0, 100000);
    struct document shop, erp, status;
    int expression;

    (void)state;
    assert_int_equal(document_parse(&shop, TEXT("{\"total\":19.99}"), NULL, arena, NULL), 0);
    assert_int_equal(document_parse(&erp, TEXT("{\"total\":19.990}"), NULL, arena, NULL), 0);
    assert_int_equal(document_parse(&status, TEXT("201"), NULL, arena, NULL), 0);
    expression = script_expression(s,
                                   TEXT("erp.request.body.total == shop.response.body.total and erp.status == 201 and "
                                        "limit == nil"),
                                   "r:1", names, 4, &err);
    check_that(expression >= 0, "%s", err.what);
    {
        struct script_variable given[] = { { names[2], status.root }, { names[0], shop.root }, { names[1], erp.root } };

        assert_int_equal(script_evaluate(s, expression, given, 3, &err), SCRIPT_TRUE);
    }
    assert_int_equal(script_expression(s, TEXT("erp.reqest.body"), "r:1", names, 4, &other), -1);
    assert_string_equal(other.what, "'erp.reqest' is not known here");
    expression = script_expression(s, TEXT("erp['x']"), "r:1", names, 4, NULL);
    assert_int_equal(script_evaluate(s, expression, NULL, 0, &third), SCRIPT_UNKNOWN);
    assert_string_equal(third.what, "'erp.x' is not known here");
    script_free(s);
    arena_free(arena);
}

static void
expressions_see_functions_of_the_host_and_one_another_not(void **state)
{
    struct error err = { 0 };
    struct script *s = script_new(NULL, &err);
    struct text name = TEXT("x");

    (void)state;
    assert_true(script_expression(s, TEXT("x == nil"), "r:1", &name, 1, &err) == 0);
    assert_true(script_expression(s, TEXT("x == nil"), "r:2", NULL, 0, &err) == -1);
    assert_string_equal(err.where, "r:2");
    script_free(s);
}

/* ---- what a condition compares ---- */

static void
check_operands(const char *source, const char *body, const char *expected)
{
    char operands[512];
    struct error err = { 0 };

    assert_int_equal(truth_of(source, body, &err, operands), SCRIPT_FALSE);
    assert_string_equal(operands, expected);
}

static void
operands_of_the_condition_that_fails_are_told(void **state)
{
    static const char body[] = "{\"total\":19.99,\"net\":18,\"tax\":2.0,\"name\":\"a\",\"list\":[1]}";

    (void)state;
    check_operands("body.total == body.net + body.tax", body, "body.total is 19.99, body.net + body.tax is 20");
    check_operands("near(body.total, body.net + body.tax, 0.005)", body,
                   "body.total is 19.99, body.net + body.tax is 20");
    check_operands("body.net == 18 and near(body.total, 20, 0) and body.x == 1", body, "body.total is 19.99");
    check_operands("body.name == 'b' -- comment", body, "body.name is \"a\"");
    check_operands("body.missing == body.list", body, "body.missing is missing, body.list is [1]");
    check_operands("#body.list > 1", body, "#body.list is 1");
    check_operands("body.x == 1 or body.y == 2", body, "");
    check_operands("not (body.net == 18)", body, "");
    check_operands("all(body.list, function(x) return x == 2 and x < 3 end)", body, "");
    check_operands("(function() if 1 == 2 then return true end end)() == 5", body,
                   "(function() if 1 == 2 then return true end end)() is missing");
}

static void
long_operands_are_cut(void **state)
{
    char body[1200], operands[512];
    struct error err = { 0 };

    (void)state;
    (void)snprintf(body, sizeof body, "\"%0300d\"", 0);
    assert_int_equal(truth_of("body == 1", body, &err, operands), SCRIPT_FALSE);
    assert_int_equal(strlen(operands), strlen("body is ") + 200 + strlen("…"));
}

/* ---- what was redacted ---- */

/* The truth over this body, in which the member `secret` is marked as replaced, and the object `part` as one that lost
 * members. */
static void
check_redacted(const char *source, enum script_truth expected)
{
    static const char body[] = "{\"secret\":\"***\",\"a\":1,\"part\":{\"b\":2},\"list\":[1,2],\"same\":[1,2]}";
    struct error err = { 0 };
    struct script *s = script_new(NULL, &err);
    struct arena *arena = arena_new(0, 100000);
    struct text names[] = { TEXT("body"), TEXT("other") };
    struct script_variable variables[] = { { .name = names[0] }, { .name = names[1] } };
    struct document document;
    int expression = script_expression(s, text_of(source), "here", names, 2, &err);

    check_that(expression >= 0, "%s", err.what);
    assert_int_equal(document_parse(&document, text_of(body), NULL, arena, NULL), 0);
    ((struct value *)(uintptr_t)VALUE_MEMBER(document.root, "secret"))->flags |= VALUE_REDACTED;
    ((struct value *)(uintptr_t)VALUE_MEMBER(document.root, "part"))->flags |= VALUE_REDACTED;
    variables[0].value = document.root;
    variables[1].value = VALUE_MEMBER(document.root, "secret");
    check_that(script_evaluate(s, expression, variables, 2, &err) == expected, "%s: %s", source, err.what);
    if (expected == SCRIPT_UNKNOWN)
        assert_string_equal(err.what, "this was redacted before it was recorded");
    script_free(s);
    arena_free(arena);
}

static void
what_was_redacted_is_unknown_where_it_is_looked_at(void **state)
{
    (void)state;
    check_redacted("body.a == 1 and body.part.b == 2 and body.list == body.same", SCRIPT_TRUE);
    check_redacted("body.secret == 'x'", SCRIPT_UNKNOWN);
    check_redacted("other == 'x'", SCRIPT_UNKNOWN);
    check_redacted("pcall(function() return body.secret end)", SCRIPT_UNKNOWN);
    check_redacted("body.part.c == nil", SCRIPT_UNKNOWN);
    check_redacted("len(body.part) == 1", SCRIPT_UNKNOWN);
    check_redacted("body.part == body.list", SCRIPT_UNKNOWN);
    check_redacted("pairs(body.part) ~= nil", SCRIPT_UNKNOWN);
    check_redacted("copy(body) ~= nil", SCRIPT_UNKNOWN);
}

/* ---- the cost, and what is left behind ---- */

static void
a_hostile_message_costs_no_more_than_its_steps(void **state)
{
    struct buffer body;
    struct error err = { 0 };

    (void)state;
    buffer_init(&body, 64 * 1024 * 1024);
    buffer_byte(&body, '[');
    for (int i = 0; i < 200000; i++)
        buffer_print(&body, "%s{\"a\":%d}", i > 0 ? "," : "", i);
    buffer_add(&body, TEXT("]\0"));
    buffer_byte(&body, '\0');
    /* backwards: each item is looked for from the beginning */
    assert_int_equal(
        truth_of("(function() for i = #body, 1, -1 do local x = body[i] end end)()", body.data, &err, NULL),
        SCRIPT_UNKNOWN);
    check_that(strstr(err.what, "200000 steps") != NULL, "%s", err.what);
    check_truth("#body == 200000 and body[200000].a == 199999", body.data, SCRIPT_TRUE);
    buffer_release(&body);
}

static void
a_variable_that_is_left_out_is_nil_again(void **state)
{
    struct error err = { 0 };
    struct script *s = script_new(NULL, &err);
    struct text name = TEXT("body");
    struct arena *arena = arena_new(0, 10000);
    struct script_variable variable = { .name = name };
    struct document document;
    int expression;

    (void)state;
    assert_int_equal(document_parse(&document, TEXT("{\"a\":[1]}"), NULL, arena, NULL), 0);
    variable.value = document.root;
    expression = script_expression(s, TEXT("body.a[1] == 1"), "r:1", &name, 1, &err);
    for (int i = 0; i < 3; i++)
        assert_int_equal(script_evaluate(s, expression, &variable, 1, &err), SCRIPT_TRUE);
    variable.value = NULL;
    assert_int_equal(script_evaluate(s, expression, &variable, 1, &err), SCRIPT_UNKNOWN);
    script_free(s);
    arena_free(arena);
}

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
an_evaluation_takes_microseconds(void **state)
{
    struct error err = { 0 };
    struct script *s = script_new(NULL, &err);
    struct text name = TEXT("body");
    struct arena *arena = arena_new(0, 10000);
    struct script_variable variable = { .name = name };
    struct document document;
    double begin = seconds();
    int expression = script_expression(s, TEXT("near(body.total, body.net + body.tax, 0.005)"), "r:1", &name, 1, &err);

    (void)state;
    assert_int_equal(document_parse(&document, TEXT("{\"id\":\"x\",\"total\":200.01,\"net\":164.01,\"tax\":36.0}"),
                                    NULL, arena, NULL),
                     0);
    variable.value = document.root;
    for (int i = 0; i < 100000; i++)
        assert_int_equal(script_evaluate(s, expression, &variable, 1, &err), SCRIPT_TRUE);
    print_message("%.2f us for one evaluation\n", (seconds() - begin) * 10);
    assert_true(seconds() - begin < 10); /* 100 us, for sanitizers on a busy machine */
    script_free(s);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_hold_or_do_not),
        cmocka_unit_test(lists_are_seen_without_a_copy),
        cmocka_unit_test(what_cannot_be_computed_is_unknown_and_says_why),
        cmocka_unit_test(messages_cannot_be_changed),
        cmocka_unit_test(mistakes_are_told_when_the_expression_is_read),
        cmocka_unit_test(names_of_its_own_are_known),
        cmocka_unit_test(names_with_dots_are_members_of_groups),
        cmocka_unit_test(expressions_see_functions_of_the_host_and_one_another_not),
        cmocka_unit_test(operands_of_the_condition_that_fails_are_told),
        cmocka_unit_test(long_operands_are_cut),
        cmocka_unit_test(what_was_redacted_is_unknown_where_it_is_looked_at),
        cmocka_unit_test(a_hostile_message_costs_no_more_than_its_steps),
        cmocka_unit_test(a_variable_that_is_left_out_is_nil_again),
        cmocka_unit_test(an_evaluation_takes_microseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
