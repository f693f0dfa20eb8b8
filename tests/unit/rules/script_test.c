/* script.h: files of functions, runs, and what of the host they call. What ends a run is in script_limits_test.c. */
#include "unit.h"

#include "rules/scripts.h"

/* ---- files ---- */

static void
a_file_gives_functions_by_name(void **state)
{
    struct script *s = script_from(NULL, "return { b = function() end, a = function() end }");

    (void)state;
    assert_true(script_has(s, TEXT("a")));
    assert_false(script_has(s, TEXT("c")));
    assert_string_equal(script_name(s, 0), "a");
    assert_string_equal(script_name(s, 1), "b");
    assert_null(script_name(s, 2));
    script_free(s);
}

static void
check_refused(const char *source, const char *where, const char *what)
{
    struct error err = { 0 };
    struct script *s = script_new(NULL, &err);

    assert_int_equal(script_load_text(s, text_of(source), "rules/test.lua", &err), -1);
    assert_string_equal(err.where, where);
    check_that(strstr(err.what, what) != NULL, "%s", err.what);
    script_free(s);
}

static void
what_is_wrong_with_a_file_is_said_with_its_line(void **state)
{
    (void)state;
    check_refused("local x =\nlocal y", "rules/test.lua:2", "unexpected symbol near 'local'");
    check_refused("\n\nlocal x = nil + 1", "rules/test.lua:3", "arithmetic on a nil value");
    check_refused("return 1", "rules/test.lua", "no table of functions");
    check_refused("return { a = 1 }", "rules/test.lua", "a is a number");
    check_refused("return { function() end }", "rules/test.lua", "functions by name alone");
    check_refused("require 'other'", "rules/test.lua:1", "there is no such file");
    check_refused("\nwhile true do end", "rules/test.lua:2", "more than 20000000 steps");
    check_refused("\x1bLua", "rules/test.lua", "attempt to load a binary chunk");
}

/* ---- runs ---- */

static void
arguments_go_in_and_results_come_out(void **state)
{
    struct script *s = script_from(NULL, "return { f = function(a, b, c) return b, a, c, nil, 5 end }");
    struct script_run *run = script_run_new(s, TEXT("f"), NULL);
    struct text text;
    int64_t integer;

    (void)state;
    assert_int_equal(script_push_text(run, TEXT("one")), 0);
    assert_int_equal(script_push_integer(run, 2), 0);
    assert_int_equal(script_push_nil(run), 0);
    assert_int_equal(script_resume(run, NULL), SCRIPT_DONE);
    assert_int_equal(script_result_count(run), 5);
    assert_true(script_result_integer(run, 0, &integer) && integer == 2);
    assert_true(script_result_text(run, 1, &text));
    check_text(text, "one");
    assert_true(script_result_is_nil(run, 2));
    assert_true(script_result_is_nil(run, 9));
    assert_false(script_result_text(run, 0, &text));
    script_run_free(run);
    script_free(s);
}

static void
a_function_that_is_not_there_is_an_error(void **state)
{
    struct script *s = script_from(NULL, "return {}");
    struct error err = { 0 };

    (void)state;
    assert_null(script_run_new(s, TEXT("f"), &err));
    assert_string_equal(err.what, "there is no function 'f'");
    script_free(s);
}

static void
a_failure_says_where_and_what(void **state)
{
    (void)state;
    check_result("\n\nerror('no stock')", NULL, "rules/test.lua:3: no stock");
    check_result("return v.a.b", "{}", "rules/test.lua:1: attempt to index a nil value (field 'a')");
    check_result("assert(false, 'so')", NULL, "rules/test.lua:1: so");
    check_result("error({ status = 404 })", NULL, "rules/test.lua:1: it raised {\"status\":404}");
    check_result("error()", NULL, "rules/test.lua:1: it raised a nil");
}

static void
a_raised_table_is_handed_out(void **state)
{
    struct script *s = script_from(NULL, "return { f = function() error({ status = 409 }) end }");
    struct script_run *run = script_run_new(s, TEXT("f"), NULL);
    struct buffer json;

    (void)state;
    buffer_init(&json, 1000);
    assert_int_equal(script_resume(run, NULL), SCRIPT_FAILED);
    assert_true(script_run_raised(run, &json));
    check_text(buffer_text(&json), "{\"status\":409}");
    buffer_release(&json);
    script_run_free(run);
    script_free(s);
}

static void
a_run_that_is_over_cannot_go_on(void **state)
{
    struct script *s = script_from(NULL, "return { f = function() return 1 end, g = function() error('x') end }");
    struct script_run *run = script_run_new(s, TEXT("f"), NULL), *other = script_run_new(s, TEXT("g"), NULL);

    (void)state;
    assert_int_equal(script_resume(run, NULL), SCRIPT_DONE);
    assert_int_equal(script_resume(run, NULL), SCRIPT_FAILED);
    assert_int_equal(script_resume(other, NULL), SCRIPT_FAILED);
    assert_int_equal(script_resume(other, NULL), SCRIPT_FAILED);
    script_run_free(run);
    script_run_free(other);
    script_free(s);
}

