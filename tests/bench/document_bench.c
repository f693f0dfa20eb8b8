/* document_bench.c -- how long reading takes: ns per parse and MB/s for a body of about 600 bytes and for files.
 *
 *     document_bench [FILE...]
 *
 * Prints the best of several rounds: the machine is shared, and the best round is the one that was disturbed least. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/limits.h"
#include "json/document.h"

/* 600 bytes as services exchange them: short strings, a few numbers, two levels of nesting. */
static const char body[] =
    "{\"id\":\"7f3b2c1e-9a54-4d0e-8f6b-2d1c0a9e8b77\",\"state\":\"pending\",\"created\":\"2024-05-17T09:31:22Z\","
    "\"currency\":\"EUR\",\"entries\":[{\"code\":\"AB-1029\",\"name\":\"Steel bolt, 8 mm\",\"quantity\":12,"
    "\"price\":0.35,\"tax\":0.07},{\"code\":\"AB-2210\",\"name\":\"Copper wire, 5 m\",\"quantity\":3,\"price\":14.99,"
    "\"tax\":2.85},{\"code\":\"XC-0007\",\"name\":\"Heat-shrink tube\",\"quantity\":1,\"price\":4.5,\"tax\":0.86}],"
    "\"place\":{\"name\":\"A. Person\",\"street\":\"1 Long Road\",\"city\":\"Some Town\",\"code\":\"12345\","
    "\"country\":\"DE\"},\"total\":57.45,\"note\":null,\"gift\":false,\"version\":4,\"tags\":[\"web\",\"new\"],"
    "\"reference\":\"2024-000417-B, second delivery of the\",\"x\":0}";

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
measure(const char *name, struct text source, bool duplicates)
{
    const struct document_options options = { .duplicates = duplicates };
    struct arena *arena = arena_new(64 * LIMIT_KIB, SIZE_MAX);
    size_t repeats = source.length < 4096 ? 20000 : 20 * LIMIT_MIB / source.length + 1;
    struct document document = { .values = 0 };
    double best = 1e9;

    for (int round = 0; arena != NULL && round < 25; round++) {
        double start = seconds(), took;

        for (size_t i = 0; i < repeats; i++) {
            arena_reset(arena);
            if (document_parse(&document, source, &options, arena, NULL) < 0) {
                fprintf(stderr, "document_bench: %s is not JSON\n", name);
                exit(1);
            }
        }
        took = (seconds() - start) / (double)repeats;
        if (took < best)
            best = took;
    }
    printf("%-40s %8zu B %8u values %10.0f ns %6.0f MB/s%s\n", name, source.length, document.values, best * 1e9,
           (double)source.length / best / 1e6, duplicates ? "  (repeated keys looked for)" : "");
    arena_free(arena);
}

static struct text
file_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct text t = { NULL, 0 };
    char *data;
    long size;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0 ||
        (data = malloc((size_t)size + 1)) == NULL) {
        perror(path);
        exit(3);
    }
    t = text_make(data, fread(data, 1, (size_t)size, file));
    (void)fclose(file);
    return t;
}

int
main(int argc, char **argv)
{
    measure("body", text_of(body), false);
    measure("body", text_of(body), true);
    for (int i = 1; i < argc; i++)
        measure(argv[i], file_text(argv[i]), false);
    return 0;
}
