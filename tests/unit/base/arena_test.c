#include "unit.h"

#include "base/arena.h"

static void
memory_is_aligned_and_apart(void **state)
{
    struct arena *a = arena_new(0, SIZE_MAX);
    char *last = NULL;

    (void)state;
    assert_non_null(a);
    for (size_t size = 1; size < 5000; size += 7) {
        char *at = arena_alloc(a, size);

        assert_non_null(at);
        assert_int_equal((uintptr_t)at % 16, 0);
        assert_ptr_not_equal(at, last);
        memset(at, 0x5A, size);
        last = at;
    }
    arena_free(a);
    arena_free(NULL);
}

static void
the_ceiling_counts_what_is_handed_out(void **state)
{
    struct arena *a = arena_new(64, 1000);

    (void)state;
    assert_non_null(a);
    assert_non_null(arena_alloc(a, 500));
    assert_int_equal(arena_used(a), 512);
    assert_null(arena_alloc(a, 500));
    assert_null(arena_alloc(a, SIZE_MAX));
    assert_null(arena_zalloc(a, SIZE_MAX / 2, 3));
    assert_int_equal(arena_used(a), 512);
    assert_non_null(arena_alloc(a, 480));
    assert_null(arena_alloc(a, 1));
    assert_non_null(arena_alloc(a, 0));
    arena_free(a);
}

static void
a_reset_arena_begins_anew(void **state)
{
    struct arena *a = arena_new(4096, 100000);
    void *first = arena_alloc(a, 100);

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 20; i++)
            assert_non_null(arena_alloc(a, 4000));
        arena_reset(a);
        assert_int_equal(arena_used(a), 0);
        assert_ptr_equal(arena_alloc(a, 100), first);
    }
    arena_free(a);
}

static void
cleared_memory_is_zero_though_it_was_used(void **state)
{
    struct arena *a = arena_new(4096, SIZE_MAX);
    unsigned char *at = arena_alloc(a, 1000);

    (void)state;
    memset(at, 0xFF, 1000);
    arena_reset(a);
    at = ARENA_ARRAY(a, unsigned char, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(at[i], 0);
    arena_free(a);
}

static bool
holds(const unsigned char *at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (at[i] != (unsigned char)(i * 31))
            return false;
    }
    return true;
}

static void
what_grows_keeps_its_bytes_wherever_it_is(void **state)
{
    (void)state;
    for (int other = 0; other < 3; other++) { /* 0: alone; 1: something behind it; 2: something before it */
        struct arena *a = arena_new(64, SIZE_MAX);
        unsigned char *at = NULL;
        size_t size = 0;

        if (other == 2)
            assert_non_null(arena_alloc(a, 10));
        for (size_t larger = 1; larger < 3000000; larger = larger * 3 / 2 + 5) {
            at = arena_grow(a, at, size, larger);
            assert_non_null(at);
            assert_true(holds(at, size));
            for (size_t i = size; i < larger; i++)
                at[i] = (unsigned char)(i * 31);
            size = larger;
            if (other == 1)
                assert_non_null(arena_alloc(a, 1));
        }
        assert_ptr_equal(arena_grow(a, at, size, size - 1), at);
        arena_free(a);
    }
}

static void
growing_in_place_costs_only_what_is_added(void **state)
{
    struct arena *a = arena_new(64, 1024 * 1024);
    char *at = NULL;

    (void)state;
    for (size_t size = 0; size < 1024 * 1024; size += 1024)
        assert_non_null(at = arena_grow(a, at, size, size + 1024));
    assert_in_range(arena_used(a), 1024 * 1024, 1024 * 1024);
    assert_null(arena_grow(a, at, 1024 * 1024, 1024 * 1024 + 1));
    arena_free(a);
}

static void
texts_are_copied_and_printed_with_a_nul_behind(void **state)
{
    struct arena *a = arena_new(64, 4096);
    char long_text[3000];
    struct text t;

    (void)state;
    t = arena_text(a, text_make("a\0b", 3));
    assert_int_equal(t.length, 3);
    assert_memory_equal(t.data, "a\0b\0", 4);
    t = arena_text(a, text_of(NULL));
    assert_string_equal(t.data, "");
    t = arena_print(a, "%d-%s", 7, "x");
    check_text(t, "7-x");
    assert_int_equal(t.data[3], 0);
    memset(long_text, 'x', sizeof long_text);
    assert_non_null(arena_text(a, text_make(long_text, sizeof long_text)).data);
    t = arena_text(a, text_make(long_text, sizeof long_text));
    assert_null(t.data);
    assert_int_equal(t.length, 0);
    t = arena_print(a, "%3000d", 1);
    assert_null(t.data);
    assert_int_equal(t.length, 0);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_apart),
        cmocka_unit_test(the_ceiling_counts_what_is_handed_out),
        cmocka_unit_test(a_reset_arena_begins_anew),
        cmocka_unit_test(cleared_memory_is_zero_though_it_was_used),
        cmocka_unit_test(what_grows_keeps_its_bytes_wherever_it_is),
        cmocka_unit_test(growing_in_place_costs_only_what_is_added),
        cmocka_unit_test(texts_are_copied_and_printed_with_a_nul_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
