#include "unit.h"

#include "base/limits.h"
#include "rules/first_segment.h"

struct fixture {
    struct ruleset *ruleset;
    const struct service *services[8];
    uint32_t count;
    struct arena *arena;
    struct first_segments *index;
};

static int
begin(void **state)
{
    static struct fixture f;
    struct error err = { .kind = ERROR_NONE };
    struct settings *settings = settings_load("tests/cases/rules/routes/gateway.yaml", NULL, &err);

    f = (struct fixture){ .ruleset = settings != NULL ? ruleset_new(settings, NULL, NULL, &err) : NULL };
    check_that(f.ruleset != NULL, "%s: %s", err.where, err.what);
    f.count = ruleset_service_count(f.ruleset);
    assert_in_range(f.count, 2, 8);
    for (uint32_t i = 0; i < f.count; i++)
        f.services[i] = ruleset_service(f.ruleset, i);
    f.arena = arena_new(0, LIMIT_MIB);
    f.index = first_segments_new(f.services, f.count, f.arena);
    assert_non_null(f.index);
    *state = &f;
    return 0;
}

static int
end(void **state)
{
    struct fixture *f = *state;

    arena_free(f->arena);
    ruleset_drop(f->ruleset);
    return 0;
}

static bool
is_asked(const struct fixture *f, struct text path, uint32_t place)
{
    const struct service_places *places = first_segments_find(f->index, path);

    for (uint32_t i = 0; i < places->count; i++) {
        if (places->places[i] == place)
            return true;
    }
    return false;
}

static void
no_service_that_would_answer_is_left_out(void **state)
{
    const struct fixture *f = *state;
    struct document document;
    uint32_t answered = 0;

    assert_int_equal(document_read(&document, "tests/cases/rules/routes/routes.json", f->arena, NULL), 0);
    for (VALUE_EACH_ITEM(test, document.root)) {
        struct text path = value_text(VALUE_MEMBER(test, "path"));

        for (uint32_t i = 0; i < f->count; i++) {
            struct contract_match match;

            contract_find(f->services[i]->contract, TEXT("GET"), path, false, f->arena, &match);
            if (!match.path_known)
                continue;
            answered++;
            check_that(is_asked(f, path, i), "service %u has '%.*s' and is not asked", i, TEXT_PRINT(path));
        }
    }
    assert_true(answered > 0);
}

static void
services_that_have_nothing_to_do_with_a_path_are_not_asked(void **state)
{
    const struct fixture *f = *state;

    assert_int_equal(first_segments_find(f->index, TEXT("/nobody/has/this"))->count, 0);
    assert_int_equal(first_segments_find(f->index, TEXT(""))->count, 0);
}

static void
a_segment_that_must_be_decoded_first_is_a_question_to_all(void **state)
{
    const struct fixture *f = *state;

    assert_int_equal(first_segments_find(f->index, TEXT("/%73hop"))->count, f->count);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_service_that_would_answer_is_left_out, begin, end),
        cmocka_unit_test_setup_teardown(services_that_have_nothing_to_do_with_a_path_are_not_asked, begin, end),
        cmocka_unit_test_setup_teardown(a_segment_that_must_be_decoded_first_is_a_question_to_all, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
