/* segment.c -- the writing end of a recording. */
#include "traffic/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "json/document.h"
#include "json/number.h"

#define TAIL_BLOCK (64 * 1024)

struct segment_writer {
    char folder[PATH_MAX];
    int folder_fd;
    int lock_fd;
    int fd;
    unsigned number; /* of the current segment */
    uint64_t length; /* of the current segment: whole lines */
    uint64_t most;   /* bytes after which a new one is begun */
};

/* "000012.jsonl" is 12; 0 for other names. */
static unsigned
segment_number(const char *name)
{
    char *end;
    unsigned long number = strtoul(name, &end, 10);

    return end == name + 6 && strcmp(end, ".jsonl") == 0 && number < 1000000 ? (unsigned)number : 0;
}

static unsigned
newest_segment(int folder_fd)
{
    int copy = dup(folder_fd);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry;
    unsigned newest = 0;

    if (dir == NULL) {
        if (copy >= 0)
            close(copy);
        return 0;
    }
    rewinddir(dir);
    while ((entry = readdir(dir)) != NULL) {
        unsigned number = segment_number(entry->d_name);

        if (number > newest)
            newest = number;
    }
    closedir(dir);
    return newest;
}

static int
open_segment(struct segment_writer *w, unsigned number, struct error *err)
{
    char name[32];
    struct stat status;
    int fd;

    snprintf(name, sizeof(name), "%06u.jsonl", number);
    fd = openat(w->folder_fd, name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &status) < 0) {
        int cause = errno;

        if (fd >= 0)
            close(fd);
        return error_system(err, cause, w->folder, "cannot open the segment %s", name);
    }
    if (w->fd >= 0)
        close(w->fd);
    w->fd = fd;
    w->number = number;
    w->length = (uint64_t)status.st_size;
    return 0;
}

/* Where the last whole line ends: behind the last newline. -1 when the file cannot be read. */
static int64_t
end_of_lines(int fd, uint64_t length)
{
    static _Thread_local char block[TAIL_BLOCK];

    while (length > 0) {
        size_t size = length < TAIL_BLOCK ? (size_t)length : TAIL_BLOCK;
        ssize_t got = pread(fd, block, size, (off_t)(length - size));

        if (got != (ssize_t)size)
            return -1;
        for (size_t i = size; i > 0; i--)
            if (block[i - 1] == '\n')
                return (int64_t)(length - size + i);
        length -= size;
    }
    return 0;
}

/* The sequence number of the last line, or 0 where there is none that can be read. */
static uint64_t
last_sequence(int fd, uint64_t length)
{
    int64_t begin = length > 0 ? end_of_lines(fd, length - 1) : -1;
    size_t size = begin >= 0 ? (size_t)(length - (uint64_t)begin) : 0;
    struct arena *arena;
    struct document document;
    const struct value *sequence;
    uint64_t number = 0;
    char *line;

    if (size == 0 || size > LIMIT_RECORD_LINE || (arena = arena_new(0, 16 * LIMIT_RECORD_LINE)) == NULL)
        return 0;
    line = arena_alloc(arena, size);
    if (line != NULL && pread(fd, line, size, (off_t)begin) == (ssize_t)size &&
        document_parse(&document, text_make(line, size), NULL, arena, NULL) == 0) {
        sequence = VALUE_MEMBER(VALUE_MEMBER(document.root, "_plumbline"), "sequence");
        if (!value_is(sequence, VALUE_NUMBER) || !text_to_u64(value_text(sequence), &number))
            number = 0;
    }
    arena_free(arena);
    return number;
}

/* Cut what a crash left behind the last whole line, and find where to go on. */
static int
repair(struct segment_writer *w, struct segment_repair *repair, struct error *err)
{
    int64_t whole = end_of_lines(w->fd, w->length);

    if (whole < 0)
        return error_system(err, errno, w->folder, "cannot read segment %06u to repair it", w->number);
    repair->bytes = w->length - (uint64_t)whole;
    if (repair->bytes > 0 && ftruncate(w->fd, whole) < 0)
        return error_system(err, errno, w->folder, "cannot cut the torn last line of segment %06u", w->number);
    w->length = (uint64_t)whole;
    repair->next = last_sequence(w->fd, w->length) + 1;
    return 0;
}

