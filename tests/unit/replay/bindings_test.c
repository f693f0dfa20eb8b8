#include "bound_traffic.h"

#include "base/limits.h"

#define JSON "Content-Type: application/json\n\n"

/* ---- what is learned ---- */

static const struct binding *
rule_from(struct traffic *t, const char *from)
{
    for (uint32_t i = 0; i < bindings_count(t->rules); i++)
        if (text_equal(bindings_at(t->rules, i)->from, text_of(from)))
            return bindings_at(t->rules, i);
    return NULL;
}

static void
cart(struct traffic *t, int id, int version)
{
    char request[128], answer[128];

    (void)snprintf(answer, sizeof answer, "201\n" JSON "{\"cartId\":\"C-%d\",\"version\":%d}", id, version);
    (void)traffic_read(t, "POST /carts", answer);
    (void)snprintf(request, sizeof request, "PATCH /carts/C-%d\n" JSON "{\"version\":%d}", id, version);
    (void)traffic_read(t, request, "204");
}

static void
one_short_number_is_ambiguous(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    const struct binding *rule;

    (void)state;
    cart(t, 81234, 3);
    rule = rule_from(t, "POST /carts response:/version");
    assert_non_null(rule);
    assert_int_equal(rule->use, BINDING_AMBIGUOUS);
    check_text(rule->why, "short number");
    check_text(rule->to[0], "PATCH /carts/{cartId} body:/version");
    rule = rule_from(t, "POST /carts response:/cartId");
    assert_int_equal(rule->use, BINDING_YES);
    assert_int_equal(rule->seen, 1);
    check_text(rule->to[0], "PATCH /carts/{cartId} path:cartId");
    traffic_free(t);
}

static void
many_different_short_numbers_that_never_miss_are_used(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    const struct binding *rule;

    (void)state;
    for (int i = 0; i < 9; i++)
        cart(t, 81234 + i, 3 + i % 5);
    rule = rule_from(t, "POST /carts response:/version");
    assert_int_equal(rule->use, BINDING_YES);
    check_text(rule->why, "short number, seen 9 times with 5 different values");
    traffic_free(t);
}

static void
short_numbers_that_miss_stay_ambiguous(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    const struct binding *rule;

    (void)state;
    for (int i = 0; i < 9; i++) {
        cart(t, 81234 + i, 3 + i % 5);
        if (i % 3 == 1) {
            char other[128];

            (void)snprintf(other, sizeof other, "PATCH /carts/C-%d\n" JSON "{\"version\":77}", 81234 + i);
            (void)traffic_read(t, other, "409");
        }
    }
    rule = rule_from(t, "POST /carts response:/version");
    assert_int_equal(rule->use, BINDING_AMBIGUOUS);
    check_text(rule->why, "short number, and another one 3 times");
    traffic_free(t);
}

static void
a_version_that_every_change_raises_is_learned_from_all_answers(void **state)
{
    struct traffic *t = traffic_new(NULL, true);

    (void)state;
    for (int i = 0; i < 6; i++) {
        cart(t, 81234 + i, 3 + i);
        for (int change = 1; change < 4; change++) {
            char request[128], answer[128];

            (void)snprintf(request, sizeof request, "PUT /carts/C-%d/lines\n" JSON "{\"version\":%d}", 81234 + i,
                           2 + i + change);
            (void)snprintf(answer, sizeof answer, "200\n" JSON "{\"version\":%d}", 3 + i + change);
            (void)traffic_read(t, request, answer);
        }
    }
    for (uint32_t i = 0; i < bindings_count(t->rules); i++)
        check_that(bindings_at(t->rules, i)->use == BINDING_YES, "%.*s: %.*s",
                   TEXT_PRINT(bindings_at(t->rules, i)->from), TEXT_PRINT(bindings_at(t->rules, i)->why));
    assert_non_null(rule_from(t, "PUT /carts/*/lines response:/version"));
    traffic_free(t);
}

static void
words_and_dates_are_ambiguous(void **state)
{
    struct traffic *t = traffic_new(NULL, true);

    (void)state;
    (void)traffic_read(t, "POST /carts",
                       "201\n" JSON "{\"cartId\":\"C-81234\",\"status\":\"open\",\"day\":\"2024-05-17\"}");
    (void)traffic_read(t, "PATCH /carts/C-81234\n" JSON "{\"status\":\"open\",\"day\":\"2024-05-17\"}", "204");
    check_text(rule_from(t, "POST /carts response:/status")->why, "a word");
    check_text(rule_from(t, "POST /carts response:/day")->why, "a date");
    traffic_free(t);
}

