/* jsonpath.c -- the JSONPath Compliance Test Suite: valid queries must give one of the expected lists, invalid ones
 * must be refused.
 *
 *     jsonpath FILE       cts.json of the suite
 */
#include <stdlib.h>

#include "base/limits.h"
#include "json/compare.h"
#include "json/path.h"
#include "schema/iregexp.h"
#include "suite.h"

#define BUDGET 1000000u

static bool
is_list(const struct value *expected, const struct value *const *list, uint32_t count)
{
    uint32_t at = 0;

    if (!value_is(expected, VALUE_ARRAY) || expected->count != count)
        return false;
    for (VALUE_EACH_ITEM(item, expected)) {
        if (value_equal(item, list[at++], NULL) != 1)
            return false;
    }
    return true;
}

static bool
is_expected(const struct value *test, const struct value *const *list, uint32_t count)
{
    const struct value *several = VALUE_MEMBER(test, "results");

    if (several == NULL)
        return is_list(VALUE_MEMBER(test, "result"), list, count);
    for (VALUE_EACH_ITEM(result, several)) {
        if (is_list(result, list, count))
            return true;
    }
    return false;
}

static void
run(struct suite *s, const struct value *test, struct arena *arena, struct iregexp *regex)
{
    const char *name = arena_text(arena, value_text(VALUE_MEMBER(test, "name"))).data;
    struct path_run options = { .regex = iregexp_regex(regex), .arena = arena, .budget = BUDGET };
    bool invalid = value_is(VALUE_MEMBER(test, "invalid_selector"), VALUE_TRUE);
    const struct value *const *list = NULL;
    struct error err = { .kind = ERROR_NONE };
    const struct path *path = path_compile(value_text(VALUE_MEMBER(test, "selector")), arena, &err);
    uint32_t count = 0;

    if (invalid && path != NULL)
        suite_failed(s, name, "accepted");
    else if (!invalid && path == NULL)
        suite_failed(s, name, "refused: %s", err.what);
    else if (!invalid && path_select(path, VALUE_MEMBER(test, "document"), &options, &list, &count) < 0)
        suite_failed(s, name, "the budget was used up");
    else if (!invalid && !is_expected(test, list, count))
        suite_failed(s, name, "selects %u other values", count);
    else
        s->passed++;
}

int
main(int argc, char **argv)
{
    struct arena *suite = arena_new(0, LIMIT_EXCHANGE_ARENA), *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct iregexp *regex = iregexp_new();
    struct suite s = { 0, 0, 0 };
    struct error err = { .kind = ERROR_NONE };
    struct document document;

    if (argc != 2 || suite == NULL || arena == NULL || regex == NULL ||
        document_read(&document, argv[1], suite, &err) < 0) {
        printf("jsonpath: %s: %s\n", err.where, err.what);
        s.failed++;
    } else {
        for (VALUE_EACH_ITEM(test, VALUE_MEMBER(document.root, "tests"))) {
            arena_reset(arena);
            run(&s, test, arena, regex);
        }
    }
    iregexp_free(regex);
    arena_free(arena);
    arena_free(suite);
    return suite_end(&s);
}
