#include "exchanges.h"

#include "contract/contract.h"
#include "traffic/recheck.h"

static const char document[] = "openapi: 3.1.0\n"
                               "info: { title: T, version: '1' }\n"
                               "components: { securitySchemes: { bearer: { type: http, scheme: bearer } } }\n"
                               "paths:\n"
                               "  /pay:\n"
                               "    post:\n"
                               "      operationId: pay\n"
                               "      security: [ { bearer: [] } ]\n"
                               "      requestBody:\n"
                               "        required: true\n"
                               "        content:\n"
                               "          application/json:\n"
                               "            schema:\n"
                               "              type: object\n"
                               "              required: [ amount ]\n"
                               "              properties:\n"
                               "                amount: { type: integer, minimum: 1 }\n"
                               "                password: { type: string, minLength: 8 }\n"
                               "                cvv: { type: integer, minimum: 100 }\n"
                               "                way: { oneOf: [ { type: object, required: [card_number], properties: { "
                               "card_number: { type: string, "
                               "pattern: '^[0-9]{16}$' } } }, { type: string } ] }\n"
                               "      responses:\n"
                               "        '201': { description: made, content: { application/json: { schema: { type: "
                               "object, properties: { id: { type: "
                               "string }, token: { type: string, minLength: 10 } } } } } }\n";

struct fixture {
    struct arena *arena;
    struct contract *contract;
    struct schema_scratch *scratch;
    struct exchange x;
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error err = { .kind = ERROR_NONE };

    f->arena = arena_new(0, SIZE_MAX);
    f->contract = contract_load_text(text_make(document, sizeof document - 1), "pay.yaml", NULL, &err);
    if (f->contract == NULL)
        print_error("%s: %s\n", err.where, err.what);
    f->scratch = schema_scratch_new();
    f->x = plain_exchange(f->arena);
    f->x.verdicts_carried = true;
    f->x.request_verdict.checked = f->x.response_verdict.checked = true;
    f->x.request.method = TEXT("POST");
    f->x.request.target = f->x.request.path = TEXT("/pay");
    f->x.request.query = text_make(NULL, 0);
    f->x.request.has_query = false;
    add_header(&f->x.request, f->arena, TEXT("Content-Type"), TEXT("application/json"));
    add_header(&f->x.request, f->arena, TEXT("Authorization"), TEXT("Bearer abc"));
    f->x.response.status = 201;
    add_header(&f->x.response, f->arena, TEXT("Content-Type"), TEXT("application/json"));
    set_body(&f->x.request, TEXT("{\"amount\":5,\"password\":\"long enough\"}"));
    set_body(&f->x.response, TEXT("{\"id\":\"1\"}"));
    *state = f;
    return f->contract != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    contract_free(f->contract);
    schema_scratch_free(f->scratch);
    arena_free(f->arena);
    free(f);
    return 0;
}

