/* Every mutation of every message that the shipped contracts describe, of schemas of all kinds, and of real contracts;
 * and what the contract checker finds in it. */
#include "unit.h"

#include <glob.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "contract/check.h"
#include "json/compare.h"
#include "json/write.h"
#include "rules/mutate.h"
#include "sandbox/sample.h"

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
    struct arena *arena;
    const struct operation *operation;
    enum side side;
    uint16_t status;
    uint64_t numbers; /* random ones that each mutation is tried with */
    unsigned messages;
    unsigned done[MUTATIONS_COUNT], not_done[MUTATIONS_COUNT];
};

/* Head and body, as the gateway has them checked. The request is one without parameters: what is said of those is said
 * before and after. */
static struct verdict
judge(const struct tally *t, uint16_t status, struct text content_type, struct text body)
{
    struct check check = { .arena = t->arena,
                           .scratch = scratch,
                           .policy = &check_policy_default,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct contract_match match = { .operation = t->operation, .path_known = true };
    struct header type = { .name = TEXT("Content-Type"), .value = content_type, .id = HEADER_CONTENT_TYPE };
    struct message message = { .is_request = t->side == SIDE_REQUEST,
                               .minor = 1,
                               .status = status,
                               .method = operation_method(t->operation),
                               .headers = &type,
                               .header_count = 1,
                               .framing = FRAMING_LENGTH,
                               .has_length = true,
                               .length = body.length,
                               .body_state = BODY_WHOLE,
                               .body = body,
                               .body_bytes = body.length };
    const struct message request = { .is_request = true, .minor = 1, .method = operation_method(t->operation) };
    struct verdict verdict = { .checked = false };

    if (t->side == SIDE_REQUEST) {
        check_request_head(&check, &match, &message, &verdict);
        check_request_body(&check, &match, &message, &verdict);
    } else {
        check_response_head(&check, &match, &request, &message, &verdict);
        check_response_body(&check, &match, &request, &message, &verdict);
    }
    return verdict;
}

static bool
same(const struct violation *a, const struct violation *b)
{
    return a->id == b->id && text_equal(a->instance, b->instance) && text_equal(a->keyword, b->keyword);
}

static bool
is_in(const struct verdict *verdict, const struct violation *v)
{
    for (uint32_t i = 0; i < verdict->count; i++)
        if (same(&verdict->list[i], v))
            return true;
    return false;
}

static void
prove(const struct tally *t, const struct mutated *out, const struct value *body, struct text json,
      struct text content_type)
{
    struct text changed = out->body_changed ? out->body : json;
    struct text type = out->content_type.length > 0 ? out->content_type : content_type;
    struct verdict before = judge(t, t->status, content_type, json);
    struct verdict after = judge(t, out->status != 0 ? out->status : t->status, type, changed);
    const struct violation told = { .id = out->breaks, .instance = out->place, .keyword = out->keyword };
    const char *name = mutation_name(out->mutation);
    unsigned found = 0, others = 0;
    struct document document;

    for (uint32_t i = 0; i < after.count; i++) {
        if (same(&after.list[i], &told))
            found++;
        else if (!is_in(&before, &after.list[i]))
            others++;
    }
    check_that(others == 0, "%s of %.*s: %.*s", name, TEXT_PRINT(operation_id(t->operation)), TEXT_PRINT(changed));
    check_that(found == !mutation_is_valid(out->mutation), "%s of %.*s: %.*s", name,
               TEXT_PRINT(operation_id(t->operation)), TEXT_PRINT(changed));
    if (out->mutation == MUTATION_BAD_JSON) {
        assert_true(document_parse(&document, changed, NULL, t->arena, NULL) < 0);
    } else if (out->body_changed) {
        assert_int_equal(document_parse(&document, changed, NULL, t->arena, NULL), 0);
        check_that((value_equal(document.root, body, NULL) == 1) == (out->mutation == MUTATION_REORDERED),
                   "%s of %.*s changes nothing, or not the order alone: %.*s", name,
                   TEXT_PRINT(operation_id(t->operation)), TEXT_PRINT(changed));
    }
}

static void
mutate_body(struct tally *t, struct text content_type, struct text json)
{
    struct document document;
    struct arena_mark mark = arena_mark(t->arena);
    struct mutate_input in = { .operation = t->operation,
                               .side = t->side,
                               .status = t->status,
                               .content_type = content_type,
                               .scratch = scratch,
                               .arena = t->arena };

    assert_int_equal(document_parse(&document, json, NULL, t->arena, NULL), 0);
    in.body = document.root;
    t->messages++;
    for (unsigned m = 0; m < MUTATIONS_COUNT; m++)
        for (in.random = 0; in.random < t->numbers; in.random++) {
            struct mutated out;
            bool done = mutate((enum mutation)m, &in, &out);

            assert_true(done == (out.why_not == NULL));
            if (done)
                prove(t, &out, document.root, json, content_type);
            t->done[m] += done;
            t->not_done[m] += !done;
        }
    arena_rewind(t->arena, mark);
}

static void
mutate_examples(struct tally *t, struct text content_type, const struct value *examples)
{
    for (VALUE_EACH_MEMBER(name, examples)) {
        struct json_writer w;
        struct buffer body;

        buffer_init(&body, LIMIT_MIB);
        json_begin(&w, &body, 0);
        json_value(&w, VALUE_MEMBER(value_next(name), "value"));
        mutate_body(t, content_type, buffer_text(&body));
        buffer_release(&body);
    }
}

static void
mutate_samples(struct tally *t, struct text content_type, const struct schema *schema)
{
    struct sample_options options = { .schemas = contract_schemas(operation_contract(t->operation)),
                                      .scratch = scratch,
                                      .side = t->side == SIDE_REQUEST ? SCHEMA_REQUEST : SCHEMA_RESPONSE,
                                      .made_up = true };

    for (options.seed = 1; options.seed <= 3; options.seed++) {
        struct buffer body;

        buffer_init(&body, LIMIT_MIB);
        assert_true(sample_write(&body, schema, &options));
        mutate_body(t, content_type, buffer_text(&body));
        buffer_release(&body);
    }
}

/* The contract's examples, and values made from its schema. */
static void
mutate_content(struct tally *t, const struct value *content)
{
    if (!value_is(content, VALUE_OBJECT) || content->count == 0)
        return;
    for (VALUE_EACH_MEMBER(type, content)) {
        const struct schema *schema = operation_body_schema(t->operation, t->side, t->status, value_text(type));

        assert_non_null(schema);
        mutate_examples(t, value_text(type), VALUE_MEMBER(value_next(type), "examples"));
        mutate_samples(t, value_text(type), schema);
    }
}

static void
mutate_operation(struct tally *t, const struct operation *operation)
{
    const struct value *source = operation_source(operation), *responses = VALUE_MEMBER(source, "responses");

    t->operation = operation;
    t->side = SIDE_REQUEST;
    t->status = 0;
    mutate_content(t, VALUE_MEMBER(VALUE_MEMBER(source, "requestBody"), "content"));
    t->side = SIDE_RESPONSE;
    for (VALUE_EACH_MEMBER(key, responses)) {
        uint64_t status = 599;
        const struct value *response;

        (void)text_to_u64(value_text(key), &status);
        t->status = (uint16_t)status;
        response = operation_response(operation, t->status, NULL);
        mutate_content(t, VALUE_MEMBER(response, "content"));
    }
}

static void
the_checker_finds_exactly_what_each_mutation_says_it_breaks(void **state)
{
    struct tally t = { .arena = arena_new(0, LIMIT_EXCHANGE_ARENA), .numbers = 5 };
    glob_t files;

    (void)state;
    assert_non_null(t.arena);
    assert_int_equal(glob("contracts/*.json", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct error err = { .kind = ERROR_NONE };
        struct contract *contract = contract_load(files.gl_pathv[i], NULL, &err);

        check_that(contract != NULL, "%s: %s: %s", files.gl_pathv[i], err.where, err.what);
        for (uint32_t o = 0; o < contract_operation_count(contract); o++)
            mutate_operation(&t, contract_operation(contract, o));
        contract_free(contract);
        arena_reset(t.arena);
    }
    globfree(&files);
    for (unsigned m = 0; m < MUTATIONS_COUNT; m++) {
        print_message("%-16s %5u of %u\n", mutation_name((enum mutation)m), t.done[m], t.done[m] + t.not_done[m]);
        check_that(t.done[m] > 0, "%s was possible nowhere", mutation_name((enum mutation)m));
    }
    /* what says so little that nothing can be done is the exception */
    assert_true(t.not_done[MUTATION_ANY] == 0);
    assert_true(t.not_done[MUTATION_NASTY] * 10 <= t.messages * 5);
    arena_free(t.arena);
}

/* ---- schemas and contracts that are less tidy ---- */

static void
mutate_sample(struct tally *t, const struct operation *operation, uint16_t status, struct text type, uint64_t seed)
{
    const struct schema *schema = operation_body_schema(operation, SIDE_RESPONSE, status, type);
    struct sample_options options = { .schemas = contract_schemas(operation_contract(operation)),
                                      .scratch = scratch,
                                      .side = SCHEMA_RESPONSE,
                                      .seed = seed,
                                      .made_up = true };
    struct buffer body;

    t->operation = operation;
    t->side = SIDE_RESPONSE;
    t->status = status;
    buffer_init(&body, LIMIT_MIB);
    if (schema != NULL && sample_write(&body, schema, &options))
        mutate_body(t, type, buffer_text(&body));
    buffer_release(&body);
}

static void
schemas_of_all_kinds_are_broken_in_one_place_or_not_at_all(void **state)
{
    struct tally t = { .arena = arena_new(0, LIMIT_EXCHANGE_ARENA), .numbers = 2 };
    struct arena *cases = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct error err = { .kind = ERROR_NONE };
    struct document file;

    (void)state;
    assert_int_equal(document_read(&file, "tests/cases/sandbox/samples.json", cases, &err), 0);
    for (VALUE_EACH_ITEM(test, file.root))
        for (VALUE_EACH_ITEM(schema, VALUE_MEMBER(test, "schemas"))) {
            const struct value *dialect = VALUE_MEMBER(test, "dialect");
            bool old = value_is(dialect, VALUE_STRING) && text_equal(value_text(dialect), TEXT("oas3.0"));
            struct contract *contract;
            struct json_writer w;
            struct buffer source;

            buffer_init(&source, LIMIT_MIB);
            buffer_print(
                &source,
                "{\"openapi\":\"%s\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{\"/a\":{\"get\":"
                "{\"responses\":{\"200\":{\"description\":\"d\",\"content\":{\"application/json\":{\"schema\":",
                old ? "3.0.3" : "3.1.0");
            json_begin(&w, &source, 0);
            json_value(&w, schema);
            buffer_add(&source, TEXT("}}}}}}}}"));
            contract = contract_load_text(buffer_text(&source), "t.json", NULL, &err);
            if (contract != NULL)
                for (uint64_t seed = 1; seed <= 5; seed++)
                    mutate_sample(&t, contract_operation(contract, 0), 200, TEXT("application/json"), seed);
            contract_free(contract);
            buffer_release(&source);
        }
    assert_true(t.messages >= 100);
    assert_true(t.done[MUTATION_ANY] > t.not_done[MUTATION_ANY]);
    arena_free(cases);
    arena_free(t.arena);
}

#define REAL_OPERATIONS 25 /* of each contract */

static void
real_contracts_are_broken_in_one_place_or_not_at_all(void **state)
{
    struct tally t = { .arena = arena_new(0, LIMIT_EXCHANGE_ARENA), .numbers = 1 };
    const char *suites = getenv("PLUMBLINE_SUITES");
    char pattern[512];
    glob_t files;

    (void)state;
    if (suites == NULL || suites[0] == '\0') {
        print_message("PLUMBLINE_SUITES is not set: real contracts are not mutated\n");
        arena_free(t.arena);
        skip();
    }
    (void)snprintf(pattern, sizeof(pattern), "%s/contracts/*/*.[jy][sa][om][nl]", suites);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct error err = { .kind = ERROR_NONE };
        struct contract *contract = contract_load(files.gl_pathv[i], NULL, &err);
        uint32_t count = contract != NULL ? contract_operation_count(contract) : 0;
        uint32_t step = count > REAL_OPERATIONS ? count / REAL_OPERATIONS : 1;

        for (uint32_t o = 0; o < count; o += step)
            for (uint16_t status = 200; status <= 404; status = (uint16_t)(status == 200   ? 201
                                                                           : status == 201 ? 404
                                                                                           : 500))
                mutate_sample(&t, contract_operation(contract, o), status, TEXT("application/json"), 1);
        contract_free(contract);
    }
    globfree(&files);
    print_message("%u messages; any %u, nasty %u\n", t.messages, t.done[MUTATION_ANY], t.done[MUTATION_NASTY]);
    assert_true(t.messages >= 100);
    assert_true(t.not_done[MUTATION_ANY] * 20 < t.messages);
    arena_free(t.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checker_finds_exactly_what_each_mutation_says_it_breaks),
        cmocka_unit_test(schemas_of_all_kinds_are_broken_in_one_place_or_not_at_all),
        cmocka_unit_test(real_contracts_are_broken_in_one_place_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
