/* segment.c -- the writing end of a recording. */
#include "traffic/segment.h"

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
#include "traffic/recording.h"

#define TAIL_BLOCK  (64 * 1024)
#define PROBE_BYTES (64 * 1024) /* a disk with room for so much may be tried again */

struct segment_writer {
    char folder[PATH_MAX];
    int folder_fd;
    int lock_fd;
    int fd;
    unsigned number; /* of the current segment */
    uint64_t length; /* of the current segment: whole lines */
    uint64_t synced; /* of that, on the disk for certain */
    uint64_t most;   /* bytes after which a new one is begun */
    bool torn;       /* behind them is something that could not be cut off yet */
    bool removed;    /* somebody has deleted the segment */
};

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
    w->length = w->synced = (uint64_t)status.st_size;
    w->torn = w->removed = false;
    if (status.st_size == 0 && fsync(w->folder_fd) < 0 && errno != EINVAL) /* its name must survive, too */
        return error_system(err, errno, w->folder, "cannot sync the folder");
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

/* The last line, with its newline; empty where there is none that can be read. */
static struct text
last_line(int fd, uint64_t length, struct arena *arena)
{
    int64_t begin = length > 0 ? end_of_lines(fd, length - 1) : -1;
    size_t size = begin >= 0 ? (size_t)(length - (uint64_t)begin) : 0;
    char *line = size > 0 && size <= LIMIT_RECORD_LINE ? arena_alloc(arena, size) : NULL;

    if (line == NULL || pread(fd, line, size, (off_t)begin) != (ssize_t)size)
        return (struct text){ NULL, 0 };
    return text_make(line, size);
}

/* The sequence number of the last line, or 0 where there is none that can be read. */
static uint64_t
last_sequence(int fd, uint64_t length)
{
    struct arena *arena = arena_new(0, 16 * LIMIT_RECORD_LINE);
    struct document document;
    const struct value *sequence;
    struct text line;
    uint64_t number = 0;

    if (arena == NULL)
        return 0;
    line = last_line(fd, length, arena);
    if (line.length > 0 && document_parse(&document, line, NULL, arena, NULL) == 0) {
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
    w->length = w->synced = (uint64_t)whole;
    repair->next = last_sequence(w->fd, w->length) + 1;
    return 0;
}

/* Of a compressed segment: what its index says, else what its lines say. */
static uint64_t
last_sequence_of(struct segment_writer *w, const struct recording_segment *s)
{
    struct arena *arena = arena_new(0, LIMIT_FILE_BYTES);
    char path[PATH_MAX + 40];
    struct segment_reader *reader = NULL;
    struct segment_entry entry;
    struct index index;
    uint64_t last = 0, number;

    if (arena != NULL && recording_index(w->folder, s, &index, arena, NULL) == 0) {
        last = index.line_count > 0 ? index.lines[index.line_count - 1].sequence : 0;
    } else if (arena != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", w->folder, s->name);
        reader = segment_reader_open(path, NULL);
    }
    if (reader != NULL)
        segment_reader_keep_amendments(reader);
    while (reader != NULL && segment_reader_next(reader, &entry, NULL) == 1) {
        const struct value *sequence = VALUE_MEMBER(VALUE_MEMBER(entry.value, "_plumbline"), "sequence");

        if (value_is(sequence, VALUE_NUMBER) && text_to_u64(value_text(sequence), &number))
            last = number;
    }
    segment_reader_close(reader);
    arena_free(arena);
    return last;
}

/* A fresh segment is empty: the numbers go on from the one before. */
static uint64_t
sequence_before(struct segment_writer *w, const struct recording_segment *before)
{
    struct stat status;
    uint64_t sequence = 0;
    int fd;

    if (before->compressed)
        return last_sequence_of(w, before);
    fd = openat(w->folder_fd, before->name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (fstat(fd, &status) == 0)
        sequence = last_sequence(fd, (uint64_t)status.st_size);
    close(fd);
    return sequence;
}

/* Go on where the newest segment ends. */
static int
find_end(struct segment_writer *w, struct segment_repair *found, struct error *err)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct recording_segment *list;
    size_t count;
    unsigned number = 1;
    int result = -1;

    if (arena == NULL)
        return error_memory(err);
    if (recording_list(w->folder, false, arena, &list, &count, err) == 0) {
        if (count > 0)
            number = list[count - 1].number + list[count - 1].compressed;
        result = open_segment(w, number, err);
    }
    if (result == 0)
        result = repair(w, found, err);
    while (count > 0 && list[count - 1].number >= number)
        count--;
    if (result == 0 && w->length == 0 && count > 0)
        found->next = sequence_before(w, &list[count - 1]) + 1;
    arena_free(arena);
    return result;
}

/* Whoever lists the recording looks at the lock for a moment, too (recording.c). */
static bool
lock_file(int fd)
{
    for (int tries = 0; tries < 5; tries++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        (void)usleep(10000);
    }
    return false;
}

/* On failure nothing is taken. */
static int
take_folder(struct segment_writer *w, struct error *err)
{
    int folder_fd, lock_fd = -1, result = -1;

    if (file_make_folder(w->folder, 0700, err) < 0)
        return -1;
    folder_fd = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0)
        return error_system(err, errno, w->folder, "cannot open the recording");
    lock_fd = openat(folder_fd, ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_fd < 0)
        error_system(err, errno, w->folder, "cannot write in the recording");
    else if (!lock_file(lock_fd))
        error_set(err, ERROR_ENVIRONMENT, w->folder,
                  "another Plumbline is writing this recording; stop it, or record to another folder");
    else
        result = 0;
    if (result < 0) {
        if (lock_fd >= 0)
            close(lock_fd);
        close(folder_fd);
        return -1;
    }
    w->folder_fd = folder_fd;
    w->lock_fd = lock_fd;
    return 0;
}

