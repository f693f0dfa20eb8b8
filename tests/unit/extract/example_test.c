#include "unit.h"

#include "base/limits.h"
#include "extract/example.h"
#include "json/compare.h"
#include "json/document.h"

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

/* What people write, what it is read as, and the notes: "line: what; line: what". */
static const struct {
    const char *written, *read, *notes;
} table[] = {
    /* nothing to mend */
    { "{\"a\": [1, -2.50, 1e3, true, null, \"x\\n\\u00e9\"]}", "{\"a\": [1, -2.50, 1e3, true, null, \"x\\n\\u00e9\"]}",
      "" },
    { " [ ] ", "[]", "" },
    { "{}", "{}", "" },
    /* brackets */
    { "{\"a\": {\"b\": [1, 2", "{\"a\": {\"b\": [1, 2]}}",
      "0: a ']' was missing at the end; 0: a '}' was missing at the end; 0: a '}' was missing at the end" },
    { "{\"a\": [1, 2}", "{\"a\": [1, 2]}", "0: a ']' was missing" },
    { "[{\"a\": 1]", "[{\"a\": 1}]", "0: a '}' was missing" },
    { "[1]]", "[1]", "" }, /* what is behind it is not looked at */
    { "{\"a\": 1]}", "{\"a\": 1}", "0: a ']' was too many" },
    /* commas and colons */
    { "{\"a\": 1,}", "{\"a\": 1}", "0: a comma was too many" },
    { "[1, 2,]", "[1, 2]", "0: a comma was too many" },
    { "{\"a\": 1\n \"b\": 2}", "{\"a\": 1, \"b\": 2}", "1: a comma was missing" },
    { "[{\"a\": 1} {\"a\": 2}]", "[{\"a\": 1}, {\"a\": 2}]", "0: a comma was missing" },
    { "{\"a\": 1; \"b\": 2}", "{\"a\": 1, \"b\": 2}", "0: ';' stood for ','" },
    { "{\"a\" 1}", "{\"a\": 1}", "0: a ':' was missing" },
    { "{\"a\" = 1, \"b\" => 2}", "{\"a\": 1, \"b\": 2}", "0: '=' stood for ':'; 0: '=' stood for ':'" },
    { "{\"a\": , \"b\": 2}", "{\"a\": null, \"b\": 2}", "0: a value was missing" },
    { "{\"a\": }", "{\"a\": null}", "0: a value was missing" },
    { "{\"a\", \"b\": 2}", "{\"b\": 2}", "0: a name without a value was left out" },
    { "[,1]", "[1]", "0: a comma was too many" },
    /* quotes */
    { "{'a': 'it''s', 'b': 'don't'}", "{\"a\": \"it''s\", \"b\": \"don't\"}", "*" },
    { "{\xe2\x80\x9c"
      "a\xe2\x80\x9d: \xe2\x80\x98x\xe2\x80\x99}",
      "{\"a\": \"x\"}", "0: quotes were not those of JSON; 0: quotes were not those of JSON" },
    { "{\xc2\xab"
      "a\xc2\xbb: 1}",
      "{\"a\": 1}", "0: quotes were not those of JSON" },
    { "{`a`: `b`}", "{\"a\": \"b\"}", "0: quotes were not those of JSON; 0: quotes were not those of JSON" },
    { "{\\\"a\\\": \\\"b\\\"}", "{\"a\": \"b\"}",
      "0: quotes were not those of JSON; 0: quotes were not those of JSON" },
    { "{\"a\": \"open,\n \"b\": 1}", "{\"a\": \"open\", \"b\": 1}", "0: a quote was missing; 1: a comma was missing" },
    { "{\"a\": \"tab\there \\q\"}", "{\"a\": \"tab\\there q\"}", "" },
    { "{\"a\": \"\xff\"}", "{\"a\": \"\xef\xbf\xbd\"}", "" },
    /* names and values without quotes */
    { "{a: 1, b-c: 2}", "{\"a\": 1, \"b-c\": 2}", "0: the name a had no quotes; 0: the name b-c had no quotes" },
    { "{\"a\"?: 1}", "{\"a\": 1}", "0: a '?' was left out" },
    { "{\"a\": Success! Order placed,\n\"b\": 1}", "{\"a\": \"Success! Order placed\", \"b\": 1}",
      "0: Success! Order placed had no quotes: read as a string" },
    { "{\"a\": 2023-10-12T07:05:27-04:00,\n\"b\": 2023-10-12}",
      "{\"a\": \"2023-10-12T07:05:27-04:00\", \"b\": \"2023-10-12\"}",
      "0: 2023-10-12T07:05:27-04:00 had no quotes: read as a string; 1: 2023-10-12 had no quotes: read as a string" },
    { "{\"a\": ISODate(\"2023-10-12\")}", "{\"a\": \"ISODate(\\\"2023-10-12\\\")\"}", "*" },
    { "{\"a\": https://a.dev/x, \"b\": /orders/{id}}", "{\"a\": \"https://a.dev/x\", \"b\": \"/orders/{id}\"}", "*" },
    { "[True, FALSE, None, undefined, NaN, yes]", "[true, false, null, null, null, true]", "*" },
    { "[+1, .5, 007, 1., -, 12px]", "[1, 0.5, \"007\", \"1.\", \"-\", \"12px\"]", "*" },
    { "{\"a\": \"x\" | \"y\", \"b\": 1}", "{\"a\": \"x\", \"b\": 1}", "0: of several values the first was taken" },
    /* types */
    { "[int, string, Boolean, float, date, uuid]",
      "[0, \"string\", true, 0.0, \"2024-01-31\", \"00000000-0000-4000-8000-000000000000\"]", "*" },
    { "{\"a\": int (optional), \"b\": string | null}", "{\"a\": 0, \"b\": \"string\"}", "*" },
    { "{\"a\": <string>, \"b\": <int>, \"c\": <order id>}", "{\"a\": \"string\", \"b\": 0, \"c\": \"order id\"}", "*" },
    { "{\"a\": {name}, \"b\": {{host}}, \"c\": [{string}]}", "{\"a\": \"name\", \"b\": \"host\", \"c\": [\"string\"]}",
      "*" },
    { "{\"a\": \"integer\", \"b\": \"[number]\", \"c\": \"string\", \"d\": \"<the id>\"}",
      "{\"a\": 0, \"b\": 0.0, \"c\": \"string\", \"d\": \"<the id>\"}", "*" },
    { "{\"event\":{name}}", "{\"event\": \"name\"}", "0: {name} stands for a value: read as a string" },
    /* comments and what goes on alike */
    { "{ // one\n \"a\": 1, # two\n /* three\n */ \"b\": \"http://x\" }", "{\"a\": 1, \"b\": \"http://x\"}",
      "0: a comment was left out; 1: a comment was left out; 3: a comment was left out" },
    { "[1, 2, ...]", "[1, 2]", "0: '...' was left out: there may be more" },
    { "[{\"a\": 1}, {\n ...\n}\n]", "[{\"a\": 1}]", "1: '...' was left out: there may be more" },
    { "[{\"a\": 1}, \"...\"]", "[{\"a\": 1}]", "0: '...' was left out: there may be more" },
    { "{\"a\": 1, ...}", "{\"a\": 1}", "0: '...' was left out: there may be more" },
    { "{ \xe2\x80\xa6 }", "{}", "0: '...' was left out: there may be more" },
    { "[ {...} ]", "[{}]", "0: '...' was left out: there may be more" },
};

