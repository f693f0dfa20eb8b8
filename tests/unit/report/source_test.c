#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "report/source.h"

static char path[] = "/tmp/plumbline-source-XXXXXX";
static struct sources *sources;

static void
write_lines(const char *lines)
{
    struct error err = { .kind = ERROR_NONE };

    assert_int_equal(file_write(path, text_of(lines), 0600, &err), 0);
}

static int
set_up(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    sources = sources_new();
    return fd >= 0 && close(fd) == 0 && sources != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    sources_free(sources);
    (void)unlink(path);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    return 0;
}

static void
check_quote(uint32_t line, uint32_t column, const char *expected)
{
    struct buffer out;

    buffer_init(&out, LIMIT_MIB);
    source_quote(&out, sources, text_of(path), line, column, 2, false);
    check_text(buffer_text(&out), expected);
    buffer_release(&out);
}

static void
lines_are_those_of_the_file(void **state)
{
    (void)state;
    write_lines("one\r\n\n  three\nlast");
    check_text(sources_line(sources, text_of(path), 1), "one");
    check_text(sources_line(sources, text_of(path), 2), "");
    check_text(sources_line(sources, text_of(path), 3), "  three");
    check_text(sources_line(sources, text_of(path), 4), "last");
    check_text(sources_line(sources, text_of(path), 5), "");
    check_text(sources_line(sources, text_of(path), 0), "");
}

static void
what_cannot_be_read_has_no_lines(void **state)
{
    (void)state;
    check_text(sources_line(sources, TEXT("/nowhere/a.yaml"), 1), "");
    check_text(sources_line(sources, TEXT("https://a.example/b.json"), 1), "");
    check_text(sources_line(sources, TEXT("-"), 1), "");
    check_text(sources_line(NULL, text_of(path), 1), "");
    check_quote(1, 1, "");
}

static void
a_quote_points_at_the_column_whatever_stands_before_it(void **state)
{
    (void)state;
    write_lines("    \"minimum\": 0,\n\t\ta\tb: \"für\" c\n");
    check_quote(1, 16,
                "      1 | \"minimum\": 0,\n"
                "        |            ^\n");
    check_quote(2, 15, /* ü is two bytes, and one column */
                "      2 | a b: \"für\" c\n"
                "        |            ^\n");
    check_quote(2, 99,
                "      2 | a b: \"für\" c\n"
                "        | ^\n");
}

static void
what_could_move_a_cursor_is_shown(void **state)
{
    (void)state;
    write_lines("a\033[2Jb\n");
    check_quote(1, 1,
                "      1 | a\\x1b[2Jb\n"
                "        | ^\n");
}

static void
of_a_long_line_what_is_around_the_column_is_shown(void **state)
{
    static const char digits[] = "0123456789";
    struct buffer line;
    struct source_view view;

    (void)state;
    buffer_init(&line, LIMIT_MIB);
    for (int i = 0; i < 100; i++)
        buffer_add(&line, text_of(digits));
    view = source_view_of(buffer_text(&line), 501);
    assert_true(view.cut_before && view.cut_behind);
    assert_int_equal(view.shown.length, 100);
    assert_int_equal(view.at, 40);
    assert_ptr_equal(view.shown.data + view.at, buffer_text(&line).data + 500);
    view = source_view_of(buffer_text(&line), 1);
    assert_true(!view.cut_before && view.cut_behind && view.at == 0);
    view = source_view_of(buffer_text(&line), 1000);
    assert_true(view.cut_before && !view.cut_behind);
    assert_int_equal(view.at, 40);
    buffer_release(&line);
}

static void
columns_for_editors_count_utf16(void **state)
{
    (void)state;
    write_lines("aü😀b\n");
    assert_int_equal(sources_utf16_column(sources, text_of(path), 1, 1), 1);
    assert_int_equal(sources_utf16_column(sources, text_of(path), 1, 2), 2);
    assert_int_equal(sources_utf16_column(sources, text_of(path), 1, 4), 3);
    assert_int_equal(sources_utf16_column(sources, text_of(path), 1, 8), 5);
    assert_int_equal(sources_utf16_column(sources, text_of(path), 7, 8), 8); /* no such line: as it is */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_are_those_of_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_has_no_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_quote_points_at_the_column_whatever_stands_before_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_could_move_a_cursor_is_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_a_long_line_what_is_around_the_column_is_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(columns_for_editors_count_utf16, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
