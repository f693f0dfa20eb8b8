#include "unit.h"

#include "base/compress.h"
#include "base/limits.h"
#include "rules/redaction.h"
#include "traffic/exchange.h"

/* ---- the cases ---- */

static struct text
case_text(const struct value *test, const char *key)
{
    const struct value *v = value_member(test, text_of(key));

    return value_is(v, VALUE_STRING) ? value_text(v) : text_make(NULL, 0);
}

static void
set_target(struct message *m, struct text target)
{
    size_t start = target.length > 0 && target.data[0] != '/' ? text_search(target, TEXT("example")) + 7 : 0;
    size_t question = text_find(target, '?');

    m->target = target;
    m->path = text_from(text_slice(target, 0, question), start);
    m->has_query = question < target.length;
    m->query = text_from(target, question + 1);
}

static void
set_headers(struct message *m, const struct value *list, struct text type, struct arena *arena)
{
    m->headers = ARENA_ARRAY(arena, struct header, (list != NULL ? list->count : 0) + 1);
    if (list != NULL)
        for (VALUE_EACH_MEMBER(key, list))
            m->headers[m->header_count++] = (struct header){ .name = value_text(key),
                                                             .value = value_text(value_next(key)),
                                                             .id = (uint8_t)header_id_of(value_text(key)) };
    if (type.length > 0)
        m->headers[m->header_count++] =
            (struct header){ .name = TEXT("Content-Type"), .value = type, .id = HEADER_CONTENT_TYPE };
}

static struct exchange
exchange_of(const struct value *test, struct arena *arena)
{
    struct exchange x = { .arena = arena };
    struct text target = case_text(test, "target");

    x.request.is_request = true;
    set_target(&x.request, target.length > 0 ? target : TEXT("/"));
    set_headers(&x.request, VALUE_MEMBER(test, "headers"), case_text(test, "type"), arena);
    x.request.body = case_text(test, "body");
    x.request.body_state = x.request.body.length == 0            ? BODY_NONE
                           : case_text(test, "state").length > 0 ? BODY_TRUNCATED
                                                                 : BODY_WHOLE;
    return x;
}

static void
check_case_text(const char *name, const char *what, struct text expected, struct text actual)
{
    check_that(text_equal(expected, actual), "%s: %s\n  expected  %.*s\n  found     %.*s", name, what,
               TEXT_PRINT(expected), TEXT_PRINT(actual));
}

static void
check_headers(const char *name, const struct value *expected, const struct message *m)
{
    for (VALUE_EACH_MEMBER(key, expected)) {
        const struct header *h = message_header_named(m, value_text(key));

        check_that(h != NULL, "%s: header %.*s is gone", name, TEXT_PRINT(value_text(key)));
        check_case_text(name, "header", value_text(value_next(key)), h->value);
    }
}

static void
check_redacted(const char *name, const struct value *expected, const struct exchange *x)
{
    uint32_t i = 0, count = expected != NULL ? expected->count : 0;

    for (uint32_t k = 0; k < x->redacted_count && x->redacted_count != count; k++)
        print_error("  redacted %.*s\n", TEXT_PRINT(x->redacted[k]));
    check_that(x->redacted_count == count, "%s: %u places, expected %u", name, x->redacted_count, count);
    if (count == 0)
        return;
    for (VALUE_EACH_ITEM(item, expected))
        check_case_text(name, "redacted", value_text(item), x->redacted[i++]);
}

static void
check_case(const struct document *document, const struct value *test, struct redaction_scratch *scratch,
           struct arena *arena)
{
    const char *name = arena_text(arena, case_text(test, "description")).data;
    const struct value *expect = VALUE_MEMBER(test, "expect"), *body = VALUE_MEMBER(expect, "body");
    struct error err = { .kind = ERROR_NONE };
    struct redaction *r = redaction_new(document, VALUE_MEMBER(test, "rules"), &err);
    struct exchange x = exchange_of(test, arena), before = x;

