/* Runs every case of tests/cases/flow/requests.yaml and the table of tests/cases/flow/styles.yaml. Whatever is built is
 * read back by the checker, which must have nothing against it.
 *
 *   - group: what they have in common
 *     contract: { paths: … }                                     (openapi and info are added)
 *     scope: { inputs: … }
 *     cases:
 *       - name: what is shown
 *         operation: "GET /orders/{id}"
 *         parameters: [{ name: id, in: path, value: $inputs.id }]
 *         body: { contentType: application/json, payload: …, replacements: [{ target: /a, value: 1 }, { path: $.b, … }]
 * } servers: { "": http://gateway }                        (names and URLs, as --server has them) tokens: { bearerAuth:
 * secret } url: http://api/orders/1 headers: ["Accept: application/json"]                  (each is there) without:
 * [Authorization]                               (none of them is) sent: "the body" violations: ["security-missing"] (of
 * the checker; none unless said) error: "a part of what is said"
 *
 * One case alone: CASE='part of its name' build/unit/flow/request_test */
#include "flow/scope.h"

#include "contract/check.h"
#include "flow/request.h"
#include "json/path.h"
#include "json/write.h"

struct suite {
    struct arena *arena;
    struct schema_scratch *scratch;
    const struct document *document;
    struct contract *contract;
    struct flow_source source;
    struct flow flow;
    unsigned run;
};

/* ---- the contract of a group ---- */

static void
load_contract(struct suite *s, const struct value *contract)
{
    struct error err = { .kind = ERROR_NONE };
    struct json_writer w;
    struct buffer b;

    buffer_init(&b, LIMIT_MIB);
    json_begin(&w, &b, 0);
    json_object(&w);
    JSON_KEY(&w, "openapi");
    json_string(&w, VALUE_MEMBER(contract, "openapi") != NULL ? value_text(VALUE_MEMBER(contract, "openapi"))
                                                              : TEXT("3.1.0"));
    JSON_KEY(&w, "info");
    json_raw(&w, TEXT("{\"title\": \"api\", \"version\": \"1\"}"));
    if (VALUE_MEMBER(contract, "servers") == NULL) {
        JSON_KEY(&w, "servers");
        json_raw(&w, TEXT("[{\"url\": \"http://api\"}]"));
    }
    for (VALUE_EACH_MEMBER(key, contract)) {
        if (text_equal(value_text(key), TEXT("openapi")))
            continue;
        json_key(&w, value_text(key));
        json_value(&w, value_next(key));
    }
    json_end_object(&w);
    s->contract = contract_load_text(arena_text(s->arena, buffer_text(&b)), "contract.json", NULL, &err);
    check_that(s->contract != NULL, "%s: %s", err.where, err.what);
    buffer_release(&b);
    s->source = (struct flow_source){ .name = TEXT("shop"), .contract = s->contract };
    s->flow = (struct flow){ .sources = &s->source, .source_count = 1 };
}

/* ---- a step ---- */

static bool
has_expression(const struct value *v)
{
    for (const struct value *end = v + v->span, *at = v; at < end; at++)
        if (at->type == VALUE_STRING && (expression_is(value_text(at)) || expression_is_within(value_text(at))))
            return true;
    return false;
}

static struct flow_value
value_from(const struct suite *s, const struct value *v)
{
    return (struct flow_value){ v, s->document, v == NULL || !has_expression(v) };
}

static enum flow_in
in_from(const struct value *in)
{
    static const char *const names[] = { "", "path", "query", "querystring", "header", "cookie" };

    for (unsigned i = 1; i < sizeof names / sizeof names[0]; i++)
        if (text_equal(value_text(in), text_of(names[i])))
            return (enum flow_in)i;
    fail_msg("no place: %.*s", TEXT_PRINT(value_text(in)));
    return FLOW_IN_NONE;
}

static void
read_parameters(struct suite *s, struct step *step, const struct value *list)
{
    struct flow_parameter *p = ARENA_ARRAY(s->arena, struct flow_parameter, list != NULL ? list->count : 0);

    step->parameters = p;
    if (list == NULL)
        return;
    for (VALUE_EACH_ITEM(item, list))
        p[step->parameter_count++] = (struct flow_parameter){ .name = value_text(VALUE_MEMBER(item, "name")),
                                                              .in = in_from(VALUE_MEMBER(item, "in")),
                                                              .value = value_from(s, VALUE_MEMBER(item, "value")),
                                                              .place = { s->document, item } };
}

static const struct path *
path_from(struct suite *s, const struct value *query)
{
    return query != NULL ? path_compile(value_text(query), s->arena, NULL) : NULL;
}

