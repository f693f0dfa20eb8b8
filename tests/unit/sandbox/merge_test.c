/* JSON Merge Patch: the examples of RFC 7396, Appendix A, and patches of patches. */
#include "unit.h"

#include "sandbox/merge.h"

static struct arena *arena;

static const struct value *
tape(const char *json)
{
    struct document document;

    if (json == NULL)
        return NULL;
    assert_int_equal(document_parse(&document, text_of(json), NULL, arena, NULL), 0);
    return document.root;
}

static void
check_merge(void (*merge)(struct buffer *, const struct value *, const struct value *), const char *a, const char *b,
            const char *expected)
{
    struct buffer out;

    buffer_init(&out, 4096);
    merge(&out, tape(a), tape(b));
    check_text(buffer_text(&out), expected);
    buffer_release(&out);
}

static void
a_patch_does_what_the_rfc_says(void **state)
{
    static const char *const cases[][3] = {
        { "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
        { "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
        { "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
        { "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
        { "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
        { "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
        { "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}" },
        { "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
        { "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
        { "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
        { "{\"a\":\"foo\"}", "null", "null" },
        { "{\"a\":\"foo\"}", "\"bar\"", "\"bar\"" },
        { "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
        { "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
        { "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_merge(merge_patch, cases[i][0], cases[i][1], cases[i][2]);
}

static void
numbers_stay_as_they_were_written(void **state)
{
    (void)state;
    check_merge(merge_patch, "{\"a\":19.90,\"b\":1e400}", "{\"c\":0.10}", "{\"a\":19.90,\"b\":1e400,\"c\":0.10}");
}

static void
what_is_not_there_counts_for_nothing(void **state)
{
    (void)state;
    check_merge(merge_patch, NULL, NULL, "{}");
    check_merge(merge_patch, "{\"a\":1}", NULL, "{\"a\":1}");
    check_merge(merge_patch, NULL, "{\"a\":1,\"b\":null}", "{\"a\":1}");
}

static void
a_patch_of_patches_keeps_what_is_to_go(void **state)
{
    (void)state;
    check_merge(merge_patches, "{\"a\":1,\"b\":null}", "{\"a\":null,\"c\":{\"d\":null}}",
                "{\"a\":null,\"b\":null,\"c\":{\"d\":null}}");
    check_merge(merge_patches, NULL, "{\"a\":null}", "{\"a\":null}");
}

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, 1 << 20);
    return arena == NULL;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_patch_does_what_the_rfc_says),
        cmocka_unit_test(numbers_stay_as_they_were_written),
        cmocka_unit_test(what_is_not_there_counts_for_nothing),
        cmocka_unit_test(a_patch_of_patches_keeps_what_is_to_go),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
