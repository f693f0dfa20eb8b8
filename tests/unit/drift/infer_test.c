#include "unit.h"

#include "base/limits.h"
#include "base/random.h"
#include "contract/check.h"
#include "drift/infer.h"
#include "json/document.h"
#include "json/pointer.h"
#include "json/write.h"

static struct arena *arena, *scratch;
static struct infer *infer;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    scratch = arena_new(0, LIMIT_EXCHANGE_ARENA);
    infer = infer_new();
    return arena == NULL || scratch == NULL || infer == NULL;
}

static int
end(void **state)
{
    (void)state;
    infer_free(infer);
    arena_free(scratch);
    arena_free(arena);
    return 0;
}

static struct header json_type = { .name = { "Content-Type", 12 },
                                   .value = { "application/json", 16 },
                                   .id = HEADER_CONTENT_TYPE };

static void
set_body(struct message *m, const char *body)
{
    if (body == NULL)
        return;
    m->headers = &json_type;
    m->header_count = 1;
    m->body = text_of(body);
    m->body_bytes = m->length = m->body.length;
    m->framing = FRAMING_LENGTH;
    m->body_state = BODY_WHOLE;
}

static struct exchange
exchange_of(const char *method, const char *target, const char *sent, uint16_t status, const char *answered)
{
    struct exchange x = { .arena = scratch, .outcome = OUTCOME_DELIVERED, .has_response = true };
    struct text t = text_of(target);

    arena_reset(scratch);
    x.request = (struct message){ .is_request = true, .minor = 1, .method = text_of(method), .target = t };
    x.request.path = text_slice(t, 0, text_find(t, '?'));
    x.request.query = text_from(t, text_find(t, '?') + 1);
    x.response = (struct message){ .minor = 1, .status = status };
    set_body(&x.request, sent);
    set_body(&x.response, answered);
    return x;
}

static void
see(const char *target, const char *answered)
{
    struct exchange x = exchange_of("GET", target, NULL, 200, answered);

    infer_add(infer, &x);
}

