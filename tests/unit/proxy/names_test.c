/* What comes of looking up a name again. */
#include "unit.h"

#include "proxy/names.h"

/* What the resolver says; count -1: it fails. */
struct said {
    int count;
    uint32_t first, second; /* IPv4 */
};

static struct address
v4(uint32_t ip, uint16_t port)
{
    struct address a;

    memset(&a, 0, sizeof a);
    a.length = sizeof a.as.v4;
    a.as.v4.sin_family = AF_INET;
    a.as.v4.sin_port = htons(port);
    a.as.v4.sin_addr.s_addr = htonl(ip);
    return a;
}

static int
say(void *arg, struct text host, uint16_t port, struct address *out, int most, struct error *err)
{
    const struct said *said = arg;

    check_text(host, "orders.internal");
    assert_int_equal(most, UPSTREAM_ADDRESSES);
    if (said->count < 0)
        return error_set(err, ERROR_ENVIRONMENT, "orders.internal", "nobody knows");
    out[0] = v4(said->first, port);
    out[1] = v4(said->second, port);
    return said->count;
}

static enum names_outcome
look(struct upstream *u, struct said said, struct error *err)
{
    return names_look(u, TEXT("orders.internal"), 80, say, &said, err);
}

static void
other_addresses_are_taken_over_the_same_ones_are_not_a_change(void **state)
{
    struct upstream u = { .addresses = { v4(1, 80), v4(2, 80) }, .count = 2 };

    (void)state;
    assert_int_equal(look(&u, (struct said){ 2, 1, 2 }, NULL), NAMES_SAME);
    assert_int_equal(look(&u, (struct said){ 2, 2, 1 }, NULL), NAMES_SAME);
    assert_int_equal(look(&u, (struct said){ 2, 2, 3 }, NULL), NAMES_CHANGED);
    assert_int_equal(u.count, 2);
    assert_int_equal(ntohl(u.addresses[1].as.v4.sin_addr.s_addr), 3);
    assert_int_equal(look(&u, (struct said){ 1, 3, 0 }, NULL), NAMES_CHANGED);
    assert_int_equal(u.count, 1);
}

static void
a_failing_look_up_keeps_the_addresses(void **state)
{
    struct upstream u = { .addresses = { v4(1, 80) }, .count = 1 };
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_int_equal(look(&u, (struct said){ -1, 0, 0 }, &err), NAMES_FAILED);
    assert_string_equal(err.what, "nobody knows");
    assert_int_equal(look(&u, (struct said){ 0, 0, 0 }, NULL), NAMES_FAILED);
    assert_int_equal(u.count, 1);
    assert_int_equal(ntohl(u.addresses[0].as.v4.sin_addr.s_addr), 1);
}

static void
an_address_is_no_name(void **state)
{
    (void)state;
    assert_true(names_is_name(TEXT("localhost")));
    assert_true(names_is_name(TEXT("orders.internal")));
    assert_true(names_is_name(TEXT("127.0.0.1.example")));
    assert_false(names_is_name(TEXT("127.0.0.1")));
    assert_false(names_is_name(TEXT("::1")));
    assert_false(names_is_name(TEXT("")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_addresses_are_taken_over_the_same_ones_are_not_a_change),
        cmocka_unit_test(a_failing_look_up_keeps_the_addresses),
        cmocka_unit_test(an_address_is_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
