/* What was read, whether it says something else now, and what is noticed of a watched file. */
#include "unit.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/file_trace.h"
#include "base/file_watch.h"
#include "base/limits.h"

#define LONG_MS 20000 /* for what must come */

static struct arena *arena;
static char folder[64];
static struct file_trace trace;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_MIB * 64);
    (void)snprintf(folder, sizeof folder, "/tmp/plumbline-trace-XXXXXX");
    return arena == NULL || mkdtemp(folder) == NULL;
}

static int
end(void **state)
{
    char command[128];

    (void)state;
    file_trace_free(&trace);
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
put(const char *name, const char *content)
{
    FILE *f = fopen(at(name), "w");

    assert_non_null(f);
    (void)fputs(content, f);
    (void)fclose(f);
}

/* What a loader does. */
static void
load(const char *name)
{
    struct text content;

    (void)file_read(&content, at(name), arena, NULL);
}

static void
what_is_read_between_begin_and_end_is_noted_once(void **state)
{
    (void)state;
    put("a", "1");
    put("b", "2");
    load("b");
    file_trace_begin(&trace);
    load("a");
    load("a");
    load("absent");
    file_trace_end();
    load("b");
    assert_int_equal(trace.count, 2);
    assert_string_equal(trace.files[0].path, at("a"));
    assert_true(trace.files[0].readable);
    assert_false(trace.files[1].readable);
    assert_false(trace.incomplete);
}

static void
a_trace_is_stale_when_a_file_says_something_else_comes_or_goes(void **state)
{
    (void)state;
    put("a", "1");
    file_trace_begin(&trace);
    load("a");
    load("b");
    file_trace_end();
    assert_false(file_trace_is_stale(&trace));
    put("a", "1"); /* touched */
    assert_false(file_trace_is_stale(&trace));
    put("a", "2");
    assert_true(file_trace_is_stale(&trace));
    put("a", "1");
    put("b", "");
    assert_true(file_trace_is_stale(&trace));
    (void)unlink(at("b"));
    assert_false(file_trace_is_stale(&trace));
    (void)unlink(at("a"));
    assert_true(file_trace_is_stale(&trace));
}

static void
a_file_that_somebody_else_reads_can_be_looked_at(void **state)
{
    (void)state;
    put("a", "1");
    file_trace_look(at("a"));
    assert_int_equal(trace.count, 0);
    file_trace_begin(&trace);
    file_trace_look(at("a"));
    file_trace_end();
    assert_int_equal(trace.count, 1);
    assert_true(trace.files[0].readable);
}

/* ---- watching ---- */

/* Is an event of a watched file there (soon)? Those that concern nobody are read, too. */
static bool
noticed(struct file_watch *w)
{
    struct pollfd wait = { .fd = file_watch_fd(w), .events = POLLIN };

    while (poll(&wait, 1, LONG_MS) > 0) {
        if (file_watch_read(w))
            return true;
    }
    return false;
}

/* Nothing is queued, because the kernel queues events before the call returns that caused them. */
static bool
nothing_noticed(struct file_watch *w)
{
    return !file_watch_read(w);
}

static struct file_watch *
watch(const char *name)
{
    struct file_watch *w = file_watch_new(NULL);

    assert_non_null(w);
    assert_int_equal(file_watch_add(w, at(name), NULL), 0);
    return w;
}

static void
writing_replacing_and_removing_are_noticed_but_not_of_neighbours(void **state)
{
    struct file_watch *w;

    (void)state;
    put("a", "1");
    w = watch("a");
    put("neighbour", "1");
    assert_true(nothing_noticed(w));
    put("a", "2");
    assert_true(noticed(w));
    put("a.new", "3");
    (void)file_watch_read(w);
    assert_int_equal(rename(at("a.new"), at("a")), 0);
    assert_true(noticed(w));
    assert_int_equal(unlink(at("a")), 0);
    assert_true(noticed(w));
    put("a", "4");
    assert_true(noticed(w));
    file_watch_free(w);
}

static void
a_file_that_is_not_there_yet_is_noticed_when_it_comes(void **state)
{
    struct file_watch *w = watch("later");

    (void)state;
    assert_true(nothing_noticed(w));
    put("later", "1");
    assert_true(noticed(w));
    file_watch_free(w);
}

static void
a_link_on_the_way_is_watched_and_so_is_the_file_behind(void **state)
{
    struct file_watch *w;

    (void)state;
    assert_int_equal(mkdir(at("1"), 0700), 0);
    assert_int_equal(mkdir(at("2"), 0700), 0);
    put("1/f", "1");
    put("2/f", "2");
    assert_int_equal(symlink("1", at("data")), 0);
    assert_int_equal(symlink("data/f", at("f")), 0);
    w = watch("f");
    put("1/f", "3");
    assert_true(noticed(w));
    assert_int_equal(symlink("2", at("next")), 0);
    (void)file_watch_read(w);
    assert_int_equal(rename(at("next"), at("data")), 0);
    assert_true(noticed(w));
    file_watch_free(w);
}

static void
a_link_among_the_folders_is_watched(void **state)
{
    struct file_watch *w;

    (void)state;
    assert_int_equal(mkdir(at("one"), 0700), 0);
    assert_int_equal(mkdir(at("two"), 0700), 0);
    put("one/f", "1");
    put("two/f", "2");
    assert_int_equal(symlink("one", at("current")), 0);
    w = watch("current/f");
    assert_int_equal(symlink("two", at("next")), 0);
    (void)file_watch_read(w);
    assert_int_equal(rename(at("next"), at("current")), 0);
    assert_true(noticed(w));
    file_watch_free(w);
}

static void
a_link_to_itself_ends(void **state)
{
    struct file_watch *w;

    (void)state;
    assert_int_equal(symlink("loop", at("loop")), 0);
    w = watch("loop");
    assert_true(nothing_noticed(w));
    file_watch_free(w);
}

static void
a_folder_that_is_not_there_is_an_error_with_the_path(void **state)
{
    struct file_watch *w = file_watch_new(NULL);
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_int_equal(file_watch_add(w, at("none/f"), &err), -1);
    assert_string_equal(err.where, at("none/f"));
    file_watch_free(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_between_begin_and_end_is_noted_once),
        TEST(a_trace_is_stale_when_a_file_says_something_else_comes_or_goes),
        TEST(a_file_that_somebody_else_reads_can_be_looked_at),
        TEST(writing_replacing_and_removing_are_noticed_but_not_of_neighbours),
        TEST(a_file_that_is_not_there_yet_is_noticed_when_it_comes),
        TEST(a_link_on_the_way_is_watched_and_so_is_the_file_behind),
        TEST(a_link_among_the_folders_is_watched),
        TEST(a_link_to_itself_ends),
        TEST(a_folder_that_is_not_there_is_an_error_with_the_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
