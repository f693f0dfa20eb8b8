/* path_bench.c -- milliseconds for queries over a document of 1 MB, and for compiling one. Best of several rounds,
 * because the machine is shared. `make bench T=path`. */
#include <stdio.h>
#include <time.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "json/path.h"
#include "schema/iregexp.h"

#define ROUNDS 15
#define BUDGET 50000000u

static const char *const queries[] = {
    "$.store.book[100].title",
    "$..book[?@.price<10]",
    "$..book[?@.price<10].title",
    "$..price",
    "$..*",
    "$.store.book[?match(@.title, 'The .*[0-9]')]",
    "$.store.book[?@.tags[?@=='new'] && !@.sold]",
    "$.store.book[::-1]",
};

static double
milliseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void
write_document(struct buffer *out)
{
    buffer_add(out, TEXT("{\"store\":{\"book\":["));
    for (unsigned i = 0; buffer_length(out) < LIMIT_MIB; i++)
        buffer_print(out,
                     "%s{\"category\":\"fiction\",\"author\":\"Author %u\",\"title\":\"The Book %u\",\"isbn\":"
                     "\"0-553-%05u-3\",\"price\":%u.%02u,\"tags\":[\"%s\",\"paper\"]}",
                     i > 0 ? "," : "", i % 97, i, i, i % 40, i % 100, i % 3 == 0 ? "new" : "old");
    buffer_add(out, TEXT("]}}"));
}

static int
measure(const char *query, const struct value *root, struct iregexp *regex, struct arena *arena)
{
    const struct path *path = NULL;
    double best = 1e9, compiling = 1e9;
    uint32_t count = 0, spent = 0;

    for (int round = 0; round < ROUNDS; round++) {
        struct path_run run = { .regex = iregexp_regex(regex), .arena = arena, .budget = BUDGET };
        struct arena_mark mark = arena_mark(arena);
        const struct value *const *list;
        double start = milliseconds(), compiled, took;

        if ((path = path_compile(text_of(query), arena, NULL)) == NULL)
            return -1;
        compiled = milliseconds();
        if (path_select(path, root, &run, &list, &count) < 0)
            return -1;
        took = milliseconds() - compiled;
        best = took < best ? took : best;
        compiling = compiled - start < compiling ? compiled - start : compiling;
        spent = BUDGET - run.budget;
        arena_rewind(arena, mark);
    }
    printf("%8.3f ms %8.2f us %8u values of %8u looked at  %s\n", best, compiling * 1e3, count, spent, query);
    return 0;
}

int
main(void)
{
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct iregexp *regex = iregexp_new();
    struct document document;
    struct buffer source;
    int result = 3;

    buffer_init(&source, 2 * LIMIT_MIB);
    write_document(&source);
    if (arena != NULL && regex != NULL && document_parse(&document, buffer_text(&source), NULL, arena, NULL) == 0) {
        printf("%zu bytes, %u values; running, compiling:\n", buffer_length(&source), document.values);
        result = 0;
        for (size_t i = 0; i < sizeof queries / sizeof queries[0] && result == 0; i++)
            result = measure(queries[i], document.root, regex, arena) < 0 ? 3 : 0;
    }
    iregexp_free(regex);
    arena_free(arena);
    buffer_release(&source);
    return result;
}