static void
short_numbers_under_other_names_are_luck(void **state)
{
    struct traffic *t = traffic_new(NULL, true);

    (void)state;
    (void)traffic_read(t, "POST /carts", "201\n" JSON "{\"cartId\":\"C-81234\",\"count\":12,\"left\":3,\"ok\":true}");
    (void)traffic_read(t, "PATCH /carts/C-81234?limit=12\n" JSON "{\"quantity\":12,\"page\":3,\"gift\":true}", "204");
    assert_int_equal(bindings_count(t->rules), 1);
    traffic_free(t);
}

static void
what_every_answer_has_is_nobodys_id(void **state)
{
    struct traffic *t = traffic_new(NULL, true);

    (void)state;
    for (int i = 0; i < 12; i++) {
        char answer[128], request[64];

        (void)snprintf(answer, sizeof answer, "201\n" JSON "{\"cartId\":\"C-8%04d\",\"plan\":\"AB-1029\"}", i);
        (void)traffic_read(t, "POST /carts", answer);
        (void)snprintf(request, sizeof request, "GET /plans?plan=AB-1029&n=C-8%04d", i);
        (void)traffic_read(t, request, "204");
    }
    check_text(rule_from(t, "POST /carts response:/plan")->why, "the same in every answer");
    assert_int_equal(rule_from(t, "POST /carts response:/cartId")->use, BINDING_YES);
    traffic_free(t);
}

static void
ambiguous_values_are_sent_as_recorded_unless_asked_for(void **state)
{
    (void)state;
    for (int take = 0; take < 2; take++) {
        struct binder_options options = { .learn = true, .take_ambiguous = take == 1 };
        struct traffic *t = traffic_new(&options, true);
        uint64_t a = traffic_read(t, "GET /carts/C-81234", "200\n" JSON "{\"version\":3}");
        uint64_t b = traffic_read(t, "PATCH /carts/C-81234\n" JSON "{\"version\":3}", "204");

        traffic_answer(t, a, "200\n" JSON "{\"version\":8}");
        check_text(traffic_send(t, b), take ? "PATCH /carts/C-81234\n" JSON "{\"version\":8}"
                                            : "PATCH /carts/C-81234\n" JSON "{\"version\":3}");
        assert_int_equal(t->request.bound_count, 1);
        assert_int_equal(t->request.unresolved, 0);
        if (!take)
            assert_string_equal(t->request.bounds[0].why, "ambiguous: short number");
        traffic_free(t);
    }
}

static void
hashed_values_join_and_masked_ones_do_not(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    struct text answer[] = { TEXT("response body /token"), TEXT("response body /other") };
    struct text request[] = { TEXT("request query t"), TEXT("request query o") };

    (void)state;
    t->exchanges[1].redacted = answer;
    t->exchanges[2].redacted = request;
    t->exchanges[1].redacted_count = t->exchanges[2].redacted_count = 2;
    (void)traffic_read(t, "GET /login",
                       "200\n" JSON "{\"token\":\"hash:00112233445566778899aabbccddeeff\",\"other\":\"[redacted]77\"}");
    (void)traffic_read(t, "GET /use?t=hash%3A00112233445566778899aabbccddeeff&o=%5Bredacted%5D77", "200");
    assert_int_equal(bindings_count(t->rules), 1);
    check_text(bindings_at(t->rules, 0)->from, "GET /login response:/token");
    traffic_free(t);
}

/* ---- the file ---- */

static struct bindings *
load(const char *yaml, struct error *err)
{
    return bindings_load_text(text_of(yaml), "bindings.yaml", err);
}

static void
what_is_written_is_read_again(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    struct error err = { .kind = ERROR_NONE };
    struct text first;
    struct bindings *b;
    struct buffer out;
    char *yaml;

    (void)state;
    for (int i = 0; i < 3; i++)
        cart(t, 81234 + i, 3 + i);
    first = traffic_rules(t);
    yaml = strndup(first.data, first.length);
    b = load(yaml, &err);
    check_that(b != NULL, "%s %s", err.where, err.what);
    assert_int_equal(bindings_count(b), bindings_count(t->rules));
    buffer_init(&out, (size_t)1 << 20);
    bindings_write(b, &out);
    assert_true(text_search(buffer_text(&out), TEXT("PATCH /carts/{cartId} body:/version")) < buffer_length(&out));
    assert_true(text_search(buffer_text(&out), TEXT("use: ambiguous")) < buffer_length(&out));
    buffer_release(&out);
    bindings_free(b);
    free(yaml);
    traffic_free(t);
}