    check_that(r != NULL, "%s: %s: %s", name, err.where, err.what);
    check_that(redaction_apply(r, &x, scratch) == 0, "%s", name);
    check_case_text(name, "target",
                    VALUE_MEMBER(expect, "target") != NULL ? case_text(expect, "target") : before.request.target,
                    x.request.target);
    check_case_text(name, "query", text_from(x.request.target, text_find(x.request.target, '?') + 1), x.request.query);
    if (VALUE_MEMBER(expect, "headers") != NULL)
        check_headers(name, VALUE_MEMBER(expect, "headers"), &x.request);
    else
        assert_ptr_equal(x.request.headers, before.request.headers);
    if (VALUE_MEMBER(expect, "digest") != NULL) {
        check_that(text_starts(x.request.body_digest, case_text(expect, "digest")), "%s: digest %.*s", name,
                   TEXT_PRINT(x.request.body_digest));
        assert_int_equal(x.request.body.length, 0);
    } else if (body != NULL) {
        check_case_text(name, "body", value_text(body), x.request.body);
        assert_true(x.request.body_plain);
    } else {
        check_that(x.request.body.data == before.request.body.data, "%s: the body was copied", name);
    }
    check_redacted(name, VALUE_MEMBER(expect, "redacted"), &x);
    redaction_free(r);
}

static void
every_case_is_redacted_as_it_says(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct redaction_scratch *scratch = redaction_scratch_new();
    struct document document;
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    check_that(document_read(&document, "tests/cases/rules/redaction.json", arena, &err) == 0, "%s: %s", err.where,
               err.what);
    for (VALUE_EACH_ITEM(test, document.root))
        check_case(&document, test, scratch, arena);
    redaction_scratch_free(scratch);
    arena_free(arena);
}

/* ---- what a case cannot say ---- */

struct fixture {
    struct arena *arena;
    struct redaction *redaction;
    struct redaction_scratch *scratch;
    struct exchange x;
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->arena = arena_new(0, SIZE_MAX);
    f->redaction = redaction_new(NULL, NULL, NULL);
    f->scratch = redaction_scratch_new();
    f->x.arena = f->arena;
    f->x.request.is_request = true;
    set_target(&f->x.request, TEXT("/"));
    set_headers(&f->x.request, NULL, TEXT("application/json"), f->arena);
    set_headers(&f->x.response, NULL, TEXT("application/json"), f->arena);
    f->x.has_response = true;
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    redaction_free(f->redaction);
    redaction_scratch_free(f->scratch);
    arena_free(f->arena);
    free(f);
    return 0;
}

static void
set_body(struct message *m, struct text body)
{
    m->body = body;
    m->body_state = BODY_WHOLE;
}

static struct violation *
violate(struct fixture *f, struct verdict *verdict, enum side side, const char *instance, const char *found)
{
    struct violation *v = verdict_add(verdict, f->arena, VIOLATION_BODY_SCHEMA, side);

    v->instance = text_of(instance);
    v->found = text_of(found);
    return v;
}

static void
a_coded_body_is_kept_plain_when_it_held_a_secret(void **state)
{
    struct fixture *f = *state;
    struct message *m = &f->x.response;
    struct header headers[] = {
        m->headers[0], { .name = TEXT("Content-Encoding"), .value = TEXT("gzip"), .id = HEADER_CONTENT_ENCODING }
    };
    struct buffer coded;

    buffer_init(&coded, LIMIT_MIB);
    assert_int_equal(compress_do(COMPRESS_GZIP, TEXT("{\"password\":\"hunter2\"}"), &coded), COMPRESS_OK);
    m->headers = headers;
    m->header_count = 2;
    set_body(m, buffer_text(&coded));
    assert_int_equal(redaction_apply(f->redaction, &f->x, f->scratch), 0);
    check_text(m->body, "{\"password\":\"***\"}");
    assert_true(m->body_plain);
    check_text(f->x.redacted[0], "response body /password");

    /* without a secret, the bytes on the wire stay */
    buffer_clear(&coded);
    assert_int_equal(compress_do(COMPRESS_GZIP, TEXT("{\"a\":\"hunter2\"}"), &coded), COMPRESS_OK);
    m->body_plain = false;
    set_body(m, buffer_text(&coded));
    assert_int_equal(redaction_apply(f->redaction, &f->x, f->scratch), 0);
    assert_ptr_equal(m->body.data, buffer_text(&coded).data);
    assert_false(m->body_plain);

    /* a coding that cannot be undone may hide anything */
    set_body(m, TEXT("no gzip"));
    assert_int_equal(redaction_apply(f->redaction, &f->x, f->scratch), 0);
    assert_int_equal(m->body.length, 0);
    assert_true(text_starts(m->body_digest, TEXT("sha-256=")));
    buffer_release(&coded);
}

