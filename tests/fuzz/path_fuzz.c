/* path_fuzz.c -- any query over any document: the first line of the input is the query, the rest JSON.
 *
 * Beside crashes it looks for what must be true of every run: values are of the document, a singular query gives one at
 * most, with a smaller budget it never gives another answer, and what is refused says why. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "json/path.h"
#include "schema/iregexp.h"

#define BUDGET 20000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

static void
run_it(const struct path *path, const struct document *document, struct iregexp *regex, struct arena *arena)
{
    struct path_run run = { .regex = iregexp_regex(regex), .arena = arena, .budget = BUDGET }, again = run;
    const struct value *const *list, *const *same;
    uint32_t count, same_count;

    if (path_select(path, document->root, &run, &list, &count) < 0) {
        demand(run.budget == 0);
        return;
    }
    demand(count <= 1 || !path_is_singular(path));
    for (uint32_t i = 0; i < count; i++)
        demand(list[i] >= document->root && list[i] < document->root + document->values);
    again.budget = BUDGET - run.budget;
    if (path_select(path, document->root, &again, &same, &same_count) == 0)
        demand(same_count == count && (count == 0 || memcmp(list, same, count * sizeof(*list)) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct document_options options = { .duplicates = true };
    struct text input = text_make((const char *)data, size);
    struct text query = text_slice(input, 0, text_find(input, '\n'));
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct iregexp *regex = iregexp_new();
    struct error err = { .kind = ERROR_NONE };
    struct document document;
    const struct path *path;

    demand(arena != NULL && regex != NULL);
    path = path_compile(query, arena, &err);
    demand((path == NULL) == (err.kind != ERROR_NONE && err.what[0] != '\0'));
    if (path != NULL && document_parse(&document, text_from(input, query.length + 1), &options, arena, NULL) == 0)
        run_it(path, &document, regex, arena);
    iregexp_free(regex);
    arena_free(arena);
    return 0;
}
