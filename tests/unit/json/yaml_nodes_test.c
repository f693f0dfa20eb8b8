/* Where the nodes of a YAML text stand. */
#include "unit.h"

#include "base/limits.h"
#include "json/yaml_nodes.h"

/* Each node from its start to its end. */
static void
check_nodes(const char *yaml, const char *const *expected, uint32_t count)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct text source = text_of(yaml);
    const struct yaml_node *nodes;

    assert_non_null(arena);
    assert_true(yaml_nodes(source, arena, &nodes));
    assert_int_equal(nodes->span, count);
    for (uint32_t i = 0; i < count; i++)
        check_text(text_slice(source, nodes[i].start, nodes[i].end - nodes[i].start), expected[i]);
    arena_free(arena);
}

#define CHECK(yaml, ...)                                                                                               \
    check_nodes(yaml, (const char *const[]){ __VA_ARGS__ },                                                            \
                sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static void
a_node_begins_and_ends_where_it_is_written(void **state)
{
    (void)state;
    CHECK("a: 1 # c\n'b c' : \"d\\\"\"\n", "a: 1 # c\n'b c' : \"d\\\"\"", "a", "1", "'b c'", "\"d\\\"\"");
    CHECK("- ''\n- \"\"\n-  x y\n   z\n", "- ''\n- \"\"\n-  x y\n   z", "''", "\"\"", "x y\n   z");
    CHECK("a: [1, {b: 'c'}] # d\n", "a: [1, {b: 'c'}]", "a", "[1, {b: 'c'}]", "1", "{b: 'c'}", "b", "'c'");
    CHECK("- k: v\n  l:\n  - w\n- - x\n", "- k: v\n  l:\n  - w\n- - x", "k: v\n  l:\n  - w", "k", "v", "l", "- w", "w",
          "- x", "x");
    CHECK("\xc3\xa4: \xe2\x82\xac\nb: 1\n", "\xc3\xa4: \xe2\x82\xac\nb: 1", "\xc3\xa4", "\xe2\x82\xac", "b", "1");
}

static void
a_scalar_of_no_text_is_behind_its_key_or_dash(void **state)
{
    (void)state;
    CHECK("a:\nb: # c: d\n", "a:\nb:", "a", "", "b", "");
    CHECK("# - x\n-\n- # y\n- z\n", "-\n- # y\n- z", "", "", "z");
    CHECK("{a, b: }\n", "{a, b: }", "a", "", "b", "");
}

static void
anchors_that_an_alias_means_are_known(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    const struct yaml_node *nodes;

    (void)state;
    assert_non_null(arena);
    assert_true(yaml_nodes(TEXT("a: &x 1\nb: &y !!str 2\nc: *x\nd: &x 3\ne: 4\n"), arena, &nodes));
    assert_int_equal(nodes->count, 5);
    assert_true(nodes[2].shared && nodes[2].property);
    assert_true(!nodes[4].shared && nodes[4].property);
    assert_true(nodes[6].kind == YAML_ALIAS && nodes[6].start == 25 && nodes[6].end == 27);
    assert_true(!nodes[8].shared && nodes[8].property); /* set again behind the alias */
    assert_true(!nodes[10].shared && !nodes[10].property);
    assert_false(yaml_nodes(TEXT("a: [1\n"), arena, &nodes));
    assert_null(nodes);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_begins_and_ends_where_it_is_written),
        cmocka_unit_test(a_scalar_of_no_text_is_behind_its_key_or_dash),
        cmocka_unit_test(anchors_that_an_alias_means_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
