#include "bound_traffic.h"

#include "replay/bind_time.h"

#define HOUR (INT64_C(3600) * 1000000000)
#define DAY  (24 * HOUR)
#define JSON "Content-Type: application/json\n\n"

static void
a_date_stays_written_as_it_was(void **state)
{
    static const struct {
        const char *date;
        enum time_format format;
        int64_t by;
        const char *moved; /* NULL: it is no such date */
    } cases[] = {
        { "2024-05-17T09:31:22Z", TIME_DATE_TIME, HOUR, "2024-05-17T10:31:22Z" },
        { "2024-05-17T23:31:22.5+02:00", TIME_DATE_TIME, HOUR, "2024-05-18T00:31:22.5+02:00" },
        { "2024-05-17t00:10:22.123456789012-05:30", TIME_DATE_TIME, -HOUR, "2024-05-16t23:10:22.123456789000-05:30" },
        { "2024-05-17 09:31:22Z", TIME_DATE_TIME, HOUR, NULL },
        { "2024-02-28", TIME_DATE, DAY, "2024-02-29" },
        { "2024-02-28", TIME_DATE, 13 * HOUR, "2024-02-29" },
        { "2024-02-28", TIME_DATE, -11 * HOUR, "2024-02-28" },
        { "2024-02-30", TIME_DATE, DAY, NULL },
        { "Sun, 06 Nov 1994 08:49:37 GMT", TIME_HTTP, DAY, "Mon, 07 Nov 1994 08:49:37 GMT" },
        { "Sun, 06 Nob 1994 08:49:37 GMT", TIME_HTTP, DAY, NULL },
        { "1715938282", TIME_EPOCH, HOUR, "1715941882" },
        { "1715938282.25", TIME_EPOCH, HOUR, "1715941882.25" },
        { "1715938282123", TIME_EPOCH_MS, HOUR, "1715941882123" },
        { "99999999999999999999", TIME_EPOCH, HOUR, NULL },
        { "9223372036854775807", TIME_EPOCH_MS, HOUR, NULL },
        { "", TIME_ANY, HOUR, NULL },
        { "hello", TIME_ANY, HOUR, NULL },
        { "1715938282123", TIME_ANY, HOUR, "1715941882123" },
        { "2024-05-17T09:31:22Z", TIME_ANY, INT64_MAX, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer out;
        bool done;

        buffer_init(&out, 100);
        done = time_shift_text(text_of(cases[i].date), cases[i].format, cases[i].by, &out);
        check_that(done == (cases[i].moved != NULL), "case %zu: %s", i, cases[i].date);
        if (done)
            check_text(buffer_text(&out), cases[i].moved);
        else
            assert_int_equal(buffer_length(&out), 0);
        buffer_release(&out);
    }
}

static struct time_shift *
shift(const char *word)
{
    struct time_shift *s = time_shift_new();
    struct error err = { .kind = ERROR_NONE };
    int64_t recorded;

    assert_int_equal(time_shift_take(s, word, &err), 0);
    recorded = INT64_C(1715938282) * 1000000000;
    time_shift_begin(s, recorded, recorded + 2 * DAY);
    return s;
}

static void
moves(const char *word, const char *request, const char *moved, uint32_t count)
{
    struct traffic *t = traffic_new(NULL, true);
    struct time_shift *s = shift(word);
    uint64_t number = traffic_read(t, request, "200");
    uint32_t done;
    struct bound_request *r = &t->request;
    struct text sent;

    assert_int_equal(binder_request(t->binder, number, &t->exchanges[number], &t->matches[number], t->arena, r), 0);
    assert_int_equal(time_shift_request(s, &t->exchanges[number], &t->matches[number], t->arena, r, &done), 0);
    assert_int_equal(done, count);
    sent = arena_print(t->arena, "%.*s\n%.*s", TEXT_PRINT(r->target), TEXT_PRINT(r->body));
    check_text(sent, moved);
    time_shift_free(s);
    traffic_free(t);
}

static void
dates_move_by_place_and_by_format(void **state)
{
    (void)state;
    moves("body:/due", "POST /carts\n" JSON "{\"due\": 1715938282, \"x\":1715938282}",
          "/carts\n{\"due\": 1716111082, \"x\":1715938282}", 1);
    moves("POST /carts body:/due=-1h", "POST /carts\n" JSON "{\"due\":\"2024-05-17T09:31:22Z\"}",
          "/carts\n{\"due\":\"2024-05-17T08:31:22Z\"}", 1);
    moves("POST /elsewhere body:/due", "POST /carts\n" JSON "{\"due\":1715938282}", "/carts\n{\"due\":1715938282}", 0);
    moves("body:/items/*/on", "POST /carts\n" JSON "{\"items\":[{\"on\":\"2024-05-17\"},{\"on\":\"2024-05-18\"}]}",
          "/carts\n{\"items\":[{\"on\":\"2024-05-19\"},{\"on\":\"2024-05-20\"}]}", 2);
    moves("date-time", "GET /find?since=2024-05-17T09%3A31%3A22%2B02:00&n=1",
          "/find?since=2024-05-19T09%3A31%3A22%2B02%3A00&n=1\n", 1);
    moves("epoch", "POST /carts\n" JSON "{\"at\":1715930000,\"id\":4711000001}",
          "/carts\n{\"at\":1716102800,\"id\":4711000001}", 1);
    moves("date=30d", "POST /carts\n" JSON "{\"on\":\"2024-05-17\",\"t\":\"on 2024-05-17\"}",
          "/carts\n{\"on\":\"2024-06-16\",\"t\":\"on 2024-05-17\"}", 1);
}

static void
a_date_of_the_new_run_does_not_move(void **state)
{
    struct binder_options options = { .learn = true, .take_ambiguous = true };
    struct traffic *t = traffic_new(&options, true);
    struct time_shift *s = shift("date-time");
    uint64_t a = traffic_read(t, "GET /carts/C-81234", "200\n" JSON "{\"made\":\"2024-05-17T09:31:22Z\"}");
    uint64_t b = traffic_read(t, "PATCH /carts/C-81234\n" JSON "{\"made\":\"2024-05-17T09:31:22Z\"}", "204");
    uint32_t moved;

    (void)state;
    traffic_answer(t, a, "200\n" JSON "{\"made\":\"2030-01-01T00:00:00Z\"}");
    (void)traffic_send(t, b);
    assert_int_equal(time_shift_request(s, &t->exchanges[b], &t->matches[b], t->arena, &t->request, &moved), 0);
    assert_int_equal(moved, 0);
    check_text(t->request.body, "{\"made\":\"2030-01-01T00:00:00Z\"}");
    time_shift_free(s);
    traffic_free(t);
}

static void
what_is_no_rule_is_told(void **state)
{
    static const char *const words[] = { "", "dates", "body:", "due", "body:/due=", "response:/due" };

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct time_shift *s = time_shift_new();
        struct error err = { .kind = ERROR_NONE };

        if (strcmp(words[i], "body:/due=") == 0) { /* a pointer may end in '=' */
            assert_int_equal(time_shift_take(s, words[i], &err), 0);
        } else {
            check_that(time_shift_take(s, words[i], &err) < 0, "'%s' is taken", words[i]);
            assert_int_equal(err.kind, ERROR_USAGE);
            assert_non_null(strstr(err.what, "date-time"));
        }
        time_shift_free(s);
    }
}

static void
keys_of_one_request_are_known_by_name(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct bindings *b = bindings_new();

    (void)state;
    assert_true(bindings_renews(b, TEXT("idempotency-key")));
    assert_true(bindings_renews(b, TEXT("X-Request-Id")));
    assert_false(bindings_renews(b, TEXT("X-Key")));
    bindings_free(b);
    b = bindings_load_text(TEXT("renew: [X-Key]\n"), "b.yaml", &err);
    check_that(b != NULL, "%s %s", err.where, err.what);
    assert_true(bindings_renews(b, TEXT("x-key")));
    assert_false(bindings_renews(b, TEXT("Idempotency-Key")));
    bindings_free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_stays_written_as_it_was),        cmocka_unit_test(dates_move_by_place_and_by_format),
        cmocka_unit_test(a_date_of_the_new_run_does_not_move),   cmocka_unit_test(what_is_no_rule_is_told),
        cmocka_unit_test(keys_of_one_request_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
