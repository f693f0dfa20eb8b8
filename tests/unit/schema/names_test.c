/* names.h and map.h: every name is found again, and no other. */
#include "unit.h"

#include "base/limits.h"
#include "schema/map.h"
#include "schema/names.h"

static struct text
numbered(struct arena *arena, const char *prefix, unsigned number)
{
    return arena_print(arena, "%s%u", prefix, number);
}

static void
every_name_is_found_and_no_other(void **state)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    enum { COUNT = 5000 };
    struct text list[COUNT];
    struct names names;

    (void)state;
    for (unsigned i = 0; i < COUNT; i++)
        list[i] = numbered(arena, i % 2 == 0 ? "n" : "a_long_property_name_", i);
    assert_int_equal(names_build(&names, list, COUNT, arena), 0);
    for (unsigned i = 0; i < COUNT; i++) {
        struct text other = numbered(arena, i % 2 == 0 ? "a_long_property_name_" : "n", i);

        assert_int_equal(names_find(&names, list[i].data, (uint32_t)list[i].length), i);
        assert_int_equal(names_find(&names, other.data, (uint32_t)other.length), NAMES_NONE);
    }
    arena_free(arena);
}

static void
names_of_every_length_are_told_apart(void **state)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    char a[40], b[40];
    struct names names;

    (void)state;
    memset(a, 'x', sizeof(a));
    memset(b, 'x', sizeof(b));
    for (size_t length = 1; length <= sizeof(a); length++) {
        struct text one = text_make(a, length);

        assert_int_equal(names_build(&names, &one, 1, arena), 0);
        assert_int_equal(names_find(&names, b, (uint32_t)length), 0);
        for (size_t at = 0; at < length; at++) { /* one byte differs, wherever it is */
            b[at] = 'y';
            assert_int_equal(names_find(&names, b, (uint32_t)length), NAMES_NONE);
            b[at] = 'x';
        }
    }
    arena_free(arena);
}

static void
the_empty_name_is_a_name(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    const struct text list[] = { TEXT("a"), { NULL, 0 } };
    struct names names;

    (void)state;
    assert_int_equal(names_build(&names, list, 2, arena), 0);
    assert_int_equal(names_find(&names, "", 0), 1);
    assert_int_equal(names_build(&names, list, 1, arena), 0);
    assert_int_equal(names_find(&names, "", 0), NAMES_NONE);
    assert_int_equal(names_build(&names, list, 0, arena), 0);
    assert_int_equal(names_find(&names, "a", 1), NAMES_NONE);
    arena_free(arena);
}

static void
a_map_tells_owners_apart(void **state)
{
    struct map map = { 0 };
    int first = 1, second = 2;

    (void)state;
    assert_null(map_find(&map, &first, TEXT("x")));
    assert_int_equal(map_put(&map, &first, TEXT("x"), &first), 0);
    assert_int_equal(map_put(&map, &second, TEXT("x"), &second), 0);
    assert_ptr_equal(map_find(&map, &first, TEXT("x")), &first);
    assert_ptr_equal(map_find(&map, &second, TEXT("x")), &second);
    assert_null(map_find(&map, NULL, TEXT("x")));
    assert_int_equal(map_put(&map, &first, TEXT("x"), &second), 0);
    assert_ptr_equal(map_find(&map, &first, TEXT("x")), &second);
    assert_int_equal(map.count, 2);
    map_release(&map);
}

static void
a_map_keeps_everything_while_it_grows(void **state)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct map map = { 0 };

    (void)state;
    for (uintptr_t i = 1; i <= 10000; i++)
        assert_int_equal(map_put(&map, NULL, numbered(arena, "key", (unsigned)i), (void *)i), 0);
    for (uintptr_t i = 1; i <= 10000; i++)
        assert_int_equal((uintptr_t)map_find(&map, NULL, numbered(arena, "key", (unsigned)i)), i);
    map_release(&map);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_and_no_other),
        cmocka_unit_test(names_of_every_length_are_told_apart),
        cmocka_unit_test(the_empty_name_is_a_name),
        cmocka_unit_test(a_map_tells_owners_apart),
        cmocka_unit_test(a_map_keeps_everything_while_it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
