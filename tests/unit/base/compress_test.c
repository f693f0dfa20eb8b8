#include "unit.h"

#include "base/compress.h"
#include "base/limits.h"

static const enum compress_kind kinds[] = { COMPRESS_GZIP, COMPRESS_DEFLATE, COMPRESS_BROTLI, COMPRESS_ZSTD };
static const char *const names[] = { "gzip", "deflate", "brotli", "zstd" };

#define EACH_KIND(i) for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)

/* Text with some order in it, `length` bytes. */
static struct buffer
some_text(size_t length)
{
    struct buffer b;
    unsigned random = 7;

    buffer_init(&b, 64 * LIMIT_MIB);
    while (buffer_length(&b) < length) {
        random = random * 1103515245 + 12345;
        buffer_print(&b, "{\"id\": %u, \"name\": \"thing\"}\n", random >> 12);
    }
    buffer_truncate(&b, length);
    return b;
}

static struct buffer
coded(enum compress_kind kind, struct text plain)
{
    struct buffer b;

    buffer_init(&b, 64 * LIMIT_MIB);
    assert_int_equal(compress_do(kind, plain, &b), COMPRESS_OK);
    return b;
}

/* What undoing comes to, with this ceiling. The text must be `expected` when it is OK, and nothing otherwise. */
static enum compress_result
undone(enum compress_kind kind, struct text t, size_t ceiling, struct text expected)
{
    struct buffer out;
    enum compress_result result;

    buffer_init(&out, ceiling);
    result = compress_undo(kind, t, &out);
    if (result == COMPRESS_OK)
        assert_true(text_equal(buffer_text(&out), expected));
    else
        assert_int_equal(buffer_length(&out), 0);
    buffer_release(&out);
    return result;
}

static void
what_was_done_is_undone(void **state)
{
    static const size_t lengths[] = { 0, 1, 600, 65536, 1000000 };

    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
        struct buffer plain = some_text(lengths[l]);

        EACH_KIND(i)
        {
            struct buffer b = coded(kinds[i], buffer_text(&plain));

            check_that(undone(kinds[i], buffer_text(&b), 64 * LIMIT_MIB, buffer_text(&plain)) == COMPRESS_OK,
                       "%s of %zu bytes", names[i], lengths[l]);
            buffer_release(&b);
        }
        buffer_release(&plain);
    }
}

static void
it_is_appended_to_what_is_there(void **state)
{
    struct buffer b = coded(COMPRESS_ZSTD, TEXT("world")), out;

    (void)state;
    buffer_init(&out, 100);
    buffer_add(&out, TEXT("hello "));
    assert_int_equal(compress_undo(COMPRESS_ZSTD, buffer_text(&b), &out), COMPRESS_OK);
    check_text(buffer_text(&out), "hello world");
    assert_int_equal(compress_undo(COMPRESS_ZSTD, TEXT("bad"), &out), COMPRESS_BROKEN);
    check_text(buffer_text(&out), "hello world");
    buffer_release(&out);
    buffer_release(&b);
}

static void
the_ceiling_is_met_to_the_byte(void **state)
{
    struct buffer plain = some_text(5000);

    (void)state;
    EACH_KIND(i)
    {
        struct buffer b = coded(kinds[i], buffer_text(&plain));

        check_that(undone(kinds[i], buffer_text(&b), 5000, buffer_text(&plain)) == COMPRESS_OK, "%s", names[i]);
        check_that(undone(kinds[i], buffer_text(&b), 4999, buffer_text(&plain)) == COMPRESS_TOO_LARGE, "%s", names[i]);
        check_that(undone(kinds[i], buffer_text(&b), 1, buffer_text(&plain)) == COMPRESS_TOO_LARGE, "%s", names[i]);
        check_that(undone(kinds[i], buffer_text(&b), 0, buffer_text(&plain)) == COMPRESS_TOO_LARGE, "%s", names[i]);
        buffer_release(&b);
    }
    buffer_release(&plain);
}

/* 32 MiB of one byte from some kilobytes; no more memory than the ceiling is asked for. */
static void
a_bomb_ends_at_the_ceiling(void **state)
{
    size_t size = 32 * LIMIT_MIB;
    char *zeros = calloc(1, size);

    (void)state;
    assert_non_null(zeros);
    EACH_KIND(i)
    {
        struct buffer b = coded(kinds[i], text_make(zeros, size)), out;

        assert_true(buffer_length(&b) < size / 500);
        buffer_init(&out, LIMIT_MIB);
        check_that(compress_undo(kinds[i], buffer_text(&b), &out) == COMPRESS_TOO_LARGE, "%s", names[i]);
        assert_true(out.capacity <= LIMIT_MIB);
        buffer_release(&out);
        buffer_release(&b);
    }
    free(zeros);
}