static void
recheck(struct fixture *f)
{
    struct check check = { .arena = f->arena,
                           .scratch = f->scratch,
                           .policy = &check_policy_default,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct contract_match match;

    contract_find(f->contract, f->x.request.method, f->x.request.path, true, f->arena, &match);
    assert_non_null(match.operation);
    recheck_exchange(&check, &match, NULL, &f->x);
}

static void
redact(struct fixture *f, const char *place)
{
    struct text *list = ARENA_ARRAY(f->arena, struct text, f->x.redacted_count + 1);

    for (uint32_t i = 0; i < f->x.redacted_count; i++)
        list[i] = f->x.redacted[i];
    list[f->x.redacted_count++] = text_of(place);
    f->x.redacted = list;
}

static void
check_unchecked(const struct verdict *verdict, const char *instance)
{
    for (uint32_t i = 0; i < verdict->unchecked_count; i++)
        if (verdict->unchecked[i].reason == UNCHECKED_REDACTED &&
            text_equal(verdict->unchecked[i].instance, text_of(instance)))
            return;
    fail_msg("'%s' is not unchecked: redacted", instance);
}

static void
todays_contract_decides(void **state)
{
    struct fixture *f = *state;

    f->x.request_verdict.count = 0;
    (void)verdict_add(&f->x.response_verdict, f->arena, VIOLATION_STATUS_UNKNOWN, SIDE_RESPONSE); /* was found live */
    set_body(&f->x.request, TEXT("{\"amount\":0}"));
    recheck(f);
    assert_true(f->x.request_verdict.checked);
    assert_int_equal(f->x.request_verdict.count, 1);
    check_text(f->x.request_verdict.list[0].instance, "/amount");
    assert_true(f->x.response_verdict.checked);
    assert_int_equal(f->x.response_verdict.count, 0);
    assert_int_equal(f->x.response_verdict.unchecked_count, 0);
}

static void
a_redacted_place_is_unchecked_whether_it_looks_right_or_not(void **state)
{
    struct fixture *f = *state;

    set_body(&f->x.request, TEXT("{\"amount\":5,\"password\":\"***\",\"cvv\":0}")); /* both would be too small */
    redact(f, "request body /password");
    redact(f, "request body /cvv");
    set_body(&f->x.response, TEXT("{\"id\":\"1\",\"token\":\"hash:0123456789\"}")); /* looks right */
    redact(f, "response body /token");
    recheck(f);
    assert_int_equal(f->x.request_verdict.count, 0);
    check_unchecked(&f->x.request_verdict, "/password");
    check_unchecked(&f->x.request_verdict, "/cvv");
    check_unchecked(&f->x.response_verdict, "/token");
}

static void
what_was_found_live_at_a_redacted_place_is_carried_over(void **state)
{
    struct fixture *f = *state;
    struct violation *v = verdict_add(&f->x.request_verdict, f->arena, VIOLATION_BODY_SCHEMA, SIDE_REQUEST);

    v->instance = TEXT("/password");
    v->found = TEXT("***");
    v = verdict_add(&f->x.request_verdict, f->arena, VIOLATION_BODY_SCHEMA, SIDE_REQUEST);
    v->instance = TEXT("/amount"); /* not redacted: checked anew */
    set_body(&f->x.request, TEXT("{\"amount\":5,\"password\":\"***\"}"));
    redact(f, "request body /password");
    recheck(f);
    assert_int_equal(f->x.request_verdict.count, 1);
    check_text(f->x.request_verdict.list[0].instance, "/password");
}

static void
an_alternative_that_fails_because_of_redaction_is_no_finding(void **state)
{
    struct fixture *f = *state;

    set_body(&f->x.request, TEXT("{\"amount\":5,\"way\":{\"card_number\":\"***\"}}"));
    redact(f, "request body /way/card_number");
    recheck(f);
    assert_int_equal(f->x.request_verdict.count, 0);
    check_unchecked(&f->x.request_verdict, "/way/card_number");
    /* what has nothing to do with it still is one */
    set_body(&f->x.request, TEXT("{\"way\":{\"card_number\":\"***\"}}"));
    recheck(f);
    assert_int_equal(f->x.request_verdict.count, 1);
    check_text(f->x.request_verdict.list[0].keyword, "required");
}

static void
masked_credentials_still_count_as_credentials(void **state)
{
    struct fixture *f = *state;

    f->x.request.headers[f->x.request.header_count - 1].value = TEXT("Bearer ***");
    redact(f, "request header Authorization");
    recheck(f);
    assert_int_equal(f->x.request_verdict.count, 0);
    assert_int_equal(f->x.request_verdict.unchecked_count, 0);
    /* and missing ones are missing, whatever else was redacted */
    f->x.request.header_count--;
    f->x.redacted[0] = TEXT("request header X-Api-Key");
    recheck(f);
    assert_int_equal(f->x.request_verdict.count, 1);
    assert_int_equal(f->x.request_verdict.list[0].id, VIOLATION_SECURITY_MISSING);
}

static void
a_body_of_which_only_the_digest_is_known_is_unchecked(void **state)
{
    struct fixture *f = *state;

    set_body(&f->x.request, TEXT(""));
    f->x.request.body_digest = TEXT("sha-256=00");
    f->x.request.body_bytes = 30;
    redact(f, "request body");
    recheck(f);
    assert_int_equal(f->x.request_verdict.count, 0);
    check_unchecked(&f->x.request_verdict, "");
}

static void
an_answer_of_our_own_says_nothing_about_the_service(void **state)
{
    struct fixture *f = *state;

    f->x.outcome = OUTCOME_REFUSED;
    f->x.refusal = (struct refusal){ 418, SIDE_REQUEST, TEXT("body-schema"), TEXT("") };
    f->x.response.status = 418; /* not in the contract */
    set_body(&f->x.request, TEXT("{\"amount\":0}"));
    recheck(f);
    assert_int_equal(f->x.request_verdict.count, 1);
    assert_int_equal(f->x.response_verdict.count, 0);
    assert_false(f->x.response_verdict.checked);
}

static void
of_a_refused_response_the_live_verdict_stands(void **state)
{
    struct fixture *f = *state;

    (void)verdict_add(&f->x.response_verdict, f->arena, VIOLATION_BODY_SCHEMA, SIDE_RESPONSE);
    f->x.outcome = OUTCOME_REFUSED;
    f->x.refusal = (struct refusal){ 502, SIDE_RESPONSE, TEXT("body-schema"), TEXT("") };
    f->x.response.status = 502;
    recheck(f);
    assert_int_equal(f->x.response_verdict.count, 1);
    assert_int_equal(f->x.response_verdict.list[0].id, VIOLATION_BODY_SCHEMA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(todays_contract_decides),
        TEST(a_redacted_place_is_unchecked_whether_it_looks_right_or_not),
        TEST(what_was_found_live_at_a_redacted_place_is_carried_over),
        TEST(an_alternative_that_fails_because_of_redaction_is_no_finding),
        TEST(masked_credentials_still_count_as_credentials),
        TEST(a_body_of_which_only_the_digest_is_known_is_unchecked),
        TEST(an_answer_of_our_own_says_nothing_about_the_service),
        TEST(of_a_refused_response_the_live_verdict_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
