#include "cases.h"

#include "json/compare.h"

static struct arena *arena;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    return arena == NULL;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const char everything[] =
    " {\"a\": [1, -2.5e+3, true, false, null, {}, [], \"\"],\r\n\t\"b\\u00e9\\ud83d\\ude00\": "
    "\"caf\xC3\xA9 \xF0\x9F\x98\x80 \\\"\\\\\\/\\b\\f\\n\\r\\t\", \"long enough for sixteen "
    "bytes at a time\": {\"b\": {\"c\": [[[0]]]}}} ";

static void
the_tape_is_in_the_order_of_writing(void **state)
{
    const struct value *v = json(arena, "{\"a\":[1,\"x\"],\"b\":null}");

    (void)state;
    assert_int_equal(v[0].type, VALUE_OBJECT);
    assert_int_equal(v[0].count, 2);
    assert_int_equal(v[0].span, 7);
    check_text(value_text(&v[1]), "a");
    assert_int_equal(v[1].depth, 1);
    assert_int_equal(v[2].type, VALUE_ARRAY);
    assert_int_equal(v[2].span, 3);
    assert_int_equal(v[2].place, 5);
    check_text(value_text(&v[3]), "1");
    assert_int_equal(v[3].flags, VALUE_INTEGER);
    assert_int_equal(v[3].depth, 2);
    check_text(value_text(&v[4]), "x");
    check_text(value_text(&v[5]), "b");
    assert_int_equal(v[6].type, VALUE_NULL);
    assert_int_equal(v[6].span, 1);
}

static void
escapes_are_decoded_and_plain_strings_point_into_the_source(void **state)
{
    const char *text =
        "[\"plain\",\"\\u0041\\n\\ud83d\\ude00\\u0000\\/\",\"\\ud800\",\"\\udc00\\ud800\\ud800\\udc00\"]";
    const struct value *v = json(arena, text);

    (void)state;
    assert_ptr_equal(v[1].data, text + 2);
    assert_int_equal(v[1].flags, 0);
    assert_int_equal(v[2].flags, VALUE_ESCAPED);
    assert_int_equal(v[2].count, 8);
    assert_memory_equal(v[2].data, "A\n\xF0\x9F\x98\x80\0/", 8);
    check_text(value_text(&v[3]), "\xED\xA0\x80");
    check_text(value_text(&v[4]), "\xED\xB0\x80\xED\xA0\x80\xF0\x90\x80\x80");
}

static void
faults_say_what_is_missing_and_where(void **state)
{
    (void)state;
    for (VALUE_EACH_ITEM(test, cases(arena, "refused.json"))) {
        const char *name = described(test, arena);
        struct text text = value_text(VALUE_MEMBER(test, "text"));
        struct document_error why = { .what = "" };
        struct document document;
        char found[256], expected[256];

        check_that(document_parse(&document, text, NULL, arena, &why) == -1, "%s was accepted", name);
        (void)snprintf(found, sizeof found, "%u:%u %s", why.line, why.column, why.what);
        (void)snprintf(expected, sizeof expected, "%.*s:%.*s %.*s", TEXT_PRINT(value_text(VALUE_MEMBER(test, "line"))),
                       TEXT_PRINT(value_text(VALUE_MEMBER(test, "column"))),
                       TEXT_PRINT(value_text(VALUE_MEMBER(test, "error"))));
        check_that(strcmp(found, expected) == 0, "%s: expected '%s', found '%s'", name, expected, found);
        check_that(!why.too_large, "%s", name);
        check_that(!document_is_json(text), "%s: document_is_json", name);
    }
}

static void
no_beginning_of_a_text_is_a_text_and_none_is_read_beyond_its_end(void **state)
{
    struct text whole = text_of(everything);
    size_t last = whole.length - 2; /* the closing bracket; a space follows */

    (void)state;
    for (size_t length = 0; length <= whole.length; length++) {
        struct edge edge = edge_of(text_slice(whole, 0, length));
        struct document document;
        bool good = document_parse(&document, edge.text, NULL, arena, NULL) == 0;

        check_that(good == (length > last), "cut at %zu", length);
        check_that(document_is_json(edge.text) == good, "cut at %zu", length);
        edge_free(&edge);
        arena_reset(arena);
    }
}

