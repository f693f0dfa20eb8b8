#include "unit.h"

#include "base/limits.h"
#include "contract/check.h"
#include "rules/mutate_internal.h"
#include "schema/schema.h"

static struct arena *arena;
static struct schema_scratch *scratch;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    scratch = schema_scratch_new();
    return arena == NULL || scratch == NULL;
}

static int
end(void **state)
{
    (void)state;
    schema_scratch_free(scratch);
    arena_free(arena);
    return 0;
}

/* An operation that answers 200 with this schema. */
static struct contract *
contract_with(const char *openapi, const char *schema)
{
    struct text source = arena_print(
        arena,
        "{\"openapi\":\"%s\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{\"/a\":{\"post\":{\"responses\":"
        "{\"200\":{\"description\":\"d\",\"content\":{\"application/json\":{\"schema\":%s}}}}}}},"
        "\"components\":{\"schemas\":{\"Code\":{\"type\":\"string\",\"enum\":[\"A\",\"B\"]},"
        "\"Named\":{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\"}}}}}}",
        openapi, schema);
    struct error err = { .kind = ERROR_NONE };
    struct contract *contract = contract_load_text(source, "t.json", NULL, &err);

    check_that(contract != NULL, "%s: %s: %s", schema, err.where, err.what);
    return contract;
}

struct row {
    const char *openapi, *schema, *body;
    enum mutation mutation;
    const char *changed; /* the body that comes out, by the random number 0; NULL: why says why not */
    const char *keyword, *place;
    const char *why;
};

#define OBJECT(rest) "{\"type\":\"object\"," rest "}"
#define A(schema)    "{\"type\":\"object\",\"properties\":{\"a\":" schema "}}"

