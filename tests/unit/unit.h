/*
 * What every unit test includes first: cmocka, and the helpers that all of them want.
 *
 * A test is a function whose name is a sentence; the program's main() lists them:
 *
 *     int
 *     main(void)
 *     {
 *         const struct CMUnitTest tests[] = {
 *             cmocka_unit_test(a_literal_segment_beats_a_template),
 *         };
 *         return cmocka_run_group_tests(tests, NULL, NULL);
 *     }
 *
 * Programs run in the project's root folder, so a case is opened as "tests/cases/json/numbers.txt".
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The struct text `actual` holds exactly the characters of the C string `expected`. */
#define check_text(actual, expected)                                                                                   \
    do {                                                                                                               \
        __typeof__(actual) unit_text_ = (actual);                                                                      \
        unit_check_bytes(unit_text_.data, unit_text_.length, (expected), strlen(expected), #actual, __FILE__,          \
                         __LINE__);                                                                                    \
    } while (0)

/* `length` bytes at `data` are exactly those of the C string `expected`. */
#define check_bytes(data, length, expected)                                                                            \
    unit_check_bytes((data), (length), (expected), strlen(expected), #data, __FILE__, __LINE__)

/* `condition` holds; if not, the message (printf) says what was expected and what came, and for which case. */
#define check_that(condition, ...)                                                                                     \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            print_error("%s:%d: %s: ", __FILE__, __LINE__, #condition);                                                \
            print_error(__VA_ARGS__);                                                                                  \
            print_error("\n");                                                                                         \
            _fail(__FILE__, __LINE__);                                                                                 \
        }                                                                                                              \
    } while (0)

__attribute__((unused)) static void
unit_check_bytes(const char *actual, size_t actual_length, const char *expected, size_t expected_length,
                 const char *what, const char *file, int line)
{
    if (actual_length == expected_length && (actual_length == 0 || memcmp(actual, expected, actual_length) == 0))
        return;
    print_error("%s:%d: %s\n  expected  \"%s\"\n  found     \"%.*s\" (%zu bytes)\n", file, line, what, expected,
                (int)actual_length, actual ? actual : "", actual_length);
    _fail(file, line);
}

/* The whole file, followed by a NUL that is not counted in *length (which may be NULL); the caller frees it. The test
 * fails when the file cannot be read. */
__attribute__((unused)) static char *
unit_read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *data = NULL;
    size_t size = 0;

    if (!file)
        fail_msg("cannot open '%s'", path);
    for (;;) {
        char *grown = realloc(data, size + 65536 + 1);

        if (!grown)
            fail_msg("out of memory reading '%s'", path);
        data = grown;
        size_t got = fread(data + size, 1, 65536, file);
        size += got;
        if (got < 65536)
            break;
    }
    if (ferror(file))
        fail_msg("cannot read '%s'", path);
    fclose(file);
    data[size] = '\0';
    if (length)
        *length = size;
    return data;
}

#endif