static void
a_text_that_was_cut_off_anywhere_is_broken(void **state)
{
    struct buffer plain = some_text(300);

    (void)state;
    EACH_KIND(i)
    {
        struct buffer b = coded(kinds[i], buffer_text(&plain));

        for (size_t length = 0; length < buffer_length(&b); length++) {
            enum compress_result result =
                undone(kinds[i], text_slice(buffer_text(&b), 0, length), LIMIT_MIB, buffer_text(&plain));

            check_that(result == COMPRESS_BROKEN, "%s cut at %zu of %zu: %d", names[i], length, buffer_length(&b),
                       (int)result);
        }
        buffer_release(&b);
    }
    buffer_release(&plain);
}

static void
bytes_behind_the_end_are_broken(void **state)
{
    (void)state;
    EACH_KIND(i)
    {
        struct buffer b = coded(kinds[i], TEXT("hello"));

        buffer_byte(&b, 'x');
        check_that(undone(kinds[i], buffer_text(&b), LIMIT_MIB, TEXT("hello")) == COMPRESS_BROKEN, "%s", names[i]);
        buffer_truncate(&b, buffer_length(&b) - 1);
        buffer_byte(&b, '\0');
        check_that(undone(kinds[i], buffer_text(&b), LIMIT_MIB, TEXT("hello")) == COMPRESS_BROKEN, "%s", names[i]);
        buffer_release(&b);
    }
}

static void
a_changed_byte_is_broken_where_there_is_a_checksum(void **state)
{
    struct buffer plain = some_text(300);

    (void)state;
    EACH_KIND(i)
    {
        struct buffer b = coded(kinds[i], buffer_text(&plain));

        if (kinds[i] == COMPRESS_BROTLI) { /* has none */
            buffer_release(&b);
            continue;
        }
        b.data[buffer_length(&b) / 2] ^= 0x10;
        check_that(undone(kinds[i], buffer_text(&b), LIMIT_MIB, buffer_text(&plain)) == COMPRESS_BROKEN, "%s",
                   names[i]);
        buffer_release(&b);
    }
    buffer_release(&plain);
}

static void
several_members_in_a_row_are_one_text(void **state)
{
    static const enum compress_kind rows[] = { COMPRESS_GZIP, COMPRESS_ZSTD };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buffer b = coded(rows[i], TEXT("hello ")), again = coded(rows[i], TEXT("world"));

        buffer_add(&b, buffer_text(&again));
        assert_int_equal(undone(rows[i], buffer_text(&b), LIMIT_MIB, TEXT("hello world")), COMPRESS_OK);
        assert_int_equal(undone(rows[i], buffer_text(&b), 10, TEXT("")), COMPRESS_TOO_LARGE);
        buffer_truncate(&b, buffer_length(&b) - 1);
        assert_int_equal(undone(rows[i], buffer_text(&b), LIMIT_MIB, TEXT("")), COMPRESS_BROKEN);
        buffer_release(&again);
        buffer_release(&b);
    }
}

static void
raw_deflate_is_read_too(void **state)
{
    struct buffer b = coded(COMPRESS_DEFLATE, TEXT("hello hello hello"));
    struct text raw = text_slice(buffer_text(&b), 2, buffer_length(&b) - 6);

    (void)state;
    assert_int_equal(undone(COMPRESS_DEFLATE, raw, LIMIT_MIB, TEXT("hello hello hello")), COMPRESS_OK);
    assert_int_equal(undone(COMPRESS_DEFLATE, raw, 5, TEXT("")), COMPRESS_TOO_LARGE);
    buffer_release(&b);
}

/* The window of a zstd frame is the memory that the sender asks for: 64 MiB (RFC 8878 3.1.1.1.2) are refused. */
static void
a_window_larger_than_ours_is_refused(void **state)
{
    (void)state;
    assert_int_equal(undone(COMPRESS_ZSTD, TEXT("\x28\xb5\x2f\xfd\x00\x80\x01\x00\x00"), LIMIT_MIB, TEXT("")),
                     COMPRESS_BROKEN);
    assert_int_equal(undone(COMPRESS_ZSTD, TEXT("\x28\xb5\x2f\xfd\x00\x68\x01\x00\x00"), LIMIT_MIB, TEXT("")),
                     COMPRESS_OK);
}

static void
doing_needs_room_for_the_worst_case(void **state)
{
    (void)state;
    EACH_KIND(i)
    {
        struct buffer out;

        buffer_init(&out, 5);
        assert_int_equal(compress_do(kinds[i], TEXT("hello"), &out), COMPRESS_TOO_LARGE);
        assert_int_equal(buffer_length(&out), 0);
        buffer_release(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_done_is_undone),
        cmocka_unit_test(it_is_appended_to_what_is_there),
        cmocka_unit_test(the_ceiling_is_met_to_the_byte),
        cmocka_unit_test(a_bomb_ends_at_the_ceiling),
        cmocka_unit_test(a_text_that_was_cut_off_anywhere_is_broken),
        cmocka_unit_test(bytes_behind_the_end_are_broken),
        cmocka_unit_test(a_changed_byte_is_broken_where_there_is_a_checksum),
        cmocka_unit_test(several_members_in_a_row_are_one_text),
        cmocka_unit_test(raw_deflate_is_read_too),
        cmocka_unit_test(a_window_larger_than_ours_is_refused),
        cmocka_unit_test(doing_needs_room_for_the_worst_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
