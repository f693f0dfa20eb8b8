#include "unit.h"
#include "base/limits.h"
#include "rules/severity.h"
#include "rules/settings.h"

struct fixture {
    struct arena *arena;
    struct document document;
    struct rule_source source;
    struct settings settings;
    const struct severities *severities;
};

static struct fixture
read_rules(const char *text)
{
    struct fixture f = { .arena = arena_new(0, LIMIT_MIB) };
    struct error err;

    assert_int_equal(document_read_text(&f.document, text_of(text), "r.yaml", f.arena, &err), 0);
    f.source = (struct rule_source){ .document = &f.document, .value = f.document.root };
    f.settings.severity = &f.source;
    assert_int_equal(severities_read(&f.severities, &f.settings, f.arena, &err), 0);
    return f;
}

static const char *
judged(const struct severities *s, const char *rule, const char *operation, enum side side, const char *instance)
{
    struct finding f = { .rule = text_of(rule),
                         .level = LEVEL_WARN,
                         .service = TEXT("depot"),
                         .operation = text_of(operation),
                         .side = side,
                         .instance = text_of(instance) };

    return severities_judge(s, &f) ? level_name(f.level) : "off";
}

static void
the_first_rule_that_fits_decides(void **state)
{
    struct fixture f = read_rules("- {rule: body-extra, service: depot, operation: get, side: response, level: info}\n"
                                  "- {rule: body-extra, level: error}\n"
                                  "- {service: other, level: off}\n"
                                  "- {side: request, rule: form-syntax, level: off}\n");

    (void)state;
    assert_string_equal(judged(f.severities, "body-extra", "get", SIDE_RESPONSE, "/a"), "info");
    assert_string_equal(judged(f.severities, "body-extra", "get", SIDE_REQUEST, "/a"), "error");
    assert_string_equal(judged(f.severities, "body-extra", "put", SIDE_RESPONSE, "/a"), "error");
    assert_string_equal(judged(f.severities, "form-syntax", "put", SIDE_REQUEST, ""), "off");
    assert_string_equal(judged(f.severities, "form-syntax", "put", SIDE_RESPONSE, ""), "warn");
    arena_free(f.arena);
}

static void
a_place_is_itself_and_what_is_in_it_and_a_star_is_one_segment(void **state)
{
    struct fixture f = read_rules("- {at: '/items/*/note', level: off}\n"
                                  "- {at: '/a', level: error}\n"
                                  "- {at: 'query limit', level: info}\n");

    (void)state;
    assert_string_equal(judged(f.severities, "x", "o", SIDE_REQUEST, "/items/*/note"), "off");
    assert_string_equal(judged(f.severities, "x", "o", SIDE_REQUEST, "/items/first/note/text"), "off");
    assert_string_equal(judged(f.severities, "x", "o", SIDE_REQUEST, "/items/*/notes"), "warn");
    assert_string_equal(judged(f.severities, "x", "o", SIDE_REQUEST, "/items/*/x/note"), "warn");
    assert_string_equal(judged(f.severities, "x", "o", SIDE_REQUEST, "/a"), "error");
    assert_string_equal(judged(f.severities, "x", "o", SIDE_REQUEST, "/a/b"), "error");
    assert_string_equal(judged(f.severities, "x", "o", SIDE_REQUEST, "/ab"), "warn");
    assert_string_equal(judged(f.severities, "x", "o", SIDE_REQUEST, ""), "warn");
    assert_string_equal(judged(f.severities, "x", "o", SIDE_REQUEST, "query limit"), "info");
    assert_string_equal(judged(f.severities, "x", "o", SIDE_REQUEST, "query limits"), "warn");
    arena_free(f.arena);
}

static void
without_rules_nothing_changes(void **state)
{
    (void)state;
    assert_string_equal(judged(NULL, "body-extra", "get", SIDE_REQUEST, "/a"), "warn");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_fits_decides),
        cmocka_unit_test(a_place_is_itself_and_what_is_in_it_and_a_star_is_one_segment),
        cmocka_unit_test(without_rules_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
