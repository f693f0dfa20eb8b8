/* Addresses as people write them. */
#include "unit.h"

#include "net/address.h"

static void
check_split(const char *written, const char *host, int port)
{
    struct text got;
    uint16_t number;

    check_that(address_split(text_of(written), &got, &number) == (port >= 0), "%s", written);
    if (port < 0)
        return;
    check_text(got, host);
    check_that(number == port, "%s: %u", written, number);
}

static void
hosts_and_ports_are_told_apart(void **state)
{
    (void)state;
    check_split("127.0.0.1:80", "127.0.0.1", 80);
    check_split("[::1]:0", "::1", 0);
    check_split(":65535", "", 65535);
    check_split("host.test:8080", "host.test", 8080);
    check_split("host", "", -1);
    check_split("host:", "", -1);
    check_split("host:65536", "", -1);
    check_split("host:8o", "", -1);
    check_split("::1:80", "", -1);
    check_split("[::1]80", "", -1);
    check_split("[::1", "", -1);
    check_split("", "", -1);
}

static void
numeric_addresses_come_back_as_written(void **state)
{
    struct address a;
    char text[ADDRESS_TEXT];

    (void)state;
    assert_int_equal(address_resolve(TEXT("127.0.0.1"), 80, &a, 1, NULL), 1);
    check_bytes(text, address_print(&a, text), "127.0.0.1:80");
    assert_int_equal(address_resolve(TEXT("::1"), 81, &a, 1, NULL), 1);
    check_bytes(text, address_print(&a, text), "[::1]:81");
    check_bytes(text, address_print_host(&a, text), "::1");
    assert_int_equal(address_port(&a), 81);
}

static void
a_mapped_address_is_shown_as_ipv4(void **state)
{
    struct address a;
    char text[ADDRESS_TEXT];

    (void)state;
    assert_int_equal(address_resolve(TEXT("::ffff:10.1.2.3"), 1, &a, 1, NULL), 1);
    check_bytes(text, address_print_host(&a, text), "10.1.2.3");
}

static void
a_path_that_is_too_long_for_a_socket_is_an_error(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct address a;
    char path[200];

    (void)state;
    memset(path, 'x', sizeof path);
    assert_int_equal(address_local(text_make(path, sizeof path), &a, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_int_equal(address_local(TEXT("/run/x.sock"), &a, NULL), 0);
    check_bytes(path, address_print(&a, path), "unix:/run/x.sock");
}

static void
a_name_that_nobody_has_is_an_error_of_the_environment(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct address a;

    (void)state;
    assert_int_equal(address_resolve(TEXT("no-such-name.invalid"), 80, &a, 1, &err), -1);
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    assert_string_equal(err.where, "no-such-name.invalid");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_and_ports_are_told_apart),
        cmocka_unit_test(numeric_addresses_come_back_as_written),
        cmocka_unit_test(a_mapped_address_is_shown_as_ipv4),
        cmocka_unit_test(a_path_that_is_too_long_for_a_socket_is_an_error),
        cmocka_unit_test(a_name_that_nobody_has_is_an_error_of_the_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
