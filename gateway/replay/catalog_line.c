/* catalog_line.c -- one line of a recording, from wherever it is. */
#include <errno.h>
#include <unistd.h>

#include "base/compress.h"
#include "replay/catalog_internal.h"

/* Bytes of a file, in the arena. NULL with err. */
static char *
read_range(const struct catalog_file *f, uint64_t offset, size_t length, struct arena *arena, struct error *err)
{
    char *data = arena_alloc(arena, length);
    size_t had = 0;

    if (data == NULL) {
        error_memory(err);
        return NULL;
    }
    while (had < length) {
        ssize_t got = pread(f->fd, data + had, length - had, (off_t)(offset + had));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            if (got < 0)
                error_system(err, errno, f->path, "cannot read the recording");
            else
                error_set(err, ERROR_INPUT, f->path,
                          "the segment is shorter than it was: reload, so that it is read anew");
            return NULL;
        }
        had += (size_t)got;
    }
    return data;
}

static const struct index_frame *
frame_of(const struct catalog_file *f, uint64_t offset)
{
    uint32_t low = 0, high = f->frame_count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (f->frames[middle].plain <= offset)
            low = middle;
        else
            high = middle;
    }
    return &f->frames[low];
}

/* Decode the frame into the room that was asked for longest ago. NULL with err. */
static struct catalog_frame *
decode(struct catalog *c, uint16_t file, const struct index_frame *at, struct arena *arena, struct error *err)
{
    const struct catalog_file *f = &c->files[file];
    bool last = at == f->frames + f->frame_count - 1;
    size_t coded = (size_t)((last ? f->file_bytes : at[1].file) - at->file);
    struct catalog_frame *oldest = &c->frames[0];
    char *data = read_range(f, at->file, coded, arena, err);

    for (int i = 1; i < CATALOG_FRAMES; i++)
        if (c->frames[i].used < oldest->used)
            oldest = &c->frames[i];
    if (data == NULL)
        return NULL;
    oldest->used = 0;
    buffer_clear(&oldest->room);
    if (compress_undo(COMPRESS_ZSTD, text_make(data, coded), &oldest->room) != COMPRESS_OK) {
        error_set(err, ERROR_INPUT, f->path, "the compressed segment is broken, or has changed");
        return NULL;
    }
    oldest->file = file;
    oldest->plain = at->plain;
    oldest->lines = buffer_text(&oldest->room);
    return oldest;
}

static int
line_in_frame(struct catalog *c, const struct catalog_entry *e, struct text *line, struct arena *arena,
              struct error *err)
{
    const struct index_frame *at = frame_of(&c->files[e->file], e->offset);
    struct catalog_frame *frame = NULL;

    for (int i = 0; i < CATALOG_FRAMES && frame == NULL; i++)
        if (c->frames[i].used > 0 && c->frames[i].file == e->file && c->frames[i].plain == at->plain)
            frame = &c->frames[i];
    if (frame == NULL && (frame = decode(c, e->file, at, arena, err)) == NULL)
        return -1;
    frame->used = ++c->asked;
    *line = arena_text(arena, text_slice(frame->lines, (size_t)(e->offset - frame->plain), e->length));
    return line->data != NULL ? 0 : error_memory(err);
}

int
catalog_line(struct catalog *c, const struct catalog_entry *e, struct text *line, struct arena *arena,
             struct error *err)
{
    const struct catalog_file *f = &c->files[e->file];

    if (f->frame_count > 0) {
        if (line_in_frame(c, e, line, arena, err) < 0)
            return -1;
    } else {
        char *data = read_range(f, e->offset, e->length, arena, err);

        if (data == NULL)
            return -1;
        *line = text_make(data, e->length);
    }
    if (line->length != e->length || line->data[e->length - 1] != '\n')
        return error_set(err, ERROR_INPUT, f->path, "the segment has changed: reload, so that it is read anew");
    line->length--;
    return 0;
}
