/* path.h: tests/cases/json/path says what queries select (as JSON Pointers) and why others are refused. */
#include "cases.h"

#include "json/path.h"
#include "json/pointer.h"
#include "schema/iregexp.h"

#define BUDGET 100000u

static struct arena *arena;
static struct iregexp *regex;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    regex = iregexp_new();
    return arena == NULL || regex == NULL;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    iregexp_free(regex);
    return 0;
}

static const struct path *
compiled(struct text query)
{
    struct error err = { .kind = ERROR_NONE };
    const struct path *path = path_compile(query, arena, &err);

    check_that(path != NULL, "%.*s: %s", TEXT_PRINT(query), err.what);
    return path;
}

/* What the query selects; -1 when it cannot be known. */
static int
selected(const char *query, const struct value *root, uint32_t *budget, uint32_t *count)
{
    struct path_run run = { .regex = iregexp_regex(regex), .arena = arena, .budget = *budget };
    const struct value *const *list;
    int result = path_select(compiled(text_of(query)), root, &run, &list, count);

    *budget = run.budget;
    return result;
}

static void
check_case(const struct value *root, const struct value *test)
{
    struct path_run run = { .regex = iregexp_regex(regex), .arena = arena, .budget = BUDGET };
    struct text query = value_text(VALUE_MEMBER(test, "query"));
    const struct value *expected = VALUE_MEMBER(test, "selects"), *const * list;
    uint32_t count, at = 0;

    check_that(path_select(compiled(query), root, &run, &list, &count) == 0, "%.*s", TEXT_PRINT(query));
    for (VALUE_EACH_ITEM(pointer, expected)) {
        struct text found = at < count ? pointer_to(root, list[at], arena) : TEXT("(nothing)");

        check_that(at < count && text_equal(found, value_text(pointer)), "%.*s: value %u is %.*s, not %.*s",
                   TEXT_PRINT(query), at, TEXT_PRINT(found), TEXT_PRINT(value_text(pointer)));
        at++;
    }
    check_that(count == expected->count, "%.*s selects %u values, not %u", TEXT_PRINT(query), count, expected->count);
}

static void
check_cases(const char *name)
{
    const struct value *file = cases(arena, name), *root = VALUE_MEMBER(file, "document");

    for (VALUE_EACH_ITEM(test, VALUE_MEMBER(file, "cases")))
        check_case(root, test);
}

static void
selectors_select_what_their_cases_say(void **state)
{
    (void)state;
    check_cases("path/selectors.json");
}

static void
filters_hold_where_their_cases_say(void **state)
{
    (void)state;
    check_cases("path/filters.json");
}

static void
functions_give_what_their_cases_say(void **state)
{
    (void)state;
    check_cases("path/functions.json");
}

static void
what_is_no_query_is_refused_with_its_column(void **state)
{
    (void)state;
    for (VALUE_EACH_ITEM(test, VALUE_MEMBER(cases(arena, "path/refused.json"), "cases"))) {
        struct text query = value_text(VALUE_MEMBER(test, "query")), what = value_text(VALUE_MEMBER(test, "error"));
        struct error err = { .kind = ERROR_NONE };

        check_that(path_compile(query, arena, &err) == NULL, "%.*s is accepted", TEXT_PRINT(query));
        check_that(text_starts(text_of(err.what), what), "%.*s\n  expected  %.*s\n  found     %s", TEXT_PRINT(query),
                   TEXT_PRINT(what), err.what);
        assert_int_equal(err.kind, ERROR_CONFIG);
    }
}

static void
a_query_cut_at_any_place_is_no_trouble(void **state)
{
    struct text query = TEXT("$..a[?(@.b == 'x\\u00e9\\uD83D\\uDE00' || !match(@['c'], \"\\\\p{L}\")) && "
                             "count(@.*) >= -1.5e+3, 1:-2:3, *]['it\\'s']");

    (void)state;
    assert_non_null(compiled(query));
    for (size_t length = 0; length < query.length; length++) {
        struct edge edge = edge_of(text_slice(query, 0, length));

        (void)path_compile(edge.text, arena, NULL);
        edge_free(&edge);
    }
}

static void
a_query_that_is_not_utf8_is_refused(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_null(path_compile(TEXT("$.\xC3"), arena, &err));
    assert_string_equal(err.what, "the query is not UTF-8");
    assert_null(path_compile(TEXT("$['\xED\xA0\x80']"), arena, NULL));
    assert_null(path_compile(text_make("$\0", 2), arena, NULL));
    assert_null(path_compile(text_make("$[?@\0]", 6), arena, NULL));
}

