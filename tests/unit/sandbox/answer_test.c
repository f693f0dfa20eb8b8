/* Every answer that can be asked for, of our contracts and of real ones, checked against the contract that it comes
 * from. */
#include "unit.h"

#include <glob.h>

#include "base/limits.h"
#include "contract/check.h"
#include "sandbox/answer.h"

static struct schema_scratch *scratch;

static int
begin(void **state)
{
    (void)state;
    scratch = schema_scratch_new();
    return scratch == NULL;
}

static int
end(void **state)
{
    (void)state;
    schema_scratch_free(scratch);
    return 0;
}

struct tally {
    const struct contract *contract;
    struct arena *arena;
    const char *file;
    unsigned asked;
    unsigned wrong;
    unsigned unchecked;
};

/* A path that the template matches. */
static struct text
path_of(struct tally *t, const struct operation *operation)
{
    struct text template = operation_path(operation), result;
    struct buffer out;
    bool inside = false;

    buffer_init(&out, LIMIT_MIB);
    if (contract_base_count(t->contract) > 0)
        buffer_add(&out, contract_base(t->contract, 0));
    for (size_t i = 0; i < template.length; i++) {
        if (template.data[i] == '{')
            buffer_byte(&out, '1');
        inside = template.data[i] == '{' || (inside && template.data[i] != '}');
        if (!inside && template.data[i] != '}')
            buffer_byte(&out, template.data[i]);
    }
    result = arena_text(t->arena, buffer_text(&out));
    buffer_release(&out);
    return result;
}

static void
judge(struct tally *t, const struct message *request, const struct service_answer *answer)
{
    struct message response = { .status = answer->status, .headers = (struct header *)answer->headers };
    struct check check = { .arena = t->arena,
                           .scratch = scratch,
                           .policy = &check_policy_default,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct verdict verdict = { .checked = false };
    struct contract_match match;

    response.header_count = answer->header_count;
    response.body = buffer_text(&answer->body);
    response.body_bytes = response.body.length;
    response.body_state = response.body.length > 0 ? BODY_WHOLE : BODY_NONE;
    for (uint32_t i = 0; i < response.header_count; i++)
        response.headers[i].id = (uint8_t)header_id_of(response.headers[i].name);
    contract_find(t->contract, request->method, request->path, true, t->arena, &match);
    check_response_head(&check, &match, request, &response, &verdict);
    check_response_body(&check, &match, request, &response, &verdict);
    t->wrong += verdict.count > 0;
    t->unchecked += verdict.unchecked_count > 0;
    for (uint32_t i = 0; i < verdict.count && t->wrong <= 20; i++)
        print_error("%s: %.*s %.*s %u, %.*s: %.*s\n", t->file, TEXT_PRINT(request->method), TEXT_PRINT(request->path),
                    answer->status, TEXT_PRINT(request->headers[0].value),
                    TEXT_PRINT(violation_line(&verdict.list[i], t->arena)));
}

static void
ask(struct tally *t, const struct operation *operation, uint16_t status, bool dynamic)
{
    const struct answer_maker maker = { .contract = t->contract, .scratch = scratch, .seed = 3 };
    struct header prefer = { .name = TEXT("Prefer") };
    struct message request = { .is_request = true, .headers = &prefer, .header_count = 1 };
    struct service_answer answer = { .status = 200 };

    arena_reset(t->arena);
    request.method = operation_method(operation);
    request.path = path_of(t, operation);
    prefer.value = arena_print(t->arena, "code=%u%s", (unsigned)status, dynamic ? ", dynamic=true" : "");
    buffer_init(&answer.body, LIMIT_MIB);
    answer_make(&maker, &request, request.path, t->arena, &answer);
    t->asked++;
    judge(t, &request, &answer);
    check_that(answer.status == status, "%s: %.*s %.*s: asked for %u, got %u", t->file, TEXT_PRINT(request.method),
               TEXT_PRINT(request.path), status, answer.status);
    buffer_release(&answer.body);
}

/* 404 for "404", 499 for "4XX", 599 for "default"; 0 for interim ones, which cannot be asked for. */
static uint16_t
status_for(struct text key)
{
    uint64_t status;

    if (text_equal(key, TEXT("default")))
        return 599;
    if (text_ends(key, TEXT("XX")))
        return (uint16_t)((key.data[0] - '0') * 100 + 99);
    return text_to_u64(key, &status) && status >= 200 ? (uint16_t)status : 0;
}

static void
ask_everything(struct tally *t)
{
    struct error err = { .kind = ERROR_NONE };
    struct contract *contract = contract_load(t->file, NULL, &err);

    check_that(contract != NULL, "%s: %s", err.where, err.what);
    t->contract = contract;
    for (uint32_t i = 0; i < contract_operation_count(contract); i++) {
        const struct operation *operation = contract_operation(contract, i);
        const struct value *responses = VALUE_MEMBER(operation_source(operation), "responses");

        if (!value_is(responses, VALUE_OBJECT) || responses->count == 0)
            continue;
        for (VALUE_EACH_MEMBER(key, responses))
            for (int dynamic = 0; dynamic < 2 && status_for(value_text(key)) != 0; dynamic++)
                ask(t, operation, status_for(value_text(key)), dynamic != 0);
    }
    contract_free(contract);
}

static struct tally
ask_all(const char *pattern)
{
    struct tally t = { .arena = arena_new(0, LIMIT_EXCHANGE_ARENA) };
    glob_t files;

    assert_non_null(t.arena);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        t.file = files.gl_pathv[i];
        if (strstr(t.file, "/UPSTREAM-") == NULL) /* says where the others came from */
            ask_everything(&t);
    }
    globfree(&files);
    arena_free(t.arena);
    print_message("%s: %u answers, %u break their contract, %u have an unchecked part\n", pattern, t.asked, t.wrong,
                  t.unchecked);
    return t;
}

static void
every_answer_keeps_our_contracts(void **state)
{
    struct tally t = ask_all("contracts/*.json");

    (void)state;
    assert_true(t.asked > 500);
    assert_int_equal(t.wrong, 0);
    assert_int_equal(t.unchecked, 0);
}

static void
every_answer_keeps_real_contracts(void **state)
{
    const char *suites = getenv("PLUMBLINE_SUITES");
    char pattern[512];

    (void)state;
    if (suites == NULL || suites[0] == '\0') {
        print_message("PLUMBLINE_SUITES is not set: real contracts are not asked\n");
        skip();
    }
    (void)snprintf(pattern, sizeof(pattern), "%s/contracts/*/*.[jy][sa][om][nl]", suites);
    assert_int_equal(ask_all(pattern).wrong, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_keeps_our_contracts),
        cmocka_unit_test(every_answer_keeps_real_contracts),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
