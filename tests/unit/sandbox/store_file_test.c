#include "sandbox/store_unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct store *
open_file(void)
{
    struct error err = { .kind = ERROR_NONE };
    struct store *s = store_open(path, &err);

    check_that(s != NULL, "%s: %s", err.where, err.what);
    return s;
}

/* ---- files ---- */

static void
a_file_remembers_after_a_restart(void **state)
{
    struct store_job job = job_of("pack", 1);
    struct store *s = open_file();
    struct buffer seed;
    struct stat status;

    (void)state;
    buffer_init(&seed, 64);
    begins(s);
    puts_record(s, "1", "{\"status\":\"paid\"}");
    puts_record(s, "1", "{\"status\":\"sent\"}");
    next_of(s, "order");
    notes(s, "outbox", "{}");
    assert_int_equal(store_job_add(s, &job, NULL), 0);
    assert_int_equal(store_meta_put(s, TEXT("seed"), TEXT("7"), NULL), 0);
    commits(s);
    begins(s);
    puts_record(s, "2", "{}");
    store_rollback(s);
    store_drop(s);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);

    s = open_file();
    begins(s);
    assert_string_equal(record_of(s, "1"), "{\"status\":\"sent\"}");
    assert_string_equal(record_of(s, "2"), "");
    assert_int_equal(puts_record(s, "1", "{}"), 3);
    assert_int_equal(next_of(s, "order"), 2);
    assert_int_equal(notes(s, "outbox", "{}"), 2);
    assert_int_equal(store_job_next(s, 1, &job, arena, NULL), 1);
    assert_int_equal(store_meta_get(s, TEXT("seed"), &seed, NULL), 1);
    check_text(buffer_text(&seed), "7");
    commits(s);
    store_drop(s);
    buffer_release(&seed);
}

/* One order: its number, its record, its note, together; then the number is told, which is when it is certain. */
static void
write_orders(int tell)
{
    struct store *s = store_open(path, NULL);

    for (;;) {
        uint64_t number = 0;
        char id[32];
        struct store_key key = { TEXT("shop"), TEXT("orders"), { id, 0 } };

        if (s == NULL || store_begin(s, NULL) < 0 || store_next(s, TEXT("shop"), TEXT("order"), &number, NULL) < 0)
            _exit(1);
        key.id.length = (size_t)snprintf(id, sizeof id, "%llu", (unsigned long long)number);
        if (store_put(s, &key, TEXT("{}"), NULL, NULL) < 0 ||
            store_note(s, TEXT("shop"), TEXT("events"), TEXT("t"), TEXT("{}"), NULL, NULL) < 0 ||
            store_commit(s, NULL) < 0)
            _exit(1);
        if (write(tell, &number, sizeof number) != (ssize_t)sizeof number)
            _exit(1);
    }
}

/* How many were certain before the process, which was in the middle of another, was killed. */
static uint64_t
kill_a_writer(uint64_t after)
{
    uint64_t certain = 0, first = 0;
    int pipe_ends[2], status;
    pid_t child;

    assert_int_equal(pipe(pipe_ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(pipe_ends[0]);
        write_orders(pipe_ends[1]);
    }
    (void)close(pipe_ends[1]);
    while (read(pipe_ends[0], &certain, sizeof certain) == (ssize_t)sizeof certain)
        if (first == 0)
            first = certain;
        else if (certain == first + after)
            assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    (void)close(pipe_ends[0]);
    return certain;
}

static bool
count_name(void *arg, struct text service, struct text name, uint64_t count)
{
    (void)service;
    (void)name;
    *(uint64_t *)arg = count;
    return true;
}

static void
what_was_committed_survives_kill_9_and_nothing_else_does(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 6; round++) {
        uint64_t certain = kill_a_writer(5 + 7 * round), records = 0, events = 0;
        struct store *s = open_file();

        begins(s);
        assert_int_equal(store_collections(s, count_name, &records, NULL), 0);
        assert_int_equal(store_note_lists(s, count_name, &events, NULL), 0);
        check_that(records >= certain && records <= certain + 1, "%llu records, %llu were certain",
                   (unsigned long long)records, (unsigned long long)certain);
        assert_int_equal(events, records);
        assert_int_equal(next_of(s, "order"), records + 1);
        store_rollback(s);
        store_drop(s);
    }
}

