#include "http_client.h"

#include "base/limits.h"
#include "sandbox/sandbox.h"

static struct sandbox *sandbox;
static struct ruleset *ruleset;
static struct sandbox_state *remembered;
static struct http_reply reply;

/* Two services over one contract: "things", and "others" which answers from it. */
static int
begin(void **state)
{
    static const char settings_text[] =
        "services:\n"
        "  things: { contract: '%s/tests/cases/sandbox/things.openapi.yaml', upstream: sandbox }\n"
        "  others:\n"
        "    contract: '%s/contracts/order-management.openapi.json'\n"
        "    upstream: { sandbox: '%s/tests/cases/sandbox/things.openapi.yaml' }\n"
        "  real: { contract: '%s/contracts/erp.openapi.json', upstream: 'http://127.0.0.1:9' }\n"
        "seed: 5\n";
    struct error err = { .kind = ERROR_NONE };
    char file[] = "/tmp/sandbox_test_XXXXXX.yaml", here[1024];
    struct settings *settings;
    int fd = mkstemps(file, 5);
    FILE *out;

    (void)state;
    if (fd < 0 || getcwd(here, sizeof(here)) == NULL || (out = fdopen(fd, "w")) == NULL)
        return 1;
    (void)fprintf(out, settings_text, here, here, here, here);
    (void)fclose(out);
    settings = settings_load(file, NULL, &err);
    (void)unlink(file);
    if (settings == NULL || (ruleset = ruleset_new(settings, NULL, NULL, &err)) == NULL ||
        sandbox_start(&sandbox, ruleset, &remembered, &err) < 0) {
        print_error("%s: %s\n", err.where, err.what);
        return 1;
    }
    return 0;
}

static int
end(void **state)
{
    (void)state;
    sandbox_stop(sandbox);
    sandbox_state_drop(remembered);
    ruleset_drop(ruleset);
    return 0;
}

static void
ask(const char *method, const char *path, const char *fields)
{
    char target[512];

    (void)snprintf(target, sizeof(target), "/things/v1%s", path);
    http_get(&reply, sandbox_port(sandbox), method, target, fields);
}

static void
a_status_is_answered_with_its_first_valid_example(void **state)
{
    (void)state;
    ask("POST", "/things", "");
    assert_int_equal(reply.status, 201);
    assert_string_equal(reply.body, "{\"id\":7,\"name\":\"lamp\"}");
    assert_string_equal(http_field(&reply, "Content-Type"), "application/json");
    assert_string_equal(http_field(&reply, "Location"), "/v1/things/7");
    assert_string_equal(http_field(&reply, "Plumbline-Sandbox"), "contract");
}

static void
prefer_chooses_status_and_example(void **state)
{
    (void)state;
    ask("POST", "/things", "Prefer: example=desk\r\n");
    assert_string_equal(reply.body, "{\"id\":8,\"name\":\"desk\"}");
    ask("POST", "/things", "Prefer: example=broken\r\n");
    assert_string_equal(reply.body, "{\"id\":\"not a number\"}");
    ask("POST", "/things", "Prefer: code=422\r\n");
    assert_int_equal(reply.status, 422);
    assert_string_equal(http_field(&reply, "Preference-Applied"), "code=422");
    assert_string_equal(http_field(&reply, "Content-Type"), "application/problem+json");
    ask("POST", "/things", "Prefer: example=refused\r\n");
    assert_int_equal(reply.status, 400);
    assert_string_equal(reply.body, "{\"status\":422}");
    ask("POST", "/things", "Prefer: respond-async, code=\"500\"; wait=10\r\n");
    assert_int_equal(reply.status, 500);
    assert_string_equal(reply.body, "");
    ask("GET", "/things", "Prefer: code=503\r\n");
    assert_int_equal(reply.status, 503);
    assert_string_equal(reply.body, "later");
    assert_string_equal(http_field(&reply, "Retry-After"), "30");
}

static void
what_the_contract_cannot_meet_is_ignored(void **state)
{
    (void)state;
    ask("GET", "/things/1", "Prefer: code=418\r\n");
    assert_int_equal(reply.status, 200);
    assert_string_equal(http_field(&reply, "Preference-Applied"), "");
    ask("GET", "/things/1", "Prefer: code=abc, example=none, code=100\r\n");
    assert_int_equal(reply.status, 200);
    ask("GET", "/anything", "Prefer: code=101\r\n");
    assert_int_equal(reply.status, 200);
}

static void
values_are_made_from_the_schema_and_stay_the_same(void **state)
{
    char first[512], dynamic[512];

    (void)state;
    ask("GET", "/things/1", "");
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "\"id\":"));
    assert_null(strstr(reply.body, "secret"));
    (void)snprintf(first, sizeof(first), "%s", reply.body);
    ask("GET", "/things/1", "");
    assert_string_equal(reply.body, first);
    ask("GET", "/things/2", "");
    assert_string_not_equal(reply.body, first);
    ask("POST", "/things", "Prefer: dynamic=true\r\n");
    (void)snprintf(dynamic, sizeof(dynamic), "%s", reply.body);
    assert_string_not_equal(dynamic, "{\"id\":7,\"name\":\"lamp\"}");
    ask("POST", "/things", "Prefer: dynamic\r\n");
    assert_string_equal(reply.body, dynamic);
}

