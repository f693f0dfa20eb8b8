/* script.h: JSON in Lua and back, numbers, lists, texts; all by what a function `f(v)` gives for a value. */
#include "unit.h"

#include "rules/scripts.h"

/* ---- values ---- */

static void
json_goes_in_and_comes_out_as_it_was(void **state)
{
    static const char *const same[] = {
        "null",
        "true",
        "\"a\\u0000b\"",
        "[]",
        "{}",
        "[[],{}]",
        "{\"a\":null,\"b\":[1,2,{\"c\":false}]}",
        "19.99",
        "0.1",
        "-5",
        "9223372036854775807",
        "-9223372036854775808",
        "1e+300",
        "0.000123",
        "[null,null]",
        "\"\"",
        "{\"\":1}",
        "\"\\ud800\"",
        /* kept as they were written */
        "18446744073709551616",
        "0.1000000000000000055511151231257827",
        "1e400",
        "-1E-400",
        "12345678901234567890.50",
    };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        check_result("return v", same[i], same[i]);
}

static void
whole_numbers_are_integers_however_they_are_written(void **state)
{
    (void)state;
    check_result("return v", "[75.00,1e2,-0,0.0,1.5e1]", "[75,100,0,0,15]");
    check_result("return math.type(v)", "75.00", "\"integer\"");
    check_result("return math.type(v)", "75.50", "\"float\"");
    check_result("return v == 75", "75.00", "true");
}

static void
sums_of_decimals_are_written_as_decimals(void **state)
{
    (void)state;
    check_result("return v[1] + v[2]", "[0.1,0.2]", "0.3");
    check_result("return 3 * 1.1, 100 * 1.1, 4 / 2, 1e20", NULL, "3.3 110 2 1e+20");
    check_result("return -0.0, 0.1 + 0.7", NULL, "0 0.8");
}

static void
numbers_that_floats_cannot_hold_are_equal_by_value_and_floats_in_arithmetic(void **state)
{
    (void)state;
    check_result("return v[1] == v[2], v[1] == v[3], v[1] < v[3], v[3] <= v[1]",
                 "[18446744073709551616,18446744073709551616.0,18446744073709551617]", "true false true false");
    check_result("return v + 0, 2 * v, -v, v > 5, 5 < v", "18446744073709551616",
                 "1.84467440737096e+19 3.68934881474191e+19 -1.84467440737096e+19 true true");
    check_result("return tostring(v), 'a' .. v, type(v), tonumber(v)", "1e400",
                 "\"1e400\" \"a1e400\" \"number\" cannot be written: infinity and nan are no JSON numbers");
    check_result("return v + {}", "1e400", "rules/test.lua:1: attempt to perform arithmetic on a table value");
    check_result("return v < 'a'", "1e400", "rules/test.lua:1: attempt to compare number with string");
}

static void
null_is_a_value_and_missing_is_nil(void **state)
{
    (void)state;
    check_result("return v.a == null, v.b == nil, v.a == nil, type(v.a)", "{\"a\":null}", "true true false \"null\"");
    check_result("return v.a.b", "{\"a\":null}", "rules/test.lua:1: attempt to index a null value (field 'a')");
    check_result("v.a = nil v.b = null return v", "{\"a\":1}", "{\"b\":null}");
}

static void
arrays_and_objects_stay_apart(void **state)
{
    (void)state;
    check_result("return {}, array(), array{}, array{ 1, 2 }, { 1, 2 }, { a = 1 }", NULL,
                 "{} [] [] [1,2] [1,2] {\"a\":1}");
    check_result("return is_array(v), is_array({}), is_array({ 1 }), is_array({ a = 1 }), is_array(1)", "[]",
                 "true false true false false");
    check_result("v[#v + 1] = 3 return v", "[]", "[3]");
    check_result("return array{ 1, nil, 3 }", NULL,
                 "rules/test.lua:1: array: its keys are not 1, 2, 3 …; for something that is not there put null");
}

