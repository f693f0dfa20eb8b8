#include "unit.h"

#include <glob.h>

#include "base/limits.h"
#include "contract/contract.h"
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
    const struct contract *contract;
    struct arena *arena;
    bool made_up;
    unsigned schemas;
    unsigned found;
};

static bool
holds(struct tally *t, const struct schema *schema, struct text json)
{
    struct schema_run run = {
        .scratch = scratch, .arena = t->arena, .budget = LIMIT_CHECK_BUDGET, .side = SCHEMA_RESPONSE
    };
    struct document document;

    return document_parse(&document, json, NULL, t->arena, NULL) == 0 && schema_check(schema, document.root, &run);
}

static void
write_twice(struct tally *t, const struct schema *schema, const struct document *document, const struct value *place)
{
    struct sample_options options = { .schemas = contract_schemas(t->contract),
                                      .scratch = scratch,
                                      .side = SCHEMA_RESPONSE,
                                      .seed = 7,
                                      .made_up = t->made_up };
    struct buffer once, again;

    buffer_init(&once, LIMIT_MIB);
    buffer_init(&again, LIMIT_MIB);
    arena_reset(t->arena);
    t->schemas++;
    if (sample_write(&once, schema, &options)) {
        struct text where = document_where(document, place, t->arena);

        t->found++;
        check_that(holds(t, schema, buffer_text(&once)), "%.*s: %.*s", TEXT_PRINT(where),
                   TEXT_PRINT(buffer_text(&once)));
        check_that(sample_write(&again, schema, &options) && text_equal(buffer_text(&once), buffer_text(&again)),
                   "%.*s: two samples by one seed differ", TEXT_PRINT(where));
    } else {
        print_message("no sample: %.*s\n", TEXT_PRINT(document_where(document, place, t->arena)));
    }
    buffer_release(&once);
    buffer_release(&again);
}

/* Every schema that is compiled as the schema of some content of this response. */
static void
sample_response(struct tally *t, const struct operation *operation, uint16_t status)
{
    const struct document *document;
    const struct value *response = operation_response(operation, status, &document);
    const struct value *content = VALUE_MEMBER(response, "content");

    if (!value_is(content, VALUE_OBJECT) || content->count == 0)
        return;
    for (VALUE_EACH_MEMBER(type, content)) {
        const struct value *place = VALUE_MEMBER(value_next(type), "schema");
        const struct schema *schema = NULL;

        if (place != NULL)
            schema = schema_compiled(contract_schemas(t->contract), document, place);
        if (schema != NULL)
            write_twice(t, schema, document, place);
        else if (place != NULL)
            print_message("not compiled: %.*s\n", TEXT_PRINT(document_where(document, place, t->arena)));
    }
}

static void
sample_contract(struct tally *t, const char *path)
{
    struct error err = { .kind = ERROR_NONE };
    struct contract *contract = contract_load(path, NULL, &err);

    check_that(contract != NULL, "%s: %s: %s", path, err.where, err.what);
    t->contract = contract;
    for (uint32_t i = 0; i < contract_operation_count(contract); i++) {
        const struct operation *operation = contract_operation(contract, i);
        const struct value *responses = VALUE_MEMBER(operation_source(operation), "responses");

        if (!value_is(responses, VALUE_OBJECT) || responses->count == 0)
            continue;
        for (VALUE_EACH_MEMBER(key, responses)) {
            uint64_t status;

            if (text_equal(value_text(key), TEXT("default")))
                sample_response(t, operation, 599);
            else if (text_ends(value_text(key), TEXT("XX")))
                sample_response(t, operation, (uint16_t)((value_text(key).data[0] - '0') * 100 + 99));
            else if (text_to_u64(value_text(key), &status))
                sample_response(t, operation, (uint16_t)status);
        }
    }
    contract_free(contract);
}

/* The share of response schemas, in percent, for which a value was found. */
static double
share_of(const char *pattern, bool made_up)
{
    struct tally t = { .arena = arena_new(0, LIMIT_EXCHANGE_ARENA), .made_up = made_up };
    glob_t files;

    assert_non_null(t.arena);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct tally before = t;

        if (strstr(files.gl_pathv[i], "/UPSTREAM-") != NULL)
            continue; /* says where the others came from */
        sample_contract(&t, files.gl_pathv[i]);
        print_message("%s: %u of %u\n", files.gl_pathv[i], t.found - before.found, t.schemas - before.schemas);
    }
    globfree(&files);
    arena_free(t.arena);
    assert_true(t.schemas > 0);
    return 100.0 * t.found / t.schemas;
}

static void
every_response_schema_of_our_contracts_has_a_sample(void **state)
{
    (void)state;
    assert_true(share_of("contracts/*.json", false) >= 100.0);
    assert_true(share_of("contracts/*.json", true) >= 100.0);
}

static void
nearly_every_response_schema_of_real_contracts_has_a_sample(void **state)
{
    const char *suites = getenv("PLUMBLINE_SUITES");
    char pattern[512];

    (void)state;
    (void)snprintf(pattern, sizeof(pattern), "%s/contracts/*/*.[jy][sa][om][nl]", suites != NULL ? suites : "");
    if (suites == NULL || suites[0] == '\0') {
        print_message("PLUMBLINE_SUITES is not set: real contracts are not sampled\n");
        skip();
    }
    assert_true(share_of(pattern, false) >= 98.0);
    assert_true(share_of(pattern, true) >= 98.0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_response_schema_of_our_contracts_has_a_sample),
        cmocka_unit_test(nearly_every_response_schema_of_real_contracts_has_a_sample),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