static void
a_persons_decision_is_kept_and_followed(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct binder_options options = { .learn = true };
    struct traffic *t;
    uint64_t a, b;

    (void)state;
    options.rules = load(
        "bindings:\n"
        "  - { from: 'GET /carts/{cartId} response:/version', to: 'PATCH /carts/{cartId} body:/version', use: yes }\n"
        "  - { from: 'POST /carts response:/cartId', to: ['PATCH /carts/{cartId} path:cartId'], use: no }\n",
        &err);
    check_that(options.rules != NULL, "%s %s", err.where, err.what);
    t = traffic_new(&options, true);
    cart(t, 81234, 4);
    a = traffic_read(t, "GET /carts/C-81234", "200\n" JSON "{\"version\":3}");
    b = traffic_read(t, "PATCH /carts/C-81234\n" JSON "{\"version\":3}", "204");
    traffic_answer(t, 1, "201\n" JSON "{\"cartId\":\"C-1\"}");
    traffic_answer(t, a, "200\n" JSON "{\"version\":8}");
    check_text(traffic_send(t, b), "PATCH /carts/C-81234\n" JSON "{\"version\":8}");
    for (uint32_t i = 0; i < bindings_count(t->rules); i++)
        if (bindings_at(t->rules, i)->use == BINDING_NO)
            check_text(bindings_at(t->rules, i)->to[0], "PATCH /carts/{cartId} path:cartId");
    assert_int_equal(rule_from(t, "GET /carts/{cartId} response:/version")->use, BINDING_YES);
    traffic_free(t);
}

static void
with_rules_from_a_file_only_their_places_count(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct binder_options options = { .learn = false };
    struct traffic *t;
    uint64_t a, b;

    (void)state;
    options.rules = load("bindings:\n"
                         "  - from: POST /api/orders response:/order_id\n"
                         "    to: ['GET /api/orders/{order_id} path:order_id']\n",
                         &err);
    check_that(options.rules != NULL, "%s %s", err.where, err.what);
    t = traffic_new(&options, true);
    a = traffic_read(t, "POST /api/orders", "201\n" JSON "{\"order_id\":7,\"key\":\"aa11bb22cc33\"}");
    b = traffic_read(t, "GET /api/orders/7?key=aa11bb22cc33&n=7", "200");
    assert_int_equal(t->need_count, 1);
    traffic_answer(t, a, "201\n" JSON "{\"order_id\":\"x y\",\"key\":\"zz\"}");
    check_text(traffic_send(t, b), "GET /api/orders/x%20y?key=aa11bb22cc33&n=7\n\n");
    assert_int_equal(bindings_count(t->rules), 1);
    assert_int_equal(binder_counts(t->binder).values, 1);
    traffic_free(t);
}

