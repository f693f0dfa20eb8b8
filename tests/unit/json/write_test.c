#include "cases.h"

#include <math.h>

static struct arena *arena;
static struct buffer out;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    buffer_init(&out, LIMIT_MIB);
    return arena == NULL;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    buffer_release(&out);
    return 0;
}

static void
write_some(unsigned indent)
{
    struct json_writer w;

    buffer_clear(&out);
    json_begin(&w, &out, indent);
    json_object(&w);
    JSON_KEY(&w, "a");
    json_array(&w);
    json_integer(&w, INT64_MIN);
    json_double(&w, 1.0 / 3, 3);
    json_double(&w, NAN, 3);
    json_bool(&w, true);
    json_array(&w);
    json_end_array(&w);
    json_end_array(&w);
    JSON_KEY(&w, "b");
    json_object(&w);
    json_end_object(&w);
    JSON_KEY(&w, "c");
    json_raw(&w, TEXT("1e400"));
    JSON_KEY(&w, "d");
    json_string(&w, TEXT("x"));
    JSON_KEY(&w, "e");
    json_null(&w);
    json_end_object(&w);
}

static void
commas_go_between_values_and_nowhere_else(void **state)
{
    (void)state;
    write_some(0);
    check_text(buffer_text(&out),
               "{\"a\":[-9223372036854775808,0.333,null,true,[]],\"b\":{},\"c\":1e400,\"d\":\"x\",\"e\":null}");
}

static void
indented_text_has_a_line_for_each_value(void **state)
{
    (void)state;
    write_some(2);
    check_text(buffer_text(&out),
               "{\n  \"a\": [\n    -9223372036854775808,\n    0.333,\n    null,\n    true,\n    []\n  ],\n"
               "  \"b\": {},\n  \"c\": 1e400,\n  \"d\": \"x\",\n  \"e\": null\n}");
}

static void
strings_are_valid_json_whatever_is_in_them(void **state)
{
    static const struct {
        const char *raw, *written;
    } table[] = {
        { "plain", "\"plain\"" },
        { "\" \\ / \b \f \n \r \t \x01 \x7F", "\"\\\" \\\\ / \\b \\f \\n \\r \\t \\u0001 \x7F\"" },
        { "caf\xC3\xA9 \xF0\x9F\x98\x80", "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"" },
        { "a\xFF\x80z\xC3", "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\"" },
        { "\xED\xA0\xBD!\xED\xBF\xBF", "\"\\ud83d!\\udfff\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        buffer_clear(&out);
        json_escape(&out, text_of(table[i].raw));
        check_text(buffer_text(&out), table[i].written);
        assert_true(document_is_json(buffer_text(&out)));
    }
    buffer_clear(&out);
    json_escape(&out, text_make("\0", 1));
    check_text(buffer_text(&out), "\"\\u0000\"");
}

static void
a_document_is_written_as_it_was_read(void **state)
{
    const char *text = "{\"a\":[1.50,1e400,-0,18446744073709551616],\"b\":{\"a\":null,\"a\":true},\"\":\"\\ud800x\"}";

    (void)state;
    check_text(written(json(arena, text), arena), text);
}

static void
a_full_buffer_is_remembered(void **state)
{
    struct json_writer w;
    struct buffer small;

    (void)state;
    buffer_init(&small, 10);
    json_begin(&w, &small, 0);
    json_value(&w, json(arena, "[1,2,3,\"four\",5,6,7]"));
    assert_true(buffer_failed(&small));
    assert_in_range(buffer_length(&small), 0, 10);
    buffer_release(&small);
}

/* Strings are looked at in words and pieces: a byte that needs an escape is found wherever it stands. */
static void
a_special_byte_is_escaped_at_any_place(void **state)
{
    static const struct {
        const char *byte, *escape;
    } specials[] = { { "\"", "\\\"" }, { "\\", "\\\\" }, { "\n", "\\n" }, { "\x1f", "\\u001f" }, { "\x7f", "\x7f" } };
    char in[42], expected[50];

    (void)state;
    for (size_t s = 0; s < sizeof specials / sizeof specials[0]; s++) {
        for (size_t length = 1; length < 41; length++) {
            for (size_t at = 0; at < length; at++) {
                struct buffer built;

                memset(in, 'x', length);
                in[at] = specials[s].byte[0];
                (void)snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)at, in, specials[s].escape,
                               (int)(length - at - 1), in + at + 1);
                buffer_init(&built, 1000);
                json_escape(&built, text_make(in, length));
                check_text(buffer_text(&built), expected);
                buffer_release(&built);
            }
        }
    }
}

static void
a_string_that_just_fits_is_written(void **state)
{
    struct buffer built;

    (void)state;
    for (size_t ceiling = 10; ceiling < 14; ceiling++) {
        buffer_init(&built, ceiling);
        json_escape(&built, TEXT("123456789\""));
        assert_int_equal(buffer_failed(&built), ceiling < 13);
        buffer_release(&built);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_special_byte_is_escaped_at_any_place),
        cmocka_unit_test(a_string_that_just_fits_is_written),
        cmocka_unit_test(commas_go_between_values_and_nowhere_else),
        cmocka_unit_test(indented_text_has_a_line_for_each_value),
        cmocka_unit_test(strings_are_valid_json_whatever_is_in_them),
        cmocka_unit_test(a_document_is_written_as_it_was_read),
        cmocka_unit_test(a_full_buffer_is_remembered),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
