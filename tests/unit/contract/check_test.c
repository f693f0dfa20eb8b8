#include "unit.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "contract/check.h"

static const char contract_source[] =
    "openapi: 3.2.0\n"
    "info: {title: a, version: b}\n"
    "security: [{key: []}, {token: []}]\n"
    "components: {securitySchemes: {key: {type: apiKey, in: query, name: key}, token: {type: http, scheme: bearer}}}\n"
    "paths:\n"
    "  /s/{id}:\n"
    "    post:\n"
    "      parameters:\n"
    "        - {name: id, in: path, required: true, schema: {type: array, items: {type: integer}}}\n"
    "        - {name: d, in: query, style: deepObject, explode: true, schema: {type: object, properties: {a: {type: "
    "integer}}}}\n"
    "        - {name: o, in: query, schema: {type: object, properties: {x: {type: integer}, y: {type: array}}}}\n"
    "        - {name: X-List, in: header, schema: {type: array, items: {type: integer}}}\n"
    "        - {name: c, in: cookie, schema: {type: [integer, string], maxLength: 1}}\n"
    "      requestBody:\n"
    "        required: true\n"
    "        content:\n"
    "          application/json: {schema: {type: object, additionalProperties: {type: string, pattern: '^(a+)+$'}}}\n"
    "          application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {type: array, items: {type: "
    "integer}}}}}\n"
    "          multipart/form-data: {schema: {type: object, properties: {a: {type: integer}}}}\n"
    "          text/plain: {}\n"
    "          application/xml: {schema: {type: object}}\n"
    "          application/octet-stream: {}\n"
    "      responses:\n"
    "        '200':\n"
    "          description: fine\n"
    "          headers: {X-A: {required: true, schema: {type: integer}}}\n"
    "          content:\n"
    "            application/json: {schema: {type: object, required: [id], properties: {id: {type: integer}}}}\n"
    "            text/event-stream: {schema: {type: string}}\n"
    "            application/jsonl: {itemSchema: {type: integer}}\n"
    "        '204': {description: none}\n";

struct fixture {
    struct arena *arena;
    struct schema_scratch *scratch;
    struct contract *contract;
    struct contract_match match;
    struct message request, response;
    struct header request_headers[8], response_headers[8];
    struct check check;
};

static void
set_header(struct message *m, uint32_t index, const char *name, const char *value)
{
    m->headers[index] = (struct header){ text_of(name), text_of(value), (uint8_t)header_id_of(text_of(name)), false };
    if (m->header_count <= index)
        m->header_count = index + 1;
}

static void
set_body(struct message *m, const char *body)
{
    m->body = text_of(body);
    m->length = m->body_bytes = strlen(body);
    m->framing = FRAMING_LENGTH;
    m->body_state = BODY_WHOLE;
}

static void
begin(struct fixture *f, size_t ceiling)
{
    struct error err = { 0 };

    *f = (struct fixture){ .scratch = schema_scratch_new() };
    f->contract = contract_load_text(text_of(contract_source), "c.yaml", NULL, &err);
    check_that(f->contract != NULL, "%s: %s", err.where, err.what);
    f->arena = arena_new(0, ceiling);
    f->request = (struct message){ .is_request = true,
                                   .method = TEXT("POST"),
                                   .path = TEXT("/s/1,%32"),
                                   .query = TEXT("key=1&d[a]=%31&x=1&y=2&y=3"),
                                   .has_query = true,
                                   .headers = f->request_headers };
    f->response = (struct message){ .status = 200, .headers = f->response_headers };
    f->check = (struct check){ .arena = f->arena,
                               .scratch = f->scratch,
                               .policy = &check_policy_default,
                               .request_budget = LIMIT_CHECK_BUDGET,
                               .response_budget = LIMIT_CHECK_BUDGET };
    contract_find(f->contract, f->request.method, f->request.path, false, f->arena, &f->match);
}

static void
end(struct fixture *f)
{
    contract_free(f->contract);
    schema_scratch_free(f->scratch);
    arena_free(f->arena);
}

static void
only_content_that_is_looked_into_must_be_held(void **state)
{
    static const struct {
        const char *type;
        bool needed;
    } cases[] = {
        { "application/json", true },
        { "application/x-www-form-urlencoded", true },
        { "multipart/form-data; boundary=x", true },
        { "text/plain", false },
        { "application/xml", false },
        { "application/octet-stream", false },
        { "image/png", false },
    };
    struct fixture f;

    (void)state;
    begin(&f, LIMIT_MIB);
    set_body(&f.request, "x");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_header(&f.request, 0, "Content-Type", cases[i].type);
        check_that(check_request_needs_body(&f.match, &f.request) == cases[i].needed, "%s", cases[i].type);
    }
    set_header(&f.request, 0, "Content-Type", "application/json");
    f.request.framing = FRAMING_NONE;
    f.request.body = TEXT("");
    assert_false(check_request_needs_body(&f.match, &f.request));
    end(&f);
}