static const struct row rows[] = {
    /* a member that is required */
    { "3.1.0", OBJECT("\"required\":[\"a\"]"), "{\"b\":1,\"a\":2}", MUTATION_DROP_REQUIRED, "{\"b\":1}", "required", "",
      NULL },
    { "3.0.3", "{\"allOf\":[{\"$ref\":\"#/components/schemas/Named\"},{\"type\":\"object\"}]}",
      "{\"name\":\"x\",\"n\":1}", MUTATION_DROP_REQUIRED, "{\"n\":1}", "required", "", NULL },
    { "3.1.0", "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Named\"}}", "[{\"name\":\"x\"}]",
      MUTATION_DROP_REQUIRED, "[{}]", "required", "/0", NULL },
    { "3.1.0",
      "{\"oneOf\":[" OBJECT("\"required\":[\"k\",\"a\"],\"properties\":{\"k\":{\"const\":1}}") "," OBJECT(
          "\"required\":[\"k\",\"b\"],\"properties\":{\"k\":{\"const\":2}}") "]}",
      "{\"k\":2,\"b\":true}", MUTATION_DROP_REQUIRED, "{\"k\":2}", "required", "", NULL },
    { "3.1.0", OBJECT("\"properties\":{}"), "{\"a\":1}", MUTATION_DROP_REQUIRED, NULL, NULL, NULL,
      "the schema requires no member" },
    /* null, and other types */
    { "3.0.3", A("{\"type\":\"string\"}"), "{\"a\":\"x\"}", MUTATION_NULL, "{\"a\":null}", "type", "/a", NULL },
    { "3.0.3", A("{\"type\":\"string\",\"nullable\":true}"), "{\"a\":\"x\"}", MUTATION_NULL, "null", "type", "", NULL },
    { "3.1.0", A("{\"type\":[\"string\",\"null\"]}"), "{\"a\":\"x\"}", MUTATION_NULL, "null", "type", "", NULL },
    { "3.1.0", A("{\"type\":\"integer\"}"), "{\"a\":1,\"b\":2}", MUTATION_WRONG_TYPE, "\"text\"", "type", "", NULL },
    { "3.1.0", "{}", "{\"a\":1}", MUTATION_WRONG_TYPE, NULL, NULL, NULL,
      "wherever it was tried, something else broke as well, or nothing did" },
    /* enums */
    { "3.1.0", A("{\"$ref\":\"#/components/schemas/Code\"}"), "{\"a\":\"A\"}", MUTATION_OUTSIDE_ENUM, "{\"a\":\"A_2\"}",
      "enum", "/a", NULL },
    { "3.1.0", A("{\"enum\":[1,2]}"), "{\"a\":1}", MUTATION_OUTSIDE_ENUM, "{\"a\":987654321}", "enum", "/a", NULL },
    { "3.1.0", A("{\"type\":\"string\",\"enum\":[\"A\"],\"pattern\":\"^[A-Z]$\"}"), "{\"a\":\"A\"}",
      MUTATION_OUTSIDE_ENUM, NULL, NULL, NULL, "wherever it was tried, something else broke as well, or nothing did" },
    { "3.1.0", A("{\"type\":\"string\"}"), "{\"a\":\"A\"}", MUTATION_OUTSIDE_ENUM, NULL, NULL, NULL,
      "the schema has no enum" },
    /* bounds: one past them, exactly */
    { "3.1.0", A("{\"type\":\"integer\",\"maximum\":99}"), "{\"a\":7}", MUTATION_PAST_BOUND, "{\"a\":100}", "maximum",
      "/a", NULL },
    { "3.1.0", A("{\"type\":\"number\",\"minimum\":-0.05}"), "{\"a\":7}", MUTATION_PAST_BOUND, "{\"a\":-0.06}",
      "minimum", "/a", NULL },
    { "3.1.0", A("{\"type\":\"number\",\"exclusiveMinimum\":0,\"multipleOf\":0.01}"), "{\"a\":7}", MUTATION_PAST_BOUND,
      "{\"a\":0}", "exclusiveMinimum", "/a", NULL },
    { "3.0.3", A("{\"type\":\"number\",\"maximum\":9.5,\"exclusiveMaximum\":true}"), "{\"a\":7}", MUTATION_PAST_BOUND,
      "{\"a\":9.5}", "maximum", "/a", NULL },
    { "3.1.0", A("{\"type\":\"integer\",\"maximum\":100,\"multipleOf\":30}"), "{\"a\":30}", MUTATION_PAST_BOUND,
      "{\"a\":120}", "maximum", "/a", NULL },
    { "3.1.0", A("{\"type\":\"integer\",\"minimum\":100,\"multipleOf\":30}"), "{\"a\":120}", MUTATION_PAST_BOUND,
      "{\"a\":90}", "minimum", "/a", NULL },
    { "3.1.0", A("{\"type\":\"integer\",\"maximum\":9007199254740993}"), "{\"a\":7}", MUTATION_PAST_BOUND,
      "{\"a\":9007199254740994}", "maximum", "/a", NULL },
    { "3.1.0", A("{\"type\":\"number\",\"maximum\":1e3}"), "{\"a\":7}", MUTATION_PAST_BOUND, "{\"a\":1001}", "maximum",
      "/a", NULL },
    { "3.1.0", A("{\"type\":\"integer\",\"format\":\"int32\"}"), "{\"a\":7}", MUTATION_PAST_BOUND, "{\"a\":2147483648}",
      "format", "/a", NULL },
    { "3.1.0", A("{\"type\":\"integer\"}"), "{\"a\":7}", MUTATION_PAST_BOUND, NULL, NULL, NULL,
      "the schema has no bounds" },
    /* lengths */
    { "3.1.0", A("{\"type\":\"string\",\"maxLength\":4}"), "{\"a\":\"\\u00e9b\"}", MUTATION_TOO_LONG,
      "{\"a\":\"111éb\"}", "maxLength", "/a", NULL },
    { "3.1.0", A("{\"type\":\"array\",\"maxItems\":2}"), "{\"a\":[1]}", MUTATION_TOO_LONG, "{\"a\":[1,1,1]}",
      "maxItems", "/a", NULL },
    { "3.1.0", A("{\"type\":\"array\",\"maxItems\":2,\"uniqueItems\":true}"), "{\"a\":[1]}", MUTATION_TOO_LONG, NULL,
      NULL, NULL, "wherever it was tried, something else broke as well, or nothing did" },
    { "3.1.0", A("{\"type\":\"string\",\"minLength\":2}"), "{\"a\":\"\\u00e9\\u00e9\\u00e9\"}", MUTATION_TOO_SHORT,
      "{\"a\":\"é\"}", "minLength", "/a", NULL },
    { "3.1.0", A("{\"type\":\"array\",\"minItems\":1}"), "{\"a\":[1,2]}", MUTATION_TOO_SHORT, "{\"a\":[]}", "minItems",
      "/a", NULL },
    /* formats and patterns */
    { "3.1.0", A("{\"type\":\"string\",\"format\":\"date\"}"), "{\"a\":\"2026-02-03\"}", MUTATION_BAD_FORMAT,
      "{\"a\":\"not as it should be\"}", "format", "/a", NULL },
    { "3.1.0", A("{\"type\":\"string\",\"pattern\":\"^ORD[0-9]+$\",\"maxLength\":8}"), "{\"a\":\"ORD12345\"}",
      MUTATION_BAD_FORMAT, "{\"a\":\"!!!!!!!!\"}", "pattern", "/a", NULL },
    /* members */
    { "3.1.0", "{\"additionalProperties\":false,\"properties\":{\"a\":{}}}", "{\"a\":1}", MUTATION_EXTRA_MEMBER,
      "{\"a\":1,\"unexpected\":true}", "additionalProperties", "/unexpected", NULL },
    { "3.1.0", "{\"allOf\":[{\"properties\":{\"a\":{}}}],\"unevaluatedProperties\":false}", "{\"a\":1}",
      MUTATION_EXTRA_MEMBER, "{\"a\":1,\"unexpected\":true}", "unevaluatedProperties", "/unexpected", NULL },
    { "3.1.0", A("{}"), "{\"a\":1}", MUTATION_EXTRA_MEMBER, NULL, NULL, NULL,
      "wherever it was tried, something else broke as well, or nothing did" },
    { "3.1.0", A("{}"), "{\"unexpected\":1}", MUTATION_UNKNOWN_MEMBER, "{\"unexpected\":1,\"unexpected2\":true}", NULL,
      NULL, NULL },
    { "3.1.0", "{\"additionalProperties\":false,\"properties\":{\"a\":{}}}", "{\"a\":1}", MUTATION_UNKNOWN_MEMBER, NULL,
      NULL, NULL, "wherever it was tried, the contract was broken" },
    /* hardly valid */
    { "3.1.0", OBJECT("\"required\":[\"a\"],\"properties\":{\"a\":{\"$ref\":\"#/components/schemas/Named\"}}"),
      "{\"b\":1,\"a\":{\"name\":\"x\",\"c\":2}}", MUTATION_ONLY_REQUIRED, "{\"a\":{\"name\":\"x\"}}", NULL, NULL,
      NULL },
    { "3.1.0", OBJECT("\"minProperties\":2"), "{\"a\":1,\"b\":2,\"c\":3}", MUTATION_ONLY_REQUIRED, "{\"b\":2,\"c\":3}",
      NULL, NULL, NULL },
    { "3.1.0", OBJECT("\"properties\":{\"a\":{\"minItems\":1},\"b\":{\"type\":\"array\"}}"), "{\"a\":[1],\"b\":[[2]]}",
      MUTATION_EMPTY_ARRAYS, "{\"a\":[1],\"b\":[]}", NULL, NULL, NULL },
    { "3.1.0", A("{\"type\":\"string\",\"maxLength\":5}"), "{\"a\":\"ab\"}", MUTATION_LONGEST_STRINGS,
      "{\"a\":\"ababa\"}", NULL, NULL, NULL },
    { "3.1.0", A("{\"type\":\"number\",\"exclusiveMaximum\":10,\"multipleOf\":0.25}"), "{\"a\":1}",
      MUTATION_LARGEST_NUMBERS, "{\"a\":9.75}", NULL, NULL, NULL },
    { "3.1.0", A("{\"type\":\"integer\"}"), "{\"a\":1}", MUTATION_LARGEST_NUMBERS, "{\"a\":9007199254740991}", NULL,
      NULL, NULL },
    { "3.1.0", A("{}"), "{\"a\":1,\"b\":{\"c\":2,\"d\":19.90}}", MUTATION_REORDERED,
      "{\"b\":{\"d\":19.90,\"c\":2},\"a\":1}", NULL, NULL, NULL },
    /* what is broken already, is not broken on purpose */
    { "3.1.0", A("{\"type\":\"integer\"}"), "{\"a\":\"x\"}", MUTATION_NULL, NULL, NULL, NULL,
      "the message breaks its contract already" },
};

