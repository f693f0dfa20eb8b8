/* recording.c -- looking at the segments of a recording. */
#include "traffic/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compress.h"
#include "base/file.h"
#include "base/limits.h"
#include "traffic/recording_files.h"

#define SECOND_NS INT64_C(1000000000)

void
recording_path(char out[RECORDING_PATH], const char *folder, unsigned number, const char *ending)
{
    (void)snprintf(out, RECORDING_PATH, "%s/%06u%s", folder, number, ending);
}

/* "000012.jsonl" and "000012.jsonl.zst" are 12; 0 for other names. */
static unsigned
number_of(const char *name, bool *compressed)
{
    char *end;
    unsigned long number = strtoul(name, &end, 10);

    if (end != name + 6 || number >= 1000000)
        return 0;
    *compressed = strcmp(end, RECORDING_PACKED) == 0;
    return *compressed || strcmp(end, RECORDING_PLAIN) == 0 ? (unsigned)number : 0;
}

static uint64_t
bytes_of(const char *folder, unsigned number, const char *ending, int64_t *modified)
{
    char path[RECORDING_PATH];
    struct stat status;

    recording_path(path, folder, number, ending);
    if (stat(path, &status) < 0)
        return 0;
    *modified = (int64_t)status.st_mtim.tv_sec * SECOND_NS + status.st_mtim.tv_nsec;
    return (uint64_t)status.st_size;
}

static bool
is_locked(const char *folder)
{
    char path[RECORDING_PATH];
    int fd;
    bool locked;

    (void)snprintf(path, sizeof path, "%s/.lock", folder);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    locked = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    (void)close(fd);
    return locked;
}

static void
look_at(const char *folder, struct recording_segment *s, bool with_index, struct arena *scratch)
{
    int64_t ignored;
    struct index index;

    s->bytes = bytes_of(folder, s->number, s->compressed ? RECORDING_PACKED : RECORDING_PLAIN, &s->modified);
    if (s->twice)
        s->bytes += bytes_of(folder, s->number, RECORDING_PACKED, &ignored);
    (void)snprintf(s->name, sizeof s->name, "%06u%s", s->number, s->compressed ? RECORDING_PACKED : RECORDING_PLAIN);
    s->indexed = bytes_of(folder, s->number, RECORDING_INDEX, &ignored) > 0;
    if (s->indexed && with_index) {
        arena_reset(scratch);
        s->indexed = recording_index(folder, s, &index, scratch, NULL) == 0;
        if (s->indexed) {
            s->lines = index.line_count;
            s->plain = index.plain_bytes;
            s->first = index.first;
            s->last = index.last;
        }
    }
    s->bytes += bytes_of(folder, s->number, RECORDING_INDEX, &ignored);
}

/* Names come sorted: the plain file of a segment stands before its compressed one. */
static size_t
collect(const char **names, size_t count, struct recording_segment *list)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        bool compressed;
        unsigned number = number_of(names[i], &compressed);

        if (number == 0)
            continue;
        if (found > 0 && list[found - 1].number == number)
            list[found - 1].twice = true;
        else
            list[found++] = (struct recording_segment){ .number = number, .compressed = compressed };
    }
    return found;
}

int
recording_list(const char *folder, bool with_indexes, struct arena *arena, struct recording_segment **list,
               size_t *count, struct error *err)
{
    struct arena *scratch = arena_new(0, LIMIT_FILE_BYTES);
    const char **names;
    size_t name_count;
    int result = -1;

    *count = 0;
    if (scratch == NULL)
        return error_memory(err);
    if (file_list(folder, arena, &names, &name_count, err) == 0) {
        *list = ARENA_ARRAY(arena, struct recording_segment, name_count + 1);
        result = *list != NULL ? 0 : error_memory(err);
    }
    if (result == 0) {
        *count = *list != NULL ? collect(names, name_count, *list) : 0;
        if (*count > 0)
            (*list)[*count - 1].open = !(*list)[*count - 1].compressed && is_locked(folder);
        for (size_t i = 0; i < *count; i++)
            look_at(folder, &(*list)[i], with_indexes, scratch);
    }
    arena_free(scratch);
    return result;
}

