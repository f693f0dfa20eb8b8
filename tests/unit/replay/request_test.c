#include "unit.h"

#include "base/limits.h"
#include "replay/request.h"
#include "replay/request_parts.h"

static struct arena *arena;
static struct exchange x;
static struct replay_request made;
static struct replay_making making;

static int
set_up(void **state)
{
    (void)state;
    arena = arena_new(0, SIZE_MAX);
    making = (struct replay_making){ .seed = 7 };
    x = (struct exchange){ .arena = arena };
    x.request = (struct message){ .is_request = true, .minor = 1, .method = TEXT("POST"), .framing = FRAMING_LENGTH };
    x.request.target = TEXT("/things?key=old&n=1");
    x.request.headers = ARENA_ARRAY(arena, struct header, 16);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void
field(const char *name, const char *value)
{
    struct message *m = &x.request;
    struct text t = text_of(name);

    m->headers[m->header_count++] = (struct header){ t, text_of(value), (uint8_t)header_id_of(t), false };
}

/* The head and the body that are sent. */
static const char *
sent(const char *base)
{
    static char text[4096];
    struct buffer head;

    assert_int_equal(replay_request_make(&making, 1, &x, NULL, TEXT("there:80"), text_of(base), arena, &made), 0);
    buffer_init(&head, LIMIT_MIB);
    replay_request_head(&made, &head);
    (void)snprintf(text, sizeof text, "%.*s%.*s", TEXT_PRINT(buffer_text(&head)), TEXT_PRINT(made.message.body));
    buffer_release(&head);
    return text;
}

static void
fields_of_the_connection_stay_behind(void **state)
{
    (void)state;
    field("Host", "here");
    field("Connection", "keep-alive, X-Own");
    field("Transfer-Encoding", "chunked");
    field("Content-Length", "99");
    field("Expect", "100-continue");
    field("Accept", "*/*");
    field("X-Bad", "a\r\nX-Injected: 1");
    x.request.body = TEXT("{\"a\":1}");
    assert_string_equal(sent("/base"), "POST /base/things?key=old&n=1 HTTP/1.1\r\nHost: there:80\r\nAccept: */*\r\n"
                                       "Content-Length: 7\r\n\r\n{\"a\":1}");
}

static void
whole_uris_become_paths(void **state)
{
    (void)state;
    x.request.method = TEXT("GET");
    x.request.framing = FRAMING_NONE;
    x.request.target = TEXT("http://shop.example?a=1");
    assert_string_equal(sent(""), "GET /?a=1 HTTP/1.1\r\nHost: there:80\r\n\r\n");
    x.request.method = TEXT("OPTIONS");
    x.request.target = TEXT("*");
    assert_string_equal(sent("/base"), "OPTIONS * HTTP/1.1\r\nHost: there:80\r\n\r\n");
}

static void
what_was_redacted_and_is_not_given_is_named(void **state)
{
    static struct text places[] = { TEXT("response body /a"), TEXT("request header Authorization") };

    (void)state;
    x.redacted = places;
    x.redacted_count = 2;
    field("Authorization", "Bearer ***");
    (void)sent("");
    assert_int_equal(text_equal(made.lacking, TEXT("request header Authorization")), 1);
}

static void
secrets_are_put_where_they_were_redacted(void **state)
{
    static struct text places[] = { TEXT("request header Authorization"), TEXT("request query key"),
                                    TEXT("request body /card/*/number"), TEXT("request header X-Gone") };
    static const struct replay_secret secrets[] = { { TEXT("authorization"), TEXT("Bearer new") },
                                                    { TEXT("query:key"), TEXT("a b&c") },
                                                    { TEXT("body:/card/*/number"), TEXT("41\"11") },
                                                    { TEXT("X-Gone"), TEXT("7") },
                                                    { TEXT("X-Never-There"), TEXT("no") } };

    (void)state;
    x.redacted = places;
    x.redacted_count = 4;
    making.secrets = secrets;
    making.secret_count = 5;
    field("Authorization", "Bearer ***");
    x.request.body = TEXT("{\"card\":[{\"number\":\"***\"}, {\"number\" : \"\\\"*\"}],\"n\":1}");
    assert_string_equal(sent(""), "POST /things?key=a%20b%26c&n=1 HTTP/1.1\r\nHost: there:80\r\n"
                                  "Authorization: Bearer new\r\nX-Gone: 7\r\nContent-Length: 59\r\n\r\n"
                                  "{\"card\":[{\"number\":\"41\\\"11\"}, {\"number\" : \"41\\\"11\"}],\"n\":1}");
    assert_int_equal(made.lacking.length, 0);
    assert_int_equal(made.given, 4);
}

static void
an_empty_secret_leaves_its_place_out(void **state)
{
    static struct text places[] = { TEXT("request header Authorization"), TEXT("request query key") };
    static const struct replay_secret secrets[] = { { TEXT("Authorization"), TEXT("") },
                                                    { TEXT("query:key"), TEXT("") } };

    (void)state;
    x.redacted = places;
    x.redacted_count = 2;
    making.secrets = secrets;
    making.secret_count = 2;
    x.request.framing = FRAMING_NONE;
    field("Authorization", "***");
    assert_string_equal(sent(""), "POST /things?n=1 HTTP/1.1\r\nHost: there:80\r\n\r\n");
    assert_int_equal(made.lacking.length, 0);
}

static void
numbers_in_a_body_stay_numbers(void **state)
{
    struct text out;

    (void)state;
    assert_int_equal(request_put_body(TEXT("{\"a\":[0,{\"b\":0}]}"), TEXT("/a/1/b"), TEXT("12.50"), arena, &out), 1);
    assert_int_equal(text_equal(out, TEXT("{\"a\":[0,{\"b\":12.50}]}")), 1);
    assert_int_equal(request_put_body(TEXT("{\"a\":[0,{\"b\":0}]}"), TEXT("/a/1/c"), TEXT("1"), arena, &out), 0);
    assert_int_equal(request_put_body(TEXT("no json"), TEXT("/a"), TEXT("1"), arena, &out), 0);
    assert_int_equal(request_put_body(TEXT("{\"a/b\":{\"~\":0}}"), TEXT("/a~1b/~0"), TEXT("x"), arena, &out), 1);
    assert_int_equal(text_equal(out, TEXT("{\"a/b\":{\"~\":\"x\"}}")), 1);
}

static void
keys_are_renewed_alike_when_they_were_alike(void **state)
{
    struct text key = TEXT("order-7F-0042"), uuid = TEXT("2eb8aa08-aa98-41ea-b4aa-73b441d16380");
    struct text once = request_renewed(key, 1, arena), again = request_renewed(key, 1, arena);
    struct text other = request_renewed(key, 2, arena), second = request_renewed(uuid, 1, arena);

    (void)state;
    assert_int_equal(text_equal(once, again), 1);
    assert_int_equal(text_equal(once, key) || text_equal(once, other), 0);
    assert_int_equal(once.length, key.length);
    assert_int_equal(once.data[5] == '-' && once.data[8] == '-' && once.data[9] >= '0' && once.data[9] <= '9', 1);
    assert_int_equal(second.length == 36 && second.data[14] == '4' && second.data[19] == 'b', 1);
    assert_int_equal(text_equal(second, uuid), 0);
}

static void
idempotency_keys_are_renewed_unless_they_are_kept(void **state)
{
    (void)state;
    field("Idempotency-Key", "abc-1");
    field("Accept", "abc-1");
    (void)sent("");
    assert_int_equal(made.renewed, 1);
    assert_int_equal(text_equal(made.message.headers[1].value, TEXT("abc-1")), 0);
    assert_int_equal(text_equal(made.message.headers[2].value, TEXT("abc-1")), 1);
    making.keep_keys = true;
    (void)sent("");
    assert_int_equal(made.renewed, 0);
    assert_int_equal(text_equal(made.message.headers[1].value, TEXT("abc-1")), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fields_of_the_connection_stay_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whole_uris_become_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_redacted_and_is_not_given_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secrets_are_put_where_they_were_redacted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_secret_leaves_its_place_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_in_a_body_stay_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_are_renewed_alike_when_they_were_alike, set_up, tear_down),
        cmocka_unit_test_setup_teardown(idempotency_keys_are_renewed_unless_they_are_kept, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
