#include "unit.h"

#include "base/limits.h"
#include "report/exchange_text.h"

static struct arena *arena;

static int
set_up(void **state)
{
    (void)state;
    arena = arena_new(0, SIZE_MAX);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct exchange
an_exchange(void)
{
    struct exchange x = { .arena = arena,
                          .id = "0ABCDEFGHJKMNPQRST12",
                          .started = 1795237923123456789,
                          .service = TEXT("shop"),
                          .operation = TEXT("getThing"),
                          .has_response = true };

    x.times = (struct exchange_times){ -1, -1, -1, -1, -1, -1, 4200000 };
    x.request = (struct message){ .is_request = true, .minor = 1, .method = TEXT("GET"), .target = TEXT("/things/1") };
    x.response = (struct message){ .minor = 1, .status = 200, .reason = TEXT("OK") };
    return x;
}

static struct text
told(void (*tell)(struct buffer *out, const struct exchange *x), const struct exchange *x)
{
    struct buffer out;
    struct text text;

    buffer_init(&out, LIMIT_MIB);
    tell(&out, x);
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

static void
a_line_has_columns(void **state)
{
    struct exchange x = an_exchange();

    (void)state;
    x.request_verdict.checked = true;
    check_text(told(exchange_text_line, &x),
               "2026-11-21T05:12:03.123Z 0ABCDEFGHJKMNPQRST12 GET /things/1                          "
               "  200      4.2ms shop/getThing                ok\n");
    x.service = x.operation = text_make(NULL, 0);
    x.id[0] = '\0';
    x.has_response = false;
    x.request.target = TEXT("/a/target/that/is/longer/than/the/column/for/it");
    x.request_verdict.checked = false;
    check_text(told(exchange_text_line, &x),
               "2026-11-21T05:12:03.123Z -                    GET "
               "/a/target/that/is/longer/than/the/column/for/it   0      4.2ms -/-                          -\n");
}

static void
the_verdict_says_the_worst(void **state)
{
    struct exchange x = an_exchange();

    (void)state;
    check_text(told(exchange_text_verdict, &x), "-");
    x.response_verdict.checked = true;
    check_text(told(exchange_text_verdict, &x), "ok");
    verdict_unchecked(&x.response_verdict, UNCHECKED_SIZE, SIDE_RESPONSE, TEXT(""));
    check_text(told(exchange_text_verdict, &x), "unchecked: size");
    (void)verdict_add(&x.response_verdict, arena, VIOLATION_BODY_SCHEMA, SIDE_RESPONSE);
    check_text(told(exchange_text_verdict, &x), "1 violation: response body-schema");
    for (int i = 0; i < 4; i++)
        (void)verdict_add(&x.request_verdict, arena, VIOLATION_HEADER_MISSING, SIDE_REQUEST);
    x.request_verdict.dropped = 10;
    check_text(told(exchange_text_verdict, &x),
               "15 violations: request header-missing, request header-missing, request header-missing");
    x.refusal.reason = TEXT("upstream-closed");
    check_text(told(exchange_text_verdict, &x), "broken off: upstream-closed");
    x.outcome = OUTCOME_CLIENT_GONE;
    check_text(told(exchange_text_verdict, &x), "client gone");
    x.outcome = OUTCOME_REFUSED;
    check_text(told(exchange_text_verdict, &x), "refused: upstream-closed");
}

static void
what_was_sent_cannot_command_the_terminal(void **state)
{
    static const char hostile[] = "/\x1b[2J\x7f\x01\r\n\xc2\x9b"
                                  "31m\xff";
    struct exchange x = an_exchange();
    struct header header = { .name = TEXT("X"), .value = text_make(hostile, sizeof hostile - 1) };
    struct text page;

    (void)state;
    x.request.target = x.response.reason = x.request.body = header.value;
    x.request.body_state = BODY_WHOLE;
    x.request.headers = &header;
    x.request.header_count = 1;
    page = told(exchange_text_page, &x);
    for (size_t i = 0; i < page.length; i++) {
        unsigned char c = (unsigned char)page.data[i];

        check_that(c == '\n' || (c >= 0x20 && c < 0x7f), "byte %02x at %zu of\n%.*s", c, i, TEXT_PRINT(page));
    }
    assert_true(text_search(page, TEXT("\\x1b[2J")) < page.length);
}

static void
text_of_every_language_stays_readable(void **state)
{
    struct exchange x = an_exchange();

    (void)state;
    x.response.body = TEXT("{\"name\":\"K\xc3\xa4se \xe2\x9c\x93\"}");
    x.response.body_state = BODY_WHOLE;
    check_text(told(exchange_text_bodies, &x), "  response body:\n{\"name\":\"K\xc3\xa4se \xe2\x9c\x93\"}\n");
    x.response.body = TEXT("end\xc2"); /* cut off */
    x.response.body_bytes = 9;
    check_text(told(exchange_text_bodies, &x), "  response body:\n(9 bytes, binary)\n");
}

static void
a_page_has_everything(void **state)
{
    struct exchange x = an_exchange();
    struct text redacted = TEXT("request header Authorization"), fault = TEXT("slow");
    struct violation *v = verdict_add(&x.response_verdict, arena, VIOLATION_BODY_SCHEMA, SIDE_RESPONSE);
    static const char *const parts[] = {
        "\n  outcome   delivered\n",
        "\n  faults    slow\n",
        "\n  redacted  request header Authorization\n",
        "\n> GET /things/1 HTTP/1.1\n",
        "\n< HTTP/1.1 200 OK\n",
        "\n(30 bytes, not written down)\nsha-256=00\n",
        "\nresponse body-schema /price\n  expected  number >= 0\n  found     -1 (number)\n  hint      more\n",
        "\n  hint      more\n  contract  c.yaml:3:4 /x\n",
        "\nrequest unchecked: size \n"
    };

    (void)state;
    v->instance = TEXT("/price");
    v->expected = TEXT("number >= 0");
    v->found = TEXT("-1 (number)");
    v->hint = TEXT("more");
    v->file = TEXT("c.yaml");
    v->line = 3;
    v->column = 4;
    v->pointer = TEXT("/x");
    verdict_unchecked(&x.request_verdict, UNCHECKED_SIZE, SIDE_REQUEST, TEXT(""));
    x.redacted = &redacted;
    x.redacted_count = 1;
    x.faults = &fault;
    x.fault_count = 1;
    x.response.body_state = BODY_WHOLE;
    x.response.body_digest = TEXT("sha-256=00");
    x.response.body_bytes = 30;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct text page = told(exchange_text_page, &x);

        check_that(text_search(page, text_of(parts[i])) < page.length, "'%s' is missing in\n%.*s", parts[i],
                   TEXT_PRINT(page));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_has_columns),
        TEST(the_verdict_says_the_worst),
        TEST(what_was_sent_cannot_command_the_terminal),
        TEST(text_of_every_language_stays_readable),
        TEST(a_page_has_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