static void
every_end_of_a_text_is_read_without_harm(void **state)
{
    struct text whole = text_of(everything);

    (void)state;
    for (size_t start = 0; start < whole.length; start++) {
        struct edge edge = edge_of(text_from(whole, start));
        struct document document;
        bool good = document_parse(&document, edge.text, NULL, arena, NULL) == 0;

        assert_int_equal(document_is_json(edge.text), good);
        edge_free(&edge);
        arena_reset(arena);
    }
}

static void
bytes_that_are_no_utf8_are_refused_at_every_place_of_a_string(void **state)
{
    static const char *const bad[] = {
        "\x80",         "\xC0\xAF",         "\xC1\xBF",         "\xE0\x80\x80", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF8\x88",     "\xFF",
        "\xC3",         "\xE2\x82",         "\xF0\x9F\x98",     "\xE2\x28\xA1"
    };
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (int pad = 0; pad < 40; pad++) {
            struct document_error why;
            struct document document;

            (void)snprintf(text, sizeof text, "\"%*s%s\"", pad, "", bad[i]);
            assert_int_equal(document_parse(&document, text_of(text), NULL, arena, &why), -1);
            assert_string_equal(why.what, "a string holds bytes that are not UTF-8");
            assert_int_equal(why.place, pad + 1);
            assert_false(document_is_json(text_of(text)));
        }
    }
}

static struct text
repeated(const char *unit, size_t times, const char *last)
{
    size_t length = strlen(unit), rest = strlen(last);
    char *data = arena_alloc(arena, length * times + rest);

    assert_non_null(data);
    for (size_t i = 0; i < times; i++)
        memcpy(data + i * length, unit, length);
    memcpy(data + length * times, last, rest);
    return text_make(data, length * times + rest);
}

static void
nesting_ends_at_the_limit_with_a_clear_error(void **state)
{
    static const size_t depths[] = { LIMIT_JSON_DEPTH + 1, 50000, 100000 };
    static const char *const openings[] = { "[", "{\"a\":" };
    struct document_error why;
    struct document document;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 2; j++) {
            struct text deep = repeated(openings[j], depths[i], "");

            assert_int_equal(document_parse(&document, deep, NULL, arena, &why), -1);
            assert_string_equal(why.what, "arrays and objects are nested too deeply");
            assert_true(why.too_large);
            assert_int_equal(why.place, LIMIT_JSON_DEPTH * strlen(openings[j]));
            assert_false(document_is_json(deep));
        }
    }
}

static void
nesting_up_to_the_limit_is_read(void **state)
{
    struct text opening = repeated("[", LIMIT_JSON_DEPTH, ""), closing = repeated("]", LIMIT_JSON_DEPTH, "");
    struct text whole = arena_print(arena, "%.*s%.*s", TEXT_PRINT(opening), TEXT_PRINT(closing));
    const struct document_options shallow = { .max_depth = 10 };
    struct document document;

    (void)state;
    assert_int_equal(document_parse(&document, whole, NULL, arena, NULL), 0);
    assert_int_equal(document.values, LIMIT_JSON_DEPTH);
    assert_int_equal(document.root[LIMIT_JSON_DEPTH - 1].depth, LIMIT_JSON_DEPTH - 1);
    assert_int_equal(document.root->span, LIMIT_JSON_DEPTH);
    assert_true(document_is_json(whole));
    assert_int_equal(document_parse(&document, whole, &shallow, arena, NULL), -1);
}

static void
more_values_than_allowed_are_an_error(void **state)
{
    const struct document_options few = { .max_values = 5 };
    struct document_error why;
    struct document document;

    (void)state;
    assert_int_equal(document_parse(&document, TEXT("[1,2,3,4]"), &few, arena, NULL), 0);
    assert_int_equal(document_parse(&document, TEXT("[1,2,3,4,5]"), &few, arena, &why), -1);
    assert_true(why.too_large);
    assert_string_equal(why.what, "there are too many values in one document");
    assert_int_equal(document_parse(&document, TEXT("{\"a\":1,\"b\":2}"), &few, arena, NULL), 0);
    assert_int_equal(document_parse(&document, TEXT("[{\"a\":1,\"b\":2}]"), &few, arena, &why), -1);
    assert_true(why.too_large);
    assert_int_equal(document_parse(&document, TEXT("[[[[{}]]]]"), &few, arena, NULL), 0);
    assert_int_equal(document_parse(&document, TEXT("[[[[[[]]]]]]"), &few, arena, &why), -1);
    assert_true(why.too_large);
}

