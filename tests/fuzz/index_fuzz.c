/* index_fuzz.c -- any bytes as the index of a segment, with a checksum that is right, so that they are looked into.
 * What is believed must lead to lines, or to an error, in a segment of any bytes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "traffic/index_layout.h"
#include "traffic/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64];

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

static void
end(void)
{
    static const char *const names[] = { "000001.index", "000001.jsonl", "000001.jsonl.zst" };
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static void
put(const char *name, struct text bytes)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    demand(file != NULL && fwrite(bytes.data, 1, bytes.length, file) == bytes.length && fclose(file) == 0);
}

static void
follow(const struct index *index, struct text bytes, struct arena *arena)
{
    struct recording_segment s = { .number = 1, .compressed = index->frame_count > 0 };
    char *segment = calloc(1, (size_t)index->file_bytes + 1);
    struct index again;

    demand(segment != NULL);
    for (size_t i = 0; i < index->file_bytes; i++)
        segment[i] = i % 7 == 6 ? '\n' : bytes.data[i % bytes.length];
    put("000001.index", bytes);
    put(s.compressed ? "000001.jsonl.zst" : "000001.jsonl", text_make(segment, (size_t)index->file_bytes));
    demand(recording_index(folder, &s, &again, arena, NULL) == 0);
    for (uint64_t i = 0; i < again.line_count && i < 8; i++) {
        struct error err = { .kind = ERROR_NONE };
        struct text line;

        if (recording_line(folder, &s, &again, i, &line, arena, &err) == 0)
            demand(line.length + 1 == again.lines[i].length);
        else
            demand(err.kind != ERROR_NONE);
        (void)index_text(&again, again.lines[i].operation);
    }
    free(segment);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct error err = { .kind = ERROR_NONE };
    struct index index;
    struct buffer bytes;

    if (folder[0] == '\0') {
        (void)snprintf(folder, sizeof folder, "/tmp/plumbline-index-XXXXXX");
        demand(mkdtemp(folder) != NULL);
        (void)atexit(end);
    }
    buffer_init(&bytes, LIMIT_MIB);
    buffer_add(&bytes, TEXT(INDEX_MAGIC));
    buffer_add(&bytes, text_make((const char *)data, size));
    if (!buffer_failed(&bytes)) {
        uint64_t sum = hash_stable(buffer_text(&bytes), 0);

        for (int i = 0; i < 8; i++, sum >>= 8)
            buffer_byte(&bytes, (char)(sum & 0xff));
        if (index_read(&index, buffer_text(&bytes), arena, &err) < 0)
            demand(err.kind != ERROR_NONE && err.what[0] != '\0');
        else if (index.file_bytes <= LIMIT_MIB && index.plain_bytes <= LIMIT_MIB)
            follow(&index, buffer_text(&bytes), arena);
    }
    buffer_release(&bytes);
    arena_free(arena);
    return 0;
}