static void
what_json_has_no_words_for_is_said(void **state)
{
    (void)state;
    check_result("return 1 / 0", NULL, "cannot be written: infinity and nan are no JSON numbers");
    check_result("return 0 / 0", NULL, "cannot be written: infinity and nan are no JSON numbers");
    check_result("return { f = print or type }", NULL, "cannot be written: there is a function in it");
    check_result("local t = {} t.t = t return t", NULL,
                 "cannot be written: it is nested too deeply, or contains itself");
    check_result("return { 1, a = 2 }", NULL,
                 "cannot be written: the keys of a table are neither 1, 2, 3 … nor strings alone");
    check_result("return { [2] = 2 }", NULL,
                 "cannot be written: the keys of a table are neither 1, 2, 3 … nor strings alone");
    check_result("local a = array{ 1 } a[3] = 1 return a", NULL,
                 "cannot be written: an array has other keys than 1, 2, 3 …: there is a hole, or a name");
    check_result("local a = array{ 1 } a.b = 1 return a", NULL,
                 "cannot be written: an array has other keys than 1, 2, 3 …: there is a hole, or a name");
    check_result("return string", NULL, "cannot be written: there is an object of the program in it");
}

static void
a_small_table_that_would_be_an_endless_text_is_refused(void **state)
{
    (void)state;
    check_result("local t = {} for i = 1, 100 do t = { t, t } end return t", NULL,
                 "cannot be written: it is too large");
}

static int
backwards(void *arg, struct text a, struct text b)
{
    (void)arg;
    return text_compare(b, a);
}

static void
members_are_written_by_name_or_in_the_order_of_the_host(void **state)
{
    struct script_options options = { .order = backwards };

    (void)state;
    check_result("return { b = 1, c = 2, a = 3 }", NULL, "{\"a\":3,\"b\":1,\"c\":2}");
    assert_string_equal(result_with(&options, "return { b = 1, c = 2, a = { x = 1, y = 2 } }", NULL),
                        "{\"c\":2,\"b\":1,\"a\":{\"y\":2,\"x\":1}}");
}

static void
the_deepest_document_goes_through_and_one_more_does_not(void **state)
{
    char json[2 * 1024 + 1];

    (void)state;
    memset(json, '[', 1024);
    memset(json + 1024, ']', 1024);
    json[2048] = '\0';
    check_result("return v", json, json);
    check_result("return copy(v)", json, json);
    check_result("return { v }", json, "cannot be written: it is nested too deeply, or contains itself");
    check_result("local t = {} t[1] = t return copy(t)", NULL,
                 "rules/test.lua:1: copy: the table is nested too deeply, or contains itself");
}

/* ---- numbers ---- */

static void
round_looks_at_decimals_and_halves_go_away_from_zero(void **state)
{
    (void)state;
    check_result("return round(1.005, 2), round(-1.005, 2), round(2.5), round(-2.5), round(0.125, 2)", NULL,
                 "1.01 -1.01 3 -3 0.13");
    check_result("return round(1.004999, 2), round(99.995, 2), round(0.004, 2), round(0.5), round(0.4)", NULL,
                 "1 100 0 1 0");
    check_result("return round(1250, -2), round(1249, -2), round(5, -1), round(4, -1), round(7, 2), round(9.5e18, -19)",
                 NULL, "1300 1200 10 0 7 1e+19");
    check_result("return round(0.1 + 0.2, 20), round(1e300, 2), round(1e-300, 2), round(1e-300, 301)", NULL,
                 "0.3 1e+300 0 1e-300");
    check_result("return round(1 / 0, 2) == 1 / 0, math.type(round(2.0, 2))", NULL, "true \"integer\"");
    check_result("return round(v, 2)", "0.12500000000000000000001", "0.13");
    check_result("return round('a')", NULL,
                 "rules/test.lua:1: bad argument #1 to 'round' (number expected, got string)");
}

static void
near_is_exact_on_decimals(void **state)
{
    (void)state;
    check_result("return near(200, 164.0 + 36.0, 0.005), near(0.1 + 0.2, 0.3, 0), near(1, 1, 0)", NULL,
                 "true true true");
    check_result("return near(1.005, 1, 0.005), near(1.0051, 1, 0.005), near(19.99, 20, 0.01), near(19.98, 20, 0.01)",
                 NULL, "true false true false");
    check_result("return near(v[1], v[2], 0), near(v[1], v[3], 0), near(v[1], v[3], 1)",
                 "[18446744073709551616,18446744073709551616.0,18446744073709551700]", "true true true");
    check_result("return near(0 / 0, 1, 1), near(1 / 0, 1, 1), near(1, 2, -1)", NULL, "false false false");
    check_result("return near(1, nil, 0)", NULL, "rules/test.lua:1: near wants numbers, and the second is missing");
    check_result("return near(1, 2, '1')", NULL, "rules/test.lua:1: near wants numbers, and the tolerance is string");
}

/* ---- lists ---- */