struct segment_writer *
segment_writer_open(const char *folder, uint64_t segment_bytes, struct segment_repair *found, struct error *err)
{
    struct segment_writer *w = calloc(1, sizeof(*w));

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
    if (find_end(w, found, err) < 0)
        goto fail;
    return w;

fail:
    segment_writer_close(w);
    return NULL;
}

static int
cut_torn(struct segment_writer *w, struct error *err)
{
    if (!w->torn)
        return 0;
    if (ftruncate(w->fd, (off_t)w->length) < 0)
        return error_system(err, errno, w->folder, "cannot cut a line that was written partly");
    w->torn = false;
    return 0;
}

/* Up to and with the last newline. */
static size_t
whole_lines(struct text t)
{
    const char *last = t.length > 0 ? memrchr(t.data, '\n', t.length) : NULL;

    return last != NULL ? (size_t)(last - t.data) + 1 : 0;
}

/* Write all of it, or the whole lines that fit. */
static int
write_whole(struct segment_writer *w, struct text lines, size_t *kept, struct error *err)
{
    size_t done = 0;
    int cause = 0;

    while (done < lines.length && cause == 0) {
        ssize_t n = write(w->fd, lines.data + done, lines.length - done);

        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            cause = n < 0 ? errno : ENOSPC;
    }
    *kept = whole_lines(text_slice(lines, 0, done));
    w->length += *kept;
    w->torn = done > *kept;
    if (cause == 0)
        return 0;
    if (cut_torn(w, err) < 0)
        return -1;
    return error_system(err, cause, w->folder, "cannot write to segment %06u", w->number);
}

/* What was deleted under our feet takes what is written to it along: begin another one, in the same folder or one of
 * the same name. */
static int
begin_again(struct segment_writer *w, struct error *err)
{
    struct stat status;

    if (fstat(w->folder_fd, &status) < 0 || status.st_nlink == 0) {
        int old_folder = w->folder_fd, old_lock = w->lock_fd;

        if (take_folder(w, err) < 0)
            return -1;
        close(old_folder);
        close(old_lock);
    }
    return open_segment(w, w->number + 1, err);
}

struct text
segment_writer_last(const struct segment_writer *w, struct arena *arena)
{
    return w->removed ? (struct text){ NULL, 0 } : last_line(w->fd, w->length, arena);
}

unsigned
segment_writer_number(const struct segment_writer *w)
{
    return w->number;
}

uint64_t
segment_writer_length(const struct segment_writer *w)
{
    return w->length;
}

bool
segment_writer_is_full(const struct segment_writer *w, size_t more)
{
    return w->length > 0 && w->length + more > w->most;
}

int
segment_writer_append(struct segment_writer *w, struct text lines, size_t *kept, struct error *err)
{
    *kept = 0;
    if (w->removed && begin_again(w, err) < 0)
        return -1;
    if (cut_torn(w, err) < 0)
        return -1;
    if (segment_writer_is_full(w, lines.length) &&
        (segment_writer_sync(w, err) < 0 || open_segment(w, w->number + 1, err) < 0))
        return -1;
    return write_whole(w, lines, kept, err);
}

int
segment_writer_sync(struct segment_writer *w, struct error *err)
{
    struct stat status;

    if (fdatasync(w->fd) < 0 || fstat(w->fd, &status) < 0)
        return error_system(err, errno, w->folder, "cannot sync segment %06u", w->number);
    if (status.st_nlink == 0) {
        w->removed = true;
        return error_set(err, ERROR_ENVIRONMENT, w->folder, "somebody has removed segment %06u", w->number);
    }
    w->synced = w->length;
    return 0;
}

int
segment_writer_take_back(struct segment_writer *w, struct error *err)
{
    w->torn = w->torn || w->length > w->synced;
    w->length = w->synced;
    return cut_torn(w, err);
}

int
segment_writer_probe(struct segment_writer *w, struct error *err)
{
    static const char nothing[PROBE_BYTES];
    int result;

    if ((w->removed && begin_again(w, err) < 0) || cut_torn(w, err) < 0)
        return -1;
    w->torn = true; /* no newline: a crash leaves a torn line, as any other */
    if (write(w->fd, nothing, sizeof nothing) != (ssize_t)sizeof nothing)
        result = error_system(err, ENOSPC, w->folder, "cannot write to segment %06u", w->number);
    else
        result = segment_writer_sync(w, err);
    return cut_torn(w, err) < 0 ? -1 : result;
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
