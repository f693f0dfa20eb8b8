#include "unit.h"

#include "http/media_type.h"

static struct media_type
parsed(const char *text)
{
    struct media_type m;

    check_that(media_type_parse(text_of(text), &m), "'%s' is no media type", text);
    return m;
}

static void
types_are_read_without_the_space_around_them(void **state)
{
    struct media_type m = parsed(" application/vnd.api+json ; charset=utf-8");

    (void)state;
    check_text(m.type, "application");
    check_text(m.subtype, "vnd.api+json");
    check_text(m.parameters, "charset=utf-8");
    assert_int_equal(parsed("a/b").parameters.length, 0);
}

static void
what_is_no_media_type_is_refused(void **state)
{
    static const char *const none[] = { "",      "a",      "/",       "a/",    "/b",      "a/b/c",     "a b/c",
                                        "a/b c", "*/json", "a/b,c/d", "a;b/c", "\"a\"/b", "\xc3\xa4/b" };
    struct media_type m;

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        check_that(!media_type_parse(text_of(none[i]), &m), "'%s' is taken for a media type", none[i]);
}

static void
parameters_are_found_by_name_in_any_case(void **state)
{
    struct media_type m = parsed("a/b; x=\"1; charset=no\" ;bad; CharSet=\"UTF-8\"; y=\"a\\\"b\";z=;q = 1");

    (void)state;
    check_text(media_type_parameter(&m, TEXT("charset")), "UTF-8");
    check_text(media_type_parameter(&m, TEXT("X")), "1; charset=no");
    check_text(media_type_parameter(&m, TEXT("y")), "\"a\\\"b\"");
    check_text(media_type_parameter(&m, TEXT("z")), "");
    check_text(media_type_parameter(&m, TEXT("bad")), "");
    check_text(media_type_parameter(&m, TEXT("q")), "");
}

static void
check_fit(const char *range, const char *concrete, int expected)
{
    struct media_type r = parsed(range), c = parsed(concrete);
    int found = media_type_fit(&r, &c);

    check_that(found == expected, "range '%s' and '%s': expected %d, found %d", range, concrete, expected, found);
}

static void
the_nearer_a_range_the_better_it_fits(void **state)
{
    (void)state;
    check_fit("*/*", "application/json", 1);
    check_fit("application/*", "application/json", 2);
    check_fit("application/json", "application/json", 3);
    check_fit("Application/JSON", "application/json; charset=utf-8", 3);
    check_fit("application/json; charset=utf-8", "application/json; charset=UTF-8; x=y", 4);
    check_fit("application/json;q=0.5", "application/json", 3);
    check_fit("application/json; v=1", "application/json; v=\"1\"", 4);
}

static void
what_a_range_does_not_name_does_not_fit(void **state)
{
    (void)state;
    check_fit("text/*", "application/json", 0);
    check_fit("application/json", "application/xml", 0);
    check_fit("application/json", "application/problem+json", 0);
    check_fit("application/problem+json", "application/json", 0);
    check_fit("application/json; v=1", "application/json", 0);
    check_fit("application/json; v=a", "application/json; v=A", 0);
    check_fit("*/*; v=1", "application/json", 0);
}

static void
kinds_tell_how_content_is_read(void **state)
{
    static const struct {
        const char *type;
        enum media_kind kind;
    } rows[] = {
        { "application/json", MEDIA_JSON },
        { "Application/Json; charset=utf-8", MEDIA_JSON },
        { "text/json", MEDIA_JSON },
        { "application/vnd.api+json", MEDIA_JSON },
        { "image/x+JSON", MEDIA_JSON },
        { "application/+json", MEDIA_OTHER },
        { "application/jsonp", MEDIA_OTHER },
        { "application/x-ndjson", MEDIA_JSON_LINES },
        { "application/jsonl", MEDIA_JSON_LINES },
        { "application/json-seq", MEDIA_JSON_LINES },
        { "application/geo+json-seq", MEDIA_JSON_LINES },
        { "text/event-stream", MEDIA_EVENT_STREAM },
        { "application/x-www-form-urlencoded", MEDIA_FORM },
        { "multipart/form-data; boundary=a", MEDIA_MULTIPART },
        { "multipart/mixed", MEDIA_MULTIPART },
        { "text/plain", MEDIA_TEXT },
        { "text/html", MEDIA_TEXT },
        { "application/octet-stream", MEDIA_OTHER },
        { "*/*", MEDIA_OTHER },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct media_type m = parsed(rows[i].type);

        check_that(media_type_kind(&m) == rows[i].kind, "'%s': expected kind %d, found %d", rows[i].type, rows[i].kind,
                   media_type_kind(&m));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_read_without_the_space_around_them),
        cmocka_unit_test(what_is_no_media_type_is_refused),
        cmocka_unit_test(parameters_are_found_by_name_in_any_case),
        cmocka_unit_test(the_nearer_a_range_the_better_it_fits),
        cmocka_unit_test(what_a_range_does_not_name_does_not_fit),
        cmocka_unit_test(kinds_tell_how_content_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
