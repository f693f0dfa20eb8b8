/* Runs every case of tests/cases/flow/criteria.yaml:
 *
 *   - group: what they have in common
 *     scope: { status: 200, headers: { X-Count: "3" }, body: …, inputs: { … }, steps: { pay: { outputs: { … } } } }
 *     cases:
 *       - name: what is shown
 *         condition: "$statusCode == 200"            (or a whole criterion: { context, condition, type })
 *         verdict: holds                             (fails, broken)
 *         told: "$statusCode is 404, wanted 200"     (whole, where it is there)
 *       - name: what is refused
 *         condition: "$statusCode = 200"
 *         error: "column 13"                         (a part of the sentence) */
#include "flow/scope.h"

#include "flow/criterion.h"

static const char *const verdicts[] = { "holds", "fails", "broken" };

struct suite {
    struct arena *arena;
    const struct document *document;
    struct criterion_scratch *scratch;
    unsigned run;
};

static void
judge(struct suite *s, const struct value *test, const struct criterion *c, const struct scope *scope)
{
    const char *name = name_of(test, s->arena), *wanted, *found;
    const struct value *told = VALUE_MEMBER(test, "told");
    struct text says;

    found = verdicts[criterion_judge(c, &scope->scope, s->scratch, s->arena, &says)];
    wanted = arena_text(s->arena, value_text(VALUE_MEMBER(test, "verdict"))).data;
    check_that(strcmp(found, wanted) == 0, "'%s': expected %s, found %s: %.*s", name, wanted, found, TEXT_PRINT(says));
    if (told != NULL)
        check_that(text_equal(says, value_text(told)), "'%s': expected\n  %.*s\nfound\n  %.*s", name,
                   TEXT_PRINT(value_text(told)), TEXT_PRINT(says));
}

static void
run(struct suite *s, const struct value *test, const struct scope *scope)
{
    const struct value *object = VALUE_MEMBER(test, "criterion"), *wrong = VALUE_MEMBER(test, "error");
    struct error err = { .kind = ERROR_NONE };
    const struct criterion *c = criterion_compile(s->document, object != NULL ? object : test, s->arena, &err);
    const char *name = name_of(test, s->arena);

    s->run++;
    if (wrong == NULL) {
        check_that(c != NULL, "'%s': %s: %s", name, err.where, err.what);
        judge(s, test, c, scope);
        return;
    }
    check_that(c == NULL, "'%s': it should be refused", name);
    check_that(strncmp(err.where, "tests/cases/flow/criteria.yaml:", 31) == 0, "'%s': where is %s", name, err.where);
    check_that(text_search(text_of(err.what), value_text(wrong)) < strlen(err.what), "'%s': expected \"%.*s\" in\n  %s",
               name, TEXT_PRINT(value_text(wrong)), err.what);
}

static void
every_case_of_the_file_holds(void **state)
{
    struct suite s = { .arena = arena_new(0, 256 * LIMIT_MIB), .scratch = criterion_scratch_new() };
    struct scope scope;

    (void)state;
    s.document = cases_of("tests/cases/flow/criteria.yaml", s.arena);
    for (VALUE_EACH_ITEM(group, s.document->root)) {
        scope_read(&scope, VALUE_MEMBER(group, "scope"), s.arena);
        for (VALUE_EACH_ITEM(test, VALUE_MEMBER(group, "cases")))
            run(&s, test, &scope);
    }
    print_message("%u cases\n", s.run);
    criterion_scratch_free(s.scratch);
    arena_free(s.arena);
}

/* ---- what is no data ---- */

static const struct criterion *
compile(const char *json, struct arena *arena, struct error *err)
{
    struct document *document = ARENA_NEW(arena, struct document);

    assert_int_equal(document_parse(document, text_of(json), NULL, arena, NULL), 0);
    document->name = "test.json";
    return criterion_compile(document, document->root, arena, err);
}

static void
its_expressions_are_listed_in_their_order(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    const struct criterion *c =
        compile("{\"condition\": \"$statusCode == 200 && !($inputs.a.b < $response.body#/c)\"}", arena, NULL);

    (void)state;
    assert_non_null(c);
    check_text(expression_text(criterion_expression(c, 0)), "$statusCode");
    check_text(expression_text(criterion_expression(c, 1)), "$inputs.a.b");
    check_text(expression_text(criterion_expression(c, 2)), "$response.body#/c");
    assert_null(criterion_expression(c, 3));
    c = compile("{\"context\": \"$response.body\", \"type\": \"regex\", \"condition\": \"a\"}", arena, NULL);
    check_text(expression_text(criterion_expression(c, 0)), "$response.body");
    assert_null(criterion_expression(c, 1));
    arena_free(arena);
}

/* Deeper, or longer, than any person writes: refused, and nothing overflows. */
static void
a_condition_has_ceilings(void **state)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct buffer b;
    static const struct {
        const char *piece, *end, *why;
    } cases[] = {
        { "(", "1", "nested more than" },
        { "!", "true", "nested more than" },
        { "1 && ", "1", "more than 256 operands" },
        { "1 == ", "1", "more than 256 operands" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = { .kind = ERROR_NONE };

        buffer_init(&b, LIMIT_MIB);
        buffer_add(&b, TEXT("{\"condition\":\""));
        for (unsigned n = 0; n < 50000; n++)
            buffer_add(&b, text_of(cases[i].piece));
        buffer_add(&b, text_of(cases[i].end));
        buffer_add(&b, TEXT("\"}"));
        buffer_byte(&b, '\0');
        assert_null(compile(buffer_text(&b).data, arena, &err));
        check_that(strstr(err.what, cases[i].why) != NULL, "%s: %s", cases[i].piece, err.what);
        buffer_release(&b);
    }
    arena_free(arena);
}

static void
more_regular_expressions_than_are_kept_work_all_the_same(void **state)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct criterion_scratch *scratch = criterion_scratch_new();
    const struct criterion *criteria[LIMIT_CRITERIA_KEPT + 10];
    struct message response = { .status = 204 };
    const struct flow_scope scope = { .response = &response };
    struct text told;

    (void)state;
    for (unsigned i = 0; i < LIMIT_CRITERIA_KEPT + 10; i++)
        criteria[i] =
            compile(arena_print(arena, "{\"context\":\"$statusCode\",\"type\":\"regex\",\"condition\":\"%u\"}", i).data,
                    arena, NULL);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < LIMIT_CRITERIA_KEPT + 10; i++)
            assert_int_equal(criterion_judge(criteria[i], &scope, scratch, arena, &told),
                             i == 0 || i == 2 || i == 4 || i == 20 ? CRITERION_HOLDS : CRITERION_FAILS);
    criterion_scratch_free(scratch);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_file_holds),
        cmocka_unit_test(its_expressions_are_listed_in_their_order),
        cmocka_unit_test(a_condition_has_ceilings),
        cmocka_unit_test(more_regular_expressions_than_are_kept_work_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
