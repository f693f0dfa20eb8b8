#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"

static struct arena *arena;
static char folder[64];

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_MIB * 64);
    (void)snprintf(folder, sizeof folder, "/tmp/plumbline-file-XXXXXX");
    return arena == NULL || mkdtemp(folder) == NULL;
}

static int
end(void **state)
{
    char command[128];

    (void)state;
    arena_free(arena);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *
at(const char *name)
{
    return arena_print(arena, "%s/%s", folder, name).data;
}

static void
what_is_written_is_read_with_a_nul_behind(void **state)
{
    static const size_t sizes[] = { 0, 1, 4095, 4096, 65535, 65536, 65537, 3000000 };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct text content = { NULL, 0 }, back;
        char *data = arena_alloc(arena, sizes[i]);
        struct stat about;

        memset(data, 'x', sizes[i]);
        content = text_make(data, sizes[i]);
        assert_int_equal(file_write(at("f"), content, 0640, NULL), 0);
        assert_int_equal(file_read(&back, at("f"), arena, NULL), 0);
        assert_true(text_equal(back, content));
        assert_int_equal(back.data[back.length], 0);
        assert_int_equal(stat(at("f"), &about), 0);
        assert_int_equal(about.st_mode & 0777, 0640);
    }
}

static void
a_file_whose_size_is_not_known_is_read_to_its_end(void **state)
{
    struct text content;

    (void)state;
    assert_int_equal(file_read(&content, "/proc/self/status", arena, NULL), 0);
    assert_true(text_starts(content, TEXT("Name:")));
}

static void
what_cannot_be_read_is_named(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct arena *small = arena_new(64, 100);
    struct text content = TEXT("untouched");
    char large[200] = "";

    (void)state;
    assert_int_equal(file_read(&content, at("nothing"), arena, &err), -1);
    assert_string_equal(err.where, at("nothing"));
    assert_string_equal(err.what, "cannot open the file: No such file or directory");
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    error_clear(&err);
    assert_int_equal(file_read(&content, folder, arena, &err), -1);
    assert_string_equal(err.what, "this is a folder, not a file");
    error_clear(&err);
    assert_int_equal(file_write(at("large"), text_make(large, sizeof large), 0600, NULL), 0);
    assert_int_equal(file_read(&content, at("large"), small, &err), -1);
    assert_string_equal(err.what, "the file needs more memory than there is");
    check_text(content, "untouched");
    arena_free(small);
}

static void
a_file_above_the_limit_is_refused_before_it_is_read(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct text content;

    (void)state;
    assert_int_equal(file_write(at("huge"), TEXT(""), 0600, NULL), 0);
    assert_int_equal(truncate(at("huge"), (off_t)LIMIT_FILE_BYTES + 1), 0); /* a hole: takes no disk */
    assert_int_equal(file_read(&content, at("huge"), arena, &err), -1);
    assert_string_equal(err.what, "the file is larger than 512 MiB");
    assert_int_equal(err.kind, ERROR_INPUT);
}

static void
a_write_that_fails_leaves_the_old_file_and_nothing_else(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    const char **names;
    size_t count;

    (void)state;
    assert_int_equal(file_make_folder(at("w/target"), 0700, NULL), 0);
    assert_int_equal(file_write(at("w/target"), TEXT("x"), 0600, &err), -1); /* a folder is in the way */
    assert_string_equal(err.where, at("w/target"));
    assert_int_equal(file_list(at("w"), arena, &names, &count, NULL), 0);
    assert_int_equal(count, 1);
    error_clear(&err);
    assert_int_equal(file_write(at("no/such/folder"), TEXT("x"), 0600, &err), -1);
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
}

static void
folders_are_made_with_those_above(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct stat about;

    (void)state;
    assert_int_equal(file_make_folder(at("a/b//c/"), 0700, NULL), 0);
    assert_int_equal(file_make_folder(at("a/b/c"), 0700, NULL), 0);
    assert_true(file_is_folder(at("a/b/c")));
    assert_int_equal(stat(at("a/b"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    assert_int_equal(file_write(at("a/file"), TEXT(""), 0600, NULL), 0);
    assert_int_equal(file_make_folder(at("a/file/x"), 0700, &err), -1);
    assert_string_equal(err.what, "cannot make the folder: Not a directory");
    assert_true(file_exists(at("a/file")));
    assert_false(file_is_folder(at("a/file")));
    assert_false(file_exists(at("a/nothing")));
}

static void
names_are_listed_in_the_order_of_bytes(void **state)
{
    static const char *const made[] = { "b", "a", "B", "a.x", ".hidden" };
    static const char *const order[] = { ".hidden", "B", "a", "a.x", "b" };
    struct error err = { .kind = ERROR_NONE };
    const char **names;
    size_t count;

    (void)state;
    assert_int_equal(file_make_folder(at("list"), 0700, NULL), 0);
    assert_int_equal(file_list(at("list"), arena, &names, &count, NULL), 0);
    assert_int_equal(count, 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(file_write(arena_print(arena, "%s/list/%s", folder, made[i]).data, TEXT(""), 0600, NULL), 0);
    assert_int_equal(file_list(at("list"), arena, &names, &count, NULL), 0);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(names[i], order[i]);
    assert_int_equal(file_list(at("no-list"), arena, &names, &count, &err), -1);
    assert_string_equal(err.where, at("no-list"));
}

static void
real_paths_tell_what_is_below_a_folder(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    const char *top, *inside;

    (void)state;
    assert_int_equal(file_make_folder(at("top/in"), 0700, NULL), 0);
    assert_int_equal(symlink("..", at("top/in/out")), 0);
    top = file_real_path(at("top"), arena, NULL);
    inside = file_real_path(at("top/in/out/in/."), arena, NULL);
    assert_true(file_is_below(inside, top));
    assert_true(file_is_below(top, top));
    assert_false(file_is_below(top, inside));
    assert_false(file_is_below("/a/bc", "/a/b"));
    assert_true(file_is_below("/a", "/"));
    assert_null(file_real_path(at("top/none"), arena, &err));
    assert_string_equal(err.where, at("top/none"));
}

static void
paths_are_seen_from_the_file_that_names_them(void **state)
{
    (void)state;
    assert_string_equal(file_beside("rules/gateway.yaml", "faults.yaml", arena), "rules/faults.yaml");
    assert_string_equal(file_beside("gateway.yaml", "../x.yaml", arena), "../x.yaml");
    assert_string_equal(file_beside("rules/gateway.yaml", "/etc/x", arena), "/etc/x");
    assert_string_equal(file_name("a/b.json"), "b.json");
    assert_string_equal(file_name("b.json"), "b.json");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_with_a_nul_behind),
        cmocka_unit_test(a_file_whose_size_is_not_known_is_read_to_its_end),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(a_file_above_the_limit_is_refused_before_it_is_read),
        cmocka_unit_test(a_write_that_fails_leaves_the_old_file_and_nothing_else),
        cmocka_unit_test(folders_are_made_with_those_above),
        cmocka_unit_test(names_are_listed_in_the_order_of_bytes),
        cmocka_unit_test(real_paths_tell_what_is_below_a_folder),
        cmocka_unit_test(paths_are_seen_from_the_file_that_names_them),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
