/* segment_read.c -- the reading end: recordings, single segments and HAR files look the same from here. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "traffic/amend.h"
#include "traffic/har.h"
#include "traffic/line_file.h"
#include "traffic/record.h"
#include "traffic/recording.h"
#include "traffic/segment.h"

#define FILE_ARENA (4 * LIMIT_FILE_BYTES)

struct segment_reader {
    struct arena *arena;      /* of the list of files */
    struct arena *file_arena; /* of the file that is being read */
    struct arena *line_arena; /* of the entry */
    const char **files;
    size_t file_count;
    size_t next_file;

    const char *file;        /* NULL: the next one has to be opened */
    struct line_file *lines; /* of a segment, else NULL: */
    struct text rest;        /* lines that were not given yet */
    uint32_t line;
    struct index index; /* of the segment, in file_arena; no lines: there is none, or nobody chooses */
    segment_wants_fn *wants;
    const void *wants_arg;
    struct amendments amendments; /* of the segment that is being read and those behind it */
    size_t looked_ahead;          /* files whose amendments are known */
    bool keep_amendments;
    const char *folder;     /* NULL: not followed */
    const char *path;       /* as it was opened; borrowed */
    const char *copy_of;    /* what the file is a copy of; NULL: it is none; borrowed */
    uint64_t lost;          /* of amendments that were left out */
    struct har_reader *har; /* when it is a HAR file, else NULL */
};

static bool
is_segment(const char *name)
{
    struct text t = text_of(name);

    return text_ends(t, TEXT(".jsonl")) || text_ends(t, TEXT(".jsonl.zst"));
}

/* Of a segment that was being compressed both may be there: the plain one counts (recording.h). */
static bool
is_copy_of(const char *name, const char *before)
{
    size_t length = strlen(before);

    return is_segment(before) && strncmp(name, before, length) == 0 && strcmp(name + length, ".zst") == 0;
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
        if (is_segment(names[i]) && (i == 0 || !is_copy_of(names[i], names[i - 1])))
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
    r->path = path;
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
    har_reader_close(r->har);
    line_file_close(r->lines);
    amend_release(&r->amendments);
    arena_free(r->arena);
    arena_free(r->file_arena);
    arena_free(r->line_arena);
    free(r);
}

void
segment_reader_keep_amendments(struct segment_reader *r)
{
    r->keep_amendments = true;
}

void
segment_reader_choose(struct segment_reader *r, segment_wants_fn *wants, const void *arg)
{
    r->wants = wants;
    r->wants_arg = arg;
}

void
segment_reader_follow(struct segment_reader *r)
{
    r->folder = r->path;
}

void
segment_reader_is_copy(struct segment_reader *r, const char *name)
{
    r->copy_of = name;
}

/* What has no name of ours: entries line by line when the first line is one, or when there is nothing. */
static bool
has_lines(struct segment_reader *r, struct text content)
{
    struct document first;
    size_t at = 0;

    while (at < content.length && text_find(TEXT(" \t\r\n"), content.data[at]) < 4)
        at++;
    return at == content.length ||
           (document_parse(&first, text_slice(content, 0, text_find(content, '\n')), NULL, r->line_arena, NULL) == 0 &&
            VALUE_MEMBER(first.root, "request") != NULL);
}

/* A file with a name that is not ours: a HAR file is read as it goes, anything else at once. */
static int
open_foreign(struct segment_reader *r, struct text *content, struct error *err)
{
    r->har = har_reader_open(r->file, err);
    if (r->har == NULL)
        return -1;
    if (har_reader_is_har(r->har))
        return 0;
    if (har_reader_take_all(r->har, content, r->file_arena, err) < 0)
        return -1;
    har_reader_close(r->har);
    r->har = NULL;
    if (!has_lines(r, *content))
        return error_set(err, ERROR_INPUT, r->file, "this is neither a HAR file nor a recording");
    return 0;
}

/* Is the first line that is not empty an entry? 1 yes, also when there is none; 0, or -1 with err. */
static int
file_has_lines(struct segment_reader *r, struct error *err)
{
    struct line_file *lines = line_file_open(r->file, err);
    struct text line = TEXT("");
    bool torn;
    int result = lines != NULL ? 1 : -1;

    while (result == 1 && text_trim(line).length == 0)
        result = line_file_next(lines, &line, &torn, err);
    if (result >= 0)
        result = result == 0 || has_lines(r, line);
    line_file_close(lines);
    return result;
}