static void
what_people_write_is_read_as_what_they_mean_with_notes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct document read, wanted;
        struct example e;
        const char *why;
        char notes[1024] = "";

        check_that(example_read(&e, text_of(table[i].written), arena, &why) == 1, "%s: %s", table[i].written, why);
        check_that(document_parse(&read, e.json, NULL, arena, NULL) == 0, "%s gives %.*s", table[i].written,
                   TEXT_PRINT(e.json));
        assert_int_equal(document_parse(&wanted, text_of(table[i].read), NULL, arena, NULL), 0);
        check_that(value_equal(read.root, wanted.root, NULL) == 1, "%s gives %.*s", table[i].written,
                   TEXT_PRINT(e.json));
        for (uint32_t k = 0; k < e.note_count; k++)
            (void)snprintf(notes + strlen(notes), sizeof notes - strlen(notes), "%s%u: %.*s", k > 0 ? "; " : "",
                           e.notes[k].line, TEXT_PRINT(e.notes[k].what));
        if (strcmp(table[i].notes, "*") == 0)
            check_that(notes[0] != '\0', "%s has no note", table[i].written);
        else
            check_that(strcmp(notes, table[i].notes) == 0, "%s has the notes '%s'", table[i].written, notes);
    }
}

static void
values_stay_in_their_lines(void **state)
{
    const struct document_options options = { .lines = true };
    struct document d;
    struct example e;
    const char *why;
    uint32_t line, column;

    (void)state;
    assert_int_equal(
        example_read(&e,
                     TEXT("\n// first\n{\n  a: 1,\n\n  /* two\n  lines */ list: [\n    { b: int },\n    {\n ...\n "
                          "   }\n  ],\n  last: x\n}\n"),
                     arena, &why),
        1);
    assert_int_equal(document_parse(&d, e.json, &options, arena, NULL), 0);
    document_position(&d, VALUE_MEMBER(d.root, "a")->place, &line, &column);
    assert_int_equal(line, 4);
    document_position(&d, VALUE_MEMBER(value_item(VALUE_MEMBER(d.root, "list"), 0), "b")->place, &line, &column);
    assert_int_equal(line, 8);
    document_position(&d, VALUE_MEMBER(d.root, "last")->place, &line, &column);
    assert_int_equal(line, 13);
}

