/* catalog_bench.c -- how long it takes to load a recording that answers, and to answer from it: a million exchanges of
 * 1 KB (or as many as the first argument says), without an index, with one, and compressed. The recording is made in
 * the folder that the second argument names (one of its own below TMPDIR unless said) and removed. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "replay/catalog.h"
#include "traffic/recording.h"
#include "traffic/segment.h"

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
write_line(struct buffer *out, unsigned i)
{
    size_t begin = buffer_length(out);

    buffer_print(out,
                 "{\"startedDateTime\":\"2026-11-21T06:00:00Z\",\"time\":12,\"request\":{\"method\":\"%s\",\"url\":"
                 "\"http://shop.example/things/%u?view=%u\",\"httpVersion\":\"HTTP/1.1\",\"headers\":[],\"cookies\":[],"
                 "\"queryString\":[],\"headersSize\":-1,\"bodySize\":0},\"response\":{\"status\":200,\"statusText\":"
                 "\"OK\",\"httpVersion\":\"HTTP/1.1\",\"headers\":[{\"name\":\"Content-Type\",\"value\":"
                 "\"application/json\"}],\"cookies\":[],\"content\":{\"size\":20,\"mimeType\":\"application/json\","
                 "\"text\":\"{\\\"number\\\":%u}\"},\"redirectURL\":\"\",\"headersSize\":-1,\"bodySize\":20},\"cache\":"
                 "{},\"timings\":{\"send\":0,\"wait\":1,\"receive\":0},\"_plumbline\":{\"version\":1,\"id\":\"id%u\","
                 "\"sequence\":%u,\"service\":\"shop\",\"operation\":\"op%u\",\"target\":\"/things/"
                 "%u?view=%u\",\"responder\":\"upstream\",\"outcome\":"
                 "\"delivered\",\"pad\":\"",
                 i % 4 == 0 ? "POST" : "GET", i, i % 3, i, i, i + 1, i % 20, i, i % 3);
    while (buffer_length(out) - begin < 1020)
        buffer_byte(out, (char)('a' + buffer_length(out) % 26));
    buffer_add(out, TEXT("\"}}\n"));
}

static void
make(const char *folder, unsigned count)
{
    struct segment_repair repair;
    struct error err = { .kind = ERROR_NONE };
    struct segment_writer *w = segment_writer_open(folder, LIMIT_SEGMENT_BYTES, &repair, &err);
    struct buffer out;
    size_t kept;

    buffer_init(&out, 64 * LIMIT_MIB);
    for (unsigned i = 0; w != NULL && i < count; i++) {
        write_line(&out, i);
        if ((i % 1000 == 999 || i + 1 == count) && segment_writer_append(w, buffer_text(&out), &kept, &err) == 0)
            buffer_clear(&out);
    }
    buffer_release(&out);
    segment_writer_close(w);
    if (err.kind != ERROR_NONE)
        (void)fprintf(stderr, "%s: %s\n", err.where, err.what);
}

/* Give every segment an index, or compress them. */
static void
finish(const char *folder, bool compress)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct recording_segment *list;
    size_t count;

    if (recording_list(folder, false, arena, &list, &count, NULL) == 0)
        for (size_t i = 0; i < count; i++) {
            struct index_builder *lines = recording_read_lines(folder, &list[i], NULL);

            if (lines != NULL && (compress ? recording_compress(folder, &list[i], lines, NULL)
                                           : recording_put_index(folder, &list[i], lines, NULL)) < 0)
                (void)fprintf(stderr, "a segment could not be finished\n");
            index_builder_free(lines);
        }
    arena_free(arena);
}

static void
clean(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        (void)closedir(dir);
    (void)rmdir(folder);
}

/* Read every thousandth, far from each other. */
static double
reads(struct catalog *c)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    double begin = seconds();
    uint32_t n = 0;

    for (uint32_t i = 7; i < catalog_count(c); i += 997, n++) {
        struct exchange x;

        arena_reset(arena);
        if (catalog_read(c, i, &x, arena, NULL) < 0)
            (void)fprintf(stderr, "entry %u cannot be read\n", (unsigned)i);
    }
    arena_free(arena);
    return n > 0 ? (seconds() - begin) / n * 1e6 : 0;
}

static void
measure(const char *folder, const char *what)
{
    struct error err = { .kind = ERROR_NONE };
    struct rusage usage;
    double begin = seconds(), took;
    struct catalog *c = catalog_open(folder, NULL, &err);

    took = seconds() - begin;
    if (c == NULL) {
        (void)fprintf(stderr, "%s: %s\n", err.where, err.what);
        return;
    }
    (void)printf("%-16s %8u exchanges  %6.2f s  %6.1f us a read", what, (unsigned)catalog_count(c), took, reads(c));
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf("  %5ld MiB at most\n", usage.ru_maxrss / 1024);
    catalog_free(c);
}

int
main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000;
    const char *base = getenv("TMPDIR");
    char folder[512];

    (void)snprintf(folder, sizeof folder, "%s/plumbline-catalog-XXXXXX", base != NULL ? base : "/tmp");
    if (argc > 2)
        (void)snprintf(folder, sizeof folder, "%s", argv[2]);
    else if (mkdtemp(folder) == NULL)
        return 1;
    make(folder, count);
    measure(folder, "no index");
    finish(folder, false);
    measure(folder, "index");
    finish(folder, true);
    measure(folder, "compressed");
    clean(folder);
    return 0;
}
