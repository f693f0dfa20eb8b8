#include "bound_traffic.h"

#include "base/compress.h"

/* A recorded pair of exchanges, what the new run answers, and what it must send then. */
static void
follows(const char *request, const char *answer, const char *later, const char *now, const char *sent)
{
    struct traffic *t = traffic_new(NULL, true);
    uint64_t first = traffic_read(t, request, answer), second = traffic_read(t, later, "200");

    traffic_answer(t, first, now);
    check_text(traffic_send(t, second), sent);
    assert_int_equal(t->request.unresolved, 0);
    traffic_free(t);
}

#define UUID_A    "f9d20113-ec80-46d5-916e-236e5cdc6563"
#define UUID_B    "0c8a1b7e-1111-4222-8333-9abcdef01234"
#define JSON      "Content-Type: application/json\n\n"
#define ORDER(id) "201\n" JSON "{\"order_id\":\"" id "\",\"status\":\"pending\"}"

static void
an_id_of_a_body_is_sent_in_the_path(void **state)
{
    (void)state;
    follows("POST /api/orders", ORDER("ORD-812345"), "GET /api/orders/ORD-812345", ORDER("ORD-777001"),
            "GET /api/orders/ORD-777001\n\n");
}

static void
a_part_of_location_is_sent_in_the_path(void **state)
{
    (void)state;
    follows("POST /api/orders", "201\nLocation: /api/orders/17", "GET /api/orders/17", "201\nLocation: /api/orders/4",
            "GET /api/orders/4\n\n");
    follows("POST /api/orders", "201\nLocation: https://a.example/api/orders/17?x=1", "GET /api/orders/17/lines/2",
            "201\nLocation: http://127.0.0.1:8080/api/orders/40000", "GET /api/orders/40000/lines/2\n\n");
    follows("POST /shop/carts", "201\nLocation: /carts/17", "PATCH /shop/carts/17", "201\nLocation: /carts/4",
            "PATCH /shop/carts/4\n\n");
}

static void
an_entity_tag_is_sent_in_if_match(void **state)
{
    (void)state;
    follows("GET /carts/7", "200\nETag: \"a81bc81b\"", "PATCH /carts/7\nIf-Match: \"a81bc81b\"",
            "200\nETag: \"ffe0cc12\"", "PATCH /carts/7\nIf-Match: \"ffe0cc12\"\n\n");
    follows("GET /carts/7", "200\nETag: W/\"a81bc81b9\"", "PATCH /carts/7\nIf-Match: \"a81bc81b9\"",
            "200\nETag: W/\"ffe0cc12a\"", "PATCH /carts/7\nIf-Match: \"ffe0cc12a\"\n\n");
}

static void
a_cookie_is_sent_as_it_was_set(void **state)
{
    (void)state;
    follows("POST /login", "200\nSet-Cookie: sid=8f14e45fceea167a; Path=/; HttpOnly",
            "GET /carts/7\nCookie: theme=dark; sid=8f14e45fceea167a", "200\nSet-Cookie: sid=c9f0f895fb98ab91; Path=/",
            "GET /carts/7\nCookie: theme=dark; sid=c9f0f895fb98ab91\n\n");
}

static void
values_inside_of_others_are_sent_there(void **state)
{
    (void)state;
    follows("POST /login", "200\n" JSON "{\"access_token\":\"tok_9aB3xZ81Qq\"}",
            "GET /carts/7\nAuthorization: Bearer tok_9aB3xZ81Qq", "200\n" JSON "{\"access_token\":\"tok_1111zzYY22\"}",
            "GET /carts/7\nAuthorization: Bearer tok_1111zzYY22\n\n");
    follows("POST /api/orders", ORDER("ORD812345"), "GET /find?key=customer-17/ORD812345&x=1", ORDER("ORD1"),
            "GET /find?key=customer-17/ORD1&x=1\n\n");
    follows("POST /api/orders", ORDER("ORD812345"), "GET /find?key=customer-17%2FORD812345", ORDER("A B/1"),
            "GET /find?key=customer-17%2FA%20B%2F1\n\n");
    follows("POST /api/orders", ORDER("ORD812345"),
            "POST /hooks\n" JSON "{\"url\" : \"https://a.example/orders/ORD812345/done?x=1\", \"n\":1.50}",
            ORDER("\\\"q\\\""),
            "POST /hooks\n" JSON "{\"url\" : \"https://a.example/orders/\\\"q\\\"/done?x=1\", \"n\":1.50}");
    follows("GET /find", "200\n" JSON "{\"next\":\"/find?cursor=Zm9vYmFy12&size=5\"}",
            "GET /find?cursor=Zm9vYmFy12&size=5", "200\n" JSON "{\"next\":\"/find?cursor=other99x&size=5\"}",
            "GET /find?cursor=other99x&size=5\n\n");
}

