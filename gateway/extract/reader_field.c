/* reader_field.c -- tables and lists: fields, parameters, statuses, endpoints. */
#include "base/limits.h"
#include "extract/reader.h"
#include "extract/wording.h"

/* ---- one field ---- */

/* A path whose only parameter was named after an example takes the name that a table has for it. */
static bool
rename_inferred(struct reader *r, struct operation *o, struct text name)
{
    struct template_segment *only = NULL;

    for (uint32_t i = 0; i < o->path.count; i++)
        if (o->path.segments[i].name.length > 0) {
            if (only != NULL)
                return false;
            only = &o->path.segments[i];
        }
    if (only == NULL || !only->inferred)
        return false;
    for (struct parameter *p = o->parameters; p != NULL; p = p->next)
        if (p->place == PLACE_PATH && text_equal(p->name, only->name))
            p->name = arena_text(r->arena, name);
    only->name = arena_text(r->arena, name);
    only->inferred = false;
    return true;
}

enum target {
    TO_PATH,
    TO_QUERY,
    TO_HEADER,
    TO_REQUEST,
    TO_RESPONSE,
    TO_NOTHING,
};

static enum target
target_of(struct reader *r, const struct field *f)
{
    const struct operation *o = r->operation;
    bool asks = o->method == METHOD_GET || o->method == METHOD_HEAD || o->method == METHOD_DELETE;
    enum label_kind kind = r->label.kind;

    if (f->place.length > 0 && wording_have(f->place, "path|url"))
        kind = LABEL_PATH;
    else if (f->place.length > 0 && wording_have(f->place, "query"))
        return TO_QUERY;
    else if (f->place.length > 0 && wording_have(f->place, "header"))
        return TO_HEADER;
    else if (f->place.length > 0 && wording_have(f->place, "body|form|formdata"))
        return TO_REQUEST;
    if (kind == LABEL_RESPONSE || kind == LABEL_STATUSES || r->status != 0)
        return TO_RESPONSE;
    if (kind == LABEL_HEADERS)
        return TO_HEADER;
    if (kind == LABEL_QUERY)
        return TO_QUERY;
    if (template_has(&o->path, f->name) || (kind == LABEL_PATH && rename_inferred(r, r->operation, f->name)))
        return TO_PATH;
    if (kind == LABEL_PATH)
        return TO_NOTHING;
    return asks ? TO_QUERY : TO_REQUEST;
}

static void
tell(struct reader *r, struct shape *shape, const struct field *f, const struct source *source)
{
    if (!shape->told)
        shape->source = *source;
    if (f->type.length > 0 && !shape_tell_type(shape, f->type, r->arena))
        reader_unread(r, source->line, "a type that is not known", f->type);
    if (f->required != REQUIRED_UNKNOWN)
        shape->required = f->required;
    if (shape->description.length == 0)
        shape->description = wording_plain(f->description, 400, r->arena);
    if (!field_choices(shape, f->description, r->arena) || !field_choices(shape, f->type, r->arena))
        r->x->failed = true;
}

static void
tell_parameter(struct reader *r, enum place place, const struct field *f, const struct source *source)
{
    struct parameter *p = model_parameter(r->x, r->operation, place, f->name, source);

    if (p == NULL)
        return;
    if (f->type.length > 0) /* better than what an example looks like */
        p->shape->types = 0;
    tell(r, p->shape, f, source);
    r->told = p->shape;
    r->told_indent = r->block->level;
    if (f->example.length > 0 && f->example.length < 200 && strchr("{<[", f->example.data[0]) == NULL)
        reader_value(r, p, f->example);
}

void
reader_field(struct reader *r, const struct field *f, struct source source)
{
    struct body **body = &r->operation->request;
    struct answer *answer;
    struct shape *shape;

    switch (target_of(r, f)) {
    case TO_PATH:
        tell_parameter(r, PLACE_PATH, f, &source);
        return;
    case TO_QUERY:
        tell_parameter(r, PLACE_QUERY, f, &source);
        return;
    case TO_HEADER:
        if (!reader_credentials(r, f->name, f->description, source) &&
            !wording_are(f->name, "content-type|accept|host|content-length|user-agent"))
            tell_parameter(r, PLACE_HEADER, f, &source);
        return;
    case TO_RESPONSE:
        answer = model_answer(r->x, &r->operation->answers, r->status, &source);
        if (answer == NULL)
            return;
        body = &answer->body;
        break;
    case TO_REQUEST:
        break;
    case TO_NOTHING:
        reader_unread(r, source.line, "a parameter that the path does not have", f->name);
        return;
    }
    shape = model_shape(r->x, body, r->definition, f->name, &source);
    if (shape == NULL)
        return;
    if (shape->types == 0)
        shape->types = SHAPE_OBJECT;
    shape = shape_at(shape, f->name, &source, r->arena);
    if (shape == NULL)
        return;
    tell(r, shape, f, &source);
    r->told = shape;
    r->told_indent = r->block->level;
}

bool
reader_field_line(struct reader *r, struct text line)
{
    enum label_kind kind = r->label.kind;
    bool sure =
        r->block->kind == BLOCK_ITEM && (kind == LABEL_PATH || kind == LABEL_QUERY || kind == LABEL_PARAMETERS ||
                                         kind == LABEL_HEADERS || kind == LABEL_REQUEST);
    struct field field;

    if (r->operation != NULL && field_of_pair(&field, line)) {
        reader_field(r, &field, reader_source(r, 0, SURE_HIGH));
        return true;
    }
    if (r->operation == NULL || kind == LABEL_STATUSES || !field_of_line(&field, line, sure))
        return false;
    if (kind == LABEL_NONE && r->block->kind == BLOCK_TEXT && field.required == REQUIRED_UNKNOWN)
        return false; /* "name: string" in prose is not enough */
    reader_field(r, &field, reader_source(r, 0, SURE_HIGH));
    return true;
}

