/* script.h against scripts that want harm: each attack ends soon, with a clear error that names its line, and the state
 * can be used afterwards. What is counted in steps may take some seconds at most, whatever the script does. */
#include "unit.h"

#include <time.h>

#include "rules/scripts.h"

/* A tenth of what scripts have otherwise: sanitizers make everything ten times slower. */
static const struct script_options ceilings = { .steps = 2000000, .memory = 16 * 1024 * 1024 };

#define STEPS  "rules/test.lua:1: it took more than 2000000 steps; does it end?"
#define MEMORY "rules/test.lua:1: it needs more than the 16384 KiB of memory that a script may have"

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#define PATIENCE 30.0 /* seconds; without sanitizers the slowest takes half of one */

/* The body of `f` ends with an error that begins so; afterwards another function works. */
static void
check_ends(const char *body, const char *expected)
{
    struct buffer source;
    double begin = seconds();
    const char *result;

    buffer_init(&source, 1024 * 1024);
    buffer_print(&source, "local h = {}; function h.f(v) if v then return 7 end %s end; return h", body);
    buffer_byte(&source, '\0');
    {
        struct script *s = script_from(&ceilings, source.data);

        result = result_of(s, NULL);
        check_that(strncmp(result, expected, strlen(expected)) == 0, "%s\n  gives %.300s", body, result);
        check_that(seconds() - begin < PATIENCE, "%s: %.1f s", body, seconds() - begin);
        if (getenv("PLUMBLINE_TIMES") != NULL)
            print_message("%6.2f s  %s\n", seconds() - begin, body);
        assert_string_equal(result_of(s, "1"), "7");
        script_free(s);
    }
    buffer_release(&source);
}

static void
endless_loops_end_and_pcall_does_not_catch_it(void **state)
{
    (void)state;
    check_ends("while true do end", STEPS);
    check_ends("repeat until pcall(function() while true do end end)", STEPS);
    check_ends("while true do pcall(error) end", STEPS);
    check_ends("while true do xpcall(function() while true do end end, function() end) end", STEPS);
    check_ends("while true do xpcall(error, function() while true do end end) end", STEPS);
    check_ends("for i = 1, math.huge do end", STEPS);
    check_ends("::a:: goto a", STEPS);
}

static void
what_runs_on_the_way_out_cannot_stay(void **state)
{
    (void)state;
    check_ends("local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
               STEPS);
    check_ends("pcall(function() local x <close> = setmetatable({}, { __close = function() error('other') end }) "
               "while true do end end) return 1",
               STEPS);
    check_ends("pcall(function() local x <close> = setmetatable({}, { __close = function() error('other') end }) "
               "local t = {} while true do t = { t, t } end end) return 1",
               MEMORY);
    check_ends("local function g() local x <close> = setmetatable({}, { __close = function() return pcall(function() "
               "while true do end end) end }) while true do end end pcall(g) while true do pcall(g) end",
               STEPS);
}

static void
metamethods_and_callbacks_are_counted(void **state)
{
    (void)state;
    check_ends("return setmetatable({}, { __index = function() while true do end end }).x", STEPS);
    check_ends("return tostring(setmetatable({}, { __tostring = function() while true do end end }))", STEPS);
    check_ends("return ('%s'):format(setmetatable({}, { __tostring = function() while true do end end }))", STEPS);
    check_ends(
        "local m = { __eq = function() while true do end end } return setmetatable({}, m) == setmetatable({}, m)",
        STEPS);
    check_ends(
        "local m = { __lt = function() while true do end end } table.sort({ setmetatable({}, m), setmetatable({}, "
        "m) })",
        STEPS);
    check_ends("table.sort({ 3, 2, 1 }, function() while true do end end)", STEPS);
    check_ends("('abc'):gsub('.', function() while true do end end)", STEPS);
    check_ends("sum({ 1 }, function() while true do end end)", STEPS);
    check_ends("for _ in pairs(setmetatable({}, { __pairs = function() while true do end end })) do end", STEPS);
    check_ends("local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x",
               "rules/test.lua:1: '__index' chain too long; possible loop");
}

static void
deep_recursion_is_a_stack_overflow(void **state)
{
    (void)state;
    check_ends("local function g() return 1 + g() end return g()", "rules/test.lua:1: stack overflow");
    check_ends("local function g() return pcall(g) end return error(select(2, g()) or 'x')", "rules/test.lua:1: ");
    check_ends(
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(x, k) return x[k .. 'a'] end return t.x",
        "rules/test.lua:1: ");
    check_ends("local function g(s) return (s:gsub('.', g)) end return g('a')", "rules/test.lua:1: ");
    check_ends("local function g(a, b) table.sort({ 1, 2 }, g) end g()", "rules/test.lua:1: ");
    check_ends("local m = {} m.__tostring = function(x) return tostring(x) end return tostring(setmetatable({}, m))",
               "rules/test.lua:1: ");
    check_ends("local function g(...) return g(1, ...) end return g()",
               "rules/test.lua:1: stack overflow: a function has more than 2000 arguments");
}