static void
only_names_and_indexes_make_a_singular_query(void **state)
{
    static const char *const singular[] = { "$", "$.a", "$['a'][0].b[-1]", "$ [ 'a' ]" };
    static const char *const plural[] = { "$.*", "$..a", "$[0,1]", "$['a','a']", "$[0:1]", "$[?@]", "$.a[*].b" };

    (void)state;
    for (size_t i = 0; i < sizeof singular / sizeof singular[0]; i++)
        check_that(path_is_singular(compiled(text_of(singular[i]))), "%s", singular[i]);
    for (size_t i = 0; i < sizeof plural / sizeof plural[0]; i++)
        check_that(!path_is_singular(compiled(text_of(plural[i]))), "%s", plural[i]);
}

/* `times` times what is repeated, and as many times what closes it. */
static struct text
nested(const char *again, const char *middle, const char *close, unsigned times)
{
    struct buffer out;
    struct text result;

    buffer_init(&out, 2 * LIMIT_MIB);
    for (unsigned i = 0; i < times; i++)
        buffer_add(&out, text_of(again));
    buffer_add(&out, text_of(middle));
    for (unsigned i = 0; i < times; i++)
        buffer_add(&out, text_of(close));
    result = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return result;
}

/* %s stands for what is nested. */
static struct text
query_of(const char *format, struct text inside)
{
    return arena_print(arena, format, inside.data);
}

static void
check_depth(const char *format, const char *again, const char *close, unsigned allowed)
{
    struct error err = { .kind = ERROR_NONE };
    struct path_run run = { .arena = arena, .budget = BUDGET };
    const struct value *const *list;
    uint32_t count;
    const struct path *path = compiled(query_of(format, nested(again, "@", close, allowed)));

    (void)path_select(path, json(arena, "[[[[1]]],{\"a\":[{\"a\":2}]}]"), &run, &list, &count);
    assert_null(path_compile(query_of(format, nested(again, "@", close, allowed + 1)), arena, &err));
    check_that(strstr(err.what, "nested more than 64 deep") != NULL, "%s", err.what);
    assert_null(path_compile(query_of(format, nested(again, "@", close, 100000)), arena, NULL));
}

static void
nesting_has_a_ceiling_and_width_has_none(void **state)
{
    (void)state;
    check_depth("$[?%s]", "@[?", "]", LIMIT_PATH_DEPTH - 1);
    check_depth("$[?%s]", "(", ")", LIMIT_PATH_DEPTH - 1);
    check_depth("$[?%s]", "!(", ")", LIMIT_PATH_DEPTH - 1);
    check_depth("$[?%s==1]", "length(", ")", LIMIT_PATH_DEPTH - 1);
    check_depth("$[?%s]", "@[?@.*.* && ", "]", LIMIT_PATH_DEPTH - 3);
    assert_non_null(compiled(query_of("$%s", nested(".*", "", "", LIMIT_PATH_DEPTH))));
    assert_null(path_compile(query_of("$%s", nested("..a", "", "", LIMIT_PATH_DEPTH + 1)), arena, NULL));
    assert_non_null(compiled(query_of("$%s", nested(".a", "[*]", "[0]", 10000))));
    assert_non_null(compiled(query_of("$[?@%s]", nested(".a && @", "", "", 10000))));
}

static void
the_deepest_document_is_walked_to_its_end(void **state)
{
    struct text deep = nested("[", "", "]", LIMIT_JSON_DEPTH);
    const struct value *root = json(arena, deep.data);
    uint32_t budget = BUDGET, count;

    (void)state;
    assert_int_equal(selected("$..*", root, &budget, &count), 0);
    assert_int_equal(count, LIMIT_JSON_DEPTH - 1);
    root = json(arena, nested("{\"a\":", "1", "}", LIMIT_JSON_DEPTH).data);
    assert_int_equal(selected("$..a", root, &budget, &count), 0);
    assert_int_equal(count, LIMIT_JSON_DEPTH);
}

static void
hostile_queries_end_with_their_budget(void **state)
{
    static const char *const hostile[] = {
        "$..*..*..*..*..*",
        "$..[?@..[?@..[?@..x]]]",
        "$..[?count($..*..*)>1000000000]",
        "$..[*,*,*,*]..[*,*,*,*]..[*,*,*]",
        "$..[?@==$[0] || $==$]",
        "$..[?!search($[0], '(\\\\p{L}*)*[01]')]",
    };
    const struct value *root = json(arena, nested("[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",", "1", "]", 300).data);
    uint32_t count;

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        uint32_t budget = BUDGET;

        check_that(selected(hostile[i], root, &budget, &count) == -1, "%s", hostile[i]);
        assert_int_equal(budget, 0);
    }
}

