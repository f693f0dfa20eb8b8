#include "unit.h"

#include "base/limits.h"
#include "contract/contract.h"
#include "flow/arazzo.h"
#include "flow/expression.h"
#include "json/write.h"

static struct arena *arena;

static int
set_up(void **state)
{
    (void)state;
    arena = arena_new(0, 64 * LIMIT_MIB);
    return arena != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct value *
json(const char *text)
{
    struct document *document = ARENA_NEW(arena, struct document);
    struct document_error why;

    check_that(document_parse(document, text_of(text), NULL, arena, &why) == 0, "%s: %s", text, why.what);
    return document->root;
}

/* A value as JSON text. */
static const char *
written(const struct value *v)
{
    struct buffer out;
    struct json_writer w;
    const char *copy;

    buffer_init(&out, LIMIT_MIB);
    json_begin(&w, &out, 0);
    json_value(&w, v);
    copy = arena_text(arena, buffer_text(&out)).data;
    buffer_release(&out);
    return copy;
}

/* ---- the grammar ---- */

/* "response header|Server #" : root, names with '|' between, and the pointer behind '#'. */
static const char *
shape(const char *text)
{
    static const char *const roots[] = { "url",     "method", "status",    "request", "response",   "inputs",
                                         "outputs", "steps",  "workflows", "sources", "components", "self" };
    struct error err = { .kind = ERROR_NONE };
    const struct expression *e = expression_parse(text_of(text), arena, &err);
    struct expression_view view;
    struct text told;

    if (e == NULL)
        return arena_print(arena, "error: %s", err.what).data;
    check_text(expression_text(e), text);
    expression_view(e, &view);
    told = text_of(roots[view.root]);
    for (uint32_t i = 0; i < view.name_count; i++)
        told = arena_print(arena, "%.*s%s%.*s", TEXT_PRINT(told), i > 0 ? "|" : " ", TEXT_PRINT(view.names[i]));
    if (view.has_pointer)
        told = arena_print(arena, "%.*s #%.*s", TEXT_PRINT(told), TEXT_PRINT(view.pointer));
    return told.data;
}

static void
expressions_are_read_as_the_abnf_writes_them(void **state)
{
    static const char *const cases[][2] = {
        { "$url", "url" },
        { "$method", "method" },
        { "$statusCode", "status" },
        { "$self", "self" },
        { "$request.header.accept", "request header|accept" },
        { "$request.header.X.a!#$%&'*+-^_`|~", "request header|X.a!#$%&'*+-^_`|~" },
        { "$request.query.a b.c#d", "request query|a b.c#d" },
        { "$request.path.id", "request path|id" },
        { "$request.body", "request body" },
        { "$request.body#/user/uuid", "request body #/user/uuid" },
        { "$response.body#", "response body #" },
        { "$response.body#/a~1b/~0", "response body #/a~1b/~0" },
        { "$response.body.items[0].id", "response body #/items/0/id" },
        { "$response.body[1]", "response body #/1" },
        { "$response.header.Server", "response header|Server" },
        { "$inputs.username", "inputs username" },
        { "$inputs.x-api-key#/0", "inputs x-api-key #/0" },
        { "$inputs.a.b", "inputs a.b" },
        { "$outputs.bar#/name", "outputs bar #/name" },
        { "$steps.s.outputs.pets#/0/id", "steps s|outputs|pets #/0/id" },
        { "$steps.a.b.outputs.my.name", "steps a.b|outputs|my.name" },
        { "$steps.s.outputs.outputs.x", "steps s|outputs|outputs.x" },
        { "$steps.s.pets", "steps s|pets" },
        { "$workflows.foo.inputs.a", "workflows foo|inputs|a" },
        { "$workflows.foo.outputs.a#/b", "workflows foo|outputs|a #/b" },
        { "$sourceDescriptions.pets.url", "sources pets|url" },
        { "$sourceDescriptions.pets.get.pet#x", "sources pets|get.pet#x" },
        { "$components.parameters.foo.bar", "components parameters|foo.bar" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_that(strcmp(shape(cases[i][0]), cases[i][1]) == 0, "%s\n  expected  %s\n  found     %s", cases[i][0],
                   cases[i][1], shape(cases[i][0]));
}

static void
what_is_no_expression_is_refused_with_what_it_should_be(void **state)
{
    static const char *const cases[][2] = {
        { "", "begins with" },
        { "id", "begins with" },
        { "$Url", "begins with" },
        { "$url.x", "begins with" },
        { "$inputs", "begins with" },
        { "$inputs.", "a name is missing" },
        { "$inputs.#/a", "a name is missing" },
        { "$inputs.a#b", "JSON Pointer" },
        { "$inputs.a#/~", "JSON Pointer" },
        { "$request.", "a request has" },
        { "$request.query.", "a request has" },
        { "$request.cookie.a", "a request has" },
        { "$request.bodyx", "a request has" },
        { "$request.header.", "name of a header" },
        { "$request.header.a b", "name of a header" },
        { "$response.query.a", "an answer has" },
        { "$response.headers.Location", "an answer has" },
        { "$response.body.", "body#/id" },
        { "$response.body[", "body#/id" },
        { "$response.body[0", "body#/id" },
        { "$response.body..a", "body#/id" },
        { "$message.payload", "AsyncAPI" },
        { "$steps.", "$steps.STEP.outputs.NAME" },
        { "$steps.a", "$steps.STEP.outputs.NAME" },
        { "$steps..outputs.a", "$steps.STEP.outputs.NAME" },
        { "$workflows.a.steps.b", "$workflows.ID.inputs.NAME" },
        { "$workflows.a.outputs.", "$workflows.ID.inputs.NAME" },
        { "$sourceDescriptions.a", "two names" },
        { "$components.parameters.", "two names" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_that(text_starts(text_of(shape(cases[i][0])), TEXT("error: ")) &&
                       strstr(shape(cases[i][0]), cases[i][1]) != NULL,
                   "%s\n  expected  %s\n  found     %s", cases[i][0], cases[i][1], shape(cases[i][0]));
}

static void
expressions_within_strings_are_cut_out(void **state)
{
    struct text rest = TEXT("a {$inputs.b}{$url} {$nothing} {x} c{$inputs.d"), before, expression;

    (void)state;
    assert_true(expression_is_within(rest));
    assert_true(expression_next(&rest, &before, &expression));
    check_text(before, "a ");
    check_text(expression, "$inputs.b");
    assert_true(expression_next(&rest, &before, &expression));
    check_text(before, "");
    check_text(expression, "$url");
    assert_false(expression_next(&rest, &before, &expression));
    check_text(before, " {$nothing} {x} c{$inputs.d");
    assert_false(expression_is_within(TEXT("{\"a\": {}}")));
    assert_false(expression_is_within(TEXT("{$")));
    assert_true(expression_is(TEXT("$inputs.a")));
    assert_false(expression_is(TEXT("$5.00")));
    assert_false(expression_is(TEXT("$.items[0]")));
    assert_false(expression_is(TEXT(" $inputs.a")));
}

/* ---- values ---- */

static const struct value *
step_of(void *arg, struct text id)
{
    (void)arg;
    return text_equal(id, TEXT("place"))
               ? json("{\"outputs\": {\"id\": 7, \"dotted.name\": true, \"lines\": [{\"sku\": \"a\"}]}}")
               : NULL;
}

static const struct value *
workflow_of(void *arg, struct text id)
{
    (void)arg;
    return text_equal(id, TEXT("other")) ? json("{\"inputs\": {\"a\": null}, \"outputs\": {\"b\": {\"c\": 1.50}}}")
                                         : NULL;
}

static struct header request_headers[] = { { .name = { "Accept", 6 }, .value = { "text/plain", 10 } } };
static struct header response_headers[] = { { .name = { "X-Rate", 6 }, .value = { "10", 2 } },
                                            { .name = { "X-Rate", 6 }, .value = { "20", 2 } } };
static const struct message request = {
    .is_request = true,
    .method = { "POST", 4 },
    .query = { "tag=a%20b&tag=c&empty", 21 },
    .headers = request_headers,
    .header_count = 1,
    .body_state = BODY_WHOLE,
    .body = { "plain", 5 },
};
static const struct message response = {
    .status = 201,
    .headers = response_headers,
    .header_count = 2,
    .body_state = BODY_WHOLE,
    .body = { "{\"id\":1}", 8 },
};
static struct contract_match match = {
    .parameters = { { { "id", 2 }, { "a%2Fb", 5 } } },
    .parameter_count = 1,
};

static struct flow_scope
whole_scope(void)
{
    return (struct flow_scope){
        .request = &request,
        .response = &response,
        .url = TEXT("http://shop/orders?tag=a"),
        .match = &match,
        .response_body = json("{\"id\": 12345678901234567890, \"list\": [1, {\"a\": \"b\"}], \"none\": null}"),
        .inputs = json("{\"id\": \"x\", \"deep\": {\"a\": [1, 2, {\"b\": 3}]}, \"a.b\": \"own\", \"n\": 1.0}"),
        .outputs = json("{\"total\": 3}"),
        .step = step_of,
        .workflow = workflow_of,
    };
}

static const char *
given(const struct flow_scope *scope, const char *text)
{
    struct error err = { .kind = ERROR_NONE };
    const struct expression *e = expression_parse(text_of(text), arena, &err);
    const char *why = NULL;
    const struct value *v;

    check_that(e != NULL, "%s: %s", text, err.what);
    v = expression_evaluate(e, scope, arena, &why);
    if (v == NULL)
        return arena_print(arena, "nothing: %s", why).data;
    return written(v);
}

static void
expressions_give_values_with_their_types(void **state)
{
    static const char *const cases[][2] = {
        { "$url", "\"http://shop/orders?tag=a\"" },
        { "$method", "\"POST\"" },
        { "$statusCode", "201" },
        { "$request.header.accept", "\"text/plain\"" },
        { "$request.query.tag", "\"a b\"" },
        { "$request.query.empty", "\"\"" },
        { "$request.path.id", "\"a/b\"" },
        { "$request.body", "\"plain\"" },
        { "$response.header.x-rate", "\"10\"" },
        { "$response.body#/id", "12345678901234567890" },
        { "$response.body#/list/1", "{\"a\":\"b\"}" },
        { "$response.body.list[1].a", "\"b\"" },
        { "$response.body#/none", "null" },
        { "$inputs.id", "\"x\"" },
        { "$inputs.n", "1.0" },
        { "$inputs.deep#/a/2/b", "3" },
        { "$inputs.deep.a[2].b", "3" },
        { "$inputs.a.b", "\"own\"" },
        { "$outputs.total", "3" },
        { "$steps.place.outputs.id", "7" },
        { "$steps.place.outputs.dotted.name", "true" },
        { "$steps.place.outputs.lines#/0/sku", "\"a\"" },
        { "$steps.place.outputs.lines[0].sku", "\"a\"" },
        { "$workflows.other.inputs.a", "null" },
        { "$workflows.other.outputs.b#/c", "1.50" },
    };
    struct flow_scope scope = whole_scope();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_that(strcmp(given(&scope, cases[i][0]), cases[i][1]) == 0, "%s\n  expected  %s\n  found     %s",
                   cases[i][0], cases[i][1], given(&scope, cases[i][0]));
}

static void
an_expression_that_gives_nothing_says_why(void **state)
{
    static const char *const cases[][2] = {
        { "$url", "no request was sent yet" },
        { "$method", "no request was sent yet" },
        { "$statusCode", "there is no answer" },
        { "$request.body", "no request was sent yet" },
        { "$response.body#/a", "there is no answer" },
        { "$inputs.id", "there is no such input" },
        { "$outputs.id", "there is no such output (yet)" },
        { "$steps.place.outputs.id", "this step has not run" },
        { "$workflows.other.outputs.id", "this workflow has not run" },
        { "$sourceDescriptions.a.url", "there is no such source description" },
        { "$components.parameters.a", "there is no such component" },
        { "$self", "the document has no $self" },
    };
    struct flow_scope nothing = { .request = NULL }, scope = whole_scope();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_that(strstr(given(&nothing, cases[i][0]), cases[i][1]) != NULL, "%s\n  expected  %s\n  found     %s",
                   cases[i][0], cases[i][1], given(&nothing, cases[i][0]));
    assert_string_equal(given(&scope, "$response.header.Gone"), "nothing: there is no such header field");
    assert_string_equal(given(&scope, "$request.query.gone"), "nothing: the request has no such query parameter");
    assert_string_equal(given(&scope, "$request.path.gone"), "nothing: the request has no such path parameter");
    assert_string_equal(given(&scope, "$request.body#/a"), "nothing: the body is no JSON");
    assert_string_equal(given(&scope, "$response.body#/list/2"),
                        "nothing: nothing is there where the JSON Pointer leads");
    assert_string_equal(given(&scope, "$steps.place.outputs.gone"), "nothing: the step gave no such output");
    assert_string_equal(given(&scope, "$inputs.deep.a[3]"), "nothing: there is no such input");
}

static void
a_flow_gives_what_its_document_says(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct flow *flow = flow_load("tests/cases/flow/arazzo/fine-whole.arazzo.yaml", NULL, &err);
    struct flow_scope scope = { .flow = flow };

    (void)state;
    check_that(flow != NULL, "%s: %s", err.where, err.what);
    assert_string_equal(given(&scope, "$sourceDescriptions.shop.url"), "\"./shop.openapi.yaml\"");
    assert_string_equal(given(&scope, "$sourceDescriptions.shop.type"), "\"openapi\"");
    assert_string_equal(given(&scope, "$sourceDescriptions.shop.getOrder"), "\"getOrder\"");
    assert_string_equal(given(&scope, "$sourceDescriptions.stock.type"),
                        "nothing: the source description has no such field");
    assert_string_equal(given(&scope, "$components.parameters.page#/value"), "1");
    flow_free(flow);
}

/* ---- filling in ---- */

static const char *
filled(const struct flow_scope *scope, const char *text)
{
    struct error err = { .kind = ERROR_NONE };
    const struct value *v = expression_fill(json(text), scope, arena, &err);

    if (v == NULL)
        return arena_print(arena, "error: %s", err.what).data;
    check_that(strcmp(written(v), written(json(written(v)))) == 0, "%s: not a whole tape", text);
    return written(v);
}

static void
payloads_are_filled_in_with_types_kept(void **state)
{
    static const char *const cases[][2] = {
        { "\"$inputs.deep\"", "{\"a\":[1,2,{\"b\":3}]}" },
        { "\"plain\"", "\"plain\"" },
        { "[1.50, null, true, \"$5\"]", "[1.50,null,true,\"$5\"]" },
        { "{\"a\": {\"b\": \"$statusCode\"}, \"$inputs.id\": [\"$inputs.deep\", \"$inputs.id\"]}",
          "{\"a\":{\"b\":201},\"$inputs.id\":[{\"a\":[1,2,{\"b\":3}]},\"x\"]}" },
        { "\"id {$inputs.id}, {$response.body#/none} and {$inputs.n}\"", "\"id x, null and 1.0\"" },
        { "\"{$inputs.deep}\"", "\"{\\\"a\\\":[1,2,{\\\"b\\\":3}]}\"" },
        { "\"{\\\"id\\\": \\\"{$inputs.id}\\\"}\"", "\"{\\\"id\\\": \\\"x\\\"}\"" },
        { "{\"context\": \"$inputs.deep\", \"selector\": \"$.a\", \"type\": \"jsonpath\"}",
          "{\"context\":{\"a\":[1,2,{\"b\":3}]},\"selector\":\"$.a\",\"type\":\"jsonpath\"}" },
    };
    struct flow_scope scope = whole_scope();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_that(strcmp(filled(&scope, cases[i][0]), cases[i][1]) == 0, "%s\n  expected  %s\n  found     %s",
                   cases[i][0], cases[i][1], filled(&scope, cases[i][0]));
    assert_string_equal(filled(&scope, "{\"a\": [\"$inputs.gone\"]}"),
                        "error: '$inputs.gone' gives nothing: there is no such input");
    assert_string_equal(filled(&scope, "\"a {$steps.b.outputs.c}\""),
                        "error: '$steps.b.outputs.c' gives nothing: this step has not run");
}

static void
selector_objects_of_1_1_become_what_they_select(void **state)
{
    struct flow flow = { .arazzo = TEXT("1.1.0") };
    struct flow_scope scope = whole_scope();

    (void)state;
    scope.flow = &flow;
    assert_string_equal(filled(&scope, "{\"x\": {\"context\": \"$inputs.deep\", \"selector\": \"$.a[2].b\", \"type\": "
                                       "\"jsonpath\"}}"),
                        "{\"x\":3}");
    assert_string_equal(filled(&scope,
                               "{\"context\": \"$inputs.deep\", \"selector\": \"$.a[:2]\", \"type\": {\"type\": "
                               "\"jsonpath\", \"version\": \"rfc9535\"}}"),
                        "[1,2]");
    assert_string_equal(filled(&scope, "{\"context\": \"$inputs.deep\", \"selector\": \"/a/0\", \"type\": "
                                       "\"jsonpointer\"}"),
                        "1");
    assert_string_equal(
        filled(&scope, "{\"context\": \"$inputs.deep\", \"selector\": \"$.b\", \"type\": \"jsonpath\"}"),
        "error: '$inputs.deep' gives nothing: the JSONPath selects nothing");
    assert_string_equal(filled(&scope, "{\"context\": \"deep\", \"selector\": \"$.b\", \"type\": \"jsonpath\"}"),
                        "{\"context\":\"deep\",\"selector\":\"$.b\",\"type\":\"jsonpath\"}");
}

static void
a_payload_that_grows_too_deep_is_an_error(void **state)
{
    struct buffer deep;
    struct flow_scope scope = { .request = NULL };
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    buffer_init(&deep, LIMIT_MIB);
    buffer_add(&deep, TEXT("{\"a\": "));
    for (int i = 0; i < 1000; i++)
        buffer_byte(&deep, '[');
    for (int i = 0; i < 1000; i++)
        buffer_byte(&deep, ']');
    buffer_byte(&deep, '}');
    scope.inputs = json(arena_text(arena, buffer_text(&deep)).data);
    assert_non_null(expression_fill(json("[[\"$inputs.a\"]]"), &scope, arena, &err));
    buffer_clear(&deep);
    for (int i = 0; i < 100; i++)
        buffer_byte(&deep, '[');
    buffer_add(&deep, TEXT("\"$inputs.a\""));
    for (int i = 0; i < 100; i++)
        buffer_byte(&deep, ']');
    assert_null(expression_fill(json(arena_text(arena, buffer_text(&deep)).data), &scope, arena, &err));
    assert_string_equal(err.what, "what the expressions give is too large or too deep");
    buffer_release(&deep);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_are_read_as_the_abnf_writes_them),
        cmocka_unit_test(what_is_no_expression_is_refused_with_what_it_should_be),
        cmocka_unit_test(expressions_within_strings_are_cut_out),
        cmocka_unit_test(expressions_give_values_with_their_types),
        cmocka_unit_test(an_expression_that_gives_nothing_says_why),
        cmocka_unit_test(a_flow_gives_what_its_document_says),
        cmocka_unit_test(payloads_are_filled_in_with_types_kept),
        cmocka_unit_test(selector_objects_of_1_1_become_what_they_select),
        cmocka_unit_test(a_payload_that_grows_too_deep_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
