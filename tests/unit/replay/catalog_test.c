#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "replay/catalog.h"
#include "traffic/recording.h"

static char folder[64];
static struct arena *arena;

static int
set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/plumbline-catalog-XXXXXX");
    arena = arena_new(0, 256 * LIMIT_MIB);
    return arena != NULL && mkdtemp(folder) != NULL ? 0 : -1;
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
    arena_free(arena);
    return rmdir(folder);
}

static const char *
in_folder(const char *name)
{
    return arena_print(arena, "%s/%s", folder, name).data;
}

static void
put(const char *name, const char *content)
{
    assert_int_equal(file_write(in_folder(name), text_of(content), 0600, NULL), 0);
}

static const char *
line(int number, const char *method, const char *target, int status, const char *more)
{
    return arena_print(arena,
                       "{\"startedDateTime\":\"2026-11-21T06:00:00Z\",\"request\":{\"method\":\"%s\",\"url\":"
                       "\"http://a%s\"},\"response\":{\"status\":%d,\"content\":{\"size\":4,\"text\":\"n%03d\"}},"
                       "\"_plumbline\":{\"version\":1,\"id\":\"id%d\",\"sequence\":%d,\"service\":\"shop\","
                       "\"operation\":\"op\",\"target\":\"%s\"%s}}\n",
                       method, target, status, number, number, number, target, more)
        .data;
}

static struct catalog *
open_it(const char *path)
{
    struct error err = { .kind = ERROR_NONE };
    struct catalog *c = catalog_open(path, NULL, &err);

    if (c == NULL)
        fail_msg("%s: %s", err.where, err.what);
    return c;
}

static void
check_entry(struct catalog *c, uint32_t number, const char *id, const char *target, const char *body)
{
    struct exchange x;
    struct error err = { .kind = ERROR_NONE };

    assert_int_equal(catalog_read(c, number, &x, arena, &err), 0);
    assert_string_equal(x.id, id);
    check_text(x.request.target, target);
    check_text(x.response.body, body);
    assert_true(catalog_at(c, number)->target == hash_stable(text_of(target), 0));
}

static void
write_two_segments(void)
{
    struct buffer out;

    buffer_init(&out, 16 * LIMIT_MIB);
    for (int i = 1; i <= 500; i++)
        buffer_add(&out, text_of(line(i, i % 2 == 0 ? "GET" : "POST", i % 2 == 0 ? "/a?n=1" : "/b", 200, "")));
    buffer_byte(&out, '\0');
    put("000001.jsonl", out.data);
    buffer_release(&out);
    put("000002.jsonl", line(501, "GET", "/a?n=1", 200, ""));
}

static void
check_two_segments(void)
{
    struct catalog *c = open_it(folder);
    uint32_t n = 0, before = 0;

    assert_int_equal(catalog_count(c), 501);
    assert_int_equal(catalog_group_count(c), 2);
    check_text(catalog_group(c, 0)->method, "POST");
    assert_int_equal(catalog_group(c, 0)->count, 250);
    assert_int_equal(catalog_group(c, 1)->count, 251);
    check_entry(c, 0, "id1", "/b", "n001");
    check_entry(c, 499, "id500", "/a?n=1", "n500");
    check_entry(c, 500, "id501", "/a?n=1", "n501");
    for (uint32_t i = catalog_target(c, hash_stable(TEXT("/a?n=1"), 0)); i != CATALOG_NONE;
         i = catalog_at(c, i)->next_target)
        if (catalog_at(c, i)->target == hash_stable(TEXT("/a?n=1"), 0)) {
            assert_true(n == 0 || i > before); /* in the order of the recording */
            before = i;
            n++;
        }
    assert_int_equal(n, 251);
    catalog_free(c);
}

static void
segments_are_the_same_without_an_index_with_one_and_compressed(void **state)
{
    struct recording_segment *list;
    struct index_builder *lines;
    size_t count;

    (void)state;
    write_two_segments();
    check_two_segments();
    assert_int_equal(recording_list(folder, false, arena, &list, &count, NULL), 0);
    lines = recording_read_lines(folder, &list[0], NULL);
    assert_int_equal(recording_put_index(folder, &list[0], lines, NULL), 0);
    check_two_segments();
    assert_int_equal(recording_compress(folder, &list[0], lines, NULL), 0);
    assert_false(file_exists(in_folder("000001.jsonl")));
    check_two_segments();
    (void)unlink(in_folder("000001.index"));
    check_two_segments();
    index_builder_free(lines);
}

