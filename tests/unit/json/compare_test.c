#include "cases.h"

#include "json/compare.h"

static struct arena *arena;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    return arena == NULL;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void
values_are_equal_by_what_they_mean(void **state)
{
    (void)state;
    for (VALUE_EACH_ITEM(test, cases(arena, "equal.json"))) {
        const char *name = described(test, arena);
        const struct value *a = VALUE_MEMBER(test, "a"), *b = VALUE_MEMBER(test, "b");
        int expected = VALUE_MEMBER(test, "equal")->type == VALUE_TRUE;

        check_that(value_equal(a, b, NULL) == expected, "%s", name);
        check_that(value_equal(b, a, NULL) == expected, "%s, turned round", name);
        check_that(value_equal(a, a, NULL) == 1 && value_equal(b, b, NULL) == 1, "%s, with itself", name);
        check_that((value_hash(a) == value_hash(b)) == (expected == 1), "%s: hashes", name);
    }
}

/* An array of `count` objects that differ in one number; the last repeats the one at `again` if that is not the
 * last. */
static const struct value *
items(uint32_t count, uint32_t again)
{
    struct buffer out;
    struct text text;

    buffer_init(&out, SIZE_MAX);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = i + 1 == count ? again : i;

        buffer_print(&out, "%s{\"number\":%u%s,\"name\":\"x\"}", i > 0 ? "," : "[", number, i + 1 == count ? ".0" : "");
    }
    buffer_byte(&out, ']');
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return json(arena, text.data);
}

static void
items_are_unique_or_the_two_that_are_not_are_named(void **state)
{
    static const uint32_t counts[] = { 2, 16, 17, 100, 20000 };

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint32_t count = counts[i], first = 0, second = 0;

        assert_int_equal(value_items_unique(items(count, count - 1), arena, NULL, &first, &second), 1);
        assert_int_equal(value_items_unique(items(count, count / 3), arena, NULL, &first, &second), 0);
        assert_int_equal(first, count / 3);
        assert_int_equal(second, count - 1);
    }
    assert_int_equal(value_items_unique(json(arena, "[]"), NULL, NULL, NULL, NULL), 1);
}

static void
a_table_that_has_no_memory_is_replaced_by_patience(void **state)
{
    struct arena *small = arena_new(64, 64);
    uint32_t first, second, budget = 1000;

    (void)state;
    assert_non_null(small);
    assert_int_equal(value_items_unique(items(100, 7), small, NULL, &first, &second), 0);
    assert_int_equal(first, 7);
    assert_int_equal(value_items_unique(items(5000, 7), small, &budget, &first, &second), -1);
    assert_int_equal(budget, 0);
    arena_free(small);
}

static void
work_is_counted_and_ends_with_the_budget(void **state)
{
    const struct value *a = items(1000, 999), *b = items(1000, 999);
    uint32_t budget = 100, first, second;

    (void)state;
    assert_int_equal(value_equal(a, b, &budget), -1);
    assert_int_equal(budget, 0);
    budget = 100;
    assert_int_equal(value_items_unique(a, arena, &budget, &first, &second), -1);
    budget = 100000;
    assert_int_equal(value_equal(a, b, &budget), 1);
    assert_in_range(budget, 90000, 99000);
}

static const struct value *
object_of(uint32_t members, bool backwards)
{
    struct buffer out;
    struct text text;

    buffer_init(&out, SIZE_MAX);
    for (uint32_t i = 0; i < members; i++)
        buffer_print(&out, "%s\"key %u\":[]", i > 0 ? "," : "{", backwards ? members - i : i + 1);
    buffer_byte(&out, '}');
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return json(arena, text.data);
}

static void
hostile_orders_of_keys_are_bounded_by_the_budget(void **state)
{
    uint32_t budget = LIMIT_CHECK_BUDGET;

    (void)state;
    assert_int_equal(value_equal(object_of(1000, false), object_of(1000, true), &budget), 1);
    budget = LIMIT_CHECK_BUDGET;
    assert_int_equal(value_equal(object_of(50000, false), object_of(50000, true), &budget), -1);
}

static void
deep_values_are_compared_and_hashed(void **state)
{
    struct buffer a, b;

    (void)state;
    buffer_init(&a, SIZE_MAX);
    buffer_init(&b, SIZE_MAX);
    for (int i = 0; i < LIMIT_JSON_DEPTH - 1; i++) {
        buffer_print(&a, "{\"x\":1,\"y\":");
        buffer_print(&b, "{\"y\":");
    }
    buffer_byte(&a, '0');
    buffer_byte(&b, '0');
    for (int i = 0; i < LIMIT_JSON_DEPTH - 1; i++) {
        buffer_print(&a, "}");
        buffer_print(&b, ",\"x\":1}");
    }
    buffer_byte(&a, '\0');
    buffer_byte(&b, '\0');
    assert_int_equal(value_equal(json(arena, a.data), json(arena, b.data), NULL), 1);
    assert_int_equal(value_hash(json(arena, a.data)), value_hash(json(arena, b.data)));
    buffer_release(&a);
    buffer_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_equal_by_what_they_mean),
        cmocka_unit_test(items_are_unique_or_the_two_that_are_not_are_named),
        cmocka_unit_test(a_table_that_has_no_memory_is_replaced_by_patience),
        cmocka_unit_test(work_is_counted_and_ends_with_the_budget),
        cmocka_unit_test(hostile_orders_of_keys_are_bounded_by_the_budget),
        cmocka_unit_test(deep_values_are_compared_and_hashed),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