static void
an_arena_that_is_too_small_gives_an_error_at_every_size(void **state)
{
    const struct document_options options = { .duplicates = true, .lines = true };
    struct text many = repeated("{\"\\u0061\":[\"\\n\"],\"b\":2},", 60, "0");
    struct text whole = arena_print(arena, "[%.*s]", TEXT_PRINT(many));
    size_t refused = 0, ceiling = 0;

    (void)state;
    for (bool good = false; !good; ceiling += 64) {
        struct arena *small = arena_new(64, ceiling);
        struct document_error why = { .what = NULL };
        struct document document;

        assert_non_null(small);
        good = document_parse(&document, whole, &options, small, &why) == 0;
        if (!good) {
            assert_true(why.too_large);
            assert_string_equal(why.what, "the document needs more memory than it may have");
            refused++;
        }
        arena_free(small);
    }
    assert_true(refused > 3);
}

static void
a_key_said_ten_thousand_times_is_found_quickly(void **state)
{
    struct text many = repeated("\"k\":1,", 10000, "\"k\":2");
    struct text whole = arena_print(arena, "{%.*s}", TEXT_PRINT(many));
    const struct document_options options = { .duplicates = true };
    struct document document;

    (void)state;
    assert_int_equal(document_parse(&document, whole, &options, arena, NULL), 0);
    assert_int_equal(document.duplicate_keys, 1);
    assert_int_equal(document.root->count, 10001);
    assert_int_equal(document.root->flags, VALUE_DUPLICATE_KEY);
    check_text(value_text(VALUE_MEMBER(document.root, "k")), "2");
}

/* An object with `members` keys; the one at `again` says the first key once more (0: none does). */
static struct text
object_with(unsigned members, unsigned again)
{
    struct buffer out;
    struct text result;

    buffer_init(&out, SIZE_MAX);
    for (unsigned i = 0; i < members; i++)
        buffer_print(&out, "%s\"key%05u\":{}", i > 0 ? "," : "{", i == again ? 0 : i);
    buffer_byte(&out, '}');
    result = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return result;
}

static void
repeated_keys_are_found_in_objects_of_every_size(void **state)
{
    static const unsigned sizes[] = { 2, 3, 8, 31, 32, 33, 64, 65, 1000, 5000 };
    const struct document_options options = { .duplicates = true };
    struct document document;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(document_parse(&document, object_with(sizes[i], 0), &options, arena, NULL), 0);
        assert_int_equal(document.duplicate_keys, 0);
        assert_int_equal(document_parse(&document, object_with(sizes[i], sizes[i] - 1), &options, arena, NULL), 0);
        assert_int_equal(document.duplicate_keys, 1);
        assert_int_equal(document.root->flags, VALUE_DUPLICATE_KEY);
    }
    assert_int_equal(
        document_parse(&document, TEXT("[{\"a\":1,\"\\u0061\":2},{\"a\":{\"b\":1,\"b\":1}}]"), &options, arena, NULL),
        0);
    assert_int_equal(document.duplicate_keys, 2);
    assert_int_equal(
        document_parse(&document, TEXT("{\"a\":{\"b\":[{}]},\"c\":[{\"d\":0}],\"a\":0}"), &options, arena, NULL), 0);
    assert_int_equal(document.duplicate_keys, 1);
    assert_int_equal(document_parse(&document, TEXT("{\"\":0,\"a\":1,\"\":2}"), &options, arena, NULL), 0);
    assert_int_equal(document.duplicate_keys, 1);
}