static struct mutated
mutated_by(const struct operation *operation, enum mutation mutation, const char *body, uint64_t random, bool *done)
{
    struct document document = { .root = NULL };
    struct mutate_input in = { .operation = operation,
                               .side = SIDE_RESPONSE,
                               .status = 200,
                               .content_type = TEXT("application/json"),
                               .random = random,
                               .scratch = scratch,
                               .arena = arena };
    struct mutated out;

    if (body != NULL)
        assert_int_equal(document_parse(&document, text_of(body), NULL, arena, NULL), 0);
    in.body = document.root;
    *done = mutate(mutation, &in, &out);
    assert_true(*done == (out.why_not == NULL));
    return out;
}

static void
one_thing_is_changed_and_it_is_told_what(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct contract *contract = contract_with(row->openapi, row->schema);
        bool done, right = false;
        struct mutated out = mutated_by(contract_operation(contract, 0), row->mutation, row->body, 0, &done);

        /* which place and which of the values that are possible is up to the number: some number gives the row's */
        for (uint64_t random = 0; random < 64 && !right; random++) {
            out = mutated_by(contract_operation(contract, 0), row->mutation, row->body, random, &done);
            right = row->changed == NULL ? !done && text_equal(text_of(row->why), text_of(out.why_not))
                                         : text_equal(out.body, text_of(row->changed));
            if (row->changed == NULL)
                break;
        }
        check_that(right, "%s %s %s: %s '%.*s'", mutation_name(row->mutation), row->schema, row->body,
                   out.why_not != NULL ? out.why_not : "", TEXT_PRINT(out.body));
        if (row->changed != NULL) {
            assert_int_equal(out.mutation, row->mutation);
            assert_true(out.body_changed);
            check_text(out.keyword, row->keyword != NULL ? row->keyword : "");
            check_text(out.place, row->place != NULL ? row->place : "");
            assert_true((out.breaks == VIOLATION_IDS) == mutation_is_valid(row->mutation));
        }
        contract_free(contract);
    }
}

