#include "unit.h"

#include <pthread.h>
#include <unistd.h>

#include "base/log.h"

static int ends[2];

static int
open_pipe(void **state)
{
    (void)state;
    if (pipe(ends) != 0)
        return -1;
    log_to(ends[1]);
    log_setup(LOG_INFO, LOG_TEXT);
    return 0;
}

static int
close_pipe(void **state)
{
    (void)state;
    log_to(STDERR_FILENO);
    close(ends[1]);
    close(ends[0]);
    return 0;
}

/* What was written by one write(2): a pipe gives it back whole. */
static const char *
written(void)
{
    static char text[2 * LOG_LINE];
    ssize_t length = read(ends[0], text, sizeof text - 1);

    assert_true(length > 0);
    text[length] = '\0';
    return text;
}

/* The line without its time, which must look like one. */
static const char *
behind_time(const char *line)
{
    int year, month, day, hour, minute, second, milli, used = 0;

    assert_int_equal(
        sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month, &day, &hour, &minute, &second, &milli, &used), 7);
    assert_int_equal(used, 24);
    return line + used;
}

static void
a_line_has_time_level_and_message(void **state)
{
    (void)state;
    log_line(LOG_WARN, "%s, keeping the previous %d rules", "broken", 7);
    assert_string_equal(behind_time(written()), " warn  broken, keeping the previous 7 rules\n");
    log_line(LOG_ERROR, "no");
    assert_string_equal(behind_time(written()), " error no\n");
}

static void
a_message_cannot_forge_a_line(void **state)
{
    (void)state;
    log_line(LOG_INFO, "a\nb\r\x1b[31mc\td\x7f \xc3\xa4");
    assert_string_equal(behind_time(written()), " info  a b  [31mc d  \xc3\xa4\n");
    log_line(LOG_INFO, "no utf-8: \xe4");
    assert_string_equal(behind_time(written()), " info  no utf-8: ?\n");
}

static void
json_lines_are_json(void **state)
{
    const char *line;

    (void)state;
    log_setup(LOG_INFO, LOG_JSON);
    log_line(LOG_INFO, "a \"b\" \\ \n \x01 \xc3\xa4");
    line = written();
    assert_memory_equal(line, "{\"time\":\"", 9);
    assert_string_equal(behind_time(line + 9),
                        "\",\"level\":\"info\",\"message\":\"a \\\"b\\\" \\\\ \\u000a \\u0001 \xc3\xa4\"}\n");
}

static void
what_is_less_than_wanted_is_not_said(void **state)
{
    (void)state;
    log_setup(LOG_WARN, LOG_TEXT);
    log_line(LOG_INFO, "unheard");
    log_line(LOG_WARN, "heard");
    assert_string_equal(behind_time(written()), " warn  heard\n");
}

static void
errors_are_said_with_their_place(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    (void)error_set(&err, ERROR_CONFIG, "a.yaml:3:1", "no such key");
    log_error(LOG_WARN, "reloading", &err);
    assert_string_equal(behind_time(written()), " warn  reloading: a.yaml:3:1: no such key\n");
    error_clear(&err);
    (void)error_set(&err, ERROR_CONFIG, NULL, "no such key");
    log_error(LOG_WARN, NULL, &err);
    assert_string_equal(behind_time(written()), " warn  no such key\n");
}

static void
a_long_message_is_cut_between_characters(void **state)
{
    char message[2 * LOG_LINE];
    const char *line;

    (void)state;
    for (size_t i = 0; i + 2 < sizeof message; i += 2)
        memcpy(message + i, "\xc3\xa4", 3);
    log_line(LOG_INFO, "%s", message);
    line = written();
    assert_true(strlen(line) < LOG_LINE + 40);
    assert_memory_equal(line + strlen(line) - 3, "\xc3\xa4\n", 3);
}

static void
a_raw_line_is_written_as_it_is(void **state)
{
    (void)state;
    log_raw(TEXT("GET / 200"));
    assert_string_equal(written(), "GET / 200\n");
}

static void *
speak(void *letter)
{
    char message[501];

    memset(message, *(char *)letter, 500);
    message[500] = '\0';
    for (int i = 0; i < 100; i++)
        log_line(LOG_INFO, "%s", message);
    return NULL;
}

/* Each line must be of one letter. */
static void
lines_of_several_threads_do_not_mix(void **state)
{
    pthread_t threads[4];
    static char letters[] = "abcd";
    FILE *lines = fdopen(dup(ends[0]), "r");
    char line[LOG_LINE];

    (void)state;
    assert_non_null(lines);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, speak, &letters[i]), 0);
    for (int i = 0; i < 400; i++) {
        const char *message;

        assert_non_null(fgets(line, sizeof line, lines));
        message = behind_time(line) + strlen(" info  ");
        assert_int_equal(strlen(message), 501);
        assert_int_equal(strspn(message, (char[]){ message[0], '\0' }), 500);
    }
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    fclose(lines);
}

#define WITH_PIPE(test) cmocka_unit_test_setup_teardown(test, open_pipe, close_pipe)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PIPE(a_line_has_time_level_and_message),
        WITH_PIPE(a_message_cannot_forge_a_line),
        WITH_PIPE(json_lines_are_json),
        WITH_PIPE(what_is_less_than_wanted_is_not_said),
        WITH_PIPE(errors_are_said_with_their_place),
        WITH_PIPE(a_long_message_is_cut_between_characters),
        WITH_PIPE(a_raw_line_is_written_as_it_is),
        WITH_PIPE(lines_of_several_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
