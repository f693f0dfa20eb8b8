#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "base/compress.h"
#include "base/file.h"
#include "base/limits.h"
#include "traffic/exchange.h"
#include "traffic/segment.h"

static char folder[64];

static int
set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/plumbline-segment-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    (void)state;
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        (void)closedir(dir);
    return rmdir(folder);
}

static const char *
in_folder(const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* A line as the recorder writes them: only what segments look at. */
static size_t
make_line(char *out, size_t size, unsigned sequence)
{
    return (size_t)snprintf(
        out, size, "{\"request\":{\"method\":\"GET\",\"url\":\"/\"},\"_plumbline\":{\"sequence\":%u}}\n", sequence);
}

static struct segment_writer *
open_writer(uint64_t bytes, struct segment_repair *repair)
{
    struct error err = { .kind = ERROR_NONE };
    struct segment_writer *w = segment_writer_open(folder, bytes, repair, &err);

    check_that(w != NULL, "%s: %s", err.where, err.what);
    return w;
}

static void
append(struct segment_writer *w, unsigned sequence)
{
    char line[128];
    struct error err = { .kind = ERROR_NONE };
    size_t kept;

    check_that(segment_writer_append(w, text_make(line, make_line(line, sizeof line, sequence)), &kept, &err) == 0,
               "%s: %s", err.where, err.what);
}

/* Sequence numbers of all lines in order, read back; fails on a line that is none, but for a torn last one. */
static size_t
read_back(unsigned *numbers, size_t most)
{
    struct error err = { .kind = ERROR_NONE };
    struct segment_reader *r = segment_reader_open(folder, &err);
    struct segment_entry entry;
    size_t count = 0;
    int result;

    check_that(r != NULL, "%s: %s", err.where, err.what);
    while ((result = segment_reader_next(r, &entry, &err)) == 1) {
        uint64_t number = 0;

        assert_false(entry.torn);
        assert_non_null(entry.value);
        assert_true(
            text_to_u64(value_text(VALUE_MEMBER(VALUE_MEMBER(entry.value, "_plumbline"), "sequence")), &number));
        assert_true(count < most);
        numbers[count++] = (unsigned)number;
    }
    check_that(result == 0, "%s: %s", err.where, err.what);
    segment_reader_close(r);
    return count;
}

static void
numbers_go_on_after_a_restart(void **state)
{
    struct segment_repair repair = { 9, 9 };
    struct segment_writer *w = open_writer(LIMIT_MIB, &repair);
    unsigned numbers[8];

    (void)state;
    assert_int_equal(repair.bytes, 0);
    assert_int_equal(repair.next, 1);
    append(w, 1);
    append(w, 2);
    segment_writer_close(w);
    w = open_writer(LIMIT_MIB, &repair);
    assert_int_equal(repair.bytes, 0);
    assert_int_equal(repair.next, 3);
    append(w, 3);
    assert_int_equal(segment_writer_sync(w, NULL), 0);
    segment_writer_close(w);
    assert_int_equal(read_back(numbers, 8), 3);
    assert_int_equal(numbers[2], 3);
    assert_false(file_exists(in_folder("000002.jsonl")));
}

static void
a_line_torn_at_any_byte_is_cut_and_the_others_survive(void **state)
{
    char lines[3][128];
    size_t length[3], total = 0;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        total += length[i] = make_line(lines[i], sizeof lines[i], i + 1);
    for (size_t cut = 0; cut <= total; cut++) {
        size_t whole = cut == total ? 3 : cut >= length[0] + length[1] ? 2 : cut >= length[0] ? 1 : 0;
        size_t kept = (whole > 0 ? length[0] : 0) + (whole > 1 ? length[1] : 0) + (whole > 2 ? length[2] : 0);
        FILE *file = fopen(in_folder("000001.jsonl"), "w");
        struct segment_repair repair;
        struct segment_writer *w;
        unsigned numbers[8];
        char all[512];

        (void)snprintf(all, sizeof all, "%s%s%s", lines[0], lines[1], lines[2]);
        assert_int_equal(fwrite(all, 1, cut, file), cut);
        assert_int_equal(fclose(file), 0);
        w = open_writer(LIMIT_MIB, &repair);
        assert_int_equal(repair.bytes, cut - kept);
        assert_int_equal(repair.next, whole + 1);
        append(w, (unsigned)repair.next);
        segment_writer_close(w);
        assert_int_equal(read_back(numbers, 8), whole + 1);
        for (size_t i = 0; i <= whole; i++)
            assert_int_equal(numbers[i], i + 1);
    }
}

static void
a_long_torn_line_is_cut_in_pieces(void **state)
{
    size_t size = 3 * 64 * LIMIT_KIB + 17;
    char *line = malloc(size), first[128];
    size_t n = make_line(first, sizeof first, 1);
    FILE *file = fopen(in_folder("000001.jsonl"), "w");
    struct segment_repair repair;
    unsigned numbers[2];

    (void)state;
    memset(line, 'x', size);
    assert_int_equal(fwrite(first, 1, n, file), n);
    assert_int_equal(fwrite(line, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    segment_writer_close(open_writer(LIMIT_MIB, &repair));
    assert_int_equal(repair.bytes, size);
    assert_int_equal(repair.next, 2);
    assert_int_equal(read_back(numbers, 2), 1);
    free(line);
}

static void
a_full_segment_is_followed_by_the_next(void **state)
{
    struct segment_repair repair;
    struct segment_writer *w = open_writer(200, &repair); /* three lines */
    unsigned numbers[16];

    (void)state;
    for (unsigned i = 1; i <= 7; i++)
        append(w, i);
    segment_writer_close(w);
    assert_true(file_exists(in_folder("000003.jsonl")));
    assert_int_equal(read_back(numbers, 16), 7);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(numbers[i], i + 1);
    /* a fresh segment is empty: the numbers go on from the one before */
    (void)close(open(in_folder("000004.jsonl"), O_CREAT | O_WRONLY, 0600));
    w = open_writer(200, &repair);
    assert_int_equal(repair.next, 8);
    append(w, 8);
    segment_writer_close(w);
    assert_int_equal(read_back(numbers, 16), 8);
}

static void
one_that_was_torn_down_to_nothing_goes_on_from_the_one_before(void **state)
{
    struct segment_repair repair;
    struct segment_writer *w = open_writer(100, &repair);
    FILE *file;

    (void)state;
    append(w, 1);
    append(w, 2);
    segment_writer_close(w);
    file = fopen(in_folder("000003.jsonl"), "w");
    (void)fputs("{\"torn", file);
    (void)fclose(file);
    segment_writer_close(open_writer(100, &repair));
    assert_int_equal(repair.bytes, 6);
    assert_int_equal(repair.next, 3);
}

static void
a_line_longer_than_a_segment_gets_its_own(void **state)
{
    struct segment_repair repair;
    struct segment_writer *w = open_writer(10, &repair);
    unsigned numbers[4];

    (void)state;
    append(w, 1);
    append(w, 2);
    segment_writer_close(w);
    assert_int_equal(read_back(numbers, 4), 2);
    assert_true(file_exists(in_folder("000002.jsonl")));
    assert_false(file_exists(in_folder("000003.jsonl")));
}

static void
there_is_one_writer_at_a_time(void **state)
{
    struct segment_repair repair;
    struct error err = { .kind = ERROR_NONE };
    struct segment_writer *w = open_writer(LIMIT_MIB, &repair);

    (void)state;
    assert_null(segment_writer_open(folder, LIMIT_MIB, &repair, &err));
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    assert_non_null(strstr(err.what, "another Plumbline"));
    segment_writer_close(w);
    segment_writer_close(open_writer(LIMIT_MIB, &repair));
}

static void
only_the_owner_may_read(void **state)
{
    struct segment_repair repair;
    struct error err = { .kind = ERROR_NONE };
    char made[128];
    struct segment_writer *w;
    struct stat status;

    (void)state;
    (void)umask(0);
    (void)snprintf(made, sizeof made, "%s/made", folder);
    w = segment_writer_open(made, LIMIT_MIB, &repair, &err);
    check_that(w != NULL, "%s: %s", err.where, err.what);
    append(w, 1);
    segment_writer_close(w);
    assert_int_equal(stat(made, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    (void)snprintf(made, sizeof made, "%s/made/000001.jsonl", folder);
    assert_int_equal(stat(made, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    (void)unlink(made);
    (void)unlink(in_folder("made/.lock"));
    (void)rmdir(in_folder("made"));
}

/* RLIMIT_FSIZE plays the full disk. */
static void
of_what_a_full_disk_took_partly_the_whole_lines_stay(void **state)
{
    struct segment_repair repair;
    struct segment_writer *w = open_writer(LIMIT_MIB, &repair);
    struct rlimit old, small;
    struct error err = { .kind = ERROR_NONE };
    char lines[512];
    size_t length = make_line(lines, 128, 2), all = length, kept;
    unsigned numbers[4];

    (void)state;
    append(w, 1);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 2 * length + 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    all += make_line(lines + all, 128, 3);
    all += make_line(lines + all, 128, 4);
    assert_int_equal(segment_writer_append(w, text_make(lines, all), &kept, &err), -1);
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    assert_int_equal(kept, length);
    assert_int_equal(segment_writer_append(w, text_make(lines, length), &kept, &err), -1);
    assert_int_equal(kept, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    append(w, 3); /* there is room again */
    segment_writer_close(w);
    assert_int_equal(read_back(numbers, 4), 3);
    assert_int_equal(numbers[1], 2);
    assert_int_equal(numbers[2], 3);
}

static void
what_was_not_synced_can_be_taken_back(void **state)
{
    struct segment_repair repair;
    struct segment_writer *w = open_writer(LIMIT_MIB, &repair);
    unsigned numbers[4];

    (void)state;
    append(w, 1);
    assert_int_equal(segment_writer_sync(w, NULL), 0);
    append(w, 2);
    append(w, 3);
    assert_int_equal(segment_writer_take_back(w, NULL), 0);
    append(w, 2);
    segment_writer_close(w);
    assert_int_equal(read_back(numbers, 4), 2);
    assert_int_equal(numbers[1], 2);
}

static void
a_segment_that_was_removed_is_told_and_another_one_begun(void **state)
{
    struct segment_repair repair;
    struct segment_writer *w = open_writer(LIMIT_MIB, &repair);
    struct error err = { .kind = ERROR_NONE };
    unsigned numbers[4];

    (void)state;
    append(w, 1);
    assert_int_equal(unlink(in_folder("000001.jsonl")), 0);
    assert_int_equal(segment_writer_sync(w, &err), -1);
    assert_non_null(strstr(err.what, "removed"));
    append(w, 2);
    assert_int_equal(segment_writer_sync(w, NULL), 0);
    assert_true(file_exists(in_folder("000002.jsonl")));

    /* the whole folder */
    assert_int_equal(unlink(in_folder("000002.jsonl")), 0);
    assert_int_equal(unlink(in_folder(".lock")), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(segment_writer_sync(w, &err), -1);
    append(w, 3);
    assert_int_equal(segment_writer_sync(w, NULL), 0);
    segment_writer_close(w);
    assert_int_equal(read_back(numbers, 4), 1);
    assert_int_equal(numbers[0], 3);
}

/* ---- reading ---- */

static void
write_file(const char *name, struct text content)
{
    assert_int_equal(file_write(in_folder(name), content, 0600, NULL), 0);
}

static void
a_line_that_is_no_json_is_told_and_the_others_are_read(void **state)
{
    struct segment_entry entry;
    struct segment_reader *r;

    (void)state;
    write_file("000001.jsonl", TEXT("{\"a\":1}\n{\"a\":}\n\n{\"a\":2}\n{\"a\""));
    r = segment_reader_open(folder, NULL);
    assert_int_equal(segment_reader_next(r, &entry, NULL), 1);
    assert_non_null(entry.value);
    assert_int_equal(entry.line, 1);
    assert_int_equal(segment_reader_next(r, &entry, NULL), 1);
    assert_null(entry.value);
    assert_int_equal(entry.line, 2);
    assert_int_equal(entry.broken.column, 6);
    assert_false(entry.torn);
    assert_int_equal(segment_reader_next(r, &entry, NULL), 1);
    assert_null(entry.value); /* an empty line is none */
    assert_int_equal(segment_reader_next(r, &entry, NULL), 1);
    assert_non_null(entry.value);
    assert_int_equal(entry.line, 4);
    assert_int_equal(segment_reader_next(r, &entry, NULL), 1);
    assert_null(entry.value);
    assert_true(entry.torn);
    assert_int_equal(segment_reader_next(r, &entry, NULL), 0);
    segment_reader_close(r);
}

static size_t
count_entries(const char *path)
{
    struct error err = { .kind = ERROR_NONE };
    struct segment_reader *r = segment_reader_open(path, &err);
    struct segment_entry entry;
    size_t count = 0;

    check_that(r != NULL, "%s: %s", err.where, err.what);
    while (segment_reader_next(r, &entry, &err) == 1)
        count += entry.value != NULL;
    check_that(err.kind == ERROR_NONE, "%s: %s", err.where, err.what);
    segment_reader_close(r);
    return count;
}

/* A line of an exchange, or (amends > 0) one that amends it. */
static void
print_line(struct buffer *out, unsigned sequence, unsigned amends, const char *outcome)
{
    buffer_print(
        out,
        "{\"startedDateTime\":\"2026-11-21T06:47:04Z\",\"time\":1,\"request\":{\"method\":\"GET\",\"url\":\"http://a/"
        "\",\"httpVersion\":\"HTTP/1.1\",\"headers\":[]},\"response\":{\"status\":200,\"headers\":[]},\"_plumbline\":"
        "{\"version\":1,\"id\":\"1m7ydqhm0g4pbb010000\",\"sequence\":%u",
        sequence);
    if (amends > 0)
        buffer_print(out, ",\"amends\":%u", amends);
    buffer_print(out, ",\"outcome\":\"%s\",\"times\":{\"finished\":%u}}}\n", outcome, sequence);
}

static void
an_amendment_in_a_later_segment_is_applied(void **state)
{
    enum { SEGMENTS = 7 };
    struct error err = { .kind = ERROR_NONE };
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct segment_reader *r;
    struct segment_entry entry;
    struct buffer out;
    char name[32];

    (void)state;
    buffer_init(&out, LIMIT_MIB);
    for (unsigned i = 1; i <= SEGMENTS; i++) { /* number i is amended in the third one behind it, and once before */
        buffer_clear(&out);
        print_line(&out, 10 * i, 0, "delivered");
        if (i > 2)
            print_line(&out, 10 * i + 1, 10 * (i - 2), "refused");
        if (i > 3)
            print_line(&out, 10 * i + 2, 10 * (i - 3), "client-gone");
        (void)snprintf(name, sizeof name, "%06u.jsonl", i);
        write_file(name, buffer_text(&out));
    }
    r = segment_reader_open(folder, &err);
    assert_non_null(r);
    for (unsigned i = 1; i <= SEGMENTS; i++) {
        struct exchange x = { .arena = arena };

        assert_int_equal(segment_reader_next(r, &entry, &err), 1);
        check_that(segment_entry_read(&entry, &x, &err) == 0, "%s: %s", err.where, err.what);
        assert_int_equal(x.sequence, 10 * i);
        assert_int_equal(x.outcome, i + 3 <= SEGMENTS   ? OUTCOME_CLIENT_GONE
                                    : i + 2 <= SEGMENTS ? OUTCOME_REFUSED
                                                        : OUTCOME_DELIVERED);
        if (i + 3 <= SEGMENTS)
            assert_int_equal(x.times.finished, 10 * (i + 3) + 2);
        arena_reset(arena);
    }
    assert_int_equal(segment_reader_next(r, &entry, &err), 0);
    segment_reader_close(r);
    buffer_release(&out);
    arena_free(arena);
}

static void
har_files_of_any_layout_are_recognised(void **state)
{
    (void)state;
    write_file("a.har", TEXT("{\n \"log\": {\n  \"entries\": [\n   {\"request\":{}},\n   {}\n] } }\n"));
    assert_int_equal(count_entries(in_folder("a.har")), 2);
    write_file("b.har", TEXT("{\"log\":{\"entries\":[{\"startedDateTime\":\"x\",\"request\":{}}]}}"));
    assert_int_equal(count_entries(in_folder("b.har")), 1);
    write_file("c.har", TEXT("\xef\xbb\xbf {\"log\":{\"entries\":[]}}"));
    assert_int_equal(count_entries(in_folder("c.har")), 0);
    write_file("d.txt", TEXT("{\"request\":{}}\n{\"request\":{}}\n"));
    assert_int_equal(count_entries(in_folder("d.txt")), 2);
    for (const char *const *name = (const char *const[]){ "a.har", "b.har", "c.har", "d.txt", NULL }; *name != NULL;
         name++)
        (void)unlink(in_folder(*name));
}

static void
an_entry_of_a_har_file_knows_its_line(void **state)
{
    struct segment_reader *r;
    struct segment_entry entry;

    (void)state;
    write_file("a.har", TEXT("{\n \"log\": {\n  \"entries\": [\n   {\"request\":{}},\n   {}\n] } }\n"));
    r = segment_reader_open(in_folder("a.har"), NULL);
    assert_int_equal(segment_reader_next(r, &entry, NULL), 1);
    assert_int_equal(entry.line, 4);
    assert_int_equal(segment_reader_next(r, &entry, NULL), 1);
    assert_int_equal(entry.line, 5);
    segment_reader_close(r);
}

static void
a_compressed_segment_is_read_like_the_others(void **state)
{
    struct buffer coded;
    unsigned numbers[4];
    char lines[256];
    size_t n = make_line(lines, sizeof lines, 1);

    (void)state;
    n += make_line(lines + n, sizeof lines - n, 2);
    buffer_init(&coded, LIMIT_MIB);
    assert_int_equal(compress_do(COMPRESS_ZSTD, text_make(lines, n), &coded), COMPRESS_OK);
    write_file("000001.jsonl.zst", buffer_text(&coded));
    buffer_release(&coded);
    n = make_line(lines, sizeof lines, 3);
    write_file("000002.jsonl", text_make(lines, n));
    assert_int_equal(read_back(numbers, 4), 3);
    assert_int_equal(numbers[2], 3);
}

static void
check_refused(const char *path, const char *where)
{
    struct error err = { .kind = ERROR_NONE };
    struct segment_reader *r = segment_reader_open(path, &err);
    struct segment_entry entry;

    if (r != NULL)
        assert_int_equal(segment_reader_next(r, &entry, &err), -1);
    assert_true(err.kind == ERROR_INPUT || err.kind == ERROR_ENVIRONMENT);
    check_that(strncmp(err.where, where, strlen(where)) == 0, "%s", err.where);
    segment_reader_close(r);
}

static void
what_is_no_recording_is_refused_with_its_place(void **state)
{
    char place[160];

    (void)state;
    check_refused(folder, folder); /* no segments */
    check_refused(in_folder("none"), in_folder("none"));
    write_file("a.har", TEXT("{\n  \"log\": [\n"));
    (void)snprintf(place, sizeof place, "%s:2:10", in_folder("a.har"));
    check_refused(in_folder("a.har"), place);
    write_file("a.har", TEXT("{\"log\":{}}"));
    check_refused(in_folder("a.har"), in_folder("a.har"));
    write_file("a.har", TEXT("[1]"));
    check_refused(in_folder("a.har"), in_folder("a.har"));
    write_file("000001.jsonl.zst", TEXT("no zstd"));
    check_refused(folder, in_folder("000001.jsonl.zst"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_go_on_after_a_restart),
        TEST(a_line_torn_at_any_byte_is_cut_and_the_others_survive),
        TEST(a_long_torn_line_is_cut_in_pieces),
        TEST(a_full_segment_is_followed_by_the_next),
        TEST(one_that_was_torn_down_to_nothing_goes_on_from_the_one_before),
        TEST(a_line_longer_than_a_segment_gets_its_own),
        TEST(there_is_one_writer_at_a_time),
        TEST(only_the_owner_may_read),
        TEST(of_what_a_full_disk_took_partly_the_whole_lines_stay),
        TEST(what_was_not_synced_can_be_taken_back),
        TEST(a_segment_that_was_removed_is_told_and_another_one_begun),
        TEST(a_line_that_is_no_json_is_told_and_the_others_are_read),
        TEST(har_files_of_any_layout_are_recognised),
        TEST(an_amendment_in_a_later_segment_is_applied),
        TEST(an_entry_of_a_har_file_knows_its_line),
        TEST(a_compressed_segment_is_read_like_the_others),
        TEST(what_is_no_recording_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
