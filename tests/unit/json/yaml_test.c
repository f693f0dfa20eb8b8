#include "cases.h"

#include "base/file.h"
#include "json/compare.h"

static struct arena *arena;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, SIZE_MAX);
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
yaml_means_the_json_beside_it_or_is_refused_with_its_place(void **state)
{
    (void)state;
    for (VALUE_EACH_ITEM(test, cases(arena, "yaml.json"))) {
        const char *name = described(test, arena);
        const struct value *expected = VALUE_MEMBER(test, "json");
        struct error err = { .kind = ERROR_NONE };
        struct document document;
        int result = document_read_text(&document, value_text(VALUE_MEMBER(test, "yaml")), "t.yaml", arena, &err);
        struct text found = arena_print(arena, "%s: %s", err.where, err.what);

        if (expected == NULL) {
            check_that(result == -1 && err.kind == ERROR_CONFIG, "%s was accepted", name);
            check_that(text_equal(found, value_text(VALUE_MEMBER(test, "error"))), "%s: '%s'", name, found.data);
            continue;
        }
        check_that(result == 0, "%s: %s", name, found.data);
        check_that(text_equal(written(document.root, arena), written(expected, arena)) ||
                       value_equal(document.root, expected, NULL) == 1,
                   "%s: found %s", name, written(document.root, arena).data);
    }
}

static const char nested[] = "a:\n  - &x {k: \"v\\n\", n: 1.50}\n  - *x\nb: text\nc:\n";

static void
the_tape_has_the_shape_of_jsons(void **state)
{
    const struct value *same = json(arena, "{\"a\":[{\"k\":\"v\\n\",\"n\":1.50},{\"k\":\"v\\n\",\"n\":1.50}],"
                                           "\"b\":\"text\",\"c\":null}");
    struct document document;

    (void)state;
    assert_int_equal(document_read_text(&document, text_of(nested), "n.yaml", arena, NULL), 0);
    assert_int_equal(document.values, same->span);
    for (uint32_t i = 0; i < document.values; i++) {
        const struct value *found = document.root + i, *expected = same + i;

        check_that(found->type == expected->type && found->span == expected->span && found->count == expected->count &&
                       found->depth == expected->depth && ((found->flags ^ expected->flags) & VALUE_INTEGER) == 0,
                   "value %u: type %u, span %u, count %u, depth %u, flags %u", i, found->type, found->span,
                   found->count, found->depth, found->flags);
    }
}

static void
values_know_their_line_and_column(void **state)
{
    struct document document;

    (void)state;
    assert_int_equal(document_read_text(&document, text_of(nested), "n.yaml", arena, NULL), 0);
    check_text(document_where(&document, document.root, arena), "n.yaml:1:1");
    check_text(document_where(&document, VALUE_MEMBER(document.root, "a"), arena), "n.yaml:2:3");
    check_text(document_where(&document, VALUE_MEMBER(document.root, "b"), arena), "n.yaml:4:4");
    check_text(document_where(&document, VALUE_MEMBER(document.root, "c"), arena), "n.yaml:5:1"); /* its key's */
}