static void
a_file_that_another_process_has_open_is_refused(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    int pipe_ends[2], status;
    char ready = 0;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(pipe_ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *s = store_open(path, NULL);

        if (s == NULL || write(pipe_ends[1], "r", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(pipe_ends[0], &ready, 1), 1);
    assert_null(store_open(path, &err));
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    assert_string_equal(err.where, path);
    assert_non_null(strstr(err.what, "another plumbline has it open"));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(pipe_ends[0]);
    (void)close(pipe_ends[1]);
    store_drop(open_file());
}

static void
a_file_is_refused_to_the_same_process_twice(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct store *s = open_file();

    (void)state;
    assert_null(store_open(path, &err));
    assert_non_null(strstr(err.what, "another plumbline has it open"));
    begins(s);
    puts_record(s, "1", "{}");
    commits(s);
    store_drop(s);
}

/* A file of these bytes; what is said of it. */
static void
refused(const char *name, enum error_kind kind, const char *what)
{
    struct error err = { .kind = ERROR_NONE };

    assert_null(store_open(name, &err));
    check_that(err.kind == kind && strstr(err.what, what) != NULL, "%s: kind %d: %s", name, err.kind, err.what);
}

static void
write_file(const char *name, const void *bytes, size_t size, off_t at)
{
    int fd = open(name, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, at), (ssize_t)size);
    (void)close(fd);
}

static void
what_is_no_state_is_refused_and_left_alone(void **state)
{
    char *content;
    size_t length;

    (void)state;
    write_file(path, "{\"orders\":[]}\n", 14, 0);
    refused(path, ERROR_CONFIG, "no sandbox state of this version; delete it or name another file");
    content = unit_read_file(path, &length);
    check_bytes(content, length, "{\"orders\":[]}\n");
    free(content);
    refused(folder, ERROR_CONFIG, "cannot be a folder");
    refused("/dev/null", ERROR_CONFIG, "must be a regular file");
    refused("", ERROR_CONFIG, "empty name");
    refused("/nowhere/at/all", ERROR_ENVIRONMENT, "No such file or directory");
    refused("/proc/plumbline-state", ERROR_ENVIRONMENT, "cannot make the sandbox state");
}

static void
a_state_of_another_version_or_program_is_refused(void **state)
{
    static const char other_version[] = { 0, 0, 0, 99 }, other_program[] = { 1, 2, 3, 4 };

    (void)state;
    store_drop(open_file());
    write_file(path, other_version, 4, 60); /* SQLite's file format: user_version */
    refused(path, ERROR_CONFIG, "no sandbox state of this version");
    (void)unlink(path);
    store_drop(open_file());
    write_file(path, other_program, 4, 68); /* application_id */
    refused(path, ERROR_CONFIG, "no sandbox state of this version");
}

static void
a_damaged_file_is_refused_wherever_the_damage_is(void **state)
{
    struct store *s = open_file();
    struct stat status;

    (void)state;
    begins(s);
    for (unsigned i = 0; i < 200; i++)
        puts_record(s, arena_print(arena, "%u", i).data, "{\"text\":\"some text that fills a few pages\"}");
    commits(s);
    store_drop(s);
    assert_int_equal(stat(path, &status), 0);
    for (off_t at = 4096; at < status.st_size; at += 4096) {
        char page[4096], noise[4096];
        int fd = open(path, O_RDWR);
        struct error err = { .kind = ERROR_NONE };

        memset(noise, 0xa5, sizeof noise);
        assert_int_equal(pread(fd, page, sizeof page, at), sizeof page);
        assert_int_equal(pwrite(fd, noise, sizeof noise, at), sizeof noise);
        s = store_open(path, &err);
        check_that(s == NULL && err.kind == ERROR_CONFIG && strstr(err.what, "damaged; delete it") != NULL,
                   "page at %lld: %s", (long long)at, err.what);
        assert_int_equal(pwrite(fd, page, sizeof page, at), sizeof page);
        (void)close(fd);
    }
    store_drop(open_file());
}

static void
a_name_that_sqlite_reads_in_its_own_way_is_only_a_name(void **state)
{
    char here[256];
    struct stat status;

    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    store_drop(store_open(":memory:", NULL));
    assert_int_equal(stat(":memory:", &status), 0);
    assert_int_equal(unlink(":memory:"), 0);
    store_drop(store_open("file:x?mode=memory", NULL));
    assert_int_equal(stat("file:x?mode=memory", &status), 0);
    assert_int_equal(unlink("file:x?mode=memory"), 0);
    assert_int_equal(chdir(here), 0);
}

/* In a process whose files may not grow beyond 1 MiB. 0: all went as it should. */
static int
fill_the_disk(uint64_t *committed)
{
    const struct rlimit limit = { 1 << 20, 1 << 20 };
    struct error err = { .kind = ERROR_NONE };
    struct store *s = store_open(path, NULL);
    char json[2048];

    memset(json, ' ', sizeof json);
    memcpy(json, "{}", 2);
    (void)signal(SIGXFSZ, SIG_IGN);
    if (s == NULL || setrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 1;
    for (*committed = 0; *committed < 10000; ++*committed) {
        char id[16];
        struct store_key key = { TEXT("shop"), TEXT("orders"), { id, 0 } };

        key.id.length = (size_t)snprintf(id, sizeof id, "%llu", (unsigned long long)*committed);
        if (store_begin(s, &err) < 0)
            break;
        (void)store_put(s, &key, text_make(json, sizeof json), NULL, &err);
        if (store_commit(s, &err) < 0)
            break;
    }
    if (err.kind != ERROR_ENVIRONMENT || strcmp(err.where, path) != 0)
        return 2;
    if (store_begin(s, NULL) == 0) { /* what is there can still be read */
        struct store_key first = key_of("0");

        if (store_get(s, &first, NULL, NULL, NULL) != 1)
            return 3;
        store_rollback(s);
    }
    return 0;
}

static void
a_disk_that_is_full_refuses_the_change_and_keeps_the_rest(void **state)
{
    uint64_t committed = 0, records = 0;
    int pipe_ends[2], status;
    struct store *s;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(pipe_ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int result = fill_the_disk(&committed);

        _exit(write(pipe_ends[1], &committed, sizeof committed) == (ssize_t)sizeof committed ? result : 9);
    }
    assert_int_equal(read(pipe_ends[0], &committed, sizeof committed), sizeof committed);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    (void)close(pipe_ends[0]);
    (void)close(pipe_ends[1]);
    assert_true(committed > 10);
    s = open_file();
    begins(s);
    assert_int_equal(store_collections(s, count_name, &records, NULL), 0);
    assert_int_equal(records, committed);
    commits(s);
    store_drop(s);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_file_remembers_after_a_restart),
        TEST(what_was_committed_survives_kill_9_and_nothing_else_does),
        TEST(a_file_that_another_process_has_open_is_refused),
        TEST(a_file_is_refused_to_the_same_process_twice),
        TEST(what_is_no_state_is_refused_and_left_alone),
        TEST(a_state_of_another_version_or_program_is_refused),
        TEST(a_damaged_file_is_refused_wherever_the_damage_is),
        TEST(a_name_that_sqlite_reads_in_its_own_way_is_only_a_name),
        TEST(a_disk_that_is_full_refuses_the_change_and_keeps_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