static void
a_head_gets_a_status_or_a_media_type_that_the_contract_does_not_list(void **state)
{
    struct contract *contract = contract_with("3.1.0", "{\"type\":\"object\"}");
    const struct operation *operation = contract_operation(contract, 0);
    bool done;
    struct mutated out = mutated_by(operation, MUTATION_BAD_STATUS, "{}", 7, &done);

    (void)state;
    assert_true(done && !out.body_changed && out.status != 0 && out.status != 200);
    assert_int_equal(out.breaks, VIOLATION_STATUS_UNKNOWN);
    out = mutated_by(operation, MUTATION_BAD_MEDIA_TYPE, "{}", 7, &done);
    assert_true(done && !out.body_changed && out.content_type.length > 0);
    assert_int_equal(out.breaks, VIOLATION_CONTENT_TYPE_UNKNOWN);
    check_text(out.place, "header Content-Type");
    contract_free(contract);
}

static void
a_body_is_cut_where_it_is_no_json_any_more(void **state)
{
    struct contract *contract = contract_with("3.1.0", "{}");
    const struct operation *operation = contract_operation(contract, 0);

    (void)state;
    for (uint64_t random = 0; random < 50; random++) {
        bool done;
        struct mutated out = mutated_by(operation, MUTATION_BAD_JSON, "[1, \"äöü\", {\"b\": 2}]", random, &done);

        assert_true(done && out.body.length > 0);
        assert_int_equal(out.breaks, VIOLATION_JSON_SYNTAX);
        assert_false(document_is_json(out.body));
        out = mutated_by(operation, MUTATION_BAD_JSON, "7", random, &done);
        check_text(text_of(out.why_not), "the body is too short to be cut");
    }
    contract_free(contract);
}

