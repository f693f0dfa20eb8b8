#include "cases.h"

#include "json/compare.h"
#include "json/yaml_write.h"

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
it_is_written_for_people(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, LIMIT_MIB);
    yaml_write(
        &out,
        json(arena,
             "{\"openapi\":\"3.1.0\",\"a b\":{\"yes\":[1,[2,{\"x\":null,\"y\":[]}],{\"z\":\"two words\"}]},\"e\":{}}"));
    check_text(buffer_text(&out),
               "openapi: \"3.1.0\"\na b:\n  \"yes\":\n    - 1\n    - - 2\n      - x: null\n        \"y\": []\n"
               "    - z: two words\ne: {}\n");
    buffer_release(&out);
}

static void
it_reads_back_as_the_same_values(void **state)
{
    static const char *const values[] = {
        "[\"\", \" a\", \"a \", \"- a\", \"a: b\", \"a #b\", \"#\", \"null\", \"True\", \"no\", \"1\", \"1e3\", "
        "\"0x1F\", \".5\", \"-\", \"~\"]",
        "[\"a\\nb\", \"tab\\t\", \"\\u0000\", \"\\u00e9\\ud83d\\ude00\", \"\\\"quoted\\\"\", \"{x}\", \"[x]\", \"&a\", "
        "\"*a\", \"!a\", \"%a\", \"@a\"]",
        "{\"/a/{b}\": {\"4XX\": 1}, \"200\": 2, \"x-y\": {\"$ref\": \"#/a\"}, \"\": 0, \"y\": true, \"...\": 1, "
        "\"---\": 2}",
        "[[], {}, [[]], [{}], {\"a\": []}, 1.50, -0, 1e400, true, false, null]",
        "\"alone\"",
        "12",
        "[]",
        "{}",
        "[[[1]]]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct error err = { .kind = ERROR_NONE };
        const struct value *value = json(arena, values[i]);
        struct document again;
        struct buffer out;

        buffer_init(&out, LIMIT_MIB);
        yaml_write(&out, value);
        check_that(document_read_text(&again, buffer_text(&out), "a.yaml", arena, &err) == 0, "%s: %s\n%.*s", values[i],
                   err.what, TEXT_PRINT(buffer_text(&out)));
        check_that(value_equal(value, again.root, NULL) == 1, "%s\n%.*s", values[i], TEXT_PRINT(buffer_text(&out)));
        buffer_release(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_written_for_people),
        cmocka_unit_test(it_reads_back_as_the_same_values),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
