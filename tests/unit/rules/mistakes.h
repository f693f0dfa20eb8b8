/* mistakes.h -- folders of settings files that say in their first line what must come of them: "# fine", or "# error:"
 * with LINE:COLUMN: in the file itself (or another file's place, or nothing) and words of the message. A JSON file has
 * no comments: NAME.expect says it. */
#ifndef UNIT_RULES_MISTAKES_H
#define UNIT_RULES_MISTAKES_H

#include "unit.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

/* Loads the file and frees what came of it. 0, or -1 with err. */
typedef int load_fn(const char *path, struct error *err);

static bool
message_fits(const char *path, struct text expected, const struct error *err)
{
    char whole[1024], wanted[1024];
    size_t place = text_search(expected, TEXT(": "));

    (void)snprintf(whole, sizeof whole, "%s: %s", err->where, err->what);
    if (expected.length == 0 || expected.data[0] < '0' || expected.data[0] > '9')
        return text_search(text_of(whole), expected) < strlen(whole);
    (void)snprintf(wanted, sizeof wanted, "%s:%.*s", path, TEXT_PRINT(text_slice(expected, 0, place)));
    expected = text_from(expected, place + 2);
    return text_starts(text_of(whole), text_of(wanted)) &&
           (expected.length == 0 || text_search(text_of(whole), expected) < strlen(whole));
}

/* Says what is wrong; the test goes on with the next case. */
static bool
case_holds(const char *path, struct text expected, load_fn *load)
{
    struct error err = { .kind = ERROR_NONE };
    int result = load(path, &err);
    bool holds = text_equal(expected, TEXT("fine"))
                     ? result == 0
                     : result < 0 && message_fits(path, expected, &err) && error_exit_code(&err) >= 2;

    if (!holds)
        print_error("%s\n  expected  %.*s\n  found     %s: %s\n", path, TEXT_PRINT(expected), err.where, err.what);
    return holds;
}

static struct text
expectation(const char *path, struct arena *arena)
{
    struct text content;
    char beside[300];

    (void)snprintf(beside, sizeof beside, "%s.expect", path);
    if (file_exists(beside)) {
        assert_int_equal(file_read(&content, beside, arena, NULL), 0);
        return text_slice(content, 0, text_find(content, '\n'));
    }
    assert_int_equal(file_read(&content, path, arena, NULL), 0);
    content = text_slice(content, 0, text_find(content, '\n'));
    if (text_equal(content, TEXT("# fine")))
        return TEXT("fine");
    check_that(text_starts(content, TEXT("# error: ")), "%s: the first line says what is expected", path);
    return text_from(content, 9);
}

static void
check_folder(const char *folder, size_t least, load_fn *load)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    const char **names;
    size_t count, cases = 0, failed = 0;

    assert_int_equal(file_list(folder, arena, &names, &count, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        struct text path = arena_print(arena, "%s/%s", folder, names[i]);

        if (!text_ends(path, TEXT(".yaml")) && !text_ends(path, TEXT(".json")))
            continue;
        failed += !case_holds(path.data, expectation(path.data, arena), load);
        cases++;
    }
    assert_int_equal(failed, 0);
    assert_true(cases >= least);
    arena_free(arena);
}

#endif
