#include "mistakes.h"

#include "base/limits.h"
#include "rules/ruleset.h"

static int
load_ruleset(const char *path, struct error *err)
{
    struct settings *settings = settings_load(path, NULL, err);
    struct ruleset *r = settings != NULL ? ruleset_new(settings, NULL, NULL, err) : NULL;

    ruleset_drop(r);
    return r != NULL ? 0 : -1;
}

static void
what_services_may_not_do_is_told_when_loading(void **state)
{
    (void)state;
    check_folder("tests/cases/rules/ruleset", 6, load_ruleset);
}

static struct ruleset *
routes(void)
{
    struct error err = { .kind = ERROR_NONE };
    struct settings *settings = settings_load("tests/cases/rules/routes/gateway.yaml", NULL, &err);
    struct ruleset *r;

    check_that(settings != NULL, "%s: %s", err.where, err.what);
    r = ruleset_new(settings, NULL, NULL, &err);
    check_that(r != NULL, "%s: %s", err.where, err.what);
    return r;
}

static struct text
word(const struct value *v, const char *key, struct text otherwise)
{
    const struct value *member = value_member(v, text_of(key));

    return member != NULL ? value_text(member) : otherwise;
}

static void
check_word(const char *name, const char *what, struct text expected, struct text found)
{
    check_that(text_equal(expected, found), "%s: %s: expected '%.*s', found '%.*s'", name, what, TEXT_PRINT(expected),
               TEXT_PRINT(found));
}

static void
check_route(const struct ruleset *r, const struct value *test, struct arena *arena)
{
    const char *name = arena_text(arena, word(test, "description", TEXT(""))).data;
    struct text path = word(test, "path", TEXT("")), none = { NULL, 0 };
    struct route route;

    memset(&route, 0xaa, sizeof route); /* nothing of it may be used before it is set */
    ruleset_route(r, word(test, "host", TEXT("any.example")), word(test, "method", TEXT("GET")), path, arena, &route);
    check_word(name, "service", word(test, "service", none),
               route.service != NULL ? route.service->settings->name : none);
    check_word(name, "operation", word(test, "operation", none),
               route.match.operation != NULL ? operation_id(route.match.operation) : none);
    if (route.service == NULL) {
        assert_null(route.policy);
        return;
    }
    check_word(name, "rest", word(test, "rest", path), route.path);
    check_word(name, "stripped", word(test, "stripped", none), route.stripped);
    assert_non_null(route.policy);
    if (VALUE_MEMBER(test, "response") != NULL)
        check_word(name, "response", word(test, "response", none),
                   route.policy->response == MODE_OFF ? TEXT("off") : TEXT("observe"));
}

static void
each_request_goes_to_the_service_that_it_belongs_to(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct ruleset *r = routes();
    struct document document;

    (void)state;
    assert_int_equal(document_read(&document, "tests/cases/rules/routes/routes.json", arena, NULL), 0);
    for (VALUE_EACH_ITEM(test, document.root))
        check_route(r, test, arena);
    ruleset_drop(r);
    arena_free(arena);
}

static void
operations_are_numbered_over_all_services(void **state)
{
    struct ruleset *r = routes();
    uint32_t next = 0;

    (void)state;
    for (uint32_t i = 0; i < ruleset_service_count(r); i++) {
        const struct service *s = ruleset_service(r, i);

        assert_int_equal(s->index, i);
        assert_int_equal(s->first_operation, next);
        assert_ptr_equal(ruleset_service_named(r, s->settings->name), s);
        next += contract_operation_count(s->contract);
    }
    assert_int_equal(ruleset_operation_count(r), next);
    assert_null(ruleset_service_named(r, TEXT("nobody")));
    ruleset_drop(r);
}

static void
it_lives_until_the_last_one_lets_go(void **state)
{
    struct ruleset *r = routes();

    (void)state;
    assert_ptr_equal(ruleset_hold(r), r);
    ruleset_drop(r);
    check_text(ruleset_service(r, 0)->settings->name, "shop");
    assert_non_null(ruleset_redaction(r));
    assert_int_equal(ruleset_settings(r)->service_count, 5);
    ruleset_drop(r);
    ruleset_drop(NULL);
}

static void
without_a_file_the_first_service_takes_what_nobody_claims(void **state)
{
    const char *contracts[] = { "tests/cases/rules/routes/depot.yaml", "tests/cases/rules/routes/shop.yaml" };
    struct error err = { .kind = ERROR_NONE };
    struct settings *settings = settings_proxy(contracts, 2, "http://localhost:1", false, NULL, &err);
    struct ruleset *r = ruleset_new(settings, NULL, NULL, &err);
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct route route;

    (void)state;
    check_that(r != NULL, "%s: %s", err.where, err.what);
    ruleset_route(r, TEXT("h"), TEXT("GET"), TEXT("/elsewhere"), arena, &route);
    check_text(route.service->settings->name, "depot");
    assert_null(route.match.operation);
    ruleset_route(r, TEXT("h"), TEXT("GET"), TEXT("/shop/things"), arena, &route);
    check_text(route.service->settings->name, "shop");
    ruleset_route(r, TEXT("h"), TEXT("GET"), TEXT("/parts"), arena, &route); /* the base path may be missing there */
    check_text(operation_id(route.match.operation), "listParts");
    arena_free(arena);
    ruleset_drop(r);
}

static void
two_contracts_of_one_name_are_refused(void **state)
{
    const char *contracts[] = { "tests/cases/rules/routes/shop.yaml", "tests/cases/rules/routes/../routes/shop.yaml" };
    struct error err = { .kind = ERROR_NONE };
    struct settings *settings = settings_proxy(contracts, 2, "http://localhost:1", false, NULL, &err);

    (void)state;
    assert_null(ruleset_new(settings, NULL, NULL, &err));
    assert_non_null(strstr(err.what, "there is a service 'shop' already"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_services_may_not_do_is_told_when_loading),
        cmocka_unit_test(each_request_goes_to_the_service_that_it_belongs_to),
        cmocka_unit_test(operations_are_numbered_over_all_services),
        cmocka_unit_test(it_lives_until_the_last_one_lets_go),
        cmocka_unit_test(without_a_file_the_first_service_takes_what_nobody_claims),
        cmocka_unit_test(two_contracts_of_one_name_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
