/* catalog_load.c -- a recording's lines become entries: by the index where there is one, else by reading them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "json/document.h"
#include "replay/catalog_internal.h"
#include "traffic/amend.h"
#include "traffic/har.h"
#include "traffic/line_file.h"
#include "traffic/record.h"
#include "traffic/recording.h"

/* What one segment or file needs while it is read. */
struct loading {
    struct catalog *c;
    struct arena *arena; /* of the index */
    struct arena *line_arena;
    const char *path;
    uint16_t file;
};

static void
note_first(struct loading *l, uint32_t line, const char *why)
{
    char *first = l->c->left_out.first;

    if (first[0] == '\0')
        (void)snprintf(first, sizeof l->c->left_out.first, "%.160s:%u: %.200s", l->path, (unsigned)line, why);
}

/* ---- an exchange ---- */

static int
add_exchange(struct loading *l, const struct exchange *x, struct catalog_found *found, struct error *err)
{
    struct catalog_left_out *out = &l->c->left_out;

    if (x->outcome == OUTCOME_REFUSED) {
        out->refused++;
        return 0;
    }
    if (!x->has_response || x->outcome == OUTCOME_TUNNEL || x->response.status < 200) {
        out->unanswered++;
        return 0;
    }
    found->service = x->service;
    found->operation = x->operation;
    found->method = x->request.method;
    found->target = hash_stable(x->request.target, 0);
    if (found->service.length == 0 &&
        (l->c->options.place == NULL ||
         !l->c->options.place(l->c->options.arg, x, &found->service, &found->operation))) {
        out->unplaced++;
        return 0;
    }
    return catalog_add(l->c, found, err);
}

/* A line of a segment, or an entry of a HAR file. */
static int
add_line(struct loading *l, struct text line, struct catalog_found *found, bool torn, struct error *err)
{
    struct catalog_left_out *out = &l->c->left_out;
    struct document document;
    struct document_error broken;
    struct error why = { .kind = ERROR_NONE };
    struct exchange x = { .arena = l->line_arena };

    arena_reset(l->line_arena);
    if (document_parse(&document, line, NULL, l->line_arena, &broken) < 0) {
        if (torn)
            out->torn++;
        else
            out->broken++;
        if (!torn)
            note_first(l, found->line, broken.what);
        return 0;
    }
    if (torn) { /* whole, but being written: the next reload has it */
        out->torn++;
        return 0;
    }
    if (amend_is_line(document.root))
        return 0;
    if (record_is_foreign(document.root)) {
        out->unanswered++;
        return 0;
    }
    if (record_read(&x, document.root, &why) < 0) {
        out->unreadable++;
        note_first(l, found->line, why.what);
        return 0;
    }
    return add_exchange(l, &x, found, err);
}

/* ---- segments ---- */

/* What the index does not say stands in the line. */
static int
read_indexed_line(struct loading *l, struct catalog_found *found, struct error *err)
{
    struct catalog_entry at = { .offset = found->offset, .length = found->length, .file = found->file };
    struct text line;

    arena_reset(l->line_arena);
    if (catalog_line(l->c, &at, &line, l->line_arena, err) < 0)
        return -1;
    line = arena_text(l->arena, line);
    return line.data != NULL ? add_line(l, line, found, false, err) : error_memory(err);
}

static int
add_indexed(struct loading *l, const struct index *index, uint64_t number, struct error *err)
{
    const struct index_line *at = &index->lines[number];
    struct catalog_left_out *out = &l->c->left_out;
    struct catalog_found found = { .offset = at->offset,
                                   .length = at->length,
                                   .line = (uint32_t)number + 1,
                                   .file = l->file,
                                   .target = at->target,
                                   .service = index_text(index, at->service),
                                   .method = index_text(index, at->method),
                                   .operation = index_text(index, at->operation) };

    if ((at->flags & INDEX_BROKEN) != 0) {
        out->broken++;
        note_first(l, found.line, "this line cannot be read");
    } else if (at->amends != 0) {
        return 0;
    } else if (at->outcome == OUTCOME_REFUSED) {
        out->refused++;
    } else if (at->outcome == OUTCOME_TUNNEL || at->status < 200) {
        out->unanswered++;
    } else if (at->service == 0 || at->service == INDEX_TEXT_OTHER || at->operation == INDEX_TEXT_OTHER ||
               at->method == INDEX_TEXT_OTHER) {
        return read_indexed_line(l, &found, err);
    } else {
        return catalog_add(l->c, &found, err);
    }
    return 0;
}

static int
load_indexed(struct loading *l, const struct index *index, struct error *err)
{
    struct catalog_file *f = &l->c->files[l->file];

    f->plain_bytes = index->plain_bytes;
    f->file_bytes = index->file_bytes;
    f->frames = ARENA_ARRAY(l->c->arena, struct index_frame, index->frame_count);
    if (f->frames == NULL)
        return error_memory(err);
    if (index->frame_count > 0)
        memcpy(f->frames, index->frames, index->frame_count * sizeof *f->frames);
    f->frame_count = index->frame_count;
    for (uint64_t i = 0; i < index->line_count; i++)
        if (add_indexed(l, index, i, err) < 0)
            return -1;
    return 0;
}

static int
write_all(int fd, struct text bytes, const char *path, struct error *err)
{
    while (bytes.length > 0) {
        ssize_t put = write(fd, bytes.data, bytes.length);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_system(err, errno, path, "cannot write the temporary file with its lines");
        bytes = text_from(bytes, (size_t)put);
    }
    return 0;
}

