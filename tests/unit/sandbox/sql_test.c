#include "unit.h"

#include "base/limits.h"
#include "sandbox/sql.h"

static void
at_its_ceiling_the_store_says_so_and_the_transaction_is_over(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct sql *sql = sql_open(NULL, LIMIT_MIB, &err);
    char json[4096];
    struct sql_use use;
    int result = 0;

    (void)state;
    assert_non_null(sql);
    memset(json, ' ', sizeof json);
    use = sql_use(sql, SQL_BEGIN);
    assert_int_equal(sql_step(&use, &err), 0);
    sql_end(&use);
    assert_true(sql_in_transaction(sql));
    for (unsigned i = 0; i < 1024 && result >= 0; i++) {
        use = sql_use(sql, SQL_NOTE_ADD);
        for (unsigned column = 0; column < 3; column++)
            sql_text(&use, TEXT("x"));
        sql_text(&use, text_make(json, sizeof json));
        result = sql_step(&use, &err);
        sql_end(&use);
    }
    assert_int_equal(result, -1);
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    assert_string_equal(err.what, "no room for more: the disk is full, or the sandbox remembers 1 MiB; reset it");
    sql_close(sql);
}

static void
a_value_that_sqlite_does_not_take_fails_the_step(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct sql *sql = sql_open(NULL, LIMIT_MIB, &err);
    struct sql_use use = sql_use(sql, SQL_META_GET);

    (void)state;
    sql_text(&use, TEXT("seed"));
    sql_text(&use, TEXT("one too many"));
    assert_int_equal(sql_step(&use, &err), -1);
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    sql_end(&use);
    sql_close(sql);
    sql_close(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_its_ceiling_the_store_says_so_and_the_transaction_is_over),
        cmocka_unit_test(a_value_that_sqlite_does_not_take_fails_the_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
