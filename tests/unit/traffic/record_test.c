#include "exchanges.h"

#include "base/compress.h"

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

/* The line of an exchange, in the arena. */
static struct text
line_of(const struct exchange *x, size_t max_body)
{
    struct buffer out;
    struct text line;

    buffer_init(&out, LIMIT_RECORD_LINE);
    record_write(&out, x, max_body);
    assert_false(buffer_failed(&out));
    line = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    assert_int_equal(text_find(line, '\n'), line.length - 1); /* one line, whole */
    return line;
}

static struct exchange
read_line(struct text line)
{
    struct document *document = ARENA_NEW(arena, struct document);
    struct document_error why = { .what = "" };
    struct error err = { .kind = ERROR_NONE };
    struct exchange x = { .arena = arena };

    check_that(document_parse(document, line, &(struct document_options){ .duplicates = true }, arena, &why) == 0,
               "%s at %u of %.*s", why.what, why.place, TEXT_PRINT(line));
    assert_int_equal(document->duplicate_keys, 0);
    check_that(record_read(&x, document->root, &err) == 0, "%s: %s", err.where, err.what);
    return x;
}

static void
comes_back(const struct exchange *x)
{
    struct exchange again = read_line(line_of(x, LIMIT_MIB));

    same_exchange(x, &again);
    assert_true(again.verdicts_carried);
}

static void
a_plain_exchange_comes_back(void **state)
{
    struct exchange x = plain_exchange(arena);

    (void)state;
    comes_back(&x);
    x.request.has_query = false;
    x.request.query = text_make(NULL, 0);
    x.request.target = x.request.path = TEXT("/");
    comes_back(&x);
    x.has_response = false;
    x.response = (struct message){ .minor = 1 };
    x.outcome = OUTCOME_CLIENT_GONE;
    x.times = (struct exchange_times){ 1, -1, -1, -1, -1, -1, 55 };
    comes_back(&x);
}

static void
the_version_that_another_tool_told_comes_back(void **state)
{
    struct exchange x = plain_exchange(arena), again;

    (void)state;
    x.request.version = TEXT("h2");
    x.response.version = TEXT("HTTP/2.0 \"draft\"");
    again = read_line(line_of(&x, LIMIT_MIB));
    assert_true(text_equal(again.request.version, TEXT("h2")));
    assert_true(text_equal(again.response.version, TEXT("HTTP/2.0 \"draft\"")));
    x.request.version = x.response.version = text_make(NULL, 0);
    x.response.minor = 0;
    again = read_line(line_of(&x, LIMIT_MIB));
    assert_int_equal(again.request.version.length, 0);
    assert_int_equal(again.request.minor, 1);
    assert_int_equal(again.response.minor, 0);
}

static void
targets_of_every_form_come_back(void **state)
{
    struct exchange x = plain_exchange(arena);

    (void)state;
    x.request.target = TEXT("http://shop.example:8080/a%2Fb/../c?x=%zz&&y");
    x.request.path = TEXT("/a%2Fb/../c");
    x.request.query = TEXT("x=%zz&&y");
    comes_back(&x);
    x.request.target = TEXT("/a?next=http://elsewhere.example/b?c");
    x.request.path = TEXT("/a");
    x.request.query = TEXT("next=http://elsewhere.example/b?c");
    comes_back(&x);
    x.request.target = TEXT("/a//b?");
    x.request.path = TEXT("/a//b");
    x.request.query = text_make(NULL, 0);
    comes_back(&x);
    x.request.has_query = false;
    x.request.method = TEXT("OPTIONS");
    x.request.target = x.request.path = TEXT("*");
    comes_back(&x);
}

