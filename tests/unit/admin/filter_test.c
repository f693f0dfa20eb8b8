#include "unit.h"

#include "admin/filter.h"
#include "base/time_text.h"

static struct exchange
delivered(uint16_t status)
{
    struct exchange x = { .started = 1000, .service = TEXT("shop"), .operation = TEXT("getItem") };

    x.request.method = TEXT("GET");
    x.has_response = true;
    x.response.status = status;
    x.request_verdict.checked = true;
    memcpy(x.id, "1m7yrw0000000000000b", EXCHANGE_ID_BYTES);
    return x;
}

/* What is wrong is answered with 400. */
static bool
read_query(struct filter *f, const char *query, bool list, struct arena *arena)
{
    struct service_request request = { .message = { .query = text_of(query), .has_query = true }, .arena = arena };
    struct service_answer answer = { .status = 200 };
    struct api_call call = { .request = &request, .answer = &answer };
    bool good;

    buffer_init(&answer.body, 10000);
    good = filter_read(f, &call, list);
    assert_int_equal(answer.status, good ? 200 : 400);
    buffer_release(&answer.body);
    return good;
}

static bool
matches(const char *query, const struct exchange *x)
{
    struct arena *arena = arena_new(0, 100000);
    struct filter f;
    bool result;

    assert_true(read_query(&f, query, true, arena));
    result = filter_matches(&f, x);
    arena_free(arena);
    return result;
}

static void
without_a_query_everything_matches(void **state)
{
    struct exchange x = delivered(200);

    (void)state;
    assert_true(matches("", &x));
}

static void
each_key_must_match(void **state)
{
    static const char *const yes[] = { "service=shop",
                                       "operation=getItem",
                                       "method=GET",
                                       "status=200",
                                       "status=2XX",
                                       "verdict=ok",
                                       "service=s%68op&method=GET",
                                       "limit=1000",
                                       "before=1m7yrw0000000000000c" };
    static const char *const no[] = { "service=shop2",
                                      "operation=get",
                                      "method=get",
                                      "status=201",
                                      "status=4xx",
                                      "verdict=violations",
                                      "verdict=refused",
                                      "service=shop&method=POST",
                                      "since=2026-01-31T23:59:59Z",
                                      "before=1m7yrw0000000000000b" };
    struct exchange x = delivered(200);

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        check_that(matches(yes[i], &x), "%s does not match", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        check_that(!matches(no[i], &x), "%s matches", no[i]);
}

static void
a_refusal_has_the_status_that_the_client_saw(void **state)
{
    struct exchange x = delivered(200);

    (void)state;
    x.outcome = OUTCOME_REFUSED;
    x.refusal.status = 502;
    assert_int_equal(filter_status(&x), 502);
    assert_true(matches("status=5xx&verdict=refused", &x));
    assert_false(matches("status=200", &x));
    assert_true(text_equal(filter_verdict_of(&x), TEXT("refused")));
}

static void
times_are_from_and_before(void **state)
{
    struct exchange x = delivered(200);

    (void)state;
    assert_true(time_text_read(TEXT("2026-01-31T12:00:00Z"), &x.started));
    assert_true(matches("since=2026-01-31T12:00:00Z", &x));
    assert_true(matches("until=2026-01-31T12:00:01Z", &x));
    assert_false(matches("until=2026-01-31T12:00:00Z", &x));
}

static void
what_is_no_filter_is_refused(void **state)
{
    static const char *const bad[] = { "status=99",       "status=600",   "status=4x",
                                       "status=20",       "verdict=fine", "limit=0",
                                       "limit=1001",      "limit=-1",     "limit=99999999999999999999",
                                       "since=yesterday", "service=",     "colour=red",
                                       "method=%ff",      "before=" };
    struct arena *arena = arena_new(0, 100000);
    struct filter f;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_that(!read_query(&f, bad[i], true, arena), "%s is taken", bad[i]);
    assert_false(read_query(&f, "limit=5", false, arena)); /* of a list alone */
    assert_false(read_query(&f, "before=1m7yrw0000000000000b", false, arena));
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_query_everything_matches),
        cmocka_unit_test(each_key_must_match),
        cmocka_unit_test(a_refusal_has_the_status_that_the_client_saw),
        cmocka_unit_test(times_are_from_and_before),
        cmocka_unit_test(what_is_no_filter_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