static void
memory_has_a_ceiling_that_pcall_does_not_catch(void **state)
{
    (void)state;
    check_ends("local t = {} while true do t[#t + 1] = {} end", MEMORY);
    check_ends("while true do pcall(function() local t = {} while true do t = { t } end end) end", MEMORY);
    check_ends("local s = 'x' while true do s = s .. s end", MEMORY);
    check_ends("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e6) .. i end", MEMORY);
}

/* Near the ceiling every allocation is a collection of all that is there. */
static void
a_state_that_is_full_does_not_collect_for_hours(void **state)
{
    (void)state;
    check_ends(
        "local t = {} pcall(function() for i = 1, 145000 do t[i] = { i } end end) while true do local x = {} end",
        "rules/test.lua:1: it ");
}

static void
large_results_are_refused_before_they_are_made(void **state)
{
    (void)state;
    check_ends("return ('x'):rep(1e9)", "rules/test.lua:1: 'rep' would make a text of more than 4194304 bytes");
    check_ends("return ('x'):rep(1 << 62, 'abc')", "rules/test.lua:1: 'rep' would make a text of more than");
    check_ends("local s = ('x'):rep(4e6) return ('%s%s'):format(s, s)",
               "rules/test.lua:1: 'format' would make a text of more than 4194304 bytes");
    check_ends("local s, t = ('x'):rep(1e6), {} for i = 1, 9 do t[i] = s end return table.concat(t)",
               "rules/test.lua:1: 'concat' would make a text of more than 4194304 bytes");
    check_ends("return ('x'):rep(1e4):gsub('x', ('y'):rep(1e4))",
               "rules/test.lua:1: 'gsub' would make a text of more than 4194304 bytes");
    check_ends("return table.unpack({}, 1, 1e7)", "rules/test.lua:1: 'unpack' gives at most 1000 values");
    check_ends("return table.unpack({}, math.mininteger, math.maxinteger)",
               "rules/test.lua:1: 'unpack' gives at most 1000 values");
    check_ends("return ('x'):rep(1e6):byte(1, -1)", "rules/test.lua:1: 'byte' gives at most 1000 values");
    check_ends("return table.concat({}, 'x', 1, math.maxinteger)", "rules/test.lua:1: item 1 in 'concat' is a nil");
}

/* Single instructions and functions that take long, in a loop. */
static void
dear_instructions_count_as_many(void **state)
{
    (void)state;
    check_ends("local a, b = ('x'):rep(4e6) .. 'y', ('x'):rep(4e6) .. 'z' while true do local c = a == b end", STEPS);
    check_ends("local a, b = ('x'):rep(16000) .. 'y', ('x'):rep(16000) .. 'z' while true do local c = a < b end",
               STEPS);
    check_ends("local s = ('x'):rep(4e6) while true do local c = s .. 'y' end", STEPS);
    check_ends("local s = ('x'):rep(4e6) while true do s:upper() end", STEPS);
    check_ends("local s = ('x'):rep(4e6) while true do s:find('y', 1, true) end", STEPS);
    check_ends("local t = {} for i = 1, 1e5 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end",
               STEPS);
    check_ends("local t = {} for i = 1, 5e4 do t['k' .. i] = i end for i = 1, 5e4 do t['k' .. i] = nil end "
               "while true do len(t) end",
               STEPS);
    check_ends("local t = {} for i = 1, 1e4 do t['k' .. i] = i end while true do pairs(t) end", STEPS);
    check_ends("local t = {} for i = 1, 1e5 do t[i] = -i end while true do table.sort(t) end", STEPS);
    check_ends("local t = {} for i = 1, 900 do t[i] = i end while true do table.unpack(t) end", STEPS);
    check_ends("local t = {} for i = 1, 1e5 do t[i] = i end while true do is_array(t) end", STEPS);
    check_ends("local t = {} for i = 1, 1e5 do t[i] = i end while true do copy(t) end", STEPS);
    check_ends("local s = ('ü'):rep(1e6) while true do len(s) utf8.len(s) end", STEPS);
}

static void
catastrophic_patterns_end(void **state)
{
    (void)state;
    check_ends("return (('a'):rep(200) .. '!'):match('^(a+)+$')",
               "rules/test.lua:1: the pattern '^(a+)+$' takes too long");
    check_ends("local s = ('a'):rep(200) .. '!' while true do pcall(s.match, s, '^(a+)+$') end", STEPS);
    check_ends("local s = ('a'):rep(30) while true do s:match('^(a|a)*b') end", "rules/test.lua:1: ");
    check_ends("local s = ('a'):rep(1e5) while true do s:match('a*b') end", "rules/test.lua:1: ");
    check_ends("while true do for c in ('a'):rep(1e5):gmatch('a') do end end", STEPS);
    check_ends("local i = 0 while true do i = i + 1 pcall(('x').match, 'x', '(a|b|c){1,100}' .. i) end", STEPS);
    check_ends("return ('x'):match(('('):rep(5000))", "rules/test.lua:1: a pattern may have 4096 bytes");
}

