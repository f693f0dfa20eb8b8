#include "unit.h"

#include "proxy/peer.h"

/* What proxies wrote, behind which peer, and who the client is then. */
static const struct {
    const char *peer, *field, *values[2], *client;
} cases[] = {
    { "192.0.2.9", "X-Forwarded-For", { "198.51.100.1" }, "192.0.2.9" }, /* not trusted: what it writes is not read */
    { "10.0.0.1", "X-Forwarded-For", { "198.51.100.1" }, "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For", { "203.0.113.7, 198.51.100.1" }, "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For", { "198.51.100.1, 10.0.0.2, 10.0.0.3" }, "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For", { "203.0.113.7", "198.51.100.1, 10.0.0.2" }, "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For", { "10.0.0.3, 10.0.0.2" }, "10.0.0.3" }, /* all of it is trusted */
    { "10.0.0.1", "X-Forwarded-For", { "198.51.100.1, unknown, 10.0.0.2" }, "10.0.0.2" },
    { "10.0.0.1", "X-Forwarded-For", { "198.51.100.1, unknown" }, "10.0.0.1" },
    { "10.0.0.1", "X-Forwarded-For", { "\"open, 198.51.100.1" }, "198.51.100.1" },
    { "10.0.0.1", "X-Forwarded-For", { " , ," }, "10.0.0.1" },
    { "10.0.0.1", "X-Forwarded-For", { "" }, "10.0.0.1" },
    { "10.0.0.1", "X-Forwarded-For", { "198.51.100.1:4711" }, "198.51.100.1" },
    { "10.0.0.1", "Forwarded", { "for=203.0.113.7, FOR=198.51.100.1;proto=https" }, "198.51.100.1" },
    { "10.0.0.1", "Forwarded", { "by=10.0.0.9;for=\"[2001:db8::1]:47011\"" }, "2001:db8::1" },
    { "10.0.0.1", "Forwarded", { "for=198.51.100.1, for=_hidden" }, "10.0.0.1" },
    { "10.0.0.1", "Forwarded", { "for=198.51.100.1, proto=http" }, "10.0.0.1" },
    { "10.0.0.1", "Via", { "198.51.100.1" }, "10.0.0.1" },
};

static void
the_client_is_the_right_most_address_that_is_not_trusted(void **state)
{
    struct ip_network trusted;
    struct settings settings = { .trusted_proxies = &trusted, .trusted_proxy_count = 1 };

    (void)state;
    assert_true(ip_network_read(TEXT("10.0.0.0/8"), &trusted));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct header headers[2];
        struct message m = { .headers = headers };
        struct ip peer, expected, client;

        for (int j = 0; j < 2 && cases[i].values[j] != NULL; j++)
            headers[m.header_count++] = (struct header){ .name = text_of(cases[i].field),
                                                         .value = text_of(cases[i].values[j]),
                                                         .id = (uint8_t)header_id_of(text_of(cases[i].field)) };
        assert_true(ip_read(text_of(cases[i].peer), &peer));
        assert_true(ip_read(text_of(cases[i].client), &expected));
        client = peer_client(&settings, &peer, &m);
        check_that(ip_same(&client, &expected), "%s: %s behind %s is %s", cases[i].field, cases[i].values[0],
                   cases[i].peer, cases[i].client);
    }
}

static void
clients_of_a_unix_socket_are_trusted_where_the_settings_say_so(void **state)
{
    struct settings settings = { .trusted_unix = false };
    struct header field = { .name = TEXT("X-Forwarded-For"),
                            .value = TEXT("198.51.100.1"),
                            .id = HEADER_X_FORWARDED_FOR };
    struct message m = { .headers = &field, .header_count = 1 };
    struct ip none = { .known = false }, expected, client;

    (void)state;
    assert_true(ip_read(TEXT("198.51.100.1"), &expected));
    client = peer_client(&settings, &none, &m);
    assert_false(client.known);
    settings.trusted_unix = true;
    client = peer_client(&settings, &none, &m);
    assert_true(ip_same(&client, &expected));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_is_the_right_most_address_that_is_not_trusted),
        cmocka_unit_test(clients_of_a_unix_socket_are_trusted_where_the_settings_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