/* ---- functions of the host ---- */

static int
join(struct script_call *call, void *arg)
{
    struct text text = { 0 };
    int64_t number = 0;
    bool flag = false;

    if (!script_arg_text(call, 0, &text))
        return script_raise(call, "join wants a text, not %u arguments", script_arg_count(call));
    assert_true(script_arg_integer(call, 1, &number));
    assert_true(script_arg_boolean(call, 2, &flag));
    assert_true(script_arg_is_nil(call, 3));
    ++*(int *)arg;
    (void)script_return_text(call, text);
    (void)script_return_integer(call, number + 1);
    return script_return_boolean(call, !flag);
}

static struct script *
script_with(const char *table, const char *name, script_function *f, void *arg, const char *source)
{
    struct error err = { 0 };
    struct script *s = script_new(NULL, &err);

    assert_int_equal(script_define(s, table, name, f, arg, &err), 0);
    check_that(script_load_text(s, text_of(source), "rules/test.lua", &err) == 0, "%s: %s", err.where, err.what);
    return s;
}

static void
scripts_call_functions_of_the_host(void **state)
{
    int calls = 0;
    struct script *s =
        script_with(NULL, "join", join, &calls, "return { f = function() return join('a', 1, true) end }");

    (void)state;
    assert_string_equal(result_of(s, NULL), "\"a\" 2 false");
    assert_int_equal(calls, 1);
    script_free(s);
}

static void
a_function_may_be_in_a_table_and_its_error_names_the_line(void **state)
{
    int calls = 0;
    struct script *s =
        script_with("text", "join", join, &calls, "return { f = function()\nreturn text.join(1, 2) end }");

    (void)state;
    assert_string_equal(result_of(s, NULL), "rules/test.lua:2: join wants a text, not 2 arguments");
    script_free(s);
}

static int
give_large(struct script_call *call, void *arg)
{
    return script_return_text(call, *(struct text *)arg);
}

static void
a_result_that_memory_has_no_room_for_ends_the_run_and_jumps_over_nobody(void **state)
{
    struct script_options options = { .memory = 1024 * 1024 };
    struct text large = { calloc(1, 2 * 1024 * 1024), 2 * 1024 * 1024 };
    struct script *s = script_new(&options, NULL);

    (void)state;
    assert_int_equal(script_define(s, NULL, "large", give_large, &large, NULL), 0);
    assert_int_equal(script_load_text(s, TEXT("return { f = function() return pcall(large) end }"), "t.lua", NULL), 0);
    assert_string_equal(result_of(s, NULL),
                        "t.lua:1: it needs more than the 1024 KiB of memory that a script may have");
    script_free(s);
    free((void *)(uintptr_t)large.data);
}

static int
refuse(struct script_call *call, void *arg)
{
    struct document document;

    assert_int_equal(document_parse(&document, TEXT("{\"status\":409,\"list\":[]}"), NULL, arg, NULL), 0);
    return script_raise_value(call, document.root);
}

static void
a_host_raises_values_which_pcall_sees(void **state)
{
    struct arena *arena = arena_new(0, 10000);
    struct script *s = script_with(NULL, "refuse", refuse, arena,
                                   "return { f = function() local ok, e = pcall(refuse) return ok, e end }");

    (void)state;
    assert_string_equal(result_of(s, NULL), "false {\"list\":[],\"status\":409}");
    script_free(s);
    arena_free(arena);
}

/* ---- pausing ---- */

static int
wait_for(struct script_call *call, void *arg)
{
    (void)arg;
    return script_pause(call);
}

static void
a_run_pauses_and_goes_on_with_what_was_pushed(void **state)
{
    struct script *s = script_with(NULL, "wait", wait_for, NULL,
                                   "return { f = function(n) local ok, a, b = pcall(wait) return n + a, b, ok end }");
    struct script_run *first = script_run_new(s, TEXT("f"), NULL), *second = script_run_new(s, TEXT("f"), NULL);
    int64_t sum = 0;
    struct text text;

    (void)state;
    assert_int_equal(script_push_integer(first, 1), 0);
    assert_int_equal(script_resume(first, NULL), SCRIPT_PAUSED);
    assert_int_equal(script_push_integer(second, 10), 0);
    assert_int_equal(script_resume(second, NULL), SCRIPT_PAUSED);
    assert_int_equal(script_push_integer(first, 5), 0);
    assert_int_equal(script_push_text(first, TEXT("came")), 0);
    assert_int_equal(script_resume(first, NULL), SCRIPT_DONE);
    assert_true(script_result_integer(first, 0, &sum) && sum == 6);
    assert_true(script_result_text(first, 1, &text));
    check_text(text, "came");
    script_run_free(first);
    script_run_free(second); /* paused still */
    script_free(s);
}