static void
what_is_behind_an_example_is_left_for_the_next(void **state)
{
    struct text source = TEXT("{\"a\": 1}\n\n{\"b\": 2} trailing");
    struct example e;
    const char *why;

    (void)state;
    assert_int_equal(example_read(&e, source, arena, &why), 1);
    check_text(e.json, "{\"a\":1}");
    assert_int_equal(e.end, 8);
    assert_int_equal(example_read(&e, text_from(source, e.end), arena, &why), 1);
    check_text(e.json, "\n\n{\"b\":2}");
}

static void
what_is_no_object_or_array_is_no_example(void **state)
{
    static const char *const none[] = { "", "  ", "\"a\"", "12", "hello {", "<xml/>", "// only a comment" };
    struct example e;
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        check_that(example_read(&e, text_of(none[i]), arena, &why) == 0, "%s", none[i]);
        assert_string_equal(why, "there is no JSON");
    }
}

static void
nesting_has_an_end(void **state)
{
    char deep[LIMIT_EXTRACT_NESTING + 2];
    struct example e;
    const char *why;

    (void)state;
    memset(deep, '[', sizeof deep);
    assert_int_equal(example_read(&e, text_make(deep, LIMIT_EXTRACT_NESTING), arena, &why), 1);
    assert_int_equal(example_read(&e, text_make(deep, LIMIT_EXTRACT_NESTING + 1), arena, &why), 0);
    assert_string_equal(why, "it is nested too deep for an example");
}

static void
words_for_types_have_values_of_them(void **state)
{
    (void)state;
    check_text(example_of_type(TEXT("Integer")), "0");
    check_text(example_of_type(TEXT("date-time")), "\"2024-01-31T12:00:00Z\"");
    assert_int_equal(example_of_type(TEXT("pending")).length, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_write_is_read_as_what_they_mean_with_notes),
        cmocka_unit_test(values_stay_in_their_lines),
        cmocka_unit_test(what_is_behind_an_example_is_left_for_the_next),
        cmocka_unit_test(what_is_no_object_or_array_is_no_example),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(words_for_types_have_values_of_them),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
