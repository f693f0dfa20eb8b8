/* reader.c -- walks through the blocks of a document. */
#include "extract/reader.h"

#include "base/limits.h"
#include "extract/scan_line.h"
#include "extract/wording.h"

struct source
reader_source(const struct reader *r, uint32_t lines, enum sure sure)
{
    return (struct source){ .file = r->file, .line = r->block->line + lines, .sure = sure };
}

void
reader_unread(struct reader *r, uint32_t line, const char *what, struct text about)
{
    const struct source source = { .file = r->file, .line = line };
    struct text shown = wording_plain(about, LIMIT_EXTRACT_SHOWN, r->arena);

    notes_add(&r->x->notes, EXTRACT_UNREAD, &source, r->arena, "%s%s%.*s", what, shown.length > 0 ? ": " : "",
              TEXT_PRINT(shown));
}

/* ---- sections ---- */

void
reader_flush_waiting(struct reader *r)
{
    const struct block *block = r->waiting;

    r->waiting = NULL;
    if (block != NULL)
        reader_example(r, block, block->text, NULL, SURE_HIGH);
}

static void
assume_get(struct reader *r, struct text path, uint32_t line)
{
    const struct source source = { .file = r->file, .line = line, .sure = SURE_LOW };

    notes_add(&r->x->notes, EXTRACT_ASSUMED, &source, r->arena, "no method is said of %.*s: read as GET",
              TEXT_PRINT(text_slice(path, 0, LIMIT_EXTRACT_SHOWN)));
    reader_endpoint(r, 1u << METHOD_GET, path, true, source);
}

/* Before a heading of this level, or the end. */
static void
flush_section(struct reader *r, uint32_t level)
{
    if (r->path.length > 0 && r->method == METHOD_COUNT)
        assume_get(r, r->path, r->path_line);
    if (r->section_path.length > 0 && level <= r->section_level) {
        if (!r->section_used)
            assume_get(r, r->section_path, r->section_line);
        r->section_path = (struct text){ NULL, 0 };
    }
    reader_flush_waiting(r);
    r->path = (struct text){ NULL, 0 };
    r->method = METHOD_COUNT;
    r->prose = (struct text){ NULL, 0 };
}

/* A heading without its number and what it says in brackets at its end: "4.2 Create Order (POST)". */
static struct text
title_of(struct text heading, struct arena *arena)
{
    struct text t = wording_bare(heading), number;
    uint32_t first;
    size_t open;

    if (line_number(t, &number, &first) > 0)
        t = number;
    open = text_find(t, '(');
    if (open == t.length)
        open = text_find(t, '[');
    if (open > 0 && open < t.length && endpoint_method(text_from(t, open)) != METHOD_COUNT)
        t = text_slice(t, 0, open);
    t = wording_plain(t, 120, arena);
    while (t.length > 0 && strchr(":- [(", t.data[t.length - 1]) != NULL)
        t.length--;
    return t;
}

static void
begin_section(struct reader *r, const struct block *b)
{
    flush_section(r, b->level);
    if (b->level <= r->scope)
        r->operation = NULL;
    r->level = b->level;
    r->title = title_of(b->text, r->arena);
    r->label = (struct label){ .kind = LABEL_NONE };
    r->status = 0;
    r->told = NULL;
    r->method = endpoint_method(b->text);
    if (r->method != METHOD_COUNT && r->section_path.length > 0)
        reader_pair(r, true);
}

static void
take_title(struct reader *r, const struct block *b)
{
    struct extract *x = r->x;

    if (x->title.length > 0)
        return;
    x->title = title_of(b->text, r->arena);
    x->title_source = reader_source(r, 0, SURE_HIGH);
}

/* A heading such as "Request body" goes on with the endpoint; one that is above it, or about errors beside it, does
 * not. */
static bool
is_part(const struct reader *r, const struct block *b, const struct label *label)
{
    if (label->kind == LABEL_NONE && label->status == 0)
        return false;
    if (label->kind == LABEL_ENDPOINT || label->kind == LABEL_METHOD)
        return true;
    return r->operation == NULL || b->level > r->scope || (b->level == r->scope && label->kind != LABEL_STATUSES);
}