static void
a_number_stays_a_number_and_a_text_a_text(void **state)
{
    (void)state;
    follows("POST /api/orders", "201\n" JSON "{\"order_id\":4711042}",
            "POST /pay\n" JSON "{ \"order_id\": 4711042, \"ref\":\"o-4711042\", \"as_text\":\"4711042\" }",
            "201\n" JSON "{\"order_id\":99}",
            "POST /pay\n" JSON "{ \"order_id\": 99, \"ref\":\"o-99\", \"as_text\":\"99\" }");
    follows("POST /api/orders", "201\n" JSON "{\"order_id\":4711042}", "POST /pay\n" JSON "{\"order_id\":4711042}",
            "201\n" JSON "{\"order_id\":\"x-1\"}", "POST /pay\n" JSON "{\"order_id\":\"x-1\"}");
}

static void
items_of_lists_keep_their_index(void **state)
{
    (void)state;
    follows("GET /api/orders", "200\n" JSON "{\"items\":[{\"id\":41},{\"id\":42}]}", "GET /api/orders/42",
            "200\n" JSON "{\"items\":[{\"id\":1},{\"id\":2}]}", "GET /api/orders/2\n\n");
    follows("GET /api/orders", "200\n" JSON "{\"items\":[{\"id\":\"ORD-812345\"},{\"id\":\"ORD-812346\"}]}",
            "GET /api/orders/ORD-812346", "200\n" JSON "{\"items\":[{\"id\":\"A-1\"},{\"id\":\"B-2\"}]}",
            "GET /api/orders/B-2\n\n");
}

static void
forms_and_multipart_texts_are_rewritten(void **state)
{
    (void)state;
    follows("POST /api/orders", ORDER("ORD812345"),
            "POST /pay\nContent-Type: application/x-www-form-urlencoded\n\na=1&order_id=ORD812345&b=%20",
            ORDER("N & 1"),
            "POST /pay\nContent-Type: application/x-www-form-urlencoded\n\na=1&order_id=N%20%26%201&b=%20");
    follows("POST /api/orders", ORDER("ORD812345"),
            "POST /pay\nContent-Type: multipart/form-data; boundary=zz\n\n"
            "--zz\r\nContent-Disposition: form-data; name=\"order\"\r\n\r\nORD812345\r\n--zz--\r\n",
            ORDER("N1"),
            "POST /pay\nContent-Type: multipart/form-data; boundary=zz\n\n"
            "--zz\r\nContent-Disposition: form-data; name=\"order\"\r\n\r\nN1\r\n--zz--\r\n");
}

static void
the_inside_of_a_signed_token_is_left_alone(void **state)
{
    const char *jwt = "eyJhbGciOiJIUzI1NiJ9.ORD812345.c2lnbmF0dXJl";
    struct traffic *t = traffic_new(NULL, true);
    uint64_t first = traffic_read(t, "POST /api/orders", ORDER("ORD812345"));
    char later[200];
    uint64_t second;

    (void)state;
    (void)snprintf(later, sizeof later, "GET /carts/7\nAuthorization: %s", jwt);
    second = traffic_read(t, later, "200");
    traffic_answer(t, first, ORDER("N1"));
    assert_true(text_search(traffic_send(t, second), text_of(jwt)) < 100);
    traffic_free(t);
}