static void
what_cannot_be_answered_from_is_left_out_and_counted(void **state)
{
    struct catalog *c;
    const struct catalog_left_out *out;

    (void)state;
    put("000001.jsonl",
        arena_print(arena, "%s%s%s%s%s%s%s{\"torn\":", line(1, "GET", "/a", 200, ""), "{no json\n",
                    line(3, "GET", "/a", 400, ",\"outcome\":\"refused\""), line(4, "GET", "/a", 0, ""),
                    line(5, "GET", "/a", 101, ""), line(6, "GET", "/a", 200, ",\"amends\":1"),
                    arena_print(arena, "%s",
                                "{\"request\":{\"method\":\"GET\",\"url\":\"http://a/a\"},\"_plumbline\":{\"version\":"
                                "99}}\n")
                        .data)
            .data);
    c = open_it(folder);
    out = catalog_left_out(c);
    assert_int_equal(catalog_count(c), 1);
    assert_int_equal(out->broken, 1);
    assert_int_equal(out->refused, 1);
    assert_int_equal(out->unanswered, 2);
    assert_int_equal(out->unreadable, 1);
    assert_int_equal(out->torn, 1);
    assert_non_null(strstr(out->first, "000001.jsonl:2: "));
    catalog_free(c);
}

static bool
place_all(void *arg, const struct exchange *x, struct text *service, struct text *operation)
{
    *service = text_of(arg);
    *operation = TEXT("");
    return !text_starts(x->request.path, TEXT("/other"));
}

static void
a_har_file_is_one_too_its_entries_are_given_to_a_service(void **state)
{
    struct catalog_options options = { .place = place_all, .arg = (void *)(uintptr_t) "shop" };
    struct error err = { .kind = ERROR_NONE };
    struct catalog *c;
    struct exchange x;

    (void)state;
    put("trace.har", "{\"log\":{\"version\":\"1.2\",\"entries\":[\n  {\"request\":{\"method\":\"GET\",\n\"url\":"
                     "\"http://a/x?q=1\"},\"response\":{\"status\":200,\"content\":{\"text\":\"hey\\nyou\"}}},\n"
                     "{\"request\":{\"method\":\"GET\",\"url\":\"data:text/plain,x\"},\"response\":{\"status\":200}},\n"
                     "{\"request\":{\"method\":\"GET\",\"url\":\"http://a/other\"},\"response\":{\"status\":200}}]}}");
    c = catalog_open(in_folder("trace.har"), &options, &err);
    assert_non_null(c);
    assert_int_equal(catalog_count(c), 1);
    assert_int_equal(catalog_left_out(c)->unplaced, 1);
    assert_int_equal(catalog_left_out(c)->unanswered, 1);
    check_text(catalog_group(c, 0)->service, "shop");
    assert_int_equal(catalog_read(c, 0, &x, arena, &err), 0);
    check_text(x.request.target, "/x?q=1");
    check_text(x.response.body, "hey\nyou");
    check_text(catalog_name(c, 0, &x, arena), "trace.har:1");
    catalog_free(c);
}

static void
a_recording_that_is_not_there_or_is_none_is_refused_with_its_path(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_null(catalog_open(in_folder("nothing"), NULL, &err));
    assert_string_equal(err.what, "there is no such recording");
    error_clear(&err);
    put("text.har", "hello\nthere\n");
    assert_null(catalog_open(in_folder("text.har"), NULL, &err));
    assert_non_null(strstr(err.where, "text.har"));
}

static void
an_empty_folder_has_no_exchanges(void **state)
{
    struct catalog *c = open_it(folder);

    (void)state;
    assert_int_equal(catalog_count(c), 0);
    assert_int_equal(catalog_target(c, hash_stable(TEXT("/a"), 0)), CATALOG_NONE);
    catalog_free(c);
}

static void
a_segment_that_is_removed_can_still_be_read_one_that_is_cut_says_so(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct exchange x;
    struct catalog *c;

    (void)state;
    write_two_segments();
    c = open_it(folder);
    (void)unlink(in_folder("000002.jsonl"));
    check_entry(c, 500, "id501", "/a?n=1", "n501");
    assert_int_equal(truncate(in_folder("000001.jsonl"), 1000), 0);
    assert_int_equal(catalog_read(c, 400, &x, arena, &err), -1);
    assert_non_null(strstr(err.what, "shorter than it was"));
    catalog_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(segments_are_the_same_without_an_index_with_one_and_compressed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_answered_from_is_left_out_and_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_har_file_is_one_too_its_entries_are_given_to_a_service, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_recording_that_is_not_there_or_is_none_is_refused_with_its_path, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_empty_folder_has_no_exchanges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_segment_that_is_removed_can_still_be_read_one_that_is_cut_says_so, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