static void
a_function_that_sort_calls_cannot_pause(void **state)
{
    struct script *s =
        script_with(NULL, "wait", wait_for, NULL, "return { f = function() table.sort({ 1, 2 }, wait) end }");

    (void)state;
    check_that(strstr(result_of(s, NULL), "rules/test.lua:1: this cannot wait here") != NULL, "%s", result_of(s, NULL));
    script_free(s);
}

/* ---- objects ---- */

static int
add_to(struct script_call *call, void *object)
{
    int64_t number = 0;

    assert_int_equal(script_arg_count(call), 1);
    assert_true(script_arg_integer(call, 0, &number));
    *(int64_t *)object += number;
    return script_return_integer(call, *(int64_t *)object);
}

static const struct script_method methods[] = { { "add", add_to }, { NULL, NULL } };

static enum script_state
run_with_object(struct script *s, const char *function, int64_t *object, struct error *err)
{
    struct script_run *run = script_run_new(s, text_of(function), err);
    enum script_state state;

    assert_int_equal(script_push_object(run, methods, object), 0);
    state = script_resume(run, err);
    script_run_free(run);
    return state;
}

static void
objects_have_methods_with_a_colon_or_a_dot(void **state)
{
    struct script *s = script_from(NULL, "return { f = function(o) o:add(1) o.add(2) o:add(4) end }");
    int64_t sum = 0;

    (void)state;
    assert_int_equal(run_with_object(s, "f", &sum, NULL), SCRIPT_DONE);
    assert_int_equal(sum, 7);
    script_free(s);
}

static void
an_object_that_was_kept_from_another_run_is_refused(void **state)
{
    struct script *s = script_from(NULL, "local kept, method\nreturn { f = function(o) kept, method = o, o.add end,\n"
                                         "g = function() kept:add(1) end, h = function() method(1) end }");
    int64_t sum = 0;
    struct error err = { 0 }, other = { 0 };

    (void)state;
    assert_int_equal(run_with_object(s, "f", &sum, NULL), SCRIPT_DONE);
    assert_int_equal(run_with_object(s, "g", &sum, &err), SCRIPT_FAILED);
    assert_string_equal(err.where, "rules/test.lua:3");
    check_that(strstr(err.what, "'add' belongs to a run that is over") != NULL, "%s", err.what);
    assert_int_equal(run_with_object(s, "h", &sum, &other), SCRIPT_FAILED);
    check_that(strstr(other.what, "'add' belongs to a run that is over") != NULL, "%s", other.what);
    assert_int_equal(sum, 0);
    script_free(s);
}

static void
a_method_that_is_mistyped_gets_the_nearest(void **state)
{
    struct script *s = script_from(NULL, "return { f = function(o) o:ad(1) end, g = function(o) o.x = 1 end }");
    struct error err = { 0 }, other = { 0 };
    int64_t sum = 0;

    (void)state;
    assert_int_equal(run_with_object(s, "f", &sum, &err), SCRIPT_FAILED);
    assert_string_equal(err.what, "there is no method 'ad'; did you mean 'add'?");
    assert_int_equal(run_with_object(s, "g", &sum, &other), SCRIPT_FAILED);
    script_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_gives_functions_by_name),
        cmocka_unit_test(what_is_wrong_with_a_file_is_said_with_its_line),
        cmocka_unit_test(arguments_go_in_and_results_come_out),
        cmocka_unit_test(a_function_that_is_not_there_is_an_error),
        cmocka_unit_test(a_failure_says_where_and_what),
        cmocka_unit_test(a_raised_table_is_handed_out),
        cmocka_unit_test(a_run_that_is_over_cannot_go_on),
        cmocka_unit_test(scripts_call_functions_of_the_host),
        cmocka_unit_test(a_function_may_be_in_a_table_and_its_error_names_the_line),
        cmocka_unit_test(a_result_that_memory_has_no_room_for_ends_the_run_and_jumps_over_nobody),
        cmocka_unit_test(a_host_raises_values_which_pcall_sees),
        cmocka_unit_test(a_run_pauses_and_goes_on_with_what_was_pushed),
        cmocka_unit_test(a_function_that_sort_calls_cannot_pause),
        cmocka_unit_test(objects_have_methods_with_a_colon_or_a_dot),
        cmocka_unit_test(an_object_that_was_kept_from_another_run_is_refused),
        cmocka_unit_test(a_method_that_is_mistyped_gets_the_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