static void
what_a_violation_quotes_of_a_redacted_place_is_masked(void **state)
{
    struct fixture *f = *state;
    struct violation *at, *above, *beside, *card;

    set_body(&f->x.request, TEXT("{\"card\":{\"cvv\":\"123\"},\"list\":[{\"pan\":\"x\"}],\"n\":1}"));
    at = violate(f, &f->x.request_verdict, SIDE_REQUEST, "/list/0/pan", "\"x\" (string)");
    above = violate(f, &f->x.request_verdict, SIDE_REQUEST, "/card", "{\"cvv\":\"123\"} (object)");
    beside = violate(f, &f->x.request_verdict, SIDE_REQUEST, "/n", "1 (number)");
    card = violate(f, &f->x.request_verdict, SIDE_REQUEST, "/o", "\"4111111111111111\" (string)");
    assert_int_equal(redaction_apply(f->redaction, &f->x, f->scratch), 0);
    check_text(at->found, "***");
    check_text(above->found, "***");
    check_text(beside->found, "1 (number)");
    check_text(card->found, "\"***\" (string)");
}

static void
what_a_refusal_told_the_client_of_a_secret_is_not_written_down(void **state)
{
    struct fixture *f = *state;

    set_body(&f->x.request, TEXT("{\"password\":\"pw\"}"));
    (void)violate(f, &f->x.request_verdict, SIDE_REQUEST, "/password", "\"pw\" (string)");
    f->x.refusal.status = 400;
    f->x.refusal.detail = TEXT("request body-schema /password: expected 8 characters, found \"pw\" (string)");
    set_body(&f->x.response, TEXT("{\"errors\":[{\"detail\":\"found \\\"pw\\\" (string)\"}]}"));
    assert_int_equal(redaction_apply(f->redaction, &f->x, f->scratch), 0);
    check_text(f->x.refusal.detail, "request body-schema /password: expected 8 characters, found ***");
    check_text(f->x.response.body, "{\"errors\":[{\"detail\":\"found ***\"}]}");
}

static void
a_long_list_is_one_place(void **state)
{
    struct fixture *f = *state;
    struct buffer body;

    buffer_init(&body, LIMIT_MIB);
    buffer_byte(&body, '[');
    for (int i = 0; i < 5000; i++)
        buffer_print(&body, "%s{\"token\":\"t%d\"}", i > 0 ? "," : "", i);
    buffer_byte(&body, ']');
    set_body(&f->x.request, buffer_text(&body));
    assert_int_equal(redaction_apply(f->redaction, &f->x, f->scratch), 0);
    assert_int_equal(f->x.redacted_count, 1);
    check_text(f->x.redacted[0], "request body /*/token");
    assert_true(text_search(f->x.request.body, TEXT("\"t4999\"")) == f->x.request.body.length);
    buffer_release(&body);
}