/* A file without a name, below TMPDIR. */
static int
temporary_file(struct error *err)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    int fd;

    (void)snprintf(path, sizeof path, "%s/plumbline-replay-XXXXXX",
                   folder != NULL && folder[0] != '\0' ? folder : "/tmp");
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return error_system(err, errno, path, "cannot make a temporary file");
    (void)unlink(path);
    return fd;
}

/* Line by line; `spool`: they are written there, where they can be found again. */
static int
load_lines(struct loading *l, int spool, struct error *err)
{
    struct line_file *lines = line_file_open(l->path, err);
    struct catalog_found found = { .file = l->file };
    struct text line;
    int result = 0, more = lines != NULL ? 0 : -1;
    bool torn = false;

    while (lines != NULL && result == 0 && (more = line_file_next(lines, &line, &torn, err)) == 1) {
        found.line++;
        found.length = (uint32_t)line.length + 1;
        if (spool >= 0 && (write_all(spool, line, l->path, err) < 0 || write_all(spool, TEXT("\n"), l->path, err) < 0))
            result = -1;
        else
            result = add_line(l, line, &found, torn, err);
        found.offset += found.length;
    }
    line_file_close(lines);
    return more < 0 ? -1 : result;
}

static int
add_opened(struct loading *l, int fd, struct error *err)
{
    int number = fd >= 0 ? catalog_add_file(l->c, l->path, fd, err) : -1;

    if (number >= 0)
        l->file = (uint16_t)number;
    return number >= 0 ? 0 : -1;
}

static int
open_plain(struct loading *l, struct error *err)
{
    int fd = open(l->path, O_RDONLY | O_CLOEXEC);

    return fd >= 0 ? fd : error_system(err, errno, l->path, "cannot read the segment");
}

static int
load_segment(struct loading *l, const char *folder, const struct recording_segment *s, struct error *err)
{
    struct index index = { .line_count = 0 };
    bool packed = text_ends(text_of(l->path), TEXT(".zst"));

    arena_reset(l->arena);
    if (s != NULL && !s->open && recording_index(folder, s, &index, l->arena, NULL) == 0)
        return add_opened(l, open_plain(l, err), err) < 0 ? -1 : load_indexed(l, &index, err);
    if (add_opened(l, packed ? temporary_file(err) : open_plain(l, err), err) < 0)
        return -1;
    return load_lines(l, packed ? l->c->files[l->file].fd : -1, err);
}

static int
load_folder(struct loading *l, const char *path, struct error *err)
{
    struct recording_segment *list;
    size_t count;

    if (recording_list(path, false, l->c->arena, &list, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        l->path = arena_print(l->c->arena, "%s/%s", path, list[i].name).data;
        if (l->path == NULL)
            return error_memory(err);
        if (load_segment(l, path, &list[i], err) < 0)
            return -1;
    }
    return 0;
}

/* ---- other files ---- */

static int
load_har_entries(struct loading *l, struct har_reader *har, struct error *err)
{
    struct catalog_found found = { .file = l->file };
    int spool = l->c->files[l->file].fd, more;
    struct har_entry entry;

    while ((more = har_reader_next(har, &entry, err)) == 1) {
        struct buffer line;
        int result = 0;

        found.line++;
        if (entry.broken != NULL) {
            l->c->left_out.broken++;
            note_first(l, entry.line, entry.broken);
            continue;
        }
        buffer_init(&line, LIMIT_RECORD_LINE + 1);
        buffer_add(&line, entry.text);
        for (size_t i = 0; !line.failed && i < line.end; i++) /* newlines of a layout: JSON has none in its strings */
            if (line.data[i] == '\n' || line.data[i] == '\r')
                line.data[i] = ' ';
        buffer_byte(&line, '\n');
        found.length = (uint32_t)buffer_length(&line);
        result = buffer_failed(&line) ? error_memory(err) : write_all(spool, buffer_text(&line), l->path, err);
        if (result == 0)
            result = add_line(l, text_slice(buffer_text(&line), 0, found.length - 1), &found, false, err);
        buffer_release(&line);
        if (result < 0)
            return -1;
        found.offset += found.length;
    }
    return more;
}

static int
load_file(struct loading *l, const char *path, struct error *err)
{
    struct text name = text_of(path);
    struct har_reader *har;
    int result = -1;

    l->path = path;
    if (text_ends(name, TEXT(".jsonl")) || text_ends(name, TEXT(".jsonl.zst")))
        return load_segment(l, NULL, NULL, err);
    har = har_reader_open(path, err);
    if (har == NULL)
        return -1;
    if (!har_reader_is_har(har)) {
        result = add_opened(l, open_plain(l, err), err) < 0 ? -1 : load_lines(l, -1, err);
        if (result == 0 && l->c->count == 0 && l->c->left_out.broken > 0)
            result = error_set(err, ERROR_INPUT, path, "this is neither a HAR file nor a recording");
    } else if (add_opened(l, temporary_file(err), err) == 0) {
        result = load_har_entries(l, har, err);
    }
    har_reader_close(har);
    return result;
}

int
catalog_load(struct catalog *c, const char *path, struct error *err)
{
    struct loading l = { .c = c,
                         .arena = arena_new(0, 4 * LIMIT_FILE_BYTES),
                         .line_arena = arena_new(0, 16 * LIMIT_RECORD_LINE) };
    int result = -1;

    if (l.arena == NULL || l.line_arena == NULL)
        error_memory(err);
    else if (!file_exists(path))
        error_set(err, ERROR_ENVIRONMENT, path, "there is no such recording");
    else
        result = file_is_folder(path) ? load_folder(&l, path, err) : load_file(&l, path, err);
    arena_free(l.arena);
    arena_free(l.line_arena);
    return result;
}