static void
mistakes_are_told_with_their_place(void **state)
{
    static const struct {
        const char *yaml, *where, *what;
    } cases[] = {
        { "bindings:\n  - { from: 'POST /a response:/x', to: 'GET /b path:x', use: maybe }\n", ":2:", "maybe" },
        { "bindings:\n  - { from: 'POST /a response:/x', to: ['GET /b place:x'] }\n", ":2:", "place:x" },
        { "bindings:\n  - { from: 'nothing', to: 'GET /b path:x' }\n", ":2:", "nothing" },
        { "bindings:\n  - { from: 'POST /a response:/x' }\n", ":2:", "to" },
        { "bindings:\n  - { from: 'response:/x', to: 'GET /b path:x' }\n", ":2:", "response:/x" },
        { "noise:\n  - { at: 'response:/x', header: Date }\n", ":2:", "" },
        { "bindungs: []\n", ":1:", "bindungs" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = { .kind = ERROR_NONE };

        assert_null(load(cases[i].yaml, &err));
        check_that(strstr(err.where, cases[i].where) != NULL, "case %zu: %s: %s", i, err.where, err.what);
        check_that(strstr(err.what, cases[i].what) != NULL, "case %zu: %s: %s", i, err.where, err.what);
        assert_int_equal(err.kind, ERROR_CONFIG);
    }
}

static void
noise_and_shifts_are_part_of_the_file(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct bindings *b =
        load("bindings: []\nnoise:\n  - { at: 'response:/x' }\n  - { at: 'GET /x response:/y' }\n"
             "  - { format: date-time }\n  - { header: Date }\n  - { name: updatedAt }\n"
             "shift_time:\n  - { at: 'body:/due' }\n  - { format: date-time, by: 30d }\nrenew: [X-Key]\n",
             &err);

    struct buffer out;

    (void)state;

    check_that(b != NULL, "%s %s", err.where, err.what);
    assert_int_equal(bindings_count(b), 0);
    buffer_init(&out, 10000);
    bindings_write(b, &out); /* and stay in it when it is learned anew */
    assert_true(text_search(buffer_text(&out), TEXT("shift_time: [{\"at\":\"body:/due\"}")) < buffer_length(&out));
    assert_true(text_ends(buffer_text(&out), TEXT("renew: [\"X-Key\"]\n")));
    buffer_release(&out);
    bindings_free(b);
}

/* ---- ceilings ---- */

static void
long_bodies_are_looked_at_as_far_as_said(void **state)
{
    struct traffic *t = traffic_new(NULL, true);
    struct buffer out;

    (void)state;
    buffer_init(&out, (size_t)1 << 22);
    buffer_add(&out, TEXT("200\n" JSON "[\"FIRST-77001\""));
    for (int i = 0; i < LIMIT_REPLAY_LEAVES; i++)
        buffer_print(&out, ",%d", i);
    buffer_add(&out, TEXT(",\"LAST-77002\"]"));
    buffer_byte(&out, '\0');
    (void)traffic_read(t, "GET /all", buffer_text(&out).data);
    (void)traffic_read(t, "GET /carts/FIRST-77001", "200");
    (void)traffic_read(t, "GET /carts/LAST-77002", "200");
    assert_int_equal(bindings_at(t->rules, 0)->seen, 1);
    assert_int_equal(binder_counts(t->binder).messages_cut, 1);
    buffer_release(&out);
    traffic_free(t);
}

/* A number of so many digits in an answer, then in a request. */
static uint32_t
bindings_of_length(int length)
{
    struct traffic *t = traffic_new(NULL, true);
    char answer[2 * LIMIT_REPLAY_VALUE], request[2 * LIMIT_REPLAY_VALUE];
    uint32_t count;

    (void)snprintf(answer, sizeof answer, "200\n" JSON "{\"q\":\"1%0*d\"}", length - 1, 77);
    (void)snprintf(request, sizeof request, "GET /all?q=1%0*d", length - 1, 77);
    (void)traffic_read(t, "GET /first", answer);
    (void)traffic_read(t, request, "200");
    count = bindings_count(t->rules);
    traffic_free(t);
    return count;
}

static void
a_longer_value_is_content(void **state)
{
    (void)state;
    assert_int_equal(bindings_of_length(LIMIT_REPLAY_VALUE), 1);
    assert_int_equal(bindings_of_length(LIMIT_REPLAY_VALUE + 1), 0);
}

static void
places_beyond_their_ceiling_are_counted(void **state)
{
    struct traffic *t = traffic_new(NULL, false);

    (void)state;
    for (int n = 0; n < LIMIT_REPLAY_PLACES / 4000 + 1; n++) {
        struct buffer out;

        buffer_init(&out, (size_t)1 << 22);
        buffer_add(&out, TEXT("200\n" JSON "{\"a\":1"));
        for (int i = 0; i < 4000; i++)
            buffer_print(&out, ",\"k%d-%d\":\"v%dx%d\"", n, i, n, i);
        buffer_byte(&out, '}');
        buffer_byte(&out, '\0');
        (void)traffic_read(t, "GET /all", buffer_text(&out).data);
        buffer_release(&out);
    }
    assert_true(binder_counts(t->binder).not_learned > 0);
    traffic_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_short_number_is_ambiguous),
        cmocka_unit_test(many_different_short_numbers_that_never_miss_are_used),
        cmocka_unit_test(short_numbers_that_miss_stay_ambiguous),
        cmocka_unit_test(a_version_that_every_change_raises_is_learned_from_all_answers),
        cmocka_unit_test(words_and_dates_are_ambiguous),
        cmocka_unit_test(short_numbers_under_other_names_are_luck),
        cmocka_unit_test(what_every_answer_has_is_nobodys_id),
        cmocka_unit_test(ambiguous_values_are_sent_as_recorded_unless_asked_for),
        cmocka_unit_test(hashed_values_join_and_masked_ones_do_not),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_persons_decision_is_kept_and_followed),
        cmocka_unit_test(with_rules_from_a_file_only_their_places_count),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(noise_and_shifts_are_part_of_the_file),
        cmocka_unit_test(long_bodies_are_looked_at_as_far_as_said),
        cmocka_unit_test(a_longer_value_is_content),
        cmocka_unit_test(places_beyond_their_ceiling_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