static void
bodies_of_any_bytes_come_back(void **state)
{
    static const char every[] = "\x00\x01\x7f\x80\xff\xc3(\xed\xa0\x80";
    static const struct text bodies[] = {
        { "", 0 },           { "{\"a\":19.99}", 11 },      { every, sizeof every - 1 }, { "\0", 1 },
        { "\xc3\xa4\n", 3 }, { "\"\\\b\f\n\r\t/\x1b", 9 }, { "\xf0\x9f\x99\x82", 4 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct exchange x = plain_exchange(arena);

        set_body(&x.request, bodies[i]);
        set_body(&x.response, bodies[i]);
        comes_back(&x);
    }
}

static void
field_values_that_are_not_utf8_come_back(void **state)
{
    struct exchange x = plain_exchange(arena);
    struct header trailers[] = { { .name = TEXT("X-Sum"), .value = TEXT("1") },
                                 { .name = TEXT("X-Odd"), .value = TEXT("caf\xe9") } };

    (void)state;
    add_header(&x.request, arena, TEXT("X-Name"), TEXT("M\xfcller"));
    add_header(&x.request, arena, TEXT("X-Name"), TEXT("M\xc3\xbcller"));
    add_header(&x.request, arena, TEXT("X-Empty"), TEXT(""));
    add_header(&x.response, arena, TEXT("x-NAME"), TEXT("\xff\xfe"));
    x.response.trailers = trailers;
    x.response.trailer_count = 2;
    x.request.trailers = trailers;
    x.request.trailer_count = 1;
    comes_back(&x);
}

static void
a_coded_body_is_readable_and_its_bytes_are_kept(void **state)
{
    struct exchange x = plain_exchange(arena), again;
    struct buffer coded;
    struct text line;

    (void)state;
    buffer_init(&coded, LIMIT_MIB);
    assert_int_equal(compress_do(COMPRESS_GZIP, TEXT("{\"readable\":true}"), &coded), COMPRESS_OK);
    add_header(&x.request, arena, TEXT("Content-Encoding"), TEXT("gzip"));
    add_header(&x.response, arena, TEXT("Content-Encoding"), TEXT("gzip"));
    set_body(&x.request, buffer_text(&coded));
    set_body(&x.response, buffer_text(&coded));
    comes_back(&x);
    line = line_of(&x, LIMIT_MIB);
    assert_true(text_search(line, TEXT("\"text\":\"{\\\"readable\\\":true}\"")) < line.length);
    /* what is said to be coded but is not */
    set_body(&x.response, TEXT("no gzip"));
    comes_back(&x);
    /* codings undone before redaction */
    set_body(&x.response, TEXT("{\"password\":\"***\"}"));
    x.response.body_plain = true;
    x.response.body_bytes = 41;
    comes_back(&x);
    /* a binary one */
    buffer_clear(&coded);
    assert_int_equal(compress_do(COMPRESS_GZIP, TEXT("\xff\x00\xfe"), &coded), COMPRESS_OK);
    set_body(&x.request, buffer_text(&coded));
    again = read_line(line_of(&x, LIMIT_MIB));
    same_text("body", x.request.body, again.request.body);
    buffer_release(&coded);
}

static void
a_body_that_was_not_held_whole_says_why(void **state)
{
    static const enum body_state states[] = { BODY_TOO_LARGE, BODY_TRUNCATED, BODY_STREAM };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct exchange x = plain_exchange(arena);

        set_body(&x.request, TEXT("the beginning"));
        x.request.body_bytes = 100000;
        x.request.body_state = states[i];
        set_body(&x.response, TEXT(""));
        x.response.body_bytes = 5;
        x.response.body_state = states[2 - i];
        comes_back(&x);
    }
}

static void
more_than_max_body_is_cut_between_characters(void **state)
{
    struct exchange x = plain_exchange(arena), again;

    (void)state;
    set_body(&x.request, TEXT("0123456789"));
    set_body(&x.response, TEXT("abcd\xc3\xa4"
                               "fgh"));
    again = read_line(line_of(&x, 5));
    check_text(again.request.body, "01234");
    assert_int_equal(again.request.body_state, BODY_TOO_LARGE);
    assert_int_equal(again.request.body_bytes, 10);
    check_text(again.response.body, "abcd");
    again = read_line(line_of(&x, 0));
    assert_int_equal(again.response.body.length, 0);
    assert_int_equal(again.response.body_state, BODY_TOO_LARGE);
}

static void
a_digest_stands_for_a_body_that_must_not_be_written(void **state)
{
    struct exchange x = plain_exchange(arena);

    (void)state;
    set_body(&x.request, TEXT(""));
    x.request.body_bytes = 41;
    x.request.body_digest = TEXT("sha-256=abcdef");
    comes_back(&x);
}

static void
fill_verdict(struct verdict *verdict, enum side side)
{
    verdict->checked = true;
    for (int i = 0; i < VIOLATION_IDS; i++) {
        struct violation *v = verdict_add(verdict, arena, (enum violation_id)i, side);

        if (i == 0)
            continue; /* one with nothing but its id */
        v->instance = TEXT("/items/0/\"price\"");
        v->keyword = TEXT("minimum");
        v->file = TEXT("contracts/shop.yaml");
        v->line = (uint32_t)i;
        v->column = 13;
        v->pointer = TEXT("/components/schemas/Item~1x");
        v->expected = TEXT("number >= 0");
        v->found = TEXT("\"12.50\" (string)");
        v->hint = TEXT("did you mean 12.50?");
    }
    verdict->dropped = 12;
    for (int i = 0; i < VERDICT_UNCHECKED_MAX; i++)
        verdict_unchecked(verdict, (enum unchecked_id)i, side, i % 2 == 0 ? TEXT("query q") : TEXT(""));
}