static void
steps_are_counted_over_pauses_and_from_anew_for_each_run(void **state)
{
    struct script_options options = { .steps = 50000 };
    struct script *s = script_from(&options, "return { f = function(v) for i = 1, 10000 do end return 1 end }");

    (void)state;
    for (int i = 0; i < 20; i++)
        assert_string_equal(result_of(s, NULL), "1");
    script_free(s);
}

static void
few_steps_are_counted_exactly_enough(void **state)
{
    struct script_options options = { .steps = 100 };

    (void)state;
    assert_string_equal(result_with(&options, "for i = 1, 300 do end", NULL),
                        "rules/test.lua:1: it took more than 100 steps; does it end?");
    assert_string_equal(result_with(&options, "return 1", NULL), "1");
}

/* ---- the environment ---- */

static void
what_is_not_in_the_environment_is_not_there(void **state)
{
    static const char *const absent[] = {
        "io",
        "os",
        "package",
        "debug",
        "load",
        "loadstring",
        "loadfile",
        "dofile",
        "coroutine",
        "rawget",
        "rawset",
        "rawequal",
        "rawlen",
        "next",
        "collectgarbage",
        "print",
        "warn",
        "_G",
        "_VERSION",
        "string.dump",
        "string.pack",
        "string.unpack",
        "math.random",
        "math.randomseed",
        "table.move",
        "utf8.codepoint",
    };
    char body[100];

    (void)state;
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        (void)snprintf(body, sizeof body, "return %s == nil", absent[i]);
        check_result(body, NULL, "true");
    }
}

static void
nothing_of_it_can_be_changed(void **state)
{
    (void)state;
    check_result("x = 1", NULL, "rules/test.lua:1: globals cannot be assigned: use local, or the store");
    check_result("null = 1", NULL, "rules/test.lua:1: globals cannot be assigned: use local, or the store");
    check_result("string.format = nil", NULL, "rules/test.lua:1: this cannot be changed");
    check_result("math.x = 1", NULL, "rules/test.lua:1: this cannot be changed");
    check_result("table.insert(string, 1)", NULL,
                 "rules/test.lua:1: bad argument #1 to 'insert' (table expected, got string)");
    check_result("return getmetatable(''), getmetatable(string), getmetatable(null), getmetatable(array())", NULL,
                 "false false false false");
    check_result("setmetatable(array(), {})", NULL, "rules/test.lua:1: the metatable of this array cannot be changed");
    check_result("setmetatable({}, { __gc = function() end })", NULL,
                 "rules/test.lua:1: a metatable cannot have __gc here");
    check_result("null.x = 1", NULL, "rules/test.lua:1: attempt to index a null value (global 'null')");
    check_result("require('x')", NULL,
                 "rules/test.lua:1: require is for the top of a file, not for functions that are called later");
}

static void
globals_of_a_file_may_be_assigned_while_it_runs(void **state)
{
    struct script *s = script_from(NULL, "limit = 5 function double(x) return 2 * x end\n"
                                         "return { f = function() return double(limit) end, g = function() end }");

    (void)state;
    assert_string_equal(result_of(s, NULL), "10");
    script_free(s);
}

static void
a_script_with_little_memory_is_refused_or_works(void **state)
{
    (void)state;
    for (size_t memory = 1000; memory < 100000; memory += 200) {
        struct script_options options = { .memory = memory };
        struct error err = { 0 };
        struct script *s = script_new(&options, &err);
        struct text name = TEXT("body");

        if (s == NULL) {
            assert_int_equal(err.kind, ERROR_ENVIRONMENT);
            continue;
        }
        if (script_load_text(
                s, TEXT("local t = {} for i = 1, 9 do t[i] = { i } end return { f = function(v) return v end }"),
                "t.lua", &err) == 0)
            (void)result_of(s, "{\"a\":[1,2,3],\"b\":18446744073709551616}");
        (void)script_expression(s, TEXT("near(sum(body.list), 3, 0) and body.x > 1"), "here", &name, 1, NULL);
        script_free(s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endless_loops_end_and_pcall_does_not_catch_it),
        cmocka_unit_test(what_runs_on_the_way_out_cannot_stay),
        cmocka_unit_test(metamethods_and_callbacks_are_counted),
        cmocka_unit_test(deep_recursion_is_a_stack_overflow),
        cmocka_unit_test(memory_has_a_ceiling_that_pcall_does_not_catch),
        cmocka_unit_test(a_state_that_is_full_does_not_collect_for_hours),
        cmocka_unit_test(large_results_are_refused_before_they_are_made),
        cmocka_unit_test(dear_instructions_count_as_many),
        cmocka_unit_test(catastrophic_patterns_end),
        cmocka_unit_test(steps_are_counted_over_pauses_and_from_anew_for_each_run),
        cmocka_unit_test(few_steps_are_counted_exactly_enough),
        cmocka_unit_test(what_is_not_in_the_environment_is_not_there),
        cmocka_unit_test(nothing_of_it_can_be_changed),
        cmocka_unit_test(globals_of_a_file_may_be_assigned_while_it_runs),
        cmocka_unit_test(a_script_with_little_memory_is_refused_or_works),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
