/* Paths that two programs could read differently. */
#include "unit.h"

#include "proxy/path_rules.h"

static void
check_broken(const char *path, bool broken)
{
    const char *rule = path_rule_broken(text_of(path));

    check_that((rule != NULL) == broken, "'%s': %s", path, rule != NULL ? rule : "no rule");
}

static void
ordinary_paths_break_no_rule(void **state)
{
    static const char *const paths[] = {
        "/",        "/orders", "/orders/",      "/orders/7", "/a.b/c..d/...", "/.well-known/x",
        "/..x/.y.", "*",       "/%41%20%C3%A4", "/a%",       "/a%2",          "/a%zz"
    };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        check_broken(paths[i], false);
}

static void
ambiguous_paths_break_one(void **state)
{
    static const char *const paths[] = { "/.",     "/..",   "/a/./b", "/a/../b", "/a/..",    "/%2e",   "/%2E%2e/a",
                                         "/.%2e",  "/a//b", "//a",    "/a/b//",  "/a%2fb",   "/a%2Fb", "/a\\b",
                                         "/a%5cb", "/a%5C", "/a%00",  "/%00/b",  "/a/%2e%2e" };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        check_broken(paths[i], true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_paths_break_no_rule),
        cmocka_unit_test(ambiguous_paths_break_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
