/* segment_read.c -- the reading end: recordings, single segments and HAR files look the same from here. */
#include <stdio.h>
#include <stdlib.h>

#include "base/compress.h"
#include "base/file.h"
#include "base/limits.h"
#include "traffic/segment.h"

#define FILE_ARENA (4 * LIMIT_FILE_BYTES)

struct segment_reader {
    struct arena *arena;      /* of the list of files */
    struct arena *file_arena; /* of the file that is being read */
    struct arena *line_arena; /* of the entry */
    const char **files;
    size_t file_count;
    size_t next_file;

    const char *file; /* NULL: the next one has to be opened */
    struct text rest; /* lines that were not given yet */
    uint32_t line;
    struct document har; /* of a HAR file */
    const struct value *har_entry;
    const struct value *har_end;
};

static bool
is_segment(const char *name)
{
    struct text t = text_of(name);

    return text_ends(t, TEXT(".jsonl")) || text_ends(t, TEXT(".jsonl.zst"));
}

static int
list_folder(struct segment_reader *r, const char *path, struct error *err)
{
    const char **names;
    size_t count;

    if (file_list(path, r->arena, &names, &count, err) < 0)
        return -1;
    r->files = ARENA_ARRAY(r->arena, const char *, count);
    if (r->files == NULL)
        return error_memory(err);
    for (size_t i = 0; i < count; i++)
        if (is_segment(names[i]))
            r->files[r->file_count++] = arena_print(r->arena, "%s/%s", path, names[i]).data;
    if (r->file_count == 0)
        return error_set(err, ERROR_INPUT, path, "this folder is no recording: it has no segments (000001.jsonl …)");
    return 0;
}

static int
single_file(struct segment_reader *r, const char *path, struct error *err)
{
    r->files = ARENA_ARRAY(r->arena, const char *, 1);
    if (r->files == NULL)
        return error_memory(err);
    r->files[0] = arena_text(r->arena, text_of(path)).data;
    r->file_count = 1;
    return 0;
}

struct segment_reader *
segment_reader_open(const char *path, struct error *err)
{
    struct segment_reader *r = calloc(1, sizeof(*r));

    if (r == NULL) {
        error_memory(err);
        return NULL;
    }
    r->arena = arena_new(0, 64 * LIMIT_MIB);
    r->file_arena = arena_new(0, FILE_ARENA);
    r->line_arena = arena_new(0, 16 * LIMIT_RECORD_LINE);
    if (r->arena == NULL || r->file_arena == NULL || r->line_arena == NULL) {
        error_memory(err);
        goto fail;
    }
    if (strcmp(path, "-") != 0 && !file_exists(path)) {
        error_set(err, ERROR_ENVIRONMENT, path, "there is no such file or folder");
        goto fail;
    }
    if ((strcmp(path, "-") != 0 && file_is_folder(path) ? list_folder(r, path, err) : single_file(r, path, err)) < 0)
        goto fail;
    return r;

fail:
    segment_reader_close(r);
    return NULL;
}

void
segment_reader_close(struct segment_reader *r)
{
    if (r == NULL)
        return;
    arena_free(r->arena);
    arena_free(r->file_arena);
    arena_free(r->line_arena);
    free(r);
}

static int
undo_compression(struct segment_reader *r, struct text *content, struct error *err)
{
    struct buffer plain;
    enum compress_result result;

    buffer_init(&plain, LIMIT_FILE_BYTES);
    result = compress_undo(COMPRESS_ZSTD, *content, &plain);
    *content = arena_text(r->file_arena, buffer_text(&plain));
    buffer_release(&plain);
    if (result != COMPRESS_OK)
        return error_set(err, ERROR_INPUT, r->file, "the compressed segment is %s",
                         result == COMPRESS_TOO_LARGE ? "too large" : "broken");
    return content->data != NULL ? 0 : error_memory(err);
}

enum file_kind {
    FILE_LINES,
    FILE_HAR,
    FILE_OTHER,
};