static void
accept_chooses_the_media_type(void **state)
{
    static const char *const cases[][3] = {
        { "", "application/json", "[{" },
        { "Accept: */*\r\n", "application/json", "[{" },
        { "Accept: text/csv\r\n", "text/csv", "id,name\n1,lamp\n" },
        { "Accept: text/*;q=0.5, text/plain\r\n", "text/plain", "made up" },
        { "Accept: application/json;q=0.1, text/csv;q=0.9\r\n", "text/csv", "id,name\n1,lamp\n" },
        { "Accept: application/json;q=0, text/plain\r\n", "text/plain", "made up" },
        { "Accept: application/x-www-form-urlencoded\r\n", "application/x-www-form-urlencoded", "a=1&b=x%20y" },
        { "Accept: video/mp4\r\n", "application/json", "[{" }, /* what there is, rather than nothing */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ask("GET", "/things", cases[i][0]);
        check_that(reply.status == 200, "%s %d", cases[i][0], reply.status);
        check_that(strcmp(http_field(&reply, "Content-Type"), cases[i][1]) == 0, "%s: %s", cases[i][0],
                   http_field(&reply, "Content-Type"));
        check_that(strncmp(reply.body, cases[i][2], strlen(cases[i][2])) == 0, "%s: %s", cases[i][0], reply.body);
    }
}

static void
headers_are_promised_or_have_an_example(void **state)
{
    (void)state;
    ask("GET", "/things", "");
    assert_string_equal(http_field(&reply, "X-Total"), "5");
    assert_string_equal(http_field(&reply, "X-Tags"), "a,b");
    assert_string_equal(http_field(&reply, "X-Map"), "a=1,b=two");
    assert_string_equal(http_field(&reply, "X-Optional"), "");
}

static void
head_has_the_headers_of_get_and_no_body(void **state)
{
    (void)state;
    ask("HEAD", "/things", "");
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "");
    assert_string_equal(http_field(&reply, "X-Total"), "5");
}

static void
a_204_has_no_body(void **state)
{
    (void)state;
    ask("DELETE", "/things/1", "");
    assert_int_equal(reply.status, 204);
    assert_string_equal(reply.body, "");
    assert_string_equal(http_field(&reply, "Content-Type"), "");
}

static void
what_is_not_in_the_contract_is_refused(void **state)
{
    (void)state;
    ask("GET", "/nothing", "");
    assert_int_equal(reply.status, 404);
    assert_string_equal(http_field(&reply, "Content-Type"), "application/problem+json");
    ask("PATCH", "/things", "");
    assert_int_equal(reply.status, 405);
    assert_non_null(strstr(http_field(&reply, "Allow"), "POST"));
    ask("OPTIONS", "/things", "");
    assert_int_equal(reply.status, 204);
    assert_non_null(strstr(http_field(&reply, "Allow"), "GET"));
    http_get(&reply, sandbox_port(sandbox), "GET", "/nobody/v1/things", "");
    assert_int_equal(reply.status, 404);
    http_get(&reply, sandbox_port(sandbox), "GET", "/real/v1/things", "");
    assert_int_equal(reply.status, 404);
    http_get(&reply, sandbox_port(sandbox), "GET", "/", "");
    assert_int_equal(reply.status, 404);
}

static void
a_service_may_answer_from_another_contract(void **state)
{
    (void)state;
    http_get(&reply, sandbox_port(sandbox), "POST", "/others/v1/things", "");
    assert_int_equal(reply.status, 201);
    http_get(&reply, sandbox_port(sandbox), "POST", "/others/things", ""); /* bare: without the base of its servers */
    assert_int_equal(reply.status, 201);
}

static void
odd_content_is_answered_as_well_as_it_can_be(void **state)
{
    (void)state;
    ask("GET", "/events", "");
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "{\"n\":1}\n");
    ask("GET", "/events", "Accept: image/*\r\n");
    assert_string_equal(http_field(&reply, "Content-Type"), "image/png");
    assert_string_equal(reply.body, "");
    ask("GET", "/anything", "");
    assert_string_equal(http_field(&reply, "Content-Type"), "application/json");
    assert_string_equal(reply.body, "{}");
    ask("GET", "/impossible", "");
    assert_int_equal(reply.status, 500);
    assert_non_null(strstr(reply.body, "no value for the schema"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_is_answered_with_its_first_valid_example),
        cmocka_unit_test(prefer_chooses_status_and_example),
        cmocka_unit_test(what_the_contract_cannot_meet_is_ignored),
        cmocka_unit_test(values_are_made_from_the_schema_and_stay_the_same),
        cmocka_unit_test(accept_chooses_the_media_type),
        cmocka_unit_test(headers_are_promised_or_have_an_example),
        cmocka_unit_test(head_has_the_headers_of_get_and_no_body),
        cmocka_unit_test(a_204_has_no_body),
        cmocka_unit_test(what_is_not_in_the_contract_is_refused),
        cmocka_unit_test(a_service_may_answer_from_another_contract),
        cmocka_unit_test(odd_content_is_answered_as_well_as_it_can_be),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
