#include "unit.h"

#include "extract/message.h"

static struct message m;

static void
a_curl_command_gives_method_url_headers_and_body(void **state)
{
    (void)state;
    assert_true(message_curl(
        &m, TEXT("$ curl -X POST https://a.dev/b \\\n  -H \"A: b\" \\\n  -H 'C: d' \\\n  -d '{\n \"x\": 1 }'\nafter")));
    assert_int_equal(m.method, METHOD_POST);
    check_text(m.target, "https://a.dev/b");
    assert_int_equal(m.header_count, 2);
    check_text(m.headers[0], "A: b");
    check_text(m.headers[1], "C: d");
    assert_int_equal(m.data_count, 1);
    check_text(m.data[0], "{\n \"x\": 1 }");
}

static void
options_of_curl_are_read_however_they_are_written(void **state)
{
    static const struct {
        const char *command, *target, *data;
        enum extract_method method;
    } table[] = {
        { "curl a.dev/b", "a.dev/b", NULL, METHOD_GET },
        { "curl -XPUT a.dev/b -d'{}'", "a.dev/b", "{}", METHOD_PUT },
        { "curl --request=DELETE --url a.dev/b", "a.dev/b", NULL, METHOD_DELETE },
        { "curl -sSX PATCH --data-raw \"{\\\"a\\\": 1}\" 'a.dev/b'", "a.dev/b", "{\\\"a\\\": 1}", METHOD_PATCH },
        { "curl -G a.dev/b -d q=1", "a.dev/b", "q=1", METHOD_GET },
        { "curl -I a.dev/b", "a.dev/b", NULL, METHOD_HEAD },
        { "curl -o file -u me:pw a.dev/b", "a.dev/b", NULL, METHOD_GET },
        { "CURL a.dev/b --json $'{}' | jq .", "a.dev/b", "{}", METHOD_POST },
        { "curl\x01 a.dev/b \x02-X\fPUT", "a.dev/b", NULL, METHOD_PUT },
        { "curl a.dev/b -d \"m[k]\"=1", "a.dev/b", "\"m[k]\"=1", METHOD_POST },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        check_that(message_curl(&m, text_of(table[i].command)), "%s", table[i].command);
        check_that(m.method == table[i].method, "%s: %d", table[i].command, (int)m.method);
        check_text(m.target, table[i].target);
        if (table[i].data != NULL)
            check_text(m.data[0], table[i].data);
        else
            check_that(m.data_count == 0, "%s", table[i].command);
    }
    assert_true(message_curl(&m, TEXT("curl -u a:b c.dev/d")) && m.basic);
    assert_true(message_curl(&m, TEXT("curl -F file=@x c.dev/d")) && m.form);
}

static void
what_is_no_curl_command_is_none(void **state)
{
    static const char *const none[] = {
        "", "curly a", "wget a.dev/b", "curl", "curl -X POST", "curl '", "# curl a.dev"
    };

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        check_that(!message_curl(&m, text_of(none[i])) || m.target.length > 0, "%s", none[i]);
    assert_false(message_curl(&m, TEXT("curl -X POST")));
    assert_false(message_curl(&m, TEXT("wget a.dev/b")));
}

static void
a_request_has_its_headers_and_its_body_up_to_the_next_message(void **state)
{
    struct text code =
        TEXT("\nPOST /a?b=c HTTP/1.1\nHost: x\nA-B: d\n\n{\n \"x\": 1\n}\n\nHTTP/1.1 201 Created\nE: f\n\n{}\n");

    (void)state;
    assert_true(message_http(&m, code));
    assert_int_equal(m.method, METHOD_POST);
    check_text(m.target, "/a?b=c");
    assert_int_equal(m.header_count, 2);
    check_text(m.headers[1], "A-B: d");
    check_text(m.data[0], "{\n \"x\": 1\n}\n\n");
    assert_true(message_http(&m, text_from(code, m.end)));
    assert_int_equal(m.method, METHOD_COUNT);
    assert_int_equal(m.status, 201);
    check_text(m.reason, "Created");
    check_text(m.data[0], "{}\n");
}

static void
a_body_may_follow_without_an_empty_line(void **state)
{
    (void)state;
    assert_true(message_http(&m, TEXT("put https://a.dev/b\nA: b\n{ \"c\": 1 }")));
    assert_int_equal(m.method, METHOD_PUT);
    check_text(m.target, "https://a.dev/b");
    assert_int_equal(m.header_count, 1);
    check_text(m.data[0], "{ \"c\": 1 }");
}

static void
what_is_no_message_is_none(void **state)
{
    static const char *const none[] = { "", "GET", "get well soon", "HTTP/1.1", "HTTP/1.1 hello", "SELECT /a", "{ }" };

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        check_that(!message_http(&m, text_of(none[i])), "%s", none[i]);
}

static void
a_field_is_a_name_and_a_value(void **state)
{
    struct text name, value;

    (void)state;
    assert_true(message_field(TEXT("X-A:  b: c "), &name, &value));
    check_text(name, "X-A");
    check_text(value, "b: c");
    assert_false(message_field(TEXT("no field"), &name, &value));
    assert_false(message_field(TEXT("two words: x"), &name, &value));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_curl_command_gives_method_url_headers_and_body),
        cmocka_unit_test(options_of_curl_are_read_however_they_are_written),
        cmocka_unit_test(what_is_no_curl_command_is_none),
        cmocka_unit_test(a_request_has_its_headers_and_its_body_up_to_the_next_message),
        cmocka_unit_test(a_body_may_follow_without_an_empty_line),
        cmocka_unit_test(what_is_no_message_is_none),
        cmocka_unit_test(a_field_is_a_name_and_a_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