static void
what_was_redacted_once_may_be_redacted_again(void **state)
{
    struct fixture *f = *state;
    struct text *before = ARENA_ARRAY(f->arena, struct text, 1); /* as record_read leaves it: no room for more */
    uint64_t *behind = ARENA_NEW(f->arena, uint64_t);

    before[0] = TEXT("request header Authorization");
    f->x.redacted = before;
    f->x.redacted_count = 1;
    set_body(&f->x.request, TEXT("{\"password\":\"x\",\"token\":\"y\"}"));
    assert_int_equal(redaction_apply(f->redaction, &f->x, f->scratch), 0);
    assert_int_equal(f->x.redacted_count, 3);
    check_text(f->x.redacted[0], "request header Authorization");
    check_text(f->x.redacted[2], "request body /token");
    assert_int_equal(*behind, 0);
    check_text(before[0], "request header Authorization");
    assert_int_equal(redaction_apply(f->redaction, &f->x, f->scratch), 0);
    assert_int_equal(f->x.redacted_count, 3);
}

static void
the_received_bytes_are_not_changed(void **state)
{
    struct fixture *f = *state;
    char body[] = "{\"password\":\"hunter2\"}", value[] = "Bearer abc";
    struct header header = { .name = TEXT("Authorization"), .value = text_of(value), .id = HEADER_AUTHORIZATION };

    f->x.request.headers = &header;
    f->x.request.header_count = 1;
    set_body(&f->x.request, text_of(body));
    assert_int_equal(redaction_apply(f->redaction, &f->x, f->scratch), 0);
    assert_string_equal(body, "{\"password\":\"hunter2\"}");
    assert_string_equal(value, "Bearer abc");
    check_text(header.value, "Bearer abc");
    check_text(message_value(&f->x.request, HEADER_AUTHORIZATION), "Bearer ***");
}

static void
a_target_for_a_log_line_is_redacted_alone(void **state)
{
    struct fixture *f = *state;

    check_text(redaction_target(f->redaction, TEXT("/a?token=x&b=1"), f->scratch, f->arena), "/a?token=***&b=1");
    check_text(redaction_target(f->redaction, TEXT("/a/4111111111111111"), f->scratch, f->arena), "/a/***");
    check_text(redaction_target(f->redaction, TEXT("/a"), f->scratch, f->arena), "/a");
}

static void
without_memory_it_fails_and_says_so(void **state)
{
    struct fixture *f = *state;
    struct arena *small = arena_new(0, 64);

    f->x.arena = small;
    set_body(&f->x.request,
             TEXT("{\"password\":\"a long enough secret for the arena that has no room for it at all\"}"));
    assert_int_equal(redaction_apply(f->redaction, &f->x, f->scratch), -1);
    arena_free(small);
}

/* ---- mistakes in the rules ---- */

static void
check_refused(const char *rules, const char *what)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct document document;
    struct error err = { .kind = ERROR_NONE };

    assert_int_equal(document_read_text(&document, text_of(rules), "r.yaml", arena, &err), 0);
    assert_null(redaction_new(&document, document.root, &err));
    check_that(strstr(err.what, what) != NULL, "%s", err.what);
    check_that(strstr(err.where, "r.yaml:") == err.where, "%s", err.where);
    arena_free(arena);
}

static void
mistakes_in_the_rules_are_told_with_their_place(void **state)
{
    (void)state;
    check_refused("rules: [{ field: a, action: hash }]", "hash_key");
    check_refused("rules: [{ pattern: '(', action: mask }]", "");
    check_refused("rules: [{ field: a, luhn: true, action: mask }]", "luhn");
    check_refused("rules: [{ header: '---', action: mask }]", "1 to 63");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_redacted_as_it_says),
        cmocka_unit_test_setup_teardown(a_coded_body_is_kept_plain_when_it_held_a_secret, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_violation_quotes_of_a_redacted_place_is_masked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_refusal_told_the_client_of_a_secret_is_not_written_down, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_long_list_is_one_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_redacted_once_may_be_redacted_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_received_bytes_are_not_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_target_for_a_log_line_is_redacted_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory_it_fails_and_says_so, set_up, tear_down),
        cmocka_unit_test(mistakes_in_the_rules_are_told_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
