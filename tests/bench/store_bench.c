/* store_bench.c -- how long one transaction of a simulated service takes: begin, get, put, commit of a record of 600
 * bytes among 1,000, in memory and in a file; and to find ten among 10,000 by a value. Prints the best of several
 * rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "sandbox/store.h"

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
must(int result)
{
    if (result < 0)
        exit(1);
}

/* The record of this number, about 600 bytes, one of a thousand states. */
static struct text
record(unsigned number)
{
    static char json[1024];
    int length = snprintf(json, sizeof json, "{\"id\":\"%u\",\"state\":\"s%u\",\"total\":19.90,\"note\":\"%0500u\"}",
                          number, number % 1000, number);

    return text_make(json, (size_t)length);
}

static void
change(struct store *s, unsigned number, bool write)
{
    char id[16];
    struct store_key key = { TEXT("shop"), TEXT("orders"), { id, (size_t)snprintf(id, sizeof id, "%u", number) } };
    struct buffer json;
    uint64_t version;

    buffer_init(&json, LIMIT_STORE_RECORD);
    must(store_begin(s, NULL));
    must(store_get(s, &key, &json, &version, NULL));
    if (write)
        must(store_put(s, &key, record(number), NULL, NULL));
    must(store_commit(s, NULL));
    buffer_release(&json);
}

static void
measure(struct store *s, const char *name, unsigned turns, bool write)
{
    double best = 1e9;

    for (int round = 0; round < 5; round++) {
        double start = seconds();

        for (unsigned i = 0; i < turns; i++)
            change(s, i % 1000, write);
        start = (seconds() - start) / turns;
        if (start < best)
            best = start;
    }
    printf("%-44s %8.1f us\n", name, best * 1e6);
}

static bool
ignore(void *arg, struct text id, struct text json, uint64_t version)
{
    (void)arg;
    (void)id;
    (void)json;
    return version > 0;
}

static void
measure_list(struct store *s)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct store_query query = { .service = TEXT("shop"), .collection = TEXT("orders") };
    struct document document;
    double best = 1e9;
    uint64_t total = 0;

    must(arena != NULL ? document_parse(&document, TEXT("{\"state\":\"s7\"}"), NULL, arena, NULL) : -1);
    query.where = document.root;
    for (int round = 0; round < 5; round++) {
        double start = seconds();

        must(store_begin(s, NULL));
        must(store_list(s, &query, ignore, NULL, &total, NULL));
        must(store_commit(s, NULL));
        start = seconds() - start;
        if (start < best)
            best = start;
    }
    printf("find %llu of 10000 by a value %*s %8.1f us\n", (unsigned long long)total, 14, "", best * 1e6);
    arena_free(arena);
}

int
main(void)
{
    char folder[] = "/tmp/plumbline-store-XXXXXX", path[64];
    struct store *memory = store_open(NULL, NULL), *file = NULL;

    if (mkdtemp(folder) != NULL) {
        (void)snprintf(path, sizeof path, "%s/state", folder);
        file = store_open(path, NULL);
    }
    must(memory != NULL && file != NULL ? 0 : -1);
    measure(memory, "begin, get, put, commit: memory", 5000, true);
    measure(memory, "begin, get, commit: memory", 5000, false);
    measure(file, "begin, get, put, commit: file, synced", 1000, true);
    measure(file, "begin, get, commit: file", 5000, false);
    for (unsigned i = 0; i < 10000; i++)
        change(memory, i, true);
    measure_list(memory);
    store_drop(memory);
    store_drop(file);
    (void)unlink(path);
    (void)rmdir(folder);
    return 0;
}