static void
an_alias_bomb_ends_at_the_budget(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct document document;
    struct buffer bomb;

    (void)state;
    buffer_init(&bomb, LIMIT_MIB);
    buffer_print(&bomb, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 12; i++)
        buffer_print(&bomb, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1,
                     i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    assert_int_equal(document_read_text(&document, buffer_text(&bomb), "bomb", arena, &err), -1);
    assert_string_equal(err.what, "the document has too many values, or its aliases make too many");
    assert_string_equal(err.where, "bomb:7:34");
    buffer_release(&bomb);
}

static void
nesting_by_brackets_indentation_or_aliases_ends_at_the_limit(void **state)
{
    struct buffer brackets, lines, aliases;
    struct document document;

    (void)state;
    buffer_init(&brackets, 16 * LIMIT_MIB);
    buffer_init(&lines, 16 * LIMIT_MIB);
    buffer_init(&aliases, 16 * LIMIT_MIB);
    for (int i = 0; i < 50000; i++)
        buffer_byte(&brackets, '[');
    for (int i = 0; i < 2000; i++)
        buffer_print(&lines, "%*sa:\n", i, "");
    buffer_print(&aliases, "- &a0 []\n");
    for (int i = 1; i < 2000; i++)
        buffer_print(&aliases, "- &a%d [*a%d]\n", i, i - 1);
    const struct buffer *all[] = { &brackets, &lines, &aliases };
    for (size_t i = 0; i < 3; i++) {
        struct error err = { .kind = ERROR_NONE };

        assert_int_equal(document_read_text(&document, buffer_text(all[i]), "deep.yaml", arena, &err), -1);
        assert_string_equal(err.what, "lists and maps are nested too deeply");
    }
    buffer_release(&brackets);
    buffer_release(&lines);
    buffer_release(&aliases);
}

static void
bytes_that_cannot_be_yaml_are_refused(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct document document;

    (void)state;
    assert_int_equal(document_read_text(&document, TEXT("a: 1\nb: \xC0\xAF"), "t", arena, &err), -1);
    assert_string_equal(err.what, "the file is not UTF-8");
    error_clear(&err);
    assert_int_equal(document_read_text(&document, text_make("a: 1\nb: \0", 9), "t", arena, &err), -1);
    assert_string_equal(err.what, "a NUL byte is not allowed");
    assert_string_equal(err.where, "t:2:4");
}

static void
every_beginning_of_a_text_is_read_or_refused_without_harm(void **state)
{
    struct text whole =
        TEXT("%YAML 1.2\n---\n# c\na: &x [1, 'q', \"\\u00e9\\\n z\"]\nb: |2-\n   t\n? k\n: *x\nc: !!str >\n f\n...\n");

    (void)state;
    for (size_t length = 0; length <= whole.length; length++) {
        struct arena *own = arena_new(0, LIMIT_MIB);
        struct edge edge = edge_of(text_slice(whole, 0, length));
        struct error err = { .kind = ERROR_NONE };
        struct document document;

        if (document_read_text(&document, edge.text, "t.yaml", own, &err) < 0)
            check_that(err.where[0] != '\0' && err.what[0] != '\0', "cut at %zu", length);
        edge_free(&edge);
        arena_free(own);
    }
}

static void
an_arena_that_is_too_small_gives_an_error_at_every_size(void **state)
{
    size_t refused = 0;
    bool good = false;

    (void)state;
    for (size_t ceiling = 0; !good; ceiling += 256) {
        struct arena *small = arena_new(64, ceiling);
        struct error err = { .kind = ERROR_NONE };
        struct document document;

        assert_non_null(small);
        good = document_read_text(&document, text_of(nested), "n.yaml", small, &err) == 0;
        if (!good) {
            assert_int_equal(err.kind, ERROR_ENVIRONMENT);
            refused++;
        }
        arena_free(small);
    }
    assert_true(refused > 2);
}

static void
the_name_decides_and_else_the_first_byte(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct document document;

    (void)state;
    assert_int_equal(document_read_text(&document, TEXT("{a: 1}"), "x.yml", arena, NULL), 0);
    assert_int_equal(document_read_text(&document, TEXT("{a: 1}"), "x", arena, &err), -1);
    assert_string_equal(err.where, "x:1:2");
    assert_string_equal(err.what, "not well-formed JSON: a key in double quotes is missing");
    assert_int_equal(document_read_text(&document, TEXT("a: 1"), "x", arena, NULL), 0);
    assert_int_equal(document_read_text(&document, TEXT("a: 1"), "x.json", arena, NULL), -1);
    assert_int_equal(document_read_text(&document, TEXT("\n {\"a\":1,\"a\":2}"), "x", arena, NULL), 0);
    assert_int_equal(document.duplicate_keys, 1);
}

static void
files_are_read_by_their_path_and_errors_name_them(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct document document;
    char path[] = "/tmp/plumbline-yaml-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, nested, sizeof nested - 1), sizeof nested - 1);
    assert_int_equal(close(fd), 0);
    assert_int_equal(document_read(&document, path, arena, &err), 0);
    check_text(value_text(VALUE_MEMBER(document.root, "b")), "text");
    assert_string_equal(document.name, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(document_read(&document, path, arena, &err), -1);
    assert_string_equal(err.where, path);
    assert_string_equal(err.what, "cannot open the file: No such file or directory");
    assert_int_equal(error_exit_code(&err), 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_means_the_json_beside_it_or_is_refused_with_its_place),
        cmocka_unit_test(the_tape_has_the_shape_of_jsons),
        cmocka_unit_test(values_know_their_line_and_column),
        cmocka_unit_test(an_alias_bomb_ends_at_the_budget),
        cmocka_unit_test(nesting_by_brackets_indentation_or_aliases_ends_at_the_limit),
        cmocka_unit_test(bytes_that_cannot_be_yaml_are_refused),
        cmocka_unit_test(every_beginning_of_a_text_is_read_or_refused_without_harm),
        cmocka_unit_test(an_arena_that_is_too_small_gives_an_error_at_every_size),
        cmocka_unit_test(the_name_decides_and_else_the_first_byte),
        cmocka_unit_test(files_are_read_by_their_path_and_errors_name_them),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