static void
a_response_is_held_when_there_is_content_to_check(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, LIMIT_MIB);
    set_header(&f.response, 0, "Content-Type", "application/json");
    f.response.framing = FRAMING_CHUNKED;
    assert_true(check_response_needs_body(&f.match, &f.request, &f.response));
    f.response.status = 204;
    assert_false(check_response_needs_body(&f.match, &f.request, &f.response));
    f.response.status = 200;
    f.request.method = TEXT("HEAD");
    assert_false(check_response_needs_body(&f.match, &f.request, &f.response));
    f.request.method = TEXT("POST");
    set_header(&f.response, 0, "Content-Type", "text/event-stream");
    assert_false(check_response_needs_body(&f.match, &f.request, &f.response));
    end(&f);
}

static void
one_budget_is_spent_by_the_whole_message(void **state)
{
    struct fixture f;
    struct verdict verdict = { 0 };

    (void)state;
    begin(&f, LIMIT_MIB);
    set_header(&f.request, 0, "Content-Type", "application/json");
    set_body(&f.request, "{\"a\": \"aaaa\", \"b\": \"aaaa\"}");
    f.check.request_budget = 3;
    check_request_head(&f.check, &f.match, &f.request, &verdict);
    check_request_body(&f.check, &f.match, &f.request, &verdict);
    assert_int_equal(verdict.count, 0);
    assert_true(verdict.unchecked_count > 0);
    assert_int_equal(verdict.unchecked[0].reason, UNCHECKED_BUDGET);
    end(&f);
}

static void
interim_responses_are_not_checked(void **state)
{
    struct fixture f;
    struct verdict verdict = { 0 };

    (void)state;
    begin(&f, LIMIT_MIB);
    f.response.status = 103;
    check_response_head(&f.check, &f.match, &f.request, &f.response, &verdict);
    check_response_body(&f.check, &f.match, &f.request, &f.response, &verdict);
    assert_int_equal(verdict.count + verdict.unchecked_count, 0);
    end(&f);
}

static void
check_all(struct fixture *f)
{
    struct verdict request = { 0 }, response = { 0 };

    check_request_head(&f->check, &f->match, &f->request, &request);
    check_request_body(&f->check, &f->match, &f->request, &request);
    check_response_head(&f->check, &f->match, &f->request, &f->response, &response);
    check_response_body(&f->check, &f->match, &f->request, &f->response, &response);
}

static void
no_memory_is_no_crash(void **state)
{
    static const char *const bodies[][2] = {
        { "application/json", "{\"a\": 1, \"b\\u0041\": \"x\", \"b\\u0041\": \"aab\"}" },
        { "application/x-www-form-urlencoded", "a=1&a=%32&b=x+y&c=3" },
        { "multipart/form-data; boundary=x",
          "--x\r\nContent-Disposition: form-data; name=\"a\\\"\"\r\n\r\n\xff\r\n--x\r\nContent-Disposition: form-data; "
          "name=\"a\"\r\n\r\n5\r\n--x--" },
    };
    const size_t most = 24 * LIMIT_KIB;

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct fixture f;

        begin(&f, LIMIT_MIB);
        set_header(&f.request, 0, "Content-Type", bodies[i][0]);
        set_header(&f.request, 1, "X-List", "1, x");
        set_header(&f.request, 2, "X-List", "3");
        set_header(&f.request, 3, "Cookie", "c=12; c=%41%42");
        set_body(&f.request, bodies[i][1]);
        set_header(&f.response, 0, "Content-Type", "application/jsonl");
        set_body(&f.response, "1\n{\"a\": \"\\u0041\"}\n");
        for (size_t ceiling = 0; ceiling < most; ceiling += 48) {
            f.check.arena = arena_new(64, ceiling);
            assert_non_null(f.check.arena);
            check_all(&f);
            arena_free(f.check.arena);
        }
        end(&f);
    }
}

static void
a_form_with_many_keys_takes_linear_work(void **state)
{
    enum { KEYS = 60000 };
    struct fixture f;
    struct buffer b;

    (void)state;
    begin(&f, 256 * LIMIT_MIB);
    buffer_init(&b, LIMIT_MIB);
    for (unsigned i = 0; i < KEYS; i++)
        buffer_print(&b, "k%u=%u&", i, i);
    buffer_byte(&b, '\0');
    set_header(&f.request, 0, "Content-Type", "application/x-www-form-urlencoded");
    set_body(&f.request, buffer_text(&b).data);
    f.request.query = buffer_text(&b);
    check_all(&f); /* the time limit of the test run is what asserts here: squared it would take minutes */
    buffer_release(&b);
    end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_content_that_is_looked_into_must_be_held),
        cmocka_unit_test(a_response_is_held_when_there_is_content_to_check),
        cmocka_unit_test(one_budget_is_spent_by_the_whole_message),
        cmocka_unit_test(interim_responses_are_not_checked),
        cmocka_unit_test(no_memory_is_no_crash),
        cmocka_unit_test(a_form_with_many_keys_takes_linear_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
