#include "unit.h"

#include "base/limits.h"
#include "replay/match.h"

static struct arena *arena;

static int
set_up(void **state)
{
    (void)state;
    arena = arena_new(0, 64 * LIMIT_MIB);
    return arena != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct header json_type = { .name = { "Content-Type", 12 },
                                   .value = { "application/json", 16 },
                                   .id = HEADER_CONTENT_TYPE };

static const struct match_rules *
rules_of(const char *const *ignore, uint32_t count, const char *header)
{
    struct replay_settings settings = { .ignore_count = count, .header_count = header != NULL ? 1 : 0 };
    struct text name = text_of(header);

    settings.ignore = ARENA_ARRAY(arena, struct text, count);
    settings.headers = ARENA_ARRAY(arena, struct text, 1);
    settings.headers[0] = name;
    for (uint32_t i = 0; i < count; i++)
        settings.ignore[i] = text_of(ignore[i]);
    return match_rules_new(&settings, arena);
}

/* "POST /things?a=1" with a body, NULL: none. */
static struct message
message_of(const char *method, const char *target, const char *body)
{
    struct text t = text_of(target);
    size_t question = text_find(t, '?');

    return (struct message){ .is_request = true,
                             .method = text_of(method),
                             .target = t,
                             .path = text_slice(t, 0, question),
                             .query = text_from(t, question + 1),
                             .has_query = question < t.length,
                             .headers = &json_type,
                             .header_count = body != NULL ? 1 : 0,
                             .body = text_of(body),
                             .body_state = body != NULL ? BODY_WHOLE : BODY_NONE };
}

static struct match_request
request_of(const struct match_rules *rules, const char *method, const char *target, const char *body)
{
    struct message m = message_of(method, target, body);
    struct match_request r;

    assert_int_equal(match_read(&r, rules, &m, m.path, NULL, arena), 0);
    return r;
}

/* Both judges agree: the keys are equal exactly where there is no difference. */
static struct match_differences
compare(const struct match_rules *rules, const char *method, const char *a_target, const char *a_body,
        const char *b_target, const char *b_body)
{
    struct match_request a = request_of(rules, method, a_target, a_body);
    struct match_request b = request_of(rules, method, b_target, b_body);
    struct match_differences d;

    match_compare(&a, &b, rules, NULL, arena, &d);
    assert_int_equal(match_key(&a, rules, 0) == match_key(&b, rules, 0), d.count == 0);
    return d;
}

#define PLAIN rules_of(NULL, 0, NULL)

static void
requests_are_equal_whatever_the_order_of_their_pairs_and_members(void **state)
{
    (void)state;
    assert_int_equal(compare(PLAIN, "GET", "/a?x=1&y=2", NULL, "/a?y=2&x=1", NULL).count, 0);
    assert_int_equal(compare(PLAIN, "GET", "/a%62?x=%31", NULL, "/ab?x=1", NULL).count, 0);
    assert_int_equal(
        compare(PLAIN, "POST", "/a", "{\"n\":1.0,\"m\":[1,2]}", "/a", " { \"m\" : [1e0, 2.00], \"n\" : 1 }").count, 0);
}

static void
values_of_one_name_have_an_order(void **state)
{
    struct match_differences d = compare(PLAIN, "GET", "/a?x=1&x=2", NULL, "/a?x=2&x=1", NULL);

    (void)state;
    assert_int_equal(d.count, 2);
    check_text(d.list[0].place, "query:x");
    assert_int_equal(compare(PLAIN, "POST", "/a", "[1,2]", "/a", "[2,1]").count, 2);
}

static void
each_difference_is_named_with_both_values(void **state)
{
    struct match_differences d = compare(PLAIN, "POST", "/things/a?page=1", "{\"n\":1,\"gone\":true,\"s\":[\"x\"]}",
                                         "/things/b?page=1&new=", "{\"n\":2,\"s\":[\"x\",\"y\"]}");

    (void)state;
    assert_int_equal(d.count, 5);
    check_text(d.list[0].place, "path segment 2");
    check_text(d.list[0].recorded, "a");
    check_text(d.list[0].live, "b");
    check_text(d.list[1].place, "query:new");
    assert_null(d.list[1].recorded.data);
    check_text(d.list[2].place, "body:/n");
    check_text(d.list[2].recorded, "1");
    check_text(d.list[2].live, "2");
    check_text(d.list[3].place, "body:/gone");
    assert_null(d.list[3].live.data);
    check_text(d.list[4].place, "body:/s/1");
    assert_false(d.only_ids);
}

static void
ignored_places_are_as_if_they_were_not_there(void **state)
{
    static const char *const ignore[] = { "body:/at", "body:/items/*/t~1s", "query:ts" };
    const struct match_rules *rules = rules_of(ignore, 3, NULL);

    (void)state;
    assert_int_equal(compare(rules, "POST", "/a?ts=1", "{\"at\":1,\"items\":[{\"t/s\":1,\"n\":2}]}", "/a",
                             "{\"items\":[{\"n\":2,\"t/s\":7}]}")
                         .count,
                     0);
    assert_int_equal(compare(rules, "POST", "/a", "{\"items\":[{\"n\":2}]}", "/a", "{\"items\":[{\"n\":3}]}").count, 1);
    assert_int_equal(compare(rules, "POST", "/a", "{\"items\":{\"at\":1}}", "/a", "{\"items\":{\"at\":2}}").count, 1);
}

static void
only_chosen_headers_are_compared(void **state)
{
    const struct match_rules *rules = rules_of(NULL, 0, "x-tenant");
    struct header a[] = { { .name = TEXT("X-Tenant"), .value = TEXT("one") },
                          { .name = TEXT("X-Time"), .value = TEXT("1") } };
    struct header b[] = { { .name = TEXT("X-Tenant"), .value = TEXT("two") },
                          { .name = TEXT("X-Time"), .value = TEXT("2") } };
    struct message m = message_of("GET", "/a", NULL);
    struct match_request recorded, live;
    struct match_differences d;

    (void)state;
    m.headers = a;
    m.header_count = 2;
    assert_int_equal(match_read(&recorded, rules, &m, m.path, NULL, arena), 0);
    m.headers = b;
    assert_int_equal(match_read(&live, rules, &m, m.path, NULL, arena), 0);
    match_compare(&recorded, &live, rules, NULL, arena, &d);
    assert_int_equal(d.count, 1);
    check_text(d.list[0].place, "header:x-tenant");
    assert_int_not_equal(match_key(&recorded, rules, 0), match_key(&live, rules, 0));
}

static void
what_was_redacted_is_not_compared(void **state)
{
    struct text places[] = { TEXT("request body /card/number"), TEXT("request query token") };
    struct exchange x = { .arena = arena, .redacted = places, .redacted_count = 2 };
    const struct match_rules *rules = PLAIN;
    struct match_request recorded, live;
    struct match_differences d;

    (void)state;
    x.request = message_of("POST", "/pay?token=***&n=1", "{\"card\":{\"number\":\"***\",\"name\":\"A\"}}");
    assert_int_equal(match_read(&recorded, rules, &x.request, x.request.path, &x, arena), 0);
    assert_int_equal(recorded.loose, MATCH_LOOSE_BODY | MATCH_LOOSE_QUERY);
    live = request_of(rules, "POST", "/pay?n=1&token=secret", "{\"card\":{\"name\":\"A\",\"number\":\"4111\"}}");
    match_compare(&recorded, &live, rules, NULL, arena, &d);
    assert_int_equal(d.count, 0);
    assert_int_equal(match_key(&recorded, rules, recorded.loose), match_key(&live, rules, recorded.loose));
    live = request_of(rules, "POST", "/pay?n=1&token=secret", "{\"card\":{\"name\":\"B\",\"number\":\"4111\"}}");
    match_compare(&recorded, &live, rules, NULL, arena, &d);
    assert_int_equal(d.count, 1);
    check_text(d.list[0].place, "body:/card/name");
}

static void
a_body_that_is_not_whole_on_record_is_not_compared(void **state)
{
    struct exchange x = { .arena = arena };
    const struct match_rules *rules = PLAIN;
    struct match_request recorded, live = request_of(rules, "POST", "/a", "{\"n\":1}");
    struct match_differences d;

    (void)state;
    x.request = message_of("POST", "/a", "{\"n\":");
    x.request.body_cut = true;
    assert_int_equal(match_read(&recorded, rules, &x.request, x.request.path, &x, arena), 0);
    assert_int_equal(recorded.loose, MATCH_LOOSE_BODY);
    match_compare(&recorded, &live, rules, NULL, arena, &d);
    assert_int_equal(d.count, 0);
}

static void
made_up_ids_are_told_from_words_numbers_and_dates(void **state)
{
    (void)state;
    assert_true(match_is_id(TEXT("note"), TEXT("7f3b2c1e-9a54-4d0e-8f6b-2d1c0a9e8b77")));
    assert_true(match_is_id(TEXT("note"), TEXT("ORD-10021")));
    assert_true(match_is_id(TEXT("thing_id"), TEXT("17")));
    assert_true(match_is_id(TEXT("thingId"), TEXT("abc")));
    assert_false(match_is_id(TEXT("paid"), TEXT("17")));
    assert_false(match_is_id(TEXT("state"), TEXT("cancelled")));
    assert_false(match_is_id(TEXT("total"), TEXT("114.5")));
    assert_false(match_is_id(TEXT("thing_id"), TEXT("two words")));
    assert_false(match_is_id(TEXT("at"), TEXT("2026-11-21T06:00:00Z")));
}

static void
a_request_differs_only_by_ids_when_every_difference_may_be_one(void **state)
{
    struct match_differences d =
        compare(PLAIN, "POST", "/things", "{\"ref\":\"A-10001\",\"n\":1}", "/things", "{\"ref\":\"B-20002\",\"n\":1}");

    (void)state;
    assert_true(d.only_ids);
    d = compare(PLAIN, "POST", "/things", "{\"ref\":\"A-10001\",\"n\":1}", "/things", "{\"ref\":\"B-20002\",\"n\":2}");
    assert_int_equal(d.count, 2);
    assert_false(d.only_ids);
    assert_false(compare(PLAIN, "POST", "/a", "{\"n\":1}", "/a", "{\"n\":1}").only_ids);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_are_equal_whatever_the_order_of_their_pairs_and_members, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(values_of_one_name_have_an_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_difference_is_named_with_both_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ignored_places_are_as_if_they_were_not_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_chosen_headers_are_compared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_redacted_is_not_compared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_that_is_not_whole_on_record_is_not_compared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(made_up_ids_are_told_from_words_numbers_and_dates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_differs_only_by_ids_when_every_difference_may_be_one, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
