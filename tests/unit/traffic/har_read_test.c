#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "traffic/har.h"

static char path[] = "/tmp/plumbline-har-XXXXXX";

static int
set_up(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd >= 0 ? close(fd) : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static struct har_reader *
reader_of(const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return har_reader_open(path, NULL);
}

static void
entries_are_found_whatever_stands_around_them(void **state)
{
    static const char *const cases[] = {
        "{\"log\":{\"entries\":[1,{\"a\":[\"}]\\\"\"]},\"x\"]}}",
        "\xef\xbb\xbf {\"x\":{\"log\":{\"entries\":[9]}},\"log\":{\"pages\":[{\"entries\":[9]}],\"entries\":[ 1 ,\n"
        "{\"a\":[\"}]\\\"\"]},\t\"x\" ] , \"z\" : [ ] } , \"y\" : \"\\\\\" }\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct har_reader *r = reader_of(cases[i]);
        struct har_entry entry;

        assert_true(har_reader_is_har(r));
        assert_int_equal(har_reader_next(r, &entry, NULL), 1);
        assert_true(text_equal(entry.text, TEXT("1")));
        assert_int_equal(har_reader_next(r, &entry, NULL), 1);
        assert_true(text_equal(entry.text, TEXT("{\"a\":[\"}]\\\"\"]}")));
        assert_int_equal(entry.index, 1);
        assert_int_equal(har_reader_next(r, &entry, NULL), 1);
        assert_true(text_equal(entry.text, TEXT("\"x\"")));
        assert_int_equal(har_reader_next(r, &entry, NULL), 0);
        assert_int_equal(har_reader_next(r, &entry, NULL), 0);
        har_reader_close(r);
    }
}

static void
what_is_broken_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text;
        int entries; /* before it */
        unsigned line, column;
    } cases[] = {
        { "{\"log\":{\"entries\":[1\n 2]}}", 1, 2, 2 },     { "{\"log\":{\"entries\":[1,\n  {\"a\":]}]}}", 1, 2, 8 },
        { "{\"log\":{\"entries\":[1,\n{\"a\":1", 1, 2, 7 }, { "{\"log\":{\"entries\":[1", 1, 1, 21 },
        { "{\"log\":{\"entries\":[1]", 1, 1, 22 },          { "{\"log\":{\"entries\":[1]} }\n\n x", 1, 3, 2 },
        { "{\"log\":{\"entries\":[,]}}", 0, 1, 20 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct har_reader *r = reader_of(cases[i].text);
        struct har_entry entry;

        for (int n = 0; n < cases[i].entries; n++) {
            assert_int_equal(har_reader_next(r, &entry, NULL), 1);
            assert_null(entry.broken);
        }
        assert_int_equal(har_reader_next(r, &entry, NULL), 1);
        check_that(entry.broken != NULL, "%s", cases[i].text);
        check_that(entry.line == cases[i].line && entry.column == cases[i].column, "%s: %u:%u", cases[i].text,
                   entry.line, entry.column);
        assert_int_equal(har_reader_next(r, &entry, NULL), 0);
        har_reader_close(r);
    }
}

static void
what_is_no_har_file_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "[]",
        "{}",
        "{\"log\":[]}",
        "{\"log\":{}}",
        "{\"log\":{\"entries\":{}}}",
        "{\"log\" {",
        "{log:1}",
        "{\"log\":{\"entries\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct har_reader *r = reader_of(cases[i]);
        struct har_entry entry;
        struct error err = { .kind = ERROR_NONE };

        check_that(har_reader_next(r, &entry, &err) == -1, "%s", cases[i]);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_true(strncmp(err.where, path, strlen(path)) == 0);
        har_reader_close(r);
    }
}

/* More than a piece at a time, and more than may be held. */
static void
a_large_entry_is_left_out_and_the_next_one_comes(void **state)
{
    static const char piece[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    FILE *file = fopen(path, "wb");
    struct har_reader *r;
    struct har_entry entry;

    (void)state;
    assert_non_null(file);
    fputs("{\"log\":{\"entries\":[\"", file);
    for (size_t n = 0; n <= LIMIT_RECORD_LINE; n += sizeof(piece) - 1)
        fputs(piece, file);
    fputs("\",{\"a\":\"", file);
    for (size_t n = 0; n < LIMIT_MIB; n += sizeof(piece) - 1)
        fputs(piece, file);
    fputs("\"}]}}", file);
    assert_int_equal(fclose(file), 0);
    r = har_reader_open(path, NULL);
    assert_int_equal(har_reader_next(r, &entry, NULL), 1);
    assert_non_null(entry.broken);
    assert_int_equal(entry.text.length, 0);
    assert_int_equal(har_reader_next(r, &entry, NULL), 1);
    assert_null(entry.broken);
    assert_int_equal(entry.text.length, LIMIT_MIB + 8);
    assert_int_equal(entry.index, 1);
    assert_int_equal(har_reader_next(r, &entry, NULL), 0);
    har_reader_close(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_found_whatever_stands_around_them),
        cmocka_unit_test(what_is_broken_is_told_with_its_place),
        cmocka_unit_test(what_is_no_har_file_is_refused),
        cmocka_unit_test(a_large_entry_is_left_out_and_the_next_one_comes),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