/* A fresh segment is empty: the numbers go on from the one before. */
static uint64_t
sequence_before(struct segment_writer *w)
{
    char name[32];
    struct stat status;
    uint64_t sequence = 0;
    int fd;

    if (w->number < 2)
        return 0;
    snprintf(name, sizeof(name), "%06u.jsonl", w->number - 1);
    fd = openat(w->folder_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (fstat(fd, &status) == 0)
        sequence = last_sequence(fd, (uint64_t)status.st_size);
    close(fd);
    return sequence;
}

static int
take_folder(struct segment_writer *w, struct error *err)
{
    if (file_make_folder(w->folder, 0700, err) < 0)
        return -1;
    w->folder_fd = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->folder_fd < 0)
        return error_system(err, errno, w->folder, "cannot open the recording");
    w->lock_fd = openat(w->folder_fd, ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (w->lock_fd < 0)
        return error_system(err, errno, w->folder, "cannot write in the recording");
    if (flock(w->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return error_set(err, ERROR_ENVIRONMENT, w->folder,
                         "another Plumbline is writing this recording; stop it, or record to another folder");
    return 0;
}

struct segment_writer *
segment_writer_open(const char *folder, uint64_t segment_bytes, struct segment_repair *found, struct error *err)
{
    struct segment_writer *w = calloc(1, sizeof(*w));
    unsigned number;

    if (w == NULL) {
        error_memory(err);
        return NULL;
    }
    w->folder_fd = w->lock_fd = w->fd = -1;
    w->most = segment_bytes;
    if (snprintf(w->folder, sizeof(w->folder), "%s", folder) >= (int)sizeof(w->folder)) {
        error_set(err, ERROR_CONFIG, "record.to", "the folder's name is too long");
        goto fail;
    }
    if (take_folder(w, err) < 0)
        goto fail;
    number = newest_segment(w->folder_fd);
    if (open_segment(w, number > 0 ? number : 1, err) < 0 || repair(w, found, err) < 0)
        goto fail;
    if (w->length == 0)
        found->next = sequence_before(w) + 1;
    return w;

fail:
    segment_writer_close(w);
    return NULL;
}

/* Write all of it; what was written partly is cut off again, so that the next append begins on a fresh line. */
static int
write_whole(struct segment_writer *w, struct text lines, struct error *err)
{
    size_t done = 0;

    while (done < lines.length) {
        ssize_t n = write(w->fd, lines.data + done, lines.length - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            int cause = n < 0 ? errno : ENOSPC;

            if (done > 0 && ftruncate(w->fd, (off_t)w->length) < 0)
                return error_system(err, errno, w->folder, "cannot cut a line that was written partly");
            return error_system(err, cause, w->folder, "cannot write to segment %06u", w->number);
        }
        done += (size_t)n;
    }
    w->length += lines.length;
    return 0;
}

int
segment_writer_append(struct segment_writer *w, struct text lines, struct error *err)
{
    if (w->length > 0 && w->length + lines.length > w->most) {
        if (segment_writer_sync(w, err) < 0 || open_segment(w, w->number + 1, err) < 0)
            return -1;
    }
    return write_whole(w, lines, err);
}

int
segment_writer_sync(struct segment_writer *w, struct error *err)
{
    return fdatasync(w->fd) < 0 ? error_system(err, errno, w->folder, "cannot sync segment %06u", w->number) : 0;
}

void
segment_writer_close(struct segment_writer *w)
{
    if (w == NULL)
        return;
    if (w->fd >= 0)
        close(w->fd);
    if (w->lock_fd >= 0)
        close(w->lock_fd); /* unlocks */
    if (w->folder_fd >= 0)
        close(w->folder_fd);
    free(w);
}