/* Strings are looked for in blocks of 64 bytes. */
static void
strings_of_every_length_are_found_wherever_they_begin(void **state)
{
    char spaces[140], letters[140];

    (void)state;
    memset(spaces, ' ', sizeof spaces);
    memset(letters, 'x', sizeof letters);
    for (int gap = 0; gap < 131; gap++) {
        for (int length = 0; length < 131; length++) {
            struct arena *own = arena_new(0, SIZE_MAX);
            struct text t =
                arena_print(own, "[%.*s\"%.*s\",\n%.*s{\"%.*s\":\"a\\n\\\"%.*s\"},\"\xc3\xa4%.*s\",\"z\"]", gap, spaces,
                            length, letters, gap, spaces, length, letters, length, letters, length, letters);
            const struct value *list = json(own, t.data);
            const struct value *object = value_item(list, 1), *last = value_item(list, 2);

            assert_int_equal(list->count, 4);
            check_text(value_text(value_item(list, 0)), arena_print(own, "%.*s", length, letters).data);
            assert_int_equal(value_first(object)->count, length);
            assert_int_equal((value_first(object) + 1)->count, length + 3);
            assert_int_equal(last->count, length + 2);
            check_text(value_text(value_item(list, 3)), "z");
            arena_free(own);
        }
    }
}

static void
a_number_of_ten_megabytes_keeps_every_digit(void **state)
{
    struct text digits = repeated("1234567890", LIMIT_MIB, "");
    struct document document;

    (void)state;
    assert_int_equal(document_parse(&document, digits, NULL, arena, NULL), 0);
    assert_int_equal(document.root->count, digits.length);
    assert_ptr_equal(document.root->data, digits.data);
}

static void
members_and_items_are_found(void **state)
{
    const struct value *v = json(arena, "{\"a\":[10,[11],12],\"\":1,\"a\":[20,[21],22]}");

    (void)state;
    check_text(value_text(value_item(VALUE_MEMBER(v, "a"), 2)), "22"); /* the last of repeated keys */
    check_text(value_text(VALUE_MEMBER(v, "")), "1");
    assert_null(VALUE_MEMBER(v, "b"));
    assert_null(value_member(NULL, TEXT("a")));
    assert_null(VALUE_MEMBER(VALUE_MEMBER(v, "a"), "a"));
    assert_null(value_item(VALUE_MEMBER(v, "a"), 3));
    assert_null(value_item(v, 0));
    assert_string_equal(value_type_name(v), "object");
}

static void
places_have_lines_and_columns(void **state)
{
    const struct document_options with_lines = { .name = "f.json", .lines = true };
    struct text source = TEXT("{\n  \"a\": 1,\r\n\n  \"b\": [\n2]}");
    struct document quick, slow;

    (void)state;
    assert_int_equal(document_parse(&quick, source, &with_lines, arena, NULL), 0);
    assert_int_equal(document_parse(&slow, source, NULL, arena, NULL), 0);
    assert_int_equal(quick.line_count, 5);
    check_text(document_where(&quick, VALUE_MEMBER(quick.root, "a"), arena), "f.json:2:8");
    check_text(document_where(&slow, VALUE_MEMBER(slow.root, "b"), arena), "4:8");
    for (uint32_t place = 0; place <= source.length; place++) {
        uint32_t line, column, other_line, other_column;

        document_position(&quick, place, &line, &column);
        document_position(&slow, place, &other_line, &other_column);
        assert_int_equal(line, other_line);
        assert_int_equal(column, other_column);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tape_is_in_the_order_of_writing),
        cmocka_unit_test(escapes_are_decoded_and_plain_strings_point_into_the_source),
        cmocka_unit_test(faults_say_what_is_missing_and_where),
        cmocka_unit_test(no_beginning_of_a_text_is_a_text_and_none_is_read_beyond_its_end),
        cmocka_unit_test(every_end_of_a_text_is_read_without_harm),
        cmocka_unit_test(bytes_that_are_no_utf8_are_refused_at_every_place_of_a_string),
        cmocka_unit_test(nesting_ends_at_the_limit_with_a_clear_error),
        cmocka_unit_test(nesting_up_to_the_limit_is_read),
        cmocka_unit_test(more_values_than_allowed_are_an_error),
        cmocka_unit_test(an_arena_that_is_too_small_gives_an_error_at_every_size),
        cmocka_unit_test(a_key_said_ten_thousand_times_is_found_quickly),
        cmocka_unit_test(repeated_keys_are_found_in_objects_of_every_size),
        cmocka_unit_test(strings_of_every_length_are_found_wherever_they_begin),
        cmocka_unit_test(a_number_of_ten_megabytes_keeps_every_digit),
        cmocka_unit_test(members_and_items_are_found),
        cmocka_unit_test(places_have_lines_and_columns),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