/* The same of a file that can be opened again: its lines are read one by one. */
static int
open_copy(struct segment_reader *r, struct error *err)
{
    int lines;

    r->har = har_reader_open(r->file, err);
    if (r->har == NULL || har_reader_is_har(r->har))
        return r->har != NULL ? 0 : -1;
    har_reader_close(r->har);
    r->har = NULL;
    if ((lines = file_has_lines(r, err)) < 0)
        return -1;
    if (lines == 0)
        return error_set(err, ERROR_INPUT, r->file, "this is neither a HAR file nor a recording");
    if (!r->keep_amendments && amend_read_file(&r->amendments.parts[0], r->file, err) < 0)
        return -1;
    r->lines = line_file_open(r->file, err);
    return r->lines != NULL ? 0 : -1;
}

/* The index of a segment in a folder, if there is one that fits; else it has no lines. */
static void
read_index(const char *path, struct index *index, struct arena *arena)
{
    const char *name = file_name(path);
    char *end;
    struct recording_segment s = { .number = (unsigned)strtoul(name, &end, 10) };
    struct text folder = text_slice(text_of(path), 0, (size_t)(name - path) - (name > path));

    *index = (struct index){ .line_count = 0 };
    s.compressed = text_ends(text_of(path), TEXT(".zst"));
    if (end != name + 6 || name == path || recording_index(arena_text(arena, folder).data, &s, index, arena, NULL) < 0)
        *index = (struct index){ .line_count = 0 };
}

/* Amendments of the file that is read and of those behind it. */
static int
look_ahead(struct segment_reader *r, struct error *err)
{
    size_t current = r->next_file - 1;
    int result = 0;

    if (current > 0)
        amend_move_on(&r->amendments);
    for (; result == 0 && r->looked_ahead < r->file_count && r->looked_ahead < current + AMEND_SEGMENTS;
         r->looked_ahead++) {
        struct amend_part *part = &r->amendments.parts[r->looked_ahead - current];
        const char *path = r->files[r->looked_ahead];
        struct index index;

        if (!is_segment(path))
            continue;
        arena_reset(r->file_arena);
        read_index(path, &index, r->file_arena);
        if (index.line_count > 0)
            result = amend_read_index(part, &index, err);
        else if (file_exists(path)) /* older ones may be removed while we read */
            result = amend_read_file(part, path, err);
    }
    return result;
}

static int
open_next(struct segment_reader *r, struct error *err)
{
    r->file = r->files[r->next_file++];
    r->line = 0;
    r->rest = text_make(NULL, 0);
    r->index = (struct index){ .line_count = 0 };
    har_reader_close(r->har);
    r->har = NULL;
    if (!r->keep_amendments && look_ahead(r, err) < 0)
        return -1;
    arena_reset(r->file_arena);
    if (is_segment(r->file)) {
        if (r->wants != NULL)
            read_index(r->file, &r->index, r->file_arena);
        r->lines = line_file_open(r->file, err);
        if (r->lines != NULL && r->folder != NULL && r->next_file == r->file_count)
            line_file_follow(r->lines);
        return r->lines != NULL ? 0 : -1;
    }
    if (r->copy_of != NULL)
        return open_copy(r, err);
    if (open_foreign(r, &r->rest, err) < 0)
        return -1;
    return r->keep_amendments ? 0 : amend_read_lines(&r->amendments.parts[0], r->rest, err);
}

/* The next entry of a HAR file; places are those in the file. */
static int
give_har_entry(struct segment_reader *r, struct segment_entry *entry, struct error *err)
{
    struct har_entry har;
    struct document *document = ARENA_NEW(r->line_arena, struct document);
    int result = har_reader_next(r->har, &har, err);

    if (result <= 0)
        return result;
    entry->text = har.text;
    entry->line = har.line;
    entry->column = har.column;
    if (har.index != HAR_OUTSIDE)
        entry->pointer = arena_print(r->line_arena, "/log/entries/%" PRIu64, har.index);
    if (har.broken != NULL) {
        entry->broken = (struct document_error){ .what = har.broken, .line = har.line, .column = har.column };
    } else if (document == NULL) {
        entry->broken = (struct document_error){ .what = "there is no memory for it", .too_large = true };
    } else if (document_parse(document, har.text, NULL, r->line_arena, &entry->broken) == 0) {
        entry->value = document->root;
    } else {
        entry->broken.column += entry->broken.line == 1 ? har.column - 1 : 0;
        entry->broken.line += har.line - 1;
        entry->line = entry->broken.line;
        entry->column = entry->broken.column;
    }
    return 1;
}

/* The next line of the lines in memory. */
static int
next_in_memory(struct segment_reader *r, struct text *line, bool *torn)
{
    size_t end = text_find(r->rest, '\n');

    if (r->rest.length == 0)
        return 0;
    *line = text_slice(r->rest, 0, end);
    *torn = end == r->rest.length;
    r->rest = text_from(r->rest, *torn ? end : end + 1);
    r->line++;
    return 1;
}

