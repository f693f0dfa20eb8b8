#include "unit.h"

#include "base/limits.h"
#include "contract/check.h"

static const char contract_source[] =
    "openapi: 3.2.0\n"
    "info: {title: a, version: b}\n"
    "paths:\n"
    "  /s:\n"
    "    get:\n"
    "      responses:\n"
    "        '200':\n"
    "          content:\n"
    "            application/jsonl: {itemSchema: {type: object, required: [id], properties: {id: {type: integer}}}}\n"
    "            application/json-seq: {itemSchema: {type: integer}}\n"
    "            text/event-stream: {itemSchema: {required: [data], properties: {data: {maxLength: 3}}}}\n"
    "            application/json: {schema: true}\n";

struct fixture {
    struct arena *arena;
    struct schema_scratch *scratch;
    struct contract *contract;
    struct contract_match match;
    struct message request, response;
    struct header type;
    struct check check;
};

static void
begin(struct fixture *f, const char *type)
{
    struct error err = { 0 };

    f->arena = arena_new(0, 64 * LIMIT_MIB);
    f->scratch = schema_scratch_new();
    f->contract = contract_load_text(text_of(contract_source), "c.yaml", NULL, &err);
    check_that(f->contract != NULL, "%s: %s", err.where, err.what);
    f->request = (struct message){ .is_request = true, .method = TEXT("GET"), .path = TEXT("/s") };
    f->type = (struct header){ TEXT("Content-Type"), text_of(type), HEADER_CONTENT_TYPE, false };
    f->response = (struct message){ .status = 200, .headers = &f->type, .header_count = 1, .framing = FRAMING_CHUNKED };
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

/* The instances that were found, joined. */
static const char *
found(struct fixture *f, const char *bytes, size_t cut)
{
    struct text all = TEXT("");
    struct text t = text_of(bytes);
    struct verdict verdict = { 0 };
    struct check_items *items = check_items_new(&f->check, &f->match, &f->request, &f->response, &verdict);

    assert_non_null(items);
    check_items_feed(items, text_slice(t, 0, cut));
    check_items_feed(items, text_from(t, cut));
    check_items_end(items);
    for (uint32_t i = 0; i < verdict.count; i++)
        all = arena_print(f->arena, "%.*s%.*s ", TEXT_PRINT(all), TEXT_PRINT(verdict.list[i].instance));
    return all.length > 0 ? all.data : "";
}

static void
check_at_any_cut(const char *type, const char *bytes, const char *expected)
{
    struct fixture f;

    begin(&f, type);
    for (size_t cut = 0; cut <= strlen(bytes); cut++) {
        const char *came = found(&f, bytes, cut);

        check_that(strcmp(came, expected) == 0, "%s cut at %zu: '%s'", type, cut, came);
    }
    end(&f);
}

static void
items_are_the_same_wherever_their_bytes_are_cut(void **state)
{
    (void)state;
    check_at_any_cut("application/jsonl", "{\"id\":1}\n{\"id\":\"ä\"}\r\n\n{}\n{\"id\":3}", "/1/id /2 ");
    check_at_any_cut("application/json-seq",
                     "\x1e"
                     "1\n\x1e\"x\"\n\x1e[2]\n",
                     "/1 /2 ");
    check_at_any_cut("text/event-stream", ": c\r\n\r\ndata: 123\r\ndata: 4\r\n\r\ndata:123\n\nid: 1\n\n",
                     "/0/data /2 ");
}

static void
other_content_is_no_stream_of_items(void **state)
{
    struct fixture f;
    struct verdict verdict = { 0 };

    (void)state;
    begin(&f, "application/json");
    assert_null(check_items_new(&f.check, &f.match, &f.request, &f.response, &verdict));
    end(&f);
}

static void
a_stream_that_never_ends_takes_no_more_memory(void **state)
{
    struct fixture f;
    struct verdict verdict = { 0 };
    struct check_items *items;
    size_t used = 0;

    (void)state;
    begin(&f, "application/jsonl");
    items = check_items_new(&f.check, &f.match, &f.request, &f.response, &verdict);
    assert_non_null(items);
    for (unsigned i = 0; i < 20000; i++) {
        check_items_feed(items,
                         TEXT("{\"id\": 17, \"text\": \"some \\u0041 text\", \"list\": [1, 2, 3, {\"a\": null}]}\n"));
        if (i == 10)
            used = arena_used(f.arena);
    }
    check_items_end(items);
    assert_int_equal(verdict.count, 0);
    assert_int_equal(arena_used(f.arena), used);
    end(&f);
}

static void
violations_of_a_long_stream_are_kept_up_to_their_ceiling(void **state)
{
    struct fixture f;
    struct verdict verdict = { 0 };
    struct check_items *items;

    (void)state;
    begin(&f, "application/jsonl");
    items = check_items_new(&f.check, &f.match, &f.request, &f.response, &verdict);
    for (unsigned i = 0; i < 300; i++)
        check_items_feed(items, TEXT("{}\n"));
    check_items_end(items);
    assert_int_equal(verdict.count, LIMIT_VIOLATIONS);
    assert_int_equal(verdict.dropped, 300 - LIMIT_VIOLATIONS);
    check_text(verdict.list[99].instance, "/99");
    end(&f);
}

static void
an_item_that_is_too_large_is_unchecked(void **state)
{
    struct fixture f;
    struct verdict verdict = { 0 };
    struct check_items *items;
    struct check_policy policy = check_policy_default;

    (void)state;
    begin(&f, "application/jsonl");
    policy.max_body = 1000;
    f.check.policy = &policy;
    items = check_items_new(&f.check, &f.match, &f.request, &f.response, &verdict);
    for (unsigned i = 0; i < 5000; i++)
        check_items_feed(items, TEXT(" "));
    check_items_feed(items, TEXT("\n{\"id\":1}\n{}\n"));
    check_items_end(items);
    assert_int_equal(verdict.count, 1);
    assert_int_equal(verdict.unchecked_count, 1);
    assert_int_equal(verdict.unchecked[0].reason, UNCHECKED_SIZE);
    end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_the_same_wherever_their_bytes_are_cut),
        cmocka_unit_test(other_content_is_no_stream_of_items),
        cmocka_unit_test(a_stream_that_never_ends_takes_no_more_memory),
        cmocka_unit_test(violations_of_a_long_stream_are_kept_up_to_their_ceiling),
        cmocka_unit_test(an_item_that_is_too_large_is_unchecked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
