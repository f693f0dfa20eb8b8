#include "unit.h"

#include "traffic/har.h"

static const char *const cases[][2] = {
    { "{\"request\":{}}", "{\"startedDateTime\":\"1970-01-01T00:00:00.000Z\",\"time\":0,\"request\":{\"method\":\"\","
                          "\"url\":\"http://localhost/"
                          "\",\"httpVersion\":\"unknown\",\"cookies\":[],\"headers\":[],\"queryString\":[],"
                          "\"headersSize\":-1,\"bodySize\":-1},"
                          "\"response\":{\"status\":0,\"statusText\":\"\",\"httpVersion\":\"unknown\",\"cookies\":[],"
                          "\"headers\":[],\"content\":{"
                          "\"size\":-1,\"mimeType\":\"\"},\"redirectURL\":\"\",\"headersSize\":-1,\"bodySize\":-1},"
                          "\"cache\":{},\"timings\":{"
                          "\"send\":0,\"wait\":0,\"receive\":0}}" },
    { "{\"pageref\":\"p\",\"time\":-1,\"connection\":443,\"serverIPAddress\":\"\",\"timings\":{\"blocked\":null,"
      "\"dns\":-1,"
      "\"send\":1.50,\"wait\":-3,\"more\":1},\"request\":{\"method\":\"GET\",\"url\":\"http://a/ "
      "b\",\"headers\":[1,{\"name\":"
      "\"a\"}],\"bodySize\":12.0,\"headersSize\":\"7\",\"postData\":null},\"_plumbline\":{\"upstream\":\"127.0.0.1:"
      "80\"}}",
      "{\"startedDateTime\":\"1970-01-01T00:00:00.000Z\",\"time\":0,\"request\":{\"method\":\"GET\",\"url\":\"http://a/"
      "%20b\","
      "\"httpVersion\":\"unknown\",\"cookies\":[],\"headers\":[{\"name\":\"a\",\"value\":\"\"}],\"queryString\":[],"
      "\"headersSize\":7,\"bodySize\":12},\"response\":{\"status\":0,\"statusText\":\"\",\"httpVersion\":\"unknown\","
      "\"cookies\":[],\"headers\":[],\"content\":{\"size\":-1,\"mimeType\":\"\"},\"redirectURL\":\"\",\"headersSize\":-"
      "1,"
      "\"bodySize\":-1},\"cache\":{},\"timings\":{\"dns\":-1,\"send\":1.50,\"wait\":0,\"receive\":0,\"_more\":1},"
      "\"connection\":\"443\",\"serverIPAddress\":\"127.0.0.1\",\"_pageref\":\"p\",\"_plumbline\":{\"upstream\":"
      "\"127.0.0.1:80\"}}" },
};

static void
what_is_missing_or_wrong_gets_the_value_for_unknown(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct document document;
        struct buffer out;

        buffer_init(&out, 65536);
        assert_int_equal(document_parse(&document, text_of(cases[i][0]), NULL, arena, NULL), 0);
        har_write_entry(&out, document.root, arena);
        check_that(text_equal(buffer_text(&out), text_of(cases[i][1])), "%.*s", TEXT_PRINT(buffer_text(&out)));
        buffer_release(&out);
    }
    arena_free(arena);
}

static void
a_file_without_entries_is_json(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct document document;
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    har_write_begin(&out);
    har_write_end(&out);
    assert_int_equal(document_parse(&document, buffer_text(&out), NULL, arena, NULL), 0);
    assert_int_equal(VALUE_MEMBER(VALUE_MEMBER(document.root, "log"), "entries")->count, 0);
    buffer_release(&out);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_or_wrong_gets_the_value_for_unknown),
        cmocka_unit_test(a_file_without_entries_is_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
