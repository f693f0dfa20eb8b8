#include "unit.h"

#include "traffic/redacted.h"

struct covered {
    const char *place;
    enum side side;
    enum violation_id id;
    const char *instance;
    bool covers, touches;
};

static void
a_place_covers_itself_and_what_is_inside(void **state)
{
    static const struct covered cases[] = {
        { "request body /card", SIDE_REQUEST, VIOLATION_BODY_SCHEMA, "/card", true, true },
        { "request body /card", SIDE_REQUEST, VIOLATION_BODY_SCHEMA, "/card/pan", true, true },
        { "request body /card/pan", SIDE_REQUEST, VIOLATION_BODY_SCHEMA, "/card", false, true },
        { "request body /card", SIDE_REQUEST, VIOLATION_BODY_SCHEMA, "", false, true },
        { "request body /card", SIDE_REQUEST, VIOLATION_BODY_SCHEMA, "/cards", false, false },
        { "request body /card", SIDE_RESPONSE, VIOLATION_BODY_SCHEMA, "/card", false, false },
        { "response body /a/*/b", SIDE_RESPONSE, VIOLATION_BODY_SCHEMA, "/a/17/b/c", true, true },
        { "response body /a/*/b", SIDE_RESPONSE, VIOLATION_BODY_SCHEMA, "/a/17", false, true },
        { "response body", SIDE_RESPONSE, VIOLATION_BODY_SCHEMA, "/anything", true, true },
        { "response body", SIDE_RESPONSE, VIOLATION_JSON_SYNTAX, "", true, true },
        { "response body", SIDE_RESPONSE, VIOLATION_STATUS_UNKNOWN, "", false, false },
        { "response body", SIDE_RESPONSE, VIOLATION_HEADER_SCHEMA, "header X", false, false },
        { "request header X-Key", SIDE_REQUEST, VIOLATION_PARAMETER_SCHEMA, "header x-key", true, true },
        { "request header X-Key", SIDE_REQUEST, VIOLATION_PARAMETER_SCHEMA, "header x-keys", false, false },
        { "request header Cookie", SIDE_REQUEST, VIOLATION_PARAMETER_SCHEMA, "cookie sid", true, true },
        { "request header Authorization", SIDE_REQUEST, VIOLATION_SECURITY_MISSING, "", true, true },
        { "request query token", SIDE_REQUEST, VIOLATION_PARAMETER_SCHEMA, "query token", true, true },
        { "request query token", SIDE_REQUEST, VIOLATION_PARAMETER_SCHEMA, "query limit", false, false },
        { "request query", SIDE_REQUEST, VIOLATION_PARAMETER_SCHEMA, "query limit", true, true },
        { "request path", SIDE_REQUEST, VIOLATION_PARAMETER_SCHEMA, "path id", true, true },
        { "nonsense", SIDE_REQUEST, VIOLATION_BODY_SCHEMA, "", false, false },
        { "request", SIDE_REQUEST, VIOLATION_BODY_SCHEMA, "", false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text place = text_of(cases[i].place);
        struct exchange x = { .redacted = &place, .redacted_count = 1 };
        struct violation v = { .id = cases[i].id, .side = cases[i].side, .instance = text_of(cases[i].instance) };

        check_that(redacted_covers(&x, &v) == cases[i].covers, "'%s' and '%s'", cases[i].place, cases[i].instance);
        check_that(redacted_touches(&x, &v) == cases[i].touches, "'%s' and '%s'", cases[i].place, cases[i].instance);
    }
}

static void
without_redaction_nothing_is_covered(void **state)
{
    struct exchange x = { .redacted_count = 0 };
    struct violation v = { .id = VIOLATION_BODY_SCHEMA };

    (void)state;
    assert_false(redacted_covers(&x, &v));
    assert_false(redacted_touches(&x, &v));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_covers_itself_and_what_is_inside),
        cmocka_unit_test(without_redaction_nothing_is_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