static void
chains_go_from_answer_to_answer(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    uint64_t a = traffic_read(t, "POST /carts", "201\n" JSON "{\"cart_id\":\"" UUID_A "\"}");
    uint64_t b = traffic_read(t, "POST /api/orders\n" JSON "{\"cart\":\"" UUID_A "\"}", ORDER("ORD812345"));
    uint64_t c = traffic_read(t, "GET /api/orders/ORD812345", "200");

    (void)state;
    assert_int_equal(t->need_count, 1);
    assert_int_equal(t->needs[0], b);
    traffic_answer(t, a, "201\n" JSON "{\"cart_id\":\"" UUID_B "\"}");
    check_text(traffic_send(t, b), "POST /api/orders\n" JSON "{\"cart\":\"" UUID_B "\"}");
    traffic_answer(t, b, ORDER("ORD9"));
    check_text(traffic_send(t, c), "GET /api/orders/ORD9\n\n");
    traffic_free(t);
}

static void
what_the_client_said_first_is_its_own(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    uint64_t a =
        traffic_read(t, "POST /customers\n" JSON "{\"id\":\"CUST-900017\"}", "201\n" JSON "{\"id\":\"CUST-900017\"}");
    uint64_t b = traffic_read(t, "GET /customers/CUST-900017", "200");

    (void)state;
    assert_int_equal(t->need_count, 0);
    traffic_answer(t, a, "201\n" JSON "{\"id\":\"ELSE-1\"}");
    check_text(traffic_send(t, b), "GET /customers/CUST-900017\n\n");
    assert_int_equal(bindings_count(t->rules), 0);
    traffic_free(t);
}

static void
an_answer_that_came_later_is_no_source(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    uint64_t a = traffic_read(t, "GET /seed", "200\n" JSON "{\"token\":\"aa11bb22cc33\"}");

    (void)state;
    traffic_free(t);
    t = traffic_new(NULL, true);
    t->exchanges[1].started = INT64_C(1000000000);
    t->exchanges[1].times.response_end = INT64_C(5000000000);
    t->exchanges[2].started = INT64_C(2000000000);
    (void)traffic_read(t, "GET /seed", "200\n" JSON "{\"token\":\"aa11bb22cc33\"}");
    (void)traffic_read(t, "GET /use?t=aa11bb22cc33", "200");
    assert_int_equal(t->need_count, 0);
    assert_int_equal(a, 1);
    traffic_free(t);
}

static void
what_is_not_in_the_new_answer_is_unresolved(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    uint64_t a = traffic_read(t, "POST /api/orders", ORDER("ORD812345")),
             b = traffic_read(t, "GET /api/orders/ORD812345", "200");

    (void)state;
    traffic_send(t, b);
    assert_int_equal(t->request.unresolved, 1);
    assert_string_equal(t->request.bounds[0].why, "exchange 1 is not answered yet");
    traffic_answer(t, a, "503\n" JSON "{\"error\":\"busy\"}");
    traffic_send(t, b);
    assert_int_equal(t->request.unresolved, 1);
    assert_true(t->request.bounds[0].unresolved);
    check_text(t->request.bounds[0].to, "GET /api/orders/{order_id} path:order_id");
    check_text(t->request.bounds[0].recorded, "ORD812345");
    assert_string_equal(t->request.bounds[0].why, "the new answer has nothing at /order_id");
    traffic_free(t);
}

static void
line_ends_never_get_into_a_field(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    uint64_t a = traffic_read(t, "POST /login", "200\n" JSON "{\"token\":\"tok9aB3xZ81Qq\"}");
    uint64_t b = traffic_read(t, "GET /carts/7\nX-Token: tok9aB3xZ81Qq", "200");

    (void)state;
    traffic_answer(t, a, "200\n" JSON "{\"token\":\"x\\r\\nHost: evil\"}");
    traffic_send(t, b);
    assert_int_equal(t->request.unresolved, 1);
    check_text(t->request.headers[0].value, "tok9aB3xZ81Qq");
    traffic_free(t);
}

static void
what_left_the_window_is_no_source(void **state)
{
    struct binder_options options = { .learn = true, .window = 3 };
    struct traffic *t = traffic_new(&options, true);

    (void)state;
    (void)traffic_read(t, "POST /api/orders", ORDER("ORD812345"));
    for (int i = 0; i < 3; i++)
        (void)traffic_read(t, "GET /ping", "200\n" JSON "{\"ok\":true}");
    (void)traffic_read(t, "GET /api/orders/ORD812345", "200");
    assert_int_equal(t->need_count, 0);
    traffic_free(t);
}

