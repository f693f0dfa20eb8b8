#include "unit.h"

#include "base/ip.h"

static struct ip
ip_of(const char *written)
{
    struct ip ip = { .known = false };

    check_that(ip_read(text_of(written), &ip), "'%s' is an address", written);
    return ip;
}

static void
addresses_are_read_as_proxies_write_them(void **state)
{
    static const char *const same[][2] = {
        { "10.1.2.3", "::ffff:10.1.2.3" },
        { "10.1.2.3:4711", "10.1.2.3" },
        { "[2001:db8::1]", "2001:db8:0:0:0:0:0:1" },
        { "[2001:DB8::1]:443", "2001:db8::1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct ip a = ip_of(same[i][0]), b = ip_of(same[i][1]);

        check_that(ip_same(&a, &b), "%s is %s", same[i][0], same[i][1]);
    }
}

static void
what_is_no_address_is_not_read(void **state)
{
    static const char *const wrong[] = {
        "",     "unknown", "_hidden",     "10.1.2",     "10.1.2.3:",   "10.1.2.3:x", "10.1.2.3:65536",
        "[::1", "[::1]x",  "[10.1.2.3]:", "[10.1.2.3]", "::1%eth0",    "1.2.3.4/8",  " 10.1.2.3",
        "::g",  "[]",      "010.1.2.3",   "[::1]:",     "10.1.2.3.4:1"
    };
    struct ip ip;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_that(!ip_read(text_of(wrong[i]), &ip), "'%s' is no address", wrong[i]);
    assert_false(ip_read(text_make("10.1.2.3\0", 9), &ip));
}

static void
a_network_has_the_addresses_below_its_prefix(void **state)
{
    static const struct {
        const char *network, *in, *out;
    } cases[] = {
        { "10.0.0.0/8", "10.255.255.255", "11.0.0.0" },
        { "10.1.2.3", "10.1.2.3", "10.1.2.2" },
        { "192.168.4.0/22", "192.168.7.255", "192.168.8.0" },
        { "0.0.0.0/0", "1.2.3.4", "2001:db8::1" },
        { "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::" },
        { "::/0", "10.1.2.3", NULL },
        { "fe80::/10", "febf::1", "fec0::1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ip_network network;
        struct ip in = ip_of(cases[i].in);

        check_that(ip_network_read(text_of(cases[i].network), &network), "%s", cases[i].network);
        check_that(ip_network_has(&network, &in), "%s has %s", cases[i].network, cases[i].in);
        if (cases[i].out != NULL) {
            struct ip out = ip_of(cases[i].out);

            check_that(!ip_network_has(&network, &out), "%s does not have %s", cases[i].network, cases[i].out);
        }
    }
}

static void
a_network_with_a_mistake_is_not_read(void **state)
{
    static const char *const wrong[] = { "10.0.0.0/33", "10.0.0.1/8", "2001:db8::/129", "2001:db8::1/64", "10.0.0.0/",
                                         "/8",          "localhost",  "10.0.0.0/8/8",   "10.0.0.0/-1" };
    struct ip_network network;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_that(!ip_network_read(text_of(wrong[i]), &network), "'%s' is no network", wrong[i]);
}

static void
hosts_of_one_ipv6_network_are_one_client_and_ipv4_addresses_are_not(void **state)
{
    struct ip a = ip_of("2001:db8:1:2::1"), b = ip_of("2001:db8:1:2:ffff::9"), c = ip_of("2001:db8:1:3::1");
    struct ip d = ip_of("10.1.2.3"), e = ip_of("10.1.2.4");

    (void)state;
    a = ip_client(&a), b = ip_client(&b), c = ip_client(&c), d = ip_client(&d), e = ip_client(&e);
    assert_true(ip_same(&a, &b));
    assert_false(ip_same(&a, &c));
    assert_false(ip_same(&d, &e));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_as_proxies_write_them),
        cmocka_unit_test(what_is_no_address_is_not_read),
        cmocka_unit_test(a_network_has_the_addresses_below_its_prefix),
        cmocka_unit_test(a_network_with_a_mistake_is_not_read),
        cmocka_unit_test(hosts_of_one_ipv6_network_are_one_client_and_ipv4_addresses_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
