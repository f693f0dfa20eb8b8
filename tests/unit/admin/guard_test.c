#include "unit.h"

#include "admin/guard.h"

/* A request with these fields, "Name: value" each; with a body it is a POST. */
static uint16_t
check_body(const struct guard *guard, bool open, const char *body, const char *const *fields)
{
    struct header headers[8];
    struct message request = { .is_request = true, .headers = headers, .method = TEXT("GET") };
    const char *why = NULL;
    uint16_t status;

    for (; *fields != NULL; fields++) {
        struct text field = text_of(*fields);
        size_t colon = text_find(field, ':');
        struct header *h = &headers[request.header_count++];

        *h = (struct header){ .name = text_slice(field, 0, colon), .value = text_trim(text_from(field, colon + 1)) };
        h->id = (uint8_t)header_id_of(h->name);
    }
    if (body != NULL) {
        request.method = TEXT("POST");
        request.body = text_of(body);
    }
    status = guard_check(guard, &request, open, &why);
    assert_true(status == 0 || (why != NULL && why[0] != '\0'));
    return status;
}

static uint16_t
check(const struct guard *guard, bool open, const char *const *fields)
{
    return check_body(guard, open, NULL, fields);
}

#define CHECK(guard, ...) check((guard), false, (const char *const[]){ __VA_ARGS__, NULL })

static void
only_our_own_names_are_a_host(void **state)
{
    static const struct guard guard = { .host = { "127.0.0.1", 9 } }, inside = { .host = { "10.1.2.3", 8 } };
    static const char *const ours[] = { "Host: 127.0.0.1:9901", "Host: localhost:9901", "Host: LOCALHOST",
                                        "Host: [::1]:9901", "Host: 127.8.8.8" };
    static const char *const strange[] = { "Host: evil.example",
                                           "Host: evil.example:9901",
                                           "Host: 10.1.2.3",
                                           "Host: localhost.evil.example",
                                           "Host: 127.0.0.1.evil.example",
                                           "Host: evil.example@localhost",
                                           "Host: [::2]:9901",
                                           "Host: 0x7f.1",
                                           "Host: 2130706433",
                                           "Host: 0.0.0.0" };

    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        check_that(CHECK(&guard, ours[i]) == 0, "%s", ours[i]);
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
        check_that(CHECK(&guard, strange[i]) == 403, "%s", strange[i]);
    assert_int_equal(CHECK(&guard, "Accept: */*"), 400);
    assert_int_equal(CHECK(&guard, "Host: localhost", "Host: localhost"), 400);
    assert_int_equal(CHECK(&inside, "Host: 10.1.2.3:9901"), 0);
    assert_int_equal(CHECK(&inside, "Host: 10.1.2.4:9901"), 403);
}

static void
listening_everywhere_any_address_is_ours_but_no_name(void **state)
{
    static const struct guard everywhere = { .host = { "0.0.0.0", 7 } }, nameless = { .host = { NULL, 0 } };

    (void)state;
    assert_int_equal(CHECK(&everywhere, "Host: 192.168.1.7:9901"), 0);
    assert_int_equal(CHECK(&everywhere, "Host: [fe80::1]:9901"), 0);
    assert_int_equal(CHECK(&nameless, "Host: 192.168.1.7:9901"), 0);
    assert_int_equal(CHECK(&everywhere, "Host: rebound.example:9901"), 403);
}

static void
configured_names_are_hosts(void **state)
{
    static const struct text names[] = { { "ops.example", 11 }, { "gateway", 7 } };
    static const struct guard guard = { .host = { "127.0.0.1", 9 }, .hosts = names, .host_count = 2 };

    (void)state;
    assert_int_equal(CHECK(&guard, "Host: ops.example"), 0);
    assert_int_equal(CHECK(&guard, "Host: OPS.example:443", "Origin: https://ops.example:443"), 0);
    assert_int_equal(CHECK(&guard, "Host: gateway:9901"), 0);
    assert_int_equal(CHECK(&guard, "Host: ops.example.evil"), 403);
    assert_int_equal(CHECK(&guard, "Host: xops.example"), 403);
}

static void
what_a_browser_sends_for_another_site_is_refused(void **state)
{
    static const struct guard guard = { .host = { "127.0.0.1", 9 } };

    (void)state;
    assert_int_equal(CHECK(&guard, "Host: localhost", "Sec-Fetch-Site: none"), 0);
    assert_int_equal(CHECK(&guard, "Host: localhost", "Sec-Fetch-Site: same-origin"), 0);
    assert_int_equal(CHECK(&guard, "Host: localhost", "Sec-Fetch-Site: cross-site"), 403);
    assert_int_equal(CHECK(&guard, "Host: localhost", "Sec-Fetch-Site: same-site"), 403);
}