static void
read_body(struct suite *s, struct step *step, const struct value *data)
{
    const struct value *type = VALUE_MEMBER(data, "contentType"), *list = VALUE_MEMBER(data, "replacements");
    struct flow_body *body = ARENA_NEW(s->arena, struct flow_body);
    struct flow_replacement *r = ARENA_ARRAY(s->arena, struct flow_replacement, list != NULL ? list->count : 0);

    if (data == NULL)
        return;
    step->body = body;
    body->content_type = type != NULL ? value_text(type) : TEXT("");
    body->payload = value_from(s, VALUE_MEMBER(data, "payload"));
    body->place = (struct flow_place){ s->document, data };
    body->replacements = r;
    if (list == NULL)
        return;
    for (VALUE_EACH_ITEM(item, list))
        r[body->replacement_count++] = (struct flow_replacement){ .target = value_text(VALUE_MEMBER(item, "target")),
                                                                  .path = path_from(s, VALUE_MEMBER(item, "path")),
                                                                  .value = value_from(s, VALUE_MEMBER(item, "value")),
                                                                  .place = { s->document, item } };
}

/* { name: text }, as servers or tokens: both are two texts. */
static uint32_t
read_texts(const struct value *data, struct text (*pairs)[2])
{
    uint32_t count = 0;

    if (data != NULL)
        for (VALUE_EACH_MEMBER(key, data)) {
            pairs[count][0] = value_text(key);
            pairs[count++][1] = value_text(value_next(key));
        }
    return count;
}

static int
build(struct suite *s, const struct value *test, struct scope *scope, struct flow_request *request, struct error *err)
{
    struct step step = { .source = &s->source, .place = { s->document, test } };
    struct text servers[8][2], tokens[8][2];
    struct flow_server server[8];
    struct flow_token token[8];
    struct flow_sending sending = { .step = &step, .scope = &scope->scope, .servers = server, .tokens = token };

    scope->scope.flow = &s->flow;
    step.operation = contract_operation_named(s->contract, value_text(VALUE_MEMBER(test, "operation")));
    check_that(step.operation != NULL, "'%s': no such operation", name_of(test, s->arena));
    read_parameters(s, &step, VALUE_MEMBER(test, "parameters"));
    read_body(s, &step, VALUE_MEMBER(test, "body"));
    sending.server_count = read_texts(VALUE_MEMBER(test, "servers"), servers);
    sending.token_count = read_texts(VALUE_MEMBER(test, "tokens"), tokens);
    for (uint32_t i = 0; i < sending.server_count; i++)
        server[i] = (struct flow_server){ servers[i][0], servers[i][1] };
    for (uint32_t i = 0; i < sending.token_count; i++)
        token[i] = (struct flow_token){ tokens[i][0], tokens[i][1] };
    return flow_request_build(&sending, s->arena, request, err);
}

/* ---- what came of it ---- */

/* The text of a case, with this body's boundary for BOUNDARY. */
static struct text
expected_text(struct suite *s, const struct value *v, const struct message *m)
{
    struct text type = message_value(m, HEADER_CONTENT_TYPE), mark = TEXT("BOUNDARY"), out = TEXT("");
    size_t at = text_search(type, TEXT("boundary=plumbline-"));
    struct text boundary = text_from(type, at + strlen("boundary=plumbline-")), rest = value_text(v);

    for (;;) {
        at = text_search(rest, mark);
        out = arena_print(s->arena, "%.*s%.*s", TEXT_PRINT(out), TEXT_PRINT(text_slice(rest, 0, at)));
        if (at == rest.length)
            return out;
        out = arena_print(s->arena, "%.*s%.*s", TEXT_PRINT(out), TEXT_PRINT(boundary));
        rest = text_from(rest, at + mark.length);
    }
}

static void
check_headers_of(struct suite *s, const struct value *test, const struct message *m)
{
    const struct value *headers = VALUE_MEMBER(test, "headers"), *without = VALUE_MEMBER(test, "without");
    const char *name = name_of(test, s->arena);
    struct text all = TEXT("");

    for (uint32_t i = 0; i < m->header_count; i++)
        all = arena_print(s->arena, "%.*s%.*s: %.*s\n", TEXT_PRINT(all), TEXT_PRINT(m->headers[i].name),
                          TEXT_PRINT(m->headers[i].value));
    if (headers != NULL)
        for (VALUE_EACH_ITEM(line, headers)) {
            struct text wanted = arena_print(s->arena, "%.*s\n", TEXT_PRINT(expected_text(s, line, m)));

            check_that(text_search(all, wanted) < all.length, "'%s': expected %.*s in\n%.*s", name, TEXT_PRINT(wanted),
                       TEXT_PRINT(all));
        }
    if (without != NULL)
        for (VALUE_EACH_ITEM(field, without))
            check_that(message_header_named(m, value_text(field)) == NULL, "'%s': there is a field %.*s in\n%.*s", name,
                       TEXT_PRINT(value_text(field)), TEXT_PRINT(all));
}

