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

/* Which values of this body are marked when this place was redacted: their texts, one behind the other. */
static void
check_marks(const char *place_name, const char *expected)
{
    struct text place = text_of(place_name);
    struct exchange x = { .redacted = &place, .redacted_count = 1 };
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct text marked = TEXT("");
    struct document d;

    assert_int_equal(
        document_parse(&d, TEXT("{\"a\":{\"b\":1,\"c~/\":2},\"list\":[{\"b\":3},{\"b\":4}]}"), NULL, arena, NULL), 0);
    redacted_mark(&x, SIDE_RESPONSE, d.root);
    for (uint32_t i = 0; i < d.values; i++) {
        const struct value *v = &d.root[i];

        if (v->flags & VALUE_REDACTED)
            marked = arena_print(arena, "%.*s %.*s", TEXT_PRINT(marked),
                                 TEXT_PRINT(v->data != NULL ? value_text(v) : text_of(value_type_name(v))));
    }
    check_that(text_equal(marked, text_of(expected)), "%s: marked%.*s, expected%s", place_name, TEXT_PRINT(marked),
               expected);
    arena_free(arena);
}

static void
what_was_replaced_is_marked_in_the_body(void **state)
{
    (void)state;
    check_marks("response body /a/b", " 1");
    check_marks("response body /a/c~0~1", " 2");
    check_marks("response body /list/*/b", " 3 4");
    check_marks("response body /a", " object b 1 c~/ 2");
    check_marks("response body /a/gone", " object");
    check_marks("response body /gone", " object");
    check_marks("response body", " object a object b 1 c~/ 2 list array object b 3 object b 4");
    check_marks("request body /a/b", "");
    check_marks("response header X-Key", "");
}

static void
a_replaced_field_is_known_by_its_name(void **state)
{
    struct text places[] = { TEXT("request header X-Tenant"), TEXT("request query token"), TEXT("request path") };
    struct exchange x = { .redacted = places, .redacted_count = 3 };

    (void)state;
    assert_true(redacted_names_place(&x, TEXT("header x-tenant")));
    assert_false(redacted_names_place(&x, TEXT("header x-tenants")));
    assert_true(redacted_names_place(&x, TEXT("query token")));
    assert_false(redacted_names_place(&x, TEXT("query limit")));
    assert_true(redacted_names_place(&x, TEXT("path id")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_covers_itself_and_what_is_inside),
        cmocka_unit_test(without_redaction_nothing_is_covered),
        cmocka_unit_test(what_was_replaced_is_marked_in_the_body),
        cmocka_unit_test(a_replaced_field_is_known_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
