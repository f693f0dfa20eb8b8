/* recording_finish.c -- what is done with finished segments. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compress.h"
#include "base/file.h"
#include "base/limits.h"
#include "traffic/record.h"
#include "traffic/recording.h"
#include "traffic/recording_files.h"
#include "traffic/segment.h"

#define FRAME_BYTES   LIMIT_MIB /* of lines in one zstd frame: what is decoded to see one of them */
#define INDEX_CEILING LIMIT_FILE_BYTES

/* ---- the index ---- */

static void
add_entry(struct index_builder *b, const struct segment_entry *entry, uint64_t offset, struct arena *arena)
{
    struct exchange x = { .arena = arena };

    arena_reset(arena);
    if (entry->value == NULL || record_read(&x, entry->value, NULL) < 0)
        index_add_broken(b, offset, entry->text.length + 1);
    else
        index_add(b, &x, offset, entry->text.length + 1);
}

struct index_builder *
recording_read_lines(const char *folder, const struct recording_segment *s, struct error *err)
{
    struct index_builder *b = index_builder_new();
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct segment_reader *reader = NULL;
    struct segment_entry entry;
    char path[RECORDING_PATH];
    uint64_t offset = 0;
    int result = -1;

    recording_path(path, folder, s->number, s->compressed ? RECORDING_PACKED : RECORDING_PLAIN);
    if (b == NULL || arena == NULL)
        error_memory(err);
    else
        reader = segment_reader_open(path, err);
    if (reader != NULL)
        segment_reader_keep_amendments(reader);
    while (reader != NULL && (result = segment_reader_next(reader, &entry, err)) == 1 && !entry.torn) {
        add_entry(b, &entry, offset, arena);
        offset += entry.text.length + 1;
    }
    segment_reader_close(reader);
    arena_free(arena);
    if (result == 1)
        error_set(err, ERROR_INPUT, path, "the segment ends in a torn line");
    if (result == 0 && index_builder_is_whole(b))
        return b;
    if (result == 0)
        error_memory(err);
    index_builder_free(b);
    return NULL;
}

static int
put_index(const char *folder, unsigned number, const struct index_builder *lines, uint64_t plain, uint64_t file,
          const struct index_frame *frames, uint32_t frame_count, struct error *err)
{
    char path[RECORDING_PATH];
    struct buffer out;
    int result;

    buffer_init(&out, INDEX_CEILING);
    index_write(lines, plain, file, frames, frame_count, &out);
    recording_path(path, folder, number, RECORDING_INDEX);
    result = buffer_failed(&out) ? error_memory(err) : file_write(path, buffer_text(&out), 0600, err);
    buffer_release(&out);
    return result;
}

int
recording_put_index(const char *folder, const struct recording_segment *s, const struct index_builder *lines,
                    struct error *err)
{
    char path[RECORDING_PATH];
    struct stat status;

    recording_path(path, folder, s->number, RECORDING_PLAIN);
    if (stat(path, &status) < 0)
        return error_system(err, errno, path, "cannot look at the segment");
    return put_index(folder, s->number, lines, (uint64_t)status.st_size, (uint64_t)status.st_size, NULL, 0, err);
}

/* ---- compressing ---- */

struct packing {
    int from, to;
    const char *path;    /* of the plain segment */
    struct buffer plain; /* read, not compressed yet */
    struct buffer coded;
    struct index_frame *frames;
    uint32_t count, room;
    uint64_t plain_done, file_done;
};