/* The next line of the segment that may be wanted. An index that fits has all of them. */
static int
next_in_file(struct segment_reader *r, struct text *line, bool *torn, struct error *err)
{
    uint32_t before = r->line;
    int result;

    while (r->line < r->index.line_count && !r->wants(r->wants_arg, &r->index, &r->index.lines[r->line]))
        r->line++;
    if (r->line > 0 && r->line == r->index.line_count)
        return 0;
    if (r->line > before && line_file_forward(r->lines, &r->index, r->index.lines[r->line].offset, err) < 0)
        return -1;
    result = line_file_next(r->lines, line, torn, err);
    r->line += result == 1;
    return result;
}

/* 1 a line, 0 the end of the file, -1 an error. */
static int
give_line(struct segment_reader *r, struct segment_entry *entry, struct error *err)
{
    static const struct document_options options = { .name = NULL };
    int result = r->lines != NULL ? next_in_file(r, &entry->text, &entry->torn, err)
                                  : next_in_memory(r, &entry->text, &entry->torn);
    struct document *document;

    if (result <= 0)
        return result;
    document = ARENA_NEW(r->line_arena, struct document);
    entry->line = r->line;
    entry->column = 1;
    entry->amendments = &r->amendments;
    if (document == NULL)
        entry->broken = (struct document_error){ .what = "there is no memory for it", .too_large = true };
    else if (document_parse(document, entry->text, &options, r->line_arena, &entry->broken) == 0)
        entry->value = document->root;
    return 1;
}

/* What a line says of exchanges that could not be recorded before it. */
static uint64_t
lost_before(const struct value *line)
{
    const struct value *lost = VALUE_MEMBER(VALUE_MEMBER(line, "_plumbline"), "lost");
    uint64_t number;

    return value_is(lost, VALUE_NUMBER) && text_to_u64(value_text(lost), &number) ? number : 0;
}

uint64_t
segment_reader_lost(const struct segment_reader *r)
{
    return r->lost;
}

/* ---- following ---- */

/* The segment behind the current one, if it was begun. -1 with err. */
static int
find_newer(struct segment_reader *r, const char **newer, struct error *err)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    const char **names, **files;
    size_t count = 0;
    int result = arena == NULL ? error_memory(err) : file_list(r->folder, arena, &names, &count, err);

    *newer = NULL;
    for (size_t i = 0; result == 0 && i < count && *newer == NULL; i++)
        if (is_segment(names[i]) && strcmp(names[i], file_name(r->file)) > 0 &&
            !is_copy_of(names[i], file_name(r->file)))
            *newer = arena_print(r->arena, "%s/%s", r->folder, names[i]).data;
    arena_free(arena);
    if (*newer == NULL)
        return result;
    files = ARENA_ARRAY(r->arena, const char *, r->file_count + 1);
    if (files == NULL)
        return error_memory(err);
    memcpy(files, r->files, r->file_count * sizeof files[0]);
    files[r->file_count++] = *newer;
    r->files = files;
    return 0;
}

/* The current file has no more for now. 0: on to the next one; 1: a newer one was begun, so that nothing is added to
 * this one any more: read it once more; 2: wait. */
static int
at_end(struct segment_reader *r, struct error *err)
{
    const char *newer;

    if (r->folder == NULL || r->lines == NULL || r->next_file < r->file_count)
        return 0;
    if (find_newer(r, &newer, err) < 0)
        return -1;
    return newer != NULL ? 1 : 2;
}

int
segment_reader_next(struct segment_reader *r, struct segment_entry *entry, struct error *err)
{
    for (;;) {
        int result;

        *entry = (struct segment_entry){ .file = r->copy_of != NULL ? r->copy_of : r->file };
        arena_reset(r->line_arena);
        result = r->har != NULL ? give_har_entry(r, entry, err) : r->file != NULL ? give_line(r, entry, err) : 0;
        if (result < 0)
            return -1;
        if (result == 1 && r->har == NULL && !r->keep_amendments && amend_is_line(entry->value)) {
            r->lost += lost_before(entry->value);
            continue;
        }
        if (result == 1)
            return 1;
        if (r->file != NULL && (result = at_end(r, err)) != 0) {
            if (result != 1)
                return result;
            continue;
        }
        har_reader_close(r->har);
        r->har = NULL;
        line_file_close(r->lines);
        r->lines = NULL;
        if (r->next_file == r->file_count)
            return 0;
        if (open_next(r, err) < 0)
            return -1;
    }
}

int
segment_entry_read(const struct segment_entry *entry, struct exchange *x, struct error *err)
{
    const struct amendment *amendment;

    if (record_read(x, entry->value, err) < 0)
        return -1;
    amendment = entry->amendments != NULL ? amend_find(entry->amendments, x->sequence) : NULL;
    if (amendment != NULL) {
        x->outcome = amendment->outcome;
        x->times.finished = amendment->finished;
    }
    return 0;
}