static void
looking_at_more_costs_more(void **state)
{
    const struct value *root = json(arena, "{\"a\":[1,2,3,4,5,6,7,8],\"b\":{\"c\":1}}");
    uint32_t few = BUDGET, many = BUDGET, count;

    (void)state;
    assert_int_equal(selected("$.b.c", root, &few, &count), 0);
    assert_int_equal(selected("$..*", root, &many, &count), 0);
    assert_in_range(BUDGET - few, 3, 10);
    assert_in_range(BUDGET - many, 20, 60);
    for (uint32_t budget = 0; budget < BUDGET - many; budget++) {
        uint32_t left = budget;

        assert_int_equal(selected("$..*", root, &left, &count), -1);
    }
}

static void
results_that_do_not_fit_are_a_failure(void **state)
{
    const struct value *root = json(arena, nested("[1,", "1", "]", 1000).data);
    struct path_run run = { .arena = arena_new(1024, 4096), .budget = BUDGET };
    const struct value *const *list;
    uint32_t count;

    (void)state;
    assert_int_equal(path_select(compiled(TEXT("$..*")), root, &run, &list, &count), -1);
    assert_true(run.budget > 0);
    arena_free(run.arena);
}

static void
a_query_that_does_not_fit_is_a_failure_at_every_size(void **state)
{
    struct text query = TEXT("$..a[?@.b=='x' && (length(@.c)<2 || !@.d),1:2]['e']");

    (void)state;
    for (size_t ceiling = 16;; ceiling += 16) {
        struct arena *small = arena_new(64, ceiling);
        struct error err = { .kind = ERROR_NONE };
        const struct path *path = path_compile(query, small, &err);

        assert_true(path != NULL || err.kind == ERROR_ENVIRONMENT);
        arena_free(small);
        if (path != NULL)
            return;
    }
}

static void
without_an_engine_nothing_matches(void **state)
{
    const struct value *root = json(arena, "[\"a\"]");
    struct path_run run = { .arena = arena, .budget = BUDGET };
    const struct value *const *list;
    uint32_t count;

    (void)state;
    assert_int_equal(path_select(compiled(TEXT("$[?match(@,'a')]")), root, &run, &list, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(path_select(compiled(TEXT("$[?!match(@,'a')]")), root, &run, &list, &count), 0);
    assert_int_equal(count, 1);
}

static void
of_repeated_keys_a_name_takes_the_last_and_a_wildcard_all(void **state)
{
    const struct value *root = json(arena, "{\"a\":1,\"b\":2,\"a\":3}");
    struct path_run run = { .arena = arena, .budget = BUDGET };
    const struct value *const *list;
    uint32_t count;

    (void)state;
    assert_int_equal(path_select(compiled(TEXT("$.a")), root, &run, &list, &count), 0);
    check_text(value_text(list[0]), "3");
    assert_int_equal(path_select(compiled(TEXT("$.*")), root, &run, &list, &count), 0);
    assert_int_equal(count, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selectors_select_what_their_cases_say),
        cmocka_unit_test(filters_hold_where_their_cases_say),
        cmocka_unit_test(functions_give_what_their_cases_say),
        cmocka_unit_test(what_is_no_query_is_refused_with_its_column),
        cmocka_unit_test(a_query_cut_at_any_place_is_no_trouble),
        cmocka_unit_test(a_query_that_is_not_utf8_is_refused),
        cmocka_unit_test(only_names_and_indexes_make_a_singular_query),
        cmocka_unit_test(nesting_has_a_ceiling_and_width_has_none),
        cmocka_unit_test(the_deepest_document_is_walked_to_its_end),
        cmocka_unit_test(hostile_queries_end_with_their_budget),
        cmocka_unit_test(looking_at_more_costs_more),
        cmocka_unit_test(results_that_do_not_fit_are_a_failure),
        cmocka_unit_test(a_query_that_does_not_fit_is_a_failure_at_every_size),
        cmocka_unit_test(without_an_engine_nothing_matches),
        cmocka_unit_test(of_repeated_keys_a_name_takes_the_last_and_a_wildcard_all),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
