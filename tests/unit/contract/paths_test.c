#include "unit.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "contract/contract.h"
#include "contract/model.h"

static struct contract *
load(const char *text)
{
    struct error err = { 0 };
    struct contract *c = contract_load_text(text_of(text), "c.yaml", NULL, &err);

    check_that(c != NULL, "%s: %s", err.where, err.what);
    return c;
}

static void
the_variables_of_a_template_come_in_their_order(void **state)
{
    struct text names[4];

    (void)state;
    assert_int_equal(path_template_variables(TEXT("/{a}-{b}/c/{d}"), names, 4), 3);
    check_text(names[0], "a");
    check_text(names[1], "b");
    check_text(names[2], "d");
    assert_int_equal(path_template_variables(TEXT("/a{/b}"), names, 4), 1);
    assert_int_equal(path_template_variables(TEXT("/a{b"), names, 4), 0);
    assert_int_equal(path_template_variables(TEXT("{1}{2}{3}{4}{5}{6}"), names, 4), 6);
}

static void
templates_that_match_the_same_have_one_form(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);

    (void)state;
    check_text(path_template_form(TEXT("/a/{x}.json"), arena), "/a/{}.json");
    check_text(path_template_form(TEXT("/a/{other}.json"), arena), "/a/{}.json");
    check_text(path_template_form(TEXT("/a/x"), arena), "/a/x");
    arena_free(arena);
}

static void
the_values_of_variables_come_raw(void **state)
{
    struct contract *c = load("openapi: 3.1.0\ninfo: {title: a, version: b}\npaths: {'/a/{x}/{y}.{z}': {get: {}}}\n");
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct contract_match match;

    (void)state;
    contract_find(c, TEXT("GET"), TEXT("/a/%41%2F/b.c.d"), false, arena, &match);
    assert_non_null(match.operation);
    assert_int_equal(match.parameter_count, 3);
    check_text(match.parameters[0].name, "x");
    check_text(match.parameters[0].value, "%41%2F");
    check_text(match.parameters[1].name, "y");
    check_text(match.parameters[1].value, "b");
    check_text(match.parameters[2].name, "z");
    check_text(match.parameters[2].value, "c.d");
    arena_free(arena);
    contract_free(c);
}

/* The n-th of many paths: literals and templates on several levels. */
static void
write_path(struct buffer *b, unsigned n)
{
    buffer_print(b, "/s%u/{a}/t%u", n % 97, n / 97 % 89);
    if (n % 3 == 0)
        buffer_print(b, "/{b%u}/u%u", n, n);
    else
        buffer_print(b, "/v%u", n);
}

static void
every_one_of_many_operations_is_found(void **state)
{
    enum { MANY = 20000 };
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct contract_match match;
    struct contract *c;
    struct buffer b;

    (void)state;
    buffer_init(&b, 64 * LIMIT_MIB);
    buffer_add(&b, TEXT("{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"a\",\"version\":\"b\"},\"paths\":{"));
    for (unsigned i = 0; i < MANY; i++) {
        buffer_add(&b, i > 0 ? TEXT(",\"") : TEXT("\""));
        write_path(&b, i);
        buffer_print(&b, "\":{\"get\":{\"operationId\":\"o%u\"}}", i);
    }
    buffer_add(&b, TEXT("}}"));
    buffer_byte(&b, '\0');
    c = load(buffer_text(&b).data);
    assert_int_equal(contract_operation_count(c), MANY);
    for (unsigned i = 0; i < MANY; i++) {
        char id[16];

        buffer_clear(&b);
        write_path(&b, i);
        contract_find(c, TEXT("GET"), buffer_text(&b), false, arena, &match);
        (void)snprintf(id, sizeof id, "o%u", i);
        check_that(match.operation != NULL && text_equal(operation_id(match.operation), text_of(id)), "%s: %.*s", id,
                   TEXT_PRINT(buffer_text(&b)));
        assert_ptr_equal(contract_operation_named(c, text_of(id)), match.operation);
    }
    contract_free(c);
    buffer_release(&b);
    arena_free(arena);
}

static void
a_path_of_many_segments_matches_nothing_and_costs_nothing(void **state)
{
    struct contract *c = load("openapi: 3.1.0\ninfo: {title: a, version: b}\npaths: {'/{a}/{b}': {get: {}}}\n");
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct contract_match match;
    struct buffer b;

    (void)state;
    buffer_init(&b, LIMIT_MIB);
    for (unsigned i = 0; i < 50000; i++)
        buffer_add(&b, TEXT("/a"));
    contract_find(c, TEXT("GET"), buffer_text(&b), true, arena, &match);
    assert_null(match.operation);
    assert_false(match.path_known);
    buffer_release(&b);
    arena_free(arena);
    contract_free(c);
}

static void
what_is_no_path_matches_nothing(void **state)
{
    static const char *const targets[] = { "", "*", "a", "a/b", "http://a/b" };
    struct contract *c =
        load("openapi: 3.1.0\ninfo: {title: a, version: b}\npaths: {/: {get: {}}, '/{a}': {get: {}}}\n");
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct contract_match match;

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        contract_find(c, TEXT("GET"), text_of(targets[i]), true, arena, &match);
        check_that(match.operation == NULL && !match.path_known, "'%s'", targets[i]);
    }
    arena_free(arena);
    contract_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_variables_of_a_template_come_in_their_order),
        cmocka_unit_test(templates_that_match_the_same_have_one_form),
        cmocka_unit_test(the_values_of_variables_come_raw),
        cmocka_unit_test(every_one_of_many_operations_is_found),
        cmocka_unit_test(a_path_of_many_segments_matches_nothing_and_costs_nothing),
        cmocka_unit_test(what_is_no_path_matches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