static void
lists_are_summed_and_counted(void **state)
{
    (void)state;
    check_result("return sum(v), sum({}), sum(array()), sum({ 0.1, 0.2 }) == 0.3", "[1,2.5]", "3.5 0 0 true");
    check_result("return sum(v, 'p'), sum(v, function(x) return x.p * 2 end)", "[{\"p\":1.1},{\"p\":2}]", "3.1 6.2");
    check_result("return count(v), count(v, function(x) return x > 1 end)", "[1,2,3]", "3 2");
    check_result("return all(v, function(x) return x > 0 end), any(v, function(x) return x > 3 end)", "[1,2,3]",
                 "true false");
    check_result("return len(v), len({ a = 1 }), len('grün')", "[1,2]", "2 1 4");
    check_result("return sum(v, 'q')", "[{\"p\":1}]", "rules/test.lua:1: sum: of item 1 the number is missing");
    check_result("return sum({ 1, 'a' })", NULL, "rules/test.lua:1: sum: of item 2 the number is string");
    check_result("return sum({ a = 1 })", NULL, "rules/test.lua:1: sum wants a list, not an object");
    check_result("return count(v.a)", "{}", "rules/test.lua:1: count wants a list, not something that is missing");
}

static void
a_copy_is_deep_and_keeps_what_arrays_are(void **state)
{
    (void)state;
    check_result("local c = copy(v) c.a[1] = 9 c.b = nil return v, c", "{\"a\":[1],\"b\":[],\"c\":[]}",
                 "{\"a\":[1],\"b\":[],\"c\":[]} {\"a\":[9],\"c\":[]}");
}

static void
tables_are_worked_on_as_in_lua(void **state)
{
    (void)state;
    check_result(
        "table.insert(v, 4) table.insert(v, 1, 0) local a, b = table.remove(v), table.remove(v, 1) return v, a, b",
        "[1,2,3]", "[1,2,3] 4 0");
    check_result("table.sort(v) return v", "[3,1,2,5,4,9,8,7,6]", "[1,2,3,4,5,6,7,8,9]");
    check_result("table.sort(v, function(a, b) return a.k > b.k end) return v",
                 "[{\"k\":1,\"n\":1},{\"k\":2,\"n\":2},{\"k\":1,\"n\":3},{\"k\":2,\"n\":4}]",
                 "[{\"k\":2,\"n\":2},{\"k\":2,\"n\":4},{\"k\":1,\"n\":1},{\"k\":1,\"n\":3}]");
    check_result("return table.concat(v, ', '), table.concat({}), table.unpack(v)", "[1,\"b\"]",
                 "\"1, b\" \"\" 1 \"b\"");
    check_result("return table.pack(1, nil).n, select('#', table.unpack({ 1, 2, 3 }, 2))", NULL, "2 2");
    check_result("return table.remove(v), #v", "[]", "nil 0");
    check_result("table.insert(v, 5, 1)", "[]",
                 "rules/test.lua:1: bad argument #2 to 'insert' (position out of bounds)");
}

static void
pairs_gives_numbers_then_names_each_in_their_order(void **state)
{
    (void)state;
    check_result("local s = '' for k, x in pairs(v) do s = s .. k .. x end return s",
                 "{\"d\":1,\"b\":2,\"a\":3,\"c\":4}", "\"a3b2c4d1\"");
    check_result(
        "local s = '' for k in pairs({ z = 1, [3] = 1, 'a', [-1] = 1, y = 2 }) do s = s .. k .. ' ' end return s", NULL,
        "\"-1 1 3 y z \"");
    check_result("local s = '' for k in pairs(v) do v[k] = nil v.x = nil s = s .. k end return s, v",
                 "{\"a\":1,\"b\":1,\"x\":1}", "\"ab\" {}");
}

/* ---- texts ---- */

static void
patterns_are_regular_expressions(void **state)
{
    (void)state;
    check_result("return v:match('^ORD-(\\\\d+)$'), v:match('[A-Z]+'), v:match('x')", "\"ORD-0042\"",
                 "\"0042\" \"ORD\" nil");
    check_result("return v:find('-'), ('a.b'):find('.', 1, true), ('abc'):find('(b)(c)')", "\"ORD-1\"",
                 "4 2 2 3 \"b\" \"c\"");
    check_result("local t = array() for k, x in v:gmatch('(\\\\w+)=(\\\\w+)') do t[#t + 1] = k .. x end return t",
                 "\"a=1, b=2\"", "[\"a1\",\"b2\"]");
    check_result("return v:gsub('(\\\\w)(\\\\w)?', '<%2%1>')", "\"abc\"", "\"<ba><c>\" 2");
    check_result("return v:gsub('b', { b = 'x' }), (v:gsub('.', function(c) if c ~= 'a' then return c .. c end end))",
                 "\"abc\"", "\"axc\" \"abbcc\"");
    check_result("return v:gsub('', '-'), v:gsub('x*', '.')", "\"gü\"", "\"-g-ü-\" \".g.ü.\" 3");
    check_result("return (v:gsub('a', '%%', 1)), (v:gsub('a', '%0%0'))", "\"aa\"", "\"%a\" \"aaaa\"");
    check_result("return v:match('(a)|(b)')", "\"b\"", "nil \"b\"");
    check_result("return v:find('ü', 3), v:find('', 10), v:find('', 4), v:find('b', -1)", "\"üb\"", "nil nil 4 3 3");
}