static struct text
made(void)
{
    struct buffer out;
    struct text text;

    buffer_init(&out, 64 * LIMIT_MIB);
    infer_write(infer, TEXT("Made"), TEXT("a test"), &out);
    assert_false(buffer_failed(&out));
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

static const struct value *
contract_of(void)
{
    struct document document;
    struct document_error error;

    check_that(document_parse(&document, made(), NULL, arena, &error) == 0, "%u:%u: %s", error.line, error.column,
               error.what);
    return document.root;
}

/* The JSON at the pointer, "" where there is nothing. */
static struct text
json_at(const struct value *root, const char *pointer)
{
    const struct value *v = pointer_find(root, text_of(pointer));
    struct json_writer w;
    struct buffer out;
    struct text text;

    if (v == NULL)
        return TEXT("");
    buffer_init(&out, LIMIT_MIB);
    json_begin(&w, &out, 0);
    json_value(&w, v);
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

#define SCHEMA "/paths/~1a/get/responses/200/content/application~1json/schema"

static void
a_member_is_required_from_twenty_objects_on_and_only_when_it_was_never_absent(void **state)
{
    const struct value *root;

    (void)state;
    for (int i = 0; i < 19; i++)
        see("/a", "{\"x\":1,\"y\":2}");
    check_text(json_at(contract_of(), SCHEMA "/required"), "");
    see("/a", "{\"y\":2}");
    root = contract_of();
    check_text(json_at(root, SCHEMA "/required"), "[\"y\"]");
    check_text(json_at(root, SCHEMA "/x-seen"), "20");
    check_text(json_at(root, SCHEMA "/properties/x/x-seen"), "19");
}

static void
see_words(const char *const *words, size_t count, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        for (size_t k = 0; k < count; k++)
            see("/a", arena_print(arena, "\"%s\"", words[k]).data);
}

static void
words_are_an_enum_when_they_are_few_and_come_again(void **state)
{
    (void)state;
    see_words((const char *[]){ "open", "closed" }, 2, 9);
    check_text(json_at(contract_of(), SCHEMA "/enum"), "");
    see_words((const char *[]){ "open", "closed" }, 2, 1);
    check_text(json_at(contract_of(), SCHEMA "/enum"), "[\"open\",\"closed\"]");
    see_words((const char *[]){ "late" }, 1, 6);
    check_text(json_at(contract_of(), SCHEMA "/enum"), "");
}

static void
names_numbers_and_single_words_are_no_enum(void **state)
{
    (void)state;
    see_words((const char *[]){ "A1", "A2" }, 2, 30);
    check_text(json_at(contract_of(), SCHEMA "/enum"), "");
    infer_free(infer);
    infer = infer_new();
    see_words((const char *[]){ "only" }, 1, 60);
    check_text(json_at(contract_of(), SCHEMA "/enum"), "");
    check_text(json_at(contract_of(), SCHEMA "/type"), "\"string\"");
}

static void
numbers_are_whole_when_there_are_many(void **state)
{
    (void)state;
    for (int i = 0; i < 19; i++)
        see("/a", "7");
    check_text(json_at(contract_of(), SCHEMA "/type"), "\"number\"");
    see("/a", "1.0");
    check_text(json_at(contract_of(), SCHEMA "/type"), "\"integer\"");
    see("/a", "1.5");
    see("/a", "null");
    check_text(json_at(contract_of(), SCHEMA "/type"), "[\"number\",\"null\"]");
}

static void
formats_are_those_that_every_string_has(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        see("/a", "{\"at\":\"2026-02-03T04:05:06Z\",\"on\":\"2026-02-03\",\"by\":\"ann@example.com\","
                  "\"see\":\"https://example.com/a\",\"id\":\"0b9f3a52-3b63-4a9e-9d2c-0d6a3b1c2d4e\",\"tag\":\"a:b\"}");
    check_text(json_at(contract_of(), SCHEMA "/properties/at/format"), "\"date-time\"");
    check_text(json_at(contract_of(), SCHEMA "/properties/on/format"), "\"date\"");
    check_text(json_at(contract_of(), SCHEMA "/properties/by/format"), "\"email\"");
    check_text(json_at(contract_of(), SCHEMA "/properties/see/format"), "\"uri\"");
    check_text(json_at(contract_of(), SCHEMA "/properties/id/format"), "\"uuid\"");
    check_text(json_at(contract_of(), SCHEMA "/properties/tag/format"), "");
    see("/a", "{\"on\":\"soon\"}");
    check_text(json_at(contract_of(), SCHEMA "/properties/on/format"), "");
}

static void
names_that_are_values_make_a_map(void **state)
{
    (void)state;
    see("/a", "{\"p001\":1,\"p002\":2,\"p003\":3}");
    check_text(json_at(contract_of(), SCHEMA "/properties"), "");
    check_text(json_at(contract_of(), SCHEMA "/additionalProperties/type"), "\"number\"");
}

static const struct {
    const char *paths, *templates; /* space between them; in any order */
} path_rows[] = {
    { "/orders/ORD123 /orders/ORD124", "/orders/{orderId}" },
    { "/v1/orders/7/items/3", "/v1/orders/{orderId}/items/{itemId}" },
    { "/users/0b9f3a52-3b63-4a9e-9d2c-0d6a3b1c2d4e", "/users/{userId}" },
    { "/users/me /users/12", "/users/me /users/{userId}" },
    { "/b2b/oauth2/token", "/b2b/oauth2/token" },
    { "/users/user1 /users/user2", "/users/{userId}" },
    { "/orders/ORD12 /orders/ORD0", "/orders/{orderId}" },
    { "/statuses/12 /boxes/12 /companies/12 /glass/12", "/statuses/{statusId} /boxes/{boxId} /companies/{companyId} "
                                                        "/glass/{glassId}" },
    { "/a/x1/x2", "/a/{aId}/{id}" },
    { "/cart.json /invoice.json", "/cart.json /invoice.json" },
    { "/tags/ant /tags/bee /tags/cow /tags/dog /tags/eel /tags/fox /tags/gnu /tags/hen", "/tags/{tagId}" },
    { "/x/12 /12", "/x/{xId} /{id}" },
};

static void
paths_that_differ_in_values_are_one_template(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof path_rows / sizeof path_rows[0]; i++) {
        struct text_split paths = text_split_start(text_of(path_rows[i].paths)), templates;
        const struct value *list;
        struct text one;
        unsigned expected = 0;

        infer_free(infer);
        infer = infer_new();
        while (text_split_next(&paths, ' ', &one))
            see(arena_text(arena, one).data, "{}");
        list = VALUE_MEMBER(contract_of(), "paths");
        templates = text_split_start(text_of(path_rows[i].templates));
        for (; text_split_next(&templates, ' ', &one); expected++)
            check_that(value_member(list, one) != NULL, "%s: no %.*s", path_rows[i].paths, TEXT_PRINT(one));
        check_that(list->count == expected, "%s: %u templates", path_rows[i].paths, list->count);
    }
}

static void
siblings_with_other_bodies_are_other_operations(void **state)
{
    static const char *const names[] = { "ant", "bee", "cow", "dog", "eel", "fox", "gnu", "hen", "ibis" };

    (void)state;
    for (size_t i = 0; i < 9; i++)
        see(arena_print(arena, "/do/%s", names[i]).data, arena_print(arena, "{\"%s\":1}", names[i]).data);
    assert_int_equal(VALUE_MEMBER(contract_of(), "paths")->count, 9);
}

static void
names_of_operations_are_different(void **state)
{
    const struct value *root;

    (void)state;
    see("/a-b", "{}");
    see("/a_b", "{}");
    see("/a{b}", "{}");
    root = contract_of();
    check_text(json_at(root, "/paths/~1a-b/get/operationId"), "\"getAB\"");
    check_text(json_at(root, "/paths/~1a_b/get/operationId"), "\"getAB2\"");
    check_text(json_at(root, "/paths/~1a%7Bb%7D/get/x-seen"), "1");
}

static void
a_parameter_that_comes_twice_is_a_list_and_counted_once(void **state)
{
    const struct value *root;

    (void)state;
    for (int i = 0; i < 20; i++)
        see(i < 10 ? "/a?t=x&t=y&u=1" : "/a?u=1", "{}");
    root = contract_of();
    check_text(json_at(root, "/paths/~1a/get/parameters/0/schema/type"), "\"array\"");
    check_text(json_at(root, "/paths/~1a/get/parameters/0/schema/x-seen"), "10");
    check_text(json_at(root, "/paths/~1a/get/parameters/0/required"), "false");
    check_text(json_at(root, "/paths/~1a/get/parameters/1/required"), "true");
}

static void
what_is_no_evidence_is_left_out(void **state)
{
    struct exchange x = exchange_of("GET", "/a", NULL, 200, "{}");
    const struct value *root;

    (void)state;
    x.fault_count = 1;
    infer_add(infer, &x);
    x = exchange_of("GET", "/a", NULL, 503, NULL);
    x.refusal.status = 503;
    infer_add(infer, &x);
    x = exchange_of("CONNECT", "example.com:443", NULL, 200, NULL);
    infer_add(infer, &x);
    assert_int_equal(infer_counts(infer).left_out, 3);
    assert_int_equal(infer_counts(infer).operations, 0);
    x = exchange_of("POST", "/a", "{\"wrong\":1}", 422, NULL);
    infer_add(infer, &x);
    x = exchange_of("POST", "/a?dry=true", "{\"right\":1}", 201, NULL);
    infer_add(infer, &x);
    root = contract_of();
    check_text(json_at(root, "/paths/~1a/post/requestBody/content/application~1json/schema/properties"),
               "{\"right\":{\"type\":\"number\",\"x-seen\":1}}");
    check_text(json_at(root, "/paths/~1a/post/parameters/0/name"), "\"dry\"");
    check_text(json_at(root, "/paths/~1a/post/parameters/0/required"), "false");
}

static void
any_number_of_paths_and_names_takes_a_bounded_memory(void **state)
{
    const struct value *root;
    char word[8] = "aaaa";

    (void)state;
    for (unsigned i = 0; i < 60000; i++) {
        for (unsigned k = 0, n = i; k < 4; k++, n /= 26)
            word[k] = (char)('a' + n % 26);
        see(arena_print(arena, "/%s", word).data, arena_print(arena, "{\"%s\":\"%s\"}", word, word).data);
        arena_reset(arena);
    }
    assert_false(infer_counts(infer).full);
    root = contract_of();
    assert_int_equal(VALUE_MEMBER(root, "paths")->count, 1);
    check_text(json_at(root, "/paths/~1{id}/get/responses/200/content/application~1json/schema/additionalProperties"),
               "{\"type\":\"string\",\"x-seen\":60000}");
}

/* ---- whatever was seen holds ---- */

static void
random_value(struct random *r, struct json_writer *w, unsigned depth)
{
    static const char *const words[] = { "open", "closed", "2026-02-03", "ann@example.com", "x1", "" };
    static const char *const names[] = { "a", "b", "k1", "k22", "k33" };

    switch (random_below(r, depth > 3 ? 4 : 6)) {
    case 0:
        json_null(w);
        break;
    case 1:
        json_bool(w, random_below(r, 2) == 0);
        break;
    case 2:
        json_raw(w, random_below(r, 3) == 0 ? TEXT("19.90") : TEXT("7"));
        break;
    case 3:
        json_string(w, text_of(words[random_below(r, 6)]));
        break;
    case 4:
        json_array(w);
        for (uint64_t i = random_below(r, 4); i > 0; i--)
            random_value(r, w, depth + 1);
        json_end_array(w);
        break;
    default:
        json_object(w);
        for (size_t i = 0; i < 5; i++)
            if (random_below(r, 3) != 0) {
                json_key(w, text_of(names[i]));
                random_value(r, w, depth + 1);
            }
        json_end_object(w);
    }
}

static void
check_again(const struct contract *contract, struct schema_scratch *checker, struct exchange *x)
{
    struct check check = { .arena = x->arena,
                           .scratch = checker,
                           .policy = &check_policy_default,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct contract_match match;
    struct verdict verdict = { .checked = false };

    contract_find(contract, x->request.method, x->request.path, true, x->arena, &match);
    check_request_head(&check, &match, &x->request, &verdict);
    check_request_body(&check, &match, &x->request, &verdict);
    check_response_head(&check, &match, &x->request, &x->response, &verdict);
    check_response_body(&check, &match, &x->request, &x->response, &verdict);
    check_that(verdict.count == 0, "%.*s %.*s: %.*s", TEXT_PRINT(x->request.target), TEXT_PRINT(x->response.body),
               TEXT_PRINT(violation_line(&verdict.list[0], x->arena)));
}

#define SEEN 60

static void
whatever_was_seen_holds(void **state)
{
    static const char *const targets[] = {
        "/a",       "/a/12",      "/a/13/b",          "/a/x?page=2", "/a/x?page=last",
        "/k1/list", "/k2/list?q", "/a/12?q=true&q=1", "/a/v1",       "/a/%7Bx%7D"
    };
    struct schema_scratch *checker = schema_scratch_new();

    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct text sent[SEEN], answered[SEEN];
        struct error err = { .kind = ERROR_NONE };
        struct contract *contract;
        struct random r;

        random_seed(&r, seed);
        infer_free(infer);
        infer = infer_new();
        arena_reset(arena);
        for (int i = 0; i < SEEN; i++) {
            struct buffer body;
            struct json_writer w;

            buffer_init(&body, LIMIT_MIB);
            json_begin(&w, &body, 0);
            random_value(&r, &w, seed % 4 == 0 ? 3 : 0);
            answered[i] = arena_text(arena, buffer_text(&body));
            buffer_clear(&body);
            json_begin(&w, &body, 0);
            random_value(&r, &w, 0);
            sent[i] = arena_text(arena, buffer_text(&body));
            buffer_release(&body);
        }
        for (int i = 0; i < SEEN; i++) {
            struct exchange x =
                exchange_of("POST", targets[i % 10], sent[i].data, (uint16_t)(200 + i % 3), answered[i].data);

            infer_add(infer, &x);
        }
        contract = contract_load_text(made(), "made.json", NULL, &err);
        check_that(contract != NULL, "%s: %s", err.where, err.what);
        assert_int_equal(contract_defects(contract), 0);
        for (int i = 0; i < SEEN; i++) {
            struct exchange x =
                exchange_of("POST", targets[i % 10], sent[i].data, (uint16_t)(200 + i % 3), answered[i].data);

            check_again(contract, checker, &x);
        }
        contract_free(contract);
    }
    schema_scratch_free(checker);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_member_is_required_from_twenty_objects_on_and_only_when_it_was_never_absent),
        TEST(words_are_an_enum_when_they_are_few_and_come_again),
        TEST(names_numbers_and_single_words_are_no_enum),
        TEST(numbers_are_whole_when_there_are_many),
        TEST(formats_are_those_that_every_string_has),
        TEST(names_that_are_values_make_a_map),
        TEST(paths_that_differ_in_values_are_one_template),
        TEST(siblings_with_other_bodies_are_other_operations),
        TEST(names_of_operations_are_different),
        TEST(a_parameter_that_comes_twice_is_a_list_and_counted_once),
        TEST(what_is_no_evidence_is_left_out),
        TEST(any_number_of_paths_and_names_takes_a_bounded_memory),
        TEST(whatever_was_seen_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