static void
a_coded_body_that_changes_is_sent_without_its_coding(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    uint64_t a = traffic_read(t, "POST /api/orders", ORDER("ORD812345")), b = t->number + 1;
    struct exchange *x = &t->exchanges[b];
    struct buffer coded;

    (void)state;
    buffer_init(&coded, 10000);
    assert_int_equal(compress_do(COMPRESS_GZIP, TEXT("{\"a\":[\"ORD812345\"]}"), &coded), COMPRESS_OK);
    x->arena = t->arena;
    traffic_message(t, &x->request, "POST /pay\nContent-Encoding: gzip\n" JSON "x");
    x->request.body = buffer_text(&coded);
    assert_int_equal(binder_read(t->binder, b, x, &t->matches[b], t->arena, &t->needs, &t->need_count), 0);
    assert_int_equal(t->need_count, 1);
    traffic_answer(t, a, ORDER("N\\n1"));
    check_text(traffic_send(t, b), "POST /pay\n" JSON "{\"a\":[\"N\\n1\"]}");
    buffer_release(&coded);
    traffic_free(t);
}

static void
lines_of_json_are_rewritten_each(void **state)
{
    (void)state;
    follows(
        "POST /api/orders", ORDER("ORD812345"),
        "POST /bulk\nContent-Type: application/x-ndjson\n\n{\"o\":\"ORD812345\"}\n{ \"o\" :\"\\u004fRD812345/1\"}\n",
        ORDER("N1"), "POST /bulk\nContent-Type: application/x-ndjson\n\n{\"o\":\"N1\"}\n{ \"o\" :\"N1/1\"}\n");
}

static void
another_answer_with_the_value_stands_in(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    uint64_t a = traffic_read(t, "POST /api/orders", ORDER("ORD812345"));
    uint64_t b = traffic_read(t, "GET /latest", ORDER("ORD812345")),
             c = traffic_read(t, "GET /api/orders/ORD812345", "200");

    (void)state;
    traffic_answer(t, a, "201\n" JSON "{}");
    traffic_answer(t, b, ORDER("ORD9"));
    check_text(traffic_send(t, c), "GET /api/orders/ORD9\n\n");
    assert_int_equal(t->request.bounds[0].from, b);
    traffic_free(t);
}

static void
live_values_become_recorded_ones_again(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    uint64_t a = traffic_read(t, "POST /api/orders", ORDER("ORD812345"));

    (void)state;
    (void)traffic_read(t, "GET /api/orders/ORD812345", "200");
    traffic_answer(t, a, ORDER("ORD777001"));
    check_text(binder_to_recorded(t->binder, TEXT("ORD777001"), t->arena), "ORD812345");
    check_text(binder_to_recorded(t->binder, TEXT("/api/orders/ORD777001?x=ORD777001"), t->arena),
               "/api/orders/ORD812345?x=ORD812345");
    check_text(binder_to_recorded(t->binder, TEXT("pending"), t->arena), "pending");
    traffic_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_of_a_body_is_sent_in_the_path),
        cmocka_unit_test(a_part_of_location_is_sent_in_the_path),
        cmocka_unit_test(an_entity_tag_is_sent_in_if_match),
        cmocka_unit_test(a_cookie_is_sent_as_it_was_set),
        cmocka_unit_test(values_inside_of_others_are_sent_there),
        cmocka_unit_test(a_number_stays_a_number_and_a_text_a_text),
        cmocka_unit_test(items_of_lists_keep_their_index),
        cmocka_unit_test(forms_and_multipart_texts_are_rewritten),
        cmocka_unit_test(the_inside_of_a_signed_token_is_left_alone),
        cmocka_unit_test(chains_go_from_answer_to_answer),
        cmocka_unit_test(what_the_client_said_first_is_its_own),
        cmocka_unit_test(an_answer_that_came_later_is_no_source),
        cmocka_unit_test(what_is_not_in_the_new_answer_is_unresolved),
        cmocka_unit_test(line_ends_never_get_into_a_field),
        cmocka_unit_test(what_left_the_window_is_no_source),
        cmocka_unit_test(a_coded_body_that_changes_is_sent_without_its_coding),
        cmocka_unit_test(lines_of_json_are_rewritten_each),
        cmocka_unit_test(another_answer_with_the_value_stands_in),
        cmocka_unit_test(live_values_become_recorded_ones_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