void
reader_heading(struct reader *r)
{
    const struct block *b = r->block;
    struct endpoint e;
    struct label label;
    size_t end;

    take_title(r, b);
    label_read(b->text, true, &label);
    if (endpoint_find(b->text, 0, &e, &end)) {
        struct text named = wording_bare(e.before);

        begin_section(r, b);
        if (wording_count(named, 1) > 0 && !e.alone)
            r->title = title_of(e.before, r->arena);
        else if (wording_count(e.after, 2) > 1)
            r->title = title_of(e.after, r->arena);
        else
            r->title = (struct text){ NULL, 0 };
        if (e.methods != 0) {
            reader_endpoint(r, e.methods, e.path, true, reader_source(r, 0, SURE_HIGH));
            r->scope = b->level;
        } else {
            r->section_path = e.path;
            r->section_line = b->line;
            r->section_level = b->level;
            r->section_used = false;
            reader_pair(r, true);
        }
        return;
    }
    if (!is_part(r, b, &label)) {
        if (b->level <= r->scope || label.kind == LABEL_NONE)
            begin_section(r, b);
        if (label.kind == LABEL_NONE)
            return;
    }
    r->label = label;
    r->status = label.status;
    r->told = NULL;
    reader_status(r, &label);
}

/* ---- the walk ---- */

static void
read_block(struct reader *r)
{
    switch (r->block->kind) {
    case BLOCK_HEADING:
        reader_heading(r);
        return;
    case BLOCK_TEXT:
    case BLOCK_ITEM:
        reader_line(r);
        return;
    case BLOCK_CODE:
        if (r->block->open)
            reader_unread(r, r->block->line, "code is never closed: read to the end of the document", TEXT(""));
        reader_code(r, r->block);
        return;
    case BLOCK_TABLE:
        reader_table(r);
        return;
    }
}

static int
read_document(struct extract *x, struct text name, struct text source)
{
    struct reader r = { .x = x, .arena = x->arena, .file = name, .method = METHOD_COUNT };
    uint32_t before = x->operation_count;
    struct source whole = { .file = name, .line = 1 };

    if (scan_blocks(&r.blocks, source, x->arena) < 0)
        return -1;
    for (uint32_t i = 0; i < r.blocks.count && !x->failed; i++) {
        r.block = &r.blocks.list[i];
        read_block(&r);
    }
    if (r.block != NULL)
        flush_section(&r, 0);
    if (r.blocks.too_many && r.block != NULL)
        reader_unread(&r, r.block->line, "the document is too long: the rest was not read", TEXT(""));
    if (x->operation_count == before && !x->failed)
        notes_add(&x->notes, EXTRACT_UNREAD, &whole, x->arena, "the document names no endpoint that is new");
    x->documents++;
    return x->failed ? -1 : 0;
}

struct extract *
extract_new(void)
{
    struct arena *arena = arena_new(0, LIMIT_EXTRACT_BYTES);
    struct extract *x = arena != NULL ? ARENA_NEW(arena, struct extract) : NULL;

    if (x != NULL)
        x->arena = arena;
    else
        arena_free(arena);
    return x;
}

void
extract_free(struct extract *x)
{
    if (x != NULL)
        arena_free(x->arena);
}

int
extract_document(struct extract *x, struct text name, struct text source, struct error *err)
{
    struct text kept;

    if (x->documents == LIMIT_EXTRACT_DOCUMENTS)
        return error_set(err, ERROR_USAGE, NULL, "more than %d documents; make several drafts",
                         LIMIT_EXTRACT_DOCUMENTS);
    name = arena_text(x->arena, name);
    if (name.data == NULL)
        return error_memory(err);
    if (source.length > LIMIT_EXTRACT_SOURCE)
        return error_set(err, ERROR_INPUT, name.data, "longer than %zu MiB: this is no document that a person wrote",
                         LIMIT_EXTRACT_SOURCE / LIMIT_MIB);
    if (text_find(source, '\0') < source.length)
        return error_set(err, ERROR_INPUT, name.data,
                         "is no text: it has NUL bytes; give Markdown or plain text in UTF-8");
    if (text_starts(source, TEXT("\xef\xbb\xbf")))
        source = text_from(source, 3);
    kept = arena_text(x->arena, source);
    if (kept.data == NULL || read_document(x, name, kept) < 0)
        return error_memory(err);
    return 0;
}

uint32_t
extract_operations(const struct extract *x)
{
    return x->operation_count;
}

const struct extract_notes *
extract_notes(const struct extract *x)
{
    return &x->notes;
}