int
recording_index(const char *folder, const struct recording_segment *s, struct index *index, struct arena *arena,
                struct error *err)
{
    char path[RECORDING_PATH];
    struct text bytes;
    struct stat status;
    struct error why = { .kind = ERROR_NONE };

    recording_path(path, folder, s->number, RECORDING_INDEX);
    if (file_read(&bytes, path, arena, err) < 0)
        return -1;
    if (index_read(index, bytes, arena, &why) < 0)
        return error_set(err, why.kind, path, "%s", why.what);
    recording_path(path, folder, s->number, s->compressed ? RECORDING_PACKED : RECORDING_PLAIN);
    if (stat(path, &status) < 0)
        return error_system(err, errno, path, "cannot look at the segment");
    if ((uint64_t)status.st_size != index->file_bytes || s->compressed != (index->frame_count > 0))
        return error_set(err, ERROR_INPUT, path, "its index is of another state of it");
    return 0;
}

/* ---- one line ---- */

static char *
read_range(const char *path, uint64_t offset, size_t length, struct arena *arena, struct error *err)
{
    char *data = arena_alloc(arena, length + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;

    if (data != NULL && fd >= 0)
        got = pread(fd, data, length, (off_t)offset);
    if (fd >= 0)
        (void)close(fd);
    if (got == (ssize_t)length)
        return data;
    if (data == NULL)
        error_memory(err);
    else
        error_set(err, ERROR_INPUT, path, "the segment cannot be read where its index points to");
    return NULL;
}

/* The frame that holds the offset, decoded; *begin is the offset at which it begins. */
static int
read_frame(const char *path, const struct index *index, uint64_t offset, struct text *plain, uint64_t *begin,
           struct arena *arena, struct error *err)
{
    uint32_t low = (uint32_t)(index_frame_at(index, offset) - index->frames);
    uint64_t end, plain_end;
    struct buffer out;
    char *coded;

    end = low + 1 < index->frame_count ? index->frames[low + 1].file : index->file_bytes;
    plain_end = low + 1 < index->frame_count ? index->frames[low + 1].plain : index->plain_bytes;
    *begin = index->frames[low].plain;
    coded = read_range(path, index->frames[low].file, (size_t)(end - index->frames[low].file), arena, err);
    if (coded == NULL)
        return -1;
    buffer_init(&out, (size_t)(plain_end - *begin));
    if (compress_undo(COMPRESS_ZSTD, text_make(coded, (size_t)(end - index->frames[low].file)), &out) != COMPRESS_OK) {
        buffer_release(&out);
        return error_set(err, ERROR_INPUT, path, "the compressed segment is broken");
    }
    *plain = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return plain->data != NULL ? 0 : error_memory(err);
}

int
recording_line(const char *folder, const struct recording_segment *s, const struct index *index, uint64_t line,
               struct text *text, struct arena *arena, struct error *err)
{
    const struct index_line *at = &index->lines[line];
    char path[RECORDING_PATH];
    uint64_t begin = at->offset;

    recording_path(path, folder, s->number, s->compressed ? RECORDING_PACKED : RECORDING_PLAIN);
    if (!s->compressed) {
        char *data = read_range(path, at->offset, at->length, arena, err);

        *text = text_make(data, data != NULL ? at->length : 0);
    } else if (read_frame(path, index, at->offset, text, &begin, arena, err) < 0) {
        return -1;
    }
    *text = text_slice(*text, (size_t)(at->offset - begin), at->length);
    if (text->data == NULL || text->length != at->length || text->data[at->length - 1] != '\n')
        return text->data == NULL && !s->compressed
                   ? -1
                   : error_set(err, ERROR_INPUT, path, "its index is of another state of it");
    text->length--;
    return 0;
}
