#include "unit.h"

#include <errno.h>

#include "base/error.h"

static void
the_first_error_wins(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_int_equal(error_exit_code(&err), 0);
    assert_int_equal(error_set(&err, ERROR_CONFIG, "a.yaml:1:2", "'%s' leads nowhere", "#/x"), -1);
    assert_int_equal(error_set(&err, ERROR_ENVIRONMENT, "b", "echo"), -1);
    assert_int_equal(error_memory(&err), -1);
    assert_int_equal(error_system(&err, EACCES, "c", "echo"), -1);
    assert_string_equal(err.where, "a.yaml:1:2");
    assert_string_equal(err.what, "'#/x' leads nowhere");
    assert_int_equal(error_exit_code(&err), 2);
    assert_int_equal(error_at(&err, ""), -1);
    assert_string_equal(err.what, "'#/x' leads nowhere");
    assert_int_equal(error_at(&err, "gateway.yaml:4:11"), -1);
    assert_string_equal(err.where, "gateway.yaml:4:11");
    assert_string_equal(err.what, "a.yaml:1:2: '#/x' leads nowhere");
    assert_int_equal(err.kind, ERROR_CONFIG);
    error_clear(&err);
    assert_int_equal(error_at(&err, "gateway.yaml:4:11"), -1);
    assert_string_equal(err.where, "");
    assert_int_equal(err.kind, ERROR_NONE);
    assert_string_equal(err.what, "");
}

static void
the_systems_reason_stands_behind(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_int_equal(error_system(&err, ENOENT, NULL, "cannot open '%s'", "f"), -1);
    assert_string_equal(err.what, "cannot open 'f': No such file or directory");
    assert_string_equal(err.where, "");
    assert_int_equal(error_exit_code(&err), 3);
}

static void
nobody_has_to_listen_and_long_texts_are_cut(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    char large[2000];

    (void)state;
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    assert_int_equal(error_set(NULL, ERROR_USAGE, NULL, "x"), -1);
    assert_int_equal(error_memory(NULL), -1);
    assert_int_equal(error_system(NULL, 1, NULL, "x"), -1);
    error_clear(NULL);
    assert_int_equal(error_exit_code(NULL), 0);
    assert_int_equal(error_system(&err, ENOENT, large, "%s", large), -1);
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
    assert_int_equal(strlen(err.what), sizeof err.what - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_wins),
        cmocka_unit_test(the_systems_reason_stands_behind),
        cmocka_unit_test(nobody_has_to_listen_and_long_texts_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
