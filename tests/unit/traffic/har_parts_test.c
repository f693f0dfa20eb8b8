#include "unit.h"

#include "base/time_text.h"
#include "traffic/har_parts.h"

static struct arena *arena;

static int
set_up(void **state)
{
    (void)state;
    arena = arena_new(0, SIZE_MAX);
    return arena != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct value *
json(const char *text)
{
    struct document *document = ARENA_NEW(arena, struct document);

    assert_int_equal(document_parse(document, text_of(text), NULL, arena, NULL), 0);
    return document->root;
}

static void
times_are_read_however_they_are_written(void **state)
{
    static const char *const cases[][2] = {
        { "\"2026-11-21T06:47:04.087Z\"", "2026-11-21T06:47:04.087Z" },
        { "\"2026-11-21T08:47:04.087+02:00\"", "2026-11-21T06:47:04.087Z" },
        { "\"2026-11-21T08:47:04.087+0200\"", "2026-11-21T06:47:04.087Z" },
        { "\"2026-11-21T04:47:04-02\"", "2026-11-21T06:47:04.000Z" },
        { "\"2026-11-21 06:47:04,5\"", "2026-11-21T06:47:04.500Z" },
        { "\" 2026-11-21T06:47:04 \"", "2026-11-21T06:47:04.000Z" },
        { "1795243625500", "2026-11-21T06:47:05.500Z" },
        { "1795243625500.25", "2026-11-21T06:47:05.500Z" },
        { "\"\"", NULL },
        { "\"yesterday, around noon\"", NULL },
        { "\"2026-13-45T99:00:00Z\"", NULL },
        { "null", NULL },
        { "-5", NULL },
        { "1e300", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ns = 0;
        bool read = har_time_read(json(cases[i][0]), &ns);

        check_that(read == (cases[i][1] != NULL), "%s", cases[i][0]);
        if (read)
            check_that(text_equal(time_text_rfc3339(ns, 3), text_of(cases[i][1])), "%s", cases[i][0]);
    }
}

static void
urls_become_valid_and_valid_ones_stay(void **state)
{
    static const char *const cases[][2] = {
        { "http://a.example/b?c=d#e", "http://a.example/b?c=d#e" },
        { "http://a.example/a b\"<>", "http://a.example/a%20b%22%3C%3E" },
        { "http://a.example/%zz%41", "http://a.example/%25zz%41" },
        { "http://a.example/?q={1}|[2]", "http://a.example/?q=%7B1%7D%7C%5B2%5D" },
        { "http://a.example/caf\xc3\xa9", "http://a.example/caf%C3%A9" },
        { "http://a b:x/c", "http://a%20b%3Ax/c" },
        { "http://[::1]:80/#a#b", "http://[::1]:80/#a%23b" },
        { "a.example/b", "http://a.example/b" },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text url = har_url(text_of(cases[i][0]), arena);

        check_that(text_equal(url, text_of(cases[i][1])), "%s: %.*s", cases[i][0], TEXT_PRINT(url));
    }
}

static void
urls_are_read_as_they_were_on_the_wire(void **state)
{
    static const char *const cases[][2] = {
        { "http://a.example/%zz?q={1}|[2]&50%", "http://a.example/%zz?q={1}|[2]&50%" },
        { "http://a.example/a b", "http://a.example/a%20b" },
        { "http://a.example/caf\xc3\xa9\n", "http://a.example/caf%C3%A9%0A" },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text url = har_wire_url(text_of(cases[i][0]), arena);

        check_that(text_equal(url, text_of(cases[i][1])), "%s: %.*s", cases[i][0], TEXT_PRINT(url));
    }
}

static void
check_written(const struct buffer *out, const char *expected)
{
    check_that(text_equal(buffer_text(out), text_of(expected)), "%.*s", TEXT_PRINT(buffer_text(out)));
}

static void
cookies_are_taken_out_of_the_fields(void **state)
{
    const struct value *headers = json("[{\"name\":\"cookie\",\"value\":\"a=1; b=x=y;; c\"},{\"name\":\"Set-Cookie\","
                                       "\"value\":\"s=1; path=/; DOMAIN=a.example; Secure; HttpOnly; Max-Age=1\"},"
                                       "{\"name\":7},{\"name\":\"Set-Cookie\",\"value\":\"\"}]");
    struct buffer out;
    struct json_writer w;

    (void)state;
    buffer_init(&out, 4096);
    json_begin(&w, &out, 0);
    har_write_cookies(&w, headers, true);
    check_written(
        &out, "[{\"name\":\"a\",\"value\":\"1\"},{\"name\":\"b\",\"value\":\"x=y\"},{\"name\":\"c\",\"value\":\"\"}]");
    buffer_clear(&out);
    json_begin(&w, &out, 0);
    har_write_cookies(&w, headers, false);
    check_written(&out, "[{\"name\":\"s\",\"value\":\"1\",\"path\":\"/\",\"domain\":\"a.example\",\"secure\":true,"
                        "\"httpOnly\":true}]");
    buffer_release(&out);
}

static void
only_an_address_is_a_server(void **state)
{
    static const char *const cases[][2] = {
        { "\"192.0.2.1:80\"", "{\"serverIPAddress\":\"192.0.2.1\"}" },
        { "\"[2001:db8::1]:443\"", "{\"serverIPAddress\":\"2001:db8::1\"}" },
        { "\"unix:/run/a.sock\"", "{}" },
        { "\"a.example:80\"", "{}" },
        { "\"[\"", "{}" },
        { "7", "{}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer out;
        struct json_writer w;

        buffer_init(&out, 4096);
        json_begin(&w, &out, 0);
        json_object(&w);
        har_write_server(&w, json(cases[i][0]));
        json_end_object(&w);
        check_written(&out, cases[i][1]);
        buffer_release(&out);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(times_are_read_however_they_are_written),
        TEST(urls_become_valid_and_valid_ones_stay),
        TEST(urls_are_read_as_they_were_on_the_wire),
        TEST(cookies_are_taken_out_of_the_fields),
        TEST(only_an_address_is_a_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
