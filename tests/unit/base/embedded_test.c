#include "unit.h"
#include "base/embedded.h"

static void
every_file_of_the_table_is_found_by_its_name_with_its_bytes(void **state)
{
    (void)state;
    for (const struct embedded *file = embedded_table; file->name; file++) {
        char path[512];
        size_t length = 0;
        const char *folder = strncmp(file->name, "ui/", 3) == 0           ? "gateway/admin"
                             : strncmp(file->name, "sandbox/", 8) == 0    ? "gateway"
                             : strncmp(file->name, "report/ui/", 10) == 0 ? "gateway"
                                                                          : "docs";

        snprintf(path, sizeof path, "%s/%s", folder, file->name);
        char *data = unit_read_file(path, &length);
        assert_ptr_equal(embedded_find(file->name), file);
        assert_int_equal(file->size, length);
        assert_memory_equal(file->data, data, length);
        assert_int_equal(file->data[length], 0);
        free(data);
    }
}

static void
a_name_that_is_not_there_is_null(void **state)
{
    (void)state;
    assert_null(embedded_find("schema/no-such-file.json"));
    assert_null(embedded_find(""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_of_the_table_is_found_by_its_name_with_its_bytes),
        cmocka_unit_test(a_name_that_is_not_there_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
