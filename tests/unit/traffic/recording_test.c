#include "unit.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "traffic/recording.h"
#include "traffic/segment.h"

#define LINES 3000

static char folder[64];

static int
set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/plumbline-recording-XXXXXX");
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

/* 3000 lines of 1 KB: three frames. */
static void
write_segment(void)
{
    struct buffer out;

    buffer_init(&out, 16 * LIMIT_MIB);
    for (int i = 1; i <= LINES; i++)
        buffer_print(
            &out,
            "{\"startedDateTime\":\"2026-11-21T06:00:00Z\",\"request\":{\"method\":\"GET\",\"url\":\"http://a/%d\"},"
            "\"_plumbline\":{\"version\":1,\"id\":\"id%d\",\"sequence\":%d,\"operation\":\"op%d\",\"pad\":\"%0900d\"}}"
            "\n",
            i, i, i, i % 10, i);
    assert_int_equal(file_write(in_folder("000001.jsonl"), buffer_text(&out), 0600, NULL), 0);
    buffer_release(&out);
}

static struct recording_segment *
list(struct arena *arena, size_t expected)
{
    struct recording_segment *found;
    size_t count;

    assert_int_equal(recording_list(folder, true, arena, &found, &count, NULL), 0);
    assert_int_equal(count, expected);
    return found;
}

static void
check_lines(const struct recording_segment *s, struct arena *arena)
{
    struct error err = { .kind = ERROR_NONE };
    struct index index;
    struct text line;
    char id[32];

    check_that(recording_index(folder, s, &index, arena, &err) == 0, "%s: %s", err.where, err.what);
    assert_int_equal(index.line_count, LINES);
    for (unsigned i = 0; i < LINES; i += 333) {
        (void)snprintf(id, sizeof id, "\"id%u\"", i + 1);
        check_that(recording_line(folder, s, &index, i, &line, arena, &err) == 0, "%s: %s", err.where, err.what);
        assert_true(text_search(line, text_of(id)) < line.length);
        assert_int_equal(line.data[line.length - 1], '}');
    }
}

static void
an_index_is_made_by_reading_and_leads_to_every_line(void **state)
{
    struct arena *arena = arena_new(0, 256 * LIMIT_MIB);
    struct index_builder *lines;
    struct recording_segment *s;

    (void)state;
    write_segment();
    s = list(arena, 1);
    assert_false(s->indexed);
    lines = recording_read_lines(folder, s, NULL);
    assert_non_null(lines);
    assert_int_equal(recording_put_index(folder, s, lines, NULL), 0);
    s = list(arena, 1);
    assert_true(s->indexed);
    assert_int_equal(s->lines, LINES);
    assert_false(s->open);
    check_lines(s, arena);
    index_builder_free(lines);
    arena_free(arena);
}

static void
a_compressed_segment_has_the_same_lines(void **state)
{
    struct arena *arena = arena_new(0, 256 * LIMIT_MIB);
    struct segment_repair repair;
    struct segment_writer *w;
    struct index_builder *lines;
    struct recording_segment *s;
    struct stat before, after;
    struct index index;

    (void)state;
    write_segment();
    assert_int_equal(stat(in_folder("000001.jsonl"), &before), 0);
    s = list(arena, 1);
    lines = recording_read_lines(folder, s, NULL);
    assert_int_equal(recording_compress(folder, s, lines, NULL), 0);
    assert_false(file_exists(in_folder("000001.jsonl")));
    assert_false(file_exists(in_folder("000001.part")));
    s = list(arena, 1);
    assert_true(s->compressed && s->indexed);
    assert_int_equal(stat(in_folder("000001.jsonl.zst"), &after), 0);
    assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
    assert_true(after.st_size < before.st_size / 2);
    assert_int_equal(recording_index(folder, s, &index, arena, NULL), 0);
    assert_true(index.frame_count >= 3);
    check_lines(s, arena);
    index_builder_free(lines);

    /* numbers go on behind it, with its index and without */
    for (int i = 0; i < 2; i++) {
        w = segment_writer_open(folder, LIMIT_MIB, &repair, NULL);
        assert_non_null(w);
        assert_int_equal(segment_writer_number(w), 2);
        assert_int_equal(repair.next, LINES + 1);
        segment_writer_close(w);
        (void)unlink(in_folder("000001.index"));
    }
    lines = recording_read_lines(folder, s, NULL); /* from the compressed one */
    assert_non_null(lines);
    index_builder_free(lines);
    arena_free(arena);
}

static void
of_two_copies_the_plain_one_counts(void **state)
{
    struct arena *arena = arena_new(0, 256 * LIMIT_MIB);
    struct segment_reader *reader;
    struct segment_entry entry;
    struct recording_segment *s;
    struct index_builder *lines;
    int count = 0;

    (void)state;
    write_segment();
    assert_int_equal(file_write(in_folder("000001.jsonl.zst"), TEXT("cut"), 0600, NULL), 0);
    s = list(arena, 1);
    assert_true(s->twice && !s->compressed);
    reader = segment_reader_open(folder, NULL);
    while (segment_reader_next(reader, &entry, NULL) == 1)
        count++;
    segment_reader_close(reader);
    assert_int_equal(count, LINES);
    lines = recording_read_lines(folder, s, NULL);
    assert_int_equal(recording_compress(folder, s, lines, NULL), 0);
    s = list(arena, 1);
    assert_true(s->compressed && s->indexed && !s->twice);
    check_lines(s, arena);
    index_builder_free(lines);
    arena_free(arena);
}

static void
an_index_of_another_state_is_not_believed(void **state)
{
    struct arena *arena = arena_new(0, 256 * LIMIT_MIB);
    struct index_builder *lines;
    struct recording_segment *s;
    FILE *file;

    (void)state;
    write_segment();
    s = list(arena, 1);
    lines = recording_read_lines(folder, s, NULL);
    assert_int_equal(recording_put_index(folder, s, lines, NULL), 0);
    file = fopen(in_folder("000001.jsonl"), "a");
    (void)fputs("{}\n", file);
    (void)fclose(file);
    s = list(arena, 1);
    assert_false(s->indexed);
    index_builder_free(lines);
    assert_int_equal(recording_remove(folder, s, NULL), 0);
    (void)list(arena, 0);
    arena_free(arena);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_index_is_made_by_reading_and_leads_to_every_line),
        TEST(a_compressed_segment_has_the_same_lines),
        TEST(of_two_copies_the_plain_one_counts),
        TEST(an_index_of_another_state_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