static void
what_a_form_can_send_changes_nothing(void **state)
{
    static const struct guard guard = { .host = { "127.0.0.1", 9 } };
    static const char *const forms[] = { "Content-Type: application/x-www-form-urlencoded", "Content-Type: text/plain",
                                         "Content-Type: multipart/form-data; boundary=x",
                                         "Content-Type: text/plain; charset=application/json", "Content-Type: " };

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const char *const fields[] = { "Host: localhost", forms[i], NULL };

        check_that(check_body(&guard, false, "a=b", fields) == 415, "%s", forms[i]);
        check_that(check_body(&guard, false, "", fields) == 415, "%s without a body", forms[i]);
    }
    assert_int_equal(check_body(&guard, false, "", (const char *const[]){ "Host: localhost", NULL }), 0);
    assert_int_equal(check_body(&guard, false, "{}", (const char *const[]){ "Host: localhost", NULL }), 415);
    assert_int_equal(
        check_body(&guard, false, "{}",
                   (const char *const[]){ "Host: localhost", "Content-Type: Application/JSON;charset=utf-8", NULL }),
        0);
}

static void
a_foreign_origin_is_refused(void **state)
{
    static const struct guard guard = { .host = { "127.0.0.1", 9 } };

    (void)state;
    assert_int_equal(CHECK(&guard, "Host: localhost:9901", "Origin: http://localhost:9901"), 0);
    assert_int_equal(CHECK(&guard, "Host: localhost:9901", "Origin: http://localhost:8080"), 403);
    assert_int_equal(CHECK(&guard, "Host: localhost:9901", "Origin: http://evil.example"), 403);
    assert_int_equal(CHECK(&guard, "Host: localhost:9901", "Origin: null"), 403);
    assert_int_equal(CHECK(&guard, "Host: localhost:9901", "Origin: "), 403);
    assert_int_equal(CHECK(&guard, "Host: localhost:9901", "Origin: http://localhost:9901", "Origin: http://evil"),
                     403);
}

static void
a_token_is_asked_for_everywhere_but_on_open_pages(void **state)
{
    static const struct guard guard = { .host = { "127.0.0.1", 9 }, .token = { "s3cret", 6 } };
    static const char *const bare[] = { "Host: localhost", NULL }, *const evil[] = { "Host: evil.example", NULL };

    (void)state;
    assert_int_equal(CHECK(&guard, "Host: localhost", "Authorization: Bearer s3cret"), 0);
    assert_int_equal(CHECK(&guard, "Host: localhost", "Authorization: bearer s3cret"), 0);
    assert_int_equal(CHECK(&guard, "Host: localhost", "Authorization: Bearer s3cre"), 401);
    assert_int_equal(CHECK(&guard, "Host: localhost", "Authorization: Bearer "), 401);
    assert_int_equal(CHECK(&guard, "Host: localhost", "Authorization: Basic s3cret"), 401);
    assert_int_equal(CHECK(&guard, "Host: localhost", "Authorization: s3cret"), 401);
    assert_int_equal(check(&guard, false, bare), 401);
    assert_int_equal(check(&guard, true, bare), 0);
    assert_int_equal(check(&guard, true, evil), 403);
}

static void
an_address_that_others_can_reach_needs_a_token(void **state)
{
    static const char *const inside[] = { "127.0.0.1:0", "localhost:9901", "[::1]:9901", "127.1.2.3:1" };
    static const char *const outside[] = { "0.0.0.0:9901", ":9901", "[::]:9901", "10.0.0.1:9901", "[2001:db8::1]:1" };
    struct guard guard = { .token = { NULL, 0 } };
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
        check_that(guard_address(&guard, inside[i], &err) == 0, "%s: %s", inside[i], err.what);
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        check_that(guard_address(&guard, outside[i], &err) < 0, "%s", outside[i]);
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_non_null(strstr(err.what, "token"));
        error_clear(&err);
        guard.token = TEXT("t");
        check_that(guard_address(&guard, outside[i], &err) == 0, "%s: %s", outside[i], err.what);
        guard.token = (struct text){ NULL, 0 };
    }
    assert_true(guard_address(&guard, "nowhere", &err) < 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_our_own_names_are_a_host),
        cmocka_unit_test(listening_everywhere_any_address_is_ours_but_no_name),
        cmocka_unit_test(configured_names_are_hosts),
        cmocka_unit_test(what_a_browser_sends_for_another_site_is_refused),
        cmocka_unit_test(what_a_form_can_send_changes_nothing),
        cmocka_unit_test(a_foreign_origin_is_refused),
        cmocka_unit_test(a_token_is_asked_for_everywhere_but_on_open_pages),
        cmocka_unit_test(an_address_that_others_can_reach_needs_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
