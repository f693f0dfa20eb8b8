/* Which proxy leads where: what is written, what the environment says, and who is exempt. */
#include "unit.h"

#include <stdlib.h>

#include "base/limits.h"
#include "rules/http_proxy.h"

static struct arena *arena;
static struct error err;

static int
begin(void **state)
{
    static const char *const names[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                         "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unsetenv(names[i]);
    arena = arena_new(0, LIMIT_MIB);
    err = (struct error){ .kind = ERROR_NONE };
    return arena != NULL ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct http_proxy
read_for(const char *written, const char *upstream)
{
    struct upstream_settings to;
    struct http_proxy p = { .port = 0 };

    assert_int_equal(upstream_settings_read(&to, text_of(upstream), "here", arena, NULL), 0);
    (void)http_proxy_read(&p, text_of(written), &to, "here", arena, &err);
    return p;
}

static void
user_and_password_are_decoded_and_never_shown(void **state)
{
    struct http_proxy p = read_for("http://me:s%20e%3A@proxy.example:3128/", "http://shop.example");

    (void)state;
    check_text(p.host, "proxy.example");
    assert_int_equal(p.port, 3128);
    check_text(p.authorization, "Basic bWU6cyBlOg==");
    check_text(p.shown, "http://proxy.example:3128");
    check_text(read_for("http://me@proxy.example:1", "http://a").authorization, "Basic bWU6");
    check_text(read_for("http://me:p@ss@proxy.example:1", "http://a").host, "proxy.example");
}

static void
a_proxy_without_a_scheme_is_an_http_proxy(void **state)
{
    struct http_proxy p = read_for("[::1]:3128", "http://shop.example");

    (void)state;
    check_text(p.host, "::1");
    assert_int_equal(p.authorization.length, 0);
}

static void
a_mistake_is_told_without_the_password(void **state)
{
    static const char *const wrong[] = { "https://me:secret@proxy:3128", "socks5://me:secret@proxy",
                                         "http://me:secret@proxy:99999", "http://me:secret@", "me:secret@proxy/path" };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        err = (struct error){ .kind = ERROR_NONE };
        assert_int_equal(read_for(wrong[i], "http://shop.example").host.length, 0);
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_string_equal(err.where, "here");
        assert_null(strstr(err.what, "secret"));
    }
}

static void
the_environment_counts_only_where_it_is_asked_for(void **state)
{
    (void)state;
    (void)setenv("http_proxy", "http://plain:1", 1);
    (void)setenv("HTTP_PROXY", "http://upper:1", 1);
    (void)setenv("HTTPS_PROXY", "http://tls:2", 1);
    (void)setenv("NO_PROXY", "localhost, .example", 1);
    check_text(read_for("env", "http://shop.test").host, "plain");
    check_text(read_for("env", "https://shop.test").host, "tls");
    assert_int_equal(read_for("env", "https://shop.example").host.length, 0);
    assert_int_equal(read_for("off", "http://shop.test").host.length, 0);
    assert_int_equal(read_for("", "http://shop.test").host.length, 0);
    assert_int_equal(read_for("env", "unix:/run/x.sock").host.length, 0);
    (void)unsetenv("HTTPS_PROXY");
    (void)setenv("ALL_PROXY", "any:3", 1);
    check_text(read_for("env", "https://shop.test").host, "any");
}

static void
no_proxy_has_names_addresses_and_networks(void **state)
{
    static const struct {
        const char *list, *host;
        bool exempt;
    } cases[] = {
        { "*", "shop.example", true },
        { "example", "shop.example", true },
        { ".example", "shop.example", true },
        { "example", "shopexample", false },
        { "SHOP.example", "shop.EXAMPLE", true },
        { "a, b ,shop.example", "shop.example", true },
        { "shop.example:80", "shop.example", true },
        { "shop.example:81", "shop.example", false },
        { "10.0.0.0/8", "10.1.2.3", true },
        { "10.0.0.0/8", "11.1.2.3", false },
        { "10.1.2.3", "10.1.2.3", true },
        { "[::1]:80", "::1", true },
        { "[::1]:81", "::1", false },
        { "::1", "::1", true },
        { "", "shop.example", false },
        { ",", "shop.example", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_that(http_proxy_exempts(text_of(cases[i].list), text_of(cases[i].host), 80) == cases[i].exempt,
                   "'%s' has '%s': expected %d", cases[i].list, cases[i].host, cases[i].exempt);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(user_and_password_are_decoded_and_never_shown, begin, end),
        cmocka_unit_test_setup_teardown(a_proxy_without_a_scheme_is_an_http_proxy, begin, end),
        cmocka_unit_test_setup_teardown(a_mistake_is_told_without_the_password, begin, end),
        cmocka_unit_test_setup_teardown(the_environment_counts_only_where_it_is_asked_for, begin, end),
        cmocka_unit_test_setup_teardown(no_proxy_has_names_addresses_and_networks, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