static void
the_same_number_changes_the_same_place_and_other_numbers_others(void **state)
{
    struct contract *contract =
        contract_with("3.1.0", "{\"type\":\"object\",\"required\":[\"a\",\"b\",\"c\"],"
                               "\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\"}}}");
    const struct operation *operation = contract_operation(contract, 0);
    static const char body[] = "{\"a\":\"1\",\"b\":\"2\",\"c\":3}";
    unsigned different = 0, kinds = 0;
    bool seen[MUTATIONS_COUNT] = { false };

    (void)state;
    for (uint64_t random = 0; random < 200; random++) {
        bool done;
        struct mutated first = mutated_by(operation, MUTATION_ANY, body, random, &done);
        struct mutated again = mutated_by(operation, MUTATION_ANY, body, random, &done);
        struct mutated other = mutated_by(operation, MUTATION_DROP_REQUIRED, body, random, &done);
        struct mutated before = mutated_by(operation, MUTATION_DROP_REQUIRED, body, random + 1, &done);

        assert_true(first.why_not == NULL && first.mutation != MUTATION_ANY && !mutation_is_valid(first.mutation));
        assert_int_equal(first.mutation, again.mutation);
        assert_true(text_equal(first.body, again.body) && first.status == again.status);
        different += !text_equal(other.body, before.body);
        kinds += !seen[first.mutation];
        seen[first.mutation] = true;
        first = mutated_by(operation, MUTATION_NASTY, body, random, &done);
        assert_true(first.why_not == NULL && mutation_is_valid(first.mutation));
    }
    assert_in_range(different, 80, 199);
    assert_true(kinds >= 6); /* drop-required, null, wrong-type, bad-status, bad-media-type, bad-json */
    contract_free(contract);
}

static void
what_has_no_body_or_no_schema_says_why(void **state)
{
    struct contract *contract = contract_with("3.1.0", "{}");
    const struct operation *operation = contract_operation(contract, 0);
    struct mutate_input in = { .operation = operation,
                               .side = SIDE_REQUEST,
                               .content_type = TEXT("application/json"),
                               .scratch = scratch,
                               .arena = arena };
    struct mutated out;
    bool done;

    (void)state;
    out = mutated_by(operation, MUTATION_NULL, NULL, 1, &done);
    check_text(text_of(out.why_not), "there is no JSON body");
    assert_false(mutate(MUTATION_BAD_STATUS, &in, &out));
    check_text(text_of(out.why_not), "a request has no status");
    assert_false(mutate(MUTATION_ANY, &in, &out));
    check_text(text_of(out.why_not), "the contract says too little about this message to break it");
    contract_free(contract);
}

static void
mutations_are_known_by_their_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MUTATIONS_COUNT; i++)
        assert_int_equal(mutation_of(text_of(mutation_name((enum mutation)i))), i);
    assert_int_equal(mutation_of(TEXT("drop")), MUTATIONS_COUNT);
    assert_int_equal(mutation_of(TEXT("")), MUTATIONS_COUNT);
}

/* The section stands in docs/faults.md, or in the part that becomes it. */
static void
the_table_in_docs_has_every_mutation(void **state)
{
    FILE *file = fopen("docs/faults-mutations.part", "r");
    char *page = unit_read_file(file != NULL ? "docs/faults-mutations.part" : "docs/faults.md", NULL);
    const char *at = strstr(page, "## Mutations");

    (void)state;
    if (file != NULL)
        (void)fclose(file);
    assert_non_null(at);
    for (unsigned i = 0; i < MUTATIONS_COUNT; i++) {
        struct text row =
            arena_print(arena, "\n| `%s` | %s | ", mutation_name((enum mutation)i), mutation_what((enum mutation)i));

        at = strstr(at, row.data);
        check_that(at != NULL, "no row '%s', or not in this order", row.data);
        at += row.length;
        for (size_t k = 0; i != MUTATION_ANY && k < strcspn(at, "\n"); k++)
            if (at[k] == '`') {
                struct text keyword = text_make(at + k + 1, strcspn(at + k + 1, "`"));

                check_that(mutate_breaks((enum mutation)i, keyword), "%s: %.*s", mutation_name((enum mutation)i),
                           TEXT_PRINT(keyword));
                k += keyword.length + 1;
            }
    }
    free(page);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thing_is_changed_and_it_is_told_what),
        cmocka_unit_test(a_head_gets_a_status_or_a_media_type_that_the_contract_does_not_list),
        cmocka_unit_test(a_body_is_cut_where_it_is_no_json_any_more),
        cmocka_unit_test(the_same_number_changes_the_same_place_and_other_numbers_others),
        cmocka_unit_test(what_has_no_body_or_no_schema_says_why),
        cmocka_unit_test(mutations_are_known_by_their_names),
        cmocka_unit_test(the_table_in_docs_has_every_mutation),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