/* What has no name of ours: entries line by line when the first line is one, else a HAR file when it is an object. */
static enum file_kind
kind_of(struct segment_reader *r, struct text content)
{
    struct document first;
    size_t at = 0;

    if (is_segment(r->file) || content.data == NULL)
        return FILE_LINES;
    if (document_parse(&first, text_slice(content, 0, text_find(content, '\n')), NULL, r->line_arena, NULL) == 0 &&
        VALUE_MEMBER(first.root, "request") != NULL)
        return FILE_LINES;
    while (at < content.length && strchr(" \t\r\n", content.data[at]) != NULL && content.data[at] != '\0')
        at++;
    return at == content.length ? FILE_LINES : content.data[at] == '{' ? FILE_HAR : FILE_OTHER;
}

static int
open_har(struct segment_reader *r, struct text content, struct error *err)
{
    struct document_options options = { .name = r->file, .lines = true };
    struct document_error broken;
    const struct value *entries;
    char where[300];

    if (document_parse(&r->har, content, &options, r->file_arena, &broken) < 0) {
        snprintf(where, sizeof(where), "%s:%u:%u", r->file, broken.line, broken.column);
        return error_set(err, ERROR_INPUT, where, "this is neither a HAR file nor a recording: %s", broken.what);
    }
    entries = VALUE_MEMBER(VALUE_MEMBER(r->har.root, "log"), "entries");
    if (!value_is(entries, VALUE_ARRAY))
        return error_set(err, ERROR_INPUT, r->file, "this is no HAR file: /log/entries is missing");
    r->har_entry = entries + 1;
    r->har_end = entries + entries->span;
    return 0;
}

static int
open_next(struct segment_reader *r, struct error *err)
{
    struct text content;

    arena_reset(r->file_arena);
    r->file = r->files[r->next_file++];
    r->line = 0;
    r->har_entry = r->har_end = NULL;
    r->rest = text_make(NULL, 0);
    if (file_read(&content, r->file, r->file_arena, err) < 0)
        return -1;
    if (text_ends(text_of(r->file), TEXT(".zst")) && undo_compression(r, &content, err) < 0)
        return -1;
    if (text_starts(content, TEXT("\xef\xbb\xbf"))) /* exports of some tools begin with a byte order mark */
        content = text_from(content, 3);
    switch (kind_of(r, content)) {
    case FILE_HAR:
        return open_har(r, content, err);
    case FILE_LINES:
        r->rest = content;
        return 0;
    default:
        return error_set(err, ERROR_INPUT, r->file, "this is neither a HAR file nor a recording");
    }
}

static void
give_har_entry(struct segment_reader *r, struct segment_entry *entry)
{
    uint32_t column;

    entry->value = r->har_entry;
    document_position(&r->har, r->har_entry->place, &entry->line, &column);
    r->har_entry = value_next(r->har_entry);
}

static void
give_line(struct segment_reader *r, struct segment_entry *entry)
{
    static const struct document_options options = { .name = NULL };
    size_t end = text_find(r->rest, '\n');
    struct document *document = ARENA_NEW(r->line_arena, struct document);

    entry->text = text_slice(r->rest, 0, end);
    entry->line = ++r->line;
    entry->torn = end == r->rest.length;
    r->rest = text_from(r->rest, end + 1);
    if (document == NULL)
        entry->broken = (struct document_error){ .what = "there is no memory for it", .too_large = true };
    else if (document_parse(document, entry->text, &options, r->line_arena, &entry->broken) == 0)
        entry->value = document->root;
}

int
segment_reader_next(struct segment_reader *r, struct segment_entry *entry, struct error *err)
{
    *entry = (struct segment_entry){ .value = NULL };
    arena_reset(r->line_arena);
    for (;;) {
        entry->file = r->file;
        if (r->har_entry < r->har_end) {
            give_har_entry(r, entry);
            return 1;
        }
        if (r->rest.length > 0) {
            give_line(r, entry);
            return 1;
        }
        if (r->next_file == r->file_count)
            return 0;
        if (open_next(r, err) < 0)
            return -1;
    }
}