static void
patterns_of_lua_and_wrong_ones_are_told(void **state)
{
    (void)state;
    check_result(
        "return v:match('%d+')", "\"1\"",
        "rules/test.lua:1: the pattern '%d+' is one of Lua's; here patterns are regular expressions: \\\\d, not "
        "%d (and [%]d for that text itself)");
    check_result(
        "return v:match('(')", "\"1\"",
        "rules/test.lua:1: the pattern '(' is not a regular expression of ECMA-262: a '(' is not closed, at offset 0");
    check_result("return v:gsub('a', '%2')", "\"a\"",
                 "rules/test.lua:1: '%2' in the replacement is none of the pattern's groups");
    check_result("return ('\\xff'):match('a')", NULL,
                 "rules/test.lua:1: patterns are for texts, and this one is no UTF-8");
}

static void
more_patterns_than_are_kept_all_work(void **state)
{
    (void)state;
    check_result("for r = 1, 3 do for i = 1, 200 do assert(('x' .. i):match('^x' .. i .. '$')) end end "
                 "return (v:gsub('.', function(c) for i = 1, 100 do (''):match(c .. i) end return '+' end))",
                 "\"abc\"", "\"+++\"");
}

static void
texts_are_formatted_without_addresses(void **state)
{
    (void)state;
    check_result("return ('%05d %s %s %.2f'):format(42, {}, null, 1.5), tostring(type), tostring({})", NULL,
                 "\"00042 table null 1.50\" \"function\" \"table\"");
    check_result("return ('%p'):format({})", NULL,
                 "rules/test.lua:1: '%p' is not here: addresses are different in each process");
    check_result("return ('%s'):format(v), ('%.1f'):format(v)", "18446744073709551616",
                 "\"18446744073709551616\" \"18446744073709551616.0\"");
    check_result("return '10' + 1", NULL,
                 "rules/test.lua:1: attempt to perform arithmetic on a string value (constant '10')");
    check_result("return ('a'):rep(3), ('a'):rep(2, ','), ('a'):rep(-1), (''):rep(1e9), v:upper(), v:byte(1, -1)",
                 "\"xy\"", "\"aaa\" \"a,a\" \"\" \"\" \"XY\" 120 121");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_goes_in_and_comes_out_as_it_was),
        cmocka_unit_test(whole_numbers_are_integers_however_they_are_written),
        cmocka_unit_test(sums_of_decimals_are_written_as_decimals),
        cmocka_unit_test(numbers_that_floats_cannot_hold_are_equal_by_value_and_floats_in_arithmetic),
        cmocka_unit_test(null_is_a_value_and_missing_is_nil),
        cmocka_unit_test(arrays_and_objects_stay_apart),
        cmocka_unit_test(what_json_has_no_words_for_is_said),
        cmocka_unit_test(a_small_table_that_would_be_an_endless_text_is_refused),
        cmocka_unit_test(members_are_written_by_name_or_in_the_order_of_the_host),
        cmocka_unit_test(the_deepest_document_goes_through_and_one_more_does_not),
        cmocka_unit_test(round_looks_at_decimals_and_halves_go_away_from_zero),
        cmocka_unit_test(near_is_exact_on_decimals),
        cmocka_unit_test(lists_are_summed_and_counted),
        cmocka_unit_test(a_copy_is_deep_and_keeps_what_arrays_are),
        cmocka_unit_test(tables_are_worked_on_as_in_lua),
        cmocka_unit_test(pairs_gives_numbers_then_names_each_in_their_order),
        cmocka_unit_test(patterns_are_regular_expressions),
        cmocka_unit_test(patterns_of_lua_and_wrong_ones_are_told),
        cmocka_unit_test(more_patterns_than_are_kept_all_work),
        cmocka_unit_test(texts_are_formatted_without_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