/* ---- tables ---- */

static void
read_status_row(struct reader *r, const struct columns *columns, const struct table_row *row)
{
    struct label label = { .kind = LABEL_STATUSES };
    struct source source = { .file = r->file, .line = row->line, .sure = SURE_HIGH };
    struct text cell = columns_cell(columns, row, COLUMN_STATUS), description;
    struct answer *answer;

    label.status = label_status(wording_bare(cell), &label.reason);
    if (label.status == 0)
        return;
    answer = model_answer(r->x, r->operation != NULL ? &r->operation->answers : &r->x->answers, label.status, &source);
    if (answer == NULL || answer->description.length > 0)
        return;
    description = columns_cell(columns, row, COLUMN_DESCRIPTION);
    answer->description = wording_plain(wording_bare(label.reason), 100, r->arena);
    if (description.length > 0)
        answer->description = arena_print(r->arena, "%.*s%s%.*s", TEXT_PRINT(answer->description),
                                          answer->description.length > 0 ? ": " : "",
                                          TEXT_PRINT(wording_plain(description, 200, r->arena)));
}

static void
read_endpoint_row(struct reader *r, const struct columns *columns, const struct table_row *row)
{
    struct text cell = columns_cell(columns, row, COLUMN_PATH),
                method = wording_bare(columns_cell(columns, row, COLUMN_METHOD)), word;
    struct source source = { .file = r->file, .line = row->line, .sure = SURE_HIGH };
    struct endpoint e;
    size_t end;

    if (!endpoint_find(cell, 0, &e, &end)) {
        reader_unread(r, row->line, "a row without a path", cell);
        return;
    }
    while (wording_next(&method, &word))
        if (method_of(word) != METHOD_COUNT)
            e.methods |= 1u << method_of(word);
    if (e.methods == 0) {
        reader_unread(r, row->line, "a path without a method", e.path);
        return;
    }
    r->title = wording_plain(columns_cell(columns, row, COLUMN_DESCRIPTION), 120, r->arena);
    r->prose = (struct text){ NULL, 0 };
    reader_endpoint(r, e.methods, e.path, true, source);
}

/* | Method | POST |: each row as a line. */
static void
read_pairs(struct reader *r, const struct table_row *row)
{
    struct block line = *r->block;
    const struct block *table = r->block;

    line.kind = BLOCK_ITEM;
    for (; row != NULL; row = row->next) {
        if (row->count < 2 || row->cells[0].length == 0)
            continue;
        line.line = row->line;
        line.text = arena_print(r->arena, "%.*s: %.*s", TEXT_PRINT(text_slice(wording_bare(row->cells[0]), 0, 64)),
                                TEXT_PRINT(text_slice(row->cells[1], 0, LIMIT_EXTRACT_LINE)));
        r->block = &line;
        reader_line(r);
    }
    r->block = table;
}

static bool
is_pairs(const struct table_row *row)
{
    unsigned known = 0;

    for (; row != NULL; row = row->next) {
        struct text head = row->count == 2 ? wording_bare(row->cells[0]) : (struct text){ NULL, 0 };

        known += wording_are(head, "method|http method|verb|url|uri|endpoint|path|route|authorization");
    }
    return known >= 2;
}

static void
read_rows(struct reader *r, const struct columns *columns, const struct table_row *row)
{
    struct field field;

    for (; row != NULL; row = row->next) {
        if (columns->of[COLUMN_PATH] >= 0)
            read_endpoint_row(r, columns, row);
        else if (columns->of[COLUMN_STATUS] >= 0)
            read_status_row(r, columns, row);
        else if (field_of_row(&field, columns, row))
            reader_field(r, &field, (struct source){ .file = r->file, .line = row->line, .sure = SURE_HIGH });
        else
            reader_unread(r, row->line, "a row without a name", columns_cell(columns, row, COLUMN_NAME));
    }
}

/* Rows that tell a field in their only cell: "`depot` string **Required** The code of the depot." */
static bool
read_field_rows(struct reader *r, const struct table_row *row)
{
    struct field field;
    bool any = false;

    for (; row != NULL; row = row->next) {
        if (row->count != 1 || !field_of_line(&field, row->cells[0], false))
            continue;
        reader_field(r, &field, (struct source){ .file = r->file, .line = row->line, .sure = SURE_HIGH });
        any = true;
    }
    return any;
}

void
reader_table(struct reader *r)
{
    const struct table_row *header = r->block->rows;
    struct columns columns;
    bool fields;

    if (header == NULL)
        return;
    if (is_pairs(header)) {
        read_pairs(r, header);
        return;
    }
    if (!columns_read(&columns, header)) {
        if (r->operation != NULL && !read_field_rows(r, header))
            reader_unread(r, r->block->line, "a table of something else", r->block->text);
        return;
    }
    if (columns.of[COLUMN_PATH] >= 0 && columns.of[COLUMN_NAME] >= 0 && columns.of[COLUMN_METHOD] < 0)
        columns.of[COLUMN_PATH] = -1; /* a field that is called path */
    fields = columns.of[COLUMN_PATH] < 0 && columns.of[COLUMN_STATUS] < 0;
    if (fields && r->operation == NULL) {
        reader_unread(r, r->block->line, "a table of fields of no endpoint", header->cells[0]);
        return;
    }
    read_rows(r, &columns, header->next);
}
