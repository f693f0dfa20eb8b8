/* line_file.c -- reading ahead by pieces; what was given is let go by the next call. */
#include "traffic/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/compress.h"
#include "base/limits.h"

#define PIECE (256 * LIMIT_KIB)

struct line_file {
    const char *path; /* borrowed */
    int fd;
    struct compress_stream *undo; /* NULL: it is not compressed */
    char *coded;                  /* PIECE bytes, */
    struct text coded_rest;       /* and those that were not decoded yet */
    struct buffer lines;
    uint64_t position; /* of `lines` in all lines */
    size_t given;      /* bytes at its beginning that were given by the last call */
    size_t searched;   /* bytes at its beginning that have no newline */
    bool ended;
    bool follow;
};

struct line_file *
line_file_open(const char *path, struct error *err)
{
    struct line_file *f = calloc(1, sizeof *f);
    bool compressed = text_ends(text_of(path), TEXT(".zst"));

    if (f == NULL) {
        error_memory(err);
        return NULL;
    }
    f->path = path;
    buffer_init(&f->lines, LIMIT_RECORD_LINE + 2 * PIECE);
    f->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0) {
        error_system(err, errno, path, "cannot read the file");
        goto fail;
    }
    if (compressed && ((f->coded = malloc(PIECE)) == NULL || (f->undo = compress_stream_new(COMPRESS_ZSTD)) == NULL)) {
        error_memory(err);
        goto fail;
    }
    return f;
fail:
    line_file_close(f);
    return NULL;
}

void
line_file_follow(struct line_file *f)
{
    f->follow = f->undo == NULL;
}

void
line_file_close(struct line_file *f)
{
    if (f == NULL)
        return;
    if (f->fd >= 0)
        (void)close(f->fd);
    compress_stream_free(f->undo);
    free(f->coded);
    buffer_release(&f->lines);
    free(f);
}

/* Bytes of the file; 0 at its end. */
static ssize_t
read_piece(struct line_file *f, char *room, struct error *err)
{
    ssize_t got;

    do
        got = read(f->fd, room, PIECE);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        error_system(err, errno, f->path, "cannot read the file");
    return got;
}

/* Decode what fits into the room. 0, or -1 with err. */
static int
undo_piece(struct line_file *f, char *room, size_t *made, struct error *err)
{
    *made = 0;
    while (*made == 0 && !f->ended) {
        if (f->coded_rest.length == 0) {
            ssize_t got = read_piece(f, f->coded, err);

            if (got < 0)
                return -1;
            if (got == 0 && !compress_stream_is_whole(f->undo))
                return error_set(err, ERROR_INPUT, f->path, "the compressed segment is broken");
            f->ended = got == 0;
            f->coded_rest = text_make(f->coded, (size_t)got);
        }
        if (compress_stream_undo(f->undo, &f->coded_rest, room, PIECE, made) != COMPRESS_OK)
            return error_set(err, ERROR_INPUT, f->path, "the compressed segment is broken");
    }
    return 0;
}

/* More lines. 0, or -1 with err; f->ended: there are no more. */
static int
read_more(struct line_file *f, struct error *err)
{
    char *room = buffer_length(&f->lines) <= LIMIT_RECORD_LINE ? buffer_room(&f->lines, PIECE) : NULL;
    size_t made;

    if (room == NULL)
        return error_set(err, ERROR_INPUT, f->path, "a line is longer than %lu MiB",
                         (unsigned long)(LIMIT_RECORD_LINE / LIMIT_MIB));
    if (f->undo != NULL) {
        if (undo_piece(f, room, &made, err) < 0)
            return -1;
    } else {
        ssize_t got = read_piece(f, room, err);

        if (got < 0)
            return -1;
        f->ended = got == 0;
        made = (size_t)got;
    }
    buffer_wrote(&f->lines, made);
    return 0;
}

static void
let_go(struct line_file *f, size_t bytes)
{
    buffer_consume(&f->lines, bytes);
    f->position += bytes;
    f->given = f->searched = 0;
}

int
line_file_next(struct line_file *f, struct text *line, bool *torn, struct error *err)
{
    struct text all;

    let_go(f, f->given);
    for (;;) {
        size_t end;

        all = buffer_text(&f->lines);
        end = f->searched + text_find(text_from(all, f->searched), '\n');
        if (end < all.length) {
            *line = text_slice(all, 0, end);
            *torn = false;
            f->given = end + 1;
            return 1;
        }
        f->searched = all.length;
        if (f->ended)
            break;
        if (read_more(f, err) < 0)
            return -1;
    }
    if (f->follow) {
        f->ended = false;
        return 0;
    }
    *line = all;
    *torn = true;
    f->given = all.length;
    return all.length > 0;
}

/* Begin to read at this place of the file. */
static int
jump(struct line_file *f, uint64_t position, uint64_t in_file, struct error *err)
{
    if (lseek(f->fd, (off_t)in_file, SEEK_SET) < 0)
        return error_system(err, errno, f->path, "cannot read the file");
    if (f->undo != NULL && !compress_stream_restart(f->undo))
        return error_memory(err);
    f->coded_rest = text_make(NULL, 0);
    buffer_clear(&f->lines);
    f->position = position;
    f->ended = false;
    return 0;
}

int
line_file_forward(struct line_file *f, const struct index *index, uint64_t offset, struct error *err)
{
    uint64_t read;

    let_go(f, f->given);
    read = f->position + buffer_length(&f->lines);
    if (offset >= read && f->undo == NULL) {
        if (offset > read && jump(f, offset, offset, err) < 0)
            return -1;
    } else if (offset >= read) {
        const struct index_frame *frame = index_frame_at(index, offset);

        if (frame != NULL && frame->plain > read && jump(f, frame->plain, frame->file, err) < 0)
            return -1;
    }
    while (offset > f->position) {
        size_t here = buffer_length(&f->lines);

        if (offset - f->position <= here) {
            let_go(f, (size_t)(offset - f->position));
            break;
        }
        let_go(f, here);
        if (f->ended)
            return error_set(err, ERROR_INPUT, f->path, "the segment ends before its index does");
        if (read_more(f, err) < 0)
            return -1;
    }
    return 0;
}
