#include "cases.h"

#include "json/compare.h"
#include "json/pointer.h"

static struct arena *arena;
static const struct value *file, *root;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    if (arena == NULL)
        return 1;
    file = cases(arena, "pointers.json");
    root = VALUE_MEMBER(file, "document");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void
pointers_lead_to_values_and_are_written_the_same(void **state)
{
    (void)state;
    for (VALUE_EACH_ITEM(test, VALUE_MEMBER(file, "found"))) {
        struct text pointer = value_text(VALUE_MEMBER(test, "pointer"));
        const struct value *fragment = VALUE_MEMBER(test, "fragment"), *found = pointer_find(root, pointer);

        check_that(found != NULL, "%.*s leads nowhere", TEXT_PRINT(pointer));
        check_that(value_equal(found, VALUE_MEMBER(test, "value"), NULL) == 1, "%.*s", TEXT_PRINT(pointer));
        check_that(text_equal(pointer_to(root, found, arena), pointer), "%.*s is written '%.*s'", TEXT_PRINT(pointer),
                   TEXT_PRINT(pointer_to(root, found, arena)));
        if (fragment != NULL)
            assert_ptr_equal(pointer_find_fragment(root, value_text(fragment)), found);
    }
    assert_ptr_equal(pointer_find(root, TEXT("")), root);
    check_text(pointer_to(root, root, arena), "");
}

static void
what_is_no_pointer_or_leads_nowhere_is_null(void **state)
{
    (void)state;
    for (VALUE_EACH_ITEM(pointer, VALUE_MEMBER(file, "nowhere")))
        check_that(pointer_find(root, value_text(pointer)) == NULL, "%.*s", TEXT_PRINT(value_text(pointer)));
    for (VALUE_EACH_ITEM(fragment, VALUE_MEMBER(file, "no_fragments")))
        check_that(pointer_find_fragment(root, value_text(fragment)) == NULL, "%.*s", TEXT_PRINT(value_text(fragment)));
}

static void
every_value_of_a_document_is_found_by_its_own_pointer(void **state)
{
    const struct value *v = json(arena, "{\"a\":[{\"~\":1,\"/\":[2,[3]]},\"x\"],\"\":{\"\":{\"~1\":null}},\"b\":{}}");

    (void)state;
    for (uint32_t i = 0; i < v->span; i++) {
        const struct value *found = pointer_find(v, pointer_to(v, v + i, arena));

        /* a key has the pointer of its member's value */
        assert_true(found == v + i || found == v + i + 1);
    }
}

static void
a_value_that_is_not_below_has_no_pointer(void **state)
{
    const struct value *v = json(arena, "[[1],[2]]");

    (void)state;
    assert_null(pointer_to(v + 1, v + 3, arena).data);
    assert_null(pointer_to(v + 3, v, arena).data);
}

static void
a_pointer_that_is_too_long_is_cut_off(void **state)
{
    char text[3 * 3000 + 100], *at = text;
    const struct value *v;
    struct text pointer;

    (void)state;
    for (int i = 0; i < 3; i++)
        at += sprintf(at, "{\"%03000d\":", 0);
    (void)sprintf(at, "1}}}");
    v = json(arena, text);
    pointer = pointer_to(v, v + 2, arena);
    assert_int_equal(pointer.length, 3001);
    pointer = pointer_to(v, v + 6, arena);
    assert_in_range(pointer.length, 3000, LIMIT_POINTER_BYTES + 8);
    assert_true(text_ends(pointer, TEXT("…")));
    assert_null(pointer_find(v, text_make(text, sizeof text)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pointers_lead_to_values_and_are_written_the_same),
        cmocka_unit_test(what_is_no_pointer_or_leads_nowhere_is_null),
        cmocka_unit_test(every_value_of_a_document_is_found_by_its_own_pointer),
        cmocka_unit_test(a_value_that_is_not_below_has_no_pointer),
        cmocka_unit_test(a_pointer_that_is_too_long_is_cut_off),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
