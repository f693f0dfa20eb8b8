#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "cli/command.h"

struct parsed {
    bool dry;
    const char *to;
    const char *level;
    struct option_list contracts;
    long number;
    struct option_list arguments;
    enum options_result result;
    char told[4096]; /* standard output and error */
};

/* What the program prints goes to a file for a while. */
static int
redirect(int saved[2])
{
    char name[] = "/tmp/plumbline-options-XXXXXX";
    int file = mkstemp(name);

    (void)unlink(name);
    for (int i = 0; i < 2; i++) {
        (void)fflush(i == 0 ? stdout : stderr);
        saved[i] = dup(i + 1);
        (void)dup2(file, i + 1);
    }
    return file;
}

static void
restore(int file, const int saved[2], struct parsed *p)
{
    ssize_t n;

    for (int i = 0; i < 2; i++) {
        (void)fflush(i == 0 ? stdout : stderr);
        (void)dup2(saved[i], i + 1);
        (void)close(saved[i]);
    }
    n = pread(file, p->told, sizeof p->told - 1, 0);
    p->told[n > 0 ? n : 0] = '\0';
    (void)close(file);
}

static void
parse(struct parsed *p, const char *const *words)
{
    const struct option options[] = {
        { "--dry-run", 0, OPTION_FLAG, NULL, NULL, "only tell", &p->dry },
        { "--to", 't', OPTION_TEXT, "URL", NULL, "where to", &p->to },
        { "--fail-on", 0, OPTION_CHOICE, "LEVEL", "error|warn|info", "from which level", &p->level },
        { "--contract", 0, OPTION_LIST, "FILE", NULL, "may be repeated", &p->contracts },
        { "--a-name-that-is-too-long-for-the-column", 'n', OPTION_NUMBER, "N", NULL, "how many", &p->number },
        { .name = NULL },
    };
    const struct usage usage = { .name = "try",
                                 .summary = "Try it.",
                                 .arguments = "FILE...",
                                 .example = "plumbline try a",
                                 .options = options,
                                 .least = 1,
                                 .most = 2,
                                 .more = "The end." };
    char *argv[16] = { (char *)(uintptr_t) "try" };
    int argc = 1, saved[2], file;

    *p = (struct parsed){ .number = -1 };
    for (; *words != NULL; words++)
        argv[argc++] = (char *)(uintptr_t)*words;
    file = redirect(saved);
    p->result = options_parse(&usage, argc, argv, &p->arguments);
    restore(file, saved, p);
}

#define PARSE(p, ...) parse(p, (const char *const[]){ __VA_ARGS__, NULL })

static void
options_and_arguments_may_be_mixed(void **state)
{
    struct parsed p;

    (void)state;
    PARSE(&p, "a", "--dry-run", "--to", "x", "--contract=1", "b", "--contract", "2", "-n", "7", "--fail-on", "warn");
    assert_int_equal(p.result, OPTIONS_OK);
    assert_string_equal(p.told, "");
    assert_true(p.dry);
    assert_string_equal(p.to, "x");
    assert_string_equal(p.level, "warn");
    assert_int_equal(p.number, 7);
    assert_int_equal(p.contracts.count, 2);
    assert_string_equal(p.contracts.items[1], "2");
    assert_int_equal(p.arguments.count, 2);
    assert_string_equal(p.arguments.items[1], "b");
}

static void
the_last_one_of_an_option_counts_and_its_value_may_be_anything_but_empty(void **state)
{
    struct parsed p;

    (void)state;
    PARSE(&p, "--to=a=b", "-t", "--dry-run", "f");
    assert_int_equal(p.result, OPTIONS_OK);
    assert_string_equal(p.to, "--dry-run");
    assert_false(p.dry);
    PARSE(&p, "--to=", "f");
    assert_int_equal(p.result, OPTIONS_BAD);
}

static void
two_hyphens_end_the_options_and_one_is_an_argument(void **state)
{
    struct parsed p;

    (void)state;
    PARSE(&p, "-", "--", "--to");
    assert_int_equal(p.result, OPTIONS_OK);
    assert_int_equal(p.arguments.count, 2);
    assert_string_equal(p.arguments.items[0], "-");
    assert_string_equal(p.arguments.items[1], "--to");
    assert_null(p.to);
}

static void
a_mistake_is_told_in_one_line(void **state)
{
    static const struct {
        const char *words[4];
        const char *message;
    } cases[] = {
        { { "--cotract", "x" }, "there is no option '--cotract'; did you mean '--contract'?" },
        { { "--xyzzy", "x" }, "there is no option '--xyzzy'; 'plumbline try --help' tells more" },
        { { "-x", "x" }, "there is no option '-x'" },
        { { "a", "--to" }, "a value is missing behind '--to'" },
        { { "a", "--dry-run=1" }, "there is no value for '--dry-run'" },
        { { "a", "--fail-on", "never" }, "--fail-on is one of error|warn|info, not 'never'" },
        { { "a", "-n", "1.5" }, "wants a whole number, not '1.5'" },
        { { "a", "-n", "-1" }, "wants a whole number, not '-1'" },
        { { "a", "-n", "99999999999999999999" }, "wants a whole number" },
        { { "--dry-run" }, "something is missing: plumbline try FILE..." },
        { { "a", "b", "c" }, "one argument too many: 'c'" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p;

        parse(&p, cases[i].words);
        check_that(p.result == OPTIONS_BAD, "%s", cases[i].message);
        check_that(strstr(p.told, cases[i].message) != NULL, "expected '%s', found '%s'", cases[i].message, p.told);
        check_that(strncmp(p.told, "plumbline try: ", 15) == 0 && strchr(p.told, '\n') == p.told + strlen(p.told) - 1,
                   "one line: %s", p.told);
    }
}

static void
help_is_printed_from_the_same_table(void **state)
{
    struct parsed p;

    (void)state;
    PARSE(&p, "--help");
    assert_int_equal(p.result, OPTIONS_HELP);
    assert_string_equal(p.told, "Try it.\n\n"
                                "usage: plumbline try FILE...\n\n"
                                "  $ plumbline try a\n\n"
                                "  --dry-run                    only tell\n"
                                "  -t, --to URL                 where to\n"
                                "  --fail-on LEVEL              from which level\n"
                                "  --contract FILE              may be repeated\n"
                                "  -n, --a-name-that-is-too-long-for-the-column N\n"
                                "                               how many\n"
                                "  --help                       this page\n"
                                "\n"
                                "The end.\n");
    PARSE(&p, "a", "b", "c", "-h"); /* asked for beside mistakes */
    assert_int_equal(p.result, OPTIONS_HELP);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_may_be_mixed),
        cmocka_unit_test(the_last_one_of_an_option_counts_and_its_value_may_be_anything_but_empty),
        cmocka_unit_test(two_hyphens_end_the_options_and_one_is_an_argument),
        cmocka_unit_test(a_mistake_is_told_in_one_line),
        cmocka_unit_test(help_is_printed_from_the_same_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