static int
write_all(int fd, struct text t, const char *path, struct error *err)
{
    while (t.length > 0) {
        ssize_t n = write(fd, t.data, t.length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_system(err, n < 0 ? errno : ENOSPC, path, "cannot write its compressed copy");
        t = text_from(t, (size_t)n);
    }
    return 0;
}

/* The first `length` bytes of what was read become a frame. */
static int
pack_frame(struct packing *p, size_t length, struct error *err)
{
    struct text plain = text_slice(buffer_text(&p->plain), 0, length);

    if (p->count == p->room) {
        uint32_t room = p->room > 0 ? p->room * 2 : 128;
        struct index_frame *grown = realloc(p->frames, room * sizeof *grown);

        if (grown == NULL)
            return error_memory(err);
        p->frames = grown;
        p->room = room;
    }
    buffer_clear(&p->coded);
    if (compress_do(COMPRESS_ZSTD, plain, &p->coded) != COMPRESS_OK)
        return error_memory(err);
    p->frames[p->count++] = (struct index_frame){ .plain = p->plain_done, .file = p->file_done };
    p->plain_done += length;
    p->file_done += buffer_length(&p->coded);
    buffer_consume(&p->plain, length);
    return write_all(p->to, buffer_text(&p->coded), p->path, err);
}

static size_t
whole_lines(struct text t)
{
    const char *last = t.length > 0 ? memrchr(t.data, '\n', t.length) : NULL;

    return last != NULL ? (size_t)(last - t.data) + 1 : 0;
}

static int
pack_rest(struct packing *p, struct error *err)
{
    size_t length = buffer_length(&p->plain);

    if (length == 0)
        return 0;
    if (whole_lines(buffer_text(&p->plain)) < length)
        return error_set(err, ERROR_INPUT, p->path, "its last line is torn");
    return pack_frame(p, length, err);
}

static int
pack_all(struct packing *p, struct error *err)
{
    for (;;) {
        char *room = buffer_room(&p->plain, FRAME_BYTES);
        ssize_t n = room != NULL ? read(p->from, room, FRAME_BYTES) : 0;
        size_t whole;

        if (room == NULL)
            return error_memory(err);
        if (n < 0)
            return error_system(err, errno, p->path, "cannot read the segment");
        if (n == 0)
            return pack_rest(p, err);
        buffer_wrote(&p->plain, (size_t)n);
        whole = whole_lines(buffer_text(&p->plain));
        if (buffer_length(&p->plain) >= FRAME_BYTES && whole > 0 && pack_frame(p, whole, err) < 0)
            return -1;
    }
}

/* The copy is on the disk before its name is. */
static int
finish_copy(struct packing *p, const char *part, const char *packed, struct error *err)
{
    struct stat status;
    struct timespec times[2];

    if (fstat(p->from, &status) < 0)
        return error_system(err, errno, p->path, "cannot look at the segment");
    times[0] = status.st_atim;
    times[1] = status.st_mtim; /* `keep_for` counts from the last line */
    (void)futimens(p->to, times);
    if (fsync(p->to) < 0 || rename(part, packed) < 0)
        return error_system(err, errno, p->path, "cannot finish its compressed copy");
    return 0;
}

int
recording_compress(const char *folder, const struct recording_segment *s, const struct index_builder *lines,
                   struct error *err)
{
    char path[RECORDING_PATH], part[RECORDING_PATH], packed[RECORDING_PATH];
    struct packing p = { .path = path };
    int result = -1;

    recording_path(path, folder, s->number, RECORDING_PLAIN);
    recording_path(packed, folder, s->number, RECORDING_PACKED);
    recording_path(part, folder, s->number, ".part");
    buffer_init(&p.plain, LIMIT_RECORD_LINE + 2 * FRAME_BYTES);
    buffer_init(&p.coded, LIMIT_RECORD_LINE + 4 * FRAME_BYTES);
    p.from = open(path, O_RDONLY | O_CLOEXEC);
    p.to = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (p.from < 0 || p.to < 0)
        error_system(err, errno, path, "cannot compress the segment");
    else if (pack_all(&p, err) == 0 && finish_copy(&p, part, packed, err) == 0 &&
             put_index(folder, s->number, lines, p.plain_done, p.file_done, p.frames, p.count, err) == 0)
        result = unlink(path) < 0 ? error_system(err, errno, path, "cannot remove what is compressed") : 0;
    if (p.from >= 0)
        (void)close(p.from);
    if (p.to >= 0)
        (void)close(p.to);
    if (result < 0)
        (void)unlink(part);
    buffer_release(&p.plain);
    buffer_release(&p.coded);
    free(p.frames);
    return result;
}

int
recording_remove(const char *folder, const struct recording_segment *s, struct error *err)
{
    static const char *const endings[] = { RECORDING_INDEX, RECORDING_PACKED, RECORDING_PLAIN };
    char path[RECORDING_PATH];

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        recording_path(path, folder, s->number, endings[i]);
        if (unlink(path) < 0 && errno != ENOENT)
            return error_system(err, errno, path, "cannot remove the segment");
    }
    return 0;
}
