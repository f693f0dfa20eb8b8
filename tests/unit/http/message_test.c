#include "unit.h"

#include "http/message.h"

static const char *const names[HEADER_IDS] = {
    [HEADER_ACCEPT_ENCODING] = "Accept-Encoding",
    [HEADER_AUTHORIZATION] = "Authorization",
    [HEADER_CONNECTION] = "Connection",
    [HEADER_CONTENT_ENCODING] = "Content-Encoding",
    [HEADER_CONTENT_LENGTH] = "Content-Length",
    [HEADER_CONTENT_TYPE] = "Content-Type",
    [HEADER_COOKIE] = "Cookie",
    [HEADER_DATE] = "Date",
    [HEADER_EXPECT] = "Expect",
    [HEADER_FORWARDED] = "Forwarded",
    [HEADER_HOST] = "Host",
    [HEADER_KEEP_ALIVE] = "Keep-Alive",
    [HEADER_LOCATION] = "Location",
    [HEADER_PLUMBLINE_INJECT] = "Plumbline-Inject",
    [HEADER_PROXY_AUTHENTICATE] = "Proxy-Authenticate",
    [HEADER_PROXY_AUTHORIZATION] = "Proxy-Authorization",
    [HEADER_PROXY_CONNECTION] = "Proxy-Connection",
    [HEADER_SET_COOKIE] = "Set-Cookie",
    [HEADER_TE] = "TE",
    [HEADER_TRACEPARENT] = "traceparent",
    [HEADER_TRAILER] = "Trailer",
    [HEADER_TRANSFER_ENCODING] = "Transfer-Encoding",
    [HEADER_UPGRADE] = "Upgrade",
    [HEADER_X_FORWARDED_FOR] = "X-Forwarded-For",
    [HEADER_X_FORWARDED_HOST] = "X-Forwarded-Host",
    [HEADER_X_FORWARDED_PROTO] = "X-Forwarded-Proto",
};

static void
every_known_field_is_known_by_its_name_in_any_case(void **state)
{
    (void)state;
    for (unsigned id = 1; id < HEADER_IDS; id++) {
        char other[40];

        check_that(names[id] != NULL, "header id %u has no name in this test", id);
        assert_int_equal(header_id_of(text_of(names[id])), id);
        for (size_t i = 0; i <= strlen(names[id]); i++) {
            char c = names[id][i];

            other[i] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? (char)(c ^ 0x20) : c;
        }
        assert_int_equal(header_id_of(text_of(other)), id);
    }
}

/* A letter changed, added or taken away: never the field itself. A letter that differs only in bit 0x20 is the trap. */
static void
what_is_nearly_a_known_field_is_another_one(void **state)
{
    (void)state;
    for (unsigned id = 1; id < HEADER_IDS; id++) {
        size_t length = strlen(names[id]);
        char other[40];

        assert_int_equal(header_id_of(text_make(names[id], length - 1)), HEADER_OTHER);
        snprintf(other, sizeof other, "%sx", names[id]);
        assert_int_equal(header_id_of(text_of(other)), HEADER_OTHER);
        for (size_t i = 0; i < length; i++) {
            snprintf(other, sizeof other, "%s", names[id]);
            other[i] = '~';
            assert_int_equal(header_id_of(text_of(other)), HEADER_OTHER);
            snprintf(other, sizeof other, "%s", names[id]);
            if (other[i] == '-') {
                other[i] = '\r'; /* '-' without bit 0x20 */
                assert_int_equal(header_id_of(text_of(other)), HEADER_OTHER);
            }
        }
    }
    assert_int_equal(header_id_of(text_of("")), HEADER_OTHER);
    assert_int_equal(header_id_of(text_of("\x0d\x0a")), HEADER_OTHER);
}

static void
the_first_of_several_equal_fields_is_found(void **state)
{
    struct header list[] = {
        { .name = TEXT("X-Tag"), .value = TEXT("1") },
        { .name = TEXT("Cookie"), .value = TEXT("a"), .id = HEADER_COOKIE },
        { .name = TEXT("x-tag"), .value = TEXT("2") },
        { .name = TEXT("cookie"), .value = TEXT("b"), .id = HEADER_COOKIE },
    };
    struct message m = { .headers = list, .header_count = 4 };

    (void)state;
    assert_ptr_equal(message_header(&m, HEADER_COOKIE), &list[1]);
    check_text(message_value(&m, HEADER_COOKIE), "a");
    assert_ptr_equal(message_header_named(&m, TEXT("X-TAG")), &list[0]);
    assert_null(message_header(&m, HEADER_HOST));
    assert_null(message_header_named(&m, TEXT("X-Ta")));
    assert_int_equal(message_value(&m, HEADER_HOST).length, 0);
}

/* The members, each followed by '|'. */
static void
check_list(const char *value, const char *expected)
{
    struct text rest = text_of(value), member;
    char found[200] = "";

    while (header_list_next(&rest, &member))
        snprintf(found + strlen(found), sizeof found - strlen(found), "%.*s|", TEXT_PRINT(member));
    assert_string_equal(found, expected);
}

static void
lists_are_cut_at_commas_outside_of_quotes(void **state)
{
    (void)state;
    check_list("", "");
    check_list(" , ,\t,", "");
    check_list("a", "a|");
    check_list("a,b", "a|b|");
    check_list(" a b ,, c ", "a b|c|");
    check_list("a;q=\"x, y\",b", "a;q=\"x, y\"|b|");
    check_list("\"a\\\",b\",c", "\"a\\\",b\"|c|");
    check_list("\"open, to the end", "\"open, to the end|");
    check_list("\"open\\", "\"open\\|");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_field_is_known_by_its_name_in_any_case),
        cmocka_unit_test(what_is_nearly_a_known_field_is_another_one),
        cmocka_unit_test(the_first_of_several_equal_fields_is_found),
        cmocka_unit_test(lists_are_cut_at_commas_outside_of_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
