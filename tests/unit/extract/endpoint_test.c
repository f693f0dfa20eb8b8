#include "unit.h"

#include "base/limits.h"
#include "extract/endpoint.h"
#include "extract/label.h"
#include "extract/template.h"

static struct arena *arena;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    return arena == NULL;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

#define BIT(method) (1u << METHOD_##method)

static void
endpoints_are_found_however_they_are_written(void **state)
{
    static const struct {
        const char *line;
        unsigned methods;
        const char *path;
        bool alone;
    } table[] = {
        { "GET /a", BIT(GET), "/a", true },
        { "**Endpoint:** `POST /orders/{order id}`", BIT(POST), "/orders/{order id}", true },
        { "Endpoint: Post /api/order/cart.json", BIT(POST), "/api/order/cart.json", true },
        { "`PATCH` `/a/:id`", BIT(PATCH), "/a/:id", true },
        { "| GET | /a/<id> | lists |", BIT(GET), "/a/<id>", true },
        { "/a/b (DELETE)", BIT(DELETE), "/a/b", true },
        { "List things [GET /things{?page}]", BIT(GET), "/things{?page}", false },
        { "PUT/PATCH https://a.dev/b?c=d.", BIT(PUT) | BIT(PATCH), "https://a.dev/b?c=d", true },
        { "GET, POST or HEAD /a", BIT(GET) | BIT(POST) | BIT(HEAD), "/a", true },
        { "Send `GET {{base}}/a` now", BIT(GET), "{{base}}/a", false },
        { "To make one, send POST /a with a body.", BIT(POST), "/a", false },
        { "3.1 POST /a -- make one", BIT(POST), "/a", true },
        { "see /a/b", 0, "/a/b", false },
        { "URL: $HOST/a", 0, "$HOST/a", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct endpoint e;
        size_t stop;

        check_that(endpoint_find(text_of(table[i].line), 0, &e, &stop), "%s", table[i].line);
        check_that(e.methods == table[i].methods, "%s: %x", table[i].line, e.methods);
        check_that(text_equal(e.path, text_of(table[i].path)), "%s: %.*s", table[i].line, TEXT_PRINT(e.path));
        check_that(e.alone == table[i].alone, "%s", table[i].line);
    }
}

static void
prose_has_no_endpoints(void **state)
{
    static const char *const none[] = { "",    "and/or", "200/400", "// comment", "a / b", "GET well soon",
                                        "n/a", "1/2",    "/",       "http:" };
    struct endpoint e;
    size_t stop;

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        check_that(!endpoint_find(text_of(none[i]), 0, &e, &stop) || e.methods == 0, "%s: %.*s", none[i],
                   TEXT_PRINT(e.path));
}

static void
a_line_may_name_several(void **state)
{
    struct text line = TEXT("After POST /a call GET /a/{id}.");
    struct endpoint e;
    size_t at = 0;

    (void)state;
    assert_true(endpoint_find(line, at, &e, &at));
    check_text(e.path, "/a");
    assert_true(endpoint_find(line, at, &e, &at));
    check_text(e.path, "/a/{id}");
    assert_int_equal(e.methods, BIT(GET));
    assert_false(endpoint_find(line, at, &e, &at));
}

static void
parameters_are_found_in_all_their_styles(void **state)
{
    static const struct {
        const char *written, *template;
    } table[] = {
        { "/a/{b}", "/a/{b}" },
        { "/a/:b/c", "/a/{b}/c" },
        { "/a/<b>", "/a/{b}" },
        { "/a/<int:b>", "/a/{b}" },
        { "/a/${b}", "/a/{b}" },
        { "/a/{{b}}", "/a/{b}" },
        { "/a/[b]", "/a/{b}" },
        { "/a/$b", "/a/{b}" },
        { "/a/{b:[0-9]+}", "/a/{b}" },
        { "/a/{b}.json", "/a/{b}.json" },
        { "/a/:b.json", "/a/{b}.json" },
        { "/a/<order id>", "/a/{order_id}" },
        { "/orders/ORD12345", "/orders/{order_id}" },
        { "/categories/42", "/categories/{category_id}" },
        { "/addresses/7/x", "/addresses/{address_id}/x" },
        { "/a/3f2b8c1e-0d0e-4d3c-9b60-2f0e5a1c7d44", "/a/{a_id}" },
        { "/a/cus_9s6XKz", "/a/{a_id}" },
        { "/users/USER_ID", "/users/{user_id}" },
        { "/things/1/things/2", "/things/{thing_id}/things/{thing_id_3}" },
        { "/api/v1/orders", "/api/v1/orders" },
        { "/oauth2/token", "/oauth2/token" },
        { "/a/b.json?c=d#e", "/a/b.json" },
        { "/a{?b,c}", "/a" },
        { "/a/", "/a/" },
        { "/", "/" },
        { "https://x.dev", "/" },
        { "https://x.dev/v2/a", "/v2/a" },
        { "{{base}}/a", "/a" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct template t;

        check_that(template_read(&t, text_of(table[i].written), arena), "%s", table[i].written);
        check_that(text_equal(template_text(&t, arena), text_of(table[i].template)), "%s: %.*s", table[i].written,
                   TEXT_PRINT(template_text(&t, arena)));
    }
}

static void
origin_and_query_are_taken_off(void **state)
{
    struct template t;

    (void)state;
    assert_true(template_read(&t, TEXT("https://x.dev:8080/a?b=c&d=e"), arena));
    check_text(t.origin, "https://x.dev:8080");
    check_text(t.query, "b=c&d=e");
    assert_true(template_read(&t, TEXT("/a{?b,c}"), arena));
    check_text(t.query, "b,c}");
}

static void
what_is_no_path_is_refused(void **state)
{
    struct template t;

    (void)state;
    assert_false(template_read(&t, TEXT(""), arena));
    assert_false(template_read(&t, TEXT("/a b"), arena));
    assert_false(template_read(&t, TEXT("/a\"b"), arena));
    assert_false(template_read(&t, TEXT("/{"), arena));
    assert_false(template_read(&t, TEXT("no-slash"), arena));
}

static void
templates_are_equal_whatever_their_parameters_are_called(void **state)
{
    struct template a, b, concrete, longer;

    (void)state;
    assert_true(template_read(&a, TEXT("/a/{b}/c"), arena));
    assert_true(template_read(&b, TEXT("/a/:x/c"), arena));
    assert_true(template_read(&concrete, TEXT("/a/octocat/c"), arena));
    assert_true(template_read(&longer, TEXT("/v1/a/octocat/c"), arena));
    assert_true(template_equal(&a, &b));
    assert_false(template_equal(&a, &concrete));
    assert_true(template_fits(&concrete, &a));
    assert_false(template_fits(&a, &concrete));
    assert_int_equal(template_base(&longer, &a), 1);
    assert_int_equal(template_base(&a, &longer), a.count);
}

static void
labels_say_what_follows(void **state)
{
    static const struct {
        const char *line;
        bool heading;
        enum label_kind kind;
        unsigned status;
    } table[] = {
        { "Request Body:", false, LABEL_REQUEST, 0 },
        { "**Payload**", false, LABEL_REQUEST, 0 },
        { "Example request:", false, LABEL_REQUEST, 0 },
        { "Response", true, LABEL_RESPONSE, 0 },
        { "Returns", false, LABEL_RESPONSE, 0 },
        { "The above command returns JSON structured like this:", false, LABEL_RESPONSE, 0 },
        { "**404 Response:**", false, LABEL_RESPONSE, 404 },
        { "Response (201 Created)", true, LABEL_RESPONSE, 201 },
        { "Status: 200 OK", false, LABEL_RESPONSE, 200 },
        { "**Code** : `404 NOT FOUND`", false, LABEL_RESPONSE, 404 },
        { "HTTP/1.1 204 No Content", false, LABEL_RESPONSE, 204 },
        { "`409` - Conflict", false, LABEL_RESPONSE, 409 },
        { "Query parameters", true, LABEL_QUERY, 0 },
        { "Path Parameters", true, LABEL_PATH, 0 },
        { "URL Parameters", true, LABEL_PARAMETERS, 0 },
        { "Headers", true, LABEL_HEADERS, 0 },
        { "Errors", true, LABEL_STATUSES, 0 },
        { "HTTP status codes", true, LABEL_STATUSES, 0 },
        { "Method: POST", false, LABEL_METHOD, 0 },
        { "Endpoint: `/a`", false, LABEL_ENDPOINT, 0 },
        { "Base URL: `https://a.dev`", false, LABEL_BASE, 0 },
        { "Viewing order status", true, LABEL_NONE, 0 },
        { "List access requests of a group", true, LABEL_NONE, 0 },
        { "Parameters for \"List labels\"", true, LABEL_PARAMETERS, 0 },
        { "500 items fit on a page and more do not", false, LABEL_NONE, 0 },
        { "This page is about requests and responses of all kinds", false, LABEL_NONE, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct label label;

        label_read(text_of(table[i].line), table[i].heading, &label);
        check_that(label.kind == table[i].kind, "%s: %d", table[i].line, (int)label.kind);
        check_that(label.status == table[i].status, "%s: %u", table[i].line, label.status);
    }
}

static void
statuses_are_told_from_other_numbers(void **state)
{
    struct text rest;

    (void)state;
    assert_int_equal(label_status(TEXT("the answer is 409 (Conflict)"), &rest), 409);
    assert_int_equal(label_status(TEXT("returns 404"), &rest), 404);
    assert_int_equal(label_status(TEXT("you get a 503 back"), &rest), 503);
    assert_int_equal(label_status(TEXT("200 of them are in this memo"), &rest), 0);
    assert_int_equal(label_status(TEXT("a total of $200.00"), &rest), 0);
    assert_int_equal(label_status(TEXT("version 1.200.3"), &rest), 0);
    assert_int_equal(label_status(TEXT("code 999"), &rest), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_found_however_they_are_written),
        cmocka_unit_test(prose_has_no_endpoints),
        cmocka_unit_test(a_line_may_name_several),
        cmocka_unit_test(parameters_are_found_in_all_their_styles),
        cmocka_unit_test(origin_and_query_are_taken_off),
        cmocka_unit_test(what_is_no_path_is_refused),
        cmocka_unit_test(templates_are_equal_whatever_their_parameters_are_called),
        cmocka_unit_test(labels_say_what_follows),
        cmocka_unit_test(statuses_are_told_from_other_numbers),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