static void
every_field_of_a_verdict_comes_back(void **state)
{
    struct exchange x = plain_exchange(arena);
    struct text faults[] = { TEXT("slow"), TEXT("lost-field") }, redacted[] = { TEXT("request header Authorization") };

    (void)state;
    fill_verdict(&x.request_verdict, SIDE_REQUEST);
    fill_verdict(&x.response_verdict, SIDE_RESPONSE);
    x.service = TEXT("shop");
    x.operation = TEXT("GET /orders");
    x.responder = TEXT("upstream");
    x.client = TEXT("[::1]:50000");
    x.upstream = TEXT("127.0.0.1:9000");
    x.outcome = OUTCOME_REFUSED;
    x.refusal = (struct refusal){ 502, SIDE_RESPONSE, TEXT("body-schema"), TEXT("the response breaks its contract") };
    x.faults = faults;
    x.fault_count = 2;
    x.redacted = redacted;
    x.redacted_count = 1;
    comes_back(&x);
    x.response_verdict = (struct verdict){ .checked = true };
    comes_back(&x);
    for (int i = 0; i < OUTCOME_TUNNEL; i++) {
        x.outcome = (enum outcome)i;
        comes_back(&x);
    }
    x.outcome = OUTCOME_TUNNEL;
    for (int i = 0; i < TUNNEL_ENDS_COUNT; i++) {
        x.tunnel = (struct exchange_tunnel){ TEXT("chat/2"), 1, 2, 3, (enum tunnel_end)i };
        comes_back(&x);
    }
}

static void
another_version_is_refused_by_name(void **state)
{
    struct exchange x = { .arena = arena };
    struct document document;
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_int_equal(
        document_parse(&document,
                       TEXT("{\"request\":{\"method\":\"GET\",\"url\":\"/\"},\"_plumbline\":{\"version\":2}}"), NULL,
                       arena, NULL),
        0);
    assert_int_equal(record_read(&x, document.root, &err), -1);
    assert_string_equal(err.where, "/_plumbline/version");
    assert_int_equal(err.kind, ERROR_INPUT);
}

/* ---- entries of other tools: tests/cases/traffic/har.json ---- */

static struct text
word(const struct value *v, const char *key)
{
    const struct value *member = value_member(v, text_of(key));

    return value_is(member, VALUE_STRING) ? value_text(member) : text_make(NULL, 0);
}

static const char *
state_name(enum body_state state)
{
    static const char *const names[] = { "none", "whole", "too-large", "truncated", "stream" };

    return names[state];
}

static void
check_message(const char *name, const struct value *expected, const struct message *m)
{
    if (expected == NULL)
        return;
    if (VALUE_MEMBER(expected, "body") != NULL)
        check_that(text_equal(word(expected, "body"), m->body), "%s: body '%.*s'", name, TEXT_PRINT(m->body));
    if (VALUE_MEMBER(expected, "state") != NULL)
        check_that(text_equal(word(expected, "state"), text_of(state_name(m->body_state))), "%s: %s", name,
                   state_name(m->body_state));
    if (VALUE_MEMBER(expected, "type") != NULL)
        check_that(text_equal(word(expected, "type"), message_value(m, HEADER_CONTENT_TYPE)), "%s: type '%.*s'", name,
                   TEXT_PRINT(message_value(m, HEADER_CONTENT_TYPE)));
    if (VALUE_MEMBER(expected, "path") != NULL)
        check_that(text_equal(word(expected, "path"), m->path), "%s: path '%.*s'", name, TEXT_PRINT(m->path));
    if (VALUE_MEMBER(expected, "query") != NULL)
        check_that(text_equal(word(expected, "query"), m->query), "%s: query '%.*s'", name, TEXT_PRINT(m->query));
    if (VALUE_MEMBER(expected, "authority") != NULL)
        check_that(text_equal(word(expected, "authority"), m->authority), "%s: authority '%.*s'", name,
                   TEXT_PRINT(m->authority));
}

static void
entries_of_other_tools_are_read(void **state)
{
    struct document document;
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    check_that(document_read(&document, "tests/cases/traffic/har.json", arena, &err) == 0, "%s: %s", err.where,
               err.what);
    for (VALUE_EACH_ITEM(test, document.root)) {
        const char *name = arena_text(arena, word(test, "description")).data;
        const struct value *expected = VALUE_MEMBER(test, "expect");
        struct exchange x = { .arena = arena };
        struct error why = { .kind = ERROR_NONE };
        int result = record_read(&x, VALUE_MEMBER(test, "entry"), &why);

        if (VALUE_MEMBER(expected, "error") != NULL) {
            check_that(result < 0 && text_equal(word(expected, "error"), text_of(why.where)), "%s: %s: %s", name,
                       why.where, why.what);
            continue;
        }
        check_that(result == 0, "%s: %s: %s", name, why.where, why.what);
        check_message(name, VALUE_MEMBER(expected, "request"), &x.request);
        check_message(name, VALUE_MEMBER(expected, "response"), &x.response);
        assert_false(x.verdicts_carried);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plain_exchange_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_version_that_another_tool_told_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(targets_of_every_form_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bodies_of_any_bytes_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(field_values_that_are_not_utf8_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_coded_body_is_readable_and_its_bytes_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_that_was_not_held_whole_says_why, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_than_max_body_is_cut_between_characters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_digest_stands_for_a_body_that_must_not_be_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_field_of_a_verdict_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_version_is_refused_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(entries_of_other_tools_are_read, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
