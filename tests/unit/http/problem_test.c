#include "unit.h"

#include "base/limits.h"
#include "http/problem.h"

static void
a_problem_without_items_is_small(void **state)
{
    struct buffer b;

    (void)state;
    buffer_init(&b, LIMIT_MIB);
    problem_write(&b, &(struct problem){ .status = 404, .detail = TEXT("no path matches '/a\"b'") });
    check_text(buffer_text(&b), "{\"title\":\"Not Found\",\"status\":404,\"detail\":\"no path matches '/a\\\"b'\"}");
    buffer_release(&b);
}

static void
items_say_where_and_what(void **state)
{
    const struct problem_item items[] = {
        { .pointer = TEXT("/items/0"),
          .keyword = TEXT("minimum"),
          .detail = TEXT("too small"),
          .expected = TEXT("number >= 1"),
          .found = TEXT("0") },
        { .place = TEXT("header X"), .keyword = TEXT("header-missing"), .detail = TEXT("not sent") },
        { .keyword = TEXT("type"), .detail = TEXT("no object") },
    };
    struct buffer b;

    (void)state;
    buffer_init(&b, LIMIT_MIB);
    problem_write(
        &b,
        &(struct problem){
            .status = 400, .title = TEXT("Contract broken"), .exchange = TEXT("x1"), .items = items, .item_count = 3 });
    check_text(buffer_text(&b), "{\"title\":\"Contract broken\",\"status\":400,\"exchange\":\"x1\",\"errors\":["
                                "{\"pointer\":\"/items/0\",\"keyword\":\"minimum\",\"detail\":\"too small\","
                                "\"expected\":\"number >= 1\",\"found\":\"0\"},"
                                "{\"place\":\"header X\",\"keyword\":\"header-missing\",\"detail\":\"not sent\"},"
                                "{\"pointer\":\"\",\"keyword\":\"type\",\"detail\":\"no object\"}]}");
    buffer_release(&b);
}

static void
a_problem_that_does_not_fit_is_a_failed_buffer(void **state)
{
    struct buffer b;

    (void)state;
    buffer_init(&b, 20);
    problem_write(&b, &(struct problem){ .status = 500 });
    assert_true(buffer_failed(&b));
    buffer_release(&b);
}

static void
known_statuses_have_their_phrase(void **state)
{
    (void)state;
    check_text(status_reason(100), "Continue");
    check_text(status_reason(200), "OK");
    check_text(status_reason(413), "Content Too Large");
    check_text(status_reason(511), "Network Authentication Required");
    check_text(status_reason(99), "Unknown");
    check_text(status_reason(299), "Unknown");
    check_text(status_reason(999), "Unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_without_items_is_small),
        cmocka_unit_test(items_say_where_and_what),
        cmocka_unit_test(a_problem_that_does_not_fit_is_a_failed_buffer),
        cmocka_unit_test(known_statuses_have_their_phrase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