/* The checker reads what was written. */
static void
check_against_contract(struct suite *s, const struct value *test, const struct flow_request *request)
{
    const struct value *expected = VALUE_MEMBER(test, "violations");
    struct check_policy policy = check_policy_default;
    struct check check = { .arena = s->arena,
                           .scratch = s->scratch,
                           .policy = &policy,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct verdict verdict = { 0 };
    uint32_t count = expected != NULL ? expected->count : 0, index = 0;

    policy.unknown_query = true;
    check_request_head(&check, &request->match, &request->message, &verdict);
    check_request_body(&check, &request->match, &request->message, &verdict);
    for (uint32_t i = 0; i < verdict.count; i++) {
        const struct value *item = i < count ? value_item(expected, index++) : NULL;

        check_that(item != NULL && text_equal(value_text(item), text_of(violation_name(verdict.list[i].id))),
                   "'%s': %.*s\n%.*s\n%.*s", name_of(test, s->arena),
                   TEXT_PRINT(violation_line(&verdict.list[i], s->arena)), TEXT_PRINT(request->url),
                   TEXT_PRINT(request->message.body));
    }
    check_that(verdict.count == count, "'%s': %u violations", name_of(test, s->arena), verdict.count);
}

/* The message and what is fetched are one and the same. */
static void
check_whole(const char *name, const struct flow_request *r)
{
    const struct message *m = &r->message;

    check_that(text_equal(r->fetch.method, m->method) && text_equal(r->fetch.url, r->url), "'%s'", name);
    check_that(text_ends(r->url, m->target), "'%s': %.*s is not at the end of %.*s", name, TEXT_PRINT(m->target),
               TEXT_PRINT(r->url));
    check_that(r->fetch.has_body == (m->body_state == BODY_WHOLE), "'%s'", name);
    check_that(m->header_count == r->fetch.header_count + r->fetch.has_body, "'%s'", name);
    check_that(message_header_named(m, TEXT("Host")) != NULL, "'%s': no Host", name);
}

static void
run(struct suite *s, const struct value *test, struct scope *scope)
{
    const struct value *url = VALUE_MEMBER(test, "url"), *sent = VALUE_MEMBER(test, "sent"),
                       *wrong = VALUE_MEMBER(test, "error");
    const char *name = name_of(test, s->arena);
    struct error err = { .kind = ERROR_NONE };
    struct flow_request request;
    int result = build(s, test, scope, &request, &err);

    s->run++;
    if (wrong != NULL) {
        check_that(result < 0, "'%s': it should be refused: %.*s", name, TEXT_PRINT(request.url));
        check_that(text_search(text_of(err.what), value_text(wrong)) < strlen(err.what),
                   "'%s': expected \"%.*s\" in\n  %s", name, TEXT_PRINT(value_text(wrong)), err.what);
        return;
    }
    check_that(result == 0, "'%s': %s: %s", name, err.where, err.what);
    if (url != NULL)
        check_that(text_equal(request.url, value_text(url)), "'%s': expected\n  %.*s\nfound\n  %.*s", name,
                   TEXT_PRINT(value_text(url)), TEXT_PRINT(request.url));
    if (sent != NULL)
        check_that(text_equal(request.message.body, expected_text(s, sent, &request.message)),
                   "'%s': expected\n%.*s\nfound\n%.*s", name, TEXT_PRINT(value_text(sent)),
                   TEXT_PRINT(request.message.body));
    check_headers_of(s, test, &request.message);
    check_whole(name, &request);
    check_against_contract(s, test, &request);
}

static void
run_group(struct suite *s, const struct value *group, const char *only)
{
    struct scope scope;

    load_contract(s, VALUE_MEMBER(group, "contract"));
    scope_read(&scope, VALUE_MEMBER(group, "scope"), s->arena);
    for (VALUE_EACH_ITEM(test, VALUE_MEMBER(group, "cases")))
        if (only == NULL || strstr(name_of(test, s->arena), only) != NULL)
            run(s, test, &scope);
    contract_free(s->contract);
    s->contract = NULL;
}

static void
every_case_of_the_file_holds(void **state)
{
    struct suite s = { .arena = arena_new(0, 256 * LIMIT_MIB), .scratch = schema_scratch_new() };

    (void)state;
    s.document = cases_of("tests/cases/flow/requests.yaml", s.arena);
    for (VALUE_EACH_ITEM(group, s.document->root))
        run_group(&s, group, getenv("CASE"));
    print_message("%u cases\n", s.run);
    check_that(s.run > 0, "no case ran");
    schema_scratch_free(s.scratch);
    arena_free(s.arena);
}

/* ---- the table of styles ---- */

static const struct {
    const char *column, *schema, *value;
} columns[] = {
    { "empty", "{\"type\":\"string\",\"maxLength\":0}", "\"\"" },
    { "string", "{\"type\":\"string\",\"const\":\"blue\"}", "\"blue\"" },
    { "array", "{\"type\":\"array\",\"items\":{\"enum\":[\"blue\",\"black\",\"brown\"]},\"minItems\":3}",
      "[\"blue\",\"black\",\"brown\"]" },
    { "object",
      "{\"type\":\"object\",\"required\":[\"R\",\"G\",\"B\"],\"properties\":{\"R\":{\"const\":100},\"G\":{\"const\":"
      "200},"
      "\"B\":{\"const\":150}},\"additionalProperties\":false}",
      "{\"R\":100,\"G\":200,\"B\":150}" },
};

static const struct value *
parse(struct arena *arena, struct text json)
{
    struct document *document = ARENA_NEW(arena, struct document);

    check_that(document_parse(document, json, NULL, arena, NULL) == 0, "%.*s", TEXT_PRINT(json));
    return document->root;
}

/* Where the parameter was written, in what is sent. */
static struct text
written_in(struct text in, const struct message *m)
{
    if (text_equal(in, TEXT("path")))
        return text_from(m->path, strlen("/p/"));
    if (text_equal(in, TEXT("query")))
        return m->query;
    return text_equal(in, TEXT("header")) ? message_header_named(m, TEXT("color"))->value
                                          : message_header_named(m, TEXT("Cookie"))->value;
}

static void
run_style(struct suite *s, const struct value *row, size_t column)
{
    const struct value *expected = value_member(row, text_of(columns[column].column));
    struct text in = value_text(VALUE_MEMBER(row, "in")), style = value_text(VALUE_MEMBER(row, "style")), found;
    bool explode = value_is(VALUE_MEMBER(row, "explode"), VALUE_TRUE);
    struct text path = text_equal(in, TEXT("path")) ? TEXT("/p/{color}") : TEXT("/p");
    struct text name = arena_print(s->arena, "%.*s in %.*s, explode %d, %s", TEXT_PRINT(style), TEXT_PRINT(in), explode,
                                   columns[column].column);
    struct error err = { .kind = ERROR_NONE };
    struct flow_request request;
    struct scope scope;

    if (expected == NULL) /* n/a */
        return;
    load_contract(s, parse(s->arena, arena_print(s->arena,
                                                 "{\"paths\":{\"%.*s\":{\"get\":{\"parameters\":[{\"name\":\"color\","
                                                 "\"in\":\"%.*s\",\"required\":true,\"style\":\"%.*s\",\"explode\":%s,"
                                                 "\"schema\":%s}],\"responses\":{}}}}}",
                                                 TEXT_PRINT(path), TEXT_PRINT(in), TEXT_PRINT(style),
                                                 explode ? "true" : "false", columns[column].schema)));
    scope_read(&scope, NULL, s->arena);
    row = parse(s->arena, arena_print(s->arena,
                                      "{\"name\":\"%.*s\",\"operation\":\"GET %.*s\",\"parameters\":[{\"name\":"
                                      "\"color\",\"in\":\"%.*s\",\"value\":%s}]}",
                                      TEXT_PRINT(name), TEXT_PRINT(path), TEXT_PRINT(in), columns[column].value));
    check_that(build(s, row, &scope, &request, &err) == 0, "%.*s: %s", TEXT_PRINT(name), err.what);
    found = written_in(in, &request.message);
    check_that(text_equal(found, value_text(expected)), "%.*s: expected %.*s, found %.*s", TEXT_PRINT(name),
               TEXT_PRINT(value_text(expected)), TEXT_PRINT(found));
    check_against_contract(s, row, &request);
    contract_free(s->contract);
    s->run++;
}

static void
every_style_is_written_as_the_specification_shows_it(void **state)
{
    struct suite s = { .arena = arena_new(0, 256 * LIMIT_MIB), .scratch = schema_scratch_new() };

    (void)state;
    s.document = cases_of("tests/cases/flow/styles.yaml", s.arena);
    for (VALUE_EACH_ITEM(row, s.document->root))
        for (size_t column = 0; column < sizeof columns / sizeof columns[0]; column++)
            run_style(&s, row, column);
    print_message("%u cases\n", s.run);
    schema_scratch_free(s.scratch);
    arena_free(s.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_file_holds),
        cmocka_unit_test(every_style_is_written_as_the_specification_shows_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
